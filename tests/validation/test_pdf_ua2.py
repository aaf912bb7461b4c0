"""PDF/UA-2 and PDF/A-4: what they ask beyond PDF/UA-1 and PDF/A-2a, and that spoiling it is seen."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

from pipeline.rendering.pdf_layout import Layout, draw_pdf
from pipeline.validation.pdf import validate_pdf_ua2
from pipeline.validation.pdf_metadata import remove_claims
from pipeline.validation.pdf_tags import retag, traced_elements
from pipeline.validation.pdf_ua2 import bookmarks, structure_elements
from tests.pdf_reading import Element, tree
from tests.validation.test_pdf_tags import laid_out

NOTES = (
    '<h1 id="titel">Titel</h1><p>Ord<a id="ref-1" href="#note-1">1</a> og <a href="#titel">op</a>.</p>'
    '<section><h2 id="noter">Noter</h2><ol><li id="note-1"><p>En note.</p></li></ol></section>'
)


def second(body: str) -> bytes:
    layout = laid_out(body)
    data, _ = draw_pdf(layout)
    return retag(data, layout.root, "ua-2")


def read(body: str) -> Element:
    return tree(second(body))


def test_every_kind_stands_in_a_namespace() -> None:
    data = second("<article><h1>Titel</h1><blockquote><p>Citat</p></blockquote></article>")

    with pikepdf.open(io.BytesIO(data)) as pdf:
        spaces = {str(element.S): str(element.NS.NS) for element in structure_elements(pdf)}
    assert spaces["/H1"] == "http://iso.org/pdf2/ssn"
    assert spaces["/BlockQuote"] == spaces["/Art"] == "http://iso.org/pdf/ssn"


def test_footnotes_are_notes_and_know_who_refers_to_them() -> None:
    data = second(NOTES)

    assert "Sect(H2 FENote(Lbl P))" in tree(data).outline
    with pikepdf.open(io.BytesIO(data)) as pdf:
        (note,) = [element for element in structure_elements(pdf) if element.S == "/FENote"]
        assert [str(mark.S) for mark in note.Ref] == ["/Link"]
        assert note.Ref[0].Ref[0].objgen == note.objgen
        assert note.A.NoteType == "/Endnote"


def test_links_and_bookmarks_lead_to_structure() -> None:
    with pikepdf.open(io.BytesIO(second(NOTES))) as pdf:
        links = [link for page in pdf.pages for link in page.obj.Annots]
        kinds = [str(start.A.SD[0].S) for start in (*links, *bookmarks(pdf))]
        assert kinds == ["/FENote", "/H1", "/H1", "/H2"]
        assert all(start.A.D[0].Type == "/Page" for start in links)  # for readers that know no structure
        assert "/Names" not in pdf.Root


def test_a_caption_stands_in_its_picture() -> None:
    body = '<figure><img src="picture:ryg" alt="En ryg"/><figcaption>Ryggen</figcaption></figure>'

    assert read(body).outline == "Document(Div(Figure(Caption)))"


def test_a_definition_list_says_that_it_is_one() -> None:
    assert read("<dl><dt>Ord</dt><dd>Mening</dd></dl>").find("L")[0].properties["/ListNumbering"] == "/Description"


def test_the_file_claims_the_new_standards_only() -> None:
    with pikepdf.open(io.BytesIO(second("<p>Tekst</p>"))) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
        assert (pdf.pdf_version, "/Info" in pdf.trailer) == ("2.0", False)
    assert b'pdfuaid:part="2"' in metadata
    assert b'pdfaid:part="4"' in metadata
    assert b"conformance" not in metadata
    assert metadata.count(b"pdfuaid:part") == 1


def test_a_good_file_has_no_fault() -> None:
    assert validate_pdf_ua2(second(NOTES)) == ()


def _without_spaces(pdf: pikepdf.Pdf) -> None:
    for element in structure_elements(pdf):
        del element["/NS"]


def _with_page_destination(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[0].obj.Annots[0].A["/SD"]


def _with_lonely_note(pdf: pikepdf.Pdf) -> None:
    for element in structure_elements(pdf):
        if element.S == "/FENote":
            del element["/Ref"]


def _with_information(pdf: pikepdf.Pdf) -> None:
    pdf.docinfo["/Title"] = "Titel"


def _without_claim(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata = pdf.make_stream(pdf.Root.Metadata.read_bytes().replace(b'rev="2024"', b""))


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_without_spaces, "namespace"),
        (_with_page_destination, "destination"),
        (_with_lonely_note, "footnote"),
        (_with_information, "document-information"),
        (_without_claim, "metadata"),
    ],
)
def test_what_is_spoilt_is_seen(spoil: Callable[[pikepdf.Pdf], None], rule: str) -> None:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(second(NOTES))) as pdf:
        spoil(pdf)
        pdf.save(made)

    assert {fault.rule for fault in validate_pdf_ua2(made.getvalue())} == {rule}


def test_a_file_of_the_old_version_is_seen() -> None:
    layout = laid_out("<p>Tekst</p>")
    data, _ = draw_pdf(layout)

    assert "pdf-version" in {fault.rule for fault in validate_pdf_ua2(retag(data, layout.root))}


def test_a_file_that_claims_nothing_is_else_the_same() -> None:
    layout = laid_out(NOTES)
    data, _ = draw_pdf(layout)
    claiming = retag(data, layout.root)

    modest = remove_claims(claiming)

    with pikepdf.open(io.BytesIO(modest)) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
    assert b"pdfuaid" not in metadata
    assert b"pdfaid" not in metadata
    assert b"dc:title" in metadata
    assert tree(modest) == tree(claiming)


@pytest.mark.parametrize("standard", ["ua-1", "ua-2"])
def test_a_traced_file_has_the_same_objects(standard: Any) -> None:
    """So that what a validator says of an object can be said of the element that it was made from."""
    layout: Layout = laid_out(NOTES)
    data, _ = draw_pdf(layout)
    plain = retag(data, layout.root, standard)

    places = traced_elements(retag(data, layout.root, standard, is_traced=True))

    elements = list(layout.root.iter())
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        for element in structure_elements(pdf):
            assert element.S == "/Document" or element.objgen[0] in places
            if element.S in ("/H1", "/H2"):
                assert elements[places[element.objgen[0]]].tag == str(element.S)[1:].lower()
        links = [link for page in pdf.pages for link in page.obj.Annots]
        assert [elements[places[link.objgen[0]]].get("href") for link in links] == ["#note-1", "#titel"]
