"""Consents: who comes back, who stays away, and what forgetting leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from pipeline.errors import SendError
from pipeline.mailing import database
from pipeline.mailing.database import MailingDatabase, open_database
from pipeline.mailing.outbox import open_campaign
from pipeline.mailing.subscribers import (
    Consent,
    ImportCounts,
    count_subscribers,
    forget_address,
    import_consents,
    unsubscribe_address,
    unsubscribe_token,
)
from tests.mailing.conftest import LIST, TODAY, consent, subscribe


def test_whoever_left_does_not_come_back_by_an_old_list(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    unsubscribe_address(store, "Anna@Klinik.dk", date(2026, 5, 1))

    old = import_consents(store, LIST, [consent("anna@klinik.dk", date(2026, 4, 1))])
    new = import_consents(store, LIST, [consent("anna@klinik.dk", date(2026, 6, 1))])

    assert (old.held, new.renewed) == (1, 1)
    assert count_subscribers(store, LIST, TODAY).mailable == 1


def test_a_list_is_brought_in_at_once_and_each_reader_by_what_they_did(store: MailingDatabase) -> None:
    subscribe(store, "old@klinik.dk", "left@klinik.dk", "back@klinik.dk", "newer@klinik.dk")
    unsubscribe_address(store, "left@klinik.dk", TODAY)
    unsubscribe_address(store, "back@klinik.dk", date(2026, 4, 1))
    forget_address(store, "forgotten@klinik.dk", TODAY)
    before = {row["address"]: row["token"] for row in store.rows("SELECT address, token FROM subscribers")}

    added = import_consents(
        store,
        LIST,
        [
            consent("old@klinik.dk", date(2026, 1, 1)),
            consent("left@klinik.dk", TODAY),
            consent("back@klinik.dk", TODAY),
            consent("Newer@klinik.dk", TODAY),
            consent("first@klinik.dk", TODAY),
        ],
    )

    rows = {
        row["address"]: (row["consent_on"], row["unsubscribed_on"] is None, row["token"])
        for row in store.rows("SELECT * FROM subscribers")
    }
    assert added == ImportCounts(new=1, renewed=3, held=1)
    assert rows.pop("first@klinik.dk")[:2] == (TODAY.isoformat(), True)
    assert rows == {
        "old@klinik.dk": ("2026-03-02", True, before["old@klinik.dk"]),
        "left@klinik.dk": ("2026-03-02", False, before["left@klinik.dk"]),
        "back@klinik.dk": (TODAY.isoformat(), True, before["back@klinik.dk"]),
        "Newer@klinik.dk": (TODAY.isoformat(), True, before["newer@klinik.dk"]),
    }


def test_a_list_that_the_disk_cannot_hold_leaves_nothing_behind(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    pages = store.rows("PRAGMA page_count")[0][0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SendError, match="the disk is full"):
        subscribe(store, *(f"laeser{number}@klinik.dk" for number in range(500)))
    store.connection.execute("PRAGMA max_page_count = 100000")

    subscribe(store, "bo@klinik.dk")

    assert [row[0] for row in store.rows("SELECT address FROM subscribers ORDER BY 1")] == [
        "anna@klinik.dk", "bo@klinik.dk",
    ]  # fmt: skip


def test_a_long_list_holds_up_nobody_who_leaves_meanwhile(
    store: MailingDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    subscribe(store, "anna@klinik.dk")

    def rows() -> Iterator[Consent]:
        yield consent("bo@klinik.dk")
        with open_database(store.folder) as other:
            assert unsubscribe_address(other, "anna@klinik.dk", TODAY)
        yield consent("anna@klinik.dk")

    added = import_consents(store, LIST, rows())

    assert added == ImportCounts(new=1, renewed=0, held=1)


def test_forgetting_reaches_the_draft_of_a_trial_that_was_killed(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    draft = store.folder.trials / "nyt/blog/.mark.eml.new"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"To: anna@klinik.dk\r\n\r\nHej\r\n")

    forget_address(store, "Anna@klinik.dk", TODAY)

    assert not draft.exists()


def test_an_old_unused_consent_is_counted(store: MailingDatabase) -> None:
    import_consents(
        store, LIST, [consent("anna@klinik.dk", date(2025, 1, 1)), consent("bo@klinik.dk", date(2026, 1, 1))]
    )

    counts = count_subscribers(store, LIST, TODAY)

    assert (counts.mailable, counts.stale) == (2, 1)


def test_a_token_unsubscribes_as_often_as_it_is_used(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    token = store.rows("SELECT token FROM subscribers")[0]["token"]

    assert unsubscribe_token(store, token, TODAY)
    assert unsubscribe_token(store, token, date(2027, 1, 1))
    assert not unsubscribe_token(store, "x" * 22, TODAY)
    assert store.rows("SELECT unsubscribed_on FROM subscribers")[0][0] == TODAY.isoformat()


def test_forgetting_leaves_no_trace_in_any_file_and_still_no_one_is_mailed_twice(store: MailingDatabase) -> None:
    subscribe(store, *(f"laeser{number}@klinik.dk" for number in range(200)))
    campaign = open_campaign(store, "blog/ryg", LIST, "smtp", "c0ffee")
    campaign.enqueue()
    letter = campaign.claim()[0]
    campaign.mark_in_doubt(letter)
    campaign.accept(letter, "250 2.0.0")

    assert forget_address(store, letter.address, TODAY)

    for path in store.folder.path.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert letter.address.encode() not in data, path
        assert letter.token.encode() not in data, path
    import_consents(store, LIST, [consent(letter.address, date(2027, 1, 1))])
    assert campaign.enqueue() == 0
    assert campaign.counts()["accepted"] == 1
