"""What reading each source gave, so that an unchanged one need not be read again.

A source is unchanged when its bytes, the pictures that it names, all that reading is told, and this program are. Size,
time and number of a file stand for its bytes where they are those of last time; where they differ, as in a fresh
checkout, the bytes decide. The catalogue is ours alone and may be lost: then everything is read anew.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pipeline.config import Config
from pipeline.findings import Finding
from pipeline.lint.cross_article import LintSummary
from pipeline.lint.rules_key import rules_key
from pipeline.model import ArticleMeta
from pipeline.reading.picture_finder import PictureFinder
from pipeline.reading.source_files import FileStatus, Source, SourceRoots, file_status
from pipeline.running.keys import digest, program_key
from pipeline.running.saving import replace_whole, seal, unseal
from pipeline.running.spool import Shelved

NAME = "catalogue"
_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before it was read may change again within the same tick of its clock."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A picture that a source names, as it was when the source was read."""

    target: str
    outcome: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What reading a source gave."""

    key: str
    """Of this program, and of what it is told besides the source."""
    sha256: str
    pictures: tuple[Mention, ...]
    meta: ArticleMeta | None
    findings: tuple[Finding, ...]
    lint_summary: LintSummary


@dataclass(slots=True)
class _Stored:
    """The form of the file."""

    entries: dict[str, Entry] = field(default_factory=dict)
    """By path of the source."""
    files: dict[str, tuple[FileStatus, str]] = field(default_factory=dict)
    """What the file system said of each file, and the digest that it had then."""


class Catalogue:
    """The catalogue of a project, for one run."""

    def __init__(self, state: Path, config: Config, roots: SourceRoots, ids: Mapping[str, str]) -> None:
        """Open what an earlier run has left, or begin a new one.

        Args:
            state: The hidden folder of the outputs.
            ids: The id of every source, by path: links between articles depend on them.
        """
        self._path = state / NAME
        self._roots = roots
        self._finder = PictureFinder(roots, config.limits)
        told = (repr(config.sources), repr(config.limits), config.publisher.language, config.publisher.website)
        self._key = digest((program_key(), rules_key(config), *told, *(f"{path}={ids[path]}" for path in sorted(ids))))
        self._digests: dict[str, str] = {}
        self._is_changed = False
        self.is_unchanged = True
        """No source had to be read."""
        try:
            self._stored = msgspec.json.decode(unseal(self._path.read_bytes()), type=_Stored)
        except (OSError, ValueError):
            self._stored = _Stored()

    def find(self, source: Source) -> Shelved | None:
        """Return what reading a source gave, or None where reading it now may give something else."""
        entry = self._stored.entries.get(source.path)
        if entry is None or entry.key != self._key or entry.sha256 != self._digest(source.path):
            return None
        for mention in entry.pictures:
            sight = self._finder.resolve_picture(mention.target, source.path)
            if sight.outcome != mention.outcome:
                return None
            if sight.path and (not mention.sha256 or self._digest(sight.path) != mention.sha256):
                return None
        return Shelved(source, entry.meta, entry.findings, lint_summary=entry.lint_summary)

    def note(self, read: Iterable[Shelved]) -> None:
        """Take in what sources that were read have given."""
        now = time.time_ns()
        for item in read:
            self._is_changed, self.is_unchanged = True, False
            if not item.sha256:
                self._stored.entries.pop(item.source.path, None)
                continue
            mentions = tuple(Mention(s.target, s.outcome, s.path, s.sha256) for s in item.resolved_pictures)
            self._stored.entries[item.source.path] = Entry(
                self._key, item.sha256, mentions, item.meta, item.findings, item.lint_summary
            )
            files = (
                (item.source.path, item.status, item.sha256),
                *((s.path, s.status, s.sha256) for s in item.resolved_pictures),
            )
            for path, status, sha256 in files:
                if status and sha256 and status.mtime_ns + _SETTLED_NS < now:
                    self._stored.files[path] = (status, sha256)

    def save(self, sources: Iterable[Source]) -> None:
        """Keep it for the next run; of sources that are gone, nothing."""
        paths = {source.path for source in sources}
        gone = self._stored.entries.keys() - paths
        if not self._is_changed and not gone:
            return
        entries = {path: entry for path, entry in self._stored.entries.items() if path in paths}
        pictures = {mention.path for entry in entries.values() for mention in entry.pictures}
        files = {path: seen for path, seen in self._stored.files.items() if path in paths or path in pictures}
        replace_whole(self._path, seal(msgspec.json.encode(_Stored(entries, files))))

    def _digest(self, path: str) -> str:
        """Return the digest of a file of the project; empty where it cannot be read."""
        if path not in self._digests:
            self._digests[path] = self._digest_now(path)
        return self._digests[path]

    def _digest_now(self, path: str) -> str:
        status = file_status(self._roots.project / path)
        if status is None:
            return ""
        known = self._stored.files.get(path)
        if known and known[0] == status:
            return known[1]
        now = time.time_ns()
        try:
            with (self._roots.project / path).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""
        if status.mtime_ns + _SETTLED_NS < now:
            self._stored.files[path] = (status, sha256)
            self._is_changed = True
        return sha256
