"""Renders blocks to plain text of 72 columns.

Only hyphens are repeated for rules: NVDA and JAWS skip them at default verbosity, but speak rows of `=`, `*`, `#` or
`|`. Nothing is in capitals, which speech spells out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import TypeAlias
from urllib.parse import unquote

from pipeline import model
from pipeline.rendering.help_levels import box_label, number_line
from pipeline.rendering.table_columns import PAIR
from pipeline.rendering.words import Words

WIDTH = 72
INDENT = 4
GUTTER = 2
NO_BREAK = "\N{NO-BREAK SPACE}"
Nested: TypeAlias = (
    model.BlockQuote | model.BulletList | model.OrderedList | model.DefinitionList | model.Div | model.Callout
    | model.References
)  # fmt: skip


CONTACT_SCHEMES = ("mailto:", "tel:", "sms:")
_DANISH_DIGITS = 8
"""Of a telephone number."""


class TextRenderer:
    """Renders blocks to text; collects addresses and footnotes for `links` and `notes`.

    Several articles may share one renderer, so that their links are numbered through.
    """

    def __init__(self, words: Words, *, medium: str, address: Callable[[str], str] = str, width: int = WIDTH) -> None:
        """Set up the renderer.

        Args:
            medium: Blocks marked for other media are left out.
            address: Returns the target of a link; empty leaves only its words.
            width: Columns; lines with an address may be longer, since a broken address does not work.
        """
        self.words = words
        self.medium = medium
        self.address = address
        self.width = width
        self.doctor_on_call = ""
        """The number to ring out of hours; empty: not known."""
        self.depth = 0
        """Added to the level of every heading: 1 for the articles of an edition."""
        self._addresses: list[str] = []
        self._notes: list[tuple[model.Note, Words]] = []
        self._labels: dict[model.Note, str] = {}
        """What each footnote is called: `note 2`, in the words of its article."""

    # ---- what writers call

    def heading(self, words: str, level: int) -> str:
        """Return a heading: underlined over the full width, underlined, or plain, by its level from 1."""
        lines = wrap_lines(words, self.width)
        if level <= 2:
            lines.append("-" * (self.width if level == 1 else max(map(len, lines), default=0)))
        return "\n".join(lines)

    def blocks(self, blocks: Iterable[model.Block], width: int = 0) -> str:
        """Return blocks, an empty line between them, two before a heading."""
        pieces: list[str] = []
        for block in blocks:
            if piece := self.block(block, width or self.width):
                has_wide_gap = isinstance(block, model.Header | model.References) and pieces
                pieces.append(f"\n{piece}" if has_wide_gap else piece)
        return "\n\n".join(pieces)

    def paragraph(self, words: str, width: int = 0) -> str:
        return "\n".join(wrap_lines(words, width or self.width))

    def bullets(self, items: Iterable[str]) -> str:
        return "\n".join(hanging_indent("- ", self.paragraph(item, self.width - 2)) for item in items)

    def notes(self) -> str:
        """Return the footnotes collected so far, or nothing; notes within notes come after them.

        Their heading is in the language of their article.
        """
        pieces: list[str] = []
        heading, before = "", self.words
        for note, words in self._notes:  # which grows meanwhile
            self.words = words
            if heading != words["notes"]:
                heading = words["notes"]
                pieces.append(self.heading(heading, 2))
            label = self._labels[note]
            body = self.blocks(note.blocks, self.width - INDENT)
            pieces.append(f"{label[:1].upper()}{label[1:]}:\n{indent_lines(body)}")
        self.words = before
        return "\n\n".join(pieces)

    def links(self) -> str:
        """Return the addresses collected so far under their heading, numbered, or nothing."""
        if not self._addresses:
            return ""
        lines = (f"[{number}] {address}" for number, address in enumerate(self._addresses, 1))
        return self.heading(self.words["text_links"], 2) + "\n\n" + "\n".join(lines)

    # ---- blocks

    def block(self, block: model.Block, width: int) -> str:
        match block:
            case model.Para(content) | model.Plain(content):
                return self.paragraph(self.inlines(content), width)
            case model.Header(level, content):
                return self.heading(self.inlines(content), level + self.depth)
            case model.CodeBlock(code):
                return indent_lines(
                    "\n".join(line for raw in code.split("\n") for line in wrap_lines(raw, width - INDENT) or [""])
                )
            case model.Table():
                return self.table(block, width)
            case model.Figure(image, caption):
                return self.paragraph(" ".join(filter(None, (self.inline(image), self.inlines(caption)))), width)
            case model.HorizontalRule():
                return "-" * (width // 3)
            case _:
                return self.nest(block, width)

    def nest(self, block: Nested, width: int) -> str:
        match block:
            case model.BlockQuote(blocks):
                return indent_lines(self.blocks(blocks, width - INDENT))
            case model.BulletList(items):
                return self.items((("- ", item) for item in items), width)
            case model.OrderedList(items, start):
                marks = (f"{number_label(number, block.style)}. " for number in range(start, start + len(items)))
                return self.items(zip(marks, items, strict=True), width)
            case model.DefinitionList():
                return self.definitions(block, width)
            case model.Div(blocks, _, media):
                return "" if media and self.medium not in media else self.blocks(blocks, width)
            case model.Callout(_, blocks, title):
                number = number_line(block, self.words, self.doctor_on_call)
                lines = filter(None, (box_label(block, self.words), self.inlines(title), number))
                top = "\n".join(self.paragraph(line, width) for line in lines)
                return "\n\n".join(filter(None, (top, indent_lines(self.blocks(blocks, width - INDENT)))))
            case model.References(title, blocks):
                heading = self.heading(self.inlines(title) or self.words["references"], 2 + self.depth)
                return f"{heading}\n\n{self.blocks(blocks, width)}"

    def items(self, items: Iterable[tuple[str, tuple[model.Block, ...]]], width: int) -> str:
        """Return list items; an empty line between them only where one has paragraphs."""
        pieces = []
        is_loose = False
        for mark, blocks in items:
            is_loose = is_loose or any(isinstance(block, model.Para) for block in blocks)
            inside = [self.block(block, width - len(mark)) for block in blocks]
            tight = all(isinstance(block, model.Plain | model.BulletList | model.OrderedList) for block in blocks)
            pieces.append(hanging_indent(mark, ("\n" if tight else "\n\n").join(filter(None, inside))))
        return ("\n\n" if is_loose else "\n").join(pieces)

    def definitions(self, block: model.DefinitionList, width: int) -> str:
        entries = (
            (self.paragraph(self.inlines(term), width), *(indent_lines(self.blocks(b, width - INDENT)) for b in blocks))
            for term, blocks in block.items
        )
        return "\n\n".join(map("\n".join, entries))

    # ---- tables

    def table(self, block: model.Table, width: int) -> str:
        """Return a table in columns, or row by row where a row does not fit on a line.

        Cells are never wrapped: a screen reader reads line after line.
        """
        caption = self.paragraph(self.inlines(block.caption), width) if block.caption else ""
        head = [self.cell(cell) for cell in block.head]
        rows = [[self.cell(cell) for cell in row] for row in block.rows]
        cells = [*head, *(cell for row in rows for cell in row)]
        sizes = [max(map(len, column)) for column in zip_longest(head, *rows, fillvalue="")]
        is_narrow = sum(sizes) + GUTTER * (len(sizes) - 1) <= width and not any("\n" in cell for cell in cells)
        aligns = [cell.alignment for cell in max((block.head, *block.rows), key=len, default=())]
        body = format_columns(head, rows, sizes, aligns) if is_narrow else self.as_records(head, rows, width)
        return "\n\n".join(filter(None, (caption, body)))

    def cell(self, cell: model.Cell) -> str:
        """Return a cell's text, unwrapped; several blocks are on lines of their own."""
        lines = (
            self.inlines(block.content)
            if isinstance(block, model.Para | model.Plain)
            else self.block(block, self.width)
            for block in cell.blocks
        )
        words = "\n".join(filter(None, lines))
        is_list = bool(cell.blocks) and isinstance(cell.blocks[0], model.BulletList | model.OrderedList)
        return f"\n{words}" if is_list and "\n" in words else words  # All its items are aligned

    def as_records(self, head: list[str], rows: list[list[str]], width: int) -> str:
        """Return the headings, then each row by itself, its first cell without a label.

        In two columns the cells are read as term and meaning; in more, the others are lines of `heading: cell`.
        """
        records = [self.paragraph(" · ".join(filter(None, head)), width)]
        labels = ["", *head[1:]] if len(head) > PAIR else []
        for row in rows:
            labelled = zip_longest(labels[: len(row)], row, fillvalue="")
            texts = [f"{label}: {cell}" if label else cell for label, cell in labelled if cell or not any(head)]
            while texts and not texts[-1]:
                texts.pop()
            if not labels and len(row) == PAIR and all(row) and not any("\n" in cell for cell in row):
                texts = [" – ".join(row)]
            # Without heads, a dash keeps the place of an empty cell.
            lines = (
                hanging_indent("", self.paragraph(words or "–", width - GUTTER), 0 if words[:1] == "\n" else GUTTER)
                for words in texts
            )
            records.append("\n".join(lines))
        return "\n\n".join(filter(None, records))

    # ---- inlines

    def inlines(self, inlines: Iterable[model.Inline]) -> str:
        """Return inlines, unwrapped; a line feed only for a hard line break."""
        return "".join(map(self.inline, inlines)).strip(" ")

    def inline(self, inline: model.Inline) -> str:
        match inline:
            case model.Str(words) | model.Code(words):
                return words
            case model.Space() | model.SoftBreak():
                return " "
            case model.LineBreak():
                return "\n"
            case model.Emph(content) | model.Strong(content) | model.Span(content) | model.Subscript(content):
                return "".join(map(self.inline, content))
            case model.Strikeout(content):
                return self.words.fill("text_struck", words=self.inlines(content))
            case model.Superscript(content):
                # 10⁶ must not become 106; letters as in 1ˢᵗ need no mark.
                words = self.inlines(content)
                return words if words.isalpha() else f"^{words}"
            case model.Link():
                return self.link(inline)
            case model.Image(_, alt):
                return f"[{self.words.fill('text_picture', alt=alt)}]" if alt else ""
            case model.Note():
                # A footnote that is referred to again keeps its number, and is printed once.
                if inline not in self._labels:
                    self._notes.append((inline, self.words))
                    self._labels[inline] = self.words.fill("text_note", number=len(self._notes))
                return f"{NO_BREAK}({self._labels[inline].replace(' ', NO_BREAK)})"

    def link(self, link: model.Link) -> str:
        """Return the words of a link, and the number of its address unless the words contain the address."""
        words = self.inlines(link.content)
        address = "" if link.address.startswith("#") else self.address(link.address)
        if address.startswith(CONTACT_SCHEMES):
            shown = unsaid_contact(address, words)
            return f"{words} ({shown})" if shown else words
        if not address or address in words:
            return words
        if address not in self._addresses:
            self._addresses.append(address)
        return f"{words}{NO_BREAK}[{self._addresses.index(address) + 1}]"


