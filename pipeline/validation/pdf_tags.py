"""Builds the structure tree of a PDF from the HTML that it was printed from.

WeasyPrint 70 builds its tree from layout boxes, with known faults: an element that crosses a page is tagged twice and a
repeated table head again (#2903), running headers and footers are content (#1836), list items hold untagged blocks,
lists hold lists, links hold groups with annotations of their own, `lang` of inline elements and `scope` of header cells
are lost, decorative pictures are figures, and bounding boxes count from the top of the page in CSS pixels. Only one
thing is taken from it: which content belongs to which element. Each element's group has an annotation named `part:N`, N
being the element's index in `root.iter()` (written by `rendering.pdf_layout`, removed here).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import pikepdf
from pikepdf import Dictionary, Pdf

from pipeline.timing import timed_phase
from pipeline.validation import pdf_ua2
from pipeline.validation.pdf_metadata import Standard, claim_standards
from pipeline.validation.pdf_structure import (
    TRACE_KEY,
    Annotation,
    AttributeValue,
    Kid,
    Leaf,
    MarkedContent,
    Tag,
    drawn_content,
    mark_artifacts,
    remove_annotations,
    write_structure_tree,
)

ELEMENT_PREFIX = "part:"
"""Prefix of the annotation name (`/NM`) that links a group of WeasyPrint's tree to its HTML element, as in
`rendering.pdf_layout`.
"""

_STRUCTURE_TYPES = {
    "article": "Art", "section": "Sect", "aside": "Sect", "nav": "Sect", "header": "Sect", "footer": "Sect",
    "p": "P", "pre": "P", "address": "P", "blockquote": "BlockQuote", "code": "Code",
    "h1": "H1", "h2": "H2", "h3": "H3", "h4": "H4", "h5": "H5", "h6": "H6",
    "ul": "L", "ol": "L", "dl": "L", "li": "LI",
    "table": "Table", "caption": "Caption", "thead": "THead", "tbody": "TBody", "tfoot": "TFoot",
    "tr": "TR", "th": "TH", "td": "TD", "figcaption": "Caption", "img": "Figure", "a": "Link",
}  # fmt: skip


@dataclass(slots=True)
class _PrintedElement:
    """An HTML element with its printed content, in reading order."""

    element: Element
    number: int
    kids: list[_PrintedElement | Leaf] = field(default_factory=list)
    label: list[Leaf] = field(default_factory=list)
    """Bullet or number of a list item."""


@timed_phase("repair")
def retag(data: bytes, root: Element, standard: Standard = "ua-1", *, is_traced: bool = False) -> bytes:
    """Return the PDF with a structure tree that follows the HTML, and claims; all other content becomes an artifact.

    Args:
        data: A tagged PDF/A-2a by WeasyPrint 70 with annotations named as described above.
        root: The HTML it was printed from.
        standard: The standard to claim.
        is_traced: For `traced_elements`: object numbers stay the same, and elements carry the
            index of their HTML element.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = [pikepdf.parse_content_stream(page) for page in pdf.pages]
        document = Tag("Document", _tags_for(_printed_elements(pdf, root, drawn_content(pages))))
        if standard == "ua-2":
            pdf_ua2.convert_tags(document)
        elements = write_structure_tree(pdf, document, is_traced=is_traced)
        mark_artifacts(pdf, document, pages)
        remove_annotations(pdf, document)
        if standard == "ua-2":
            pdf_ua2.convert_file(pdf, document, elements)
        claim_standards(pdf, standard)
        made = io.BytesIO()
        pdf.save(
            made,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            force_version=pdf_ua2.PDF_VERSION if standard == "ua-2" else "",
        )
    return made.getvalue()


def traced_elements(traced: bytes) -> Mapping[int, int]:
    """Return the index of the HTML element for each structure element and link, by object number.

    Args:
        traced: From `retag` with `is_traced`.
    """
    found: dict[int, int] = {}
    with pikepdf.open(io.BytesIO(traced)) as pdf:
        for thing in pdf.objects:
            if not isinstance(thing, pikepdf.Dictionary) or TRACE_KEY not in thing:
                continue
            found[thing.objgen[0]] = int(thing[TRACE_KEY])
            for kid in thing.K:
                if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR":
                    found[kid.Obj.objgen[0]] = int(thing[TRACE_KEY])
    return found


