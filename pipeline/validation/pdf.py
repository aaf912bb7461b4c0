"""Validator of a finished PDF: PDF/UA-1 and PDF/A-2a by a library, and rules that the library does not check.

Of PDF/UA-2 and PDF/A-4 no validator in Python knows the rules: such a file is judged here by what sets it apart, and
by its twin, which differs in nothing else. The session `conformance` has veraPDF judge it whole.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.timing import timed_phase
from pipeline.validation import pdf_ua2

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

PROFILES = ("ua1", "2a")
PROJECT_RULES = frozenset(("language", "title", "tab-order"))
"""Rules that are stricter than the standards, which ask these things of some files and some pages."""
_MAX_BOOKMARKS = 5_000
"""The validator takes 800 bytes of the stack for each, and dies where that has no end."""
_STREAM_START = re.compile(rb"/Length (\d+)[^\n]*>>\nstream\n")
"""The head of a stream as qpdf writes it."""


@dataclass(frozen=True, slots=True)
class PdfViolation:
    """A rule that a PDF breaks."""

    rule: str
    element: str
    """The kind of the structure element or object, where the validator names one."""
    message: str
    object: int = 0
    """The number of the object in the file; 0: none in particular."""


@timed_phase("validate")
def validate_pdf(
    data: bytes, fonts: frozenset[str] = frozenset(), profiles: tuple[str, ...] = PROFILES
) -> tuple[PdfViolation, ...]:
    """Return every rule that a PDF breaks.

    Args:
        data: The whole file.
        fonts: The family names it may use, as its fonts are named; empty: any.
        profiles: Names of page-validation for the standards that it is held to.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [
            *_validator_violations(data, pdf, profiles),
            *_document_info_violations(pdf),
            *_font_violations(pdf, fonts),
        ]
        return tuple(dict.fromkeys(found))


@timed_phase("validate")
def validate_pdf_ua2(data: bytes) -> tuple[PdfViolation, ...]:
    """Return what a PDF lacks that its twin in PDF/UA-1 need not have.

    Source: ISO 14289-2, 5, 8.2.4, 8.2.5.14 and 8.8; ISO 19005-4, 6.1.3.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        return tuple(_ua2_violations(pdf))


def _ua2_violations(pdf: Pdf) -> Iterator[PdfViolation]:
    if pdf.pdf_version != pdf_ua2.PDF_VERSION:
        yield PdfViolation("pdf-version", "", f"the file is PDF {pdf.pdf_version}, expected {pdf_ua2.PDF_VERSION}")
    if "/Info" in pdf.trailer:
        yield PdfViolation("document-information", "", "the file still has the document information of PDF 1.7")
    metadata = pdf.Root.Metadata.read_bytes()
    for sign in (b'pdfuaid:part="2"', b'pdfuaid:rev="2024"', b'pdfaid:part="4"', b"dc:title"):
        if sign not in metadata:
            yield PdfViolation("metadata", "", f"the metadata lack {sign.decode()}")
    for element in pdf_ua2.structure_elements(pdf):
        if "/NS" not in element:
            yield PdfViolation(
                "namespace", _element_type(element), "its kind stands in no namespace", element.objgen[0]
            )
        if element.S == "/FENote" and "/Ref" not in element:
            yield PdfViolation("footnote", "FENote", "nothing refers to this footnote", element.objgen[0])
    links = [link for sheet in pdf.pages for link in sheet.obj.get("/Annots", [])]
    for start in (*links, *pdf_ua2.bookmarks(pdf)):
        if "/Dest" in start or (start.A.S == "/GoTo" and "/SD" not in start.A):
            yield PdfViolation(
                "destination", _element_type(start), "it leads to a place on a page only", start.objgen[0]
            )


def _validator_violations(data: bytes, pdf: Pdf, profiles: tuple[str, ...]) -> Iterator[PdfViolation]:
    import page

    # Each bookmark refers to the next: 256, its usual limit, would be an article of as many headings.
    limits = page.SafetyLimits(max_reference_depth=_MAX_BOOKMARKS)
    for profile in profiles:
        for failure in page.validate_pdf_bytes(data, profile=profile, limits=limits).failures:
            place = failure.object_id
            thing = pdf.get_object(place.object_number, place.generation) if place else None
            if not _is_false_alarm(failure.rule_id, thing, data):
                yield PdfViolation(
                    failure.rule_id, _element_type(thing), failure.message, place.object_number if place else 0
                )


def _is_false_alarm(rule: str, thing: Object | None, data: bytes) -> bool:
    """Tell the one alarm of page-validation 0.11 that is false.

    A stream whose last byte happens to be a carriage return (one compressed stream of 256) is followed by the line
    feed that belongs before `endstream`. The validator takes both for the end of the line and counts a byte less,
    though `/Length` decides where a stream ends (ISO 32000-1, 7.3.8.2); veraPDF 1.28 passes the same files. Streams
    that hold other objects or the cross-references are no objects to the reader; the validator names none for them.
    """
    import pikepdf

    if rule != "PDFA2A-STREAM-LENGTH-001":
        return False
    if thing is None:
        lengths = [(stream.end(), int(stream[1])) for stream in _STREAM_START.finditer(data)]
        return all(data[start + length :].startswith(b"\nendstream") for start, length in lengths)
    if not isinstance(thing, pikepdf.Stream):
        return False
    raw = thing.read_raw_bytes()
    return raw.endswith(b"\r") and len(raw) == int(thing.Length)


def _element_type(thing: Object | None) -> str:
    import pikepdf

    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return ""
    return str(thing.get("/S", thing.get("/Subtype", thing.get("/Type", "")))).removeprefix("/")


def _document_info_violations(pdf: Pdf) -> Iterator[PdfViolation]:
    """Yield what is missing in what the file says of itself."""
    if not str(pdf.Root.get("/Lang", "")):
        yield PdfViolation("language", "", "the document states no language")
    if not str(pdf.docinfo.get("/Title", "")):
        yield PdfViolation("title", "", "the document has no title")
    for index, sheet in enumerate(pdf.pages, 1):
        if sheet.obj.get("/Tabs") != "/S":
            yield PdfViolation("tab-order", "Page", f"page {index} does not follow the structure when tabbing")


def _font_violations(pdf: Pdf, allowed: frozenset[str]) -> Iterator[PdfViolation]:
    """Yield fonts that are not embedded, or that came from the machine instead of the project."""
    import pikepdf

    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or thing.get("/Type") != "/FontDescriptor":
            continue
        name = str(thing.get("/FontName", "")).removeprefix("/").partition("+")[2]
        if not any(key in thing for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield PdfViolation("font-embedded", "Font", f"the font {name} is not embedded")
        if allowed and not any(name.startswith(family) for family in allowed):
            yield PdfViolation("font-foreign", "Font", f"the font {name} is one of this machine, not of the project")
