"""The glossary of a book: terms that its articles define, in alphabetical order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.languages import language as language_of
from pipeline.model import DefinitionList, text
from pipeline.writers.epub.chapters import Chapter, NavEntry, visible_content


@dataclass(frozen=True, slots=True)
class GlossaryTerm:
    """A word, what it means, and the chapters that say so."""

    word: str
    meaning: str
    chapters: tuple[NavEntry, ...]


def glossary_terms(chapters: Iterable[Chapter], language: str) -> tuple[GlossaryTerm, ...]:
    """Return the terms of a book in the order of the language's alphabet; what two chapters say alike stands once."""
    said: dict[tuple[str, str], dict[NavEntry, None]] = {}
    for chapter in chapters:
        place = NavEntry(chapter.article.title, chapter.name)
        for word, meaning in _chapter_terms(chapter):
            said.setdefault((word, meaning), {})[place] = None
    after_z = enumerate(language_of(language).after_z)
    letters = str.maketrans({letter: f"\uffff{rank}" for rank, alike in after_z for letter in alike})
    found = (GlossaryTerm(word, meaning, tuple(places)) for (word, meaning), places in said.items())
    return tuple(sorted(found, key=lambda term: term.word.casefold().translate(letters)))


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
