"""One variant of the handout, from the article to pages: the setting that fits it best."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Edition, Figure, walk
from pipeline.registry import note_rule, warning_rule
from pipeline.rendering.markup import TITLE, chapter_prefix
from pipeline.rendering.pdf_layout import Layout, insert_boxes, lay_out
from pipeline.writers import Facts, Job
from pipeline.writers.handout import print_html
from pipeline.writers.handout.excerpt import VariantDoesNotApply, excerpts_of
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.options import Options
from pipeline.writers.handout.page_fit import (
    UnderfullPage,
    excess_pages,
    least_wasteful_setting,
    roomiest_setting,
    underfull_pages,
)
from pipeline.writers.handout.print_markup import MIN_LETTERING_PT, print_need, printed_lettering_pt, top_level_blocks
from pipeline.writers.handout.variants import STANDARD_VARIANT, VARIANTS, TypeSetting, candidate_settings, max_pages

_MAX_FITTED_ARTICLES = 24
"""Of more articles some always end on a lonely line: each setting tried would cost a whole layout, and mend little."""
_READABLE_LETTERING_PT = 0.9 * MIN_LETTERING_PT
"""The size of lettering is measured to about a tenth."""


class TooLongForPage(VariantDoesNotApply):
    """An article does not fit the page of a variant that has only one."""


@dataclass(frozen=True, slots=True)
class LaidOutVariant:
    """A variant laid out on its pages, not drawn yet."""

    layout: Layout
    findings: tuple[Finding, ...]

    @property
    def facts(self) -> Facts:
        own = (print_html.IMPRINT_ID, print_html.END_ID)
        page_of = {name: page for name, page in self.layout.page_of.items() if name not in own}
        return Facts(self.layout.pages, page_of)


def lay_out_variant(whole: Edition, job: Job, name: str, signs: Substitutions) -> LaidOutVariant:
    """Lay a variant out in the setting that fits it best.

    Raises:
        DoesNotApply: The article lacks what the variant is made of, or is too long for its one page.
    """
    forms = excerpts_of(whole, VARIANTS[name].content)
    for form in forms[:-1]:
        with suppress(TooLongForPage):
            return _lay_out_excerpt(form, job, name, signs)
    return _lay_out_excerpt(forms[-1], job, name, signs)


@warning_rule(
    "handout-too-long",
    'An article does not fit both sides of one sheet, as `fit = "sheet"` asks.',
    "An article of 1,500 words",
    "Shorten it by what the message says, or take the variant `short`.",
)
@warning_rule(
    "handout-layout",
    "The printing library had something to say of the style or the article.",
    "A property in `handout.css` that it does not know",
    "Read the message; it mostly names the rule of the style sheet.",
)
def _lay_out_excerpt(edition: Edition, job: Job, name: str, signs: Substitutions) -> LaidOutVariant:
    variant, source = VARIANTS[name], edition.front.source
    # Several articles are a book: no sheet holds them.
    options: Options = replace(job.options, fit="") if edition.is_bound else job.options
    ladder = candidate_settings(variant, options)
    is_long = len(edition.articles) > _MAX_FITTED_ARTICLES
    if is_long:
        ladder = ladder[:1]

    @cache
    def lay(setting: TypeSetting) -> Layout:
        made = print_html.build_print_document(edition, job, variant, setting, signs)
        return lay_out(made.html, made.css, made.resources)

    def judge(setting: TypeSetting) -> tuple[UnderfullPage, ...]:
        layout = lay(setting)
        page_of = layout.page_of
        starts = [page_of[chapter_prefix(edition, article) + TITLE] for article in _distinct_articles(edition)]
        return underfull_pages(layout, setting, starts, print_html.IMPRINT_ID)

    findings: list[Finding] = []
    pages = max_pages(variant, options)
    setting = roomiest_setting(ladder, lay, pages) if pages else None
    if pages and not setting:
        over = excess_pages(lay(ladder[-1]), ladder[-1].frame, pages, print_html.END_ID)
        message = f"at {ladder[-1].size_pt:g} pt it is {over:.1f} pages too long for {_room_text(pages)}"
        if variant.most_pages:
            raise TooLongForPage(message)
        findings.append(make_finding("handout-too-long", source, 0, f"{_variant_prefix(name)}{message}"))
        ladder = candidate_settings(variant, replace(options, fit=""))
    setting = setting or least_wasteful_setting(ladder, lay, judge)
    layout = lay(setting)
    if name == STANDARD_VARIANT:
        findings += _small_lettering_findings(edition, job, setting)
    if variant.content == "whole":
        findings += [
            _underfull_finding(fault, source, name) for fault in judge(setting) if fault.is_wasted or not options.notes
        ]
    room_mm = setting.frame.paper_mm[1] - setting.frame.bottom_mm - layout.top_mm(print_html.END_ID)
    if options.notes and not is_long and variant.content != "card" and room_mm >= print_html.MIN_LINES_ROOM_MM:
        made = print_html.build_writing_lines(edition, job, variant, setting, room_mm)
        lines = lay_out(made.html, made.css, made.resources)
        # A project's own words or style may take more room than was reckoned with: then the sheet stays as it is.
        if lines.pages == 1 and lines.top_mm(print_html.LINES_END_ID) - setting.frame.top_mm <= room_mm:
            insert_boxes(layout, lines, print_html.END_ID, print_html.LINES_ID)
    findings += [
        make_finding("handout-layout", source, 0, f"{_variant_prefix(name)}WeasyPrint says: {line}")
        for line in layout.messages
    ]
    return LaidOutVariant(layout, tuple(findings))


@note_rule(
    "handout-lettering-small",
    "The lettering in a drawing is smaller than 7 pt in print, though the drawing is as wide as it can be.",
    "A poster with 20 lines of text, saved as one picture",
    "Draw it anew with larger lettering, or say in the text what it says.",
)
def _small_lettering_findings(edition: Edition, job: Job, setting: TypeSetting) -> Iterator[Finding]:
    """Yield drawings whose lettering stays too small to read; the picture at the top is for the mood alone."""
    figures = (
        (article, node)
        for article in _distinct_articles(edition)
        for node in walk(article.blocks)
        if isinstance(node, Figure)
    )
    for article, figure in figures:
        picture = figure.image.picture
        made = job.pictures.get(print_need(picture, setting.frame.column_mm))
        room_mm = setting.frame.full_mm if figure in top_level_blocks(article.blocks) else setting.frame.column_mm
        if not made or made.media_type != "image/png":
            continue
        if 0 < (size_pt := printed_lettering_pt(made, setting, room_mm)) < _READABLE_LETTERING_PT:
            message = f"the lettering in {picture.path} is printed at about {size_pt:.1f} pt, expected 7 or more"
            yield make_finding("handout-lettering-small", article.source, figure.line, message)


def _distinct_articles(edition: Edition) -> tuple[Article, ...]:
    return tuple(dict.fromkeys((edition.front, *edition.articles)))


def _room_text(pages: int) -> str:
    return "one page" if pages == 1 else "one sheet, printed on both sides"


def _variant_prefix(name: str) -> str:
    return "" if name == STANDARD_VARIANT else f"{name}: "


@warning_rule(
    "handout-page-empty",
    "More than half of a page stays empty, since what follows it cannot be split.",
    "A tall picture after a few lines",
    "Move the picture, or cut it to a lower shape.",
)
@warning_rule(
    "handout-lines-lonely",
    "The last page has hardly a line of text.",
    "A paragraph that ends two lines into page 3",
    'Shorten the article by a few lines, or set `fit = "sheet"`.',
)
def _underfull_finding(fault: UnderfullPage, source: str, name: str) -> Finding:
    if fault.is_end:
        message = f"{_variant_prefix(name)}page {fault.page}, the last of the article, has hardly a line of it"
        return make_finding("handout-lines-lonely", source, 0, message)
    message = f"{_variant_prefix(name)}page {fault.page} is more than half empty: what follows does not fit there"
    return make_finding("handout-page-empty", source, 0, message)
