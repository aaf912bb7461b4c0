"""Layout search: lays a variant of the handout out in the type setting that fits it best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Edition
from pipeline.rendering.markup import TITLE, chapter_prefix
from pipeline.rendering.paper_sizes import MM_PER_PT, PAGES_PER_SHEET
from pipeline.rendering.pdf_layout import Layout, insert_boxes
from pipeline.writers import Facts, Job
from pipeline.writers.handout import print_html
from pipeline.writers.handout.excerpt import Excerpt, VariantDoesNotApply, excerpts_of
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.picture_fit import with_fitted_pictures
from pipeline.writers.handout.print_markup import HandoutRenderer
from pipeline.writers.handout.sheet_fit import PageUse, best_setting, cost, guessed_use
from pipeline.writers.handout.variants import (
    STANDARD_VARIANT,
    VARIANTS,
    Options,
    TypeSetting,
    Variant,
    candidate_settings,
)

_MAX_FITTED_ARTICLES = 24
"""With more articles some always end with a nearly empty page, and each setting tried costs a whole layout."""
_MIN_FILLED_SHARE = 0.5
"""A page before the last that is less full is underfull."""
_MAX_STRANDED_LINES = 2.6
"""A last page with at most so many lines is underfull."""
_LINE_HEIGHT_EM = 1.45
_MOST_LAYOUTS = 3
"""Settings laid out to find the best one."""
_MOST_MOVES = 2
"""Layouts to close holes before drawings."""
MAX_LONELY_LINES = 7.0
"""A last page with so many lines of the article is lonely, where another setting can help it."""
_MIN_DRAWING_MM = 62.0
"""Width of the pictures that text does not flow around."""
_HEAD_MM = 24.0
"""Height of the letterhead."""
LayOut = Callable[[TypeSetting], Layout]


class TooLongForPage(VariantDoesNotApply):
    """An article does not fit the pages of a variant."""


@dataclass(frozen=True, slots=True)
class LaidOutVariant:
    layout: Layout
    findings: tuple[Finding, ...]

    @property
    def facts(self) -> Facts:
        internal = (print_html.IMPRINT_ID, print_html.END_ID)
        return Facts(self.layout.pages, {id_: page for id_, page in self.layout.page_of.items() if id_ not in internal})


@dataclass(frozen=True, slots=True)
class UnderfullPage:
    page: int
    is_end: bool
    """It is the last page of an article, with hardly a line; else it is less than half full."""
    is_wasted: bool = True
    """False: the page holds only the contact block, and lines for notes may fill it."""


def lay_out_variant(edition: Edition, job: Job, name: str, substitutions: Substitutions) -> LaidOutVariant:
    """Lay a variant out in the setting that fits it best.

    Raises:
        VariantDoesNotApply: The article lacks what the variant consists of, or is too long for its pages.
    """
    *longer, last = excerpts_of(edition, VARIANTS[name].content)
    for excerpt in longer:
        with suppress(TooLongForPage):
            return _lay_out_excerpt(excerpt, job, name, substitutions)
    return _lay_out_excerpt(last, job, name, substitutions)


@dataclass(frozen=True, slots=True)
class _Layouts:
    """An edition laid out in several settings, each once."""

    edition: Edition
    job: Job
    variant: Variant
    substitutions: Substitutions
    made: dict[TypeSetting, Layout] = field(default_factory=dict)

    def lay(self, setting: TypeSetting) -> Layout:
        if setting not in self.made:
            self.made[setting] = print_html.lay_out_handout(
                self.edition, self.job, self.variant, setting, self.substitutions
            )
        return self.made[setting]

    def starts(self, setting: TypeSetting) -> list[int]:
        """Return the pages on which articles begin."""
        page_of = self.lay(setting).page_of
        _, *others = _distinct_articles(self.edition)
        # The title of the first may have been pushed off page 1.
        return [1, *(page_of[chapter_prefix(self.edition, article) + TITLE] for article in others)]

    def underfull(self, setting: TypeSetting) -> tuple[UnderfullPage, ...]:
        return underfull_pages(self.lay(setting), setting, self.starts(setting), print_html.IMPRINT_ID)

    def measure(self, setting: TypeSetting) -> PageUse:
        return measured_use(self.lay(setting), setting, self.starts(setting))

    @property
    def is_long(self) -> bool:
        return len(self.edition.articles) > _MAX_FITTED_ARTICLES


def _lay_out_excerpt(excerpt: Excerpt, job: Job, name: str, substitutions: Substitutions) -> LaidOutVariant:
    edition, source = excerpt.edition, excerpt.edition.front.source
    variant = replace(VARIANTS[name], most_pages=excerpt.most_pages)
    prefix = "" if name == STANDARD_VARIANT else f"{name}: "
    options = _options(edition, job.options)
    layouts = _Layouts(edition, job, variant, substitutions)
    findings: list[Finding] = []
    if variant.most_pages:
        candidates = candidate_settings(variant, options)
        setting = roomiest_setting(candidates, layouts.lay, variant.most_pages)
        if not setting:
            raise TooLongForPage(_excess_message(layouts.lay(candidates[-1]), candidates[-1], variant.most_pages))
    else:
        setting, excess = _best_setting(layouts, options)
        if excess:
            findings.append(make_finding("handout-too-long", source, 0, f"{prefix}{excess}"))
    layout = layouts.lay(setting)
    findings += _left_out_drawings(edition, job, setting, prefix)
    if variant.content == "whole":
        findings += _underfull_findings(layouts.underfull(setting), source, prefix, has_notes=options.notes)
    if options.notes and not layouts.is_long:
        _insert_writing_lines(layout, edition, job, variant, setting)
    findings += layout_findings(layout, source, prefix)
    return LaidOutVariant(layout, tuple(findings))


def _options(edition: Edition, options: Options) -> Options:
    """Return the options of an edition: a programme is fitted to one sheet, in one column; another book is not."""
    if not edition.is_bound:
        return options
    return (
        replace(options, fit="sheet", columns="never") if edition.front.meta.is_programme else replace(options, fit="")
    )


def _best_setting(layouts: _Layouts, options: Options) -> tuple[TypeSetting, str]:
    """Return the setting in which an article of any length fills its sheets best, and by how much it is too long."""
    edition, variant, excess = layouts.edition, layouts.variant, ""
    candidates = candidate_settings(variant, options)
    if layouts.is_long:
        return candidates[0], ""
    is_book = edition.is_bound and not options.fit and not variant.candidates
    if is_book and layouts.job.options.fit:
        # Whoever saves paper with single articles does so with a book of them.
        candidates = candidates[-3:]
    most_pages = PAGES_PER_SHEET if options.fit and not variant.candidates else 0
    guess = guessed_use(edition, candidates[0])
    most_layouts = _MOST_LAYOUTS - bool(variant.candidates)  # settings of a variant differ less
    setting = best_setting(candidates, layouts.measure, guess, most_layouts, most_pages)
    if most_pages and layouts.lay(setting).pages > most_pages:
        setting = roomiest_setting(candidates, layouts.lay, most_pages) or setting
    if most_pages and layouts.lay(setting).pages > most_pages:
        excess = _excess_message(layouts.lay(candidates[-1]), candidates[-1], most_pages)
    setting = _without_holes(layouts, setting)
    if not is_book and not all(page.is_end for page in layouts.underfull(setting)):
        loose = (replace(each, is_loose=True) for each in dict.fromkeys((candidates[0], setting)))
        setting = min((setting, *loose), key=lambda each: cost(each, layouts.measure(each), most_pages))
    return setting, excess


def _without_holes(layouts: _Layouts, setting: TypeSetting) -> TypeSetting:
    """Return the setting with pictures smaller, or later, or with less leading, where that closes holes."""
    tried = [setting]
    while not layouts.edition.is_bound and len(tried) <= _MOST_MOVES:
        last, use = tried[-1], layouts.measure(tried[-1])
        fitted = with_fitted_pictures(layouts.edition.front, layouts.job, layouts.lay(last), last, use.holes)
        if fitted == last and use.has_holes:
            fitted = replace(last, is_tight=True)  # a heading and two lines may fit then
        if fitted in tried:
            break
        tried.append(fitted)  # one hole may only be closed with another
    return min(tried, key=lambda each: cost(each, layouts.measure(each)))


def _underfull_findings(
    pages: Iterable[UnderfullPage], source: str, prefix: str, *, has_notes: bool
) -> Iterator[Finding]:
    return (_underfull_finding(page, source, prefix) for page in pages if page.is_wasted or not has_notes)


def layout_findings(layout: Layout, source: str, prefix: str) -> Iterator[Finding]:
    return (make_finding("handout-layout", source, 0, f"{prefix}WeasyPrint says: {line}") for line in layout.messages)


def _excess_message(layout: Layout, setting: TypeSetting, pages: int) -> str:
    excess = _length(layout, setting) - pages
    room = "one page" if pages == 1 else "one sheet, printed on both sides"
    return f"at {setting.size_pt:g} pt it is {excess:.1f} pages too long for {room}"


def _insert_writing_lines(layout: Layout, edition: Edition, job: Job, variant: Variant, setting: TypeSetting) -> None:
    """Insert lines for notes below the last article, if there is room."""
    room_mm = setting.frame.paper_mm[1] - setting.frame.bottom_mm - layout.top_mm(print_html.END_ID)
    if room_mm < print_html.MIN_LINES_ROOM_MM:
        return
    lines = print_html.lay_out_writing_lines(edition, job, variant, setting, room_mm)
    # A project's own words or style may need more room than calculated: then there are no lines.
    if lines.pages == 1 and lines.top_mm(print_html.LINES_END_ID) - setting.frame.top_mm <= room_mm:
        insert_boxes(layout, lines, print_html.END_ID, print_html.LINES_ID)


def _left_out_drawings(edition: Edition, job: Job, setting: TypeSetting, prefix: str) -> Iterator[Finding]:
    """Yield a finding for each drawing that cannot be read in this setting, or is printed otherwise to be read."""
    for article in _distinct_articles(edition):
        renderer = HandoutRenderer(article, job, setting, "")
        renderer.article(article)
        for line, message in renderer.unprinted:
            yield make_finding("handout-drawing-left-out", article.source, line, f"{prefix}{message}")
        for line, path in renderer.darkened if not prefix else ():
            message = f"pale letters of {path} are printed darker, so that they can be read without colours"
            yield make_finding("handout-drawing-darkened", article.source, line, message)


def _distinct_articles(edition: Edition) -> tuple[Article, ...]:
    return tuple(dict.fromkeys((edition.front, *edition.articles)))


def _underfull_finding(page: UnderfullPage, source: str, prefix: str) -> Finding:
    code, what = (
        ("handout-lines-lonely", f"page {page.page}, the last of the article, has hardly a line of it")
        if page.is_end
        else ("handout-page-empty", f"page {page.page} is more than half empty: what follows does not fit there")
    )
    return make_finding(code, source, 0, f"{prefix}{what}")


# ---- page fit: no nearly empty pages, and no last page of a line or two


def roomiest_setting(candidates: Sequence[TypeSetting], lay: LayOut, pages: int) -> TypeSetting | None:
    """Return the first setting that needs no more than the given pages, or None; found by bisection."""
    fitting = bisect_left(candidates, 1, key=lambda setting: lay(setting).pages <= pages)
    return candidates[fitting] if fitting < len(candidates) else None


def _length(layout: Layout, setting: TypeSetting) -> float:
    """Return how many pages the articles fill: 2.4 is two and less than half of the third."""
    frame, end = setting.frame, print_html.END_ID
    return layout.page_of[end] - 1 + (layout.top_mm(end) - frame.top_mm) / frame.room_mm


def measured_use(layout: Layout, setting: TypeSetting, starts: Sequence[int]) -> PageUse:
    """Return how a layout fills its pages.

    Args:
        starts: The pages on which articles begin; the page before each may be as empty as it likes.
    """
    frame, end, imprint = setting.frame, print_html.END_ID, print_html.IMPRINT_ID
    last = layout.page_of[end]
    holes = tuple(
        1 - (layout.bottom_mm(page) - frame.top_mm) / frame.room_mm for page in range(1, last) if page + 1 not in starts
    )
    is_apart = layout.page_of[imprint] < last
    imprint_mm = 0.0 if is_apart else layout.top_mm(end) - layout.top_mm(imprint)
    last_lines_mm = 0.0 if is_apart else layout.top_mm(imprint) - frame.top_mm
    lonely_mm = MAX_LONELY_LINES * setting.size_pt * setting.leading * MM_PER_PT / frame.columns
    return PageUse(
        last,
        _length(layout, setting),
        (imprint_mm + _HEAD_MM) / frame.room_mm,
        layout.pictures_mm(_MIN_DRAWING_MM) / frame.room_mm / frame.columns,
        tuple(max(0.0, share) for share in holes),
        is_end_lonely=last > 1 and last not in starts and last_lines_mm <= lonely_mm,
    )


def underfull_pages(layout: Layout, setting: TypeSetting, starts: Sequence[int], end: str) -> tuple[UnderfullPage, ...]:
    """Return the pages that are less than half full, and last pages with hardly a line.

    Args:
        starts: The pages on which articles begin; the page before each may be as empty as it likes.
        end: Id of the element after the last article.
    """
    frame = setting.frame
    lonely_mm = _MAX_STRANDED_LINES * setting.size_pt * _LINE_HEIGHT_EM * MM_PER_PT
    last = layout.page_of[end]
    found: list[UnderfullPage] = []
    for start, after in pairwise((*starts, last + 1)):
        for page in range(start, after):
            filled_mm = (layout.top_mm(end) if page == last else layout.bottom_mm(page)) - frame.top_mm
            is_end = page == after - 1
            if page > start and is_end and filled_mm <= lonely_mm:
                found.append(UnderfullPage(page, is_end=True, is_wasted=page < last or filled_mm > 1))
            elif not is_end and filled_mm < _MIN_FILLED_SHARE * frame.room_mm:
                found.append(UnderfullPage(page, is_end=False))
    return tuple(found)
