"""State of the preview: configuration, last report, queue, open pages; and the loop that publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar, cast

from pipeline import config as configuration
from pipeline import writers
from pipeline.build import current_ids, publish
from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.engine.executor import Executor
from pipeline.engine.output_dir import BusyError, OutputDir
from pipeline.errors import ConfigError, PublishError
from pipeline.index_page import Item, items_of
from pipeline.model import ArticleMeta, Metadata
from pipeline.preview.publish_queue import Affected, PreviewBuild, PublishQueue, QueuedRun, affected_by
from pipeline.reading.source_files import find_roots, find_sources, read_inside
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import Words, load_words
from pipeline.report import Report, ResultStatus
from pipeline.run.manifest import load_manifest, report_of
from pipeline.run.run_context import Request

P = ParamSpec("P")
T = TypeVar("T")
_MAX_SOURCE_BYTES = 10_000_000
_RETRY_S = 1.0
"""Seconds before a run is tried again whose outputs were locked."""
_MAX_UNREAD_EVENTS = 100


@dataclass(frozen=True, slots=True)
class BuildResult:
    stamp: str
    refusal: str = ""
    """Why it could not be built; empty: it was."""
    status: Literal["missing", "running", "done"] = "done"
    """Of a build of these inputs."""


@dataclass(frozen=True, slots=True)
class PageEvent:
    kind: str
    """`made`: articles were published; `news`: something else has changed; `queue`: only the number has."""
    ids: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    waiting: int = 0


class Listener:
    """An open page: the article it shows, and its unread events, of which None is the last."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.events: asyncio.Queue[PageEvent | None] = asyncio.Queue(_MAX_UNREAD_EVENTS)

    def end(self) -> None:
        while not self.events.empty():
            self.events.get_nowait()
        self.events.put_nowait(None)

    def send(self, event: PageEvent) -> None:
        """Add an event; a page with too many unread events misses it."""
        if not self.events.full():
            self.events.put_nowait(event)


