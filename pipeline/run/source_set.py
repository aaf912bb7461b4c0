"""The sources of a project: found, and read by the workers where the cache does not know them."""

from __future__ import annotations

import difflib
import hashlib
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipeline.config import Config, line_of
from pipeline.engine.cache import Cache
from pipeline.engine.codec import encode
from pipeline.engine.executor import Executor
from pipeline.engine.keys import digest, reading_key, spelling_key
from pipeline.engine.reading_task import EncodedRead, ReadContext, Summary, compact_json, read_sources
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.lint.word_lists import validate_word_lists
from pipeline.model import FRONT_MATTER_KEYS, Article, ArticleMeta
from pipeline.reading.editions import article_meta, suggest_id
from pipeline.reading.picture_finder import PictureFinder, ResolvedPicture
from pipeline.reading.source_files import Source, find_roots, find_sources
from pipeline.rendering.styles import find_styles
from pipeline.run.manifest import SourceEntry, cached_summary
from pipeline.timing import timed_phase
from pipeline.writers import load_writer

Progress = Callable[[str, int, int], None]
"""Told the step (`read`, `write`), how many are done, and of how many."""

_MOST_PER_TASK, _LEAST_PER_TASK = 12, 4
"""So that pandoc's start is shared, and every worker still has work at the end."""
_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before it was read may change again within the same tick of its clock."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every step of a run needs."""

    config: Config
    executor: Executor
    cache: Cache
    progress: Progress
    formats: tuple[str, ...]
    is_rendering: bool = True
    """False: it is only planned what would be rendered."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source, and what is known of it."""

    source: Source
    key: str
    """Under which the cache has the summary; empty where the next run must read it again."""
    summary: Summary


@dataclass(frozen=True, slots=True)
class SourceSet:
    """The sources of a project, and those that this run was asked for."""

    sources: tuple[Source, ...]
    id_conflicts: tuple[Source, ...]
    """Sources that share an id; this run was asked for them."""
    records: tuple[SourceRecord, ...]
    neighbours: tuple[ArticleMeta, ...]
    """Needed only for their titles, since others refer to them."""
    others: tuple[SourceRecord, ...]
    """Not asked for, and read because the cache had lost what earlier runs knew of them."""
    findings: tuple[Finding, ...]
    """On sources that could not even be named."""
    is_unchanged: bool
    """Nothing had to be read: all of it was known."""

    @property
    def ids(self) -> dict[str, str]:
        """The id of each source by its path."""
        return {source.path: source.id for source in self.sources}

    @property
    def summaries(self) -> Iterator[Summary]:
        return (record.summary for record in self.records)

    @property
    def metas(self) -> tuple[ArticleMeta, ...]:
        return (*(each.meta for each in self.summaries if each.meta), *self.neighbours)

    @property
    def refused(self) -> tuple[Source, ...]:
        return (*(record.source for record in self.records if record.summary.meta is None), *self.id_conflicts)

    @property
    def known_ids(self) -> frozenset[str]:
        """Every id that a source of the project has, published or not."""
        return frozenset(source.id for source in (*self.sources, *self.id_conflicts))


