"""Reading as a whole: from a file as sites keep them to an article, with nothing lost and nothing invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import Config, Publisher
from pipeline.model import Article, Figure, Header, Link, text, walk
from pipeline.reading.outline import slugify
from pipeline.reading.reader import ReadResult, read_articles
from pipeline.reading.source_files import find_roots, find_sources
from tests.makers import picture_file, write


def reading(folder: Path, name: str, markdown: str | bytes) -> ReadResult:
    """Read one source of a project with two pictures."""
    write(folder / "publish.toml", "")
    write(folder / "sources/images/ryg.png", picture_file(40, 30))
    write(folder / "sources/images/skulder.png", picture_file(50, 30))
    write(folder / f"sources/{name}.md", markdown)
    config = Config(folder, Publisher(website="https://klinik.example"))
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    (result,) = read_articles(sources, config, roots, {source.path: source.id for source in sources})
    return result


def article(folder: Path, markdown: str) -> Article:
    result = reading(folder, "ryg", markdown)
    assert result.article is not None, result.findings
    return result.article


def codes(result: ReadResult) -> list[str]:
    return [finding.code for finding in result.findings]


# ---- the picture at the top


def test_a_preview_picture_that_opens_the_text_is_shown_once(tmp_path: Path) -> None:
    markdown = "---\ntitle: A\npreviewImage: /images/ryg.png\n---\n\n![En ryg](/images/ryg.png)\n\nTekst.\n"

    result = reading(tmp_path, "ryg", markdown)

    assert result.article is not None
    assert result.article.hero is not None
    assert result.article.hero.image.alt == "En ryg"
    assert not [block for block in result.article.blocks if isinstance(block, Figure)]
    assert "hero-twice" in codes(result)


def test_a_preview_picture_that_the_text_lacks_is_the_hero(tmp_path: Path) -> None:
    read_article = article(
        tmp_path, "---\ntitle: A\npreviewImage: /images/ryg.png\npreviewImageAlt: En ryg\n---\n\nTekst.\n"
    )

    assert read_article.hero is not None
    assert (read_article.hero.image.picture.path, read_article.hero.image.alt) == ("sources/images/ryg.png", "En ryg")


def test_a_picture_only_in_the_text_opens_the_article(tmp_path: Path) -> None:
    read_article = article(tmp_path, "---\ntitle: A\n---\n\n![En ryg](/images/ryg.png)\n\nTekst.\n")

    assert read_article.hero is not None
    assert [type(block).__name__ for block in read_article.blocks] == ["Para"]


def test_a_preview_picture_further_down_stays_where_the_text_needs_it(tmp_path: Path) -> None:
    read_article = article(
        tmp_path, "---\ntitle: A\npicture: /images/ryg.png\n---\n\nTekst.\n\n![En ryg](/images/ryg.png)\n"
    )

    assert read_article.hero is None
    assert [type(block).__name__ for block in read_article.blocks] == ["Para", "Figure"]


def test_a_preview_picture_without_text_alternative_is_warned(tmp_path: Path) -> None:
    result = reading(tmp_path, "ryg", "---\ntitle: A\npicture: /images/ryg.png\n---\n\nTekst.\n")

    assert "alt-missing" in codes(result)


# ---- text alternatives


@pytest.mark.parametrize(
    ("alt", "code"),
    [
        ("Illustration af ryg", "alt-boilerplate"),
        ("Billede", "alt-boilerplate"),
        ("IMG_1234", "alt-boilerplate"),
        ("ryg.png", "alt-boilerplate"),
        ("En mand med ondt i laenden", "alt-ascii"),
        ("Saadan løfter du", "alt-ascii"),
    ],
)
def test_a_text_alternative_that_says_nothing_is_warned(tmp_path: Path, alt: str, code: str) -> None:
    result = reading(tmp_path, "ryg", f"---\ntitle: A\n---\n\nTekst.\n\n![{alt}](/images/ryg.png)\n")

    assert [finding.line for finding in result.findings if finding.code == code] == [7]


@pytest.mark.parametrize("alt", ["En kvinde strækker ryggen i Aarhus", "To hænder griber om knæet", ""])
def test_a_good_text_alternative_is_left_in_peace(tmp_path: Path, alt: str) -> None:
    result = reading(tmp_path, "ryg", f"---\ntitle: A\n---\n\nTekst.\n\n![{alt}](/images/ryg.png)\n")

    assert not [code for code in codes(result) if code.startswith("alt-")]


def test_one_text_alternative_on_two_pictures_is_warned(tmp_path: Path) -> None:
    markdown = "---\ntitle: A\n---\n\nTekst.\n\n![En øvelse](/images/ryg.png)\n\n![En øvelse](/images/skulder.png)\n"

    assert "alt-twice" in codes(reading(tmp_path, "ryg", markdown))


# ---- title, links, findings


def test_the_only_heading_of_level_one_is_the_title(tmp_path: Path) -> None:
    read_article = article(tmp_path, "# Ondt i ryggen\n\nTekst.\n")

    assert read_article.title == "Ondt i ryggen"
    assert not [block for block in read_article.blocks if isinstance(block, Header)]


def test_a_heading_of_level_one_beside_another_title_is_kept_and_warned(tmp_path: Path) -> None:
    """Neither may be lost: both are the author's words."""
    result = reading(tmp_path, "ryg", "---\ntitle: Ondt i ryggen\n---\n\n# Fem gode råd\n\nTekst.\n\n## Gå\n\nGå.\n")

    assert result.article is not None
    headings = [block for block in result.article.blocks if isinstance(block, Header)]
    assert [(block.level, text((block,))) for block in headings] == [(2, "Fem gode råd"), (2, "Gå")]
    assert "heading-title" in codes(result)


