"""One variant of the handout, from the article to pages: the setting that fits it best."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from pipeline.article import Article, Edition, Figure, walk
from pipeline.findings import Finding, found
from pipeline.rendering.markup import TITLE, chapter_prefix
from pipeline.rendering.printing import Layout, lay_out, set_in
from pipeline.writers import Facts, Job
from pipeline.writers.handout import sheet
from pipeline.writers.handout.blocks import LEAST_LETTERING_PT, free, lettering_pt, need
from pipeline.writers.handout.characters import Signs
from pipeline.writers.handout.digest import DoesNotApply, digests
from pipeline.writers.handout.fitting import Fault, faults, least_faulty, roomiest, too_long
from pipeline.writers.handout.options import Options
from pipeline.writers.handout.variants import STANDARD, VARIANTS, Setting, most_pages, settings

_MOST_FITTED = 24
"""Of more articles some always end on a lonely line: each setting tried would cost a whole layout, and mend little."""
_READABLE_PT = 0.9 * LEAST_LETTERING_PT
"""The size of lettering is measured to about a tenth."""


class TooLong(DoesNotApply):
    """An article does not fit the page of a variant that has only one."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A variant laid out on its pages, not drawn yet."""

    layout: Layout
    findings: tuple[Finding, ...]

    @property
    def facts(self) -> Facts:
        own = (sheet.IMPRINT, sheet.END)
        page_of = {name: page for name, page in self.layout.page_of.items() if name not in own}
        return Facts(self.layout.pages, page_of)


def compose(whole: Edition, job: Job, name: str, signs: Signs) -> Composed:
    """Lay a variant out in the setting that fits it best.

    Raises:
        DoesNotApply: The article lacks what the variant is made of, or is too long for its one page.
    """
    forms = digests(whole, VARIANTS[name].content)
    for form in forms[:-1]:
        with suppress(TooLong):
            return _compose(form, job, name, signs)
    return _compose(forms[-1], job, name, signs)


def _compose(edition: Edition, job: Job, name: str, signs: Signs) -> Composed:
    variant, source = VARIANTS[name], edition.front.source
    # Several articles are a book: no sheet holds them.
    options: Options = replace(job.options, fit="") if edition.is_bound else job.options
    ladder = settings(variant, options)
    is_long = len(edition.articles) > _MOST_FITTED
    if is_long:
        ladder = ladder[:1]

    @cache
    def lay(setting: Setting) -> Layout:
        made = sheet.make(edition, job, variant, setting, signs)
        return lay_out(made.html, made.css, made.resources)

    def judge(setting: Setting) -> tuple[Fault, ...]:
        layout = lay(setting)
        page_of = layout.page_of
        starts = [page_of[chapter_prefix(edition, article) + TITLE] for article in _parts(edition)]
        return faults(layout, setting, starts, sheet.IMPRINT)

    findings: list[Finding] = []
    pages = most_pages(variant, options)
    setting = roomiest(ladder, lay, pages) if pages else None
    if pages and not setting:
        over = too_long(lay(ladder[-1]), ladder[-1].frame, pages, sheet.END)
        message = f"at {ladder[-1].size_pt:g} pt it is {over:.1f} pages too long for {_room(pages)}"
        if variant.most_pages:
            raise TooLong(message)
        findings.append(found("handout-too-long", source, 0, f"{_for(name)}{message}"))
        ladder = settings(variant, replace(options, fit=""))
    setting = setting or least_faulty(ladder, lay, judge)
    layout = lay(setting)
    if name == STANDARD:
        findings += _small_lettering(edition, job, setting)
    if variant.content == "whole":
        findings += [_faulty(fault, source, name) for fault in judge(setting) if fault.is_wasted or not options.notes]
    room_mm = setting.frame.paper_mm[1] - setting.frame.bottom_mm - layout.top_mm(sheet.END)
    if options.notes and not is_long and variant.content != "card" and room_mm >= sheet.LEAST_ROOM_MM:
        made = sheet.lines_below(edition, job, variant, setting, room_mm)
        lines = lay_out(made.html, made.css, made.resources)
        # A project's own words or style may take more room than was reckoned with: then the sheet stays as it is.
        if lines.pages == 1 and lines.top_mm(sheet.LINES_END) - setting.frame.top_mm <= room_mm:
            set_in(layout, lines, sheet.END, sheet.LINES)
    findings += [found("handout-layout", source, 0, f"{_for(name)}WeasyPrint says: {line}") for line in layout.messages]
    return Composed(layout, tuple(findings))


def _small_lettering(edition: Edition, job: Job, setting: Setting) -> Iterator[Finding]:
    """Yield drawings whose lettering stays too small to read; the picture at the top is for the mood alone."""
    figures = (
        (article, node) for article in _parts(edition) for node in walk(article.blocks) if isinstance(node, Figure)
    )
    for article, figure in figures:
        picture = figure.image.picture
        made = job.pictures.get(need(picture, setting.frame.column_mm))
        room_mm = setting.frame.full_mm if figure in free(article.blocks) else setting.frame.column_mm
        if not made or made.media_type != "image/png":
            continue
        if 0 < (size_pt := lettering_pt(made, setting, room_mm)) < _READABLE_PT:
            message = f"the lettering in {picture.path} is printed at about {size_pt:.1f} pt, expected 7 or more"
            yield found("handout-lettering-small", article.source, figure.line, message)


def _parts(edition: Edition) -> tuple[Article, ...]:
    return tuple(dict.fromkeys((edition.front, *edition.articles)))


def _room(pages: int) -> str:
    return "one page" if pages == 1 else "one sheet, printed on both sides"


def _for(name: str) -> str:
    return "" if name == STANDARD else f"{name}: "


def _faulty(fault: Fault, source: str, name: str) -> Finding:
    if fault.is_end:
        message = f"{_for(name)}page {fault.page}, the last of the article, has hardly a line of it"
        return found("handout-lines-lonely", source, 0, message)
    message = f"{_for(name)}page {fault.page} is more than half empty: what follows does not fit there"
    return found("handout-page-empty", source, 0, message)
