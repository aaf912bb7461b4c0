"""The HTML of a mail: tables for layout, styles inline, and extras for clients that know more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from pipeline.errors import StyleError
from pipeline.model import (
    Article,
    Callout,
    Cell,
    Edition,
    Figure,
    Header,
    Image,
    Link,
    Metadata,
    Note,
    Picture,
    References,
    Related,
    Table,
    text,
    walk,
)
from pipeline.rendering.markup import ADDED, TITLE, MarkupRenderer, Placed, chapter_prefix
from pipeline.rendering.words import Words
from pipeline.writers import Job
from pipeline.writers.newsletter.announcements import announcements_of
from pipeline.writers.newsletter.footer import footer_of
from pipeline.writers.newsletter.mail_images import ImageRegistry, find_mail_logo, place_logo
from pipeline.writers.newsletter.sections import MailSection

MEDIUM = "mail"
CELL_PX = 120
"""A picture in a table cell: two of them fit beside words at 320 px."""
TABLE_PX, WIDE_TABLE_PX = 220, 540
"""What is left for a table in a box on a screen of 320 px, and in the column of a large one."""
LETTER_PX, PADDING_PX = 8, 16
PREHEADER_LENGTH = 150
EMBEDDED_STYLES = ("screens.css", "dark.css", "outlook.css")
_LAYOUT_TABLE_ATTRIBUTES = Markup('role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"')


class MailRenderer(MarkupRenderer):
    """Markup as mail programs understand it: boxes are tables, sections plain blocks."""

    def __init__(
        self,
        words: Words,
        place: Callable[[Picture], Placed | None],
        *,
        prefix: str,
        depth: int,
        address: Callable[[str], str],
    ) -> None:
        """Begin an article.

        Args:
            depth: Added to the level of every heading.
            address: Where a link leads; empty leaves just its words.
        """
        super().__init__(words, place, medium=MEDIUM, prefix=prefix)
        self.depth = depth
        self.address = address
        self._is_in_cell = False

    def header(self, block: Header) -> Markup:
        return super().header(replace(block, level=min(block.level + self.depth, 6)))

    def callout(self, block: Callout) -> Markup:
        # Outlook for Windows gives ground and padding to cells alone.
        return Markup(
            '<table class="callout" {}><tr><td class="box {}">\n<div role="note">\n{}\n{}\n</div>\n</td></tr></table>'
        ).format(_LAYOUT_TABLE_ATTRIBUTES, block.kind, self.callout_title(block), self.blocks(block.blocks))

    def figure(self, block: Figure) -> Markup:
        image = self.picture(block.image, "picture")
        if not image:
            return Markup("")
        caption = Markup('\n<p class="caption">{}</p>').format(self.inlines(block.caption)) if block.caption else ""
        return Markup('<div class="figure">{}{}</div>').format(image, caption)

    def image(self, inline: Image) -> Markup:
        return self.picture(inline, "small")

    def picture(self, image: Image, kind: str) -> Markup:
        """Return a picture that shrinks with the screen; its attributes hold for clients that know no `max-width`."""
        placed = self.place(image.picture)
        if placed is None:
            return Markup("")
        width, height = placed.width_px, placed.height_px
        if self._is_in_cell and width > CELL_PX:
            width, height = CELL_PX, max(1, round(height * CELL_PX / width))
        widest = Markup(' style="max-width: {}px"').format(width) if kind == "picture" else ""
        return Markup('<img class="{}" src="{}" alt="{}" width="{}" height="{}"{}>').format(
            kind, placed.src, image.alt, width, height, widest
        )

    def table(self, block: Table) -> Markup:
        caption = Markup("<caption>{}</caption>\n").format(self.inlines(block.caption)) if block.caption else ""
        self._is_in_cell = True
        head = Markup("<thead>\n{}\n</thead>\n").format(self.row(block.head, "th")) if block.head else ""
        shape = table_classes(block)
        labels = [text(cell.blocks) for cell in block.head] if shape else []
        rows = Markup("\n").join(self.labelled_row(row, labels) for row in block.rows)
        self._is_in_cell = False
        return Markup('<table class="data{}">\n{}{}<tbody>\n{}\n</tbody>\n</table>').format(shape, caption, head, rows)

    def labelled_row(self, cells: Iterable[Cell], labels: list[str]) -> Markup:
        """Return a row whose cells carry their column's heading, hidden where the table is shown as one."""
        pieces = []
        for number, cell in enumerate(cells):
            label = labels[number] if number < len(labels) and cell.blocks else ""
            shown = Markup('<span class="label"{}>{}: </span>').format(ADDED, label) if label else ""
            align = Markup(' class="{}"').format(cell.alignment) if cell.alignment else ""
            pieces.append(Markup("<td{}>{}{}</td>").format(align, shown, self.blocks(cell.blocks)))
        return Markup("<tr>{}</tr>").format(Markup("").join(pieces))

    def references(self, block: References) -> Markup:
        return Markup('<div class="references">\n{}\n{}\n</div>').format(
            self.references_title(block), self.blocks(block.blocks)
        )

    def references_title(self, block: References) -> Markup:
        title = self.inlines(block.title) if block.title else escape(self.words["references"])
        return Markup('<h{0} id="{1}"{2}>{3}</h{0}>').format(
            2 + self.depth, self.prefix + block.id, "" if block.title else ADDED, title
        )

    def note(self, inline: Note) -> Markup:
        # In brackets, since a raised 2 behind an 8 reads as a square, and as 82 where styles are dropped.
        return Markup("<sup{}>[{}]</sup>").format(ADDED, super().note(inline))

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<div class="notes" role="doc-endnotes">\n<h{0}{1}>{2}</h{0}>\n<ol>\n{3}\n</ol>\n</div>').format(
            2 + self.depth, ADDED, self.words["notes"], Markup("\n").join(items)
        )

    def link(self, inline: Link) -> Markup:
        address = self.address(inline.address)
        return super().link(replace(inline, address=address)) if address else self.inlines(inline.content)


