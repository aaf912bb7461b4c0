"""The back cover of a booklet: when to get help, and how to reach the clinic, on a page that would be blank."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import Callout, Edition
from pipeline.rendering.markup import anchor, chapter_prefix
from pipeline.rendering.pdf_layout import Layout, draw_pdf, lay_out
from pipeline.writers import Facts, Job
from pipeline.writers.handout import print_html
from pipeline.writers.handout.help_pointers import HelpPlace, Pointer, pointers
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.print_markup import HandoutRenderer, readable_address
from pipeline.writers.handout.variants import VARIANTS

_LEAFLET = VARIANTS["a5"]
_SETTING = _LEAFLET.candidates[-1]
_MOST_LINES = (24, 16, 8, 0)
"""Of signs, until the page holds them: of the others, the back cover says on which page they are."""


def back_cover(edition: Edition, job: Job, facts: Facts, substitutions: Substitutions) -> bytes:
    """Return a page of A5 as PDF; empty where there is nothing to say.

    An edition of several articles has no help there, since the signs of one are not those of another.

    Args:
        facts: Of the variant whose pages make the booklet.
    """
    for most_lines in _MOST_LINES:
        help_ = () if edition.is_bound else _help(edition, job, most_lines)
        if not help_ and not job.publisher.name:
            return b""
        layout = _lay_out(edition, job, facts, help_, substitutions)
        if layout.pages == 1:
            return draw_pdf(layout)[0]
    return draw_pdf(_lay_out(edition, job, facts, (), substitutions))[0]


def _help(edition: Edition, job: Job, most_lines: int) -> tuple[Pointer, ...]:
    article = edition.front
    renderer = HandoutRenderer(article, job, _SETTING, chapter_prefix(edition, article))
    renderer.article(article)
    clinics = (
        HelpPlace(block, anchor(renderer.prefix, number, block), "", 0)
        for number, block in enumerate(article.blocks, 1)
        if isinstance(block, Callout) and block.is_added
    )
    places = (*renderer.help, *clinics)
    setting = replace(_SETTING, pointed=frozenset(place.id for place in places))
    return pointers(places, setting, renderer.words, renderer.doctor_on_call, most_lines)


def _lay_out(
    edition: Edition, job: Job, facts: Facts, help_: tuple[Pointer, ...], substitutions: Substitutions
) -> Layout:
    resources, _ = print_html.print_resources(edition, job)
    html = job.styles.render(
        "handout/back.html.j2",
        front=edition.front,
        title=substitutions.printed_title(edition.front),
        help=help_,
        page_of=facts.page_of,
        publisher=job.publisher,
        website=readable_address(job.publisher.website),
        words=job.words,
        has_logo=print_html.LOGO in resources,
    )
    css = print_html.style_sheet_text(edition, job, _LEAFLET, _SETTING) + job.styles.render("handout/back.css")
    return lay_out(print_html.unbroken(substitutions.apply_to(html)), css, resources)
