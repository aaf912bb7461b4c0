"""Lists of paragraphs that begin with a typed “•”, “o”, “-” or “1)”."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from pipeline.importing.marks import PlacedFindings, without_marks
from pipeline.registry import note_rule

Node = dict[str, Any]
BULLETS = "•·●▪■◦○‣⁃➢➤✓\uf0b7\uf0a7\uf0d8\uf0fc\uf02d"
"""Signs that begin an item wherever they stand; those from U+F000 on are Word's, of the fonts Symbol and Wingdings."""
_WEAK = "-–—*o"
"""Signs that begin an item only where the paragraph beside does it too."""
_NUMBER = re.compile(r"\(?(\d{1,2})[.)]")


@dataclass(slots=True)
class _Item:
    mark: str
    blocks: list[Node]
    number: int = 0
    inner: list[_Item] = field(default_factory=list)


@note_rule(
    "import-list",
    "Paragraphs with typed bullets or numbers that became a list.",
    "“• Gå en tur” and “• Lav øvelser”, each a paragraph",
    "Nothing, where it is a list.",
)
def lists_from_marks(blocks: list[Node], marks: PlacedFindings) -> list[Node]:
    """Return blocks, with a list for each run of paragraphs that begin with a bullet, or with numbers in order."""
    built: list[Node] = []
    run: list[_Item] = []
    for block in chain.from_iterable(map(_split_at_breaks, blocks)):
        item = _as_item(block)
        if item and (not run or _goes_on(run, item)):
            run.append(item)
            continue
        built += _as_lists(run, marks)
        run = [item] if item else []
        built += [] if item else [block]
    return built + _as_lists(run, marks)


def _goes_on(run: list[_Item], item: _Item) -> bool:
    last = run[-1]
    if item.number or last.number:
        return item.number == last.number + 1 and item.mark == last.mark
    return True


def _as_item(block: Node) -> _Item | None:
    """Return a paragraph that begins with a mark, without it; None for any other."""
    if block["t"] not in ("Para", "Plain"):
        return None
    match block["c"]:
        case [{"t": "Str", "c": str(first)}, {"t": "Space"}, *rest] if without_marks(_words(rest)).strip():
            if len(first) == 1 and first in BULLETS + _WEAK:
                return _Item(first, [{"t": "Plain", "c": rest}])
            if number := _NUMBER.fullmatch(first):
                return _Item(re.sub(r"\d+", "1", first), [{"t": "Plain", "c": rest}], int(number[1]))
        case [{"t": "Str", "c": str(first)}, *rest] if len(first) > 1 and first[0] in BULLETS:
            return _Item(first[0], [{"t": "Plain", "c": [{"t": "Str", "c": first[1:]}, *rest]}])
    return None


def _words(inlines: list[Node]) -> str:
    return "".join(str(node["c"]) if node["t"] == "Str" else "x" if "c" in node else " " for node in inlines)


def _as_lists(run: list[_Item], marks: PlacedFindings) -> list[Node]:
    """Return a run of items as a list; as paragraphs again where it is none."""
    if not run:
        return []
    is_list = len(run) > 1 or run[0].mark in BULLETS
    if not is_list:
        return [_paragraph(item) for item in run]
    first = run[0]
    shown = f"{first.number}" if first.number else first.mark
    mark = marks.add("import-list", f"{len(run)} paragraphs with typed marks ({shown} …) are a list")
    first.blocks[0]["c"].append({"t": "Str", "c": mark})
    if first.number:
        attributes = [first.number, {"t": "Decimal"}, {"t": "Period"}]
        return [{"t": "OrderedList", "c": [attributes, [item.blocks for item in run]]}]
    return [_nested(run)]


def _nested(run: list[_Item]) -> Node:
    """Return a list of bullets: another sign than the first one's begins a list within the item above."""
    top: list[_Item] = []
    for item in run:
        if top and item.mark != run[0].mark:
            top[-1].inner.append(item)
        else:
            top.append(item)
    items = [[*item.blocks, *([_nested(item.inner)] if item.inner else [])] for item in top]
    return {"t": "BulletList", "c": items}


def _paragraph(item: _Item) -> Node:
    mark = item.mark.replace("1", str(item.number)) if item.number else item.mark
    return {"t": "Para", "c": [{"t": "Str", "c": mark}, {"t": "Space"}, *item.blocks[0]["c"]]}


def _split_at_breaks(block: Node) -> list[Node]:
    """Return a paragraph whose lines all but the first begin with a bullet as paragraphs; any other as it is."""
    if block["t"] not in ("Para", "Plain") or not any(node["t"] == "LineBreak" for node in block["c"]):
        return [block]
    rows: list[list[Node]] = [[]]
    for node in block["c"]:
        if node["t"] == "LineBreak":
            rows.append([])
        else:
            rows[-1].append(node)
    pieces: list[Node] = [{"t": "Para", "c": row} for row in rows if row]
    items = [_as_item(piece) for piece in pieces]
    is_list = len(pieces) > 2 and all(items[1:])  # a line above, and two items
    return pieces if is_list or (len(pieces) > 1 and all(items)) else [block]
