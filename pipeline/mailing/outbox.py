"""The outbox: one row per message of a campaign, with its state on disk before and after every step.

    queued ─▶ claimed ─▶ in doubt ─▶ accepted
                │            ├─────▶ deferred ─▶ claimed …
                └─▶ withdrawn └────▶ refused

"In doubt" is on the disk before a message's content leaves, and stands until the server's word on it is committed. So
a row that a crash leaves in doubt may have been delivered or not, and only a person's word sends it again; every other
row is known to be delivered, or known not to be.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pipeline.errors import SendError
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.subscribers import MAILABLE

State = Literal["queued", "claimed", "in doubt", "accepted", "deferred", "refused", "withdrawn"]
STATES: tuple[State, ...] = ("accepted", "in doubt", "deferred", "refused", "withdrawn", "queued")
CLAIM_BATCH = 50
FORGOTTEN_ADDRESS = ""
_JOIN_READER = "JOIN subscribers ON subscribers.person = outbox.person AND subscribers.list = ?"

_MAILED_FROM_OTHER_LIST = (
    "SELECT person FROM campaigns AS this JOIN campaigns AS other USING (edition, transport) "
    "JOIN outbox ON outbox.campaign = other.id "
    "WHERE this.id = ? AND other.id <> this.id AND state NOT IN ('refused', 'withdrawn')"
)
"""Readers who are in the outbox of the same edition for another list."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """One message on its way to one reader."""

    person: str
    mark: str
    """The left half of its Message-ID, the same however often it is tried."""
    attempts: int
    address: str
    token: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """An edition on its way to a list."""

    store: MailingDatabase
    id: int
    list_: str

    def enqueue(self) -> int:
        """Queue everyone on the list who is not in the outbox yet, and return how many.

        Whoever has this edition by another list, or is to get it by that, is left out.
        """
        with self.store.transaction() as connection:
            return connection.execute(
                "INSERT OR IGNORE INTO outbox (campaign, person, mark, state, changed) "  # noqa: S608  # constants
                f"SELECT ?, person, new_token(), 'queued', ? FROM subscribers WHERE list = ? AND {MAILABLE} "
                f"AND person NOT IN ({_MAILED_FROM_OTHER_LIST})",
                (self.id, timestamp_now(), self.list_, self.id),
            ).rowcount

    def reclaim(self) -> None:
        """Queue again what a sender that is gone had claimed: its content had not left yet."""
        self._move("claimed", "queued")

    def resend_doubtful(self) -> int:
        """Queue again what is in doubt, on a person's word that two copies are better than none."""
        return self._move("in doubt", "queued")

    def claim(self) -> tuple[QueuedMessage, ...]:
        """Take some letters that are due, those of readers who have left since put aside; none where none is due."""
        while True:
            taken, letters = self._claim()
            if letters or not taken:
                return letters

    def _claim(self) -> tuple[int, tuple[QueuedMessage, ...]]:
        """Return how many letters were taken, and those whose readers may still be mailed."""
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
                f"AND outbox.person IN ({', '.join('?' * len(people))})",
                (self.list_, self.id, *people),
            ).fetchall()
            letters = tuple(QueuedMessage(**dict(row)) for row in found)
            for person in set(people) - {letter.person for letter in letters}:
                self._set(person, "withdrawn")
        return len(taken), letters

    def mark_in_doubt(self, letter: QueuedMessage) -> bool:
        """Note that a message's content is about to leave; no, where its reader has left in the meantime."""
        with self.store.transaction() as connection:
            stays = connection.execute(
                f"SELECT 1 FROM subscribers WHERE person = ? AND list = ? AND {MAILABLE}",  # noqa: S608  # a constant
                (letter.person, self.list_),
            ).fetchone()
            self._set(letter.person, "in doubt" if stays else "withdrawn", attempts=letter.attempts + 1)
        return stays is not None

    def accept(self, letter: QueuedMessage, status: str) -> None:
        """Note that the server has taken a message.

        The disk has it with the next message's "in doubt", which is half the flushes: a power cut before that leaves
        this message in doubt, which is never sent again by itself.
        """
        with self.store.transaction(is_flushed=False) as connection:
            self._set(letter.person, "accepted", status)
            connection.execute(
                "UPDATE subscribers SET used_on = ? WHERE person = ? AND list = ?",
                (datetime.now(UTC).date().isoformat(), letter.person, self.list_),
            )

    def defer(self, letter: QueuedMessage, status: str, wait_s: float) -> None:
        """Note that a message is known not to have been taken, and when to try it again."""
        with self.store.transaction():
            self._set(letter.person, "deferred", status, attempts=letter.attempts + 1, due=time.time() + wait_s)

    def refuse(self, letter: QueuedMessage, status: str, *, is_unreachable: bool) -> None:
        """Note that the server will never take a message; a reader whom none reaches is mailed no more."""
        with self.store.transaction() as connection:
            self._set(letter.person, "refused", status)
            if is_unreachable:
                connection.execute(
                    "UPDATE subscribers SET bounced_on = ? WHERE person = ?",
                    (datetime.now(UTC).date().isoformat(), letter.person),
                )

    def release(self, letter: QueuedMessage) -> None:
        """Queue a letter again whose content has not left; one in doubt stays so."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = 'queued', changed = ? "
                "WHERE campaign = ? AND person = ? AND state = 'claimed'",
                (timestamp_now(), self.id, letter.person),
            )

    def next_due(self, attempts: int) -> float | None:
        """Return when the next deferred letter is due, in seconds since 1970; those tried often enough wait."""
        row = self.store.rows(
            "SELECT min(due) FROM outbox WHERE campaign = ? AND state = 'deferred' AND attempts < ?",
            (self.id, attempts),
        )[0]
        return None if row[0] is None else float(row[0])

    def counts(self) -> Mapping[str, int]:
        """Return how many letters are in each state."""
        rows = self.store.rows("SELECT state, count(*) FROM outbox WHERE campaign = ? GROUP BY state", (self.id,))
        found = Counter({row[0]: row[1] for row in rows})
        found["queued"] += found.pop("claimed", 0)
        return {state: found[state] for state in STATES}

    def messages_in_state(self, state: State) -> list[tuple[str, str, str]]:
        """Return address, server's answer and time of each letter in a state; the address is empty once forgotten."""
        rows = self.store.rows(
            "SELECT coalesce(address, ?), status, changed FROM outbox LEFT "  # noqa: S608  # constants
            f"{_JOIN_READER} WHERE campaign = ? AND state = ? ORDER BY address",
            (FORGOTTEN_ADDRESS, self.list_, self.id, state),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def _move(self, before: State, after: State) -> int:
        with self.store.transaction() as connection:
            return connection.execute(
                "UPDATE outbox SET state = ?, changed = ?, due = 0 WHERE campaign = ? AND state = ?",
                (after, timestamp_now(), self.id, before),
            ).rowcount

    def _set(self, person: str, state: State, status: str = "", *, attempts: int | None = None, due: float = 0) -> None:
        self.store.connection.execute(
            "UPDATE outbox SET state = ?, status = ?, changed = ?, due = ?, attempts = coalesce(?, attempts) "
            "WHERE campaign = ? AND person = ?",
            (state, status, timestamp_now(), due, attempts, self.id, person),
        )


def open_campaign(store: MailingDatabase, edition: str, list_: str, transport: str, content: str) -> Campaign:
    """Return the campaign of an edition and a list, begun where there is none yet.

    Args:
        content: Digest of the published message.

    Raises:
        SendError: Some readers have another content of this edition already.
    """
    known = find_campaign(store, edition, list_, transport)
    if known is None:
        with store.transaction() as connection:
            made = connection.execute(
                "INSERT INTO campaigns (edition, list, transport, content, begun_on) VALUES (?, ?, ?, ?, ?)",
                (edition, list_, transport, content, timestamp_now()),
            )
        return Campaign(store, made.lastrowid or 0, list_)
    begun = store.rows("SELECT content FROM campaigns WHERE id = ?", (known.id,))[0]["content"]
    if begun != content:
        counts = known.counts()
        gone = sum(counts[state] for state in ("accepted", "in doubt"))
        if gone:
            raise SendError(
                f"{edition} has changed since it began to go out: {gone} of {sum(counts.values())} readers have, "
                "or may have, what it was before",
                hint="put the sources back and publish, to finish; or give the new content a source of its own",
            )
        with store.transaction() as connection:
            connection.execute("UPDATE campaigns SET content = ? WHERE id = ?", (content, known.id))
    return known


def find_campaign(store: MailingDatabase, edition: str, list_: str, transport: str) -> Campaign | None:
    """Return the campaign of an edition and a list, if it has begun."""
    rows = store.rows(
        "SELECT id FROM campaigns WHERE edition = ? AND list = ? AND transport = ?", (edition, list_, transport)
    )
    return Campaign(store, rows[0]["id"], list_) if rows else None


def timestamp_now() -> str:
    """Return this moment as the outbox writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
