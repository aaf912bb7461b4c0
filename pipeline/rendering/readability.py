"""Readability of a text as LIX; sentences and word count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.languages import together
from pipeline.model import BLOCKS, Article, Block, Cell, Para, Plain, References, Table, children, text

LONG_WORD_LETTERS = 6
"""A word of more letters counts as long."""
LixLevel = Literal["very_easy", "easy", "medium", "hard", "very_hard"]
LIX_LEVELS: tuple[tuple[int, LixLevel], ...] = ((25, "very_easy"), (35, "easy"), (45, "medium"), (55, "hard"))
"""The LIX below which a text has a level; above the last it is very hard."""


def lix(paragraphs: tuple[str, ...]) -> int | None:
    """Return words per sentence and long words in a hundred, added up; None for a text without words.

    Args:
        paragraphs: A text each; its end is the end of a sentence, with a full stop or without.

    Source: C.H. Björnsson, Läsbarhet, 1968. Below 25 children's books, above 55 laws.
    """
    texts = [_mask_inner_dots(text) for text in paragraphs]
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", text)]
    if not words:
        return None
    sentences = sum(len(re.findall(r"\w[^.!?:…]*", text)) for text in texts)
    long_words = sum(len(word) > LONG_WORD_LETTERS for word in words)
    return round(len(words) / sentences + 100 * long_words / len(words))


def lix_level(number: int) -> LixLevel:
    """Return what a LIX means, in Björnsson's five steps."""
    return next((name for limit, name in LIX_LEVELS if number < limit), "very_hard")


def running_text(article: Article) -> Iterator[str]:
    """Yield the paragraphs and list items that are read as sentences: no headings, and no references."""
    waiting: list[Block] = list(reversed(article.blocks))
    while waiting:
        block = waiting.pop()
        if isinstance(block, Para | Plain):
            yield text(block.content)
        elif not isinstance(block, References | Table):
            inside = [node for node in children(block) if isinstance(node, BLOCKS) and not isinstance(node, Cell)]
            waiting.extend(reversed(inside))


def word_count(article: Article) -> int:
    """Return how many words stand in an article's text."""
    return len(text(article.blocks).split())


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each sentence of a paragraph begins, and the sentence; a colon ends none here."""
    # As many characters as before, so that places in one text are places in the other.
    plain = _INNER_DOT.sub("·", text)
    for at in re.finditer(r"\w[^.!?…]*[.!?…]*", plain):
        yield at.start(), text[at.start() : at.end()]


def _mask_inner_dots(text: str) -> str:
    """Return a text without the dots of `3.5`, `f.eks.`, `dr. Prøve`, `3. maj` or `og … så`, which end no sentence."""
    return _INNER_DOT.sub("", text)


_GOES_ON = "|".join(rf"(?<=\b{re.escape(short)}\.)" for short in together().goes_on.split())
_INNER_DOT = re.compile(
    # The dot first: it is rare, and so the search is fast.
    r"\.(?:(?<=\w\.)(?=\w|\s+[a-zß-öø-ÿ\d])"
    rf"|(?:{_GOES_ON})(?=\s))"
    # Dots behind which a sentence goes on are a pause.
    r"|…(?=\s+[a-zß-öø-ÿ])"
)
