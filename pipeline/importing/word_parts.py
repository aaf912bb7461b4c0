"""Makes Word and OpenDocument files ready for pandoc: text boxes, fields, hidden text, headers, properties."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree

from pipeline.importing.marks import PlacedFindings
from pipeline.importing.office_files import OfficeFile, parse_xml
from pipeline.registry import note_rule, warning_rule

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PROPERTIES = {
    "title": "{http://purl.org/dc/elements/1.1/}title",
    "author": "{http://purl.org/dc/elements/1.1/}creator",
    "changed": "{http://purl.org/dc/terms/}modified",
}
_ODT_PROPERTIES = {
    "title": "{http://purl.org/dc/elements/1.1/}title",
    "author": "{http://purl.org/dc/elements/1.1/}creator",
    "changed": "{http://purl.org/dc/elements/1.1/}date",
}
_WORDS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Properties:
    """What a file says of itself; each empty where it says nothing."""

    title: str = ""
    author: str = ""
    changed: str = ""
    """A date such as 2026-03-02."""


def read_properties(file: OfficeFile) -> Properties:
    part, names = ("docProps/core.xml", _PROPERTIES) if file.kind == "docx" else ("meta.xml", _ODT_PROPERTIES)
    if part not in file.parts:
        return Properties()
    root = parse_xml(file.parts[part])
    found = {key: " ".join((root.findtext(f".//{name}") or "").split()) for key, name in names.items()}
    date = re.match(r"\d{4}-\d\d-\d\d", found["changed"])
    return Properties(found["title"], found["author"], date[0] if date else "")


def shorten(words: str) -> str:
    """Return words as a message quotes them."""
    plain = " ".join(words.split())
    return f"“{plain[:_WORDS_SHOWN]}…”" if len(plain) > _WORDS_SHOWN else f"“{plain}”"


def prepare_word_file(file: OfficeFile, marks: PlacedFindings) -> bytes:
    """Return a Word file as pandoc is given it: its text only, and an empty file in the place of each picture.

    What pandoc would drop without a word is written so that it keeps it, or is named.
    """
    parts = dict(file.parts)
    comments = {
        str(comment.get(WORD + "id")): comment
        for comment in (parse_xml(parts["word/comments.xml"]) if "word/comments.xml" in parts else ())
    }
    for name in (file.main_part, "word/footnotes.xml", "word/endnotes.xml"):
        if name in parts:
            root = parse_xml(parts[name])
            _take_out_hidden(root, marks)
            _open_fields(root)
            _join_paragraphs(root, marks)
            _name_drawings(root, marks)
            _name_comments(root, comments, marks)
            _lift_text_boxes(root, marks)
            parts[name] = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    for comment in comments.values():
        marks.add_to_file("import-comment", f"a comment on no place of the text: {shorten(runs_text(comment))}")
    _name_headers(file, marks)
    return _packed(parts, file)


def _packed(parts: dict[str, bytes], file: OfficeFile) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, data in (*parts.items(), *((name, b"") for name in file.pictures)):
            archive.writestr(zipfile.ZipInfo(name), data)
    return stored.getvalue()


def prepare_opendocument_file(file: OfficeFile, marks: PlacedFindings) -> bytes:
    """Return an OpenDocument file as pandoc is given it; its comments, tracked changes and headers are named."""
    root = parse_xml(file.parts["content.xml"])
    for comment in list(root.iter(f"{_OFFICE}annotation")):
        words = " ".join("".join(part.itertext()) for part in comment.iter(f"{_TEXT}p"))
        author = comment.findtext(_PROPERTIES["author"]) or ""
        paragraph = next(comment.iterancestors(f"{_TEXT}p", f"{_TEXT}h"), None)
        message = f"a comment{f' ({author})' if author else ''}: {shorten(words)}"
        if paragraph is None:
            marks.add_to_file("import-comment", message)
        else:
            etree.SubElement(paragraph, f"{_TEXT}span").text = marks.add("import-comment", message)
    for change in root.iter(f"{_TEXT}changed-region"):
        for kind in change:
            words = " ".join(" ".join(part.itertext()) for part in kind.iter(f"{_TEXT}p", f"{_TEXT}h"))
            name = {"insertion": "inserted", "deletion": "deleted"}.get(
                etree.QName(kind).localname, "changed in format"
            )
            marks.add_to_file("import-change", f"{name}: {shorten(words)}" if words else f"words {name}")
    if "styles.xml" in file.parts:
        for header in parse_xml(file.parts["styles.xml"]).iter(f"{_STYLE}header", f"{_STYLE}footer"):
            words = " ".join("".join(header.itertext()).split())
            if any(sign.isalpha() for sign in words):
                part_name = etree.QName(header).localname
                marks.add_to_file("import-left-out", f"the {part_name} of the pages: {shorten(words)}")
    content = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return _packed(file.parts | {"content.xml": content}, file)


_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def is_on(properties: etree._Element | None, name: str) -> bool:
    """Return whether a property such as `vanish` is set and not switched off."""
    found = None if properties is None else properties.find(WORD + name)
    return found is not None and found.get(WORD + "val", "1") not in ("0", "false", "off")


def runs_text(element: etree._Element) -> str:
    return "".join(node.text or "" for node in element.iter(WORD + "t"))


@warning_rule(
    "import-hidden",
    "Text that is hidden in Word; it is left out of the article.",
    "Words with the format “Hidden”",
    "Write it into the article where readers are to have it.",
)
def _take_out_hidden(root: etree._Element, marks: PlacedFindings) -> None:
    for run in list(root.iter(WORD + "r")):
        if not is_on(run.find(WORD + "rPr"), "vanish"):
            continue
        if words := runs_text(run).strip():
            _mark_paragraph(run, marks.add("import-hidden", f"hidden text, left out: {shorten(words)}"))
        for node in [node for node in run if node.tag in (WORD + "t", WORD + "tab", WORD + "br", WORD + "sym")]:
            run.remove(node)


def _mark_paragraph(inside: etree._Element, mark: str) -> None:
    """Put the mark of a finding into the paragraph around an element."""
    paragraph = next(inside.iterancestors(WORD + "p"), None)
    if paragraph is not None:
        run = etree.SubElement(paragraph, WORD + "r")
        etree.SubElement(run, WORD + "t").text = mark


def _open_fields(root: etree._Element) -> None:
    """Replace simple fields by the words that they show: pandoc would drop them."""
    for field in list(root.iter(WORD + "fldSimple")):
        parent = field.getparent()
        if parent is not None and "HYPERLINK" not in str(field.get(WORD + "instr", "")):
            at = parent.index(field)
            parent[at : at + 1] = list(field)


def _name_drawings(root: etree._Element, marks: PlacedFindings) -> None:
    """Name charts, drawings and linked pictures, which pandoc drops."""
    for drawing in list(root.iter(WORD + "drawing", WORD + "pict", WORD + "object")):
        kinds = {etree.QName(node).localname for node in drawing.iter() if isinstance(node.tag, str)}
        has_file = any(node.get(_EMBEDDED) for node in drawing.iter()) or "imagedata" in kinds
        # A box held text only, which stands below its paragraph by now.
        if has_file or "txbxContent" in kinds or not kinds & _DRAWN:
            continue
        about = next((node for node in drawing.iter() if etree.QName(node).localname == "docPr"), None)
        words = "" if about is None else str(about.get("descr") or about.get("name") or "")
        message = f"a drawing, a chart or a linked picture, left out: {shorten(words)}"
        _mark_paragraph(drawing, marks.add("import-picture", message))


_EMBEDDED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_DRAWN = frozenset({"graphicData", "shape", "group", "rect", "line", "oval", "OLEObject"})


def _name_comments(root: etree._Element, comments: dict[str, etree._Element], marks: PlacedFindings) -> None:
    """Name comments on a place without words, which pandoc drops, and take all that have a place from the others."""
    for start in root.iter(WORD + "commentRangeStart"):
        comments.pop(str(start.get(WORD + "id")), None)
    for place in list(root.iter(WORD + "commentReference")):
        comment = comments.pop(str(place.get(WORD + "id")), None)
        if comment is not None:
            by = f" ({author})" if (author := comment.get(WORD + "author")) else ""
            _mark_paragraph(place, marks.add("import-comment", f"a comment{by}: {shorten(runs_text(comment))}"))


def _join_paragraphs(root: etree._Element, marks: PlacedFindings) -> None:
    """Put the words of a paragraph whose end someone deleted before those of the next one."""
    for paragraph in list(root.iter(WORD + "p")):
        end = paragraph.find(f"{WORD}pPr/{WORD}rPr")
        below = paragraph.getnext()
        if end is None or end.find(WORD + "del") is None or below is None or below.tag != WORD + "p":
            continue
        if runs_text(paragraph).strip() and runs_text(below).strip():
            _mark_paragraph(below[0] if len(below) else below, marks.add("import-change", "two paragraphs joined"))
        at = int(below.find(WORD + "pPr") is not None)
        below[at:at] = [node for node in paragraph if node.tag != WORD + "pPr"]
        parent = paragraph.getparent()
        if parent is not None:
            parent.remove(paragraph)


@warning_rule(
    "import-moved",
    "Text that stands beside the text in Word, in a box or a frame; in the article it follows its paragraph.",
    "A text box on the margin",
    "Move it to where it belongs.",
)
def _lift_text_boxes(root: etree._Element, marks: PlacedFindings) -> None:
    for fallback in list(root.iter(_FALLBACK)):
        parent = fallback.getparent()
        if parent is not None:
            parent.remove(fallback)
    for box in list(root.iter(WORD + "txbxContent")):
        outer = list(box.iterancestors(WORD + "p"))
        if not outer or outer[-1].getparent() is None:
            continue
        blocks = list(box)
        after = outer[-1]
        words = " ".join(runs_text(block) for block in blocks)
        if words.strip():
            message = f"a text box, set below the paragraph it hangs on: {shorten(words)}"
            first = next((block for block in blocks if block.tag == WORD + "p"), None)
            if first is not None:
                run = etree.SubElement(first, WORD + "r")
                etree.SubElement(run, WORD + "t").text = marks.add("import-moved", message)
        while after.getnext() is not None and after.getnext().get("lifted"):
            after = after.getnext()
        for block in reversed(blocks):
            if block.tag == WORD + "p":
                block.set("lifted", "1")
            after.addnext(block)


@note_rule(
    "import-left-out",
    "Something of the document that the article does not have; the message quotes it.",
    "A header, a footer, a table of contents",
    "Write it into the article where readers are to have it.",
)
def _name_headers(file: OfficeFile, marks: PlacedFindings) -> None:
    seen = set()
    for name, data in sorted(file.parts.items()):
        kind = re.match(r"(header|footer)\d*\.xml$", PurePosixPath(name).name)
        words = " ".join(runs_text(parse_xml(data)).split()) if kind else ""
        if kind and words not in seen and any(sign.isalpha() for sign in words):
            seen.add(words)
            marks.add_to_file("import-left-out", f"the {kind[1]} of the pages: {shorten(words)}")
