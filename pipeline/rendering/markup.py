"""Renders blocks to markup: well-formed XHTML that is valid HTML too, shared by every writer.

A writer changes a kind by overriding its method. What the source does not say carries `data-added`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from pipeline.model import (
    Article,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
    Edition,
    EditionPart,
    Emph,
    Figure,
    Header,
    HorizontalRule,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Picture,
    Plain,
    References,
    SoftBreak,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    Table,
)
from pipeline.rendering.words import Words

ADDED = Markup(' data-added=""')


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture lies in the finished document, and the size it has there."""

    src: str
    width_px: int
    height_px: int


TITLE = "_title"
"""The id of an article's own heading, after its prefix: formats tell each other where an article begins by it."""


def part_id(edition: Edition, part: EditionPart) -> str:
    """Return the id of a part's heading, by which formats tell each other where the part begins."""
    return f"_part-{edition.front.meta.parts.index(part) + 1}"


def chapter_prefix(edition: Edition, article: Article) -> str:
    """Return what stands before every id of an article in an edition: nothing where it stands alone."""
    return f"{article.id.replace('/', '-')}-" if edition.is_bound else ""


def anchor(prefix: str, number: int, block: Block) -> str:
    """Return the id of the block that stands at this place of an article, counted from 1."""
    # No heading's id begins with an underscore, so none can be the same.
    return prefix + (block.id if isinstance(block, Header | References) else f"_block-{number}")


