"""The structure tree of a PDF: tags and content, and writing them into the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String


@dataclass(frozen=True, slots=True)
class MarkedContent:
    page: int
    mcid: int
    box: tuple[float, ...] = ()
    """Bounding box of a picture, in CSS pixels from the top left corner of the page."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A link annotation."""

    page: int
    object: Object


Leaf: TypeAlias = MarkedContent | Annotation
AttributeValue: TypeAlias = str | int | tuple[float, ...]
"""A name with its slash, a number, or a bounding box as in `MarkedContent`."""


@dataclass(slots=True)
class Tag:
    """A structure element."""

    kind: str
    """Structure type without slash: P, H1, Table … (ISO 32000-1, 14.8.4)."""
    kids: list[Tag | Leaf] = field(default_factory=list)
    language: str = ""
    """Empty: inherited."""
    alternative: str = ""
    """Text alternative of a picture."""
    expansion: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    part: int = 0
    """Index of its HTML element in document order; 0: none."""
    id: str = ""
    """Id of its HTML element."""
    target: str = ""
    """Id of the tag that a link leads to."""


Kid: TypeAlias = Tag | Leaf
PageInstructions: TypeAlias = "Sequence[Any]"
"""Content stream instructions as pikepdf parses them."""
_DRAWING_OPERATORS = frozenset(("Tj", "TJ", "'", '"', "Do", "EI", "sh", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*"))
"""Operators that draw text, pictures or lines (ISO 32000-1, annex A)."""
TRACE_KEY = "/PublishPart"
"""Private key for the index of the HTML element of a structure element."""


def walk_tags(tag: Tag) -> Iterator[Tag]:
    yield tag
    for kid in tag.kids:
        if isinstance(kid, Tag):
            yield from walk_tags(kid)


def walk_leaves(tag: Tag) -> Iterator[Leaf]:
    """Yield the content and the links below a tag, in reading order."""
    for kid in tag.kids:
        if isinstance(kid, Tag):
            yield from walk_leaves(kid)
        else:
            yield kid


def write_structure_tree(pdf: Pdf, document: Tag, *, is_traced: bool = False) -> Mapping[str, Object]:
    """Replace the structure tree and the parent tree of a file.

    Args:
        is_traced: Write the index of the HTML element under `TRACE_KEY`.

    Returns:
        The structure element of each id.
    """
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    elements: dict[str, Object] = {}
    owners: defaultdict[int, dict[int, Object]] = defaultdict(dict)
    annotations: list[tuple[Object, Object]] = []

    def write(tag: Tag, parent: Object) -> Object:
        made = pdf.make_indirect(_structure_dictionary(pdf, tag, parent))
        if is_traced:
            made[TRACE_KEY] = tag.part
        if tag.id:
            elements.setdefault(tag.id, made)
        page = next((leaf.page for leaf in tag.kids if isinstance(leaf, MarkedContent)), None)
        if page is not None:
            made.Pg = pdf.pages[page].obj
        kids = Array()
        for kid in tag.kids:
            match kid:
                case Tag():
                    kids.append(write(kid, made))
                case MarkedContent(on, mcid):
                    owners[on][mcid] = made
                    kids.append(mcid if on == page else Dictionary(Type=Name.MCR, Pg=pdf.pages[on].obj, MCID=mcid))
                case Annotation(on, annotation):
                    annotations.append((annotation, made))
                    kids.append(Dictionary(Type=Name.OBJR, Obj=annotation, Pg=pdf.pages[on].obj))
        made.K = kids
        return made

    root.K = Array([write(document, root)])
    numbers = Array()
    for index, page in enumerate(pdf.pages):
        page.obj.StructParents = index
        row = Array([owners[index].get(mcid) for mcid in range(max(owners[index], default=-1) + 1)])
        numbers.append(index)
        numbers.append(pdf.make_indirect(row))
    for key, (annotation, owner) in enumerate(annotations, len(pdf.pages)):
        annotation.StructParent = key
        numbers.append(key)
        numbers.append(owner)
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=numbers))
    root.ParentTreeNextKey = len(pdf.pages) + len(annotations)
    pdf.Root.StructTreeRoot = root
    return elements


def _structure_dictionary(pdf: Pdf, tag: Tag, parent: Object) -> Dictionary:
    made = Dictionary(Type=Name.StructElem, S=Name(f"/{tag.kind}"), P=parent)
    for key, text in (("/Lang", tag.language), ("/Alt", tag.alternative), ("/E", tag.expansion)):
        if text:
            made[key] = String(text)
    if tag.attributes:
        page = next((leaf.page for leaf in tag.kids if isinstance(leaf, MarkedContent)), 0)
        made.A = Dictionary()
        for key, value in tag.attributes.items():
            if isinstance(value, tuple):
                made.A[key] = Array(_pdf_box(value, float(pdf.pages[page].mediabox[3])))
            else:
                made.A[key] = Name(value) if isinstance(value, str) else value
    return made


def _pdf_box(box: tuple[float, ...], height_pt: float) -> list[float]:
    """Return a box in points from the bottom of its page; WeasyPrint measures in CSS pixels from the top."""
    left, top, right, bottom = (round(edge * 0.75, 2) for edge in box)
    return [left, round(height_pt - bottom, 2), right, round(height_pt - top, 2)]


def drawn_content(pages: Sequence[PageInstructions]) -> set[tuple[int, int]]:
    """Return page and id of each marked-content sequence that draws something; WeasyPrint marks empty text too."""
    found: set[tuple[int, int]] = set()
    for index, page in enumerate(pages):
        now: int | None = None
        for instruction in page:
            if (mcid := _mcid(instruction)) is not None:
                now = mcid
            elif now is not None and str(instruction.operator) in _DRAWING_OPERATORS:
                found.add((index, now))
    return found


def mark_artifacts(pdf: Pdf, document: Tag, pages: Sequence[PageInstructions]) -> None:
    """Turn marked content outside of all tags into artifacts: running footers, repeated table heads, decoration."""
    held = {(leaf.page, leaf.mcid) for leaf in walk_leaves(document) if isinstance(leaf, MarkedContent)}
    artifact = pikepdf.ContentStreamInstruction([pikepdf.Name.Artifact], pikepdf.Operator("BMC"))
    for index, before in enumerate(pages):
        after = [artifact if _mcid(each) is not None and (index, _mcid(each)) not in held else each for each in before]
        pdf.pages[index].obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(after))


def _mcid(instruction: Any) -> int | None:
    """Return the marked-content id of an instruction that begins such content."""
    if str(instruction.operator) != "BDC" or "/MCID" not in instruction.operands[1]:
        return None
    return int(instruction.operands[1].MCID)


def remove_annotations(pdf: Pdf, document: Tag) -> None:
    """Remove annotations outside of all tags, and the names of all others."""
    kept = {leaf.object.objgen for leaf in walk_leaves(document) if isinstance(leaf, Annotation)}
    for page in pdf.pages:
        if "/Annots" not in page.obj:
            continue
        annotations = [annotation for annotation in page.obj.Annots if annotation.objgen in kept]
        for annotation in annotations:
            del annotation["/NM"]
        if annotations:
            page.obj.Annots = Array(annotations)
        else:
            del page.obj["/Annots"]
