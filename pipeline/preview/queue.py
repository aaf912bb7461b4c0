"""What is to be published next: what someone looks at first, then what was saved, then the rest in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass

QUICKEST = ("newsletter", "handout")
"""Formats in the order in which someone who waits sees them; the others follow."""
BATCH = 8
"""Articles of the rest in one run: as long as someone who saves in between has to wait for it."""


@dataclass(frozen=True, slots=True)
class Work:
    """One run."""

    ids: tuple[str, ...]
    formats: tuple[str, ...]
    is_urgent: bool


class Queue:
    """Ids that wait, each once: fifty saves of a file are one."""

    def __init__(self, formats: Iterable[str]) -> None:
        names = tuple(formats)
        self._formats = tuple(sorted(names, key=lambda name: (*QUICKEST, name).index(name)))
        self._urgent: dict[str, list[str]] = {}
        self._rest: dict[str, None] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._urgent | self._rest)

    def add(self, ids: Iterable[str], *, is_urgent: bool) -> None:
        """Let ids wait; one that waits already begins anew."""
        for id_ in ids:
            if is_urgent:
                self._urgent[id_] = list(self._formats)
            else:
                self._rest[id_] = None
        if len(self):
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
        batch = tuple(self._rest)[:BATCH]
        self.drop(batch)
        return Work(batch, self._formats, is_urgent=False)
