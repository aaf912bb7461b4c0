"""Projects to check, and the command that checks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.sessions.conformance.projects import REPOSITORY


def say(words: str) -> None:
    """Print what a session found, at once."""
    print(words, flush=True)  # noqa: T201  # a session prints what it finds


def lay_out(folder: Path, corpus: Path | None) -> Path:
    """Return a project with the articles of a corpus, or with this repository's samples."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = (REPOSITORY / "publish.toml").read_text("utf-8").replace('fit = "sheet"\n', "")
    if corpus:
        for name in ("content", "public"):
            shutil.copytree(corpus / name, folder / name)
        config = config.replace('"sources/**/*.md"', '"content/**/*.md"').replace('root = "sources"', 'root = "public"')
    else:
        shutil.copytree(REPOSITORY / "sources", folder / "sources")
    (folder / "publish.toml").write_text(config, "utf-8")
    return folder


def publish(project: Path) -> None:
    """Publish all of a project; faults of real articles are no concern here."""
    command(project, "all", "--jobs", "2")


def check(project: Path, form: str, *articles: str) -> bytes:
    """Return the desk's report in a form."""
    return command(project, "check", *articles, "--format", form)


def command(project: Path, *arguments: str) -> bytes:
    """Run the program on a project, and return what it printed; it must end as such runs end, found or not."""
    made = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments, "--project", str(project)],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if made.returncode not in (0, 1):
        raise SystemExit(f"publish {' '.join(arguments)} ended with {made.returncode}: {made.stderr.decode()[-2000:]}")
    return made.stdout
