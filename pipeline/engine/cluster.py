"""The executor on a Dask cluster: this machine reads, the cluster renders.

Reading is a twentieth of the work. Rendering needs articles, pictures and styles: they go through storage that all
machines share, and only small records go through the scheduler. Both are JSON, whose types are checked.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import json
import re
import shutil
import tempfile
import uuid
import zipfile
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.config import Publisher
from pipeline.engine.cache import value_digest
from pipeline.engine.executor import Executor
from pipeline.engine.image_sizes import ORIGINAL, ImageSizes
from pipeline.engine.keys import program_parts
from pipeline.engine.reading_task import compact_json
from pipeline.engine.rendering_task import FILE, RenderContext, Rendered, RenderTask, rendered_from_json, staged_name
from pipeline.engine.rendering_task import render as render_here
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.errors import ConfigError, StyleError
from pipeline.limits import WALL_CLOCK_FACTOR, Limits
from pipeline.model import images
from pipeline.programs import leave_working_folder
from pipeline.reading.source_files import SourceRoots
from pipeline.rendering.styles import find_styles
from pipeline.timing import add_timings, collect_timings
from pipeline.writers import load_writer

if TYPE_CHECKING:
    from distributed import Client

_AHEAD = 4
"""Number of tasks that the scheduler holds for each worker: more would only fill its memory."""
_CONNECT_S = 10
_LEAN = {
    "distributed.worker.profile.enabled": False, "distributed.nanny.pre-spawn-environ": {},
    "distributed.scheduler.http.routes": [], "distributed.worker.http.routes": [],
}  # fmt: skip
"""Dask samples each worker a hundred times a second and trims its memory: together a fifth of the worker's time. It
also shows tasks and logs to every user of the machine."""


_STYLES = "styles"
_MOST_STYLE_BYTES = 200_000_000
"""Size limit of all unpacked styles: the storage may hold what others have put there."""
_LASTING = (ORIGINAL, "picture")
"""Kinds that are kept for later runs; others are removed with their run."""


@dataclass(frozen=True, slots=True)
class SharedStorage:
    """Values in a folder, in S3, or wherever fsspec reaches, below one address."""

    url: str
    run: str
    """Name of the run."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a value; None where there is none, or where it is not what was stored."""
        files, _ = _file_system(self.url)
        try:
            stored: bytes = files.cat_file(self._path(kind, key))
        except FileNotFoundError:
            return None
        digest, _, value = stored.partition(b"\n")
        return value if digest.decode("ascii", "replace") == value_digest(kind, key, value) else None

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Store a value; of two processes that store the same one at once, one wins."""
        files, _ = _file_system(self.url)
        path = self._path(kind, key)
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with files.transaction:
            files.pipe_file(path, value_digest(kind, key, value).encode() + b"\n" + value)

    def has(self, kind: str, key: str) -> bool:
        files, _ = _file_system(self.url)
        return bool(files.exists(self._path(kind, key)))

    def drop_run(self) -> None:
        """Remove the values of this run."""
        files, root = _file_system(self.url)
        folder = f"{root}/runs/{self.run}"
        if files.exists(folder):
            files.rm(folder, recursive=True)

    def _path(self, kind: str, key: str) -> str:
        _, root = _file_system(self.url)
        folder = kind if kind in _LASTING else f"runs/{self.run}/{kind}"
        return f"{root}/{folder}/{key[:2]}/{key}"


@cache
def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the root in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError("a shared store needs fsspec", hint="pip install 'clinic-publish[cluster]'") from error
    try:
        files, root = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"--store is {url!r}: {error}", hint="a folder, or such as s3://bucket/folder") from error
    return files, str(root).rstrip("/")


@dataclass(frozen=True, slots=True)
class _Order:
    """What a worker gets beside the storage; settings are dictionaries of literals, which keep 2 apart from 2.0."""

    task: RenderTask
    storage: SharedStorage
    publisher: str
    options: Mapping[str, str]
    limits: str


def render_remotely(data: bytes) -> bytes:
    """Render an edition in a worker without the project: an order becomes results or words of failure, as JSON."""
    try:
        order = msgspec.convert(json.loads(data), _Order)
        storage = order.storage
        here = _unpacked_styles(storage)
        options = {name: load_writer(name).Options(**literal_eval(own)) for name, own in order.options.items()}
        images = ImageSizes(storage, SourceRoots(here, here, (here,)), Limits(**literal_eval(order.limits)))
        publisher = Publisher(**literal_eval(order.publisher))
        context = RenderContext(publisher, options, find_styles(here), storage, images, None)
        articles = tuple(storage.get("article", meta.key) or b"" for meta in order.task.edition_plan.all_metas)
        results = render_here(replace(order.task, articles=articles), context)
    except Exception as error:  # noqa: BLE001  # as in a pool, any error costs this task only
        return compact_json({"failure": f"{type(error).__name__}: {error}"})
    encoded = {name: compact_json(rendered).decode() for name, rendered in results.items()}
    return compact_json({"seconds": collect_timings(), "results": encoded})


def _literals(settings: Any) -> str:
    return repr({entry.name: getattr(settings, entry.name) for entry in fields(settings)})


@lru_cache(maxsize=1)
def _unpacked_styles(storage: SharedStorage) -> Path:
    """Return a folder with the styles of the run's project, which is removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="publish-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if packed := storage.get(_STYLES, _STYLES):
        with zipfile.ZipFile(io.BytesIO(packed)) as file:
            if sum(entry.file_size for entry in file.infolist()) > _MOST_STYLE_BYTES:
                raise StyleError(f"the styles in the store take more than {_MOST_STYLE_BYTES // 1_000_000} MB")
            file.extractall(folder)  # it makes no links, and leaves `..` out of names
    return folder


