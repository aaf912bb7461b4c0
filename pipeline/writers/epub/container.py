"""The EPUB container (zip and package document), written by EbookLib with its known faults worked around.

Only its public interface is used, so that 0.21 works as well. Each fault and its workaround:

- `EpubHtml` parses XHTML as HTML and drops unknown content (#221, #294): every file is a plain `EpubItem`, whose bytes
  are not changed; navigation, NCX and cover as well, since its own are minimal.
- It never detects manifest properties: they are given.
- It guesses media types from the tables of the machine: they are given.
- The page list takes every id (#339), landmarks are English: its own are switched off.
- `add_author` repeats ids (#356): creators are plain metadata.
- `dcterms:modified` is local time with a Z in 0.20 and UTC in 0.21, which changes zip dates to local time and fails
  before 1980: EbookLib gets a placeholder, which is replaced afterwards.
- A random UUID as identifier until one is set: it is set first.
- Metadata that lxml refuses is left out with a log line: the package document is checked afterwards.
- `write_epub` of 0.20 swallows `OSError`: `raise_exceptions`, the default of 0.21.
- No `xml:lang` on the package, zip entries dated by the clock: the zip is written again.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ebooklib import epub
from lxml import etree

from pipeline.errors import WriteError
from pipeline.validation.epub import OPF_NS, XML_LANG, read_container

CONTENT_FOLDER = "EPUB"
PACKAGE_PATH = f"{CONTENT_FOLDER}/content.opf"
PLACEHOLDER_MODIFIED = datetime(2000, 1, 1, tzinfo=UTC)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the oldest date of zip, fixed for reproducible bytes
STORED_TYPES = ("image/jpeg", "image/png")
DC_NS = "{http://purl.org/dc/elements/1.1/}"


@dataclass(frozen=True, slots=True)
class ManifestItem:
    id: str
    name: str
    """Path below the book's folder, with forward slashes."""
    media_type: str
    data: bytes
    properties: tuple[str, ...] = ()
    """nav, cover-image …"""
    is_read: bool = False
    """It is in the reading order (spine)."""


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """Metadata of the book: `dc:` elements by name, all others as `meta` with a property."""

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """Content of a book; items in the order of manifest and spine."""

    identifier: str
    title: str
    language: str
    modified: date
    entries: tuple[MetadataEntry, ...] = ()
    items: tuple[ManifestItem, ...] = ()


def build_epub(package: Package) -> bytes:
    """Return the book as a file; equal packages give equal bytes.

    Raises:
        WriteError: Two files have the same name, or EbookLib left something out.
    """
    if twice := [name for name, count in Counter(item.name for item in package.items).items() if count > 1]:
        raise WriteError(f"two files of the book have one name: {', '.join(twice)}")
    return _rebuild_zip(_write_with_ebooklib(package), package)


def _write_with_ebooklib(package: Package) -> bytes:
    book = epub.EpubBook()
    book.set_identifier(package.identifier)
    book.set_title(package.title)
    book.set_language(package.language)
    for entry in package.entries:
        if entry.name.startswith("dc:"):
            book.add_metadata("DC", entry.name.removeprefix("dc:"), entry.value, dict(entry.attributes))
        else:
            book.add_metadata("OPF", entry.name, entry.value, {"property": entry.name, **dict(entry.attributes)})
    for item in package.items:
        made = epub.EpubItem(item.id, item.name, item.media_type, item.data)
        made.properties = list(item.properties)
        book.add_item(made)
        if item.is_read:
            book.spine.append(made)
        if "cover-image" in item.properties:
            # For EPUB 2 and older readers
            book.add_metadata("OPF", "cover", "", {"name": "cover", "content": item.id})
    written = io.BytesIO()
    own_navigation = {"epub2_guide": False, "epub3_landmark": False, "epub3_pages": False}
    epub.write_epub(written, book, {"mtime": PLACEHOLDER_MODIFIED, "raise_exceptions": True, **own_navigation})
    return written.getvalue()


def _rebuild_zip(written: bytes, package: Package) -> bytes:
    """Return the container with a completed package document, in a fixed order, without dates."""
    files = read_container(written)
    files[PACKAGE_PATH] = _complete_package_document(files[PACKAGE_PATH], package)
    stored = {f"{CONTENT_FOLDER}/{item.name}" for item in package.items if item.media_type in STORED_TYPES}
    order = [
        "mimetype",
        "META-INF/container.xml",
        PACKAGE_PATH,
        *(f"{CONTENT_FOLDER}/{item.name}" for item in package.items),
    ]
    if sorted(order) != sorted(files):
        raise WriteError(f"EbookLib wrote other files than it was given: {sorted(set(order) ^ set(files))}")
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as target:
        for name in order:
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.create_system = 3  # Unix; zipfile writes the system of the machine otherwise
            info.external_attr = 0o644 << 16
            is_stored = name == "mimetype" or name in stored
            info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            target.writestr(info, files[name], compresslevel=None if is_stored else 9)
    return book.getvalue()


def _complete_package_document(opf: bytes, package: Package) -> bytes:
    """Return the package document with language and date, after a check that nothing is missing."""
    root = etree.fromstring(opf)
    root.set(XML_LANG, package.language)
    metadata = root.find(f"{OPF_NS}metadata")
    if metadata is None:
        raise WriteError("EbookLib wrote a package without metadata")
    modified = f"{package.modified.isoformat()}T00:00:00Z"
    for meta in metadata.findall(f"{OPF_NS}meta[@property='dcterms:modified']"):
        meta.text = modified
    for meta in metadata.findall(f"{OPF_NS}meta[@name='generator']"):
        meta.set("content", "clinic-publish, EbookLib")  # without its version, for reproducible bytes
    found = {(_prefixed_name(element), element.text or "") for element in metadata.iterchildren("*")}
    required = [
        ("dc:identifier", package.identifier),
        ("dc:title", package.title),
        ("dc:language", package.language),
        ("dcterms:modified", modified),
        *((entry.name, entry.value) for entry in package.entries),
    ]
    if lost := [f"{name} {value!r}" for name, value in required if (name, value) not in found]:
        hint = "a control character in a title or name is the usual cause"
        raise WriteError(f"EbookLib left out {', '.join(lost)}", hint=hint)
    return bytes(etree.tostring(root, pretty_print=True, encoding="utf-8", xml_declaration=True))


def _prefixed_name(element: etree._Element) -> str:
    tag = str(element.tag)
    return f"dc:{tag.removeprefix(DC_NS)}" if tag.startswith(DC_NS) else str(element.get("property", ""))
