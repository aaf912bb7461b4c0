"""All line repairs before pandoc, in their order, and the unambiguous ones in the source file.

Each keeps line numbers and words; applied twice they change nothing more. No word is lost or invented, and fenced code
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from pipeline.config import SourceSettings
from pipeline.reading.embedded_html import convert_html, find_placeholders
from pipeline.reading.fenced_divs import repair_alerts, repair_divs
from pipeline.reading.footnotes import repair_footnotes
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.headings import repair_headings, restore_lost_headings
from pipeline.reading.lines import (
    MARKER,
    PICTURE_LINE,
    FindingCollector,
    Lines,
    SourceLine,
    body_lines,
    closing_fence,
    code_flags,
    opening_fence,
    split_code_and_text,
)
from pipeline.reading.links_and_emphasis import remove_trailing_breaks, repair_links_and_emphasis
from pipeline.reading.lists import escape_leading_numbers, repair_lists, repair_typed_bullets
from pipeline.reading.references import REFERENCES_HEADING
from pipeline.reading.source_text import AMBIGUOUS_REPAIRS, clean_characters, decode_source
from pipeline.reading.tables import is_row, repair_tables
from pipeline.registry import repair_rule, warning_rule

RepairStep = Callable[[Lines, FindingCollector], Iterable[SourceLine]]

_EMPTY_PARAGRAPH = re.compile(r"^(?:[ \t\u00a0\u2002-\u200b\u3000]|&nbsp;|&#160;|&#xa0;|<br>|\\)+$", re.IGNORECASE)

# The name of a language, or attributes, behind a code fence.
_CODE_LANGUAGE = re.compile(r"^(?:[a-z0-9+#.-]*|\{.*\})$")


def repair_lines(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the repaired lines.

    A placeholder that was never filled in is an error: it stays, and the article is refused.
    """
    lines = _repeat(_REPAIR_STEPS, lines, findings)
    find_placeholders(lines, findings)
    return lines


def _repeat(steps: Iterable[RepairStep], lines: Lines, findings: FindingCollector) -> Lines:
    """Apply the steps again and again until nothing changes."""
    for _ in range(_MAX_REPAIR_ROUNDS):
        before = lines
        for step in steps:
            lines = tuple(step(lines, findings))
        if lines == before:
            break
    return lines


@warning_rule(
    "fence-unclosed",
    "A code fence that never ends; the text below it is published as text.",
    "A line of three backticks without a second one",
    "Remove it, or close it.",
)
def _close_fences(lines: Lines, findings: FindingCollector) -> Lines:
    """Remove a code fence that never ends: it would make code of all the rest."""
    kept = list(lines)
    for at, opened in _unclosed_fences(lines):
        findings.add("fence-unclosed", lines[at].number, "a code fence that never ends, removed")
        rest = opened["rest"].strip()
        words = "" if _CODE_LANGUAGE.match(rest) else rest
        kept[at] = lines[at].with_text((opened["lead"] + words).rstrip())
    return tuple(kept)


def _unclosed_fences(lines: Lines) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield every fence that would open code and is closed by none that follows, each as if those before it were text.

    In one pass, however many there are: how long the longest closing fence is that still follows is found beforehand.
    """
    longest = {"`": 0, "~": 0}
    following = []
    for line in reversed(lines):
        following.append(dict(longest))
        if marks := closing_fence(line.text):
            longest[marks[0]] = max(longest[marks[0]], len(marks))
    following.reverse()
    fence = ""
    for at, line in enumerate(lines):
        if fence:
            fence = "" if closing_fence(line.text).startswith(fence) else fence
        elif match := opening_fence(line.text):
            if following[at][match["marks"][0]] >= len(match["marks"]):
                fence = match["marks"]
            else:
                yield at, match


@repair_rule(
    "fence-text",
    "Words right behind a code fence, which Markdown takes for the name of a language.",
    "Three backticks, then `Kræv ro og hvile`",
    "Write the words on the line below the fence.",
)
def _keep_fence_words(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    for is_code, stretch in split_code_and_text(lines):
        fence = opening_fence(stretch[0].text) if is_code else None
        rest = fence["rest"].strip() if fence else ""
        if fence and not _CODE_LANGUAGE.match(rest):
            findings.add("fence-text", stretch[0].number, f"{rest[:60]!r} was behind a code fence, moved below it")
            indent = re.sub(r"[^>\t]", " ", fence["lead"])  # of a list item, below its mark
            yield stretch[0].with_text(fence["lead"] + fence["marks"])
            yield stretch[0].with_text(indent + rest)
            yield from stretch[1:]
        else:
            yield from stretch


@repair_rule(
    "references-code",
    "References within a code block; they are text.",
    "`Referencer` above lines between three backticks",
    "Remove the backticks.",
)
def _references_out_of_code(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Remove the fences from a list of references that an author set as code to keep its lines apart.

    The one exception to leaving fenced code alone: its first line, or the line above it, says what it is.
    """
    above = ""
    for is_code, stretch in split_code_and_text(lines):
        inside = [line for line in stretch[1:-1] if not line.is_blank]
        if is_code and inside and (_names_references(above) or _names_references(inside[0].text)):
            findings.add("references-code", stretch[0].number, "references within a code block, made text")
            yield stretch[0].with_text("")
            yield from _code_lines_as_text(stretch[1:-1])
            yield stretch[-1].with_text("")
        else:
            yield from stretch
        above = next((line.text for line in reversed(stretch) if not line.is_blank), above)


