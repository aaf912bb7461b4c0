"""Loaded by every Python of a run: the Nth change of a file below the outputs fails, or kills its process.

`FAULT_FOLDER`, `FAULT_AT` and `FAULT_KIND` (`full` or `kill`) say which; all processes of a run count together, in the
file `FAULT_COUNT`. Audit hooks see every call before it is made, whichever library makes it.

With the kind `memory`, the allocation of that number fails in Python, counted from where a worker begins the task of
the number `FAULT_TASK`.
"""

import errno
import os
import sys

_FOLDER = os.environ.get("FAULT_FOLDER", "")
_AT = int(os.environ.get("FAULT_AT", "0"))
_TASK = int(os.environ.get("FAULT_TASK", "0"))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "shutil.copyfile")


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        path, _, flags = arguments
        is_write = bool(flags & _WRITES) if isinstance(flags, int) else False
        return is_write and isinstance(path, str) and path.startswith(_FOLDER) and not path.endswith("/lock")
    return event in _CHANGES and any(str(name).startswith(_FOLDER) for name in arguments[:2])


def _count() -> int:
    """Return how often any process of the run has come here."""
    count = os.open(os.environ["FAULT_COUNT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(count, b".")
    number = os.fstat(count).st_size
    os.close(count)
    return number


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if (event == "open" or event.startswith(("os.", "shutil."))) and _is_change(event, arguments):
        number = _count()
        if number == _AT and os.environ["FAULT_KIND"] == "kill":
            os.kill(os.getpid(), 9)
        if _AT and number >= _AT and os.environ["FAULT_KIND"] == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _forget(event: str, arguments: tuple[object, ...]) -> None:
    # A worker sets this limit anew for every task, and nothing else does.
    if event == "resource.setrlimit" and arguments[0] == resource.RLIMIT_CPU and _count() == _TASK:
        _testcapi.set_nomemory(_AT, _AT + 1)


if os.environ.get("FAULT_KIND") == "memory":
    import _testcapi  # type: ignore[import-not-found]  # of CPython's own tests
    import resource

    sys.addaudithook(_forget)
elif _FOLDER:
    sys.addaudithook(_watch)
