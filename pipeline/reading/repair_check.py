"""Compares what pandoc reads in a text before and after its repairs: no table and no list item may be lost.

Cells and items are known by their first words, since a repair may mend a link or a mark behind them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.reading.pandoc import PandocDocument, PandocFailure

_NO_WORD = re.compile(r"[\W_]+")
_ROW_END: list[Any] = [None, None, 1, 1, []]
_Part = tuple[str, ...]


def lost_part(untouched: PandocDocument | PandocFailure, repaired: PandocDocument | PandocFailure) -> str:
    """Return the first words of the first table or list item that the repairs took away; empty where none is lost.

    A text that pandoc cannot read, or that nests too deeply to be compared, tells nothing.
    """
    if not (isinstance(untouched, PandocDocument) and isinstance(repaired, PandocDocument)):
        return ""
    try:
        before, after = (json.loads(document.data)["blocks"] for document in (untouched, repaired))
    except RecursionError:
        return ""
    kept = Counter(_parts(after))
    kept.update(("item", word) for node in _walk(after) if node["t"] == "Para" for word in _words_behind_numbers(node))
    for part in _parts(before):
        kept[part] -= 1
        if kept[part] < 0:
            return " | ".join(filter(None, part[1:]))
    return ""


def _parts(nodes: list[Any]) -> list[_Part]:
    """Return every list item by its first word, and every table by those of its cells, row by row."""
    return [part for node in _walk(nodes) for part in _parts_of(node)]


def _parts_of(node: dict[str, Any]) -> Iterator[_Part]:
    match node:
        case {"t": "Table", "c": [_, _, _, [_, head], bodies, _]}:
            rows = [*head, *(row for body in bodies for row in body[3])]
            yield ("table", *(_first_word(cell[4]) for row in rows for cell in (*row[1], _ROW_END)))
        case {"t": "BulletList", "c": items} | {"t": "OrderedList", "c": [_, items]}:
            yield from (("item", word) for item in items if (word := _first_word(item)))


def _words_behind_numbers(paragraph: dict[str, Any]) -> Iterator[str]:
    """Yield the word behind each number that a line begins with: `1. maj` is no list after its repair."""
    for line in _words(paragraph["c"], line_end="\n").split("\n"):
        number, *words = line.split()[:2] or [""]
        if number.isdecimal():
            yield from words


def _first_word(nodes: list[Any]) -> str:
    return next(iter(_words(nodes).split()), "")


def _words(nodes: list[Any], line_end: str = " ") -> str:
    """Return the bare words of nodes in small letters."""
    pieces: list[str] = []
    for node in _walk(nodes):
        match node:
            case {"t": "Str", "c": words} | {"t": "Code" | "CodeBlock", "c": [_, words]}:
                pieces.append(_NO_WORD.sub(" ", words))
            case {"t": "SoftBreak" | "LineBreak"}:
                pieces.append(line_end)
            case {"t": "Space" | "Plain" | "Para" | "Div" | "BulletList" | "OrderedList" | "Table"}:
                pieces.append(" ")
    return "".join(pieces).casefold()


def _walk(nodes: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of pandoc's tree, in reading order."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            yield node
            if isinstance(below := node.get("c"), list):
                waiting += reversed(below)
