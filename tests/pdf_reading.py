"""A PDF as a screen reader meets it: through its structure tree."""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium


@dataclass
class Element:
    """An element of the tree, with its text and elements in order."""

    kind: str
    properties: dict[str, str] = field(default_factory=dict)
    kids: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words below, list labels left out, with single spaces."""
        pieces = [kid if isinstance(kid, str) else kid.text for kid in self.kids if kid != "" and not is_label(kid)]
        return " ".join(" ".join(pieces).split())

    @property
    def text_of_label(self) -> str:
        """All words of a label."""
        return " ".join(kid if isinstance(kid, str) else kid.text_of_label for kid in self.kids)

    @property
    def outline(self) -> str:
        """The kinds below, such as `L(LI(Lbl LBody(P)))`."""
        kids = " ".join(kid.outline for kid in self.kids if isinstance(kid, Element))
        return f"{self.kind}({kids})" if kids else self.kind

    @property
    def cells(self) -> list[Element]:
        """The elements right below, such as the cells of a row."""
        return [kid for kid in self.kids if isinstance(kid, Element)]

    def find(self, kind: str) -> list[Element]:
        """Return the elements of a kind, in reading order."""
        below = [kid for kid in self.kids if isinstance(kid, Element)]
        return [found for kid in below for found in ([kid] if kid.kind == kind else []) + kid.find(kind)]


def is_label(kid: Element | str) -> bool:
    return isinstance(kid, Element) and kid.kind == "Lbl"


def tree(data: bytes, line_end_hyphen: str = "-") -> Element:
    """Return the document element.

    Args:
        line_end_hyphen: What is read for a hyphen at the end of a line: PDFium does not tell whether the word has it.
    """
    words = _marked(data, line_end_hyphen)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.objgen: index for index, page in enumerate(pdf.pages)}
        return _element(pdf.Root.StructTreeRoot.K[0], pages, words)


def unmarked(data: bytes) -> str:
    """Return the words on the pages that no element holds."""
    return " ".join(" ".join(text for (_, mcid), text in _marked(data).items() if mcid < 0).split())


def artifacts(data: bytes) -> int:
    """Return how many pieces of content are artifacts."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = [pikepdf.parse_content_stream(page) for page in pdf.pages]
        return sum(bool(each.operands) and each.operands[0] == "/Artifact" for stream in streams for each in stream)


def _element(source: Any, pages: dict[Any, int], words: dict[tuple[int, int], str]) -> Element:
    made = Element(str(source.S)[1:], {str(key): str(source[key]) for key in ("/Alt", "/Lang", "/E") if key in source})
    for key, value in dict(source.get("/A", {})).items():
        made.properties[str(key)] = str(value) if not isinstance(value, pikepdf.Array) else "box"
    for kid in source.K:
        if not isinstance(kid, pikepdf.Dictionary):
            made.kids.append(words.get((pages[source.Pg.objgen], int(kid)), ""))
        elif kid.get("/Type") == "/MCR":
            made.kids.append(words.get((pages[kid.Pg.objgen], int(kid.MCID)), ""))
        elif kid.get("/Type") == "/OBJR":
            made.properties["Contents"] = str(kid.Obj.Contents)
            if "/A" in kid.Obj and "/URI" in kid.Obj.A:
                made.properties["URI"] = str(kid.Obj.A.URI)
        else:
            made.kids.append(_element(kid, pages, words))
    return made


def _marked(data: bytes, line_end_hyphen: str = "-") -> dict[tuple[int, int], str]:
    words: dict[tuple[int, int], str] = defaultdict(str)
    document = pypdfium2.PdfDocument(data)
    for index, page in enumerate(document):
        text_page = page.get_textpage()
        for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT,)):
            length = pdfium.FPDFTextObj_GetText(thing.raw, text_page.raw, None, 0)
            buffer = ctypes.create_string_buffer(length)
            pdfium.FPDFTextObj_GetText(
                thing.raw, text_page.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length
            )
            mcid = pdfium.FPDFPageObj_GetMarkedContentID(thing.raw)
            # PDFium reads U+0002 for a hyphen at the end of a line, meant or not.
            words[index, mcid] += (
                buffer.raw.decode("utf-16-le")
                .rstrip("\0")
                .replace("\x02", line_end_hyphen)
                .replace("\ufffe", line_end_hyphen)
            )
    document.close()
    return words
