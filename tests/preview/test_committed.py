"""The last committed version beside the present one."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from pipeline.preview.committed import Paragraph, changed_words, committed_text, last_commit, unpack
from tests.makers import write

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="this machine has no git")


def git(folder: Path, *arguments: str) -> None:
    named = ("-c", "user.name=Anna Prøve", "-c", "user.email=anna@klinik.example")
    subprocess.run(("git", "-C", str(folder), *named, *arguments), check=True, capture_output=True)


def test_changed_words_stand_in_their_paragraph() -> None:
    before = "---\ntitle: Ryg\n---\n\nGå en kort tur.\n\nUændret.\n"
    after = "---\ntitle: Ryg\n---\n\nGå en lang tur hver dag.\n\nUændret.\n"

    (paragraph,) = changed_words(before, after)

    assert paragraph.line == 5
    assert paragraph.pieces == (("same", "Gå en "), ("removed", "kort tur."), ("added", "lang tur hver dag."))
    assert "".join(text for change, text in paragraph.pieces if change != "removed") == "Gå en lang tur hver dag."
    assert "".join(text for change, text in paragraph.pieces if change != "added") == "Gå en kort tur."


def test_a_changed_line_of_front_matter_stands_alone() -> None:
    before, after = (f"---\ntitle: {title}\npublished: 2026-01-01\n---\n\nTekst.\n" for title in ("Ryg", "Ryggen"))

    (paragraph,) = changed_words(before, after)

    assert paragraph.line == 2
    assert paragraph.pieces == (("same", "title: "), ("removed", "Ryg"), ("added", "Ryggen"))


def test_a_paragraph_that_is_new_or_gone_is_whole() -> None:
    assert changed_words("Et.\n\nTo.\n", "Et.\n\nTo.\n\nTre.\n") == (Paragraph(5, (("added", "Tre."),)),)
    assert changed_words("Et.\n\nTo.\n", "Et.\n") == (Paragraph(1, (("removed", "To."),)),)


def test_without_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert last_commit(tmp_path) is None


@needs_git
def test_a_source_is_read_as_it_was_committed(tmp_path: Path) -> None:
    """The project may lie below the repository's own folder."""
    project = tmp_path / "klinik"
    write(project / "sources/søvn.md", "Før.\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begynd")
    write(project / "sources/søvn.md", "Nu.\n")
    write(project / "sources/ny.md", "Ny.\n")

    commit = last_commit(project)

    assert commit is not None
    assert commit.said.endswith(" Begynd")
    assert committed_text(project, commit, "sources/søvn.md") == "Før.\n"
    assert committed_text(project, commit, "sources/ny.md") is None


def test_a_commit_brings_no_link_that_leads_elsewhere(tmp_path: Path) -> None:
    inside = {"sources/a.md": "", "sources/b.md": "a.md", "c": "sources/../sources/a.md"}
    outside = {"secret": "/etc/passwd", "sources/up": "../../up", "../out.md": "", "/root.md": ""}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        for name, target in (inside | outside).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            files.addfile(member)

    unpack(archive.getvalue(), tmp_path / "tree")

    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir())
    assert names == ["tree/c", "tree/sources/a.md", "tree/sources/b.md"]
