"""E-books of a whole project, run as a person runs it: certificates, books bound on the spot, bad input."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.validation.certificate import (
    VALIDATORS,
    Certificate,
    Certificates,
    book_content_digest,
    claims_conformance,
)
from pipeline.validation.epub import validate_epub
from tests.conftest import ARTICLE, Ran, healthy, once, run_publish
from tests.makers import PUBLISH_TOML, picture_file, write

REVIEWED = ARTICLE.replace("---\ntitle", "---\nreviewed: 2026-05-01\nreviewed_by: Ida Prøvegaard\ntitle", 1)
BOOK = "outputs/epub/blog/ryg.epub"


# ---- certificates


@pytest.fixture
def certified(project: Path) -> Path:
    """Return a project with a certificate for its one book, as `--certify` stores it."""
    write(project / "sources/blog/ryg.md", REVIEWED)
    run_publish(project, "epub")
    certificate = Certificate(
        book_content_digest((project / BOOK).read_bytes()), tuple((name, "1.0") for name in VALIDATORS)
    )
    Certificates(project / "certificates").store("epub", "blog/ryg", certificate)
    return project


def test_a_stored_certificate_makes_the_book_claim_conformance(certified: Path) -> None:
    assert not claims_conformance((certified / BOOK).read_bytes())

    ran = run_publish(certified, "epub")

    assert ran.status("blog/ryg", "epub") == "written"
    assert claims_conformance((certified / BOOK).read_bytes())
    assert run_publish(certified, "epub").status("blog/ryg", "epub") == "unchanged"


def test_a_changed_article_withdraws_the_claim(certified: Path) -> None:
    run_publish(certified, "epub")
    write(certified / "sources/blog/ryg.md", REVIEWED.replace("mere end hvile", "mindre end hvile"))

    ran = run_publish(certified, "epub")

    assert not claims_conformance((certified / BOOK).read_bytes())
    assert [finding["source"] for finding in ran.findings("epub-uncertified")] == ["sources/blog/ryg.md"]


def test_a_certificate_that_is_gone_withdraws_the_claim(certified: Path) -> None:
    run_publish(certified, "epub")
    (certified / "certificates/epub/blog/ryg.json").unlink()

    run_publish(certified, "epub")

    assert not claims_conformance((certified / BOOK).read_bytes())


def test_a_damaged_certificate_is_named(certified: Path) -> None:
    write(certified / "certificates/epub/blog/ryg.json", "{}")

    ran = run_publish(certified, "epub")

    assert ran.code == 2
    assert "certificates/epub/blog/ryg.json: not a certificate" in ran.err


def test_without_its_judges_nothing_is_certified(project: Path, tmp_path: Path) -> None:
    """Neither Java nor Ace is on this path; the message names what is missing, and how to get it."""
    empty = tmp_path / "empty"
    empty.mkdir()

    ran = run_publish(project, "epub", "--certify", PATH=str(empty), ACE="", JAVA_HOME="")

    assert ran.code == 2
    assert "EPUBCheck needs Java" in ran.err or "npm install --global @daisy/ace-cli" in ran.err
    assert not (project / "certificates").exists()
    assert not (project / BOOK).exists()


# ---- bound on the spot


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with two articles on the back, one of them with a link to the other, and one that is a draft."""
    folder = tmp_path_factory.mktemp("tagged") / "project"
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/images/ryg.png", picture_file())
    write(folder / "sources/blog/ryg.md", ARTICLE.replace("---\n", "---\ntags: [Ryg, smerter]\n", 1))
    linked = "---\ntitle: Sid godt\npublished: 2026-04-02\ntags: ryg\n---\n\nSe [om ryggen](/blog/ryg).\n"
    write(folder / "sources/blog/sid.md", linked)
    write(folder / "sources/blog/soevn.md", "---\ntitle: Søvn\ntags: søvn\nkind: exercise\n---\n\nSov godt.\n")
    write(folder / "sources/blog/kladde.md", "---\ntitle: Kladde\ntags: ryg\ndraft: true\n---\n\nIkke endnu.\n")
    return folder


