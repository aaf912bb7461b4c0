"""Back matter of a book: the glossary, and the imprint with authors, dates, series and publisher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.config import Publisher
from pipeline.languages import language as language_of
from pipeline.model import Article, Collection, DefinitionList, text
from pipeline.rendering.words import Words
from pipeline.writers.epub.chapters import Chapter, NavEntry, visible_content, web_address


@dataclass(frozen=True, slots=True)
class GlossaryTerm:
    word: str
    meaning: str
    chapters: tuple[NavEntry, ...]


def glossary_terms(chapters: Iterable[Chapter], language: str) -> tuple[GlossaryTerm, ...]:
    """Return the terms of a book in alphabetical order; a definition in two chapters is listed once."""
    defined: dict[tuple[str, str], dict[NavEntry, None]] = {}
    for chapter in chapters:
        place = NavEntry(chapter.article.title, chapter.name)
        for word, meaning in _chapter_terms(chapter):
            defined.setdefault((word, meaning), {})[place] = None
    after_z = enumerate(language_of(language).after_z)
    order = str.maketrans({letter: f"\uffff{rank}" for rank, alike in after_z for letter in alike})
    found = (GlossaryTerm(word, meaning, tuple(places)) for (word, meaning), places in defined.items())
    return tuple(sorted(found, key=lambda term: term.word.casefold().translate(order)))


def _chapter_terms(chapter: Chapter) -> Iterator[tuple[str, str]]:
    article = chapter.article
    if article.meta.kind == "term" and (article.lead or article.description):
        yield article.title, article.lead or article.description
    for node in visible_content(article.blocks):
        if isinstance(node, DefinitionList):
            for word, definitions in node.items:
                meaning = " ".join(text(definition) for definition in definitions)
                if text(word) and meaning:
                    yield text(word), meaning


@dataclass(frozen=True, slots=True)
class ImprintRow:
    label: str
    value: str
    href: str = ""


def byline(article: Article, words: Words) -> str:
    """Return the authors and the newest date of an article in one line; empty where neither is known."""
    meta = article.meta
    names = words.fill("epub_by", names=", ".join(meta.authors)) if meta.authors else ""
    days = (("epub_published", meta.published), ("epub_updated", meta.updated), ("epub_reviewed", meta.reviewed))
    newest = [f"{words[label]} {words.date(day)}" for label, day in days if day and day == meta.changed]
    return " · ".join(filter(None, (names, *newest[:1])))


def article_rows(article: Article, words: Words) -> tuple[ImprintRow, ...]:
    meta = article.meta
    reviewed = words.date(meta.reviewed)
    if reviewed and meta.reviewed_by:
        reviewed = words.fill("epub_reviewed_by", date=reviewed, name=meta.reviewed_by)
    return _without_empty(
        ImprintRow(words["epub_authors"], ", ".join(meta.authors)),
        ImprintRow(words["epub_published"], words.date(meta.published)),
        ImprintRow(words["epub_updated"], words.date(meta.updated if meta.updated != meta.published else None)),
        ImprintRow(words["epub_reviewed"], reviewed or meta.reviewed_by),
        ImprintRow(words["epub_approved"], meta.approved_by),
        ImprintRow(words["epub_review_after"], words.date(meta.review_after)),
        ImprintRow(words["epub_web"], article.address, web_address(article.address)),
    )


def series_rows(collections: Iterable[Collection], words: Words) -> tuple[ImprintRow, ...]:
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
