"""Validator of a finished mail message: headers, MIME structure, sizes, HTML, and parity of HTML and text.

Sources: RFC 5322 (headers, line lengths), RFC 2045 to 2047 (MIME), RFC 2557 (`cid:`), Gmail's limit of 102,400 bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import parseaddr
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from pipeline.timing import timed_phase

if TYPE_CHECKING:
    from lxml.html import HtmlElement

GMAIL_CLIP_BYTES = 102_400
"""Gmail clips a message whose encoded HTML is larger."""
MAX_STYLE_BYTES = 8_192
"""Gmail drops all style blocks that are larger together."""
MAX_PICTURE_BYTES = 200_000
MAX_LINE_LENGTH = 998
MAX_BODY_LINE_LENGTH = 78
LINK_SCHEMES = ("https:", "http:", "mailto:", "tel:", "sms:", "#")
_FORBIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_IMAGE_SIGNATURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_REMOTE_STYLE = re.compile(r"@import|@font-face|url\s*\(|expression\s*\(|javascript:", re.IGNORECASE)
_ACTIVE_TAGS = frozenset(
    ("script", "iframe", "frame", "object", "embed", "applet", "form", "input", "video", "audio", "base", "link", "svg")
)


RFC_RULES = frozenset(("defect", "header", "line-length"))
"""Rules of RFC 5322 and MIME. The others are for mail programs and readers, and kept by our own mails."""


@dataclass(frozen=True, slots=True)
class MailViolation:
    rule: str
    message: str


@timed_phase("validate")
def validate_mail(
    data: bytes, headers: Mapping[str, str], merge_tags: tuple[str, ...] = ()
) -> tuple[MailViolation, ...]:
    """Return every violation of a message.

    Args:
        headers: The expected headers, once each, decoded.
        merge_tags: Placeholders that a mailing service replaces by addresses.
    """
    message = message_from_bytes(data, policy=SMTP)
    violations = [
        *_line_violations(data),
        *_header_violations(message, headers),
        *_header_value_violations(data, headers),
    ]
    if structural := list(_structure_violations(message)):
        return (*violations, *structural)
    text, page, *pictures = (part for part in message.walk() if not part.is_multipart())
    texts = [(part, _decode_part(part)) for part in (text, page)]
    violations += [
        MailViolation("charset", f"{part.get_content_type()} is not UTF-8") for part, words in texts if words is None
    ]
    words, html = (content or "" for _, content in texts)
    for name, content in (("text", words), ("HTML", html)):
        found = sorted(set(_FORBIDDEN_CHARACTERS.findall(content)))
        violations += [MailViolation("control-character", f"U+{ord(each):04X} in the {name}") for each in found]
    size = len(str(page.get_payload()).encode("ascii", "replace"))
    if size >= GMAIL_CLIP_BYTES:
        violations.append(
            MailViolation("size", f"the HTML takes {size} bytes, and Gmail hides what follows {GMAIL_CLIP_BYTES}")
        )
    violations += _picture_part_violations(pictures)
    if html.strip():
        violations += _html_violations(
            html, words, {str(part["Content-ID"]).strip("<>") for part in pictures}, merge_tags
        )
    return tuple(violations)


# ---- the message


def _violations_of(rule: str, *checks: tuple[object, str]) -> Iterator[MailViolation]:
    """Yield a violation of a rule with the message of each check whose condition is true."""
    return (MailViolation(rule, message) for is_violated, message in checks if is_violated)


def _line_violations(data: bytes) -> Iterator[MailViolation]:
    if bare := re.search(rb"(?<!\r)\n|\r(?!\n)", data):
        yield MailViolation("line-end", f"line {data[: bare.start()].count(bytes([10])) + 1} does not end in CR LF")
    if foreign := re.search(rb"[^\t\r\n\x20-\x7e]", data):
        yield MailViolation("seven-bit", f"byte 0x{foreign[0][0]:02X} at {foreign.start()}")
    head, _, body = data.partition(b"\r\n\r\n")
    for name, part, limit in (("head", head, MAX_LINE_LENGTH), ("body", body, MAX_BODY_LINE_LENGTH)):
        if (longest := max(map(len, part.split(b"\r\n")))) > limit:
            yield MailViolation(
                "line-length", f"a line of {longest} characters in the {name}, at most {limit} are allowed"
            )


def _header_violations(message: EmailMessage, expected: Mapping[str, str]) -> Iterator[MailViolation]:
    count = Counter(name.lower() for name in message.keys())  # noqa: SIM118  # a message is no mapping: keys repeat
    yield from _violations_of("header", *((times > 1, f"{name} occurs {times} times") for name, times in count.items()))
    # Source: RFC 5322, section 3.6: these two are recommended only.
    yield from (
        MailViolation("header-advised" if name in ("Message-ID", "Subject") else "header", f"{name} is missing")
        for name in sorted({"MIME-Version", "Message-ID", "Subject", *expected})
        if name not in message
    )
    yield from (
        MailViolation("defect", f"{part.get_content_type()}: {type(defect).__name__}")
        for part in message.walk()
        for defect in part.defects
    )
    yield from (
        MailViolation("defect", f"{name}: {defect}")
        for name, field in message.items()
        for defect in getattr(field, "defects", ())
    )


def _header_value_violations(data: bytes, expected: Mapping[str, str]) -> Iterator[MailViolation]:
    # The older parser: the newer one of Python 3.11 puts spaces between encoded words, against RFC 2047, 6.2.
    message = message_from_bytes(data, policy=compat32)
    for name, value in expected.items():
        raw = re.sub(r"\r?\n", "", str(message.get(name, "")))
        words, address = parseaddr(raw) if name == "From" else (raw, "")
        read = str(make_header(decode_header(words)))
        read = str(Address(read, addr_spec=address)) if address else read
        if raw and read != value:
            yield MailViolation("header", f"{name} reads {read!r}, expected {value!r}")


def _structure_violations(message: EmailMessage) -> Iterator[MailViolation]:
    kinds = [part.get_content_type() for part in message.walk()]
    pictures = kinds[4:]
    is_plain = kinds == ["multipart/alternative", "text/plain", "text/html"]
    is_related = kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"] and pictures
    if not is_plain and not (is_related and all(kind in _IMAGE_SIGNATURES for kind in pictures)):
        yield MailViolation("structure", f"{', '.join(kinds)}; expected text, then HTML with its JPEG and PNG pictures")


def _decode_part(part: EmailMessage) -> str | None:
    if part.get_content_charset() != "utf-8":
        return None
    try:
        return _payload(part).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _picture_part_violations(pictures: list[EmailMessage]) -> Iterator[MailViolation]:
    for part in pictures:
        data, name, kind = _payload(part), part.get_filename() or "a picture", part.get_content_type()
        yield from _violations_of(
            "picture",
            (not data.startswith(_IMAGE_SIGNATURES[kind]), f"{name} is not {kind}"),
            (len(data) > MAX_PICTURE_BYTES, f"{name} has {len(data)} bytes, at most {MAX_PICTURE_BYTES} are allowed"),
            (
                part.get_content_disposition() != "inline" or not part["Content-ID"],
                f"{name} is not inline with a Content-ID",
            ),
        )


# ---- the HTML


def _html_violations(html: str, text: str, carried: set[str], merge_tags: tuple[str, ...]) -> Iterator[MailViolation]:
    from lxml import html as parser

    root = parser.document_fromstring(html)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    return chain(
        _document_violations(root, elements),
        _image_violations(elements, carried),
        _link_violations(elements, merge_tags),
        _active_content_violations(elements),
        _parity_violations(elements, text, merge_tags),
    )


def _document_violations(root: HtmlElement, elements: list[HtmlElement]) -> Iterator[MailViolation]:
    levels = [int(element.tag[1]) for element in elements if re.fullmatch("h[1-6]", element.tag)]
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    yield from _violations_of(
        "document",
        (not root.get("lang"), "no language is stated"),
        (not (root.findtext("head/title") or "").strip(), "no title"),
        (levels.count(1) != 1, f"{levels.count(1)} headings of level 1, expected one"),
        *(
            (below > above + 1, f"a heading of level {below} follows one of level {above}")
            for above, below in pairwise(levels)
        ),
        *((times > 1, f"the id {name} occurs {times} times") for name, times in ids.items()),
    )
    style = sum(len((element.text or "").encode()) for element in elements if element.tag == "style")
    if style >= MAX_STYLE_BYTES:
        yield MailViolation("size", f"style blocks of {style} bytes, and Gmail drops them all from {MAX_STYLE_BYTES}")


def _image_violations(elements: list[HtmlElement], carried: set[str]) -> Iterator[MailViolation]:
    shown = set()
    for element in (element for element in elements if element.tag == "img"):
        source, width = element.get("src", ""), element.get("width", "")
        yield from _violations_of(
            "picture",
            (element.get("alt") is None, f"{source} has no alt"),
            (not width.isdecimal(), f"{source} has no width"),
        )
        if width.isdecimal() and int(width) < 3:  # a tracking pixel
            yield MailViolation("tracking", f"{source} is {width} px wide")
        if source.startswith("cid:"):
            shown.add(source.removeprefix("cid:"))
        elif not source.startswith("https://") or "?" in source:
            yield MailViolation("picture", f"{source!r} is neither https: without a query nor cid:")
    yield from (MailViolation("picture", f"cid:{name} is not in the message") for name in sorted(shown - carried))
    yield from (
        MailViolation("picture", f"{name} is in the message and is not shown") for name in sorted(carried - shown)
    )


def _link_violations(elements: list[HtmlElement], merge_tags: tuple[str, ...]) -> Iterator[MailViolation]:
    places = {element.get("id") for element in elements}
    for element in elements:
        address = element.get("href")
        if address is None or address in merge_tags:
            continue
        has_words = "".join(element.itertext()).strip() or any(img.get("alt") for img in element.iter("img"))
        yield from _violations_of(
            "link",
            (not address.lower().startswith(LINK_SCHEMES), f"{address!r} does not work in mail"),
            (address.startswith("#") and address[1:] not in places, f"{address} is no place in the mail"),
            (not has_words, f"{address} has no words"),
        )


def _active_content_violations(elements: list[HtmlElement]) -> Iterator[MailViolation]:
    for element in elements:
        if element.tag in _ACTIVE_TAGS:
            yield MailViolation("active", f"<{element.tag}> does not work in mail")
        for name, value in element.items():
            is_remote = name in ("background", "srcset") or (name == "style" and _REMOTE_STYLE.search(value))
            if name.startswith("on") or is_remote:
                yield MailViolation("active", f"{name}={value!r} on <{element.tag}>")
        if element.tag == "style" and (remote := _REMOTE_STYLE.search(element.text or "")):
            yield MailViolation("active", f"{remote[0]} in a style block")


def _parity_violations(elements: list[HtmlElement], text: str, merge_tags: tuple[str, ...]) -> Iterator[MailViolation]:
    """Compare headings, boxes and addresses of the HTML with the text part."""
    if not text.strip():
        yield MailViolation("text", "the text part is empty")
        return
    words = _letters_only(text)
    for element in elements:
        is_bare = re.fullmatch("h[1-6]", element.tag) and not list(element.iter("a"))
        heading = "".join(element.itertext()) if is_bare else ""
        if _letters_only(heading) not in words:
            yield MailViolation("text", f"the heading {heading.strip()!r} is not in the text part")
        if element.get("role") == "note":
            yield from _warning_violations(element, words)
    for address in dict.fromkeys(element.get("href", "") for element in elements if element.tag == "a"):
        if address not in text and (address.startswith(("https:", "http:")) or address in merge_tags):
            yield MailViolation("text", f"{address} is not in the text part")


def _warning_violations(box: HtmlElement, words: str) -> Iterator[MailViolation]:
    # Links and footnotes have numbers in the text part, so only words without them can be compared.
    for element in box.iter("p", "li"):
        is_bare = not list(element.iter("a", "ul", "ol", "table", "img"))
        if is_bare and _letters_only("".join(element.itertext())) not in words:
            yield MailViolation(
                "text", f"{''.join(element.itertext()).strip()[:60]!r} of a box is not in the text part"
            )


def _letters_only(words: str) -> str:
    return "".join(character for character in words if character.isalnum())
