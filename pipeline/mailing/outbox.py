"""The outbox: one row per message of a campaign, whose state is saved before and after every step of delivery.

    queued ─▶ claimed ─▶ in doubt ─▶ accepted
                │            ├─────▶ deferred ─▶ claimed …
                └─▶ withdrawn └────▶ claimed ─▶ refused

A refused message stays "claimed" until the server accepts another; where it refuses everyone, they are queued again.
A message is saved as "in doubt" before its content is sent, until the server's reply is saved. So after a crash, a
message in doubt may have been delivered or not, and is sent again only with `--resend-doubtful`. For every other state
it is known whether the message was delivered.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from sqlite3 import Connection
from typing import Literal

from pipeline.errors import SendError
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.subscribers import MAILABLE

State = Literal["queued", "claimed", "in doubt", "accepted", "deferred", "refused", "withdrawn"]
STATES: tuple[State, ...] = ("accepted", "in doubt", "deferred", "refused", "withdrawn", "queued")
CLAIM_BATCH = 50
_JOIN_READER = "JOIN subscribers ON subscribers.person = outbox.person AND subscribers.list = ?"

_MAILED_FROM_OTHER_LIST = (
    "SELECT person FROM campaigns AS this JOIN campaigns AS other USING (edition, transport) "
    "JOIN outbox ON outbox.campaign = other.id "
    "WHERE this.id = ? AND other.id <> this.id AND state NOT IN ('refused', 'withdrawn')"
)
"""Subscribers who are in the outbox of the same edition through another list."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    person: str
    mark: str
    """The left half of its Message-ID, the same in every attempt."""
    attempts: int
    address: str
    token: str


