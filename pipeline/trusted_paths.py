"""Paths that are taken without following links, and the owner of a project.

A run with nothing to do loads this module, so it imports little.
"""

from __future__ import annotations

import errno
import os
import stat

PROJECT_FILE = "publish.toml"
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Non-blocking: opening a pipe without a writer would wait for ever."""


def read_regular(path: str | os.PathLike[str], most_bytes: int = 1_000_000_000) -> tuple[bytes, os.stat_result]:
    """Return the first bytes of a regular file, and its status.

    Raises:
        OSError: There is no file, or it is a link, a pipe, a device or a folder.
    """
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        with open(handle, "rb", closefd=False) as file:  # a handle
            return file.read(most_bytes), status
    finally:
        os.close(handle)


def foreign_owner(project: str | os.PathLike[str]) -> str:
    """Return the name of another user who owns a project; empty where this user does, and on Windows.

    As for git, root is also the user who called sudo.
    """
    own = {os.geteuid()} if hasattr(os, "geteuid") else set()
    if own == {0} and (caller := os.environ.get("SUDO_UID", "")).isdecimal():
        own.add(int(caller))
    for path in (project, os.path.join(project, PROJECT_FILE)):  # noqa: PTH118  # pathlib takes too long
        if own and (owner := os.lstat(path).st_uid) not in own:
            import pwd

            try:
                return pwd.getpwuid(owner).pw_name
            except KeyError:
                return f"number {owner}"
    return ""


def outputs_folder(project: str | os.PathLike[str], given: str | os.PathLike[str] | None = None) -> str:
    """Return the absolute path of the outputs of a project.

    Links above the project are followed, or above the given folder where it lies elsewhere; the others show.
    """
    root = os.path.realpath(project)
    if not given:
        return os.path.join(root, "outputs")  # noqa: PTH118
    home = os.path.abspath(given)  # noqa: PTH100
    above = [os.path.dirname(home)]  # noqa: PTH120
    while above[0] != (folder := os.path.dirname(above[0])):  # noqa: PTH120
        above.insert(0, folder)
    base = next((folder for folder in above if os.path.realpath(folder) == root), above[-1])
    return os.path.join(os.path.realpath(base), os.path.relpath(home, base))  # noqa: PTH118
