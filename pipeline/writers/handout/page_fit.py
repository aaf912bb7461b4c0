"""Page fit: finds the type setting without nearly empty pages and without a last page of a line or two."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.rendering.paper_sizes import MM_PER_PT
from pipeline.rendering.pdf_layout import Layout
from pipeline.writers.handout.variants import PageGeometry, TypeSetting

_MIN_FILLED_SHARE = 0.5
"""A page before the last that is less full is underfull."""
_MAX_STRANDED_LINES = 2.6
"""A last page with at most so many lines is underfull."""
_LINE_HEIGHT_EM = 1.45


@dataclass(frozen=True, slots=True)
class UnderfullPage:
    """A page with little on it."""

    page: int
    is_end: bool
    """It is the last page of an article, with hardly a line; else it is less than half full."""
    is_wasted: bool = True
    """False: the page holds only the contact block, and lines for notes may fill it."""


LayOut = Callable[[TypeSetting], Layout]


def roomiest_setting(candidates: Sequence[TypeSetting], lay: LayOut, pages: int) -> TypeSetting | None:
    """Return the first setting that needs no more than the given pages, or None; found by bisection."""
    fitting = bisect_left(candidates, 1, key=lambda setting: lay(setting).pages <= pages)
    return candidates[fitting] if fitting < len(candidates) else None


def least_wasteful_setting(
    candidates: Sequence[TypeSetting], lay: LayOut, find_underfull: Callable[[TypeSetting], Sequence[UnderfullPage]]
) -> TypeSetting:
    """Return the first setting without underfull pages, or else the one with the fewest pages and underfull pages."""
    costs: dict[TypeSetting, tuple[int, int]] = {}
    for setting in candidates:
        found = find_underfull(setting)
        if not found:
            return setting
        costs[setting] = (lay(setting).pages, len(found))
    return min(costs, key=costs.__getitem__)


def underfull_pages(layout: Layout, setting: TypeSetting, starts: Sequence[int], end: str) -> tuple[UnderfullPage, ...]:
    """Return the pages that are less than half full, and last pages with hardly a line.

    Args:
        starts: The pages on which articles begin; the page before each may be as empty as it likes.
        end: Id of the element after the last article.
    """
    frame = setting.frame
    room_mm = frame.paper_mm[1] - frame.top_mm - frame.bottom_mm
    lonely_mm = _MAX_STRANDED_LINES * setting.size_pt * _LINE_HEIGHT_EM * MM_PER_PT
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
    """Return by how many pages an article is too long for its page limit."""
    room_mm = frame.paper_mm[1] - frame.top_mm - frame.bottom_mm
    return layout.page_of[end] - 1 + (layout.top_mm(end) - frame.top_mm) / room_mm - pages
