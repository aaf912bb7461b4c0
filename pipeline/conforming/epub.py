"""Judge of a finished EPUB: what EPUBCheck and readers would stumble over, found in milliseconds.

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

from pipeline.conforming.access import EPUB_TYPE, XHTML, bears_conformance, claims, survey
from pipeline.conforming.css import unsafe_styles
from pipeline.conforming.xhtml import page_faults, repeated
from pipeline.phases import phase

if TYPE_CHECKING:
    from lxml import etree

MIMETYPE = b"application/epub+zip"
XHTML_TYPE = "application/xhtml+xml"
OPF = "{http://www.idpf.org/2007/opf}"
CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
SIGNATURES = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "font/ttf": (b"\x00\x01\x00\x00",),
}
OUTSIDE = ("http", "https", "mailto", "tel")
CLAIMS = (
    "schema:accessMode",
    "schema:accessModeSufficient",
    "schema:accessibilityFeature",
    "schema:accessibilityHazard",
)
CONFORMS, CERTIFIED = "dcterms:conformsTo", "a11y:certifiedBy"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a book, and where."""

    place: str
    """A file of the book, or empty where it concerns the whole."""
    message: str
    is_valid: bool = False
    """No standard forbids it: it is what reading systems stumble over, or what makes a claim untrue."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True)
class Resource:
    """An entry of the manifest."""

    id: str
    name: str
    """From the root of the container."""
    media_type: str
    properties: tuple[str, ...]


def parse(page: bytes) -> etree._Element:
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


@phase("validate")
def judge(book: bytes) -> tuple[Fault, ...]:
    """Return every fault of a finished book."""
    try:
        with zipfile.ZipFile(io.BytesIO(book)) as container:
            names = container.namelist()
            files = {name: container.read(name) for name in names}
            first = container.infolist()[0] if names else None
    except (zipfile.BadZipFile, OSError) as error:
        return (Fault("", f"not a container: {error}"),)
    if not first or first.filename != "mimetype" or first.compress_type or files["mimetype"] != MIMETYPE:
        return (Fault("mimetype", "expected first in the container, unpacked, with the type of an EPUB"),)
    try:
        opf_name = package_name(files)
        package = parse(files[opf_name])
    except (KeyError, ValueError, StopIteration) as error:
        return (Fault("META-INF/container.xml", f"leads to no package: {error}"),)
    resources = tuple(_resources(package, opf_name))
    faults = [*_container(names), *_manifest(opf_name, resources, files), *_spine(opf_name, package, resources)]
    pages: dict[str, etree._Element] = {}
    for resource in resources:
        if resource.media_type == XHTML_TYPE and resource.name in files:
            try:
                pages[resource.name] = parse(files[resource.name])
            except ValueError as error:
                faults.append(Fault(resource.name, str(error)))
    sheets = {
        resource.name: files[resource.name].decode("utf-8", "replace")
        for resource in resources
        if resource.media_type == "text/css" and resource.name in files
    }
    faults += (
        Fault(name, f"the style has {what} on line {line}", is_valid=True)
        for name, sheet in sheets.items()
        for line, what in unsafe_styles(sheet)
    )
    faults += (Fault(name, message) for name, page in pages.items() for message in page_faults(page))
    faults += _links(pages, files)
    faults += _page_list(pages)
    faults += _claims(opf_name, package, pages, sheets)
    return tuple(faults)


def false_claims(book: bytes) -> tuple[Fault, ...]:
    """Return the claims of accessibility that the pages of any book, not only of ours, do not bear out."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        files = {name: container.read(name) for name in container.namelist()}
    opf_name = package_name(files)
    package = parse(files[opf_name])
    resources = [resource for resource in _resources(package, opf_name) if resource.name in files]
    pages = {item.name: parse(files[item.name]) for item in resources if item.media_type == XHTML_TYPE}
    styles = [item.name for item in resources if item.media_type == "text/css"]
    sheets = {name: files[name].decode("utf-8", "replace") for name in styles}
    return tuple(_claims(opf_name, package, pages, sheets))


def package_name(files: Mapping[str, bytes]) -> str:
    """Return the name of the package document.

    Raises:
        KeyError, ValueError, StopIteration: The container leads to none.
    """
    root = parse(files["META-INF/container.xml"])
    return str(next(root.iter(f"{CONTAINER}rootfile")).get("full-path", ""))


def _resources(package: etree._Element, opf_name: str) -> Iterator[Resource]:
    folder = posixpath.dirname(opf_name)
    for item in package.iter(f"{OPF}item"):
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        yield Resource(item.get("id", ""), name, item.get("media-type", ""), tuple(item.get("properties", "").split()))


