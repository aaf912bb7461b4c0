"""Reads a mailbox for bounces (RFC 3464) and unsubscribe requests."""

from __future__ import annotations

import hashlib
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from pipeline.errors import SendError
from pipeline.languages import together
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.message_template import TOKEN_LENGTH
from pipeline.mailing.outbox import suppress_bounced
from pipeline.mailing.refusals import clean_reply, is_mailbox_gone
from pipeline.mailing.subscribers import unsubscribe_address, unsubscribe_token

_MESSAGE_ID = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"
_UNSUBSCRIBE_WORDS = re.compile(
    rf"\b{together().unsubscribe}|^\s*(?:{together().reply}\s*:\s*)*stop\W*$", re.IGNORECASE
)
"""“Stop” counts only alone: “SV: Stop med at ryge” is a reply to a newsletter of that title."""


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
        marks, reports = _parse_bounce(message)
        found = [row for mark in marks for row in store.rows("SELECT * FROM outbox WHERE mark = ?", (mark,))]
        is_hard = _is_hard(store, found[0]["person"], reports) if found else None
        if is_hard is None:
            tally.unmatched += 1
            continue
        person, campaign = found[0]["person"], found[0]["campaign"]
        with store.transaction() as connection:
            if is_hard:
                suppress_bounced(connection, person, campaign, today)
            else:
                connection.execute("UPDATE subscribers SET soft_bounces = soft_bounces + 1 WHERE person = ?", (person,))
        tally.hard += is_hard
        tally.soft += not is_hard
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
        message = _parse_message(data)
        with store.transaction() as connection:  # with what follows from it: of two runs at once, one counts it
            if connection.execute("INSERT OR IGNORE INTO read_mail VALUES (?)", (digest,)).rowcount:
                yield message
            else:
                tally.known += 1


def _parse_message(data: bytes) -> Message:
    """Return a message; only its headers where its parts are nested too deeply or are damaged.

    Anyone can write to this mailbox: a hostile message must not prevent reading the others.
    """
    # The default policy (compat32): the newer ones fail on malformed addresses.
    try:
        message = message_from_bytes(data)
        message.as_bytes()  # nests as deep as any later access
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError):  # hostile mail: all
        message = BytesHeaderParser().parsebytes(data)
        del message["Content-Type"]  # what it names is not there
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


def _parse_bounce(message: Message) -> tuple[list[str], list[Message]]:
    """Return possible Message-IDs (left halves) of the bounced message, and the fields about each of its recipients."""
    recipients = " ".join(_decode_header(message, name) for name in ("To", "Delivered-To", "X-Original-To"))
    marks = re.findall(rf"\+({_MESSAGE_ID})@", recipients)
    reports: list[Message] = []
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            reports += map(BytesHeaderParser().parsebytes, re.split(rb"\n\s*\n", _decode_part(part)))
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            marks += re.findall(rf"(?im)^Message-ID:\s*<({_MESSAGE_ID})@", str(_decode_part(part), "ascii", "replace"))
    return marks, reports


def _is_hard(store: MailingDatabase, person: str, reports: list[Message]) -> bool | None:
    """Tell whether the report on a reader says that the mailbox is gone; None: nothing says that delivery failed.

    A report on another address, such as one that the reader's mail is forwarded to, is soft.
    """
    is_hard: bool | None = None
    for fields in reports:
        names = [name for name in ("Final-Recipient", "Original-Recipient") if name in fields]
        recipients = [_decode_header(fields, name).rpartition(";")[2].strip(" <>") for name in names]
        status, action = (_decode_header(fields, name).strip().split(" ")[0] for name in ("Status", "Action"))
        if not status or action.lower() in ("delivered", "relayed", "expanded"):
            continue
        reply = clean_reply(_decode_header(fields, "Diagnostic-Code"), *recipients)
        is_gone = action.lower() == "failed" and status.startswith("5.") and is_mailbox_gone(reply, status)
        if not recipients or person in map(store.person, recipients):
            return is_gone
        is_hard = False
    return is_hard


def _decode_part(part: Message) -> bytes:
    """Return the content of a part; some servers write reports in base64, which RFC 6522 forbids."""
    encoding = str(part["Content-Transfer-Encoding"] or "").encode("ascii", "replace")
    body = part.as_bytes().partition(b"\n\n")[2]
    return bytes(
        message_from_bytes(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body).get_payload(decode=True)
    )


def _decode_header(message: Message, name: str) -> str:
    written = str(message[name] or "")
    try:
        return str(make_header(decode_header(written)))
    except (MessageError, LookupError, ValueError):  # ValueError: a byte that is invalid in its charset
        return written
