"""Builds the HTML and CSS of a handout from an edition, and lays them out."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from functools import lru_cache

import segno
from markupsafe import Markup, escape

from pipeline.model import Article, Edition, References
from pipeline.rendering.fonts import widest_word_mm
from pipeline.rendering.markup import TITLE, chapter_prefix, part_id
from pipeline.rendering.pdf_layout import Layout, Resource, lay_out, restore_reading_order
from pipeline.rendering.words import Words
from pipeline.writers import Job
from pipeline.writers.handout.help_pointers import lay_out_pointing, pointers
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.placing import is_exercise
from pipeline.writers.handout.print_edit import headings_on_web
from pipeline.writers.handout.print_markup import (
    UNBROKEN,
    HandoutRenderer,
    keep_last_words,
    picture_address,
    readable_address,
)
from pipeline.writers.handout.variants import TypeSetting, Variant
from pipeline.writers.logo import blank_at_left, find_logo

_ADDRESS = r"(?:\w[\w-]*\.)+[a-z]{2,}/[^\s<]*"
_TAG_OR_UNBROKEN = re.compile(rf"<[^>]*>|(?P<address>{_ADDRESS})|(?P<whole>{UNBROKEN.pattern})")
_UNBROKEN_TEMPLATE = '<span class="unbroken">{}</span>'
_SHORT_ADDRESS = 36
"""Letters of an address that fits a line of the contact block."""
_HYPHENATED = re.compile(r"-[\w%]+")
LOGO = "brand:logo"
"""Address of the logo in templates."""
END_ID = "_end"
"""Id of the element after the last article."""
LINES_ID = "_lines"
LINES_END_ID = "_lines_end"
IMPRINT_ID = "_imprint"
QR_CODE_MM = 24.0
"""Width of the QR code without its quiet zone."""
QUIET_ZONE_MODULES = 4
"""ISO/IEC 18004, 9.1."""
_PX_PER_MODULE = 8
_MIN_TITLE_EM = 1.35
"""The size of headings below the title."""
_PUBLISHER_MM = 52.0
"""Width of name and address at 11 pt."""
_WIDE_IMPRINT_MM = 160.0
"""From this width on the parts of the contact block are side by side."""
_IMPRINT_SPACING_MM = 8.0
"""Gaps, and the spaces between the inline blocks of the contact block."""
_LINE_SPACING_MM = 9.0  # handwriting needs 8 or more
_NOTES_HEAD_MM = 22.0
_MAX_WRITING_LINES = 6
_MIN_WRITING_LINES = 3
MIN_LINES_ROOM_MM = _NOTES_HEAD_MM + _MIN_WRITING_LINES * _LINE_SPACING_MM
_TITLE_GAP_MM = 6.0
_LEAST_QUIET_PT, _LARGE_QUIET_PT = 11.0, 16.0
"""Sizes of foot, dates and references, and those of large print."""
_LOGO_MM, _BRIEF_LOGO_MM = 12.0, 9.0
"""Heights of the logo, and of that on one page."""


def lay_out_handout(
    edition: Edition, job: Job, variant: Variant, setting: TypeSetting, substitutions: Substitutions
) -> Layout:
    """Lay an edition out on pages; the job holds the pictures that `print_needs` named."""

    def lay(pointed: frozenset[str] | None) -> Layout:
        return _lay_out_once(edition, job, variant, replace(setting, pointed=pointed), substitutions)

    if variant.content != "whole":
        return lay(frozenset())
    return lay(None) if edition.is_bound else lay_out_pointing(lay)


def _lay_out_once(
    edition: Edition, job: Job, variant: Variant, setting: TypeSetting, substitutions: Substitutions
) -> Layout:
    resources, code_mm = print_resources(edition, job)
    # Chapters outside of a part have no part title.
    groups = [
        {
            "title": part.title if part else "",
            "title_id": part_id(edition, part) if part else "",
            "chapters": tuple(_article_values(edition, article, job, setting, substitutions) for article in articles),
        }
        for part, articles in (edition.groups if edition.is_bound else ())
    ]
    page_of_pages = escape(job.words.fill("handout_page", page="\x01", pages="\x02"))
    html = job.styles.render(
        "handout/handout.html.j2",
        edition=edition,
        front=edition.front,
        front_chapter=_article_values(edition, edition.front, job, setting, substitutions),
        groups=groups,
        publisher=job.publisher,
        words=job.words,
        label=job.words[variant.label],
        is_brief=variant.is_brief,
        is_programme=edition.is_bound and edition.front.meta.is_programme,
        weeks=range(1, 1 + int(edition.front.meta.weeks or 0) if edition.front.meta.is_programme else 1),
        has_columns=setting.frame.columns > 1,
        has_margin=setting.frame.has_margin,
        has_logo=LOGO in resources,
        code_width=f"{code_mm}mm" if code_mm else "",
        web=readable_address(edition.front.address),
        more_on_web=_more_on_web(edition, job),
        website=readable_address(job.publisher.website),
        # "Side 1 af 2", with CSS counters for the numbers.
        footer_page=page_of_pages.replace("\x01", Markup('<span class="page"></span>')).replace(
            "\x02", Markup('<span class="pages"></span>')
        ),
        imprint=IMPRINT_ID,
        end=END_ID,
    )
    style = style_sheet_text(edition, job, variant, setting)
    layout = lay_out(unbroken(substitutions.apply_to(html)), style, resources)
    restore_reading_order(layout)
    return layout


def print_resources(edition: Edition, job: Job) -> tuple[dict[str, Resource], float]:
    """Return the pictures, the logo and the QR code by their addresses, and the width of the code; 0: there is none."""
    resources = {picture_address(need): Resource(made.data, made.media_type) for need, made in job.pictures.items()}
    if logo := find_logo(job.publisher.logo, job.styles):
        resources[LOGO] = logo
    if not (job.options.qr_code and edition.front.address):
        return resources, 0.0
    png, width_mm = qr_code(edition.front.address)
    return {**resources, "qr:address": Resource(png, "image/png")}, width_mm


def unbroken(html: str) -> str:
    """Return a document in which ranges and products stay on one line."""
    head, end, body = html.rpartition("</head>")
    whole = _TAG_OR_UNBROKEN.sub(_unbroken, body)
    return head + end + whole


def _foot_of(edition: Edition, article: Article, substitutions: Substitutions) -> str:
    """Return what the foot of a bound edition says on the pages of one of its articles; else nothing."""
    if not edition.is_bound:
        return ""
    return " · ".join(dict.fromkeys(map(substitutions.printed_title, (edition.front, article))))


def _css_page_of_pages(words: Words) -> str:
    """Return “Side 1 af 2” as the content of a margin box: strings, and counters for the numbers."""
    parts = re.split("([\x01\x02])", words.fill("handout_page", page="\x01", pages="\x02"))
    counters = {"\x01": "counter(page)", "\x02": "counter(pages)"}
    return " ".join(counters.get(part) or '"{}"'.format(re.sub(r'(["\\])', r"\\\1", part)) for part in parts if part)


def _more_on_web(edition: Edition, job: Job) -> str:
    """Return a line that names the sections which are on the web only; empty where there are none."""
    articles = dict.fromkeys((edition.front, *edition.articles))
    headings = dict.fromkeys(heading for article in articles for heading in headings_on_web(article))
    return job.words.fill("handout_more_on_web", headings=" · ".join(headings)) if headings else ""


def _unbroken(found: re.Match[str]) -> str:
    """Return a tag as it is, what stays on one line in a span, and an address without breaks behind its hyphens.

    A hyphen at a line's end is read as a divider of words, and would be left out by who types the address.
    """
    if found["address"]:
        if len(found["address"]) <= _SHORT_ADDRESS:
            return found[0]
        return _HYPHENATED.sub(r'<span class="piece">\g<0></span>', found[0])
    return _UNBROKEN_TEMPLATE.format(found[0]) if found["whole"] else found[0]


def lay_out_writing_lines(edition: Edition, job: Job, variant: Variant, setting: TypeSetting, room_mm: float) -> Layout:
    """Lay out the lines for notes that fit the room below a handout, as a document of their own in the same style."""
    lines = min(_MAX_WRITING_LINES, int((room_mm - _NOTES_HEAD_MM) // _LINE_SPACING_MM))
    html = job.styles.render(
        "handout/lines.html.j2",
        front=edition.front,
        words=job.words,
        is_brief=variant.is_brief,
        begin=LINES_ID,
        end=LINES_END_ID,
        lines=range(lines),
    )
    return lay_out(html, style_sheet_text(edition, job, variant, setting), {})


def _title_em(edition: Edition, variant: Variant, setting: TypeSetting) -> float:
    """Return the size of titles, by the type size: their longest word is not broken."""
    titles = (article.title for article in (edition.front, *edition.articles))
    widest_mm = max(widest_word_mm(title, "bold", setting.size_pt) for title in titles)
    frame, wanted = setting.frame, variant.title_pt / setting.size_pt
    room_mm = frame.wide_mm - (frame.mood_mm + _TITLE_GAP_MM if _has_picture_beside_title(edition, setting) else 0)
    fitting = room_mm / widest_mm if widest_mm else wanted
    return max(_MIN_TITLE_EM, min(wanted, int(fitting * 100) / 100))


def _has_picture_beside_title(edition: Edition, setting: TypeSetting) -> bool:
    frame = setting.frame
    return (frame.has_margin or frame.columns > 1) and any(
        article.hero for article in (edition.front, *edition.articles)
    )


def _article_values(
    edition: Edition, article: Article, job: Job, setting: TypeSetting, substitutions: Substitutions
) -> dict[str, object]:
    renderer = HandoutRenderer(article, job, setting, chapter_prefix(edition, article))
    return {
        "title_id": f"{renderer.prefix}{TITLE}",
        "title": substitutions.printed_title(article),
        "whose": _foot_of(edition, article, substitutions),
        "shown_title": keep_last_words(escape(substitutions.printed_title(article))),
        "language": article.language if article.language != edition.front.language else "",
        "lead": article.lead,
        "hero": renderer.hero(),
        "is_exercise": is_exercise(article),
        "key_points": article.meta.key_points,
        "body": renderer.article(article),
        "help": pointers(renderer.help, setting, renderer.words, renderer.doctor_on_call),
        "sources": renderer.sources,
        "sources_id": next(
            (f"{renderer.prefix}{each.id}" for each in article.blocks if isinstance(each, References)), ""
        ),
        "notes": renderer.notes(),
        "links": _unlisted_web_links(edition, article, renderer),
        "facts": _facts(article, renderer.words),
        "words": renderer.words,
        "added": renderer.added(),
        "meta": article.meta,
    }


def _facts(article: Article, words: Words) -> list[str]:
    """Return who wrote and reviewed an article, and the dates of publication, change and review."""

    def on(day: date | None) -> str:
        return words.date(day).replace(" ", "\N{NO-BREAK SPACE}")

    meta = article.meta
    return words.fill_known(
        {
            "handout_authors": {"names": ", ".join(meta.authors)},
            "handout_published": {"date": on(meta.published)},
            "handout_updated": {"date": on(meta.updated if meta.updated != meta.published else None)},
            "handout_reviewed_by": {"date": on(meta.reviewed if meta.reviewed_by else None), "name": meta.reviewed_by},
            "handout_reviewed": {"date": on(None if meta.reviewed_by else meta.reviewed)},
            "handout_approved_by": {"name": meta.approved_by},
            "handout_review_after": {"date": on(meta.review_after)},
        }
    )


def _unlisted_web_links(edition: Edition, article: Article, renderer: HandoutRenderer) -> list[dict[str, str]]:
    """Return the web links of an article whose addresses its words do not say, without articles that are listed."""
    others = (*edition.articles, edition.front)
    listed = {entry.address for entry in article.meta.related} | {other.address for other in others}
    known = {address.rstrip("/") for address in listed}
    return [
        {"words": words, "address": address, "shown": readable_address(address)}
        for address, words in renderer.web_links.items()
        if address.partition("#")[0].rstrip("/") not in known
    ]


def style_sheet_text(edition: Edition, job: Job, variant: Variant, setting: TypeSetting) -> str:
    frame = setting.frame
    width, height = frame.paper_mm
    code_mm = qr_code(edition.front.address)[1] if edition.front.address else QR_CODE_MM
    is_wide = frame.wide_mm > _WIDE_IMPRINT_MM
    logo = find_logo(job.publisher.logo, job.styles)
    blank = blank_at_left(logo) if logo else 0.0
    publisher_mm = _PUBLISHER_MM * quiet_pt(setting) / _LEAST_QUIET_PT
    beside_code_mm = frame.wide_mm - code_mm - _IMPRINT_SPACING_MM
    millimetres = {
        "left": frame.left_mm, "right": frame.right_mm, "top": frame.top_mm, "bottom": frame.bottom_mm,
        "side": frame.side_mm, "mood": frame.mood_mm, "column": frame.column_mm, "gap": frame.gap_mm,
        "beside": frame.beside_mm, "full": frame.wide_mm, "line": _LINE_SPACING_MM, "code": code_mm,
        "publisher": publisher_mm, "logo": _LOGO_MM, "brief_logo": _BRIEF_LOGO_MM,
        "logo_blank": _LOGO_MM * blank, "brief_logo_blank": _BRIEF_LOGO_MM * blank,
        "words": beside_code_mm - publisher_mm - _IMPRINT_SPACING_MM,
        "beside_code": beside_code_mm, "gutter": frame.gutter_mm, "title_gap": _TITLE_GAP_MM,
    }  # fmt: skip
    measures = {name: f"{value:g}mm" for name, value in millimetres.items()}
    measures |= {
        "paper": f"{width}mm {height}mm",
        "size": f"{setting.size_pt}pt",
        "quiet": f"{quiet_pt(setting)}pt",
        "title": f"{_title_em(edition, variant, setting)}em",
        # Headings grow less than the text, so that the title stays the largest.
        "heading": f"{setting.size_pt * 1.3 if frame.columns > 1 else 9 + 0.8 * setting.size_pt:.1f}pt",
        "subheading": "1.1em" if frame.columns > 1 else "1.2em",
        "hyphens": "auto" if job.options.hyphenate else "manual",
        "leading": f"{setting.leading:g}",
        "air": "0.5" if setting.is_tight else "0.65",
        "above": "1.1" if setting.is_tight else "1.4",
        "ending": "0.6" if setting.is_tight else "1.6",
    }
    return job.styles.render(
        "handout/handout.css",
        has_margin=frame.has_margin,
        is_loose=setting.is_loose,
        is_bound=edition.is_bound and not edition.front.meta.is_programme,
        page_of_pages=Markup(_css_page_of_pages(job.words)),  # noqa: S704  # escaped for CSS
        is_wide=is_wide,
        columns=frame.columns,
        has_footer=variant.content != "card",
        **measures,
    )


def quiet_pt(setting: TypeSetting) -> float:
    """Return the type size of foot, dates and references: a point below the text."""
    return min(max(_LEAST_QUIET_PT, setting.size_pt - 1), _LARGE_QUIET_PT)


@lru_cache(maxsize=64)  # a handout is laid out in several settings, with the same code
def qr_code(address: str) -> tuple[bytes, float]:
    """Return the QR code of an address as PNG, and its width with the quiet zone in millimetres.

    Error correction M: a fold or a stain of 15 % does not matter.
    """
    code = segno.make(address, error="m", micro=False, boost_error=False)
    modules = code.symbol_size(border=0)[0]
    png = io.BytesIO()
    code.save(png, kind="png", scale=_PX_PER_MODULE, border=QUIET_ZONE_MODULES)
    return png.getvalue(), round(QR_CODE_MM * (modules + 2 * QUIET_ZONE_MODULES) / modules, 2)
