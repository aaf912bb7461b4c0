"""The task `read`: makes encoded articles, their metadata and findings of source files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.engine.codec import encode
from pipeline.findings import Finding, sort_findings
from pipeline.lint.cross_article import LintSummary
from pipeline.lint.spelling_verdicts import Judge, SpellingVerdict, SpellingVerdicts
from pipeline.model import ArticleMeta
from pipeline.reading.editions import article_meta
from pipeline.reading.site import Site
from pipeline.reading.source_files import Source, SourceRoots
from pipeline.rendering.styles import find_styles

if TYPE_CHECKING:
    from pipeline.reading.picture_finder import ResolvedPicture
    from pipeline.reading.reader import ReadResult

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Summary:
    """The metadata and findings of a source; the cache holds its article."""

    meta: ArticleMeta | None
    """None: the source was refused."""
    findings: tuple[Finding, ...]
    """Findings of reading and of the rules on an article; none depends on the date."""
    lint_summary: LintSummary = field(default_factory=LintSummary)
    """Data of the rules that compare articles."""


@dataclass(frozen=True, slots=True)
class EncodedRead:
    """The result of reading one source."""

    source: Source
    summary: Summary
    article: bytes = b""
    """Encoded article; empty where the source was refused."""
    resolved_pictures: tuple[ResolvedPicture, ...] = ()
    sha256: str = ""
    """Digest of the source; empty where the next run must read it again."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """The values that all reading tasks of a run share."""

    config: Config
    roots: SourceRoots
    ids: Mapping[str, str]
    """The id of every source by its path."""
    cache: Cache
    """Cache of spelling verdicts."""
    spelling_key: str
    site: Site = field(default_factory=Site)


def read_sources(sources: Sequence[Source], context: ReadContext) -> tuple[EncodedRead, ...]:
    """Read and lint sources; those of one call share the start of pandoc."""
    from pipeline.reading.reader import read_articles  # only workers load it

    verdicts = _verdicts(context.spelling_key)
    verdicts.cache = context.cache
    results = tuple(
        _result(item, context, verdicts)
        for item in read_articles(sources, context.config, context.roots, context.ids, context.site)
    )
    verdicts.save()
    return results


def _result(item: ReadResult, context: ReadContext, verdicts: SpellingVerdicts) -> EncodedRead:
    from pipeline.lint.rules import lint_article

    summary, data = Summary(None, item.findings), b""
    if item.article:
        checked = lint_article(item.article, context.config, find_styles(context.config.folder), verdicts)
        data = encode(item.article)
        meta = article_meta(item.article, hashlib.sha256(data).hexdigest())
        summary = Summary(meta, sort_findings((*item.findings, *checked.findings)), checked.lint_summary)
    return EncodedRead(item.source, summary, data, item.resolved_pictures, item.sha256)


def compact_json(value: object) -> bytes:
    """Return a record as JSON; unpaired surrogates, which UTF-8 cannot hold, are escaped."""
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


def summary_from_json(data: bytes | None, path: str) -> Summary | None:
    """Return a cached summary; None where it is damaged, of another source, or its names lead elsewhere.

    Args:
        path: Path of the source from the project folder.
    """
    if (summary := value_from_json(data, Summary)) is None:
        return None
    meta = summary.meta
    # These names become parts of paths.
    names = (*(finding.source for finding in summary.findings), *((meta.id, meta.meta.language) if meta else ()))
    return summary if (meta is None or meta.source == path) and all(map(is_below, names)) else None


def value_from_json(data: bytes | None, kind: type[T]) -> T | None:
    """Return a cached value of a type; None where it is missing or of another type."""
    try:
        return msgspec.json.decode(data or b"", type=kind)
    except (ValueError, RecursionError):
        return None


def is_below(name: str) -> bool:
    """Tell whether a relative path stays below its folder."""
    parts = PurePosixPath(name).parts
    return not (name.startswith("/") or ".." in parts or "\\" in name or "\0" in name)


@dataclass(slots=True)
class _CachedVerdicts(SpellingVerdicts):
    """Spelling verdicts in the cache, which all processes and runs share."""

    key: str = ""
    cache: Cache | None = None
    _new: dict[str, bytes] = field(default_factory=dict)

    def find(self, language: str, word: str, judge: Judge) -> SpellingVerdict:
        name = f"{self.key} {language} {word}"
        data = self.cache.get("word", name) if self.cache else None
        try:
            return msgspec.json.decode(data or b"", type=tuple[str, ...] | None)
        except (ValueError, RecursionError):
            verdict = judge(word)
            self._new[name] = msgspec.json.encode(verdict)
            return verdict

    def save(self) -> None:
        """Store the verdicts that are new since the last call."""
        if self.cache:
            self.cache.put_many("word", self._new.items())
        self._new.clear()


@cache
def _verdicts(spelling_key: str) -> _CachedVerdicts:
    """Return the verdicts of this process."""
    return _CachedVerdicts(key=spelling_key)
