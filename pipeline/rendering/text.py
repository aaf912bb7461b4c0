"""Renders blocks to plain text of 72 columns.

Hyphens are the only marks that repeat: NVDA and JAWS pass over them in silence at their default verbosity, while
rows of `=`, `*`, `#` or `|` are spoken. Nothing is set in capitals, which speech spells out letter by letter.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence

from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
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

WIDTH = 72
INDENT = 4
GUTTER = 2
NO_BREAK = "\N{NO-BREAK SPACE}"


class TextRenderer:
    """Turns blocks into text; keeps links and footnotes until `links` and `notes` are asked for.

    Several articles may share one renderer, so that their links are numbered through.
    """

    def __init__(self, words: Words, *, medium: str, address: Callable[[str], str] = str, width: int = WIDTH) -> None:
        """Begin a text.

        Args:
            medium: Blocks marked for other media are left out.
            address: Where a link leads; empty leaves just its words.
            width: Columns; lines that hold an address may be longer, since a broken address leads nowhere.
        """
        self.words = words
        self.medium = medium
        self.address = address
        self.width = width
        self.depth = 0
        """Added to the level of every heading: 1 for the articles of an edition."""
        self._addresses: list[str] = []
        self._notes: list[Note] = []
        self._numbers: dict[Note, int] = {}

    # ---- what writers call

    def heading(self, words: str, level: int) -> str:
        """Return a heading: underlined across the page, underlined, or bare, by its level from 1."""
        lines = wrap_lines(words, self.width)
        if level == 1:
            lines.append("-" * self.width)
        elif level == 2:
            lines.append("-" * max(map(len, lines), default=0))
        return "\n".join(lines)

    def blocks(self, blocks: Iterable[Block], width: int = 0) -> str:
        """Return blocks, an empty line between them, two before a heading of level 2."""
        pieces: list[str] = []
        for block in blocks:
            piece = self.block(block, width or self.width)
            if not piece:
                continue
            wide_gap = isinstance(block, Header | References) and pieces
            pieces.append(f"\n{piece}" if wide_gap else piece)
        return "\n\n".join(pieces)

    def paragraph(self, words: str, width: int = 0) -> str:
        """Return words as a paragraph."""
        return "\n".join(wrap_lines(words, width or self.width))

    def bullets(self, items: Iterable[str]) -> str:
        """Return texts as a list."""
        return "\n".join(hanging_indent("- ", self.paragraph(item, self.width - 2)) for item in items)

    def notes(self) -> str:
        """Return the footnotes met so far under their heading, or nothing; notes within notes come after them."""
        items: list[str] = []
        while len(items) < len(self._notes):
            label = self.words.fill("text_note", number=len(items) + 1)
            body = self.blocks(self._notes[len(items)].blocks, self.width - INDENT)
            items.append(f"{label[:1].upper()}{label[1:]}:\n{indent_lines(body)}")
        return "\n\n".join((self.heading(self.words["notes"], 2), *items)) if items else ""

    def links(self) -> str:
        """Return the addresses met so far under their heading, numbered, or nothing."""
        if not self._addresses:
            return ""
        lines = (f"[{number}] {address}" for number, address in enumerate(self._addresses, 1))
        return self.heading(self.words["text_links"], 2) + "\n\n" + "\n".join(lines)

    # ---- blocks

    def block(self, block: Block, width: int) -> str:
        """Return one block, its lines no wider than `width`."""
        match block:
            case Para(content) | Plain(content):
                return self.paragraph(self.inlines(content), width)
            case Header(level, content):
                return self.heading(self.inlines(content), level + self.depth)
            case CodeBlock(code):
                return indent_lines(
                    "\n".join(line for raw in code.split("\n") for line in wrap_lines(raw, width - INDENT) or [""])
                )
            case Table():
                return self.table(block, width)
            case Figure(image, caption):
                return self.paragraph(" ".join(filter(None, (self.inline(image), self.inlines(caption)))), width)
            case HorizontalRule():
                return "-" * (width // 3)
            case _:
                return self.nest(block, width)

    def nest(
        self,
        block: BlockQuote | BulletList | OrderedList | DefinitionList | Div | Callout | References,
        width: int,
    ) -> str:
        """Return a block that holds others."""
        match block:
            case BlockQuote(blocks):
                return indent_lines(self.blocks(blocks, width - INDENT))
            case BulletList(items):
                return self.items((("- ", item) for item in items), width)
            case OrderedList(items, start):
                return self.items(((f"{number}. ", item) for number, item in enumerate(items, start)), width)
            case DefinitionList():
                return self.definitions(block, width)
            case Div(blocks, _, media):
                return "" if media and self.medium not in media else self.blocks(blocks, width)
            case Callout(kind, blocks, title):
                label = self.inlines(title) or self.words[f"callout_{kind}".replace("-", "_")]
                return f"{self.paragraph(label, width)}\n\n{indent_lines(self.blocks(blocks, width - INDENT))}"
            case References(title, blocks):
                heading = self.heading(self.inlines(title) or self.words["references"], 2 + self.depth)
                return f"{heading}\n\n{self.blocks(blocks, width)}"

    def items(self, items: Iterable[tuple[str, tuple[Block, ...]]], width: int) -> str:
        """Return list items; an empty line between them only where one holds several paragraphs."""
        pieces = []
        is_loose = False
        for mark, blocks in items:
            is_loose = is_loose or any(isinstance(block, Para) for block in blocks)
            inside = [self.block(block, width - len(mark)) for block in blocks]
            tight = all(isinstance(block, Plain | BulletList | OrderedList) for block in blocks)
            pieces.append(hanging_indent(mark, ("\n" if tight else "\n\n").join(filter(None, inside))))
        return ("\n\n" if is_loose else "\n").join(pieces)

    def definitions(self, block: DefinitionList, width: int) -> str:
        """Return each term above its definitions."""
        entries = (
            "\n".join(
                (
                    self.paragraph(self.inlines(term), width),
                    *(indent_lines(self.blocks(b, width - INDENT)) for b in blocks),
                )
            )
            for term, blocks in block.items
        )
        return "\n\n".join(entries)

    # ---- tables

    def table(self, block: Table, width: int) -> str:
        """Return a table in columns, or row by row where a row would not fit on a line.

        A cell broken over several lines cannot be followed by ear: a screen reader reads line after line.
        """
        caption = self.paragraph(self.inlines(block.caption), width) if block.caption else ""
        head = [self.cell(cell) for cell in block.head]
        rows = [[self.cell(cell) for cell in row] for row in block.rows]
        cells = [*head, *(cell for row in rows for cell in row)]
        sizes = [max((len(cell) for cell in column), default=0) for column in transpose_rows((head, *rows))]
        is_narrow = sum(sizes) + GUTTER * (len(sizes) - 1) <= width and not any("\n" in cell for cell in cells)
        aligns = [cell.alignment for cell in max((block.head, *block.rows), key=len, default=())]
        body = format_columns(head, rows, sizes, aligns) if is_narrow else self.as_records(head, rows, width)
        return "\n\n".join(filter(None, (caption, body)))

    def cell(self, cell: Cell) -> str:
        """Return a cell's text, unwrapped; several blocks stand on lines of their own."""
        lines = (
            self.inlines(block.content) if isinstance(block, Para | Plain) else self.block(block, self.width)
            for block in cell.blocks
        )
        return "\n".join(filter(None, lines))

    def as_records(self, head: list[str], rows: list[list[str]], width: int) -> str:
        """Return the headings, then each row as lines of `heading: cell`."""
        records = [self.paragraph(" · ".join(filter(None, head)), width)]
        for row in rows:
            lines = []
            for number, cell in enumerate(row):
                label = f"{head[number]}: " if number < len(head) and head[number] else ""
                if cell:
                    lines.append(hanging_indent("", self.paragraph(label + cell, width - GUTTER), GUTTER))
            records.append("\n".join(lines))
        return "\n\n".join(filter(None, records))

    # ---- inlines

    def inlines(self, inlines: Iterable[Inline]) -> str:
        """Return inlines, unwrapped; a line feed only where the author broke the line."""
        return "".join(map(self.inline, inlines)).strip(" ")

    def inline(self, inline: Inline) -> str:
        """Return one inline."""
        match inline:
            case Str(words) | Code(words):
                return words
            case Space() | SoftBreak():
                return " "
            case LineBreak():
                return "\n"
            case Emph(content) | Strong(content) | Span(content) | Subscript(content):
                return "".join(map(self.inline, content))
            case Strikeout(content):
                return self.words.fill("text_struck", words=self.inlines(content))
            case Superscript(content):
                # 10⁶ must not become 106, while the letters of 1ˢᵗ mislead no one.
                words = self.inlines(content)
                return words if words.isalpha() else f"^{words}"
            case Link():
                return self.link(inline)
            case Image(_, alt):
                return f"[{self.words.fill('text_picture', alt=alt)}]" if alt else ""
            case Note():
                # Referred to again it has the number that it had, and is printed once.
                number = self._numbers.setdefault(inline, len(self._notes) + 1)
                if number > len(self._notes):
                    self._notes.append(inline)
                label = self.words.fill("text_note", number=number)
                return f"{NO_BREAK}({label.replace(' ', NO_BREAK)})"

    def link(self, link: Link) -> str:
        """Return the words of a link, and its number in the list of addresses where they do not say it all."""
        words = self.inlines(link.content)
        address = "" if link.address.startswith("#") else self.address(link.address)
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if not address or bare in words or (address.startswith("tel:") and any(map(str.isdigit, words))):
            return words
        if bare != address:
            return f"{words} ({bare})"
        if address not in self._addresses:
            self._addresses.append(address)
        return f"{words}{NO_BREAK}[{self._addresses.index(address) + 1}]"


