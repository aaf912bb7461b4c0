"""The options of the handout, and its variants: page geometry, type settings, excerpt and page limit of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.config import FILE_NAME, SeeDoctor
from pipeline.errors import ConfigError
from pipeline.model import Edition, Picture, images
from pipeline.rendering.imposition import DocumentInfo, impose_booklet, impose_cards
from pipeline.rendering.paper_sizes import PAGES_PER_SHEET
from pipeline.validation.pdf_metadata import Standard
from pipeline.writers import Need

MEDIUM = "print"
MM_PER_INCH = 25.4
_PRINT_DPI = 200
ExcerptKind = Literal["whole", "short", "card"]
VariantName = Literal[
    "standard", "large-print", "a5", "short", "exercise-card", "exercise-card-a6", "letter", "booklet", "cards-2up",
    "cards-4up",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[handout]`."""

    variants: tuple[VariantName, ...] = ("standard",)
    """Variants made of each article; `--variant` overrides it."""
    paper: Literal["A4", "letter"] = "A4"
    """Of the standard variant."""
    font_size_pt: float = 12.0
    """Least size of the text: up to 14 pt are taken where the sheets have room. 12 is the minimum for clear print."""
    fit: Literal["", "sheet"] = ""
    """`sheet`: as large as both sides of one sheet allow, and a warning where they do not suffice."""
    columns: Literal["auto", "never"] = "auto"
    """`auto`: two columns where they save a sheet. `never`: always one, which is easier for unpractised readers."""
    hyphenate: bool = False
    """Off by default: Danish patterns break compounds wrongly, `bækkenbund-stræning`."""
    qr_code: bool = True
    """Print a QR code of the article's web address."""
    notes: bool = True
    """Print lines for questions where the last page has room, six at most."""
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
    wide_mm: float
    """Width of title, boxes and tables."""
    side_mm: float
    """Width of pictures that show how to do something: beside the text, or in the column where no text is beside it."""
    mood_mm: float
    """Width of other photographs."""
    left_mm: float
    top_mm: float
    bottom_mm: float
    gap_mm: float = 0.0
    """Between the text and a photograph beside it; 0: photographs stand in the column."""
    columns: int = 1
    gutter_mm: float = 0.0
    drawing_mm: float = 0.0
    """Width of the drawings that are ordered: those of all geometries of a paper are the same files."""
    photo_mm: float = 0.0

    @property
    def has_margin(self) -> bool:
        return self.gap_mm > 0

    @property
    def beside_mm(self) -> float:
        """How far boxes, tables and photographs reach beyond the text."""
        return self.wide_mm - self.column_mm if self.columns == 1 else 0.0

    @property
    def full_mm(self) -> float:
        """Width of the type area."""
        return self.wide_mm

    @property
    def width_mm(self) -> float:
        return self.wide_mm

    @property
    def right_mm(self) -> float:
        return round(self.paper_mm[0] - self.left_mm - self.wide_mm, 2)

    @property
    def room_mm(self) -> float:
        """Height of the type area."""
        return self.paper_mm[1] - self.top_mm - self.bottom_mm

    @property
    def box_mm(self) -> float:
        """Width of a box: in two columns it stays in its own."""
        return self.wide_mm if self.columns == 1 else self.column_mm

    @property
    def plain_drawing_mm(self) -> float:
        """Width of a drawing without words, which is legible before it is as wide as the text."""
        return 100.0 if self.has_margin else self.column_mm

    @property
    def max_photo_height_mm(self) -> float:
        """So that the text it belongs to fits on the same page."""
        return round(self.paper_mm[1] * (0.25 if self.has_margin or self.columns > 1 else 0.36), 1)

    @property
    def max_picture_height_mm(self) -> float:
        """So that caption and heading fit on the same page."""
        return min(150.0, round(self.paper_mm[1] * 0.52, 1))


_A4, _LETTER, _A5, _A6 = (210.0, 297.0), (215.9, 279.4), (148.0, 210.0), (105.0, 148.0)


