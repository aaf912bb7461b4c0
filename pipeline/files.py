"""Writing of files whole, and of those of a project only below its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipeline.errors import ConfigError


def write_whole(path: Path, data: bytes) -> None:
    """Write a new file in the place of any other, and wait until the disk has it; a link is replaced, not followed."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, data: bytes) -> None:
    """Replace a file, with the same permissions: readers see the old one or the new one."""
    draft = path.with_name(f".{path.name}.new")
    try:
        write_whole(draft, data)
        if os.path.lexists(path) and stat.S_ISREG(mode := path.lstat().st_mode):
            draft.chmod(stat.S_IMODE(mode))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def save_whole(path: Path, data: bytes) -> None:
    """Save a file that the command line names; raise a ConfigError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint="name another file") from error


def write_inside(project: Path, path: Path, data: bytes) -> None:
    """Write or replace a file of a project; raise a ConfigError where it lies outside or cannot be written."""
    check_inside(project, path)
    save_whole(path, data)


def check_inside(project: Path, path: Path) -> None:
    """Raise a ConfigError where a path leads out of the project, once links are followed."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(project)):
        name = os.path.relpath(path, project)
        raise ConfigError(f"{name} is outside the project", hint="name a path in it, and replace a link by a folder")
