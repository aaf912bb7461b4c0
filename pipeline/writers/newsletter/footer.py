"""The footer of a mail: sender, reason and unsubscribe link, as Danish law requires.

Source: markedsføringsloven § 10; e-handelsloven §§ 7 and 9 (name, address, e-mail, CVR number in every mail).
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul

from pipeline.config import FILE_NAME, Publisher
from pipeline.findings import Finding, make_finding
from pipeline.registry import error_rule, warning_rule
from pipeline.rendering.words import Words
from pipeline.writers.newsletter.sections import Options


@dataclass(frozen=True, slots=True)
class FooterLine:
    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """The footer below the publisher's name."""

    lines: tuple[FooterLine, ...]
    reason: str
    links: tuple[FooterLine, ...]
    """Unsubscribe and privacy policy."""


def footer_of(publisher: Publisher, options: Options, words: Words) -> Footer:
    """Return the footer; missing keys of `publish.toml` are left out."""
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
        tuple(line for line in lines if line.words), options.reason, tuple(link for link in links if link.address)
    )


def tel_address(phone: str) -> str:
    """Return the `tel:` address of a Danish number of eight digits or an international number, else nothing."""
    digits = "".join(character for character in phone if character.isdecimal())
    is_international = phone.strip().startswith("+")
    return f"tel:+{digits}" if is_international else f"tel:+45{digits}" if len(digits) == 8 else ""


@warning_rule(
    "newsletter-without-sender",
    "`publish.toml` names no sender: the newsletters can be previewed, but not sent.",
    "A `publish.toml` with `[sources]` alone",
    "Fill in `[publisher]` and `[newsletter]`; from the first key on, each missing one is an error.",
)
@error_rule(
    "newsletter-footer-incomplete",
    "`publish.toml` lacks something that the law requires in the footer of a newsletter, so none is published.",
    "`[newsletter]` without `unsubscribe`",
    "Fill in the key that the message names; `formats:` leaves the newsletter out of a single article.",
)
@warning_rule(
    "cvr-doubtful",
    "The company's CVR number is invalid: its check digit is wrong.",
    '`cvr = "12345678"`',
    "Correct `[publisher] cvr`; virk.dk has the number.",
)
def footer_findings(publisher: Publisher, options: Options) -> tuple[Finding, ...]:
    """Return a finding for each key that the law requires and `publish.toml` lacks, and for an invalid CVR number."""
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
        # A new project may preview its newsletters, but cannot send them.
        return (make_finding("newsletter-without-sender", FILE_NAME, 0, "nothing says who sends the newsletters"),)
    findings = [
        make_finding("newsletter-footer-incomplete", FILE_NAME, 0, f"{key} is missing: a newsletter's footer states it")
        for key, value in needed.items()
        if not value.strip()
    ]
    if publisher.cvr and not is_cvr(publisher.cvr):
        message = f"[publisher] cvr is {publisher.cvr!r}, expected eight digits whose check digit agrees"
        findings.append(make_finding("cvr-doubtful", FILE_NAME, 0, message))
    return tuple(findings)


def is_cvr(number: str) -> bool:
    """Tell whether a number is a valid Danish CVR number: eight digits, weighted sum divisible by 11."""
    digits = number.strip().removeprefix("DK").replace(" ", "")
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    is_number = len(digits) == len(weights) and digits.isdecimal()
    return is_number and sum(map(mul, map(int, digits), weights)) % 11 == 0
