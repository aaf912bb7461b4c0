"""A list of 200,000 rows, and what goes wrong with lists: how long it takes, what is named, and what is left."""

from __future__ import annotations

import contextlib
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.sessions.sending import projects

ROWS = 200_000
DOMAINS = 2000
"""As many as a list of this size has, and more: mail programs are few."""
BOUND_CPU_S = 60
DISK_MB = 8
HEAD = "address;consent_date;consent_wording;consent_source\n"
say = partial(print, "lists:", flush=True)


def prove(folder: Path) -> list[str]:
    """Bring in long, faulty and too long lists by the real command, print what it took, and return what is wrong."""
    project = projects.make(folder, 25)
    good = folder / "good.csv"
    good.write_text(HEAD + "".join(map(_row, range(ROWS))), "utf-8")
    faulty = folder / "faulty.csv"
    faulty.write_text(
        HEAD + "".join(_row(number) if number % 10 else "forkert;;;\n" for number in range(ROWS)), "utf-8"
    )
    return [*_faulty(project, faulty), *_long(project, good), *_again(project, good), *_full(folder, project, good)]


def _row(number: int) -> str:
    return f"laeser{number}@klinik{number % DOMAINS}.example;2026-01-02;v1;kort i receptionen\n"


def _long(project: Path, table: Path) -> list[str]:
    told, cpu_s = _import(project, table)
    return _judge(f"{ROWS} rows brought in: {told}", cpu_s, _count(project), ROWS)


def _again(project: Path, table: Path) -> list[str]:
    told, cpu_s = _import(project, table)
    return _judge(f"the same list again: {told}", cpu_s, _count(project), ROWS)


def _faulty(project: Path, table: Path) -> list[str]:
    told, cpu_s = _import(project, table)
    return _judge(f"{ROWS // 10} faulty rows among as many: {told}", cpu_s, _count(project), 0)


def _judge(told: str, cpu_s: float, found: int, expected: int) -> list[str]:
    say(f"{told}; {found} on the list")
    faults = [f"{found} on the list, expected {expected}"] if found != expected else []
    return [*faults, *([f"took {cpu_s:.0f} s of a processor"] if cpu_s > BOUND_CPU_S else [])]


def _import(project: Path, table: Path) -> tuple[str, float]:
    """Return what the command said and took, and its seconds of a processor."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = projects.publish("subscribers", "import", str(table), "--list", projects.LIST, cwd=project, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = (done.stdout or done.stderr.partition("error: ")[2]).strip().splitlines()[0]
    seconds = time.monotonic() - begun
    return f"{told} {cpu_s:.1f} s of a processor, {seconds:.1f} s in all, {after.ru_maxrss // 1024} MB at most", cpu_s


def _count(project: Path) -> int:
    path = project.parent / "data/sending.sqlite3"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM subscribers").fetchone()[0])


def _full(folder: Path, project: Path, table: Path) -> list[str]:
    """Bring a list in, and send, on a disk too small for it: the error is words, and what stood there stands."""
    with _small_disk(folder / "disk") as disk:
        projects.point(project, 25, data=disk / "data")
        projects.publish("subscribers", "bind", "--new", cwd=project)
        few = folder / "few.csv"
        few.write_text(HEAD + "".join(map(_row, range(100))), "utf-8")
        projects.publish("subscribers", "import", str(few), "--list", projects.LIST, cwd=project)
        import_ = projects.publish(
            "subscribers", "import", str(table), "--list", projects.LIST, cwd=project, check=False
        )
        (disk / "ballast").write_bytes(b"x" * (_free(disk) - 150_000))
        trial = ("send", projects.EDITION, "--list", projects.LIST, "--transport", "file", "--confirm")
        sent = projects.publish(*trial, cwd=project, check=False)
        (disk / "ballast").unlink()
        again = projects.publish(*trial, cwd=project, check=False)
        messages = len(list((disk / "data/trials").rglob("*.eml")))
    first, second = (done.stderr.partition("error: ")[2].partition("\n")[0] for done in (import_, sent))
    say(f"a full disk while a list is brought in: {first!r}; while it is sent to: {second!r}; after room: {messages}")
    return [
        *(f"no words for a full disk: {done.stderr[-300:]}" for done in (import_, sent) if not _is_told(done)),
        *([f"{messages} messages for 100 readers"] if messages != 100 else []),
        *([f"sending again ended with {again.returncode}"] if again.returncode else []),
    ]


def _is_told(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode != 0 and "error: " in done.stderr and "Traceback" not in done.stderr


def _free(disk: Path) -> int:
    return shutil.disk_usage(disk).free


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "sending", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
