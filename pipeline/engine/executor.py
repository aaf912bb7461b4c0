"""The executor: who does the tasks of a run, by default worker processes on this machine.

Two pools, because renderers take longer to load than an article to read: the server of those that render loads them
while the others read, once for all of them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.engine.worker_pool import Task, WorkerPool, block_sigint
from pipeline.limits import DEFAULT_LIMITS
from pipeline.timing import sum_timings

WORKER_BYTES = 400_000_000
"""What a worker may need."""
_READ_MODULES = ("pipeline.engine.reading_task", "pipeline.reading.reader", "pipeline.lint.rules")
_RENDER_MODULES = ("pipeline.engine.rendering_task",)
"""What workers load before their first task, beside the renderers."""
_CGROUP = Path("/sys/fs/cgroup")


class Executor:
    """Worker processes on this machine; use it as a context manager, for one run or for many.

    `engine.cluster` has one that renders on other machines.
    """

    def __init__(self, jobs: int, memory_mb: int = DEFAULT_LIMITS.memory_mb) -> None:
        """Begin with no process: each pool starts, at most `jobs` of them, when its first tasks come.

        Args:
            memory_mb: What each may take; Linux holds them to it, and each program that they start.
        """
        self.jobs = max(1, jobs)
        self._readers = WorkerPool(self.jobs, multiprocessing.get_context("spawn"), memory_mb, _READ_MODULES)
        self._renderers = WorkerPool(self.jobs, _render_context(), memory_mb, _RENDER_MODULES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._readers.shutdown()
        self._renderers.shutdown()

    def interrupt(self) -> None:
        """Make the thread that uses the workers raise KeyboardInterrupt; may be called from any thread."""
        self._readers.interrupt()
        self._renderers.interrupt()

    def begin(self, formats: Iterable[str]) -> None:
        """Let workers load, while this process still loads what it needs itself."""
        self._readers.begin()
        self.warm(formats)

    def warm(self, formats: Iterable[str]) -> None:
        """Let the server of those that render load the renderers of formats, while this process goes on."""
        if _has_server():
            from pipeline.writers import installed_writers

            points: list[EntryPoint] = [installed_writers()[name] for name in formats]
            # A format without such a module is loaded when it is written; the server passes over what is not there.
            forkserver.set_forkserver_preload([*_RENDER_MODULES, *(f"{point.module}.warm" for point in points)])
            with block_sigint():
                forkserver.ensure_running()

    def timings(self) -> Mapping[str, float]:
        """Return the seconds of each phase since this was last asked, of all workers together."""
        seconds = sum_timings(self._readers.seconds, self._renderers.seconds)
        self._readers.seconds, self._renderers.seconds = {}, {}
        return seconds

    def read(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each task of reading with its result, or a `TaskFailure`, as they are done."""
        return self._readers.run(tasks)

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each task of rendering with its result, or a `TaskFailure`, as they are done."""
        return self._renderers.run(tasks)


def default_jobs() -> int:
    """Return how many workers this process has cores and memory for."""
    memory = _memory_bytes()
    return max(1, min(cores(), memory // WORKER_BYTES if memory else cores()))


def cores() -> int:
    """Return how many cores this process may use, by its affinity and its control group."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        count = min(count, int(quota) // int(period))  # `max` is no number: no limit
    return max(1, count)


def _memory_bytes() -> int:
    """Return the memory that this process may use; 0 where it cannot be told."""
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):
        limits.append(int((_CGROUP / "memory.max").read_text()))
    return min(limits, default=0)


def _has_server() -> bool:
    """Tell whether processes can be forked from a server; macOS' libraries do not bear it."""
    return "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


def _render_context() -> BaseContext:
    return multiprocessing.get_context("forkserver" if _has_server() else "spawn")
