"""In-memory results of spell checking by language and word, so that each word is checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SpellingVerdict = Sequence[str] | None
"""Of a slip: what may have been meant, the likeliest first; None: no slip."""
VerdictsByLanguage = Mapping[str, Mapping[str, SpellingVerdict]]
"""By language, of each word in small letters."""


def merge_verdicts(words: dict[str, dict[str, SpellingVerdict]], new: VerdictsByLanguage) -> None:
    """Take more words into some, language by language."""
    for language, found in new.items():
        words.setdefault(language, {}).update(found)


@dataclass(slots=True)
class SpellingVerdicts:
    """What is known of words, and what of that has been found here."""

    _known: dict[str, dict[str, SpellingVerdict]] = field(default_factory=dict)
    _new: dict[str, dict[str, SpellingVerdict]] = field(default_factory=dict)

    def add_known(self, words: VerdictsByLanguage) -> None:
        """Take in what others have found."""
        merge_verdicts(self._known, words)

    def of(self, language: str, word: str, judge: Callable[[str], SpellingVerdict]) -> SpellingVerdict:
        """Return the verdict on a word; it is judged where none is known yet."""
        known = self._known.setdefault(language, {})
        if word not in known:
            known[word] = self._new.setdefault(language, {})[word] = judge(word)
        return known[word]

    def taken(self) -> VerdictsByLanguage:
        """Return what has been found here since this was last asked."""
        new, self._new = self._new, {}
        return new
