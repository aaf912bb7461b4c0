"""Words of Word, OpenDocument and HTML files in order, read from their own markup and not through pandoc."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from lxml import etree, html

from pipeline.importing.marked_lists import BULLETS
from pipeline.importing.office_files import OfficeFile, parse_xml
from pipeline.importing.word_parts import WORD, is_on

CELL_END = "¦"
"""Ends a cell, so that a word in another cell is a difference."""
LIST_MARK = "\x01"
"""Begins the number or the bullet of a list, typed or not."""
_BOXES = ("☐", "☒")
"""Boxes to tick, which Word draws by itself."""
_TYPED = re.compile(rf"(?:[{BULLETS}*o–—-]|\(?(\d{{1,2}})[.)])")


@dataclass(slots=True)
class DocumentWords:
    body: list[str] = field(default_factory=list)
    notes: list[list[str]] = field(default_factory=list)
    """Words of each footnote and endnote, in the order of their places."""


@dataclass(eq=False, slots=True)
class GridCell:
    """A cell of a table; each equals itself only."""

    words: list[str]
    height: int = 1
    width: int = 1


def words_of(line: str) -> list[str]:
    """Return the words of a paragraph; a bullet or number that it begins with as the mark of a list."""
    plain = "".join(sign for sign in unicodedata.normalize("NFC", line) if unicodedata.category(sign) != "Cf")
    words = [LIST_MARK + word if word in _BOXES else word for word in plain.replace("\u00a0", " ").split()]
    if len(words) > 1 and (typed := _TYPED.fullmatch(words[0])):
        return [LIST_MARK + (typed[1] or "•"), *words[1:]]
    if words and words[0][0] in BULLETS and len(words[0]) > 1:
        return [LIST_MARK + "•", words[0][1:], *words[1:]]
    return words


def table_words(rows: list[list[GridCell]], heads: int = 0) -> list[str]:
    """Return the words of a table by rows, each cell at every place that it covers.

    Rows and columns that only wide cells make are left out, and so are empty rows; several head rows are one.
    """
    grid = _grid(rows)
    columns = [at for at in range(len(grid[0]) if grid else 0)
               if not at or any(row[at] is not row[at - 1] for row in grid)]  # fmt: skip
    grid = [[row[at] for at in columns] for row in grid]
    while 0 < heads < len(grid) and any(cell in grid[heads - 1] for cell in grid[heads] if cell.words):
        heads += 1
    words: list[str] = []
    if heads > 1:
        for column in zip(*grid[:heads], strict=True):
            parts = [cell.words for cell in dict.fromkeys(column) if cell.words]
            for at, part in enumerate(parts):
                words += [*part[:-1], f"{part[-1]}:"] if at < len(parts) - 1 else part
            words.append(CELL_END)
        grid = grid[heads:]
    for at, row in enumerate(grid):
        if (at and row == grid[at - 1]) or not any(cell.words for cell in row):
            continue
        for cell in row:
            words += [*cell.words, CELL_END]
    return words


def _grid(rows: list[list[GridCell]]) -> list[list[GridCell]]:
    places: dict[tuple[int, int], GridCell] = {}
    for top, row in enumerate(rows):
        left = 0
        for cell in row:
            while (top, left) in places:
                left += 1
            for down in range(min(cell.height, len(rows) - top)):
                for right in range(cell.width):
                    places.setdefault((top + down, left + right), cell)
            left += cell.width
    width = max((left + 1 for _, left in places), default=0)
    empty = GridCell([])
    return [[places.get((top, left), empty) for left in range(width)] for top in range(len(rows))]


def read_document_words(file: OfficeFile) -> DocumentWords:
    if file.kind == "docx":
        return _WordFile(file.parts, file.main_part).read()
    if file.kind == "odt":
        return _OpenDocument(file.parts).read()
    return _read_html(file.parts[""])


def _number(written: str | None, instead: int = 1) -> int:
    """Return a count as a file gives it; what is none, or beyond any table, is as good as not given."""
    return int(written) if written and re.fullmatch(r"[1-9][0-9]{0,2}", written) else instead


def _symbol(code: str | None) -> str:
    """Return the character of a code such as F0B7; a space of what is none."""
    return chr(int(code, 16)) if code and re.fullmatch(r"[0-9A-Fa-f]{2,4}", code) else " "


# ---- Word


@dataclass(slots=True)
class _WordFile:
    parts: dict[str, bytes]
    main_part: str
    found: DocumentWords = field(default_factory=DocumentWords)
    _styles: dict[str, str] = field(default_factory=dict)
    _boxes: list[etree._Element] = field(default_factory=list)
    _references: list[tuple[str, str]] = field(default_factory=list)
    _unfinished: str = ""
    """Text of a paragraph whose end someone deleted."""

    def read(self) -> DocumentWords:
        if "word/styles.xml" in self.parts:
            for style in parse_xml(self.parts["word/styles.xml"]).iter(WORD + "style"):
                name = style.find(WORD + "name")
                if name is not None:
                    self._styles[str(style.get(WORD + "styleId"))] = str(name.get(WORD + "val")).lower()
        root = parse_xml(self.parts[self.main_part])
        self.found.body = self._blocks(root.iterfind(f"{WORD}body/*"))
        known = {kind: self._notes(kind) for kind in ("footnote", "endnote")}
        for kind, number in self._references:
            note = known[kind].get(number)
            self.found.notes.append([] if note is None else self._blocks(note))
        return self.found

    def _notes(self, kind: str) -> dict[str, etree._Element]:
        data = self.parts.get(f"word/{kind}s.xml")
        notes = parse_xml(data).iter(WORD + kind) if data else ()
        return {str(note.get(WORD + "id")): note for note in notes}

    def _blocks(self, elements: Iterable[etree._Element]) -> list[str]:
        words: list[str] = []
        for element in elements:
            if element.tag == WORD + "p":
                words += self._paragraph(element)
            elif element.tag == WORD + "tbl":
                words += table_words(*self._table(element))
            elif element.tag == WORD + "sdt":
                words += self._blocks(element.iterfind(f"{WORD}sdtContent/*"))
            elif element.tag in (WORD + "ins", WORD + "moveTo", WORD + "customXml", WORD + "smartTag"):
                words += self._blocks(element)
        return words

    def _paragraph(self, element: etree._Element) -> list[str]:
        style = element.find(f"{WORD}pPr/{WORD}pStyle")
        name = self._styles.get(str(style.get(WORD + "val")), "") if style is not None else ""
        if re.match(r"toc \d", name):
            return []
        line = self._unfinished + self._text(element)
        self._unfinished = ""
        end = element.find(f"{WORD}pPr/{WORD}rPr")
        frame = element.find(f"{WORD}pPr/{WORD}framePr")
        if frame is not None and frame.get(WORD + "dropCap") in ("drop", "margin"):
            self._unfinished = line
            return []
        if end is not None and (end.find(WORD + "del") is not None or end.find(WORD + "moveFrom") is not None):
            self._unfinished = line
            return []
        boxes, self._boxes = self._boxes, []
        # A line of its own may be an item.
        words = [word for row in line.split("\n") for word in words_of(row)]
        return words + [word for box in boxes for word in self._blocks(box)]

    def _text(self, element: etree._Element) -> str:
        pieces: list[str] = []
        for node in element:
            name = str(node.tag).removeprefix(WORD)
            if name == "t" or str(node.tag).endswith("/math}t"):
                pieces.append(node.text or "")
            elif name in _SIGNS:
                pieces.append(_SIGNS[name])
            elif name == "sym":
                pieces.append(_symbol(node.get(WORD + "char")))
            elif name in ("footnoteReference", "endnoteReference"):
                self._references.append((name.removesuffix("Reference"), str(node.get(WORD + "id"))))
            elif name == "txbxContent":
                self._boxes.append(node)
            elif name in ("del", "moveFrom", "pPr") or str(node.tag).endswith("}Fallback"):
                continue
            elif name != "r" or not is_on(node.find(WORD + "rPr"), "vanish"):
                pieces.append(self._text(node))
        return "".join(pieces)

    def _table(self, table: etree._Element) -> tuple[list[list[GridCell]], int]:
        rows: list[list[GridCell]] = []
        above: dict[int, GridCell] = {}
        look = table.find(f"{WORD}tblPr/{WORD}tblLook")
        is_headed = look is not None and (
            look.get(WORD + "firstRow") == "1" or ord(_symbol(look.get(WORD + "val"))) & _FIRST_ROW
        )
        heads = 0
        for row in _children(table, "tr"):
            properties = row.find(WORD + "trPr")
            heads += is_on(properties, "tblHeader") and heads == len(rows)
            before = None if properties is None else properties.find(WORD + "gridBefore")
            left = 0 if before is None else _number(before.get(WORD + "val"), 0)
            made = [GridCell([], 1, left)] if left else []
            for cell in _children(row, "tc"):
                span = cell.find(f"{WORD}tcPr/{WORD}gridSpan")
                merge = cell.find(f"{WORD}tcPr/{WORD}vMerge")
                width = 1 if span is None else _number(span.get(WORD + "val"))
                if merge is not None and merge.get(WORD + "val") != "restart" and left in above:
                    above[left].height += 1
                else:
                    above[left] = GridCell(self._cell(cell), 1, width)
                    made.append(above[left])
                left += width
            rows.append(made)
        return rows, max(heads, int(bool(is_headed)))

    def _cell(self, cell: etree._Element) -> list[str]:
        return [word for word in self._blocks(cell) if word != CELL_END]


_FIRST_ROW = 0x20
"""Bit of `tblLook` that says that the first row is a head."""
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    for child in element:
        if child.tag == WORD + name:
            yield child
        elif child.tag in (WORD + "sdt", WORD + "sdtContent", WORD + "ins", WORD + "customXml"):
            yield from _children(child, name)


# ---- OpenDocument

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


@dataclass(slots=True)
class _OpenDocument:
    parts: dict[str, bytes]
    found: DocumentWords = field(default_factory=DocumentWords)

    def read(self) -> DocumentWords:
        text = parse_xml(self.parts["content.xml"]).find(f".//{_OFFICE}text")
        self.found.body = self._blocks(text if text is not None else ())
        return self.found

    def _blocks(self, elements: Iterable[etree._Element]) -> list[str]:
        words: list[str] = []
        for element in elements:
            if element.tag in (_TEXT + "p", _TEXT + "h"):
                words += [word for row in self._text(element).split("\n") for word in words_of(row)]
            elif element.tag == _TABLE + "table":
                heads = element.findall(f"{_TABLE}table-header-rows/{_TABLE}table-row")
                words += table_words(self._table(element), min(1, len(heads)))
            elif element.tag not in (_TEXT + "tracked-changes", _TEXT + "table-of-content"):
                words += self._blocks(element)
        return words

    def _text(self, element: etree._Element) -> str:
        pieces = [element.text or ""]
        for node in element:
            name = str(node.tag).removeprefix(_TEXT)
            if name == "s" or name == "tab":
                pieces.append(" ")
            elif name == "line-break":
                pieces.append("\n")
            elif name == "note":
                self.found.notes.append(self._blocks(node.iterfind(f"{_TEXT}note-body/*")))
            elif node.tag not in (_OFFICE + "annotation", _OFFICE + "annotation-end") and isinstance(node.tag, str):
                pieces.append(self._text(node))
            pieces.append(node.tail or "")
        return re.sub(r"[ \t\r]+", " ", "".join(pieces))

    def _table(self, table: etree._Element) -> list[list[GridCell]]:
        rows = []
        for row in table.iter(_TABLE + "table-row"):
            made = []
            for cell in row.iterchildren(_TABLE + "table-cell"):
                height, width, times = (
                    _number(cell.get(_TABLE + key))
                    for key in ("number-rows-spanned", "number-columns-spanned", "number-columns-repeated")
                )
                words = [word for word in self._blocks(cell) if word != CELL_END]
                made += [GridCell(words, height, width) for _ in range(times)]
            rows.append(made)
        return rows


# ---- HTML

_BLOCK_TAGS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
        "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot",
        "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_NO_TEXT = frozenset(["head", "script", "style", "template", "noscript"])


def _read_html(data: bytes) -> DocumentWords:
    if not data.strip():
        return DocumentWords()
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return DocumentWords(_html_words(html.document_fromstring(data, parser=parser)))
    except etree.ParserError:  # nothing but comments
        return DocumentWords()


def _html_words(element: etree._Element) -> list[str]:
    words: list[str] = []
    line: list[str] = [element.text or ""]

    def end_line() -> None:
        words.extend(word for row in "".join(line).split("\n\n") for word in words_of(row))
        line.clear()

    def walk(node: etree._Element) -> None:
        for child in node:
            if child.tag == "br":
                line.append("\n\n")
            elif child.tag == "table":
                end_line()
                words.extend(_html_table(child))
            elif child.tag in _BLOCK_TAGS:
                end_line()
                words.extend(_html_words(child))
            elif child.tag not in _NO_TEXT:
                line.append(re.sub(r"\s+", " ", child.text or ""))
                walk(child)
            line.append(re.sub(r"\s+", " ", child.tail or ""))

    walk(element)
    end_line()
    return words


def _html_table(table: etree._Element) -> list[str]:
    rows = []
    heads = 0
    above = [word for caption in table.iterchildren("caption") for word in _html_words(caption)]
    for row in table.iter("tr"):
        heads += row.getparent() is not None and row.getparent().tag == "thead"
        rows.append(
            [
                GridCell(
                    [word for word in _html_words(cell) if word != CELL_END],
                    _number(cell.get("rowspan")),
                    _number(cell.get("colspan")),
                )
                for cell in row.iterchildren("td", "th")
            ]
        )
    return above + table_words(rows, heads)


# ---- comparison


def first_difference(document: list[str], article: list[str]) -> tuple[int, int] | None:
    """Return where two lists of words part; None where they are the same.

    Bullets and numbers that Word sets by itself are no words of the document: the article may have them in addition.
    """
    at = 0
    for here, word in enumerate(article):
        if at < len(document) and document[at] == word:
            at += 1
        elif not word.startswith(LIST_MARK):
            return at, here
    return None if at == len(document) else (at, len(article))


def differences(document: list[str], article: list[str]) -> list[tuple[str, str]]:
    """Return each difference: words of the document, and words of the article in their place."""
    start = first_difference(document, article)
    if start is None:
        return []
    if max(len(document), len(article)) > _MOST_COMPARED:
        at, here = start
        return [(" ".join(document[at : at + 12]), " ".join(article[here : here + 12]))]
    from difflib import SequenceMatcher

    found = []
    for kind, a, b, c, d in SequenceMatcher(None, document, article, autojunk=False).get_opcodes():
        left, right = document[a:b], article[c:d]
        if kind != "equal" and (left or not all(word.startswith(LIST_MARK) for word in right)):
            found.append((" ".join(left).replace(LIST_MARK, ""), " ".join(right).replace(LIST_MARK, "")))
    return found


_MOST_COMPARED = 5_000
"""Words up to which every difference is looked for: the time grows with the square."""


def compare_words(document: DocumentWords, article: DocumentWords) -> list[tuple[str, str]]:
    found = differences(document.body, article.body)
    nothing: list[str] = []
    for left, right in zip_longest(document.notes, article.notes, fillvalue=nothing):
        found += differences(list(left), list(right))
    return found
