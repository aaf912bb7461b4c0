"""The table `[limits]` of `publish.toml`: size, time and memory limits per article."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

WALL_CLOCK_FACTOR = 4
"""Wall-clock limit of a task, as a multiple of its processor time: the machine may be busy, or its disk slow."""
MAX_NESTING = 100
"""Python's recursion limit is reached at about 120 levels: each takes several calls."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The table `[limits]`; every value is positive."""

    source_mb: float = 2
    """Of a Markdown file."""
    lines: int = 10_000
    """Of its text."""
    characters: int = 300_000
    """Of its text, about a hundred pages; a longer text can be several articles in an edition."""
    word: int = 5_000
    """Characters in a row without a space; layout time grows with the square."""
    paragraph: int = 20_000
    """Characters of a paragraph, or of a line of code; layout time of unusual ones grows with the square."""
    nesting: int = 60
    """Lists, quotations and boxes within each other; at most 100."""
    pictures: int = 200
    """Of one article."""
    notes: int = 500
    """Of one article; each takes time in layout."""
    links: int = 1_000
    """Of one article."""
    cells: int = 2_000
    """Of the tables of one article together."""
    picture_mb: float = 100
    """Of a picture file."""
    picture_megapixels: float = 50
    """Of a picture, as its header states."""
    seconds: float = 60
    """Processor time for an article in one format; an edition has it for each of its articles."""
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


def limit_errors(limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield the key and the message of each invalid limit. Limits cannot be switched off."""
    for entry in fields(limits):
        value = getattr(limits, entry.name)
        if not value > 0:
            yield entry.name, f"is {value}, expected a number above zero"
    if limits.nesting > MAX_NESTING:
        yield "nesting", f"is {limits.nesting}, expected at most {MAX_NESTING}"
