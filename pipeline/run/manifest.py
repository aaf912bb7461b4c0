"""The manifest: which files below the outputs are ours, of what they were made, and under which keys.

What was found in them stays in the cache. Without a manifest every file is made anew, and none is removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.engine.cache import Cache
from pipeline.engine.output_dir import seal, unseal
from pipeline.engine.reading_task import Summary, summary_from_json
from pipeline.engine.rendering_task import Rendered, rendered_from_json
from pipeline.findings import Finding, sort_findings
from pipeline.report import EditionResult, OutputFile, Report, encode_json

VERSION = 1
NAME = "manifest"


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """The files of one edition in one format."""

    id: str
    format: str
    key: str
    """Of what they were rendered from; empty: the last attempt failed, and the files, if any, are of an earlier one."""
    title: str
    sources: tuple[str, ...]
    artifacts: tuple[OutputFile, ...] = ()
    times_ns: tuple[int, ...] = ()
    """When each file was last changed, as the file system says."""
    findings: tuple[Finding, ...] = ()
    """Of an attempt that failed; the cache holds those of others."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source, and under which keys the cache has what reading it gave."""

    id: str
    path: str
    key: str
    listed: str
    """Of the last time that it was not refused: the index page shows it as it was then."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that runs have left."""

    entries: Mapping[tuple[str, str], ManifestEntry] = field(default_factory=dict)
    """By id and format."""
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)
    """By id."""

    @property
    def paths(self) -> frozenset[str]:
        """Every file that is ours."""
        return frozenset(saved.path for entry in self.entries.values() for saved in entry.artifacts)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The form of the file."""

    version: int
    entries: tuple[ManifestEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()


def load_manifest(state: Path) -> Manifest:
    """Return the manifest; an empty one where the file is missing, damaged or of another version."""
    import msgspec

    try:
        stored = msgspec.json.decode(unseal((state / NAME).read_bytes()), type=_Stored)
    except (OSError, ValueError):
        return Manifest()
    if stored.version != VERSION:
        return Manifest()
    entries = {(entry.id, entry.format): entry for entry in stored.entries}
    return Manifest(entries, {entry.id: entry for entry in stored.sources})


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    from msgspec import to_builtins

    document = {
        "version": VERSION,
        "entries": (to_builtins(manifest.entries[key]) for key in sorted(manifest.entries)),
        "sources": (to_builtins(manifest.sources[id_]) for id_ in sorted(manifest.sources)),
    }
    return seal(encode_json(document))


def cached_rendering(cache: Cache, name: str, key: str) -> Rendered | None:
    """Return what rendering a format under a key has given; None where the cache does not know."""
    return rendered_from_json(cache.get("render", key), name) if key else None


def findings_of(entry: ManifestEntry, cache: Cache) -> tuple[Finding, ...]:
    """Return what was found in an edition; nothing where the cache has lost it."""
    rendered = cached_rendering(cache, entry.format, entry.key)
    return rendered.findings if rendered else entry.findings


def cached_summary(cache: Cache, path: str, key: str) -> Summary | None:
    """Return what is known of a source under a key."""
    return summary_from_json(cache.get("read", key), path) if key else None


def report_of(manifest: Manifest, cache: Cache) -> Report:
    """Return what is published, as the report of a run that was asked for nothing."""
    entries = manifest.entries.values()
    kept = [finding for entry in entries for finding in findings_of(entry, cache)]
    listings = []
    for source in manifest.sources.values():
        if summary := cached_summary(cache, source.path, source.key):
            kept += summary.findings
        if (listed := cached_summary(cache, source.path, source.listed)) and listed.meta:
            listings.append(listed.meta)
    shown = (
        EditionResult(each.id, each.sources, each.title, each.format, "skipped", each.artifacts) for each in entries
    )
    return Report(tuple(shown), (), sort_findings(kept), tuple(sorted(listings, key=lambda listing: listing.id)))


def current(entry: ManifestEntry, outputs: Path, *, is_verified: bool = False) -> ManifestEntry | None:
    """Return an entry whose files all lie there as they were written, with their present times; else None.

    A file whose time alone has changed (a copy, a restored cache) is judged by its digest.

    Args:
        is_verified: All files are.
    """
    if not entry.artifacts:
        return None
    times_ns: list[int] = []
    for saved, time_ns in zip(entry.artifacts, entry.times_ns, strict=True):
        path = outputs / saved.path
        try:
            status = path.stat()
        except OSError:
            return None
        is_as_left = status.st_mtime_ns == time_ns and not is_verified
        if status.st_size != saved.bytes or not (is_as_left or has_digest(path, saved.sha256)):
            return None
        times_ns.append(status.st_mtime_ns)
    return replace(entry, times_ns=tuple(times_ns))


def has_digest(path: Path, sha256: str) -> bool:
    """Tell whether a file is there, with this content."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False
