"""The word book of a project: what spelling found of each word, kept for the next run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.checking.spelling import dictionaries_key
from pipeline.checking.verdicts import Verdict, Verdicts, Words
from pipeline.running.keys import digest, program_key
from pipeline.running.saving import seal, unseal, write_whole

NAME = "words"
_MOST_WORDS = 200_000
"""A clinic's site has some ten thousand. Where there are more, the book is begun anew."""


@dataclass(frozen=True, slots=True)
class WordBook:
    """Where a word book lies, and what its verdicts depend on."""

    path: Path
    key: str

    def verdicts(self) -> Verdicts:
        """Return what is known of words: read once in a process, and added to by it."""
        return _verdicts(self)

    def read(self) -> dict[str, dict[str, Verdict]]:
        """Return what the book holds; nothing where it is damaged, or of another program or dictionary."""
        try:
            key, words = json.loads(unseal(self.path.read_bytes()))
        except (OSError, ValueError):
            return {}
        return words if key == self.key else {}

    def add(self, new: Words) -> None:
        """Write into it what has been found; a run that holds the outputs may."""
        if not any(new.values()):
            return
        words = self.read()
        if sum(map(len, words.values())) > _MOST_WORDS:
            words = {}
        for language, found in new.items():
            words.setdefault(language, {}).update(found)
        draft = self.path.with_suffix(".new")
        write_whole(draft, seal(json.dumps([self.key, words], ensure_ascii=False, sort_keys=True).encode()))
        draft.replace(self.path)


def open_book(state: Path) -> WordBook:
    """Return the word book in the hidden folder of the outputs."""
    return WordBook(state / NAME, digest((program_key(), dictionaries_key())))


@cache
def _verdicts(book: WordBook) -> Verdicts:
    verdicts = Verdicts()
    verdicts.know(book.read())
    return verdicts
