"""What the last run left: keys, files, findings and facts, so that unchanged work is not done again.

It lies beside the outputs, is ours alone, and may be lost: then everything is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.findings import Finding, sort_findings
from pipeline.model import ArticleMeta
from pipeline.report import EditionResult, OutputFile, Report, encode_json
from pipeline.running.saving import seal, unseal
from pipeline.writers import Facts

VERSION = 4
NAME = "record"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One edition in one format, as the last run that made it left it."""

    id: str
    format: str
    key: str
    """Empty: its last attempt failed, and the files, if any, are those of an earlier one."""
    title: str
    sources: tuple[str, ...]
    artifacts: tuple[OutputFile, ...]
    times_ns: tuple[int, ...]
    """When each artifact was last changed, as the file system says."""
    findings: tuple[Finding, ...] = ()
    facts: Facts = Facts()
    parts: Mapping[str, str] = field(default_factory=dict)
    """What the key is made of."""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything remembered, the findings on each source, and what a shelf says of it."""

    entries: Mapping[tuple[str, str], Remembered] = field(default_factory=dict)
    """By id and format."""
    sources: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    listings: Mapping[str, ArticleMeta] = field(default_factory=dict)
    """By id."""

    @property
    def paths(self) -> frozenset[str]:
        """Every file that it lists as ours."""
        return frozenset(saved.path for entry in self.entries.values() for saved in entry.artifacts)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The form of the file."""

    version: int
    entries: tuple[Remembered, ...] = ()
    sources: tuple[tuple[str, tuple[Finding, ...]], ...] = ()
    listings: tuple[ArticleMeta, ...] = ()


def load(state: Path) -> Record:
    """Return what is remembered; nothing where the file is missing, damaged or of another version."""
    import msgspec

    try:
        stored = msgspec.json.decode(unseal((state / NAME).read_bytes()), type=_Stored)
    except (OSError, ValueError):
        return Record()
    if stored.version != VERSION:
        return Record()
    entries = {(entry.id, entry.format): entry for entry in stored.entries}
    return Record(entries, dict(stored.sources), {listing.id: listing for listing in stored.listings})


def report_of(record: Record) -> Report:
    """Return what stands, as the report of a run that was asked for nothing."""
    entries = record.entries.values()
    standing = (
        EditionResult(each.id, each.sources, each.title, each.format, "skipped", each.artifacts) for each in entries
    )
    kept = (finding for each in entries for finding in each.findings)
    read = (finding for findings in record.sources.values() for finding in findings)
    listings = tuple(record.listings[id_] for id_ in sorted(record.listings))
    return Report(tuple(standing), (), sort_findings((*kept, *read)), listings)


def to_bytes(record: Record) -> bytes:
    """Return the record as it is stored."""
    from msgspec import to_builtins

    document = {
        "version": VERSION,
        "entries": (to_builtins(record.entries[key]) for key in sorted(record.entries)),
        "sources": (to_builtins((name, record.sources[name])) for name in sorted(record.sources)),
        "listings": (to_builtins(record.listings[id_]) for id_ in sorted(record.listings)),
    }
    return seal(encode_json(document))


def standing(entry: Remembered, outputs: Path, *, is_verified: bool = False) -> Remembered | None:
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
        if status.st_size != saved.bytes or not (is_as_left or holds(path, saved.sha256)):
            return None
        times_ns.append(status.st_mtime_ns)
    return replace(entry, times_ns=tuple(times_ns))


def holds(path: Path, sha256: str) -> bool:
    """Tell whether a file is there, with this content."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False
