"""Line repairs of pipe tables: missing delimiter rows, unequal rows, no blank line around them."""

from __future__ import annotations

import re

from pipeline.reading.lines import MARKER, FindingCollector, Lines, blank_after, code_flags, is_blank, with_text
from pipeline.reading.source_text import SourceLine
from pipeline.registry import repair_rule

_DELIMITER = re.compile(r"^ {0,3}\|?[ \t]*:?[-–—]+:?[ \t]*(?:\|[ \t]*:?[-–—]+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"(?<!\\)\|")


def repair_tables(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with every pipe table whole and apart from the text around it."""
    if not any("|" in line.text for line in lines):
        return lines
    flags = code_flags(lines)
    mended: list[SourceLine] = []
    at = 0
    while at < len(lines):
        end = at if flags[at] else _table_end(lines, at, flags)
        if end == at:
            mended.append(lines[at])
            at += 1
            continue
        if mended and not is_blank(mended[-1]):
            record.add("blank-line-missing", lines[at].number, "the table began right below a line of text, set apart")
            mended.append(blank_after(lines[at]))
        mended += _complete_table([line for line in lines[at:end] if not is_blank(line)], record)
        if end < len(lines) and not is_blank(lines[end]):
            record.add("blank-line-missing", lines[end].number, "text began right below the table, set apart")
            mended.append(blank_after(lines[end]))
        at = end
    return tuple(mended)


def is_row(text: str) -> bool:
    """Return whether a line has the look of a table row: it begins with a pipe, and has another."""
    bare = text.strip()
    return bare.startswith("|") and len(_PIPE.findall(bare)) > 1


def _is_delimiter(text: str) -> bool:
    return "|" in text and bool(_DELIMITER.match(text)) and "-" in text.replace("–", "-").replace("—", "-")


def _table_end(lines: Lines, at: int, flags: list[bool]) -> int:
    """Return the index behind the table that begins at `at`, or `at` where none does."""
    follows = lines[at + 1].text if at + 1 < len(lines) and not flags[at + 1] else ""
    has_delimiter = "|" in lines[at].text and _is_delimiter(follows) and not MARKER.match(lines[at].text)
    if not (has_delimiter or (is_row(lines[at].text) and is_row(follows)) or _is_lone_row(lines, at)):
        return at
    if lines[at].text.startswith(("    ", "\t", ">")):
        return at
    end = at
    while end < len(lines) and not flags[end]:
        if is_blank(lines[end]):
            if not _table_continues(lines, end):
                break
        elif end > at + 1 and not _PIPE.search(lines[end].text):
            break
        end += 1
    return end


def _is_lone_row(lines: Lines, at: int) -> bool:
    """Return whether a line between blank ones is a row of two cells or more, closed at both ends."""
    bare = lines[at].text.strip()
    is_apart = (at == 0 or is_blank(lines[at - 1])) and (at + 1 == len(lines) or is_blank(lines[at + 1]))
    return is_apart and is_row(bare) and bare.endswith("|") and _width(bare) > 1 and not _is_delimiter(bare)


def _table_continues(lines: Lines, blank: int) -> bool:
    """Return whether rows go on behind a blank line, without a head of their own."""
    if blank + 1 >= len(lines) or not is_row(lines[blank + 1].text):
        return False
    return not (blank + 2 < len(lines) and _is_delimiter(lines[blank + 2].text)) and not _is_delimiter(
        lines[blank + 1].text
    )


@repair_rule(
    "table-shape",
    "A table whose delimiter row is missing or does not fit, that is one row only, or whose head is a bold first row.",
    "Three cells above `|---|---|`; an empty first row, then `| **Navn** | **Pris** |`",
    "Write the head into the row above `|---|---|`, and give every row as many cells as that one.",
    aliases=("table-head",),
)
def _complete_table(rows: list[SourceLine], record: FindingCollector) -> list[SourceLine]:
    """Return the rows of a table with a delimiter row as wide as the widest of them."""
    head, *rest = rows
    if not rest:
        record.add("table-shape", head.number, "a table of one row, without a head")
        width = _width(head.text)
        return [with_text(head, "|" + "  |" * width), with_text(head, "|" + " --- |" * width), head]
    delimiter = rest[0] if rest and _is_delimiter(rest[0].text) else None
    body = rest[1:] if delimiter else rest
    for stray in [row for row in body if _is_delimiter(row.text)]:
        record.add("table-shape", stray.number, "a second delimiter row, taken away")
        body.remove(stray)
    width = max(_width(row.text) for row in (head, *body))
    if delimiter is None:
        record.add("table-shape", head.number, "the table had no delimiter row (`|---|---|`), added")
    elif _width(delimiter.text) != width:
        record.add(
            "table-shape",
            delimiter.number,
            f"the delimiter row has {_width(delimiter.text)} columns, the table {width}",
        )
    elif "–" not in delimiter.text and "—" not in delimiter.text and _width(head.text) == width:
        return [head, delimiter, *body]
    marks = (
        [cell.strip().replace("–", "---").replace("—", "---") for cell in _cells(delimiter.text)] if delimiter else []
    )
    marks = (marks + ["---"] * width)[:width]
    row = with_text(delimiter or head, "| " + " | ".join(marks) + " |")
    return [_widened(head, width), row, *body]


def _widened(head: SourceLine, width: int) -> SourceLine:
    missing = width - _width(head.text)
    if missing <= 0:
        return head
    bare = head.text.rstrip()
    if not bare.endswith("|"):
        bare = ("| " if not bare.lstrip().startswith("|") else "") + bare.strip() + " |"
    return with_text(head, bare + "  |" * missing)


def _cells(text: str) -> list[str]:
    bare = text.strip()
    bare = bare.removeprefix("|")
    return _PIPE.split(bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare)


def _width(text: str) -> int:
    return len(_cells(text))
