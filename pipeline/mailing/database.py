"""The mailing database: its private folder with lock, hash key and project, SQLite schema, migrations, transactions."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.addresses import address_identity

ID_FILE = "sending.id"
"""Beside `publish.toml`, for version control: the id of the project's lists, wherever the project is moved."""
_ID = re.compile(r"(?:[^\0\r\n]*-)?[0-9a-f]{8,16}")
_FILES = ("key", "key.lock", "projects", "sending.lock", *(f"sending.sqlite3{end}" for end in ("", "-wal", "-shm")))
_BIND = "publish subscribers bind"
_DATA_KEY = f"[sending] data in {FILE_NAME}"
Choice = Literal["same", "share", "new"]
"""Lists of a project: those that it had, those of the data folder whoever had them, or new and empty ones."""
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
    """
    CREATE TABLE mail_times (            -- of confirmation mails, for limits an hour; holds no address
        key TEXT NOT NULL,               -- keyed hash of a mailbox, or of a domain; or empty: of all
        due REAL NOT NULL                -- seconds since 1970
    ) STRICT;
    CREATE INDEX mail_times_by_key ON mail_times (key, due);
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


def open_data_dir(config: Config, outputs: Path, choice: Choice = "same") -> DataDir:
    """Return the data folder of a project; create it where the project has had no lists yet.

    Without `[sending] data` it lies in the user's data folder, and its name is the id of the lists.

    Raises:
        ConfigError: The project's lists are gone; or the folder is published, in git, open to others, or no folder.
    """
    from filelock import FileLock
    from platformdirs import user_data_path

    project = Path(os.path.realpath(config.folder))
    known = "" if choice == "new" else _read_project_id(project)
    id_ = known or "-".join((*re.findall(r"\w+", project.name), secrets.token_hex(8)))
    path = Path(os.path.realpath(project / config.sending.data))
    if not config.sending.data:
        root = Path(user_data_path("clinic-publish", appauthor=False))
        # up to version 0.2.0, the name was made of the project's path
        former = f"{project.name}-{hashlib.sha256(str(project).encode()).hexdigest()[:8]}"
        if not known and choice != "new" and (root / former).exists():
            id_ = former
        elif not known and not os.access(project, os.W_OK):
            raise ConfigError(f"{project / ID_FILE} cannot be written", hint=f"name a folder: {_DATA_KEY}")
        path = root / id_
    _refuse_published_path(path, outputs.resolve())
    database = path / "sending.sqlite3"
    has_lists = os.path.lexists(database) and database.lstat().st_size > 0
    if choice == "new" and has_lists:
        raise ConfigError(f"{path} holds lists already", hint=f"name another folder: {_DATA_KEY}")
    had_lists = known or os.path.lexists(path / "key")
    if choice != "new" and not has_lists and (had_lists or any(outputs.rglob("*.evidence.json"))):
        raise ConfigError(
            f"the lists of this project are gone: {path} holds no database",
            hint=f"restore it, or name its folder: {_DATA_KEY}; to forget who has left, and begin anew: {_BIND} --new",
        )
    try:
        _open_private(path)
        with FileLock(path / "key.lock", mode=0o600):
            _bind_project(path, project, id_, choice)
    except OSError as error:
        raise ConfigError(
            f"the data folder {path} cannot be used: {error.strerror}", hint=f"name another: {_DATA_KEY}"
        ) from error
    return DataDir(path)


def _read_project_id(project: Path) -> str:
    """Return the id of a project's lists; empty where it has none yet.

    Raises:
        ConfigError: The file holds something else.
    """
    path = project / ID_FILE
    if not os.path.lexists(path):
        return ""
    is_plain = stat.S_ISREG(path.lstat().st_mode) and os.access(path, os.R_OK)
    written = path.read_text("utf-8", "replace").strip() if is_plain else ""
    if not _ID.fullmatch(written) or Path(written).name != written:
        raise ConfigError(
            f"{path} does not hold the id of lists",
            hint=f"restore it from version control; to begin with empty lists: {_BIND} --new",
        )
    return written


def _bind_project(path: Path, project: Path, id_: str, choice: Choice) -> None:
    """Save the project's path in the data folder, and the id in the project: so no copy takes its lists unasked.

    Raises:
        ConfigError: The folder belongs to another project, or to a copy of this one.
    """
    record, here = path / "projects", str(project)
    known = _read_project_id(project) if choice == "same" else ""
    before = record.read_text("utf-8", "replace").splitlines() if record.exists() else []
    # up to version 0.2.0 there was no record: such lists are taken by a project that names none
    id_, *bound = before or ["" if known and DataDir(path).database.exists() else id_]
    others = [each for each in bound if each != here and os.path.lexists(Path(each, FILE_NAME))]
    question = ""
    if known not in ("", id_):
        question = f"the lists of another project: {ID_FILE} of this one names {known}"
    elif choice == "same" and others and here not in bound:
        question = f"the lists of the project in {others[0]}, of which this one seems a copy"
    if question:
        raise ConfigError(
            f"{path} holds {question}", hint=f"for lists of its own: {_BIND} --new; to send to the same lists: {_BIND}"
        )
    if before != (now := [id_, here, *others]):
        write_private(record, "\n".join(now).encode())
    if known != id_ and os.access(project, os.W_OK):  # where it may not be written, the folder knows the path
        write_private(project / ID_FILE, f"{id_}\n".encode())
        (project / ID_FILE).chmod(0o644)  # the service may run as another user


def _refuse_published_path(path: Path, outputs: Path) -> None:
    hint = f"name a folder of its own: {_DATA_KEY}"
    if path == outputs or outputs in path.parents:
        raise ConfigError(f"the data folder {path} is below {outputs}, which is published", hint=hint)
    for parent in (path, *path.parents):
        if (parent / ".git").exists():
            raise ConfigError(f"the data folder {path} is in the git work tree {parent}", hint=hint)


def _open_private(path: Path) -> None:
    """Create the folder; or check one that is there, whose mode is left as it is."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise ConfigError(f"{path} is not a folder", hint=f"name another: {_DATA_KEY}")
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(
            f"the data folder {path} is open to other users: its mode is {stat.S_IMODE(mode):o}",
            hint=f"close it: chmod 700 '{path}'",
        )
    for file in (path / name for name in (*_FILES, "trials") if os.path.lexists(path / name)):
        kind, is_kind = ("folder", stat.S_ISDIR) if file.name == "trials" else ("plain file", stat.S_ISREG)
        if not is_kind(file.lstat().st_mode):
            raise ConfigError(f"{file} is not a {kind}", hint="move it away, and restore what was there")


