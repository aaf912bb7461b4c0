"""Renders blocks to markup: well-formed XHTML that is also valid HTML, shared by all writers.

A writer overrides the method of a kind of block or inline. Text that is not from the source has `data-added`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from markupsafe import Markup, escape

from pipeline import model
from pipeline.rendering.help_levels import box_label, number_line
from pipeline.rendering.table_columns import PAIR
from pipeline.rendering.words import Words

Emphasis: TypeAlias = model.Emph | model.Strong | model.Strikeout | model.Superscript | model.Subscript
ADDED = Markup(' data-added=""')


@dataclass(frozen=True, slots=True)
class Placed:
    src: str
    width_px: int
    height_px: int
    is_drawing: bool = False
    """Its ground is white, which dark screens show less bright."""


TITLE = "_title"
"""Id of an article's title, after the article's prefix; the same in all formats."""


def stacked_classes(table: model.Table) -> str:
    """Return the classes of a table that narrow screens show as cards."""
    return "stacks" if len(table.head) <= PAIR else "stacks labelled"


def part_id(edition: model.Edition, part: model.EditionPart) -> str:
    """Return the id of a part's heading, the same in all formats."""
    return f"_part-{edition.front.meta.parts.index(part) + 1}"


def chapter_prefix(edition: model.Edition, article: model.Article) -> str:
    """Return the prefix of all ids of an article: empty where the edition is that one article."""
    return f"{article.id.replace('/', '-')}-" if edition.is_bound else ""


def with_class(markup: Markup, kinds: str) -> Markup:
    """Return the markup of an element with more classes."""
    tag, _, rest = str(markup).partition(">")
    name, found, classes = tag.partition(' class="')
    tag = f'{name} class="{kinds} {classes}' if found else f'{tag} class="{kinds}"'
    return Markup(f"{tag}>{rest}")  # noqa: S704  # escaped already


def with_attribute(markup: Markup, name: str, value: str) -> Markup:
    """Return the markup of an element with one more attribute."""
    tag, _, rest = str(markup).partition(">")
    return Markup(f'{tag} {name}="{escape(value)}">{rest}')  # noqa: S704  # escaped already


def column_widths(
    table: model.Table, width: Callable[[model.Cell, str], float], *, has_row_heads: bool = False
) -> list[float]:
    """Return the width of each column: that of its widest cell.

    Args:
        width: Returns the width of a cell; it gets the tag too, `th` or `td`.
        has_row_heads: The first cell of each row is a head.
    """
    head = [width(cell, "th") for cell in table.head]
    rows = [
        [width(cell, "th" if has_row_heads and not at else "td") for at, cell in enumerate(row)] for row in table.rows
    ]
    return [max(column) for column in zip_longest(head, *rows, fillvalue=0.0)]


def anchor(prefix: str, number: int, block: model.Block) -> str:
    """Return the id of the block at this position of an article, counted from 1."""
    # Ids of headings never begin with an underscore, so the two cannot collide.
    return prefix + (block.id if isinstance(block, model.Header | model.References) else f"_block-{number}")


_NUMBER_STYLES = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}


def _element(tag: str) -> Callable[[MarkupRenderer, Emphasis | model.Para], Markup]:
    """Return a method that renders content as an element with this tag."""
    template = Markup(f"<{tag}>{{}}</{tag}>")  # noqa: S704  # our own tags
    return lambda self, node: template.format(self.inlines(node.content))


def _constant(markup: str) -> Callable[[MarkupRenderer, object], Markup]:
    """Return a method that renders every block or inline of its kind alike."""
    return lambda self, node: Markup(markup)  # noqa: S704  # our own tags


