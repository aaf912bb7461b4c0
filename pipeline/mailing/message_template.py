"""Template of a published message: one message per reader, with only headers and token replaced.

The published `.eml` is split once. Each reader's copy joins the same pieces, with the reader's token of 22 characters
in the unsubscribe address: tokens of one length keep every line break in its place.
"""

from __future__ import annotations

import base64
import hashlib
import html
import quopri
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import SMTP, compat32
from email.utils import format_datetime
from urllib.parse import quote

from pipeline.errors import SendError
from pipeline.mailing.outbox import QueuedMessage
from pipeline.writers.newsletter.message import encode_header, shield_from_lines

TOKEN_LENGTH = 22
_TEXTS = {"text/plain", "text/html"}
_REPLACED_HEADERS = frozenset(
    ("to", "cc", "bcc", "date", "message-id", "x-unsent", "precedence", "feedback-id", "dkim-signature", "sender",
     "return-path", "list-id", "list-unsubscribe", "list-unsubscribe-post")
)  # fmt: skip
_HEADER_FIELD = re.compile(rb"(?ms)^([!-9;-~]+):.*?\r\n(?![ \t])")
MAX_LINE_LENGTH = 998
_ADDRESS_END = r"(?![\w/?#&=%~+-]|\.\w)"
"""Lookahead for the end of an address, so that no longer address matches."""


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """Sender domain, list and unsubscribe addresses: the data of the headers that all messages share."""

    domain: str
    list: str
    service: str
    mailto: str
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Base64Part:
    """A part that travels as base64, which is encoded for each reader."""

    around: tuple[bytes, ...]
    """What stands before, between and behind the tokens."""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A published message, split at the places that differ between readers."""

    head: bytes
    body: tuple[bytes | slice | Base64Part, ...]
    """Pieces of the body; a slice stands for that part of the token."""
    content: str

    def address(self, identity: SenderIdentity, message: QueuedMessage, date: datetime) -> bytes:
        """Return the message of one reader.

        Raises:
            SendError: A header value is not printable ASCII, or too long.
        """
        head = b"".join(encode_header(name, words) for name, words in self.headers(identity, message, date))
        token = message.token.encode("ascii")
        return head + self.head + b"".join(_filled(piece, token) for piece in self.body)

    def headers(self, identity: SenderIdentity, message: QueuedMessage, date: datetime) -> Sequence[tuple[str, str]]:
        """Return the headers of one reader, unfolded: some mail programs do not read folded List headers."""
        link, mail = unsubscribe_addresses(identity, message.token)
        made = [
            ("To", message.address),
            ("Date", format_datetime(date)),
            ("Message-ID", f"<{message.mark}@{identity.domain}>"),
            ("List-Unsubscribe", f"<{link}>, <{mail}>" if mail else f"<{link}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-ID", f"<{identity.list}.{identity.domain}>"),
            ("Precedence", "bulk"),
        ]
        if identity.feedback:
            made.append(("Feedback-ID", identity.feedback))
        for name, words in made:
            if not (words.isascii() and words.isprintable() and len(name) + 2 + len(words) <= MAX_LINE_LENGTH):
                raise SendError(f"the header {name} cannot be sent: {words!r}")
        return made


def _filled(piece: bytes | slice | Base64Part, token: bytes) -> bytes:
    if isinstance(piece, Base64Part):
        return base64.encodebytes(token.join(piece.around)).replace(b"\n", b"\r\n")
    return token[piece] if isinstance(piece, slice) else piece


def unsubscribe_addresses(identity: SenderIdentity, token: str) -> tuple[str, str]:
    """Return the web address and the mail address that unsubscribe a reader (RFC 2369 and 8058)."""
    mail = f"mailto:{quote(identity.mailto, safe='@')}?subject=unsubscribe%20{token}" if identity.mailto else ""
    return f"{identity.service.rstrip('/')}/u/{token}", mail


def parse_template(published: bytes, unsubscribe: str, identity: SenderIdentity) -> MessageTemplate:
    """Split a published message into a template.

    Args:
        unsubscribe: The unsubscribe address in the published message.

    Raises:
        SendError: The message is damaged, or lacks that address in its text or its HTML.
    """
    head, separator, _ = published.partition(b"\r\n\r\n")
    head += b"\r\n"
    if not separator:
        raise SendError("the published message is damaged: no end of its headers", hint="publish it again: --force")
    kept = b"".join(
        at[0] for at in _HEADER_FIELD.finditer(head) if at[1].decode("ascii").lower() not in _REPLACED_HEADERS
    )
    # Derived from the whole message, so that no article can contain it and be given a reader's token.
    placeholder = base64.urlsafe_b64encode(hashlib.sha256(published).digest())[:TOKEN_LENGTH].decode("ascii")
    link = unsubscribe_addresses(identity, placeholder)[0]
    body: list[bytes | slice | Base64Part] = []
    rest, kinds = published.partition(b"\r\n\r\n")[2], set()
    for part in message_from_bytes(published, policy=SMTP).walk():
        kind = part.get_content_type()
        written = str(part.get_payload()).encode("ascii") if kind in _TEXTS else b""
        changed = _with_link(part.get_content(), kind, unsubscribe, link) if written and unsubscribe else ""
        if not changed:
            continue
        if rest.count(written) != 1:
            raise SendError("the published message is damaged: it contains a part twice", hint="publish it again")
        before, _, rest = rest.partition(written)
        body += _split_at(placeholder, shield_from_lines(before))
        if part["Content-Transfer-Encoding"] == "base64":
            body.append(Base64Part(tuple(changed.encode().split(placeholder.encode()))))
        else:
            data = quopri.encodestring(changed.replace("\r\n", "\n").encode()).replace(b"\n", b"\r\n")
            body += _split_at(placeholder, shield_from_lines(data))
        kinds.add(kind)
    if missing := _TEXTS - kinds:
        raise SendError(
            f"the published message has no unsubscribe address in its {' and '.join(sorted(missing))}",
            hint="set [newsletter] unsubscribe, which sending replaces by the address of each reader; then publish",
        )
    body += _split_at(placeholder, shield_from_lines(rest))
    return MessageTemplate(kept + b"\r\n", tuple(body), hashlib.sha256(published).hexdigest())


def _with_link(words: str, kind: str, unsubscribe: str, link: str) -> str:
    """Return a part with another unsubscribe address in its footer; empty where it has none.

    It is the last in each part: an article that contains the address keeps it, and shows no reader's link.
    """
    if kind == "text/html":
        address = rf'(?<= href="){re.escape(html.escape(unsubscribe))}(?=")'
    else:
        address = rf"(?<!\S){re.escape(unsubscribe)}{_ADDRESS_END}"
    places = list(re.finditer(address, words))
    shown = html.escape(link) if kind == "text/html" else link
    return words[: places[-1].start()] + shown + words[places[-1].end() :] if places else ""


def _split_at(placeholder: str, body: bytes) -> tuple[bytes | slice, ...]:
    """Split the body at each token; quoted-printable may break a line within a token."""
    broken = b"(?:=\r\n)?".join(re.escape(character.encode()) for character in placeholder)
    pieces: list[bytes | slice] = []
    end = 0
    for at in re.finditer(broken, body):
        pieces.append(body[end : at.start()])
        first = 0
        for number, run in enumerate(at[0].split(b"=\r\n")):
            if number:
                pieces.append(b"=\r\n")
            pieces.append(slice(first, first + len(run)))
            first += len(run)
        end = at.end()
    return (*pieces, body[end:])


def header_violations(data: bytes, expected: Sequence[tuple[str, str]]) -> list[str]:
    """Return the header errors of a finished message: repeated, missing or altered headers.

    Source: CVE-2024-6923, headers that hold line breaks; CPython issue 85725, List-Unsubscribe as an encoded word.
    """
    message = message_from_bytes(data, policy=compat32)
    count = Counter(name.lower() for name in message.keys())  # noqa: SIM118  # a message is no mapping: keys repeat
    faults = [f"{name} occurs {times} times" for name, times in count.items() if times > 1]
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    for name, words in expected:
        if f"\r\n{name}: {words}\r\n".encode() not in b"\r\n" + head:
            faults.append(f"{name} is altered")
    needed = ("From", "Subject", "MIME-Version", "Content-Type")
    return [*faults, *(f"{name} is missing" for name in needed if name not in message)]
