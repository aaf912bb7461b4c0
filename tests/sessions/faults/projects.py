"""A project in two states, what each publishes, and whether outputs are whole."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from tests.conftest import ARTICLE
from tests.makers import PUBLISH_TOML, picture_file, usual_environment, write

STATES = ("hvile", "bevægelse")
FORMATS = ("handout", "epub", "newsletter")
_ASIDE = ("report.json", "index.html")
"""They say how a run went, and so differ from run to run."""


@dataclass(frozen=True)
class Project:
    """A project that goes from one state to the other and back: an article in all formats, and one as a mail only."""

    folder: Path
    formats: tuple[str, ...] = FORMATS
    has_releases: bool = False

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def shown(self) -> Path:
        return self.outputs / "current" if self.has_releases else self.outputs

    def become(self, state: str) -> None:
        """Write the sources of a state."""
        placing = "\n[outputs]\nreleases = true\n" if self.has_releases else ""
        write(self.folder / "publish.toml", PUBLISH_TOML + placing)
        write(self.folder / "sources/images/ryg.png", picture_file())
        ryg = ARTICLE.replace("ryggen", f"ryggen og {state}")
        write(self.folder / "sources/blog/ryg.md", ryg)
        write(self.folder / "sources/blog/nakke.md", ryg.replace("---\n", "---\nformats: [newsletter]\n", 1))

    def limit(self, memory_mb: int) -> None:
        """Give each worker so much memory, until the sources become another state."""
        with (self.folder / "publish.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[limits]\nmemory_mb = {memory_mb}\n")

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """Begin a run; all its processes are one group."""
        options = [part for name in self.formats for part in ("--only", name)]
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", "all", "--jobs", "2", *options],
            cwd=self.folder,
            env={**usual_environment(), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def finish(self, **environment: str) -> tuple[int, str]:
        """Run to the end, and return exit code and log."""
        with self.start(**environment) as run:
            log = run.communicate(timeout=300)[0].decode()
        end(run)
        return run.returncode, log

    def files(self) -> dict[str, str]:
        """Return the digest of each published file."""
        return {
            path.relative_to(self.shown).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.shown.rglob("*"))
            if path.is_file() and ".publish" not in path.parts and path.name not in _ASIDE
        }


def end(run: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a run: its workers, where it was killed itself."""
    try:
        os.killpg(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def kill_one(run: subprocess.Popen[bytes], draw: random.Random) -> str:
    """Kill a process of a run that is not its first, drawn at random, and return what it was; `none` where none was."""
    others = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_text()
        except OSError:
            continue  # it has just ended
        if int(fields[3]) == run.pid and int(entry.name) != run.pid and fields[0] != "Z":
            others.append((int(entry.name), command))
    if not others:
        return "none"
    number, command = draw.choice(sorted(others))
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
    kinds = {
        "pandoc": "pandoc",
        "resource_tracker": "tracker",
        "spawn_main": "reader",
        "forkserver": "server or writer",
    }
    return next((kind for word, kind in kinds.items() if word in command), "other")


def torn(project: Project, known: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield each published file that is not whole: neither that of one state nor that of the other."""
    for name, digest in project.files().items():
        if digest not in known.get(name, set()):
            yield f"{name} is of no state"
        data = (project.shown / name).read_bytes()
        if name.endswith(".pdf"):
            pikepdf.open(io.BytesIO(data)).close()
        elif name.endswith(".epub"):
            zipfile.ZipFile(io.BytesIO(data)).testzip()


def mixed(files: Mapping[str, str], states: Mapping[str, Mapping[str, str]], article: str) -> bool:
    """Tell whether an article's formats are of different states."""
    own = {name: digest for name, digest in files.items() if name.split("/", 1)[1].startswith(f"blog/{article}.")}
    whole = [{name: digest for name, digest in state.items() if name in own} for state in states.values()]
    return bool(own) and own not in whole


def left_behind(project: Project) -> list[str]:
    """Return what a finished run must not leave."""
    state = project.outputs / ".publish"
    kept = {"lock", "manifest", "cache.db", "cache.db-wal", "cache.db-shm"}
    return [path.name for path in sorted(state.iterdir()) if path.name not in kept]
