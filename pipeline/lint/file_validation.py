"""Validation of finished files (PDF, EPUB, mail) that `publish check` is given."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.registry import error_rule, note_rule, warning_rule

if TYPE_CHECKING:
    from pikepdf import Pdf

SUFFIXES = (".pdf", ".epub", ".eml")
MAX_FILE_MB = 500  # A file, or what is packed in it: more is no handout, book or mail, and would fill the memory
_CLAIMS = {"pdfua": "{http://www.aiim.org/pdfua/ns/id/}part", "pdfa": "{http://www.aiim.org/pdfa/ns/id/}part"}
_LEVEL = "{http://www.aiim.org/pdfa/ns/id/}conformance"
_VALIDATED_PARTS = ("1", "2", "3")  # Parts of PDF/A that page-validation knows
_HANDLE = re.compile(r"^(?:stream )?<[^>]*>:\s*")  # How qpdf names a file that it was given as bytes


def find_published_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the finished files that were named, or lie in folders that were, in order.

    Raises:
        ConfigError: There is none.
    """
    given = tuple(paths)
    files = sorted(
        {
            file
            for path in given
            for file in (path.rglob("*") if path.is_dir() else (path,))
            # Hidden files (cache, staging) are left out, and links in a folder, which may lead elsewhere.
            if file.suffix.lower() in SUFFIXES and file.is_file() and not _is_hidden(file, path)
            if file == path or not file.is_symlink()
        }
    )
    if not files:
        raise ConfigError(f"there is no {', '.join(SUFFIXES)} in {', '.join(map(str, given))}")
    return tuple(files)


def validate_file(path: Path, name: str) -> Iterator[Finding]:
    """Yield each rule of its format that a file breaks: an error where a standard says so, else a warning.

    Args:
        name: What the report calls the file.
    """
    validate = {".pdf": _pdf, ".epub": _epub, ".eml": _mail}[path.suffix.lower()]
    try:
        if path.stat().st_size > MAX_FILE_MB * 1_000_000:
            yield _unreadable_file(name, f"it has more than {MAX_FILE_MB} MB")
            return
        data = path.read_bytes()
    except OSError as error:
        yield _unreadable_file(name, f"it cannot be read: {error.strerror}")
        return
    yield from validate(data, name) if data else (_unreadable_file(name, "it is empty"),)


@note_rule(
    "file-unclaimed",
    "A PDF that claims no standard that this program validates; it was not validated.",
    "A booklet or a print pack, which are for the copier",
    "Nothing, where it is for paper alone.",
)
def _pdf(data: bytes, name: str) -> Iterator[Finding]:
    import pikepdf

    from pipeline.validation.pdf import PROJECT_RULES, validate_pdf, validate_pdf_ua2

    # Source: ISO 32000-1, annex H.3: the header may be anywhere in the first kilobyte.
    if b"%PDF-" not in data[:1024]:
        yield _unreadable_file(name, "it is no PDF")
        return
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            is_second, profiles = _claimed(document)
        faults = [*validate_pdf(data, profiles=profiles)] if profiles else []
        faults += validate_pdf_ua2(data) if is_second else []
    except pikepdf.PasswordError:
        yield _unreadable_file(name, "it is locked by a password")
        return
    except (pikepdf.PdfError, ValueError) as error:
        yield _unreadable_file(name, f"it cannot be opened: {_HANDLE.sub('', str(error))}")
        return
    if not profiles and not is_second:
        yield make_finding("file-unclaimed", name, 0, "it claims no part of PDF/UA or PDF/A that is validated here")
    for fault in faults:
        code = "file-unusual" if fault.rule in PROJECT_RULES else "file-nonconforming"
        yield make_finding(code, name, 0, f"{fault.rule}: {fault.message}")


def _claimed(document: Pdf) -> tuple[bool, tuple[str, ...]]:
    """Return whether a PDF claims PDF/UA-2 or PDF/A-4, and the profiles of page-validation for what else it claims."""
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        accessible, archival = (str(metadata.get(key, "")) for key in _CLAIMS.values())
        level = str(metadata.get(_LEVEL, "")).lower()
    profiles = ("ua1",) if accessible == "1" else ()
    if archival in _VALIDATED_PARTS:
        profiles = (*profiles, f"{archival}{level or 'b'}")
    return accessible == "2" or archival == "4", profiles


def _epub(data: bytes, name: str) -> Iterator[Finding]:
    from pipeline.validation.epub import validate_epub

    try:
        with ZipFile(io.BytesIO(data)) as container:
            unpacked = sum(entry.file_size for entry in container.infolist())
        if unpacked > MAX_FILE_MB * 1_000_000:
            yield _unreadable_file(name, f"unpacked it has more than {MAX_FILE_MB} MB")
            return
        faults = validate_epub(data)
    except (BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        yield _unreadable_file(name, f"it is no EPUB: {error}")
        return
    for fault in faults:
        yield make_finding("file-unusual" if fault.is_valid else "file-nonconforming", name, 0, str(fault))


@warning_rule(
    "file-unusual",
    "A finished file keeps its standard, but not what this program asks of its own files.",
    "A mail without a text part; an e-book with a style sheet that old readers drop",
    "Look at it in a reader; correct a file from elsewhere in the program that made it.",
    reason="Mail programs and reading systems lag behind their standards.",
    source="The rules that the writers face: docs/newsletter.md and docs/epub.md.",
)
def _mail(data: bytes, name: str) -> Iterator[Finding]:
    from pipeline.validation.mail import RFC_RULES, validate_mail

    # No header is expected to read as anything: that is between the writer and its edition.
    for fault in validate_mail(data, {}):
        code = "file-nonconforming" if fault.rule in RFC_RULES else "file-unusual"
        yield make_finding(code, name, 0, f"{fault.rule}: {fault.message}")


@error_rule(
    "file-nonconforming",
    "A finished file breaks a rule of its format.",
    "A PDF without a title in its metadata",
    "Publish it again; correct a file from elsewhere in the program that made it.",
    source="PDF/UA-1, PDF/A-2a; EPUB 3.3, EPUB Accessibility 1.1; RFC 5322 and what mail programs can show.",
)
def _unreadable_file(name: str, message: str) -> Finding:
    return make_finding("file-nonconforming", name, 0, message)


def _is_hidden(file: Path, above: Path) -> bool:
    return above.is_dir() and any(part.startswith(".") for part in file.relative_to(above).parts)
