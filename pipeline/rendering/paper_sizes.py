"""Sheets of paper by name, as clinics buy them, and the pages of a file that are to go on them."""

from __future__ import annotations

import io
from dataclasses import dataclass

PT_PER_MM = 72 / 25.4
PAPER_SIZES_MM = {"A3": (297.0, 420.0), "A4": (210.0, 297.0), "A5": (148.0, 210.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres, upright."""
_TOLERANCE_MM = 1.5
"""Two sheets of A5 side by side are a millimetre narrower than A4: each size is rounded down."""


def paper_name(width_mm: float, height_mm: float) -> str:
    """Return the paper of a size, upright or on its side; empty where there is none."""
    upright = tuple(sorted((width_mm, height_mm)))
    for name, size in PAPER_SIZES_MM.items():
        if all(abs(is_ - wanted) <= _TOLERANCE_MM for is_, wanted in zip(upright, size, strict=True)):
            return name
    return ""


@dataclass(frozen=True, slots=True)
class PdfPageInfo:
    """The pages of a file: how many, and how large the first one is."""

    count: int
    width_mm: float
    height_mm: float

    @property
    def paper(self) -> str:
        """The paper they fit on; empty where there is none."""
        return paper_name(self.width_mm, self.height_mm)


def measure_pages(pdf: bytes) -> PdfPageInfo:
    """Return the pages of a file, as they are cut."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as file:
        left, bottom, right, top = map(float, file.pages[0].trimbox)
        return PdfPageInfo(len(file.pages), round((right - left) / PT_PER_MM, 1), round((top - bottom) / PT_PER_MM, 1))
