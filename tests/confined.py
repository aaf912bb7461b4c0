"""Run a program that reaches a few folders, and no network: `python confined.py READ WRITE PROGRAM ...`.

READ and WRITE are lists of paths, joined by colons. Linux' Landlock holds the program and all that it starts to them;
no root is needed. Source: https://docs.kernel.org/userspace-api/landlock.html, and linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38  # of prctl(2)
_PATH_BENEATH = 1
_READ = 0b1101  # execute, read a file, read a folder
_WRITE = (1 << 15) - 1  # all of that, and write, make, remove, rename, truncate
_OF_A_FILE = 0b0100_0000_0000_0111  # what means something for a file that is no folder
_NETWORK = 0b11  # bind and connect


def version() -> int:
    """Return the version of Landlock that this kernel has; below 4 it does not know networks, and -1 is none."""
    return int(_libc().syscall(_CREATE_RULESET, None, 0, 1)) if sys.platform == "linux" else -1


def confine(readable: list[str], writable: list[str]) -> None:
    """Let this process, and all that it starts, reach these paths only, and no network."""
    libc = _libc()
    attributes = struct.pack("QQ", _WRITE, _NETWORK)
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for paths, access in ((readable, _READ), (writable, _WRITE)):
        for path in filter(os.path.exists, paths):
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = access if os.path.isdir(path) else access & _OF_A_FILE  # noqa: PTH112  # this file starts alone
            _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", allowed, handle), 0))
            os.close(handle)
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    confine(sys.argv[1].split(":"), sys.argv[2].split(":"))
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606  # that is what it is for