def unsaid_contact(address: str, words: str) -> str:
    """Return the mail address or number that a link leads to as people write it; empty where its words say it."""
    scheme, _, target = address.partition(":")
    target = unquote(target.partition("?")[0].partition(";")[0])
    if scheme == "mailto":
        return "" if target.casefold() in words.casefold() else target
    digits = re.sub(r"\D", "", target.removeprefix("+45"))
    if digits in re.sub(r"\D", "", words):
        return ""
    # Danish numbers are written in pairs.
    return re.sub(r"(\d\d)(?=\d)", r"\1 ", digits) if len(digits) == _DANISH_DIGITS else target


def wrap_lines(words: str, width: int) -> list[str]:
    """Return text as lines; words, addresses and no-break spaces stay whole."""
    return [
        line
        for part in words.split("\n")
        for line in textwrap.wrap(part, max(width, 20), break_long_words=False, break_on_hyphens=False)
    ]


def indent_lines(lines: str) -> str:
    return textwrap.indent(lines, " " * INDENT)


def hanging_indent(mark: str, lines: str, by: int = 0) -> str:
    """Return lines with a mark before the first, the others aligned with its text."""
    return mark + textwrap.indent(lines, " " * (by or len(mark))).lstrip(" ")


def format_columns(head: list[str], rows: list[list[str]], sizes: list[int], aligns: Sequence[str]) -> str:
    """Return a table in columns, a rule of hyphens below its head."""
    cells = (
        (
            cell.rjust(size) if align == "right" else cell.ljust(size)
            for cell, size, align in zip(row, sizes, aligns, strict=False)
        )
        for row in ([head, ["-" * size for size in sizes], *rows] if head else rows)
    )
    return "\n".join((" " * GUTTER).join(row).rstrip(" ") for row in cells)


_ROMAN = {
    "m": 1000, "cm": 900, "d": 500, "cd": 400, "c": 100, "xc": 90, "l": 50, "xl": 40, "x": 10, "ix": 9, "v": 5, "iv": 4,
    "i": 1
}  # fmt: skip


def number_label(number: int, style: model.NumberStyle) -> str:
    """Return the number of a list item as it is shown: `3`, `c` or `iii`."""
    if style == "1" or number < 1:
        return str(number)
    label = ""
    if style in "aA":
        while number:
            number, letter = divmod(number - 1, 26)
            label = chr(ord("a") + letter) + label
    else:
        for letters, value in _ROMAN.items():
            count, number = divmod(number, value)
            label += letters * count
    return label.upper() if style.isupper() else label