def test_a_tag_binds_its_articles_to_one_book(tagged: Path) -> None:
    ran = run_publish(tagged, "epub", "--select", "tag:ryg")

    assert ran.code == 0, ran.out
    with zipfile.ZipFile(tagged / "outputs/epub/selections/tag-ryg.epub") as book:
        package = book.read("EPUB/content.opf").decode()
        nav = book.read("EPUB/nav.xhtml").decode()
        second = book.read("EPUB/chapter-002.xhtml").decode()
    assert "<dc:title>Ryg</dc:title>" in package
    assert ">Ondt i ryggen</a>" in nav
    assert ">Sid godt</a>" in nav
    assert "Kladde" not in nav
    assert "Søvn" not in nav
    assert 'href="chapter-001.xhtml"' in second


def test_a_kind_binds_as_well(tagged: Path) -> None:
    ran = run_publish(tagged, "epub", "--select", "kind:exercise")

    assert ran.status("selections/kind-exercise", "epub") == "written"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--select", "tag:rygg"), "did you mean"),
        (("--select", "ryg"), "expected such as tag:ryg"),
        (("--select", "tag:"), "expected such as tag:ryg"),
        (("--select", "tag:ryg", "blog/ryg"), "not both"),
    ],
)
def test_a_selection_of_nothing_is_refused(tagged: Path, arguments: tuple[str, ...], expected: str) -> None:
    ran = run_publish(tagged, "epub", *arguments)

    assert ran.code == 2
    assert expected in ran.err


# ---- printed pages


def test_every_page_of_the_handout_is_in_the_page_list(project: Path) -> None:
    """Long paragraphs without headings, and one that fills more than a page."""
    sentence = "Bevægelse hjælper mere end hvile, og det gælder også for dig. "
    paragraphs = [sentence * 12] * 6 + [sentence * 120] + [sentence * 12] * 6
    write(project / "sources/blog/ryg.md", ARTICLE + "\n\n".join(paragraphs) + "\n")

    ran = run_publish(project, "all", "--only", "handout", "--only", "epub")

    handout = next(entry for entry in ran.report["editions"] if entry["format"] == "handout")
    pages = next(artifact["pages"] for artifact in handout["artifacts"] if artifact["path"].endswith(".pdf"))
    with zipfile.ZipFile(project / BOOK) as book:
        nav, ncx = book.read("EPUB/nav.xhtml").decode(), book.read("EPUB/toc.ncx").decode()
    assert pages > 3
    assert [nav.count(f'#_page-{page}"') for page in range(1, pages + 2)] == [1] * pages + [0]
    assert f'name="dtb:totalPageCount" content="{pages}"' in ncx


def test_an_edition_in_parts_has_the_pages_of_its_print_and_the_same_bytes_without_it(project: Path) -> None:
    """`publish epub` alone lays the handout out for its page numbers, and draws nothing."""
    long = "\n\n".join(["Bevægelse hjælper mere end hvile, og det gælder også for dig. " * 14] * 14)
    write(project / "sources/gang.md", f"---\ntitle: Gå en tur\npublished: 2026-04-02\n---\n\n{long}\n")
    listed = "articles:\n  - part: Bevægelse\n    articles: [gang]\n  - part: Ryggen\n    articles: [blog/ryg]\n"
    write(project / "sources/bog.md", f"---\ntitle: Bogen\npublished: 2026-04-02\n{listed}---\n\nVelkommen.\n")
    path = project / "outputs/epub/bog.epub"

    alone = run_publish(project, "epub", "bog")
    first = path.read_bytes()
    both = run_publish(project, "all", "--only", "handout", "--only", "epub", "--force")

    assert (alone.code, both.code) == (0, 0), alone.out + both.out
    assert path.read_bytes() == first
    handout = next(entry for entry in both.report["editions"] if (entry["id"], entry["format"]) == ("bog", "handout"))
    with zipfile.ZipFile(path) as book:
        nav = book.read("EPUB/nav.xhtml").decode()
        part = "".join(book.read(f"EPUB/{name}.xhtml").decode() for name in ("part-02", "chapter-003"))
    pages = handout["artifacts"][0]["pages"]
    assert pages > 4
    assert [f'#_page-{page}"' in nav for page in range(1, pages + 2)] == [True] * pages + [False]
    assert f'id="_page-{pages}"' in part  # what stands in the second part begins on the last page, or goes on there


