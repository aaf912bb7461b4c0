"""Double opt-in: a web form requests a sign-up, a confirmation mail completes it."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipeline.config import Config, Publisher
from pipeline.mailing.database import MailingDatabase, keyed_hash
from pipeline.mailing.dkim_signing import DkimSigner
from pipeline.mailing.settings import sender_domain
from pipeline.mailing.subscribers import Consent, add_consents
from pipeline.rendering.words import Words
from pipeline.writers.newsletter.message import encode_header

CONFIRM_WITHIN_S = 7 * 24 * 3600
"""Seconds until an unconfirmed sign-up is deleted."""
REPEAT_AFTER_S = 15 * 60
"""Seconds between two confirmation mails to one address, so that the form cannot flood a mailbox."""
HOUR_S = 3600
MAILS_PER_MAILBOX, MAILS_PER_DOMAIN, MAILS_IN_ALL = 3, 200, 500
"""Confirmation mails an hour. Those of one more hour wait their turn; a sign-up beyond them is dropped."""
FIRST_WAIT_S, LONGEST_WAIT_S = 120, 4 * HOUR_S
"""Seconds before a confirmation mail is tried again, growing with the age of its sign-up."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    list: str
    language: str
    address: str
    token: str
    mark: str
    asked: float


def consent_wording(words: Words, title: str, publisher: Publisher) -> tuple[str, str]:
    """Return the consent text, and its version, which is derived from the text."""
    agreed = words.fill("signup_consent", title=title, publisher=publisher.name)
    return agreed, f"{words.language}-{hashlib.sha256(agreed.encode()).hexdigest()[:12]}"


def request_signup(store: MailingDatabase, list_: str, address: str, language: str, wording: tuple[str, str]) -> None:
    """Save a requested sign-up. The result does not reveal whether the address is on the list."""
    agreed, version = wording
    now, person = time.time(), store.person(address)
    with store.transaction() as connection:
        last = connection.execute("SELECT asked FROM asked WHERE person = ? AND list = ?", (person, list_)).fetchone()
        if last and abs(now - last["asked"]) < REPEAT_AFTER_S:
            return
        due = _reserve_mail(store, connection, address, now)
        if due is None:
            return
        connection.execute("INSERT OR IGNORE INTO wordings VALUES (?, ?)", (version, agreed))
        connection.execute(
            "INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (person, list_, address, language, version, secrets.token_urlsafe(16), now, due),
        )


def _reserve_mail(store: MailingDatabase, connection: sqlite3.Connection, address: str, now: float) -> float | None:
    """Reserve the time of a confirmation mail within the limits of an hour; None where that is over an hour away.

    A mailbox is an address without letter case and +tag, and without dots at Gmail: all of these reach one person.
    """
    local, _, domain = address.casefold().rpartition("@")
    mailbox = local.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        mailbox, domain = mailbox.replace(".", ""), "gmail.com"
    limits = {
        keyed_hash(store.key, f"{mailbox}@{domain}"): MAILS_PER_MAILBOX,
        keyed_hash(store.key, domain): MAILS_PER_DOMAIN,
        "": MAILS_IN_ALL,
    }
    due = now
    for key, most in limits.items():
        earlier = connection.execute(
            "SELECT due FROM mail_times WHERE key = ? ORDER BY due DESC LIMIT 1 OFFSET ?", (key, most - 1)
        ).fetchone()
        due = max(due, earlier["due"] + HOUR_S) if earlier else due
    if due > now + HOUR_S:
        return None
    connection.executemany("INSERT INTO mail_times VALUES (?, ?)", [(key, due) for key in limits])
    return due


def confirm_signup(store: MailingDatabase, token: str) -> bool:
    """Add a confirmed reader to the list; False where the token is unknown or expired."""
    with store.transaction() as connection:
        rows = connection.execute(
            "DELETE FROM asked WHERE token = ? AND asked >= ? RETURNING *", (token, time.time() - CONFIRM_WITHIN_S)
        ).fetchall()
        for row in rows:
            today, source = datetime.now(UTC).date(), "web form, confirmed by mail"
            consent = Consent(row["address"], row["language"], today, row["wording"], source)
            add_consents(store, row["list"], [consent], is_given_now=True)
    return bool(rows)


def delete_expired(store: MailingDatabase) -> None:
    """Delete sign-ups that nobody has confirmed for a week; where the clock was set back, let none wait for it."""
    now = time.time()
    with store.transaction() as connection:
        connection.execute("DELETE FROM asked WHERE asked < ?", (now - CONFIRM_WITHIN_S,))
        connection.execute("DELETE FROM mail_times WHERE due NOT BETWEEN ? AND ?", (now - HOUR_S, now + HOUR_S))
        connection.execute(
            "UPDATE asked SET asked = min(asked, :now), due = min(due, :now) WHERE asked > :now OR due > :last",
            {"now": now, "last": now + LONGEST_WAIT_S},
        )


def due_confirmations(store: MailingDatabase, lists: tuple[str, ...]) -> list[Confirmation]:
    query = (
        "SELECT list, language, address, token, new_token() AS mark, asked FROM asked "  # noqa: S608  # placeholders only
        f"WHERE due <= ? AND list IN ({', '.join('?' * len(lists))}) ORDER BY due LIMIT 50"
    )
    return [Confirmation(**dict(row)) for row in store.rows(query, (time.time(), *lists))]


def is_wanted(store: MailingDatabase, confirmation: Confirmation) -> bool:
    """Tell whether the sign-up still waits for its confirmation: the address may have been forgotten meanwhile."""
    return bool(store.rows("SELECT 1 FROM asked WHERE token = ?", (confirmation.token,)))


def record_attempt(store: MailingDatabase, confirmation: Confirmation, *, is_settled: bool) -> None:
    """Save that a confirmation mail is sent, or when to try it again."""
    now = time.time()
    wait_s = min(max(FIRST_WAIT_S, now - confirmation.asked), LONGEST_WAIT_S)
    with store.transaction() as connection:
        connection.execute(
            "UPDATE asked SET due = ? WHERE token = ?", (None if is_settled else now + wait_s, confirmation.token)
        )


def confirmation_mail(confirmation: Confirmation, config: Config, words: Words, signer: DkimSigner | None) -> bytes:
    publisher, domain = config.publisher, sender_domain(config.publisher)
    title = config.sending.lists[confirmation.list]
    body = words.fill(
        "signup_mail",
        title=title,
        publisher=publisher.name,
        address=f"{config.sending.service.rstrip('/')}/confirm/{confirmation.token}",
        days=CONFIRM_WITHIN_S // 86400,
    )
    made = EmailMessage(policy=SMTP)
    made.set_content(body + "\n", charset="utf-8", cte="quoted-printable")
    sender = Address(publisher.name, addr_spec=publisher.email)
    data = b"".join(
        (
            encode_header("From", sender.display_name, f" <{sender.username}@{domain}>"),
            encode_header("To", confirmation.address),
            encode_header("Subject", words.fill("signup_mail_subject", title=title)),
            encode_header("Date", format_datetime(datetime.now(UTC))),
            encode_header("Message-ID", f"<{confirmation.mark}@{domain}>"),
            encode_header("Content-Language", words.language),
            encode_header("Auto-Submitted", "auto-generated"),
            made.as_bytes(),
        )
    )
    return signer.sign(data) if signer else data