def pack_styles(project: Path, storage: SharedStorage) -> None:
    """Put the styles of a project into the storage.

    Raises:
        StyleError: A file is a link that leads out of the project.
    """
    here = project.resolve()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in sorted((project / _STYLES).rglob("*")):
            if path.is_file():
                # A link becomes a file when it is unpacked, so it must be refused now.
                if not path.resolve().is_relative_to(here):
                    source = path.relative_to(project).as_posix()
                    raise StyleError("a link that leads out of the project", source=source, hint="copy the file")
                file.write(path, path.relative_to(project).as_posix())
    storage.put(_STYLES, _STYLES, data.getvalue())


class Cluster(Executor):
    """A Dask cluster that renders, and processes of this machine that read; a context manager."""

    def __init__(self, address: str, store: str | None, project: Path, local: tuple[int, int]) -> None:
        """Connect, and compare the versions of all workers with those of this machine.

        Args:
            address: Address of the scheduler: `tls://host:8786`.
            store: Storage that all machines reach: a folder, or an address that fsspec knows; None: one of this run.
            local: Number of reading processes on this machine, and memory limit of each in MB.

        Raises:
            ConfigError: There is no cluster, or a worker has another version.
        """
        super().__init__(*local)
        self._project = project
        self._is_packed = False
        distributed = _distributed()
        try:
            self._client = distributed.Client(address, timeout=_CONNECT_S, security=distributed.Security())
        except (OSError, TimeoutError, TypeError, ValueError) as error:  # TypeError: there are no certificates
            hint = "is it running, and are its certificates in Dask's configuration (DASK_CONFIG)?"
            raise ConfigError(f"--cluster: no scheduler answers at {address}: {error}", hint=hint) from error
        try:
            self.jobs = _check_workers(self._client)
        except ConfigError:
            self._client.close()
            raise
        self._own_store = tempfile.TemporaryDirectory(prefix="publish-store-")
        self._storage = SharedStorage(store or self._own_store.name, uuid.uuid4().hex)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._client.close()
        self._storage.drop_run()
        self._own_store.cleanup()

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
                under_way[self._client.submit(render_remotely, self._order(task), pure=False)] = task
            if not under_way:
                return
            limit_s = WALL_CLOCK_FACTOR * max(task.timeout_s for task in under_way.values())
            results: dict[Any, Any]
            try:
                done = wait(list(under_way), timeout=limit_s, return_when="FIRST_COMPLETED").done
                results = {future: self._result(under_way[future], future) for future in done}
            except (TimeoutError, CancelledError):
                results = dict.fromkeys(under_way, _late(limit_s))
                self._client.cancel(list(under_way))
            yield from ((under_way.pop(future), result) for future, result in results.items())

    def _order(self, task: Task) -> bytes:
        """Put what a task needs and the storage lacks into it; return the argument of the remote call."""
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
        options = {name: _literals(value) for name, value in context.options.items()}
        publisher, limits = _literals(context.publisher), _literals(context.images.limits)
        return compact_json(_Order(replace(own, articles=()), self._storage, publisher, options, limits))

    def _result(self, task: Task, future: Any) -> dict[str, Rendered] | TaskFailure:
        """Return what a finished task gave, its files staged and in the cache."""
        from distributed import KilledWorker

        limit_s = WALL_CLOCK_FACTOR * task.timeout_s
        try:
            answer = json.loads(future.result(timeout=limit_s))  # a result may be lost with its worker
            if "failure" in answer:
                return TaskFailure(answer["failure"], is_worker_lost=False)
            found = {name: rendered_from_json(data.encode(), name) for name, data in answer["results"].items()}
            results = {name: rendered for name, rendered in found.items() if rendered}
            add_timings(msgspec.convert(answer["seconds"], dict[str, float]))
            if set(results) != set(task.arguments[0].keys):
                raise ValueError("its answer is of another form")
        except (TimeoutError, CancelledError):
            self._client.cancel([future])
            return _late(limit_s)
        except KilledWorker as error:
            # The scheduler has tried it on as many workers as it allows (distributed.scheduler.allowed-failures).
            return TaskFailure(f"it killed the workers that tried it: {error}", is_worker_lost=True)
        except Exception as error:  # noqa: BLE001  # as in a pool, any error costs this task only
            return TaskFailure(f"{type(error).__name__}: {error}", is_worker_lost=False)
        for saved in (saved for rendered in results.values() for saved in rendered.artifacts):
            data = self._storage.get(FILE, saved.sha256)
            if data is None or hashlib.sha256(data).hexdigest() != saved.sha256:
                return TaskFailure(f"its file {saved.path} is not in the store", is_worker_lost=True)
            own, context = task.arguments
            context.values.put(FILE, saved.sha256, data)
            context.staging.stage(staged_name(own.number, saved.path), data)
        return results


