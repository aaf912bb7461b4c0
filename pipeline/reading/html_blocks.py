"""Tables, lists and preformatted text of HTML in Markdown, parsed as HTML and written as fenced divs.

The divs have classes of their own (`::: {.html-ol start=3}`), of which `html_builder` makes the model's blocks. So what
Markdown has no form for is kept: spans, numbers, lists in cells. The words within are Markdown as before.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from textwrap import dedent

from pipeline.reading.lines import CODE_SPAN, MARKER, FindingCollector, Lines, SourceLine, code_flags

BLOCK_ELEMENTS = frozenset(
    {
        "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "ol",
        "p", "picture", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"
    }
)  # fmt: skip
INLINE_ELEMENTS = frozenset(
    {
        "a", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font", "i", "input",
        "ins", "kbd", "label", "link", "mark", "meta", "meter", "nobr", "o:p", "output", "progress", "q", "s", "samp",
        "small", "source", "span", "strike", "strong", "time", "tt", "u", "var", "wbr"
    }
)  # fmt: skip
KEPT_ELEMENTS = frozenset({"sub", "sup", "br", "abbr"})
_DIVS = frozenset({"table", "caption", "tr", "td", "th", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "summary"})
_ALLOWED = BLOCK_ELEMENTS | INLINE_ELEMENTS | KEPT_ELEMENTS | _DIVS | _HEADINGS | {"hr", "img"}
# Attributes that say something; the values of those of lists and tables are figures or single words.
_DIV_ATTRIBUTES = {
    "ol": ("start", "type", "reversed"),
    "li": ("value",),
    "td": ("rowspan", "colspan", "align"),
    "th": ("rowspan", "colspan", "align"),
}
_ATTRIBUTES = {
    **{name: set(names) for name, names in _DIV_ATTRIBUTES.items()},
    "*": {"data-line"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "span": {"lang"},
}

_TRIGGER = re.compile(rf"{CODE_SPAN}|<(?P<slash>/?)(?P<name>table|ol|ul|dl|pre)\b[^<>]*>", re.IGNORECASE)
_CONTAINER = re.compile(r"(?P<quotes>[ \t]*(?:>[ \t]?)*)(?P<mark>(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_START_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_TOKEN = re.compile(
    r"<(?P<slash>/?)(?P<name>[a-z][\w:-]*)(?P<attributes>(?:\s[^\s=>]+=\"[^\"]*\")*)>|(?P<text>[^<]+)", re.DOTALL
)
_ATTRIBUTE = re.compile(r"([^\s=]+)=\"([^\"]*)\"")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
# A line of code within HTML, by its index; no source has these, which are no characters of Unicode.
_CODE_LINE = re.compile("\ufdd0(\\d+)\ufdd1")
# What begins a block in Markdown, and is text in HTML.
_BLOCK_MARK = re.compile(r"([-+*](?=\s|$)|-{3,}|\*{3,}|_{3,}|#|\||~{3,}|`{3,}|:(?=[\s:]|$))|(\d{1,9})(?=[.)](?:\s|$))")


def convert_html_blocks(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines with each table, list and preformatted text of HTML as fenced divs or fenced code."""
    if not any(_TRIGGER.search(line.text) for line in lines):
        return lines
    return tuple(_Converter(lines, findings).convert())


