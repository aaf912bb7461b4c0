"""A Dask cluster makes the bytes that this machine makes, whatever happens to its workers."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.running.cluster import check_address
from tests.conftest import ARTICLE, Ran, run_publish
from tests.makers import PUBLISH_TOML, write

REPOSITORY = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "CI": "true", "PYTHONPATH": str(REPOSITORY)}


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, int]]:
    """Return the address of a cluster of two workers, and its process."""
    command = [sys.executable, "-m", "pipeline.cli", "cluster", "--workers", "2"]
    with subprocess.Popen(command, env=_ENVIRONMENT, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process.pid
        process.send_signal(signal.SIGINT)


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
    assert list((tmp_path / "store").rglob("*.picture"))
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


def test_workers_of_another_version_are_refused_before_work_begins() -> None:
    script = (
        "import sys; from pipeline.running import cluster; from pipeline.errors import ConfigError\n"
        "theirs = {**cluster.program_parts(), 'weasyprint': '1.0'}\n"
        "class Client:\n"
        "    def run(self, function): return {'tcp://far:1': theirs}\n"
        "try: cluster._check_workers(Client())\n"
        "except ConfigError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=_ENVIRONMENT, capture_output=True, text=True, check=True)

    assert "tcp://far:1 has weasyprint 1.0 (here" in done.stdout


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