def table_classes(table: Table) -> str:
    """Return the classes of a table: a list on phones, or everywhere, where its words are too long for columns."""
    needed_px = min_table_width_px(table)
    if needed_px <= TABLE_PX:
        return ""
    return " stacks widens" if needed_px <= WIDE_TABLE_PX else " stacks"


def min_table_width_px(table: Table) -> int:
    """Return about how narrow a table can be without breaking a word."""
    widths: dict[int, int] = {}
    for row in (table.head, *table.rows):
        for number, cell in enumerate(row):
            has_picture = any(isinstance(node, Image) for node in walk(cell.blocks))
            longest = max((len(word) for word in re.split("[ -]", text(cell.blocks))), default=0) * LETTER_PX
            widths[number] = max(widths.get(number, 0), longest, CELL_PX if has_picture else 0)
    return sum(widths.values()) + PADDING_PX * len(widths)


@dataclass(frozen=True, slots=True)
class Button:
    """A link as large as a finger; `label` tells it from others with the same words."""

    words: str
    address: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class SectionContext:
    """What the template shows of one part."""

    level: int
    part_title: str
    """Of the part of the edition that it opens."""
    heading: Markup
    language: Markup
    dates: str
    hero: Markup
    lead: str
    key_points: tuple[str, ...]
    body: Markup
    notes: Markup
    contents: tuple[tuple[str, tuple[Related, ...]], ...]
    """Articles by the title of their part, which is empty for those in none."""
    buttons: tuple[Button, ...]
    files: tuple[Related, ...]
    related: tuple[Related, ...]
    meta: Metadata


def render_html(edition: Edition, parts: tuple[MailSection, ...], job: Job, gallery: ImageRegistry) -> str:
    """Return the whole HTML, its styles inlined.

    Args:
        gallery: Places the pictures, and remembers which the page shows.
    """
    import css_inline

    front = edition.front
    logo = find_mail_logo(job.styles, job.publisher.logo)
    styles = [Markup(strip_css_comments(job.styles.text(f"newsletter/{name}"))) for name in EMBEDDED_STYLES]  # noqa: S704  # our own files
    html = job.styles.render(
        "newsletter/newsletter.html.j2",
        language=front.language,
        direction=text_direction(front.language),
        title=front.title,
        preheader=preheader(front.description or front.lead),
        styles=styles,
        words=job.words,
        added=ADDED,
        web_address=front.address,
        publisher=job.publisher,
        logo=place_logo(gallery, logo) if logo else None,
        chapters=[section_context(edition, part, job, gallery) for part in parts],
        notices=render_announcements(edition, job, gallery),
        footer=footer_of(job.publisher, job.options, job.words),
    )
    # The blocks of the head are left as they are: css-inline would write their rules into the body, too.
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