class MarkupRenderer:
    """Renders the blocks of one article to markup; collects its footnotes for `notes`."""

    xml = False
    """Write `xml:lang` beside `lang`."""

    def __init__(
        self,
        words: Words,
        place: Callable[[model.Picture], Placed | None],
        *,
        medium: str,
        prefix: str = "",
        language: str = "",
        doctor_on_call: str = "",
    ) -> None:
        """Set up the renderer for one article.

        Args:
            place: Returns address and size of a picture; None leaves the picture out.
            medium: Blocks marked for other media are left out.
            prefix: Put before every id, so that several articles share a document.
            language: Of the article; empty: that of the words.
            doctor_on_call: The number to ring out of hours; empty: not known.
        """
        self.words = words
        self.place = place
        self.medium = medium
        self.prefix = prefix
        self.doctor_on_call = doctor_on_call
        self._language = language or words.language
        self._notes: list[model.Note] = []
        self._marks: dict[model.Note, tuple[int, int]] = {}
        """Number of each footnote, and how often it has been referred to."""

    # ---- what writers call

    def article(self, article: model.Article) -> Markup:
        """Return all blocks of an article, without title, hero and notes."""
        return self.blocks(article.blocks)

    def anchored(self, number: int, block: model.Block) -> Markup:
        """Return a block of the article itself, with the id that `anchor` gives it, for page numbers of other formats.

        Headings, and blocks to which the writer gave an id, keep theirs.
        """
        markup = self.block(block)
        if isinstance(block, model.Header | model.References):
            return markup
        with_id = f' id="{escape(self.anchor(number, block))}"'
        return Markup(re.sub(r"^<\w+(?![^>]* id=)", lambda tag: tag[0] + with_id, markup))  # noqa: S704  # escaped above

    def anchor(self, number: int, block: model.Block) -> str:
        return anchor(self.prefix, number, block)

    def blocks(self, blocks: Iterable[model.Block]) -> Markup:
        """Return blocks, one on each line."""
        return Markup("\n").join(piece for piece in map(self.block, blocks) if piece)

    def inlines(self, inlines: Iterable[model.Inline]) -> Markup:
        return Markup("").join(map(self.inline, inlines))

    def notes(self) -> Markup:
        """Return the footnotes collected so far as a section, or nothing; notes within notes come after them."""
        items: list[Markup] = []
        while len(items) < len(self._notes):
            number = len(items) + 1
            items.append(self.note_item(number, self._notes[number - 1]))
        return self.notes_section(items) if items else Markup("")

    # ---- dispatch

    def block(self, block: model.Block) -> Markup:
        markup: Markup = getattr(self, type(block).__name__.lower())(block)
        return markup

    def inline(self, inline: model.Inline) -> Markup:
        if isinstance(inline, model.Str):  # far the most frequent kind
            return escape(inline.text)
        markup: Markup = getattr(self, type(inline).__name__.lower())(inline)
        return markup

    # ---- blocks

    para = _element("p")
    horizontalrule = _constant("<hr/>")

    def plain(self, block: model.Plain) -> Markup:
        return self.inlines(block.content)

    def header(self, block: model.Header) -> Markup:
        return Markup('<h{0} id="{1}">{2}</h{0}>').format(
            block.level, self.prefix + block.id, self.inlines(block.content)
        )

    def codeblock(self, block: model.CodeBlock) -> Markup:
        return Markup("<pre><code>{}</code></pre>").format(block.text)

    def blockquote(self, block: model.BlockQuote) -> Markup:
        return Markup("<blockquote>\n{}\n</blockquote>").format(self.blocks(block.blocks))

    def bulletlist(self, block: model.BulletList) -> Markup:
        return Markup("<ul>\n{}\n</ul>").format(self.items(block.items))

    def orderedlist(self, block: model.OrderedList) -> Markup:
        start = Markup(' start="{}"').format(block.start) if block.start != 1 else ""
        look = _NUMBER_STYLES.get(block.style)
        style = Markup(' type="{}" style="list-style-type: {}"').format(block.style, look) if look else ""
        return Markup("<ol{}{}>\n{}\n</ol>").format(start, style, self.items(block.items))

    def items(self, items: Iterable[tuple[model.Block, ...]]) -> Markup:
        return Markup("\n").join(Markup("<li>{}</li>").format(self.blocks(item)) for item in items)

    def definitionlist(self, block: model.DefinitionList) -> Markup:
        entries = (
            Markup("<dt>{}</dt>\n").format(self.inlines(term))
            + Markup("\n").join(Markup("<dd>{}</dd>").format(self.blocks(blocks)) for blocks in definitions)
            for term, definitions in block.items
        )
        return Markup("<dl>\n{}\n</dl>").format(Markup("\n").join(entries))

    def table(self, block: model.Table) -> Markup:
        caption = Markup("<caption>{}</caption>\n").format(self.inlines(block.caption)) if block.caption else ""
        head = Markup("<thead>\n{}\n</thead>\n").format(self.row(block.head, "th")) if block.head else ""
        rows = Markup("\n").join(self.row(row, "td") for row in block.rows)
        return Markup("<table>\n{}{}<tbody>\n{}\n</tbody>\n</table>").format(caption, head, rows)

    def row(self, cells: Sequence[model.Cell], tag: str) -> Markup:
        return Markup("<tr>{}</tr>").format(Markup("").join(self.cell(cell, tag) for cell in cells))

    def cell(self, cell: model.Cell, tag: str) -> Markup:
        scope = Markup(' scope="col"') if tag == "th" else ""
        align = Markup(' class="{}"').format(cell.alignment) if cell.alignment else ""
        return Markup("<{0}{1}{2}>{3}</{0}>").format(tag, scope, align, self.blocks(cell.blocks))

    def labelled_row(self, cells: Sequence[model.Cell], head: Sequence[model.Cell]) -> Markup:
        """Return a row of a table that narrow screens show as cards: the first cell heads it, the others have labels.

        In two columns the second needs none: the heads stand above the first card.
        """
        pieces = []
        for at, (cell, heading) in enumerate(zip_longest(cells, head[: len(cells)])):
            is_labelled = at and len(head) > PAIR and heading and cell.blocks
            label = self.head_label(heading) if is_labelled else ""
            shown = Markup('<span class="label"{}>{}: </span>').format(ADDED, label) if label else ""
            align = Markup(' class="{}"').format(cell.alignment) if cell.alignment else ""
            pieces.append(Markup("<td{}>{}{}</td>").format(align, shown, self.blocks(cell.blocks)))
        return Markup("<tr>{}</tr>").format(Markup("").join(pieces))

    def head_label(self, cell: model.Cell) -> Markup:
        """Return the words of a head cell, with its footnote marks and pictures."""
        marks = (node for node in model.walk(cell.blocks) if isinstance(node, model.Note | model.Image))
        return escape(model.text(cell.blocks)) + self.inlines(marks)

    def figure(self, block: model.Figure) -> Markup:
        image = self.image(block.image)
        if not image:
            return Markup("")
        caption = Markup("<figcaption>{}</figcaption>").format(self.inlines(block.caption)) if block.caption else ""
        return Markup("<figure>{}{}</figure>").format(image, caption)

    def div(self, block: model.Div) -> Markup:
        if block.media and self.medium not in block.media:
            return Markup("")
        before, self._language = self._language, block.language or self._language
        inside = self.blocks(block.blocks)
        self._language = before
        return Markup("<div{}>\n{}\n</div>").format(self.lang(block.language), inside) if block.language else inside

    def callout(self, block: model.Callout) -> Markup:
        added = ADDED if block.is_added else ""
        return Markup('<aside class="callout {}" role="note"{}>\n{}\n{}\n</aside>').format(
            block.kind, added, self.callout_title(block), self.blocks(block.blocks)
        )

    def callout_title(self, block: model.Callout, id_: str = "") -> Markup:
        """Return the label of a box, marked as added, the author's title, and the number to ring.

        Args:
            id_: Of the first of these lines; empty: none.
        """
        label, number = box_label(block, self.words), number_line(block, self.words, self.doctor_on_call)
        lines = [("callout-title", self.added(), escape(label))] if label else []
        if block.title:
            lines.append(("callout-subtitle" if label else "callout-title", Markup(""), self.inlines(block.title)))
        if number:
            lines.append(("callout-number", self.added(), escape(number)))
        ids = (Markup(' id="{}"').format(id_) if id_ and not at else "" for at in range(len(lines)))
        return Markup("\n").join(
            Markup('<p class="{}"{}{}>{}</p>').format(name, own, added, shown)
            for own, (name, added, shown) in zip(ids, lines, strict=True)
        )

    def references(self, block: model.References) -> Markup:
        return Markup('<section class="references">\n{}\n{}\n</section>').format(
            self.references_title(block), self.blocks(block.blocks)
        )

    def references_title(self, block: model.References) -> Markup:
        """Return the author's heading, or the default heading, marked as added."""
        added = "" if block.title else self.added()
        title = self.inlines(block.title) if block.title else escape(self.words["references"])
        return Markup('<h2 id="{}"{}>{}</h2>').format(self.prefix + block.id, added, title)

    # ---- footnotes

    def note(self, inline: model.Note) -> Markup:
        number, mark = self.note_mark(inline)
        return Markup(
            '<a class="note-ref" id="{0}noteref-{1}" href="#{0}note-{2}" role="doc-noteref"{3}>{2}</a>'
        ).format(self.prefix, mark, number, ADDED)

    def note_mark(self, note: model.Note) -> tuple[int, str]:
        """Return the number of a footnote, and the id suffix of this reference to it: `2`, then `2_2`, `2_3`.

        A footnote that is referred to again is printed once; its back link leads to the first reference.
        """
        number, times = self._marks.get(note, (len(self._notes) + 1, 0))
        if not times:
            self._notes.append(note)
        times += 1
        self._marks[note] = number, times
        # Ids of headings hold no underscore, so the two cannot collide.
        return number, str(number) if times == 1 else f"{number}_{times}"

    def note_item(self, number: int, note: model.Note) -> Markup:
        return Markup('<li id="{0}note-{1}">{2} <a href="#{0}noteref-{1}" role="doc-backlink"{3}>{4}</a></li>').format(
            self.prefix, number, self.blocks(note.blocks), self.added(), self.words["back"]
        )

    def notes_section(self, items: list[Markup]) -> Markup:
        return Markup('<section class="notes" role="doc-endnotes">\n<h2{}>{}</h2>\n<ol>\n{}\n</ol>\n</section>').format(
            self.added(), self.words["notes"], Markup("\n").join(items)
        )

    # ---- inlines

    space, softbreak, linebreak = _constant(" "), _constant("\n"), _constant("<br/>\n")
    emph, strong, strikeout = _element("em"), _element("strong"), _element("s")
    superscript, subscript = _element("sup"), _element("sub")

    def code(self, inline: model.Code) -> Markup:
        return Markup("<code>{}</code>").format(inline.text)

    def span(self, inline: model.Span) -> Markup:
        inside = self.inlines(inline.content)
        if inline.title:
            return Markup('<abbr title="{}"{}>{}</abbr>').format(inline.title, self.lang(inline.language), inside)
        return Markup("<span{}>{}</span>").format(self.lang(inline.language), inside) if inline.language else inside

    def link(self, inline: model.Link) -> Markup:
        address = f"#{self.prefix}{inline.address[1:]}" if inline.address.startswith("#") else inline.address
        return Markup('<a href="{}">{}</a>').format(address, self.inlines(inline.content))

    def image(self, inline: model.Image) -> Markup:
        placed = self.place(inline.picture)
        if placed is None:
            return Markup("")
        return Markup('<img src="{}" alt="{}" width="{}" height="{}"/>').format(
            placed.src, inline.alt, placed.width_px, placed.height_px
        )

    def added(self) -> Markup:
        """Return the attributes of added text: `data-added`, and its language where that differs from the text
        around it.
        """
        return ADDED + self.lang(self.words.language if self.words.language != self._language else "")

    def lang(self, language: str) -> Markup:
        if not language:
            return Markup("")
        both = Markup(' lang="{0}" xml:lang="{0}"') if self.xml else Markup(' lang="{0}"')
        return both.format(language)
