"""Whose site a project is, where that site shows each page, and where its pictures lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, Publisher, SourceSettings
from pipeline.doctor import check_dialect
from pipeline.errors import ConfigError
from pipeline.reading.dialects import all_dialects
from pipeline.reading.site import find_site, site_by_files
from tests.makers import write
from tests.reading.dialects.reading import WEBSITE, codes, links, read_project

_PAGE = "---\ntitle: A page\n---\n\nText.\n"
# Files of the site; the source; the path of its address, empty where no rule confirms one; further front matter.
_ADDRESSES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "plain": ({}, "content/blog/knee.md", "/blog/knee", ""),
    "plain-bundle": ({}, "content/blog/knee/index.md", "/blog/knee", ""),
    "plain-slug": ({}, "content/blog/knee/index.md", "/blog/leg", "slug: leg"),
    "hugo": ({"hugo.toml": ""}, "content/posts/Knee.md", "/posts/knee/", ""),
    "hugo-bundle": ({"hugo.toml": ""}, "content/posts/knee/index.md", "/posts/knee/", ""),
    "hugo-section": ({"hugo.toml": ""}, "content/posts/_index.md", "/posts/", ""),
    "hugo-slug": ({"hugo.toml": ""}, "content/posts/knee.md", "/posts/leg/", "slug: leg"),
    "hugo-url": ({"hugo.toml": ""}, "content/posts/knee.md", "/leg/", "url: /leg/"),
    "hugo-permalinks": ({"hugo.toml": "[permalinks]\nposts = '/:year/'"}, "content/posts/knee.md", "", ""),
    "hugo-spaces": ({"hugo.toml": ""}, "content/Knæ Råd/index.md", "/kn%C3%A6-r%C3%A5d/", ""),
    "hugo-other-signs": ({"hugo.toml": ""}, "content/Knee (left)/index.md", "", ""),
    "hugo-slug-of-words": ({"hugo.toml": ""}, "content/knee.md", "", "slug: Bad Knee"),
    "hugo-section-slug": ({"hugo.toml": ""}, "content/posts/_index.md", "", "slug: leg"),
    "hugo-accents": ({"hugo.toml": "removePathAccents = true"}, "content/knee.md", "", ""),
    "hugo-language": ({"hugo.toml": ""}, "content/posts/knee.fr.md", "", ""),
    "jekyll-post": ({"_config.yml": ""}, "content/_posts/2024-01-02-knee.md", "/content/2024/01/02/knee.html", ""),
    "jekyll-categories": ({"_config.yml": ""}, "content/_posts/2024-01-02-knee.md", "", "categories: [a]"),
    "jekyll-date": ({"_config.yml": ""}, "content/_posts/2024-01-02-knee.md", "", "date: 2024-02-03"),
    "jekyll-zone": ({"_config.yml": ""}, "content/_posts/2024-01-02-knee.md", "", "date: 2024-01-02 23:50:00 +0100"),
    "jekyll-same-date": (
        {"_config.yml": ""}, "content/_posts/2024-01-02-knee.md", "/content/2024/01/02/knee.html", "date: 2024-01-02",
    ),
    "jekyll-no-categories": (
        {"_config.yml": "permalink: /:year/:title/"}, "content/_posts/2024-01-02-knee.md", "/2024/knee/", "category: a",
    ),
    "jekyll-other-signs": ({"_config.yml": ""}, "content/_posts/2024-01-02-my knee.md", "", ""),
    "jekyll-pretty": (
        {"_config.yml": "permalink: /:year/:title/"}, "content/_posts/2024-01-02-knee.md", "/2024/knee/", "",
    ),
    "jekyll-page": ({"_config.yml": ""}, "content/knee.md", "/content/knee.html", ""),
    "jekyll-permalink": ({"_config.yml": ""}, "content/knee.md", "/leg/", "permalink: /leg/"),
    "jekyll-collection": ({"_config.yml": ""}, "content/_notes/knee.md", "", ""),
    "eleventy": ({"eleventy.config.js": ""}, "content/posts/2024-01-02-knee.md", "/posts/knee/", ""),
    "eleventy-computed": ({".eleventy.js": ""}, "content/knee.md", "", 'permalink: "/{{ title }}/"'),
    "zola": ({"zola.toml": ""}, "content/posts/2024-01-02-knee.md", "/posts/knee/", ""),
    "zola-letters": ({"zola.toml": ""}, "content/posts/Knæ.md", "", ""),
    "mkdocs": ({"mkdocs.yml": ""}, "docs/knee/README.md", "/knee/", ""),
    "mkdocs-files": ({"mkdocs.yml": "use_directory_urls: false"}, "docs/knee.md", "/knee.html", ""),
    "quarto": ({"_quarto.yml": ""}, "content/knee.md", "/content/knee.html", ""),
    "myst": ({"_toc.yml": ""}, "content/knee.md", "/content/knee.html", ""),
    "docusaurus": ({"docusaurus.config.js": ""}, "docs/01-legs/02-knee.md", "/docs/legs/knee", ""),
    "docusaurus-index": ({"docusaurus.config.js": ""}, "docs/legs/index.md", "/docs/legs", ""),
    "docusaurus-post": ({"docusaurus.config.js": ""}, "blog/2024-01-02-knee.md", "/blog/2024/01/02/knee", ""),
    "docusaurus-id": ({"docusaurus.config.js": ""}, "docs/knee.md", "", "id: leg"),
    "docusaurus-slug": ({"docusaurus.config.js": ""}, "docs/legs/knee.md", "/docs/leg", "slug: /leg"),
    "docusaurus-post-slug": ({"docusaurus.config.js": ""}, "blog/2024-01-02-knee.md", "/blog/leg", "slug: /leg"),
    "docusaurus-post-folder": ({"docusaurus.config.js": ""}, "blog/a/2024-01-02-knee.md", "", ""),
    "docusaurus-translated": ({"docusaurus.config.js": ""}, "i18n/fr/knee.md", "", ""),
    "starlight": ({"astro.config.mjs": ""}, "src/content/docs/legs/knee.md", "/legs/knee/", ""),
    "starlight-slug": ({"astro.config.mjs": ""}, "src/content/docs/legs/knee.md", "/leg/", "slug: leg"),
    "starlight-signs": ({"astro.config.mjs": ""}, "src/content/docs/My knee.md", "", ""),
    "astro": ({"astro.config.mjs": ""}, "src/content/blog/knee.md", "", ""),
    "pelican": ({"pelicanconf.py": ""}, "content/knee.md", "", ""),
    "pelican-slug": ({"pelicanconf.py": ""}, "content/knee.md", "/leg.html", "slug: leg"),
    "obsidian": ({".obsidian/app.json": "{}"}, "content/knee.md", "", ""),
    "obsidian-permalink": ({".obsidian/app.json": "{}"}, "content/knee.md", "/leg", "permalink: leg"),
}  # fmt: skip


@pytest.mark.parametrize("name", _ADDRESSES)
def test_an_address_follows_the_rule_of_its_site_or_is_left_out_with_a_note(tmp_path: Path, name: str) -> None:
    files, source, path, keys = _ADDRESSES[name]
    page = _PAGE.replace("title: A page", f"title: A page\n{keys}") if keys else _PAGE

    (result,) = read_project(tmp_path, {**files, source: page}, glob=f"{source.partition('/')[0]}/**/*.md").values()

    assert result.article is not None, result.findings
    assert result.article.meta.address == (WEBSITE + path if path else "")
    assert ("address-unconfirmed" in codes(result, notes=True)) is not bool(path)


def test_a_pattern_of_the_project_stands_above_the_rule_of_the_dialect(tmp_path: Path) -> None:
    files = {".obsidian/app.json": "{}", "content/My knee.md": _PAGE}

    (result,) = read_project(tmp_path, files, address="{website}/notes/{id}").values()

    assert result.article is not None
    assert result.article.meta.address == f"{WEBSITE}/notes/my-knee"


def test_a_link_leads_to_the_address_that_the_other_page_gives_itself(tmp_path: Path) -> None:
    other = _PAGE.replace("title: A page", "title: Other\npermalink: /leg/")
    files = {"_config.yml": "", "content/a.md": f"{_PAGE}\n[Other](other.md)\n", "content/other.md": other}

    result = read_project(tmp_path, files)["a"]

    assert links(result) == [("Other", f"{WEBSITE}/leg/")]


@pytest.mark.parametrize(
    ("files", "picture", "target"),
    [
        ({"hugo.toml": ""}, "static/img/knee.png", "/img/knee.png"),
        ({"hugo.toml": ""}, "content/posts/a/knee.png", "knee.png"),
        ({"hugo.toml": ""}, "assets/knee.png", "knee.png"),
        ({"_config.yml": ""}, "assets/knee.png", "/assets/knee.png"),
        ({"_config.yml": ""}, "images/knee.png", "/images/knee.png"),
        ({"eleventy.config.js": ""}, "public/img/knee.png", "/img/knee.png"),
        ({"zola.toml": ""}, "static/knee.png", "/knee.png"),
        ({"astro.config.mjs": ""}, "src/assets/knee.png", "~/assets/knee.png"),
        ({"astro.config.mjs": ""}, "public/knee.png", "/knee.png"),
        ({"docusaurus.config.js": ""}, "static/img/knee.png", "/img/knee.png"),
        ({"pelicanconf.py": ""}, "content/images/knee.png", "{static}/images/knee.png"),
        ({".obsidian/app.json": ""}, "content/files/knee.png", "knee.png"),
        ({}, "content/img/knee.png", "/img/knee.png"),
    ],
)
def test_a_picture_is_found_where_its_site_keeps_it(
    tmp_path: Path, files: dict[str, str], picture: str, target: str
) -> None:
    source = f"{_PAGE}\n![A knee]({target})\n\nMore.\n"

    result = read_project(tmp_path, {**files, picture: "", "content/posts/a/index.md": source})["posts/a"]

    assert [each.path for each in result.resolved_pictures] == [picture]
    assert not [code for code in codes(result) if code.startswith("picture-")]


def test_of_a_whole_site_only_the_folders_for_pictures_are_opened(tmp_path: Path) -> None:
    files = {"_config.yml": "", "private/knee.png": "", "content/a.md": f"{_PAGE}\n![A knee](/private/knee.png)\n"}

    result = read_project(tmp_path, files)["a"]

    assert "picture-missing" in codes(result)


def test_a_picture_on_the_web_is_a_warning_and_the_article_is_whole(tmp_path: Path) -> None:
    source = f"{_PAGE}\n![A knee](https://pictures.example/knee.png)\n\nMore.\n"

    result = read_project(tmp_path, {"content/a.md": source})["a"]

    assert result.article is not None
    assert len(result.article.blocks) == 2
    assert [(each.code, each.severity, each.line) for each in result.findings] == [("picture-remote", "warning", 7)]


def test_folders_and_names_say_draft_date_and_language(tmp_path: Path) -> None:
    files = {
        "_config.yml": "", "content/_drafts/a.md": _PAGE, "content/_posts/2024-01-02-b.md": _PAGE,
        "content/de/c.md": _PAGE, "content/d.fr.md": _PAGE,
    }  # fmt: skip

    read = read_project(tmp_path, files)

    metas = {id_: result.article.meta for id_, result in read.items() if result.article}
    assert [id_ for id_, meta in metas.items() if meta.is_draft] == ["drafts/a"]
    assert str(metas["posts/2024-01-02-b"].published) == "2024-01-02"
    assert {id_: meta.language for id_, meta in metas.items() if meta.language != "en"} == {"de/c": "de", "d.fr": "fr"}


def _found(folder: Path, dialect: str = "auto", glob: str = "content/**/*.md") -> tuple[str, str]:
    config = Config(folder, Publisher(), SourceSettings(articles=(glob,), dialect=dialect))
    paths = [path.relative_to(folder).as_posix() for path in folder.glob(glob)]
    site = find_site(config, site_by_files(config), folder.resolve(), paths)
    return site.dialect, site.evidence


@pytest.mark.parametrize("dialect", [each for each in all_dialects() if each.files], ids=lambda each: each.name)
def test_a_dialect_is_found_by_the_files_of_its_tool(tmp_path: Path, dialect: object) -> None:
    name, files = dialect.name, dialect.files  # type: ignore[attr-defined]
    for file in files:
        folder = tmp_path / file.replace("/", "-")
        write(folder / file, "")
        write(folder / "content/a.md", "Text.")

        assert _found(folder) == (name, file)


@pytest.mark.parametrize(
    ("file", "text", "dialect"),
    [
        ("config.toml", "compile_sass = true", "zola"), ("config.toml", "languageCode = 'da'", "hugo"),
        ("config.toml", "key = 1", "markdown"), ("_config.yml", "title: A", "jekyll"),
        ("_config.yml", "title: A\nsphinx:\n  a: 1", "markdown"), ("website/docusaurus.config.js", "", "docusaurus"),
    ],
)  # fmt: skip
def test_a_file_that_several_tools_have_says_whose_it_is(tmp_path: Path, file: str, text: str, dialect: str) -> None:
    write(tmp_path / file, text)
    write(tmp_path / "content/a.md", "Text.")

    assert _found(tmp_path)[0] == dialect


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ('{{< figure src="a.png" >}}', "hugo"), ("!!! note\n    Text.", "mkdocs"), ("See [[a page]].", "obsidian"),
        ("(name)=\n# A", "myst"), ("::: {.callout-note}\nA\n:::", "quarto"), ("{: .lead}", "jekyll"),
        ("Text.", "markdown"),
    ],
)  # fmt: skip
def test_without_such_a_file_the_forms_of_the_texts_say_it(tmp_path: Path, text: str, dialect: str) -> None:
    write(tmp_path / "content/a.md", text)

    assert _found(tmp_path)[0] == dialect


def test_one_text_of_many_does_not_say_how_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "content/a.md", "{% include map.html %}")
    for number in range(9):
        write(tmp_path / f"content/b{number}.md", "Text.")

    assert _found(tmp_path) == ("markdown", "")


def test_the_site_may_lie_in_a_folder_of_the_project(tmp_path: Path) -> None:
    write(tmp_path / "website/docusaurus.config.js", "")
    write(tmp_path / "website/docs/a.md", "Text.")

    assert _found(tmp_path, glob="website/docs/**/*.md") == ("docusaurus", "website/docusaurus.config.js")


def test_publish_toml_sets_the_dialect_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[sources]\ndialect = "hgo"\n')
    write(tmp_path / "hugo.toml", "")
    write(tmp_path / "content/a.md", "Text.")

    assert _found(tmp_path, "markdown") == ("markdown", "[sources] dialect")
    with pytest.raises(ConfigError, match=r"'hgo', expected auto or one of astro, .*zola"):
        _found(tmp_path, "hgo")


def test_doctor_says_which_tool_it_is(tmp_path: Path) -> None:
    write(tmp_path / "hugo.toml", "")
    write(tmp_path / "content/a.md", "Text.")
    config = Config(tmp_path, Publisher(), SourceSettings(articles=("content/**/*.md",)))

    assert check_dialect(config).detail == "Hugo, by hugo.toml"
