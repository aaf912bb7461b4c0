"""What the columns of a table hold, numbers or words, and the alignment that suits it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import zip_longest

from pipeline.model import Cell, Plain, Table, text

PAIR = 2
"""Columns of a table that is read as term and meaning."""
_MOST_WORDS = 3
"""A cell with more words is read as a sentence, whose lines must begin below each other."""
_MOST_HEAD_WORDS = 5
_SHORT_LETTERS = 32
"""A cell of a word list has at most so many letters: it fits half of the paper."""
_MOST_ROWS = 20
"""A word list with more rows is set two-up."""


def settle_alignment(table: Table) -> Table:
    """Return a table in which sentences are aligned at the left: `---:` holds for numbers and a few words only."""
    wordy = {at for at, column in _columns(table) if not all(map(_is_brief, column))}

    def settled(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(
            replace(cell, alignment="") if at in wordy and cell.alignment != "left" else cell
            for at, cell in enumerate(row)
        )

    return replace(table, head=settled(table.head), rows=tuple(map(settled, table.rows)))


def _columns(table: Table) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Yield each column, without its head, by its place from 0."""
    return enumerate(zip_longest(*table.rows, fillvalue=Cell(())))


def _is_brief(cell: Cell) -> bool:
    """Tell whether a cell holds numbers with their units, or at most three words."""
    if len(cell.blocks) > 1 or not all(isinstance(block, Plain) for block in cell.blocks):
        return False
    return sum(any(map(str.isalpha, word)) for word in text(cell.blocks).split()) <= _MOST_WORDS


@cache
def _number(thousands: str) -> re.Pattern[str]:
    """Return what a plain number is, `−12,5`, `1.200` or `40 %`, where this sign parts its thousands."""
    decimal = "." if thousands == "," else ","
    return re.compile(
        rf"[+−-]?(?:\d{{1,3}}(?:[{re.escape(thousands)}\u00a0\u202f]\d{{3}})+|\d+)"
        rf"(?P<decimals>{re.escape(decimal)}\d+)?[\u00a0\u202f ]?%?"
    )


def number_columns(table: Table, thousands: str) -> frozenset[int]:
    """Return the columns behind the first in which every cell is a plain number, and at least two cells are filled.

    Args:
        thousands: The sign between groups of three digits.
    """
    found = set()
    for at, column in _columns(table):
        filled = [words for cell in column if (words := text(cell.blocks))]
        if at and len(filled) > 1 and all(map(_number(thousands).fullmatch, filled)) and all(map(_is_brief, column)):
            found.add(at)
    return frozenset(found)


def decimals_of(words: str, thousands: str) -> str:
    """Return what stands from the decimal sign of a number on, its percent sign included; empty for a whole number."""
    number = _number(thousands).fullmatch(words)
    if number is None:
        return ""
    return words[number.start("decimals") :] if number["decimals"] else re.sub(r"^.*\d", "", words)


def has_row_heads(table: Table) -> bool:
    """Tell whether the first cell of each row names what the others say of it: a few words, each row its own."""
    names = [text(row[0].blocks) for row in table.rows if row]
    return (
        len(table.head) > 1
        and 0 < len(names) == len(table.rows) == len(set(names))
        and all(0 < len(name.split()) <= _MOST_HEAD_WORDS and any(map(str.isalpha, name)) for name in names)
    )


def is_word_list(table: Table) -> bool:
    """Tell whether a table is a long list of words, each with a few that explain it."""
    cells: Sequence[Cell] = [cell for row in (table.head, *table.rows) for cell in row]
    return (
        len(table.rows) > _MOST_ROWS
        and len(table.head) == 2
        and all(len(row) == len(table.head) for row in table.rows)
        and all(len(text(cell.blocks)) <= _SHORT_LETTERS for cell in cells)
    )
