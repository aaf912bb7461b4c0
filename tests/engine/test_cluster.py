"""A Dask cluster makes the bytes that this machine makes, whatever happens to its workers."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline import config
from pipeline.build import publish
from pipeline.engine.cluster import Cluster, SharedStorage, _unpacked_styles, is_on_this_machine, render_remotely
from pipeline.errors import ConfigError, StyleError
from pipeline.run.run_context import Request
from pipeline.writers import installed_writers
from tests.conftest import ARTICLE, Ran, run_publish
from tests.makers import PUBLISH_TOML, write

REPOSITORY = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "CI": "true", "PYTHONPATH": str(REPOSITORY)}


_POISONED = "nr-05"
_WRITER = f"""
import os, signal
from dataclasses import dataclass
from pipeline.writers import Artifact, Written
summary, medium, facts_from = "Kill the worker of one document.", "web", ()
@dataclass(frozen=True)
class Options:
    pass
def needs(edition, options):
    return ()
def write(edition, job):
    if edition.id == "{_POISONED}":
        os.kill(os.getpid(), signal.SIGKILL)
    return Written((Artifact(f"{{edition.id}}.txt", edition.front.title.encode()),))
"""


class Started(NamedTuple):
    address: str
    pid: int
    configuration: str
    """Folder with the certificates: the value of DASK_CONFIG."""


@contextmanager
def started(workers: int, path: Path = REPOSITORY) -> Iterator[Started]:
    """Start a cluster whose modules are found at `path`."""
    command = [sys.executable, "-m", "pipeline.cli", "cluster", "--workers", str(workers)]
    environment = {**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join((str(path), str(REPOSITORY)))}
    with subprocess.Popen(command, env=environment, cwd=path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            configuration, *_, address = process.stdout.readline().split()
            yield Started(address, process.pid, configuration.removeprefix("DASK_CONFIG="))
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Started]:
    """Return a cluster of two workers."""
    with started(2) as own:
        yield own


def digests(outputs: Path) -> dict[str, str]:
    return {
        path.relative_to(outputs).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(outputs.rglob("*"))
        if path.is_file() and ".publish" not in path.parts and path.name not in ("report.json", "index.html")
    }


def newsletters(project: Path, *ids: str) -> Path:
    write(project / "publish.toml", PUBLISH_TOML)
    for id_ in ids:
        text = ARTICLE.replace("picture: /images/ryg.png\n", "").replace("picture_alt: En ryg\n", "")
        write(project / f"sources/{id_}.md", text.replace("Ondt i ryggen", id_))
    return project


def report_of(project: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((project / "outputs/report.json").read_text("utf-8"))
    return report


def test_a_cluster_makes_the_bytes_of_this_machine(
    cluster: Started, published: Ran, project: Path, tmp_path: Path
) -> None:
    ran = run_publish(
        project, "all", "--cluster", cluster.address, "--store", str(tmp_path / "store"),
        DASK_CONFIG=cluster.configuration,
    )  # fmt: skip

    assert ran.code == 0, ran.out + ran.err
    assert ran.report["summary"]["written"] == 3
    assert digests(project / "outputs") == digests(published.folder / "outputs")
    assert list((tmp_path / "store/picture").glob("*/*"))
    assert not list((tmp_path / "store/runs").iterdir())


def test_a_worker_killed_in_mid_run_costs_no_document(cluster: Started, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    ids = [f"blog/nr-{number:02}" for number in range(24)]
    project = newsletters(tmp_path / "project", *ids)
    command = [sys.executable, "-m", "pipeline.cli", "all", "--only", "newsletter", "--cluster", cluster.address]
    environment = {**_ENVIRONMENT, "DASK_CONFIG": cluster.configuration}
    with subprocess.Popen(command, env=environment, cwd=project, stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 120
        while not list(project.glob("outputs/newsletter/blog/*.html")) and time.monotonic() < deadline:
            time.sleep(0.01)
        workers = [each for each in psutil.Process(cluster.pid).children() if "spawn_main" in " ".join(each.cmdline())]
        is_mid_run = run.poll() is None
        workers[0].kill()
        run.wait(240)

    assert is_mid_run
    entries = report_of(project)["editions"]
    assert sorted(entry["id"] for entry in entries if entry["status"] == "written") == ids
    here = newsletters(tmp_path / "here", *ids)
    run_publish(here, "newsletter")
    assert digests(project / "outputs") == digests(here / "outputs")


def test_a_document_that_kills_its_workers_costs_itself(tmp_path: Path) -> None:
    """A stranger's writer that kills its process for one document, on every worker that tries it."""
    ids = [f"nr-{number:02}" for number in range(12)]
    project = newsletters(tmp_path / "project", *ids)
    path = tmp_path / "path"
    write(path / "poison.py", _WRITER)
    write(path / "poison-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: poison\nVersion: 1\n")
    write(path / "poison-1.dist-info/entry_points.txt", "[publish.writers]\npoison = poison\n")
    environment = {**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join((str(path), str(REPOSITORY)))}
    with started(2, path) as own:
        environment["DASK_CONFIG"] = own.configuration
        command = [sys.executable, "-m", "pipeline.cli", "all", "--only", "poison", "--cluster", own.address]
        done = subprocess.run(
            command, env=environment, cwd=project, capture_output=True, text=True, timeout=400, check=False
        )

    status = {entry["id"]: entry["status"] for entry in report_of(project)["editions"] if entry["format"] == "poison"}
    assert done.returncode == 1, done.stderr
    assert status == {id_: "failed" if id_ == _POISONED else "written" for id_ in ids}
    (finding,) = (f for f in report_of(project)["findings"] if f["severity"] == "error")
    assert finding["source"] == f"sources/{_POISONED}.md"
    assert "it killed the workers that tried it" in finding["message"]


