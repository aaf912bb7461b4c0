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
    parts = [words.fill("epub_by", names=", ".join(article.authors))] if article.authors else []
    if article.changed:
        parts.append(words.date(article.changed))
    return " · ".join(parts)


def article_rows(article: Article, words: Words) -> tuple[ImprintRow, ...]:
    """Return who stands behind an article, and when it was written and looked at."""
    reviewed = words.date(article.reviewed) if article.reviewed else ""
    if reviewed and article.reviewed_by:
        reviewed = words.fill("epub_reviewed_by", date=reviewed, name=article.reviewed_by)
    updated = article.updated if article.updated != article.published else None
    return _without_empty(
        ImprintRow(words["epub_authors"], ", ".join(article.authors)),
        ImprintRow(words["epub_published"], words.date(article.published) if article.published else ""),
        ImprintRow(words["epub_updated"], words.date(updated) if updated else ""),
        ImprintRow(words["epub_reviewed"], reviewed or article.reviewed_by),
        ImprintRow(words["epub_approved"], article.approved_by),
        ImprintRow(words["epub_review_after"], words.date(article.review_after) if article.review_after else ""),
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
