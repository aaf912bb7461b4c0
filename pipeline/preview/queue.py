"""What is to be published next: what someone looks at first, then what was saved, then the rest in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config

QUICKEST = ("newsletter", "handout")
"""Formats in the order in which someone who waits sees them; the others follow."""
BATCH = 8
"""Articles of the rest in one run: as long as someone who saves in between has to wait for it."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A proof that no one publishes: a handout printed elsewhere, or otherwise, only to be looked at."""

    id: str
    outputs: Path
    """A folder that no one else prints to."""
    stamp: str
    """Names what it is printed from; another stamp means that it is to be printed anew."""
    config: Config


@dataclass(frozen=True, slots=True)
class Work:
    """One run."""

    ids: tuple[str, ...]
    formats: tuple[str, ...]
    is_urgent: bool
    aside: Aside | None = None


class Queue:
    """Ids that wait, each once: fifty saves of a file are one."""

    def __init__(self, formats: Iterable[str]) -> None:
        names = tuple(formats)
        self._formats = tuple(sorted(names, key=lambda name: (*QUICKEST, name).index(name)))
        self._urgent: dict[str, list[str]] = {}
        self._asides: dict[tuple[Path, str], Aside] = {}
        self._rest: dict[str, None] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> frozenset[str]:
        """What waits."""
        return frozenset((*self._urgent, *self._rest, *(id_ for _, id_ in self._asides)))

    def add(self, ids: Iterable[str], *, is_urgent: bool) -> None:
        """Let ids wait; one that waits already begins anew."""
        for id_ in ids:
            if is_urgent:
                self._urgent[id_] = list(self._formats)
            else:
                self._rest[id_] = None
        if len(self):
            self._filled.set()

    def add_aside(self, aside: Aside) -> None:
        """Let a proof wait that someone looks at; one that waits already gives way."""
        self._asides[aside.outputs, aside.id] = aside
        self._filled.set()

    def drop(self, ids: Iterable[str]) -> None:
        """Forget ids."""
        for id_ in ids:
            self._urgent.pop(id_, None)
            self._rest.pop(id_, None)

    async def next(self, shown: Collection[str]) -> Work:
        """Wait for work, and take it: a format at a time of what is urgent, so that the quickest is seen at once."""
        while not len(self):
            self._filled.clear()
            await self._filled.wait()
        if self._urgent:
            id_ = next((id_ for id_ in self._urgent if id_ in shown), next(iter(self._urgent)))
            name = self._urgent[id_].pop(0)
            if not self._urgent[id_]:
                del self._urgent[id_]
                self._rest.pop(id_, None)
            return Work((id_,), (name,), is_urgent=True)
        if self._asides:
            aside = self._asides.pop(next(iter(self._asides)))
            return Work((aside.id,), ("handout",), is_urgent=True, aside=aside)
        batch = tuple(self._rest)[:BATCH]
        self.drop(batch)
        return Work(batch, self._formats, is_urgent=False)
