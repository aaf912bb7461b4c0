"""Lay faults into runs and count what was torn: `python -m tests.sessions.faults [--kills 200] [PART ...]`."""

# ruff: noqa: T201  # a session says what it saw

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tests.sessions.faults.links import KINDS, OUTER_TEXT, Outside, places, present
from tests.sessions.faults.projects import FORMATS, STATES, Project, end, kill_one, left_behind, mixed, torn

_LAYER = str(Path(__file__).parent / "layer")
_SEED = 20_260_301
_TASKS = 3
"""The sources are read in one task, and each of the two articles is written in one."""


class Session:
    """Runs over one project, and what went wrong in them."""

    def __init__(self, project: Project) -> None:
        """Publish both states, so that it is known what each of their files is."""
        self.project = project
        self.faults: list[str] = []
        self.states: dict[str, dict[str, str]] = {}
        for state in (*STATES, STATES[0]):
            project.become(state)
            started = time.monotonic()
            code, log = project.finish()
            self.seconds = time.monotonic() - started
            if code:
                sys.exit(f"the healthy project is not published: {log}")
            self.states[state] = project.files()
        self.known = {name: {state[name] for state in self.states.values()} for name in self.states[STATES[0]]}
        self.at = STATES[0]

    def fault(self, what: str, words: str) -> None:
        self.faults.append(f"{what}: {words}")
        print(f"FAULT {what}: {words}", flush=True)

    def turn(self) -> None:
        """Change the sources to the other state."""
        self.at = STATES[1 - STATES.index(self.at)]
        self.project.become(self.at)

    def check_whole(self, what: str) -> None:
        for words in torn(self.project, self.known):
            self.fault(what, words)

    def check_completed(self, what: str) -> None:
        """Run again, undisturbed: everything is of the present state, and nothing is left behind."""
        code, log = self.project.finish()
        if code or self.project.files() != self.states[self.at]:
            self.fault(what, f"the next run gave {code}, and other files than it must: {log[-400:]}")
        if left := left_behind(self.project):
            self.fault(what, f"left behind: {left}")

    # ---- faults

    def kills(self, count: int) -> str:
        """Kill all processes of a run at a random moment, again and again."""
        moments = random.Random(_SEED)  # noqa: S311  # the same moments in every session
        ended, sets = 0, 0
        for number in range(count):
            self.turn()
            with self.project.start() as run:
                time.sleep(moments.uniform(0, self.seconds))
                ended += run.poll() is not None
                end(run)
            what = f"kill {number}"
            self.check_whole(what)
            if self.project.has_releases and self.project.files() not in self.states.values():
                self.fault(what, "readers meet a set that is of no state")
            sets += mixed(self.project.files(), self.states, "ryg")
            self.check_completed(what)
        return f"{count} kills, {count - ended} of them in mid-run; {sets} sets waited for the next start"

    def every_change(self, kind: str, step: int) -> str:
        """Fail or kill at every change of a file below the outputs in turn."""
        codes: Counter[int] = Counter()
        at = 1
        while True:
            self.turn()
            with tempfile.TemporaryDirectory() as folder:
                count = Path(folder) / "count"
                code, log = self.project.finish(FAULT_COUNT=str(count), **self.layer(kind, at))
                reached = count.stat().st_size >= at if count.exists() else False
            what = f"{kind} at change {at}"
            if "Traceback" in log:
                self.fault(what, f"a traceback: {log[-500:]}")
            # Once all is in its place, a run only tidies up: what is refused then is no failure.
            is_whole = code == 0 and self.project.files() == self.states[self.at]
            if kind == "full" and reached and code not in (1, 2) and not is_whole:
                self.fault(what, f"exit code {code}: {log[-300:]}")
            self.check_whole(what)
            self.check_completed(what)
            if not reached:
                return f"{sum(codes.values())} runs, one for each {step}. change; exit codes {dict(codes)}"
            codes[code] += 1
            at += step

    def killed_workers(self, count: int) -> str:
        """Kill one process of a run that is not its first, at a random moment: the run goes on without it."""
        moments = random.Random(_SEED)  # noqa: S311  # the same moments in every session
        victims, codes = Counter[str](), Counter[int]()
        for number in range(count):
            self.turn()
            with self.project.start() as run:
                time.sleep(moments.uniform(0, self.seconds))
                victim = kill_one(run, moments)
                log = run.communicate(timeout=300)[0].decode()
            end(run)
            victims[victim] += 1
            codes[run.returncode] += 1
            self.check_told(f"worker {number}, {victim}", run.returncode, log)
        return f"{count} runs, killed: {dict(victims)}; exit codes {dict(codes)}"

    def interrupts(self, count: int) -> str:
        """Press Ctrl-C at a random moment, as a terminal sends it to all, and see how long the run goes on."""
        moments = random.Random(_SEED)  # noqa: S311  # the same moments in every session
        seconds: list[float] = []
        codes: Counter[int] = Counter()
        for number in range(count):
            self.turn()
            with self.project.start() as run:
                time.sleep(moments.uniform(0.3, self.seconds))
                pressed, was_running = time.monotonic(), run.poll() is None
                if was_running:
                    os.killpg(run.pid, signal.SIGINT)
                log = run.communicate(timeout=300)[0].decode()
                if was_running:
                    seconds.append(time.monotonic() - pressed)
            end(run)
            codes[run.returncode] += 1
            what = f"Ctrl-C {number}"
            # CPython ends itself by the signal where that came in code which `exec` runs, as that of dataclasses is; a
            # shell says 130 of both.
            if run.returncode not in (0, 130, -signal.SIGINT) or "Traceback" in log:
                self.fault(what, f"exit code {run.returncode}: {log[-600:]}")
            self.check_whole(what)
            self.check_completed(what)
        longest, middle = max(seconds, default=0), median(seconds or [0])
        return (
            f"{len(seconds)} in mid-run; to the end {middle:.2f} s, at most {longest:.2f} s; exit codes {dict(codes)}"
        )

    def little_memory(self) -> str:
        """Publish with less and less memory for each worker: the kernel refuses it at ever other places."""
        codes: Counter[int] = Counter()
        for megabytes in range(20, 260, 20):
            self.turn()
            self.project.limit(megabytes)
            code, log = self.project.finish()
            codes[code] += 1
            self.project.become(self.at)
            self.check_told(f"{megabytes} MB for a worker", code, log)
        return f"{sum(codes.values())} runs with 20 to 240 MB for a worker; exit codes {dict(codes)}"

    def failed_allocations(self, count: int) -> str:
        """Let one allocation of Python's fail in a worker: which, and in which task, is drawn at random."""
        draws = random.Random(_SEED)  # noqa: S311
        codes: Counter[int] = Counter()
        for _ in range(count):
            self.turn()
            at, task = round(10 ** draws.uniform(0, 6)), draws.randint(1, _TASKS)
            with tempfile.TemporaryDirectory() as folder:
                aside = {"FAULT_COUNT": f"{folder}/count", "FAULT_TASK": str(task)}
                code, log = self.project.finish(**self.layer("memory", at), **aside)
            codes[code] += 1
            self.check_told(f"allocation {at} of task {task}", code, log)
        return f"{count} runs; exit codes {dict(codes)}"

    def check_told(self, what: str, code: int, log: str) -> None:
        """Check that a run which lost something has said so, and left whole files; and that the next one mends it."""
        if code not in (0, 1) or "Traceback" in log:
            self.fault(what, f"exit code {code}: {log[-600:]}")
        if code == 0 and self.project.files() != self.states[self.at]:
            self.fault(what, f"it says that all is published, and it is not: {log[-400:]}")
        if code == 1 and "error" not in log:
            self.fault(what, f"it does not say what failed: {log[-400:]}")
        self.check_whole(what)
        self.check_completed(what)

    def layer(self, kind: str, at: int) -> dict[str, str]:
        """Return the environment in which every Python of a run meets a fault."""
        path = os.pathsep.join((_LAYER, str(Path(__file__).parents[3])))
        return {"PYTHONPATH": path, "FAULT_FOLDER": str(self.project.outputs), "FAULT_KIND": kind, "FAULT_AT": str(at)}

    def small_disks(self) -> str:
        """Publish anew on disks that are too small by more and more."""
        codes: Counter[int] = Counter()
        shutil.rmtree(self.project.outputs)
        self.project.outputs.mkdir()
        for kilobytes in range(40, 1200, 60):
            options = ("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(self.project.outputs))
            subprocess.run(["mount", *options], check=True)
            try:
                code, log = self.project.finish()
                codes[code] += 1
                if "Traceback" in log or code not in (0, 1, 2):
                    self.fault(f"disk of {kilobytes} kB", f"exit code {code}: {log[-500:]}")
                self.check_whole(f"disk of {kilobytes} kB")
            finally:
                subprocess.run(["umount", str(self.project.outputs)], check=True)
        self.check_completed("small disks")
        return f"{sum(codes.values())} disks from 40 kB to 1.2 MB; exit codes {dict(codes)}"

    def read_only(self) -> str:
        """Publish into a folder that may not be written, by a file system that says so to root as well."""
        self.turn()
        before = self.project.files()
        folder = str(self.project.outputs)
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        try:
            code, log = self.project.finish()
        finally:
            subprocess.run(["umount", folder], check=True)
        if code != 2 or "cannot be written" not in log or self.project.files() != before:
            self.fault("read-only", f"exit code {code}: {log[-300:]}")
        self.check_completed("read-only")
        return f"exit code {code}, nothing changed"

    def links(self, step: int) -> str:
        """Lay a link, a pipe or a folder into the place of each file and folder of the outputs in turn.

        Nothing outside is read, written or removed; the run ends in a sentence or replaces what lies there; and once
        that is gone, the next run publishes all.
        """
        codes: Counter[int] = Counter()
        with tempfile.TemporaryDirectory() as folder:
            outside = Outside(Path(folder))
            for name in places(self.project)[::step]:
                for kind in KINDS:
                    self.turn()
                    what = f"{kind} in the place of {name}"
                    outside.lay(present(self.project, name), kind)
                    before = outside.seen()
                    code, log = self.project.finish()
                    codes[code] += 1
                    if outside.seen() != before or OUTER_TEXT in log:
                        self.fault(what, f"something outside was changed or read: {log[-300:]}")
                        outside = Outside(Path(tempfile.mkdtemp(dir=folder)))
                    if "Traceback" in log or code not in (0, 1, 2) or (code and "error" not in log):
                        self.fault(what, f"exit code {code}: {log[-600:]}")
                    # What was laid there may be a file too, which is not ours to remove.
                    if code == 0 and not self.states[self.at].items() <= self.project.files().items():
                        self.fault(what, f"it says that all is published, and it is not: {log[-400:]}")
                    outside.take_away(present(self.project, name))  # a new release holds what the last one did
                    for copied in list(self.project.outputs.rglob("deep")):  # a release keeps files of others
                        shutil.rmtree(copied)
                    self.check_completed(what)
        return f"{sum(codes.values())} runs; exit codes {dict(codes)}"

    def damaged_cache(self, step: int) -> str:
        """Damage what is cached, a byte at a time: the same files must come out."""
        state = self.project.outputs / ".publish"
        stored = [state / "manifest", state / "cache.db"]
        tried = 0
        for path in stored:
            good = path.read_bytes()
            for number in range(step):
                at = number * len(good) // step  # a cache that is made anew is shorter
                path.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
                tried += 1
                self.turn()
                self.check_completed(f"{path.name} damaged at byte {at}")
                good = path.read_bytes() if path.exists() else good
        return f"{tried} damaged bytes in {len(stored)} files"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="fail at every Nth change, and lay links into every Nth place, only",
    )
    parser.add_argument("--bytes", type=int, default=10, help="so many damaged bytes in each file of the cache")
    parser.add_argument("--interrupts", type=int, default=40, help="so many runs that Ctrl-C stops")
    parser.add_argument("--workers", type=int, default=40, help="so many runs in which a worker is killed")
    parser.add_argument("--allocations", type=int, default=40, help="so many runs in which an allocation fails")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(_PARTS)}; without: all")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in _PARTS]:
        parser.error(f"no part is called {', '.join(unknown)}, expected {', '.join(_PARTS)}")
    told: dict[str, str] = {}
    faults: list[str] = []
    for kind in ("plain", "releases"):
        parts = [part for part in _PARTS if (part in chosen.parts or not chosen.parts)]
        if kind == "releases":
            parts = [part for part in parts if part in _OF_RELEASES]
        for formats in (FORMATS, _MAIL):
            own = [part for part in parts if (part in _OF_MAILS) == (formats == _MAIL)]
            if not own:
                continue
            with tempfile.TemporaryDirectory() as folder:
                session = Session(Project(Path(folder) / "project", formats, kind == "releases"))
                for part in own:
                    started = time.monotonic()
                    told[f"{kind}, {part}"] = _PARTS[part](session, chosen)
                    took = f"{(time.monotonic() - started) / 60:.1f} minutes"
                    print(f"{kind}, {part}: {told[f'{kind}, {part}']}; {took}", flush=True)
                faults += session.faults
    print("", *(f"{what}: {words}" for what, words in told.items()), f"{len(faults)} faults", sep="\n")
    return int(bool(faults))


