"""The writers' interface: what a writer receives and returns, and the installed writers.

A writer is a module or object with the attributes of `Writer`, registered as an entry point of the group
`publish.writers`; the name of the entry point is the name of its format. Built-in writers are registered the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.config import Publisher
from pipeline.findings import Finding
from pipeline.model import Article, Edition, Picture
from pipeline.pictures.image_files import Rendition
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import MissingWordError, Words, load_words

if TYPE_CHECKING:
    from pipeline.validation.certificate import Certificate

__all__ = ["Artifact", "Facts", "Job", "Need", "Rendition", "Writer", "Written", "installed_writers", "load_writer"]
ENTRY_POINT_GROUP = "publish.writers"


@dataclass(frozen=True, slots=True)
class Need:
    """A picture in the size that a writer needs, never enlarged, with transparency on white."""

    picture: Picture
    width_px: int
    """Rounded up to the widths in which pictures are made, at most 1,600 or the picture's own; the height follows."""
    max_bytes: int = 0
    """0: no limit. Above the limit, quality and then width are reduced."""
    is_for_paper: bool = False
    """For paper: without its white border, and with pale lettering on white darkened."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a writer reports to other formats."""

    pages: int = 0
    """Number of printed pages."""
    page_of: Mapping[str, int] = field(default_factory=dict)
    """Page, from 1, of each id; ids as in `rendering.markup`."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to save below `outputs/<format>/`."""

    name: str
    """Relative path with forward slashes: `blog/soevn.pdf`."""
    data: bytes
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    artifacts: tuple[Artifact, ...]
    findings: tuple[Finding, ...] = ()
    facts: Facts = Facts()
    is_partial: bool = False
    """Some files could not be made: an error among the findings says so of each, and the others are published."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a writer receives beside the edition."""

    publisher: Publisher
    options: Any
    """An instance of the writer's `Options`."""
    styles: Styles
    words: Words
    """In the language of the edition."""
    pictures: Mapping[Need, Rendition] = field(default_factory=dict)
    """A rendition for each of its needs, except for broken pictures."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """By format, for each in the writer's `facts_from`."""
    certificate: Certificate | None = None
    """The stored record that external validators passed the edition in this format, if there is one."""

    def words_of(self, article: Article) -> Words:
        """Return the words in the language of an article, or in that of the edition where the former has none."""
        try:
            return self.words if article.language == self.words.language else load_words(self.styles, article.language)
        except MissingWordError:
            return self.words


class Writer(Protocol):
    """One format. Equal input gives equal bytes: no files, clock, random number, network or other writer.

    A writer whose facts others use may also have `facts(edition, job)`, which returns them without making files.
    """

    summary: str
    """One line for `publish --help`."""
    medium: str
    """`print`, `mail`, `book` or another word: blocks marked for other media are left out."""
    facts_from: tuple[str, ...]
    """Formats whose facts it uses."""
    Options: type[Any]
    """A frozen dataclass: the keys of the format's table in `publish.toml`, with defaults."""

    def needs(self, edition: Edition, options: Any) -> tuple[Need, ...]:
        """Return the pictures the writer needs, with their widths."""

    def write(self, edition: Edition, job: Job) -> Written:
        """Write the edition."""


@cache
def installed_writers() -> Mapping[str, Any]:
    """Return the entry point of every installed format by name, built-in ones first, without importing any."""
    from importlib.metadata import entry_points

    points = {point.name: point for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=attrgetter("value"))}
    built_in = [name for name in ("handout", "epub", "newsletter") if name in points]
    return {name: points[name] for name in (*built_in, *sorted(set(points) - set(built_in)))}


@cache
def load_writer(name: str) -> Writer:
    writer: Writer = installed_writers()[name].load()
    return writer
