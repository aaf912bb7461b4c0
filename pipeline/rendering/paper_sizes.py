"""Paper sizes: their names and dimensions, and the page size of a PDF."""

from __future__ import annotations

import io
from dataclasses import dataclass

MM_PER_PT, PT_PER_MM = 25.4 / 72, 72 / 25.4
PAGES_PER_SHEET = 2
"""Printed on both sides."""
PAPER_SIZES_MM = {"A3": (297.0, 420.0), "A4": (210.0, 297.0), "A5": (148.0, 210.0), "letter": (215.9, 279.4)}
"""Width and height, portrait."""
_TOLERANCE_MM = 1.5
"""Two A5 pages side by side are a millimetre narrower than A4, since each size is rounded down."""


def paper_name(width_mm: float, height_mm: float) -> str:
    """Return the name of a paper size, portrait or landscape; empty for an unknown size."""
    short_mm, long_mm = sorted((width_mm, height_mm))
    near = (
        name
        for name, (width, height) in PAPER_SIZES_MM.items()
        if abs(short_mm - width) <= _TOLERANCE_MM and abs(long_mm - height) <= _TOLERANCE_MM
    )
    return next(near, "")


def sheet_count(pages: int) -> int:
    """Return how many sheets pages need that are printed on both sides."""
    return -(-pages // PAGES_PER_SHEET)


@dataclass(frozen=True, slots=True)
class PdfPageInfo:
    """Number of pages of a PDF, and the size of the first."""

    count: int
    width_mm: float
    height_mm: float

    @property
    def paper(self) -> str:
        """The name of its paper; empty for an unknown size."""
        return paper_name(self.width_mm, self.height_mm)


def measure_pages(pdf: bytes) -> PdfPageInfo:
    """Return number and size of the pages, by their trim box."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as file:
        left, bottom, right, top = map(float, file.pages[0].trimbox)
        return PdfPageInfo(len(file.pages), round((right - left) / PT_PER_MM, 1), round((top - bottom) / PT_PER_MM, 1))