def test_workers_of_another_version_are_refused_before_work_begins(project: Path, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    theirs = tmp_path / "pipeline/rendering/text.py"
    theirs.write_text(theirs.read_text("utf-8") + "\n# of another version\n", "utf-8")
    with started(1, tmp_path) as own:
        ran = run_publish(project, "all", "--cluster", own.address, DASK_CONFIG=own.configuration)

    assert ran.code == 2
    assert "workers of other versions would make other bytes" in ran.err
    assert re.search(r"tls://127\.0\.0\.1:\d+ has clinic-publish \w+ \(here \w+\)", ran.err)
    assert not (project / "outputs/handout").exists()


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("tls://scheduler:8786", False),
        ("tls://127.0.0.1:8786", True),
        ("tls://localhost:1", True),
        ("tls://[::1]:9", True),
        ("tls://127.evil.example:8786", False),
        ("tls://localhost.evil.example:8786", False),
    ],
)
def test_a_closed_line_is_good(address: str, is_here: bool) -> None:
    assert is_on_this_machine(address) == is_here


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://scheduler:8786", "scheduler:8786", "http://a:1", ""]
)
def test_an_open_line_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="--cluster"):
        is_on_this_machine(address)


def test_a_user_without_the_certificates_reaches_no_scheduler(cluster: Started, project: Path) -> None:
    """As another user of the machine, who may connect to the port."""
    folder = Path(cluster.configuration)
    assert [path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir()) if path == folder] == [0]

    ran = run_publish(project, "all", "--cluster", cluster.address)

    assert ran.code == 2
    assert "no scheduler answers" in ran.err
    assert not (project / "outputs/handout").exists()


def test_no_port_of_a_cluster_talks_to_a_stranger(cluster: Started) -> None:
    psutil = pytest.importorskip("psutil")
    processes = [psutil.Process(cluster.pid), *psutil.Process(cluster.pid).children(recursive=True)]
    listening = [each.laddr for process in processes for each in process.net_connections() if each.status == "LISTEN"]

    for address, page in product(listening, ("", "health", "metrics", "info/main/workers.html", "json/counts.json")):
        with socket.create_connection((address.ip, address.port), 5) as line:
            line.sendall(f"GET /{page} HTTP/1.0\r\n\r\n".encode())
            with suppress(ConnectionResetError):
                assert b"HTTP/" not in (answer := line.recv(100)) or b"404" in answer
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_what_travels_is_data(cluster: Started, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask
    import distributed

    sent: list[tuple[Any, ...]] = []
    came: list[bytes] = []
    submit = distributed.Client.submit

    def watched(client: Any, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        sent.append((function, *arguments))
        future = submit(client, function, *arguments, **options)
        came.append(future.result())
        return future

    monkeypatch.setattr(distributed.Client, "submit", watched)
    certificate, key = (f"{cluster.configuration}/{name}.pem" for name in ("cert", "key"))
    tls = {"ca-file": certificate, "client.cert": certificate, "client.key": key}
    with dask.config.set({f"distributed.comm.tls.{name}": path for name, path in tls.items()}):
        settings = config.load_config(project, installed_writers())
        with Cluster(cluster.address, str(tmp_path / "store"), project, (1, 1000)) as executor:
            report = publish(settings, Request(tuple(installed_writers())), lambda *_: None, executor)

    assert report.summary["written"] == 3
    assert {function for function, *_ in sent} == {render_remotely}
    assert {type(each) for _, *arguments in sent for each in arguments} == {bytes}
    for data in (*(order for _, order in sent), *came):
        json.loads(data.decode("utf-8"))


def test_a_worker_that_fails_answers_with_words() -> None:
    for order in (b"{}", b"[", b"\x80\x04."):
        assert list(json.loads(render_remotely(order))) == ["failure"]


@pytest.mark.parametrize("kind", ["out of the folder", "link", "bomb", "no zip"])
def test_styles_that_others_put_into_the_store_reach_nothing(tmp_path: Path, kind: str) -> None:
    data, outside = io.BytesIO(), write(tmp_path / "outside.txt", "mine")
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        if kind == "link":
            link = zipfile.ZipInfo("styles/link")
            link.external_attr = 0o120777 << 16
            file.writestr(link, str(outside))
        elif kind == "bomb":
            file.writestr("styles/zeros", bytes(300_000_000))
        else:
            file.writestr(f"styles/../../../../../../..{outside}", "evil")
            file.writestr(str(outside), "evil")
    storage = SharedStorage(str(tmp_path / "store"), "1")
    storage.put("styles", "styles", data.getvalue() if kind != "no zip" else b"PK")

    with pytest.raises((StyleError, zipfile.BadZipFile)) if kind in ("bomb", "no zip") else nullcontext():
        here = _unpacked_styles(storage)
        assert not [path for path in here.rglob("*") if path.is_symlink()]

    assert outside.read_text() == "mine"


def test_no_cluster_there_is_said(project: Path) -> None:
    ran = run_publish(project, "all", "--cluster", "tls://127.0.0.1:9")

    assert ran.code == 2
    assert "no scheduler answers" in ran.err
