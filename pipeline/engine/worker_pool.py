"""The worker pool: processes that live for a whole run and do one task at a time.

`ProcessPoolExecutor` fails as a whole when one worker dies; here a death or a time limit costs one task.
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
from multiprocessing.process import BaseProcess
from typing import Any

from pipeline.limits import DEFAULT_LIMITS, WALL_CLOCK_FACTOR
from pipeline.timing import add_timings, collect_timings, untimed

_PAUSES_S = (0.05, 0.2, 0.8)
"""Pauses before a worker is started again: a dying server refuses for a moment before the system reports its death."""
_EXIT_S = 5.0
"""Seconds to wait for a worker to exit before it is killed."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make in a worker; function, arguments and result must be picklable."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    timeout_s: float
    """Processor time; by the clock it may take `WALL_CLOCK_FACTOR` times as long. Windows limits only the clock."""


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """The error of a task that gave no result."""

    message: str
    is_worker_lost: bool
    """The process died or was ended; False: the function raised."""
    late_step: str = ""
    """The step that took too long: see `begin_step`."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A message of a worker: a step of its task begins, with a time limit of its own."""

    name: str
    timeout_s: float


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    step: _Step = _Step("", 0)
    """The step that it is at; without a name: all of its task."""
    deadline: float = 0.0

    def begin(self, step: _Step) -> None:
        self.step = step
        self.deadline = time.monotonic() + step.timeout_s * WALL_CLOCK_FACTOR


