"""Where the time of a run goes: phases that enclose no other's time, so that they add up.

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
_open: list[tuple[str, float]] = []
"""The phases that this process is in, outermost first, and when the innermost one was last gone on with."""


@contextmanager
def phase(name: Phase) -> Iterator[None]:
    """Count the time within as of a phase; as a decorator too. A phase within a phase is taken out of the outer one."""
    _stop()
    _open.append((name, time.perf_counter()))
    try:
        yield
    finally:
        _stop()
        _open.pop()
        if _open:
            _open[-1] = (_open[-1][0], time.perf_counter())


@contextmanager
def idle() -> Iterator[None]:
    """Count the time within as of no phase: others are at work, and count it."""
    _stop()
    try:
        yield
    finally:
        if _open:
            _open[-1] = (_open[-1][0], time.perf_counter())


def taken() -> Mapping[str, float]:
    """Return the seconds of each phase since this was last asked, in this process, and begin again."""
    seconds = dict(_seconds)
    _seconds.clear()
    return seconds


def added(*parts: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds of each phase in all parts together."""
    return {name: seconds for name in PHASES if (seconds := sum(part.get(name, 0.0) for part in parts))}


def _stop() -> None:
    if _open:
        name, since = _open[-1]
        _seconds[name] += time.perf_counter() - since
