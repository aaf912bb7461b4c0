"""Writes the unambiguous line repairs back into the bytes of a source.

All else stays byte for byte: line ends, a byte order mark, front matter, and every line that needs no repair.
"""

from __future__ import annotations

import re

from pipeline.config import SourceSettings
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import FindingCollector, Lines, body_lines
from pipeline.reading.repairs import repair_lines_unambiguously
from pipeline.reading.source_text import AMBIGUOUS_REPAIRS, clean_characters, decode_source

_LINE_WITH_END = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_BYTE_ORDER_MARK = "\ufeff"
_MAX_FIX_ROUNDS = 4


def fix_source(data: bytes, source: str, settings: SourceSettings) -> bytes:
    """Return a source file with its unambiguous repairs in place; applied again, nothing changes.

    Raises:
        SourceError: Not UTF-8, empty, or too large: no machine can repair it.
    """
    for _ in range(_MAX_FIX_ROUNDS):
        before, data = data, _fix_once(data, source, settings)
        if data == before:
            break
    return data


def _fix_once(data: bytes, source: str, settings: SourceSettings) -> bytes:
    findings = FindingCollector(source)
    cleaned = decode_source(data, findings)
    text = data.decode("utf-8")
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    lines = [
        (clean_characters(at[1], but=AMBIGUOUS_REPAIRS), at[2])
        for at in _LINE_WITH_END.finditer(text.removeprefix(mark))
        if at[0]
    ]
    if lines and not lines[-1][1]:
        lines[-1] = (lines[-1][0], lines[0][1] if len(lines) > 1 else "\n")
    parts = read_front_matter(cleaned, settings, findings)
    if parts is not None:
        body = repair_lines_unambiguously(body_lines(parts.body, parts.body_line), source)
        lines = _replace_body(lines, body, parts.body_line)
    return (mark + "".join(words + end for words, end in lines)).encode("utf-8")


def _replace_body(lines: list[tuple[str, str]], body: Lines, first: int) -> list[tuple[str, str]]:
    """Return the lines of a file with another body, each with the line end that it had.

    Args:
        lines: Words and end of each line of the file.
        body: Its repaired lines; one that was set in has the number of a neighbour.
        first: The number of the body's first line.
    """
    if not body:
        return lines
    ends = {number: end for number, (_, end) in enumerate(lines, 1)}
    kept = dict(enumerate((words for words, _ in lines), 1))
    made = lines[: first - 1]
    for line in body:
        # A line without repairs stays as in the file, with characters that only reading removes.
        same = clean_characters(kept.get(line.number, "")) == line.text
        made.append((kept[line.number] if same else line.text, ends.get(line.number, "\n")))
    return made
