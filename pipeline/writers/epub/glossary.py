"""The glossary of a book: terms that its articles define, in alphabetical order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.model import DefinitionList, text
from pipeline.writers.epub.chapters import Chapter, NavEntry, visible_content

DANISH_ORDER = str.maketrans({"æ": "\uffff1", "ä": "\uffff1", "ø": "\uffff2", "ö": "\uffff2", "å": "\uffff3"})
ALPHABET_ORDERS = {
    "da": DANISH_ORDER,
    "nb": DANISH_ORDER,
    "nn": DANISH_ORDER,
    "no": DANISH_ORDER,
    "sv": str.maketrans({"å": "\uffff1", "ä": "\uffff2", "æ": "\uffff2", "ö": "\uffff3", "ø": "\uffff3"}),
}
"""Letters that come after z, by language."""


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
    letters = ALPHABET_ORDERS.get(language.split("-", maxsplit=1)[0], {})
    found = (GlossaryTerm(word, meaning, tuple(places)) for (word, meaning), places in said.items())
    return tuple(sorted(found, key=lambda term: term.word.casefold().translate(letters)))


def _chapter_terms(chapter: Chapter) -> Iterator[tuple[str, str]]:
    article = chapter.article
    if article.kind == "term" and (article.lead or article.description):
        yield article.title, article.lead or article.description
    for node in visible_content(article.blocks):
        if isinstance(node, DefinitionList):
            for word, definitions in node.items:
                meaning = " ".join(text(definition) for definition in definitions)
                if text(word) and meaning:
                    yield text(word), meaning