def test_an_article_that_stands_in_two_parts_is_named_with_its_line(project: Path) -> None:
    parts = "  - part: Et\n    articles: [blog/ryg]\n  - part: To\n    articles:\n      - blog/ryg\n"
    write(project / "sources/bog.md", f"---\ntitle: Bogen\narticles:\n{parts}---\n")

    ran = run_publish(project, "epub", "bog")

    assert ran.code == 1
    assert [(found["line"], found["source"]) for found in ran.findings("article-twice")] == [(8, "sources/bog.md")]


# ---- bad input


BAD = {
    "id-to-gange.md": ("## En {#samme}\n\nTekst.\n\n## To {#samme}\n\nTekst.\n", ""),
    "link.md": ("Se [skemaet](#findes-ikke).\n", "anchor-missing"),
    "styretegn.md": ("Tekst med \x08 et styretegn.\n", ""),
    "billede.md": ("Tekst.\n\n![En ryg](/images/halvt.png)\n", "picture-broken"),
    "ukendt.md": ("articles:\n  - blog/rygg", "article-unknown"),
    "to-gange.md": ("articles:\n  - blog/ryg\n  - blog/ryg", "article-twice"),
    "tom-samling.md": ("articles: []", "edition-empty"),
    "tom-del.md": ("articles:\n  - part: Søvn", "edition-empty"),
    "serie.md": ("series: {title: Rygskole, position: to}", "value-shape"),
}
"""By name: the text or front matter, and the finding that it must lead to; none where reading mends it."""


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return one run over a healthy article among bad ones."""

    def publish(folder: Path) -> Ran:
        healthy(folder)
        write(folder / "sources/images/halvt.png", picture_file()[:300])
        for name, (content, _) in BAD.items():
            front, body = (content, "Indledning.") if content.startswith(("articles", "series")) else ("", content)
            lines = ["---", "title: Titel", "published: 2026-03-02", *front.splitlines(), "---", "", body]
            write(folder / f"sources/bad/{name}", "\n".join(lines))
        return run_publish(folder, "epub")

    return once(tmp_path_factory, "bad-epub", publish)


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, (_, code) in BAD.items() if code])
def test_bad_input_is_named_by_file_and_line(bad: Ran, name: str, code: str) -> None:
    findings = [finding for finding in bad.findings(code) if finding["source"] == f"sources/bad/{name}"]

    assert findings
    assert findings[0]["hint"]
    assert findings[0]["line"] or code == "edition-empty"


def test_an_unknown_article_of_an_edition_is_named_with_the_nearest(bad: Ran) -> None:
    (finding,) = bad.findings("article-unknown")

    assert finding["hint"] == "did you mean 'blog/ryg'?"
    assert finding["line"] == 5


def test_no_invalid_book_gets_its_final_name(bad: Ran) -> None:
    """Editions that cannot be bound have no book; a broken picture is left out of its own, and that is an error."""
    books = {path.stem: validate_epub(path.read_bytes()) for path in (bad.folder / "outputs/epub").rglob("*.epub")}

    assert books == dict.fromkeys(("ryg", "id-to-gange", "link", "styretegn", "billede"), ())
    assert bad.code == 1
    assert bad.report["summary"]["failed"] == 5
