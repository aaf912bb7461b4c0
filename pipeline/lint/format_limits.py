"""Lint rules on limits of a format: line width, subject length, metadata, text alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeline.findings import Finding
from pipeline.lint.context import LintContext, article_check
from pipeline.model import Link, Table, text
from pipeline.registry import note_rule, warning_rule

MAX_ADDRESS_LENGTH = 80  # Characters of a line of the handout: 170 mm at 11 points hold some 90
MAX_SUBJECT_CHARACTERS = 60
MAX_ALT_LENGTH = 250


@note_rule(
    "address-long",
    "A web address in the text is longer than a line of the handout.",
    "An address of 96 characters in running text",
    "Let words carry the link: `[Sundhed.dk om ryg](https://…)`.",
    reason="On paper it breaks in the middle, and no one types it.",
)
@article_check
def address_long(context: LintContext) -> Iterator[Finding]:
    for link in context.nodes(Link):
        shown = text(link.content)
        if len(shown) > MAX_ADDRESS_LENGTH and shown.strip().startswith(("http", "www")) and " " not in shown.strip():
            message = f"an address of {len(shown)} characters in the text, expected at most {MAX_ADDRESS_LENGTH}"
            yield context.finding("address-long", link.line, message, quote=shown)


@note_rule(
    "subject-long",
    "A title that an inbox cuts off.",
    "A title of 84 characters",
    "Say it in 60 characters, or give `meta_title:` a short form.",
    reason="Phones show some 40 characters of a subject, desktops about 60.",
)
@article_check
def subject_long(context: LintContext) -> Iterator[Finding]:
    subject = context.article.meta.subject or context.article.title
    if len(subject) > MAX_SUBJECT_CHARACTERS:
        message = f"as a subject {subject!r} has {len(subject)} characters, expected at most {MAX_SUBJECT_CHARACTERS}"
        yield context.finding("subject-long", 0, message)


@note_rule(
    "description-missing",
    "The article has no description of its own; its first sentences are used instead.",
    "No `description:` and no `lead:`",
    "Write `description:`, 90 to 150 characters, that says what the reader gets.",
    reason="It is the line below the subject in an inbox, and what a bookshelf says of the book.",
)
@article_check
def description_missing(context: LintContext) -> Iterator[Finding]:
    if not context.article.meta.has_description:
        yield context.finding("description-missing", 0, "its first sentences are used as description")


@note_rule(
    "author-missing",
    "The article names no author.",
    "No `authors:`",
    "Write `authors:`.",
    reason="Bookshelves sort by author, and readers ask who says so.",
)
@article_check
def author_missing(context: LintContext) -> Iterator[Finding]:
    if not context.article.meta.authors and not context.article.meta.is_edition:
        yield context.finding("author-missing", 0, "no one is named as author")


@note_rule(
    "table-headless",
    "A table whose columns no row names.",
    "A table whose first row is blank",
    "Write what each column holds into the first row.",
    reason="A screen reader reads cells one by one, and says the heading of each.",
    source="WCAG 2.2, success criterion 1.3.1.",
    group="whole",
)
@article_check
def table_headless(context: LintContext) -> Iterator[Finding]:
    for table in context.nodes(Table):
        if not any(text(cell.blocks).strip() for cell in table.head):
            yield context.finding("table-headless", table.line, "a table without a row that names its columns")


@note_rule(
    "alt-long",
    "A text alternative that is too long to listen to.",
    "A text alternative of 320 characters",
    "Say the main thing in a sentence or two, and the rest in the text.",
    reason="A screen reader reads it in one breath, without a way to pause or go back.",
    source="W3C, Images Tutorial: complex images.",
    group="whole",
)
@article_check
def alt_long(context: LintContext) -> Iterator[Finding]:
    for image in context.images:
        if len(image.alt) > MAX_ALT_LENGTH:
            message = f"a text alternative of {len(image.alt)} characters, expected at most {MAX_ALT_LENGTH}"
            yield context.finding("alt-long", image.line, message)


_DRAWING_WORD = re.compile(r"[^\W\d_]{3,}")
# A drawing with more words is a diagram: its words belong in the text, not in one breath of an alternative.
_MAX_DRAWING_WORDS = 12


@warning_rule(
    "lettering-unsaid",
    "A drawing has words in it that its text alternative does not say.",
    "A drawing with the word `Nakke`, described as `En krop`",
    "Say the words of the drawing in its text alternative, or in the text beside it.",
    reason="Who cannot see the drawing does not get its words.",
    source="WCAG 2.2, success criteria 1.1.1 and 1.4.5.",
    group="whole",
)
@article_check
def lettering_unsaid(context: LintContext) -> Iterator[Finding]:
    for image in context.images:
        if image.picture.media_type != "image/svg+xml" or not image.alt:
            continue
        words = _drawing_words(context.config.folder / image.picture.path, image.picture.sha256)
        said = image.alt.casefold(), context.all_text
        unsaid = [word for word in words if not any(word.casefold() in text for text in said)]
        if unsaid and len(words) <= _MAX_DRAWING_WORDS:
            named = ", ".join(map(repr, unsaid[:5]))
            message = f"{named} in the drawing {image.picture.path} is said nowhere"
            yield context.finding("lettering-unsaid", image.line, message)


@lru_cache(maxsize=256)
def _drawing_words(path: Path, sha256: str) -> tuple[str, ...]:  # noqa: ARG001  # the digest is what makes an answer old
    """Return the words of a drawing's `text` elements, once each, in order."""
    from lxml import etree

    try:
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return ()  # reading says why a picture cannot be opened
    texts = ("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    return tuple(dict.fromkeys(word for text in texts for word in _DRAWING_WORD.findall(text)))