@pytest.mark.parametrize(
    ("title", "heading", "is_title"),
    [
        ("Knæ", "Styrk dit knæ – fem øvelser til knæ", True),
        ("Ondt i ryggen", "Ondt i ryggen: hvad hjælper?", True),
        ("Ryg", "Rygning og helbred", False),
        ("Ondt i ryggen", "Fem gode råd", False),
    ],
)
def test_a_heading_that_says_more_than_the_title_is_the_title(
    tmp_path: Path, title: str, heading: str, *, is_title: bool
) -> None:
    result = reading(tmp_path, "ryg", f"---\ntitle: {title}\n---\n\n# {heading}\n\nTekst.\n")

    assert result.article is not None
    assert (result.article.title == heading) is is_title
    assert ("title-longer" in codes(result)) is is_title
    assert ("heading-title" in codes(result)) is not is_title


@pytest.mark.parametrize(
    ("front", "body", "is_fragment"),
    [
        ('title: ""', "Tekst.", True),
        ("title:", "## Kontakt\n\nTekst.", True),
        ("title:", "# Kontakt\n\nTekst.", False),
        ("title:\nlead: Sådan når du os", "Tekst.", False),
        ("kind: article", "Tekst.", False),
    ],
)
def test_a_file_with_an_empty_title_and_no_opening_is_not_published_by_itself(
    tmp_path: Path, front: str, body: str, *, is_fragment: bool
) -> None:
    result = reading(tmp_path, "hub-footer", f"---\n{front}\n---\n\n{body}\n")

    assert result.article is not None
    assert result.article.meta.is_unlisted is is_fragment
    assert ("article-fragment" in codes(result)) is is_fragment


def test_a_heading_that_repeats_the_title_is_printed_once(tmp_path: Path) -> None:
    read_article = article(tmp_path, "---\ntitle: Ondt i ryggen\n---\n\n# Ondt i ryggen\n\nTekst.\n")

    assert [type(block).__name__ for block in read_article.blocks] == ["Para"]


