"""The EPUB writer: an edition as an accessible e-book, EPUB 3.3."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipeline.errors import ConfigError, WriteError
from pipeline.findings import Finding, make_finding
from pipeline.model import Edition, images
from pipeline.registry import warning_rule
from pipeline.validation.certificate import claims_conformance
from pipeline.validation.epub import validate_epub
from pipeline.writers import Artifact, Job, Need, Written
from pipeline.writers.epub.book import BookBuilder, book_need
from pipeline.writers.epub.container import build_epub
from pipeline.writers.epub.package_metadata import accessibility_reviews, conformance_entries

summary = "an e-book (EPUB 3.3) for phones and e-readers"
medium = "book"
facts_from: tuple[str, ...] = ("handout",)
Exemption = Literal[
    "", "eaa-microenterprise", "eaa-fundamental-alteration", "eaa-disproportionate-burden"
]  # EPUB Accessibility 1.1, section 3.7


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[epub]`."""

    typeface: Literal["embedded", "system"] = "embedded"
    """`system`: the reader's own; the book is some 60 kB smaller."""
    cover_colour: str = "#1f4f4b"
    """Ground of the drawn cover as #rrggbb. White is set on it, so it has to be dark."""
    exemption: Exemption = ""
    """Why the publisher need not meet the European Accessibility Act, where that is so."""
    reviewed_by: str = ""
    """Who looks the books over for accessibility, where an article does not name its own."""
    reviewed: date | None = None
    """When that was, where an article has no date of its own."""
    series: str = ""
    """The series of all books that name none in their front matter."""
    large_mb: float = 5.0
    """A book above it is reported."""


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:  # noqa: ARG001  # the writers' common form
    """Return every picture of the book once: wide enough for tablets, small enough for phones."""
    shown = [image for article in edition.chapters for image in images(article)]
    return tuple(dict.fromkeys(book_need(image.picture) for image in shown))


def write(edition: Edition, job: Job) -> Written:
    """Write the edition as `<id>.epub`.

    Raises:
        ConfigError: `cover_colour` is no dark colour.
        WriteError: The finished book has a fault; it must not be published.
    """
    _check_colour(job.options.cover_colour)
    book = BookBuilder(edition, job)
    package = book.package()
    data = build_epub(package)
    if stated := conformance_entries(edition, job, book.counted, data):
        data = build_epub(replace(package, entries=(*package.entries, *stated)))
    faults = validate_epub(data)
    if faults:
        raise WriteError("; ".join(map(str, faults)), source=edition.front.source, hint="please report it")
    findings = (
        *book.findings,
        *_lost_certificate_findings(edition, job, data),
        *_file_size_findings(edition, job, data),
    )
    return Written((Artifact(f"{edition.id}.epub", data),), findings)


@warning_rule(
    "epub-uncertified",
    "An e-book that was certified once no longer claims to be accessible.",
    "A paragraph changed after `publish epub --certify`",
    "Certify it again: `publish epub --certify`. Name who reviewed it: `reviewed_by` and `reviewed`.",
)
@warning_rule(
    "epub-refused",
    "EPUBCheck or Ace found something, so the e-book gets no certificate. It is published without the claim.",
    "A style sheet of the project with too little contrast",
    "Mend what the message names, then certify again.",
)
def _lost_certificate_findings(edition: Edition, job: Job, data: bytes) -> tuple[Finding, ...]:
    """Return why a book that was certified once makes no claim now."""
    if job.certificate is None or claims_conformance(data):
        return ()
    if not job.certificate.holds_for(data):
        why = "its content is no longer what was certified"
    elif not accessibility_reviews(edition, job):
        why = "no one is named who has reviewed all of it, with a date"
    else:
        why = "its content is not accessible to all"
    return (make_finding("epub-uncertified", edition.front.source, 0, f"the e-book claims no conformance: {why}"),)


@warning_rule(
    "epub-large",
    "An e-book is larger than phones like to fetch.",
    "Twenty photographs in one book",
    "Use fewer or simpler pictures, or raise `large_mb` below `[epub]` in `publish.toml`.",
)
def _file_size_findings(edition: Edition, job: Job, data: bytes) -> tuple[Finding, ...]:
    size_mb = len(data) / 1_000_000
    if size_mb <= job.options.large_mb:
        return ()
    return (make_finding("epub-large", edition.front.source, 0, f"the e-book is {size_mb:.1f} MB"),)


def _check_colour(colour: str) -> None:
    """Refuse a colour on which white letters cannot be read: below 4.5 to 1, as WCAG 2.2 counts contrast."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ConfigError(
            f"[epub] cover_colour is {colour!r}, expected a colour such as #1f4f4b", source="publish.toml"
        )
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    )
    contrast = 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    if contrast < 4.5:
        raise ConfigError(
            f"[epub] cover_colour {colour} is too light: white on it has a contrast of {contrast:.1f}, expected 4.5",
            source="publish.toml",
            hint="take a darker one",
        )
