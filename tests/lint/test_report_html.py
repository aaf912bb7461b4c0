"""The page of the desk: whole, in order of what matters to patients, in Danish and English."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from pipeline.config import Config, Publisher
from pipeline.findings import make_finding
from pipeline.lint.report_html import lix_bands, lix_position, markup_with_code, render_html_report
from pipeline.model import ArticleMeta, Metadata
from pipeline.report import Report
from tests.lint.linting import STYLES
from tests.makers import write

SOURCES = ("a.md", "b.md", "c.md")


def page(folder: Path, language: str = "da") -> html.HtmlElement:
    write(folder / "b.md", "Du kan få <hypertension> nu.\n")
    listings = tuple(
        ArticleMeta(s[0], s, Metadata(title=f"Titel {s[0]}", language="da"), lix=lix)
        for s, lix in zip(SOURCES, (30, 50, 60), strict=True)
    )
    findings = (
        make_finding("hard-word", "a.md", 0, "et ord"),
        make_finding("help-missing", "b.md", 0, "no help"),
        make_finding("hard-word", "b.md", 1, "a word", quote="<hypertension>"),
        make_finding("orphan", "b.md", 0, "no one leads here"),
    )
    data = render_html_report(
        Report((), findings, listings=listings), SOURCES, Config(folder, Publisher(language=language)), STYLES
    )
    return html.document_fromstring(data.decode())


def test_what_matters_to_patients_comes_first(tmp_path: Path) -> None:
    assert page(tmp_path).xpath("//article//h3/text()") == ["Titel b", "Titel a"]


def test_the_words_of_a_finding_are_marked_and_escaped(tmp_path: Path) -> None:
    assert page(tmp_path).xpath("//mark/text()") == ["<hypertension>"]


def test_words_between_backticks_are_code_and_a_single_backtick_is_itself() -> None:
    assert markup_with_code("Write `<b>` & more.") == "Write <code>&lt;b&gt;</code> &amp; more."
    assert markup_with_code("a ` b") == "a ` b"


def test_context_begins_and_ends_with_whole_words(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "begyndelsen " * 9 + "hypertension " + "slutningen " * 9)
    report = Report((), (make_finding("hard-word", "a.md", 1, "a word", quote="hypertension"),))

    made = html.document_fromstring(
        render_html_report(report, ("a.md",), Config(tmp_path, Publisher(language="da")), STYLES).decode()
    )

    words = made.xpath("string(//blockquote)").replace("…", "").split()
    assert set(words) == {"begyndelsen", "hypertension", "slutningen"}


def test_each_reading_level_is_drawn_and_said(tmp_path: Path) -> None:
    labels = page(tmp_path).xpath("//article//svg/@aria-label")

    assert labels == ["LIX 50: svær", "LIX 30: let"]


def test_an_article_without_findings_is_named(tmp_path: Path) -> None:
    assert page(tmp_path).xpath("//section/ul[not(@class)]/li/text()") == ["Titel c"]


@pytest.mark.parametrize(("language", "title"), [("da", "Redaktørens bord"), ("en", "The editor’s desk")])
def test_the_page_speaks_danish_and_english(tmp_path: Path, language: str, title: str) -> None:
    made = page(tmp_path, language)

    assert (made.get("lang"), made.xpath("//h1/text()")) == (language, [title])


def test_the_bands_of_the_scale_join() -> None:
    assert [band.start for band in lix_bands()][1:] == pytest.approx(
        [band.start + band.width for band in lix_bands()][:-1]
    )
    assert (lix_position(0), lix_position(200)) == (0, 100)
