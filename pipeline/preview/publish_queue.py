"""The publishing queue of the preview, and the articles that a saved file affects.

Order: articles that a page shows, then saved ones, then all others in batches.
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
BATCH_ARTICLES = 8
"""Articles in one run of a batch: a file saved meanwhile waits for its end."""


@dataclass(frozen=True, slots=True)
class PreviewBuild:
    """A handout that is built with other options, for the preview only."""

    id: str
    outputs: Path
    stamp: str
    """Version of its inputs: a build with another stamp is out of date."""
    config: Config


@dataclass(frozen=True, slots=True)
class QueuedRun:
    ids: tuple[str, ...]
    formats: tuple[str, ...]
    is_urgent: bool
    preview_build: PreviewBuild | None = None


class PublishQueue:
    def __init__(self, formats: Iterable[str]) -> None:
        self._formats = tuple(sorted(formats, key=lambda name: (*FASTEST_FORMATS, name).index(name)))
        self._urgent: dict[str, list[str]] = {}
        self._preview_builds: dict[tuple[Path, str], PreviewBuild] = {}
        self._rest: dict[str, None] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset((*self._urgent, *self._rest, *(id_ for _, id_ in self._preview_builds)))

    def add(self, ids: Iterable[str], *, is_urgent: bool) -> None:
        """Queue ids; an urgent one that is queued already starts again with the first format."""
        for id_ in ids:
            if is_urgent:
                self._urgent[id_] = list(self._formats)
            else:
                self._rest[id_] = None
        if len(self):
            self._filled.set()

    def add_preview_build(self, build: PreviewBuild) -> None:
        """Queue a build; it replaces a queued one of the same article and folder."""
        self._preview_builds[build.outputs, build.id] = build
        self._filled.set()

    def drop(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._urgent.pop(id_, None)
            self._rest.pop(id_, None)

    async def next(self, shown: Collection[str]) -> QueuedRun:
        """Wait for the next run: one format at a time for urgent articles, so that the fastest is shown at once."""
        while not len(self):
            self._filled.clear()
            await self._filled.wait()
        self.add([id_ for id_ in shown if id_ in self._rest and id_ not in self._urgent], is_urgent=True)
        if self._urgent:
            id_ = next((id_ for id_ in self._urgent if id_ in shown), next(iter(self._urgent)))
            name = self._urgent[id_].pop(0)
            if not self._urgent[id_]:
                del self._urgent[id_]
                self._rest.pop(id_, None)
            return QueuedRun((id_,), (name,), is_urgent=True)
        if self._preview_builds:
            build = self._preview_builds.pop(next(iter(self._preview_builds)))
            return QueuedRun((build.id,), ("handout",), is_urgent=True, preview_build=build)
        batch = tuple(self._rest)[:BATCH_ARTICLES]
        self.drop(batch)
        return QueuedRun(batch, self._formats, is_urgent=False)


@dataclass(frozen=True, slots=True)
class Affected:
    sources: frozenset[str] = frozenset()
    """Ids of articles and editions whose source or picture was saved."""
    editions: frozenset[str] = frozenset()
    is_everything: bool = False
    """A style, a word list or the configuration was saved."""


def affected_by(
    changed: Iterable[Path], project: Path, ids: Mapping[str, str], listings: Iterable[ArticleMeta]
) -> Affected:
    """Return the articles that changed files affect.

    Args:
        changed: Absolute paths of files that were saved, created or removed.
        project: The project folder, links resolved.
        ids: The id of each source by its path from the project folder.
        listings: Pictures and articles of each known source.
    """
    names = {path.relative_to(project).as_posix() for path in changed if path.is_relative_to(project)}
    listings = tuple(listings)
    own = {ids[name] for name in names if name in ids}
    own |= {listing.id for listing in listings if names.intersection(listing.pictures)}
    return Affected(
        frozenset(own),
        frozenset(listing.id for listing in listings if own.intersection(listing.meta.articles)),
        any(name == FILE_NAME or name.split("/")[0] in ("styles", CERTIFICATES) for name in names),
    )
