"""What a sender does with every answer of a server, and with none."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from pipeline.config import SendingSettings
from pipeline.errors import SendError
from pipeline.mailing import delivery, outbox
from pipeline.mailing.database import MailingDatabase
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
    gone = campaign.store.rows("SELECT address FROM subscribers WHERE bounced_on IS NOT NULL")
    assert [row["address"] for row in gone] == [READERS[3]]


def test_a_refusal_for_other_reasons_does_not_cost_a_reader_their_place(
    campaign: Campaign, server: SendingSettings, post: Post
) -> None:
    post.answer = lambda at, address: "550 5.7.1 spam" if (at, address) == ("DATA", READERS[3]) else None

    sender_of(campaign, server).send()

    assert campaign.counts()["refused"] == 1
    assert not campaign.store.rows("SELECT 1 FROM subscribers WHERE bounced_on IS NOT NULL")


def test_many_refusals_in_a_row_stop_the_sending(
    campaign: Campaign, server: SendingSettings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_REFUSALS_IN_A_ROW", 4)
    post.answer = lambda at, _address: "554 5.7.1 no" if at == "DATA" else None

    with pytest.raises(SendError, match="refused 4 messages in a row"):
        sender_of(campaign, server).send()

    assert campaign.counts()["queued"] == 8


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
