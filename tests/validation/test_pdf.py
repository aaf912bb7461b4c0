"""The judge of PDFs sees what is wrong, and does not see what is not."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import pikepdf
import pytest

from pipeline.validation.pdf import PdfViolation, _is_false_alarm, validate_pdf
from pipeline.writers import handout
from tests.makers import CLINIC, job, single


@pytest.fixture(scope="module")
def sheet() -> bytes:
    edition = single()
    written = handout.write(edition, job(handout, edition, publisher=replace(CLINIC, logo="")))
    return written.artifacts[0].data


def changed(data: bytes, change: str) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        match change:
            case "language":
                del pdf.Root.Lang
            case "title":
                del pdf.docinfo["/Title"]
            case "tabs":
                del pdf.pages[0].obj["/Tabs"]
            case "tags":
                del pdf.Root.StructTreeRoot
            case "font":
                for thing in pdf.objects:
                    if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor":
                        del thing["/FontFile2"]
        pdf.save(made, deterministic_id=True)
    return made.getvalue()


def rules(data: bytes) -> set[str]:
    return {fault.rule for fault in validate_pdf(data)}


def test_a_good_sheet_has_no_fault(sheet: bytes) -> None:
    assert validate_pdf(sheet) == ()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("language", "language"),
        ("title", "title"),
        ("tabs", "tab-order"),
        ("font", "font-embedded"),
        ("tags", "PDFUA1-STRUCT-TREE-ROOT-001"),
    ],
)
def test_what_is_taken_away_is_missed(sheet: bytes, change: str, rule: str) -> None:
    found = rules(changed(sheet, change))

    assert rule in found


def test_a_font_of_the_machine_is_named(sheet: bytes) -> None:
    faults = validate_pdf(sheet, frozenset({"Another-Family"}))

    assert (
        PdfViolation("font-foreign", "Font", "the font Handout-Sans is from this machine, not from the project")
        in faults
    )


def test_a_stream_that_ends_in_a_carriage_return_is_no_fault(sheet: bytes) -> None:
    """page-validation 0.11 counts a byte less there."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(sheet)) as pdf:
        content = pdf.pages[0].Contents.read_bytes()
        while not (packed := zlib.compress(content)).endswith(b"\r"):
            content += b"\n"
        pdf.pages[0].Contents.write(packed, filter=pikepdf.Name.FlateDecode)
        pdf.save(made, deterministic_id=True)

    assert b"\r\nendstream" in made.getvalue()
    assert validate_pdf(made.getvalue()) == ()


@pytest.mark.parametrize(("length", "is_false"), [(3, True), (2, False)])
def test_a_carriage_return_at_the_end_of_a_stream_without_number_is_no_fault(length: int, is_false: bool) -> None:
    """Object streams are no objects, so the validator names none for them; what they state of their length is true."""
    data = b"<< /Type /ObjStm /Length %d >>\nstream\nab\r\nendstream" % length

    assert _is_false_alarm("PDFA2A-STREAM-LENGTH-001", None, data) is is_false
