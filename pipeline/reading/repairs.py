"""The steps of line repairs before pandoc, in order; each keeps line numbers and words.

Applied twice they change nothing more. No word is lost or invented; fenced code is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.reading.embedded_html import convert_html, find_placeholders
from pipeline.reading.fenced_divs import repair_alerts, repair_divs
from pipeline.reading.footnotes import repair_footnotes
from pipeline.reading.headings import repair_headings, restore_lost_headings
from pipeline.reading.lines import (
    MARKER,
    PICTURE_LINE,
    FindingCollector,
    Lines,
    blank_after,
    closing_fence,
    code_flags,
    is_blank,
    opening_fence,
    split_code_and_text,
    with_text,
)  # fmt: skip
from pipeline.reading.links_and_emphasis import remove_trailing_breaks, repair_links_and_emphasis
from pipeline.reading.lists import escape_leading_numbers, repair_lists, repair_typed_bullets
from pipeline.reading.references import REFERENCES_HEADING
from pipeline.reading.source_text import SourceLine
from pipeline.reading.tables import is_row, repair_tables
from pipeline.registry import repair_rule, warning_rule

_EMPTY_PARAGRAPH = re.compile(r"^(?:[ \t\u00a0\u2002-\u200b\u3000]|&nbsp;|&#160;|&#xa0;|<br>|\\)+$", re.IGNORECASE)

_CODE_LANGUAGE = re.compile(r"^(?:[a-z0-9+#.-]*|\{.*\})$")
"""What may stand behind a code fence that is no text."""


def repair_lines(lines: Lines, source: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Lines, tuple[Finding, ...]]:
    """Return the lines as their author meant them, and what was changed.

    A placeholder that was never filled in is an error: it stays, and the article is refused.
    """
    record = FindingCollector(source, limits)
    for _ in range(_MAX_REPAIR_ROUNDS):
        before = lines
        for step in _REPAIR_STEPS:
            lines = step(lines, record)
        if lines == before:
            break
    find_placeholders(lines, record)
    return lines, tuple(record.findings)


def repair_lines_unambiguously(lines: Lines, source: str) -> Lines:
    """Return the lines with those repairs alone that no one could mean otherwise: they may go back into the source."""
    record = FindingCollector(source)
    for _ in range(_MAX_REPAIR_ROUNDS):
        before = lines
        for step in _UNAMBIGUOUS_STEPS:
            lines = step(lines, record)
        if lines == before:
            break
    return lines


@warning_rule(
    "fence-unclosed",
    "A code fence that never ends; the text below it is published as text.",
    "A line of three backticks without a second one",
    "Remove it, or close it.",
)
def _close_fences(lines: Lines, record: FindingCollector) -> Lines:
    """Take away a code fence that never ends: it would make code of all the rest."""
    kept = list(lines)
    for at, opened in _unclosed_fences(lines):
        record.add("fence-unclosed", lines[at].number, "a code fence that never ends, taken away")
        rest = opened["rest"].strip()
        words = "" if _CODE_LANGUAGE.match(rest) else rest
        kept[at] = with_text(lines[at], (opened["lead"] + words).rstrip())
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
def _keep_fence_words(lines: Lines, record: FindingCollector) -> Lines:
    """Give words behind an opening fence a line of their own: Markdown takes them for the name of a language."""
    kept: list[SourceLine] = []
    for is_code, stretch in split_code_and_text(lines):
        fence = opening_fence(stretch[0].text) if is_code else None
        rest = fence["rest"].strip() if fence else ""
        if fence and not _CODE_LANGUAGE.match(rest):
            record.add("fence-text", stretch[0].number, f"{rest[:60]!r} stood behind a code fence, set below it")
            indent = re.sub(r"[^>\t]", " ", fence["lead"])  # of a list item, below its mark
            kept += [
                with_text(stretch[0], fence["lead"] + fence["marks"]),
                with_text(stretch[0], indent + rest),
                *stretch[1:],
            ]
        else:
            kept += stretch
    return tuple(kept)


@repair_rule(
    "references-code",
    "References within a code block; they are text.",
    "`Referencer` above lines between three backticks",
    "Remove the backticks.",
)
def _references_out_of_code(lines: Lines, record: FindingCollector) -> Lines:
    """Take the fences from a list of references that an author set as code to keep its lines apart.

    The one exception to leaving fenced code alone: its first line, or the line above it, says what it is.
    """
    kept: list[SourceLine] = []
    for is_code, stretch in split_code_and_text(lines):
        above = next((line.text for line in reversed(kept) if not is_blank(line)), "")
        inside = [line for line in stretch[1:-1] if not is_blank(line)]
        if is_code and inside and len(stretch) > 2 and (_names_references(above) or _names_references(inside[0].text)):
            record.add("references-code", stretch[0].number, "references within a code block, taken out of it")
            kept += [blank_after(stretch[0]), *_code_lines_as_text(stretch[1:-1]), blank_after(stretch[-1])]
        else:
            kept += stretch
    return tuple(kept)


def _names_references(text: str) -> bool:
    return bool(REFERENCES_HEADING.match(text.strip(" \t#*_:")))


def _code_lines_as_text(lines: Lines) -> list[SourceLine]:
    """Return lines of code as text, each a paragraph or a list item of its own."""
    rows: list[SourceLine] = []
    for line in lines:
        bare = with_text(line, line.text.strip())
        previous = MARKER.match(rows[-1].text) if rows else None
        if rows and not is_blank(rows[-1]) and not is_blank(bare) and not (previous and MARKER.match(bare.text)):
            rows.append(blank_after(line))
        rows.append(bare)
    return rows


@repair_rule(
    "paragraph-empty",
    "A paragraph of nothing but spaces or line breaks, or a line break at the end of a paragraph.",
    "`&nbsp;` alone on a line; `\\` at the end of a paragraph",
    "Remove it.",
    aliases=("break-stray",),
)
def _empty_paragraphs(lines: Lines, record: FindingCollector) -> Lines:
    """Blank the lines that hold nothing but spaces that cannot break."""
    flags = code_flags(lines)
    kept: list[SourceLine] = []
    for line, is_code in zip(lines, flags, strict=True):
        if not is_code and not is_blank(line) and _EMPTY_PARAGRAPH.match(line.text):
            record.add("paragraph-empty", line.number, "a paragraph of nothing but space, taken away")
            kept.append(blank_after(line))
        elif not is_code and line.text.startswith("\u00a0"):
            kept.append(with_text(line, line.text.lstrip("\u00a0")))
        else:
            kept.append(line)
    return tuple(kept)


def _pictures_apart(lines: Lines, record: FindingCollector) -> Lines:
    """Set a line that is a picture apart from text right above or below it."""
    flags = code_flags(lines)
    apart: list[SourceLine] = []
    for at, line in enumerate(lines):
        above = lines[at - 1] if at else None
        if above and not flags[at] and not flags[at - 1] and not is_blank(above) and not is_blank(line):
            is_glued = (_is_picture(line) and not MARKER.match(above.text)) or (_is_picture(above) and _is_text(line))
            if is_glued and not (_is_picture(line) and _is_picture(above)):
                record.add(
                    "blank-line-missing",
                    (line if _is_picture(line) else above).number,
                    "a picture right beside text, set apart",
                )
                apart.append(blank_after(line))
        apart.append(line)
    return tuple(apart)


def _is_picture(line: SourceLine) -> bool:
    return line.text[:1] not in " \t" and bool(PICTURE_LINE.match(line.text))


def _is_text(line: SourceLine) -> bool:
    return not line.text.startswith((" ", "\t", ">", ":::")) and not is_row(line.text)


_REPAIR_STEPS = (
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
"""In this order: what one gives the next relies on."""
_UNAMBIGUOUS_STEPS = (_empty_paragraphs, repair_headings, _pictures_apart)
_MAX_REPAIR_ROUNDS = 8
"""One repair may uncover the next, rarely more than once; this many end the rest."""
