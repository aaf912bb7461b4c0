"""Validator of a finished EPUB: container, manifest, spine, pages, links, page list, accessibility claims.

It does not replace EPUBCheck. It keeps broken books from being published, and claims from being made that the pages do
not support.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.timing import timed_phase
from pipeline.validation.accessibility import (
    EPUB_TYPE,
    HEADINGS,
    XHTML_NS,
    accessibility_claims,
    count_accessibility,
    supports_conformance,
)

if TYPE_CHECKING:
    from lxml import etree

XHTML_TYPE = "application/xhtml+xml"
OPF_NS = "{http://www.idpf.org/2007/opf}"
CONTAINER_NS = "{urn:oasis:names:tc:opendocument:xmlns:container}"
FILE_SIGNATURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "font/ttf": b"\x00\x01\x00\x00"}
EXTERNAL_SCHEMES = ("http", "https", "mailto", "tel")
ACCESSIBILITY_PROPERTIES = tuple(
    f"schema:{name}" for name in ("accessMode", "accessModeSufficient", "accessibilityFeature", "accessibilityHazard")
)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ROLES = {
    "part": "doc-part", "chapter": "doc-chapter", "preface": "doc-preface", "colophon": "doc-colophon",
    "glossary": "doc-glossary", "bibliography": "doc-bibliography", "pagebreak": "doc-pagebreak",
    "noteref": "doc-noteref", "footnote": "doc-footnote", "tip": "doc-tip", "notice": "doc-notice",
    "toc": "doc-toc", "page-list": "doc-pagelist",
}  # fmt: skip
"""DPUB-ARIA roles of epub:types: the roles are for screen readers, the types for reading systems."""
CONFORMS_TO, CERTIFIED_BY = "dcterms:conformsTo", "a11y:certifiedBy"
_UNSAFE_CONSTRUCTS = {
    "a grid or a flexible box": r"display\s*:\s*(inline-)?(grid|flex)",
    "a variable": r"var\(|(?<=[;{\s])--[\w-]+\s*:",
    "a newer selector": r":(has|is|where)\(",
    "a newer function": r"\b(calc|clamp|min|max|color-mix|light-dark|env)\(",
    "a newer property": r"(?<=[;{\s])(gap|inset|aspect-ratio|(margin|padding|border)-(inline|block)[\w-]*)\s*:",
    "a newer rule": r"@(import|layer|supports|property)\b",
    "a place outside the flow": r"position\s*:\s*(fixed|absolute|sticky)",
    "a file from outside": r"url\(\s*[\"']?\s*(https?:)?//",
}
_URL_FUNCTIONS = frozenset({"url", "src", "image-set"})
"""Functions whose strings are addresses. Source: CSS Values 4, section 4.5; CSS Images 4, section 2.4."""


@dataclass(frozen=True, slots=True)
class EpubViolation:
    place: str
    """A file of the book; empty: the whole book."""
    message: str
    is_valid: bool = False
    """No standard forbids it, but reading systems have problems with it, or it makes a claim untrue."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True)
class Publication:
    files: Mapping[str, bytes]
    opf_name: str
    package: etree._Element

    def resources(self, media_type: str = "") -> Iterator[tuple[str, etree._Element]]:
        """Yield file name and manifest entry of every resource, or of those of one media type that exist."""
        folder = posixpath.dirname(self.opf_name)
        for item in self.package.iter(f"{OPF_NS}item"):
            name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
            if not media_type or (item.get("media-type") == media_type and name in self.files):
                yield name, item


