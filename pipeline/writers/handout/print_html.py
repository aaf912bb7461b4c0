"""An edition as the HTML that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from markupsafe import Markup, escape

from pipeline.errors import SourceError, StyleError
from pipeline.model import (
    Article,
    Callout,
    Edition,
    Metadata,
    images,
    walk,
)  # fmt: skip
from pipeline.pictures.image_files import verify_image
from pipeline.pictures.svg import sanitise_svg
from pipeline.rendering.markup import TITLE, chapter_prefix, part_id
from pipeline.rendering.pdf_layout import Resource
from pipeline.rendering.qr import qr_code
from pipeline.rendering.text_width import widest_word_mm
from pipeline.rendering.words import Words
from pipeline.writers import Job, Need
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.options import Options
from pipeline.writers.handout.print_markup import HandoutRenderer, picture_address, print_need
from pipeline.writers.handout.variants import (
    STANDARD_VARIANT,
    VARIANTS,
    TypeSetting,
    Variant,
    candidate_settings,
    variants_to_draw,
)

END_ID = "_end"
"""The id of the last thing on the sheet."""
LINES_ID = "_lines"
"""The id of what holds the lines to write on."""
LINES_END_ID = "_lines_end"
"""The id of what stands below them."""
IMPRINT_ID = "_imprint"
"""The id of the contact block."""
_QR_CODE_MM = 24.0
"""The modules of the QR code, without their quiet zone."""
_QR_CODE_ROOM_MM = 36.0
"""Of a code with its quiet zone, at most, where no margin beside the text gives it room."""
_MIN_TITLE_EM = 1.35
"""As large as a heading below it."""
_PUBLISHER_MM = 56.0
_WIDE_IMPRINT_MM = 160.0
"""From here on the parts of the contact block stand beside each other."""
_IMPRINT_GAP_MM = 3.0
_IMPRINT_SPACING_MM = 10.0
"""Gaps, and the spaces between the parts of the contact block, which stand as words in a line."""
_LINE_SPACING_MM = 9.0  # between the lines to write on: a hand needs 8 or more
_NOTES_HEAD_MM = 22.0
_MAX_WRITING_LINES = 12
_MIN_WRITING_LINES = 3
MIN_LINES_ROOM_MM = _NOTES_HEAD_MM + _MIN_WRITING_LINES * _LINE_SPACING_MM
"""Fewer than three lines are not worth their heading."""
_LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class PrintDocument:
    """What the printer is handed."""

    html: str
    css: str
    resources: dict[str, Resource]


@dataclass(frozen=True, slots=True)
class _ArticleContext:
    """An article as its template sees it."""

    title_id: str
    title: str
    language: str
    """Empty where it is that of the edition."""
    lead: str
    hero: Markup
    key_points: tuple[str, ...]
    body: Markup
    see_doctor: tuple[str, ...]
    notes: Markup
    dates: tuple[str, ...]
    meta: Metadata


@dataclass(frozen=True, slots=True)
class _PartContext:
    """Chapters that stand together; those in no part of the edition have no title."""

    title: str
    title_id: str
    chapters: tuple[_ArticleContext, ...]


def print_needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return the pictures at 200 dpi for the widths they are printed at."""
    articles = dict.fromkeys((edition.front, *edition.articles))
    pictures = dict.fromkeys(image.picture for article in articles for image in images(article))
    names = dict.fromkeys((STANDARD_VARIANT, *variants_to_draw(options.variants)))
    papers = dict.fromkeys(setting.frame for name in names for setting in candidate_settings(VARIANTS[name], options))
    widths_mm = dict.fromkeys(width for frame in papers for width in (frame.column_mm, frame.side_mm))
    return tuple(print_need(picture, width_mm) for picture in pictures for width_mm in widths_mm)


