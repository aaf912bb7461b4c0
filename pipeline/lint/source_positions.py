"""Position of a finding in its source: line, and columns of the quoted words."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.files import check_inside
from pipeline.findings import Finding
from pipeline.trusted_paths import read_regular

_LINES_AHEAD = 12  # Lines that a paragraph may have below the one it begins on
_LINES_OF_FRONT_MATTER = 60


@dataclass(frozen=True, slots=True)
class SourcePosition:
    line: int  # From 1; 0 where it concerns the whole file
    text: str = ""  # That line, without its end
    start: int = 0  # Column of the words it is about, from 0
    end: int = 0  # Behind the last of them; as `start` where it is about no words


def locate_finding(finding: Finding, project: Path) -> SourcePosition:
    """Return the position of a finding; its quote is found although the normaliser changed quotes, dashes and spaces.

    The model keeps no line of a title or lead: their words are looked for in the first lines.
    """
    lines = _source_lines(project, finding.source)
    has_line = 0 < finding.line <= len(lines)
    first, last = (finding.line, finding.line + _LINES_AHEAD) if has_line else (1, _LINES_OF_FRONT_MATTER)
    if finding.quote:
        pattern = _pattern(finding.quote)
        for number, line in enumerate(lines[first - 1 : last], first):
            if at := pattern.search(line):
                return SourcePosition(number, line, at.start(), at.end())
    return SourcePosition(finding.line, lines[finding.line - 1]) if has_line else SourcePosition(0)


def _pattern(quote: str) -> re.Pattern[str]:
    """Return a pattern for words whose spaces, dashes and quotation marks the normaliser may have changed."""
    loose = {
        " ": r"[\s*_]+",
        "\u00a0": r"[\s*_]*",
        "–": "[-–]",
        "“": '["“”„»«]',
        "„": '["“”„»«]',
        "’": "['’]",
        "…": r"(?:…|\.\.\.)",
    }
    return re.compile("".join(loose.get(character, re.escape(character)) for character in quote.strip()))


@lru_cache(maxsize=512)
def _source_lines(project: Path, name: str) -> tuple[str, ...]:
    try:
        check_inside(project, project / name)
        data, _ = read_regular(os.path.realpath(project / name))
        return tuple(data.decode("utf-8-sig", "replace").splitlines())
    except (OSError, ConfigError):
        return ()  # publish.toml of an unsaved project, or a file that could not be read: the finding says so
