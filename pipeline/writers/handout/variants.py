"""The options of the handout, and its variants: page geometry, type settings, excerpt and page limit of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.config import FILE_NAME, SeeDoctor
from pipeline.errors import ConfigError
from pipeline.model import Edition, Picture, images
from pipeline.rendering.imposition import DocumentInfo, impose_booklet, impose_two_up
from pipeline.validation.pdf_metadata import Standard
from pipeline.writers import Need

MEDIUM = "print"
MM_PER_INCH = 25.4
_PRINT_DPI = 200
ExcerptKind = Literal["whole", "short", "card"]
VariantName = Literal["standard", "large-print", "a5", "short", "exercise-card", "letter", "booklet", "cards-2up"]


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[handout]`."""

    variants: tuple[VariantName, ...] = ("standard",)
    """Variants made of each article; `--variant` overrides it."""
    paper: Literal["A4", "letter"] = "A4"
    """Of the standard variant."""
    font_size_pt: float = 12.0
    """Size of all text, footer and captions included; 12 is the minimum for clear print."""
    fit: Literal["", "sheet"] = ""
    """`sheet`: a size between this one and 14 pt, and spacing, so that both sides of one sheet are filled."""
    hyphenate: bool = False
    """Off by default: Danish patterns break compounds wrongly, `bækkenbund-stræning`."""
    qr_code: bool = True
    """Print a QR code of the article's web address."""
    notes: bool = True
    """Print lines for "Mine noter" where the last page has room."""
    standard: Standard = "ua-1"
    """`ua-1`: PDF/UA-1 and PDF/A-2a, which today's readers and archives support. `ua-2`: PDF/UA-2 and PDF/A-4."""
    allow_nonconforming: bool = False
    """Publish files that violate the standard: without its claims, and with a warning for each rule."""
    see_doctor: SeeDoctor = ()
    """The former name of `[publisher] see_doctor`, which counts for every format."""

    leave_out: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    """Beginnings of headings whose sections are left out on paper, which says that they are on the web.

    A list for all articles, or lists by `kind:`, `{exercise = ["Muskler"], all = ["Ofte stillede spørgsmål"]}`.
    """

    def left_out_of(self, kind: str) -> tuple[str, ...]:
        """Return the beginnings of headings whose sections are left out of articles of a kind."""
        if isinstance(self.leave_out, Mapping):
            return (*self.leave_out.get("all", ()), *self.leave_out.get(kind, ()))
        return self.leave_out

    def __post_init__(self) -> None:
        """Validate the options.

        Raises:
            ConfigError: The size is outside 12 to 24 pt, or no variant is named.
        """
        if not 12 <= self.font_size_pt <= 24:
            raise ConfigError(
                f"[handout] font_size_pt is {self.font_size_pt:g}, expected 12 to 24",
                source=FILE_NAME,
                hint="12 pt is the least that clear print allows; 16 to 18 is large print",
            )
        if not self.variants:
            raise ConfigError("[handout] variants is empty, expected at least one", source=FILE_NAME)


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """Paper size, margins and columns of a page."""

    paper_mm: tuple[float, float]
    column_mm: float
    """Width of the text."""
    side_mm: float
    """Width of photographs: in the margin beside the text, or in the column where there is no margin."""
    left_mm: float
    top_mm: float
    bottom_mm: float
    gap_mm: float = 0.0
    """Between the text and the margin for photographs and QR code; 0: there is no such margin."""
    columns: int = 1
    gutter_mm: float = 0.0

    @property
    def has_margin(self) -> bool:
        return self.gap_mm > 0

    @property
    def margin_with_gap_mm(self) -> float:
        return self.gap_mm + self.side_mm if self.has_margin else 0.0

    @property
    def full_mm(self) -> float:
        """A column of text with the margin beside it."""
        return self.column_mm + self.margin_with_gap_mm

    @property
    def title_mm(self) -> float:
        """Width for a title; in two columns a picture is beside it."""
        return self.column_mm if self.columns == 1 else self.width_mm - self.side_mm - self.gutter_mm

    @property
    def width_mm(self) -> float:
        """Width of the type area."""
        return self.full_mm + (self.columns - 1) * (self.column_mm + self.gutter_mm)

    @property
    def right_mm(self) -> float:
        return round(self.paper_mm[0] - self.left_mm - self.width_mm, 2)

    @property
    def max_picture_height_mm(self) -> float:
        """So that caption and heading fit on the same page."""
        return min(150.0, round(self.paper_mm[1] * 0.52, 1))


