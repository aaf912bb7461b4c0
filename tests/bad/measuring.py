"""The real command, run with its time and its memory measured: that of all its processes together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.makers import usual_environment

_PAUSE_S = 0.05


@dataclass(frozen=True)
class Measured:
    """What a run gave, and what it took."""

    code: int
    log: str
    """Both of its streams."""
    report: dict[str, Any]
    seconds: float
    cpu_seconds: float
    """Of all its processes together."""
    peak_mb: float
    """Of all its processes at one moment, memory that they share counted once (PSS)."""


def run_measured(project: Path, *arguments: str, timeout_s: float = 600, **environment: str) -> Measured:
    """Run the command in a project, as a person would."""
    environment = {**usual_environment(), **environment}
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *arguments],
            cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        peak_kb = 0
        ticks: dict[int, int] = {}
        while process.poll() is None:
            seen = _processes(process.pid)
            # Workers are children of a server that no one waits for: what each had used is what was last seen of it.
            ticks |= seen
            peak_kb = max(peak_kb, sum(map(_memory_kb, seen)))
            if time.monotonic() - started > timeout_s:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(_PAUSE_S)
        seconds = time.monotonic() - started
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    path = project / "outputs/report.json"
    report = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    cpu_seconds = sum(ticks.values()) / os.sysconf("SC_CLK_TCK")
    return Measured(process.returncode, text, report, seconds, cpu_seconds, peak_kb / 1000)


def _processes(session: int) -> dict[int, int]:
    """Return every living process of a session, with the ticks of a processor that it has used.

    Source: proc(5), `/proc/pid/stat`; the name of a program may hold spaces, and ends with the last bracket.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == session and fields[0] != "Z":
                found[int(entry.name)] = int(fields[11]) + int(fields[12])
    return found


def _memory_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
