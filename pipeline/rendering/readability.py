"""Readability of a text: LIX, sentences, word count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.languages import together
from pipeline.model import BLOCKS, Article, Block, Cell, Para, Plain, References, Table, children, text

LONG_WORD_LETTERS = 6
"""A word with more letters is long."""
LixLevel = Literal["very_easy", "easy", "medium", "hard", "very_hard"]
LIX_LEVELS: tuple[tuple[int, LixLevel], ...] = ((25, "very_easy"), (35, "easy"), (45, "medium"), (55, "hard"))
"""Upper limits of the levels; above the last a text is very hard."""


def lix(paragraphs: tuple[str, ...]) -> int | None:
    """Return the LIX of a text: words per sentence plus the percentage of long words; None for a text without words.

    Args:
        paragraphs: Each ends a sentence, with or without a full stop.

    Source: C.H. Björnsson, Läsbarhet, 1968. Below 25 children's books, above 55 laws.
    """
    texts = [_INNER_DOT.sub("", text) for text in paragraphs]
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", text)]
    if not words:
        return None
    sentences = sum(len(re.findall(r"\w[^.!?:…]*", text)) for text in texts)
    long_words = sum(len(word) > LONG_WORD_LETTERS for word in words)
    return round(len(words) / sentences + 100 * long_words / len(words))


def lix_level(number: int) -> LixLevel:
    return next((name for limit, name in LIX_LEVELS if number < limit), "very_hard")


def running_text(article: Article) -> Iterator[str]:
    """Yield the paragraphs and list items of an article, without headings, tables and references."""
    waiting: list[Block] = list(reversed(article.blocks))
    while waiting:
        block = waiting.pop()
        if isinstance(block, Para | Plain):
            yield text(block.content)
        elif not isinstance(block, References | Table):
            inside = [node for node in children(block) if isinstance(node, BLOCKS) and not isinstance(node, Cell)]
            waiting += reversed(inside)


def word_count(article: Article) -> int:
    return len(text(article.blocks).split())


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield offset and text of each sentence of a paragraph; a colon ends no sentence."""
    # The replacement keeps the length, so that positions in both texts agree.
    plain = _INNER_DOT.sub("·", text)
    return ((at.start(), text[at.start() : at.end()]) for at in re.finditer(r"\w[^.!?…]*[.!?…]*", plain))


_GOES_ON = "|".join(
    rf"(?<=\b[{short[0].upper()}{short[0]}]{re.escape(short[1:])}\.)" for short in together().goes_on.split()
)
_INNER_DOT = re.compile(
    # The dot comes first: it is rare, which makes the search fast.
    r"\.(?:(?<=\w\.)(?=\w|\s+[a-zß-öø-ÿ\d])"
    rf"|(?=\s)(?:{_GOES_ON}))"
    # An ellipsis within a sentence.
    r"|…(?=\s+[a-zß-öø-ÿ])"
)
"""Dots that end no sentence: of `3.5`, `f.eks.`, `dr. Prøve`, `pga. Parkinson`, `3. maj`, `og … så`."""
