"""A small project, published once, for all tests that look at what comes out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.makers import PUBLISH_TOML, picture_file, write

# A shell that runs this in the background has Ctrl-C ignored, and every process below would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that a change is what turns a test red; HYPOTHESIS_PROFILE=default looks for more.
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

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


Run = Callable[..., Ran]


def run_publish(folder: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> Ran:
    """Run the real command in a project, as a person would."""
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
    report = folder / "outputs/report.json"
    document = json.loads(report.read_text("utf-8")) if report.is_file() else {}
    return Ran(done.returncode, done.stdout, done.stderr, folder, document)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a new project with one healthy article and its picture."""
    folder = tmp_path / "project"
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return one run over the healthy project, for tests that only look."""
    folder = tmp_path_factory.mktemp("published") / "project"
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    return run_publish(folder, "all", "--jobs", "1")


@pytest.fixture
def copy_of_published(published: Ran, tmp_path: Path) -> Path:
    """Return a copy of the published project, to go on from; file times are kept."""
    folder = tmp_path / "project"
    shutil.copytree(published.folder, folder)
    return folder
