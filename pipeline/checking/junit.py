"""Findings as JUnit XML, which every CI server shows: a suite for each article, a case for each of its findings.

Source: the form that Jenkins reads (xunit-plugin, junit-10.xsd).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from lxml import etree

from pipeline.checking.excerpts import place_of
from pipeline.findings import Finding

# XML 1.0, section 2.2: these may not even stand there as references.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(findings: Iterable[Finding], sources: Sequence[str], project: Path) -> bytes:
    """Return findings as JUnit XML; errors are errors, warnings failures, and notes stand in the output of a case.

    Args:
        sources: All that were checked: one without findings is a suite with a case that passed.
    """
    by_source: dict[str, list[Finding]] = defaultdict(list, {source: [] for source in sources})
    for finding in findings:
        by_source[finding.source].append(finding)
    counts = [_counts(those) for those in by_source.values()]
    root = etree.Element("testsuites", {"name": "publish check", **_sum(counts)})
    for source, those in sorted(by_source.items()):
        suite = etree.SubElement(root, "testsuite", {"name": _clean(source), **_counts(those), "time": "0"})
        for finding in those:
            _case(suite, finding, project)
        if not those:
            etree.SubElement(suite, "testcase", {"classname": _clean(source), "name": "no findings", "time": "0"})
    etree.indent(root)
    data: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _case(suite: etree._Element, finding: Finding, project: Path) -> None:
    place = place_of(finding, project)
    name = f"{finding.code} (line {place.line})" if place.line else finding.code
    case = etree.SubElement(suite, "testcase", {"classname": _clean(finding.source), "name": name, "time": "0"})
    words = "\n".join(part for part in (finding.message, place.text.strip(), finding.hint) if part)
    if finding.severity == "note":
        etree.SubElement(case, "system-out").text = _clean(words)
        return
    kind = "error" if finding.severity == "error" else "failure"
    verdict = etree.SubElement(case, kind, {"message": _clean(finding.message), "type": finding.code})
    verdict.text = _clean(words)


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    failures = sum(finding.severity == "warning" for finding in findings)
    errors = sum(finding.severity == "error" for finding in findings)
    return {"tests": str(max(1, len(findings))), "failures": str(failures), "errors": str(errors)}


def _sum(counts: Sequence[dict[str, str]]) -> dict[str, str]:
    return {key: str(sum(int(each[key]) for each in counts)) for key in ("tests", "failures", "errors")}


def _clean(words: str) -> str:
    return _NO_XML.sub("\ufffd", words)
