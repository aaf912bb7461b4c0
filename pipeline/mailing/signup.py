"""Double opt-in: a web form requests a sign-up, a confirmation mail completes it."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipeline.config import Config, Publisher
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.dkim_signing import DkimSigner
from pipeline.mailing.settings import sender_domain
from pipeline.mailing.subscribers import Consent, import_consents
from pipeline.rendering.words import Words
from pipeline.writers.newsletter.message import encode_header

CONFIRM_WITHIN_S = 7 * 24 * 3600
"""Seconds until an unconfirmed sign-up is deleted."""
REPEAT_AFTER_S = 15 * 60
"""Seconds between two confirmation mails to one address, so that the form cannot flood a mailbox."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    list: str
    language: str
    address: str
    token: str
    mark: str


def consent_wording(words: Words, title: str, publisher: Publisher) -> tuple[str, str]:
    """Return the consent text, and its version, which is derived from the text."""
    agreed = words.fill("signup_consent", title=title, publisher=publisher.name)
    return agreed, f"{words.language}-{hashlib.sha256(agreed.encode()).hexdigest()[:12]}"


def request_signup(store: MailingDatabase, list_: str, address: str, language: str, wording: tuple[str, str]) -> None:
    """Save a requested sign-up. The result does not reveal whether the address is on the list."""
    agreed, version = wording
    now, person = time.time(), store.person(address)
    with store.transaction() as connection:
        connection.execute("DELETE FROM asked WHERE asked < ?", (now - CONFIRM_WITHIN_S,))
        connection.execute("INSERT OR IGNORE INTO wordings VALUES (?, ?)", (version, agreed))
        last = connection.execute("SELECT asked FROM asked WHERE person = ? AND list = ?", (person, list_)).fetchone()
        if last and now - last["asked"] < REPEAT_AFTER_S:
            return
        connection.execute(
            "INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (person, list_, address, language, version, secrets.token_urlsafe(16), now, now),
        )


def confirm_signup(store: MailingDatabase, token: str) -> bool:
    """Add a confirmed reader to the list; False where the token is unknown or expired."""
    rows = store.rows("SELECT * FROM asked WHERE token = ? AND asked >= ?", (token, time.time() - CONFIRM_WITHIN_S))
    for row in rows:
        today, source = datetime.now(UTC).date(), "web form, confirmed by mail"
        consent = Consent(row["address"], row["language"], today, row["wording"], source)
        import_consents(store, row["list"], [consent], ties_return=True)  # they may have unsubscribed earlier today
        with store.transaction() as connection:
            connection.execute("DELETE FROM asked WHERE token = ?", (token,))
    return bool(rows)


def due_confirmations(store: MailingDatabase, lists: tuple[str, ...]) -> list[Confirmation]:
    now = time.time()
    return [
        Confirmation(row["list"], row["language"], row["address"], row["token"], secrets.token_urlsafe(16))
        for row in store.rows(
            "SELECT * FROM asked WHERE due <= ? AND asked >= ? "  # noqa: S608  # placeholders only
            f"AND list IN ({', '.join('?' * len(lists))}) ORDER BY due LIMIT 50",
            (now, now - CONFIRM_WITHIN_S, *lists),
        )
    ]


def record_attempt(store: MailingDatabase, confirmation: Confirmation, wait_s: float | None) -> None:
    """Save that a confirmation mail is sent (no wait), or when to try it again."""
    moment = None if wait_s is None else time.time() + wait_s
    with store.transaction() as connection:
        connection.execute("UPDATE asked SET due = ? WHERE token = ?", (moment, confirmation.token))


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