@dataclass(frozen=True, slots=True)
class Campaign:
    store: MailingDatabase
    id: int
    list_: str

    def enqueue(self) -> int:
        """Queue a message for every subscriber not yet in the outbox, through this list or another; return how many."""
        with self.store.transaction() as connection:
            return connection.execute(
                "INSERT OR IGNORE INTO outbox (campaign, person, mark, state, changed) "  # noqa: S608  # constants
                f"SELECT ?, person, new_token(), 'queued', ? FROM subscribers WHERE list = ? AND {MAILABLE} "
                f"AND person NOT IN ({_MAILED_FROM_OTHER_LIST})",
                (self.id, timestamp_now(), self.list_, self.id),
            ).rowcount

    def move(self, before: State, after: State) -> None:
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = ?, changed = ?, due = 0 WHERE campaign = ? AND state = ?",
                (after, timestamp_now(), self.id, before),
            )

    def claim(self) -> tuple[QueuedMessage, ...]:
        """Claim some messages that are due; withdraw those of readers who have left. Empty: none is due."""
        while True:
            taken, messages = self._claim()
            if messages or not taken:
                return messages

    def _claim(self) -> tuple[int, tuple[QueuedMessage, ...]]:
        """Return the number of claimed rows, and the messages whose readers may still be mailed."""
        with self.store.transaction() as connection:
            taken = connection.execute(
                "UPDATE outbox SET state = 'claimed', changed = ? WHERE campaign = ? AND person IN "
                "(SELECT person FROM outbox WHERE campaign = ? AND state IN ('queued', 'deferred') AND due <= ? "
                "ORDER BY due LIMIT ?) RETURNING person",
                (timestamp_now(), self.id, self.id, time.time(), CLAIM_BATCH),
            ).fetchall()
            people = [row["person"] for row in taken]
            found = connection.execute(
                "SELECT outbox.person, mark, attempts, address, token FROM outbox "  # noqa: S608  # constants
                f"{_JOIN_READER} WHERE campaign = ? AND {MAILABLE} "
                f"AND outbox.person IN ({', '.join('?' * len(people))}) ORDER BY due",
                (self.list_, self.id, *people),
            ).fetchall()
            messages = tuple(QueuedMessage(**dict(row)) for row in found)
            for person in set(people) - {message.person for message in messages}:
                self._set(person, "withdrawn")
        return len(taken), messages

    def mark_in_doubt(self, message: QueuedMessage) -> bool:
        """Note in an open transaction that a message's content is about to be sent; False: its reader has just left."""
        is_mailable = self.store.rows(
            f"SELECT 1 FROM subscribers WHERE person = ? AND list = ? AND {MAILABLE}",  # noqa: S608  # a constant
            (message.person, self.list_),
        )
        self._set(message.person, "in doubt" if is_mailable else "withdrawn", attempts=message.attempts + 1)
        return bool(is_mailable)

    def accept(self, message: QueuedMessage, status: str) -> None:
        """Save that the server has accepted a message.

        It is flushed together with the next message's "in doubt", to halve the flushes: a power cut before that leaves
        this message in doubt.
        """
        with self.store.transaction(is_flushed=False) as connection:
            self._set(message.person, "accepted", status)
            connection.execute(
                "UPDATE subscribers SET used_on = ? WHERE person = ? AND list = ?",
                (datetime.now(UTC).date().isoformat(), message.person, self.list_),
            )

    def defer(self, message: QueuedMessage, status: str, wait_s: float) -> None:
        """Save that the server has not accepted a message for now, and when to try it again."""
        with self.store.transaction():
            self._set(message.person, "deferred", status, attempts=message.attempts + 1, due=time.time() + wait_s)

    def refuse(self, message: QueuedMessage, status: str, *, is_unreachable: bool) -> None:
        """Save that the server has rejected a message; suppress the reader where the address does not exist."""
        with self.store.transaction() as connection:
            self._set(message.person, "refused", status)
            if is_unreachable:
                suppress_bounced(connection, message.person, self.id, datetime.now(UTC).date())

    def hold(self, message: QueuedMessage, status: str) -> None:
        """Save that the server has rejected a message that stays claimed; queued again, it comes behind the others."""
        with self.store.transaction():
            self._set(message.person, "claimed", status, attempts=message.attempts, due=1)

    def make_due(self, until: float, longest_s: float) -> None:
        """Make deferred messages due that were due until a time, or that no wait explains: the clock went back."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET due = 0 WHERE campaign = ? AND state = 'deferred' AND (due <= ? OR due > ?)",
                (self.id, until, time.time() + longest_s),
            )

    def release(self, message: QueuedMessage) -> None:
        """Queue a claimed message again; one in doubt stays in doubt."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = 'queued', changed = ? "
                "WHERE campaign = ? AND person = ? AND state = 'claimed'",
                (timestamp_now(), self.id, message.person),
            )

    def next_due(self, attempts: int) -> float | None:
        """Return when the next deferred message with fewer attempts is due, in seconds since 1970; None: none is."""
        row = self.store.rows(
            "SELECT min(due) FROM outbox WHERE campaign = ? AND state = 'deferred' AND attempts < ?",
            (self.id, attempts),
        )[0]
        return None if row[0] is None else float(row[0])

    def counts(self) -> Mapping[str, int]:
        rows = self.store.rows("SELECT state, count(*) FROM outbox WHERE campaign = ? GROUP BY state", (self.id,))
        found = Counter({row[0]: row[1] for row in rows})
        found["queued"] += found.pop("claimed", 0)
        return {state: found[state] for state in STATES}

    def messages_in_state(self, state: State) -> list[tuple[str, str, str]]:
        """Return address, server reply and time of each message in a state; an erased address is empty."""
        rows = self.store.rows(
            "SELECT coalesce(address, ''), status, changed FROM outbox LEFT "  # noqa: S608  # constants
            f"{_JOIN_READER} WHERE campaign = ? AND state = ? ORDER BY address",
            (self.list_, self.id, state),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def _set(self, person: str, state: State, status: str = "", *, attempts: int | None = None, due: float = 0) -> None:
        self.store.connection.execute(
            "UPDATE outbox SET state = ?, status = ?, changed = ?, due = ?, attempts = coalesce(?, attempts) "
            "WHERE campaign = ? AND person = ?",
            (state, status, timestamp_now(), due, attempts, self.id, person),
        )


def open_campaign(store: MailingDatabase, edition: str, list_: str, transport: str, content: str) -> Campaign:
    """Return the campaign of an edition and a list; start it where needed.

    Args:
        content: Digest of the published message.

    Raises:
        SendError: Some readers were sent another content of this edition.
    """
    known = find_campaign(store, edition, list_, transport)
    if known is None:
        with store.transaction() as connection:
            made = connection.execute(
                "INSERT INTO campaigns (edition, list, transport, content, begun_on) VALUES (?, ?, ?, ?, ?)",
                (edition, list_, transport, content, timestamp_now()),
            )
        return Campaign(store, made.lastrowid or 0, list_)
    if store.rows("SELECT content FROM campaigns WHERE id = ?", (known.id,))[0]["content"] != content:
        counts = known.counts()
        if gone := counts["accepted"] + counts["in doubt"]:
            raise SendError(
                f"{edition} has changed since sending began: {gone} of {sum(counts.values())} readers have, "
                "or may have, the earlier content",
                hint="restore the sources and publish, to finish; or give the new content a source of its own",
            )
        with store.transaction() as connection:
            connection.execute("UPDATE campaigns SET content = ? WHERE id = ?", (content, known.id))
    return known


def find_campaign(store: MailingDatabase, edition: str, list_: str, transport: str) -> Campaign | None:
    rows = store.rows(
        "SELECT id FROM campaigns WHERE edition = ? AND list = ? AND transport = ?", (edition, list_, transport)
    )
    return Campaign(store, rows[0]["id"], list_) if rows else None


def suppress_bounced(connection: Connection, person: str, campaign: int, day: date) -> None:
    """Mail a reader no more after a hard bounce, on every list; the first campaign that bounced is kept."""
    connection.execute(
        "UPDATE subscribers SET bounced_on = ?, bounced_by = ? WHERE person = ? AND bounced_on IS NULL",
        (day.isoformat(), campaign, person),
    )


def restore_bounced(store: MailingDatabase, edition: str, since: date) -> int:
    """Take back an edition's bounces since a day, queue what the server refused, and return how many readers they are.

    Whoever has unsubscribed, or was erased, stays away.

    Raises:
        SendError: The edition was never sent.
    """
    if not store.rows("SELECT 1 FROM campaigns WHERE edition = ?", (edition,)):
        raise SendError(f"{edition} has not been sent to any list", hint="name the edition as `publish send` does")
    chosen = (
        "bounced_by IN (SELECT id FROM campaigns WHERE edition = ?) AND bounced_on >= ? AND unsubscribed_on IS NULL"
    )
    values = edition, since.isoformat()
    with store.transaction() as connection:
        connection.execute(
            "UPDATE outbox SET state = 'queued', due = 1 FROM subscribers WHERE state = 'refused' "  # noqa: S608  # constants
            f"AND campaign = bounced_by AND outbox.person = subscribers.person AND {chosen}", values,
        )  # fmt: skip
        rows = connection.execute(
            f"UPDATE subscribers SET bounced_on = NULL, bounced_by = NULL WHERE {chosen} RETURNING person",  # noqa: S608
            values,
        ).fetchall()
        return len({row["person"] for row in rows})


def timestamp_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
