"""What a sender does with every answer of a server, and with none."""

from __future__ import annotations

import smtplib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pipeline.config import SendingSettings
from pipeline.errors import SendError
from pipeline.mailing import database as stores
from pipeline.mailing import delivery, outbox
from pipeline.mailing.database import MailingDatabase, open_database
from pipeline.mailing.delivery import CampaignSender
from pipeline.mailing.delivery import MessageFactory as Outgoing
from pipeline.mailing.outbox import Campaign, QueuedMessage, open_campaign
from pipeline.mailing.subscribers import import_consents, unsubscribe_token
from pipeline.mailing.transport import SmtpTransport, Transport
from tests.mailing.conftest import LIST, ROUTE, TODAY, Post, consent, subscribe, template
from tests.mailing.test_message_template import published

READERS = tuple(f"laeser{number}@klinik.dk" for number in range(12))


@pytest.fixture
def campaign(store: MailingDatabase) -> Campaign:
    subscribe(store, *READERS)
    made = open_campaign(store, "blog/ryg", LIST, "smtp", "c0ffee")
    made.enqueue()
    return made


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RECONNECT_WAITS_S", (0.01, 0.01))


def sender_of(campaign: Campaign, settings: SendingSettings) -> CampaignSender:
    outgoing = Outgoing(template(published()), ROUTE, "retur@klinik.example", verp=True, signer=None)

    def connect() -> Transport:
        return SmtpTransport(settings, None)

    return CampaignSender(campaign, outgoing, settings, connect, lambda _more: None)


def bounced(campaign: Campaign) -> list[str]:
    rows = campaign.store.rows("SELECT address FROM subscribers WHERE bounced_on IS NOT NULL ORDER BY address")
    return [row["address"] for row in rows]


