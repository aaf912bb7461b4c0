"""Builds the model's blocks from pandoc's blocks, with source lines, figures and callouts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import partialmethod
from itertools import chain, dropwhile
from typing import Any

from pipeline.errors import did_you_mean
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
    Para,
    Plain,
    SoftBreak,
    Space,
    Str,
    Strong,
    Table,
    text,
)
from pipeline.reading.callouts import CALLOUT_KINDS, MEDIA_NAMES, PLAIN, bold_only, callout_key, split_callout_title
from pipeline.reading.html_builder import HtmlBuilder, is_html, ordered_lists
from pipeline.reading.inline_builder import (
    BuilderState,
    InlineBuilder,
    PandocNode,
    TargetResolver,
    text_to_inlines,
    written_alt,
)
from pipeline.reading.lines import FENCE, FindingCollector, Lines, NestingError
from pipeline.reading.pandoc import PandocDocument
from pipeline.registry import warning_rule
from pipeline.rendering.table_columns import settle_alignment

_ALERT_MARK = re.compile(r"\[!([^\[\]]{1,40})\][+-]?")
_ALIGNMENTS: dict[str, Alignment] = {"AlignLeft": "left", "AlignCenter": "center", "AlignRight": "right"}
_BREAK_TYPES = ("SoftBreak", "LineBreak")


def build_blocks(
    document: PandocDocument, lines: Lines, findings: FindingCollector, resolver: TargetResolver
) -> tuple[Block, ...]:
    """Return the blocks of a text that pandoc has read; headings have the level and id that pandoc gave them.

    Args:
        lines: What pandoc was given, so that blocks get the lines of the source file.

    Raises:
        NestingError: Blocks or inlines nest too deeply.
    """
    state = BuilderState(lines, findings, resolver)
    try:
        nodes = json.loads(document.data)["blocks"]
    except RecursionError as error:
        state.set_line(document.deepest_line())
        raise NestingError(f"blocks nested more than {findings.limits.nesting} deep", line=state.line) from error
    blocks = BlockBuilder(state).blocks(nodes, 0)
    state.decoded.report(findings)
    return blocks


class BlockBuilder:
    """Builds the blocks of one article: `build_para` those of pandoc's `Para`, and so on."""

    def __init__(self, state: BuilderState) -> None:
        self.state = state
        self.inline = InlineBuilder(state, self.blocks)
        self.html = HtmlBuilder(state, self.blocks)

    def blocks(self, nodes: list[PandocNode], depth: int) -> tuple[Block, ...]:
        """Return blocks.

        Raises:
            NestingError: They nest too deeply.
        """
        self.state.findings.check_nesting(depth, "blocks", self.state.line)
        built: list[Block] = []
        for node in nodes:
            build = getattr(self, f"build_{node['t'].lower()}", lambda *_: ())
            built += build(node.get("c", []), depth)
        return tuple(built)

    def build_blockquote(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.state.line
        return _quotation(self.blocks(content, depth + 1), line, self.state.findings)

    def build_bulletlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.state.line
        items = self._items(content, depth)
        return (BulletList(items, line),) if items else ()

    def build_orderedlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.state.line
        items = ((number, self._item(nodes, depth + 1)) for number, nodes in enumerate(content[1], content[0][0]))
        return ordered_lists(items, "1", line)

    def build_horizontalrule(self, _: list[Any], __: int) -> tuple[Block, ...]:
        return (HorizontalRule(self.state.line),)

    def build_lineblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        return (Para(_join_with_breaks([self.inline.line(row) for row in content]), self.state.line),)

    def build_figure(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        return self.blocks(content[2], depth + 1)

    def _text(self, kind: type[Para | Plain], nodes: list[PandocNode], _: int) -> tuple[Block, ...]:
        """Return a paragraph, and each picture at its ends or on a line of its own as a figure."""
        line = self.state.line
        built: list[Block] = []
        for piece in _split_at_pictures(nodes):
            if isinstance(piece, list):
                built += (kind(content, line),) if (content := self.inline.line(piece)) else ()
            elif image := self.inline.picture(piece):
                caption = tuple(text_to_inlines(self.state.clean(piece["c"][2][1])))
                if not caption and written_alt(piece["c"][0]):
                    caption = self.inline.line(piece["c"][1])  # the brackets hold a caption where the text is apart
                built.append(Figure(image, caption, image.line))
        return tuple(built)

    build_para, build_plain = partialmethod(_text, Para), partialmethod(_text, Plain)

    def build_header(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        level, attributes, nodes = content
        self.state.move(attributes)
        line = self.state.line
        blocks = self._text(Para, nodes, depth)
        heading = tuple(chain.from_iterable(block.content for block in blocks if isinstance(block, Para)))
        figures = (block for block in blocks if isinstance(block, Figure))
        return (*((Header(level, heading, attributes[0], line),) if heading else ()), *figures)

    def build_codeblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        """Return fenced code as code; indented text that repairs did not see stays text."""
        attributes, code = content
        self.state.move(attributes)
        line = self.state.line
        first = [entry.text for entry in self.state.lines if entry.number == line]
        if not first or any(FENCE.search(row) or "```" in row or "~~~" in row for row in first):
            return (CodeBlock(code.strip("\n"), line),) if code.strip() else ()
        rows = [tuple(text_to_inlines(row)) for row in code.splitlines() if row.strip()]
        return (Para(_join_with_breaks(rows), line),) if rows else ()

    def build_rawblock(self, content: list[Any], _: int) -> tuple[Block, ...]:
        """Return the bare words of HTML that the line repairs left, so that no tag passes and no word is lost."""
        import nh3  # 20 ms: almost never needed

        raw, line = content[1], self.state.line
        if re.fullmatch(r"\s*(?:</?(?:br|sub|sup|abbr)\b[^>]*>\s*)+", raw, re.IGNORECASE):
            return ()
        self.state.findings.add("html-removed", line, f"{' '.join(raw.split())[:60]!r}")
        inlines = tuple(text_to_inlines(self.state.clean(html.unescape(nh3.clean(raw, tags=set())))))
        return (Para(inlines, line),) if inlines else ()

    def _items(self, items: list[list[PandocNode]], depth: int) -> tuple[tuple[Block, ...], ...]:
        return tuple(filter(None, (self._item(nodes, depth + 1) for nodes in items)))

    def _item(self, nodes: list[PandocNode], depth: int) -> tuple[Block, ...]:
        blocks = self.blocks(nodes, depth)
        # pandoc writes a task as a box in a block of its own before the text.
        match blocks:
            case (Plain(box) | Para(box), (Plain(content) | Para(content)) as second, *others) if text(box) in {
                "☐",
                "☒",
            }:
                return (type(second)((*box, Space(), *content), second.line), *others)
        return blocks

    def build_definitionlist(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        line = self.state.line
        entries = tuple(
            (self.inline.line(term), tuple(self.blocks(nodes, depth + 1) for nodes in definitions))
            for term, definitions in content
        )
        return (DefinitionList(entries, line),)

    def build_table(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        """Return a table; a first row that is all bold is its head where it has none."""
        attributes, (_, caption), columns, head, bodies, foot = content
        self.state.move(attributes)
        line = self.state.line
        alignments = [_ALIGNMENTS.get(column[0]["t"], "") for column in columns]
        heads = [self._row(row, alignments, depth) for row in head[1]]
        rows = [self._row(row, alignments, depth) for body in bodies for row in (*body[2], *body[3])]
        rows += [self._row(row, alignments, depth) for row in foot[1]]
        rows = [row for row in (*heads[1:], *rows) if any(cell.blocks for cell in row)]
        top = heads[0] if heads and any(cell.blocks for cell in heads[0]) else ()
        bold = [plain for cell in rows[0] if (plain := _without_bold(cell))] if not top and len(rows) > 1 else []
        if bold and len(bold) == len(rows[0]):
            self.state.findings.add("table-shape", line, "the first row is all bold, and is the head of the table")
            top, rows = tuple(bold), rows[1:]
        above = (block.content for block in self.blocks(caption, depth + 1) if isinstance(block, Plain | Para))
        table = Table(top, tuple(rows), tuple(chain.from_iterable(above)), line)
        return (settle_alignment(table),) if top or rows else ()

    def _row(self, row: list[Any], alignments: list[Alignment], depth: int) -> tuple[Cell, ...]:
        return tuple(
            Cell(tuple(self._cell_blocks(nodes, depth)), _ALIGNMENTS.get(alignment["t"], column))
            for (_, alignment, _, _, nodes), column in zip(row[1], alignments, strict=False)
        )

    def _cell_blocks(self, nodes: list[PandocNode], depth: int) -> Iterator[Block]:
        """Yield the blocks of a cell; its pictures stay within the text."""
        for node in nodes:
            if node["t"] not in {"Plain", "Para"}:
                for block in self.blocks([node], depth + 1):
                    yield Plain((block.image,), block.line) if isinstance(block, Figure) else block
            elif content := self.inline.line(node["c"]):
                yield Plain(content, self.state.line)

    @warning_rule(
        "div-unknown",
        "A box, or words in brackets, with a class that has no meaning here; the text is printed as any other.",
        "`::: {.tipp}`, or `[kun her]{.web-only}`",
        "Use a kind or a medium that the message names, or take the class away.",
    )
    def build_div(self, content: list[Any], depth: int) -> tuple[Block, ...]:
        attributes, nodes = content
        _, classes, pairs = attributes
        before = self.state.line
        self.state.move(attributes)
        line = self.state.line
        if is_html(classes):
            return self.html.build(content, depth)
        if ["wrapper", "1"] in pairs:
            built = self.blocks(nodes, depth)
            self.state.line = before
            return built
        # An alert begins with pandoc's own English label, which is no word of the author.
        nodes = [node for node in nodes if not (node["t"] == "Div" and node["c"][0][1] == ["title"])]
        keys = [callout_key(name) for name in classes]
        for name, key in zip(classes, keys, strict=True):
            if key not in (*CALLOUT_KINDS, *MEDIA_NAMES, PLAIN):
                hint = did_you_mean(key, (*CALLOUT_KINDS, *MEDIA_NAMES, PLAIN))
                message = f"a box of the class {name!r}, which is not known"
                self.state.findings.add("div-unknown", line, "; ".join(filter(None, (message, hint))))
        built = self.blocks(nodes, depth + 1)
        kind = next((CALLOUT_KINDS[key] for key in keys if key in CALLOUT_KINDS), None)
        media = tuple(dict.fromkeys(MEDIA_NAMES[key] for key in keys if key in MEDIA_NAMES))
        named = dict(reversed(pairs))
        title = tuple(text_to_inlines(self.state.clean(named.get("title", ""))))
        if kind:
            built = _callout(kind, built, title, line, self.state.findings)
        elif title:
            built = (Para((Strong(title),), line), *built)
        language = self.state.clean(named.get("lang", ""))
        is_plain = PLAIN in keys
        return (Div(built, language, media, line, is_plain),) if (media or language or is_plain) and built else built


@warning_rule(
    "callout-unknown",
    "A box of a kind that is not known; it becomes a note with that word as title.",
    "`> [!FAKTUM]`",
    "Use NOTE, TIP, VIGTIGT, RING-112, LÆGEVAGT, SØG-LÆGE, ADVARSEL, FORSIGTIG or DET-VIGTIGSTE.",
)
def _quotation(blocks: tuple[Block, ...], line: int, findings: FindingCollector) -> tuple[Block, ...]:
    match blocks:
        case (Para((Str(words), *_) as content) as first, *others) if words.startswith("[!"):
            breaks = (at for at, inline in enumerate(content) if isinstance(inline, SoftBreak | LineBreak))
            end = next(breaks, len(content))
            top, rest = tuple(content[:end]), tuple(content[end + 1 :])
            mark = _ALERT_MARK.match(text(top))
        case _:
            mark = None
    if mark is None:
        return (BlockQuote(blocks, line),) if blocks else ()
    name = callout_key(mark[1])
    title = _after_mark(top, mark[0])
    if name not in CALLOUT_KINDS:
        findings.add("callout-unknown", line, f"[!{mark[1]}] is no kind of box that is known; it becomes a note")
        title = (*text_to_inlines(mark[1]), *((Str(":"), Space(), *title) if title else ()))
    below = (*((Para(rest, first.line),) if rest else ()), *others)
    return _callout(CALLOUT_KINDS.get(name, "note"), below, title, line, findings)


@warning_rule(
    "callout-empty",
    "A box without text; it is left out.",
    "`> [!ADVARSEL]` with an empty line below it",
    "Begin every line of the box with `>`, or take it away.",
)
def _callout(
    kind: CalloutKind, blocks: tuple[Block, ...], title: tuple[Inline, ...], line: int, findings: FindingCollector
) -> tuple[Block, ...]:
    if not title:
        title, blocks = split_callout_title(blocks)
    if not blocks and title:
        blocks, title = (Para(title, line),), ()
    if not blocks:
        findings.add("callout-empty", line, f"a box ({kind}) without text, left out")
        return ()
    return (Callout(kind, blocks, title, line),)


def _after_mark(content: tuple[Inline, ...], mark: str) -> tuple[Inline, ...]:
    seen = ""
    for at, inline in enumerate(content):
        seen += text((inline,)) or " "
        if len(seen) >= len(mark):
            left = seen[len(mark) :].strip()
            rest = content[at + 1 :]
            return ((Str(left),) if left else ()) + tuple(dropwhile(lambda inline: isinstance(inline, Space), rest))
    return ()


def _join_with_breaks(rows: list[tuple[Inline, ...]]) -> tuple[Inline, ...]:
    return tuple(chain.from_iterable((LineBreak(), *row) for row in rows))[1:]


def _split_at_pictures(nodes: list[PandocNode]) -> list[list[PandocNode] | PandocNode]:
    """Return a paragraph in pieces: runs of text, and the pictures that become figures."""
    if not any(node["t"] == "Image" for node in nodes):
        return [nodes]
    pieces: list[list[PandocNode] | PandocNode] = []
    run: list[PandocNode] = []
    for at, node in enumerate(nodes):
        if node["t"] == "Image" and _becomes_figure(nodes, at):
            pieces += [run, node]
            run = []
        else:
            run.append(node)
    return [piece for piece in (*pieces, run) if piece]


def _becomes_figure(nodes: list[PandocNode], at: int) -> bool:
    """Return whether a picture is at an end of its paragraph or alone on a line; `(![x](y))` is not."""
    before, after = nodes[:at], nodes[at + 1 :]
    neighbours = {before[-1]["t"] if before else "SoftBreak", after[0]["t"] if after else "SoftBreak"}
    if neighbours <= set(_BREAK_TYPES):
        return True
    return neighbours <= {"Space", "Image", *_BREAK_TYPES} and (_is_bare(before) or _is_bare(after))


def _is_bare(nodes: list[PandocNode]) -> bool:
    return all(node["t"] in {"Space", "Image", *_BREAK_TYPES} for node in nodes)


def _without_bold(cell: Cell) -> Cell | None:
    """Return a cell that is all bold without its bold; None for any other."""
    match cell.blocks:
        case (Plain(content, line),) if bold := bold_only(content):
            return Cell((Plain(bold, line),), cell.alignment)
    return None
