"""The cover of a print pack: what comes out of the copier, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.config import Publisher
from pipeline.rendering.pdf_layout import Layout, draw_pdf, lay_out
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import Words

_PAGES_PER_SHEET_BOTH_SIDES = 2


@dataclass(frozen=True, slots=True)
class CoverEntry:
    """A handout in the pack."""

    title: str
    pages: int

    @property
    def sides(self) -> int:
        """Its pages, and the blank back of its last sheet where there is one."""
        return sheet_count(self.pages) * _PAGES_PER_SHEET_BOTH_SIDES


@dataclass(frozen=True, slots=True)
class _CoverRow:
    """A handout as the template sees it."""

    title: str
    pages: int
    sheets: int
    """Of all copies."""
    first: int
    """The page of the pack on which it begins."""


def sheet_count(pages: int) -> int:
    """Return how many sheets pages take that are printed on both sides."""
    return -(-pages // _PAGES_PER_SHEET_BOTH_SIDES)


def render_print_pack_cover(
    handouts: Sequence[CoverEntry],
    copies: int,
    publisher: Publisher,
    words: Words,
    styles: Styles,
    paper_mm: tuple[float, float],
) -> bytes:
    """Return the cover of a pack, as many pages as the list needs; on paper that lies on its side it is of booklets.

    Raises:
        StyleError: A template, style sheet or word is broken.
    """

    def laid_out(own_pages: int) -> Layout:
        rows = list(_cover_rows(handouts, copies, sheet_count(own_pages) * _PAGES_PER_SHEET_BOTH_SIDES))
        html = styles.render(
            "pack/cover.html.j2",
            rows=rows,
            copies=copies,
            sheets=sheet_count(own_pages) + sum(row.sheets for row in rows),
            how=words["pack_how_booklets" if paper_mm[0] > paper_mm[1] else "pack_how"],
            publisher=publisher,
            words=words,
        )
        css = styles.render("pack/cover.css", paper=f"{paper_mm[0]:g}mm {paper_mm[1]:g}mm")
        return lay_out(html, css, {})

    layout = laid_out(1)
    if layout.pages > 1:  # a long list: its own pages come before all that it counts
        layout = laid_out(layout.pages)
    return draw_pdf(layout)[0]


def _cover_rows(handouts: Sequence[CoverEntry], copies: int, before: int) -> Iterator[_CoverRow]:
    first = before + 1
    for handout in handouts:
        yield _CoverRow(handout.title, handout.pages, sheet_count(handout.pages) * copies, first)
        first += handout.sides * copies
