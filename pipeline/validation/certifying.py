"""Certifying: EPUBCheck and Ace look at finished e-books; what they pass gets a record, what they do not loses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.findings import Finding, make_finding
from pipeline.report import EditionResult, Report
from pipeline.validation import ace, epubcheck
from pipeline.validation.certificate import Certificate, Certificates, book_content_digest

Progress = Callable[[str, int, int], None]
FORMAT = "epub"
_BATCH = 20  # EPUBCheck's start is shared, and not every book of a project lies in memory at once
_SHOWN = 3


def find_judges() -> tuple[tuple[str, str], ...]:
    """Return name and version of each judge.

    Raises:
        ConfigError: One is missing: without it, nothing can be certified.
    """
    epubcheck.find_java()
    epubcheck.find_jar()
    return ((epubcheck.EPUBCHECK_NAME, epubcheck.epubcheck_version()), (ace.ACE_NAME, ace.ace_version()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished book that has no record yet."""

    entry: EditionResult
    book: bytes


def certify_books(
    report: Report,
    outputs: Path,
    certificates: Certificates,
    progress: Callable[[str, int, int], None],
    *,
    is_forced: bool,
) -> tuple[Finding, ...]:
    """Have the books of a run judged, keep the records, and return what was found against them.

    Args:
        is_forced: Judge those as well that have a record.

    Raises:
        ConfigError: A judge is missing or does not run.
    """
    judges = find_judges()
    entries = [entry for entry in report.entries if entry.format == FORMAT and entry.status in ("written", "unchanged")]
    findings: list[Finding] = []
    for at in range(0, len(entries), _BATCH):
        batch = tuple(_candidates(entries[at : at + _BATCH], outputs, certificates, is_forced=is_forced))
        for candidate, faults in _judge(batch):
            if faults:
                certificates.withdraw(FORMAT, candidate.entry.id)
                findings.append(_refused(candidate.entry, faults))
            else:
                certificate = Certificate(book_content_digest(candidate.book), judges)
                certificates.store(FORMAT, candidate.entry.id, certificate)
        progress("certify", min(at + _BATCH, len(entries)), len(entries))
    return tuple(findings)


def _candidates(
    entries: list[EditionResult], outputs: Path, certificates: Certificates, *, is_forced: bool
) -> Iterator[Candidate]:
    for entry in entries:
        (saved,) = entry.artifacts
        book = (outputs / saved.path).read_bytes()
        certificate = certificates.load(FORMAT, entry.id)
        if is_forced or certificate is None or not certificate.holds_for(book):
            yield Candidate(entry, book)


def _judge(candidates: tuple[Candidate, ...]) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
    """Yield each candidate with what was found against it."""
    if not candidates:
        return
    with TemporaryDirectory() as name:
        named = {f"book-{number}": candidate for number, candidate in enumerate(candidates)}
        checked = epubcheck.check_with_epubcheck({key: candidate.book for key, candidate in named.items()}, Path(name))
    for key, candidate in named.items():
        with TemporaryDirectory() as name:
            yield candidate, (*checked[key], *ace.check_with_ace(candidate.book, Path(name)))


def _refused(entry: EditionResult, faults: tuple[str, ...]) -> Finding:
    more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return make_finding("epub-refused", entry.sources[0], 0, f"not certified: {'; '.join(faults[:_SHOWN])}{more}")