class PreviewState:
    """State of the preview server. Its methods run in the event loop; publishing runs in a thread."""

    def __init__(self, config: Config, outputs: Path, jobs: int) -> None:
        self.config = config
        self.outputs = OutputDir(outputs)
        self.jobs = jobs
        self.queue = PublishQueue(writers.installed_writers())
        self.faults: dict[str, PublishError] = {}
        """Errors that prevent publishing, by cause: `config`, `sources`, `run`."""
        self.ids: Mapping[str, str] = {}
        """The id of each source by its path from the project folder."""
        with closing(Cache(self.outputs.cache_path)) as cache:
            self.report: Report = report_of(load_manifest(self.outputs), cache)
        self.version = 0
        """Counter of changes to what pages show."""
        self.style_version = 0
        """Counter of changes to styles, words and configuration."""
        self._builds: dict[tuple[Path, str], BuildResult] = {}
        """Builds for the preview only, by folder and id."""
        self._has_begun = False
        """The sources that changed before the start are queued."""
        self._current_run: QueuedRun | None = None
        self._listeners: set[Listener] = set()
        self._statuses: dict[tuple[str, str], ResultStatus] = {}
        self._items: tuple[int, dict[str, Item]] = (-1, {})
        self.refresh_sources()

    # ---- for pages

    @property
    def styles(self) -> Styles:
        return find_styles(self.config.folder)

    @property
    def words(self) -> Words:
        return load_words(self.styles, self.config.publisher.language)

    @property
    def items(self) -> tuple[Item, ...]:
        known = frozenset(self.ids.values())
        return tuple(item for id_, item in self._by_id().items() if id_ in known)

    def item(self, id_: str) -> Item | None:
        """Return an article or edition, also of a removed source; None for an unknown id."""
        return self._by_id().get(id_)

    def has_source(self, id_: str) -> bool:
        return id_ in self.ids.values()

    def source_text(self, item: Item) -> str:
        """Return the source of an article; empty where it is removed or unreadable."""
        if item.listing.source not in self.ids:
            return ""
        try:
            data = read_inside(self.config.folder / item.listing.source, find_roots(self.config), _MAX_SOURCE_BYTES)
        except PublishError:
            return ""
        return data.decode("utf-8-sig", "replace")

    def published_file(self, path: str) -> Path | None:
        return self.file_below(path) if self.digest(path) else None

    def file_below(self, path: str) -> Path | None:
        """Return a file below the outputs; None where there is none, or a link in its place."""
        file = self.outputs.path(path)
        return file if file.is_file() and not file.is_symlink() else None

    def digest(self, path: str) -> str:
        saved = (saved for entry in self.report.entries for saved in entry.artifacts if saved.path == path)
        return next((each.sha256 for each in saved), "")

    @property
    def waiting(self) -> int:
        if not self._has_begun:
            return len(self.ids)
        return len(self.queue.ids.union(self._current_run.ids if self._current_run else ()))

    def last_build(self, build: PreviewBuild) -> BuildResult:
        last = self._builds.get((build.outputs, build.id))
        return last if last and last.stamp == build.stamp else BuildResult(build.stamp, status="missing")

    def start_build(self, build: PreviewBuild) -> None:
        self._builds[build.outputs, build.id] = BuildResult(build.stamp, status="running")
        self.queue.add_preview_build(build)

    @contextmanager
    def listen(self, shown: str) -> Iterator[Listener]:
        """Register an open page for events; the queue takes its article first."""
        listener = Listener(shown)
        self._listeners.add(listener)
        listener.send(PageEvent("queue", waiting=self.waiting))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    # ---- the loop

    async def work(self) -> None:
        """Publish the queue until cancelled; the workers end after the thread that uses them."""
        with Executor(self.jobs, self.config.limits.memory_mb) as workers:
            workers.warm(writers.installed_writers())
            await self._queue_changed_sources(workers)
            while True:
                self._current_run = None
                self._broadcast(PageEvent("queue", waiting=self.waiting))
                self._current_run = await self.queue.next({listener.shown for listener in self._listeners})
                await self._run_queued(self._current_run, workers)

    async def _queue_changed_sources(self, workers: Executor) -> None:
        request = Request(tuple(writers.installed_writers()), outputs=self.outputs.folder)
        try:
            done = await _in_thread(workers, current_ids, self.config, request, lambda _step, _done, _of: None, workers)
        except PublishError:  # the first run reports the error
            done = frozenset()
        self.queue.add((id_ for id_ in self.ids.values() if id_ not in done), is_urgent=False)
        self._has_begun = True

    async def _run_queued(self, work: QueuedRun, workers: Executor) -> None:
        if work.preview_build:
            await self._run_preview_build(work, work.preview_build, workers)
            return
        try:
            report = await _in_thread(workers, self._publish, work, workers)
        except BusyError as error:
            self._fail("run", error)
            self.queue.add(work.ids, is_urgent=work.is_urgent)
            await asyncio.sleep(_RETRY_S)
        except PublishError as error:
            self.refresh_sources()
            if all(map(self.has_source, work.ids)):
                self._fail("run", error)
        else:
            self._apply_report(work, report)

    async def _run_preview_build(self, work: QueuedRun, build: PreviewBuild, workers: Executor) -> None:
        try:
            findings = (await _in_thread(workers, self._publish, work, workers)).findings
            refusals = (each.message for each in findings if each.code == "handout-variant" or each.severity == "error")
            refusal = next(refusals, "")
        except PublishError as error:
            refusal = str(error)
        self._builds[build.outputs, build.id] = BuildResult(build.stamp, refusal)
        self._broadcast(PageEvent("made", work.ids, work.formats, self.waiting))

    def changed(self, paths: Iterable[Path]) -> None:
        known = frozenset(self.ids.values())
        paths = tuple(paths)
        if self.config.file in paths and not self._reload():
            return
        self.refresh_sources()
        gone, new = known - frozenset(self.ids.values()), frozenset(self.ids.values()) - known
        self.queue.drop(gone)
        found = affected_by(paths, self.config.folder.resolve(), self.ids, self.report.listings)
        self._enqueue(found, new)
        if gone or new or found.is_everything:
            self._announce_change()

    def end_streams(self) -> None:
        for listener in self._listeners:
            listener.end()

    def refresh_sources(self) -> None:
        try:
            self.ids = {source.path: source.id for source in find_sources(self.config, find_roots(self.config)).sources}
            self.faults.pop("sources", None)
        except ConfigError as error:
            self._fail("sources", error)

    def _enqueue(self, found: Affected, new: frozenset[str]) -> None:
        shown = {listener.shown for listener in self._listeners if self.has_source(listener.shown)}
        if found.is_everything:
            self.style_version += 1
            self.queue.add(sorted(shown), is_urgent=True)
            self.queue.add(self.ids.values(), is_urgent=False)
        self.queue.add(sorted(found.sources | new | (found.editions & shown)), is_urgent=True)
        # Editions that no page shows can be long, and go last.
        self.queue.add(sorted(found.editions - shown), is_urgent=False)
        self._broadcast(PageEvent("queue", waiting=self.waiting))

    def _publish(self, work: QueuedRun, workers: Executor) -> Report:
        build = work.preview_build
        config, outputs = (build.config, build.outputs) if build else (self.config, self.outputs.folder)
        self.outputs.path(f"{outputs.relative_to(self.outputs.home)}/any")  # it is no link
        request = Request(work.formats, work.ids, outputs=outputs)
        return publish(config, request, lambda _step, _done, _of: None, workers)

    def _apply_report(self, work: QueuedRun, report: Report) -> None:
        for entry in report.entries:
            if entry.id in work.ids and entry.format in work.formats:
                self._statuses[entry.id, entry.format] = entry.status
        status = self._statuses
        entries = (replace(each, status=status.get((each.id, each.format), each.status)) for each in report.entries)
        self.report = replace(report, entries=tuple(entries))
        self.faults.pop("run", None)
        self.version += 1
        self._broadcast(PageEvent("made", work.ids, work.formats, self.waiting))

    def _reload(self) -> bool:
        """Reload the configuration; return False and keep the last valid one where it is invalid."""
        try:
            self.config = configuration.load_config(self.config.folder, writers.installed_writers())
        except (ConfigError, OSError) as error:
            name = configuration.FILE_NAME
            self._fail("config", error if isinstance(error, ConfigError) else ConfigError("it is missing", source=name))
            return False
        self.faults.pop("config", None)
        return True

    def _fail(self, what: str, error: PublishError) -> None:
        self.faults[what] = error
        self._announce_change()

    def _announce_change(self) -> None:
        self.version += 1
        self._broadcast(PageEvent("news", waiting=self.waiting))

    def _broadcast(self, event: PageEvent) -> None:
        for listener in self._listeners:
            listener.send(event)

    def _by_id(self) -> dict[str, Item]:
        if self._items[0] != self.version:
            listed = {listing.id for listing in self.report.listings} | {entry.id for entry in self.report.entries}
            unread = tuple(
                ArticleMeta(id_, path, Metadata(title=id_.rpartition("/")[2]))
                for path, id_ in self.ids.items()
                if id_ not in listed
            )
            report = replace(self.report, listings=(*self.report.listings, *unread))
            self._items = (self.version, {item.listing.id: item for item in items_of(report, self.words)})
        return self._items[1]


async def _in_thread(workers: Executor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the workers in a thread; where this task is cancelled, interrupt it and wait for it."""

    def interruptible() -> T | None:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt:  # raised by `interrupt`; asyncio would end the whole server
            return None

    thread = asyncio.ensure_future(asyncio.to_thread(interruptible))
    try:
        return cast("T", await asyncio.shield(thread))
    except asyncio.CancelledError:
        workers.interrupt()
        await asyncio.wait([thread])
        raise
