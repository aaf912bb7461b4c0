"""Terminal report of findings by article, with source excerpts and a table of codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from pipeline.findings import Finding, by_code
from pipeline.lint.source_positions import SourcePosition, locate_finding
from pipeline.model import ArticleMeta

_SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_WIDTH = 96
"""Characters of a source line that are shown."""


def render_terminal_report(
    findings: Iterable[Finding], listings: Iterable[ArticleMeta], project: Path, *, with_notes: bool
) -> Iterator[str]:
    """Yield the lines of a report; colours are click's to take away where no one can see them.

    Args:
        with_notes: Notes are shown one by one, not only counted.
    """
    by_source: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_source[finding.source].append(finding)
    titles = {listing.source: listing for listing in listings}
    for source, those in sorted(by_source.items()):
        shown = [finding for finding in those if with_notes or finding.severity != "note"]
        if shown:
            yield _heading(source, titles.get(source))
            for finding in shown:
                yield from _finding_lines(finding, locate_finding(finding, project))
    yield from _summary_table([finding for those in by_source.values() for finding in those])


def _heading(source: str, listing: ArticleMeta | None) -> str:
    level = f", LIX {listing.lix}" if listing and listing.lix is not None else ""
    title = f"  ({listing.title}{level})" if listing else ""
    return click.style(source, bold=True) + title


def _finding_lines(finding: Finding, place: SourcePosition) -> Iterator[str]:
    where = f"{finding.source}:{place.line}" if place.line else finding.source
    severity = click.style(finding.severity, fg=_SEVERITY_COLOURS[finding.severity])
    yield f"  {where}: {severity} {finding.code}: {finding.message}"
    if place.text.strip():
        line, column = _visible_part(place)
        yield f"    {line}"
        if place.end > place.start:
            marks = "^" * min(place.end - place.start, _WIDTH - column)
            yield "    " + " " * column + click.style(marks, fg=_SEVERITY_COLOURS[finding.severity])
    if finding.hint:
        yield f"    hint: {finding.hint}"


def _visible_part(place: SourcePosition) -> tuple[str, int]:
    """Return the part of a line that is shown, and the column of the caret in it."""
    text = place.text.replace("\t", " ")
    if len(text) <= _WIDTH:
        return text, place.start
    begin = max(0, min(place.start - _WIDTH // 3, len(text) - _WIDTH))
    shown = text[begin : begin + _WIDTH]
    if begin:
        shown = "…" + shown[1:]
    return shown, place.start - begin


def _summary_table(findings: list[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield "\nFindings by code:"
    for tally in by_code(findings):
        name = click.style(f"{tally.severity:7}", fg=_SEVERITY_COLOURS[tally.severity])
        yield f"  {tally.count:5}  {name}  {tally.code:26}  in {tally.sources:4}  {tally.meaning}"
