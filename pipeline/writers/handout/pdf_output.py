"""A variant drawn as a PDF: its structure is built anew, and the file judged before anyone sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from pipeline.rendering.pdf_layout import Layout, draw_pdf
from pipeline.validation.pdf import PdfViolation, validate_pdf, validate_pdf_ua2
from pipeline.validation.pdf_metadata import Standard, remove_claims
from pipeline.validation.pdf_tags import retag, traced_elements

_ALLOWED_FONTS = frozenset({"Handout-Sans"})
"""The family that `styles/handout/handout.css` gives its fonts, as the PDF spells it."""


@dataclass(frozen=True, slots=True)
class PdfOutput:
    """A variant as a file, judged."""

    data: bytes
    faults: tuple[tuple[PdfViolation, str], ...]
    """Each with the id of the block that it lies in; empty where it lies in none."""
    messages: tuple[str, ...]
    """What the printing library had to say."""


def render_pdf(layout: Layout, standard: Standard) -> PdfOutput:
    """Draw a variant, build its structure, and judge the file; one with faults claims no standard."""
    drawn, messages = draw_pdf(layout)
    root = layout.root
    data = retag(drawn, root)
    faults = _locate_violations(validate_pdf(data, _ALLOWED_FONTS), drawn, root, "ua-1")
    if standard == "ua-2":
        data = retag(drawn, root, standard)
        faults += _locate_violations(validate_pdf_ua2(data), drawn, root, standard)
    return PdfOutput(remove_claims(data) if faults else data, tuple(dict.fromkeys(faults)), messages)


def _locate_violations(
    faults: tuple[PdfViolation, ...], drawn: bytes, root: Element, standard: Standard
) -> tuple[tuple[PdfViolation, str], ...]:
    """Return each fault with the id of the block that it lies in, by a second file that says what was made of what."""
    if not faults:
        return ()
    places = traced_elements(retag(drawn, root, standard, is_traced=True))
    ids = _enclosing_ids(root)
    return tuple((replace(fault, object=0), ids[places.get(fault.object, 0)]) for fault in faults)


def _enclosing_ids(root: Element) -> tuple[str, ...]:
    """Return of each element, in the order of the document, its own id, or that of the nearest one it stands in."""
    nearest = {id(root): ""}
    for element in root.iter():
        own = element.get("id") or nearest[id(element)]
        nearest[id(element)] = own
        nearest.update(dict.fromkeys(map(id, element), own))
    return tuple(nearest[id(element)] for element in root.iter())
