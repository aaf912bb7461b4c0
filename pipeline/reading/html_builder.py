"""Builds the model's lists and tables from the fenced divs that `html_blocks` made of HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from pipeline.model import (
    Alignment,
    Block,
    BlockQuote,
    BulletList,
    DefinitionList,
    Figure,
    Inline,
    LineBreak,
    NumberStyle,
    OrderedList,
    Para,
    Plain,
    Space,
    Table,
    text,
    walk,
)
from pipeline.reading.html_tables import HtmlCell, OverlapError, Row, place_cells
from pipeline.reading.inline_builder import BuilderState, PandocNode, text_to_inlines
from pipeline.reading.lines import TooLargeError
from pipeline.registry import error_rule
from pipeline.rendering.table_columns import settle_alignment

_STYLES: dict[str, NumberStyle] = {"a": "a", "A": "A", "i": "i", "I": "I"}
_ALIGNMENTS: dict[str, Alignment] = {"left": "left", "center": "center", "right": "right"}
_MOST_COLUMNS = 1000  # That a cell may cover. Source: HTML, section 4.9.11.


@dataclass(frozen=True, slots=True)
class _Child:
    name: str  # Of its element; empty: text between elements
    attributes: dict[str, str]
    blocks: tuple[Block, ...]

    def number(self, key: str, instead: int) -> int:
        value = self.attributes.get(key, "")
        return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else instead


class HtmlBuilder:
    def __init__(self, state: BuilderState, blocks: Callable[[list[PandocNode], int], tuple[Block, ...]]) -> None:
        self.state = state
        self.blocks = blocks

    def build(self, div: list[Any], depth: int) -> tuple[Block, ...]:
        """Return the blocks of an element."""
        element, nodes = _element(div)
        line = self.state.line
        match element.name:
            case "ul":
                items = tuple(filter(None, (_tight(child.blocks) for child in self._items(nodes, depth))))
                return (BulletList(items, line),) if items else ()
            case "ol":
                return self._numbered(element, list(self._items(nodes, depth)), line)
            case "dl":
                return _definitions(self._children(nodes, depth), line)
            case "blockquote":
                blocks = self.blocks(nodes, depth + 1)
                return (BlockQuote(blocks, line),) if blocks else ()
            case "table":
                return self._table(nodes, depth, line)
            case _:  # outside of its table or list
                return self.blocks(nodes, depth + 1)

    def _children(self, nodes: list[PandocNode], depth: int) -> Iterator[_Child]:
        for node in nodes:
            if name := _name(node):
                self.state.move(node["c"][0])
                element, inside = _element(node["c"])
                yield _Child(name, element.attributes, self.blocks(inside, depth + 1))
            elif blocks := self.blocks([node], depth + 1):
                yield _Child("", {}, blocks)

    def _items(self, nodes: list[PandocNode], depth: int) -> Iterator[_Child]:
        """Yield list items; what stands between them belongs to the one before."""
        item: _Child | None = None
        for child in self._children(nodes, depth):
            if child.name == "li" or item is None:
                if item:
                    yield item
                item = child
            else:
                item = _Child(item.name, item.attributes, (*item.blocks, *child.blocks))
        if item:
            yield item

    def _numbered(self, element: _Child, items: list[_Child], line: int) -> tuple[Block, ...]:
        step = -1 if "reversed" in element.attributes else 1
        number = element.number("start", 1 if step > 0 else len(items))
        numbered = []
        for item in items:
            number = item.number("value", number)
            numbered.append((number, _tight(item.blocks)))
            number += step
        return ordered_lists(numbered, _STYLES.get(element.attributes.get("type", ""), "1"), line)

    @error_rule(
        "table-unclear",
        "A table of HTML in which two cells claim one place, or that stands within another table.",
        "`<td rowspan=2>` above a `<td colspan=2>`",
        "Correct `rowspan` and `colspan`; write the inner table below the outer one.",
    )
    def _table(self, nodes: list[PandocNode], depth: int, line: int) -> tuple[Block, ...]:
        caption: list[Inline] = []
        rows: list[Row] = []
        for node in nodes:
            if _name(node) != "tr":
                caption += _inlines(self.blocks([node], depth + 1))
                continue
            self.state.move(node["c"][0])
            element, inside = _element(node["c"])
            cells = tuple(map(_cell, self._children(inside, depth + 1)))
            part = element.attributes.get("part", "")
            rows.append((part if part in ("thead", "tfoot") else "tbody", cells))
        found = self.state.findings
        inner = (
            block for _, cells in rows for cell in cells for block in walk(cell.blocks) if isinstance(block, Table)
        )
        if table := next(inner, None):
            found.add("table-unclear", table.line, "a table within a table, expected text, lists or pictures in a cell")
        try:
            head, body = place_cells(rows, found.limits.cells)
        except OverlapError:
            found.add("table-unclear", line, "two cells claim one place, expected one cell at each row and column")
            return ()
        except OverflowError as error:
            raise TooLargeError(f"a table of {error}, expected at most {found.limits.cells:,}", line=line) from error
        body = tuple(row for row in body if any(cell.blocks for cell in row))
        return (settle_alignment(Table(head, body, tuple(caption), line)),) if head or body else ()


def ordered_lists(items: Iterable[tuple[int, tuple[Block, ...]]], style: NumberStyle, line: int) -> tuple[Block, ...]:
    """Return items with their numbers, in a new list wherever these do not go on by one; an empty item is left out."""
    runs = groupby(enumerate(item for item in items if item[1]), key=lambda entry: entry[1][0] - entry[0])
    lists = ([item for _, item in run] for _, run in runs)
    return tuple(OrderedList(tuple(blocks for _, blocks in run), run[0][0], line, style) for run in lists)


def is_html(classes: list[str]) -> bool:
    return bool(classes) and classes[0].startswith(_PREFIX)


_PREFIX = "html-"


def _name(node: PandocNode) -> str:
    """Return the name of the element that a div stands for; empty for other nodes."""
    is_element = node["t"] == "Div" and is_html(node["c"][0][1])
    return str(node["c"][0][1][0]).removeprefix(_PREFIX) if is_element else ""


def _element(div: list[Any]) -> tuple[_Child, list[PandocNode]]:
    (_, classes, pairs), nodes = div
    return _Child(classes[0].removeprefix(_PREFIX), dict(pairs), ()), nodes


def _tight(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks of an item or a cell without a paragraph around its only text."""
    match blocks:
        case (Para(content, line), *others) if all(isinstance(block, BulletList | OrderedList) for block in others):
            return (Plain(content, line), *others)
    return blocks