def test_everyone_gets_one_copy_of_their_own(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    sender_of(campaign, server).send()

    assert sorted(recipient for _, recipient, _ in post.taken) == sorted(READERS)
    assert campaign.counts()["accepted"] == 12
    for sender, recipient, content in post.taken:
        assert f"\r\nTo: {recipient}\r\n".encode() in b"\r\n" + content
        assert sender.startswith("retur+")
        assert not [other for other in READERS if other != recipient and other.encode() in content]


def test_a_second_run_sends_nothing(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    sender_of(campaign, server).send()
    campaign.enqueue()

    sender_of(campaign, server).send()

    assert len(post.taken) == 12


def test_several_connections_share_the_work(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    sender_of(campaign, replace(server, connections=4)).send()

    assert sorted(recipient for _, recipient, _ in post.taken) == sorted(READERS)


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("MAIL", "451 4.3.0 x"),
        ("RCPT", "450 4.2.0 x"),
        ("DATA", "452 4.3.1 x"),
        ("RCPT", "421 4.3.2 x"),
        ("MAIL", "cut"),
        ("RCPT", "cut"),
    ],
)
def test_what_the_server_cannot_take_now_is_tried_again(
    campaign: Campaign, server: SendingSettings, post: Post, stage: str, answer: str
) -> None:
    first = {"left": 3}

    def once(at: str, _address: str) -> str | None:
        if at == stage and first["left"]:
            first["left"] -= 1
            return answer
        return None

    post.answer = once
    sender_of(campaign, server).send()

    assert sorted(recipient for _, recipient, _ in post.taken) == sorted(READERS)
    assert campaign.counts()["accepted"] == 12


def test_waits_grow_and_a_run_ends(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    post.answer = lambda at, address: "450 4.2.0 later" if (at, address) == ("RCPT", READERS[3]) else None

    sender_of(campaign, replace(server, attempts=3, first_wait_s=0.02)).send()

    assert campaign.counts()["deferred"] == 1
    row = campaign.store.rows("SELECT attempts, status FROM outbox WHERE state = 'deferred'")[0]
    assert (row["attempts"], row["status"]) == (3, "450 4.2.0")


def test_an_address_that_does_not_exist_is_mailed_no_more(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    post.answer = lambda at, address: "550 5.1.1 <x> unknown" if (at, address) == ("RCPT", READERS[3]) else None

    sender_of(campaign, server).send()

    assert campaign.messages_in_state("refused")[0][:2] == (READERS[3], "550 5.1.1")
    assert bounced(campaign) == [READERS[3]]


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("DATA", "550 5.7.1 spam"),
        ("DATA", "550 5.1.1 content"),
        ("RCPT", "550 no"),
        ("RCPT", "550 5.1.2 no such domain"),
        ("RCPT", "550 5.1.8 sender"),
        ("RCPT", "552 5.2.2 full"),
    ],
)
def test_a_refusal_for_other_reasons_does_not_cost_a_reader_their_place(
    campaign: Campaign, server: SendingSettings, post: Post, stage: str, answer: str
) -> None:
    post.answer = lambda at, address: answer if (at, address) == (stage, READERS[3]) else None

    sender_of(campaign, server).send()

    assert (campaign.counts()["refused"], campaign.counts()["accepted"]) == (1, 11)
    assert bounced(campaign) == []


RELAYING = "550 relay not permitted"


@pytest.mark.parametrize(
    ("stage", "answer"),
    [("RCPT", RELAYING), ("RCPT", "550 5.1.1 User unknown"), ("RCPT", "553 no"), ("DATA", "554 5.7.1 spam")],
)
@pytest.mark.parametrize("connections", [1, 3])
def test_a_server_that_refuses_everyone_is_named_and_costs_no_reader(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch,
    stage: str, answer: str, connections: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(delivery, "MAX_REFUSALS_IN_A_ROW", 4)
    refused: list[str] = []

    def refuse(at: str, address: str) -> str | None:
        if at == stage:
            refused.append(address)
        return answer if at == stage else None

    post.answer = refuse
    with pytest.raises(SendError, match=rf"refused \d messages in a row, the last with: {answer}") as stopped:
        sender_of(campaign, replace(server, connections=connections)).send()

    assert 4 <= len(refused) < 4 + connections
    assert "no reader is marked as refused or bounced" in stopped.value.hint
    counts = campaign.counts()
    assert (counts["queued"] + counts["deferred"], counts["refused"]) == (12, 0), (
        counts
    )  # deferred: cut by a slow answer
    assert bounced(campaign) == []

    post.answer = lambda _at, _address: None
    sender_of(campaign, server).send()

    assert sorted(recipient for _, recipient, _ in post.taken) == sorted(READERS)


def test_readers_refused_before_the_server_refuses_everyone_are_queued_behind_the_others(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_REFUSALS_IN_A_ROW", 4)
    refused: list[str] = []

    def refuse(at: str, address: str) -> str | None:
        if at == "RCPT" and len(refused) < 8:
            refused.append(address)
            return RELAYING
        return None

    post.answer = refuse
    for _ in range(2):
        with pytest.raises(SendError, match="in a row"):
            sender_of(campaign, server).send()
    sender_of(campaign, server).send()

    assert len(set(refused)) == 8
    assert campaign.counts()["accepted"] == 12


@pytest.mark.parametrize("answer", [RELAYING, "550 5.1.1 User unknown in local recipient table"])
def test_a_short_list_of_which_the_server_takes_no_one_is_queued_again(
    store: MailingDatabase, server: SendingSettings, post: Post, answer: str
) -> None:
    """Twenty refusals in a row never happen on a list of five."""
    subscribe(store, *READERS[:5])
    campaign = open_campaign(store, "blog/ryg", LIST, "smtp", "c0ffee")
    campaign.enqueue()
    post.answer = lambda at, _address: answer if at == "RCPT" else None

    with pytest.raises(SendError, match=f"refused 5 messages in a row, the last with: {answer}"):
        sender_of(campaign, server).send()

    assert campaign.counts()["queued"] == 5
    assert bounced(campaign) == []


def test_a_sender_killed_after_a_refusal_leaves_the_reader_queued(campaign: Campaign) -> None:
    """Until the server accepts another message, nobody knows whom it meant."""
    first, second, *_ = campaign.claim()
    campaign.mark_in_doubt(first)
    campaign.hold(first, "554 5.7.1")
    campaign.hold(second, "550")

    campaign.move("claimed", "queued")

    assert (campaign.counts()["queued"], campaign.counts()["in doubt"]) == (12, 0)
    assert {row["attempts"] for row in campaign.store.rows("SELECT attempts FROM outbox")} == {0}


@pytest.mark.parametrize("hours", [3, 24 * 365])
def test_a_wait_that_only_a_clock_that_went_back_explains_is_over_at_once(
    campaign: Campaign, server: SendingSettings, post: Post, hours: int
) -> None:
    late = time.time() + hours * 3600
    campaign.store.connection.execute(
        "UPDATE outbox SET state = 'deferred', attempts = 1, due = ? + rowid_ FROM "
        "(SELECT person AS of, row_number() OVER () AS rowid_ FROM outbox) WHERE of = person", (late,)
    )  # fmt: skip
    begun = time.monotonic()

    sender_of(campaign, replace(server, first_wait_s=60, attempts=5)).send()

    assert time.monotonic() - begun < 50
    assert len(post.taken) == 12


def test_a_clock_that_goes_back_while_the_sender_waits_delays_no_one(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, gone_back = time.time, {"s": 0.0}
    for module in (delivery, outbox):
        monkeypatch.setattr(module.time, "time", lambda: now() - gone_back["s"])
    first = {"left": 3}

    def later(at: str, _address: str) -> str | None:
        if at == "RCPT" and first["left"]:
            first["left"] -= 1
            gone_back["s"] = 0.5 if first["left"] else 86_400
            return "450 4.2.0 later"
        return None

    post.answer = later
    begun = time.monotonic()

    sender_of(campaign, replace(server, first_wait_s=0.2, attempts=3)).send()

    assert time.monotonic() - begun < 50
    assert sorted(recipient for _, recipient, _ in post.taken) == sorted(READERS)


def test_a_message_that_waits_within_its_backoff_is_not_sent_sooner(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    campaign.store.connection.execute("UPDATE outbox SET state = 'deferred', attempts = 1, due = ?", (time.time() + 1,))
    begun = time.monotonic()

    sender_of(campaign, replace(server, first_wait_s=60)).send()

    assert time.monotonic() - begun >= 0.9
    assert len(post.taken) == 12


def test_a_sender_that_is_not_allowed_stops_at_once(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    post.answer = lambda at, _address: "553 5.7.1 not yours" if at == "MAIL" else None

    with pytest.raises(SendError, match="does not take mail from retur@"):
        sender_of(campaign, server).send()

    assert campaign.counts()["queued"] == 12


@pytest.mark.parametrize("answer", ["cut", "take and cut"])
def test_a_line_cut_within_the_content_leaves_the_reader_in_doubt_by_name(
    campaign: Campaign, server: SendingSettings, post: Post, answer: str
) -> None:
    post.answer = lambda at, address: answer if (at, address) == ("DATA", READERS[3]) else None

    sender_of(campaign, server).send()
    sender_of(campaign, server).send()

    assert [name for name, _, _ in campaign.messages_in_state("in doubt")] == [READERS[3]]
    assert len(post.taken) == (11 if answer == "cut" else 12)
    assert len({recipient for _, recipient, _ in post.taken}) == len(post.taken)


def test_only_a_persons_word_sends_the_doubtful_again(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    post.answer = lambda at, address: "cut" if (at, address) == ("DATA", READERS[3]) else None
    sender_of(campaign, server).send()
    post.answer = lambda _at, _address: None

    campaign.move("in doubt", "queued")
    sender_of(campaign, server).send()

    assert campaign.counts()["accepted"] == 12


def test_a_server_that_is_away_leaves_everything_queued(campaign: Campaign, server: SendingSettings) -> None:
    with pytest.raises(SendError, match="does not answer"):
        sender_of(campaign, replace(server, port=1)).send()

    assert campaign.counts()["queued"] == 12


def test_a_server_without_starttls_is_not_sent_to(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    with pytest.raises(SendError, match="offers no STARTTLS"):
        sender_of(campaign, replace(server, security="starttls")).send()

    assert (post.taken, campaign.counts()["queued"]) == ([], 12)


def test_whoever_leaves_after_the_queue_was_made_gets_nothing(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    token = campaign.store.rows("SELECT token FROM subscribers WHERE address = ?", (READERS[3],))[0]["token"]
    unsubscribe_token(campaign.store, token, TODAY)

    sender_of(campaign, server).send()

    assert READERS[3] not in [recipient for _, recipient, _ in post.taken]
    assert campaign.counts()["withdrawn"] == 1


def test_many_who_left_do_not_end_the_sending_before_the_others_have_theirs(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "CLAIM_BATCH", 2)
    order = campaign.store.rows("SELECT person FROM outbox ORDER BY person")
    for row in order[:9]:
        campaign.store.connection.execute(
            "UPDATE subscribers SET unsubscribed_on = '2026-11-24' WHERE person = ?", (row["person"],)
        )

    sender_of(campaign, server).send()

    assert (len(post.taken), campaign.counts()["withdrawn"]) == (3, 9)


def test_whoever_leaves_after_their_letter_was_claimed_gets_nothing(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    sender = sender_of(campaign, server)
    token = campaign.store.rows("SELECT token FROM subscribers WHERE address = ?", (READERS[3],))[0]["token"]

    def leave(at: str, address: str) -> None:
        if (at, address) == ("RCPT", READERS[3]):
            unsubscribe_token(campaign.store, token, TODAY)

    post.answer = leave
    sender.send()

    assert len(post.taken) == 11
    assert campaign.counts()["withdrawn"] == 1


def test_nobody_can_leave_between_the_last_look_and_the_command_data(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer "you have left" comes before the look, or after the mail is on its way."""
    monkeypatch.setattr(stores, "BUSY_TIMEOUT_S", 0.0)
    locked: list[str] = []
    note = Campaign.mark_in_doubt
    put = smtplib.SMTP.putcmd

    def look(self: Campaign, message: QueuedMessage) -> bool:
        locked.clear()
        return note(self, message)

    def send(smtp: smtplib.SMTP, command: str, arguments: str = "") -> None:
        put(smtp, command, arguments)
        if command == "DATA":
            with pytest.raises(SendError, match="locked"), open_database(campaign.store.folder) as pages:
                unsubscribe_token(pages, "x", TODAY)
            locked.append(command)

    monkeypatch.setattr(Campaign, "mark_in_doubt", look)
    monkeypatch.setattr(smtplib.SMTP, "putcmd", send)
    post.answer = lambda at, _address: "451 the lock was not held" if at == "DATA" and not locked else None

    sender_of(campaign, server).send()

    assert len(post.taken) == 12


def test_a_database_that_fails_as_data_leaves_sends_no_content(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = campaign.store.transaction

    @contextmanager
    def failing(*_modes: object, **_more: object) -> Iterator[sqlite3.Connection]:
        with real() as connection:
            yield connection
            if connection.execute("SELECT 1 FROM outbox WHERE state = 'in doubt'").fetchone():
                raise SendError("the disk is full")

    monkeypatch.setattr(MailingDatabase, "transaction", lambda _self, *a, **k: failing(*a, **k))
    begun = time.monotonic()

    with pytest.raises(SendError, match="full"):
        sender_of(campaign, replace(server, timeout_s=60)).send()

    assert post.taken == []
    assert campaign.counts()["queued"] == 12
    assert time.monotonic() - begun < 50  # it waits for no answer to QUIT


def test_a_stop_ends_with_the_message_at_hand_and_queues_the_rest(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    sender = sender_of(campaign, server)

    def stop(_at: str, _address: str) -> None:
        if len(post.taken) == 4:
            sender.stop.set()

    post.answer = stop
    sender.send()

    counts = campaign.counts()
    assert (counts["accepted"], counts["queued"], counts["in doubt"]) == (5, 7, 0)
    assert not campaign.store.rows("SELECT 1 FROM outbox WHERE state = 'claimed'")


def test_a_rate_is_kept_over_all_connections() -> None:
    pace = delivery.SendThrottle(6000)

    begun = time.monotonic()
    for _ in range(11):
        pace.wait(threading.Event())

    assert time.monotonic() - begun >= 0.1  # ten waits of 10 ms


def test_a_disk_that_is_full_after_the_server_took_a_message_leaves_it_in_doubt(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not be queued again: the reader has it."""

    def full(_self: Campaign, _letter: QueuedMessage, _status: str) -> None:
        raise SendError("the disk is full")

    monkeypatch.setattr(Campaign, "accept", full)
    with pytest.raises(SendError, match="full"):
        sender_of(campaign, server).send()

    counts = campaign.counts()
    assert (len(post.taken), counts["in doubt"], counts["queued"]) == (1, 1, 11)


def test_content_that_changed_after_some_have_it_is_refused(campaign: Campaign, server: SendingSettings) -> None:
    sender_of(campaign, server).send()

    with pytest.raises(SendError, match="has changed since sending began: 12 of 12"):
        open_campaign(campaign.store, "blog/ryg", LIST, "smtp", "other")


def test_content_may_change_while_no_one_has_it(campaign: Campaign) -> None:
    again = open_campaign(campaign.store, "blog/ryg", LIST, "smtp", "other")

    assert (again.id, again.counts()["queued"]) == (campaign.id, 12)


def test_a_newer_edition_is_a_campaign_of_its_own(campaign: Campaign, server: SendingSettings, post: Post) -> None:
    sender_of(campaign, server).send()

    newer = open_campaign(campaign.store, "blog/knae", LIST, "smtp", "beef")
    newer.enqueue()
    sender_of(newer, server).send()

    assert len(post.taken) == 24


def test_whoever_is_on_two_lists_gets_an_edition_by_one_of_them(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    import_consents(campaign.store, "andre", [consent(READERS[3]), consent("bo@klinik.dk")])
    sender_of(campaign, server).send()

    other = open_campaign(campaign.store, "blog/ryg", "andre", "smtp", "c0ffee")
    other.enqueue()
    sender_of(other, server).send()

    assert [recipient for _, recipient, _ in post.taken][12:] == ["bo@klinik.dk"]


def test_in_doubt_reaches_the_disk_before_the_content_leaves_and_accepted_waits_for_the_next(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    """A flush of the disk for each message, not two."""
    told: list[str] = []
    connection = campaign.store.connection

    def heard(statement: str) -> None:
        if statement == "COMMIT":
            told.append("commit")
        elif statement.startswith("PRAGMA synchronous"):
            told.append(statement.rpartition(" ")[2])

    connection.set_trace_callback(heard)
    post.answer = lambda at, _address: told.append("content") if at == "DATA" else None
    sender_of(campaign, server).send()

    first = told.index("content")
    assert told[first - 1] == "commit"
    assert told[first + 1 : first + 6] == ["NORMAL", "commit", "FULL", "commit", "content"]


def test_no_consent_no_send(store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    store.connection.execute("UPDATE subscribers SET consent_on = NULL")

    assert open_campaign(store, "blog/ryg", LIST, "smtp", "c0ffee").enqueue() == 0


def test_what_a_dead_sender_had_claimed_is_queued_again(campaign: Campaign) -> None:
    letters = campaign.claim()
    campaign.mark_in_doubt(letters[0])

    campaign.move("claimed", "queued")

    counts = campaign.counts()
    assert (counts["queued"], counts["in doubt"]) == (11, 1)
