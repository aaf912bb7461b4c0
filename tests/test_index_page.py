"""The shelf on disk: every article on one page, which opens without a script, a server or a network."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from lxml import html

from pipeline.findings import Finding
from pipeline.index_page import index_page, items_of
from pipeline.model import ArticleMeta, Metadata
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.report import EditionResult, OutputFile, Report
from tests.conftest import Ran, run_publish
from tests.makers import CLINIC, write

STYLES = Styles((packaged_styles(),))
RYG = ArticleMeta(
    "blog/ryg",
    "sources/blog/ryg.md",
    Metadata(title="Ondt i ryggen", language="da", published=date(2026, 3, 2)),
    lix=31,
)
HANDOUT = EditionResult(
    "blog/ryg", (RYG.source,), RYG.title, "handout", "written",
    (OutputFile("handout/blog/ryg.pdf", 1234, "0" * 64, 2), OutputFile("handout/blog/ryg.png", 99, "1" * 64)),
)  # fmt: skip


def page_of(report: Report) -> html.HtmlElement:
    return html.document_fromstring(index_page(report, CLINIC, STYLES).decode())


def test_every_link_and_picture_of_the_shelf_is_a_file_beside_it(published: Ran) -> None:
    outputs = published.folder / "outputs"

    page = html.document_fromstring((outputs / "index.html").read_text("utf-8"))

    paths = [unquote(path) for path in page.xpath("//main//a/@href | //main//img/@src")]
    assert len(paths) == 5  # the title, three formats, the thumbnail
    assert all((outputs / path).is_file() for path in paths)


def test_the_shelf_asks_for_nothing_from_outside(published: Ran) -> None:
    text = (published.folder / "outputs/index.html").read_text("utf-8")

    assert not re.findall(r"(?:src|href|action)=\"(?:[a-z]+:)?//", text)
    assert "url(" not in text
    assert "@import" not in text


def test_two_runs_write_the_same_shelf(published: Ran, tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", (published.folder / "publish.toml").read_bytes())
    for source in (published.folder / "sources").rglob("*.*"):
        write(tmp_path / source.relative_to(published.folder), source.read_bytes())

    run_publish(tmp_path, "all", TZ="Pacific/Auckland", PYTHONHASHSEED="7")

    assert (tmp_path / "outputs/index.html").read_bytes() == (published.folder / "outputs/index.html").read_bytes()


def test_a_run_over_one_article_keeps_the_others_on_the_shelf(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/knae.md", "---\ntitle: Ondt i knæet\npublished: 2026-04-01\n---\n\nGå en tur.\n")

    run_publish(copy_of_published, "newsletter", "knae")

    page = html.document_fromstring((copy_of_published / "outputs/index.html").read_text("utf-8"))
    assert page.xpath("//h2//text()") == ["Ondt i knæet", "Ondt i ryggen"]


def test_an_article_that_is_gone_leaves_the_shelf_with_the_next_whole_run(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/knae.md", "---\ntitle: Ondt i knæet\npublished: 2026-04-01\n---\n\nGå en tur.\n")
    (copy_of_published / "sources/blog/ryg.md").unlink()

    run_publish(copy_of_published, "all")

    page = html.document_fromstring((copy_of_published / "outputs/index.html").read_text("utf-8"))
    assert page.xpath("//h2//text()") == ["Ondt i knæet"]


def test_an_article_that_fails_stays_with_its_last_files_and_says_so(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/blog/ryg.md", "---\ntitle: [\n---\n\nTekst.\n")

    run_publish(copy_of_published, "all")

    page = html.document_fromstring((copy_of_published / "outputs/index.html").read_text("utf-8"))
    assert page.xpath("//h2//text()") == ["Ondt i ryggen"]
    assert page.xpath("//*[@class='failed']")
    assert page.xpath("//*[@class='error']/text()") == ["1 fejl"]
    assert page.xpath("//ul[@class='copies']//a")


def test_a_broken_word_of_the_project_costs_the_shelf_and_nothing_else(copy_of_published: Path) -> None:
    write(copy_of_published / "styles/words/da.toml", 'shelf_kb = "{count:999999999}"\n')

    done = run_publish(copy_of_published, "all")

    (finding,) = done.findings("style-broken")
    assert "index.html" in finding["message"]
    assert done.code == 1
    assert done.status("blog/ryg", "handout") in ("written", "unchanged")


def test_template_and_script_of_the_shelf_come_from_the_package_alone(copy_of_published: Path) -> None:
    """The page is made in the main process, and its script runs in the browser of whoever opens it."""
    for name in ("index.html.j2", "item.html.j2", "shelf.js", "desk.css"):
        write(copy_of_published / "styles/preview" / name, "of the project")

    done = run_publish(copy_of_published, "all")

    assert done.code == 0
    page = (copy_of_published / "outputs/index.html").read_text("utf-8")
    assert "Ondt i ryggen" in page
    assert "of the project" not in page


def test_what_articles_say_is_escaped() -> None:
    rude = replace(RYG, meta=Metadata(title='<script>alert("1")</script>', tags=('"><b>',)))

    page = index_page(Report((HANDOUT,), (), (), (rude,)), CLINIC, STYLES).decode()

    assert "<script>alert" not in page
    assert "<b>" not in page


def test_an_address_with_signs_of_its_own_is_quoted() -> None:
    entry = replace(HANDOUT, artifacts=(OutputFile("handout/blog/100 % søvn?#1.pdf", 10, "0" * 64, 1),))

    page = page_of(Report((entry,), (), (), (RYG,)))

    assert page.xpath("//h2/a/@href") == ["handout/blog/100%20%25%20s%C3%B8vn%3F%231.pdf"]


def test_findings_are_counted_worst_first() -> None:
    findings = tuple(
        Finding(severity, "alt-missing", RYG.source, 1, "…") for severity in ("note", "warning", "error", "warning")
    )

    (item,) = items_of(Report((HANDOUT,), findings, (), (RYG,)), load_words(STYLES, "da"))

    assert item.counts == (("error", 1), ("warning", 2), ("note", 1))


def test_a_draft_without_files_is_not_shown() -> None:
    draft = replace(RYG, id="kladde", meta=replace(RYG.meta, is_draft=True))

    page = page_of(Report((HANDOUT,), (), (), (RYG, draft)))

    assert page.xpath("//h2//text()") == ["Ondt i ryggen"]


def test_the_form_that_narrows_the_shelf_shows_only_where_its_script_runs() -> None:
    page = page_of(Report((HANDOUT,), (), (), (RYG,)))

    assert page.xpath("//form[@role='search'][@hidden]")
