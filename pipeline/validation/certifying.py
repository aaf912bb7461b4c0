"""Certifying e-books with EPUBCheck and Ace: books without violations get a certificate, others lose theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.findings import Finding, make_finding
from pipeline.report import EditionResult, Report
from pipeline.validation import ace, epubcheck
from pipeline.validation.certificate import Certificate, Certificates, book_content_digest

Progress = Callable[[str, int, int], None]
FORMAT = "epub"
_BATCH = 20  # books in one run of EPUBCheck, and in memory
_SHOWN = 3


def find_validators() -> tuple[tuple[str, str], ...]:
    """Return name and version of each validator.

    Raises:
        ConfigError: One is missing.
    """
    epubcheck.find_java()
    epubcheck.find_jar()
    return ((epubcheck.EPUBCHECK_NAME, epubcheck.epubcheck_version()), (ace.ACE_NAME, ace.ace_version()))


def certify_books(
    report: Report,
    outputs: Path,
    certificates: Certificates,
    progress: Progress,
    *,
    is_forced: bool,
) -> tuple[Finding, ...]:
    """Validate the books of a run, store or withdraw their certificates, and return the findings.

    Args:
        is_forced: Validate books with a valid certificate too.

    Raises:
        ConfigError: A validator is missing or does not run.
    """
    validators = find_validators()
    entries = [entry for entry in report.entries if entry.format == FORMAT and entry.status in ("written", "unchanged")]
    findings: list[Finding] = []
    for start in range(0, len(entries), _BATCH):
        books: list[tuple[EditionResult, bytes]] = []
        for entry in entries[start : start + _BATCH]:
            (saved,) = entry.artifacts
            book = (outputs / saved.path).read_bytes()
            certificate = certificates.load(FORMAT, entry.id)
            if is_forced or certificate is None or not certificate.holds_for(book):
                books.append((entry, book))
        for (entry, book), violations in zip(books, _validate([book for _, book in books]), strict=True):
            if not violations:
                certificates.store(FORMAT, entry.id, Certificate(book_content_digest(book), validators))
                continue
            certificates.withdraw(FORMAT, entry.id)
            more = f" and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
            message = f"not certified: {'; '.join(violations[:_SHOWN])}{more}"
            findings.append(make_finding("epub-refused", entry.sources[0], 0, message))
        progress("certify", min(start + _BATCH, len(entries)), len(entries))
    return tuple(findings)


def _validate(books: list[bytes]) -> Iterator[tuple[str, ...]]:
    """Yield the violations of each book, from EPUBCheck and Ace."""
    if not books:
        return
    named = {f"book-{number}": book for number, book in enumerate(books)}
    with TemporaryDirectory() as folder:
        checked = epubcheck.check_with_epubcheck(named, Path(folder))
    for name, book in named.items():
        with TemporaryDirectory() as folder:
            yield (*checked[name], *ace.check_with_ace(book, Path(folder)))
