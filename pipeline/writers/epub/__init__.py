"""The EPUB writer: an edition as an accessible e-book, EPUB 3.3."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipeline.errors import ConfigError, WriteError
from pipeline.findings import make_finding
from pipeline.model import Edition, images
from pipeline.registry import note_rule, warning_rule
from pipeline.rendering.programme import as_programme
from pipeline.validation.certificate import claims_conformance
from pipeline.writers import Artifact, Job, Need, Written
from pipeline.writers.epub.chapters import book_need

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
    """`system`: the reading system's own font; the book is about 60 kB smaller."""
    cover_colour: str = "#1f4f4b"
    """Background of the cover as #rrggbb; it must be dark, since the text is white."""
    exemption: Exemption = ""
    """Reason for an exemption from the European Accessibility Act."""
    reviewed_by: str = ""
    """Accessibility reviewer of articles that name none."""
    reviewed: date | None = None
    """Date of the review of articles that state none."""
    series: str = ""
    """Series of all books that name none in their front matter."""
    large_mb: float = 5.0
    """A larger book is reported."""


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:  # noqa: ARG001  # the writers' common form
    """Return every picture of the book once: wide enough for tablets, limited in bytes for phones."""
    return tuple(dict.fromkeys(book_need(image.picture) for article in edition.chapters for image in images(article)))


@warning_rule(
    "epub-uncertified",
    "An e-book that was certified no longer claims conformance.",
    "A paragraph changed after `publish epub --certify`",
    "Certify it again: `publish epub --certify`. Name who reviewed it: `reviewed_by` and `reviewed`.",
)
@warning_rule(
    "epub-refused",
    "EPUBCheck or Ace found a violation, so the e-book gets no certificate. It is published without the claim.",
    "A style sheet of the project with too little contrast",
    "Correct what the message names, then certify again.",
)
@warning_rule(
    "epub-large",
    "An e-book is too large for downloading on phones.",
    "Twenty photographs in one book",
    "Use fewer or simpler pictures, or raise `large_mb` below `[epub]` in `publish.toml`.",
)
@note_rule(
    "epub-pages",
    "The e-book has no page numbers, because there is no printed handout.",
    "An article whose handout failed",
    "Find out why the handout failed; both are made together.",
)
@note_rule(
    "epub-undated",
    "An e-book must state when it was last changed, and no article in it has a date.",
    "An article without `published`, `updated` and `reviewed`",
    "Add `published:` to the front matter.",
)
def write(edition: Edition, job: Job) -> Written:
    """Write the edition as `<id>.epub`.

    Raises:
        ConfigError: `cover_colour` is not a dark colour.
        WriteError: The finished book violates a rule.
    """
    # Late, since lxml, Pillow and EbookLib are slow to import.
    from pipeline.validation.epub import validate_epub
    from pipeline.writers.epub.book import BookBuilder
    from pipeline.writers.epub.package import accessibility_reviews, build_epub, conformance_entries

    _check_colour(job.options.cover_colour)
    edition = as_programme(edition).edition
    book = BookBuilder(edition, job)
    package = book.package()
    data = build_epub(package)
    if conformance := conformance_entries(edition, job, book.counted, data):
        data = build_epub(replace(package, entries=(*package.entries, *conformance)))
    if violations := validate_epub(data):
        raise WriteError("; ".join(map(str, violations)), source=edition.front.source, hint="please report it")
    findings = book.findings
    if job.certificate is not None and not claims_conformance(data):
        if not job.certificate.holds_for(data):
            reason = "its content is no longer what was certified"
        elif not accessibility_reviews(edition, job):
            reason = "not every article has a reviewer and a date of review"
        else:
            reason = "its content is not accessible to all"
        findings.append(
            make_finding("epub-uncertified", edition.front.source, 0, f"the e-book claims no conformance: {reason}")
        )
    size_mb = len(data) / 1_000_000
    if size_mb > job.options.large_mb:
        findings.append(make_finding("epub-large", edition.front.source, 0, f"the e-book is {size_mb:.1f} MB"))
    return Written((Artifact(f"{edition.id}.epub", data),), tuple(findings))


def _check_colour(colour: str) -> None:
    """Refuse a colour with a contrast to white below 4.5 to 1 (WCAG 2.2)."""
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
            hint="choose a darker colour",
        )
