"""Measuring whole processes with all that they start: time, processor time, memory."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h."""
_SAMPLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a command."""

    wall_s: float
    cpu_s: float
    """Of the command and of all that it started."""
    peak_mb: float
    """Of all its processes together, shared pages once; 0 where it was over too soon to be seen."""
    parent_mb: float
    """Of the command's own process."""
    code: int

    def form(self) -> dict[str, float]:
        return asdict(self)


def adopt_orphans() -> None:
    """Become the parent of whatever outlives the process that started it, so that its time is counted too."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


def measure(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None, *, with_memory: bool = True
) -> Sample:
    """Run a command and return what it took."""
    env = {**os.environ, "CI": "true", **(environment or {})}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    peaks = [0.0, 0.0]
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_SAMPLE_S):
            own = _memory_mb(child.pid)
            peaks[0] = max(peaks[0], sum(_memory_mb(pid) for pid in _below(os.getpid())))
            peaks[1] = max(peaks[1], own)

    watcher = threading.Thread(target=watch, daemon=True)
    if with_memory:
        watcher.start()
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = usage.ru_utime + usage.ru_stime + _reap(child.pid)
    is_over.set()
    if with_memory:
        watcher.join()
    return Sample(wall_s, cpu_s, peaks[0], peaks[1], child.returncode)


def _reap(group: int) -> float:
    """Wait for adopted orphans of a process group, and return their processor time; one that does not end is ended."""
    cpu_s, deadline = 0.0, time.monotonic() + 5
    while True:
        try:
            pid, _, usage = os.wait4(-group, os.WNOHANG)
        except ChildProcessError:
            return cpu_s
        if pid:
            cpu_s += usage.ru_utime + usage.ru_stime
        elif time.monotonic() > deadline:
            os.killpg(group, signal.SIGKILL)
        else:
            time.sleep(0.01)


def _below(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208
        if entry.isdigit():
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _memory_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1000
    except (OSError, ValueError, IndexError):
        pass
    return 0.0


def middle(values: Sequence[float]) -> float:
    return median(values) if values else 0.0