def test_an_address_as_text_of_a_link_makes_one_link(tmp_path: Path) -> None:
    """pandoc links every bare address, also one that is the text of a link already."""
    read_article = article(tmp_path, "---\ntitle: A\n---\n\nSe [www.a.example](https://www.a.example/b/c).\n")

    links = [node for node in walk(read_article.blocks) if isinstance(node, Link)]
    assert [(text(link.content), link.address) for link in links] == [("www.a.example", "https://www.a.example/b/c")]


def test_a_finding_that_is_accepted_is_silent(tmp_path: Path) -> None:
    markdown = (
        "---\ntitle: A\naccept:\n  alt-boilerplate: Tegningen har ingen mening\n---\n\nTekst.\n\n"
        "![Illustration af ryg](/images/ryg.png)\n"
    )

    assert "alt-boilerplate" not in codes(reading(tmp_path, "ryg", markdown))


def test_a_finding_is_accepted_by_a_code_of_before(tmp_path: Path) -> None:
    markdown = "---\ntitle: A\naccept:\n  line-kept: Sådan står det i sangen\n---\n\n✔ Vand\n✔ Frugt\n"

    assert "list-bullet" in codes(reading(tmp_path / "plain", "sang", markdown.replace("accept:", "note:")))
    assert not {"list-bullet", "accept-unknown"} & set(codes(reading(tmp_path / "accepted", "sang", markdown)))


def test_an_error_cannot_be_accepted(tmp_path: Path) -> None:
    markdown = "---\ntitle: A\naccept:\n  picture-missing: Ja\n---\n\nTekst.\n\n![En ryg](/images/findes-ikke.png)\n"

    assert "picture-missing" in codes(reading(tmp_path, "ryg", markdown))


def test_every_block_knows_its_line_in_the_file(tmp_path: Path) -> None:
    markdown = "\ufeff---\r\ntitle: A\r\n---\r\n\r\nFørste.\r\n## Anden\r\nTredje.\r\n\r\n- Fjerde\r\n"

    read_article = article(tmp_path, markdown)

    assert [(type(block).__name__, getattr(block, "line", 0)) for block in read_article.blocks] == [
        ("Para", 5),
        ("Header", 6),
        ("Para", 7),
        ("BulletList", 9),
    ]


# ---- properties


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_give_an_article_or_a_named_error(tmp_path: Path, data: bytes) -> None:
    result = reading(tmp_path, "ryg", data)

    assert result.article is not None or any(finding.severity == "error" for finding in result.findings)
    assert all(finding.source == "sources/ryg.md" and finding.message for finding in result.findings)


@given(st.text(max_size=80))
def test_a_slug_is_an_id_everywhere_and_stays_itself(words: str) -> None:
    made = slugify(words)

    assert made.isascii()
    assert made[0].isalpha()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slugify(made) == made


# ---- addresses


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        ("permalink: /raad/knae/", "https://klinik.example/raad/knae/"),
        ("permalink: raad/knae.html", "https://klinik.example/raad/knae.html"),
        ("slug: knae", "https://klinik.example/blog/knae"),
        ("slug: /raad/knae", "https://klinik.example/raad/knae"),
        ("permalink: /raad/knae/\nslug: andet", "https://klinik.example/raad/knae/"),
        ("url: /her", "https://klinik.example/her"),
    ],
)
def test_an_article_says_where_the_web_has_it(tmp_path: Path, keys: str, address: str) -> None:
    result = reading(tmp_path, "blog/ryg", f"---\ntitle: Ryg\n{keys}\n---\n\nTekst.\n")

    assert result.article is not None
    assert result.article.meta.address == address


@pytest.mark.parametrize("link", ["/:year/:title/", "/{{ title | slug }}/", "false"])
def test_an_address_that_the_site_computes_is_not_guessed(tmp_path: Path, link: str) -> None:
    result = reading(tmp_path, "ryg", f'---\ntitle: Ryg\npermalink: "{link}"\n---\n\nTekst.\n')

    assert result.article is not None
    assert result.article.meta.address == ""
    assert [(finding.code, finding.line) for finding in result.findings] == [("address-unconfirmed", 3)]
