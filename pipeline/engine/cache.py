"""The cache: the values of all tasks, by kind and key, in one SQLite file.

The file may be lost at any time: its values are then computed again. A value counts only if its digest fits its kind,
key and bytes, and its decoder checks its form. Nothing in the file is executed, and no link to it is followed. A run
with nothing to do loads this module, so it imports little.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from math import prod
from typing import Any, Protocol

NAME = "cache.db"
MOST_BYTES = 2_000_000_000
"""Size limit of the file: the values unused for longest are removed first. CI services keep some gigabytes."""
_LONGEST = 200_000_000
"""Size limit of a value: a longer one is neither stored nor read."""
_FORMAT = 1
_TABLE = (
    "CREATE TABLE entries (kind TEXT NOT NULL, key TEXT NOT NULL, used INTEGER NOT NULL, digest TEXT NOT NULL,"
    " value BLOB NOT NULL, PRIMARY KEY (kind, key))"
)
_SETTINGS = (
    "trusted_schema = OFF", "cell_size_check = ON", "synchronous = OFF", "auto_vacuum = FULL",
    "journal_mode = WAL", "journal_size_limit = 8000000",
)  # fmt: skip
"""`synchronous`: waiting for the disk costs more than losing the cache in a power failure, which the digests detect."""
_DROP_OLDEST = (
    "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM (SELECT rowid, SUM(length(value) + 400)"
    " OVER (ORDER BY used DESC, rowid DESC) AS total FROM entries) WHERE total > ?)"
)
_USED_AGAIN_S = 3600
"""Interval at which a value that is read is marked as used."""
_BUSY_S = 30.0
"""Seconds to wait for another process that writes."""


class Values(Protocol):
    """A store of task values: the cache of this machine, or storage that several machines share."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a value, or None where there is none."""

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Store a value."""


class Cache:
    """The cache in a file, which several processes may use at once; when unpickled it opens the file again."""

    _connection: sqlite3.Connection | None = None

    def __init__(self, path: str | os.PathLike[str], *, is_owner: bool = False) -> None:
        """Open the cache; what cannot be opened is a cache without values that keeps none.

        Args:
            is_owner: This process holds the lock of the outputs, so it may begin a new file in the place of a missing,
                damaged or foreign one. Others mark a damaged file, and the next owner removes it.
        """
        self.path = os.fspath(path)
        self._is_owner = is_owner
        self._mark = f"{self.path}-damaged"
        self._files = (self.path, *(f"{self.path}{suffix}" for suffix in ("-wal", "-shm", "-journal")))
        self._file_number = 0
        self._open()

    def __del__(self) -> None:
        if self._connection:  # Python warns of a connection that no one has closed
            self._connection.close()

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _in_worker, (self.path,)

    @property
    def is_current(self) -> bool:
        """The file that is open still lies at its path."""
        with suppress(OSError):
            return self._connection is not None and os.stat(self.path).st_ino == self._file_number  # noqa: PTH116
        return False

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a value; None where there is none, or where it is not what was stored."""
        try:
            rows = self._execute("SELECT used, digest, value FROM entries WHERE kind = ? AND key = ?", (kind, key))
        except sqlite3.DataError:  # longer than any value of ours
            rows = [(0, "", b"")]
        if not rows:
            return None
        used, digest, value = rows[0]
        if not isinstance(value, bytes) or not isinstance(used, int) or digest != value_digest(kind, key, value):
            self._execute("DELETE FROM entries WHERE kind = ? AND key = ?", (kind, key))
            return None
        now = int(time.time())
        if not now - _USED_AGAIN_S < used <= now:
            self._execute("UPDATE entries SET used = ? WHERE kind = ? AND key = ?", (now, kind, key))
        return value

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.put_many(kind, ((key, value),))

    def put_many(self, kind: str, values: Iterable[tuple[str, bytes]]) -> None:
        """Keep values in one go; where the disk refuses, they are computed again another time."""
        now = int(time.time())
        rows = [
            (kind, key, now, value_digest(kind, key, value), value) for key, value in values if len(value) < _LONGEST
        ]
        if not rows or not self._connection:
            return
        self._execute("BEGIN IMMEDIATE")
        for row in rows:
            self._execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", row)
        self._execute("COMMIT")
        if self._connection and self._connection.in_transaction:
            self._execute("ROLLBACK")

    def prune(self, most_bytes: int = MOST_BYTES) -> None:
        """Remove the values unused for longest, until the file is within a size."""
        pages = (self._execute(f"PRAGMA {name}") for name in ("page_count", "page_size"))
        if prod(row[0] for rows in pages for row in rows) > most_bytes:
            self._execute(_DROP_OLDEST, (most_bytes * 9 // 10,))

    def clear(self) -> int:
        """Remove all values, and return how many bytes they took on disk."""
        self.close()
        freed = sum(os.stat(name).st_size for name in self._files if os.path.isfile(name))  # noqa: PTH113, PTH116
        self._remove()
        return freed

    def close(self) -> None:
        if self._is_owner:
            self.prune()
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self._connection:
            self._connection.close()
            self._connection = None

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; none where the file refuses."""
        if self._connection is None:
            return []
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.DataError:
            raise
        except sqlite3.OperationalError:  # another process is writing, the disk is full, or it may not be written
            return []
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            self._give_up()
            return []

    def _give_up(self) -> None:
        """Close a damaged file: its owner creates a new one, another process marks it for the next owner."""
        if self._connection:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        if self._is_owner:
            self._remove()
            self._connect()
        else:
            with suppress(OSError):
                os.close(os.open(self._mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _open(self) -> None:
        folder = os.path.dirname(self.path)  # noqa: PTH120
        if os.path.islink(folder) or os.path.islink(os.path.dirname(folder)):  # noqa: PTH114, PTH120
            return  # SQLite would write its files elsewhere
        try:
            if self._is_owner:
                if os.path.lexists(self._mark):
                    self._remove()
                self._claim()
            elif any(is_foreign(name) for name in self._files) or not os.path.isfile(self.path):  # noqa: PTH113
                return
            self._connect()
        except OSError:
            self._connection = None  # such as a folder in its place

    def _connect(self) -> None:
        """Open the file; where it is not a cache of this form, its owner creates a new one."""
        for is_last in (False, True):
            try:
                connection = sqlite3.connect(self.path, _BUSY_S, isolation_level=None, check_same_thread=False)
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
                for setting in _SETTINGS if self._is_owner else _SETTINGS[:3]:
                    connection.execute(f"PRAGMA {setting}")
                tables = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
                if not tables and self._is_owner:
                    connection.execute(_TABLE)
                    connection.execute(f"PRAGMA user_version = {_FORMAT}")
                    tables = [(_TABLE,)]
                if tables == [(_TABLE,)] and connection.execute("PRAGMA user_version").fetchall() == [(_FORMAT,)]:
                    self._connection = connection
                    self._file_number = os.stat(self.path).st_ino  # noqa: PTH116
                    return
                connection.close()
            except (sqlite3.Error, UnicodeDecodeError):  # SQLite's own words may hold bytes of the file
                pass
            if is_last or not self._is_owner:
                return
            self._remove()

    def _claim(self) -> None:
        """Remove links in place of the files, and copy a file that has hard links."""
        for name in self._files:
            if not is_foreign(name):
                continue
            if os.path.islink(name) or not os.path.isfile(name):  # noqa: PTH113, PTH114
                os.unlink(name)  # noqa: PTH108
                continue
            import shutil

            draft = f"{name}.new"
            with suppress(FileNotFoundError):
                os.unlink(draft)  # noqa: PTH108
            shutil.copyfile(name, draft)
            os.replace(draft, name)  # noqa: PTH105

    def _remove(self) -> None:
        for name in (*self._files, self._mark):
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108


_open_caches: dict[str, Cache] = {}
"""Caches that a worker process keeps open from one task to the next."""


def _in_worker(path: str) -> Cache:
    cache = _open_caches.get(path)
    if cache is None or not cache.is_current:
        cache = _open_caches[path] = Cache(path)
    return cache


def is_foreign(name: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads to anything but a file with this one name: SQLite would write through it."""
    try:
        status = os.lstat(name)
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(status.st_mode) or status.st_nlink > 1


def value_digest(kind: str, key: str, value: bytes) -> str:
    """Return the digest of a stored value."""
    total = sha256(f"{kind}\0{key}\0".encode("utf-8", "surrogatepass"))
    total.update(value)
    return total.hexdigest()
