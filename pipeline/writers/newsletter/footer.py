"""The footer of a mail: sender, reason and unsubscribe link, as Danish law requires.

Source: markedsføringsloven § 10; e-handelsloven §§ 7 and 9 (name, address, e-mail, CVR number in every mail).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import FILE_NAME, Publisher
from pipeline.findings import Finding, make_finding
from pipeline.registry import error_rule, warning_rule
from pipeline.rendering.words import Words
from pipeline.writers.newsletter.options import Options


@dataclass(frozen=True, slots=True)
class FooterLine:
    """Words of the footer, and where they lead, if anywhere."""

    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands below a mail, beside the publisher's name."""

    lines: tuple[FooterLine, ...]
    reason: str
    links: tuple[FooterLine, ...]
    """Unsubscribe and privacy."""


def footer_of(publisher: Publisher, options: Options, words: Words) -> Footer:
    """Return the footer; what is missing in `publish.toml` is left out."""
    phone = words.fill("newsletter_phone", phone=publisher.phone) if publisher.phone else ""
    cvr = words.fill("newsletter_cvr", cvr=publisher.cvr) if publisher.cvr else ""
    lines = (
        FooterLine(publisher.address),
        FooterLine(phone.replace(" ", "\N{NO-BREAK SPACE}"), tel_address(publisher.phone)),
        FooterLine(publisher.email, f"mailto:{publisher.email}"),
        FooterLine(publisher.website.removeprefix("https://").removeprefix("http://"), publisher.website),
        FooterLine(cvr),
    )
    links = (
        FooterLine(words["newsletter_unsubscribe"], options.unsubscribe),
        FooterLine(words["newsletter_privacy"], publisher.privacy),
    )
    return Footer(
        tuple(line for line in lines if line.words), options.reason, tuple(line for line in links if line.address)
    )


def tel_address(phone: str) -> str:
    """Return a Danish number of eight digits, or an international one, as an address; nothing for other forms."""
    digits = "".join(character for character in phone if character.isdecimal())
    if phone.strip().startswith("+"):
        return f"tel:+{digits}"
    return f"tel:+45{digits}" if len(digits) == 8 else ""


@warning_rule(
    "newsletter-without-sender",
    "`publish.toml` says nothing of who sends: the newsletters can be looked at, but must not be sent.",
    "A `publish.toml` with `[sources]` alone",
    "Fill in `[publisher]` and `[newsletter]`; from the first key on, each missing one is an error.",
)
@error_rule(
    "newsletter-footer-incomplete",
    "`publish.toml` lacks something that the law asks of the foot of a newsletter, so none is published.",
    "`[newsletter]` without `unsubscribe`",
    "Fill in the key that the message names; `formats:` leaves the newsletter out of a single article.",
)
@warning_rule(
    "cvr-doubtful",
    "The company's CVR number cannot be right: its check digit does not agree.",
    '`cvr = "12345678"`',
    "Correct `[publisher] cvr`; the number stands on virk.dk.",
)
def footer_findings(publisher: Publisher, options: Options) -> tuple[Finding, ...]:
    """Return a finding for each key that the law asks for and `publish.toml` lacks, and for a mistyped CVR number."""
    needed = {
        "[publisher] name": publisher.name,
        "[publisher] address": publisher.address,
        "[publisher] email": publisher.email,
        "[publisher] cvr": publisher.cvr,
        "[publisher] privacy": publisher.privacy,
        "[newsletter] reason": options.reason,
        "[newsletter] unsubscribe": options.unsubscribe,
    }
    if not any(value.strip() for value in needed.values()):
        # A project that names no one yet is being tried out: it may look at its newsletters, but no one can be mailed.
        return (make_finding("newsletter-without-sender", FILE_NAME, 0, "nothing says who sends the newsletters"),)
    findings = [
        make_finding(
            "newsletter-footer-incomplete", FILE_NAME, 0, f"{key} is missing: the footer of a newsletter states it"
        )
        for key, value in needed.items()
        if not value.strip()
    ]
    if publisher.cvr and not is_cvr(publisher.cvr):
        message = f"[publisher] cvr is {publisher.cvr!r}, expected eight digits whose check digit agrees"
        findings.append(make_finding("cvr-doubtful", FILE_NAME, 0, message))
    return tuple(findings)


def is_cvr(number: str) -> bool:
    """Say whether a number can be a Danish company's: eight digits, weighted sum divisible by 11."""
    digits = number.strip().removeprefix("DK").replace(" ", "")
    if len(digits) != 8 or not digits.isdecimal():
        return False
    return sum(int(digit) * weight for digit, weight in zip(digits, (2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0
