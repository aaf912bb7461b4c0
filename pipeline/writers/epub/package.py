"""The package of a book: its metadata, and the container that EbookLib writes, with its known faults worked around.

Of EbookLib only the public interface is used, so that 0.21 works as well. Each fault and its workaround:

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

import hashlib
import io
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ebooklib import epub
from lxml import etree

from pipeline.config import Publisher
from pipeline.errors import WriteError
from pipeline.model import Collection, Edition
from pipeline.rendering.readability import lix, running_text, word_count
from pipeline.rendering.words import Words
from pipeline.validation.accessibility import AccessibilityCounts, accessibility_claims, supports_conformance
from pipeline.validation.certificate import CONFORMANCE_STATEMENT
from pipeline.validation.epub import OPF_NS, XML_LANG, read_container
from pipeline.writers import Job

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
    modified: datetime
    """In UTC, in whole seconds."""
    entries: tuple[MetadataEntry, ...] = ()
    items: tuple[ManifestItem, ...] = ()


# ---- metadata


def book_identifier(publisher: Publisher, name: str) -> str:
    """Return a permanent identifier of a book or a series, derived from the website and the name."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{publisher.website or publisher.name}/{name}')}"


def release_time(day: date, entries: Iterable[MetadataEntry], items: Iterable[ManifestItem]) -> datetime:
    """Return a time on this day that follows from the content, so that other content has another time.

    Readers take a book of the same identifier and time for the release they have. Source: EPUB 3.3, last modified date.
    """
    digest = hashlib.sha256(repr(tuple(entries)).encode())
    for item in items:
        digest.update(f"{item.name}\0{len(item.data)}\0".encode())
        digest.update(item.data)
    seconds = int.from_bytes(digest.digest()) % (24 * 60 * 60)
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)


def metadata_entries(edition: Edition, job: Job, counted: AccessibilityCounts) -> tuple[MetadataEntry, ...]:
    """Return all metadata except identifier, title, language and date of change."""
    return (
        *_contributor_entries(edition, job.publisher),
        *_subject_entries(edition),
        *_collection_entries(collections_of(edition, job), job.publisher),
        *_accessibility_entries(job, counted, edition.front.title),
    )


def _contributor_entries(edition: Edition, publisher: Publisher) -> Iterator[MetadataEntry]:
    bound = (edition.front, *edition.articles)
    authors = dict.fromkeys(name for article in bound for name in article.meta.authors)
    for number, name in enumerate(authors, 1):
        yield from _contributor_entry("creator", number, name, "aut")
    if publisher.name and not authors:
        # Without a role: foliate-js 1.0.1 cannot open a book whose creator is a publisher ("pbl").
        yield MetadataEntry("dc:creator", publisher.name)
    reviewers = dict.fromkeys(article.meta.reviewed_by for article in bound if article.meta.reviewed_by)
    for number, name in enumerate(reviewers, 1):
        # MARC has no role for a professional reviewer; "scientific advisor" is the closest.
        yield from _contributor_entry("contributor", number, name, "sad")
    if publisher.name:
        yield MetadataEntry("dc:publisher", publisher.name)


def _contributor_entry(kind: str, number: int, name: str, role: str) -> Iterator[MetadataEntry]:
    yield MetadataEntry(f"dc:{kind}", name, (("id", f"{kind}-{number}"),))
    yield MetadataEntry("role", role, (("refines", f"#{kind}-{number}"), ("scheme", "marc:relators")))


def _subject_entries(edition: Edition) -> Iterator[MetadataEntry]:
    front = edition.front
    bound = (front, *edition.articles)
    published = front.meta.published or edition.changed
    reviewed = max((article.meta.reviewed for article in edition.chapters if article.meta.reviewed), default=None)
    level = lix(tuple(words for article in edition.chapters for words in running_text(article)))
    languages = dict.fromkeys(article.language for article in edition.chapters)
    entries = (
        ("dc:date", published.isoformat() if published else None),
        ("dc:description", front.description or front.lead or None),
        *(("dc:language", language) for language in languages if language != front.language),
        *(("dc:subject", tag) for tag in dict.fromkeys(tag for article in bound for tag in article.meta.tags)),
        ("dc:source", front.address or None),
        ("schema:lastReviewed", reviewed.isoformat() if reviewed else None),
        ("schema:wordCount", str(sum(map(word_count, edition.chapters)))),
        ("schema:educationalLevel", None if level is None else f"LIX {level}"),
    )
    return (MetadataEntry(name, value) for name, value in entries if value is not None)