def _late(limit_s: float) -> TaskFailure:
    return TaskFailure(f"it did not end within {limit_s:.0f} seconds", is_worker_lost=True)


def is_on_this_machine(address: str) -> bool:
    """Tell whether a scheduler is on this machine.

    Raises:
        ConfigError: The line is open to others, or the address is invalid.
    """
    match = re.fullmatch(r"tls://(?:\[(?P<literal>[^/\]]+)\]|(?P<host>[^/:]+)):\d+", address)
    if match is None:
        raise ConfigError(
            f"--cluster is {address!r}, expected such as tls://scheduler:8786: who reaches a scheduler can run code",
            hint="the certificates are in Dask's configuration: distributed.comm.tls; `publish cluster` makes some",
        )
    host = match["literal"] or match["host"]
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


@contextmanager
def started(workers: int, memory_mb: int) -> Iterator[tuple[str, str]]:
    """Start a cluster of one thread a worker that only this user can reach; yield address and folder of certificates.

    Raises:
        ConfigError: Dask is not installed.
    """
    leave_working_folder()
    distributed = _distributed()
    import dask

    dask.config.set(_LEAN)  # not `with`: workers that restart later need it too
    with tempfile.TemporaryDirectory(prefix="publish-cluster-") as name:  # of mode 700
        try:
            security, folder = distributed.Security.temporary(), Path(name)
        except ImportError as error:
            raise ConfigError(f"{error}", hint="pip install 'clinic-publish[cluster]'") from error
        (folder / "cert.pem").write_text(security.tls_client_cert)
        (folder / "key.pem").write_text(security.tls_client_key)
        own = {"key": str(folder / "key.pem"), "cert": str(folder / "cert.pem")}
        comm = {"require-encryption": True, "tls": {"ca-file": own["cert"], "client": own}}
        (folder / "tls.yaml").write_text(json.dumps({"distributed": {"comm": comm}}))  # JSON is YAML too
        with distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=f"{memory_mb}MB",
            dashboard_address=None, security=security,
        ) as cluster:  # fmt: skip
            yield cluster.scheduler_address, name


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
