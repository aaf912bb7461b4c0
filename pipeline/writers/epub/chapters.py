"""Chapters of a book: an article as XHTML with sections, pop-up notes, ARIA roles and page breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from pipeline import model
from pipeline.findings import Finding, make_finding
from pipeline.model import children, text, walk
from pipeline.registry import warning_rule
from pipeline.rendering.fonts import widest_word_em
from pipeline.rendering.help_levels import box_label
from pipeline.rendering.markup import (
    ADDED,
    TITLE,
    MarkupRenderer,
    Placed,
    chapter_prefix,
    column_widths,
    part_id,
    stacked_classes,
)
from pipeline.rendering.words import Words
from pipeline.validation.accessibility import UNDESCRIBED
from pipeline.validation.epub import EXTERNAL_SCHEMES
from pipeline.writers import Need

MEDIUM = "book"
REFERENCES_FILE = "references.xhtml"
"""The common list of references of a bound book."""
NOT_ALLOWED_IN_URL = re.compile(r'[\s"<>\\^`{|}]')
PICTURE_PX, PICTURE_BYTES = 1600, 1_500_000
PHONE_EM = 19.9
"""Width of the text on a screen of 340 px, in letters of 16 px."""
_INDENTS_EM: Mapping[type[model.Block], float] = {
    **dict.fromkeys((model.BulletList, model.OrderedList, model.DefinitionList, model.BlockQuote), 1.5),
    model.Callout: 2.7,
}
"""Indents, as in `styles/epub/book.css`."""
_SECTION_LEVEL = 2
_CELL_EM, _CELL_GAP_EM = 0.95, 0.9
"""Type size of tables, and the right padding of every cell but the last, as in `styles/epub/book.css`."""
_FONT_SPARE = 1.15
"""A reader's own typeface may be so much wider than ours."""
_TABLE_EM = (28, 33)
"""Widths of text in which `styles/epub/wide.css` shows the columns of a wide table."""


@dataclass(frozen=True, slots=True)
class NavEntry:
    title: str
    href: str
    below: tuple[NavEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PartPage:
    name: str
    title: str
    id: str
    """Id of the part's heading in the printed edition."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """An article of the book, its file, and the files of its headings."""

    article: model.Article
    name: str
    prefix: str
    file_of: Mapping[str, str]
    """File of each heading, by id without prefix."""
    part: PartPage | None = None

    def href(self, id_: str) -> str:
        """Return the address of a heading in the book; that of the chapter where there is no such heading."""
        return f"{self.file_of[id_]}#{self.prefix}{id_}" if id_ in self.file_of else self.name


@dataclass(frozen=True, slots=True)
class UrgentBox:
    """A box on when to get help, for the page of the book that holds them all."""

    kind: model.CalloutKind
    chapter: Chapter
    href: str
    title: str
    """The author's title, the heading with which the box begins, or else the label of its level."""
    lines: tuple[str | tuple[str, ...], ...]
    """Paragraphs, and lists as their items."""


def _urgent_box(box: model.Callout, chapter: Chapter, id_: str, label: str) -> UrgentBox:
    blocks = box.blocks
    title = text(box.title)
    if not title and blocks and isinstance(blocks[0], model.Header):
        title, blocks = text(blocks[:1]), blocks[1:]
    return UrgentBox(box.kind, chapter, f"{chapter.name}#{id_}", title or label, tuple(_signs(blocks)))


def _signs(blocks: Iterable[model.Block]) -> Iterator[str | tuple[str, ...]]:
    """Yield the words of each block; of a list those of each item."""
    for block in blocks:
        if isinstance(block, model.BulletList | model.OrderedList):
            yield tuple(filter(None, map(text, block.items)))
        elif words := text((block,)):
            yield words


def chapters_of(edition: model.Edition) -> tuple[Chapter, ...]:
    part_of: dict[str, PartPage] = {}
    for number, part in enumerate(edition.front.meta.parts, 1):
        part_of |= dict.fromkeys(part.articles, PartPage(f"part-{number:02}.xhtml", part.title, part_id(edition, part)))
    return tuple(
        Chapter(
            article,
            name,
            chapter_prefix(edition, article),
            _file_of_ids(edition, article, name),
            part_of.get(article.id),
        )
        for article, name in zip(edition.chapters, map("chapter-{:03}.xhtml".format, count(1)), strict=False)
    )


def book_need(picture: model.Picture) -> Need:
    return Need(picture, PICTURE_PX, PICTURE_BYTES)


def _file_of_ids(edition: model.Edition, article: model.Article, name: str) -> Mapping[str, str]:
    def is_collected(node: model.References) -> bool:
        """Tell whether references go to the common list: links to their notes and boxes would break there."""
        inside = walk((*node.title, *node.blocks))
        return edition.is_bound and not any(isinstance(each, model.Note | model.Callout) for each in inside)

    return {
        node.id: REFERENCES_FILE if isinstance(node, model.References) and is_collected(node) else name
        for node in visible_content(article.blocks)
        if isinstance(node, model.References) or (isinstance(node, model.Header) and _has_words(node.content))
    }


def visible_content(blocks: tuple[model.Block, ...]) -> Iterator[model.Block | model.Inline | model.Cell]:
    """Yield all content of a book's blocks, without blocks for other media."""
    waiting: list[model.Block | model.Inline | model.Cell] = list(reversed(blocks))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, model.Div) or not node.media or MEDIUM in node.media:
            yield node
            waiting.extend(reversed(children(node)))