def wrap_lines(words: str, width: int) -> list[str]:
    """Return text as lines; words, addresses and no-break spaces stay whole."""
    return [
        line
        for part in words.split("\n")
        for line in textwrap.wrap(part, max(width, 20), break_long_words=False, break_on_hyphens=False)
    ]


def indent_lines(lines: str) -> str:
    """Return lines moved to the right."""
    return textwrap.indent(lines, " " * INDENT)


def hanging_indent(mark: str, lines: str, by: int = 0) -> str:
    """Return lines with a mark before the first, the others in line with its text."""
    return mark + textwrap.indent(lines, " " * (by or len(mark))).lstrip(" ")


def transpose_rows(rows: Iterable[list[str]]) -> list[list[str]]:
    """Return the columns of ragged rows."""
    filled = [row for row in rows if row]
    count = max(map(len, filled), default=0)
    return [[row[number] for row in filled if number < len(row)] for number in range(count)]


def format_columns(head: list[str], rows: list[list[str]], sizes: list[int], aligns: Sequence[str]) -> str:
    """Return a table in columns, a row of hyphens below its head."""
    rule = [["-" * size for size in sizes]] if head else []
    lines = []
    for row in ([head] if head else []) + rule + rows:
        cells = (
            cell.rjust(size) if align == "right" else cell.ljust(size)
            for cell, size, align in zip(row, sizes, aligns, strict=False)
        )
        lines.append((" " * GUTTER).join(cells).rstrip(" "))
    return "\n".join(lines)
