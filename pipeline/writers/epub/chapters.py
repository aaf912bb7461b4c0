"""Chapters of a book: an article as XHTML with sections, pop-up notes, ARIA roles and page breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from pipeline.findings import Finding, make_finding
from pipeline.model import (
    Article,
    Block,
    Callout,
    Cell,
    Div,
    Edition,
    Figure,
    Header,
    Image,
    Inline,
    Link,
    Note,
    Picture,
    References,
    children,
    text,
    walk,
)
from pipeline.registry import warning_rule
from pipeline.rendering.markup import ADDED, TITLE, MarkupRenderer, Placed, chapter_prefix, part_id
from pipeline.rendering.words import Words
from pipeline.validation.accessibility import UNDESCRIBED

ASIDE_TAG, SECTION_TAG = Markup("aside"), Markup("section")
MEDIUM = "book"
REFERENCES_FILE = "references.xhtml"
"""The one list of references of a bound book."""
NOT_ALLOWED_IN_URL = re.compile(r'[\s"<>\\^`{|}]')
EXTERNAL_SCHEMES = ("http", "https", "mailto", "tel")


@dataclass(frozen=True, slots=True)
class NavEntry:
    """Something to go to: an entry of a table of contents, with those below it."""

    title: str
    href: str
    below: tuple[NavEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PartPage:
    """The file that opens a part of the book, before the chapters of it."""

    name: str
    title: str
    id: str
    """Of its heading in the printed edition."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """An article of the book: the file it fills, and where its headings can be gone to."""

    article: Article
    name: str
    prefix: str
    file_of: Mapping[str, str]
    """The file in which each of its headings stands, by id without prefix."""
    part: PartPage | None = None
    """The part it stands in."""

    def href(self, id_: str) -> str:
        """Return where a heading stands in the book; the chapter where it has no such heading."""
        return f"{self.file_of[id_]}#{self.prefix}{id_}" if id_ in self.file_of else self.name


def chapters_of(edition: Edition) -> tuple[Chapter, ...]:
    """Return the chapters of an edition, in reading order."""
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


def _file_of_ids(edition: Edition, article: Article, name: str) -> Mapping[str, str]:
    return {
        node.id: REFERENCES_FILE
        if edition.is_bound and isinstance(node, References) and _can_be_collected(node)
        else name
        for node in visible_content(article.blocks)
        if isinstance(node, References) or (isinstance(node, Header) and _has_words(node.content))
    }


def visible_content(blocks: tuple[Block, ...]) -> Iterator[Block | Inline | Cell]:
    """Walk what a book shows: all but the blocks that are meant for other media."""
    waiting: list[Block | Inline | Cell] = list(reversed(blocks))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Div) or not node.media or MEDIUM in node.media:
            yield node
            waiting.extend(reversed(children(node)))


def _can_be_collected(references: References) -> bool:
    """Tell whether a list may stand away from its chapter: its notes and boxes could not be led back to."""
    return not any(isinstance(node, Note | Callout) for node in walk((*references.title, *references.blocks)))


@dataclass(slots=True)
class PageBreaks:
    """Which printed pages have been marked so far, in reading order."""

    page_of: Mapping[str, int]
    """The page on which each id landed; empty where nothing was printed."""
    page_list: list[NavEntry] = field(default_factory=list)
    last: int = 0

    def page(self, *ids: str) -> int:
        """Return the page on which the first of these ids that was printed begins; 0 where none was."""
        return next((self.page_of[id_] for id_ in ids if id_ in self.page_of), 0)

    def due(self, page: int) -> tuple[int, ...]:
        """Return the pages up to this one that are not marked yet, and count them as marked."""
        pages = tuple(range(self.last + 1, page + 1))
        self.last = max(self.last, page)
        return pages

    def begin(self, page: int, file: str) -> Markup:
        """Return the marks, in a file of the book, of the pages up to this one that have none yet."""
        pages = self.due(page)
        self.page_list += [NavEntry(str(number), f"{file}#_page-{number}") for number in pages]
        mark = Markup('<div epub:type="pagebreak" role="doc-pagebreak" id="_page-{0}" aria-label="{0}"{1}></div>')
        return Markup("\n").join(mark.format(number, ADDED) for number in pages)


class ChapterRenderer(MarkupRenderer):
    """Turns one article into the body of a chapter."""

    def __init__(
        self,
        chapter: Chapter,
        words: Words,
        place: Callable[[Picture], Placed | None],
        *,
        chapters: Mapping[str, Chapter],
        marks: PageBreaks,
        last_page: int = 0,
    ) -> None:
        """Begin a chapter.

        Args:
            chapters: Those of the whole book, by the web address of their article.
            last_page: The printed page on which it ends; 0 where that is not known.
        """
        super().__init__(words, place, medium=MEDIUM, prefix=chapter.prefix, xml=True)
        self.chapter = chapter
        self.chapters = chapters
        self.marks = marks
        self.last_page = last_page
        self.urgent: list[NavEntry] = []
        """The boxes that say when to see a doctor."""
        self.findings: list[Finding] = []
        self.moved: list[Markup] = []
        """Its references, where they stand in the one list of the book."""
        self._is_away = False
        self._boxes = 0
        self._held: list[Markup] | None = None
        """Note numbers met inside a link, which come after it: a link in a link is no markup."""

    # ---- sections and printed pages

    def article(self, article: Article) -> Markup:
        """Return the blocks, each heading with what stands below it in a section of its own.

        A page that begins within a long block is marked before that block, since where it breaks is not known; pages
        behind the last block, with notes and the clinic's address, are marked at the end of the text.
        """
        pieces: list[Markup] = []
        levels: list[int] = []
        starts = [self.marks.page(self.anchor(number, block)) for number, block in enumerate(article.blocks, 1)]
        for number, block in enumerate(article.blocks, 1):
            level = _heading_level(block)
            while level and levels and levels[-1] >= level:
                levels.pop()
                pieces.append(Markup("</section>"))
            after = next(filter(None, starts[number:]), 0)
            pieces.append(self.page_marks(max(starts[number - 1], after - 1)))
            if isinstance(block, Header):
                levels.append(level)
                pieces.append(Markup("<section>"))
            pieces.append(self.anchored(number, block))
        pieces += [*[Markup("</section>")] * len(levels), self.page_marks(self.last_page)]
        return Markup("\n").join(piece for piece in pieces if piece)

    def opening_mark(self) -> Markup:
        """Return the mark of the page on which the article begins: where its title landed, or else its first block."""
        blocks = (self.anchor(number, block) for number, block in enumerate(self.chapter.article.blocks, 1))
        return self.page_marks(self.marks.page(self.prefix + TITLE, *blocks))

    def page_marks(self, page: int) -> Markup:
        """Return the marks of the printed pages up to this one that have none yet."""
        return self.marks.begin(page, self.chapter.name)

    def hero(self, figure: Figure) -> Markup:
        """Return the picture at the top; where it has no text alternative, no author has said that it decorates."""
        markup = self.figure(figure)
        if figure.image.alt.strip():
            return markup
        return Markup(str(markup).replace("<img ", f'<img {UNDESCRIBED}="" ', 1))  # noqa: S704  # escaped where it was made

    # ---- boxes and references

    def callout(self, block: Callout) -> Markup:
        self._boxes += 1
        id_ = f"{self.prefix}_box-{self._boxes}"
        is_tip = block.kind == "tip"
        tag, role, kind = (ASIDE_TAG, "doc-tip", "tip") if is_tip else (SECTION_TAG, "doc-notice", "notice")
        title = self.inlines(block.title) or escape(self.words[f"callout_{block.kind}".replace("-", "_")])
        if block.kind == "see-doctor":
            self.urgent.append(NavEntry(text(block.title) or str(title), f"{self.chapter.name}#{id_}"))
        return Markup(
            '<{0} id="{1}" class="callout {2}" epub:type="{3}" role="{4}" aria-labelledby="{1}-title">\n'
            '<p class="callout-title" id="{1}-title"{5}>{6}</p>\n{7}\n</{0}>'
        ).format(
            tag, id_, block.kind, kind, role, "" if block.title else ADDED, title, self.blocks(block.blocks)
        )  # fmt: skip

    def references(self, block: References) -> Markup:
        """Return the references, or the way to the book's one list of them."""
        if block.title and not _has_words(block.title):
            block = replace(block, title=())
        if self.chapter.file_of.get(block.id) != REFERENCES_FILE:
            return Markup(
                '<section class="references" epub:type="bibliography" role="doc-bibliography">\n{}\n{}\n</section>'
            ).format(self.references_title(block), self.blocks(block.blocks))
        # Its links to the chapter's own headings have to name the chapter's file from there.
        self._is_away = True
        title = Markup("<h3>{}</h3>\n").format(self.inlines(block.title)) if block.title else Markup("")
        self.moved.append(
            Markup('<h2 id="{}"{}><a href="{}">{}</a></h2>\n{}{}').format(
                self.prefix + block.id, ADDED, self.chapter.name, self.chapter.article.title, title,
                self.blocks(block.blocks),
            )
        )  # fmt: skip
        self._is_away = False
        return Markup('<p class="to-references"{}><a href="{}">{}</a></p>').format(
            ADDED, self.chapter.href(block.id), self.words["references"]
        )

    def cell(self, cell: Cell, tag: str) -> Markup:
        """Return a cell; a head cell without words, such as the one in the corner, is a head of nothing."""
        return super().cell(cell, "td" if tag == "th" and not _has_words(cell.blocks) else tag)

    def header(self, block: Header) -> Markup:
        """Return a heading; one without words would be an entry that no one can read out."""
        return super().header(block) if _has_words(block.content) else Markup("")

    # ---- footnotes: an aside each, so that readers show it where it is referred to

    def note(self, inline: Note) -> Markup:
        number, mark = self.note_mark(inline)
        reference = Markup(
            '<a class="note-ref" id="{0}_noteref-{1}" href="#{0}_note-{2}" epub:type="noteref" role="doc-noteref"{3}>'
            "{2}</a>"
        ).format(self.prefix, mark, number, ADDED)
        if self._held is None:
            return reference
        self._held.append(reference)
        return Markup("")

    def note_item(self, number: int, note: Note) -> Markup:
        back = Markup(
            '<a class="note-back" href="#{0}_noteref-{1}" role="doc-backlink" aria-label="{2}"{3}>{1} ↑</a>'
        ).format(self.prefix, number, self.words.fill("epub_back_to_note", number=number), ADDED)
        return Markup(
            '<aside class="note" id="{0}_note-{1}" epub:type="footnote" role="doc-footnote">\n{2}\n{3}\n</aside>'
        ).format(self.prefix, number, back, self.blocks(note.blocks))

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<section class="notes" epub:type="footnotes">\n<h2{}>{}</h2>\n{}\n</section>').format(
            ADDED, self.words["notes"], Markup("\n").join(items)
        )

    # ---- links

    def link(self, inline: Link) -> Markup:
        if self._held is not None:  # a link in a link
            return self.inlines(inline.content)
        self._held = []
        inside = self.inlines(inline.content)
        after = Markup("").join(self._held)
        self._held = None
        href = self.href(inline) if _has_words(inline.content) else ""
        return (Markup('<a href="{}">{}</a>').format(href, inside) if href else inside) + after

    @warning_rule(
        "epub-link-dead",
        "A link in the e-book would lead nowhere; its words stand there without it.",
        "`[se skemaet](#skema)` in an article without such a heading",
        "Correct the address, or the heading that it means.",
    )
    def href(self, link: Link) -> str:
        """Return where a link leads: inside the book where the book has it, else out to the web, else nowhere."""
        address, _, fragment = link.address.partition("#")
        if not address:
            if fragment in self.chapter.file_of:
                file, _, place = self.chapter.href(fragment).partition("#")
                return f"#{place}" if file == self.chapter.name and not self._is_away else f"{file}#{place}"
        elif target := self.chapters.get(address.rstrip("/")):
            return target.href(fragment)
        elif outside := web_address(link.address):
            return outside
        self.findings.append(
            make_finding(
                "epub-link-dead", self.chapter.article.source, link.line, f"the link to {link.address!r} leads nowhere"
            )
        )
        return ""


