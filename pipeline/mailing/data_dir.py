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
    """The folder of the mailing database; only its owner can read it and its files."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "sending.sqlite3"

    @property
    def trials(self) -> Path:
        return self.path / "trials"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder for one sender: two at a time would send messages twice.

        Raises:
            SendError: Another sender is running.
        """
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.path / "sending.lock", timeout=0, mode=0o600):
                yield
        except Timeout as error:
            raise SendError("another `publish send` is running", hint="let it finish, or stop it: Ctrl-C") from error


def open_data_dir(config: Config, outputs: Path) -> DataDir:
    """Return the data folder; create it where needed.

    Raises:
        ConfigError: It is below the outputs or in a git work tree, or cannot be created.
    """
    path = (config.folder / config.sending.data).resolve() if config.sending.data else _default_path(config.folder)
    _refuse_published_path(path, outputs.resolve())
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"the data folder {path} cannot be created: {error.strerror}", hint="name another: [sending] data"
        ) from error
    return DataDir(path)


def load_hash_key(folder: DataDir) -> bytes:
    """Return the random key of the hashes that replace erased addresses; create it at first use.

    Raises:
        SendError: The key file is damaged, or missing although a database exists.
    """
    path = folder.path / "key"
    try:
        key = path.read_bytes()
    except FileNotFoundError as error:
        if folder.database.exists():
            raise SendError(
                f"{path} is missing: without it, who has been mailed is unknown",
                hint="restore it from a backup, together with the database",
            ) from error
        key = secrets.token_bytes(KEY_BYTES)
        write_private(path, key)
    if len(key) != KEY_BYTES:
        raise SendError(f"{path} holds {len(key)} bytes, expected {KEY_BYTES}", hint="restore it from a backup")
    return key


def keyed_hash(key: bytes, identity: str) -> str:
    """Return the HMAC-SHA256 of an address in hexadecimal: without the key, it cannot be traced to the address."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


def write_private(path: Path, data: bytes) -> None:
    """Write a file atomically; only its owner can read it."""
    write_private_draft(path, data).replace(path)


def write_private_draft(path: Path, data: bytes) -> Path:
    """Write a draft beside a file, readable by its owner only, and return its path."""
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

    # Two projects may have the same name, and must not share a mailing list.
    place = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]
    return Path(user_data_path(APP_NAME, appauthor=False)) / f"{project.resolve().name}-{place}"


def _refuse_published_path(path: Path, outputs: Path) -> None:
    hint = f"name a folder of its own in {FILE_NAME}: [sending] data"
    if path == outputs or outputs in path.parents:
        raise ConfigError(f"the data folder {path} is below {outputs}, which is published", hint=hint)
    for parent in (path, *path.parents):
        if (parent / ".git").exists():
            raise ConfigError(f"the data folder {path} is in the git work tree {parent}", hint=hint)
