"""A thousand articles: how soon the shelf answers, and what two hundred saves leave in memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.sessions.preview.desks import Desk, running, say, wait_until_idle
from tests.sessions.preview.views import launch
from tests.sessions.preview.walking import open_from_disk

SHELF_S = 0.2
SAVES = 200
GROWTH = 1.1
"""What memory may grow by between the twentieth save and the last, once caches are full."""
_WARM = 20
_ANSWERS = 15


def judge_many(folder: Path, count: int) -> Iterator[str]:
    """Print figures of a project with many articles; yield what is beyond its limit."""
    with running(folder) as desk:
        wait_until_idle(desk)
        yield from _shelf(desk, count)
        yield from _saves(desk, folder)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield from open_from_disk(launch(playwright), folder / "outputs/index.html", count)


def _shelf(desk: Desk, count: int) -> Iterator[str]:
    seconds: list[float] = []
    for _ in range(_ANSWERS):
        started = time.monotonic()
        text = desk.get("/")
        seconds.append(time.monotonic() - started)
    shown = text.count('<li class="item"')
    answered_ms = statistics.median(seconds) * 1000
    say(f"shelf of {shown} articles: {answered_ms:.0f} ms (median of {_ANSWERS}; at most {SHELF_S * 1000:.0f})")
    if shown < count:
        yield f"the shelf shows {shown} of {count} articles"
    if statistics.median(seconds) > SHELF_S:
        yield "the shelf is slow"


def _saves(desk: Desk, folder: Path) -> Iterator[str]:
    source = folder / "sources/ryg/artikel-0000.md"
    text = source.read_text("utf-8")
    held: dict[int, int] = {}
    for number in range(1, SAVES + 1):
        source.write_text(text.replace("Artikel 0 om ryg", f"Artikel 0 om ryg, {number}"), "utf-8")
        end = time.monotonic() + 120
        while f"ryg, {number}</h1>" not in desk.get("/proof/ryg/artikel-0000"):
            if time.monotonic() > end:
                yield f"save {number} never showed"
                return
            time.sleep(0.05)
        if number in (_WARM, SAVES // 2, SAVES):
            wait_until_idle(desk)
            held[number] = desk.memory_kb()
    told = ", ".join(f"{kilobytes / 1000:.0f} MB after {number} saves" for number, kilobytes in held.items())
    growth = held[SAVES] / held[_WARM]
    say(f"memory of the desk and its workers: {told}; {growth:.2f} x (at most {GROWTH})")
    if growth > GROWTH:
        yield f"memory grew {growth:.2f} x"
