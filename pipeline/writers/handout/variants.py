"""The variants of the handout: page geometry, type settings, excerpt and page limit of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.rendering.imposition import DocumentInfo, impose_booklet
from pipeline.writers.handout.options import Options

ExcerptKind = Literal["whole", "short", "card"]


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """Where things stand on a paper."""

    paper: str
    """As printers call it."""
    paper_mm: tuple[float, float]
    column_mm: float
    """The text."""
    side_mm: float
    """Photographs: in the margin beside the text where there is one, else in the column."""
    left_mm: float
    top_mm: float
    bottom_mm: float
    gap_mm: float = 0.0
    """Between the text and the margin that carries photographs and the QR code; 0: there is no such margin."""
    columns: int = 1
    gutter_mm: float = 0.0
    """Between two columns of text."""

    @property
    def has_margin(self) -> bool:
        return self.gap_mm > 0

    @property
    def margin_with_gap_mm(self) -> float:
        """What stands right of the text, with the gap before it."""
        return self.gap_mm + self.side_mm if self.has_margin else 0.0

    @property
    def full_mm(self) -> float:
        """A column of text and the margin beside it."""
        return self.column_mm + self.margin_with_gap_mm

    @property
    def title_mm(self) -> float:
        """What a title has, with a picture beside it."""
        return self.column_mm if self.columns == 1 else self.width_mm - self.side_mm - self.gutter_mm

    @property
    def width_mm(self) -> float:
        """All that is printed."""
        return self.full_mm + (self.columns - 1) * (self.column_mm + self.gutter_mm)

    @property
    def right_mm(self) -> float:
        """What is left of the paper right of all that is printed."""
        return round(self.paper_mm[0] - self.left_mm - self.width_mm, 2)

    @property
    def max_picture_height_mm(self) -> float:
        """The height of a picture: its caption and the heading above it must find room on the same page."""
        return min(150.0, round(self.paper_mm[1] * 0.52, 1))


_A4, _LETTER, _A5 = (210.0, 297.0), (215.9, 279.4), (148.0, 210.0)
# 125 mm hold 60 to 75 letters of 12 pt; the margin beside them carries photographs.
_SHEET = PageGeometry("A4", _A4, 125.0, 44.0, 20.0, 16.0, 24.0, 6.0)
_LETTER_SHEET = PageGeometry("letter", _LETTER, 125.0, 44.0, 22.0, 16.0, 24.0, 6.0)
# 138 mm hold at most 55 letters of 18 pt: a margin beside them would leave photographs too small for tired eyes.
_LARGE_SHEET = PageGeometry("A4", _A4, 138.0, 100.0, 32.0, 16.0, 30.0)
_LEAFLET = PageGeometry("A5", _A5, 118.0, 66.0, 15.0, 12.0, 19.0)
# A card has no footer: it is one page, and the clinic stands on it already.
_SMALL_CARD = PageGeometry("A5", _A5, 122.0, 84.0, 13.0, 11.0, 12.0)
_LARGE_CARD = PageGeometry("A4", _A4, 146.0, 100.0, 32.0, 14.0, 14.0)
# Two columns hold a third more words than one with a margin; 84.5 mm are 46 letters of 12 pt.
_FULL_SHEET = PageGeometry("A4", _A4, 84.5, 46.0, 18.0, 14.0, 22.0, columns=2, gutter_mm=6.0)
_FULL_LETTER = PageGeometry("letter", _LETTER, 84.5, 46.0, 20.0, 14.0, 22.0, columns=2, gutter_mm=6.0)


@dataclass(frozen=True, slots=True)
class TypeSetting:
    """How close an article is set on a paper."""

    frame: PageGeometry
    size_pt: float
    """Of the type."""
    is_tight: bool = False
    """With less air between lines and paragraphs."""
    picture: float = 1.0
    """How wide pictures in the column are, by the width they might have.

    Lettering of 10 pt in a drawing as wide as the column is still 7 pt at 0.7.
    """


def _setting_candidates(frame: PageGeometry, *sizes_pt: float) -> tuple[TypeSetting, ...]:
    """Return smaller and smaller type, then less air, then smaller drawings."""
    return (
        *(TypeSetting(frame, size) for size in sizes_pt),
        *(TypeSetting(frame, sizes_pt[-1], is_tight=True, picture=width) for width in (1.0, 0.86, 0.72)),
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to print an article."""

    candidates: tuple[TypeSetting, ...] = ()
    """The settings it may be printed in, the roomiest first; each needs no more pages than the one before.

    Empty: the paper and the size of the type are those of `[handout]`, or what its `fit` finds.
    """
    paper: str = ""
    """Of one without a ladder; empty: `[handout] paper`."""
    content: ExcerptKind = "whole"
    most_pages: int = 0
    """0: as many as it takes."""
    label: str = "handout_label"
    """The word at its head."""
    title_em: float = 2.15
    """Of the title, by the size of the type; smaller where its longest word needs it."""


