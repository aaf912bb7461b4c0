"""Links, pipes and folders in the place of files and folders of the outputs, and what lies outside."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.sessions.faults.projects import Project

KINDS = ("link to a file", "link to a folder", "link to nothing", "pipe", "folder", "file")
OUTER_TEXT = "what lies outside"


def places(project: Project) -> tuple[str, ...]:
    """Return the path of every file and folder at and below the outputs, from the project; files of a run too.

    Of the releases only the last one is searched, which runs copy.
    """
    folder, last = project.folder, project.shown.resolve()
    releases = project.outputs / "releases"
    found = [
        path.relative_to(folder).as_posix()
        for path in sorted(project.outputs.rglob("*"))
        if releases not in path.parents or path.is_relative_to(last)
    ]
    state = "outputs/.publish"
    of_a_run = (*(f"{state}/{name}" for name in ("journal.json", "journal.new", "staging", "draft", "cache.db-damaged",
                "cache.db-wal", "cache.db-shm", "current.new")), "outputs/releases")  # fmt: skip
    return tuple(dict.fromkeys(("outputs", *found, *of_a_run)))


def present(project: Project, name: str) -> Path:
    """Return a place that `places` has named: each run makes another release the last one."""
    last = project.shown.resolve().name
    return project.folder / re.sub(r"(?<=releases/)[0-9]+", last, name)


@dataclass
class Outside:
    """A folder with files and folders of the names that runs use, which no run may change."""

    folder: Path

    def __post_init__(self) -> None:
        """Make the folder."""
        for name in (
            "manifest", "journal.json", "lock", "cache.db", "staging/1/x", "newsletter/blog/ryg.html", "report.json",
            "blog/ryg.html", "blog/nakke.eml", "ryg.html", "000001/x", "newsletter/x",
        ):  # fmt: skip
            path = self.folder / "folder" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(OUTER_TEXT)
        (self.folder / "file").write_text(OUTER_TEXT)
        self.aside = self.folder.with_name(f"{self.folder.name}-aside")

    def lay(self, place: Path, kind: str) -> None:
        """Move away what is there, and lay something else into its place."""
        self.was = os.path.lexists(place)
        if self.was:
            place.rename(self.aside)
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "pipe":
            os.mkfifo(place)
        elif kind == "folder":
            (place / "deep").mkdir(parents=True)
            (place / "deep/x").write_text("x")
        elif kind == "file":
            place.write_text("x")
        else:
            name = {"link to a file": "file", "link to a folder": "folder"}.get(kind, "nothing")
            place.symlink_to(self.folder / name)

    def take_away(self, place: Path) -> None:
        """Put back what was there, where a run has not replaced what was laid there."""
        if not place.is_symlink() and place.is_dir() and (place / "deep/x").exists():
            shutil.rmtree(place / "deep")
            if not any(place.iterdir()):
                place.rmdir()
        elif os.path.lexists(place) and (place.is_symlink() or not place.is_dir()) and not _is_replaced(place):
            place.unlink()
        if self.was and place.parent.is_dir() and not os.path.lexists(place):
            self.aside.rename(place)
        elif os.path.lexists(self.aside):
            shutil.rmtree(self.aside) if self.aside.is_dir() and not self.aside.is_symlink() else self.aside.unlink()

    def seen(self) -> dict[str, tuple[int, int, bytes]]:
        """Return mode, inode and bytes of everything outside."""
        return {
            str(path): (path.lstat().st_mode, path.lstat().st_ino, path.read_bytes() if path.is_file() else b"")
            for path in sorted(self.folder.rglob("*"))
        }


def _is_replaced(place: Path) -> bool:
    """Tell whether a run has put a file or link of its own in the place."""
    if place.is_symlink():
        return not place.readlink().is_absolute()
    return place.is_file() and place.read_bytes() != b"x"
