"""The imprint of a book: authors, dates, reviewers, series and publisher."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.config import Publisher
from pipeline.model import Article, Collection
from pipeline.rendering.words import Words
from pipeline.writers.epub.chapters import web_address


@dataclass(frozen=True, slots=True)
class ImprintRow:
    """A fact for the reader: what it is, what it says, and where that leads."""

    label: str
    value: str
    href: str = ""


def byline(article: Article, words: Words) -> str:
    """Return who wrote an article and its newest date, in one line; empty where neither is stated."""
    meta = article.meta
    parts = [words.fill("epub_by", names=", ".join(meta.authors))] if meta.authors else []
    if meta.changed:
        parts.append(words.date(meta.changed))
    return " · ".join(parts)


def article_rows(article: Article, words: Words) -> tuple[ImprintRow, ...]:
    """Return who stands behind an article, and when it was written and looked at."""
    meta = article.meta
    reviewed = words.date(meta.reviewed) if meta.reviewed else ""
    if reviewed and meta.reviewed_by:
        reviewed = words.fill("epub_reviewed_by", date=reviewed, name=meta.reviewed_by)
    updated = meta.updated if meta.updated != meta.published else None
    return _without_empty(
        ImprintRow(words["epub_authors"], ", ".join(meta.authors)),
        ImprintRow(words["epub_published"], words.date(meta.published) if meta.published else ""),
        ImprintRow(words["epub_updated"], words.date(updated) if updated else ""),
        ImprintRow(words["epub_reviewed"], reviewed or meta.reviewed_by),
        ImprintRow(words["epub_approved"], meta.approved_by),
        ImprintRow(words["epub_review_after"], words.date(meta.review_after) if meta.review_after else ""),
        ImprintRow(words["epub_web"], article.address, web_address(article.address)),
    )


def series_rows(collections: Iterable[Collection], words: Words) -> tuple[ImprintRow, ...]:
    """Return what the book is one of, and which one."""
    return tuple(
        ImprintRow(
            words[f"epub_{collection.kind}"],
            words.fill("epub_position", title=collection.title, position=collection.position)
            if collection.position
            else collection.title,
        )
        for collection in collections
    )


def publisher_rows(publisher: Publisher, words: Words) -> tuple[ImprintRow, ...]:
    """Return who publishes the book, and how to reach them."""
    phone = "".join(letter for letter in publisher.phone if letter.isdigit() or letter == "+")
    return _without_empty(
        ImprintRow(words["epub_name"], publisher.name),
        ImprintRow(words["epub_address"], publisher.address),
        ImprintRow(words["epub_phone"], publisher.phone, f"tel:{phone}"),
        ImprintRow(words["epub_email"], publisher.email, web_address(f"mailto:{publisher.email}")),
        ImprintRow(words["epub_web"], publisher.website, web_address(publisher.website)),
        ImprintRow(words["epub_cvr"], publisher.cvr),
    )


def _without_empty(*rows: ImprintRow) -> tuple[ImprintRow, ...]:
    return tuple(row for row in rows if row.value)
