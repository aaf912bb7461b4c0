"""The sources of a run: found in the project, and read by the workers where the cache does not hold them."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.config import FILE_NAME, Config, line_of
from pipeline.engine.codec import encode
from pipeline.engine.keys import FileDigests, digest, reading_key, spelling_key
from pipeline.engine.reading_task import EncodedRead, ReadContext, Summary, compact_json, read_sources, value_from_json
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.lint.word_lists import validate_word_lists
from pipeline.model import FRONT_MATTER_KEYS, Article, ArticleMeta, Metadata
from pipeline.reading.dialects import named
from pipeline.reading.editions import article_meta, suggest_id
from pipeline.reading.picture_finder import PictureFinder, ResolvedPicture
from pipeline.reading.site import Site, find_site, site_by_files
from pipeline.reading.source_files import DiscoveredSources, Source, find_roots, find_sources
from pipeline.registry import note_rule
from pipeline.rendering.styles import find_styles
from pipeline.run.manifest import cached_summary
from pipeline.run.run_context import RunContext
from pipeline.timing import timed_phase
from pipeline.writers import load_writer

_MOST_PER_TASK, _LEAST_PER_TASK = 12, 4
"""Sources of one task: they share the start of pandoc, and every worker has work until the end."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source and its summary."""

    source: Source
    key: str
    """Cache key of the summary; empty where the next run must read the source again."""
    summary: Summary


