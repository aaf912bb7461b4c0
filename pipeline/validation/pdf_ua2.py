"""Conversion of a tagged PDF/UA-1 file to PDF/UA-2 and PDF/A-4 (both PDF 2.0).

Structure types get namespaces, footnotes a type of their own, and links and bookmarks structure destinations
(ISO 14289-2, 8.2.4, 8.2.5.14 and 8.8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pikepdf import Array, Dictionary, Name, Object, Pdf

from pipeline.validation.pdf_structure import Annotation, Kid, Tag, walk_tags

PDF_VERSION = "2.0"
_PDF17_ONLY_TYPES = frozenset({"Art", "BlockQuote", "Code"})
"""Types that exist only in the namespace of PDF 1.7 (ISO 32000-2, annex M)."""


def convert_tags(document: Tag) -> None:
    """Change the tags of footnotes, captions and definition lists to those of PDF 2.0.

    A list of notes becomes separate notes.
    """
    targets = {tag.target for tag in walk_tags(document) if tag.target}
    for tag in walk_tags(document):
        tag.kids = [made for kid in tag.kids for made in _list_to_footnotes(kid, targets)]
        match tag:
            case Tag(kind="Div", kids=[Tag(kind="Figure") as figure, Tag(kind="Caption") as caption]):
                # In PDF 1.7 readers would not announce a caption inside of the figure.
                tag.kids = [figure]
                figure.kids.append(caption)
        if tag.kind == "L" and "/ListNumbering" not in tag.attributes:
            tag.attributes = {"/O": "/List", "/ListNumbering": "/Description"}


def _list_to_footnotes(kid: Kid, targets: set[str]) -> list[Kid]:
    if not isinstance(kid, Tag) or kid.kind != "L":
        return [kid]
    items = [item for item in kid.kids if isinstance(item, Tag)]
    if not items or not all(item.id in targets for item in items):
        return [kid]
    for item in items:
        item.kind, item.attributes = "FENote", {"/O": "/FENote", "/NoteType": "/Endnote"}
        # The number stays the note's label; LBody is allowed in lists only.
        item.kids = [
            inner
            for part in item.kids
            for inner in (part.kids if isinstance(part, Tag) and part.kind == "LBody" else [part])
        ]
    return list(items)


def convert_file(pdf: Pdf, document: Tag, elements: Mapping[str, Object]) -> None:
    """Add what PDF 2.0 requires to a tagged file.

    Args:
        elements: The structure element of each id, from `write_structure_tree`.
    """
    spaces = pdf2, pdf17 = [
        pdf.make_indirect(Dictionary(Type=Name.Namespace, NS=f"http://iso.org/{name}/ssn")) for name in ("pdf2", "pdf")
    ]
    pdf.Root.StructTreeRoot.Namespaces = Array(spaces)
    for element in structure_elements(pdf):
        element.NS = pdf17 if str(element.S)[1:] in _PDF17_ONLY_TYPES else pdf2
    _reference_footnotes(document, elements)
    _set_link_destinations(pdf, document, elements)
    # WeasyPrint makes one bookmark for each heading, in document order.
    headings = (element for element in structure_elements(pdf) if re.fullmatch("/H[1-6]", str(element.S)))
    for bookmark, heading in zip(bookmarks(pdf), headings, strict=True):
        _set_structure_destination(bookmark, bookmark.Dest, heading)
    # Links now lead to structure elements instead of named destinations.
    if "/Names" in pdf.Root:
        del pdf.Root["/Names"]


def structure_elements(pdf: Pdf) -> Iterator[Object]:
    waiting = list(reversed(list(pdf.Root.StructTreeRoot.K)))
    while waiting:
        element = waiting.pop()
        if isinstance(element, Dictionary) and "/S" in element:
            yield element
            waiting += reversed(list(element.get("/K", [])))


def _reference_footnotes(document: Tag, elements: Mapping[str, Object]) -> None:
    """Link each footnote with its references in both directions."""
    notes = {tag.id for tag in walk_tags(document) if tag.kind == "FENote"}
    for tag in walk_tags(document):
        if tag.target not in notes or tag.id not in elements or tag.target not in elements:
            continue
        mark, note = elements[tag.id], elements[tag.target]
        mark.Ref = Array([note])
        note.Ref = Array([*note.get("/Ref", []), mark])


def _set_link_destinations(pdf: Pdf, document: Tag, elements: Mapping[str, Object]) -> None:
    """Point links to the structure element with the id, and to its place on the page for older readers."""
    flat = list(pdf.Root.Names.Dests.Names) if "/Names" in pdf.Root else []
    names = dict(zip(map(str, flat[::2]), flat[1::2], strict=True))
    for tag in walk_tags(document):
        for kid in tag.kids:
            if isinstance(kid, Annotation) and tag.target in elements and tag.target in names:
                _set_structure_destination(kid.object, names[tag.target], elements[tag.target])


def bookmarks(pdf: Pdf) -> Iterator[Object]:
    waiting = [pdf.Root.Outlines.First] if "/Outlines" in pdf.Root and "/First" in pdf.Root.Outlines else []
    while waiting:
        bookmark = waiting.pop()
        yield bookmark
        waiting += [bookmark[key] for key in ("/Next", "/First") if key in bookmark]


def _set_structure_destination(start: Object, place: Object, element: Object) -> None:
    """Point a link or a bookmark to a structure element.

    Args:
        place: The page destination for older readers.
    """
    if "/Dest" in start:
        del start["/Dest"]
    start.A = Dictionary(S=Name.GoTo, D=place, SD=Array([element, *list(place)[1:]]))