class MarkupRenderer:
    """Turns the blocks of one article into markup; keeps its footnotes until `notes` is asked for."""

    def __init__(
        self,
        words: Words,
        place: Callable[[Picture], Placed | None],
        *,
        medium: str,
        prefix: str = "",
        xml: bool = False,
        language: str = "",
    ) -> None:
        """Begin an article.

        Args:
            place: Where a picture lies; None leaves it out.
            medium: Blocks marked for other media are left out.
            prefix: Put before every id, so that several articles share a document.
            xml: Write `xml:lang` beside `lang`.
            language: Of the article; empty: that of the words.
        """
        self.words = words
        self.place = place
        self.medium = medium
        self.prefix = prefix
        self.xml = xml
        self._language = language or words.language
        self._notes: list[Note] = []
        self._marks: dict[Note, tuple[int, int]] = {}
        """The number of each of them, and how often it has been referred to."""

    # ---- what writers call

    def article(self, article: Article) -> Markup:
        """Return all blocks of an article, without title, hero and notes."""
        return self.blocks(article.blocks)

    def anchored(self, number: int, block: Block) -> Markup:
        """Return a block of the article itself with an id, so that formats can tell each other of places.

        Headings, and blocks to which the writer gave an id, keep theirs.
        """
        markup = self.block(block)
        if isinstance(block, Header | References):
            return markup
        with_id = f' id="{escape(self.anchor(number, block))}"'
        return Markup(re.sub(r"^<\w+(?![^>]* id=)", lambda tag: tag[0] + with_id, markup))  # noqa: S704  # escaped above

    def anchor(self, number: int, block: Block) -> str:
        """Return the id of the block that stands at this place of the article, counted from 1."""
        return anchor(self.prefix, number, block)

    def blocks(self, blocks: Iterable[Block]) -> Markup:
        """Return blocks, a line each."""
        return Markup("\n").join(piece for piece in map(self.block, blocks) if piece)

    def inlines(self, inlines: Iterable[Inline]) -> Markup:
        """Return inlines."""
        return Markup("").join(map(self.inline, inlines))

    def notes(self) -> Markup:
        """Return the footnotes met so far as a section, or nothing; notes within notes come after them."""
        items: list[Markup] = []
        while len(items) < len(self._notes):
            number = len(items) + 1
            items.append(self.note_item(number, self._notes[number - 1]))
        return self.notes_section(items) if items else Markup("")

    # ---- dispatch

    def block(self, block: Block) -> Markup:
        """Return one block."""
        markup: Markup = getattr(self, type(block).__name__.lower())(block)
        return markup

    def inline(self, inline: Inline) -> Markup:
        """Return one inline."""
        if isinstance(inline, Str):  # far the most frequent kind
            return escape(inline.text)
        markup: Markup = getattr(self, type(inline).__name__.lower())(inline)
        return markup

    # ---- blocks

    def para(self, block: Para) -> Markup:
        return Markup("<p>{}</p>").format(self.inlines(block.content))

    def plain(self, block: Plain) -> Markup:
        return self.inlines(block.content)

    def header(self, block: Header) -> Markup:
        return Markup('<h{0} id="{1}">{2}</h{0}>').format(
            block.level, self.prefix + block.id, self.inlines(block.content)
        )

    def codeblock(self, block: CodeBlock) -> Markup:
        return Markup("<pre><code>{}</code></pre>").format(block.text)

    def blockquote(self, block: BlockQuote) -> Markup:
        return Markup("<blockquote>\n{}\n</blockquote>").format(self.blocks(block.blocks))

    def bulletlist(self, block: BulletList) -> Markup:
        return Markup("<ul>\n{}\n</ul>").format(self.items(block.items))

    def orderedlist(self, block: OrderedList) -> Markup:
        start = Markup(' start="{}"').format(block.start) if block.start != 1 else Markup("")
        return Markup("<ol{}>\n{}\n</ol>").format(start, self.items(block.items))

    def items(self, items: Iterable[tuple[Block, ...]]) -> Markup:
        return Markup("\n").join(Markup("<li>{}</li>").format(self.blocks(item)) for item in items)

    def definitionlist(self, block: DefinitionList) -> Markup:
        entries = (
            Markup("<dt>{}</dt>\n").format(self.inlines(term))
            + Markup("\n").join(Markup("<dd>{}</dd>").format(self.blocks(blocks)) for blocks in definitions)
            for term, definitions in block.items
        )
        return Markup("<dl>\n{}\n</dl>").format(Markup("\n").join(entries))

    def table(self, block: Table) -> Markup:
        caption = Markup("<caption>{}</caption>\n").format(self.inlines(block.caption)) if block.caption else ""
        head = Markup("<thead>\n{}\n</thead>\n").format(self.row(block.head, "th")) if block.head else ""
        rows = Markup("\n").join(self.row(row, "td") for row in block.rows)
        return Markup("<table>\n{}{}<tbody>\n{}\n</tbody>\n</table>").format(caption, head, rows)

    def row(self, cells: Iterable[Cell], tag: str) -> Markup:
        return Markup("<tr>{}</tr>").format(Markup("").join(self.cell(cell, tag) for cell in cells))

    def cell(self, cell: Cell, tag: str) -> Markup:
        scope = Markup(' scope="col"') if tag == "th" else ""
        align = Markup(' class="{}"').format(cell.alignment) if cell.alignment else ""
        return Markup("<{0}{1}{2}>{3}</{0}>").format(tag, scope, align, self.blocks(cell.blocks))

    def figure(self, block: Figure) -> Markup:
        image = self.image(block.image)
        if not image:
            return Markup("")
        caption = (
            Markup("<figcaption>{}</figcaption>").format(self.inlines(block.caption)) if block.caption else Markup("")
        )
        return Markup("<figure>{}{}</figure>").format(image, caption)

    def horizontalrule(self, block: HorizontalRule) -> Markup:
        return Markup("<hr/>")

    def div(self, block: Div) -> Markup:
        if block.media and self.medium not in block.media:
            return Markup("")
        before, self._language = self._language, block.language or self._language
        inside = self.blocks(block.blocks)
        self._language = before
        return Markup("<div{}>\n{}\n</div>").format(self.lang(block.language), inside) if block.language else inside

    def callout(self, block: Callout) -> Markup:
        return Markup('<aside class="callout {}" role="note">\n{}\n{}\n</aside>').format(
            block.kind, self.callout_title(block), self.blocks(block.blocks)
        )

    def callout_title(self, block: Callout) -> Markup:
        """Return the author's title, or else the label of its kind, marked as added."""
        if block.title:
            return Markup('<p class="callout-title">{}</p>').format(self.inlines(block.title))
        return Markup('<p class="callout-title"{}>{}</p>').format(
            self.added(), self.words[f"callout_{block.kind}".replace("-", "_")]
        )

    def references(self, block: References) -> Markup:
        return Markup('<section class="references">\n{}\n{}\n</section>').format(
            self.references_title(block), self.blocks(block.blocks)
        )

    def references_title(self, block: References) -> Markup:
        """Return the author's heading, or else the word of the language, marked as added."""
        added = Markup("") if block.title else self.added()
        title = self.inlines(block.title) if block.title else escape(self.words["references"])
        return Markup('<h2 id="{}"{}>{}</h2>').format(self.prefix + block.id, added, title)

    # ---- footnotes

    def note(self, inline: Note) -> Markup:
        number, mark = self.note_mark(inline)
        return Markup(
            '<a class="note-ref" id="{0}noteref-{1}" href="#{0}note-{2}" role="doc-noteref"{3}>{2}</a>'
        ).format(self.prefix, mark, number, ADDED)

    def note_mark(self, note: Note) -> tuple[int, str]:
        """Return the number of a footnote, and the number of this place that refers to it: `2`, then `2_2`, `2_3`.

        A footnote that is referred to again is printed once; it leads back to the first place.
        """
        number, times = self._marks.get(note, (len(self._notes) + 1, 0))
        if not times:
            self._notes.append(note)
        times += 1
        self._marks[note] = number, times
        # No heading's id holds an underscore, so none can be the same.
        return number, str(number) if times == 1 else f"{number}_{times}"

    def note_item(self, number: int, note: Note) -> Markup:
        return Markup('<li id="{0}note-{1}">{2} <a href="#{0}noteref-{1}" role="doc-backlink"{3}>{4}</a></li>').format(
            self.prefix, number, self.blocks(note.blocks), ADDED, self.words["back"]
        )

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<section class="notes" role="doc-endnotes">\n<h2{}>{}</h2>\n<ol>\n{}\n</ol>\n</section>').format(
            self.added(), self.words["notes"], Markup("\n").join(items)
        )

    # ---- inlines

    def space(self, inline: Space) -> Markup:
        return Markup(" ")

    def softbreak(self, inline: SoftBreak) -> Markup:
        return Markup("\n")

    def linebreak(self, inline: LineBreak) -> Markup:
        return Markup("<br/>\n")

    def code(self, inline: Code) -> Markup:
        return Markup("<code>{}</code>").format(inline.text)

    def emph(self, inline: Emph) -> Markup:
        return Markup("<em>{}</em>").format(self.inlines(inline.content))

    def strong(self, inline: Strong) -> Markup:
        return Markup("<strong>{}</strong>").format(self.inlines(inline.content))

    def strikeout(self, inline: Strikeout) -> Markup:
        return Markup("<s>{}</s>").format(self.inlines(inline.content))

    def superscript(self, inline: Superscript) -> Markup:
        return Markup("<sup>{}</sup>").format(self.inlines(inline.content))

    def subscript(self, inline: Subscript) -> Markup:
        return Markup("<sub>{}</sub>").format(self.inlines(inline.content))

    def span(self, inline: Span) -> Markup:
        inside = self.inlines(inline.content)
        if inline.title:
            return Markup('<abbr title="{}"{}>{}</abbr>').format(inline.title, self.lang(inline.language), inside)
        return Markup("<span{}>{}</span>").format(self.lang(inline.language), inside) if inline.language else inside

    def link(self, inline: Link) -> Markup:
        address = f"#{self.prefix}{inline.address[1:]}" if inline.address.startswith("#") else inline.address
        return Markup('<a href="{}">{}</a>').format(address, self.inlines(inline.content))

    def image(self, inline: Image) -> Markup:
        placed = self.place(inline.picture)
        if placed is None:
            return Markup("")
        return Markup('<img src="{}" alt="{}" width="{}" height="{}"/>').format(
            placed.src, inline.alt, placed.width_px, placed.height_px
        )

    def added(self) -> Markup:
        """Return the attributes of words that a writer adds: their language too, where the text has another."""
        is_foreign = self.words.language != self._language
        return ADDED + self.lang(self.words.language if is_foreign else "")

    def lang(self, language: str) -> Markup:
        """Return the attributes that state a language, or nothing."""
        if not language:
            return Markup("")
        both = Markup(' lang="{0}" xml:lang="{0}"') if self.xml else Markup(' lang="{0}"')
        return both.format(language)