@dataclass(slots=True)
class PageBreaks:
    """Page breaks of the printed handout, in reading order."""

    page_of: Mapping[str, int]
    """Printed page of each id; empty: nothing was printed."""
    page_list: list[NavEntry] = field(default_factory=list)
    last: int = 0

    def page(self, *ids: str) -> int:
        """Return the printed page of the first of these ids that was printed; 0: none was."""
        return next((self.page_of[id_] for id_ in ids if id_ in self.page_of), 0)

    def mark(self, page: int, file: str) -> Markup:
        """Return the page breaks, in a file of the book, of all pages up to this one that are not marked yet."""
        pages = range(self.last + 1, page + 1)
        self.last = max(self.last, page)
        self.page_list += [NavEntry(str(number), f"{file}#_page-{number}") for number in pages]
        mark = Markup('<div epub:type="pagebreak" role="doc-pagebreak" id="_page-{0}" aria-label="{0}"{1}></div>')
        return Markup("\n").join(mark.format(number, ADDED) for number in pages)


class ChapterRenderer(MarkupRenderer):
    xml = True

    def __init__(
        self,
        chapter: Chapter,
        words: Words,
        place: Callable[[model.Picture], Placed | None],
        *,
        chapters: Mapping[str, Chapter],
        page_breaks: PageBreaks,
        doctor_on_call: str = "",
    ) -> None:
        own = chapter.article.language
        super().__init__(
            words, place, medium=MEDIUM, prefix=chapter.prefix, language=own, doctor_on_call=doctor_on_call
        )
        self.chapter = chapter
        self.chapters = chapters
        """All chapters of the book, by the web address of their article."""
        self.page_breaks = page_breaks
        self.urgent: list[UrgentBox] = []
        """The boxes on when to get help."""
        self.findings: list[Finding] = []
        self.moved: list[Markup] = []
        """Its references, for the common list of the book."""
        self._is_in_references = False
        self._boxes = 0
        self._box_names: set[tuple[str, str]] = set()
        self._room_em = PHONE_EM
        self._labels: tuple[model.Cell, ...] | None = None
        """Head cells of the table that is rendered, where phones show it as a list."""
        self._notes_in_link: list[Markup] | None = None
        """Note references within a link, which are put after it: links cannot be nested."""

    # ---- sections and printed pages

    def article(self, article: model.Article, last_page: int = 0) -> Markup:
        """Return the blocks, each heading and its content in a section.

        A page that begins within a long block is marked before that block, since the position of its break is unknown;
        pages after the last block, with notes and imprint, are marked at the end of the text.

        Args:
            last_page: The printed page on which the article ends; 0: unknown.
        """
        pieces: list[Markup] = []
        levels: list[int] = []
        starts = [self.page_breaks.page(self.anchor(number, block)) for number, block in enumerate(article.blocks, 1)]
        for number, block in enumerate(article.blocks, 1):
            level = _heading_level(block)
            while level and levels and levels[-1] >= level:
                levels.pop()
                pieces.append(Markup("</section>"))
            after = next(filter(None, starts[number:]), 0)
            pieces.append(self.page_marks(max(starts[number - 1], after - 1)))
            if isinstance(block, model.Header):
                levels.append(level)
                pieces.append(Markup("<section>"))
            pieces.append(self.anchored(number, block))
        pieces += [*[Markup("</section>")] * len(levels), self.page_marks(last_page)]
        return Markup("\n").join(piece for piece in pieces if piece)

    def opening_mark(self) -> Markup:
        """Return the page break of the title, or else of the first printed block."""
        blocks = (self.anchor(number, block) for number, block in enumerate(self.chapter.article.blocks, 1))
        return self.page_marks(self.page_breaks.page(self.prefix + TITLE, *blocks))

    def page_marks(self, page: int) -> Markup:
        """Return the page breaks of all pages up to this one that are not marked yet."""
        return self.page_breaks.mark(page, self.chapter.name)

    def hero(self, figure: model.Figure) -> Markup:
        """Return the picture at the top; without a text alternative it is marked as undescribed, not as decorative."""
        markup = self.figure(figure)
        if figure.image.alt.strip():
            return markup
        return Markup(str(markup).replace("<img ", f'<img {UNDESCRIBED}="" ', 1))  # noqa: S704  # escaped where it was made

    def figure(self, block: model.Figure) -> Markup:
        figure, placed = super().figure(block), self.place(block.image.picture)
        if not placed or not placed.is_drawing:
            return figure
        return Markup('<figure class="drawing">') + figure.removeprefix("<figure>")

    # ---- boxes and references

    def callout(self, block: model.Callout) -> Markup:
        self._boxes += 1
        id_ = f"{self.prefix}_box-{self._boxes}"
        tag, kind = (Markup("aside"), "tip") if block.kind == "tip" else (Markup("section"), "notice")
        if block.kind in model.URGENT_KINDS:
            self.urgent.append(_urgent_box(block, self.chapter, id_, box_label(block, self.words)))
        name = f"{id_}-title"
        heading = self.callout_title(block, name)
        # Landmarks of one page must have different names: a second box of the same name is a note without one.
        is_named = bool(heading) and (known := (block.kind, model.text(block.title))) not in self._box_names
        if is_named:
            self._box_names.add(known)
        named = (Markup(' aria-labelledby="{}"').format(name) if is_named else "") + (ADDED if block.is_added else "")
        return Markup('<{0} id="{1}" class="callout {2}" epub:type="{3}" role="doc-{3}"{4}>\n{5}\n{6}\n</{0}>').format(
            tag, id_, block.kind, kind, named, heading, self.blocks(block.blocks)
        )

    def references(self, block: model.References) -> Markup:
        """Return the references, or a link to the common list of the book."""
        if block.title and not _has_words(block.title):
            block = replace(block, title=())
        if self.chapter.file_of.get(block.id) != REFERENCES_FILE:
            return Markup(
                '<section class="references" epub:type="bibliography" role="doc-bibliography">\n{}\n{}\n</section>'
            ).format(self.references_title(block), self.blocks(block.blocks))
        # The list is in another file, so that links to the chapter's headings need the chapter's file name.
        self._is_in_references = True
        title = Markup("<h3>{}</h3>\n").format(self.inlines(block.title)) if block.title else Markup("")
        self.moved.append(
            Markup('<h2 id="{}"{}><a href="{}">{}</a></h2>\n{}{}').format(
                self.prefix + block.id, ADDED, self.chapter.name, self.chapter.article.title, title,
                self.blocks(block.blocks),
            )
        )  # fmt: skip
        self._is_in_references = False
        return Markup('<p class="to-references"{}><a href="{}">{}</a></p>').format(
            self.added(), self.chapter.href(block.id), self.words["references"]
        )

    # ---- tables

    def block(self, block: model.Block) -> Markup:
        indent_em = _INDENTS_EM.get(type(block), 0.0)
        self._room_em -= indent_em
        markup = super().block(block)
        self._room_em += indent_em
        return markup

    def table(self, block: model.Table) -> Markup:
        """Return a table; one that is too wide for a phone becomes cards there, one for each row.

        Its roles are stated, since readers take them from a table that is not shown as one.
        """
        least_em = _least_table_em(block)
        if least_em <= self._room_em:
            return super().table(block)
        self._labels = block.head
        rows = str(super().table(block).removeprefix("<table>"))
        rows = Markup(rows.replace("<tr>", '<tr role="row">').replace("<td", '<td role="cell"'))  # noqa: S704  # escaped
        self._labels = None
        fits = next((f" fits-{width_em}" for width_em in _TABLE_EM if least_em <= width_em), "")
        return Markup('<div class="wide"><table class="{}{}" role="table">{}</div>').format(
            stacked_classes(block), fits, rows
        )

    def row(self, cells: Sequence[model.Cell], tag: str) -> Markup:
        is_labelled = self._labels is not None and tag == "td"
        return self.labelled_row(cells, self._labels or ()) if is_labelled else super().row(cells, tag)

    def cell(self, cell: model.Cell, tag: str) -> Markup:
        """Return a cell; a head cell without words, such as one in the corner, becomes a plain cell."""
        return super().cell(cell, "td" if tag == "th" and not _has_words(cell.blocks) else tag)

    def header(self, block: model.Header) -> Markup:
        """Return a heading; one without words is left out."""
        return super().header(block) if _has_words(block.content) else Markup("")

    # ---- footnotes: an aside each, so that readers show it where it is referred to

    def note(self, inline: model.Note) -> Markup:
        number, mark = self.note_mark(inline)
        reference = Markup(
            '<a class="note-ref" id="{0}_noteref-{1}" href="#{0}_note-{2}" epub:type="noteref" role="doc-noteref"{3}>'
            "{2}</a>"
        ).format(self.prefix, mark, number, ADDED)
        if self._notes_in_link is None:
            return reference
        self._notes_in_link.append(reference)
        return Markup("")

    def note_item(self, number: int, note: model.Note) -> Markup:
        back = Markup(
            '<a class="note-back" href="#{0}_noteref-{1}" role="doc-backlink" aria-label="{2}"{3}>{1} ↑</a>'
        ).format(self.prefix, number, self.words.fill("epub_back_to_note", number=number), self.added())
        return Markup(
            '<aside class="note" id="{0}_note-{1}" epub:type="footnote" role="doc-footnote">\n{2}\n{3}\n</aside>'
        ).format(self.prefix, number, back, self.blocks(note.blocks))

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<section class="notes" epub:type="footnotes">\n<h2{}>{}</h2>\n{}\n</section>').format(
            self.added(), self.words["notes"], Markup("\n").join(items)
        )

    # ---- links

    def link(self, inline: model.Link) -> Markup:
        if self._notes_in_link is not None:  # a link in a link
            return self.inlines(inline.content)
        self._notes_in_link = []
        inside = self.inlines(inline.content)
        after = Markup("").join(self._notes_in_link)
        self._notes_in_link = None
        href = self.href(inline) if _has_words(inline.content) else ""
        return (Markup('<a href="{}">{}</a>').format(href, inside) if href else inside) + after

    @warning_rule(
        "epub-link-dead",
        "A link in the e-book has no target; its words are kept without it.",
        "`[se skemaet](#skema)` in an article without such a heading",
        "Correct the address, or the heading that it refers to.",
    )
    def href(self, link: model.Link) -> str:
        """Return the target of a link: in the book where possible, else on the web, else nothing."""
        address, _, fragment = link.address.partition("#")
        if not address:
            if fragment in self.chapter.file_of:
                file, _, place = self.chapter.href(fragment).partition("#")
                return f"#{place}" if file == self.chapter.name and not self._is_in_references else f"{file}#{place}"
        elif target := self.chapters.get(address.rstrip("/")):
            return target.href(fragment)
        elif outside := web_address(link.address):
            return outside
        message = f"the link to {link.address!r} leads nowhere"
        self.findings.append(make_finding("epub-link-dead", self.chapter.article.source, link.line, message))
        return ""


