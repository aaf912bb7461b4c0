"""Context of a lint rule: the article, its passages and sentences, and the word lists of its language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from pipeline.config import Config
from pipeline.findings import Finding, make_finding
from pipeline.languages import Language, language
from pipeline.lint.passages import Passage, collect_passages
from pipeline.lint.spelling_verdicts import SpellingVerdicts
from pipeline.lint.word_lists import WordList, WordSpan, load_word_list, tokenize
from pipeline.model import Article, Block, Cell, Image, Inline, walk
from pipeline.rendering.readability import sentences
from pipeline.rendering.styles import Styles

ModelNode = Block | Inline | Cell
Kind = TypeVar("Kind", bound=ModelNode)
SENTENCE_KINDS = ("lead", "point", "prose", "note")  # Kinds of passages that are read as sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    passage: Passage
    start: int  # In the text of the passage

    @property
    def line(self) -> int:
        return self.passage.line_at(self.start)


@dataclass(frozen=True)
class LintContext:
    """An article with what its rules read of it: passages, sentences, words, and the tables of its language."""

    article: Article
    config: Config
    styles: Styles
    # On words, shared by all articles of a process.
    verdicts: SpellingVerdicts = field(default_factory=SpellingVerdicts)

    @cached_property
    def language(self) -> Language:
        return language(self.article.language)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        return collect_passages(self.article)

    @cached_property
    def words(self) -> tuple[tuple[Passage, tuple[WordSpan, ...]], ...]:
        return tuple((each, tokenize(each.own)) for each in self.passages if each.kind != "reference")

    @property
    def word_count(self) -> int:
        return sum(len(words) for _, words in self.words)

    def each_word(self) -> Iterator[tuple[Passage, WordSpan]]:
        return ((passage, word) for passage, words in self.words for word in words)

    def matches(self, pattern: re.Pattern[str]) -> Iterator[tuple[Passage, re.Match[str]]]:
        return ((passage, at) for passage, _ in self.words for at in pattern.finditer(passage.own))

    @cached_property
    def _nodes(self) -> Mapping[type, tuple[ModelNode, ...]]:
        by_type: dict[type, list[ModelNode]] = defaultdict(list)
        for node in walk(self.article.blocks):
            by_type[type(node)].append(node)
        return {kind: tuple(nodes) for kind, nodes in by_type.items()}

    def nodes(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return every block or inline of a kind in the body, in reading order."""
        return cast("tuple[Kind, ...]", self._nodes.get(kind, ()))

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """Return every image, the hero first, in reading order."""
        return ((self.article.hero.image,) if self.article.hero else ()) + self.nodes(Image)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        read = (passage for passage in self.passages if passage.kind in SENTENCE_KINDS)
        return tuple(Sentence(words, each, start) for each in read for start, words in sentences(each.own))

    def sentence_at(self, passage: Passage, place: int) -> Sentence | None:
        around = (each for each in self.sentences if each.passage is passage)
        return next((each for each in around if each.start <= place < each.start + len(each.text)), None)

    @cached_property
    def all_text(self) -> str:
        """All words in small letters, to search the whole article."""
        return "\n".join(passage.text for passage in self.passages).casefold()

    def list(self, name: str) -> WordList:
        return load_word_list(self.styles, name, self.article.language)

    def finding(self, code: str, line: int, message: str, hint: str = "", quote: str = "") -> Finding:
        return make_finding(code, self.article.source, line, message, hint, quote)

    def finding_at(self, code: str, passage: Passage, place: tuple[int, int], message: str, hint: str = "") -> Finding:
        """Return a finding on words of a passage, from where they begin to where they end."""
        start, end = place
        return self.finding(code, passage.line_at(start), message, hint, passage.text[start:end])


ArticleCheck = Callable[[LintContext], Iterable[Finding]]
ARTICLE_CHECKS: list[ArticleCheck] = []  # The checks of all imported modules


def article_check(check: ArticleCheck) -> ArticleCheck:
    ARTICLE_CHECKS.append(check)
    return check
