"""What readers are told of an article and its publisher: who, when, and where to turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.article import Article, Collection
from pipeline.config import Publisher
from pipeline.rendering.words import Words
from pipeline.writers.epub.chapters import web_address


@dataclass(frozen=True, slots=True)
class Row:
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


def article_rows(article: Article, words: Words) -> tuple[Row, ...]:
    """Return who stands behind an article, and when it was written and looked at."""
    reviewed = words.date(article.reviewed) if article.reviewed else ""
    if reviewed and article.reviewed_by:
        reviewed = words.fill("epub_reviewed_by", date=reviewed, name=article.reviewed_by)
    updated = article.updated if article.updated != article.published else None
    return _said(
        Row(words["epub_authors"], ", ".join(article.authors)),
        Row(words["epub_published"], words.date(article.published) if article.published else ""),
        Row(words["epub_updated"], words.date(updated) if updated else ""),
        Row(words["epub_reviewed"], reviewed or article.reviewed_by),
        Row(words["epub_approved"], article.approved_by),
        Row(words["epub_review_after"], words.date(article.review_after) if article.review_after else ""),
        Row(words["epub_web"], article.address, web_address(article.address)),
    )


def series_rows(collections: Iterable[Collection], words: Words) -> tuple[Row, ...]:
    """Return what the book is one of, and which one."""
    return tuple(
        Row(
            words[f"epub_{collection.kind}"],
            words.fill("epub_position", title=collection.title, position=collection.position)
            if collection.position
            else collection.title,
        )
        for collection in collections
    )


def publisher_rows(publisher: Publisher, words: Words) -> tuple[Row, ...]:
    """Return who publishes the book, and how to reach them."""
    phone = "".join(letter for letter in publisher.phone if letter.isdigit() or letter == "+")
    return _said(
        Row(words["epub_name"], publisher.name),
        Row(words["epub_address"], publisher.address),
        Row(words["epub_phone"], publisher.phone, f"tel:{phone}"),
        Row(words["epub_email"], publisher.email, web_address(f"mailto:{publisher.email}")),
        Row(words["epub_web"], publisher.website, web_address(publisher.website)),
        Row(words["epub_cvr"], publisher.cvr),
    )


def _said(*rows: Row) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.value)