def parse_xhtml(page: bytes) -> etree._Element:
    """Parse a page strictly.

    Raises:
        ValueError: Not well-formed; the message says where.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        return etree.fromstring(page, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed: {error.msg}") from error


def read_container(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        return {name: container.read(name) for name in container.namelist()}


def read_publication(files: Mapping[str, bytes]) -> Publication:
    """Return a book with its package document.

    Raises:
        KeyError, ValueError, StopIteration: The container has none.
    """
    root = parse_xhtml(files["META-INF/container.xml"])
    opf_name = str(next(root.iter(f"{CONTAINER_NS}rootfile")).get("full-path", ""))
    return Publication(files, opf_name, parse_xhtml(files[opf_name]))


@timed_phase("validate")
def validate_epub(book: bytes) -> tuple[EpubViolation, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(book)) as container:
            entries = container.infolist()
        files = read_container(book)
    except (zipfile.BadZipFile, OSError) as error:
        return (EpubViolation("", f"not a container: {error}"),)
    first = (entries[0].filename, entries[0].compress_type) if entries else None
    if first != ("mimetype", zipfile.ZIP_STORED) or files["mimetype"] != b"application/epub+zip":
        return (EpubViolation("mimetype", "expected first in the container, unpacked, with the type of an EPUB"),)
    try:
        publication = read_publication(files)
    except (KeyError, ValueError, StopIteration) as error:
        return (EpubViolation("META-INF/container.xml", f"leads to no package: {error}"),)
    violations = [
        *_container_violations([entry.filename for entry in entries]),
        *_manifest_violations(publication),
        *_spine_violations(publication),
    ]
    pages: dict[str, etree._Element] = {}
    for name, _ in publication.resources(XHTML_TYPE):
        try:
            pages[name] = parse_xhtml(files[name])
        except ValueError as error:
            violations.append(EpubViolation(name, str(error)))
    sheets = {name: files[name].decode("utf-8", "replace") for name, _ in publication.resources("text/css")}
    violations += (
        EpubViolation(name, f"the style has {what} on line {line}", is_valid=True)
        for name, sheet in sheets.items()
        for line, what in unsafe_css(sheet)
    )
    return (
        *violations,
        *(violation for name, page in pages.items() for violation in _page_violations(name, page)),
        *_broken_links(pages, files),
        *_page_list_violations(pages),
        *_claim_violations(publication, pages, sheets),
    )


def _container_violations(names: list[str]) -> Iterator[EpubViolation]:
    yield from (EpubViolation(name, "is in the container twice") for name, count in Counter(names).items() if count > 1)
    yield from (
        EpubViolation(name, "expected a name of plain letters", is_valid=True)
        for name in names
        if not name.isascii() or " " in name
    )


def _manifest_violations(publication: Publication) -> Iterator[EpubViolation]:
    files, opf_name = publication.files, publication.opf_name
    resources = list(publication.resources())
    unlisted = set(files) - {name for name, _ in resources} - {"mimetype", opf_name}
    # META-INF belongs to the container. Source: EPUB 3.3, section 4.2.6.1.
    yield from (
        EpubViolation(name, "is not in the manifest") for name in sorted(unlisted) if not name.startswith("META-INF/")
    )
    yield from _repeated_ids(opf_name, (item.get("id", "") for _, item in resources))
    if sum("nav" in item.get("properties", "").split() for _, item in resources) != 1:
        yield EpubViolation(opf_name, "expected one navigation document")
    for name, item in resources:
        media_type = item.get("media-type", "")
        if name not in files:
            yield EpubViolation(name, "is in the manifest, not in the container")
        elif not files[name].startswith(FILE_SIGNATURES.get(media_type, b"")):
            yield EpubViolation(name, f"is not {media_type}")


def _spine_violations(publication: Publication) -> Iterator[EpubViolation]:
    opf_name = publication.opf_name
    pages = {item.get("id") for _, item in publication.resources() if item.get("media-type") == XHTML_TYPE}
    spine = [itemref.get("idref", "") for itemref in publication.package.iter(f"{OPF_NS}itemref")]
    if not spine:
        yield EpubViolation(opf_name, "has nothing to read")
    yield from (
        EpubViolation(opf_name, f"the reading order names {idref!r}, no page") for idref in spine if idref not in pages
    )
    yield from _repeated_ids(opf_name, spine)


def _broken_links(pages: Mapping[str, etree._Element], files: Mapping[str, bytes]) -> Iterator[EpubViolation]:
    """Check that every link and every file of a page exists."""
    ids = {name: {element.get("id") for element in page.iter("*")} for name, page in pages.items()}
    for name, page in pages.items():
        for element in page.iter("*"):
            for attribute in ("href", "src"):
                address = element.get(attribute)
                if address is None or (element.tag == f"{XHTML_NS}a" and urlsplit(address).scheme in EXTERNAL_SCHEMES):
                    continue
                path, _, fragment = unquote(address).partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                if target not in files:
                    yield EpubViolation(name, f"{address!r} is no file of the book")
                elif fragment and fragment not in ids.get(target, set()):
                    yield EpubViolation(name, f"{address!r} is no place in the book")


def _page_list_violations(pages: Mapping[str, etree._Element]) -> Iterator[EpubViolation]:
    """Compare the page list with the page breaks in the text: the same pages, in the same order."""
    marks: list[str] = []
    listed: list[str] = []
    for name, page in pages.items():
        breaks = (element for element in page.iter("*") if element.get("role") == "doc-pagebreak")
        marks += (f"{name}#{element.get('id')}" for element in breaks)
        for nav in page.iter(f"{XHTML_NS}nav"):
            if nav.get(EPUB_TYPE) == "page-list":
                folder = posixpath.dirname(name)
                listed += (posixpath.join(folder, unquote(link.get("href", ""))) for link in nav.iter(f"{XHTML_NS}a"))
    if marks != listed:
        yield EpubViolation("", f"{len(marks)} pages are marked in the text, {len(listed)} others are listed")


def _claim_violations(
    publication: Publication, pages: Mapping[str, etree._Element], sheets: Mapping[str, str]
) -> Iterator[EpubViolation]:
    """Compare the accessibility claims of the metadata with the pages."""
    counted = count_accessibility(pages.values(), sheets.values())
    true = accessibility_claims(counted)
    opf_name = publication.opf_name
    stated = [
        (meta.get("property", ""), (meta.text or "").strip()) for meta in publication.package.iter(f"{OPF_NS}meta")
    ]
    properties = {name for name, _ in stated}
    if CONFORMS_TO in properties and not supports_conformance(counted):
        yield EpubViolation(opf_name, "claims conformance, which the pages contradict")
    if CONFORMS_TO in properties and CERTIFIED_BY not in properties:
        yield EpubViolation(opf_name, "claims conformance without a certifier")
    for claim in stated:
        if claim[0] in ACCESSIBILITY_PROPERTIES and claim not in true:
            yield EpubViolation(opf_name, f"claims {claim[0]} {claim[1]!r}, which the pages contradict", is_valid=True)


# ---- one page


def _page_violations(name: str, page: etree._Element) -> Iterator[EpubViolation]:
    checks = {
        "does not state its language in both lang and xml:lang": not page.get("lang")
        or page.get("lang") != page.get(XML_LANG),
        "has no title": not page.findtext(f"{XHTML_NS}head/{XHTML_NS}title", "").strip(),
        "has a soft hyphen, which disturbs speech and search": "\u00ad" in "".join(map(str, page.itertext())),
    }
    yield from (EpubViolation(name, message) for message, is_violated in checks.items() if is_violated)
    yield from _repeated_ids(
        name, (element.get("id", "") for element in page.iter("*") if element.get("id") is not None)
    )
    yield from (EpubViolation(name, message) for message in (*_role_violations(page), *_unlabelled_elements(page)))


def _repeated_ids(place: str, ids: Iterable[str]) -> Iterator[EpubViolation]:
    return (EpubViolation(place, f"the id {id_!r} occurs twice") for id_, count in Counter(ids).items() if count > 1)


def _role_violations(page: etree._Element) -> Iterator[str]:
    """Yield elements whose ARIA role is missing or contradicts their epub:type."""
    for element in page.iter("*"):
        kind = element.get(EPUB_TYPE, "")
        is_link = element.tag == f"{XHTML_NS}a" and kind != "noteref"  # a landmark leads to what is of that type
        if kind in ROLES and not is_link and element.get("role") != ROLES[kind]:
            yield f"epub:type {kind!r} without the role {ROLES[kind]!r}"
    yield from ("a header cell without scope" for header in page.iter(f"{XHTML_NS}th") if not header.get("scope"))


def _unlabelled_elements(page: etree._Element) -> Iterator[str]:
    """Yield elements that a screen reader cannot announce."""
    for image in page.iter(f"{XHTML_NS}img"):
        if image.get("alt") is None:
            yield f"the picture {image.get('src')!r} has no text alternative"
    kinds = {f"{XHTML_NS}th": "header cell"} | dict.fromkeys(HEADINGS, "heading")
    for element in page.iter(*kinds, f"{XHTML_NS}a"):
        has_words = "".join(map(str, element.itertext())).strip() or element.get("aria-label")
        if not has_words and not any(image.get("alt") for image in element.iter(f"{XHTML_NS}img")):
            kind = kinds.get(str(element.tag))
            link = f"the link to {element.get('href')!r} has no words"
            yield f"an empty {kind} on line {element.sourceline}" if kind else link


# ---- style sheets: CSS that EPUBCheck passes but older reading systems do not support


@lru_cache(maxsize=16)  # the books of a site share their style sheets
def unsafe_css(sheet: str) -> tuple[tuple[int, str], ...]:
    """Return the CSS of a style sheet that older readers do not support: line and description."""
    rules = re.sub(r"(?s)/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment[0]), sheet)
    places = [
        (found.start(), what)
        for what, pattern in _UNSAFE_CONSTRUCTS.items()
        for found in re.finditer(pattern, rules, re.IGNORECASE)
    ]
    places += _misplaced_rules(rules)
    return tuple((rules.count("\n", 0, place) + 1, what) for place, what in sorted(places))


@lru_cache(maxsize=16)
def files_in_css(sheet: str) -> tuple[tuple[int, str], ...]:
    """Return the files that a style sheet loads: line and address."""
    import tinycss2

    return tuple(_named_addresses(tinycss2.parse_component_value_list(sheet)))


def _named_addresses(nodes: Iterable[Any]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if node.type == "url":
            yield node.source_line, node.value
        elif node.type == "function":
            if node.lower_name in _URL_FUNCTIONS:
                yield from ((part.source_line, part.value) for part in node.arguments if part.type == "string")
            yield from _named_addresses(node.arguments)
        elif node.type.endswith(" block"):
            yield from _named_addresses(node.content)


def _misplaced_rules(rules: str) -> Iterator[tuple[int, str]]:
    """Yield nested rules, and the first query of a sheet that has other rules too."""
    opened: list[bool] = []  # of each enclosing block: it belongs to an at-rule
    queries: list[int] = []
    has_more = False
    for part in re.finditer(r"([^{};]*)([{};])", rules):
        prelude, delimiter = part[1].strip(), part[2]
        start = part.end() - len(part[1].lstrip()) - 1
        if delimiter == "}":
            del opened[-1:]
        elif delimiter == "{":
            if not all(opened):
                yield start, "a nested rule"
            if prelude.lower().startswith(("@media", "@container")):
                queries.append(start)
            elif not opened:
                has_more = True
            opened.append(prelude.startswith("@"))
    if queries and has_more:
        # Older readers drop the whole sheet.
        yield queries[0], "a media or container query beside other rules"
