"""The HTML part of a mail and its plain text part, with the same headings, words, warnings and links.

HTML has tables for layout, styles inline, and extras for clients that support more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from pipeline import model
from pipeline.errors import StyleError
from pipeline.model import text, walk
from pipeline.rendering.markup import (
    ADDED,
    TITLE,
    MarkupRenderer,
    Placed,
    chapter_prefix,
    column_widths,
    stacked_classes,
)
from pipeline.rendering.text import WIDTH, TextRenderer
from pipeline.rendering.words import Words, find_locale
from pipeline.writers import Job
from pipeline.writers.newsletter.footer import footer_of
from pipeline.writers.newsletter.mail_images import ImageRegistry, find_mail_logo, place_logo
from pipeline.writers.newsletter.sections import MEDIUM, MailSection, announcements_of, event_inlines, opening_hours

CELL_PX = 120
"""Width of a picture in a table cell: two of them fit beside text at 320 px."""
TABLE_PX, WIDE_TABLE_PX = 220, 540
"""Room for a table in a box on a screen of 320 px, and in the full column."""
LETTER_PX, PADDING_PX = 8, 16
PREHEADER_LENGTH = 150
EMBEDDED_STYLES = ("screens.css", "dark.css", "outlook.css")
_LAYOUT_TABLE_ATTRIBUTES = Markup('role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"')


class MailRenderer(MarkupRenderer):
    """Renders markup that mail programs support: boxes are tables, sections plain blocks."""

    def __init__(
        self,
        words: Words,
        place: Callable[[model.Picture], Placed | None],
        *,
        prefix: str = "",
        depth: int = 0,
        address: Callable[[str], str] = str,
        language: str = "",
        doctor_on_call: str = "",
    ) -> None:
        """Set up the renderer for one article.

        Args:
            depth: Added to the level of every heading.
            address: Returns the target of a link; empty leaves only its words.
            language: Of the article; empty: that of the words.
            doctor_on_call: The number to ring out of hours; empty: not known.
        """
        super().__init__(words, place, medium=MEDIUM, prefix=prefix, language=language, doctor_on_call=doctor_on_call)
        self.depth = depth
        self.address = address
        self._is_in_cell = False

    def header(self, block: model.Header) -> Markup:
        return super().header(replace(block, level=min(block.level + self.depth, 6)))

    def callout(self, block: model.Callout) -> Markup:
        # Outlook for Windows supports background and padding on table cells only.
        added = ADDED if block.is_added else ""
        return Markup(
            '<table class="callout" {}><tr><td class="box {}">\n<div role="note"{}>\n{}\n{}\n</div>\n</td></tr></table>'
        ).format(_LAYOUT_TABLE_ATTRIBUTES, block.kind, added, self.callout_title(block), self.blocks(block.blocks))

    def figure(self, block: model.Figure) -> Markup:
        image = self.picture(block.image, "picture")
        if not image:
            return Markup("")
        caption = Markup('\n<p class="caption">{}</p>').format(self.inlines(block.caption)) if block.caption else ""
        return Markup('<div class="figure">{}{}</div>').format(image, caption)

    def image(self, inline: model.Image) -> Markup:
        return self.picture(inline, "small")

    def picture(self, image: model.Image, kind: str) -> Markup:
        """Return a picture that shrinks with the screen; its size attributes are for clients without `max-width`."""
        placed = self.place(image.picture)
        if placed is None:
            return Markup("")
        width, height = placed.width_px, placed.height_px
        if self._is_in_cell and width > CELL_PX:
            width, height = CELL_PX, max(1, round(height * CELL_PX / width))
        widest = Markup(' style="max-width: {}px"').format(width) if kind == "picture" else ""
        kinds = f"{kind} drawing" if placed.is_drawing else kind
        return Markup('<img class="{}" src="{}" alt="{}" width="{}" height="{}"{}>').format(
            kinds, placed.src, image.alt, width, height, widest
        )

    def table(self, block: model.Table) -> Markup:
        caption = Markup("<caption>{}</caption>\n").format(self.inlines(block.caption)) if block.caption else ""
        self._is_in_cell = True
        head = Markup("<thead>\n{}\n</thead>\n").format(self.row(block.head, "th")) if block.head else ""
        shape = table_classes(block)
        labels = block.head if shape else ()
        rows = Markup("\n").join(self.labelled_row(row, labels) for row in block.rows)
        self._is_in_cell = False
        return Markup('<table class="data{}">\n{}{}<tbody>\n{}\n</tbody>\n</table>').format(shape, caption, head, rows)

    def references(self, block: model.References) -> Markup:
        return Markup('<div class="references">\n{}\n{}\n</div>').format(
            self.references_title(block), self.blocks(block.blocks)
        )

    def references_title(self, block: model.References) -> Markup:
        title = self.inlines(block.title) if block.title else escape(self.words["references"])
        return Markup('<h{0} id="{1}"{2}>{3}</h{0}>').format(
            2 + self.depth, self.prefix + block.id, "" if block.title else self.added(), title
        )

    def note(self, inline: model.Note) -> Markup:
        # In brackets, since a raised 2 after an 8 reads as a square, or as 82 without styles.
        return Markup("<sup{}>[{}]</sup>").format(ADDED, super().note(inline))

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<div class="notes" role="doc-endnotes">\n<h{0}{1}>{2}</h{0}>\n<ol>\n{3}\n</ol>\n</div>').format(
            2 + self.depth, self.added(), self.words["notes"], Markup("\n").join(items)
        )

    def link(self, inline: model.Link) -> Markup:
        address = self.address(inline.address)
        return super().link(replace(inline, address=address)) if address else self.inlines(inline.content)


def table_classes(table: model.Table) -> str:
    """Return the classes of a table: a list on phones, or everywhere, where its words are too long for columns."""
    needed_px = min_table_width_px(table)
    stacked = f" {stacked_classes(table)}"
    return "" if needed_px <= TABLE_PX else f"{stacked} widens" if needed_px <= WIDE_TABLE_PX else stacked


def min_table_width_px(table: model.Table) -> float:
    """Return the approximate width of a table without broken words."""

    def width_px(cell: model.Cell, _tag: str) -> float:
        has_picture = any(isinstance(node, model.Image) for node in walk(cell.blocks))
        longest = max((len(word) for word in re.split("[ -]", text(cell.blocks))), default=0) * LETTER_PX
        return max(longest, CELL_PX if has_picture else 0)

    widths = column_widths(table, width_px)
    return sum(widths) + PADDING_PX * len(widths)


@dataclass(frozen=True, slots=True)
class MoreLink:
    """A link to the article on the web: a button, or a line below a teaser."""

    words: str
    address: str
    is_button: bool


def render_html(edition: model.Edition, sections: tuple[MailSection, ...], job: Job, images: ImageRegistry) -> str:
    """Return the whole HTML, its styles inlined.

    Args:
        images: Places the pictures, and records those used.
    """
    import css_inline

    front = edition.front
    description, locale = front.description or front.lead, find_locale(front.language)
    announcements = MailRenderer(job.words, images.place)
    logo = find_mail_logo(job.styles, job.publisher.logo)
    sheets = (re.sub(r"(?s)/\*.*?\*/\s*", "", job.styles.text(f"newsletter/{name}")) for name in EMBEDDED_STYLES)
    html = job.styles.render(
        "newsletter/newsletter.html.j2",
        language=front.language,
        direction=str(locale.text_direction) if locale else "ltr",
        title=front.title,
        # Padded, so that no other text follows in the preview of inboxes.
        preheader=Markup("{} {}").format(description, Markup("&#847;&nbsp;") * (PREHEADER_LENGTH - len(description))),
        styles=[Markup(sheet.strip()) for sheet in sheets],  # noqa: S704  # our own files
        words=job.words,
        added=ADDED,
        web_address=front.address,
        publisher=job.publisher,
        logo=place_logo(images, logo) if logo else None,
        chapters=[section_values(edition, section, job, images) for section in sections],
        events=[_event_values(event, job.words, announcements) for event in front.meta.events],
        hours=announcements.blocks(opening_hours(front)),
        footer=footer_of(job.publisher, job.options, job.words),
    )
    # The style blocks of the head are not inlined.
    inliner = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=job.styles.text("newsletter/newsletter.css"),
    )
    try:
        return str(inliner.inline(html)) + "\n"
    except css_inline.InlineError as error:
        raise StyleError(f"cannot be written inline: {error}", source="styles/newsletter/newsletter.css") from error


def section_values(edition: model.Edition, section: MailSection, job: Job, images: ImageRegistry) -> dict[str, object]:
    article = section.article
    is_front = article.id == edition.id
    level = 1 if is_front else 2
    prefix = chapter_prefix(edition, article)
    words = job.words_of(article)
    renderer = MailRenderer(
        words,
        images.place,
        prefix=prefix,
        depth=level - 1,
        address=link_resolver(section),
        language=article.language,
        doctor_on_call=job.publisher.doctor_on_call(article.language),
    )
    heading = Markup('<h{0} id="{1}"{2}>{3}</h{0}>').format(
        level, prefix + TITLE, Markup(' class="title"') if level > 1 else "", article.title
    )
    body = renderer.blocks(section.blocks)
    is_article = not (edition.is_bound and is_front)
    return {
        "level": level,
        "heading": heading,
        "title": article.title,
        "language": renderer.lang(article.language if article.language != edition.front.language else ""),
        "words": words,
        "added": renderer.added(),
        "dates": dates_line(article, words) if not section.is_teaser else "",
        "hero": renderer.figure(section.hero) if section.hero else Markup(""),
        "lead": section.lead,
        "key_points": article.meta.key_points if not section.is_teaser else (),
        "body": body,
        "notes": renderer.notes(),
        "part_title": "" if is_front else part_titles(edition).get(article.id, ""),
        "contents": () if is_article else contents_by_part(edition),
        "more": read_more(section, words) if is_article else None,
        "thumbnail": _thumbnail(section, images),
        "files": download_links(edition.front, job) if is_front else (),
        "related": article.meta.related if section.is_whole else (),
        "meta": article.meta,
    }


def _thumbnail(section: MailSection, images: ImageRegistry) -> dict[str, object] | None:
    placed = images.place_thumbnail(section.thumbnail.picture) if section.thumbnail else None
    if section.thumbnail is None or placed is None:
        return None
    return {"src": placed.src, "alt": section.thumbnail.alt, "width_px": placed.width_px, "height_px": placed.height_px}


def _event_values(event: model.Event, words: Words, renderer: MailRenderer) -> dict[str, object]:
    """Return what an event shows, and its day and month for a tile beside it."""
    day, month = (str(event.day.day), words.month(event.day)) if event.day else ("", "")
    return {"day": day, "month": month, "body": renderer.inlines(event_inlines(event, words))}


def link_resolver(section: MailSection) -> Callable[[str], str]:
    """Return a function from the address of a link to its target in this mail.

    A place that the mail leaves out is linked on the web, or not at all.
    """
    ids = section.ids

    def address(wanted: str) -> str:
        if not wanted.startswith("#") or wanted[1:] in ids:
            return wanted
        return section.article.address + wanted if section.article.address else ""

    return address


def contents_by_part(edition: model.Edition) -> tuple[tuple[str, tuple[model.Related, ...]], ...]:
    return tuple(
        (
            part.title if part else "",
            tuple(model.Related(article.title, f"#{chapter_prefix(edition, article)}{TITLE}") for article in articles),
        )
        for part, articles in edition.groups
    )


def part_titles(edition: model.Edition) -> dict[str, str]:
    """Return the title of each part, by the id of its first article."""
    return {articles[0].id: part.title for part, articles in edition.groups if part}


def read_more(section: MailSection, words: Words) -> MoreLink | None:
    """Return the link to the article on the web, if it has an address; what was cut says so."""
    article = section.article
    if not article.address:
        return None
    if section.is_teaser:
        return MoreLink(words.fill("newsletter_read_article", title=article.title), article.address, is_button=False)
    shown = words["newsletter_read_on_web" if section.is_whole else "newsletter_read_more"]
    return MoreLink(shown, article.address, is_button=True)


def download_links(front: model.Article, job: Job) -> tuple[model.Related, ...]:
    """Return links to the PDF and EPUB of the edition, if `files_base` is set."""
    base = job.options.files_base.rstrip("/")
    return tuple(
        model.Related(job.words[word], f"{base}/{format_}/{front.id}.{suffix}")
        for format_, suffix, word in (("handout", "pdf", "newsletter_pdf"), ("epub", "epub", "newsletter_epub"))
        if base and (not front.meta.formats or format_ in front.meta.formats)
    )


def dates_line(article: model.Article, words: Words) -> str:
    meta = article.meta
    return " · ".join(
        words.fill_known(
            {
                "newsletter_authors": {"names": ", ".join(meta.authors)},
                "newsletter_updated": {"date": words.date(meta.updated)},
                "newsletter_published": {"date": words.date(None if meta.updated else meta.published)},
                "newsletter_reviewed_by": {
                    "date": words.date(meta.reviewed if meta.reviewed_by else None),
                    "name": meta.reviewed_by,
                },
                "newsletter_reviewed": {"date": words.date(None if meta.reviewed_by else meta.reviewed)},
            }
        )
    )


# ---- the text part


def render_text(edition: model.Edition, sections: tuple[MailSection, ...], job: Job) -> str:
    """Return the whole text, its lines ended by a line feed."""
    renderer = TextRenderer(job.words, medium=MEDIUM)
    pieces = [piece for section in sections for piece in section_text(edition, section, job, renderer)]
    renderer.words, renderer.address = job.words, str
    pieces += (
        renderer.heading(heading, 2) + "\n\n" + renderer.blocks(blocks)
        for heading, blocks in announcements_of(edition.front, job.words)
    )
    pieces += [renderer.notes(), renderer.links()]
    pieces.append("-" * WIDTH + "\n" + footer_text(job, renderer))
    return "\n\n\n".join(filter(None, pieces)) + "\n"


def section_text(edition: model.Edition, section: MailSection, job: Job, renderer: TextRenderer) -> tuple[str, ...]:
    article, words = section.article, job.words_of(section.article)
    is_front = article.id == edition.id
    level = 1 if is_front else 2
    renderer.words = words
    renderer.depth = level - 1
    renderer.address = link_resolver(section)
    renderer.doctor_on_call = job.publisher.doctor_on_call(article.language)
    opening = [
        renderer.paragraph("" if is_front else part_titles(edition).get(article.id, "")),
        renderer.heading(article.title, level),
        renderer.paragraph(dates_line(article, words)) if not section.is_teaser else "",
        renderer.blocks((section.hero,)) if section.hero else "",
        renderer.paragraph(section.lead),
    ]
    if article.meta.key_points and not section.is_teaser:
        opening += [renderer.paragraph(words["callout_key_points"]), renderer.bullets(article.meta.key_points)]
    body = renderer.blocks(section.blocks)
    if edition.is_bound and is_front:
        ending = [
            renderer.heading(words["newsletter_contents"], 2),
            *(
                line
                for title, entries in contents_by_part(edition)
                for line in (renderer.paragraph(title), renderer.bullets(entry.title for entry in entries))
            ),
            f"{words['newsletter_browser']}: {article.address}" if article.address else "",
        ]
    else:
        more = read_more(section, words)
        ending = [f"{more.words}: {more.address}"] if more else []
    if is_front:
        ending += [f"{file.title}: {file.address}" for file in download_links(article, job)]
    if section.is_whole and article.meta.related:
        related = (f"{entry.title}: {entry.address}" for entry in article.meta.related)
        ending += [renderer.heading(words["newsletter_related"], level + 1), renderer.bullets(related)]
    return "\n\n".join(filter(None, opening)), body, "\n\n".join(filter(None, ending))


def footer_text(job: Job, renderer: TextRenderer) -> str:
    footer = footer_of(job.publisher, job.options, job.words)
    lines = "\n".join(filter(None, (job.publisher.name, *(line.words for line in footer.lines))))
    links = "\n".join(f"{link.words}: {link.address}" for link in footer.links)
    return "\n\n".join(filter(None, (lines, renderer.paragraph(footer.reason), links)))