@dataclass(slots=True)
class _Converter:
    """The text of an article, and where its lines begin."""

    lines: Lines
    findings: FindingCollector
    text: str = ""
    starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        flags = code_flags(self.lines)
        rows = [f"\ufdd0{at}\ufdd1" if flags[at] else line.text for at, line in enumerate(self.lines)]
        self.text = "\n".join(rows)
        self.starts = [0, *accumulate(len(row) + 1 for row in rows)]

    def convert(self) -> Iterator[SourceLine]:
        at, prefix = 0, ""
        for start, end, name in self._regions():
            yield from self._between(at, start, prefix)
            row = bisect_right(self.starts, start) - 1
            before = self.text[max(at, self.starts[row]) : start]
            if not (at and at > self.starts[row]):
                prefix = self._prefix(row, before)
            rows = self._written(start, end, prefix)
            number = self.lines[row].number
            self.findings.add("html-removed", number, f"<{name}>: what it holds is kept in its order and place")
            container = _CONTAINER.fullmatch(before)
            if container and container["mark"] and rows:
                first = next(at for at, line in enumerate(rows) if line.text != prefix.rstrip())
                rows[: first + 1] = [SourceLine(before + rows[first].text[len(prefix) :], rows[first].number)]
            elif before.strip(" \t>"):
                yield SourceLine(prefix + before.strip() if at > self.starts[row] else before, number)
                yield SourceLine(prefix.rstrip(), number)
            elif row and not self.lines[row - 1].is_blank:
                yield SourceLine(prefix.rstrip(), number)
            yield from rows
            at = end
        yield from self._between(at, len(self.text) + 1, prefix)

    def _between(self, at: int, end: int, prefix: str) -> Iterator[SourceLine]:
        """Yield the lines between two regions, without the beginning of the line on which the second begins."""
        row = bisect_right(self.starts, at) - 1
        first, *others = self.text[at:end].split("\n")
        is_last = end > len(self.text)
        if not at:
            others = [first, *others]
            row -= 1
        elif (others or is_last) and first.strip():
            yield SourceLine(prefix.rstrip(), self.lines[row].number)
            yield SourceLine(prefix + first.strip(), self.lines[row].number)
        elif others or is_last:
            yield SourceLine(prefix.rstrip(), self.lines[row].number)
        yield from self.lines[row + 1 : row + 1 + len(others) - (not is_last)]

    def _regions(self) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and name of each element; one without an end goes to the next blank line."""
        tags = [tag for tag in _TRIGGER.finditer(self.text) if not tag["ticks"]]
        ends: dict[int, int] = {}
        opened: dict[str, list[int]] = {}
        for tag in tags:
            starts = opened.setdefault(tag["name"].lower(), [])
            if not tag["slash"]:
                starts.append(tag.start())
            elif starts:
                ends[starts.pop()] = tag.end()
        at = 0
        for tag in tags:
            row = self.text[self.text.rfind("\n", 0, tag.start()) + 1 : tag.start()]
            if tag["slash"] or tag.start() < at or row.lstrip().startswith("|"):
                continue
            blank = None if tag.start() in ends else _BLANK_LINE.search(self.text, tag.end())
            at = ends.get(tag.start(), blank.start() if blank else len(self.text))
            yield tag.start(), at, tag["name"].lower()

    def _prefix(self, row: int, before: str) -> str:
        """Return what begins each line of the quotation or the list item that a line stands in."""
        container = _CONTAINER.match(before)
        prefix = container["quotes"] + " " * len(container["mark"] or "") if container else ""
        if prefix.strip() or (container and container["mark"]):
            return prefix
        width = len(prefix.expandtabs(4))
        for line in reversed(self.lines[:row]):
            indent = len(line.text) - len(line.text.lstrip())
            if not line.is_blank and indent < width:
                return prefix if MARKER.match(line.text) or line.text.startswith(("[^", ":")) else ""
        return ""

    def _written(self, start: int, end: int, prefix: str) -> list[SourceLine]:
        import nh3  # 20 ms: seldom needed

        raw = self.text[start:end]
        row = bisect_right(self.starts, start) - 1
        if quotes := prefix.count(">"):
            raw = re.sub(rf"\n(?:[ \t]*>[ \t]?){{1,{quotes}}}", "\n", raw)

        bare = _AUTOLINK.sub(r"\1", raw).split("\n")
        marked = "\n".join(_START_TAG.sub(rf'<\1 data-line="{at}"', line) for at, line in enumerate(bare, row))
        schemes = {scheme.lower() for scheme in re.findall(r"([A-Za-z][A-Za-z0-9+.-]*):", raw)}
        clean = nh3.clean(
            marked,
            tags=_ALLOWED,
            attributes=_ATTRIBUTES,
            clean_content_tags=set(),
            link_rel=None,
            url_schemes=schemes,
        )
        writer = _Writer(self.lines, prefix, row)
        for token in _TOKEN.finditer(clean):
            writer.add(token)
        writer.flush()
        return writer.rows


@dataclass(slots=True)
class _Writer:
    """Writes well-formed HTML as fenced divs, line by line."""

    lines: Lines
    prefix: str
    row: int  # Index of the line that it has come to
    rows: list[SourceLine] = field(default_factory=list)
    run: str = ""  # Words and inline tags since the last block began or ended
    run_row: int = 0
    part: str = ""
    is_pre: bool = False
    is_bold: bool = False  # Within a heading: in a list or a table it is a line in bold

    def add(self, token: re.Match[str]) -> None:
        name, is_end = token["name"], bool(token["slash"])
        attributes = dict(_ATTRIBUTE.findall(token["attributes"] or ""))
        self.row = int(attributes.pop("data-line", self.row))
        if token["text"]:
            self._text(token["text"])
        elif name == "pre":
            self.flush()
            self.is_pre = not is_end
        elif self.is_pre:
            self.run += "\n" if name == "br" else ""
        elif name in _DIVS:
            self.flush()
            self._div(name, {} if is_end else attributes, is_end=is_end)
        elif name in _HEADINGS:
            if is_end:
                self.run += "</b>"
            self.flush()
            self.is_bold = not is_end
            if self.is_bold:
                self._text("<b>")
        elif self.is_bold and name in ("b", "strong"):
            pass
        elif name in BLOCK_ELEMENTS or name == "hr":
            self.flush()
            self.part = name if name in ("thead", "tbody", "tfoot") else self.part
            if name == "hr":
                self._write("", "---")
        else:
            kept = "".join(f' {key}="{value}"' for key, value in attributes.items())
            self._text(f"<{token['slash']}{name}{kept}>")

    def flush(self) -> None:
        """Write the words since the last block began or ended."""
        run, self.run = self.run, ""
        if self.is_pre:
            self._code(html.unescape(run))
        elif run.strip(" \t\n\r\f"):
            run = _CODE_LINE.sub(lambda code: self.lines[int(code[1])].text, run) if "\ufdd0" in run else run
            if _BLANK_LINE.search(run) or "```" in run or "~~~" in run:
                self._write("")  # Markdown within HTML
                self._write_lines(dedent(run.strip("\n")).rstrip().split("\n"))
            else:
                words = _SPACE.sub(" ", run).strip(" ")
                self._write("", _escaped(words))
        self.run_row = self.row

    def _text(self, words: str) -> None:
        if not self.run.strip():
            self.run_row = self.row + words[: len(words) - len(words.lstrip())].count("\n")
        self.run += words
        self.row += words.count("\n")

    def _div(self, name: str, attributes: dict[str, str], *, is_end: bool) -> None:
        if is_end:
            self._write(":::")
            return
        if name == "tr":
            attributes = {"part": self.part}
        elif name == "ol" and "reversed" in attributes:
            attributes["reversed"] = "1"
        kept = {key: value for key in attributes if re.fullmatch(r"[\w-]+", value := attributes[key].strip())}
        self.run_row = self.row
        self._write("", f"::: {{.html-{name}{''.join(f' {key}={value}' for key, value in kept.items())}}}")

    def _code(self, code: str) -> None:
        code = _CODE_LINE.sub(lambda at: self.lines[int(at[1])].text, code).strip("\n")
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        if code.strip():
            self._write("", fence)
            self._write_lines(code.split("\n"))
            self._write(fence)

    def _write(self, *texts: str) -> None:
        for text in texts:
            self._write_lines([text])

    def _write_lines(self, texts: list[str]) -> None:
        """Write lines, of which the first stands on the line where the words began."""
        for row, text in enumerate(texts, self.run_row):
            number = self.lines[min(row, len(self.lines) - 1)].number
            self.rows.append(SourceLine(self.prefix + text if text else self.prefix.rstrip(), number))


def _escaped(words: str) -> str:
    """Return words that begin no block of Markdown."""
    if mark := _BLOCK_MARK.match(words):
        return f"\\{words}" if mark[1] else f"{mark[2]}\\{words[mark.end() :]}"
    return f"&#{ord(words[0])};{words[1:]}" if words[0] in "•●▪■◦○‣⁃∙" else words