def _sheet(paper_mm: tuple[float, float], size_pt: float, columns: int = 1) -> PageGeometry:
    """Return the geometry for a type size: 143 mm hold 71 letters of 13 pt; two columns a third more words."""
    left_mm = (paper_mm[0] - 175.0) / 2
    sheet = PageGeometry(paper_mm, 84.5, 175.0, 84.5, 44.0, left_mm, 13.0, 17.0, 0.0, 2, 6.0, 151.0, 84.5)
    if columns > 1:
        return sheet
    column_mm = max(143.0, round(10.8 * size_pt))
    return replace(
        sheet, column_mm=column_mm, side_mm=61.0, top_mm=15.0, bottom_mm=22.0, gap_mm=5.0, columns=1, gutter_mm=0.0
    )


# 138 mm hold at most 55 letters of 18 pt: there is no room beside photographs.
_LARGE_SHEET = PageGeometry(_A4, 138.0, 175.0, 138.0, 100.0, 17.5, 16.0, 26.0, drawing_mm=138.0, photo_mm=138.0)
_LEAFLET = PageGeometry(_A5, 118.0, 118.0, 118.0, 66.0, 15.0, 12.0, 17.0, drawing_mm=118.0, photo_mm=118.0)
# A card has no footer; 8 mm are more than what printers leave free.
_CARD = PageGeometry(_A5, 132.0, 132.0, 76.0, 76.0, 8.0, 8.0, 8.0, drawing_mm=132.0, photo_mm=76.0)
# On A6, 42 mm of picture leave 45 mm for the dose.
_SMALL_CARD = PageGeometry(_A6, 92.0, 92.0, 42.0, 42.0, 6.5, 6.0, 6.0, drawing_mm=92.0, photo_mm=92.0)


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
    moved: tuple[tuple[str, int, int], ...] = ()
    """Drawings that stand later, at the head of the next page: source and line of each, and how many blocks later."""
    shrunk: tuple[tuple[str, int, float], ...] = ()
    """Pictures that are printed smaller, so that they fit their page: source, line, and share of the width."""
    pointed: frozenset[str] | None = None
    """Ids of the boxes of help that the band on the first page leads to; None: of those that are probably overleaf."""

    @property
    def leading(self) -> float:
        return 1.36 if self.is_tight else 1.45

    @property
    def letters(self) -> float:
        """Return a measure of how many letters a page holds; headings in two columns are smaller."""
        frame = self.frame
        width_mm = frame.column_mm if frame.columns == 1 else frame.column_mm * frame.columns * 1.09
        return width_mm * frame.room_mm / (self.size_pt**2 * self.leading)


