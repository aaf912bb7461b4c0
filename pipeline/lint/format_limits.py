"""Lint rules on limits of a format: line width, subject length, metadata, alt text length."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.lint.context import LintContext
from pipeline.model import Link, Table, text

MAX_ADDRESS_LENGTH = 80
"""Characters of a line of the handout: 170 mm at 11 points hold some 90."""
MAX_SUBJECT_CHARACTERS = 60
MAX_ALT_LENGTH = 250


def address_long(context: LintContext) -> Iterator[Finding]:
    for link in context.nodes(Link):
        shown = text(link.content)
        if len(shown) > MAX_ADDRESS_LENGTH and shown.strip().startswith(("http", "www")) and " " not in shown.strip():
            message = f"an address of {len(shown)} characters stands in the text, expected at most {MAX_ADDRESS_LENGTH}"
            yield context.finding("address-long", link.line, message, quote=shown)


def subject_long(context: LintContext) -> Iterator[Finding]:
    subject = context.article.subject or context.article.title
    if len(subject) > MAX_SUBJECT_CHARACTERS:
        message = f"as a subject {subject!r} has {len(subject)} characters, expected at most {MAX_SUBJECT_CHARACTERS}"
        yield context.finding("subject-long", 0, message)


def description_missing(context: LintContext) -> Iterator[Finding]:
    if not context.article.has_description:
        yield context.finding("description-missing", 0, "its first sentences stand in for a description")


def author_missing(context: LintContext) -> Iterator[Finding]:
    if not context.article.authors and not context.article.is_edition:
        yield context.finding("author-missing", 0, "no one is named as author")


def table_headless(context: LintContext) -> Iterator[Finding]:
    for table in context.nodes(Table):
        if not any(text(cell.blocks).strip() for cell in table.head):
            yield context.finding("table-headless", table.line, "a table without a row that names its columns")


def alt_long(context: LintContext) -> Iterator[Finding]:
    for image in context.images:
        if len(image.alt) > MAX_ALT_LENGTH:
            message = f"a text alternative of {len(image.alt)} characters, expected at most {MAX_ALT_LENGTH}"
            yield context.finding("alt-long", image.line, message)


RULES = (address_long, subject_long, description_missing, author_missing, table_headless, alt_long)
