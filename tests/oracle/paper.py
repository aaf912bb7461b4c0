"""Facts of a handout, read through the structure tree of the PDF, and its bookmarks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import pypdfium2

from tests.oracle.facts import MARK, Address, Facts, Grid, Item, Words, squeezed
from tests.pdf_reading import Element, tree

_NUMBER = re.compile(r"\w+(?=[.)]?$)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The articles of a handout, and the titles of its bookmarks."""

    articles: tuple[Facts, ...]
    bookmarks: tuple[str, ...]
    sections: tuple[str, ...]
    """The text of every section, boxes among them, save for bands that lead to boxes."""
    sources: dict[str, Facts] = field(default_factory=dict)
    """References at the end of an edition, by the title of their chapter."""


def read_handout(data: bytes) -> Sheet:
    document = pypdfium2.PdfDocument(data)
    bookmarks = tuple(squeezed(entry.get_title()) for entry in document.get_toc())
    document.close()
    root = tree(data, line_end_hyphen="")
    texts = (squeezed(section.text) for section in root.find("Sect"))
    # The band below the lead repeats signs that stand overleaf.
    boxes = tuple(words for words in texts if not re.search(r"(?:seside|seepage)\d+$", words))
    sections = [section for end in root.find("Sect") if end.find("H1") for section in end.find("Sect")]
    sources = {section.find("H2")[0].text: _article(section) for section in sections if section.find("H2")}
    return Sheet(tuple(map(_article, root.find("Art"))), bookmarks, boxes, sources)


def page_words(data: bytes) -> Counter[str]:
    """Return the words on the pages of a PDF without structure, in no order: an imposed page stands elsewhere."""
    document = pypdfium2.PdfDocument(data)
    words = " ".join(page.get_textpage().get_text_range().replace("\x02", "-") for page in document).split()
    document.close()
    return Counter(words)


def back_cover_words(booklet: bytes) -> Counter[str]:
    """Return the words on the left half of the first side of a booklet."""
    document = pypdfium2.PdfDocument(booklet)
    width, height = document[0].get_size()
    words = document[0].get_textpage().get_text_bounded(0, 0, width / 2, height).replace("\x02", "-").split()
    document.close()
    return Counter(words)


def _article(element: Element) -> Facts:
    reader = _Reader()
    notes = _notes_section(element)
    for kid in element.kids:
        if kid is not notes:
            reader.kid(kid)
    if notes is not None:
        reader.footnotes(notes)
    reader.facts.blocks = [Words(reader.text)]
    return reader.facts


def _notes_section(element: Element) -> Element | None:
    """Return the section of the footnotes: of an article with footnote marks the last that is a heading and a list."""
    if not any(_is_mark(link) for link in element.find("Link")):
        return None
    sections = [kid for kid in element.kids if isinstance(kid, Element) and kid.kind == "Sect"]
    sections = [kid for section in sections for kid in ([section, *section.find("Sect")])]
    shape = re.compile(r"Sect\(H\d L\(.*\)\)")
    return next(
        (section for section in reversed(sections) if shape.fullmatch(section.outline) and _is_numbered(section)), None
    )


def _is_numbered(section: Element) -> bool:
    return section.find("L")[0].properties.get("/ListNumbering") == "/Decimal"


def _is_mark(link: Element) -> bool:
    """Tell whether a link is a footnote mark: a number that leads to a place of the same document."""
    return link.text.isdigit() and "URI" not in link.properties


@dataclass(slots=True)
class _Reader:
    facts: Facts = field(default_factory=Facts)
    text: str = ""

    def kid(self, kid: Element | str) -> str:
        if isinstance(kid, str):
            self.text += squeezed(kid)
            return squeezed(kid)
        match kid.kind:
            case "Link":
                return self.link(kid)
            case "L":
                has_numbers = kid.properties.get("/ListNumbering", "/Disc") != "/Disc"
                return "".join(self.entry(each, has_numbers) for each in kid.kids if isinstance(each, Element))
            case "Table":
                return self.table(kid)
        words = self.inside(kid)
        if re.fullmatch(r"H\d", kid.kind):
            self.facts.headings.append(Words(words))
        return words

    def inside(self, element: Element) -> str:
        return "".join(map(self.kid, element.kids))

    def link(self, element: Element) -> str:
        if _is_mark(element):
            mark = MARK.format(element.text)
            self.text += mark
            return mark
        words = self.inside(element)
        if "URI" in element.properties:
            self.facts.addresses.append(Address(element.properties["URI"], words))
        return words

    def entry(self, element: Element, has_numbers: bool) -> str:
        """Read an item of a list; the label of a numbered one is its number, that of a definition its term."""
        labels = [kid for kid in element.kids if isinstance(kid, Element) and kid.kind == "Lbl"]
        label = labels[0].text_of_label if labels else ""
        number = _NUMBER.match(squeezed(label)) if has_numbers else None
        place, before = len(self.facts.items), len(self.text)
        if number:
            self.facts.items.append(Item(number[0], ""))
        is_bullet = bool(labels) and not any(map(str.isalnum, label))
        kids = [kid for kid in element.kids if not (kid in labels and (number or is_bullet))]
        words = "".join(map(self.kid, kids))
        if number:
            self.facts.items[place] = Item(number[0], self.text[before:])
        return words

    def table(self, element: Element) -> str:
        name = "".join(self.kid(kid) for kid in element.kids if isinstance(kid, Element) and kid.kind == "Caption")
        rows, words = [], name
        for row in element.find("TR"):
            rows.append(tuple(map(self.inside, row.cells)))
            words += "".join(rows[-1])
        heads = [cell.kind for head in element.find("THead") for row in head.find("TR") for cell in row.cells]
        firsts = [row.cells[0] for body in element.find("TBody") for row in body.find("TR")]
        begins_with_heads = all((cell.kind, cell.properties.get("/Scope")) == ("TH", "/Row") for cell in firsts)
        if begins_with_heads and not heads:
            self.listed(name, rows)
        else:
            turned = zip(*rows, strict=True) if begins_with_heads else rows
            has_head = bool(heads) and set(heads) == {"TH"}
            self.facts.tables.append(Grid(tuple(turned), has_head, is_turned=begins_with_heads))
        return words

    def listed(self, name: str, rows: list[tuple[str, ...]]) -> None:
        """Add a row that is printed as a table of its own: below its name, each cell behind the head of its column."""
        head, row = (("", *column) for column in zip(*rows, strict=True))
        row = (name, *row[1:])
        last = self.facts.tables[-1] if self.facts.tables else None
        if last and last.is_listed and last.rows[0] == head:
            self.facts.tables[-1] = replace(last, rows=(*last.rows, row))
        else:
            self.facts.tables.append(Grid((head, row), has_head=True, is_listed=True))

    def footnotes(self, section: Element) -> None:
        (notes,) = (kid for kid in section.kids if isinstance(kid, Element) and kid.kind == "L")
        for note in notes.kids:
            if isinstance(note, Element):
                label = next((kid for kid in note.kids if isinstance(kid, Element) and kid.kind == "Lbl"), None)
                number = _NUMBER.match(squeezed(label.text_of_label)) if label else None
                body = [kid for kid in note.kids if kid is not label]
                self.facts.notes[number[0] if number else "?"] = Words("".join(map(self.kid, body)))