def _with_smaller_drawings(settings: Sequence[TypeSetting]) -> tuple[TypeSetting, ...]:
    """Return settings from roomy to tight, each followed by itself with smaller drawings."""
    ordered = sorted(settings, key=lambda setting: setting.letters)
    return tuple(replace(setting, picture=width) for setting in ordered for width in (1.0, 0.85, 0.7))


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
    """0: no limit; of cards, for each of them."""
    label: str = "handout_label"
    """Key of the word at the top of the page."""
    title_pt: float = 30.0
    """Largest size of the title; smaller where its longest word does not fit."""

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
_SMALL_CARD_SETTINGS = (
    TypeSetting(_SMALL_CARD, 12.0),
    TypeSetting(_SMALL_CARD, 12.0, is_tight=True),
    TypeSetting(_SMALL_CARD, 12.0, is_tight=True, picture=0.86),
    TypeSetting(_SMALL_CARD, 11.5, is_tight=True, picture=0.86),
    TypeSetting(_SMALL_CARD, 11.0, is_tight=True, picture=0.86),
    TypeSetting(_SMALL_CARD, 11.0, is_tight=True, picture=0.76),
    TypeSetting(_SMALL_CARD, 11.0, is_tight=True, picture=0.67),
)
_LARGE_SETTINGS = _with_smaller_drawings(
    (TypeSetting(_LARGE_SHEET, 18.0), TypeSetting(_LARGE_SHEET, 18.0, is_tight=True))
)
_LEAFLET_SETTINGS = _with_smaller_drawings(
    (*(TypeSetting(_LEAFLET, size) for size in (13.0, 12.5, 12.0)), TypeSetting(_LEAFLET, 12.0, is_tight=True))
)
_SHORT_SETTINGS = (
    *(TypeSetting(_sheet(_A4, size), size) for size in (15.0, 14.0, 13.0, 12.0)),
    *(TypeSetting(_sheet(_A4, 12.0), 12.0, is_tight=True, picture=width) for width in (1.0, 0.86, 0.72)),
)
STANDARD_VARIANT = "standard"
VARIANTS: Mapping[str, Variant] = {
    STANDARD_VARIANT: Variant(),
    "letter": Variant(paper="letter"),
    "large-print": Variant(_LARGE_SETTINGS, title_pt=30.0),
    "a5": Variant(_LEAFLET_SETTINGS, title_pt=22.0),
    "short": Variant(_SHORT_SETTINGS, "", "short", 1, "handout_label_short"),
    "exercise-card": Variant(_CARD_SETTINGS, "", "card", 0, "handout_label_exercise_card", 24.0),
    "exercise-card-a6": Variant(
        _SMALL_CARD_SETTINGS, "", "card", PAGES_PER_SHEET, "handout_label_exercise_card", title_pt=17.0
    ),
}
LARGEST_PT = 14.0
"""Above it is large print, a variant of its own."""
_SIZE_STEP_PT = 0.5
_MAX_COLUMNS_PT = 13.0
"""Two columns hold at least 42 letters a line up to here."""
_PAPERS: Mapping[str, tuple[float, float]] = {"A4": _A4, "letter": _LETTER}


def candidate_settings(variant: Variant, options: Options) -> tuple[TypeSetting, ...]:
    """Return the settings to try for a variant, from roomy to tight."""
    if variant.candidates:
        return variant.candidates
    paper_mm, least = _PAPERS[variant.paper or options.paper], options.font_size_pt
    steps = range(int((max(LARGEST_PT, least) - least) / _SIZE_STEP_PT), -1, -1)
    sizes = [least + _SIZE_STEP_PT * step for step in steps]
    one = [TypeSetting(_sheet(paper_mm, size), size) for size in sizes]
    if options.columns == "never":
        return _with_smaller_drawings((*one, replace(one[-1], is_tight=True)))
    two = [TypeSetting(_sheet(paper_mm, size, 2), size) for size in sizes if size <= max(_MAX_COLUMNS_PT, least)]
    # Lines of 76 letters are hard to read: two columns hold as many words.
    return _with_smaller_drawings((*(one[:-1] or one), *two, replace(two[-1], is_tight=True)))


@dataclass(frozen=True, slots=True)
class ImposedVariant:
    """A variant made by imposing the pages of another; it claims no standard."""

    of: str
    """Name of the other variant."""
    note: str
    """Key of the word for the intended audience."""
    impose: Callable[[bytes, DocumentInfo, Sequence[int], bytes], bytes]
    """Takes the pages on which cards begin, and the back cover, too."""
    has_back_cover: bool = False


IMPOSED_VARIANTS: Mapping[str, ImposedVariant] = {
    "booklet": ImposedVariant(
        "a5", "booklet_note", lambda pdf, info, _, back: impose_booklet(pdf, info, back), has_back_cover=True
    ),
    "cards-2up": ImposedVariant(
        "exercise-card", "cards_note", lambda pdf, info, starts, _: impose_cards(pdf, info, starts, rows=1)
    ),
    "cards-4up": ImposedVariant(
        "exercise-card-a6", "small_cards_note", lambda pdf, info, starts, _: impose_cards(pdf, info, starts, rows=2)
    ),
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
    widths_mm = dict.fromkeys(width for frame in frames for width in (frame.drawing_mm, frame.photo_mm))
    return tuple(print_need(picture, width_mm) for picture in pictures for width_mm in widths_mm)
