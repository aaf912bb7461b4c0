"""`publish check --fix` on a corpus: what it repairs, that a second run repairs nothing, and that no word changes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pypdfium2

from pipeline.config import load_config
from pipeline.lint_run import apply_fix, find_fixes
from pipeline.writers import installed_writers
from tests import published_words
from tests.sessions.lint.running import publish, say

_WORD = re.compile(r"\w+")


def judge(before: Path, after: Path) -> Iterator[str]:
    """Repair a copy of a project, publish both, and yield every fault.

    Args:
        before: A project, published already.
        after: A copy of it, without outputs.
    """
    config = load_config(after, installed_writers())
    found = find_fixes(config, ())
    for each in found:
        apply_fix(each)
    lines = sum(line[:1] == "+" for each in found for line in each.diff[2:])
    again = find_fixes(config, ())
    say(f"--fix repaired {len(found)} sources, {lines} lines; a second run: {len(again)}")
    yield from (f"a second run repairs {each.source}" for each in again)
    publish(after)
    one, other = _words(before), _words(after)
    yield from (f"published before or after only: {name}" for name in sorted(one.keys() ^ other.keys()))
    changed = [name for name in sorted(one.keys() & other.keys()) if one[name] != other[name]]
    total = sum(map(len, one.values()))
    say(f"{len(one)} handouts, e-books and mails with {total:,} words: {len(changed)} say other words after --fix")
    yield from (f"other words after --fix: {name}" for name in changed)


def _words(project: Path) -> dict[str, tuple[str, ...]]:
    """Return the words of every published file."""
    outputs = project / "outputs"
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(outputs.rglob("*.*")):
        name = path.relative_to(outputs).as_posix()
        if name.startswith("newsletter/") and path.suffix == ".html":
            found[name] = published_words.mail(path).body
        elif path.suffix == ".epub":
            found[name] = published_words.book(path).body
        elif path.suffix == ".pdf":
            with pypdfium2.PdfDocument(path) as document:
                pages = [page.get_textpage().get_text_range() for page in document]
            found[name] = tuple(_WORD.findall(unicodedata.normalize("NFC", " ".join(pages))))
    return found
