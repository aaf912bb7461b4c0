"""A project with a healthy article, something secret beside it, and cases of bad input in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.bad.cases import CANARY, Case, lay
from tests.conftest import ARTICLE
from tests.makers import PUBLISH_TOML, picture_file, write


def make_project(folder: Path, cases: Iterable[Case]) -> Path:
    """Return a project in a folder, whose neighbour holds what must not be published."""
    project = folder / "project"
    write(project / "publish.toml", PUBLISH_TOML)
    write(project / "sources/blog/ryg.md", ARTICLE)
    write(project / "sources/images/ryg.png", picture_file())
    write(folder / "outside/hemmelig.md", f"---\ntitle: {CANARY}\n---\n\n{CANARY}\n")
    write(folder / "outside/hemmelig.txt", CANARY)
    write(folder / "outside/secret.png", picture_file(300, 200))
    for case in cases:
        case.lay(project)
        if isinstance(case.body, str):
            lay(project / case.path, case.body.replace("{outside}", str(folder / "outside")))
        if case.config:
            write(project / "publish.toml", merged(case.config))
    return project


def merged(config: str) -> str:
    """Return the tables of a case in the place of those of the same name."""
    table = config.partition("]")[0] + "]"
    parts = [f"[{part}" for part in PUBLISH_TOML.split("\n[")[1:]]
    kept = [part for part in parts if not part.startswith(table)]
    return "\n".join((config, *(kept if config.startswith("[") else parts)))
