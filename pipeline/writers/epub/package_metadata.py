"""Metadata of the package document: authors, dates, subjects, series, accessibility and conformance."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

from pipeline.config import Publisher
from pipeline.model import Collection, Edition
from pipeline.rendering.readability import lix, running_text, word_count
from pipeline.rendering.words import Words
from pipeline.validation.accessibility import AccessibilityCounts, accessibility_claims, supports_conformance
from pipeline.validation.certificate import CONFORMANCE_STATEMENT
from pipeline.writers import Job
from pipeline.writers.epub.container import MetadataEntry


def book_identifier(publisher: Publisher, name: str) -> str:
    """Return a permanent identifier of a book or a series, derived from the website and the name."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{publisher.website or publisher.name}/{name}')}"


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
        ("dc:date", published and published.isoformat()),
        ("dc:description", front.description or front.lead or None),
        *(("dc:language", language) for language in languages if language != front.language),
        *(("dc:subject", tag) for tag in dict.fromkeys(tag for article in bound for tag in article.meta.tags)),
        ("dc:source", front.address or None),
        ("schema:lastReviewed", reviewed and reviewed.isoformat()),
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
