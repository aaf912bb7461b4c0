"""The desk: what stands, what is being made, who is looking, and the one loop that publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from pipeline import config as configuration
from pipeline import writers
from pipeline.build import Request, current_ids, publish
from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.engine.executor import Executor
from pipeline.engine.output_dir import BusyError, OutputDir
from pipeline.errors import ConfigError, PublishError
from pipeline.findings import Finding
from pipeline.index_page import Item, items_of
from pipeline.model import ArticleMeta, Metadata
from pipeline.preview.page_events import Listener, PageEvent
from pipeline.preview.publish_queue import PreviewBuild, PublishQueue, QueuedRun, Touched, touched
from pipeline.reading.source_files import find_roots, find_sources, read_inside
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import Words, load_words
from pipeline.report import Report, ResultStatus
from pipeline.run.manifest import load_manifest, report_of

P = ParamSpec("P")
T = TypeVar("T")
_MAX_SOURCE_BYTES = 10_000_000
_RETRY_S = 1.0
"""After which a run that found the outputs held by another is tried again."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What became of a proof that was printed aside."""

    stamp: str
    """Of what it was printed from."""
    findings: tuple[Finding, ...] = ()
    error: PublishError | None = None


class PreviewState:
    """The state of the server. Its methods run in the server's loop; publishing itself runs in a thread."""

    def __init__(self, config: Config, outputs: Path, jobs: int) -> None:
        self.config = config
        self.outputs = OutputDir(outputs)
        self.jobs = jobs
        self.queue = PublishQueue(writers.installed_writers())
        self.faults: dict[str, PublishError] = {}
        """What keeps things from being published: the configuration, the sources as a whole, the last run."""
        self.ids: Mapping[str, str] = {}
        """The id of each source by its path from the project folder."""
        self.report: Report = report_of(load_manifest(self.outputs.state), Cache(self.outputs.cache_path))
        self.version = 0
        """Counts what pages may show anew."""
        self.style_version = 0
        """Counts changes of what everything is drawn with: styles, words, the configuration."""
        self._printed: dict[tuple[Path, str], BuildResult] = {}
        """What was printed aside, by its folder and id."""
        self._has_begun = False
        """It is known what changed while there was no desk."""
        self._current_run: QueuedRun | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()
        self._statuses: dict[tuple[str, str], ResultStatus] = {}
        self._items: tuple[int, dict[str, Item]] = (-1, {})
        """As of a version."""
        self.refresh_sources()

    # ---- what pages ask

    @property
    def styles(self) -> Styles:
        return find_styles(self.config.folder)

    @property
    def words(self) -> Words:
        return load_words(self.styles, self.config.publisher.language)

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that the project's sources are, and what became of it."""
        known = frozenset(self.ids.values())
        return tuple(item for id_, item in self._by_id().items() if id_ in known)

    def item(self, id_: str) -> Item | None:
        """Return an article or edition; None where there is no such source, nor ever was."""
        return self._by_id().get(id_)

    def has_source(self, id_: str) -> bool:
        """Tell whether an article's source is still there."""
        return id_ in self.ids.values()

    def source_text(self, item: Item) -> str:
        """Return the source of an article; nothing where it is gone or cannot be read."""
        if item.listing.source not in self.ids:
            return ""
        try:
            data = read_inside(self.config.folder / item.listing.source, find_roots(self.config), _MAX_SOURCE_BYTES)
        except PublishError:
            return ""
        return data.decode("utf-8-sig", "replace")

    def artifact(self, path: str) -> Path | None:
        """Return where a published file lies; None for any other path, wherever it leads."""
        is_ours = any(saved.path == path for entry in self.report.entries for saved in entry.artifacts)
        return self.outputs.folder / path if is_ours else None

    def digest(self, path: str) -> str:
        """Return the digest of a published file; empty where it is none."""
        saved = (saved for entry in self.report.entries for saved in entry.artifacts if saved.path == path)
        return next((each.sha256 for each in saved), "")

    @property
    def waiting(self) -> int:
        """How many articles wait, or are being published just now."""
        if not self._has_begun:
            return len(self.ids)
        return len(self.queue.ids.union(self._current_run.ids if self._current_run else ()))

    def printed(self, aside: PreviewBuild) -> BuildResult | None:
        """Return what became of a proof when it was printed last; where it is out of date, it is printed anew.

        May be asked from any thread. None: it was never printed since this desk was set up.
        """
        last = self._printed.get((aside.outputs, aside.id))
        if (last is None or last.stamp != aside.stamp) and self._loop:
            self._loop.call_soon_threadsafe(self.queue.add_preview_build, aside)
        return last

    @contextmanager
    def listen(self, shown: str) -> Iterator[Listener]:
        """Tell a page what happens, and publish first what it shows."""
        listener = Listener(shown)
        self._listeners.add(listener)
        if shown and self.has_source(shown):
            self.queue.add((shown,), is_urgent=True)
        listener.tell(PageEvent("queue", waiting=self.waiting))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    # ---- what happens

    async def work(self) -> None:
        """Publish what waits, for ever, with workers that stay warm; they end after the thread that uses them."""
        self._loop = asyncio.get_running_loop()
        with Executor(self.jobs, self.config.limits.memory_mb) as workers:
            workers.warm(writers.installed_writers())
            await self._queue_changed_sources(workers)
            while True:
                self._current_run = None
                self._broadcast(PageEvent("queue", waiting=self.waiting))
                self._current_run = await self.queue.next({listener.shown for listener in self._listeners})
                await self._run_queued(self._current_run, workers)

    async def _queue_changed_sources(self, workers: Executor) -> None:
        """Let all wait that changed while there was no desk."""
        request = Request(tuple(writers.installed_writers()), outputs=self.outputs.folder)
        try:
            done = await _in_thread(workers, current_ids, self.config, request, lambda _step, _done, _of: None, workers)
        except PublishError:  # the first run says it with all that belongs to it
            done = frozenset()
        self.queue.add((id_ for id_ in self.ids.values() if id_ not in done), is_urgent=False)
        self._has_begun = True

    async def _run_queued(self, work: QueuedRun, workers: Executor) -> None:
        if work.preview_build:
            await self._print(work, work.preview_build, workers)
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

    async def _print(self, work: QueuedRun, aside: PreviewBuild, workers: Executor) -> None:
        try:
            report = await _in_thread(workers, self._publish, work, workers)
        except PublishError as error:
            printed = BuildResult(aside.stamp, error=error)
        else:
            printed = BuildResult(aside.stamp, report.findings)
        self._printed[aside.outputs, aside.id] = printed
        self._broadcast(PageEvent("made", work.ids, work.formats, self.waiting))

    def changed(self, paths: Iterable[Path]) -> None:
        """Let wait what saved, new or removed files touch."""
        known = frozenset(self.ids.values())
        paths = tuple(paths)
        if self.config.file in paths and not self._reload():
            return
        self.refresh_sources()
        gone, new = known - frozenset(self.ids.values()), frozenset(self.ids.values()) - known
        self.queue.drop(gone)
        found = touched(paths, self.config.folder.resolve(), self.ids, self.report.listings)
        self._enqueue(found, new)
        if gone or new or found.is_everything:
            self._announce_change()

    def dismiss(self) -> None:
        """Let all pages go."""
        for listener in self._listeners:
            listener.end()

    def refresh_sources(self) -> None:
        """Look which sources there are."""
        try:
            self.ids = {source.path: source.id for source in find_sources(self.config, find_roots(self.config)).sources}
            self.faults.pop("sources", None)
        except ConfigError as error:
            self._fail("sources", error)

    def _enqueue(self, found: Touched, new: frozenset[str]) -> None:
        shown = {listener.shown for listener in self._listeners if self.has_source(listener.shown)}
        if found.is_everything:
            self.style_version += 1
            self.queue.add(sorted(shown), is_urgent=True)
            self.queue.add(self.ids.values(), is_urgent=False)
        own = found.sources | new
        self.queue.add(sorted(own | (found.editions & shown)), is_urgent=True)
        # A long edition that no one looks at waits until no one waits for anything else.
        self.queue.add(sorted(found.editions - shown), is_urgent=False)
        self._broadcast(PageEvent("queue", waiting=self.waiting))

    def _publish(self, work: QueuedRun, workers: Executor) -> Report:
        config, outputs = (
            (work.preview_build.config, work.preview_build.outputs)
            if work.preview_build
            else (self.config, self.outputs.folder)
        )
        request = Request(work.formats, work.ids, outputs=outputs)
        return publish(config, request, lambda _step, _done, _of: None, workers)

    def _apply_report(self, work: QueuedRun, report: Report) -> None:
        """Show what a run has made."""
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
        """Read the configuration anew, and tell whether it could be; of a broken one, the last good one stays."""
        try:
            self.config = configuration.load_config(self.config.folder, writers.installed_writers())
        except (ConfigError, OSError) as error:
            name = configuration.FILE_NAME
            self._fail("config", error if isinstance(error, ConfigError) else ConfigError("it is gone", source=name))
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
            listener.tell(event)

    def _by_id(self) -> dict[str, Item]:
        """Return everything that is or was a source, in the order of a shelf."""
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
    """Return what a function that uses the workers returns; where this task is cancelled, end that thread first."""

    def interruptible() -> T | None:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt:  # raised by `interrupt`; past asyncio it would end the whole server
            return None

    thread = asyncio.ensure_future(asyncio.to_thread(interruptible))
    try:
        return cast("T", await asyncio.shield(thread))
    except asyncio.CancelledError:
        workers.interrupt()
        await asyncio.wait([thread])
        raise