def load_hash_key(folder: DataDir) -> bytes:
    """Return the random key of the hashes that replace erased addresses; create it at first use.

    Raises:
        SendError: The key file is damaged, or missing although a database exists.
    """
    from filelock import FileLock

    path = folder.path / "key"
    with FileLock(folder.path / "key.lock", mode=0o600):  # two commands may begin at once, and must have one key
        if not path.exists() and folder.database.exists():
            raise SendError(
                f"{path} is missing: without it, who has been mailed is unknown",
                hint="restore it from a backup, together with the database",
            )
        if not path.exists():
            write_private(path, secrets.token_bytes(KEY_BYTES))
    key = path.read_bytes()
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
        """Run the block in a transaction: committed at its end, rolled back on an error; within another, as part of it.

        Args:
            mode: When other writers are locked out: from the start (immediate), or from the first write (deferred).
            is_flushed: Wait for the disk at the end. Without, a killed process loses nothing, but a power cut can
                undo the transaction until the next flushed one (SQLite: synchronous = NORMAL in WAL mode).

        Raises:
            SendError: The database is locked, damaged, or its disk is full.
        """
        with self._lock, translate_errors(self.folder.database):
            is_within = self.connection.in_transaction  # of this thread, which holds the lock
            if is_within:
                yield self.connection
                return
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
    while (version := store.rows("PRAGMA user_version")[0][0]) != len(MIGRATIONS):
        if version > len(MIGRATIONS):
            raise SendError(
                f"{store.folder.database} has version {version}, this program supports {len(MIGRATIONS)}",
                hint="use the version that created it, or a later one",
            )
        with store.transaction() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != version:
                continue  # another command has migrated it
            for statement in MIGRATIONS[version].split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")


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
