"""The newsletter writer: HTML, plain text, and a message that any mail program opens."""

from __future__ import annotations

import quopri
from bisect import bisect_left
from collections.abc import Callable

from pipeline.findings import Finding, make_finding
from pipeline.model import Edition
from pipeline.registry import error_rule, note_rule, warning_rule
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers import Artifact, Job, Need, Written
from pipeline.writers.newsletter.footer import footer_findings
from pipeline.writers.newsletter.html_part import MEDIUM, render_html
from pipeline.writers.newsletter.mail_images import PICTURES_FOLDER, ImageRegistry, find_mail_logo, unique_needs
from pipeline.writers.newsletter.message import (
    MessageContent,
    build_message,
    content_id,
    message_domain,
    message_headers,
    sender_address,
)
from pipeline.writers.newsletter.options import Options
from pipeline.writers.newsletter.sections import MailSection, sections_of, shortenings
from pipeline.writers.newsletter.text_part import render_text

__all__ = ["Options", "facts_from", "medium", "needs", "summary", "write"]

summary = "Email newsletter: HTML, plain text and a message ready to send"
medium = MEDIUM
facts_from: tuple[str, ...] = ()

HEADROOM_BYTES = 2_000
"""Left below Gmail's limit for what a mailing service puts in: real addresses for its merge tags."""


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return every picture that the mail may show, at twice its width."""
    return unique_needs(image.picture for part in sections_of(edition, options) for image in part.images)


@error_rule(
    "newsletter-nonconforming",
    "The finished message breaks a rule of mail.",
    "A line of more than 998 characters",
    "Read the message; a project's own template is the usual cause.",
)
def write(edition: Edition, job: Job) -> Written:
    """Write the HTML, the text and the message of an edition, and its pictures."""
    domain = message_domain(job.publisher)
    options: Options = job.options
    front = edition.front
    parts, within, carried = fit_to_size_limit(edition, job, domain)
    gallery = ImageRegistry(job.pictures, address_on_disk(edition))
    html = render_html(edition, parts, job, gallery)
    text = render_text(edition, parts, job)
    subject = " ".join(filter(None, (options.subject_prefix.strip(), front.meta.subject or front.title)))
    headers = message_headers(front, subject, edition.changed, options.unsubscribe)
    sender = sender_address(job.publisher)
    data = build_message(
        MessageContent(headers, sender, text, within, {} if options.picture_base else carried.used, domain)
    )
    expected = headers | ({"From": str(sender)} if sender else {})
    faults = validate_mail(data, expected, merge_tags=(options.unsubscribe,))
    pictures = (Artifact(f"{PICTURES_FOLDER}/{name}", picture.data) for name, picture in gallery.used.items())
    return Written(
        (
            Artifact(f"{edition.id}.html", html.encode()),
            *((Artifact(f"{edition.id}.paste.html", within.encode()),) if options.picture_base else ()),
            Artifact(f"{edition.id}.txt", text.encode()),
            Artifact(f"{edition.id}.eml", data),
            *pictures,
        ),
        (
            *footer_findings(job.publisher, options),
            *logo_findings(job),
            *shortening_findings(edition, parts, options),
            *(
                make_finding("newsletter-nonconforming", front.source, 0, f"{fault.rule}: {fault.message}")
                for fault in faults
            ),
        ),
    )


def fit_to_size_limit(edition: Edition, job: Job, domain: str) -> tuple[tuple[MailSection, ...], str, ImageRegistry]:
    """Return the longest parts whose message Gmail shows whole, with its HTML and pictures; else the shortest."""
    host = address_on_web(job.options.picture_base) if job.options.picture_base else address_in_message(domain)

    def drawn(parts: tuple[MailSection, ...]) -> tuple[tuple[MailSection, ...], str, ImageRegistry]:
        gallery = ImageRegistry(job.pictures, host)
        return parts, render_html(edition, parts, job, gallery), gallery

    def fits(html: str) -> bool:
        return len(quopri.encodestring(html.encode())) < GMAIL_CLIP_BYTES - HEADROOM_BYTES

    whole = drawn(sections_of(edition, job.options))
    if fits(whole[1]):
        return whole
    # Each is shorter than the one before, so a handful is tried, not one for every section of a long book.
    shorter = tuple(shortenings(edition, job.options))
    first = bisect_left(shorter, 1, key=lambda parts: fits(drawn(parts)[1]))
    return drawn(shorter[min(first, len(shorter) - 1)]) if shorter else whole


def address_on_disk(edition: Edition) -> Callable[[str], str]:
    """Return where an HTML file that is opened from the disk finds a picture."""
    return lambda name: "../" * edition.id.count("/") + f"{PICTURES_FOLDER}/{name}"


def address_on_web(base: str) -> Callable[[str], str]:
    """Return where the HTML of a message, or one pasted into a mailing service, finds a picture."""
    return lambda name: f"{base.rstrip('/')}/{name}"


def address_in_message(domain: str) -> Callable[[str], str]:
    """Return where the HTML of a message finds a picture that travels in it."""
    return lambda name: f"cid:{content_id(name, domain)}"


@note_rule(
    "newsletter-shortened",
    "An article is shortened, since Gmail cuts a mail off at 102,400 bytes.",
    "An edition of twenty articles in full",
    "Nothing need be done; fewer articles in one edition leave more of each.",
)
@warning_rule(
    "newsletter-unreachable",
    "The mail shows only part of an article that has no web address to read on at.",
    "A teaser of an article in a project without `website`",
    "Set `[publisher] website`, or `url:` in the article.",
)
@note_rule(
    "newsletter-undated",
    "No article states a date, so the message carries none; mail programs set one when it is sent.",
    "An article without `published`",
    "State `published:` in the article.",
)
def shortening_findings(edition: Edition, parts: tuple[MailSection, ...], options: Options) -> tuple[Finding, ...]:
    """Return what the mail leaves out of its articles, against what was asked for."""
    findings: list[Finding] = []
    for part, asked in zip(parts, sections_of(edition, options), strict=True):
        source = part.article.source
        if part != asked:
            rest = "a teaser" if part.is_teaser else f"its first {len(part.blocks)} blocks"
            findings.append(make_finding("newsletter-shortened", source, 0, f"shortened to {rest}"))
        if not part.is_whole and not part.article.address:
            findings.append(make_finding("newsletter-unreachable", source, 0, "has no web address to read on at"))
    if edition.changed is None:
        findings.append(make_finding("newsletter-undated", edition.front.source, 0, "states no date"))
    return tuple(findings)


@note_rule(
    "newsletter-logo-missing",
    "A mail cannot show the logo; the publisher's name stands in its place.",
    '`logo = "styles/brand/logo.svg"`, and no `styles/brand/logo.png`',
    "Lay a PNG of the same name, about 500 pixels wide, beside the logo in `styles/`.",
)
def logo_findings(job: Job) -> tuple[Finding, ...]:
    """Return a finding where a logo is named that a mail cannot show."""
    logo = job.publisher.logo
    if not logo or find_mail_logo(job.styles, logo):
        return ()
    return (
        make_finding("newsletter-logo-missing", "publish.toml", 0, f"[publisher] logo is {logo!r}: no PNG beside it"),
    )
