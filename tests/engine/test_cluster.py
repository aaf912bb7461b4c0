"""A Dask cluster makes the bytes that this machine makes, whatever happens to its workers."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine.cluster import check_address
from pipeline.errors import ConfigError
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


@contextmanager
def started(workers: int, path: Path = REPOSITORY) -> Iterator[tuple[str, int]]:
    """Start a cluster whose modules are found at `path`; yield its address and the number of its process."""
    command = [sys.executable, "-m", "pipeline.cli", "cluster", "--workers", str(workers)]
    environment = {**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join((str(path), str(REPOSITORY)))}
    with subprocess.Popen(command, env=environment, cwd=path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, int]]:
    """Return the address of a cluster of two workers, and its process."""
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
    cluster: tuple[str, int], published: Ran, project: Path, tmp_path: Path
) -> None:
    ran = run_publish(project, "all", "--cluster", cluster[0], "--store", str(tmp_path / "store"))

    assert ran.code == 0, ran.out + ran.err
    assert ran.report["summary"]["written"] == 3
    assert digests(project / "outputs") == digests(published.folder / "outputs")
    assert list((tmp_path / "store/picture").glob("*/*"))
    assert not list((tmp_path / "store/runs").iterdir())


def test_a_worker_killed_in_mid_run_costs_no_document(cluster: tuple[str, int], tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    ids = [f"blog/nr-{number:02}" for number in range(24)]
    project = newsletters(tmp_path / "project", *ids)
    command = [sys.executable, "-m", "pipeline.cli", "all", "--only", "newsletter", "--cluster", cluster[0]]
    with subprocess.Popen(command, env=_ENVIRONMENT, cwd=project, stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 120
        while not list(project.glob("outputs/newsletter/blog/*.html")) and time.monotonic() < deadline:
            time.sleep(0.01)
        workers = [each for each in psutil.Process(cluster[1]).children() if "spawn_main" in " ".join(each.cmdline())]
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
    with started(2, path) as (address, _):
        command = [sys.executable, "-m", "pipeline.cli", "all", "--only", "poison", "--cluster", address]
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
    with started(1, tmp_path) as (address, _):
        ran = run_publish(project, "all", "--cluster", address)

    assert ran.code == 2
    assert "workers of other versions would make other bytes" in ran.err
    assert re.search(r"tcp://127\.0\.0\.1:\d+ has clinic-publish \w+ \(here \w+\)", ran.err)
    assert not (project / "outputs/handout").exists()


@pytest.mark.parametrize(
    "address", ["tls://scheduler:8786", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:9"]
)
def test_a_closed_line_or_this_machine_is_good(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:8786", "tcp://scheduler:8786", "scheduler:8786", "http://a:1", ""])
def test_an_open_line_to_another_machine_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="--cluster"):
        check_address(address)


def test_no_cluster_there_is_said(project: Path) -> None:
    ran = run_publish(project, "all", "--cluster", "tcp://127.0.0.1:9")

    assert ran.code == 2
    assert "no scheduler answers" in ran.err
