"""Tables, lists and preformatted text of HTML in Markdown, parsed as HTML and written as fenced divs.

The divs have classes of their own (`::: {.html-ol start=3}`), of which `html_builder` makes the model's blocks. So what
Markdown has no form for is kept: spans, numbers, lists in cells. The words within are Markdown as before.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from textwrap import dedent

from pipeline.reading.lines import CODE_SPAN, MARKER, FindingCollector, Lines, SourceLine, code_flags, substitute

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
_DIV_ATTRIBUTES = frozenset({"start", "type", "reversed", "value", "rowspan", "colspan", "align"})
_ATTRIBUTES = {"*": {*_DIV_ATTRIBUTES, "href", "title", "src", "alt", "lang", "data-line"}}

_NAMES = "table|ol|ul|dl|pre"
_TAG = re.compile(rf"{CODE_SPAN}|<(?P<slash>/?)(?P<name>{_NAMES})\b[^<>]*>", re.IGNORECASE)
_CONTAINER = re.compile(r"(?P<quotes>[ \t]*(?:>[ \t]?)*)(?P<mark>(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_BEGINS = re.compile(rf"{_CONTAINER.pattern}<(?P<name>{_NAMES})\b[^<>]*>", re.IGNORECASE)
_START_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+|[^<>\s@/]+@[^<>\s]+)>")
_TOKEN = re.compile(
    r"<(?P<slash>/?)(?P<name>[a-z][\w:-]*)(?P<attributes>(?:\s[^\s=>]+=\"[^\"]*\")*)>|(?P<text>[^<]+)", re.DOTALL
)
_BEHIND = re.compile(r"[ \t]*\S")
_PIPE_ROW = re.compile(r"[ \t]*\|")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
# A line of code within HTML, by its index; no source has these, which are no characters of Unicode.
_CODE_LINE = re.compile("\ufdd0(\\d+)\ufdd1")
# What begins a block in Markdown, and is text in HTML.
_BLOCK_MARK = re.compile(r"([-+*](?=\s|$)|-{3,}|\*{3,}|_{3,}|#|\||~{3,}|`{3,}|:(?=[\s:]|$))|(\d{1,9})(?=[.)](?:\s|$))")


def convert_html_blocks(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines with each table, list and preformatted text of HTML as fenced divs or fenced code."""
    if not any(_TAG.search(line.text) for line in lines):
        return lines
    lines = substitute(lines, _TAG, _apart)
    flags = code_flags(lines)
    ends = _ends(lines, flags)
    written: list[SourceLine] = []
    at = 0
    while at < len(lines):
        begins = None if flags[at] else _BEGINS.match(lines[at].text)
        if begins is None:
            written.append(lines[at])
            at += 1
            continue
        number = lines[at].number
        findings.add("html-removed", number, f"<{begins['name'].lower()}>: what it holds keeps its order and place")
        prefix = _prefix(lines, at, begins)
        blanks = (row for row in range(at + 1, len(lines)) if lines[row].is_blank)
        end = ends.get((at, begins.start("name") - 1)) or next(blanks, len(lines))
        rows = _written(lines, flags, range(at, end), prefix)
        blank = SourceLine(prefix.rstrip(), number)
        if begins["mark"] and rows:
            first = next(row for row, line in enumerate(rows) if line.text != blank.text)
            lead = begins["quotes"] + begins["mark"]
            rows[: first + 1] = [SourceLine(lead + rows[first].text[len(prefix) :], number)]
        written += [*(() if begins["mark"] else (blank,)), *rows, blank]
        at = end
    return tuple(written)


def _apart(tag: re.Match[str], _: int) -> str:
    """Return a tag on one line, and text before an element and behind it on lines of their own."""
    one_line = tag[0].replace("\n", " ")
    first = tag.string.rfind("\n", 0, tag.start()) + 1
    container = _CONTAINER.match(tag.string, first, tag.start())
    if container is None or _PIPE_ROW.match(tag.string, first):
        return one_line
    edge = f"\n{container['quotes']}{' ' * len(container['mark'] or '')}"
    if tag["slash"]:
        return one_line + (edge if _BEHIND.match(tag.string, tag.end()) else "")
    return (edge if container.end() < tag.start() else "") + one_line


def _ends(lines: Lines, flags: list[bool]) -> dict[tuple[int, int], int]:
    """Return the index behind the last line of each element, by the place where it begins."""
    ends: dict[tuple[int, int], int] = {}
    opened: dict[str, list[tuple[int, int]]] = {}
    for row, line in enumerate(lines):
        for tag in _TAG.finditer("" if flags[row] else line.text):
            waiting = opened.setdefault((tag["name"] or "").lower(), [])
            if not tag["slash"]:
                waiting.append((row, tag.start()))
            elif waiting:
                ends[waiting.pop()] = row + 1
    return ends


def _prefix(lines: Lines, at: int, begins: re.Match[str]) -> str:
    """Return what begins each line of the quotation or the list item that an element stands in."""
    prefix: str = begins["quotes"] + " " * len(begins["mark"] or "")
    if not prefix or prefix.strip() or begins["mark"]:
        return prefix
    for line in reversed(lines[:at]):
        if not line.is_blank and len(line.text) - len(line.text.lstrip()) < len(prefix.expandtabs(4)):
            return prefix if MARKER.match(line.text) or line.text.startswith(("[^", ":")) else ""
    return ""


def _written(lines: Lines, flags: list[bool], region: range, prefix: str) -> list[SourceLine]:
    """Return the lines of an element as divs."""
    import nh3  # 20 ms: seldom needed

    quotes = re.compile(rf"(?:[ \t]*>[ \t]?){{0,{prefix.count('>')}}}")
    texts = [f"\ufdd0{row}\ufdd1" if flags[row] else quotes.sub("", lines[row].text, count=1) for row in region]
    texts[0] = texts[0][texts[0].index("<") :]
    texts = [_AUTOLINK.sub(r"\1", text) for text in texts]
    raw = "\n".join(_START_TAG.sub(rf'<\1 data-line="{row}"', text) for row, text in zip(region, texts, strict=True))
    schemes = {scheme.lower() for scheme in re.findall(r"([A-Za-z][A-Za-z0-9+.-]*):", raw)}  # links are checked later
    clean = nh3.clean(
        raw, tags=_ALLOWED, attributes=_ATTRIBUTES, clean_content_tags=set(), link_rel=None, url_schemes=schemes
    )
    writer = _Writer(lines, prefix, region.start)
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
        attributes = dict(re.findall(r"([^\s=]+)=\"([^\"]*)\"", token["attributes"] or ""))
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
            self._write(":::") if is_end else self._open(name, attributes)
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
                words = re.sub(r"[ \t\n\r\f]+", " ", run).strip(" ")
                self._write("", _escaped(words))
        self.run_row = self.row

    def _text(self, words: str) -> None:
        if not self.run.strip():
            self.run_row = self.row + words[: len(words) - len(words.lstrip())].count("\n")
        self.run += words
        self.row += words.count("\n")

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        kept = {key: value.strip() or "1" for key, value in attributes.items() if key in _DIV_ATTRIBUTES}
        kept |= {"part": self.part} if name == "tr" else {}
        said = "".join(f" {key}={value}" for key, value in kept.items() if re.fullmatch(r"[\w-]+", value))
        self.run_row = self.row
        self._write("", f"::: {{.html-{name}{said}}}")

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
