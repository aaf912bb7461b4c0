"""How often each rule is right: of findings on a corpus that a person judged, and of faults that were planted."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.codes import CODES
from pipeline.findings import Finding
from pipeline.lint.severity_policy import fingerprint

JUDGED = Path(__file__).with_name("judged.json")
"""By code, the fingerprints of findings that were read: `right` where an editor would thank, else `wrong`."""
SAMPLE = 30
LEAST_PERCENT = 80
"""Of findings that must be right for a rule to be a warning by default."""
MEASURED = frozenset({
    "lix-high", "sentence-long", "subject-long", "reading-time", "review-missing", "reviewer-missing", "review-overdue",
    "description-missing", "author-missing", "orphan", "title-twice", "spelling-skipped", "file-nonconforming",
    "file-unclaimed", "file-unusual", "pages-unjudged",
})  # fmt: skip
"""A number that is over its limit, or a fact: there is nothing to judge."""
LEAST_NOTICED_PERCENT = 70
"""Of planted faults. Spelling passes by slips that no common word is near, so as not to cry over terms."""
BEGIN, END = "<!-- precision: nox -s desk -- --write docs/checking.md -->", "<!-- end of precision -->"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a rule."""

    code: str
    found: int
    read: int
    right: int
    unread: int
    """In the sample, and judged by no one."""
    planted: int = 0
    noticed: int = 0
    """Of those that were planted."""

    @property
    def percent(self) -> int | None:
        return round(100 * self.right / self.read) if self.read else None

    @property
    def is_too_often_wrong(self) -> bool:
        return CODES[self.code].severity == "warning" and self.percent is not None and self.percent < LEAST_PERCENT


def sample(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return by code the fingerprints to read: up to 30 of each, drawn by chance that is the same each time."""
    marks: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        marks[finding.code].add(fingerprint(finding))
    drawn = {
        code: sorted(those, key=lambda mark: hashlib.sha256(mark.encode()).digest()) for code, those in marks.items()
    }
    return {code: those[:SAMPLE] for code, those in drawn.items()}


def rows(findings: Iterable[Finding], codes: Iterable[str], planted: Mapping[str, tuple[int, int]]) -> list[Row]:
    """Return a row for each of the codes.

    Args:
        planted: By code, how many faults were planted, and how many of them were found.
    """
    them = tuple(findings)
    judged = json.loads(JUDGED.read_text("utf-8"))
    drawn = sample(them)
    made: list[Row] = []
    for code in codes:
        right, wrong = (set(judged.get(code, {}).get(verdict, ())) for verdict in ("right", "wrong"))
        marks = drawn.get(code, [])
        read = [mark for mark in marks if mark in right or mark in wrong]
        number = sum(finding.code == code for finding in them)
        counts = planted.get(code, (0, 0))
        unread = 0 if code in MEASURED else len(marks) - len(read)
        made.append(Row(code, number, len(read), sum(mark in right for mark in read), unread, *counts))
    return made


def table(made: Iterable[Row]) -> list[str]:
    """Return the table as Markdown lines."""
    lines = [
        "| rule | default | found | read | right | precision | planted, and found |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(made, key=lambda row: (CODES[row.code].severity == "note", -row.found, row.code)):
        percent = "measured" if row.code in MEASURED else f"{row.percent} %" if row.percent is not None else ""
        planted = f"{row.planted}, {row.noticed}" if row.planted else ""
        read = f"{row.read} | {row.right}" if row.read else " | "
        cells = (f"`{row.code}`", CODES[row.code].severity, str(row.found), read, percent, planted)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def write(document: Path, lines: Iterable[str]) -> None:
    """Put the table in its place in a document."""
    before, rest = document.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    document.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", "utf-8")
