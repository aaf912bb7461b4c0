"""Facts of the text part of a newsletter: looked for line by line, since text has no structure but its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.oracle.facts import END, MARK, Facts, Grid, Item, Words, bare, pattern, squeezed

_NOTE_MARK = re.compile(r"\s?\(([^\W\d]+)\u00a0(\d+)\)")
_LINK_MARK = re.compile(r"\u00a0\[(\d+)\]")
_RULE = re.compile(r"\s*-+(?: {2}-+)*")


@dataclass(slots=True)
class Letter:
    """The text part: its lines, its links by number, and its footnotes by number."""

    lines: list[str]
    links: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def clean(self, words: str) -> str:
        """Return words without white space, with footnote marks, and with addresses in place of their numbers."""
        words = re.sub(r"\[(?:Billede|Picture): [^\]]*\]", "", words)
        words = _NOTE_MARK.sub(lambda mark: MARK.format(mark[2]), words)
        return squeezed(_LINK_MARK.sub(lambda mark: f"({self.links.get(mark[1], mark[1])})", words))

    @property
    def text(self) -> str:
        return self.clean("\n".join(self.lines))


def read_letter(plain: str) -> Letter:
    letter = Letter(plain.split("\n"))
    letter.links = dict(re.findall(r"(?m)^\[(\d+)\] (\S+)$", plain))
    for note in re.finditer(r"(?m)^[^\W\d]+ (\d+):\n((?:(?: {4}.*)?\n)+)", plain):
        letter.notes[note[1]] = letter.clean(note[2])
    return letter


def facts_in(letter: Letter, expected: Facts) -> Facts:
    """Return the facts that a letter holds, of those that are expected: in its lines, in the order of reading.

    An item is a line that begins with its number and its words; a table is a head above a rule, with cells below their
    columns, or rows in which each cell stands behind its head.
    """
    found = Facts(notes={number: Words(words) for number, words in letter.notes.items()}, blocks=[Words(letter.text)])
    found.items = list(_items(letter, expected.items))
    at = 0
    for grid in expected.tables:
        made, at = _columns(letter, grid, at) or _records(letter, grid) or (None, at)
        if made:
            found.tables.append(made)
    return found


def _items(letter: Letter, items: Sequence[Item]) -> Iterator[Item]:
    """Yield the lines that begin with a number and the words of an item; the rest of its words is not looked at."""
    numbered = (re.match(r"\s*(\w{1,6})\. +(.+)", line) for line in letter.lines)
    lines = [(match[1], letter.clean(match[2])) for match in numbered if match]
    at = 0
    for item in items:
        for place in range(at, len(lines)):
            number, words = lines[place]
            if words and item.text and _begins(item.text, words):
                yield Item(number, bare(item.text), item.line)
                at = place + 1
                break
            if not item.text and number == item.number:
                yield Item(number, bare(item.text), item.line)
                at = place + 1
                break


def _begins(item: str, line: str) -> bool:
    """Tell whether a line holds the beginning of an item's words, or all of them."""
    ends = (end for end in range(len(item), 0, -1) if item[:end].count("\ue000") == item[:end].count(END))
    return any(re.fullmatch(pattern(item[:end]), line) for end in ends if len(bare(item[:end])) <= len(line))


def _columns(letter: Letter, grid: Grid, start: int) -> tuple[Grid, int] | None:
    """Return a table in columns, below a head and a rule of hyphens."""
    if not grid.has_head:
        return _without_head(letter, grid, start)
    for at in range(start + 1, len(letter.lines)):
        rule = letter.lines[at]
        if not _RULE.fullmatch(rule):
            continue
        spans = [match.span() for match in re.finditer("-+", rule)]
        head = _cells(letter, letter.lines[at - 1], spans)
        if len(head) == len(grid.rows[0]) and all(map(_says, grid.rows[0], head)):
            last = at + len(grid.rows)
            return Grid(
                (head, *(_cells(letter, line, spans) for line in letter.lines[at + 1 : last])), True, grid.line
            ), last
    return None


def _cells(letter: Letter, line: str, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(letter.clean(line[begin:end]) for begin, end in spans)


def _without_head(letter: Letter, grid: Grid, start: int) -> tuple[Grid, int] | None:
    for at in range(start, len(letter.lines) - len(grid.rows) + 1):
        lines = [re.split(r" {2,}", line.strip()) for line in letter.lines[at : at + len(grid.rows)]]
        rows = tuple(tuple(map(letter.clean, cells)) for cells in lines)
        if all(
            len(row) == len(cells) and all(map(_says, row, cells)) for row, cells in zip(grid.rows, rows, strict=True)
        ):
            return Grid(rows, False, grid.line), at
    return None


def _records(letter: Letter, grid: Grid) -> tuple[Grid, int] | None:
    """Return a table row by row: of two columns as term and meaning, of more with each head before its cell.

    The first cell of a row has no head before it; without heads, a dash is an empty cell.
    """
    head = grid.rows[0] if grid.has_head else ()
    pieces = ["·".join(pattern(cell) for cell in head if cell)]
    for row in grid.rows[len(head[:1]) :]:
        for place, cell in enumerate(row):
            is_labelled = len(head) > 2 and 0 < place < len(head) and head[place]
            is_meaning = len(head) <= 2 and len(row) == 2 and place == 1 and all(row)
            label = pattern(head[place]) + ":" if is_labelled else "–?" * is_meaning
            is_between = not any(head) and any(row[place:])
            pieces.append(f"{label}{pattern(cell)}" if cell else "–" * is_between)
    if not re.search("".join(pieces), letter.text):
        return None
    return Grid(tuple(tuple(map(bare, row)) for row in grid.rows), grid.has_head, grid.line), 0


def _says(expected: str, found: str) -> bool:
    return bool(re.fullmatch(pattern(expected), found))
