"""Builds the mail message (MIME): headers, text part, HTML part and pictures.

Every header is derived from the content, so equal content gives equal bytes. Sending replaces `Date` and `Message-ID`,
adds `To` and removes `X-Unsent`.
"""

from __future__ import annotations

import hashlib
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from pipeline.config import FILE_NAME, Publisher
from pipeline.errors import ConfigError, PublishError, SourceError
from pipeline.model import Article
from pipeline.writers import Rendition

DATE_HEADER_TIME = time(8, tzinfo=UTC)
"""Time of a message with only a date: morning in Denmark, and the same day everywhere in Europe."""
LINE_LENGTH = 76
_NOTABLE = 0.95
"""A shorter encoding is worth it from this share on."""
_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FALLBACK_DOMAIN = "newsletter.invalid"
"""RFC 2606 reserves `.invalid`."""


@dataclass(frozen=True, slots=True)
class MessageContent:
    headers: Mapping[str, str]
    """Decoded."""
    sender: Address | None
    text: str
    html: str
    pictures: Mapping[str, Rendition]
    """Embedded pictures (`cid:`), by file name."""
    domain: str


def message_headers(front: Article, subject: str, day: date | None, unsubscribe: str) -> dict[str, str]:
    """Return the headers, without the sender.

    Raises:
        SourceError: The subject has a line break or another control character.
    """
    broken = SourceError("the subject holds a line break or another control character", source=front.source)
    headers = {"Subject": single_line_header(subject, broken), "Content-Language": front.language}
    if day:
        headers["Date"] = format_datetime(datetime.combine(day, DATE_HEADER_TIME))
    if re.match(r"(https|mailto):[\x21-\x7e]+$", unsubscribe):
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
    # Outlook for Windows opens a file with this header as a draft, not as received mail.
    headers["X-Unsent"] = "1"
    return headers


def sender_address(publisher: Publisher) -> Address | None:
    """Return the publisher as sender, with an ASCII domain (IDNA); None without an e-mail address.

    Raises:
        ConfigError: The name has a control character, or the e-mail address is invalid.
    """
    if not publisher.email:
        return None
    wrong = ConfigError(
        f"[publisher] email is {publisher.email!r}, expected an address such as kontakt@klinik.example",
        source=FILE_NAME,
    )
    broken = ConfigError("[publisher] name holds a line break or another control character", source=FILE_NAME)
    name = single_line_header(publisher.name, broken)
    local, _, domain = single_line_header(publisher.email, wrong).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        address = Address(name, addr_spec=f"{local}@{ascii_domain}")
    except (MessageError, ValueError, IndexError) as error:
        raise wrong from error
    if not local or not local.isascii() or "." not in ascii_domain:
        raise wrong
    return address


def single_line_header(value: str, otherwise: PublishError) -> str:
    """Return the stripped value of a header, or raise the error: a line break would inject another header."""
    if _LINE_BREAKING.search(value):
        raise otherwise
    return value.strip()


def message_domain(publisher: Publisher) -> str:
    host = publisher.email.rpartition("@")[2] or urlsplit(publisher.website).hostname or ""
    return host if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", host) else _FALLBACK_DOMAIN


def content_id(name: str, domain: str) -> str:
    return f"{name.partition('.')[0]}@{domain}"


def build_message(content: MessageContent) -> bytes:
    """Return the message: seven-bit, CR LF, the text part first and the HTML part last (RFC 2046, 5.1.4)."""
    made = EmailMessage(policy=SMTP)
    made.set_content(content.text, charset="utf-8", cte=_transfer_encoding(content.text))
    made.add_alternative(content.html, subtype="html", charset="utf-8", cte=_transfer_encoding(content.html))
    page = made.get_payload(1)
    if content.pictures and isinstance(page, MIMEPart):
        for name, picture in content.pictures.items():
            main, _, sub = picture.media_type.partition("/")
            cid = f"<{content_id(name, content.domain)}>"
            page.add_related(picture.data, main, sub, cid=cid, filename=name, disposition="inline")
    pieces = (str(content.sender), *content.headers.values(), content.text, content.html, *content.pictures)
    digest = hashlib.sha256(b"".join(piece.encode() + b"\0" for piece in pieces)).hexdigest()[:32]
    for number, part in enumerate(part for part in made.walk() if part.is_multipart()):
        # `=_` occurs in no line of quoted-printable or base64, so a boundary cannot occur in the content.
        part.set_boundary(f"=_{digest}-{number}")
    lines = [encode_header(name, value) for name, value in content.headers.items()]
    if content.sender:
        lines.insert(0, encode_header("From", content.sender.display_name, f" <{content.sender.addr_spec}>"))
    lines.append(encode_header("Message-ID", f"<{digest}@{content.domain}>"))
    return b"".join(lines) + shield_from_lines(made.as_bytes())


def _transfer_encoding(words: str) -> str:
    """Return the shorter encoding; quoted-printable, which people can read, where there is hardly a difference."""
    data = words.replace("\n", "\r\n").encode()  # lines end so as they travel
    return "base64" if _base64_length(data) < _NOTABLE * len(quopri.encodestring(data)) else "quoted-printable"


def encoded_length(words: str) -> int:
    """Return how many bytes a part of a message takes as it travels."""
    data = words.replace("\n", "\r\n").encode()
    return _base64_length(data) if _transfer_encoding(words) == "base64" else len(quopri.encodestring(data))


def _base64_length(data: bytes) -> int:
    characters = -(-len(data) // 3) * 4
    return characters + 2 * -(-characters // LINE_LENGTH)


def shield_from_lines(body: bytes) -> bytes:
    """Return a body in which no line begins with `From `: servers write `>From `, and break signatures (RFC 4155)."""
    return body.replace(b"\r\nFrom ", b"\r\n=46rom=\r\n ")


def encode_header(name: str, words: str, address: str = "") -> bytes:
    """Return an encoded header.

    `EmailMessage` of Python 3.11 adds and loses spaces where it folds non-ASCII text.
    """
    if not words.isascii() or "=?" in words:
        words = Header(words, "utf-8", maxlinelen=LINE_LENGTH, header_name=name).encode(linesep="\r\n")
    elif address:
        words = str(Address(words)).removesuffix("<>")  # quoted where it holds a comma or the like
    return f"{name}: {f'{words.rstrip()}{address}'.lstrip()}\r\n".encode("ascii")
