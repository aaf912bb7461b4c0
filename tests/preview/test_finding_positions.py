"""Findings stand beside what they concern, on the line and on the printed page."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from pipeline.findings import Finding
from pipeline.preview.page_images import place_findings
from tests.conftest import ARTICLE, Ran, run_publish
from tests.makers import PUBLISH_TOML, picture_file, write


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


def test_a_finding_of_a_picture_stands_beside_the_picture(tmp_path: Path) -> None:
    """The words above it end a page, and the picture begins the next one."""
    filler = "\n\n".join(f"Afsnit {number} om ryggen fortæller noget. " * 6 for number in range(11))
    source = f"---\ntitle: Ryg\n---\n\n{filler}\n\n![](/images/hoej.png)\n\nOrdene efter billedet slutter teksten.\n"
    write(tmp_path / "publish.toml", PUBLISH_TOML)
    write(tmp_path / "sources/images/hoej.png", picture_file(600, 900))
    write(tmp_path / "sources/ryg.md", source)
    assert run_publish(tmp_path, "handout").code == 0
    pdf = tmp_path / "outputs/handout/ryg.pdf"
    line = 1 + next(at for at, words in enumerate(source.splitlines()) if words.startswith("!["))

    (each,) = place_findings([finding("warning", line)], source, pdf)

    with pypdfium2.PdfDocument(pdf) as document:
        shown = [
            (number, round(1 - image.get_bounds()[3] / page.get_height(), 3))
            for number, page in enumerate(document, 1)
            for image in page.get_objects([3])
        ]
    assert each.position is not None
    assert (each.position.page, round(each.position.top, 3)) == min(shown)  # the other one is the QR code
    assert each.position.page == 2


def test_words_that_are_printed_twice_are_marked_where_their_own_line_is(tmp_path: Path) -> None:
    filler = "\n\n".join("Noget andet om at gå og at løbe. " * 6 for _ in range(12))
    source = f"---\ntitle: Ryg\n---\n\nHold ryggen i gang.\n\n{filler}\n\nHold ryggen i gang.\n"
    write(tmp_path / "publish.toml", PUBLISH_TOML)
    write(tmp_path / "sources/ryg.md", source)
    assert run_publish(tmp_path, "handout").code == 0
    lines = [at for at, words in enumerate(source.splitlines(), 1) if words.startswith("Hold")]

    first, last = place_findings(
        [finding("warning", line) for line in lines], source, tmp_path / "outputs/handout/ryg.pdf"
    )

    assert first.position is not None
    assert last.position is not None
    assert (first.position.page, last.position.page) == (1, 2)
