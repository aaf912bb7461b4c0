"""`publish check --fix`: finds unambiguous repairs, and writes them to the sources."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import ConfigError, SourceError
from pipeline.reading.repairs import fix_source
from pipeline.reading.source_files import find_roots, find_sources, read_inside


@dataclass(frozen=True, slots=True)
class SourceFix:
    path: Path
    source: str
    """From the project folder."""
    before: bytes
    after: bytes

    @property
    def diff(self) -> tuple[str, ...]:
        one, other = (data.decode("utf-8").splitlines() for data in (self.before, self.after))
        return tuple(difflib.unified_diff(one, other, self.source, self.source, n=1, lineterm=""))


def find_fixes(config: Config, articles: tuple[str, ...]) -> tuple[SourceFix, ...]:
    """Return the sources with unambiguous repairs.

    Args:
        articles: Ids; empty: all. Unreadable sources are skipped, since reading reports them.

    Raises:
        ConfigError: The source folders are invalid.
    """
    roots = find_roots(config)
    found: list[SourceFix] = []
    for source in find_sources(config, roots).sources:
        if articles and source.id not in articles:
            continue
        path = roots.project / source.path
        try:
            before = read_inside(path, roots, config.limits.source_bytes)
            after = fix_source(before, source.path, config.sources)
        except SourceError:
            continue
        if after != before:
            found.append(SourceFix(path.resolve(), source.path, before, after))
    return tuple(found)


def apply_fix(fix: SourceFix) -> None:
    """Replace a source atomically, with the same permissions.

    Raises:
        ConfigError: The source has changed meanwhile, or its folder cannot be written.
    """
    draft = fix.path.with_name(f".{fix.path.name}.new")
    try:
        if fix.path.read_bytes() != fix.before:
            raise ConfigError(f"{fix.source} has changed meanwhile", hint="run the command again")
        draft.write_bytes(fix.after)
        shutil.copymode(fix.path, draft)
        draft.replace(fix.path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{fix.source} cannot be written: {error.strerror}") from error