class SourceReader:
    """Reads the sources of one run, through the cache."""

    def __init__(self, run: RunContext) -> None:
        """Find the sources.

        Raises:
            ConfigError: Source folders that cannot be meant.
        """
        _check_aliases(run.config)
        validate_word_lists(find_styles(run.config.folder))
        self.roots = find_roots(run.config)
        self._found = find_sources(run.config, self.roots)
        self._run = run
        self._by_id = {source.id: source for source in self._found.sources}
        ids = {source.path: source.id for source in self._found.sources}
        self._context = ReadContext(run.config, self.roots, ids, run.cache, spelling_key())
        self._key = reading_key(run.config, ids)
        self._finder = PictureFinder(self.roots, run.config.limits)
        self._digests: dict[str, str] = {}
        self._added: dict[str, bytes] = {}
        self._is_unchanged = True

    @timed_phase("read")
    def load(self, asked: tuple[str, ...], known: Iterable[SourceEntry]) -> SourceSet:
        """Return all sources, or those asked for with what they bind and refer to.

        Args:
            asked: Ids; empty for all.
            known: Each source that an earlier run has read.

        Raises:
            ConfigError: An id that no source has.
        """
        clashing = tuple(source for source in self._found.id_conflicts if not asked or source.id in asked)
        ids = {*self._by_id, *(source.id for source in clashing)}
        if unknown := [id_ for id_ in asked if id_ not in ids]:
            raise ConfigError(
                f"there is no article {', '.join(map(repr, unknown))}",
                hint=suggest_id(unknown[0], self._by_id)
                or "give its id: its path below the source folder, without suffix",
            )
        records = self._records(asked or self._by_id)
        neighbours: dict[str, SourceRecord] = {}
        others: dict[str, SourceRecord] = {}
        if asked:
            cards = [record.summary.meta for record in records.values()]
            records |= self._records(id_ for card in cards if card for id_ in card.meta.articles if id_ not in records)
            cards = [record.summary.meta for record in records.values()]
            related = (entry.id for card in cards if card for entry in card.meta.related if entry.id not in records)
            neighbours = self._records(related)
            cache = self._run.cache
            lost = (each.id for each in known if each.key and cached_summary(cache, each.path, each.key) is None)
            others = self._records(id_ for id_ in lost if id_ not in records)
        findings = self._found.findings
        return SourceSet(
            self._found.sources,
            clashing,
            tuple(records[id_] for id_ in sorted(records)),
            tuple(record.summary.meta for record in neighbours.values() if record.summary.meta),
            tuple(others.values()),
            findings if not asked else tuple(f for f in findings if f.source in {source.path for source in clashing}),
            self._is_unchanged,
        )

    def article(self, card: ArticleMeta) -> bytes:
        """Return an encoded article; one that the cache has lost is read again."""
        data = self._added.get(card.key) or self._run.cache.get("article", card.key)
        if data is None and card.id in self._by_id:
            task = Task(read_sources, ((self._by_id[card.id],), self._context), self._run.config.limits.seconds)
            for _, results in self._run.executor.read([task]):
                data = None if isinstance(results, TaskFailure) else results[0].article
        return data or b""

    def add(self, article: Article) -> ArticleMeta:
        """Take in an article that no source holds, and return its card."""
        data = encode(article)
        card = article_meta(article, hashlib.sha256(data).hexdigest())
        self._added[card.key] = data
        return card

    def _records(self, ids: Iterable[str]) -> dict[str, SourceRecord]:
        """Return what is known of sources by id; what the cache does not know is read."""
        sources = tuple(self._by_id[id_] for id_ in dict.fromkeys(ids) if id_ in self._by_id)
        known = {source: self._cached(source) for source in sources}
        new = {result.source: self._keep(result) for result in self._read([s for s in sources if known[s] is None])}
        return {source.id: record or new[source] for source, record in known.items()}

    def _cached(self, source: Source) -> SourceRecord | None:
        """Return what the cache knows of a source as it is now."""
        sha256 = self._digest(source.path)
        if not sha256:
            return None
        names_key = self._names_key(source, sha256)
        try:
            targets = msgspec.json.decode(self._run.cache.get("pictures-of", names_key) or b"", type=tuple[str, ...])
        except ValueError:
            return None
        sights = [self._finder.resolve_picture(target, source.path) for target in targets]
        key = _read_key(names_key, ((sight, self._digest(sight.path) if sight.path else "") for sight in sights))
        summary = cached_summary(self._run.cache, source.path, key)
        return SourceRecord(source, key, summary) if summary else None

    def _keep(self, result: EncodedRead) -> SourceRecord:
        """Keep what reading a source gave."""
        self._is_unchanged = False
        cache, source, summary = self._run.cache, result.source, result.summary
        if summary.meta:
            cache.put("article", summary.meta.key, result.article)
        if not result.sha256:
            return SourceRecord(source, "", summary)
        names_key = self._names_key(source, result.sha256)
        key = _read_key(names_key, ((sight, sight.sha256) for sight in result.resolved_pictures))
        cache.put("pictures-of", names_key, compact_json([sight.target for sight in result.resolved_pictures]))
        cache.put("read", key, compact_json(summary))
        return SourceRecord(source, key, summary)

    def _names_key(self, source: Source, sha256: str) -> str:
        return digest((self._key, source.id, source.path, sha256))

    def _digest(self, path: str) -> str:
        """Return the digest of a file of the project; empty where it cannot be read."""
        if path not in self._digests:
            self._digests[path] = self._digest_now(self.roots.project / path)
        return self._digests[path]

    def _digest_now(self, path: Path) -> str:
        """Return the digest of a file: as it was, where the file system says that nothing has changed."""
        try:
            status = path.stat()
            times_ns = (status.st_mtime_ns, status.st_ctime_ns)
            # With the path: a cache from another machine knows nothing of the files of this one.
            key = digest((str(path), str(status.st_size), str(times_ns), str(status.st_ino)))
            if known := self._run.cache.get("file-digest", key):
                return known.decode("ascii", "replace")
            if not stat.S_ISREG(status.st_mode):
                return ""  # a pipe would wait for ever
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            return ""
        if max(times_ns) + _SETTLED_NS < time.time_ns():
            self._run.cache.put("file-digest", key, sha256.encode())
        return sha256

    # ---- work

    def _read(self, sources: list[Source]) -> Iterator[EncodedRead]:
        """Yield what reading each source gives; a batch that is lost is tried again one by one."""
        if not sources:
            return
        run = self._run
        if run.is_rendering:
            run.executor.warm(run.formats)
        done = 0
        lost: list[Source] = []
        size = min(_MOST_PER_TASK, max(_LEAST_PER_TASK, -(-len(sources) // run.executor.jobs)))
        reading = run.executor.read(self._tasks(sources[at : at + size] for at in range(0, len(sources), size)))
        for name in run.formats:
            load_writer(name)  # what is to be written is decided with it; meanwhile the others read
        for task, results in reading:
            if isinstance(results, TaskFailure):
                lost += task.arguments[0]
                continue
            yield from results
            done += len(results)
            run.progress("read", done, len(sources))
        for task, results in run.executor.read(self._tasks([source] for source in lost)):
            (source,) = task.arguments[0]
            if isinstance(results, TaskFailure):
                hint = (
                    "divide it, or raise what it may take: [limits] in publish.toml" if results.is_worker_lost else ""
                )
                finding = make_finding(
                    "source-unreadable", source.path, 0, f"reading it failed: {results.message}", hint
                )
                yield EncodedRead(source, Summary(None, (finding,)))
            else:
                yield from results
            done += 1
            run.progress("read", done, len(sources))

    def _tasks(self, batches: Iterable[list[Source]]) -> Iterator[Task]:
        # As long for a batch as for one: twelve take a second, and where they take longer, each is tried on its own.
        limit_s = self._run.config.limits.seconds
        return (Task(read_sources, (tuple(batch), self._context), limit_s) for batch in batches)


def _read_key(names_key: str, sights: Iterable[tuple[ResolvedPicture, str]]) -> str:
    """Return the key of a source with its pictures.

    Args:
        sights: What each picture that the source names leads to, and the digest of that file.
    """
    return digest((names_key, *(text for sight, sha256 in sights for text in (sight.target, sight.outcome, sha256))))


def _check_aliases(config: Config) -> None:
    if not config.sources.aliases:
        return
    for alias, key in config.sources.aliases.items():
        if key not in FRONT_MATTER_KEYS:
            near = difflib.get_close_matches(key, FRONT_MATTER_KEYS, n=1, cutoff=0.5)
            raise ConfigError(
                f"[sources] aliases: {alias!r} stands for {key!r}, which is no key of front matter",
                source=config.file.name,
                line=line_of(config.file.read_text("utf-8-sig"), "sources", "aliases"),
                hint=f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(FRONT_MATTER_KEYS)}",
            )
