"""Template of a published message: one message per reader, with only headers and token replaced.

The published `.eml` is taken apart once. Each reader's copy then is a join of the same pieces, with their token of 22
characters where the unsubscribe address stands: a token of fixed length breaks every line where the next one does.
"""

from __future__ import annotations

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
from pipeline.writers.newsletter.message import encode_header

TOKEN_LENGTH = 22
_PLACEHOLDER = "TokenOfOneReaderGoHere"
"""Stands for a token while the message is taken apart."""
_REPLACED_HEADERS = frozenset(
    ("to", "cc", "bcc", "date", "message-id", "x-unsent", "precedence", "feedback-id", "dkim-signature", "sender",
     "return-path", "list-id", "list-unsubscribe", "list-unsubscribe-post")
)  # fmt: skip
_HEADER_FIELD = re.compile(rb"(?ms)^([!-9;-~]+):.*?\r\n(?![ \t])")
MAX_LINE_LENGTH = 998
_ADDRESS_END = r"(?![\w/?#&=%~+-]|\.\w)"
"""What follows an address in text that is not a longer one."""


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """Where replies and readers who leave are to go."""

    domain: str
    """Of the sender's address: Message-IDs end in it."""
    list: str
    service: str
    mailto: str
    feedback: str = ""
    """The Feedback-ID, if one is wanted."""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A published message, ready to be addressed."""

    head: bytes
    """The headers that stay, as they were published."""
    body: tuple[bytes | slice, ...]
    """Pieces, and parts of the token between them."""
    content: str
    """Digest of the published message."""

    def address(self, route: SenderIdentity, address: str, token: str, mark: str, date: datetime) -> bytes:
        """Return the message of one reader.

        Raises:
            SendError: A header would say something else, or another header, once it is read again.
        """
        head = b"".join(encode_header(name, words) for name, words in self.headers(route, address, token, mark, date))
        placed = token.encode("ascii")
        body = b"".join(placed[piece] if isinstance(piece, slice) else piece for piece in self.body)
        return head + self.head + body

    def headers(
        self, route: SenderIdentity, address: str, token: str, mark: str, date: datetime
    ) -> Sequence[tuple[str, str]]:
        """Return the headers of one reader, each on one line: folded, some programs no longer read them."""
        link, mail = unsubscribe_addresses(route, token)
        made = [
            ("To", address),
            ("Date", format_datetime(date)),
            ("Message-ID", f"<{mark}@{route.domain}>"),
            ("List-Unsubscribe", f"<{link}>, <{mail}>" if mail else f"<{link}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-ID", f"<{route.list}.{route.domain}>"),
            ("Precedence", "bulk"),
        ]
        if route.feedback:
            made.append(("Feedback-ID", route.feedback))
        for name, words in made:
            if not (words.isascii() and words.isprintable() and len(name) + 2 + len(words) <= MAX_LINE_LENGTH):
                raise SendError(f"{name} would not reach the reader as it is: {words!r}")
        return made


def unsubscribe_addresses(route: SenderIdentity, token: str) -> tuple[str, str]:
    """Return the web address that unsubscribes a reader, and the mail address that does (RFC 2369 and 8058)."""
    mail = f"mailto:{quote(route.mailto, safe='@')}?subject=unsubscribe%20{token}" if route.mailto else ""
    return f"{route.service.rstrip('/')}/u/{token}", mail


def parse_template(published: bytes, unsubscribe: str, route: SenderIdentity) -> MessageTemplate:
    """Return a published message as a template.

    Args:
        unsubscribe: The address that the published message gives its readers for leaving.

    Raises:
        SendError: The message is none, or does not give its readers that address in both its text and its HTML.
    """
    head, separator, _ = published.partition(b"\r\n\r\n")
    head += b"\r\n"
    if not separator:
        raise SendError("the published message is damaged: no end of its headers", hint="publish it again: --force")
    kept = b"".join(
        at[0] for at in _HEADER_FIELD.finditer(head) if at[1].decode("ascii").lower() not in _REPLACED_HEADERS
    )
    link = unsubscribe_addresses(route, _PLACEHOLDER)[0]
    placed, kinds = _insert_token_placeholder(published, unsubscribe, link)
    if missing := {"text/plain", "text/html"} - kinds:
        raise SendError(
            f"the published message has no address for leaving in its {' and '.join(sorted(missing))}",
            hint="[newsletter] unsubscribe gives one, which sending replaces by that of each reader; then publish",
        )
    return MessageTemplate(kept + b"\r\n", _split_at_placeholder(placed), hashlib.sha256(published).hexdigest())


def _insert_token_placeholder(published: bytes, unsubscribe: str, link: str) -> tuple[bytes, set[str]]:
    """Return the body with the reader's address for leaving in its place, and the kinds of part that had one."""
    body = published.partition(b"\r\n\r\n")[2]
    kinds: set[str] = set()
    for part in message_from_bytes(published, policy=SMTP).walk():
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or not unsubscribe:
            continue
        written = str(part.get_payload()).encode("ascii")
        words = quopri.decodestring(written).decode("utf-8")
        if kind == "text/html":
            changed = words.replace(f'href="{html.escape(unsubscribe)}"', f'href="{html.escape(link)}"')
        else:
            changed = re.sub(re.escape(unsubscribe) + _ADDRESS_END, lambda _: link, words)
        if changed == words:
            continue
        if body.count(written) != 1:
            raise SendError("the published message is damaged: a part of it stands twice", hint="publish it again")
        again = quopri.encodestring(changed.replace("\r\n", "\n").encode()).replace(b"\n", b"\r\n")
        body = body.replace(written, again)
        kinds.add(kind)
    return body, kinds


def _split_at_placeholder(body: bytes) -> tuple[bytes | slice, ...]:
    """Cut the body at each character run of the token; quoted-printable may break a line within one."""
    broken = b"(?:=\r\n)?".join(re.escape(character.encode()) for character in _PLACEHOLDER)
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
    """Return what a program that reads the message again finds otherwise: a header too many, or one that was changed.

    Source: CVE-2024-6923, headers that hold line breaks; CPython issue 85725, List-Unsubscribe as an encoded word.
    """
    message = message_from_bytes(data, policy=compat32)
    count = Counter(name.lower() for name in message.keys())  # noqa: SIM118  # a message is no mapping: keys repeat
    faults = [f"{name} stands {times} times" for name, times in count.items() if times > 1]
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    for name, words in expected:
        if f"\r\n{name}: {words}\r\n".encode() not in b"\r\n" + head:
            faults.append(f"{name} does not travel as it is written")
    needed = ("From", "Subject", "MIME-Version", "Content-Type")
    return [*faults, *(f"{name} is missing" for name in needed if name not in message)]
