"""The mailing database: its private folder with lock and hash key, SQLite schema, migrations, transactions."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.addresses import address_identity

KEY_BYTES = 32
BUSY_TIMEOUT_S = 10.0
CACHE_KIB = 65_536
"""SQLite's default of 2 MB is too small for the index of tokens: importing a long list would rewrite it repeatedly."""
MIGRATIONS = (
    """
    CREATE TABLE subscribers (
        person TEXT NOT NULL,            -- keyed hash of the address
        list TEXT NOT NULL,
        address TEXT NOT NULL,
        language TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,      -- in the unsubscribe address
        consent_on TEXT,                 -- ISO dates
        consent_wording TEXT NOT NULL,
        consent_source TEXT NOT NULL,
        used_on TEXT,
        unsubscribed_on TEXT,
        bounced_on TEXT,
        soft_bounces INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (person, list)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX subscribers_of_list ON subscribers (list);
    CREATE TABLE suppressed (            -- what is kept of an erased subscriber
        person TEXT NOT NULL,
        list TEXT NOT NULL,
        suppressed_on TEXT NOT NULL,
        PRIMARY KEY (person, list)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE campaigns (
        id INTEGER PRIMARY KEY,
        edition TEXT NOT NULL,
        list TEXT NOT NULL,
        transport TEXT NOT NULL,
        content TEXT NOT NULL,           -- digest of the published message
        begun_on TEXT NOT NULL,
        UNIQUE (edition, list, transport)
    ) STRICT;
    CREATE TABLE outbox (                -- holds no address, so it is kept when one is erased
        campaign INTEGER NOT NULL REFERENCES campaigns (id),
        person TEXT NOT NULL,
        mark TEXT NOT NULL UNIQUE,       -- the left half of the Message-ID
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due REAL NOT NULL DEFAULT 0,     -- seconds since 1970
        status TEXT NOT NULL DEFAULT '', -- reply of the server: 250 2.0.0
        changed TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (campaign, person)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX outbox_by_state ON outbox (campaign, state, due);
    CREATE TABLE proofs (                -- contents that were sent as a test mail
        content TEXT PRIMARY KEY,
        sent_on TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE wordings (              -- consent texts
        version TEXT PRIMARY KEY,
        words TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE asked (                 -- sign-ups that are not confirmed yet
        person TEXT NOT NULL,
        list TEXT NOT NULL,
        address TEXT NOT NULL,
        language TEXT NOT NULL,
        wording TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        asked REAL NOT NULL,             -- seconds since 1970
        due REAL,                        -- next attempt to send the confirmation mail; NULL: it is sent
        PRIMARY KEY (person, list)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE read_mail (             -- replies and bounces that are counted already
        digest TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE seal (                  -- keyed hash of the empty string: identifies the key
        digest TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- the campaign that bounced
    ALTER TABLE subscribers ADD COLUMN bounced_by INTEGER;
    UPDATE subscribers SET bounced_by = refused.campaign FROM (
        SELECT person, substr(changed, 1, 10) AS day, max(campaign) AS campaign
        FROM outbox WHERE state = 'refused' GROUP BY person, day
    ) AS refused WHERE refused.person = subscribers.person AND refused.day = bounced_on
    """,
)
"""SQL scripts; the one at index N migrates a database from version N to N + 1."""


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
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _default_path(project: Path) -> Path:
    from platformdirs import user_data_path

    # Two projects may have the same name, and must not share a mailing list.
    place = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]
    return Path(user_data_path("clinic-publish", appauthor=False)) / f"{project.resolve().name}-{place}"


def _refuse_published_path(path: Path, outputs: Path) -> None:
    hint = f"name a folder of its own in {FILE_NAME}: [sending] data"
    if path == outputs or outputs in path.parents:
        raise ConfigError(f"the data folder {path} is below {outputs}, which is published", hint=hint)
    for parent in (path, *path.parents):
        if (parent / ".git").exists():
            raise ConfigError(f"the data folder {path} is in the git work tree {parent}", hint=hint)


