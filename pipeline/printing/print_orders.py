"""What goes to the printer: the right paper, both sides, a title that the person at the printer knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.printing.cups import PrintJob, Sides
from pipeline.printing.published_handouts import PrintableHandout
from pipeline.rendering.paper_sizes import measure_pages
from pipeline.rendering.print_pack_cover import sheet_count

_SIDES_TEXT: Mapping[Sides, str] = {
    "one-sided": "one side",
    "two-sided-long-edge": "both sides, long edge",
    "two-sided-short-edge": "both sides, short edge",
}


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """A handout on its way to the printer."""

    job: PrintJob
    sheets: int
    """Of all copies."""

    def __str__(self) -> str:
        """Say it as the person who waits at the printer would."""
        job = self.job
        parts = [
            job.paper or "paper of its own size",
            _SIDES_TEXT[job.sides],
            *(["greyscale"] if job.is_greyscale else []),
        ]
        sheets = "1 sheet" if self.sheets == 1 else f"{self.sheets} sheets"
        return f"{job.copies} × {job.title} ({', '.join(parts)}), {sheets}"


def make_print_order(handout: PrintableHandout, copies: int, *, is_greyscale: bool) -> PrintOrder:
    """Return what is to be printed of a handout.

    Both sides, turned on the long edge; pages that lie on their side (a booklet) turn on the short one. A single page
    goes out on one side, since some drivers would put the next copy on its back.
    """
    pages = measure_pages(handout.path.read_bytes())
    sides: Sides = "two-sided-short-edge" if pages.width_mm > pages.height_mm else "two-sided-long-edge"
    if pages.count == 1:
        sides = "one-sided"
    job = PrintJob(handout.path, handout.title, copies, pages.paper, sides, is_greyscale)
    return PrintOrder(job, sheet_count(pages.count) * copies)
