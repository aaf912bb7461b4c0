"""In-memory results of spell checking by language and word, so that each word is checked once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# Of a misspelt word: the words that may be intended, the likeliest first; None: not misspelt.
SpellingVerdict = Sequence[str] | None
Judge = Callable[[str], SpellingVerdict]


@dataclass(slots=True)
class SpellingVerdicts:
    # By language and word in small letters.
    _known: dict[tuple[str, str], SpellingVerdict] = field(default_factory=dict)

    def of(self, language: str, word: str, judge: Judge) -> SpellingVerdict:
        if (language, word) not in self._known:
            self._known[language, word] = self.find(language, word, judge)
        return self._known[language, word]

    def find(self, language: str, word: str, judge: Judge) -> SpellingVerdict:  # those with a cache need it
        """Return the verdict on a word that is met for the first time."""
        return judge(word)
