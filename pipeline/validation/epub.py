"""Validator of a finished EPUB: container, manifest, spine, links, page list and accessibility claims.

It does not replace EPUBCheck. It sees to it that no broken book gets its final name, and that no book claims what
its pages do not bear out.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pipeline.timing import timed_phase
from pipeline.validation.accessibility import (
    EPUB_TYPE,
    XHTML_NS,
    accessibility_claims,
    count_accessibility,
    supports_conformance,
)
from pipeline.validation.epub_css import unsafe_css
from pipeline.validation.epub_page import page_violations, repeated_ids

if TYPE_CHECKING:
    from lxml import etree

MIMETYPE = b"application/epub+zip"
XHTML_TYPE = "application/xhtml+xml"
OPF_NS = "{http://www.idpf.org/2007/opf}"
CONTAINER_NS = "{urn:oasis:names:tc:opendocument:xmlns:container}"
FILE_SIGNATURES = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "font/ttf": (b"\x00\x01\x00\x00",),
}
EXTERNAL_SCHEMES = ("http", "https", "mailto", "tel")
ACCESSIBILITY_PROPERTIES = (
    "schema:accessMode",
    "schema:accessModeSufficient",
    "schema:accessibilityFeature",
    "schema:accessibilityHazard",
)
CONFORMS_TO, CERTIFIED_BY = "dcterms:conformsTo", "a11y:certifiedBy"


@dataclass(frozen=True, slots=True)
class EpubViolation:
    """What is wrong with a book, and where."""

    place: str
    """A file of the book, or empty where it concerns the whole."""
    message: str
    is_valid: bool = False
    """No standard forbids it: it is what reading systems stumble over, or what makes a claim untrue."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True)
class PublicationResource:
    """An entry of the manifest."""

    id: str
    name: str
    """From the root of the container."""
    media_type: str
    properties: tuple[str, ...]


def parse_xhtml(page: bytes) -> etree._Element:
    """Parse a page strictly.

    Raises:
        ValueError: Not well-formed; the message tells where.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        return etree.fromstring(page, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed: {error.msg}") from error


@timed_phase("validate")
def validate_epub(book: bytes) -> tuple[EpubViolation, ...]:
    """Return every fault of a finished book."""
    try:
        with zipfile.ZipFile(io.BytesIO(book)) as container:
            names = container.namelist()
            files = {name: container.read(name) for name in names}
            first = container.infolist()[0] if names else None
    except (zipfile.BadZipFile, OSError) as error:
        return (EpubViolation("", f"not a container: {error}"),)
    if not first or first.filename != "mimetype" or first.compress_type or files["mimetype"] != MIMETYPE:
        return (EpubViolation("mimetype", "expected first in the container, unpacked, with the type of an EPUB"),)
    try:
        opf_name = package_name(files)
        package = parse_xhtml(files[opf_name])
    except (KeyError, ValueError, StopIteration) as error:
        return (EpubViolation("META-INF/container.xml", f"leads to no package: {error}"),)
    resources = tuple(_manifest_resources(package, opf_name))
    faults = [
        *_container_violations(names),
        *_manifest_violations(opf_name, resources, files),
        *_spine_violations(opf_name, package, resources),
    ]
    pages: dict[str, etree._Element] = {}
    for resource in resources:
        if resource.media_type == XHTML_TYPE and resource.name in files:
            try:
                pages[resource.name] = parse_xhtml(files[resource.name])
            except ValueError as error:
                faults.append(EpubViolation(resource.name, str(error)))
    sheets = {
        resource.name: files[resource.name].decode("utf-8", "replace")
        for resource in resources
        if resource.media_type == "text/css" and resource.name in files
    }
    faults += (
        EpubViolation(name, f"the style has {what} on line {line}", is_valid=True)
        for name, sheet in sheets.items()
        for line, what in unsafe_css(sheet)
    )
    faults += (EpubViolation(name, message) for name, page in pages.items() for message in page_violations(page))
    faults += _broken_links(pages, files)
    faults += _page_list_violations(pages)
    faults += _claim_violations(opf_name, package, pages, sheets)
    return tuple(faults)


def unsupported_claims(book: bytes) -> tuple[EpubViolation, ...]:
    """Return the claims of accessibility that the pages of any book, not only of ours, do not bear out."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        files = {name: container.read(name) for name in container.namelist()}
    opf_name = package_name(files)
    package = parse_xhtml(files[opf_name])
    resources = [resource for resource in _manifest_resources(package, opf_name) if resource.name in files]
    pages = {item.name: parse_xhtml(files[item.name]) for item in resources if item.media_type == XHTML_TYPE}
    styles = [item.name for item in resources if item.media_type == "text/css"]
    sheets = {name: files[name].decode("utf-8", "replace") for name in styles}
    return tuple(_claim_violations(opf_name, package, pages, sheets))


