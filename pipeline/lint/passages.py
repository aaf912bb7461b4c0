"""Plain text of an article in passages (paragraph, heading, cell, caption), with source lines."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal, cast

from pipeline.model import (
    Article,
    Block,
    Callout,
    Code,
    DefinitionList,
    Div,
    Figure,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    Para,
    Plain,
    References,
    SoftBreak,
    Space,
    Span,
    Str,
    Table,
    children,
    text,
)

PassageKind = Literal["title", "lead", "point", "heading", "prose", "note", "cell", "caption", "reference"]
# Placeholder for text that rules of the language must not read: no letter, no space, no punctuation.
HIDDEN_CHARACTER = "\ufffc"


@dataclass(frozen=True, slots=True)
class Passage:
    """The words of one paragraph, heading, cell or caption."""

    kind: PassageKind
    text: str
    own: str  # The same, as many characters long; code, addresses and words in another language are hidden
    lines: tuple[tuple[int, int], ...]  # Where a line of the source begins in the text, and its number

    def line_at(self, place: int) -> int:
        return self.lines[bisect(self.lines, (place, 1 << 30)) - 1][1]


def collect_passages(article: Article) -> tuple[Passage, ...]:
    """Return all that is read of an article, from the title on."""
    opening = [_plain_passage("title", article.title), _plain_passage("lead", article.lead)]
    points = [_plain_passage("point", point) for point in article.meta.key_points]
    found = [*opening, *points, *_of_blocks(article.blocks, "prose", article.language)]
    return tuple(passage for passage in found if passage.text.strip())


def _plain_passage(kind: PassageKind, words: str) -> Passage:
    return Passage(kind, words, words, ((0, 0),))


def _of_blocks(blocks: Iterable[Block], kind: PassageKind, language: str) -> Iterator[Passage]:
    return chain.from_iterable(_of_block(block, kind, language) for block in blocks)


def _of_block(block: Block, kind: PassageKind, language: str) -> Iterator[Passage]:
    match block:
        case Para(content) | Plain(content):
            yield from _passages_of_inlines(kind, content, block.line, language)
        case Header(_, content):
            yield from _passages_of_inlines("heading", content, block.line, language)
        case Callout(_, blocks, title):
            yield from _passages_of_inlines("heading", title, block.line, language)
            yield from _of_blocks(blocks, kind, language)
        case Figure(_, caption):
            yield from _passages_of_inlines("caption", caption, block.line, language)
        case Table():
            yield from _of_table(block, language)
        case Div(blocks, other) if other and not _is_same_language(other, language):
            for passage in _of_blocks(blocks, kind, other):
                yield replace(passage, own=HIDDEN_CHARACTER * len(passage.text))
        case References(_, blocks):
            yield from _of_blocks(blocks, "reference", language)
        case DefinitionList(entries):
            for term, definitions in entries:
                yield from _passages_of_inlines("heading", term, block.line, language)
                yield from _of_blocks(chain(*definitions), kind, language)
        case _:
            # Quotations, boxes and lists hold blocks only.
            yield from _of_blocks(cast("tuple[Block, ...]", children(block)), kind, language)


def _of_table(table: Table, language: str) -> Iterator[Passage]:
    yield from _passages_of_inlines("caption", table.caption, table.line, language)
    cells = chain(table.head, *table.rows)
    for passage in _of_blocks((block for cell in cells for block in cell.blocks), "cell", language):
        # A row of a table has no line of its own in the model.
        yield passage if passage.lines[0][1] else replace(passage, lines=((0, table.line),))


def _is_same_language(one: str, other: str) -> bool:
    return one.split("-", maxsplit=1)[0] == other.split("-", maxsplit=1)[0]


@dataclass(slots=True)
class _PassageBuilder:
    language: str
    line: int
    text: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    lines: list[tuple[int, int]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    length: int = 0

    def add(self, words: str, *, is_hidden: bool = False) -> None:
        self.text.append(words)
        self.own.append(HIDDEN_CHARACTER * len(words) if is_hidden else words)
        self.length += len(words)

    def write(self, content: Iterable[Inline], *, is_hidden: bool = False) -> None:
        for node in content:
            match node:
                case Str(words) | Code(words):
                    self.add(words, is_hidden=is_hidden or isinstance(node, Code))
                case Space():
                    self.add(" ")
                case SoftBreak() | LineBreak():
                    self.add(" ")
                    self.line += 1
                    self.lines.append((self.length, self.line))
                case Note():
                    self.notes.append(node)
                case Image():
                    continue
                case Link(inside, address):
                    is_bare = text(inside).strip() in (address, address.removeprefix("mailto:"))
                    self.write(inside, is_hidden=is_hidden or is_bare)
                case Span(inside, other):
                    is_other = bool(other) and not _is_same_language(other, self.language)
                    self.write(inside, is_hidden=is_hidden or is_other)
                case _:
                    self.write(children(node), is_hidden=is_hidden)  # type: ignore[arg-type]  # inlines hold inlines


def _passages_of_inlines(kind: PassageKind, content: tuple[Inline, ...], line: int, language: str) -> Iterator[Passage]:
    writer = _PassageBuilder(language, line, lines=[(0, line)])
    writer.write(content)
    yield Passage(kind, "".join(writer.text), "".join(writer.own), tuple(writer.lines))
    for note in writer.notes:
        yield from _of_blocks(note.blocks, "note", language)
