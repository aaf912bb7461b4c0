"""Line repairs of pipe tables: missing delimiter rows, unequal rows, no blank line around them."""

from __future__ import annotations

import re

from pipeline.reading.lines import MARKER, FindingCollector, Lines, SourceLine, code_flags
from pipeline.registry import repair_rule

_DELIMITER = re.compile(r"^ {0,3}\|?[ \t]*:?[-–—]+:?[ \t]*(?:\|[ \t]*:?[-–—]+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"(?<!\\)\|")


def repair_tables(lines: Lines, findings: FindingCollector) -> list[SourceLine]:
    flags = code_flags(lines)
    repaired: list[SourceLine] = []
    at = 0
    while at < len(lines):
        end = at if flags[at] or "|" not in lines[at].text else _table_end(lines, at, flags)
        if end == at:
            repaired.append(lines[at])
            at += 1
            continue
        if repaired and not repaired[-1].is_blank and not MARKER.match(lines[at].text):
            message = "the table began right below a line of text, set apart"
            findings.add("blank-line-missing", lines[at].number, message)
            repaired.append(lines[at].with_text(""))
        repaired += _completed([line for line in lines[at:end] if not line.is_blank], findings)
        if end < len(lines) and not lines[end].is_blank and not MARKER.match(lines[end].text):
            findings.add("blank-line-missing", lines[end].number, "text began right below the table, set apart")
            repaired.append(lines[end].with_text(""))
        at = end
    return repaired


def _completed(rows: list[SourceLine], findings: FindingCollector) -> list[SourceLine]:
    """Return the rows of a table, complete; within a list item they keep its mark and its indentation."""
    lead = _lead(rows[0].text)
    if not lead:
        return _complete_table(rows, findings)
    bare = [rows[0].with_text(rows[0].text[len(lead) :]), *(row.with_text(row.text.strip()) for row in rows[1:])]
    first, *others = _complete_table(bare, findings)
    if [first, *others] == bare:
        return rows
    return [first.with_text(lead + first.text), *(row.with_text(" " * len(lead) + row.text) for row in others)]


def _lead(text: str) -> str:
    """Return what puts the first row of a table into a list item: a mark, or an indentation by two or more."""
    mark = MARKER.match(text)
    lead = text[: mark.start("text")] if mark else text[: len(text) - len(text.lstrip())]
    return lead if len(lead) > 1 else ""


def is_row(text: str) -> bool:
    """Return whether a line has the look of a table row: it begins with a pipe, and has another."""
    bare = text.strip()
    return bare.startswith("|") and len(_PIPE.findall(bare)) > 1


def _is_delimiter(text: str) -> bool:
    return "|" in text and bool(_DELIMITER.match(text)) and "-" in text.replace("–", "-").replace("—", "-")


def _table_end(lines: Lines, at: int, flags: list[bool]) -> int:
    """Return the index behind the table that begins at `at`, or `at` where none does."""
    text = lines[at].text
    follows = lines[at + 1].text if at + 1 < len(lines) and not flags[at + 1] else ""
    lead = _lead(text)
    bare = text[len(lead) :] if is_row(text[len(lead) :]) and _is_below(follows, lead) else text
    has_delimiter = "|" in bare and _is_delimiter(follows) and not MARKER.match(bare)
    is_table = has_delimiter or (is_row(bare) and is_row(follows)) or _is_lone_row(lines, at)
    if not is_table or text.startswith(("    ", "\t", ">")):
        return at
    end = at
    while end < len(lines) and not flags[end] and _goes_on(lines, at, end, lead):
        end += 1
    return end


def _goes_on(lines: Lines, at: int, end: int, lead: str) -> bool:
    """Return whether a line belongs to the table that begins at `at`."""
    if lines[end].is_blank:
        return not lead and _table_continues(lines, end)
    return end < at + 2 or (bool(_PIPE.search(lines[end].text)) and _is_below(lines[end].text, lead))


def _is_below(text: str, lead: str) -> bool:
    """Return whether a line is indented as far as the text of a list item; all are where there is none."""
    return not lead or text[: len(lead)].isspace()


def _is_lone_row(lines: Lines, at: int) -> bool:
    """Return whether a line between blank ones is a row of two cells or more, closed at both ends."""
    bare = lines[at].text.strip()
    is_apart = (at == 0 or lines[at - 1].is_blank) and (at + 1 == len(lines) or lines[at + 1].is_blank)
    return is_apart and is_row(bare) and bare.endswith("|") and _width(bare) > 1 and not _is_delimiter(bare)


def _table_continues(lines: Lines, blank: int) -> bool:
    """Return whether rows go on behind a blank line, without a head of their own."""
    first, second = (line.text for line in (*lines[blank + 1 : blank + 3], _NO_LINE, _NO_LINE)[:2])
    return is_row(first) and not _is_delimiter(first) and not _is_delimiter(second)


_NO_LINE = SourceLine("", 0)


@repair_rule(
    "table-shape",
    "A table whose delimiter row is missing or does not fit, that is one row only, or whose head is a bold first row.",
    "Three cells above `|---|---|`; an empty first row, then `| **Navn** | **Pris** |`",
    "Write the head into the row above `|---|---|`, and give every row as many cells as that one.",
    aliases=("table-head",),
)
def _complete_table(rows: list[SourceLine], findings: FindingCollector) -> list[SourceLine]:
    """Return the rows of a table with a delimiter row as wide as the widest of them."""
    head, *rest = rows
    if not rest:
        findings.add("table-shape", head.number, "a table of one row, without a head")
        width = _width(head.text)
        return [head.with_text("|" + "  |" * width), head.with_text("|" + " --- |" * width), head]
    delimiter = rest[0] if _is_delimiter(rest[0].text) else None
    body = rest[1:] if delimiter else rest
    for stray in [row for row in body if _is_delimiter(row.text)]:
        findings.add("table-shape", stray.number, "a second delimiter row, removed")
        body.remove(stray)
    width = max(_width(row.text) for row in (head, *body))
    if delimiter is None:
        findings.add("table-shape", head.number, "the table had no delimiter row (`|---|---|`), added")
    elif _width(delimiter.text) != width:
        message = f"the delimiter row has {_width(delimiter.text)} columns, the table {width}"
        findings.add("table-shape", delimiter.number, message)
    elif not re.search("[–—]", delimiter.text) and _width(head.text) == width:
        return [head, delimiter, *body]
    marks = [re.sub("[–—]", "---", cell.strip()) for cell in _cells(delimiter.text)] if delimiter else []
    marks = (marks + ["---"] * width)[:width]
    row = (delimiter or head).with_text("| " + " | ".join(marks) + " |")
    return [_widened(head, width), row, *body]


def _widened(head: SourceLine, width: int) -> SourceLine:
    missing = width - _width(head.text)
    if missing <= 0:
        return head
    bare = head.text.rstrip()
    if not bare.endswith("|"):
        bare = ("| " if not bare.lstrip().startswith("|") else "") + bare.strip() + " |"
    return head.with_text(bare + "  |" * missing)


def _cells(text: str) -> list[str]:
    bare = text.strip().removeprefix("|")
    return _PIPE.split(bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare)


def _width(text: str) -> int:
    return len(_cells(text))
