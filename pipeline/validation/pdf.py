"""Validator of a finished PDF: PDF/UA-1 and PDF/A-2a by page-validation, and rules that it does not check.

No validator in Python knows the rules of PDF/UA-2 and PDF/A-4. Such a file is checked here for what distinguishes it
from the PDF/UA-1 file of the same content, which is validated. The session `conformance` runs veraPDF on both.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import page as page_validation
import pikepdf
from pikepdf import Object, Pdf

from pipeline.timing import timed_phase
from pipeline.validation import pdf_ua2

PROFILES = ("ua1", "2a")
PROJECT_RULES = frozenset(("language", "title", "tab-order"))
"""Rules stricter than the standards, which require these only of some files and pages."""
_MAX_BOOKMARKS = 5_000
"""The validator needs 800 bytes of stack for each, and crashes without a limit."""
_STREAM_START = re.compile(rb"/Length (\d+)[^\n]*>>\nstream\n")
"""The start of a stream as qpdf writes it."""


@dataclass(frozen=True, slots=True)
class PdfViolation:
    rule: str
    element: str
    """Type of the structure element or object; empty: unknown."""
    message: str
    object: int = 0
    """Object number in the file; 0: unknown."""


@timed_phase("validate")
def validate_pdf(
    data: bytes, fonts: frozenset[str] = frozenset(), profiles: tuple[str, ...] = PROFILES
) -> tuple[PdfViolation, ...]:
    """Return every violation of a PDF.

    Args:
        fonts: Allowed prefixes of font names; empty: any.
        profiles: Names of page-validation for the standards to check.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = (_validator_violations(data, pdf, profiles), _document_violations(pdf), _font_violations(pdf, fonts))
        return tuple(dict.fromkeys(chain.from_iterable(found)))


@timed_phase("validate")
def validate_pdf_ua2(data: bytes) -> tuple[PdfViolation, ...]:
    """Return the violations of rules that PDF/UA-2 and PDF/A-4 add.

    Source: ISO 14289-2, 5, 8.2.4, 8.2.5.14 and 8.8; ISO 19005-4, 6.1.3.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return tuple(_ua2_violations(pdf))


def _ua2_violations(pdf: Pdf) -> Iterator[PdfViolation]:
    if pdf.pdf_version != pdf_ua2.PDF_VERSION:
        yield PdfViolation("pdf-version", "", f"the file is PDF {pdf.pdf_version}, expected {pdf_ua2.PDF_VERSION}")
    if "/Info" in pdf.trailer:
        yield PdfViolation("document-information", "", "the file still has the document information of PDF 1.7")
    metadata = pdf.Root.Metadata.read_bytes()
    yield from (
        PdfViolation("metadata", "", f"the metadata lack {claim.decode()}")
        for claim in (b'pdfuaid:part="2"', b'pdfuaid:rev="2024"', b'pdfaid:part="4"', b"dc:title")
        if claim not in metadata
    )
    for element in pdf_ua2.structure_elements(pdf):
        if "/NS" not in element:
            yield PdfViolation(
                "namespace", _element_type(element), "the structure type has no namespace", element.objgen[0]
            )
        if element.S == "/FENote" and "/Ref" not in element:
            yield PdfViolation("footnote", "FENote", "nothing refers to this footnote", element.objgen[0])
    links = [link for sheet in pdf.pages for link in sheet.obj.get("/Annots", [])]
    for start in (*links, *pdf_ua2.bookmarks(pdf)):
        if "/Dest" in start or (start.A.S == "/GoTo" and "/SD" not in start.A):
            yield PdfViolation(
                "destination", _element_type(start), "the destination is not a structure element", start.objgen[0]
            )


def _validator_violations(data: bytes, pdf: Pdf, profiles: tuple[str, ...]) -> Iterator[PdfViolation]:
    # Each bookmark refers to the next, so the default of 256 would limit the number of headings.
    limits = page_validation.SafetyLimits(max_reference_depth=_MAX_BOOKMARKS)
    for profile in profiles:
        for failure in page_validation.validate_pdf_bytes(data, profile=profile, limits=limits).failures:
            id_ = failure.object_id
            found = pdf.get_object(id_.object_number, id_.generation) if id_ else None
            if not _is_false_alarm(failure.rule_id, found, data):
                yield PdfViolation(
                    failure.rule_id, _element_type(found), failure.message, id_.object_number if id_ else 0
                )


def _is_false_alarm(rule: str, item: Object | None, data: bytes) -> bool:
    """Tell the one false alarm of page-validation 0.11.

    One compressed stream of 256 ends in a carriage return. Before `endstream` a line feed follows, and the validator
    takes both for the end of the line and counts a byte less, though `/Length` decides where a stream ends
    (ISO 32000-1, 7.3.8.2); veraPDF 1.28 passes the same files. For object and cross-reference streams the validator
    names no object.
    """
    if rule != "PDFA2A-STREAM-LENGTH-001":
        return False
    if item is None:
        lengths = [(stream.end(), int(stream[1])) for stream in _STREAM_START.finditer(data)]
        return all(data[start + length :].startswith(b"\nendstream") for start, length in lengths)
    raw = item.read_raw_bytes() if isinstance(item, pikepdf.Stream) else b""
    return raw.endswith(b"\r") and len(raw) == int(item.Length)


def _element_type(item: Object | None) -> str:
    if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        return ""
    return str(item.get("/S", item.get("/Subtype", item.get("/Type", "")))).removeprefix("/")


def _document_violations(pdf: Pdf) -> Iterator[PdfViolation]:
    if not str(pdf.Root.get("/Lang", "")):
        yield PdfViolation("language", "", "the document has no language")
    if not str(pdf.docinfo.get("/Title", "")):
        yield PdfViolation("title", "", "the document has no title")
    yield from (
        PdfViolation("tab-order", "Page", f"the tab order of page {index} does not follow the structure")
        for index, sheet in enumerate(pdf.pages, 1)
        if sheet.obj.get("/Tabs") != "/S"
    )


def _font_violations(pdf: Pdf, allowed: frozenset[str]) -> Iterator[PdfViolation]:
    """Yield fonts that are not embedded, or are not the project's."""
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != "/FontDescriptor":
            continue
        name = str(item.get("/FontName", "")).removeprefix("/").partition("+")[2]
        if not any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield PdfViolation("font-embedded", "Font", f"the font {name} is not embedded")
        if allowed and not any(name.startswith(family) for family in allowed):
            yield PdfViolation("font-foreign", "Font", f"the font {name} is from this machine, not from the project")
