"""The executor beyond one machine: this machine reads, a Dask cluster renders.

Reading is a twentieth of the work, and needs the sources; rendering needs articles, pictures and styles, which go
through storage that all machines reach. Only small records travel through the scheduler.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.engine.executor import Executor
from pipeline.engine.image_sizes import ORIGINAL
from pipeline.engine.keys import program_parts
from pipeline.engine.remote import SharedStorage, pack_styles, render_remotely
from pipeline.engine.rendering_task import FILE, RenderContext, Rendered, RenderTask, staged_name
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.errors import ConfigError
from pipeline.limits import WALL_CLOCK_FACTOR
from pipeline.model import images
from pipeline.reading.source_files import read_inside
from pipeline.timing import sum_timings

if TYPE_CHECKING:
    from distributed import Client

_AHEAD = 4
"""Tasks given to the scheduler for each worker: more would only fill its memory."""
_CONNECT_S = 10
_LEAN = {"distributed.worker.profile.enabled": False, "distributed.nanny.pre-spawn-environ": {}}
"""Dask looks at what a worker does a hundred times a second, and has it give back memory at every turn: that takes a
fifth of its time."""


class Cluster(Executor):
    """A Dask cluster that renders, and processes here that read; use it as a context manager."""

    def __init__(self, address: str, store: str, project: Path, local: tuple[int, int]) -> None:
        """Connect, and make sure that all workers are of one mind with this machine.

        Args:
            address: Of the scheduler: `tls://host:8786`; `tcp://` only on this machine.
            store: What all machines reach: a folder, or an address that fsspec knows.
            local: How many processes read here, and how many megabytes each may take.

        Raises:
            ConfigError: No cluster there, an open line to another machine, or workers of other versions.
        """
        check_address(address)
        super().__init__(*local)
        self._project = project
        self._storage = SharedStorage(store, uuid.uuid4().hex)
        self._seconds: Mapping[str, float] = {}
        self._is_packed = False
        self._client = _connect(address)
        try:
            self.jobs = _check_workers(self._client)
        except ConfigError:
            self._client.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._client.close()
        self._storage.drop_run()

    def warm(self, formats: Iterable[str]) -> None:
        """Workers of a cluster load what they need with their first task, and keep it."""

    def timings(self) -> Mapping[str, float]:
        seconds = sum_timings(self._seconds, super().timings())
        self._seconds = {}
        return seconds

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        executor = self._client.get_executor(pure=False, retries=0)
        waiting = iter(tasks)
        under_way: dict[Future[Any], Task] = {}
        suspects: list[Task] = []
        while True:
            for task in islice(waiting, max(0, _AHEAD * self.jobs - len(under_way))):
                under_way[executor.submit(render_remotely, *self._handed_over(task))] = task
            if not under_way:
                # A worker that dies takes with it what else it was given: each goes alone, and costs itself only.
                yield from ((task, self._alone(task)) for task in suspects)
                return
            patience_s = WALL_CLOCK_FACTOR * max(task.timeout_s for task in under_way.values())
            done, _ = wait(under_way, timeout=patience_s, return_when=FIRST_COMPLETED)
            if not done:  # something holds the others up: each goes alone, so that it costs itself only
                held_up = list(under_way.values())
                executor.shutdown(wait=False)
                under_way.clear()
                executor = self._client.get_executor(pure=False, retries=0)
                yield from ((task, self._alone(task)) for task in held_up)
            for future in done:
                task = under_way.pop(future)
                result = self._result(task, future)
                if isinstance(result, TaskFailure) and result.is_worker_lost:
                    suspects.append(task)
                else:
                    yield task, result

    def _alone(self, task: Task) -> dict[str, Rendered] | TaskFailure:
        """Do a task while nothing else is under way."""
        future = self._client.submit(render_remotely, *self._handed_over(task), pure=False)
        try:
            return self._result(task, future)
        finally:
            future.cancel()

    def _handed_over(self, task: Task) -> tuple[RenderTask, RenderContext, SharedStorage]:
        """Lay into the storage what a task needs and what is not there yet; return what travels to the worker."""
        own: RenderTask
        context: RenderContext
        own, context = task.arguments
        if not self._is_packed:
            pack_styles(self._project, self._storage)
            self._is_packed = True
        with suppress(Exception):  # `render` says what is wrong with an article, where it is rendered
            edition = own.edition
            for card, article in zip(own.binding.all_metas, own.articles, strict=True):
                self._storage.put("article", card.key, article)
            pictures = {image.picture for article in (edition.front, *edition.articles) for image in images(article)}
            for picture in pictures:
                if not self._storage.has(ORIGINAL, picture.sha256):
                    # By the one door: what was a picture when it was looked at may be a link to elsewhere by now.
                    path, limits = self._project / picture.path, context.images.limits
                    data = read_inside(path, context.images.roots, limits.picture_bytes)
                    self._storage.put(ORIGINAL, picture.sha256, data)
        lean = replace(context, values=self._storage, images=replace(context.images, values=self._storage))
        return replace(own, articles=()), replace(lean, staging=None), self._storage

    def _result(self, task: Task, future: Any) -> dict[str, Rendered] | TaskFailure:
        """Return what a task came to; `future` is of Dask or of its executor."""
        from distributed import KilledWorker

        try:
            results, seconds = future.result(timeout=WALL_CLOCK_FACTOR * task.timeout_s)
        except TimeoutError:
            limit_s = WALL_CLOCK_FACTOR * task.timeout_s
            return TaskFailure(f"it did not end within {limit_s:.0f} seconds", is_worker_lost=True)
        except KilledWorker as error:
            # The scheduler has tried it on as many workers as it allows (distributed.scheduler.allowed-failures).
            return TaskFailure(f"it killed the workers that tried it: {error}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # the last door, as in a pool
            return TaskFailure(f"{type(error).__name__}: {error}", is_worker_lost=False)
        self._seconds = sum_timings(self._seconds, seconds)
        for saved in (saved for rendered in results.values() for saved in rendered.artifacts):
            data = self._storage.get(FILE, saved.sha256)
            if data is None or hashlib.sha256(data).hexdigest() != saved.sha256:
                return TaskFailure(f"its file {saved.path} is not in the store", is_worker_lost=True)
            own, context = task.arguments
            context.values.put(FILE, saved.sha256, data)
            context.staging.stage(staged_name(own.number, saved.path), data)
        done: dict[str, Rendered] = results
        return done


def check_address(address: str) -> None:
    """Make sure that no open line leads to another machine: whoever reaches a scheduler can run code.

    Raises:
        ConfigError: It does, or it is no address.
    """
    found = re.fullmatch(r"(tls|tcp)://\[?([^\]/]+?)\]?:(\d+)", address)
    if not found:
        raise ConfigError(f"--cluster is {address!r}, expected such as tls://scheduler:8786")
    scheme, host, _ = found.groups()
    is_here = host == "localhost"
    with suppress(ValueError):
        is_here = is_here or ipaddress.ip_address(host).is_loopback
    if scheme == "tcp" and not is_here:
        raise ConfigError(
            f"--cluster is {address!r}: tcp:// only on this machine, since whoever reaches a scheduler can run code",
            hint="use tls://, with the certificates in Dask's configuration: distributed.comm.tls",
        )


def start(workers: int, memory_mb: int) -> Any:
    """Start a cluster on this machine: `workers` processes of one thread, reached from this machine alone.

    Raises:
        ConfigError: Dask is not installed.
    """
    distributed = _distributed()
    import dask

    dask.config.set(_LEAN)  # `with` would end before the workers have started anew after a death
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=f"{memory_mb}MB",
        dashboard_address=None,
    )  # fmt: skip


def _connect(address: str) -> Client:
    distributed = _distributed()
    try:
        return distributed.Client(address, timeout=_CONNECT_S, security=distributed.Security())
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(f"--cluster: no scheduler answers at {address}: {error}", hint="is it running?") from error


def _check_workers(client: Client) -> int:
    """Return how many workers there are.

    Raises:
        ConfigError: None, or some whose versions differ from those here: their bytes would differ.
    """
    try:
        answers = client.run(program_parts)
    except Exception as error:
        raise ConfigError(
            f"--cluster: the workers cannot load clinic-publish: {error}", hint="install this version there"
        ) from error
    if not answers:
        raise ConfigError("--cluster: the cluster has no workers", hint="start some, then try again")
    own = program_parts()
    faults = []
    for worker, parts in sorted(answers.items()):
        differing = sorted(name for name in {*own, *parts} if own.get(name) != parts.get(name))
        if differing:
            told = ", ".join(f"{name} {parts.get(name, 'none')} (here {own.get(name, 'none')})" for name in differing)
            faults.append(f"{worker} has {told}")
    if faults:
        raise ConfigError(
            "--cluster: workers of other versions would make other bytes: " + "; ".join(faults),
            hint="install the same versions there, and the same Pango",
        )
    return len(answers)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ConfigError("a cluster needs Dask", hint="pip install 'clinic-publish[cluster]'") from error
    return distributed
