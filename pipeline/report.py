"""Report of a run: the result of every edition in every format, and all findings.

The form of `report.json` is in `docs/report.md`; exit code and `--strict` derive from the report alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from pipeline.findings import Finding
from pipeline.model import ArticleMeta
from pipeline.registry import note_rule

REPORT_VERSION = 1
ResultStatus = Literal["written", "unchanged", "skipped", "stale", "failed", "undone"]


@dataclass(frozen=True, slots=True)
class OutputFile:
    path: str
    bytes: int
    sha256: str
    pages: int = 0


@note_rule(
    "left-out",
    "An article that is a draft or unlisted: a run over all leaves it out.",
    "`draft: true`",
    "Remove the key to publish it; `publish handout ARTICLE` publishes it by name.",
)
@dataclass(frozen=True, slots=True)
class EditionResult:
    """What became of one edition in one format.

    `stale`: it failed, and the last good files still stand. `skipped`: unlisted, a draft, or not asked for.
    `undone`: the run was interrupted before it came to it; the last good files stand, where there are any.
    """

    id: str
    sources: tuple[str, ...]
    title: str
    format: str
    status: ResultStatus
    artifacts: tuple[OutputFile, ...] = ()


@note_rule(
    "pages-unjudged",
    "`publish check` could not judge articles for print, e-book and mail, since they changed after the last run.",
    "A project that was never published",
    "`publish all` makes the files and judges them: room on the sheet, signs of the font, size of mail and book.",
    reason="What a reader prints or opens is more than its text.",
)
@dataclass(frozen=True, slots=True)
class Report:
    """What a run did; `kept` are findings of earlier runs on what this run was not asked for."""

    entries: tuple[EditionResult, ...]
    findings: tuple[Finding, ...]
    earlier_findings: tuple[Finding, ...] = ()
    listings: tuple[ArticleMeta, ...] = ()
    """Of all that was ever read and is still there, by id."""
    seconds: float = 0.0
    is_interrupted: bool = False
    is_noop: bool = False
    """Nothing was there to be read or written."""
    phases: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each phase, of all processes together."""
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Why each edition was or was not made anew, by id and format."""

    @property
    def summary(self) -> dict[str, int | float]:
        statuses = Counter(entry.status for entry in self.entries)
        severities = Counter(finding.severity for finding in self.findings)
        return {
            "sources": len({source for entry in self.entries for source in entry.sources}),
            **{status: statuses[status] for status in get_args(ResultStatus)},
            "errors": severities["error"],
            "warnings": severities["warning"],
            "notes": severities["note"],
            "seconds": round(self.seconds, 1),
        }

    def exit_code(self, *, is_strict: bool) -> int:
        """Return 0, 1 where something failed (or a warning exists and is not allowed), 130 where interrupted."""
        if self.is_interrupted:
            return 130
        severities = {finding.severity for finding in self.findings}
        has_failed = any(entry.status in ("failed", "stale") for entry in self.entries) or "error" in severities
        return int(has_failed or (is_strict and "warning" in severities))


def report_to_json(report: Report) -> bytes:
    import msgspec

    document = {
        "version": REPORT_VERSION,
        "summary": report.summary,
        "editions": (
            msgspec.to_builtins(entry) | {"artifacts": [_artifact_fields(saved) for saved in entry.artifacts]}
            for entry in report.entries
        ),
        "findings": (
            msgspec.to_builtins(finding) | {"kept": is_kept}
            for is_kept, findings in ((False, report.findings), (True, report.earlier_findings))
            for finding in findings
        ),
    }
    # For people to read and compare. json indents in Python alone, which takes a second for a thousand articles.
    return msgspec.json.format(encode_json(document), indent=1) + b"\n"


def encode_json(document: Mapping[str, object]) -> bytes:
    """Return JSON; half a character becomes a question mark.

    What an iterator gives is written item by item, so that the forms of thousands are never held at once.
    """
    data = bytearray()
    for name, value in document.items():
        data += (b"," if data else b"{") + json.dumps(name).encode() + b":"
        if isinstance(value, Iterator):
            data += b"["
            for number, item in enumerate(value):
                data += (b"," if number else b"") + _encode_value(item)
            data += b"]"
        else:
            data += _encode_value(value)
    data += b"}"
    return bytes(data)


def _encode_value(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _artifact_fields(saved: OutputFile) -> dict[str, str | int]:
    form = asdict(saved)
    return form if saved.pages else {name: value for name, value in form.items() if name != "pages"}


def github_annotations(report: Report, at_most: int = 10) -> tuple[str, ...]:
    """Return GitHub's workflow commands for the findings, errors first.

    GitHub shows ten of a kind per step, so the eleventh says how many more there are.
    """
    lines: list[str] = []
    for severity, command in (("error", "error"), ("warning", "warning"), ("note", "notice")):
        those = [finding for finding in report.findings if finding.severity == severity]
        shown = those if len(those) <= at_most else those[: at_most - 1]
        for finding in shown:
            message = finding.message + (f"\n{finding.hint}" if finding.hint else "")
            place = f"file={_escape_prop(finding.source)},line={finding.line or 1},title={_escape_prop(finding.code)}"
            lines.append(f"::{command} {place}::{_escape_data(message)}")
        if len(those) > len(shown):
            lines.append(
                f"::{command} title=and more::and {len(those) - len(shown)} more of this kind: see report.json"
            )
    return tuple(lines)


def _escape_data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_prop(value: str) -> str:
    # A file name may hold what ends a property, and so forge a command of its own.
    return _escape_data(value).replace(":", "%3A").replace(",", "%2C")
