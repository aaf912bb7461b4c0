"""What the editor's desk says at a terminal: findings by article, each with its line and a caret, then a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from pipeline.checking.excerpts import Place, place_of
from pipeline.findings import Finding, by_code
from pipeline.report import Listing

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_WIDTH = 96
"""Characters of a source line that are shown."""


def as_text(
    findings: Iterable[Finding], listings: Iterable[Listing], project: Path, *, with_notes: bool
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
                yield from _entry(finding, place_of(finding, project))
    yield from _table([finding for those in by_source.values() for finding in those])


def _heading(source: str, listing: Listing | None) -> str:
    level = f", LIX {listing.lix}" if listing and listing.lix is not None else ""
    title = f"  ({listing.title}{level})" if listing else ""
    return click.style(source, bold=True) + title


def _entry(finding: Finding, place: Place) -> Iterator[str]:
    where = f"{finding.source}:{place.line}" if place.line else finding.source
    severity = click.style(finding.severity, fg=_COLOURS[finding.severity])
    yield f"  {where}: {severity} {finding.code}: {finding.message}"
    if place.text.strip():
        line, column = _window(place)
        yield f"    {line}"
        if place.end > place.start:
            marks = "^" * min(place.end - place.start, _WIDTH - column)
            yield "    " + " " * column + click.style(marks, fg=_COLOURS[finding.severity])
    if finding.hint:
        yield f"    hint: {finding.hint}"


def _window(place: Place) -> tuple[str, int]:
    """Return the part of a line that is shown, and the column of the caret in it."""
    text = place.text.replace("\t", " ")
    if len(text) <= _WIDTH:
        return text, place.start
    begin = max(0, min(place.start - _WIDTH // 3, len(text) - _WIDTH))
    shown = text[begin : begin + _WIDTH]
    if begin:
        shown = "…" + shown[1:]
    return shown, place.start - begin


def _table(findings: list[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield "\nFindings by code:"
    for tally in by_code(findings):
        name = click.style(f"{tally.severity:7}", fg=_COLOURS[tally.severity])
        yield f"  {tally.count:5}  {name}  {tally.code:26}  in {tally.sources:4}  {tally.meaning}"
