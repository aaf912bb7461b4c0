"""Attributes of kramdown and of MkDocs' `attr_list`: `{: .class }` behind a block or a word."""

from __future__ import annotations

import re

from pipeline.reading.dialects.boxes import ATTRIBUTES, CLOSED_BOX, CODE, is_box, opened_box, outside_code, rows_at
from pipeline.reading.lines import HEADING, FindingCollector, Lines, SourceLine, substitute

_BLOCK_LINE = re.compile(rf"^[ \t]*(?:>[ \t]?)*\{{:(?P<inside>{ATTRIBUTES})\}}[ \t]*$")
_INLINE = re.compile(CODE + rf"(?<![ \t])[ \t]*+\{{:(?P<inside>{ATTRIBUTES})\}}")
_SPAN_CLASS = re.compile(CODE + rf"(?<=[)*_])\{{(?![^{{}}\n]*\balt=):?{ATTRIBUTES}\}}")
_EXTENSION = re.compile(
    CODE + r"\{::comment\}(?:(?!\{::comment\}).)*?\{:/(?:comment)?\}"
    r"|\{::(?:nomarkdown|options)\b[^{}]*/?\}|\{:/(?:nomarkdown)?\}",
    re.DOTALL,
)
_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+]|1\.)[ \t]+\S")
_ID = re.compile(r"#([\w-]+)")
_CLASS = re.compile(r"\.([\w-]+)")
_NOTICE = re.compile(r"^(?:notice--|prompt-|alert-|callout-|admonition-)?(?P<kind>[\w-]+?)(?:-title)?$")
_NAMES = {
    "notice": "note",
    "info": "note",
    "danger": "warning",
    "success": "tip",
    "primary": "note",
    "highlight": "note",
}


def read_attributes(lines: Lines, _: FindingCollector) -> Lines:
    """Return the lines without attributes: an id goes to its heading, and a class that names a box makes it one."""
    lines = substitute(lines, _EXTENSION, lambda *_: "")
    written: list[SourceLine] = []
    waiting = ""
    for line, is_text in zip(lines, outside_code(lines), strict=True):
        match = _BLOCK_LINE.match(line.text) if is_text else None
        if match is None:
            if waiting and not waiting.startswith("\n") and not line.is_blank:
                written += rows_at(opened_box(waiting), line.number)
                waiting = f"\n{waiting}"
            if waiting.startswith("\n") and line.is_blank:
                written += rows_at(CLOSED_BOX, line.number)
                waiting = ""
            written.append(line)
            continue
        waiting = _block_attributes(match["inside"], written, line) or waiting
    if waiting.startswith("\n"):
        written += rows_at(CLOSED_BOX, written[-1].number)
    return substitute(substitute(tuple(written), _INLINE, _inline), _SPAN_CLASS, lambda *_: "")


def _block_attributes(inside: str, written: list[SourceLine], line: SourceLine) -> str:
    """Apply the attributes of a block to the lines above; return the kind of a box that begins below."""
    above = written[-1] if written else line
    written.append(line.with_text(""))
    if re.search(r"\btoc\b", inside) and _LIST_ITEM.match(above.text):
        written[-2] = above.with_text("")
        return ""
    if (found := _ID.search(inside)) and HEADING.match(above.text):
        written[-2] = above.with_text(f"{above.text.rstrip()} {{#{found[1]}}}")
        return ""
    kinds = (_NOTICE.match(name) for name in _CLASS.findall(inside))
    names = (_NAMES.get(kind["kind"], kind["kind"]) for kind in kinds if kind)
    kind = next((name for name in names if is_box(name)), "")
    if not kind or HEADING.match(above.text):
        return ""
    if above.is_blank or above is line:
        return kind
    start = len(written) - 2
    while start > 0 and not written[start - 1].is_blank:
        start -= 1
    quoted = all(row.text.lstrip().startswith(">") for row in written[start:-1])
    inner = (
        [row.with_text(re.sub(r"^\s*>[ ]?", "", row.text)) for row in written[start:-1]]
        if quoted
        else written[start:-1]
    )
    number = written[start].number
    written[start:] = [*rows_at(opened_box(kind), number), *inner, *rows_at(CLOSED_BOX, line.number)]
    return ""


def _inline(match: re.Match[str], _: int) -> str:
    row_start = match.string.rfind("\n", 0, match.start()) + 1
    if (found := _ID.search(match["inside"])) and match.string.startswith("#", row_start):
        return f" {{#{found[1]}}}"
    return ""