def package_name(files: Mapping[str, bytes]) -> str:
    """Return the name of the package document.

    Raises:
        KeyError, ValueError, StopIteration: The container leads to none.
    """
    root = parse_xhtml(files["META-INF/container.xml"])
    return str(next(root.iter(f"{CONTAINER_NS}rootfile")).get("full-path", ""))


def _manifest_resources(package: etree._Element, opf_name: str) -> Iterator[PublicationResource]:
    folder = posixpath.dirname(opf_name)
    for item in package.iter(f"{OPF_NS}item"):
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        yield PublicationResource(
            item.get("id", ""), name, item.get("media-type", ""), tuple(item.get("properties", "").split())
        )


def _container_violations(names: list[str]) -> Iterator[EpubViolation]:
    yield from (
        EpubViolation(name, "stands in the container twice") for name, count in Counter(names).items() if count > 1
    )
    odd = (name for name in names if not name.isascii() or " " in name)
    yield from (EpubViolation(name, "expected a name of plain letters", is_valid=True) for name in odd)


def _manifest_violations(
    opf_name: str, resources: tuple[PublicationResource, ...], files: Mapping[str, bytes]
) -> Iterator[EpubViolation]:
    listed = {resource.name for resource in resources}
    unlisted = set(files) - listed - {"mimetype", opf_name}
    # What lies in META-INF is the container's own. Source: EPUB 3.3, section 4.2.6.1.
    yield from (
        EpubViolation(name, "is not in the manifest") for name in sorted(unlisted) if not name.startswith("META-INF/")
    )
    yield from _duplicate_ids(opf_name, (resource.id for resource in resources))
    if sum("nav" in resource.properties for resource in resources) != 1:
        yield EpubViolation(opf_name, "expected one navigation document")
    for resource in resources:
        if resource.name not in files:
            yield EpubViolation(resource.name, "is in the manifest, not in the container")
        elif not files[resource.name].startswith(FILE_SIGNATURES.get(resource.media_type, (b"",))):
            yield EpubViolation(resource.name, f"is not {resource.media_type}")


def _spine_violations(
    opf_name: str, package: etree._Element, resources: tuple[PublicationResource, ...]
) -> Iterator[EpubViolation]:
    pages = {resource.id for resource in resources if resource.media_type == XHTML_TYPE}
    turns = [turn.get("idref", "") for turn in package.iter(f"{OPF_NS}itemref")]
    if not turns:
        yield EpubViolation(opf_name, "has nothing to read")
    yield from (
        EpubViolation(opf_name, f"the reading order names {turn!r}, no page") for turn in turns if turn not in pages
    )
    yield from _duplicate_ids(opf_name, turns)


def _duplicate_ids(name: str, ids: Iterable[str]) -> Iterator[EpubViolation]:
    yield from (EpubViolation(name, message) for message in repeated_ids(ids))


def _broken_links(pages: Mapping[str, etree._Element], files: Mapping[str, bytes]) -> Iterator[EpubViolation]:
    """Follow every link and every file that a page asks for."""
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
    """Compare the page list with the marks in the text: the same pages, in the same order."""
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
    opf_name: str, package: etree._Element, pages: Mapping[str, etree._Element], sheets: Mapping[str, str]
) -> Iterator[EpubViolation]:
    """Compare what the metadata claim with what the pages bear out."""
    counted = count_accessibility(pages.values(), sheets.values())
    true = accessibility_claims(counted)
    said = {meta.get("property", "") for meta in package.iter(f"{OPF_NS}meta")}
    if CONFORMS_TO in said and not supports_conformance(counted):
        yield EpubViolation(opf_name, "claims conformance, which the pages do not bear out")
    if CONFORMS_TO in said and CERTIFIED_BY not in said:
        yield EpubViolation(opf_name, "claims conformance on nobody's word")
    for meta in package.iter(f"{OPF_NS}meta"):
        claim = meta.get("property", ""), (meta.text or "").strip()
        if claim[0] in ACCESSIBILITY_PROPERTIES and claim not in true:
            message = f"claims {claim[0]} {claim[1]!r}, which the pages do not bear out"
            yield EpubViolation(opf_name, message, is_valid=True)
