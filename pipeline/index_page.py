"""The index page, `outputs/index.html`: every article and edition; it opens from disk and needs no script."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from pipeline.codes import Severity
from pipeline.config import Publisher
from pipeline.findings import SEVERITIES, Finding
from pipeline.model import ArticleMeta, EditionContents, Metadata
from pipeline.rendering.readability import lix_level
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import Words, load_words
from pipeline.report import EditionResult, Report
from pipeline.writers import installed_writers

INDEX = "index.html"
_THUMBNAIL = ".png"
"""The first page of a handout lies beside it under this suffix."""


@dataclass(frozen=True, slots=True)
class Copy:
    format: str
    label: str
    path: str
    """From the outputs folder."""
    bytes: int

    @property
    def href(self) -> str:
        return quote(self.path)


@dataclass(frozen=True, slots=True)
class Item:
    listing: ArticleMeta
    copies: tuple[Copy, ...]
    pages: int
    """Of its handout; 0 where there is none."""
    thumbnail: str
    """Path from the outputs folder; empty where there is none."""
    findings: tuple[Finding, ...]
    has_failed: bool
    """In some format: its files, if any, are those of an earlier run."""

    @property
    def href(self) -> str:
        return self.copies[0].href if self.copies else ""

    @property
    def counts(self) -> tuple[tuple[Severity, int], ...]:
        """How many findings there are of each severity that there is, worst first."""
        counted = Counter(finding.severity for finding in self.findings)
        return tuple((severity, counted[severity]) for severity in SEVERITIES if counted[severity])

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted({finding.code for finding in self.findings}))

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(copy.format for copy in self.copies))

    @property
    def level(self) -> str:
        return lix_level(self.listing.lix) if self.listing.lix is not None else ""

    @property
    def weight(self) -> int:
        """A number that sorts by findings: one error outweighs all warnings."""
        weights = {"error": 1_000_000, "warning": 1_000, "note": 1}
        return sum(weights[severity] * count for severity, count in self.counts)


def items_of(report: Report, words: Words) -> tuple[Item, ...]:
    """Return what an index shows: newest first, then by title."""
    entries: dict[str, list[EditionResult]] = defaultdict(list)
    for entry in report.entries:
        entries[entry.id].append(entry)
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in (*report.findings, *report.earlier_findings):
        findings[finding.source].append(finding)
    listings = {listing.id: listing for listing in report.listings}
    for id_, own in entries.items():
        if id_ not in listings:  # no metadata: never read without an error, or made by --select
            title, source = own[0].title, own[0].sources[0]
            contents = EditionContents() if len(own[0].sources) > 1 else None
            listings[id_] = ArticleMeta(id_, source, Metadata(title=title, kind="", contents=contents))
    made = (_item(listing, entries[id_], findings[listing.source], words) for id_, listing in listings.items())
    by_title = sorted(made, key=lambda item: item.listing.title.casefold())
    return tuple(sorted(by_title, key=lambda item: -(item.listing.meta.changed or date.min).toordinal()))


def index_page(report: Report, publisher: Publisher, styles: Styles) -> bytes:
    """Return the index page of a folder: all that can be opened from there, or should be and failed.

    Raises:
        StyleError: A template of the project is broken, or a word is missing.
    """
    words = load_words(styles, publisher.language)
    items = [item for item in items_of(report, words) if item.copies or item.has_failed]
    return styles.render(
        "preview/index.html.j2",
        words=words,
        publisher=publisher,
        items=items,
        facets=facets_of(items),
        style=styles.style_sheet("preview/desk.css"),
        script=Markup(styles.text("preview/shelf.js")),  # noqa: S704  # our own file, put into <script> as it stands
    ).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Facets:
    tags: tuple[str, ...]
    codes: tuple[str, ...]
    formats: tuple[tuple[str, str], ...]


def facets_of(items: Iterable[Item]) -> Facets:
    items = tuple(items)
    return Facets(
        tuple(sorted({tag for item in items for tag in item.listing.meta.tags}, key=str.casefold)),
        tuple(sorted({code for item in items for code in item.codes})),
        tuple({copy.format: copy.label for item in items for copy in item.copies}.items()),
    )


def _item(listing: ArticleMeta, entries: list[EditionResult], findings: list[Finding], words: Words) -> Item:
    saved = {entry.format: entry.artifacts for entry in entries if entry.artifacts}
    firsts = {name: saved[name][0] for name in (*installed_writers(), *saved) if name in saved}
    thumbnails = {str(PurePosixPath(first.path).with_suffix(_THUMBNAIL)) for first in firsts.values()}
    labels = {name: words.entries.get(f"shelf_format_{name}", name) for name in firsts}
    return Item(
        listing,
        tuple(Copy(name, labels[name], first.path, first.bytes) for name, first in firsts.items()),
        max((first.pages for first in firsts.values()), default=0),
        next((each.path for artifacts in saved.values() for each in artifacts if each.path in thumbnails), ""),
        tuple(findings),
        any(entry.status in ("failed", "stale") for entry in entries),
    )
