"""The executor of tasks: two pools of worker processes on this machine, one that reads and one that renders.

The renderers take longer to load than an article to read: a server loads them once for all workers, while others read.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import EntryPoint
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.engine.worker_pool import Task, WorkerPool, block_sigint
from pipeline.limits import DEFAULT_LIMITS
from pipeline.programs import leave_working_folder

WORKER_BYTES = 400_000_000
"""Memory that a worker may need."""
_READ_MODULES = ("pipeline.engine.reading_task", "pipeline.reading.reader", "pipeline.lint.rules")
_RENDER_MODULES = ("pipeline.engine.rendering_task",)
"""What workers load before their first task, beside the renderers."""
_CGROUP = Path("/sys/fs/cgroup")
_HAS_SERVER = "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
"""Processes can be forked from a server; the libraries of macOS fail after a fork."""


class Executor:
    """Worker processes of this machine, for one run or for many; a context manager."""

    def __init__(self, jobs: int, memory_mb: int = DEFAULT_LIMITS.memory_mb) -> None:
        """Start no process yet: each pool starts at most `jobs` of them when its first tasks come.

        Args:
            memory_mb: Memory limit of each process and of each program that it starts; Linux enforces it.
        """
        leave_working_folder()
        self.jobs = max(1, jobs)
        self._readers = WorkerPool(self.jobs, "spawn", memory_mb, _READ_MODULES)
        self._renderers = WorkerPool(self.jobs, "forkserver" if _HAS_SERVER else "spawn", memory_mb, _RENDER_MODULES)

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

    def abandon(self) -> None:
        """Kill the busy workers, so that none continues after its run."""
        self._readers.abandon()
        self._renderers.abandon()

    def begin(self, formats: Iterable[str]) -> None:
        """Let workers load their modules while this process loads its own."""
        self._readers.begin()
        self.warm(formats)

    def warm(self, formats: Iterable[str]) -> None:
        """Let the server load the renderers of formats while this process goes on."""
        if _HAS_SERVER:
            from pipeline.writers import installed_writers

            points: list[EntryPoint] = [installed_writers()[name] for name in formats]
            # The server ignores modules that do not exist; such a format is loaded when it is written.
            forkserver.set_forkserver_preload([*_RENDER_MODULES, *(f"{point.module}.warm" for point in points)])
            with block_sigint():
                forkserver.ensure_running()

    def read(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each reading task with its result or a `TaskFailure`, as they are done."""
        return self._readers.run(tasks)

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Yield each rendering task with its result or a `TaskFailure`, as they are done."""
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
    """Return the memory that this process may use; 0 where the system does not say."""
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):
        limits.append(int((_CGROUP / "memory.max").read_text()))
    return min(limits, default=0)