@dataclass(slots=True)
class MailingDatabase:
    """An open mailing database: one connection, shared by threads, with one transaction at a time."""

    folder: DataDir
    key: bytes
    connection: sqlite3.Connection
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def person(self, address: str) -> str:
        return keyed_hash(self.key, address_identity(address))

    @contextmanager
    def transaction(
        self, mode: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE", *, is_flushed: bool = True
    ) -> Iterator[sqlite3.Connection]:
        """Run the block in a transaction: committed at its end, rolled back on an error.

        Args:
            mode: When other writers are locked out: from the start (immediate), or from the first write (deferred).
            is_flushed: Wait for the disk at the end. Without, a killed process loses nothing, but a power cut can
                undo the transaction until the next flushed one (SQLite: synchronous = NORMAL in WAL mode).

        Raises:
            SendError: The database is locked, damaged, or its disk is full.
        """
        with self._lock, translate_errors(self.folder.database):
            try:
                if not is_flushed:
                    self.connection.execute("PRAGMA synchronous = NORMAL")
                self.connection.execute(f"BEGIN {mode}")
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                if not is_flushed:
                    self.connection.execute("PRAGMA synchronous = FULL")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock, translate_errors(self.folder.database):
            return self.connection.execute(query, values).fetchall()

    def clear(self) -> None:
        """Rewrite the file and empty its log, so that deleted data is gone from both.

        Raises:
            SendError: Another process is reading the database.
        """
        with self._lock, translate_errors(self.folder.database):
            self.connection.execute("VACUUM")
            busy = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise SendError(
                "deleted data is still in the database's log: another program is reading the database",
                hint="stop it, and repeat the command",
            )


@contextmanager
def open_database(folder: DataDir) -> Iterator[MailingDatabase]:
    """Open the database; create or migrate it where needed.

    Raises:
        SendError: It is damaged, locked, of a later version of this program, or its disk is full.
    """
    key = load_hash_key(folder)
    path = folder.database
    if not path.exists():
        path.touch(0o600)
    for file in (path, folder.path / "key"):
        file.chmod(0o600)  # SQLite gives its log the mode of its database
    with translate_errors(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.create_function("new_token", 0, lambda: secrets.token_urlsafe(16))
        with translate_errors(path):
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON",
                           "temp_store = MEMORY", f"cache_size = -{CACHE_KIB}"):  # fmt: skip
                connection.execute(f"PRAGMA {pragma}")
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
            if found != ["ok"]:
                raise sqlite3.DatabaseError(found[0])
        store = MailingDatabase(folder, key, connection)
        _migrate(store)
        _check_key(store)
        yield store
    finally:
        connection.close()


def _migrate(store: MailingDatabase) -> None:
    version = store.rows("PRAGMA user_version")[0][0]
    if version > len(MIGRATIONS):
        raise SendError(
            f"{store.folder.database} has version {version}, this program supports {len(MIGRATIONS)}",
            hint="use the version that created it, or a later one",
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        with store.transaction() as connection:
            for statement in script.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _check_key(store: MailingDatabase) -> None:
    """Compare the key with the one that the database was created with: a wrong key would mail everyone again."""
    seal = keyed_hash(store.key, "")
    if not (known := store.rows("SELECT digest FROM seal")):
        with store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO seal VALUES (?)", (seal,))
    elif [row["digest"] for row in known] != [seal]:
        raise SendError(
            f"{store.folder.path / 'key'} is not the key that {store.folder.database.name} was created with",
            hint="restore both from the same backup: with another key, everyone would be mailed again",
        )


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        message = str(error)
        if "locked" in message or "busy" in message:
            what, hint = "is locked by another program", "let it finish, and try again"
        elif "full" in message:
            what, hint = "cannot grow: the disk is full", "free some space, and repeat the command: nothing is lost"
        elif isinstance(error, sqlite3.OperationalError):
            what, hint = f"cannot be used: {message}", "check that its folder may be written, and try again"
        else:
            what, hint = f"is damaged: {message}", "restore it from a backup; until then nothing is sent"
        raise SendError(f"{path} {what}", hint=hint) from error