def _mounted(part: Callable[[Session], str]) -> Callable[[Session, argparse.Namespace], str]:
    """Return a part of the session that only root can play."""
    is_possible = os.geteuid() == 0 and shutil.which("mount")
    return lambda session, _: part(session) if is_possible else "skipped: only root may mount"


_PARTS: Mapping[str, Callable[[Session, argparse.Namespace], str]] = {
    "kill": lambda session, chosen: session.kills(chosen.kills // 2),
    "full": lambda session, chosen: session.every_change("full", chosen.every),
    "dead": lambda session, chosen: session.every_change("kill", chosen.every),
    "interrupts": lambda session, chosen: session.interrupts(chosen.interrupts),
    "workers": lambda session, chosen: session.killed_workers(chosen.workers),
    "memory": lambda session, _: session.little_memory(),
    "allocations": lambda session, chosen: session.failed_allocations(chosen.allocations),
    "links": lambda session, chosen: session.links(chosen.every),
    "cache": lambda session, chosen: session.damaged_cache(chosen.bytes),
    "read-only": _mounted(Session.read_only),
    "small-disks": _mounted(Session.small_disks),
}
"""In this order: kill -9 of a whole run, a disk that is full at each change of a file, a process killed at each, …"""
_OF_RELEASES = ("kill", "full", "dead", "links")
"""What meets other code when each run is laid into a folder of its own."""
_OF_MAILS = ("full", "dead", "links", "cache", "read-only", "small-disks")
"""What goes through every change of a file, or byte of one: mails alone, four files a set, take half the time."""
_MAIL = ("newsletter",)


if __name__ == "__main__":
    sys.exit(main())
