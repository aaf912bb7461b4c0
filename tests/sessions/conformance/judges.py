"""The judges of one file that need nothing but Python, and qpdf where it is there."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import page
import pikepdf

from pipeline.validation.pdf import PROFILES, PdfViolation, validate_pdf, validate_pdf_ua2
from tests.sessions.conformance.projects import Handout
from tests.sessions.conformance.wording import Wording

_FONT = frozenset({"Handout-Sans"})
_PREFIX = {"ua1": "PDFUA1-", "2a": "PDFA2A-"}
_CLAIMS = (b"pdfuaid", b"pdfaid")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judges say of a file: nothing where it is right."""

    handout: Handout
    pages: int
    rules: dict[str, tuple[str, ...]]
    """Rules of each profile that it breaks."""
    excused: int
    """Alarms of page-validation that `validation.pdf` shows to be false."""
    fonts: tuple[str, ...]
    own: tuple[str, ...]
    """What no validator reports: language, title, tab order; of an imposed file, a claim that it must not make."""
    qpdf: tuple[str, ...]
    text: tuple[str, ...] | None
    """Words missing, added or out of order; None: of several articles, or an excerpt without a fault."""


def examine(handout: Handout, wording: Wording) -> Verdict:
    """Return what every judge says of a handout."""
    data = handout.path.read_bytes()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = len(pdf.pages)
    if handout.is_imposed:
        return Verdict(handout, pages, {}, 0, _unembedded(data), _claims(data), check_syntax(handout.path), None)
    if handout.standard == "ua-2":
        # No validator in Python knows its rules: they are veraPDF's to judge, but for what our own judge knows.
        faults: tuple[PdfViolation, ...] = (*validate_pdf_ua2(data), *_of_fonts(data))
        return _verdict(handout, pages, {}, 0, faults, wording)
    faults = validate_pdf(data, _FONT)
    rules = {
        profile: tuple(f"{fault.rule} {fault.element}" for fault in faults if fault.rule.startswith(_PREFIX[profile]))
        for profile in PROFILES
    }
    alarms = {
        failure.rule_id for profile in PROFILES for failure in page.validate_pdf_bytes(data, profile=profile).failures
    }
    others = tuple(fault for fault in faults if not fault.rule.startswith(tuple(_PREFIX.values())))
    return _verdict(handout, pages, rules, len(alarms - {fault.rule for fault in faults}), others, wording)


def _verdict(
    handout: Handout,
    pages: int,
    rules: dict[str, tuple[str, ...]],
    excused: int,
    others: tuple[PdfViolation, ...],
    wording: Wording,
) -> Verdict:
    return Verdict(
        handout,
        pages,
        rules,
        excused,
        tuple(fault.message for fault in others if fault.rule.startswith("font-")),
        tuple(fault.message for fault in others if not fault.rule.startswith("font-")),
        check_syntax(handout.path),
        wording.faults(handout),
    )


def check_syntax(path: Path) -> tuple[str, ...]:
    """Return what qpdf finds wrong with a file; without the program, its library is asked."""
    if not shutil.which("qpdf"):
        with pikepdf.open(path) as pdf:
            return tuple(pdf.check_pdf_syntax())
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return () if done.returncode == 0 else tuple((done.stdout + done.stderr).splitlines()[:3])


def _claims(data: bytes) -> tuple[str, ...]:
    """Return the standards that an imposed file claims all the same."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
        claims = [claim.decode() for claim in _CLAIMS if claim in metadata]
        unlabelled = () if str(pdf.docinfo.get("/Subject", "")) else ("it does not say whom it is for",)
        return (*(f"it claims {claim}" for claim in claims), *unlabelled)


def _of_fonts(data: bytes) -> tuple[PdfViolation, ...]:
    return tuple(fault for fault in validate_pdf(data, _FONT) if fault.rule.startswith("font-"))


def _unembedded(data: bytes) -> tuple[str, ...]:
    return tuple(fault.message for fault in _of_fonts(data))
