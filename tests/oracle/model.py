"""Facts of an article by the model, as one medium should show them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from pipeline import model
from tests.oracle.facts import (
    BULLET,
    END,
    HYPHEN,
    LINK,
    MARK,
    RAISED,
    STRUCK,
    UNSTRUCK,
    Address,
    Facts,
    Grid,
    Item,
    Words,
    counted,
    squeezed,
)

Nested: TypeAlias = (
    model.BlockQuote | model.BulletList | model.OrderedList | model.DefinitionList | model.Div | model.Callout
    | model.References
)  # fmt: skip
OUTSIDE = ("http:", "https:", "mailto:", "tel:", "sms:")


def facts_of(article: model.Article, medium: str) -> Facts:
    """Return what an article says in a medium: title, lead, key points, text, footnotes."""
    teller = _Teller(medium)
    teller.heading(teller.plain(article.title), 0)
    for opening in (article.lead, *article.meta.key_points):
        teller.say(teller.plain(opening), 0)
    teller.blocks(article.blocks)
    teller.footnotes()
    return teller.facts


class _Teller:
    """Walks through an article in the order of reading."""

    def __init__(self, medium: str) -> None:
        self.medium = medium
        self.facts = Facts()
        self.line = 0
        self._notes: list[model.Note] = []
        self._is_in_table = False

    def plain(self, words: str) -> str:
        """Return text without white space; on paper, where lines end with hyphens, one between letters may be lost."""
        if self.medium == "print":
            return re.sub(r"(?<!\d)-|-(?!\d)", HYPHEN + END, squeezed(words))
        return squeezed(words)

    def say(self, words: str, line: int, *, is_caption: bool = False, is_heading: bool = False) -> str:
        if words:
            self.facts.blocks.append(Words(words, line, self._is_in_table, is_caption, is_heading))
        return words

    def heading(self, words: str, line: int) -> str:
        if words:
            self.facts.headings.append(Words(words, line))
        return self.say(words, line, is_heading=True)

    def footnotes(self) -> None:
        """Tell the footnotes; those that stand in footnotes come after them."""
        told = 0
        while told < len(self._notes):
            note = self._notes[told]
            told += 1
            self.facts.notes[str(told)] = Words(self.blocks(note.blocks), note.line)

    # ---- blocks: each returns its words

    def blocks(self, blocks: Iterable[model.Block]) -> str:
        return "".join(map(self.block, blocks))

    def block(self, block: model.Block) -> str:
        self.line = block.line or self.line
        match block:
            case model.Para(content) | model.Plain(content):
                return self.say(self.inlines(content), self.line)
            case model.Header(_, content):
                return self.heading(self.inlines(content), self.line)
            case model.CodeBlock(text):
                return self.say(self.plain(text), self.line)
            case model.Table():
                return self.table(block)
            case model.Figure(_, caption):
                return self.say(self.inlines(caption), self.line, is_caption=True)
            case model.HorizontalRule():
                return ""
            case _:
                return self.nest(block)

    def nest(self, block: Nested) -> str:
        match block:
            case model.OrderedList():
                return self.ordered(block)
            case model.BulletList(items):
                return "".join(BULLET + END + self.blocks(item) for item in items)
            case model.DefinitionList(entries):
                return "".join(
                    self.say(self.inlines(term), self.line) + "".join(map(self.blocks, definitions))
                    for term, definitions in entries
                )
            case model.Div(blocks, _, media):
                return self.blocks(blocks) if not media or self.medium in media else ""
            case model.BlockQuote(blocks):
                return self.blocks(blocks)
            case model.Callout(_, blocks, title):
                return self.say(self.inlines(title), self.line) + self.blocks(blocks)
            case model.References(title, blocks):
                return self.heading(self.inlines(title), self.line) + self.blocks(blocks)

    def ordered(self, block: model.OrderedList) -> str:
        told = []
        for number, item in enumerate(block.items, block.start):
            place, line = len(self.facts.items), self.line
            shown = counted(number, block.style)
            self.facts.items.append(Item(shown, "", line))
            pieces = [self.block(each) for each in item]
            first = pieces[0] if item and isinstance(item[0], model.Para | model.Plain) else ""
            self.facts.items[place] = Item(shown, first, line)
            told.append(BULLET + END + "".join(pieces))
        return "".join(told)

    def table(self, block: model.Table) -> str:
        line = self.line
        caption = self.say(self.inlines(block.caption), line)
        head = (block.head,) if block.head else ()
        self._is_in_table = True
        rows = tuple(tuple(self.blocks(cell.blocks) for cell in row) for row in (*head, *block.rows))
        self._is_in_table = False
        self.facts.tables.append(Grid(rows, bool(head), line))
        return caption + "".join(cell for row in rows for cell in row)

    # ---- inlines

    def inlines(self, inlines: Iterable[model.Inline]) -> str:
        return "".join(map(self.inline, inlines))

    def inline(self, inline: model.Inline) -> str:
        match inline:
            case model.Str(text) | model.Code(text):
                return self.plain(text)
            case model.Superscript(content):
                return RAISED + END + self.inlines(content)
            case model.Strikeout(content):
                return f"{STRUCK}{END}{self.inlines(content)}{UNSTRUCK}{END}"
            case model.Link(content, address):
                words = self.inlines(content)
                if not address.startswith(OUTSIDE):
                    return words
                self.facts.addresses.append(Address(address, words, inline.line or self.line))
                return f"{words}{LINK}{address}{END}"
            case model.Note():
                if inline not in self._notes:
                    self._notes.append(inline)
                return MARK.format(self._notes.index(inline) + 1)
            case model.Emph(content) | model.Strong(content) | model.Subscript(content) | model.Span(content):
                return self.inlines(content)
            case _:
                return ""
