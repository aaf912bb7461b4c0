"""`publish check --fix`: finds unambiguous repairs, and writes them to the sources."""

from __future__ import annotations

import difflib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config, SourceSettings
from pipeline.errors import ConfigError, SourceError
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import FindingCollector, Lines, body_lines
from pipeline.reading.repairs import repair_lines_unambiguously
from pipeline.reading.source_files import find_roots, find_sources, read_inside
from pipeline.reading.source_text import AMBIGUOUS_REPAIRS, clean_characters, decode_source

_LINE_WITH_END = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_BYTE_ORDER_MARK = "\ufeff"
_MAX_FIX_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class SourceFix:
    """A source file before and after its repairs."""

    path: Path
    source: str
    """From the project folder."""
    before: bytes
    after: bytes

    @property
    def diff(self) -> tuple[str, ...]:
        """The change as lines of a unified diff."""
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


def fix_source(data: bytes, source: str, settings: SourceSettings) -> bytes:
    """Return a source file with its unambiguous repairs in place; applied again, nothing changes.

    Raises:
        SourceError: Not UTF-8, empty, or too large: no machine can repair it.
    """
    for _ in range(_MAX_FIX_ROUNDS):
        before, data = data, _fix_once(data, source, settings)
        if data == before:
            break
    return data


def _fix_once(data: bytes, source: str, settings: SourceSettings) -> bytes:
    findings = FindingCollector(source)
    cleaned = decode_source(data, findings)
    text = data.decode("utf-8")
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    lines = [
        (clean_characters(at[1], but=AMBIGUOUS_REPAIRS), at[2])
        for at in _LINE_WITH_END.finditer(text.removeprefix(mark))
        if at[0]
    ]
    if lines and not lines[-1][1]:
        lines[-1] = (lines[-1][0], lines[0][1] if len(lines) > 1 else "\n")
    parts = read_front_matter(cleaned, settings, findings)
    if parts is not None:
        body = repair_lines_unambiguously(body_lines(parts.body, parts.body_line), source)
        lines = _replace_body(lines, body, parts.body_line)
    return (mark + "".join(words + end for words, end in lines)).encode("utf-8")


def _replace_body(lines: list[tuple[str, str]], body: Lines, first: int) -> list[tuple[str, str]]:
    """Return the lines of a file with a repaired body and the former line ends.

    Args:
        lines: Text and end of each line of the file.
        body: Its repaired lines; an inserted one has the number of a neighbour.
        first: The number of the body's first line.
    """
    if not body:
        return lines
    ends = {number: end for number, (_, end) in enumerate(lines, 1)}
    kept = dict(enumerate((words for words, _ in lines), 1))
    made = lines[: first - 1]
    for line in body:
        # An unchanged line is taken from the file: reading removes characters that are no repair.
        same = clean_characters(kept.get(line.number, "")) == line.text
        made.append((kept[line.number] if same else line.text, ends.get(line.number, "\n")))
    return made
