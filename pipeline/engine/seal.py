"""The seal of state files: a digest keyed by a secret of this user, which whoever sends a project does not know.

A run with nothing to do loads this module, so it imports little.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from hashlib import blake2b

from pipeline.trusted_paths import read_regular

_KEY_BYTES = 32


def seal(data: bytes, about: str) -> bytes:
    """Return a digest on a line, and the data.

    Args:
        about: What the data is: the seal of a journal does not fit a manifest.
    """
    head = f"{about}\0".encode("utf-8", "surrogatepass")
    return blake2b(head + data, key=_key()).hexdigest().encode() + b"\n" + data


def unseal(stored: bytes, about: str) -> bytes:
    """Return the data of sealed data.

    Raises:
        ValueError: It is damaged, or of another user, machine or purpose.
    """
    data = stored.partition(b"\n")[2]
    if stored != seal(data, about):
        raise ValueError("damaged")
    return data


@cache
def _key() -> bytes:
    """Return the secret of this user; one of this process where none can be kept."""
    base = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):  # noqa: PTH117  # pathlib takes too long
        base = os.path.expanduser("~/.local/state")  # noqa: PTH111
    path = os.path.join(base, "clinic-publish", "key")  # noqa: PTH118
    try:
        return _kept_key(path) or _kept_key(path) or os.urandom(_KEY_BYTES)
    except OSError:
        return os.urandom(_KEY_BYTES)


def _kept_key(path: str) -> bytes:
    """Return the key in a file, made where it is missing; remove the file where others can read or have made it."""
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
    if not os.path.lexists(path):
        # Two processes may begin at once: a key is whole before it has its name.
        draft = f"{path}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        os.write(handle, os.urandom(_KEY_BYTES))
        os.close(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)  # noqa: PTH108
    key, status = read_regular(path)
    is_private = os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)
    if is_private and len(key) == _KEY_BYTES:
        return key
    os.unlink(path)  # noqa: PTH108
    return b""
