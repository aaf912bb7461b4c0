"""Who works, beyond one machine: a Dask cluster writes, this machine reads.

Reading is a twentieth of the work, and needs the sources; writers need an article, its pictures and the styles, which
go through a store that all machines reach. Only small records travel through the scheduler.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.limits import WALL_CLOCK_FACTOR
from pipeline.model import images
from pipeline.reading.source_files import read_inside
from pipeline.running.afar import make_afar, pack
from pipeline.running.crew import Crash, Task
from pipeline.running.keys import program_parts
from pipeline.running.making import Made, Order, Shop
from pipeline.running.store import Store
from pipeline.running.workers import Workers
from pipeline.timing import sum_timings

if TYPE_CHECKING:
    from distributed import Client

_AHEAD = 4
"""Tasks given to the scheduler for each worker: more would only fill its memory."""
_CONNECT_S = 10
_LEAN = {"distributed.worker.profile.enabled": False, "distributed.nanny.pre-spawn-environ": {}}
"""Dask looks at what a worker does a hundred times a second, and has it give back memory at every turn: that takes a
fifth of its time."""


class Cluster:
    """A Dask cluster as the executor of a run; use it as a context manager."""

    def __init__(self, address: str, store: str, project: Path, local: Workers) -> None:
        """Connect, and make sure that all workers are of one mind with this machine.

        Args:
            address: Of the scheduler: `tls://host:8786`; `tcp://` only on this machine.
            store: What all machines reach: a folder, or an address that fsspec knows.
            local: Who reads.

        Raises:
            ConfigError: No cluster there, an open line to another machine, or workers of other versions.
        """
        check_address(address)
        self._local = local
        self._project = project
        self._store = Store(store)
        self._run = f"runs/{uuid.uuid4().hex}"
        self._seconds: Mapping[str, float] = {}
        self._is_packed = False
        self._client = _connect(address)
        try:
            self.jobs = _check_workers(self._client)
        except ConfigError:
            self._client.close()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._store.drop(self._run)

    def warm(self, formats: Iterable[str]) -> None:
        """Workers of a cluster load what they need with their first task, and keep it."""

    def taken(self) -> Mapping[str, float]:
        seconds = sum_timings(self._seconds, self._local.taken())
        self._seconds = {}
        return seconds

    def read(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        return self._local.read(tasks)

    def write(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        executor = self._client.get_executor(pure=False, retries=0)
        waiting = iter(tasks)
        under_way: dict[Future[Any], Task] = {}
        suspects: list[Task] = []
        while True:
            for task in islice(waiting, max(0, _AHEAD * self.jobs - len(under_way))):
                order, shop = task.arguments
                self._hand_over(order, shop)
                under_way[executor.submit(make_afar, order, shop, self._run, self._store)] = task
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
                if isinstance(result, Crash) and result.is_worker_lost:
                    suspects.append(task)
                else:
                    yield task, result

    def _alone(self, task: Task) -> tuple[Made, ...] | Crash:
        """Do a task while nothing else is under way."""
        order, shop = task.arguments
        future = self._client.submit(make_afar, order, shop, self._run, self._store, pure=False)
        try:
            return self._result(task, future)
        finally:
            future.cancel()

    def _hand_over(self, order: Order, shop: Shop) -> None:
        """Lay into the store what an order needs and what is not there yet."""
        if not self._is_packed:
            pack(self._project, self._run, self._store)
            self._is_packed = True
        with suppress(Exception):  # `make` says what is wrong with an article, where it is made
            edition = shop.spool.take(order.binding)
            for card in order.binding.all_metas:
                self._store.put(f"{self._run}/articles/{shop.spool.name_of(card.id)}", shop.spool.data(card.id))
            pictures = {image.picture for article in (edition.front, *edition.articles) for image in images(article)}
            for picture in pictures:
                if not self._store.has(f"sources/{picture.sha256}"):
                    # By the one door: what was a picture when it was looked at may be a link to elsewhere by now.
                    path, limits = self._project / picture.path, shop.renditions.limits
                    data = read_inside(path, shop.renditions.roots, limits.picture_bytes)
                    self._store.put(f"sources/{picture.sha256}", data)

    def _result(self, task: Task, future: Any) -> tuple[Made, ...] | Crash:
        """Return what a task came to; `future` is of Dask or of its executor."""
        from distributed import KilledWorker

        shop: Shop = task.arguments[1]
        try:
            made, seconds = future.result(timeout=WALL_CLOCK_FACTOR * task.timeout_s)
        except TimeoutError:
            return Crash(f"it did not end within {WALL_CLOCK_FACTOR * task.timeout_s:.0f} seconds", is_worker_lost=True)
        except KilledWorker as error:
            # The scheduler has tried it on as many workers as it allows (distributed.scheduler.allowed-failures).
            return Crash(f"it killed the workers that tried it: {error}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # the last door, as in a crew
            return Crash(f"{type(error).__name__}: {error}", is_worker_lost=False)
        self._seconds = sum_timings(self._seconds, seconds)
        results: tuple[Made, ...] = made
        for staged in (name for item in results for name, _ in item.staged):
            data = self._store.get(f"{self._run}/staged/{staged}")
            if data is None:
                return Crash(f"its file {staged} is not in the store", is_worker_lost=True)
            shop.outputs.stage(staged, data)
        return results


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
