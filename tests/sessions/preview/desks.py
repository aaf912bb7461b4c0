"""Projects to look at, and servers that run on them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

from tests.makers import write
from tests.sessions.conformance.projects import REPOSITORY

IDLE_S = 1800


@dataclass(frozen=True, slots=True)
class Desk:
    """A server that runs on a project."""

    folder: Path
    address: str
    """Without a slash at its end."""
    pid: int
    cookie: str
    """As a header: name and value, which the printed address sets."""

    def open(self, path: str) -> Any:
        asked = Request(self.address + path, headers={"Cookie": self.cookie})  # noqa: S310  # the session's own server
        return urlopen(asked, timeout=120)  # noqa: S310

    def get(self, path: str) -> str:
        with self.open(path) as answer:
            text: str = answer.read().decode()
            return text

    def memory_kb(self) -> int:
        """Return what the server itself and all its workers hold, as Linux counts it."""
        return sum(_memory_kb(pid) for pid in (self.pid, *_descendants(self.pid)))


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """Start a desk on a project, and end it.

    Args:
        environment: Default: that of this process.
    """
    command = (sys.executable, "-m", "pipeline.cli", "preview", "--port", "0", "--project", str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment) as process:
        line = process.stdout.readline() if process.stdout else ""
        address = re.search(r"(http://[\d.]+:\d+)/\?token=\S+", line)
        if not address:
            raise SystemExit(f"the desk did not start: {line}")
        try:
            jar = CookieJar()
            build_opener(HTTPCookieProcessor(jar)).open(address[0]).close()
            (cookie,) = jar
            yield Desk(folder, address[1], process.pid, f"{cookie.name}={cookie.value}")
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_idle(desk: Desk) -> None:
    """Wait until everything is up to date, as the desk itself tells its pages."""
    end = time.monotonic() + IDLE_S
    while time.monotonic() < end:
        with desk.open("/events") as events:
            for line in events:
                if told := re.search(rb'"waiting": (\d+)', line):
                    if told[1] == b"0":
                        return
                    break
        time.sleep(1)
    raise SystemExit("the desk was never done")


def lay_out_corpus(folder: Path, corpus: Path, sample: int) -> Path:
    """Return a project with articles of a corpus, all or the first so many, published."""
    shutil.copytree(corpus, folder, dirs_exist_ok=True)
    if sample:
        for surplus in sorted(folder.glob("content/**/*.md"))[sample:]:
            surplus.unlink()
    config = (REPOSITORY / "publish.toml").read_text("utf-8")
    config = config.replace('"sources/**/*.md"', '"content/**/*.md"').replace('root = "sources"', 'root = "public"')
    return _begin(folder, config)


def lay_out_samples(folder: Path) -> Path:
    """Return a project with this repository's samples, published."""
    shutil.copytree(REPOSITORY / "sources", folder / "sources")
    return _begin(folder, (REPOSITORY / "publish.toml").read_text("utf-8"))


def lay_out_many(folder: Path, count: int) -> Path:
    """Return a project with so many short generated articles, published as newsletters."""
    tags = ("ryg", "knæ", "søvn", "skulder", "nakke", "hofte")
    for number in range(count):
        tag = tags[number % len(tags)]
        write(
            folder / f"sources/{tag}/artikel-{number:04}.md",
            f"---\ntitle: Artikel {number} om {tag}\nformats: [newsletter]\ntags: [{tag}]\n"
            f"published: {2020 + number % 6}-{1 + number % 12:02}-{1 + number % 28:02}\n---\n\n"
            f"Her står noget om {tag}, som artikel nummer {number} fortæller. Det er ikke langt.\n\n"
            f"## Det vigtigste\n\n- Hold dig i gang.\n- Spørg, hvis du er i tvivl.\n\n![](/mangler-{number}.png)\n",
        )
    write(folder / "publish.toml", (REPOSITORY / "publish.toml").read_text("utf-8"))
    publish(folder, "all")
    return folder


def say(line: str) -> None:
    """Tell whoever runs the session."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def publish(folder: Path, *arguments: str) -> None:
    """Run the command as a person does, in a process of its own."""
    command = (sys.executable, "-m", "pipeline.cli", *arguments, "--project", str(folder))
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)


def _begin(folder: Path, config: str) -> Path:
    write(folder / "publish.toml", config)
    publish(folder, "all")
    return folder


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _memory_kb(pid: int) -> int:
    """Return what a process holds, what it shares counted by its share."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    try:
        found = re.search(r"^Pss:\s+(\d+)", rollup.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