def chapter_toc(chapter: Chapter, words: Words) -> tuple[NavEntry, ...]:
    """Return a chapter's table of contents, deeper headings below the ones they belong to."""
    entries: list[tuple[int, NavEntry]] = []
    for block in chapter.article.blocks:
        # What stands in another file is not listed: a table of contents follows the order of reading.
        if isinstance(block, Header | References) and chapter.file_of.get(block.id) == chapter.name:
            content = block.content if isinstance(block, Header) else block.title
            pictured = " ".join(node.alt for node in walk(content) if isinstance(node, Image))
            title = text(content) or pictured or words["references"]
            entries.append((_heading_level(block), NavEntry(title, chapter.href(block.id))))
    return _nest_by_level(entries)


def _nest_by_level(entries: list[tuple[int, NavEntry]]) -> tuple[NavEntry, ...]:
    places: list[NavEntry] = []
    while entries:
        level, place = entries[0]
        end = next((n for n, (deeper, _) in enumerate(entries) if n and deeper <= level), len(entries))
        places.append(NavEntry(place.title, place.href, _nest_by_level(entries[1:end])))
        entries = entries[end:]
    return tuple(places)


def _heading_level(block: Block) -> int:
    """Return the level of a heading, 0 for what is none."""
    return block.level if isinstance(block, Header) else 2 if isinstance(block, References) else 0


def _has_words(content: tuple[Inline | Block, ...]) -> bool:
    """Tell whether there is something to read out: words, or a picture that has an alternative in words."""
    return bool(text(content).strip()) or any(isinstance(node, Image) and node.alt for node in walk(content))


def web_address(address: str) -> str:
    """Return an address as readers take it, or nothing where it leads nowhere.

    Browsers would have mended characters that have no place in an address; readers take it as it stands.
    """
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and not NOT_ALLOWED_IN_URL.search(parts.netloc)
    except ValueError:
        return ""
    is_sound = parts.scheme in EXTERNAL_SCHEMES and (has_host or parts.scheme in ("mailto", "tel"))
    return NOT_ALLOWED_IN_URL.sub(lambda bad: quote(bad[0]), address) if is_sound else ""