def _names_references(text: str) -> bool:
    return bool(REFERENCES_HEADING.match(text.strip(" \t#*_:")))


def _code_lines_as_text(lines: Lines) -> list[SourceLine]:
    """Return lines of code as text, each a paragraph or a list item of its own."""
    rows: list[SourceLine] = []
    for line in lines:
        bare = line.with_text(line.text.strip())
        is_glued = rows and not rows[-1].is_blank and not bare.is_blank
        if is_glued and not (MARKER.match(rows[-1].text) and MARKER.match(bare.text)):
            rows.append(line.with_text(""))
        rows.append(bare)
    return rows


@repair_rule(
    "paragraph-empty",
    "A paragraph of nothing but spaces or line breaks, or a line break at the end of a paragraph.",
    "`&nbsp;` alone on a line; `\\` at the end of a paragraph",
    "Remove it.",
    aliases=("break-stray",),
)
def _empty_paragraphs(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        if not is_code and not line.is_blank and _EMPTY_PARAGRAPH.match(line.text):
            findings.add("paragraph-empty", line.number, "a paragraph of nothing but space, removed")
            yield line.with_text("")
        else:
            yield line if is_code else line.with_text(line.text.lstrip("\u00a0"))


def _pictures_apart(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    flags = code_flags(lines)
    yield from lines[:1]
    for at, (above, line) in enumerate(pairwise(lines), 1):
        if not flags[at] and not flags[at - 1] and not above.is_blank and not line.is_blank:
            is_glued = (_is_picture(line) and not MARKER.match(above.text)) or (_is_picture(above) and _is_text(line))
            if is_glued and not (_is_picture(line) and _is_picture(above)):
                picture = line if _is_picture(line) else above
                findings.add("blank-line-missing", picture.number, "a picture right beside text, set apart")
                yield line.with_text("")
        yield line


def _is_picture(line: SourceLine) -> bool:
    return line.text[:1] not in " \t" and bool(PICTURE_LINE.match(line.text))


def _is_text(line: SourceLine) -> bool:
    return not line.text.startswith((" ", "\t", ">", ":::")) and not is_row(line.text)


# In this order: what one gives the next relies on.
_REPAIR_STEPS: tuple[RepairStep, ...] = (
    _close_fences,
    _keep_fence_words,
    _references_out_of_code,
    convert_html,
    repair_alerts,
    _empty_paragraphs,
    escape_leading_numbers,
    repair_typed_bullets,
    repair_headings,
    repair_tables,
    repair_lists,
    _pictures_apart,
    restore_lost_headings,
    repair_divs,
    repair_links_and_emphasis,
    repair_footnotes,
    remove_trailing_breaks,
)
_UNAMBIGUOUS_STEPS: tuple[RepairStep, ...] = (_empty_paragraphs, repair_headings, _pictures_apart)
_MAX_REPAIR_ROUNDS = 8  # One repair may uncover the next, rarely more than once; this many end the rest


# ---- repairs in the source file

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
        body = _repeat(_UNAMBIGUOUS_STEPS, body_lines(parts.body, parts.body_line), findings)
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
