"""What is fuzzed: each takes any bytes, and may refuse them with an error for people, and with nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline import config
from pipeline.config import Sources
from pipeline.errors import PublishError
from pipeline.reading.dates import DateError, read_date
from pipeline.reading.files import find_roots, find_sources
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.reader import read
from pipeline.reading.repairs import repair
from pipeline.reading.source import body_lines, clean
from pipeline.rendering import svg

_PROJECT = Path(tempfile.mkdtemp(prefix="publish-fuzz-"))


def front_matter(data: bytes) -> None:
    text, _ = clean(data, "x.md")
    read_front_matter(text, "x.md", Sources())


def repairs(data: bytes) -> None:
    text, _ = clean(data, "x.md")
    repair(body_lines(text, 1), "x.md")


def dates(data: bytes) -> None:
    read_date(data.decode("utf-8", "replace"), "day-month-year")


def drawings(data: bytes) -> None:
    svg.size_of(data)
    svg.clean(data)


def articles(data: bytes) -> None:
    """Read a whole article, as a run does: pandoc and all."""
    (_PROJECT / "sources").mkdir(exist_ok=True)
    (_PROJECT / "publish.toml").write_text('[publisher]\nname = "K"\nwebsite = "https://klinik.example"\n')
    (_PROJECT / "sources/x.md").write_bytes(data)
    settings = config.load(_PROJECT, ())
    roots = find_roots(settings)
    sources = find_sources(settings, roots).sources
    for item in read(sources, settings, roots, {source.path: source.id for source in sources}):
        if item.article is None and not any(finding.severity == "error" for finding in item.findings):
            raise AssertionError("refused without an error")


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "front_matter": front_matter, "repairs": repairs, "dates": dates, "drawings": drawings, "articles": articles,
}  # fmt: skip


def attempt(name: str, data: bytes) -> None:
    """Give a target bytes; whatever it raises but an error for people is a find."""
    try:
        TARGETS[name](data)
    except (PublishError, DateError):
        return
