"""Worker processes that live for a whole run, one task at a time each.

Not `ProcessPoolExecutor`: it breaks as a whole when one worker dies. Here a death or a time limit costs one task.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from pipeline.limits import DEFAULT_LIMITS, WALL_CLOCK_FACTOR
from pipeline.timing import collect_timings, sum_timings, untimed

_PAUSES_S = (0.05, 0.2, 0.8)
"""Before a worker is started once more: a dying server refuses for a moment before the system says that it is dead."""
_EXIT_S = 5.0
"""Seconds to wait for a worker to exit before it is killed."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make in a worker; function, arguments and result must be picklable."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    timeout_s: float
    """Of a processor; by the clock it may take `WALL_CLOCK_FACTOR` times as long. Windows knows the clock only."""


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """What a task came to that gave no result."""

    message: str
    is_worker_lost: bool
    """The process died or was ended; False: the function raised."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    deadline: float = 0.0


class WorkerPool:
    """At most so many processes; they start when the first tasks come, and stay until `shutdown`."""

    def __init__(
        self, jobs: int, context: BaseContext, memory_mb: int = DEFAULT_LIMITS.memory_mb, modules: tuple[str, ...] = ()
    ) -> None:
        """Begin with no process.

        Args:
            context: How processes start.
            memory_mb: What each may take.
            modules: What each loads before its first task comes.
        """
        self._modules = modules
        self._memory_mb = memory_mb
        self._jobs = jobs
        self._context = context
        self._workers: list[_Worker] = []
        self.seconds: dict[str, float] = {}
        """Of each phase, in all processes together."""
        self._is_interrupted = False
        self._wakeup, self._waker = multiprocessing.Pipe(duplex=False)
        """A pipe that ends the wait for results when something is written to it."""

    def begin(self) -> None:
        """Start one process before there is a task."""
        if not self._workers:
            self._workers.append(self._start())

    def interrupt(self) -> None:
        """Make the thread that waits for results, and every later call of `run`, raise KeyboardInterrupt.

        May be called from any thread. The thread that uses the workers then ends by itself, as it does after Ctrl-C.
        """
        self._is_interrupted = True
        self._waker.send_bytes(b"")

    def shutdown(self) -> None:
        """End all processes; no other thread may use them any more: see `interrupt`."""
        for worker in self._workers:
            # One in mid-task is left over only where the run was interrupted; an idle one holds nothing.
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()
        self._wakeup.close()
        self._waker.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Hand tasks out, and yield each with its result, or a `TaskFailure`, as they are done.

        A task is taken from `tasks` only when a worker is free for it.
        """
        self._raise_if_interrupted()
        waiting = iter(tasks)
        self._hand_out(waiting)  # now, and not when the first result is asked for: the caller may have work of its own
        return self._results(waiting)

    def _results(self, waiting: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        while any(worker.task for worker in self._workers):
            self._raise_if_interrupted()
            results = list(self._collect())
            self._hand_out(waiting)  # before the caller is at work with these
            yield from results

    def _raise_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _hand_out(self, waiting: Iterator[Task]) -> None:
        while True:
            worker = next((worker for worker in self._workers if worker.task is None), None)
            if worker is None and len(self._workers) >= self._jobs:
                return
            task = next(waiting, None)
            if task is None:
                return
            if worker is None:
                worker = self._start()
                self._workers.append(worker)
            worker.task = task
            worker.deadline = time.monotonic() + task.timeout_s * WALL_CLOCK_FACTOR
            with suppress(BrokenPipeError, ConnectionError):  # it died while it was idle; collecting finds that out
                worker.pipe.send(task)

    def _start(self) -> _Worker:
        """Start a worker; where the server that starts it dies meanwhile, the next one does."""
        for pause_s in _PAUSES_S:
            with suppress(EOFError, ConnectionError):
                return self._started()
            time.sleep(pause_s)
        return self._started()

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._memory_mb, self._modules), daemon=True)  # type: ignore[attr-defined]  # every concrete context has it
        with block_sigint():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _collect(self) -> Iterator[tuple[Task, Any]]:
        busy = [worker for worker in self._workers if worker.task]
        patience = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
        with untimed():
            ready = set(wait([self._wakeup, *(worker.pipe for worker in busy)], timeout=patience))
        self._raise_if_interrupted()
        for worker in busy:
            task = worker.task
            if task is None or not (worker.pipe in ready or time.monotonic() >= worker.deadline):
                continue
            result = self._received(worker, task, is_late=worker.pipe not in ready)
            if isinstance(result, TaskFailure) and result.is_worker_lost:
                worker.process.kill()
                worker.process.join()
                worker.pipe.close()
                self._workers.remove(worker)
            worker.task = None
            yield task, result

    def _received(self, worker: _Worker, task: Task, *, is_late: bool) -> Any:
        """Return what a worker has sent, or why it sent nothing."""
        if is_late:
            limit_s = task.timeout_s * WALL_CLOCK_FACTOR
            return TaskFailure(f"it did not end within {limit_s:.0f} seconds", is_worker_lost=True)
        try:
            result, seconds = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(_EXIT_S)
            return TaskFailure(_cause(worker.process.exitcode, task), is_worker_lost=True)
        self.seconds = sum_timings(self.seconds, seconds)
        return result