class WorkerPool:
    """At most so many processes; they start when the first tasks come, and stay until `shutdown`."""

    def __init__(
        self, jobs: int, method: str, memory_mb: int = DEFAULT_LIMITS.memory_mb, modules: tuple[str, ...] = ()
    ) -> None:
        """Start no process yet.

        Args:
            method: Start method of `multiprocessing`.
            memory_mb: Memory limit of each process.
            modules: Modules that each process loads before its first task.
        """
        self._modules = modules
        self._memory_mb = memory_mb
        self._jobs = jobs
        self._context: Any = multiprocessing.get_context(method)  # typeshed gives the base class no `Process`
        self._workers: list[_Worker] = []
        self._is_interrupted = False
        self._wakeup, self._waker = multiprocessing.Pipe(duplex=False)
        """A pipe that ends the wait for results when bytes are written to it."""

    def begin(self) -> None:
        """Start a process; where the server that starts it dies meanwhile, the next one does."""
        for pause_s in _PAUSES_S:
            with suppress(EOFError, ConnectionError):
                self._workers.append(self._started())
                return
            time.sleep(pause_s)
        self._workers.append(self._started())

    def interrupt(self) -> None:
        """Make the thread that waits for results, and every later call of `run`, raise KeyboardInterrupt.

        May be called from any thread. The thread that uses the workers then ends as it does after Ctrl-C.
        """
        self._is_interrupted = True
        self._waker.send_bytes(b"")

    def shutdown(self) -> None:
        """Kill all processes; no other thread may still use them: see `interrupt`."""
        self._end(list(self._workers))
        self._wakeup.close()
        self._waker.close()

    def abandon(self) -> None:
        """Kill the busy processes, whose results no one needs any more."""
        self._end([worker for worker in self._workers if worker.task])

    def _end(self, workers: list[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()
            self._workers.remove(worker)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Hand out tasks, and yield each with its result or a `TaskFailure`, as they are done.

        A task is taken from `tasks` only when a worker is free for it.
        """
        self._raise_if_interrupted()
        waiting = iter(tasks)
        self._hand_out(waiting)  # before the first result is asked for: the caller may have work of its own
        return self._results(waiting)

    def _results(self, waiting: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        while any(worker.task for worker in self._workers):
            self._raise_if_interrupted()
            results = list(self._collect())
            self._hand_out(waiting)  # before the caller works with these results
            yield from results

    def _raise_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _hand_out(self, waiting: Iterator[Task]) -> None:
        while True:
            idle = [worker for worker in self._workers if worker.task is None]
            if not (idle or len(self._workers) < self._jobs) or (task := next(waiting, None)) is None:
                return
            if not idle:
                self.begin()
            worker = idle[0] if idle else self._workers[-1]
            worker.task = task
            worker.begin(_Step("", task.timeout_s))
            with suppress(ConnectionError):  # it died while it was idle; `_collect` finds that out
                worker.pipe.send(task)

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._memory_mb, self._modules), daemon=True)
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
            result = self._received(worker, is_late=worker.pipe not in ready)
            if isinstance(result, _Step):
                worker.begin(result)
                continue
            if isinstance(result, TaskFailure) and result.is_worker_lost:
                self._end([worker])
            worker.task = None
            yield task, result

    def _received(self, worker: _Worker, *, is_late: bool) -> Any:
        """Return what a worker has sent, or why it has sent nothing."""
        if is_late:
            limit_s = worker.step.timeout_s * WALL_CLOCK_FACTOR
            return TaskFailure(
                f"it did not end within {limit_s:.0f} seconds", is_worker_lost=True, late_step=worker.step.name
            )
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(_EXIT_S)
            return _failure(worker.process.exitcode, worker.step)
        if isinstance(message, _Step):
            return message
        result, seconds = message
        add_timings(seconds)
        return result


@contextmanager
def block_sigint() -> Iterator[None]:
    """Keep Ctrl-C from processes that start in between: it reaches the whole group, and only the parent may decide.

    A worker ignores it later, but while it loads its modules it would die with a traceback. The signal is delayed:
    this process receives it afterwards.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # if it started later, it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_step(name: str, timeout_s: float) -> None:
    """Begin a step of the task of this worker, with a time limit of its own; elsewhere nothing happens."""
    if _parents:
        _parents[0].send(_Step(name, timeout_s))
        _limit_time(timeout_s)


_parents: list[Connection] = []
"""The pipe to the parent, within a worker."""


def _limit_time(timeout_s: float) -> None:
    # The limit has whole seconds: round up.
    _limit("CPU", math.ceil(time.process_time() + timeout_s) + 1)


def _work(pipe: Connection, memory_mb: int, modules: tuple[str, ...]) -> None:
    """Do tasks until the pipe closes."""
    _parents.append(pipe)
    _limit("CORE", 0)  # a core file would hold the articles
    if sys.platform == "linux":  # macOS does not enforce it
        # AS would count every library and font that is only mapped.
        _limit("DATA", memory_mb * 1_000_000)
    # Ctrl-C reaches the whole group, and only the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in modules:
        with suppress(Exception):  # the first task reports the error
            import_module(module)
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        _limit_time(task.timeout_s)
        try:
            result = task.function(*task.arguments)
        except MemoryError as error:
            # Modules may be half loaded and locks held: the next task gets a new process.
            why = f": {error}" if str(error) else ""
            result = TaskFailure(f"it took more memory than {memory_mb} MB{why}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # any error costs this task only
            if os.environ.get("PUBLISH_DEBUG"):
                traceback.print_exc()
            result = TaskFailure(f"{type(error).__name__}: {error}", is_worker_lost=False)
        try:
            pipe.send((result, collect_timings()))
        except ConnectionError:
            return
        if isinstance(result, TaskFailure) and result.is_worker_lost:
            return


def _limit(what: str, most: int) -> None:
    """Set a resource limit of this process, which the kernel enforces; Windows has no such call."""
    if sys.platform == "win32":
        return
    import resource

    number = getattr(resource, f"RLIMIT_{what}")
    hard = resource.getrlimit(number)[1]
    resource.setrlimit(number, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _failure(exit_code: int | None, step: _Step) -> TaskFailure:
    """Return why a worker ended during a task."""
    if exit_code is None or exit_code >= 0:
        return TaskFailure(f"its process died (exit code {exit_code})", is_worker_lost=True)
    if -exit_code == getattr(signal, "SIGXCPU", 0):
        return TaskFailure(
            f"it took more than {step.timeout_s:.0f} seconds of a processor", is_worker_lost=True, late_step=step.name
        )
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    return TaskFailure(f"its process died ({name})", is_worker_lost=True)
