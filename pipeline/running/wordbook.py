"""The word book of a project: what spelling found of each word, kept for the next run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.lint.spelling import dictionaries_key
from pipeline.lint.spelling_verdicts import SpellingVerdict, SpellingVerdicts, VerdictsByLanguage, merge_verdicts
from pipeline.running.keys import digest, program_key
from pipeline.running.saving import replace_whole, seal, unseal

NAME = "words"
_MOST_WORDS = 200_000
"""A clinic's site has some ten thousand. Where there are more, the book is begun anew."""


@dataclass(frozen=True, slots=True)
class WordBook:
    """Where a word book lies, and what its verdicts depend on."""

    path: Path
    key: str

    def verdicts(self) -> SpellingVerdicts:
        """Return what is known of words: read once in a process, and added to by it."""
        return _verdicts(self)

    def read(self) -> dict[str, dict[str, SpellingVerdict]]:
        """Return what the book holds; nothing where it is damaged, or of another program or dictionary."""
        try:
            key, words = json.loads(unseal(self.path.read_bytes()))
        except (OSError, ValueError):
            return {}
        return words if key == self.key else {}

    def add(self, found: Iterable[VerdictsByLanguage]) -> None:
        """Write into it what has been found; a run that holds the outputs may."""
        new = [words for words in found if words]
        if not new:
            return
        words = self.read()
        if sum(map(len, words.values())) > _MOST_WORDS:
            words = {}
        for each in new:
            merge_verdicts(words, each)
        replace_whole(self.path, seal(json.dumps([self.key, words], ensure_ascii=False, sort_keys=True).encode()))


def open_book(state: Path) -> WordBook:
    """Return the word book in the hidden folder of the outputs."""
    return WordBook(state / NAME, digest((program_key(), dictionaries_key())))


@cache
def _verdicts(book: WordBook) -> SpellingVerdicts:
    verdicts = SpellingVerdicts()
    verdicts.add_known(book.read())
    return verdicts
