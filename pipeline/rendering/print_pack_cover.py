"""The cover of a print pack: a list of its handouts in printing order, with sheet counts."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import Publisher
from pipeline.rendering.paper_sizes import PAGES_PER_SHEET, sheet_count
from pipeline.rendering.pdf_layout import Layout, draw_pdf, lay_out
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import Words


@dataclass(frozen=True, slots=True)
class PackContents:
    """The handouts of a print pack."""

    handouts: tuple[tuple[str, int], ...]
    """Title and number of pages of each."""
    copies: int
    """Of each."""
    paper_mm: tuple[float, float]
    """Width and height; landscape: the handouts are booklets."""


def render_print_pack_cover(pack: PackContents, publisher: Publisher, words: Words, styles: Styles) -> bytes:
    """Return the cover of a pack, with as many pages as the list needs.

    Raises:
        StyleError: A template, style sheet or word is broken.
    """
    width_mm, height_mm = pack.paper_mm
    css = styles.render("pack/cover.css", paper=f"{width_mm:g}mm {height_mm:g}mm")

    def lay_out_cover(own_pages: int) -> Layout:
        rows = []
        sheets = sheet_count(own_pages)
        for title, pages in pack.handouts:
            own_sheets = sheet_count(pages) * pack.copies
            rows.append({"title": title, "pages": pages, "sheets": own_sheets, "first": sheets * PAGES_PER_SHEET + 1})
            sheets += own_sheets
        how = words["pack_how_booklets" if width_mm > height_mm else "pack_how"]
        html = styles.render(
            "pack/cover.html.j2",
            rows=rows,
            copies=pack.copies,
            sheets=sheets,
            how=how,
            publisher=publisher,
            words=words,
        )
        return lay_out(html, css, {})

    layout = lay_out_cover(1)
    if layout.pages > 1:  # the page numbers in the list start after the pages of the cover
        layout = lay_out_cover(layout.pages)
    return draw_pdf(layout)[0]
