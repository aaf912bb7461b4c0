"""Turns pandoc's tree of a Word, OpenDocument or HTML file into one that an article can hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.importing.marked_lists import lists_from_marks
from pipeline.importing.marks import PlacedFindings, without_marks
from pipeline.importing.word_parts import shorten
from pipeline.reading.callouts import callout_key
from pipeline.registry import note_rule, warning_rule

Node = dict[str, Any]
NOTE_MARK = "\U00100000"
"""The place of a footnote; its number follows, and the same sign again."""
_KEPT_WRAPPERS = frozenset({"Emph", "Strong", "Strikeout", "Superscript", "Subscript"})
_QUOTE_STYLES = ("quote", "intense-quote", "block-text", "citat")
_ADDRESSES = ("http://", "https://", "mailto:", "tel:")
_LETTERS = {"LowerAlpha": "a", "UpperAlpha": "A", "LowerRoman": "i", "UpperRoman": "I"}
_LISTS = ("BulletList", "OrderedList")
_NO_ATTRIBUTES = ["", [], []]


@dataclass(slots=True)
class TreeCleaner:
    """Cleans the blocks of one document, and keeps its footnotes."""

    boxes: Mapping[str, str]
    """Kind of box by style, in the form of `callout_key`."""
    save_picture: Callable[[str], str]
    """Returns the path of a picture in the article, by its name in the document; empty where it cannot be kept."""
    marks: PlacedFindings
    notes: list[list[Node]] = field(default_factory=list)
    _pending: list[str] = field(default_factory=list)
    _is_quoted: bool = False
    _anchors: dict[str, str] = field(default_factory=dict)

    def clean(self, nodes: list[Node]) -> list[Node]:
        """Return the blocks of a whole document."""
        self._find_anchors(nodes, "")
        blocks = self.blocks(nodes)
        if self._pending:
            if not blocks or blocks[-1]["t"] not in ("Para", "Plain"):
                blocks.append(_para([]))
            self._flush(blocks[-1]["c"])
        return blocks

    def clean_line(self, inlines: list[Node]) -> list[Node]:
        """Return a line that stands before the blocks, such as the title."""
        return self._flush(self.inlines(inlines))

    def blocks(self, nodes: list[Node]) -> list[Node]:
        built: list[Node] = []
        for node in nodes:
            for block in self._block(node):
                _append_box(built, block)
        for block in built:
            if block["t"] == "Div":
                self._set_title(*block["c"])
        return lists_from_marks(built, self.marks)

    def _set_title(self, attributes: list[Any], blocks: list[Node]) -> None:
        """Set the first line of a box in bold, its title, where it says no more than what box it is."""
        first = blocks[0]
        if len(blocks) > 1 and first["t"] in ("Para", "Plain"):
            words = without_marks(plain_words([first])).strip().rstrip(":")
            if [self.boxes.get(callout_key(words))] == attributes[1] and first["c"][0]["t"] != "Strong":
                first["c"] = [{"t": "Strong", "c": first["c"]}]

    def _block(self, node: Node) -> list[Node]:
        kind: str = node["t"]
        content: Any = node.get("c")
        match kind:
            case "Para" | "Plain":
                return self._paragraph(kind, content)
            case "Header":
                inlines = [_space() if inline["t"] == "LineBreak" else inline for inline in self.inlines(content[2])]
                return [{"t": "Header", "c": [content[0], _NO_ATTRIBUTES, self._flush(inlines)]}] if inlines else []
            case "Div":
                return self._div(*content)
            case "BlockQuote":
                blocks = self.blocks(content)
                return [{"t": "BlockQuote", "c": blocks}] if self._is_quoted and blocks else blocks
            case "BulletList" | "OrderedList" | "DefinitionList":
                return self._list(kind, content)
            case "Table":
                return [self._table(content)]
            case "Figure":
                return self._figure(content)
            case "LineBlock":
                rows = [inline for row in content for inline in ({"t": "LineBreak"}, *row)][1:]
                return self._paragraph("Para", rows)
            case "CodeBlock":  # a class makes a fence: text that is only indented is no code in an article
                return [{"t": "CodeBlock", "c": [["", ["text"], []], content[1]]}]
            case "RawBlock":
                return []
        return [node]

    def _paragraph(self, kind: str, nodes: list[Node]) -> list[Node]:
        inlines = _trimmed(self.inlines(nodes))
        return [{"t": kind, "c": self._flush(inlines)}] if inlines else []

    def _flush(self, inlines: list[Node]) -> list[Node]:
        """Put the marks of findings at the end of a paragraph, where they change no markup."""
        if self._pending:
            inlines.append(_str("".join(self._pending)))
            self._pending.clear()
        return inlines

    @note_rule(
        "import-box",
        "Paragraphs of a style of Word that became a box.",
        "Two paragraphs of the style “Advarsel”",
        "Nothing, where that is intended; else change `[import] styles`.",
    )
    def _div(self, attributes: list[Any], nodes: list[Node]) -> list[Node]:
        _, classes, pairs = attributes
        style = dict(pairs).get("custom-style", "")
        key = callout_key(style)
        if re.match(r"toc-\d", key):
            words = plain_words(nodes)
            if words:
                message = f"a table of contents, from {shorten(words)} on; each format makes its own"
                self._pending.append(self.marks.add_once("import-left-out", message))
            return []
        box = next((self.boxes[name] for name in (key, *map(callout_key, classes)) if name in self.boxes), "")
        was_quoted, self._is_quoted = self._is_quoted, self._is_quoted or key in _QUOTE_STYLES
        blocks = self.blocks(nodes)
        self._is_quoted = was_quoted
        if not box or not blocks:
            return blocks
        self._pending.append(self.marks.add_once("import-box", f"the style {style or classes[0]!r} is a box: {box}"))
        last = blocks[-1]
        if last["t"] in ("Para", "Plain"):
            self._flush(last["c"])
        return [{"t": "Div", "c": [["", [box], []], blocks]}]

    def _item(self, nodes: list[Node]) -> list[Node]:
        """Return the blocks of an item, its only paragraph without distance: Word knows none between items."""
        blocks = self.blocks(nodes)
        if blocks and blocks[0]["t"] == "Para" and all(block["t"] in _LISTS for block in blocks[1:]):
            blocks[0] = {"t": "Plain", "c": blocks[0]["c"]}
        return blocks

    def _list(self, kind: str, content: Any) -> list[Node]:
        if kind == "OrderedList":
            return self._numbered(*content)
        if kind == "BulletList":
            items = [blocks for item in content if (blocks := self._item(item))]
            return [{"t": "BulletList", "c": items}] if items else []
        terms = [
            [self._flush(self.inlines(term)), [self.blocks(meaning) for meaning in meanings]]
            for term, meanings in content
        ]
        return [{"t": "DefinitionList", "c": terms}]

    def _numbered(self, attributes: list[Any], items: list[list[Node]]) -> list[Node]:
        start, style, _ = attributes
        built = [self._item(item) for item in items]
        letter = _LETTERS.get(style["t"], "")
        if not letter:
            decimal = [start, {"t": "Decimal"}, {"t": "Period"}]
            return [{"t": "OrderedList", "c": [decimal, [blocks or [_para([])] for blocks in built]]}]
        # Markdown has no letters for the items of a list; HTML has.
        nodes = [_html(f'<ol type="{letter}" start="{start}">')]
        for blocks in built:
            nodes += [_html("<li>"), *blocks, _html("</li>")]
        return [*nodes, _html("</ol>")]

    def _figure(self, content: list[Any]) -> list[Node]:
        _, (_, caption), nodes = content
        blocks, below = self.blocks(nodes), self.blocks(caption)
        alts = {" ".join(plain_words([block]).split()) for block in blocks}
        below = [block for block in below if plain_words([block]) not in alts]
        return blocks + [_para(block["c"]) if block["t"] == "Plain" else block for block in below]

    # ---- tables

    @warning_rule(
        "import-table",
        "A table within a table; its words stand in the cell, a line for each row.",
        "A table that Word uses for layout",
        "Write it as a table of its own.",
    )
    def _table(self, content: list[Any]) -> Node:
        _, (_, caption), columns, (_, head), bodies, (_, foot) = content
        sections = [head, *(part for _, _, *parts in bodies for part in parts), foot]
        rows = [row for section in sections for row in section]
        for row in rows:
            for cell in row[1]:
                cell[4] = self._cell(cell[4])
        if not _is_simple(rows):
            _escape_within_html(rows)
        columns = [[alignment, {"t": "ColWidthDefault"}] for alignment, _ in columns]
        bodies = [[_NO_ATTRIBUTES, heads, *parts] for _, heads, *parts in bodies]
        below = [None, self.blocks(caption)]
        made = [_NO_ATTRIBUTES, below, columns, [_NO_ATTRIBUTES, head], bodies, [_NO_ATTRIBUTES, foot]]
        for row in rows:
            row[0] = _NO_ATTRIBUTES
            for cell in row[1]:
                cell[0] = _NO_ATTRIBUTES
        return {"t": "Table", "c": made}

    def _cell(self, nodes: list[Node]) -> list[Node]:
        blocks: list[Node] = []
        for block in self.blocks(nodes):
            if block["t"] == "Table":
                words = plain_words([block])
                self._pending.append(self.marks.add("import-table", f"a table within a table: {shorten(words)}"))
                blocks += [_para(self._flush(_joined_row(row))) for row in _rows_of(block["c"])]
            elif block["t"] == "Div":  # a box stands in no cell
                blocks += block["c"][1]
            else:
                blocks.append(block)
        if len(blocks) == 1 and blocks[0]["t"] in ("Para", "Plain"):
            line_break = {"t": "RawInline", "c": ["html", "<br>"]}
            inlines = [line_break if inline["t"] == "LineBreak" else inline for inline in blocks[0]["c"]]
            return [{"t": "Plain", "c": inlines}]
        return blocks

    # ---- inlines

    def inlines(self, nodes: list[Node]) -> list[Node]:
        built: list[Node] = []
        for node in nodes:
            built += self._inline(node)
        return built

    def _inline(self, node: Node) -> list[Node]:
        if node["t"] == "SoftBreak":
            return [_space()]
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind in _KEPT_WRAPPERS:
            inside = self.inlines(content)
            return [{"t": kind, "c": inside}] if inside else []
        match kind:
            case "Str":
                words = content.replace("\u00ad", "")
                return [_str(words)] if words else []
            case "Span":
                return self._span(*content)
            case "Underline" | "SmallCaps":
                name = "underlined" if kind == "Underline" else "in small capitals"
                return self._changed(f"words that are {name}: an article has no such letters", content)
            case "Quoted" | "Cite":
                return self._quoted(kind, content)
            case "Link":
                return self._link(content)
            case "Image":
                return self._image(content)
            case "Math":
                return self._math(content[1])
            case "Note":
                return self._note(content)
            case "RawInline":
                return []
        return [node]

    def _quoted(self, kind: str, content: Any) -> list[Node]:
        inside = self.inlines(content[1])
        if kind == "Cite":
            return inside
        marks = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
        return [_str(marks[0]), *inside, _str(marks[1])]

    @note_rule(
        "import-format",
        "A format of the document that an article does not have; the words stay.",
        "Words that are underlined or in colour",
        "Mark what must stand out in bold, or as a box.",
    )
    def _changed(self, message: str, nodes: list[Node]) -> list[Node]:
        inside = self.inlines(nodes)
        if inside:
            self._pending.append(self.marks.add_once("import-format", message))
        return inside

    @note_rule(
        "import-change",
        "A tracked change of the document; the article has it as if it were accepted.",
        "A word that someone inserted, or crossed out",
        "Read the sentence: no one has accepted the change yet.",
    )
    @warning_rule(
        "import-comment",
        "A comment of the document; it is never printed.",
        "“Is this dose right?” on the margin",
        "Answer it before the article is published.",
    )
    def _span(self, attributes: list[Any], nodes: list[Node]) -> list[Node]:
        _, classes, pairs = attributes
        author = dict(pairs).get("author", "")
        by = f" ({author})" if author else ""
        words = shorten(plain_words(nodes))
        match classes[:1]:
            case ["insertion"]:
                self._pending.append(self.marks.add("import-change", f"inserted{by}: {words}"))
            case ["deletion"]:
                self._pending.append(self.marks.add("import-change", f"deleted{by}: {words}"))
                return []
            case ["comment-start"]:
                self._pending.append(self.marks.add("import-comment", f"a comment{by}: {words}"))
                return []
            case ["comment-end"]:
                return []
            case ["paragraph-insertion"]:
                self._pending.append(self.marks.add("import-change", f"a paragraph inserted{by}"))
            case ["mark"]:
                return self._changed("words that are highlighted in colour", nodes)
        return self.inlines(nodes)

    @note_rule(
        "import-link",
        "A link that leads to nothing that readers reach; its words stay.",
        "A link to a file on the author's machine, or to a bookmark",
        "Link to a web address, or to a heading.",
    )
    def _link(self, content: list[Any]) -> list[Node]:
        _, nodes, (target, _) = content
        inside = self.inlines(nodes)
        if target.lower().startswith(_ADDRESSES):
            return [{"t": "Link", "c": [_NO_ATTRIBUTES, inside, [target, ""]]}] if inside else []
        if heading := self._anchors.get(target.removeprefix("#")):
            from pipeline.reading.outline import slugify

            return [{"t": "Link", "c": [_NO_ATTRIBUTES, inside, [f"#{slugify(heading)}", ""]]}]
        if inside:
            self._pending.append(self.marks.add("import-link", f"a link to {target[:60]!r}: its words stay"))
        return inside

    def _image(self, content: list[Any]) -> list[Node]:
        _, alt, (target, title) = content
        words = " ".join(plain_words([_para(alt)]).split()) or title
        if path := self.save_picture(target):
            return [{"t": "Image", "c": [_NO_ATTRIBUTES, [_str(words)] if words else [], [path, ""]]}]
        hint = "save the picture as PNG or JPEG, and name it in the article"
        message = f"a picture is left out: {target[:60]!r}, {shorten(words) if words else 'without a description'}"
        self._pending.append(self.marks.add("import-picture", message, hint))
        return []

    @warning_rule(
        "import-formula",
        "A formula; its marks are printed as they stand.",
        "m/h²",
        "Write it in words, or with `<sup>` and `<sub>`; or as a picture that describes it.",
    )
    def _math(self, formula: str) -> list[Node]:
        self._pending.append(self.marks.add("import-formula", f"a formula: {shorten(formula)}"))
        return [_str(formula)]

    def _note(self, nodes: list[Node]) -> list[Node]:
        outer, self._pending = self._pending, []
        blocks = self.blocks(nodes)
        if self._pending:
            outer += self._pending
        self._pending = outer
        self.notes.append(blocks)
        return [_str(f"{NOTE_MARK}{len(self.notes)}{NOTE_MARK}")]

    def _find_anchors(self, nodes: Any, heading: str) -> None:
        """Keep the words of the heading that each name in a document belongs to."""
        if isinstance(nodes, list):
            for node in nodes:
                self._find_anchors(node, heading)
        elif isinstance(nodes, dict) and nodes.get("t") == "Header":
            words = plain_words([nodes])
            self._anchors[nodes["c"][1][0]] = words
            self._find_anchors(nodes["c"][2], words)
        elif isinstance(nodes, dict):
            if nodes.get("t") == "Span" and heading and nodes["c"][0][0]:
                self._anchors[nodes["c"][0][0]] = heading
            self._find_anchors(nodes.get("c"), heading)


def plain_words(nodes: Any) -> str:
    """Return the bare words of nodes; footnotes and marks are left out."""
    if isinstance(nodes, list):
        return "".join(map(plain_words, nodes))
    if not isinstance(nodes, dict):
        return ""
    kind: str = nodes["t"]
    content: Any = nodes.get("c")
    if kind in ("Str", "Space", "SoftBreak", "LineBreak"):
        return str(content) if kind == "Str" else " "
    if kind in ("Note", "RawInline", "RawBlock", "Image"):
        return ""
    if kind in ("Code", "Math", "CodeBlock"):
        return str(content[1])
    words = plain_words(content)
    return f"{words} " if kind in _BLOCKS else words


_BLOCKS = frozenset({"Para", "Plain", "Header", "BlockQuote", "Div", "Table"})


def _append_box(built: list[Node], block: Node) -> None:
    """Append a block; a box goes on where the one before is of the same kind."""
    if block["t"] == "Div" and built and built[-1]["t"] == "Div" and built[-1]["c"][0] == block["c"][0]:
        built[-1]["c"][1] += block["c"][1]
    else:
        built.append(block)


def _trimmed(inlines: list[Node]) -> list[Node]:
    gaps = ("Space", "LineBreak")
    while inlines and inlines[0]["t"] in gaps:
        inlines.pop(0)
    while inlines and inlines[-1]["t"] in gaps:
        inlines.pop()
    return inlines


def _is_simple(rows: list[Any]) -> bool:
    """Return whether a table can be written with bars: no cell covers others, and each is a line of text."""
    for row in rows:
        for _, _, height, width, blocks in row[1]:
            if (height, width) != (1, 1) or len(blocks) > 1 or any(block["t"] != "Plain" for block in blocks):
                return False
    return bool(rows)


def _escape_within_html(nodes: Any) -> None:
    """Escape text that is read as Markdown within tables of HTML too."""
    if isinstance(nodes, list):
        for node in nodes:
            _escape_within_html(node)
    elif isinstance(nodes, dict):
        if nodes.get("t") == "Str":
            nodes["c"] = "".join(f"\\{sign}" if sign in "\\`*_[]" else sign for sign in nodes["c"])
        elif nodes.get("t") == "RawInline":  # `<br>`
            nodes |= {"t": "LineBreak"}
            nodes.pop("c", None)
        else:
            _escape_within_html(nodes.get("c"))


def _rows_of(table: list[Any]) -> list[Any]:
    _, _, _, (_, head), bodies, (_, foot) = table
    return [*head, *(row for _, _, *parts in bodies for part in parts for row in part), *foot]


def _joined_row(row: list[Any]) -> list[Node]:
    """Return the cells of a row as one line of text."""
    inlines: list[Node] = []
    for cell in row[1]:
        for block in cell[4]:
            if block["t"] in ("Plain", "Para"):
                inlines += [_space(), *block["c"]] if inlines else block["c"]
    return inlines


def _para(inlines: list[Node]) -> Node:
    return {"t": "Para", "c": inlines}


def _str(words: str) -> Node:
    return {"t": "Str", "c": words}


def _space() -> Node:
    return {"t": "Space"}


def _html(tag: str) -> Node:
    return {"t": "RawBlock", "c": ["html", tag]}
