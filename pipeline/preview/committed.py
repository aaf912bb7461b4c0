"""The last committed version of an article: its words, and the handout that it gave."""

from __future__ import annotations

import difflib
import io
import posixpath
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from pipeline import writers
from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.preview.desk import Desk
from pipeline.preview.queue import Aside

FOLDER = "committed"
"""Below the hidden state of the outputs: the tree of the last commit, and what was printed from it."""
_TIMEOUT_S = 60
# Two pages that ask at once must not unpack over each other.
_UNPACKING = Lock()
Change = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a source with changed words."""

    line: int
    """In the present version, from 1; of one that is gone, where it stood."""
    pieces: tuple[tuple[Change, str], ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """The last commit of a project's repository."""

    sha: str
    said: str
    """Date and title."""


@dataclass(frozen=True, slots=True)
class Handout:
    """What was printed of a committed version."""

    pdf: Path | None
    is_coming: bool
    """It is being printed."""


def last_commit(project: Path) -> Commit | None:
    """Return the last commit; None where the project lies in no repository, or nothing was ever committed."""
    told = _git(project, "log", "-1", "--format=%H%x00%cs %s")
    sha, _, said = (told or b"").decode("utf-8", "replace").strip().partition("\x00")
    return Commit(sha, said) if sha else None


def committed_text(project: Path, commit: Commit, source: str) -> str | None:
    """Return a source as it was committed; None where it was not."""
    told = _git(project, "show", f"{commit.sha}:./{source}")
    return told.decode("utf-8-sig", "replace") if told is not None else None


def changed_words(before: str, after: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs in which words were changed, with what was removed and added, in order."""
    old, new = _paragraphs(before), _paragraphs(after)
    matcher = difflib.SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False)
    found: list[Paragraph] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for at in range(max(b - a, d - c)):
            was = old[a + at][1] if a + at < b else ""
            line, is_now = new[c + at] if c + at < d else (new[min(c, len(new) - 1)][0] if new else 1, "")
            found.append(Paragraph(line, tuple(_pieces(was, is_now))))
    return tuple(found)


def committed_handout(desk: Desk, commit: Commit, id_: str) -> Handout:
    """Return the handout of the committed version; the desk prints it meanwhile, once for each commit.

    Raises:
        ConfigError: The committed project cannot be published.
    """
    folder = desk.outputs.state / FOLDER / commit.sha
    tree, outputs = folder / "tree", folder / "outputs"
    with _UNPACKING:
        if not tree.is_dir():
            shutil.rmtree(folder.parent, ignore_errors=True)  # of an earlier commit
            _unpack(desk.config.folder, commit, tree)
    pdf = printed_handout(desk.outputs.state, commit, id_)
    printed = desk.printed(Aside(id_, outputs, commit.sha, load(tree, writers.registered())))
    if printed and printed.error:
        raise printed.error
    return Handout(pdf if pdf.is_file() else None, is_coming=printed is None)


def printed_handout(state: Path, commit: Commit, id_: str) -> Path:
    """Return where the handout of a committed version lies, once it is printed."""
    return state / FOLDER / commit.sha / f"outputs/handout/{id_}.pdf"


def _unpack(project: Path, commit: Commit, tree: Path) -> None:
    """Lay the tree of a commit into a folder."""
    # `HEAD:./` is the tree below the project's folder, wherever that lies in its repository.
    archive = _git(project, "archive", "--format=tar", f"{commit.sha}:./")
    if archive is None:
        raise ConfigError("git does not hand over the last commit")
    draft = tree.with_name("tree.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    unpack(archive, draft)
    draft.replace(tree)


def unpack(archive: bytes, folder: Path) -> None:
    """Lay the files of a tar archive into a folder, save what leads out of it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        # Python before 3.11.4, which Debian 12 has, knows no filters: what is judged below is enough.
        files.extraction_filter = getattr(tarfile, "data_filter", lambda member, _folder: member)
        for member in filter(_stays_within, files.getmembers()):
            files.extract(member, folder)


def _stays_within(member: tarfile.TarInfo) -> bool:
    """Tell a file, folder or link of a commit that leads nowhere else."""
    places = [member.name]
    if member.issym():
        places.append(posixpath.join(posixpath.dirname(member.name), member.linkname))
    is_inside = all(posixpath.normpath(place).split("/")[0] not in ("", "..") for place in places)
    return is_inside and (member.isfile() or member.isdir() or member.issym())


def _git(project: Path, *arguments: str) -> bytes | None:
    """Return what git says; None where it fails or is not installed."""
    try:
        done = subprocess.run(
            ("git", "-C", str(project), *arguments), capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _paragraphs(text: str) -> list[tuple[int, str]]:
    """Return each paragraph with its first line; of front matter, each line."""
    made: list[tuple[int, str]] = []
    lines: list[str] = []
    source = text.splitlines()
    front = next((at for at, line in enumerate(source[1:], 2) if line.strip() == "---"), 0) if text[:3] == "---" else 0
    for number, line in enumerate((*source, ""), 1):
        if line.strip():
            lines.append(line.strip())
        if lines and (number <= front or not line.strip()):
            first = number if line.strip() else number - len(lines)
            made.append((first, " ".join(lines)))
            lines = []
    return made


def _pieces(before: str, after: str) -> Iterator[tuple[Change, str]]:
    old, new = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    bare_old, bare_new = [word.strip() for word in old], [word.strip() for word in new]
    for kind, a, b, c, d in difflib.SequenceMatcher(None, bare_old, bare_new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(new[c:d])
            continue
        if b > a:
            yield "removed", "".join(old[a:b])
        if d > c:
            yield "added", "".join(new[c:d])