@dataclass(frozen=True, slots=True)
class SourceSet:
    """The sources of a project, and the summaries of those that a run needs."""

    found: DiscoveredSources
    """All sources; conflicts and findings only where this run was asked for them."""
    records: tuple[SourceRecord, ...]
    """Sources that this run was asked for, and those that their editions contain."""
    neighbours: tuple[ArticleMeta, ...]
    """Articles that others refer to: only their titles are needed."""
    others: tuple[SourceRecord, ...]
    """Other sources, read because the cache no longer held their summaries."""
    is_unchanged: bool
    """No source had to be read."""

    @property
    def ids(self) -> dict[str, str]:
        """The id of each source by its path."""
        return {source.path: source.id for source in self.found.sources}

    @property
    def metas(self) -> tuple[ArticleMeta, ...]:
        return (*(each.summary.meta for each in self.records if each.summary.meta), *self.neighbours)

    @property
    def refused(self) -> tuple[Source, ...]:
        return (*(each.source for each in self.records if each.summary.meta is None), *self.found.id_conflicts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings on sources whose names are unusable or in conflict."""
        return self.found.findings

    @property
    def known_ids(self) -> frozenset[str]:
        """The id of every source of the project, published or not."""
        return frozenset(source.id for source in (*self.found.sources, *self.found.id_conflicts))


class SourceReader:
    """Reads the sources of one run, through the cache."""

    def __init__(self, run: RunContext) -> None:
        """Find the sources.

        Raises:
            ConfigError: The source folders, aliases or word lists are invalid.
        """
        _check_aliases(run.config)
        validate_word_lists(find_styles(run.config.folder))
        self.roots = find_roots(run.config)
        self._found = find_sources(run.config, self.roots)
        self._run = run
        self._by_id = {source.id: source for source in self._found.sources}
        ids = {source.path: source.id for source in self._found.sources}
        self.site = find_site(run.config, site_by_files(run.config), self.roots.project, ids)
        if not self.site.is_plain:
            self._found = replace(self._found, findings=(*self._found.findings, _dialect_note(self.site)))
        self._context = ReadContext(run.config, self.roots, ids, run.cache, spelling_key(), self.site)
        self._key = reading_key(run.config, ids, self.site)
        self._finder = PictureFinder(self.roots, run.config.limits)
        self._digests = FileDigests(run.cache)
        self._added: dict[str, bytes] = {}
        self._is_unchanged = True

    @timed_phase("read")
    def load(self) -> SourceSet:
        """Return all sources, or those that the run was asked for with those that they contain and refer to.

        Raises:
            ConfigError: No source has a requested id.
        """
        found, asked = self._found, self._run.request.articles
        if not asked:
            records = self._records(self._by_id)
            return SourceSet(found, tuple(records[id_] for id_ in sorted(records)), (), (), self._is_unchanged)
        conflicts = tuple(source for source in found.id_conflicts if source.id in asked)
        ids = {*self._by_id, *(source.id for source in conflicts)}
        if unknown := [id_ for id_ in asked if id_ not in ids]:
            raise ConfigError(
                f"there is no article {', '.join(map(repr, unknown))}",
                hint=suggest_id(unknown[0], self._by_id)
                or "give its id: its path below the source folder, without suffix",
            )
        paths = {source.path for source in conflicts}
        findings = tuple(each for each in found.findings if each.source in paths or each.code == "dialect-found")
        records = self._records(asked)
        records |= self._records(id_ for meta in _metas(records) for id_ in meta.articles if id_ not in records)
        related = (entry.id for meta in _metas(records) for entry in meta.related if entry.id not in records)
        neighbours = self._records(related)
        cache, earlier = self._run.cache, self._run.before.sources.values()
        lost = (each.id for each in earlier if each.key and cached_summary(cache, each.path, each.key) is None)
        others = self._records(id_ for id_ in lost if id_ not in records)
        return SourceSet(
            replace(found, id_conflicts=conflicts, findings=findings),
            tuple(records[id_] for id_ in sorted(records)),
            tuple(record.summary.meta for record in neighbours.values() if record.summary.meta),
            tuple(others.values()),
            self._is_unchanged,
        )

    def article(self, meta: ArticleMeta) -> bytes:
        """Return an encoded article; read it again where the cache does not hold it, or another under its key."""
        data = self._added.get(meta.key) or self._run.cache.get("article", meta.key)
        if (data is None or hashlib.sha256(data).hexdigest() != meta.key) and meta.id in self._by_id:
            for _, results in self._run.executor.read(self._tasks([[self._by_id[meta.id]]])):
                data = None if isinstance(results, TaskFailure) else results[0].article
        return data or b""

    def add(self, article: Article) -> ArticleMeta:
        """Add an article without a source, and return its metadata."""
        data = encode(article)
        meta = article_meta(article, hashlib.sha256(data).hexdigest())
        self._added[meta.key] = data
        return meta

    def _records(self, ids: Iterable[str]) -> dict[str, SourceRecord]:
        """Return the records of sources by id; read the sources that the cache does not hold."""
        sources = tuple(self._by_id[id_] for id_ in dict.fromkeys(ids) if id_ in self._by_id)
        known = {source: self._cached(source) for source in sources}
        new = {result.source: self._keep(result) for result in self._read([s for s in sources if known[s] is None])}
        return {source.id: record or new[source] for source, record in known.items()}

    def _cached(self, source: Source) -> SourceRecord | None:
        """Return the record of a source from the cache, if neither the source nor its pictures have changed."""
        sha256 = self._digest(source.path)
        if not sha256:
            return None
        names_key = self._names_key(source, sha256)
        targets = value_from_json(self._run.cache.get("pictures-of", names_key), tuple[str, ...])
        if targets is None:
            return None
        pictures = [self._finder.resolve_picture(target, source.path) for target in targets]
        key = _read_key(
            names_key, ((picture, self._digest(picture.path) if picture.path else "") for picture in pictures)
        )
        summary = cached_summary(self._run.cache, source.path, key)
        return SourceRecord(source, key, summary) if summary else None

    def _keep(self, result: EncodedRead) -> SourceRecord:
        """Store the result of reading a source."""
        self._is_unchanged = False
        cache, source, summary = self._run.cache, result.source, result.summary
        if summary.meta:
            cache.put("article", summary.meta.key, result.article)
        if not result.sha256:
            return SourceRecord(source, "", summary)
        names_key = self._names_key(source, result.sha256)
        key = _read_key(names_key, ((picture, picture.sha256) for picture in result.resolved_pictures))
        cache.put("pictures-of", names_key, compact_json([picture.target for picture in result.resolved_pictures]))
        cache.put("read", key, compact_json(summary))
        return SourceRecord(source, key, summary)

    def _names_key(self, source: Source, sha256: str) -> str:
        return digest((self._key, source.id, source.path, sha256))

    def _digest(self, path: str) -> str:
        """Return the digest of a file of the project; empty where it cannot be read."""
        return self._digests.of(self.roots.project / path)

    def _read(self, sources: list[Source]) -> Iterator[EncodedRead]:
        """Yield the result of reading each source; sources of a failed batch are read again one by one."""
        if not sources:
            return
        run = self._run
        if run.is_rendering:
            run.executor.warm(run.request.formats)
        done = 0
        size = min(_MOST_PER_TASK, max(_LEAST_PER_TASK, -(-len(sources) // run.executor.jobs)))
        batches = [sources[at : at + size] for at in range(0, len(sources), size)]
        for is_last in (False, True):
            lost: list[list[Source]] = []
            reading = run.executor.read(self._tasks(batches))
            for name in run.request.formats:
                load_writer(name)  # planning needs it; meanwhile the workers read
            for task, results in reading:
                batch = task.arguments[0]
                if isinstance(results, TaskFailure) and not is_last:
                    lost += [[source] for source in batch]
                    continue
                yield from [_unreadable(batch[0], results)] if isinstance(results, TaskFailure) else results
                done += len(batch)
                run.progress("read", done, len(sources))
            batches = lost

    def _tasks(self, batches: Iterable[list[Source]]) -> Iterator[Task]:
        # The limit of one source: a batch takes about a second, and a slow one is read again source by source.
        limit_s = self._run.config.limits.seconds
        return (Task(read_sources, (tuple(batch), self._context), limit_s) for batch in batches)


@note_rule(
    "dialect-found",
    "The articles are those of a tool that makes web sites; its constructs, addresses and folders are read as its own.",
    "`hugo.toml` beside `content/`",
    'Nothing; or set it: `[sources] dialect = "markdown"` for none.',
)
def _dialect_note(site: Site) -> Finding:
    message = f"the articles are read as those of {named(site.dialect).title}, by {site.evidence}"
    return make_finding("dialect-found", FILE_NAME, 0, message)


def _metas(records: Mapping[str, SourceRecord]) -> list[Metadata]:
    return [record.summary.meta.meta for record in records.values() if record.summary.meta]


def _unreadable(source: Source, failure: TaskFailure) -> EncodedRead:
    hint = "divide it, or raise what it may take: [limits] in publish.toml" if failure.is_worker_lost else ""
    message = f"reading it failed: {failure.message}"
    return EncodedRead(source, Summary(None, (make_finding("source-unreadable", source.path, 0, message, hint),)))


def _read_key(names_key: str, pictures: Iterable[tuple[ResolvedPicture, str]]) -> str:
    """Return the key of a source with its pictures.

    Args:
        pictures: Each picture that the source names, and the digest of its file.
    """
    return digest(
        (names_key, *(text for picture, sha256 in pictures for text in (picture.target, picture.outcome, sha256)))
    )


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