_A4, _LETTER, _A5 = (210.0, 297.0), (215.9, 279.4), (148.0, 210.0)
# 125 mm hold 60 to 75 letters of 12 pt; photographs are in the margin.
_SHEET = PageGeometry(_A4, 125.0, 44.0, 20.0, 16.0, 24.0, 6.0)
_LETTER_SHEET = PageGeometry(_LETTER, 125.0, 44.0, 22.0, 16.0, 24.0, 6.0)
# 138 mm hold at most 55 letters of 18 pt: photographs in a margin would be too small.
_LARGE_SHEET = PageGeometry(_A4, 138.0, 100.0, 32.0, 16.0, 30.0)
_LEAFLET = PageGeometry(_A5, 118.0, 66.0, 15.0, 12.0, 19.0)
# A card has no footer; 8 mm are more than what printers leave free.
_CARD = PageGeometry(_A5, 132.0, 76.0, 8.0, 8.0, 8.0)
# Two columns hold a third more words than one with a margin; 84.5 mm hold 46 letters of 12 pt.
_FULL_SHEET = PageGeometry(_A4, 84.5, 46.0, 18.0, 14.0, 22.0, columns=2, gutter_mm=6.0)
_FULL_LETTER = PageGeometry(_LETTER, 84.5, 46.0, 20.0, 14.0, 22.0, columns=2, gutter_mm=6.0)


@dataclass(frozen=True, slots=True)
class TypeSetting:
    """Type size and spacing on a page geometry."""

    frame: PageGeometry
    size_pt: float
    is_tight: bool = False
    picture: float = 1.0
    """Factor for the width of drawings in the column: text of 10 pt is still 7 pt at 0.7."""
    is_loose: bool = False
    """Rows, boxes and lists may break across pages; else a page would be nearly empty."""


def _setting_candidates(frame: PageGeometry, *sizes_pt: float) -> tuple[TypeSetting, ...]:
    """Return smaller and smaller type, then tight spacing, then smaller drawings."""
    return (
        *(TypeSetting(frame, size) for size in sizes_pt),
        *(TypeSetting(frame, sizes_pt[-1], is_tight=True, picture=width) for width in (1.0, 0.86, 0.72)),
    )


@dataclass(frozen=True, slots=True)
class Variant:
    candidates: tuple[TypeSetting, ...] = ()
    """Settings to try, from roomy to tight; each needs no more pages than the one before.

    Empty: derived from paper, type size and `fit` of `[handout]`.
    """
    paper: str = ""
    """Without candidates; empty: `[handout] paper`."""
    content: ExcerptKind = "whole"
    most_pages: int = 0
    """0: no limit."""
    label: str = "handout_label"
    """Key of the word at the top of the page."""
    title_em: float = 2.15
    """Largest size of the title, by the type size; smaller where its longest word does not fit."""

    @property
    def is_brief(self) -> bool:
        return self.content == "short"


