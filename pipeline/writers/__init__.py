"""The writers' interface: what a writer is given, what it returns, and which writers are installed.

A writer is a module (or any object) with what `Writer` lists, registered as an entry point of the group
`publish.writers`; its entry point's name is its format's name. The built-in ones are registered the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.config import Publisher
from pipeline.findings import Finding
from pipeline.model import Edition, Picture
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import Words

if TYPE_CHECKING:
    from pipeline.validation.certificate import Certificate

ENTRY_POINT_GROUP = "publish.writers"


@dataclass(frozen=True, slots=True)
class Need:
    """A picture in the size a writer wants it, never enlarged, on white paper where it is clear."""

    picture: Picture
    width_px: int
    """At least, where the picture has as many, up to 1,600; the height follows."""
    max_bytes: int = 0
    """0: any size. Above it, quality and then width give way."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture made to a need: an opaque JPEG or PNG, by content."""

    data: bytes
    media_type: str
    width_px: int
    height_px: int
    lettering: float = 0.0
    """Of a drawing: the size of its smallest lettering as a share of its width; 0: it has none."""

    @property
    def suffix(self) -> str:
        return {"image/jpeg": ".jpg", "image/png": ".png"}[self.media_type]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a writer learnt that another format may build on."""

    pages: int = 0
    """How many pages were printed."""
    page_of: Mapping[str, int] = field(default_factory=dict)
    """The page, from 1, on which each id landed; ids as `rendering.markup` wrote them."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to be saved below `outputs/<format>/`."""

    name: str
    """Relative, with forward slashes: `blog/soevn.pdf`."""
    data: bytes
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer has made, found and learnt."""

    artifacts: tuple[Artifact, ...]
    findings: tuple[Finding, ...] = ()
    facts: Facts = Facts()


@dataclass(frozen=True, slots=True)
class Job:
    """What a writer needs beside the edition."""

    publisher: Publisher
    options: Any
    """An instance of the writer's own `Options`."""
    styles: Styles
    words: Words
    pictures: Mapping[Need, Rendition] = field(default_factory=dict)
    """Every need it named, but for pictures that turned out broken."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """By format, of each in the writer's `facts_from`."""
    certificate: Certificate | None = None
    """That judges outside this program have passed the edition in this format, if a record says so."""


class Writer(Protocol):
    """One format. Equal input gives equal bytes: no files, clock, random number, network or other writer.

    One whose facts others build on may have `facts(edition, job)` as well, which returns them without making its files.
    """

    summary: str
    """One line for `publish --help`."""
    medium: str
    """`print`, `mail`, `book` or a word of its own: blocks marked for other media are left out."""
    facts_from: tuple[str, ...]
    """Formats whose facts it builds on."""
    Options: type[Any]
    """A frozen dataclass: the keys of the format's table in `publish.toml`, with defaults."""

    def needs(self, edition: Edition, options: Any) -> tuple[Need, ...]:
        """Return the pictures it wants, and how wide."""

    def write(self, edition: Edition, job: Job) -> Written:
        """Write the edition."""


@cache
def installed_writers() -> Mapping[str, Any]:
    """Return the entry point of every installed format by name, built-in ones first; imports none of them."""
    from importlib.metadata import entry_points

    points = {
        point.name: point for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.value)
    }
    built_in = [name for name in ("handout", "epub", "newsletter") if name in points]
    return {name: points[name] for name in (*built_in, *sorted(set(points) - set(built_in)))}


@cache
def load_writer(name: str) -> Writer:
    """Import the writer of a format."""
    writer: Writer = installed_writers()[name].load()
    return writer
