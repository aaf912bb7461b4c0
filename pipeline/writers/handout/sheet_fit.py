"""Sheet fit: which type size, spacing and columns fill whole sheets, found with few layouts.

A setting is laid out, its pages are measured, and from them it is calculated how long the text would be in every other
one. Only a setting that can be better than all that were laid out is laid out next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from pipeline import model
from pipeline.model import text
from pipeline.rendering.paper_sizes import sheet_count
from pipeline.writers.handout.variants import LARGEST_PT, TypeSetting

MIN_FULL_SHARE = 0.87
"""A page before the last that is less full has a hole: with the space below its last letters, 15 % are empty."""
_SHEET, _ODD, _AVOIDABLE, _LONELY, _HOLE, _TOO_LONG = 100.0, 30.0, 80.0, 110.0, 30.0, 1000.0
_BLANK_PAGE, _POINT, _COLUMNS, _TIGHT, _SMALLER = 25.0, 10.0, 8.0, 6.0, 30.0
"""Costs: of a sheet, of a back side, of one that need not be blank, lines alone on the last page, a hole; of a page
left blank, of each point that the type is smaller, two columns, less leading, and smaller drawings.
"""
MOST_BLANK_SHARE = 0.35
"""An odd number of pages is right only where the next even number would have so much blank."""
_WORTH_A_LAYOUT = 10.0
_MORE_LAYOUTS = 2
"""Where the best one has faults."""
_SLACK_PAGES = 0.04
"""Lines that keep together lengthen a text by so much."""
_USUAL_HOLE = 0.05
"""Of a page whose lines keep together."""
_LETTERS_PER_UNIT = 18.0
"""Letters of a page, by `TypeSetting.letters`."""
_LETTERS_OF_SPACE = {model.Header: 170, model.Para: 45, model.Plain: 20, model.Figure: 650}
"""What a picture, and the space around a block, take of a page, in letters."""
_HEAD_AND_FOOT_PAGES, _BOX_PAGES = 0.28, 0.17
_HEAD_PAGES, _LONELY_PAGES = 0.09, 0.15
"""Of a page: the head of the first one, and a few lines on the last one in a single column."""


@dataclass(frozen=True, slots=True)
class PageUse:
    """How a text fills its pages."""

    pages: int
    length: float
    """In pages: 2.4 is two pages and less than half of the third."""
    fixed: float = 0.0
    """Of it, what does not change with the type size."""
    drawings: float = 0.0
    """Of it, drawings, whose width a setting may lower."""
    holes: tuple[float, ...] = ()
    """The empty shares of pages before the last."""
    is_end_lonely: bool = False

    @property
    def has_holes(self) -> bool:
        return any(share > 1 - MIN_FULL_SHARE for share in self.holes)

    @property
    def is_faulty(self) -> bool:
        """It has holes, a few lines at its end, or a blank back side."""
        return self.is_end_lonely or self.has_holes or (self.pages > 1 and self.pages % 2 == 1)


def guessed_use(edition: model.Edition, setting: TypeSetting, boxes: int = 0) -> PageUse:
    """Return how long an edition is about in a setting, without a layout.

    Args:
        boxes: How many are added to it.
    """
    articles = dict.fromkeys((edition.front, *edition.articles))
    kinds = Counter(type(block) for article in articles for block in model.walk(article.blocks))
    kinds[model.Figure] += sum(article.hero is not None for article in articles)
    letters = sum(len(text(article.blocks)) for article in articles)
    letters += sum(kinds[kind] * count for kind, count in _LETTERS_OF_SPACE.items())
    fixed = _HEAD_AND_FOOT_PAGES + boxes * _BOX_PAGES
    length = fixed + letters / (_LETTERS_PER_UNIT * setting.letters)
    return PageUse(ceil(length), length, fixed)


def guessed_share(block: model.Block, setting: TypeSetting) -> float:
    """Return about how much of a page a block takes."""
    kinds = Counter(map(type, model.walk((block,))))
    letters = len(text((block,))) + sum(kinds[kind] * count for kind, count in _LETTERS_OF_SPACE.items())
    return letters / (_LETTERS_PER_UNIT * setting.letters)


def scaled_use(known: PageUse, of: TypeSetting, wanted: TypeSetting, excess: float = 0.0) -> PageUse:
    """Return how a text fills its pages in another setting, calculated from a known one.

    Args:
        excess: By how much the last calculation was too short.
    """
    drawings = known.drawings * (wanted.picture / of.picture) ** 2
    filled = known.length - sum(max(0.0, share - _USUAL_HOLE) for share in known.holes)  # what was empty need not be
    text_length = filled - known.fixed - known.drawings
    text_length *= of.letters / wanted.letters
    length = known.fixed + drawings + text_length + _SLACK_PAGES + excess
    lonely = known.fixed - _HEAD_PAGES + _LONELY_PAGES / wanted.frame.columns
    is_end_lonely = length > 1 and length % 1 < lonely
    return PageUse(ceil(length), length, known.fixed, drawings, is_end_lonely=is_end_lonely)


def cost(setting: TypeSetting, use: PageUse, most_pages: int = 0) -> float:
    """Return how bad a setting is for readers and for paper.

    Args:
        most_pages: More than these are too many; 0: no limit.
    """
    is_back_blank = use.pages > 1 and use.pages % 2 == 1
    blank = use.pages + is_back_blank - use.length
    return (
        _SHEET * sheet_count(use.pages)
        + (_ODD + _AVOIDABLE * (blank / (use.pages + 1) < MOST_BLANK_SHARE)) * is_back_blank
        + _BLANK_PAGE * max(0.0, blank) * (use.pages > 1)
        + _LONELY * use.is_end_lonely
        + sum(_HOLE * (1 + 3 * share) for share in use.holes if share > 1 - MIN_FULL_SHARE)
        + _TOO_LONG * (0 < most_pages < use.pages)
        + _POINT * max(0.0, LARGEST_PT - setting.size_pt)
        + _COLUMNS * (setting.frame.columns > 1)
        + _TIGHT * setting.is_tight
        + _SMALLER * (1 - setting.picture)
    )


def best_setting(
    candidates: Sequence[TypeSetting],
    measure: Callable[[TypeSetting], PageUse],
    guess: PageUse,
    most_layouts: int,
    most_pages: int = 0,
) -> TypeSetting:
    """Return the best setting of those laid out.

    Args:
        measure: Lays out a setting.
        guess: How the first candidate fills its pages, about.
    """
    measured: dict[TypeSetting, PageUse] = {}
    costs: dict[TypeSetting, float] = {}
    excess: dict[int, float] = {}  # by columns: drawings that cannot be smaller, and holes that stay
    while len(measured) < min(most_layouts + _MORE_LAYOUTS * _is_faulty(measured, costs), len(candidates)):
        expected = {}
        for setting in candidates:
            if setting not in measured:
                known = min(measured, key=lambda each: _distance(each, setting), default=candidates[0])
                use = scaled_use(measured.get(known, guess), known, setting, excess.get(setting.frame.columns, 0.0))
                if use.drawings or setting.picture == 1:
                    expected[setting] = cost(setting, use, most_pages), use.length
        if not expected:
            break
        wanted = min(expected, key=expected.__getitem__)
        expected_cost, length = expected[wanted]
        if costs and expected_cost > min(costs.values()) - _WORTH_A_LAYOUT:
            break
        measured[wanted] = measure(wanted)
        columns = wanted.frame.columns
        if any(other.frame.columns == columns for other in costs):
            excess[columns] = max(0.0, excess.get(columns, 0.0) + measured[wanted].length - length)
        costs[wanted] = cost(wanted, measured[wanted], most_pages)
    return min(costs, key=costs.__getitem__)


def _is_faulty(measured: Mapping[TypeSetting, PageUse], costs: Mapping[TypeSetting, float]) -> bool:
    """Tell whether even the best setting has faults."""
    return bool(costs) and measured[min(costs, key=costs.__getitem__)].is_faulty


def _distance(setting: TypeSetting, other: TypeSetting) -> tuple[bool, float]:
    return setting.frame.columns != other.frame.columns, abs(setting.letters - other.letters)
