"""Findings (error, warning, note) as data for reports, with their severity, code, source line and hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.codes import CODES, Severity
from pipeline.registry import described, rule_of

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    code: str
    source: str
    """Path from the project folder, with forward slashes."""
    line: int
    """In the source file, from 1; 0 where it concerns the whole file."""
    message: str
    hint: str = ""
    repaired: bool = False
    quote: str = ""
    """The words it is about, as readers meet them; empty where it is about no words."""


def make_finding(code: str, source: str, line: int, message: str, hint: str = "", quote: str = "") -> Finding:
    """Return a finding with the severity of its rule, and the cure of the rule where no better hint is given.

    Raises:
        KeyError: No rule has this code.
    """
    rule = rule_of(code)
    return Finding(rule.severity, code, source, line, message, hint or rule.cure, rule.repaired, quote)


@dataclass(frozen=True, slots=True)
class Tally:
    severity: Severity
    code: str
    count: int
    sources: int

    @property
    def meaning(self) -> str:
        return CODES[self.code].meaning if self.code in CODES else described(self.code).meaning


def by_code(findings: Iterable[Finding]) -> list[Tally]:
    them = tuple(findings)
    counts = Counter((each.severity, each.code) for each in them)
    sources = Counter(key for key, _ in {((each.severity, each.code), each.source) for each in them})
    tallies = [Tally(*key, count, sources[key]) for key, count in counts.items()]
    return sorted(tallies, key=lambda each: (SEVERITIES.index(each.severity), -each.count, each.code))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings once each, by source, line, severity and code."""
    return tuple(
        sorted(set(findings), key=lambda f: (f.source, f.line, SEVERITIES.index(f.severity), f.code, f.message))
    )
