"""Findings as SARIF 2.1.0, for code hosts and editors.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0; GitHub's list of the properties it reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline import __version__
from pipeline.findings import Finding
from pipeline.lint.severity_policy import fingerprint
from pipeline.lint.source_positions import locate_finding
from pipeline.registry import Rule, described

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(findings: Sequence[Finding], project: Path) -> bytes:
    """Return findings as a SARIF log of one run."""
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
