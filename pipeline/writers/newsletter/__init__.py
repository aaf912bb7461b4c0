"""The newsletter writer: HTML, plain text, and a message that any mail program opens."""

from __future__ import annotations

from bisect import bisect_left

from pipeline.findings import Finding, make_finding
from pipeline.model import Edition
from pipeline.registry import error_rule, note_rule, warning_rule
from pipeline.rendering.programme import as_programme
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers import Artifact, Job, Need, Written
from pipeline.writers.newsletter import message
from pipeline.writers.newsletter.footer import footer_findings
from pipeline.writers.newsletter.mail_images import (
    PICTURES_FOLDER,
    ImageRegistry,
    find_mail_logo,
    mail_need,
    thumbnail_need,
)
from pipeline.writers.newsletter.parts import render_html, render_text
from pipeline.writers.newsletter.sections import MEDIUM, MailSection, Options, edition_teaser, sections_of, shortenings

__all__ = ["Options", "facts_from", "medium", "needs", "summary", "write"]

summary = "Email newsletter: HTML, plain text and a message ready to send"
medium = MEDIUM
facts_from: tuple[str, ...] = ()

HEADROOM_BYTES = 2_000
"""Reserved below Gmail's limit for the addresses that a mailing service puts in place of merge tags."""


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return every picture that the mail may show, at twice its width; a shortened article may become a teaser."""
    pictures = (image.picture for section in sections_of(edition, options) for image in section.images)
    teasers = (edition_teaser(edition, article) for article in edition.articles if edition.is_bound)
    thumbnails = (teaser.thumbnail.picture for teaser in teasers if teaser.thumbnail)
    return tuple(dict.fromkeys((*map(mail_need, pictures), *map(thumbnail_need, thumbnails))))


@error_rule(
    "newsletter-nonconforming",
    "The finished message violates a rule of mail.",
    "A line of more than 998 characters",
    "Read the message; a project's own template is the usual cause.",
)
def write(edition: Edition, job: Job) -> Written:
    edition = as_programme(edition).edition
    domain = message.message_domain(job.publisher)
    options: Options = job.options
    front = edition.front
    sections, message_html, embedded = fit_to_size_limit(edition, job, domain)
    to_pictures = "../" * edition.id.count("/") + PICTURES_FOLDER
    images = ImageRegistry(job.pictures, lambda name: f"{to_pictures}/{name}")
    html = render_html(edition, sections, job, images)
    text = render_text(edition, sections, job)
    subject = " ".join(filter(None, (options.subject_prefix.strip(), front.meta.subject or front.title)))
    headers = message.message_headers(front, subject, edition.changed, options.unsubscribe)
    sender = message.sender_address(job.publisher)
    pictures = {} if options.picture_base else embedded.used
    data = message.build_message(message.MessageContent(headers, sender, text, message_html, pictures, domain))
    expected = headers | ({"From": str(sender)} if sender else {})
    violations = validate_mail(data, expected, merge_tags=(options.unsubscribe,))
    return Written(
        (
            Artifact(f"{edition.id}.html", html.encode()),
            *((Artifact(f"{edition.id}.paste.html", message_html.encode()),) if options.picture_base else ()),
            Artifact(f"{edition.id}.txt", text.encode()),
            Artifact(f"{edition.id}.eml", data),
            *(Artifact(f"{PICTURES_FOLDER}/{name}", picture.data) for name, picture in images.used.items()),
        ),
        (
            *footer_findings(job.publisher, options),
            *logo_findings(job),
            *shortening_findings(edition, sections, options),
            *(
                make_finding("newsletter-nonconforming", front.source, 0, f"{violation.rule}: {violation.message}")
                for violation in violations
            ),
        ),
    )


def fit_to_size_limit(edition: Edition, job: Job, domain: str) -> tuple[tuple[MailSection, ...], str, ImageRegistry]:
    """Return the longest sections that fit Gmail's size limit, else the shortest, with HTML and pictures."""

    def address(name: str) -> str:
        base = job.options.picture_base
        return f"{base.rstrip('/')}/{name}" if base else f"cid:{message.content_id(name, domain)}"

    def rendered(sections: tuple[MailSection, ...]) -> tuple[tuple[MailSection, ...], str, ImageRegistry]:
        images = ImageRegistry(job.pictures, address)
        return sections, render_html(edition, sections, job, images), images

    def fits(html: str) -> bool:
        return message.encoded_length(html) < GMAIL_CLIP_BYTES - HEADROOM_BYTES

    whole = rendered(sections_of(edition, job.options))
    if fits(whole[1]):
        return whole
    # Each is shorter than the one before, so bisection tries a few of them.
    shorter = tuple(shortenings(edition, job.options))
    first = bisect_left(shorter, 1, key=lambda sections: fits(rendered(sections)[1]))
    return rendered(shorter[min(first, len(shorter) - 1)]) if shorter else whole


@note_rule(
    "newsletter-shortened",
    "An article is shortened, because Gmail clips a mail at 102,400 bytes.",
    "An edition of twenty articles in full",
    "No action is needed; fewer articles in one edition leave more room for each.",
)
@warning_rule(
    "newsletter-unreachable",
    "The mail shows only part of an article that has no web address to read on at.",
    "A teaser of an article in a project without `website`",
    "Set `[publisher] website`, or `url:` in the article.",
)
@note_rule(
    "newsletter-undated",
    "No article states a date, so the message has none; mail programs set one when it is sent.",
    "An article without `published`",
    "State `published:` in the article.",
)
def shortening_findings(edition: Edition, sections: tuple[MailSection, ...], options: Options) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    for section, asked in zip(sections, sections_of(edition, options), strict=True):
        source = section.article.source
        if section != asked:
            rest = "a teaser" if section.is_teaser else f"its first {len(section.blocks)} blocks"
            findings.append(make_finding("newsletter-shortened", source, 0, f"shortened to {rest}"))
        if not section.is_whole and not section.article.address:
            findings.append(make_finding("newsletter-unreachable", source, 0, "has no web address to read on at"))
    if edition.changed is None:
        findings.append(make_finding("newsletter-undated", edition.front.source, 0, "states no date"))
    return tuple(findings)


@note_rule(
    "newsletter-logo-missing",
    "A mail cannot show the logo; the publisher's name is shown instead.",
    '`logo = "styles/brand/logo.svg"`, and no `styles/brand/logo.png`',
    "Put a PNG of the same name, about 500 pixels wide, beside the logo in `styles/`.",
)
def logo_findings(job: Job) -> tuple[Finding, ...]:
    logo = job.publisher.logo
    if not logo or find_mail_logo(job.styles, logo):
        return ()
    return (
        make_finding("newsletter-logo-missing", "publish.toml", 0, f"[publisher] logo is {logo!r}: no PNG beside it"),
    )
