"""In-memory results of spell checking by language and word, so that each word is checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SpellingVerdict = Sequence[str] | None
"""Of a misspelt word: the words that may be intended, the likeliest first; None: not misspelt."""
VerdictsByLanguage = Mapping[str, Mapping[str, SpellingVerdict]]
"""By language, of each word in small letters."""


def merge_verdicts(words: dict[str, dict[str, SpellingVerdict]], new: VerdictsByLanguage) -> None:
    """Add verdicts to others, language by language."""
    for language, found in new.items():
        words.setdefault(language, {}).update(found)


@dataclass(slots=True)
class SpellingVerdicts:
    """Verdicts on words: those known, and those found in this process."""

    _known: dict[str, dict[str, SpellingVerdict]] = field(default_factory=dict)
    _new: dict[str, dict[str, SpellingVerdict]] = field(default_factory=dict)

    def add_known(self, words: VerdictsByLanguage) -> None:
        """Add verdicts that other processes have found."""
        merge_verdicts(self._known, words)

    def of(self, language: str, word: str, check: Callable[[str], SpellingVerdict]) -> SpellingVerdict:
        """Return the verdict on a word; it is checked where none is known yet."""
        known = self._known.setdefault(language, {})
        if word not in known:
            known[word] = self._new.setdefault(language, {})[word] = check(word)
        return known[word]

    def taken(self) -> VerdictsByLanguage:
        """Return the verdicts that are new since the last call."""
        new, self._new = self._new, {}
        return new
