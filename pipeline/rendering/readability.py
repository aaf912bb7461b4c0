"""How hard a text is to read, as a number: LIX, which Danish schools and authorities use."""

from __future__ import annotations

import re

LONG_WORD = 6
"""A word of more letters counts as long."""


def lix(paragraphs: tuple[str, ...]) -> int | None:
    """Return words per sentence and long words in a hundred, added up; None for a text without words.

    Args:
        paragraphs: A text each; its end is the end of a sentence, with a full stop or without.

    Source: C.H. Björnsson, Läsbarhet, 1968. Below 25 children's books, above 55 laws.
    """
    texts = [_without_dots(text) for text in paragraphs]
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", text)]
    if not words:
        return None
    sentences = sum(len(re.findall(r"\w[^.!?:…]*", text)) for text in texts)
    long_words = sum(len(word) > LONG_WORD for word in words)
    return round(len(words) / sentences + 100 * long_words / len(words))


def _without_dots(text: str) -> str:
    """Return a text without the dots of `3.5`, `f.eks.` or `3. maj`, which end no sentence."""
    return re.sub(r"(?<=\w)\.(?=\w|\s+[a-zæøåäöü\d])", "", text)
