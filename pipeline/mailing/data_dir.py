"""The private data directory of the mailing database: its place, permissions, lock and hash key."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError, SendError

APP_NAME = "clinic-publish"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DataDir:
    """The folder of the list and the outbox; it and its files are the operator's alone to read."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "sending.sqlite3"

    @property
    def trials(self) -> Path:
        """Where `--transport file` writes messages."""
        return self.path / "trials"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one sender: two at a time would not know of each other's work.

        Raises:
            SendError: Another sender is at work.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / "sending.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise SendError("another `publish send` is at work", hint="let it finish, or stop it: Ctrl-C") from error
        try:
            yield
        finally:
            lock.release()


def open_data_dir(config: Config, outputs: Path) -> DataDir:
    """Return the data folder, made where it is not there yet.

    Raises:
        ConfigError: It would lie below the outputs or in a git work tree, or cannot be made.
    """
    path = (config.folder / config.sending.data).resolve() if config.sending.data else _default_path(config.folder)
    _refuse_published_path(path, outputs.resolve())
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"the data folder {path} cannot be made: {error.strerror}", hint="name another: [sending] data"
        ) from error
    return DataDir(path)


def load_hash_key(folder: DataDir) -> bytes:
    """Return the key of the keyed hashes that stand for readers who are forgotten; made once, at random.

    Raises:
        SendError: The key file is not one, or it is gone although the database was made with it.
    """
    path = folder.path / "key"
    try:
        key = path.read_bytes()
    except FileNotFoundError as error:
        if folder.database.exists():
            raise SendError(
                f"{path} is missing: without it, no one can tell who has been mailed",
                hint="put it back from a backup, together with the database",
            ) from error
        key = secrets.token_bytes(KEY_BYTES)
        write_private(path, key)
    if len(key) != KEY_BYTES:
        raise SendError(f"{path} holds {len(key)} bytes, expected {KEY_BYTES}", hint="put it back from a backup")
    return key


def keyed_hash(key: bytes, identity: str) -> str:
    """Return what stands for a reader and says nothing without the key: HMAC-SHA256, in hexadecimal."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    write_private_draft(path, data).replace(path)


def write_private_draft(path: Path, data: bytes) -> Path:
    """Write what is to become a file that its owner alone may read, beside it, and return where."""
    draft = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _default_path(project: Path) -> Path:
    from platformdirs import user_data_path

    # Two projects may bear one name; a list of the one must not be mailed by the other.
    place = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]
    return Path(user_data_path(APP_NAME, appauthor=False)) / f"{project.resolve().name}-{place}"


def _refuse_published_path(path: Path, outputs: Path) -> None:
    hint = f"name a folder of its own in {FILE_NAME}: [sending] data"
    if path == outputs or outputs in path.parents:
        raise ConfigError(f"the data folder {path} lies below {outputs}, which is published", hint=hint)
    for parent in (path, *path.parents):
        if (parent / ".git").exists():
            raise ConfigError(f"the data folder {path} lies in the git work tree {parent}", hint=hint)
