"""Layout search: lays a variant of the handout out in the type setting that fits it best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal

from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Edition
from pipeline.rendering.markup import TITLE, chapter_prefix
from pipeline.rendering.paper_sizes import MM_PER_PT, PAGES_PER_SHEET
from pipeline.rendering.pdf_layout import Layout, insert_boxes
from pipeline.writers import Facts, Job
from pipeline.writers.handout import print_html
from pipeline.writers.handout.excerpt import Excerpt, VariantDoesNotApply, excerpts_of
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.print_markup import HandoutRenderer
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


def _lay_out_excerpt(excerpt: Excerpt, job: Job, name: str, substitutions: Substitutions) -> LaidOutVariant:
    edition, source = excerpt.edition, excerpt.edition.front.source
    variant = replace(VARIANTS[name], most_pages=excerpt.most_pages)
    prefix = "" if name == STANDARD_VARIANT else f"{name}: "
    # An edition of several articles is a book: it is not fitted to a sheet.
    options: Options = replace(job.options, fit=_fit(edition, job.options))
    is_long = len(edition.articles) > _MAX_FITTED_ARTICLES
    candidates = candidate_settings(variant, options)[: 1 if is_long else None]
    if edition.is_bound and job.options.fit and not variant.candidates:
        candidates = candidate_settings(variant, job.options)[-2:]

    @cache
    def lay(setting: TypeSetting) -> Layout:
        return print_html.lay_out_handout(edition, job, variant, setting, substitutions)

    def find_underfull(setting: TypeSetting) -> tuple[UnderfullPage, ...]:
        page_of = lay(setting).page_of
        _, *others = _distinct_articles(edition)
        # The title of the first may have been pushed off page 1.
        starts = [1, *(page_of[chapter_prefix(edition, article) + TITLE] for article in others)]
        return underfull_pages(lay(setting), setting, starts, print_html.IMPRINT_ID)

    findings: list[Finding] = []
    pages = _most_pages(variant, options)
    setting = roomiest_setting(candidates, lay, pages) if pages else None
    if pages and not setting:
        message = _excess_message(lay(candidates[-1]), candidates[-1], pages)
        if variant.most_pages:
            raise TooLongForPage(message)
        findings.append(make_finding("handout-too-long", source, 0, f"{prefix}{message}"))
        candidates = candidate_settings(variant, replace(options, fit=""))
    setting = setting or least_wasteful_setting(candidates, lay, find_underfull)
    if not is_long and not all(page.is_end for page in find_underfull(setting)):
        loose = (replace(each, is_loose=True) for each in dict.fromkeys((candidates[0], setting)))
        setting = least_wasteful_setting((setting, *loose), lay, find_underfull)
    layout = lay(setting)
    findings += _left_out_drawings(edition, job, setting, prefix)
    if variant.content == "whole":
        findings += _underfull_findings(find_underfull(setting), source, prefix, has_notes=options.notes)
    if options.notes and not is_long:
        _insert_writing_lines(layout, edition, job, variant, setting)
    findings += layout_findings(layout, source, prefix)
    return LaidOutVariant(layout, tuple(findings))


def _fit(edition: Edition, options: Options) -> Literal["", "sheet"]:
    """Return how an edition is fitted: a programme to one sheet, as it is handed out; another book not at all."""
    if edition.is_bound:
        return "sheet" if edition.front.meta.is_programme else ""
    return options.fit


def _most_pages(variant: Variant, options: Options) -> int:
    """Return how many pages a variant is fitted to; 0: as many as it needs."""
    return PAGES_PER_SHEET if options.fit and not variant.candidates else variant.most_pages


def _underfull_findings(
    pages: Iterable[UnderfullPage], source: str, prefix: str, *, has_notes: bool
) -> Iterator[Finding]:
    return (_underfull_finding(page, source, prefix) for page in pages if page.is_wasted or not has_notes)


def layout_findings(layout: Layout, source: str, prefix: str) -> Iterator[Finding]:
    return (make_finding("handout-layout", source, 0, f"{prefix}WeasyPrint says: {line}") for line in layout.messages)


def _excess_message(layout: Layout, setting: TypeSetting, pages: int) -> str:
    frame, end = setting.frame, print_html.END_ID
    room_mm = frame.paper_mm[1] - frame.top_mm - frame.bottom_mm
    excess = layout.page_of[end] - 1 + (layout.top_mm(end) - frame.top_mm) / room_mm - pages
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
