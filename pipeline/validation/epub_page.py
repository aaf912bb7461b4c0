"""Validator of one XHTML page of an EPUB: title, ids, ARIA roles, labels of links and pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.validation.accessibility import EPUB_TYPE, HEADINGS, XHTML_NS

if TYPE_CHECKING:
    from lxml import etree

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SOFT_HYPHEN = "\u00ad"
ROLES = {
    "part": "doc-part", "chapter": "doc-chapter", "preface": "doc-preface", "colophon": "doc-colophon",
    "glossary": "doc-glossary", "bibliography": "doc-bibliography", "pagebreak": "doc-pagebreak",
    "noteref": "doc-noteref", "footnote": "doc-footnote", "tip": "doc-tip", "notice": "doc-notice",
    "toc": "doc-toc", "page-list": "doc-pagelist",
}  # fmt: skip
"""What says the same to screen readers as a type does to e-readers: DPUB-ARIA 1.1."""


def page_violations(page: etree._Element) -> Iterator[str]:
    """Yield what is wrong with a page."""
    language = page.get("lang", "")
    if not language or language != page.get(XML_LANG):
        yield "does not state its language in both ways"
    if not page.findtext(f"{XHTML_NS}head/{XHTML_NS}title", "").strip():
        yield "has no title"
    if SOFT_HYPHEN in "".join(map(str, page.itertext())):
        yield "has a soft hyphen, at which speech and search stumble"
    yield from repeated_ids(element.get("id", "") for element in page.iter("*") if element.get("id") is not None)
    yield from _role_violations(page)
    yield from _unlabelled_elements(page)


def repeated_ids(ids: Iterable[str]) -> Iterator[str]:
    """Yield each id that stands there more than once."""
    yield from (f"the id {id_!r} stands there twice" for id_, count in Counter(ids).items() if count > 1)


def _role_violations(page: etree._Element) -> Iterator[str]:
    """Yield what says one thing to e-readers and another, or nothing, to screen readers."""
    for element in page.iter("*"):
        kind = element.get(EPUB_TYPE, "")
        is_link = element.tag == f"{XHTML_NS}a" and kind != "noteref"  # a landmark leads to what is of that type
        if kind in ROLES and not is_link and element.get("role") != ROLES[kind]:
            yield f"epub:type {kind!r} without the role {ROLES[kind]!r}"
    for header in page.iter(f"{XHTML_NS}th"):
        if not header.get("scope"):
            yield "a header cell without scope"


def _unlabelled_elements(page: etree._Element) -> Iterator[str]:
    """Yield what a screen reader would come to and have nothing to say of."""
    for image in page.iter(f"{XHTML_NS}img"):
        if image.get("alt") is None:
            yield f"the picture {image.get('src')!r} has no text alternative"
    for heading in page.iter(*HEADINGS):
        if not _can_be_read_out(heading):
            yield f"an empty heading on line {heading.sourceline}"
    for header in page.iter(f"{XHTML_NS}th"):
        if not _can_be_read_out(header):
            yield f"an empty header cell on line {header.sourceline}"
    for link in page.iter(f"{XHTML_NS}a"):
        if not _can_be_read_out(link):
            yield f"the link to {link.get('href')!r} has no words"


def _can_be_read_out(element: etree._Element) -> bool:
    """Tell whether an element has words, a label, or a picture with a text alternative."""
    has_words = bool("".join(map(str, element.itertext())).strip() or element.get("aria-label"))
    return has_words or any(image.get("alt") for image in element.iter(f"{XHTML_NS}img"))
