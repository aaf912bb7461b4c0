"""Normalised articles of a run, on disk: the run holds their cards, so its memory does not grow with them."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.errors import SourceError
from pipeline.findings import Finding, sort_findings
from pipeline.lint.cross_article import LintSummary
from pipeline.lint.spelling_verdicts import SpellingVerdicts, VerdictsByLanguage
from pipeline.model import Article, ArticleMeta, Edition
from pipeline.reading.editions import EditionPlan, article_meta, build_edition
from pipeline.reading.source_files import FileStatus, Source, SourceRoots
from pipeline.rendering.styles import Styles, find_styles
from pipeline.running.saving import Outputs
from pipeline.running.wordbook import WordBook

if TYPE_CHECKING:
    from pipeline.reading.picture_finder import ResolvedPicture
    from pipeline.reading.reader import ReadResult


@dataclass(frozen=True, slots=True)
class Shelved:
    """What reading one source gave: its article lies in the spool."""

    source: Source
    meta: ArticleMeta | None
    """None: refused."""
    findings: tuple[Finding, ...]
    """Of reading it, and of the rules on an article: none of them depends on the day."""
    resolved_pictures: tuple[ResolvedPicture, ...] = ()
    sha256: str = ""
    """Of the source; empty where the next run must read it again."""
    status: FileStatus | None = None
    lint_summary: LintSummary = field(default_factory=LintSummary)
    """What is kept of it to compare it with others."""
    words: VerdictsByLanguage = field(default_factory=dict)
    """That were judged for the first time."""


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of this run alone: made by it, gone with it. So what lies there is as trusted as its memory."""

    folder: Path

    def put(self, article: Article) -> ArticleMeta:
        """Lay an article down and return its card."""
        self._path(article.id).write_bytes(pickle.dumps(article, pickle.HIGHEST_PROTOCOL))
        return article_meta(article)

    def take(self, binding: EditionPlan) -> Edition:
        """Return the edition of a binding."""
        return build_edition(self._load(binding.front), tuple(map(self._load, binding.metas)), binding.related)

    def keep(self, id_: str, data: bytes | None) -> None:
        """Lay down an article as another spool had it."""
        if data is not None:
            self._path(id_).write_bytes(data)

    def data(self, id_: str) -> bytes:
        """Return an article as it lies here."""
        return self._path(id_).read_bytes()

    @staticmethod
    def name_of(id_: str) -> str:
        return hashlib.sha256(id_.encode()).hexdigest()

    def has(self, id_: str) -> bool:
        """Tell whether an article lies here: one that has not changed was not read."""
        return self._path(id_).is_file()

    def _load(self, card: ArticleMeta) -> Article:
        if not self.has(card.id):
            raise SourceError("changed while this run went on", source=card.source, hint="run it again")
        article: Article = pickle.loads(self._path(card.id).read_bytes())  # noqa: S301  # written by this run itself
        return article

    def _path(self, id_: str) -> Path:
        return self.folder / self.name_of(id_)


def open_spool(outputs: Outputs) -> Spool:
    """Return the spool of a run that holds the outputs."""
    spool = Spool(outputs.staging / "spool")
    spool.folder.mkdir()
    return spool


def read_to(
    spool: Spool, sources: Sequence[Source], config: Config, roots: SourceRoots, ids: Mapping[str, str], book: WordBook
) -> tuple[Shelved, ...]:
    """Read sources, lay their articles into the spool, and return their cards and findings."""
    from pipeline.reading.reader import read_articles  # only those who read load all that it takes

    styles, verdicts = find_styles(config.folder), book.verdicts()
    return tuple(_shelve(item, spool, config, styles, verdicts) for item in read_articles(sources, config, roots, ids))


def _shelve(item: ReadResult, spool: Spool, config: Config, styles: Styles, verdicts: SpellingVerdicts) -> Shelved:
    from pipeline.lint.rules import lint_article

    if item.article is None:
        return Shelved(item.source, None, item.findings, item.resolved_pictures, item.sha256, item.status)
    checked = lint_article(item.article, config, styles, verdicts)
    findings = sort_findings((*item.findings, *checked.findings))
    card = spool.put(item.article)
    words = verdicts.taken()
    return Shelved(
        item.source, card, findings, item.resolved_pictures, item.sha256, item.status, checked.lint_summary, words
    )