def _least_table_em(table: model.Table) -> float:
    """Return the width of a table in which no word is broken."""

    def width_em(cell: model.Cell, tag: str) -> float:
        return widest_word_em(text(cell.blocks), "bold" if tag == "th" else "regular") * _FONT_SPARE

    widths = column_widths(table, width_em)
    return _CELL_EM * (sum(widths) + _CELL_GAP_EM * (len(widths) - 1))


def chapter_toc(chapter: Chapter, words: Words) -> tuple[NavEntry, ...]:
    """Return the sections of a chapter; what stands below them, such as each of many questions, is left out."""
    entries: list[NavEntry] = []
    for block in model.opened(chapter.article.blocks):
        # Headings in another file are left out: a table of contents follows the reading order.
        if not isinstance(block, model.Header | model.References) or _heading_level(block) != _SECTION_LEVEL:
            continue
        if chapter.file_of.get(block.id) == chapter.name:
            content = block.content if isinstance(block, model.Header) else block.title
            pictured = " ".join(node.alt for node in walk(content) if isinstance(node, model.Image))
            entries.append(NavEntry(text(content) or pictured or words["references"], chapter.href(block.id)))
    return tuple(entries)


def _heading_level(block: model.Block) -> int:
    """Return the level of a heading, or of the one that a passage found by its words begins with; 0: not a heading."""
    match block:
        case model.Header(level) | model.Callout(_, (model.Header(level), *_), is_found=True):
            return level
        case model.References():
            return 2
    return 0


def _has_words(content: tuple[model.Inline | model.Block, ...]) -> bool:
    """Tell whether content can be read out: it has words, or a picture with a text alternative."""
    return bool(text(content).strip()) or any(isinstance(node, model.Image) and node.alt for node in walk(content))


def web_address(address: str) -> str:
    """Return an address in the form that reading systems accept, or nothing for an address that leads nowhere.

    Browsers repair invalid characters in an address; reading systems do not.
    """
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and not NOT_ALLOWED_IN_URL.search(parts.netloc)
    except ValueError:
        return ""
    is_sound = parts.scheme in EXTERNAL_SCHEMES and (has_host or parts.scheme in ("mailto", "tel"))
    return NOT_ALLOWED_IN_URL.sub(lambda bad: quote(bad[0]), address) if is_sound else ""
