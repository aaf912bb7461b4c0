"""Time measurement of a run, by phase; nested phases do not count twice.

What is measured here is never seen by what it encloses: equal input gives equal bytes, however long it took.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, get_args

Phase = Literal["read", "pandoc", "pictures", "layout", "write", "repair", "validate", "save"]
PHASES: tuple[Phase, ...] = get_args(Phase)

_seconds: defaultdict[str, float] = defaultdict(float)
_open_phases: list[tuple[str, float]] = []
"""The phases that this process is in, outermost first, and when the innermost one was last gone on with."""


@contextmanager
def timed_phase(name: Phase) -> Iterator[None]:
    """Count the time within as of a phase; as a decorator too. A phase within a phase is taken out of the outer one."""
    _add_elapsed()
    _open_phases.append((name, time.perf_counter()))
    try:
        yield
    finally:
        _add_elapsed()
        _open_phases.pop()
        if _open_phases:
            _open_phases[-1] = (_open_phases[-1][0], time.perf_counter())


@contextmanager
def untimed() -> Iterator[None]:
    """Count the time within as of no phase: others are at work, and count it."""
    _add_elapsed()
    try:
        yield
    finally:
        if _open_phases:
            _open_phases[-1] = (_open_phases[-1][0], time.perf_counter())


def collect_timings() -> Mapping[str, float]:
    """Return the seconds of each phase since the last call, and begin again."""
    seconds: dict[str, float] = {name: _seconds[name] for name in PHASES if name in _seconds}
    _seconds.clear()
    return seconds


def add_timings(seconds: Mapping[str, float]) -> None:
    for name, value in seconds.items():
        _seconds[name] += value


def _add_elapsed() -> None:
    if _open_phases:
        name, since = _open_phases[-1]
        _seconds[name] += time.perf_counter() - since
