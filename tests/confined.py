"""Run a program that reaches a few folders, and no network: `python confined.py READ WRITE PROGRAM ...`.

READ and WRITE are lists of paths, joined by colons. Linux' Landlock holds the program and all that it starts to them,
and a filter of system calls refuses every socket but those between processes of this machine: Landlock knows TCP only.
No root is needed. Source: https://docs.kernel.org/userspace-api/landlock.html and seccomp_filter.html.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38  # of prctl(2)
_PATH_BENEATH = 1
_READ = 0b1101  # execute, read a file, read a folder
_WRITE = (1 << 15) - 1  # all of that, and write, make, remove, rename, truncate
_OF_A_FILE = 0b0100_0000_0000_0111  # what means something for a file that is no folder
_NETWORK = 0b11  # bind and connect
_SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
"""The number of socket(2), by machine."""
_AF_UNIX = 1
_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # of the classic Berkeley packet filter
_REFUSE, _ALLOW = 0x0005_0000 | 13, 0x7FFF_0000  # SECCOMP_RET_ERRNO with EACCES, and SECCOMP_RET_ALLOW


def is_possible() -> bool:
    """Tell whether this kernel has a Landlock that knows networks, and this machine's system calls are known."""
    if sys.platform != "linux" or platform.machine() not in _SOCKET_CALL:
        return False
    return int(_libc().syscall(_CREATE_RULESET, None, 0, 1)) >= 4


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
    _forbid_sockets(libc)


def _forbid_sockets(libc: ctypes.CDLL) -> None:
    """Refuse socket(2) for every family of addresses but that of processes of one machine."""
    steps = (
        (_LOAD, 0, 0, 0),  # the number of the call
        (_IF_EQUAL, 0, 3, _SOCKET_CALL[platform.machine()]),
        (_LOAD, 0, 0, 16),  # its first argument, the lower half
        (_IF_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    _checked(libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    confine(sys.argv[1].split(":"), sys.argv[2].split(":"))
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606  # that is what it is for