def _container(names: list[str]) -> Iterator[Fault]:
    yield from (Fault(name, "stands in the container twice") for name, count in Counter(names).items() if count > 1)
    odd = (name for name in names if not name.isascii() or " " in name)
    yield from (Fault(name, "expected a name of plain letters", is_valid=True) for name in odd)


def _manifest(opf_name: str, resources: tuple[Resource, ...], files: Mapping[str, bytes]) -> Iterator[Fault]:
    listed = {resource.name for resource in resources}
    unlisted = set(files) - listed - {"mimetype", opf_name}
    # What lies in META-INF is the container's own. Source: EPUB 3.3, section 4.2.6.1.
    yield from (Fault(name, "is not in the manifest") for name in sorted(unlisted) if not name.startswith("META-INF/"))
    yield from _twice(opf_name, (resource.id for resource in resources))
    if sum("nav" in resource.properties for resource in resources) != 1:
        yield Fault(opf_name, "expected one navigation document")
    for resource in resources:
        if resource.name not in files:
            yield Fault(resource.name, "is in the manifest, not in the container")
        elif not files[resource.name].startswith(SIGNATURES.get(resource.media_type, (b"",))):
            yield Fault(resource.name, f"is not {resource.media_type}")


def _spine(opf_name: str, package: etree._Element, resources: tuple[Resource, ...]) -> Iterator[Fault]:
    pages = {resource.id for resource in resources if resource.media_type == XHTML_TYPE}
    turns = [turn.get("idref", "") for turn in package.iter(f"{OPF}itemref")]
    if not turns:
        yield Fault(opf_name, "has nothing to read")
    yield from (Fault(opf_name, f"the reading order names {turn!r}, no page") for turn in turns if turn not in pages)
    yield from _twice(opf_name, turns)


def _twice(name: str, ids: Iterable[str]) -> Iterator[Fault]:
    yield from (Fault(name, message) for message in repeated(ids))


def _links(pages: Mapping[str, etree._Element], files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Follow every link and every file that a page asks for."""
    ids = {name: {element.get("id") for element in page.iter("*")} for name, page in pages.items()}
    for name, page in pages.items():
        for element in page.iter("*"):
            for attribute in ("href", "src"):
                address = element.get(attribute)
                if address is None or (element.tag == f"{XHTML}a" and urlsplit(address).scheme in OUTSIDE):
                    continue
                path, _, fragment = unquote(address).partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                if target not in files:
                    yield Fault(name, f"{address!r} is no file of the book")
                elif fragment and fragment not in ids.get(target, set()):
                    yield Fault(name, f"{address!r} is no place in the book")


def _page_list(pages: Mapping[str, etree._Element]) -> Iterator[Fault]:
    """Compare the page list with the marks in the text: the same pages, in the same order."""
    marks: list[str] = []
    listed: list[str] = []
    for name, page in pages.items():
        breaks = (element for element in page.iter("*") if element.get("role") == "doc-pagebreak")
        marks += (f"{name}#{element.get('id')}" for element in breaks)
        for nav in page.iter(f"{XHTML}nav"):
            if nav.get(EPUB_TYPE) == "page-list":
                folder = posixpath.dirname(name)
                listed += (posixpath.join(folder, unquote(link.get("href", ""))) for link in nav.iter(f"{XHTML}a"))
    if marks != listed:
        yield Fault("", f"{len(marks)} pages are marked in the text, {len(listed)} others are listed")


def _claims(
    opf_name: str, package: etree._Element, pages: Mapping[str, etree._Element], sheets: Mapping[str, str]
) -> Iterator[Fault]:
    """Compare what the metadata claim with what the pages bear out."""
    counted = survey(pages.values(), sheets.values())
    true = claims(counted)
    said = {meta.get("property", "") for meta in package.iter(f"{OPF}meta")}
    if CONFORMS in said and not bears_conformance(counted):
        yield Fault(opf_name, "claims conformance, which the pages do not bear out")
    if CONFORMS in said and CERTIFIED not in said:
        yield Fault(opf_name, "claims conformance on nobody's word")
    for meta in package.iter(f"{OPF}meta"):
        claim = meta.get("property", ""), (meta.text or "").strip()
        if claim[0] in CLAIMS and claim not in true:
            message = f"claims {claim[0]} {claim[1]!r}, which the pages do not bear out"
            yield Fault(opf_name, message, is_valid=True)
