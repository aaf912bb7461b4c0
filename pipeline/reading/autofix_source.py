"""Writes the unambiguous line repairs back into the bytes of a source.

All else stays byte for byte: line ends, a byte order mark, front matter, and every line that needs no repair.
"""

from __future__ import annotations

import re

from pipeline.config import SourceSettings
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import Lines
from pipeline.reading.repairs import repair_lines_unambiguously
from pipeline.reading.source_text import AMBIGUOUS_REPAIRS, body_lines, clean_characters, decode_source

_LINE_WITH_END = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_BYTE_ORDER_MARK = "\ufeff"
_MAX_FIX_ROUNDS = 4


def fix_source(data: bytes, source: str, settings: SourceSettings) -> bytes:
    """Return a source file with its unambiguous repairs in place; mended again, it stays as it is.

    Raises:
        SourceError: Not UTF-8, empty, or too large: there is nothing to mend by a machine.
    """
    for _ in range(_MAX_FIX_ROUNDS):
        mended = _fix_once(data, source, settings)
        if mended == data:
            break
        data = mended
    return data


def _fix_once(data: bytes, source: str, settings: SourceSettings) -> bytes:
    cleaned, _ = decode_source(data, source)
    text = data.decode("utf-8")
    mark, text = (_BYTE_ORDER_MARK, text[1:]) if text.startswith(_BYTE_ORDER_MARK) else ("", text)
    lines = [(clean_characters(at[1], but=AMBIGUOUS_REPAIRS), at[2]) for at in _LINE_WITH_END.finditer(text) if at[0]]
    if lines and not lines[-1][1]:
        lines[-1] = (lines[-1][0], lines[0][1] if len(lines) > 1 else "\n")
    parts, _ = read_front_matter(cleaned, source, settings)
    if parts is not None:
        lines = _replace_body(
            lines, repair_lines_unambiguously(body_lines(parts.body, parts.body_line), source), parts.body_line
        )
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
        # What a repair left alone is taken from the file, which may hold marks that only reading takes out.
        same = clean_characters(kept.get(line.number, "")) == line.text
        made.append((kept[line.number] if same else line.text, ends.get(line.number, "\n")))
    return made
