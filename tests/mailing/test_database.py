"""The database: private, durable, brought up to date, and clear words where it is not well."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from pipeline.errors import SendError
from pipeline.mailing import database as stores
from pipeline.mailing.database import MIGRATIONS, DataDir, MailingDatabase, open_database
from tests.mailing.conftest import subscribe


def test_every_file_is_the_operators_alone(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")

    modes = {stat.S_IMODE(path.stat().st_mode) for path in store.folder.path.iterdir()}

    assert modes == {0o600}


def test_what_is_committed_outlives_a_loss_of_power(store: MailingDatabase) -> None:
    assert store.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert store.rows("PRAGMA synchronous")[0][0] == 2  # FULL
    assert store.rows("PRAGMA secure_delete")[0][0] == 1


def test_a_database_of_the_first_version_keeps_its_readers(folder: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MIGRATIONS", MIGRATIONS[:1])
    monkeypatch.setattr(stores, "_check_key", lambda _store: None)  # it came later
    with open_database(folder) as old:
        subscribe(old, "anna@klinik.dk")
    monkeypatch.undo()

    with open_database(folder) as new:
        assert new.rows("SELECT address FROM subscribers")[0][0] == "anna@klinik.dk"
        assert new.rows("SELECT count(*) FROM asked")[0][0] == 0
        assert new.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)


def test_bounces_of_earlier_versions_know_their_campaign(folder: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MIGRATIONS", MIGRATIONS[:3])
    with open_database(folder) as old:
        subscribe(old, "anna@klinik.dk", "bo@klinik.dk", "cecilie@klinik.dk")
        with old.transaction() as connection:
            for number in (1, 2):
                connection.execute(
                    "INSERT INTO campaigns VALUES (?, ?, 'nyt', 'smtp', 'c', '2026-11-24')", (number, f"blog/{number}")
                )
            for address, campaign, state, changed, bounced in (
                ("anna@klinik.dk", 1, "accepted", "2026-11-23T08:00:00+00:00", "2026-11-24"),
                ("anna@klinik.dk", 2, "refused", "2026-11-24T08:00:00+00:00", "2026-11-24"),
                ("bo@klinik.dk", 2, "refused", "2026-11-24T08:00:00+00:00", None),
                ("cecilie@klinik.dk", 1, "accepted", "2026-11-24T08:00:00+00:00", "2026-11-24"),
            ):
                connection.execute(
                    "INSERT INTO outbox VALUES (?, ?, new_token(), ?, 1, 0, '550', ?)",
                    (campaign, old.person(address), state, changed),
                )
                connection.execute("UPDATE subscribers SET bounced_on = ? WHERE address = ?", (bounced, address))
    monkeypatch.undo()

    with open_database(folder) as new:
        rows = new.rows("SELECT address, bounced_by FROM subscribers ORDER BY address")
        assert [tuple(row) for row in rows] == [
            ("anna@klinik.dk", 2), ("bo@klinik.dk", None), ("cecilie@klinik.dk", None),
        ]  # fmt: skip


def test_a_database_of_a_later_version_is_left_alone(folder: DataDir) -> None:
    with open_database(folder) as store:
        store.connection.execute("PRAGMA user_version = 99")

    with pytest.raises(SendError, match="version 99"), open_database(folder):
        pass


def test_a_damaged_database_is_named_and_left_as_it_is(folder: DataDir) -> None:
    with open_database(folder) as store:
        subscribe(store, *(f"laeser{number}@klinik.dk" for number in range(500)))
        store.clear()
    data = bytearray(folder.database.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    folder.database.write_bytes(data)

    with pytest.raises(SendError, match="is damaged"), open_database(folder):
        pass

    assert folder.database.read_bytes() == bytes(data)


def test_a_file_that_is_no_database_is_named(folder: DataDir) -> None:
    (folder.path / "key").write_bytes(b"k" * 32)
    folder.database.write_text("not a database, and long enough to be looked at by anyone who wants to")

    with pytest.raises(SendError, match="is damaged"), open_database(folder):
        pass


def test_a_locked_database_says_who_to_wait_for(store: MailingDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "BUSY_TIMEOUT_S", 0.1)
    with (
        store.transaction(),
        pytest.raises(SendError, match="locked by another program"),
        open_database(store.folder) as other,
        other.transaction(),
    ):
        pass


def test_a_full_disk_undoes_the_step_and_keeps_the_rest(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    pages = store.rows("PRAGMA page_count")[0][0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then answers as on a full disk

    with pytest.raises(SendError, match="the disk is full"):
        subscribe(store, *(f"laeser{number}@klinik.dk" for number in range(500)))

    assert store.rows("SELECT count(*) FROM subscribers")[0][0] == 1


def test_a_key_that_is_gone_is_not_made_anew(folder: DataDir) -> None:
    """With another key, no one would count as mailed."""
    with open_database(folder):
        pass
    (folder.path / "key").unlink()

    with pytest.raises(SendError, match="without it, who has been mailed is unknown"), open_database(folder):
        pass


def test_another_key_is_not_taken(folder: DataDir) -> None:
    """Such as from an older backup: with it, everyone would look as if they had not been mailed."""
    with open_database(folder) as store:
        subscribe(store, "anna@klinik.dk")
    (folder.path / "key").write_bytes(b"k" * 32)

    with pytest.raises(SendError, match="is not the key that"), open_database(folder):
        pass


def test_commands_that_begin_at_once_have_one_key_and_one_schema(folder: DataDir) -> None:
    begin = Barrier(8)

    def open_and_look(_number: int) -> tuple[bytes, int]:
        begin.wait()
        with open_database(folder) as store:
            return store.key, int(store.rows("SELECT count(*) FROM seal")[0][0])

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(open_and_look, range(8)))

    assert len(found) == 1
    assert found.pop()[1] == 1
    with open_database(folder) as store:
        assert store.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)


def test_what_need_not_be_flushed_waits_for_the_next_that_must(store: MailingDatabase) -> None:
    said: list[str] = []
    store.connection.set_trace_callback(said.append)

    with store.transaction(is_flushed=False) as connection:
        connection.execute("INSERT INTO proofs VALUES ('a', '2026-11-24')")
    with store.transaction() as connection:
        connection.execute("INSERT INTO proofs VALUES ('b', '2026-11-24')")

    verbs = [statement.replace("PRAGMA ", "").split(" VALUES")[0] for statement in said]
    assert verbs == [
        "synchronous = NORMAL", "BEGIN IMMEDIATE", "INSERT INTO proofs", "COMMIT", "synchronous = FULL",
        "BEGIN IMMEDIATE", "INSERT INTO proofs", "COMMIT",
    ]  # fmt: skip


def test_only_one_sender_is_at_work(folder: DataDir) -> None:
    with folder.lock(), pytest.raises(SendError, match="another `publish send`"), DataDir(folder.path).lock():
        pass


def test_the_data_are_strict_about_their_kinds(store: MailingDatabase) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.connection.execute("INSERT INTO campaigns VALUES ('x', 'a', 'b', 'c', 'd', 'e')")
