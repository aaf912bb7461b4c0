"""The manifest: the files below the outputs that runs have written, their editions, formats and render keys.

Their findings are in the cache. Without a manifest every edition is rendered anew, and no file is removed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.engine.cache import Cache
from pipeline.engine.keys import FileDigests
from pipeline.engine.output_dir import STATE, OutputDir
from pipeline.engine.reading_task import Summary, summary_from_json
from pipeline.engine.rendering_task import Rendered, rendered_from_json
from pipeline.engine.seal import seal, unseal
from pipeline.findings import Finding, sort_findings
from pipeline.report import EditionResult, OutputFile, Report, encode_json
from pipeline.trusted_paths import read_regular

VERSION = 2
NAME = "manifest"


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """The last result of an edition in a format."""

    result: EditionResult
    key: str = ""
    """Render key of the files; empty: the last attempt failed or made only some of the files."""
    findings: tuple[Finding, ...] = ()
    """In the file only those of an entry without key; the cache holds the others."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source, and the cache keys of its summaries."""

    id: str
    path: str
    key: str
    listed: str
    """Key of the last summary that was not refused: the index page shows it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The results and sources of all runs."""

    entries: Mapping[tuple[str, str], ManifestEntry] = field(default_factory=dict)
    """Entries by id and format."""
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)
    """Sources by id."""
    is_foreign: bool = False
    """There is a manifest, but no run of this user wrote it: it counts as empty."""

    @property
    def paths(self) -> frozenset[str]:
        """Every file that runs have written."""
        return frozenset(saved.path for entry in self.entries.values() for saved in entry.result.artifacts)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The form of the file."""

    version: int
    entries: tuple[ManifestEntry, ...] = ()
    sources: tuple[SourceEntry, ...] = ()


def load_manifest(outputs: OutputDir) -> Manifest:
    """Return the manifest; an empty one where the file is missing, damaged, of another version or user.

    Raises:
        ConfigError: Its folder is a link.
    """
    import msgspec

    try:
        data, _ = read_regular(outputs.path(f"{STATE}/{NAME}"))
        stored = msgspec.json.decode(unseal(data, NAME), type=_Stored)
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, RecursionError):
        return Manifest(is_foreign=True)
    if stored.version != VERSION:
        return Manifest()
    entries = {(entry.result.id, entry.result.format): entry for entry in stored.entries}
    return Manifest(entries, {source.id: source for source in stored.sources})


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    from msgspec import to_builtins

    entries = (manifest.entries[key] for key in sorted(manifest.entries))
    document = {
        "version": VERSION,
        "entries": (to_builtins(replace(entry, findings=()) if entry.key else entry) for entry in entries),
        "sources": (to_builtins(manifest.sources[id_]) for id_ in sorted(manifest.sources)),
    }
    return seal(encode_json(document), NAME)


def cached_rendering(cache: Cache, name: str, key: str) -> Rendered | None:
    """Return the result of rendering a format under a key; None where the cache does not hold it."""
    return rendered_from_json(cache.get("render", key), name) if key else None


def cached_summary(cache: Cache, path: str, key: str) -> Summary | None:
    """Return the summary of a source under a key; None where the cache does not hold it."""
    return summary_from_json(cache.get("read", key), path) if key else None


def report_of(manifest: Manifest, cache: Cache, summaries: Mapping[str, Summary] | None = None) -> Report:
    """Return all editions of a manifest as skipped, with the findings of earlier runs.

    Args:
        summaries: Summaries of sources by id, where they are known without the cache.
    """
    results: list[EditionResult] = []
    findings: set[Finding] = set()
    listings = {}
    for _, entry in sorted(manifest.entries.items()):
        results.append(replace(entry.result, status="skipped"))
        rendered = cached_rendering(cache, entry.result.format, entry.key)
        findings.update(rendered.findings if rendered else entry.findings)
    for source in manifest.sources.values():
        summary = (summaries or {}).get(source.id) or cached_summary(cache, source.path, source.key)
        findings.update(summary.findings if summary else ())
        listed = summary if summary and summary.meta else cached_summary(cache, source.path, source.listed)
        if listed and listed.meta:
            listings[source.id] = listed.meta
    return Report(tuple(results), (), sort_findings(findings), tuple(listings[id_] for id_ in sorted(listings)))


def is_as_written(saved: OutputFile, outputs: OutputDir, digests: FileDigests) -> bool:
    """Tell whether a file lies below the outputs with the bytes that were written; a link to such a file does not.

    Raises:
        ConfigError: Its folder is a link.
    """
    path = outputs.path(saved.path)
    try:
        status = os.lstat(path)
        is_like = stat.S_ISREG(status.st_mode) and status.st_size == saved.bytes
        return is_like and digests.of(path) == saved.sha256
    except OSError:
        return False
