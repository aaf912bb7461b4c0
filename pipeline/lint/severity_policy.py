"""Severity policy of a project: its own severities, and the baseline of known findings."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.codes import FORMER_CODES
from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.findings import SEVERITIES, Finding, sort_findings

BASELINE_VERSION = 1


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """What `[check]` says of findings."""

    severities: Mapping[str, str] = field(default_factory=dict)
    """By code or former code, in the place of what its rule says; `off` leaves a finding out."""
    known: Mapping[str, int] = field(default_factory=dict)
    """How many findings of each fingerprint the baseline holds."""

    def apply(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings in order and as the project weighs them, without those it knows.

        What a rule calls an error keeps its weight, and is never known: nothing that was refused is published.
        """
        left = Counter(self.known)
        wished = self._by_code()
        kept: list[Finding] = []
        for finding in sort_findings(findings):
            if finding.severity == "error":
                kept.append(finding)
                continue
            wanted = wished.get(finding.code, finding.severity)
            if mark := next((mark for mark in _fingerprints(finding) if left[mark] > 0), ""):
                left[mark] -= 1
            elif wanted in SEVERITIES:
                kept.append(finding if wanted == finding.severity else replace(finding, severity=wanted))
        return sort_findings(kept)

    def _by_code(self) -> Mapping[str, str]:
        """Return what is wished by code; of several former codes that are one now, the gravest wish counts."""
        order = ("off", *reversed(SEVERITIES))
        former = {code: wanted for code, wanted in self.severities.items() if code in FORMER_CODES}
        wished: dict[str, str] = {}
        for code, wanted in sorted(former.items(), key=lambda item: order.index(item[1])):
            wished[FORMER_CODES[code]] = wanted
        return wished | {code: wanted for code, wanted in self.severities.items() if code not in FORMER_CODES}


def load_severity_policy(config: Config) -> SeverityPolicy:
    """Return how a project weighs findings.

    Raises:
        ConfigError: Its baseline cannot be read.
    """
    return SeverityPolicy(config.check.severities, load_baseline(config.folder / config.check.baseline))


def fingerprint(finding: Finding) -> str:
    """Return what names a finding from one run to the next: its line may move, and a count in its message change."""
    words = finding.quote or "".join(sign for sign in finding.message if not sign.isdigit())
    parts = (finding.code, finding.source, " ".join(words.split()))
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _fingerprints(finding: Finding) -> Iterator[str]:
    """Yield its fingerprint, then those that baselines of before hold, under the codes that its rule had."""
    yield fingerprint(finding)
    for alias, code in FORMER_CODES.items():
        if code == finding.code:
            yield fingerprint(replace(finding, code=alias))


def load_baseline(path: Path) -> Mapping[str, int]:
    """Return how many findings of each fingerprint are known; none where there is no file.

    Raises:
        ConfigError: The file is no baseline.
    """
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["version"] != BASELINE_VERSION:
            raise ValueError(f"version {document['version']}")
        return Counter({str(entry["fingerprint"]): int(entry["count"]) for entry in document["known"]})
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ConfigError(
            f"not a baseline: {error}", source=path.name, hint="make it anew: publish check --update-baseline"
        ) from error


def build_baseline(findings: Iterable[Finding]) -> bytes:
    """Return the file that makes these findings known; errors are left out."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for finding in findings:
        if finding.severity != "error":
            counts[finding.source, finding.code, fingerprint(finding)] += 1
    known = [
        {"source": source, "code": code, "fingerprint": mark, "count": count}
        for (source, code, mark), count in sorted(counts.items())
    ]
    return (json.dumps({"version": BASELINE_VERSION, "known": known}, ensure_ascii=False, indent=1) + "\n").encode()