# A laminated card hangs on a wall: large type matters more than a large drawing.
_CARD_SETTINGS = (
    TypeSetting(_SMALL_CARD, 14.0, picture=0.86),
    TypeSetting(_SMALL_CARD, 13.0, picture=0.72),
    TypeSetting(_SMALL_CARD, 12.0, picture=0.6),
    TypeSetting(_SMALL_CARD, 12.0, is_tight=True, picture=0.6),
    TypeSetting(_LARGE_CARD, 16.0, picture=0.86),
    TypeSetting(_LARGE_CARD, 15.0, picture=0.72),
    TypeSetting(_LARGE_CARD, 14.0, picture=0.6),
    TypeSetting(_LARGE_CARD, 14.0, is_tight=True, picture=0.6),
    TypeSetting(_LARGE_CARD, 13.0, is_tight=True, picture=0.5),
    TypeSetting(_LARGE_CARD, 12.0, is_tight=True, picture=0.5),
)
STANDARD_VARIANT = "standard"
VARIANTS: Mapping[str, Variant] = {
    STANDARD_VARIANT: Variant(),
    "letter": Variant(paper="letter"),
    "large-print": Variant(_setting_candidates(_LARGE_SHEET, 18.0), title_em=1.6),
    "a5": Variant(_setting_candidates(_LEAFLET, 12.0), title_em=1.8),
    "short": Variant(_setting_candidates(_SHEET, 15.0, 14.0, 13.0, 12.0), "", "short", 1, "handout_label_short", 1.8),
    "exercise-card": Variant(_CARD_SETTINGS, "", "card", 1, "handout_label_exercise_card", 1.8),
}
_MAX_FIT_PT = 14.0
"""`fit` enlarges the type up to here: beyond it a handout is large print, which is a variant of its own."""
_STEP_PT = 0.5
_PAGES_PER_SHEET_BOTH_SIDES = 2
"""Of one sheet."""
_GEOMETRIES: Mapping[str, tuple[PageGeometry, PageGeometry]] = {
    "A4": (_SHEET, _FULL_SHEET),
    "letter": (_LETTER_SHEET, _FULL_LETTER),
}


def candidate_settings(variant: Variant, options: Options) -> tuple[TypeSetting, ...]:
    """Return the settings that a variant may be printed in, the roomiest first."""
    sheet, full_sheet = _GEOMETRIES[variant.paper or options.paper]
    least = options.font_size_pt
    if variant.candidates:
        return variant.candidates
    if not options.fit:
        return _setting_candidates(sheet, least)
    larger = [least + _STEP_PT * step for step in range(1, int((_MAX_FIT_PT - least) / _STEP_PT) + 1)]
    closest = (TypeSetting(full_sheet, least), TypeSetting(full_sheet, least, is_tight=True))
    return (*_setting_candidates(sheet, *reversed(larger), least), *closest)


def max_pages(variant: Variant, options: Options) -> int:
    """Return how many pages a variant may fill; 0 for any number."""
    return _PAGES_PER_SHEET_BOTH_SIDES if options.fit and not variant.candidates else variant.most_pages


@dataclass(frozen=True, slots=True)
class ImposedVariant:
    """A variant whose pages are another's, arranged anew for the copier; it keeps no standard."""

    of: str
    """The variant that its pages are taken from."""
    note: str
    """The word that says whom it is for."""
    impose: Callable[[bytes, DocumentInfo], bytes]


IMPOSED_VARIANTS: Mapping[str, ImposedVariant] = {"booklet": ImposedVariant("a5", "booklet_note", impose_booklet)}


def variants_to_draw(names: Iterable[str]) -> tuple[str, ...]:
    """Return the variants that must be drawn for these: themselves, or those that they are imposed from."""
    return tuple(dict.fromkeys(IMPOSED_VARIANTS[name].of if name in IMPOSED_VARIANTS else name for name in names))
