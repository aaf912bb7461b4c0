"""Lint rules on limits of a format: line width, subject length, metadata, alt text length."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.lint.context import LintContext, article_check
from pipeline.model import Link, Table, text
from pipeline.registry import note_rule

MAX_ADDRESS_LENGTH = 80
"""Characters of a line of the handout: 170 mm at 11 points hold some 90."""
MAX_SUBJECT_CHARACTERS = 60
MAX_ALT_LENGTH = 250


@note_rule(
    "address-long",
    "A web address that stands in the text is longer than a line of the handout.",
    "An address of 96 characters in running text",
    "Let words carry the link: `[Sundhed.dk om ryg](https://…)`.",
    reason="On paper it breaks in the middle, and no one types it.",
)
@article_check
def address_long(context: LintContext) -> Iterator[Finding]:
    for link in context.nodes(Link):
        shown = text(link.content)
        if len(shown) > MAX_ADDRESS_LENGTH and shown.strip().startswith(("http", "www")) and " " not in shown.strip():
            message = f"an address of {len(shown)} characters stands in the text, expected at most {MAX_ADDRESS_LENGTH}"
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
    "The article has no description of its own; its first sentences stand in for it.",
    "No `description:` and no `lead:`",
    "Write `description:`, 90 to 150 characters, that says what the reader gets.",
    reason="It is the line below the subject in an inbox, and what a bookshelf says of the book.",
)
@article_check
def description_missing(context: LintContext) -> Iterator[Finding]:
    if not context.article.meta.has_description:
        yield context.finding("description-missing", 0, "its first sentences stand in for a description")


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
