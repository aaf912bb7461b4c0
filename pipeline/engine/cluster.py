"""The executor on a Dask cluster: this machine reads, the cluster renders.

Reading is a twentieth of the work. Rendering needs articles, pictures and styles: they go through storage that all
machines share, and only small records go through the scheduler.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
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
from pipeline.timing import add_timings

if TYPE_CHECKING:
    from distributed import Client

_AHEAD = 4
"""Number of tasks that the scheduler holds for each worker: more would only fill its memory."""
_CONNECT_S = 10
_LEAN = {"distributed.worker.profile.enabled": False, "distributed.nanny.pre-spawn-environ": {}}
"""Dask samples each worker a hundred times a second and trims its memory: together a fifth of the worker's time."""


class Cluster(Executor):
    """A Dask cluster that renders, and processes of this machine that read; a context manager."""

    def __init__(self, address: str, store: str, project: Path, local: tuple[int, int]) -> None:
        """Connect, and compare the versions of all workers with those of this machine.

        Args:
            address: Address of the scheduler: `tls://host:8786`; `tcp://` only on this machine.
            store: Storage that all machines reach: a folder, or an address that fsspec knows.
            local: Number of reading processes on this machine, and memory limit of each in MB.

        Raises:
            ConfigError: There is no cluster, the line is open to other machines, or a worker has another version.
        """
        check_address(address)
        super().__init__(*local)
        self._project = project
        self._storage = SharedStorage(store, uuid.uuid4().hex)
        self._is_packed = False
        distributed = _distributed()
        try:
            self._client = distributed.Client(address, timeout=_CONNECT_S, security=distributed.Security())
        except (OSError, TimeoutError, ValueError) as error:
            raise ConfigError(
                f"--cluster: no scheduler answers at {address}: {error}", hint="is it running?"
            ) from error
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
        """Do nothing: workers of a cluster load the renderers with their first task, and keep them."""

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        suspects: list[Task] = []
        for task, result in self._rendered(iter(tasks), _AHEAD * self.jobs):
            if isinstance(result, TaskFailure) and result.is_worker_lost:
                suspects.append(task)
            else:
                yield task, result
        # A dead worker takes all its tasks with it, and a slow one delays others: run each suspect on its own.
        yield from self._rendered(iter(suspects), 1)

    def _rendered(self, tasks: Iterator[Task], most: int) -> Iterator[tuple[Task, Any]]:
        """Yield each task with its result; at most so many are under way."""
        from distributed import wait

        under_way: dict[Any, Task] = {}
        while True:
            for task in islice(tasks, max(0, most - len(under_way))):
                under_way[self._client.submit(render_remotely, *self._handed_over(task), pure=False)] = task
            if not under_way:
                return
            limit_s = WALL_CLOCK_FACTOR * max(task.timeout_s for task in under_way.values())
            try:
                done = wait(list(under_way), timeout=limit_s, return_when="FIRST_COMPLETED").done
                results = [(future, self._result(under_way[future], future)) for future in done]
            except (TimeoutError, CancelledError):
                failure = TaskFailure(f"it did not end within {limit_s:.0f} seconds", is_worker_lost=True)
                results = [(future, failure) for future in under_way]
                self._client.cancel(list(under_way))
            yield from ((under_way.pop(future), result) for future, result in results)

    def _handed_over(self, task: Task) -> tuple[RenderTask, RenderContext, SharedStorage]:
        """Put what a task needs and the storage lacks into it; return the arguments of the remote call."""
        own: RenderTask
        context: RenderContext
        own, context = task.arguments
        if not self._is_packed:
            pack_styles(self._project, self._storage)
            self._is_packed = True
        with suppress(Exception):  # `render` reports what is wrong with an article
            edition = own.edition
            for meta, article in zip(own.edition_plan.all_metas, own.articles, strict=True):
                self._storage.put("article", meta.key, article)
            pictures = {image.picture for article in (edition.front, *edition.articles) for image in images(article)}
            for picture in pictures:
                if not self._storage.has(ORIGINAL, picture.sha256):
                    self._storage.put(ORIGINAL, picture.sha256, context.images.original(edition, picture))
        lean = replace(context, values=self._storage, images=replace(context.images, values=self._storage))
        return replace(own, articles=()), replace(lean, staging=None), self._storage

    def _result(self, task: Task, future: Any) -> dict[str, Rendered] | TaskFailure:
        """Return what a finished task gave, its files staged and in the cache."""
        from distributed import KilledWorker

        results: dict[str, Rendered]
        try:
            results, seconds = future.result()
        except KilledWorker as error:
            # The scheduler has tried it on as many workers as it allows (distributed.scheduler.allowed-failures).
            return TaskFailure(f"it killed the workers that tried it: {error}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # as in a pool, any error costs this task only
            return TaskFailure(f"{type(error).__name__}: {error}", is_worker_lost=False)
        add_timings(seconds)
        for saved in (saved for rendered in results.values() for saved in rendered.artifacts):
            data = self._storage.get(FILE, saved.sha256)
            if data is None or hashlib.sha256(data).hexdigest() != saved.sha256:
                return TaskFailure(f"its file {saved.path} is not in the store", is_worker_lost=True)
            own, context = task.arguments
            context.values.put(FILE, saved.sha256, data)
            context.staging.stage(staged_name(own.number, saved.path), data)
        return results


def check_address(address: str) -> None:
    """Refuse an unencrypted line to another machine: anyone who reaches a scheduler can run code.

    Raises:
        ConfigError: The line is unencrypted, or the address is invalid.
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
    """Start a cluster of `workers` processes with one thread each; only this machine can reach it.

    Raises:
        ConfigError: Dask is not installed.
    """
    distributed = _distributed()
    import dask

    dask.config.set(_LEAN)  # not `with`: workers that restart later need it too
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=f"{memory_mb}MB",
        dashboard_address=None,
    )  # fmt: skip


def _check_workers(client: Client) -> int:
    """Return the number of workers.

    Raises:
        ConfigError: There is no worker, or one has other versions than this machine: its bytes would differ.
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
        names = sorted(name for name in {*own, *parts} if own.get(name) != parts.get(name))
        differences = [f"{name} {parts.get(name, 'none')} (here {own.get(name, 'none')})" for name in names]
        faults += [f"{worker} has {', '.join(differences)}"] if differences else []
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