def _cell(child: _Child) -> HtmlCell:
    rows, columns = max(0, child.number("rowspan", 1)), child.number("colspan", 1)
    alignment = _ALIGNMENTS.get(child.attributes.get("align", "").lower(), "")
    # Pictures stay within the text of a cell.
    blocks = (
        Plain((block.image, *((LineBreak(), *block.caption) if block.caption else ())), block.line)
        if isinstance(block, Figure)
        else block
        for block in _tight(child.blocks)
    )
    return HtmlCell(tuple(blocks), child.name == "th", rows, columns if 0 < columns <= _MOST_COLUMNS else 1, alignment)


def _inlines(blocks: tuple[Block, ...]) -> tuple[Inline, ...]:
    """Return blocks as one line; of others than paragraphs the bare words."""
    texts = (block.content if isinstance(block, Para | Plain) else text_to_inlines(text((block,))) for block in blocks)
    return tuple(chain.from_iterable((Space(), *words) for words in texts))[1:]


def _definitions(children: Iterable[_Child], line: int) -> tuple[Block, ...]:
    entries: list[tuple[tuple[Inline, ...], tuple[tuple[Block, ...], ...]]] = []
    before: list[Block] = []
    for child in children:
        if child.name == "dt":
            entries.append((_inlines(child.blocks), ()))
        elif entries:
            term, definitions = entries[-1]
            entries[-1] = (term, (*definitions, _tight(child.blocks)))
        else:
            before += child.blocks
    return (*before, *((DefinitionList(tuple(entries), line),) if entries else ()))
