"""All sources of a project, read by the workers: what this run needs of them, and no more."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config, line_of
from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.lint.spelling_verdicts import VerdictsByLanguage
from pipeline.lint.word_lists import validate_word_lists
from pipeline.model import FRONT_MATTER_KEYS, ArticleMeta
from pipeline.reading.editions import suggest_id
from pipeline.reading.source_files import Source, SourceRoots, find_roots, find_sources
from pipeline.rendering.styles import find_styles
from pipeline.running.catalogue import Catalogue
from pipeline.running.spool import Shelved, Spool, read_to
from pipeline.running.wordbook import WordBook
from pipeline.running.workers import Crash, Executor, Task
from pipeline.timing import timed_phase
from pipeline.writers import load_writer

Progress = Callable[[str, int, int], None]
"""Told the step (`read`, `write`), how many are done, and of how many."""

_MOST_PER_TASK, _LEAST_PER_TASK = 12, 4
"""So that pandoc's start is shared, and every worker still has work at the end."""


@dataclass(frozen=True, slots=True)
class Library:
    """The sources of a project, and those that were read."""

    sources: tuple[Source, ...]
    id_conflicts: tuple[Source, ...]
    """Sources that share an id; this run was asked for them."""
    roots: SourceRoots
    reads: tuple[Shelved, ...]
    neighbours: tuple[ArticleMeta, ...]
    """Read only for their titles, since others refer to them."""
    findings: tuple[Finding, ...]
    """On sources that could not even be named."""
    is_unchanged: bool
    """Nothing had to be read: all of it was known."""

    @property
    def ids(self) -> dict[str, str]:
        """The id of each source by its path."""
        return {source.path: source.id for source in self.sources}

    @property
    def metas(self) -> tuple[ArticleMeta, ...]:
        return (*(item.meta for item in self.reads if item.meta), *self.neighbours)

    @property
    def refused(self) -> tuple[Source, ...]:
        return (*(item.source for item in self.reads if item.meta is None), *self.id_conflicts)

    @property
    def known_ids(self) -> frozenset[str]:
        """Every id that a source of the project has, published or not."""
        return frozenset(source.id for source in (*self.sources, *self.id_conflicts))


@dataclass(frozen=True, slots=True)
class ReadingRoom:
    """What reading needs beside sources: who reads, where articles are laid, and who is told how far it has come."""

    config: Config
    workers: Executor
    spool: Spool
    progress: Progress
    formats: tuple[str, ...]
    """That will be written of what has changed."""
    book: WordBook


@timed_phase("read")
def read_library(room: ReadingRoom, state: Path, asked: tuple[str, ...]) -> Library:
    """Read all sources, or those asked for with what they bind and refer to; what has not changed is remembered.

    Args:
        state: The hidden folder of the outputs.
        asked: Ids; empty for all.

    Raises:
        ConfigError: An id that no source has, or source folders that cannot be meant.
    """
    config = room.config
    _check_aliases(config)
    validate_word_lists(find_styles(config.folder))
    roots = find_roots(config)
    files = find_sources(config, roots)
    sources, findings = files.sources, files.findings
    by_id = {source.id: source for source in sources}
    clashing = tuple(source for source in files.id_conflicts if not asked or source.id in asked)
    known = {*by_id, *(source.id for source in clashing)}
    if unknown := [id_ for id_ in asked if id_ not in known]:
        raise ConfigError(
            f"there is no article {', '.join(map(repr, unknown))}",
            hint=suggest_id(unknown[0], by_id) or "give its id: its path below the source folder, without suffix",
        )
    ids = {source.path: source.id for source in sources}
    catalogue = Catalogue(state, config, roots, ids)
    reads: dict[str, Shelved] = {}
    words: list[VerdictsByLanguage] = []

    def read_more(wanted: Iterable[str]) -> dict[str, Shelved]:
        batch = tuple(by_id[id_] for id_ in dict.fromkeys(wanted) if id_ in by_id and id_ not in reads)
        remembered = {source: catalogue.find(source) for source in batch}
        changed = tuple(source for source, known in remembered.items() if known is None)
        new = {item.source: item for item in _read(room, changed, roots, ids)}
        catalogue.note(new.values())
        words.extend(item.words for item in new.values())
        return {source.id: known or new[source] for source, known in remembered.items()}

    reads |= read_more(asked or by_id)
    neighbours: dict[str, Shelved] = {}
    if asked:
        reads |= read_more(id_ for item in reads.values() if item.meta for id_ in item.meta.meta.articles)
        neighbours = read_more(entry.id for item in reads.values() if item.meta for entry in item.meta.meta.related)
    catalogue.save(sources)
    room.book.add(words)
    return Library(
        sources,
        clashing,
        roots,
        tuple(reads[id_] for id_ in sorted(reads)),
        tuple(item.meta for item in neighbours.values() if item.meta),
        findings if not asked else tuple(f for f in findings if f.source in {source.path for source in clashing}),
        catalogue.is_unchanged,
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


def fetch(room: ReadingRoom, library: Library, cards: Iterable[ArticleMeta]) -> None:
    """Read what is to be written and was only remembered."""
    paths = {card.source for card in cards if not room.spool.has(card.id)}
    wanted = tuple(source for source in library.sources if source.path in paths)
    for _ in _read(room, wanted, library.roots, library.ids):
        pass  # what it says is known; the article now lies in the spool


def _read(
    room: ReadingRoom, sources: tuple[Source, ...], roots: SourceRoots, ids: Mapping[str, str]
) -> Iterator[Shelved]:
    """Yield what reading each source gave; a batch that is lost is tried again one by one."""

    def tasks(batches: Iterable[tuple[Source, ...]]) -> Iterable[Task]:
        # As long for a batch as for one: twelve take a second, and where they take longer, each is tried on its own.
        limit_s = room.config.limits.seconds
        return [Task(read_to, (room.spool, batch, room.config, roots, ids, room.book), limit_s) for batch in batches]

    if not sources:
        return
    room.workers.warm(room.formats)
    done = 0
    lost: list[Source] = []
    share = -(-len(sources) // room.workers.jobs)
    size = min(_MOST_PER_TASK, max(_LEAST_PER_TASK, share))
    reading = room.workers.read(tasks(sources[at : at + size] for at in range(0, len(sources), size)))
    for name in room.formats:
        load_writer(name)  # what is to be written is decided with it; meanwhile the others read
    for task, result in reading:
        if isinstance(result, Crash):
            lost += task.arguments[1]
            continue
        yield from result
        done += len(result)
        room.progress("read", done, len(sources))
    for task, result in room.workers.read(tasks((source,) for source in lost)):
        (source,) = task.arguments[1]
        if isinstance(result, Crash):
            hint = "divide it, or raise what it may take: [limits] in publish.toml" if result.is_worker_lost else ""
            yield Shelved(
                source,
                None,
                (make_finding("source-unreadable", source.path, 0, f"reading it failed: {result.message}", hint),),
            )
        else:
            yield from result
        done += 1
        room.progress("read", done, len(sources))
