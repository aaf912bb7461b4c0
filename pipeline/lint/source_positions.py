"""Position of a finding in its source: line, and columns of the quoted words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.findings import Finding

_LINES_AHEAD = 12
"""Lines that a paragraph may have below the one it begins on."""


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """A place in a source file."""

    line: int
    """From 1; 0 where it concerns the whole file."""
    text: str = ""
    """That line, without its end."""
    start: int = 0
    """Column of the words it is about, from 0."""
    end: int = 0
    """Behind the last of them; as `start` where it is about no words."""


def locate_finding(finding: Finding, project: Path) -> SourcePosition:
    """Return where a finding stands; a quote is looked for in spite of what the normaliser changed."""
    lines = _source_lines(project / finding.source)
    if not 0 < finding.line <= len(lines):
        return _locate_title_or_lead(finding, lines)
    if finding.quote:
        pattern = _pattern(finding.quote)
        for number in range(finding.line, min(finding.line + _LINES_AHEAD, len(lines)) + 1):
            if at := pattern.search(lines[number - 1]):
                return SourcePosition(number, lines[number - 1], at.start(), at.end())
    return SourcePosition(finding.line, lines[finding.line - 1])


def _locate_title_or_lead(finding: Finding, lines: tuple[str, ...]) -> SourcePosition:
    """Look for the words of a title or lead, whose line the model does not keep."""
    if finding.quote:
        pattern = _pattern(finding.quote)
        for number, line in enumerate(lines[:60], 1):
            if at := pattern.search(line):
                return SourcePosition(number, line, at.start(), at.end())
    return SourcePosition(0)


def _pattern(quote: str) -> re.Pattern[str]:
    """Return a pattern for words whose spaces, dashes and quotation marks the normaliser may have set."""
    loose = {
        " ": r"[\s*_]+",
        "\u00a0": r"[\s*_]*",
        "–": "[-–]",
        "“": '["“”„»«]',
        "„": '["“”„»«]',
        "’": "['’]",
        "…": r"(?:…|\.\.\.)",
    }
    return re.compile("".join(loose.get(sign, re.escape(sign)) for sign in quote.strip()))


@lru_cache(maxsize=512)
def _source_lines(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_bytes().decode("utf-8-sig", "replace").splitlines())
    except OSError:
        return ()  # publish.toml of an unsaved project, or a file that could not be read: the finding says so
