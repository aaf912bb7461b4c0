"""Findings beside the place they concern: the line of the source, and where it stands on the printed page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.findings import SEVERITIES, Finding
from pipeline.preview.pages import Spot, find

_WORDS = 5
_LEAST_WORDS = 3
_NEAR = 12
"""Lines that may lie between a finding and text that is printed, such as after a picture."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its surroundings."""

    number: int
    """Under which it is listed and marked on the page, from 1."""
    finding: Finding
    excerpt: str
    """The line of the source; empty where it concerns the whole file."""
    spot: Spot | None
    """On the pages of the handout, where that can be told."""


def placed(findings: Iterable[Finding], source: str, pdf: Path | None) -> tuple[Placed, ...]:
    """Return findings worst first, then by line, each beside its place.

    Args:
        source: The text of the source file.
        pdf: The handout, where there is one.
    """
    ordered = sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.line, finding.code))
    lines = source.splitlines()
    phrases = [_phrase(lines, finding.line) for finding in ordered]
    spots: Sequence[Spot | None] = [None] * len(ordered)
    if pdf is not None and any(phrases):
        spots = find(pdf, phrases)
    return tuple(
        Placed(number, finding, _excerpt(lines, finding.line), spot)
        for number, (finding, spot) in enumerate(zip(ordered, spots, strict=True), 1)
    )


def _excerpt(lines: Sequence[str], line: int) -> str:
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return text if len(text) <= 160 else text[:159] + "…"


def _phrase(lines: Sequence[str], line: int) -> tuple[str, ...]:
    """Return a few words that follow each other at a line, or on the nearest one after or before it."""
    if not 0 < line <= len(lines):
        return ()
    after, before = range(line - 1, min(len(lines), line + _NEAR)), range(line - 2, max(-1, line - _NEAR), -1)
    for at in (*after, *before):
        # Links and emphasis leave marks between words, and a picture's text is not printed as such.
        bare = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|\[\^[^\]]*\]|^\s*[-*>#\d.]+\s", " ", lines[at])
        runs = re.findall(r"[^\W\d_]+(?: [^\W\d_]+)+", bare)
        longest: list[str] = max((run.split() for run in runs), key=len, default=[])
        if len(longest) >= _LEAST_WORDS and not re.match(r"[\w-]+:", lines[at]):
            return tuple(longest[:_WORDS])
    return ()
