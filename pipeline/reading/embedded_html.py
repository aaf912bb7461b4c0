"""Converts HTML, comments and MDX in Markdown to Markdown, or removes them with a finding.

The tags `<sub>`, `<sup>`, `<br>` and `<abbr title>`, which Markdown has no form for, are left to `inline_builder`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache

from pipeline.languages import together
from pipeline.reading.html_blocks import BLOCK_ELEMENTS, INLINE_ELEMENTS, KEPT_ELEMENTS, convert_html_blocks
from pipeline.reading.lines import CODE_SPAN, MARKER, FindingCollector, Lines, substitute
from pipeline.reading.source_text import clean_characters
from pipeline.registry import error_rule, repair_rule, warning_rule

_ATTRIBUTES = r"""(?:\s+[A-Za-z_:@][\w:.@-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|\{[^{}]*\}|[^\s"'=<>`{}]+))?|\s+\{[^{}]*\})*"""
_CODE = f"{CODE_SPAN}|"
_HTML_COMMENT = re.compile(_CODE + r"<!--(?P<inside>.*?)(?P<end>--!?>|\Z)", re.DOTALL)
_DROPPED_ELEMENTS = (
    "script|style|iframe|noscript|video|audio|object|embed|svg|canvas|template|textarea|select|math|head"
)
_CONTENT = re.compile(
    _CODE + rf"<(?P<name>{_DROPPED_ELEMENTS})\b(?P<attributes>[^<>]*?)(?:/>|>(?:(?P<inside>.*?)</(?P=name)\s*>)?)",
    re.DOTALL | re.IGNORECASE,
)
_SILENT_START = re.compile(_CODE + rf"<(?P<name>{_DROPPED_ELEMENTS})\b(?P<attributes>[^<>]*)>", re.IGNORECASE)
_SILENT_END = re.compile(rf"</({_DROPPED_ELEMENTS})\s*>", re.IGNORECASE)
# Without an end it matches to the end of the text, once: a search from each of many beginnings takes quadratic time.
_DECLARATION = re.compile(
    _CODE + r"<(?:!DOCTYPE[^<>]*(?:<!ENTITY[^<>]*)?>|!\[CDATA\[(?P<inside>.*?)(?:\]\]>|(?P<open>\Z))"
    r"|\?(?P<order>.*?)(?:\?>|(?P<endless>\Z)))",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK_START = re.compile(_CODE + r"(?<!\\)<(?=!(?:[A-Za-z]|\[CDATA\[)|\?)", re.IGNORECASE)
_PAIR = re.compile(
    _CODE + rf"<(?P<name>b|strong|em|i|del|s|strike|code|a|summary|span|blockquote)\b(?P<attributes>{_ATTRIBUTES})\s*>"
    r"(?P<inside>(?:(?!<(?P=name)\b).)*?)</(?P=name)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_BOLD_TAG = re.compile(r"</?(?:b|strong)\b[^<>]*>", re.IGNORECASE)
_NAME = r"[A-Za-z][\w.-]*(?::[A-Za-z][\w.-]*)?"  # With the prefix that Word writes: `o:p`
_END_TAG = re.compile(rf"</({_NAME})\s*>")
_ANY_TAG = re.compile(_CODE + rf"<(?P<slash>/?)(?P<name>{_NAME})(?P<attributes>{_ATTRIBUTES})\s*(?P<closed>/?)>")
_BOOLEAN = frozenset({"hidden", "open", "controls", "disabled", "checked", "reversed", "required", "selected", "inert"})
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_:@][\w:.@-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|\{["']?([^{}"']*)["']?\}|([^\s"'=<>`]+))"""
)
_MDX_COMMENT = re.compile(_CODE + r"\{/\*(?P<inside>.*?)(?P<end>\*/\}|\Z)", re.DOTALL)
_TEMPLATE_PLACEHOLDER = re.compile(
    _CODE
    + r"__[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ0-9]*(?:_[A-ZÀ-ÖØ-Þ0-9]+)*__|\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}|\$\{[^{}\n]*\}"
    + rf"|%%[A-ZÀ-ÖØ-Þ_]+%%|\[{together().placeholders}\b[^\]\n]*\](?!\()"
)

# Every element of HTML that an article may hold.
HTML_ELEMENT_NAMES = BLOCK_ELEMENTS | INLINE_ELEMENTS | KEPT_ELEMENTS | frozenset(_DROPPED_ELEMENTS.split("|")) | {
    "base", "blockquote", "col", "colgroup", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "summary"
}  # fmt: skip
_MARKDOWN_MARKS = {"b": "**", "strong": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}


def convert_html(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines without HTML, comments and MDX, but for the tags that `inline_builder` reads."""

    def replace(pattern: re.Pattern[str], change: Callable[[re.Match[str], int, FindingCollector], str]) -> Lines:
        return substitute(lines, pattern, lambda match, number: change(match, number, findings))

    if any("{/*" in line.text for line in lines):
        lines = replace(_MDX_COMMENT, _comment)
    if not any("<" in line.text for line in lines):
        return lines
    removals = ((_HTML_COMMENT, _comment), (_SILENT_START, _endless_content), (_CONTENT, _content))
    for pattern, change in (*removals, (_DECLARATION, _declaration)):
        lines = replace(pattern, change)
    lines = substitute(lines, _BLOCK_START, lambda *_: "\\<")
    lines = convert_html_blocks(_escape_words(lines, findings), findings)
    for _ in range(_MAX_TAG_DEPTH):
        before = lines
        lines = replace(_PAIR, _pair)
        if lines == before:
            break
    return _single_tags(lines, findings)


_MAX_TAG_DEPTH = 8  # How deep pairs of tags may nest; tags of deeper ones are removed, their words stay


@error_rule(
    "placeholder",
    "A template's or an author's placeholder was never filled in.",
    "`__KLINIKNAVN__`, `{{ telefon }}`, `[INDSÆT LINK]`",
    "Fill it in, or remove it.",
    group="safe",
)
def find_placeholders(lines: Lines, findings: FindingCollector) -> None:
    def note(match: re.Match[str], number: int) -> str:
        findings.add("placeholder", number, f"{match[0]!r} was never filled in")
        return match[0]

    substitute(lines, _TEMPLATE_PLACEHOLDER, note)


@warning_rule(
    "html-unclosed",
    "A comment, or another piece of HTML that shows nothing, never ends; its text is published.",
    "`<!--` without `-->`",
    "Close it, or remove it.",
)
def _comment(match: re.Match[str], number: int, findings: FindingCollector) -> str:
    mark, what = ("<!--", "a comment") if match[0].startswith("<!--") else ("{/*", "an MDX comment")
    if match["end"]:
        findings.add("html-removed", number, f"{what}, removed")
        return ""
    # Markdown would take all the rest of the article as a comment, which no author means.
    findings.add("html-unclosed", number, "a comment that never ends; its text is published")
    return match["inside"].replace(mark, "")


def _endless_content(match: re.Match[str], number: int, findings: FindingCollector) -> str:
    """Return nothing for a start tag that has no end tag behind it, and any other as it is."""
    is_ended = match.start() < _last_ends(match.string).get(match["name"].lower(), -1)
    return match[0] if is_ended or match[0].endswith("/>") else _content(match, number, findings)


@lru_cache(maxsize=1)
def _last_ends(text: str) -> dict[str, int]:
    return {match[1].lower(): match.start() for match in _SILENT_END.finditer(text)}


@warning_rule(
    "html-content-removed",
    "HTML that no document can show, removed with its content.",
    '`<iframe src="https://…">`, `<script>`',
    "Say in words what it shows, and link to it.",
)
def _content(match: re.Match[str], number: int, findings: FindingCollector) -> str:
    name = match["name"].lower()
    address = _parse_attributes(match["attributes"]).get("src")
    shown = f" ({address})" if address else ""
    findings.add("html-content-removed", number, f"<{name}>{shown} cannot be shown on paper or in a mail, removed")
    return ""


def _declaration(match: re.Match[str], number: int, findings: FindingCollector) -> str:
    what = repr(match[0].split()[0][:12])
    if match["open"] is not None or match["endless"] is not None:
        findings.add("html-unclosed", number, f"{what} that never ends; its text is published")
        return (match["inside"] or match["order"] or "").replace("<![CDATA[", "")
    findings.add("html-removed", number, f"{what}, removed")
    return match["inside"] or ""


@repair_rule(
    "html-removed",
    "HTML in the text: its table, list or Markdown is used, or the tag goes and its words stay. Comments are left out.",
    '`<div class="boks">`, `<!-- tjek tal -->`',
    "Write Markdown; only `<sub>`, `<sup>`, `<br>`, `<abbr>` and tables with spans are needed. A comment may stay.",
    aliases=("html-comment",),
)
def _pair(match: re.Match[str], number: int, findings: FindingCollector) -> str:
    name, inside = match["name"].lower(), match["inside"]
    attributes = _parse_attributes(match["attributes"])
    findings.add("html-removed", number, f"<{name}>: its Markdown form is used")
    words = inside.strip()
    before = inside[: len(inside) - len(inside.lstrip())]
    after = inside[len(inside.rstrip()) :]
    if not words:
        return inside
    if name == "summary":
        return f"\n\n**{_BOLD_TAG.sub('', words)}**\n\n"
    if name == "blockquote":
        plain = re.sub(r"</?p\b[^>]*>", "\n\n", words, flags=re.IGNORECASE).strip()
        return "\n\n" + "\n".join(f"> {row.strip()}".rstrip() for row in plain.split("\n")) + "\n\n"
    if name == "a" and attributes.get("href"):
        return f"{before}[{words}]({_link_target(attributes['href'])}){after}"
    if name == "span" and attributes.get("lang"):
        return f'{before}[{words}]{{lang="{attributes["lang"]}"}}{after}'
    if name == "code" and "`" not in words:
        return f"{before}`{clean_characters(html.unescape(words))}`{after}"
    mark = _MARKDOWN_MARKS.get(name, "")
    if mark and ("\n\n" in words or words.startswith(mark) or words.endswith(mark) or _is_in_figures(match, inside)):
        mark = ""
    return f"{before}{mark}{words}{mark}{after}"


def _is_in_figures(match: re.Match[str], inside: str) -> bool:
    """Return whether a pair of tags begins or ends right beside a figure within a word: `2<b>5</b> mg`.

    Asterisks there are read as multiplication.
    """
    start, end = match.span()
    before, after = match.string[max(0, start - 1) : start], match.string[end : end + 1]
    pairs = (before + inside[:1], inside[-1:] + after)
    return any(pair.isalnum() and len(pair) == 2 and not pair.isalpha() for pair in pairs)


@warning_rule(
    "html-unknown",
    "Words in angle brackets that are no HTML; they are printed as text.",
    "`<dit navn>`",
    "Use other brackets, or fill it in.",
)
def _escape_words(lines: Lines, findings: FindingCollector) -> Lines:
    closed = {name.lower() for line in lines for name in _END_TAG.findall(line.text)}

    def replacement(match: re.Match[str], number: int) -> str:
        if match["name"].lower() in KEPT_ELEMENTS or _is_tag(match, closed):
            return match[0]
        findings.add("html-unknown", number, f"{match[0]!r} is no HTML; it is printed as text")
        return f"&lt;{match[0][1:].replace('>', '&gt;')}"

    return substitute(lines, _ANY_TAG, replacement)


def _single_tags(lines: Lines, findings: FindingCollector) -> Lines:
    lists: list[int] = []

    def replacement(match: re.Match[str], number: int) -> str:
        name = match["name"].lower()
        if name in KEPT_ELEMENTS:
            return _kept(match, name)
        if not match["slash"]:
            findings.add("html-removed", number, f"<{name}>")
        return _markdown(match, name, lists)

    return substitute(lines, _ANY_TAG, replacement)


def _is_tag(match: re.Match[str], closed: set[str]) -> bool:
    """Return whether angle brackets are a tag, and not words such as `<dit navn>`."""
    name = match["name"].lower()
    attributes = match["attributes"].split()
    if attributes and "=" not in match["attributes"] and not set(map(str.lower, attributes)) <= _BOOLEAN:
        return bool(match["closed"])  # `a <b og c> d` compares
    is_marked = match["closed"] or match["slash"] or "=" in match["attributes"]
    return bool(is_marked) or name in closed or name in HTML_ELEMENT_NAMES


def _kept(match: re.Match[str], name: str) -> str:
    """Return a tag that stays, in one spelling and without attributes but the long form of an abbreviation."""
    if name == "br":
        return "<br>"
    title = html.escape(html.unescape(_parse_attributes(match["attributes"]).get("title", "")))
    attribute = f' title="{title}"' if name == "abbr" and title and not match["slash"] else ""
    return f"<{match['slash']}{name}{attribute}>"


_MOST_INDENT = 80  # So far from the beginning of a line a mark is looked for: a line may hold thousands of tags


def _markdown(match: re.Match[str], name: str, lists: list[int]) -> str:
    """Return the replacement of a tag: a mark, the end of a paragraph, or nothing.

    Args:
        lists: The lists within a cell of a pipe table that are open: the last number of each; -1: it has bullets.
    """
    is_end = bool(match["slash"])
    # In a list item, a table row, a heading or a quotation a new paragraph would tear the block apart.
    first = match.string.rfind("\n", 0, match.start()) + 1
    row = match.string[first : min(match.start(), first + _MOST_INDENT)]
    gap = " " if MARKER.match(row) or row.lstrip().startswith(("|", "#", ">")) else "\n\n"
    if name in {"ul", "ol", "li"}:
        return _list_mark(name, lists, in_row=row.lstrip().startswith("|"), is_end=is_end)
    if re.fullmatch(r"h[1-6]", name):
        return "\n\n" if is_end else f"\n\n{'#' * int(name[1])} "
    if name == "hr":
        return "\n\n---\n\n"
    if name == "img":
        return _image_markdown(_parse_attributes(match["attributes"]))
    if name in {"th", "td"}:
        return " "
    return gap if name in BLOCK_ELEMENTS else ""


def _list_mark(name: str, lists: list[int], *, in_row: bool, is_end: bool) -> str:
    """Return the mark of a list item in a cell; open or close a list."""
    if name == "li" and not is_end:
        if lists and lists[-1] >= 0:
            lists[-1] += 1
        mark = f"{lists[-1]}\\." if lists and lists[-1] > 0 else "•"
        return f"<br>{mark} " if in_row else "\n- "
    if name != "li" and not is_end:
        lists.append(0 if name == "ol" else -1)
    elif name != "li" and lists:
        lists.pop()
    return ""


def _image_markdown(attributes: dict[str, str]) -> str:
    target = _link_target(attributes.get("src", ""))
    title = attributes.get("title", "").replace('"', "&quot;")
    alt = re.sub(r"([\[\]])", r"\\\1", attributes.get("alt", ""))
    return f"![{alt}]({target}" + (f' "{title}")' if title else ")") if target else ""


def _link_target(address: str) -> str:
    """Return an address with the characters encoded that would end a Markdown link."""
    return address.strip().replace(" ", "%20").replace("(", "%28").replace(")", "%29")


def _parse_attributes(text: str) -> dict[str, str]:
    return {name.lower(): html.unescape(a or b or c or d) for name, a, b, c, d in _ATTRIBUTE.findall(text)}