# ---- the content of each element, from WeasyPrint


def _printed_elements(pdf: Pdf, root: Element, drawn: Set[tuple[int, int]]) -> _PrintedElement:
    """Return the root element with all printed elements below it."""
    elements = list(root.iter())
    numbers = {id(element): number for number, element in enumerate(elements)}
    parents = {numbers[id(child)]: numbers[id(parent)] for parent in elements for child in parent}
    nodes = {0: _PrintedElement(root, 0)}

    def node(number: int) -> _PrintedElement:
        if number not in nodes:
            nodes[number] = _PrintedElement(elements[number], number)
            node(parents[number]).kids.append(nodes[number])
        return nodes[number]

    begun: set[int] = set()  # tables of which a row below the head was met
    for number, leaf, is_label in _weasyprint_leaves(pdf):
        if isinstance(leaf, MarkedContent) and (leaf.page, leaf.mcid) not in drawn:
            continue
        head = _nearest_ancestor(number, "thead", elements, parents)
        if head is not None and parents[head] in begun:
            continue  # repeated on a later page or in a second column: an artifact there
        if (body := _nearest_ancestor(number, "tbody", elements, parents)) is not None:
            begun.add(parents[body])
        place = node(number)
        (place.label if is_label else place.kids).append(leaf)
    return nodes[0]


def _nearest_ancestor(number: int, tag: str, elements: Sequence[Element], parents: Mapping[int, int]) -> int | None:
    while elements[number].tag != tag:
        if number not in parents:
            return None
        number = parents[number]
    return number


def _weasyprint_leaves(pdf: Pdf) -> Iterator[tuple[int, Leaf, bool]]:
    """Yield each leaf of WeasyPrint's tree with the index of its element, and whether it is a list item's label."""
    pages: dict[Any, int] = {page.objgen: index for index, page in enumerate(pdf.pages)}
    waiting: list[tuple[Any, Any, int | None, bool]] = [(pdf.Root.StructTreeRoot.K[0], None, None, False)]
    while waiting:
        kid, group, number, is_label = waiting.pop()
        if not isinstance(kid, pikepdf.Dictionary):
            if number is not None:
                box = tuple(map(float, group.get("/A", {}).get("/BBox", ())))
                yield number, MarkedContent(pages[group.Pg.objgen], int(kid), box), is_label
        elif kid.get("/Type") == "/OBJR":
            only_carries_name = "/A" in kid.Obj and str(kid.Obj.A.get("/URI", "")) == ELEMENT_PREFIX
            if number is not None and not only_carries_name:
                yield number, Annotation(pages[kid.Pg.objgen], kid.Obj), is_label
        else:
            own = _element_number(kid)
            if own is not None and own != number:
                number, is_label = own, False
            is_label = is_label or kid.S == "/Lbl"
            waiting += [(below, kid, number, is_label) for below in reversed(list(kid.get("/K", [])))]


def _element_number(group: Dictionary) -> int | None:
    """Return the index of the element of a group in WeasyPrint's tree; None for anonymous boxes."""
    for kid in group.get("/K", []):
        if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR":
            name = str(kid.Obj.get("/NM", ""))
            if name.startswith(ELEMENT_PREFIX):
                return int(name.removeprefix(ELEMENT_PREFIX))
    return None


# ---- the tag of each element, from the HTML


def _tags_for(node: _PrintedElement) -> list[Kid]:
    """Return the tag of an element, or its content where it needs no tag."""
    element = node.element
    if element.get("aria-hidden") == "true" or (element.tag == "img" and not element.get("alt")):
        return []
    kids = _definition_list_items(node) if element.tag == "dl" else _child_tags(node)
    if not kids and element.tag not in ("th", "td"):
        return []
    if element.tag == "li":
        label = [Tag("Lbl", list(node.label))] if node.label else []
        kids = [*label, Tag("LBody", kids)]
    href = element.get("href", "")
    tag = Tag(
        "",
        kids,
        element.get("lang", "") if element.tag != "html" else "",
        element.get("alt", ""),
        element.get("title", "") if element.tag == "abbr" else "",
        _structure_attributes(element, kids),
        node.number,
        element.get("id", ""),
        href[1:] if href.startswith("#") else "",
    )
    tag.kind = _structure_type(element, tag)
    return [tag] if tag.kind else kids


