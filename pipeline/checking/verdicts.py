"""What was found of words: loading a dictionary costs more than a page, so a word is judged once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Verdict = Sequence[str] | None
"""Of a slip: what may have been meant, the likeliest first; None: no slip."""
Words = Mapping[str, Mapping[str, Verdict]]
"""By language, of each word in small letters."""


def merge(words: dict[str, dict[str, Verdict]], new: Words) -> None:
    """Take more words into some, language by language."""
    for language, found in new.items():
        words.setdefault(language, {}).update(found)


@dataclass(slots=True)
class Verdicts:
    """What is known of words, and what of that has been found here."""

    _known: dict[str, dict[str, Verdict]] = field(default_factory=dict)
    _new: dict[str, dict[str, Verdict]] = field(default_factory=dict)

    def know(self, words: Words) -> None:
        """Take in what others have found."""
        merge(self._known, words)

    def of(self, language: str, word: str, judge: Callable[[str], Verdict]) -> Verdict:
        """Return the verdict on a word; it is judged where none is known yet."""
        known = self._known.setdefault(language, {})
        if word not in known:
            known[word] = self._new.setdefault(language, {})[word] = judge(word)
        return known[word]

    def taken(self) -> Words:
        """Return what has been found here since this was last asked."""
        new, self._new = self._new, {}
        return new
