"""The task `read`: source files → encoded articles, their metadata, and what was found in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.engine.codec import encode
from pipeline.findings import Finding, sort_findings
from pipeline.lint.cross_article import LintSummary
from pipeline.lint.spelling_verdicts import Judge, SpellingVerdict, SpellingVerdicts
from pipeline.model import ArticleMeta
from pipeline.reading.editions import article_meta
from pipeline.reading.source_files import Source, SourceRoots
from pipeline.rendering.styles import find_styles

if TYPE_CHECKING:
    from pipeline.reading.picture_finder import ResolvedPicture
    from pipeline.reading.reader import ReadResult


@dataclass(frozen=True, slots=True)
class Summary:
    """What planning needs of a source, whose article itself stays in the cache."""

    meta: ArticleMeta | None
    """None: refused."""
    findings: tuple[Finding, ...]
    """Of reading it, and of the rules on an article: none of them depends on the day."""
    lint_summary: LintSummary = field(default_factory=LintSummary)
    """What is kept of it to compare it with others."""


@dataclass(frozen=True, slots=True)
class EncodedRead:
    """What reading one source gave."""

    source: Source
    summary: Summary
    article: bytes = b""
    """Encoded; empty where the source was refused."""
    resolved_pictures: tuple[ResolvedPicture, ...] = ()
    sha256: str = ""
    """Of the source; empty where the next run must read it again."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What all sources of a run are read with."""

    config: Config
    roots: SourceRoots
    ids: Mapping[str, str]
    """The id of every source by its path."""
    cache: Cache
    """Where verdicts on words are kept."""
    spelling_key: str


def read_sources(sources: Sequence[Source], context: ReadContext) -> tuple[EncodedRead, ...]:
    """Read and check sources; several at once share the start of pandoc."""
    from pipeline.reading.reader import read_articles  # only those who read load all that it takes

    verdicts = _verdicts(context.spelling_key)
    verdicts.cache = context.cache
    results = tuple(
        _result(item, context, verdicts) for item in read_articles(sources, context.config, context.roots, context.ids)
    )
    verdicts.save()
    return results


def _result(item: ReadResult, context: ReadContext, verdicts: SpellingVerdicts) -> EncodedRead:
    from pipeline.lint.rules import lint_article

    if item.article is None:
        return EncodedRead(item.source, Summary(None, item.findings), b"", item.resolved_pictures, item.sha256)
    checked = lint_article(item.article, context.config, find_styles(context.config.folder), verdicts)
    data = encode(item.article)
    card = article_meta(item.article, hashlib.sha256(data).hexdigest())
    summary = Summary(card, sort_findings((*item.findings, *checked.findings)), checked.lint_summary)
    return EncodedRead(item.source, summary, data, item.resolved_pictures, item.sha256)


def compact_json(value: object) -> bytes:
    """Return a record as the cache keeps it; half a character is escaped, which UTF-8 could not hold."""
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def summary_from_json(data: bytes | None, path: str) -> Summary | None:
    """Return a summary as it was kept; None where it is not one of this source.

    Args:
        path: The source, from the project folder.
    """
    if data is None:
        return None
    try:
        summary = msgspec.json.decode(data, type=Summary)
    except ValueError:
        return None
    card = summary.meta
    # These become parts of paths: of outputs, of word lists, and of places that are shown.
    named = (*(finding.source for finding in summary.findings), *((card.id, card.meta.language) if card else ()))
    return summary if (card is None or card.source == path) and all(map(is_below, named)) else None


def is_below(name: str) -> bool:
    """Tell whether a relative path stays below the folder that it is meant from."""
    parts = PurePosixPath(name).parts
    return not (name.startswith("/") or ".." in parts or "\\" in name or "\0" in name)


@dataclass(slots=True)
class _CachedVerdicts(SpellingVerdicts):
    """Verdicts on words, shared by all processes and runs."""

    key: str = ""
    cache: Cache | None = None
    _new: dict[str, bytes] = field(default_factory=dict)

    def find(self, language: str, word: str, judge: Judge) -> SpellingVerdict:
        name = f"{self.key} {language} {word}"
        data = self.cache.get("word", name) if self.cache else None
        try:
            return msgspec.json.decode(data or b"", type=tuple[str, ...] | None)
        except ValueError:
            verdict = judge(word)
            self._new[name] = msgspec.json.encode(verdict)
            return verdict

    def save(self) -> None:
        """Keep what was found here since this was last called."""
        if self.cache:
            self.cache.put_many("word", self._new.items())
        self._new.clear()


@cache
def _verdicts(spelling_key: str) -> _CachedVerdicts:
    """Return what this process knows of words."""
    return _CachedVerdicts(key=spelling_key)