def _structure_type(element: Element, tag: Tag) -> str:
    """Return the structure type of an element; empty: its content needs no tag of its own."""
    if element.tag == "a" and not any(isinstance(kid, Annotation) for kid in tag.kids):
        return ""
    if element.tag == "figure" and any(isinstance(kid, Tag) and kid.kind == "Caption" for kid in tag.kids):
        return "Div"  # a caption must be the first or last child, so figure and caption become siblings
    otherwise = ("Div" if element.tag == "div" else "Span") if tag.language or tag.expansion else ""
    return _STRUCTURE_TYPES.get(str(element.tag), otherwise)


def _child_tags(node: _PrintedElement) -> list[Kid]:
    if node.element.tag in ("table", "thead", "tbody", "tfoot", "tr"):
        # Empty cells are missing in WeasyPrint's content, yet a row needs all of its cells, and a table its body.
        printed = {id(kid.element): kid for kid in node.kids if isinstance(kid, _PrintedElement)}
        cells = (printed.get(id(child)) or _PrintedElement(child, node.number) for child in node.element)
        return _with_table_body([made for cell in cells for made in _tags_for(cell)])
    # WeasyPrint moves a nested list to the end of its item, after paragraphs that follow the list.
    in_order = iter(sorted((kid for kid in node.kids if isinstance(kid, _PrintedElement)), key=lambda kid: kid.number))
    sorted_kids = [next(in_order) if isinstance(kid, _PrintedElement) else kid for kid in node.kids]
    return [made for kid in sorted_kids for made in (_tags_for(kid) if isinstance(kid, _PrintedElement) else [kid])]


def _with_table_body(kids: list[Kid]) -> list[Kid]:
    """Return the parts of a table; a table that has only a head gets it as body, since PDF requires one."""
    parts = [kid for kid in kids if isinstance(kid, Tag)]
    if not any(part.kind == "TBody" for part in parts):
        for part in parts:
            part.kind = "TBody" if part.kind == "THead" else part.kind
    return kids


def _definition_list_items(node: _PrintedElement) -> list[Kid]:
    """Return a definition list as list items: the term is the label (ISO 32000-1, table 336), the definitions the
    body.
    """
    items: list[Kid] = []
    for kid in (kid for kid in node.kids if isinstance(kid, _PrintedElement)):
        contents = _child_tags(kid)
        if kid.element.tag == "dt" or not items:
            items.append(Tag("LI"))
        item = items[-1]
        if isinstance(item, Tag) and contents:
            item.kids.append(Tag("Lbl" if kid.element.tag == "dt" else "LBody", contents, kid.element.get("lang", "")))
    return items


_LIST_NUMBERING = {"a": "/LowerAlpha", "A": "/UpperAlpha", "i": "/LowerRoman", "I": "/UpperRoman"}


def _structure_attributes(element: Element, kids: Sequence[Kid]) -> Mapping[str, AttributeValue]:
    """Return the structure attributes of a table cell, a list or a figure, by PDF name."""
    match element.tag:
        case "th" | "td":
            spans = {
                key: int(element.get(name, "1"))
                for key, name in (("/ColSpan", "colspan"), ("/RowSpan", "rowspan"))
                if element.get(name, "1") != "1"
            }
            scope = (
                {"/Scope": {"col": "/Column", "row": "/Row"}[element.get("scope", "col")]}
                if element.tag == "th"
                else {}
            )
            return {"/O": "/Table", **scope, **spans} if scope or spans else {}
        case "ul":
            return {"/O": "/List", "/ListNumbering": "/Disc"}
        case "ol":
            return {"/O": "/List", "/ListNumbering": _LIST_NUMBERING.get(element.get("type", ""), "/Decimal")}
        case "img":
            box = next((kid.box for kid in kids if isinstance(kid, MarkedContent)), ())
            return {"/O": "/Layout", "/BBox": box} if box else {}
    return {}
