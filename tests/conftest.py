"""A small project, published once, for all tests that look at what comes out."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from pipeline import cli
from pipeline.engine.executor import Executor
from pipeline.writers import installed_writers
from tests.makers import PUBLISH_TOML, picture_file, write
from tests.pace import is_slow, refuse_processes

# A shell that runs this in the background has Ctrl-C ignored, and every process below would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that a change is what turns a test red; HYPOTHESIS_PROFILE=default looks for more.
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# The key of the state files, the same one for all workers of pytest-xdist and all processes that tests start.
os.environ["XDG_STATE_HOME"] = str(Path(__file__).parent.parent / ".pytest_cache/state")

# Where a machine tells Python to keep no compiled modules, every process that a test starts would compile them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A Java that ends after seconds has no time to win from its second compiler.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "not slow":
        refuse_processes()


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if is_slow(item):
            item.add_marker("slow")


ARTICLE = """---
title: Ondt i ryggen
published: 2026-03-02
picture: /images/ryg.png
picture_alt: En ryg
---

Bevægelse hjælper mere end hvile.[^1]

## Hold dig i gang

- Gå en tur
- Lav øvelser

::: {.soeg-laege}
Søg læge, hvis du får feber.
:::

[^1]: Det viser flere undersøgelser.
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command gave."""

    code: int
    out: str
    err: str
    folder: Path
    report: dict[str, Any]
    """Empty where the run wrote none."""

    def status(self, id_: str, name: str) -> str:
        return next(str(e["status"]) for e in self.report["editions"] if (e["id"], e["format"]) == (id_, name))

    def findings(self, code: str) -> list[dict[str, Any]]:
        return [finding for finding in self.report["findings"] if finding["code"] == code]


Made = TypeVar("Made")


@cache
def start_server() -> None:
    """Let the server that workers are forked from load all renderers, whichever format the first run writes."""
    with Executor(1) as executor:
        executor.warm(installed_writers())


def run_publish(folder: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> Ran:
    """Run the real command in a project: in this process, or in one of its own where its environment is another."""
    if cwd or environment:
        return run_process(folder, *arguments, cwd=cwd, **environment)
    start_server()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setenv("CI", "true")
        patch.setattr(sys, "argv", ["publish", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
    return Ran(int(left.value.code or 0), out.getvalue(), err.getvalue(), folder, _report(folder))


def run_process(folder: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> Ran:
    """Run the real command in a project, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        cwd=cwd or folder,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(Path(__file__).parent.parent), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
    return Ran(done.returncode, done.stdout, done.stderr, folder, _report(folder))


def _report(folder: Path) -> dict[str, Any]:
    path = folder / "outputs/report.json"
    report: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return report


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Return what is made once for all workers of pytest-xdist: the first that asks makes it, the others wait.

    Args:
        make: Gets an empty folder of that name.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    kept, ended = folder.with_suffix(".pickle"), folder.with_suffix(".ended")
    try:
        folder.mkdir()
    except FileExistsError:
        while not ended.exists():
            time.sleep(0.05)
    else:
        try:
            kept.write_bytes(pickle.dumps(make(folder)))
        finally:
            ended.touch()
    made: Made = pickle.loads(kept.read_bytes())  # noqa: S301  # written here
    return made


def healthy(folder: Path) -> Path:
    """Make a project with one healthy article and its picture."""
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a new project with one healthy article and its picture."""
    return healthy(tmp_path / "project")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return one run over the healthy project, for tests that only look."""
    return once(
        tmp_path_factory, "published", lambda folder: run_publish(healthy(folder / "project"), "all", "--jobs", "1")
    )


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what this repository's own articles become."""

    def publish(folder: Path) -> Path:
        done = run_publish(Path(__file__).parents[1], "all", "--outputs", str(folder / "outputs"), "--strict")
        assert done.code == 0, done.out
        return folder / "outputs"

    return once(tmp_path_factory, "samples", publish)


@pytest.fixture
def copy_of_published(published: Ran, tmp_path: Path) -> Path:
    """Return a copy of the published project, to go on from; file times are kept."""
    folder = tmp_path / "project"
    shutil.copytree(published.folder, folder)
    return folder