@contextmanager
def block_sigint() -> Iterator[None]:
    """Let processes that start in between not hear Ctrl-C: it reaches the whole group, and the parent alone decides.

    A worker would ignore it soon, but one that still loads its modules would die of it, and say so at length. The
    signal is held back, not ignored: this process hears it right after.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # where it starts only now, it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, memory_mb: int, modules: tuple[str, ...]) -> None:
    """Take calls until the pipe closes."""
    _limit("CORE", 0)  # no file with all that this process knows is left where it is ended
    if sys.platform == "linux":  # macOS has the call and does not keep to it
        # Not AS: it counts every library and font that is only mapped, and what is kept in reserve.
        _limit("DATA", memory_mb * 1_000_000)
    # Ctrl-C reaches the whole group; the parent alone decides what becomes of the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in modules:
        with suppress(Exception):  # where it can be told, the first task says what is wrong
            import_module(module)
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        # In whole seconds, and never so few that what is nearly done is ended.
        _limit("CPU", math.ceil(time.process_time() + task.timeout_s) + 1)
        try:
            result = task.function(*task.arguments)
        except MemoryError as error:
            # Modules may be half loaded, and locks held: the next task gets a process of its own.
            why = f": {error}" if str(error) else ""
            result = TaskFailure(f"it took more memory than {memory_mb} MB{why}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # the last door: whatever it is, it costs this task alone
            if os.environ.get("PUBLISH_DEBUG"):
                traceback.print_exc()
            result = TaskFailure(f"{type(error).__name__}: {error}", is_worker_lost=False)
        try:
            pipe.send((result, collect_timings()))
        except (BrokenPipeError, ConnectionError):
            return
        if isinstance(result, TaskFailure) and result.is_worker_lost:
            return


def _limit(what: str, most: int) -> None:
    """Let the kernel end this process, or refuse it more, once it has used so much; Windows has no such call."""
    if sys.platform == "win32":
        return
    import resource

    number = getattr(resource, f"RLIMIT_{what}")
    hard = resource.getrlimit(number)[1]
    resource.setrlimit(number, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _cause(exit_code: int | None, task: Task) -> str:
    """Return why a worker ended in mid-task."""
    if exit_code is None or exit_code >= 0:
        return f"its process died (exit code {exit_code})"
    if -exit_code == getattr(signal, "SIGXCPU", 0):
        return f"it took more than {task.timeout_s:.0f} seconds of a processor"
    try:
        return f"its process died ({signal.Signals(-exit_code).name})"
    except ValueError:
        return f"its process died (signal {-exit_code})"
