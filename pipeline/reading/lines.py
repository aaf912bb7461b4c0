"""Source lines with their numbers, the collector of findings, and helpers that the line repairs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.registry import error_rule


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of text without its line end, and its number in the source file, from 1."""

    text: str
    number: int

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    def with_text(self, text: str) -> SourceLine:
        return self if text == self.text else SourceLine(text, self.number)


Lines = tuple[SourceLine, ...]


def body_lines(text: str, first: int) -> Lines:
    """Return the lines of clean text; the first has the number `first`."""
    lines = text.removesuffix("\n").split("\n") if text else []
    return tuple(SourceLine(line, number) for number, line in enumerate(lines, first))


# Within a list item, code may open on the line of the item's own mark.
FENCE = re.compile(r"^(?P<lead>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t][ \t>]*)*)(?P<marks>`{3,}|~{3,})(?P<rest>.*)$")
HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>.*?)[ \t]*#*[ \t]*$")
MARKER = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>[-*+]|(?P<number>\d{1,9})(?P<delimiter>[.)]))(?P<gap>[ \t]+|$)(?P<text>.*)$"
)
RULE = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
DIV = re.compile(r"^ {0,3}:{3,}[ \t]*(?P<rest>.*?)[ \t]*$")
PICTURE_LINE = re.compile(r"^[ \t]*(?:\[?!\[[^\]]*\]\((?:<[^<>]*>|[^()<>]|\([^()]*\))*\)(?:\]\([^()]*\))?[ \t]*)+$")
_KEPT_GROUPS = ("ticks", "escaped")
CODE_SPAN = r"(?<!`)(?P<ticks>`+)(?!`)[^\n]*?[^`\n](?P=ticks)(?!`)"


@error_rule(
    "nesting-too-deep",
    "Lists, quotations, boxes or marks nest too deeply.",
    "61 `>` before a line",
    "Use fewer levels.",
)
class NestingError(SourceError):
    code = "nesting-too-deep"


@error_rule(
    "article-too-large",
    "An article has more text, a longer paragraph, more pictures, notes, links or cells than `[limits]` allows.",
    "A whole book in one file; an export of all addresses of a site; a spreadsheet of 5,000 rows",
    "Divide it into articles, and list them in an edition; or raise the limit in `publish.toml`.",
    aliases=("text-too-long", "pictures-too-many", "notes-too-many", "links-too-many", "cells-too-many"),
)
class TooLargeError(SourceError):
    code = "article-too-large"


class FindingCollector(list[Finding]):
    """The findings of one source, and the limits that it is held to."""

    def __init__(self, source: str, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__()
        self.source = source
        self.limits = limits

    def add(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.append(make_finding(code, self.source, line, message, hint))

    def check_nesting(self, depth: int, what: str, line: int) -> None:
        """Make sure that blocks or fenced divs do not nest too deeply.

        Raises:
            NestingError: They do.
        """
        if depth > self.limits.nesting:
            raise NestingError(f"{what} nested more than {self.limits.nesting} deep", line=line)


def opening_fence(text: str) -> re.Match[str] | None:
    """Return the fence with which a line outside of code opens code."""
    match = FENCE.match(text)
    return None if match and "`" in match["marks"] and "`" in match["rest"] else match


def closing_fence(text: str) -> str:
    """Return the marks of a line that closes code fenced with the same or fewer of them; of any other line nothing."""
    match = FENCE.match(text)
    is_bare = match and not match["rest"].strip() and not match["lead"].strip(" \t>")
    return match["marks"] if match and is_bare else ""


def code_flags(lines: Lines) -> list[bool]:
    """Return for every line whether it belongs to fenced code, the fences included."""
    flags: list[bool] = []
    fence = ""
    for line in lines:
        if fence:
            flags.append(True)
            if closing_fence(line.text).startswith(fence):
                fence = ""
        else:
            match = opening_fence(line.text)
            flags.append(match is not None)
            fence = match["marks"] if match else ""
    return flags


def split_code_and_text(lines: Lines) -> Iterator[tuple[bool, Lines]]:
    """Yield the lines in stretches: whether it is fenced code, and its lines."""
    flags = code_flags(lines)
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or flags[end] != flags[start]:
            yield flags[start], lines[start:end]
            start = end


def substitute(lines: Lines, pattern: re.Pattern[str], change: Callable[[re.Match[str], int], str]) -> Lines:
    """Replace a pattern across lines, outside fenced code; every line keeps its number.

    Args:
        pattern: May match over line ends. A group `ticks` is a code span, and one named `escaped` a sign behind a
            backslash: both stay as they are.
        change: Gets the match and the number of the line it begins on; what it returns may hold line ends.
    """
    return tuple(
        line
        for is_code, stretch in split_code_and_text(lines)
        for line in (stretch if is_code else _substituted(stretch, pattern, change))
    )


def _substituted(
    stretch: Lines, pattern: re.Pattern[str], change: Callable[[re.Match[str], int], str]
) -> Iterator[SourceLine]:
    whole = "\n".join(line.text for line in stretch)
    if not pattern.search(whole):
        yield from stretch
        return
    text, number, at, index = "", stretch[0].number, 0, 0
    for match in (*pattern.finditer(whole), None):
        first, *others = whole[at : match.start() if match else len(whole)].split("\n")
        text += first
        for piece in others:
            yield SourceLine(text, number)
            index += 1
            text, number = piece, stretch[index].number
        if match is None:
            break
        is_kept = any(match[name] for name in _KEPT_GROUPS if name in pattern.groupindex)
        *complete, last = (match[0] if is_kept else change(match, stretch[index].number)).split("\n")
        for piece in complete:
            yield SourceLine(text + piece, number)
            text = ""
        text += last
        index += match[0].count("\n")
        if not text:
            number = stretch[index].number
        at = match.end()
    yield SourceLine(text, number)