def collections_of(edition: Edition, job: Job) -> tuple[Collection, ...]:
    """Return the series and sets of a book: its own, or else the publisher's."""
    return edition.front.meta.series or ((Collection(job.options.series),) if job.options.series else ())


def _collection_entries(collections: tuple[Collection, ...], publisher: Publisher) -> Iterator[MetadataEntry]:
    """Yield the series and sets, by which libraries and readers sort books.

    The identifier distinguishes series of the same title. Source: EPUB 3.3, appendix D.3: belongs-to-collection,
    collection-type, group-position.
    """
    for number, collection in enumerate(collections, 1):
        id_ = f"collection-{number}"
        refines = ("refines", f"#{id_}")
        yield MetadataEntry("belongs-to-collection", collection.title, (("id", id_),))
        yield MetadataEntry("collection-type", collection.kind, (refines,))
        if collection.position:
            yield MetadataEntry("group-position", collection.position, (refines,))
        yield MetadataEntry(
            "dcterms:identifier", book_identifier(publisher, f"{collection.kind}/{collection.title}"), (refines,)
        )


def _accessibility_entries(job: Job, counted: AccessibilityCounts, title: str) -> Iterator[MetadataEntry]:
    claims = accessibility_claims(counted)
    yield from (MetadataEntry(name, value) for name, value in claims)
    yield MetadataEntry(
        "schema:accessibilitySummary", _accessibility_summary(job.words, counted, {value for _, value in claims})
    )
    if counted.listed_pages:
        # A handout has no identifier such as an ISBN: title and publisher are stated instead.
        yield MetadataEntry(
            "pageBreakSource", job.words.fill("epub_page_source", title=title, publisher=job.publisher.name)
        )


def conformance_entries(
    edition: Edition, job: Job, counted: AccessibilityCounts, book: bytes
) -> tuple[MetadataEntry, ...]:
    """Return the claim of conformance with its certifiers; or the exemption; or nothing.

    Args:
        book: The book without any of this.

    Source: EPUB Accessibility 1.1, sections 3.4 to 3.7.
    """
    reviews = accessibility_reviews(edition, job)
    is_certified = job.certificate is not None and job.certificate.holds_for(book)
    if not is_certified or not reviews or not supports_conformance(counted):
        return (MetadataEntry("a11y:exemption", job.options.exemption),) if job.options.exemption else ()
    entries = [MetadataEntry("dcterms:conformsTo", CONFORMANCE_STATEMENT, (("id", "conformance"),))]
    for number, (name, day) in enumerate(reviews.items(), 1):
        certifier = f"certifier-{number}"
        entries += (
            MetadataEntry("a11y:certifiedBy", name, (("id", certifier), ("refines", "#conformance"))),
            MetadataEntry("dcterms:date", day.isoformat(), (("refines", f"#{certifier}"),)),
        )
    return tuple(entries)


def accessibility_reviews(edition: Edition, job: Job) -> dict[str, date]:
    """Return the reviewers of the whole book with their last date; empty where an article has no name or no date."""
    options = job.options
    reviews: dict[str, date] = {}
    for article in edition.chapters:
        name, day = article.meta.reviewed_by or options.reviewed_by, article.meta.reviewed or options.reviewed
        if not name or day is None:
            return {}
        reviews[name] = max(day, reviews.get(name, day))
    return reviews


def _accessibility_summary(words: Words, counted: AccessibilityCounts, claims: set[str]) -> str:
    """Return a summary of the accessibility for people, in the book's language."""
    seen, unseen = counted.described, counted.undescribed
    sentences = (
        ({"structuralNavigation", "displayTransformability"} <= claims, "epub_access_text", 0),
        ("alternativeText" in claims, "epub_access_picture" if seen == 1 else "epub_access_pictures", seen),
        (unseen, "epub_access_undescribed" if unseen == 1 else "epub_access_undescribed_many", unseen),
        (not seen and not unseen, "epub_access_no_pictures", 0),
        ("pageNavigation" in claims, "epub_access_pages", 0),
    )
    return " ".join(words.fill(key, count=count) if count else words[key] for holds, key, count in sentences if holds)


# ---- container


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
    modified = package.modified.isoformat().replace("+00:00", "Z")
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
