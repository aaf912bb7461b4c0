"""Reports of findings as text for the terminal, with source excerpts, and as SARIF 2.1.0 for code hosts and editors.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0; GitHub's list of the properties it reads.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from pipeline import __version__
from pipeline.findings import Finding, by_code
from pipeline.lint.severity_policy import fingerprint
from pipeline.lint.source_positions import SourcePosition, locate_finding
from pipeline.model import ArticleMeta
from pipeline.registry import Rule, described

_SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_WIDTH = 96  # Characters of a source line that are shown


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
        if shown := [finding for finding in those if with_notes or finding.severity != "note"]:
            yield _heading(source, titles.get(source))
            for finding in shown:
                yield from _finding_lines(finding, locate_finding(finding, project))
    yield from _summary_table([finding for those in by_source.values() for finding in those])


def _heading(source: str, listing: ArticleMeta | None) -> str:
    level = f", LIX {listing.lix}" if listing and listing.lix is not None else ""
    return click.style(source, bold=True) + (f"  ({listing.title}{level})" if listing else "")


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
    return f"…{shown[1:]}" if begin else shown, place.start - begin


def _summary_table(findings: list[Finding]) -> Iterator[str]:
    if findings:
        yield "\nFindings by code:"
    for tally in by_code(findings):
        name = click.style(f"{tally.severity:7}", fg=_SEVERITY_COLOURS[tally.severity])
        yield f"  {tally.count:5}  {name}  {tally.code:26}  in {tally.sources:4}  {tally.meaning}"


# ---- SARIF

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(findings: Sequence[Finding], project: Path) -> bytes:
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "clinic-publish",
        "semanticVersion": __version__,
        "rules": [_sarif_rule(described(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, codes.index(finding.code), project) for finding in findings],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    words = "\n\n".join(part for part in (rule.reason, f"Source: {rule.source}" if rule.source else "") if part)
    help_ = f"For example: {rule.example}\n\nCure: {rule.cure}"
    metadata: dict[str, Any] = {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.code.split("-")),
        "shortDescription": {"text": rule.meaning},
        "help": {"text": help_, "markdown": help_},
        "defaultConfiguration": {"level": rule.severity},
    }
    return metadata | ({"fullDescription": {"text": words}} if words else {})


def _sarif_result(finding: Finding, rule: int, project: Path) -> dict[str, Any]:
    place = locate_finding(finding, project)
    region = {"startLine": place.line or 1}
    if place.end > place.start:
        region |= {"startColumn": place.start + 1, "endColumn": place.end + 1}
    hint = f" {finding.hint}" if finding.hint else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{finding.message}.{hint}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(finding.source)}, "region": region}}],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
    }
