"""The request of a run, and the context that all its steps share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.engine.executor import Executor
from pipeline.engine.output_dir import OutputDir
from pipeline.model import ArticleMeta
from pipeline.reading.source_files import source_id
from pipeline.run.manifest import Manifest

Progress = Callable[[str, int, int], None]
"""Receives the step (`read`, `write`), the number of finished items, and the number of all items."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles with a tag or of a kind, which become one edition."""

    key: str
    """`tag` or `kind`."""
    value: str

    @property
    def id(self) -> str:
        return source_id(Path(f"selections/{self.key}-{self.value}.md"))

    @property
    def title(self) -> str:
        return self.value[:1].upper() + self.value[1:]

    def values_of(self, meta: ArticleMeta) -> tuple[str, ...]:
        """Return the values of an article under the key."""
        return meta.meta.tags if self.key == "tag" else (meta.meta.kind,)

    def holds(self, meta: ArticleMeta) -> bool:
        """Tell whether an article is selected; case does not count."""
        return self.value.casefold() in (value.casefold() for value in self.values_of(meta))


@dataclass(frozen=True, slots=True)
class Request:
    """The request of a run."""

    formats: tuple[str, ...]
    articles: tuple[str, ...] = ()
    """Ids of articles or editions; empty for all but drafts and unlisted ones."""
    selection: Selection | None = None
    """Articles for one edition, instead of `articles`."""
    outputs: Path | None = None
    """Default: `outputs` in the project folder."""
    jobs: int = 1
    is_forced: bool = False
    """Every edition is rendered anew."""
    is_verified: bool = False
    """Every published file is read and compared."""
    wait_s: float = 5.0
    """Seconds to wait for another run to end."""
    today: date | None = None
    """Date for the findings on review dates; None: no such findings."""
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Options of formats that replace those of `publish.toml`."""

    @property
    def is_whole(self) -> bool:
        """Every article is requested, so an edition that the run does not meet is gone."""
        return not (self.articles or self.selection)


@dataclass(frozen=True, slots=True)
class RunContext:
    """The values that all steps of a run share."""

    config: Config
    request: Request
    executor: Executor
    cache: Cache
    outputs: OutputDir
    before: Manifest
    """The manifest of earlier runs."""
    progress: Progress
    is_rendering: bool = True
    """False: the run ends after planning."""