def build_print_document(
    edition: Edition, job: Job, variant: Variant, setting: TypeSetting, signs: Substitutions
) -> PrintDocument:
    """Return the sheet of an edition.

    Args:
        edition: One article or several.
        job: Its pictures are those that `print_needs` named.
        signs: What stands for characters that the font lacks.
    """
    options: Options = job.options
    resources = {picture_address(wanted): Resource(made.data, made.media_type) for wanted, made in job.pictures.items()}
    logo = find_print_logo(job)
    if logo:
        resources["brand:logo"] = logo
    code = ""
    if options.qr_code and edition.front.address:
        code = f"{_qr_code_width(edition, resources)}mm"
    html = job.styles.render(
        "handout/handout.html.j2",
        edition=edition,
        front=edition.front,
        front_chapter=_article_context(edition, edition.front, job, setting),
        groups=_part_contexts(edition, job, setting) if edition.is_bound else (),
        publisher=job.publisher,
        words=job.words,
        label=job.words[variant.label],
        is_brief=variant.most_pages == 1,
        has_columns=setting.frame.columns > 1,
        has_logo=logo is not None,
        code_width=code,
        web=_readable_address(edition.front.address),
        website=_readable_address(job.publisher.website),
        footer_page=_page_number_markup(job.words),
        imprint=IMPRINT_ID,
        end=END_ID,
    )
    return PrintDocument(signs.apply_to(html), _style_with_title_size(edition, job, variant, setting), resources)


def build_writing_lines(
    edition: Edition, job: Job, variant: Variant, setting: TypeSetting, room_mm: float
) -> PrintDocument:
    """Return the lines to write on that the room below a handout holds, as a sheet of their own in the same style."""
    note_lines, question_lines = _writing_line_ranges(room_mm)
    html = job.styles.render(
        "handout/lines.html.j2",
        front=edition.front,
        words=job.words,
        is_brief=variant.most_pages == 1,
        lines=LINES_ID,
        lines_end=LINES_END_ID,
        note_lines=note_lines,
        question_lines=question_lines,
    )
    return PrintDocument(html, _style_with_title_size(edition, job, variant, setting), {})


def _style_with_title_size(edition: Edition, job: Job, variant: Variant, setting: TypeSetting) -> str:
    titles = [article.title for article in (edition.front, *edition.articles)]
    return _style_sheet_text(job, variant, setting, _title_em(titles, variant, setting))


def _title_em(titles: Iterable[str], variant: Variant, setting: TypeSetting) -> float:
    """Return how large titles are, by the size of the type: so large that their longest word stays whole."""
    widest = max(widest_word_mm(title, "bold", setting.size_pt) for title in titles)
    fitting = setting.frame.title_mm / widest if widest else variant.title_em
    return max(_MIN_TITLE_EM, min(variant.title_em, int(fitting * 100) / 100))


