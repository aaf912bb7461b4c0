"""The queue of what is to be published: what a saved file touches, and what goes first.

What someone looks at goes first, then what was saved, then the rest in batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME, Config
from pipeline.model import ArticleMeta
from pipeline.validation.certificate import FOLDER as CERTIFICATES

FASTEST_FORMATS = ("newsletter", "handout")
"""Formats in the order in which someone who waits sees them; the others follow."""
BATCH_ARTICLES = 8
"""Articles of the rest in one run: as long as someone who saves in between has to wait for it."""


@dataclass(frozen=True, slots=True)
class PreviewBuild:
    """A proof that no one publishes: a handout printed elsewhere, or otherwise, only to be looked at."""

    id: str
    outputs: Path
    """A folder that no one else prints to."""
    stamp: str
    """Names what it is printed from; another stamp means that it is to be printed anew."""
    config: Config


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """One run."""

    ids: tuple[str, ...]
    formats: tuple[str, ...]
    is_urgent: bool
    preview_build: PreviewBuild | None = None


class PublishQueue:
    """Ids that wait, each once: fifty saves of a file are one."""

    def __init__(self, formats: Iterable[str]) -> None:
        names = tuple(formats)
        self._formats = tuple(sorted(names, key=lambda name: (*FASTEST_FORMATS, name).index(name)))
        self._urgent: dict[str, list[str]] = {}
        self._preview_builds: dict[tuple[Path, str], PreviewBuild] = {}
        self._rest: dict[str, None] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> frozenset[str]:
        """What waits."""
        return frozenset((*self._urgent, *self._rest, *(id_ for _, id_ in self._preview_builds)))

    def add(self, ids: Iterable[str], *, is_urgent: bool) -> None:
        """Let ids wait; one that waits already begins anew."""
        for id_ in ids:
            if is_urgent:
                self._urgent[id_] = list(self._formats)
            else:
                self._rest[id_] = None
        if len(self):
            self._filled.set()

    def add_preview_build(self, aside: PreviewBuild) -> None:
        """Let a proof wait that someone looks at; one that waits already gives way."""
        self._preview_builds[aside.outputs, aside.id] = aside
        self._filled.set()

    def drop(self, ids: Iterable[str]) -> None:
        """Forget ids."""
        for id_ in ids:
            self._urgent.pop(id_, None)
            self._rest.pop(id_, None)

    async def next(self, shown: Collection[str]) -> QueuedRun:
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
            return QueuedRun((id_,), (name,), is_urgent=True)
        if self._preview_builds:
            aside = self._preview_builds.pop(next(iter(self._preview_builds)))
            return QueuedRun((aside.id,), ("handout",), is_urgent=True, preview_build=aside)
        batch = tuple(self._rest)[:BATCH_ARTICLES]
        self.drop(batch)
        return QueuedRun(batch, self._formats, is_urgent=False)


@dataclass(frozen=True, slots=True)
class Touched:
    """What is to be done after files were saved."""

    sources: frozenset[str] = frozenset()
    """Ids of articles and editions whose own file or picture was saved."""
    editions: frozenset[str] = frozenset()
    """Ids of editions that bind one of them."""
    is_everything: bool = False
    """A style, a word or the configuration."""


def touched(changed: Iterable[Path], project: Path, ids: Mapping[str, str], listings: Iterable[ArticleMeta]) -> Touched:
    """Return what is touched by files.

    Args:
        changed: Absolute paths of files that were saved, made or removed.
        project: The project folder, links resolved.
        ids: The id of each source by its path from the project folder.
        listings: What is known of each source.
    """
    names = {path.relative_to(project).as_posix() for path in changed if path.is_relative_to(project)}
    listings = tuple(listings)
    own = {ids[name] for name in names if name in ids}
    own |= {listing.id for listing in listings if names.intersection(listing.pictures)}
    return Touched(
        frozenset(own),
        frozenset(listing.id for listing in listings if own.intersection(listing.meta.articles)),
        any(name == FILE_NAME or name.split("/")[0] in ("styles", CERTIFICATES) for name in names),
    )
