"""Reads a mailbox for bounces (RFC 3464) and unsubscribe requests."""

from __future__ import annotations

import hashlib
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from pipeline.errors import SendError
from pipeline.languages import together
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.message_template import TOKEN_LENGTH
from pipeline.mailing.subscribers import unsubscribe_address, unsubscribe_token

_MESSAGE_ID = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"
_UNSUBSCRIBE_WORDS = re.compile(
    rf"\b{together().unsubscribe}|^\s*(?:{together().reply}\s*:\s*)*stop\W*$", re.IGNORECASE
)
"""“Stop” counts only alone: “SV: Stop med at ryge” is a reply to a newsletter of that title."""
_NOT_ABOUT_THE_ADDRESS = ("5.2.2", "5.2.3", "5.3.", "5.4.", "5.5.", "5.6.", "5.7.")
"""Permanent codes that do not concern the address: full, too large, routing, policy (RFC 3463)."""


@dataclass(slots=True)
class MailboxCounts:
    read: int = 0
    known: int = 0
    """Already read by an earlier run."""
    hard: int = 0
    soft: int = 0
    left: int = 0
    unmatched: int = 0
    """Bounces of other messages, and replies with other requests: a person should read them."""


def read_bounces(store: MailingDatabase, path: Path, today: date) -> MailboxCounts:
    """Suppress subscribers after a hard bounce, and count their soft bounces.

    Raises:
        SendError: The path is neither an mbox nor a Maildir.
    """
    tally = MailboxCounts()
    for message in _unread_messages(store, path, tally):
        marks, status, action = _parse_bounce(message)
        if not status or action in ("delivered", "relayed", "expanded"):
            tally.unmatched += 1
            continue
        is_hard = action == "failed" and status.startswith("5.") and not status.startswith(_NOT_ABOUT_THE_ADDRESS)
        with store.transaction() as connection:
            rows = [
                row
                for mark in marks
                for row in connection.execute("SELECT person FROM outbox WHERE mark = ?", (mark,)).fetchall()
            ]
            for row in rows[:1]:
                change = "bounced_on = coalesce(bounced_on, ?)" if is_hard else "soft_bounces = soft_bounces + 1"
                values = (today.isoformat(), row["person"]) if is_hard else (row["person"],)
                connection.execute(f"UPDATE subscribers SET {change} WHERE person = ?", values)  # noqa: S608  # constants
        tally.hard += bool(rows) and is_hard
        tally.soft += bool(rows) and not is_hard
        tally.unmatched += not rows
    return tally


def read_unsubscribe_requests(store: MailingDatabase, path: Path, today: date) -> MailboxCounts:
    """Unsubscribe readers who ask for it by mail: by the token of List-Unsubscribe, or in words from their address.

    Raises:
        SendError: The path is neither an mbox nor a Maildir.
    """
    tally = MailboxCounts()
    for message in _unread_messages(store, path, tally):
        words = _decode_header(message, "Subject")
        tokens = re.findall(rf"(?<![\w-])({_MESSAGE_ID})(?![\w-])", words)
        if any(unsubscribe_token(store, token, today) for token in tokens):
            tally.left += 1
            continue
        is_automatic = (_decode_header(message, "Auto-Submitted") or "no").lower() != "no"
        senders = [address for _, address in getaddresses([_decode_header(message, "From")])]
        asks = _UNSUBSCRIBE_WORDS.search(words) and not is_automatic
        if asks and any(unsubscribe_address(store, address, today) for address in senders):
            tally.left += 1
        else:
            tally.unmatched += 1
    return tally


def _unread_messages(store: MailingDatabase, path: Path, tally: MailboxCounts) -> Iterator[Message]:
    """Yield each message that no earlier run has read; the mailbox stays unchanged."""
    for data in _mailbox_messages(path):
        tally.read += 1
        digest = hashlib.sha256(data).hexdigest()
        if store.rows("SELECT 1 FROM read_mail WHERE digest = ?", (digest,)):
            tally.known += 1
            continue
        yield _parse_message(data)
        with store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO read_mail VALUES (?)", (digest,))


def _parse_message(data: bytes) -> Message:
    """Return a message; only its headers where its parts are nested too deeply or are damaged.

    Anyone can write to this mailbox: a hostile message must not prevent reading the others.
    """
    # The default policy (compat32): the newer ones fail on malformed addresses.
    try:
        message = message_from_bytes(data)
        message.as_bytes()  # nests as deep as any later access
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):  # hostile mail causes them all
        return BytesHeaderParser().parsebytes(data)
    return message


def _mailbox_messages(path: Path) -> Iterator[bytes]:
    if (path / "new").is_dir() and (path / "cur").is_dir():
        files = [file for name in ("new", "cur") for file in sorted((path / name).iterdir()) if file.is_file()]
        yield from (file.read_bytes() for file in files)
        return
    try:
        with path.open("rb") as file:
            begins = file.read(5)
    except OSError as error:
        raise SendError(f"{path} cannot be read: {error.strerror}") from error
    if begins not in (b"From ", b""):
        raise SendError(f"{path} is neither an mbox nor a Maildir", hint="export the mailbox in one of these forms")
    box = mailbox.mbox(path, create=False)
    try:
        yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118  # a mailbox is not a mapping
    finally:
        box.close()


def _parse_bounce(message: Message) -> tuple[list[str], str, str]:
    """Return possible Message-IDs (left halves) of the bounced message, the enhanced status code, and the action."""
    status = action = ""
    recipients = " ".join(_decode_header(message, name) for name in ("To", "Delivered-To", "X-Original-To"))
    marks = re.findall(rf"\+({_MESSAGE_ID})@", recipients)
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for fields in (each for each in part.get_payload() if not isinstance(each, str)):
                status = _decode_header(fields, "Status").strip() or status
                action = _decode_header(fields, "Action").strip().lower() or action
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            marks += re.findall(rf"(?im)^Message-ID:\s*<({_MESSAGE_ID})@", part.as_bytes().decode("ascii", "replace"))
    return marks, status.split(" ")[0], action


def _decode_header(message: Message, name: str) -> str:
    written = str(message[name] or "")
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, ValueError):  # ValueError: a byte that is invalid in its charset
        return written
