"""Findings stand beside what they concern, on the line and on the printed page."""

from __future__ import annotations

from pipeline.findings import Finding
from pipeline.preview.page_images import place_findings
from tests.conftest import ARTICLE, Ran


def finding(severity: str, line: int) -> Finding:
    return Finding(severity, "alt-missing", "sources/blog/ryg.md", line, "…")  # type: ignore[arg-type]  # a test's own word


def test_a_finding_is_marked_where_its_line_is_printed(published: Ran) -> None:
    line = 1 + ARTICLE.splitlines().index("Bevægelse hjælper mere end hvile.[^1]")

    (each,) = place_findings([finding("warning", line)], ARTICLE, published.folder / "outputs/handout/blog/ryg.pdf")

    assert each.excerpt == "Bevægelse hjælper mere end hvile.[^1]"
    assert each.position is not None
    assert each.position.page == 1
    assert 0.1 < each.position.top < 0.9


def test_errors_come_first_and_what_concerns_the_whole_file_has_no_place(published: Ran) -> None:
    pdf = published.folder / "outputs/handout/blog/ryg.pdf"

    both = place_findings([finding("note", 8), finding("error", 0)], ARTICLE, pdf)

    assert [(each.number, each.finding.severity) for each in both] == [(1, "error"), (2, "note")]
    assert both[0].position is None
    assert both[0].excerpt == ""


def test_a_finding_beyond_the_end_of_a_file_that_was_shortened_is_listed_all_the_same() -> None:
    (each,) = place_findings([finding("warning", 4000)], "Kort.\n", None)

    assert each.excerpt == ""
    assert each.position is None