def _writing_line_ranges(room_mm: float) -> tuple[range, range]:
    """Return lines for notes, and for questions where there is room for both."""
    lines = int((room_mm - _NOTES_HEAD_MM) // _LINE_SPACING_MM)
    both = int((room_mm - 2 * _NOTES_HEAD_MM) // _LINE_SPACING_MM)
    if both < 2 * _MIN_WRITING_LINES:
        return range(min(_MAX_WRITING_LINES, lines)), range(0)
    questions = min(_MAX_WRITING_LINES // 2, both // 2)
    return range(min(_MAX_WRITING_LINES, both - questions)), range(questions)


def _article_context(edition: Edition, article: Article, job: Job, setting: TypeSetting) -> _ArticleContext:
    renderer = HandoutRenderer(article, job, setting, chapter_prefix(edition, article))
    hero = renderer.hero()
    body = renderer.article(article)
    return _ArticleContext(
        f"{renderer.prefix}{TITLE}",
        article.title,
        article.language if article.language != edition.front.language else "",
        article.lead,
        hero,
        article.meta.key_points,
        body,
        default_see_doctor_lines(edition, job) if article.id == edition.articles[-1].id else (),
        renderer.notes(),
        tuple(_date_lines(article, job.words)),
        article.meta,
    )


def _part_contexts(edition: Edition, job: Job, setting: TypeSetting) -> tuple[_PartContext, ...]:
    return tuple(
        _PartContext(
            part.title if part else "",
            part_id(edition, part) if part else "",
            tuple(_article_context(edition, article, job, setting) for article in articles),
        )
        for part, articles in edition.groups
    )


def lacks_see_doctor(article: Article) -> bool:
    """Tell an article that does not say in a box when to see a doctor."""
    return not any(isinstance(node, Callout) and node.kind == "see-doctor" for node in walk(article.blocks))


def default_see_doctor_lines(edition: Edition, job: Job) -> tuple[str, ...]:
    """Return the lines of the standard box behind the last article; none where that has a box of its own."""
    last = edition.articles[-1]
    return job.options.advice(last.language, job.publisher.language) if lacks_see_doctor(last) else ()


def _date_lines(article: Article, words: Words) -> Iterator[str]:
    """Yield who wrote it, and when it was published, changed and reviewed."""

    def on(day: date) -> str:
        return words.date(day).replace(" ", "\N{NO-BREAK SPACE}")

    meta = article.meta
    if meta.authors:
        yield words.fill("handout_authors", names=", ".join(meta.authors))
    if meta.published:
        yield words.fill("handout_published", date=on(meta.published))
    if meta.updated and meta.updated != meta.published:
        yield words.fill("handout_updated", date=on(meta.updated))
    if meta.reviewed and meta.reviewed_by:
        yield words.fill("handout_reviewed_by", date=on(meta.reviewed), name=meta.reviewed_by)
    elif meta.reviewed:
        yield words.fill("handout_reviewed", date=on(meta.reviewed))
    if meta.approved_by:
        yield words.fill("handout_approved_by", name=meta.approved_by)
    if meta.review_after:
        yield words.fill("handout_review_after", date=on(meta.review_after))


def _page_number_markup(words: Words) -> Markup:
    """Return "Side 1 af 2" with counters in the places of the numbers."""
    page, pages = Markup('<span class="page"></span>'), Markup('<span class="pages"></span>')
    pattern = escape(words.fill("handout_page", page="\x01", pages="\x02"))
    return pattern.replace("\x01", page).replace("\x02", pages)


def _readable_address(address: str) -> str:
    """Return an address as people read it aloud and type it."""
    return address.removeprefix("https://").removeprefix("http://").removesuffix("/")


def _style_sheet_text(job: Job, variant: Variant, setting: TypeSetting, title_em: float) -> str:
    """Return the style sheet, with the measures that options and pictures share."""
    options: Options = job.options
    frame = setting.frame
    width, height = frame.paper_mm
    code = frame.side_mm if frame.has_margin else _QR_CODE_ROOM_MM
    is_wide = frame.width_mm > _WIDE_IMPRINT_MM
    beside_code = frame.width_mm - code - _IMPRINT_SPACING_MM
    millimetres = {
        "left": frame.left_mm, "right": frame.right_mm, "top": frame.top_mm, "bottom": frame.bottom_mm,
        "side": frame.side_mm, "column": frame.column_mm, "gap": frame.gap_mm, "beside": frame.margin_with_gap_mm,
        "full": frame.full_mm, "line": _LINE_SPACING_MM, "code": code,
        "publisher": _PUBLISHER_MM if is_wide else frame.width_mm,
        "dates": beside_code - _PUBLISHER_MM if is_wide else beside_code,
        "beside_code": beside_code, "gutter": frame.gutter_mm,
        "part": _IMPRINT_GAP_MM,
    }  # fmt: skip
    measures = {name: f"{value}mm" for name, value in millimetres.items()}
    measures |= {
        "paper": f"{width}mm {height}mm",
        "size": f"{setting.size_pt}pt",
        "title": f"{title_em}em",
        "hyphens": "auto" if options.hyphenate else "manual",
        "leading": "1.36" if setting.is_tight else "1.45",
        "air": "0.55" if setting.is_tight else "0.7",
        "above": "0.95" if setting.is_tight else "1.15",
        "ending": "1.1" if setting.is_tight else "1.6",
    }
    return job.styles.render(
        "handout/handout.css",
        has_margin=frame.has_margin,
        is_wide=is_wide,
        columns=frame.columns,
        has_footer=variant.content != "card",
        **measures,
    )


def find_print_logo(job: Job) -> Resource | None:
    """Return the clinic's logo, or nothing where none lies below `styles/`: then its name stands in words."""
    path = PurePosixPath(job.publisher.logo)
    media_type = _LOGO_TYPES.get(path.suffix.lower())
    if media_type is None or path.parts[0] != "styles" or ".." in path.parts:
        return None
    try:
        data = job.styles.data(str(path.relative_to("styles")))
        # WeasyPrint's own word on a picture that is cut off depends on what its process has printed before.
        return Resource(sanitise_svg(data) if media_type == "image/svg+xml" else verify_image(data), media_type)
    except (StyleError, SourceError):
        return None


def _qr_code_width(edition: Edition, resources: dict[str, Resource]) -> float:
    code = qr_code(edition.front.address, _QR_CODE_MM)
    resources["qr:address"] = Resource(code.png, "image/png")
    return code.width_mm
