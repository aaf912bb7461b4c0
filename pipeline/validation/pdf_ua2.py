"""Conversion of a tagged PDF/UA-1 file to PDF/UA-2 and PDF/A-4 (both PDF 2.0).

Kinds of structure have a namespace, footnotes a kind of their own, and whatever leads to a place in the file leads to
the structure that stands there (ISO 14289-2, 8.2.4, 8.2.5.14 and 8.8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.validation.pdf_structure import Annotation, Kid, Tag, walk_tags

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

PDF_VERSION = "2.0"
_NAMESPACES = {"2": "http://iso.org/pdf2/ssn", "1": "http://iso.org/pdf/ssn"}
_PDF17_ONLY_TYPES = frozenset({"Art", "BlockQuote", "Code"})
"""Kinds that PDF 2.0 left to the namespace of PDF 1.7 (ISO 32000-2, annex M)."""
_ENDNOTE = {"/O": "/FENote", "/NoteType": "/Endnote"}


def convert_tags(document: Tag) -> None:
    """Say of footnotes, pictures and definition lists what PDF 2.0 has words for.

    What was a list of notes becomes one note after the other.
    """
    targets = {tag.target for tag in walk_tags(document) if tag.target}
    for tag in walk_tags(document):
        tag.kids = [made for kid in tag.kids for made in _list_to_footnotes(kid, targets)]
        if tag.kind == "Div":
            _move_caption_into_figure(tag)
        if tag.kind == "L" and "/ListNumbering" not in tag.attributes:
            tag.attributes = {"/O": "/List", "/ListNumbering": "/Description"}


def _move_caption_into_figure(group: Tag) -> None:
    """Put the caption that stands beside a picture into it: readers of PDF 1.7 would not say it there."""
    match group.kids:
        case [Tag(kind="Figure") as figure, Tag(kind="Caption") as caption]:
            group.kids = [figure]
            figure.kids.append(caption)


def _list_to_footnotes(kid: Kid, targets: set[str]) -> list[Kid]:
    if not isinstance(kid, Tag) or kid.kind != "L":
        return [kid]
    items = [item for item in kid.kids if isinstance(item, Tag)]
    if not items or not all(item.id in targets for item in items):
        return [kid]
    for item in items:
        item.kind, item.attributes = "FENote", _ENDNOTE
        # The number stays the note's label; the body of a list item means nothing outside a list.
        item.kids = [
            inner
            for part in item.kids
            for inner in (part.kids if isinstance(part, Tag) and part.kind == "LBody" else [part])
        ]
    return list(items)


def convert_file(pdf: Pdf, document: Tag, elements: Mapping[str, Object]) -> None:
    """Say of a tagged file what PDF 2.0 wants to know.

    Args:
        elements: The structure element of each id, as `write_tree` wrote them.
    """
    _assign_namespaces(pdf)
    _reference_footnotes(document, elements)
    _set_link_destinations(pdf, document, elements)
    _set_bookmark_destinations(pdf)
    # What links led to by name they now lead to by structure.
    if "/Names" in pdf.Root:
        del pdf.Root["/Names"]


def _assign_namespaces(pdf: Pdf) -> None:
    from pikepdf import Array, Dictionary, Name

    root = pdf.Root.StructTreeRoot
    spaces = {
        key: pdf.make_indirect(Dictionary(Type=Name.Namespace, NS=address)) for key, address in _NAMESPACES.items()
    }
    root.Namespaces = Array(spaces.values())
    for element in structure_elements(pdf):
        element.NS = spaces["1" if str(element.S)[1:] in _PDF17_ONLY_TYPES else "2"]


def structure_elements(pdf: Pdf) -> Iterator[Object]:
    """Yield every structure element, in reading order."""
    import pikepdf

    waiting = list(reversed(list(pdf.Root.StructTreeRoot.K)))
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield element
            waiting += reversed(list(element.get("/K", [])))


def _reference_footnotes(document: Tag, elements: Mapping[str, Object]) -> None:
    """Tie each footnote to the places that refer to it, and these to the footnote."""
    from pikepdf import Array

    notes = {tag.id for tag in walk_tags(document) if tag.kind == "FENote"}
    for tag in walk_tags(document):
        if tag.target not in notes or tag.id not in elements or tag.target not in elements:
            continue
        mark, note = elements[tag.id], elements[tag.target]
        mark.Ref = Array([note])
        note.Ref = Array([*note.get("/Ref", []), mark])


def _set_link_destinations(pdf: Pdf, document: Tag, elements: Mapping[str, Object]) -> None:
    """Lead links to the structure element with the id, and to its place on the page for older readers."""
    names = dict(_named_destinations(pdf))
    for tag in walk_tags(document):
        for kid in tag.kids:
            if isinstance(kid, Annotation) and tag.target in elements and tag.target in names:
                _set_structure_destination(kid.object, names[tag.target], elements[tag.target])


def _named_destinations(pdf: Pdf) -> Iterator[tuple[str, Object]]:
    if "/Names" in pdf.Root:
        flat = list(pdf.Root.Names.Dests.Names)
        yield from ((str(name), place) for name, place in zip(flat[::2], flat[1::2], strict=True))


def _set_bookmark_destinations(pdf: Pdf) -> None:
    """Lead bookmarks to headings: WeasyPrint makes one of each, in the order of the document."""
    headings = [
        element for element in structure_elements(pdf) if str(element.S)[1:] in {f"H{level}" for level in range(1, 7)}
    ]
    for bookmark, heading in zip(bookmarks(pdf), headings, strict=True):
        _set_structure_destination(bookmark, bookmark.Dest, heading)


def bookmarks(pdf: Pdf) -> Iterator[Object]:
    """Yield every bookmark, in the order of the outline."""
    waiting = [pdf.Root.Outlines.First] if "/Outlines" in pdf.Root and "/First" in pdf.Root.Outlines else []
    while waiting:
        bookmark = waiting.pop()
        yield bookmark
        waiting += [bookmark[key] for key in ("/Next", "/First") if key in bookmark]


def _set_structure_destination(start: Object, place: Object, element: Object) -> None:
    """Make a link or a bookmark lead to a structure element.

    Args:
        place: A page, and where on it.
    """
    from pikepdf import Array, Dictionary, Name

    if "/Dest" in start:
        del start["/Dest"]
    start.A = Dictionary(S=Name.GoTo, D=place, SD=Array([element, *list(place)[1:]]))
