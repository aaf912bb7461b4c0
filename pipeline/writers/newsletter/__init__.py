"""The newsletter: HTML to look at and to paste, its plain text, and a message that any mail program opens."""

from __future__ import annotations

import quopri
from bisect import bisect_left
from collections.abc import Callable

from pipeline.article import Edition
from pipeline.findings import Finding, found
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers import Artifact, Job, Need, Written
from pipeline.writers.newsletter.footer import judge_footer
from pipeline.writers.newsletter.message import Letter, content_id, domain_of, headers_of, message_of, sender_of
from pipeline.writers.newsletter.options import Options
from pipeline.writers.newsletter.page import MEDIUM, page_of
from pipeline.writers.newsletter.parts import Part, parts_of, shortenings
from pipeline.writers.newsletter.pictures import FOLDER, Gallery, find_logo, unique
from pipeline.writers.newsletter.twin import twin_of

__all__ = ["Options", "facts_from", "medium", "needs", "summary", "write"]

summary = "Email newsletter: HTML, plain text and a message ready to send"
medium = MEDIUM
facts_from: tuple[str, ...] = ()

ROOM_BYTES = 2_000
"""Left below Gmail's limit for what a mailing service puts in: real addresses for its merge tags."""


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return every picture that the mail may show, at twice its width."""
    return unique(image.picture for part in parts_of(edition, options) for image in part.images)


def write(edition: Edition, job: Job) -> Written:
    """Write the HTML, the text and the message of an edition, and its pictures."""
    domain = domain_of(job.publisher)
    options: Options = job.options
    front = edition.front
    parts, within, carried = fitting(edition, job, domain)
    gallery = Gallery(job.pictures, on_disk(edition))
    html = page_of(edition, parts, job, gallery)
    text = twin_of(edition, parts, job)
    subject = " ".join(filter(None, (options.subject_prefix.strip(), front.subject or front.title)))
    headers = headers_of(front, subject, edition.changed, options.unsubscribe)
    sender = sender_of(job.publisher)
    data = message_of(Letter(headers, sender, text, within, {} if options.picture_base else carried.used, domain))
    expected = headers | ({"From": str(sender)} if sender else {})
    faults = validate_mail(data, expected, merge_tags=(options.unsubscribe,))
    pictures = (Artifact(f"{FOLDER}/{name}", picture.data) for name, picture in gallery.used.items())
    return Written(
        (
            Artifact(f"{edition.id}.html", html.encode()),
            *((Artifact(f"{edition.id}.paste.html", within.encode()),) if options.picture_base else ()),
            Artifact(f"{edition.id}.txt", text.encode()),
            Artifact(f"{edition.id}.eml", data),
            *pictures,
        ),
        (
            *judge_footer(job.publisher, options),
            *judge_logo(job),
            *judge_parts(edition, parts, options),
            *(found("newsletter-nonconforming", front.source, 0, f"{fault.rule}: {fault.message}") for fault in faults),
        ),
    )


def fitting(edition: Edition, job: Job, domain: str) -> tuple[tuple[Part, ...], str, Gallery]:
    """Return the longest parts whose message Gmail shows whole, with its HTML and pictures; else the shortest."""
    host = on_web(job.options.picture_base) if job.options.picture_base else embedded(domain)

    def drawn(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], str, Gallery]:
        gallery = Gallery(job.pictures, host)
        return parts, page_of(edition, parts, job, gallery), gallery

    def fits(html: str) -> bool:
        return len(quopri.encodestring(html.encode())) < GMAIL_CLIP_BYTES - ROOM_BYTES

    whole = drawn(parts_of(edition, job.options))
    if fits(whole[1]):
        return whole
    # Each is shorter than the one before, so a handful is tried, not one for every section of a long book.
    shorter = tuple(shortenings(edition, job.options))
    first = bisect_left(shorter, 1, key=lambda parts: fits(drawn(parts)[1]))
    return drawn(shorter[min(first, len(shorter) - 1)]) if shorter else whole


def on_disk(edition: Edition) -> Callable[[str], str]:
    """Return where an HTML file that is opened from the disk finds a picture."""
    return lambda name: "../" * edition.id.count("/") + f"{FOLDER}/{name}"


def on_web(base: str) -> Callable[[str], str]:
    """Return where the HTML of a message, or one pasted into a mailing service, finds a picture."""
    return lambda name: f"{base.rstrip('/')}/{name}"


def embedded(domain: str) -> Callable[[str], str]:
    """Return where the HTML of a message finds a picture that travels in it."""
    return lambda name: f"cid:{content_id(name, domain)}"


def judge_parts(edition: Edition, parts: tuple[Part, ...], options: Options) -> tuple[Finding, ...]:
    """Return what the mail leaves out of its articles, against what was asked for."""
    findings: list[Finding] = []
    for part, asked in zip(parts, parts_of(edition, options), strict=True):
        source = part.article.source
        if part != asked:
            rest = "a teaser" if part.is_teaser else f"its first {len(part.blocks)} blocks"
            findings.append(found("newsletter-shortened", source, 0, f"shortened to {rest}"))
        if not part.is_whole and not part.article.address:
            findings.append(found("newsletter-unreachable", source, 0, "has no web address to read on at"))
    if edition.changed is None:
        findings.append(found("newsletter-undated", edition.front.source, 0, "states no date"))
    return tuple(findings)


def judge_logo(job: Job) -> tuple[Finding, ...]:
    """Return a finding where a logo is named that a mail cannot show."""
    logo = job.publisher.logo
    if not logo or find_logo(job.styles, logo):
        return ()
    return (found("newsletter-logo-missing", "publish.toml", 0, f"[publisher] logo is {logo!r}: no PNG beside it"),)
