"""Builds the model's blocks from pandoc's blocks, with source lines, figures and callouts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

from pipeline.findings import Finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.model import (
    Alignment,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    CalloutKind,
    Cell,
    CodeBlock,
    DefinitionList,
    Div,
    Figure,
    Header,
    HorizontalRule,
    Inline,
    LineBreak,
    OrderedList,
    Para,
    Plain,
    SoftBreak,
    Space,
    Str,
    Strong,
    Table,
    text,
)
from pipeline.reading.callouts import (
    CALLOUT_KINDS,
    MEDIA_NAMES,
    bold_only,
    callout_key,
    split_callout_title,
    suggest_callout,
    unknown_callout_names,
)
from pipeline.reading.inline_builder import BuilderState, InlineBuilder, PandocNode, TargetResolver, text_to_inlines
from pipeline.reading.lines import FENCE, FindingCollector, Lines, NestingError
from pipeline.reading.pandoc import PandocDocument
from pipeline.registry import warning_rule

__all__ = ["NestingError", "TargetResolver", "build_blocks"]

_ALERT_MARK = re.compile(r"\[!([^\[\]]{1,40})\][+-]?")
_ALIGNMENTS: dict[str, Alignment] = {"AlignLeft": "left", "AlignCenter": "center", "AlignRight": "right"}
_BREAK_TYPES = ("SoftBreak", "LineBreak")


def build_blocks(
    document: PandocDocument, lines: Lines, source: str, resolver: TargetResolver, limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    """Return the blocks of a text that pandoc has read; headings have the level and id that pandoc gave them.

    Args:
        lines: What pandoc was given, so that blocks get the lines of the source file.

    Raises:
        NestingError: Blocks or inlines nest too deeply.
    """
    place = BuilderState(lines, FindingCollector(source, limits), resolver)
    try:
        nodes = json.loads(document.data)["blocks"]
    except RecursionError as error:
        place.set_line(document.deepest_line())
        message = f"blocks nested more than {limits.nesting} deep"
        raise NestingError(message, source=source, line=place.line) from error
    blocks = BlockBuilder(place).blocks(nodes, 0)
    return blocks, tuple(place.record.findings)


class BlockBuilder:
    """Builds the blocks of one article."""

    def __init__(self, place: BuilderState) -> None:
        self.place = place
        self.inline = InlineBuilder(place, self.blocks)
        self._kinds: dict[str, Callable[[list[Any], int], tuple[Block, ...]]] = {
            "Para": self._para,
            "Plain": self._plain,
            "Header": self._header,
            "BlockQuote": self._blockquote,
            "BulletList": self._bulletlist,
            "OrderedList": self._orderedlist,
            "DefinitionList": self._definitionlist,
            "Table": self._table,
            "CodeBlock": self._codeblock,
            "RawBlock": self._rawblock,
            "HorizontalRule": self._horizontalrule,
            "LineBlock": self._lineblock,
            "Figure": self._figure,
            "Div": self._div,
        }

    def blocks(self, nodes: list[PandocNode], depth: int) -> tuple[Block, ...]:
        """Return blocks.

        Raises:
            NestingError: They nest too deeply.
        """
        record = self.place.record
        if depth > record.limits.nesting:
            message = f"blocks nested more than {record.limits.nesting} deep"
            raise NestingError(message, source=record.source, line=self.place.line)
        built: list[Block] = []
        for node in nodes:
            built += self._block(node, depth)
        return tuple(built)

    def _block(self, node: PandocNode, depth: int) -> tuple[Block, ...]:
        build_kind = self._kinds.get(node["t"])
        return build_kind(node.get("c", []), depth) if build_kind else ()

    # ---- containers and small kinds

    def _blockquote(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.place.line
        return _quotation(self.blocks(content, depth + 1), line, self.place.record)

    def _bulletlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.place.line
        items = tuple(filter(None, (self._item(item, depth + 1) for item in content)))
        return (BulletList(items, line),) if items else ()

    def _orderedlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.place.line
        items = tuple(filter(None, (self._item(item, depth + 1) for item in content[1])))
        return (OrderedList(items, content[0][0], line),) if items else ()

    def _horizontalrule(self, _: list[Any], __: int) -> tuple[Block, ...]:
        return (HorizontalRule(self.place.line),)

    def _lineblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        return (Para(tuple(_join_with_breaks([self.inline.line(row) for row in content])), self.place.line),)

    def _figure(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        return self.blocks(content[2], depth + 1)

    # ---- text and pictures

    def _para(self, content: list[Any], _: int) -> tuple[Block, ...]:
        return self._text(Para, content)

    def _plain(self, content: list[Any], _: int) -> tuple[Block, ...]:
        return self._text(Plain, content)

    def _text(self, kind: type[Para | Plain], nodes: list[PandocNode]) -> tuple[Block, ...]:
        """Return a paragraph, and each picture that stands at its ends or on a line of its own as a figure."""
        line = self.place.line
        built: list[Block] = []
        for piece in _split_at_pictures(nodes):
            if isinstance(piece, list):
                content = self.inline.line(piece)
                if content:
                    built.append(kind(content, line))
            elif image := self.inline.picture(piece):
                caption = tuple(text_to_inlines(piece["c"][2][1]))
                built.append(Figure(image, caption, image.line))
        return tuple(built)

    def _header(self, content: list[Any], _: int) -> tuple[Block, ...]:
        level, attributes, nodes = content
        self.place.move(attributes)
        line = self.place.line
        inside: list[Block] = []
        figures: list[Block] = []
        for block in self._text(Para, nodes):
            (figures if isinstance(block, Figure) else inside).append(block)
        heading = tuple(inline for block in inside if isinstance(block, Para) for inline in block.content)
        return (*((Header(level, heading, attributes[0], line),) if heading else ()), *figures)

    def _codeblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        """Return fenced code as code; indented text that repairs did not see stays text."""
        attributes, code = content
        self.place.move(attributes)
        line = self.place.line
        first = next((entry.text for entry in self.place.lines if entry.number == line), "```")
        if FENCE.search(first) or "```" in first or "~~~" in first:
            return (CodeBlock(code.strip("\n"), line),) if code.strip() else ()
        rows = [tuple(text_to_inlines(row)) for row in code.splitlines() if row.strip()]
        return (Para(tuple(_join_with_breaks(rows)), line),) if rows else ()

    def _rawblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        """Return the bare words of HTML that repairs left: a last net, so that no tag passes and no word is lost."""
        import nh3  # 20 ms: almost never needed

        raw, line = content[1], self.place.line
        if re.fullmatch(r"\s*(?:</?(?:br|sub|sup|abbr)\b[^>]*>\s*)+", raw, re.IGNORECASE):
            return ()
        self.place.record.add("html-removed", line, f"{' '.join(raw.split())[:60]!r}")
        bare = html.unescape(nh3.clean(raw, tags=set()))
        inlines = tuple(text_to_inlines(bare))
        return (Para(inlines, line),) if inlines else ()

    # ---- lists

    def _item(self, nodes: list[PandocNode], depth: int) -> tuple[Block, ...]:
        blocks = self.blocks(nodes, depth)
        # pandoc writes a task as a box in a block of its own before the text.
        if len(blocks) > 1 and isinstance(blocks[0], Plain | Para) and text((blocks[0],)) in {"☐", "☒"}:
            second = blocks[1]
            if isinstance(second, Plain | Para):
                joined = (*blocks[0].content, Space(), *second.content)
                return (type(second)(joined, second.line), *blocks[2:])
        return blocks

    def _definitionlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.place.line
        entries = []
        for term, definitions in content:
            inlines = self.inline.line(term)
            entries.append((inlines, tuple(self.blocks(nodes, depth + 1) for nodes in definitions)))
        return (DefinitionList(tuple(entries), line),)

    # ---- tables

    def _table(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        """Return a table; a first row that is all bold is its head where it has none."""
        attributes, (_, caption), columns, head, bodies, foot = content
        self.place.move(attributes)
        line = self.place.line
        alignments = [_ALIGNMENTS.get(column[0]["t"], "") for column in columns]
        heads = [self._row(row, alignments, depth) for row in head[1]]
        rows = [self._row(row, alignments, depth) for body in bodies for row in (*body[2], *body[3])]
        rows += [self._row(row, alignments, depth) for row in foot[1]]
        rows = [row for row in (*heads[1:], *rows) if not _is_empty(row)]
        top = heads[0] if heads and not _is_empty(heads[0]) else ()
        if not top and len(rows) > 1 and all(_is_bold(cell) for cell in rows[0]):
            self.place.record.add("table-shape", line, "the first row is all bold, and is the head of the table")
            top, rows = tuple(_without_bold(cell) for cell in rows[0]), rows[1:]
        words_above = tuple(
            inline
            for block in self.blocks(caption, depth + 1)
            if isinstance(block, Plain | Para)
            for inline in block.content
        )
        return (Table(top, tuple(rows), words_above, line),) if top or rows else ()

    def _row(self, row: list[Any], alignments: list[Alignment], depth: int) -> tuple[Cell, ...]:
        cells: list[Cell] = []
        for (_, alignment, _, _, nodes), column in zip(row[1], alignments, strict=False):
            blocks = [self._in_cell(block) for node in nodes for block in self._cell_block(node, depth)]
            cells.append(Cell(tuple(blocks), _ALIGNMENTS.get(alignment["t"], column)))
        return tuple(cells)

    def _cell_block(self, node: PandocNode, depth: int) -> tuple[Block, ...]:
        """Return a block of a cell; its pictures stay within the text."""
        if node["t"] in {"Plain", "Para"}:
            content = self.inline.line(node["c"])
            return (Plain(content, self.place.line),) if content else ()
        return self.blocks([node], depth + 1)

    def _in_cell(self, block: Block) -> Block:
        return Plain((block.image,), block.line) if isinstance(block, Figure) else block

    # ---- boxes

    @warning_rule(
        "div-unknown",
        "A box, or words in brackets, with a class that has no meaning here; the text is printed as any other.",
        "`::: {.tipp}`, or `[kun her]{.web-only}`",
        "Use a kind or a medium that the message names, or take the class away.",
    )
    def _div(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        """Return what a div holds, in the kind that its classes name."""
        attributes, nodes = content
        _, classes, pairs = attributes
        before = self.place.line
        self.place.move(attributes)
        line = self.place.line
        if ["wrapper", "1"] in pairs:
            built = self.blocks(nodes, depth)
            self.place.line = before
            return built
        # An alert begins with pandoc's own English label, which is no word of the author.
        nodes = [node for node in nodes if not (node["t"] == "Div" and node["c"][0][1] == ["title"])]
        for name in unknown_callout_names(classes):
            self.place.record.add(
                "div-unknown", line, f"a box of the class {name!r}, which is not known{suggest_callout(name)}"
            )
        built = self.blocks(nodes, depth + 1)
        kind = next((CALLOUT_KINDS[callout_key(name)] for name in classes if callout_key(name) in CALLOUT_KINDS), None)
        media = tuple(
            dict.fromkeys(MEDIA_NAMES[callout_key(name)] for name in classes if callout_key(name) in MEDIA_NAMES)
        )
        language = next((value for name, value in pairs if name == "lang"), "")
        title = tuple(text_to_inlines(next((value for name, value in pairs if name == "title"), "")))
        if kind:
            built = _callout(kind, built, title, line, self.place.record)
        elif title:
            built = (Para((Strong(title),), line), *built)
        if (media or language) and built:
            built = (Div(built, language, media, line),)
        return built


@warning_rule(
    "callout-unknown",
    "A box of a kind that is not known; it becomes a note with that word as title.",
    "`> [!FAKTUM]`",
    "Use NOTE, TIP, VIGTIGT, ADVARSEL, FORSIGTIG, SØG-LÆGE or DET-VIGTIGSTE.",
)
def _quotation(blocks: tuple[Block, ...], line: int, record: FindingCollector) -> tuple[Block, ...]:
    """Return a quotation, or the box that its first words name: `> [!VIGTIGT] Titel`."""
    first = blocks[0] if blocks else None
    if (
        not isinstance(first, Para)
        or not isinstance(first.content[0], Str)
        or not first.content[0].text.startswith("[!")
    ):
        return (BlockQuote(blocks, line),) if blocks else ()
    top, rest = _first_line(first.content)
    match = _ALERT_MARK.match(text(top))
    if match is None:
        return (BlockQuote(blocks, line),)
    name = callout_key(match[1])
    title = _after_mark(top, match[0])
    if name not in CALLOUT_KINDS:
        record.add("callout-unknown", line, f"[!{match[1]}] is no kind of box that is known; it becomes a note")
        title = (
            tuple(text_to_inlines(match[1])) if not title else (*text_to_inlines(match[1]), Str(":"), Space(), *title)
        )
    below = ((Para(rest, first.line),) if rest else ()) + blocks[1:]
    return _callout(CALLOUT_KINDS.get(name, "note"), below, title, line, record)


@warning_rule(
    "callout-empty",
    "A box without text; it is left out.",
    "`> [!ADVARSEL]` with an empty line below it",
    "Begin every line of the box with `>`, or take it away.",
)
def _callout(
    kind: CalloutKind, blocks: tuple[Block, ...], title: tuple[Inline, ...], line: int, record: FindingCollector
) -> tuple[Block, ...]:
    """Return a box, or nothing, with a finding, where it would be empty."""
    if not title:
        title, blocks = split_callout_title(blocks)
    if not blocks and title:
        blocks, title = (Para(title, line),), ()
    if not blocks:
        record.add("callout-empty", line, f"a box ({kind}) without text, left out")
        return ()
    return (Callout(kind, blocks, title, line),)


def _first_line(content: tuple[Inline, ...]) -> tuple[tuple[Inline, ...], tuple[Inline, ...]]:
    for at, inline in enumerate(content):
        if isinstance(inline, SoftBreak | LineBreak):
            return content[:at], content[at + 1 :]
    return content, ()


def _after_mark(content: tuple[Inline, ...], mark: str) -> tuple[Inline, ...]:
    """Return what stands behind a mark at the beginning of a line."""
    seen = ""
    for at, inline in enumerate(content):
        seen += text((inline,)) or " "
        if len(seen) >= len(mark):
            left = seen[len(mark) :].strip()
            rest = content[at + 1 :]
            while rest and isinstance(rest[0], Space):
                rest = rest[1:]
            return ((Str(left),) if left else ()) + rest
    return ()


def _join_with_breaks(rows: list[tuple[Inline, ...]]) -> list[Inline]:
    """Return rows with a line break between each two."""
    inlines: list[Inline] = []
    for row in rows:
        inlines += [LineBreak(), *row] if inlines else list(row)
    return inlines


def _split_at_pictures(nodes: list[PandocNode]) -> list[list[PandocNode] | PandocNode]:
    """Return a paragraph in pieces: runs of text, and the pictures that stand for themselves."""
    if not any(node["t"] == "Image" for node in nodes):
        return [nodes]
    pieces: list[list[PandocNode] | PandocNode] = []
    run: list[PandocNode] = []
    for at, node in enumerate(nodes):
        if node["t"] == "Image" and _stands_for_itself(nodes, at):
            pieces += [run, node]
            run = []
        else:
            run.append(node)
    return [piece for piece in (*pieces, run) if piece]


def _stands_for_itself(nodes: list[PandocNode], at: int) -> bool:
    """Return whether a picture is at an end of its paragraph or alone on a line; `(![x](y))` is not."""
    before, after = nodes[:at], nodes[at + 1 :]
    neighbours = {before[-1]["t"] if before else "SoftBreak", after[0]["t"] if after else "SoftBreak"}
    if neighbours <= set(_BREAK_TYPES):
        return True
    return neighbours <= {"Space", "Image", *_BREAK_TYPES} and (_is_bare(before) or _is_bare(after))


def _is_bare(nodes: list[PandocNode]) -> bool:
    """Return whether there is nothing but gaps and pictures."""
    return all(node["t"] in {"Space", "Image", *_BREAK_TYPES} for node in nodes)


def _is_empty(row: tuple[Cell, ...]) -> bool:
    return not any(cell.blocks for cell in row)


def _is_bold(cell: Cell) -> bool:
    first = cell.blocks[0] if cell.blocks else None
    return len(cell.blocks) == 1 and isinstance(first, Plain) and bool(bold_only(first.content))


def _without_bold(cell: Cell) -> Cell:
    first = cell.blocks[0]
    content = bold_only(first.content) if isinstance(first, Plain) else ()
    return Cell((Plain(content, first.line),), cell.alignment)