# The picture is the exercise: its width goes from 76 mm to 45 mm, and the type from 14 pt to 12 pt.
_CARD_SETTINGS = (
    TypeSetting(_CARD, 14.0, picture=1.0),
    TypeSetting(_CARD, 13.0, picture=1.0),
    TypeSetting(_CARD, 13.0, picture=0.93),
    TypeSetting(_CARD, 12.5, picture=0.87),
    TypeSetting(_CARD, 12.0, picture=0.87),
    TypeSetting(_CARD, 12.0, is_tight=True, picture=0.87),
    TypeSetting(_CARD, 12.0, is_tight=True, picture=0.79),
    TypeSetting(_CARD, 12.0, is_tight=True, picture=0.72),
    TypeSetting(_CARD, 12.0, is_tight=True, picture=0.65),
    TypeSetting(_CARD, 12.0, is_tight=True, picture=0.6),
)
STANDARD_VARIANT = "standard"
VARIANTS: Mapping[str, Variant] = {
    STANDARD_VARIANT: Variant(),
    "letter": Variant(paper="letter"),
    "large-print": Variant(_setting_candidates(_LARGE_SHEET, 18.0), title_em=1.6),
    "a5": Variant(_setting_candidates(_LEAFLET, 12.0), title_em=1.8),
    "short": Variant(_setting_candidates(_SHEET, 15.0, 14.0, 13.0, 12.0), "", "short", 1, "handout_label_short", 1.8),
    "exercise-card": Variant(_CARD_SETTINGS, "", "card", 0, "handout_label_exercise_card", 2.0),
}
_MAX_FIT_PT = 14.0
"""`fit` enlarges the type up to here; above it is large print, a variant of its own."""
_SIZE_STEP_PT = 0.5
_GEOMETRIES: Mapping[str, tuple[PageGeometry, PageGeometry]] = {
    "A4": (_SHEET, _FULL_SHEET),
    "letter": (_LETTER_SHEET, _FULL_LETTER),
}


def candidate_settings(variant: Variant, options: Options) -> tuple[TypeSetting, ...]:
    """Return the settings to try for a variant, from roomy to tight."""
    sheet, full_sheet = _GEOMETRIES[variant.paper or options.paper]
    least = options.font_size_pt
    if variant.candidates:
        return variant.candidates
    if not options.fit:
        return _setting_candidates(sheet, least)
    steps = range(1, int((_MAX_FIT_PT - least) / _SIZE_STEP_PT) + 1)
    larger = [least + _SIZE_STEP_PT * step for step in steps]
    closest = (TypeSetting(full_sheet, least), TypeSetting(full_sheet, least, is_tight=True))
    return (*_setting_candidates(sheet, *reversed(larger), least), *closest)


@dataclass(frozen=True, slots=True)
class ImposedVariant:
    """A variant made by imposing the pages of another; it claims no standard."""

    of: str
    """Name of the other variant."""
    note: str
    """Key of the word for the intended audience."""
    impose: Callable[[bytes, DocumentInfo, Sequence[int]], bytes]
    """Takes the pages on which cards begin too."""


IMPOSED_VARIANTS: Mapping[str, ImposedVariant] = {
    "booklet": ImposedVariant("a5", "booklet_note", lambda pdf, info, _: impose_booklet(pdf, info)),
    "cards-2up": ImposedVariant("exercise-card", "cards_note", impose_two_up),
}


def variants_to_draw(names: Iterable[str]) -> tuple[str, ...]:
    """Return the variants to draw for these: themselves, or those they are imposed from."""
    return tuple(dict.fromkeys(IMPOSED_VARIANTS[name].of if name in IMPOSED_VARIANTS else name for name in names))


def print_need(picture: Picture, width_mm: float) -> Need:
    return Need(picture, round(width_mm / MM_PER_INCH * _PRINT_DPI), is_for_paper=True)


def print_needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return the pictures at 200 dpi for the widths they are printed at."""
    articles = dict.fromkeys((edition.front, *edition.articles))
    pictures = dict.fromkeys(image.picture for article in articles for image in images(article))
    names = dict.fromkeys((STANDARD_VARIANT, *variants_to_draw(options.variants)))
    frames = dict.fromkeys(setting.frame for name in names for setting in candidate_settings(VARIANTS[name], options))
    widths_mm = dict.fromkeys(width for frame in frames for width in (frame.column_mm, frame.side_mm))
    return tuple(print_need(picture, width_mm) for picture in pictures for width_mm in widths_mm)