def section_context(edition: Edition, part: MailSection, job: Job, gallery: ImageRegistry) -> SectionContext:
    """Return one part as the template shows it."""
    article = part.article
    is_front = article.id == edition.id
    level = 1 if is_front else 2
    prefix = chapter_prefix(edition, article)
    renderer = MailRenderer(job.words, gallery.place, prefix=prefix, depth=level - 1, address=link_resolver(part))
    heading = Markup('<h{0} id="{1}"{2}>{3}</h{0}>').format(
        level, prefix + TITLE, Markup(' class="title"') if level > 1 else "", article.title
    )
    body = renderer.blocks(part.blocks)
    is_article = not (edition.is_bound and is_front)
    return SectionContext(
        level=level,
        heading=heading,
        language=renderer.lang(article.language if article.language != edition.front.language else ""),
        dates=dates_line(article, job.words) if not part.is_teaser else "",
        hero=renderer.figure(part.hero) if part.hero else Markup(""),
        lead=part.lead,
        key_points=article.meta.key_points if not part.is_teaser else (),
        body=body,
        notes=renderer.notes(),
        part_title="" if is_front else part_titles(edition).get(article.id, ""),
        contents=() if is_article else contents_by_part(edition),
        buttons=read_more_buttons(part, job.words, is_alone=is_front) if is_article else (),
        files=download_links(edition.front, job) if is_front else (),
        related=article.meta.related if part.is_whole else (),
        meta=article.meta,
    )


def render_announcements(edition: Edition, job: Job, gallery: ImageRegistry) -> tuple[tuple[str, Markup], ...]:
    """Return the heading and the markup of each notice."""
    renderer = MailRenderer(job.words, gallery.place, prefix="", depth=0, address=str)
    return tuple(
        (notice.heading, renderer.blocks(notice.blocks)) for notice in announcements_of(edition.front, job.words)
    )


def link_resolver(part: MailSection) -> Callable[[str], str]:
    """Return a function from a link's address to where it leads from this mail.

    A place in the article that the mail leaves out is reached on the web, or not at all.
    """
    ids = part.ids

    def address(wanted: str) -> str:
        if not wanted.startswith("#") or wanted[1:] in ids:
            return wanted
        return part.article.address + wanted if part.article.address else ""

    return address


def contents_by_part(edition: Edition) -> tuple[tuple[str, tuple[Related, ...]], ...]:
    """Return the list of contents of a bound edition, by its parts."""
    return tuple(
        (
            part.title if part else "",
            tuple(Related(article.title, f"#{chapter_prefix(edition, article)}{TITLE}") for article in articles),
        )
        for part, articles in edition.groups
    )


def part_titles(edition: Edition) -> dict[str, str]:
    """Return the title of each part of the edition, by the id of the article that opens it."""
    return {articles[0].id: part.title for part, articles in edition.groups if part}


def read_more_buttons(part: MailSection, words: Words, *, is_alone: bool) -> tuple[Button, ...]:
    """Return the button to the article on the web, where it lies there."""
    article = part.article
    if not article.address:
        return ()
    shown = words["newsletter_read_on_web" if part.is_whole else "newsletter_read_more"]
    # Several buttons of one mail say the same: what a screen reader says begins with the words seen (WCAG 2.5.3).
    return (Button(shown, article.address, "" if is_alone else f"{shown}: {article.title}"),)


def download_links(front: Article, job: Job) -> tuple[Related, ...]:
    """Return links to the same edition as PDF and EPUB, where it is said that they will lie on the web."""
    base = job.options.files_base.rstrip("/")
    wanted = (("handout", "pdf", "newsletter_pdf"), ("epub", "epub", "newsletter_epub"))
    return tuple(
        Related(job.words[word], f"{base}/{format_}/{front.id}.{suffix}")
        for format_, suffix, word in wanted
        if base and (not front.meta.formats or format_ in front.meta.formats)
    )


def dates_line(article: Article, words: Words) -> str:
    """Return who wrote and reviewed an article and when, as one line."""
    meta = article.meta
    pieces = [words.fill("newsletter_authors", names=", ".join(meta.authors))] if meta.authors else []
    if meta.updated:
        pieces.append(words.fill("newsletter_updated", date=words.date(meta.updated)))
    elif meta.published:
        pieces.append(words.fill("newsletter_published", date=words.date(meta.published)))
    if meta.reviewed and meta.reviewed_by:
        pieces.append(words.fill("newsletter_reviewed_by", date=words.date(meta.reviewed), name=meta.reviewed_by))
    elif meta.reviewed:
        pieces.append(words.fill("newsletter_reviewed", date=words.date(meta.reviewed)))
    return " · ".join(pieces)


def preheader(description: str) -> Markup:
    """Return what inboxes show beside the subject, filled up so that no other text runs into it."""
    filling = Markup("&#847;&nbsp;") * max(0, PREHEADER_LENGTH - len(description))
    return Markup("{} {}").format(description, filling)


def text_direction(language: str) -> str:
    """Return the direction in which a language is written: ltr or rtl."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language, sep="-").text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


def strip_css_comments(css: str) -> str:
    """Return a style sheet without its comments, which would be sent along."""
    return re.sub(r"/\*.*?\*/\s*", "", css, flags=re.DOTALL).strip()
