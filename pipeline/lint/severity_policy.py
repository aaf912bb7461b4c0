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
from pipeline.files import check_inside
from pipeline.findings import SEVERITIES, Finding, sort_findings

BASELINE_VERSION = 1


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    # By code or former code, in the place of what its rule says; `off` leaves a finding out.
    severities: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)  # How many findings of each fingerprint the baseline holds

    def apply(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings with the project's severities, in order, without those of the baseline.

        Errors keep their severity, and the baseline hides none: what was refused is not published.
        """
        left = Counter(self.known)
        severities = self._by_code()
        kept: list[Finding] = []
        for finding in sort_findings(findings):
            severity = severities.get(finding.code, finding.severity)
            if finding.severity == "error":
                kept.append(finding)
            elif mark := next((mark for mark in _fingerprints(finding) if left[mark] > 0), ""):
                left[mark] -= 1
            elif severity in SEVERITIES:
                kept.append(replace(finding, severity=severity))
        return sort_findings(kept)

    def _by_code(self) -> Mapping[str, str]:
        """Return the severities by code; of several former codes that are one now, the gravest severity counts."""
        order = ("off", *reversed(SEVERITIES))
        former = [(FORMER_CODES[code], severity) for code, severity in self.severities.items() if code in FORMER_CODES]
        merged = dict(sorted(former, key=lambda item: order.index(item[1])))
        return merged | {code: severity for code, severity in self.severities.items() if code not in FORMER_CODES}


def load_severity_policy(config: Config) -> SeverityPolicy:
    """Return the severity policy of a project.

    Raises:
        ConfigError: Its baseline cannot be read, or is outside the project.
    """
    path = config.folder / config.check.baseline
    check_inside(config.folder, path)
    return SeverityPolicy(config.check.severities, load_baseline(path))


def fingerprint(finding: Finding) -> str:
    """Return what identifies a finding in every run: its line may move, and a count in its message change."""
    words = finding.quote or "".join(character for character in finding.message if not character.isdigit())
    parts = (finding.code, finding.source, " ".join(words.split()))
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _fingerprints(finding: Finding) -> Iterator[str]:
    """Yield its fingerprint, then those under the former codes of its rule, which older baselines hold."""
    yield fingerprint(finding)
    former = (alias for alias, code in FORMER_CODES.items() if code == finding.code)
    yield from (fingerprint(replace(finding, code=alias)) for alias in former)


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
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        hint = "make it anew: publish check --update-baseline"
        raise ConfigError(f"not a baseline: {error}", source=path.name, hint=hint) from error


def build_baseline(findings: Iterable[Finding]) -> bytes:
    """Return the file that makes these findings known; errors are left out."""
    counts = Counter((each.source, each.code, fingerprint(each)) for each in findings if each.severity != "error")
    known = [
        {"source": source, "code": code, "fingerprint": mark, "count": count}
        for (source, code, mark), count in sorted(counts.items())
    ]
    return (json.dumps({"version": BASELINE_VERSION, "known": known}, ensure_ascii=False, indent=1) + "\n").encode()
