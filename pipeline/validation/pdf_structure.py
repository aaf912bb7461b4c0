"""The structure tree of a PDF: its data types, and writing it into the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pikepdf import Dictionary, Object, Pdf


@dataclass(frozen=True, slots=True)
class MarkedContent:
    """Marked content of a page."""

    page: int
    mcid: int
    box: tuple[float, ...] = ()
    """Where a picture lies, in CSS pixels from the top left corner of the page."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A link that a reader can follow."""

    page: int
    object: Object


Leaf: TypeAlias = MarkedContent | Annotation
AttributeValue: TypeAlias = str | int | tuple[float, ...]
"""A name with its slash, a number, or a box as `MarkedContent` has it."""


@dataclass(slots=True)
class Tag:
    """An element of the PDF's structure."""

    kind: str
    """P, H1, Table … (ISO 32000-1, 14.8.4), without slash."""
    kids: list[Tag | Leaf] = field(default_factory=list)
    language: str = ""
    """Empty: that of its parent."""
    alternative: str = ""
    """What a picture shows."""
    expansion: str = ""
    """The long form of an abbreviation."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    part: int = 0
    """The place of its HTML element in the document; 0: it has none."""
    id: str = ""
    """Of its HTML element."""
    target: str = ""
    """The id of the tag that a reference leads to."""


Kid: TypeAlias = Tag | Leaf
PageInstructions: TypeAlias = "Sequence[Any]"
"""The instructions that draw a page, as pikepdf reads them."""
_DRAWING_OPERATORS = frozenset(("Tj", "TJ", "'", '"', "Do", "EI", "sh", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*"))
"""Operators that show text, pictures or lines (ISO 32000-1, annex A)."""
TRACE_KEY = "/PublishPart"
"""A key of our own: which HTML element a structure element was made from."""


def walk_tags(tag: Tag) -> Iterator[Tag]:
    """Yield a tag and all below it, in reading order."""
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
    """Replace the structure tree and the map that leads from content to it.

    Args:
        is_traced: Each element says under `TRACE_KEY` which HTML element it was made from.

    Returns:
        The element of each id.
    """
    from pikepdf import Array, Dictionary, Name

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
    from pikepdf import Array, Dictionary, Name, String

    made = Dictionary(Type=Name.StructElem, S=Name(f"/{tag.kind}"), P=parent)
    for key, text in (("/Lang", tag.language), ("/Alt", tag.alternative), ("/E", tag.expansion)):
        if text:
            made[key] = String(text)
    if tag.attributes:
        page = next((leaf.page for leaf in tag.kids if isinstance(leaf, MarkedContent)), 0)
        made.A = Dictionary()
        for key, value in tag.attributes.items():
            match value:
                case str():
                    made.A[key] = Name(value)
                case int():
                    made.A[key] = value
                case _:
                    made.A[key] = Array(_pdf_box(value, float(pdf.pages[page].mediabox[3])))
    return made


def _pdf_box(box: tuple[float, ...], height_pt: float) -> list[float]:
    """Return a box in points from the bottom of its page; WeasyPrint counts CSS pixels from the top."""
    left, top, right, bottom = (round(edge * 0.75, 2) for edge in box)
    return [left, round(height_pt - bottom, 2), right, round(height_pt - top, 2)]


def read_pages(pdf: Pdf) -> list[PageInstructions]:
    """Return the instructions that draw each page, in order."""
    import pikepdf

    return [pikepdf.parse_content_stream(page) for page in pdf.pages]


def drawn_content(pages: Sequence[PageInstructions]) -> set[tuple[int, int]]:
    """Return page and number of each piece of marked content that draws anything; WeasyPrint marks empty text too."""
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
    """Turn marked content that no tag holds into artifacts: running footers, repeated heads, decoration."""
    import pikepdf

    held = {(leaf.page, leaf.mcid) for leaf in walk_leaves(document) if isinstance(leaf, MarkedContent)}
    artifact = pikepdf.ContentStreamInstruction([pikepdf.Name.Artifact], pikepdf.Operator("BMC"))
    for index, before in enumerate(pages):
        after = [artifact if _mcid(each) is not None and (index, _mcid(each)) not in held else each for each in before]
        pdf.pages[index].obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(after))


def _mcid(instruction: Any) -> int | None:
    """Return the number of the marked content that an instruction begins."""
    if str(instruction.operator) != "BDC" or "/MCID" not in instruction.operands[1]:
        return None
    return int(instruction.operands[1].MCID)


def remove_annotations(pdf: Pdf, document: Tag) -> None:
    """Take away the annotations that no tag holds, and the names of those that stay."""
    from pikepdf import Array

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
