"""Which setting fits an article to its paper: without pages for a line or two, and without pages half empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.rendering.pdf_layout import Layout
from pipeline.writers.handout.variants import PageGeometry, TypeSetting

_MIN_FILLED_SHARE = 0.5
"""A page that is less full than this, and not the last, is paper for nothing."""
_MAX_STRANDED_LINES = 2.6
"""Lines on the last page that are no more than this had better stand on the one before."""
_LINE_HEIGHT_EM = 1.45
_MM_PER_PT = 25.4 / 72


@dataclass(frozen=True, slots=True)
class UnderfullPage:
    """Paper that is printed for little."""

    page: int
    is_end: bool
    """Hardly a line on the last page of an article; else a page within it that is half empty."""
    is_wasted: bool = True
    """False: the page holds the contact block alone, and lines to write on may fill it."""


LayOut = Callable[[TypeSetting], Layout]


def roomiest_setting(ladder: Sequence[TypeSetting], lay: LayOut, pages: int) -> TypeSetting | None:
    """Return the roomiest setting that needs no more pages, or None. Each rung needs no more than the one before."""
    low, high = 0, len(ladder)
    while low < high:
        middle = (low + high) // 2
        if lay(ladder[middle]).pages <= pages:
            high = middle
        else:
            low = middle + 1
    return ladder[low] if low < len(ladder) else None


def least_wasteful_setting(
    ladder: Sequence[TypeSetting], lay: LayOut, judge: Callable[[TypeSetting], Sequence[UnderfullPage]]
) -> TypeSetting:
    """Return the first setting without faults, or else the first with the fewest pages and faults."""
    best, least = ladder[0], (0, 0)
    for number, setting in enumerate(ladder):
        found = judge(setting)
        if not found:
            return setting
        cost = (lay(setting).pages, len(found))
        if number == 0 or cost < least:
            best, least = setting, cost
    return best


def underfull_pages(layout: Layout, setting: TypeSetting, starts: Sequence[int], end: str) -> tuple[UnderfullPage, ...]:
    """Return the pages that are half empty, and last pages with hardly a line.

    Args:
        starts: The pages on which articles begin: the one before it may be as empty as it likes.
        end: The id of what follows the last article; what stands below it is no text.
    """
    frame = setting.frame
    room_mm = frame.paper_mm[1] - frame.top_mm - frame.bottom_mm
    lonely_mm = _MAX_STRANDED_LINES * setting.size_pt * _LINE_HEIGHT_EM * _MM_PER_PT
    last = layout.page_of[end]
    found: list[UnderfullPage] = []
    for start, after in pairwise((*starts, last + 1)):
        for page in range(start, after):
            filled_mm = (layout.top_mm(end) if page == last else layout.bottom_mm(page)) - frame.top_mm
            is_end = page == after - 1
            if page > start and is_end and filled_mm <= lonely_mm:
                found.append(UnderfullPage(page, is_end=True, is_wasted=page < last or filled_mm > 1))
            elif not is_end and filled_mm < _MIN_FILLED_SHARE * room_mm:
                found.append(UnderfullPage(page, is_end=False))
    return tuple(found)


def excess_pages(layout: Layout, frame: PageGeometry, pages: int, end: str) -> float:
    """Return by how many pages an article is too long for its paper."""
    room_mm = frame.paper_mm[1] - frame.top_mm - frame.bottom_mm
    return layout.page_of[end] - 1 + (layout.top_mm(end) - frame.top_mm) / room_mm - pages
