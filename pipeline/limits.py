"""The table `[limits]` of `publish.toml`: size, time and memory limits per article."""

from __future__ import annotations

from dataclasses import dataclass, fields

WALL_CLOCK_FACTOR = 4
"""How much longer by the clock than by a processor a task may take: a machine may have other work, or a slow disk."""
MAX_NESTING = 100
"""Python and the libraries below take each level of text with several calls of their own; from 120 on they fail."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The table `[limits]`; every value is positive."""

    source_mb: float = 2
    """Of a Markdown file."""
    lines: int = 10_000
    """Of its text."""
    characters: int = 300_000
    """Of its words, about a hundred pages: what is longer is a book, and can be several articles in an edition."""
    word: int = 5_000
    """Characters in a row without a space: a page takes the square of it to be laid out."""
    nesting: int = 60
    """Lists, quotations and boxes within each other; at most 100."""
    pictures: int = 200
    """Of one article."""
    notes: int = 500
    """Of one article: each is a box that a page must find room for."""
    links: int = 1_000
    """Of one article."""
    cells: int = 2_000
    """Of the tables of one article together."""
    picture_mb: float = 100
    """Of a picture file."""
    picture_megapixels: float = 50
    """Of a picture, as it says before it is decoded."""
    seconds: float = 60
    """Of a processor, for an article in a format; an edition has as much for each of its articles."""
    memory_mb: int = 1000
    """Of each worker process, and of each pandoc that it starts."""

    @property
    def source_bytes(self) -> int:
        return round(self.source_mb * 1_000_000)

    @property
    def picture_bytes(self) -> int:
        return round(self.picture_mb * 1_000_000)

    @property
    def picture_pixels(self) -> int:
        return round(self.picture_megapixels * 1_000_000)


DEFAULT_LIMITS = Limits()


def invalid_limits(limits: Limits) -> dict[str, str]:
    """Return what no limit can be, by key: a project without limits has a limit by accident."""
    found = {entry.name: "a number above zero" for entry in fields(limits) if not getattr(limits, entry.name) > 0}
    if limits.nesting > MAX_NESTING:
        found["nesting"] = f"at most {MAX_NESTING}"
    return found
