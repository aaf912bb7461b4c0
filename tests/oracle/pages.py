"""Facts of pages: chapters of an e-book and newsletters, read as HTML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree, html

from tests.oracle.facts import MARK, Address, Facts, Grid, Item, Words, counted, squeezed
from tests.oracle.model import OUTSIDE

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = {*_HEADINGS, "p", "ul", "ol", "dl", "table", "div", "blockquote", "pre", "section", "aside", "figure"}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of one article."""

    title: str
    facts: Facts
    boxes: tuple[str, ...]
    """The text of each box."""


@dataclass(frozen=True, slots=True)
class Book:
    """The chapters of an e-book, and the entries of its table of contents."""

    chapters: tuple[Chapter, ...]
    contents: tuple[str, ...]


def read_book(data: bytes) -> Book:
    """Return the chapters of an e-book; references that stand on a page of their own belong to their chapter."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        files = {name.rpartition("/")[2]: container.read(name) for name in container.namelist()}
    roots = {name: etree.fromstring(files[name]) for name in sorted(files) if name.endswith(".xhtml")}
    elsewhere = dict(_moved_references(roots["references.xhtml"])) if "references.xhtml" in roots else {}
    chapters = []
    for name, root in roots.items():
        if name.startswith("chapter-"):
            reader = _Reader()
            reader.element(next(root.iter("{*}body")))
            for element in elsewhere.get(name, ()):
                reader.element(element)
            chapters.append(_chapter(reader, root))
    toc = next(nav for nav in roots["nav.xhtml"].iter("{*}nav") if nav.get("role") == "doc-toc")
    return Book(tuple(chapters), tuple(squeezed(_all_words(link)) for link in toc.iter("{*}a")))


def _moved_references(root: etree._Element) -> Iterator[tuple[str, list[etree._Element]]]:
    """Yield each chapter's file, and what stands below its heading on the common page of references."""
    section = next(root.iter("{*}section"))
    for heading in section.iterchildren("{*}h2"):
        below = []
        for element in heading.itersiblings():
            if _tag(element) == "h2":
                break
            below.append(element)
        yield next(heading.iter("{*}a")).get("href", ""), below


def read_mail(data: bytes) -> tuple[Chapter, ...]:
    """Return the articles of a newsletter: each is a cell with a heading."""
    root = html.document_fromstring(data)
    chapters = []
    for card in root.xpath("//td[contains(@class, 'card')]"):
        for below in card.xpath(".//*[self::h2 or self::h3][@data-added]/following-sibling::*[1][self::ul]"):
            below.set("data-added", "")  # what to read next
        reader = _Reader()
        reader.element(card)
        chapters.append(_chapter(reader, card))
    return tuple(chapters)


def _chapter(reader: _Reader, root: etree._Element) -> Chapter:
    facts = reader.facts
    facts.blocks = [Words(reader.text + reader.notes)]
    boxes = (
        each for each in root.iter("{*}section", "{*}aside", "td") if re.match("callout|box ", each.get("class", ""))
    )
    words = tuple(squeezed(_all_words(box)) for box in boxes)
    return Chapter(facts.headings[0].text if facts.headings else "", facts, words)


@dataclass(slots=True)
class _Reader:
    """Walks through a page; what a writer marked as added is passed over, save for footnote marks."""

    facts: Facts = field(default_factory=Facts)
    text: str = ""
    notes: str = ""
    """The words of the footnotes, which come behind all others."""

    def element(self, element: etree._Element) -> str:
        """Read an element, and return its words."""
        tag, role = _tag(element), element.get("role", "")
        if tag in ("", "style", "script", "title"):
            return ""
        if role == "doc-noteref":
            return self.say(MARK.format(_all_words(element).strip()))
        if role in ("doc-footnote", "doc-endnotes"):
            self.footnotes(element, role)
            return ""
        if element.get("data-added") is not None and tag not in ("sup", "section"):
            return ""
        if element.get("data-added") is not None and not _has_mark(element):
            return ""
        match tag:
            case "ol":
                return self.numbered(element)
            case "table" if role != "presentation":
                return self.table(element)
            case "a":
                return self.link(element)
        words = self.inside(element)
        if tag in _HEADINGS and words:
            self.facts.headings.append(Words(words))
        return words

    def say(self, words: str) -> str:
        self.text += squeezed(words)
        return squeezed(words)

    def inside(self, element: etree._Element) -> str:
        is_mark = element.get("data-added") is not None  # the brackets around a footnote mark are no words
        words = "" if is_mark else self.say(element.text or "")
        for child in element:
            words += self.element(child) + ("" if is_mark else self.say(child.tail or ""))
        return words

    def numbered(self, element: etree._Element) -> str:
        words = ""
        items = [child for child in element if _tag(child) == "li"]
        for number, item in enumerate(items, int(element.get("start", "1"))):
            place = len(self.facts.items)
            shown = counted(int(item.get("value", number)), element.get("type", "1"))
            self.facts.items.append(Item(shown, ""))
            before = len(self.text)
            words += self.inside(item)
            self.facts.items[place] = Item(shown, self.text[before:])
        return words

    def table(self, element: etree._Element) -> str:
        words = "".join(self.element(caption) for caption in element if _tag(caption) == "caption")
        rows = []
        has_head = False
        for row in element.iter("{*}tr", "tr"):
            has_head = has_head or _tag(row.getparent()) == "thead"
            rows.append(tuple(self.inside(cell) for cell in row if _tag(cell) in ("td", "th")))
            words += "".join(rows[-1])
        self.facts.tables.append(Grid(tuple(rows), has_head))
        return words

    def link(self, element: etree._Element) -> str:
        words = self.inside(element)
        href = element.get("href", "")
        if href.startswith((*OUTSIDE, "#")) or ".xhtml" in href:
            self.facts.addresses.append(Address(unquote(href), words))
        return words

    def footnotes(self, element: etree._Element, role: str) -> None:
        """Read footnotes: an aside each, or the items of a list."""
        outer, self.text = self.text, ""
        if role == "doc-footnote":
            notes = {element.get("id", "").rpartition("-")[2]: element}
        else:
            lists = [child for child in element if _tag(child) == "ol"]
            notes = {
                str(number): item for each in lists for number, item in enumerate(each, int(each.get("start", "1")))
            }
        for number, note in notes.items():
            self.facts.notes[number] = Words(self.inside(note))
        self.notes += self.text
        self.text = outer


def _has_mark(element: etree._Element) -> bool:
    return _tag(element) == "sup" and any(each.get("role") == "doc-noteref" for each in element.iter())


def _tag(element: etree._Element | None) -> str:
    return etree.QName(element).localname if element is not None and isinstance(element.tag, str) else ""


def _all_words(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))
