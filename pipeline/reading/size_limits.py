"""Size limits of an article: words, pictures, footnotes, links and table cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import Limits
from pipeline.model import Article, Block, Link, Note, Table, images, text, walk
from pipeline.registry import error_rule


@error_rule(
    "article-too-large",
    "An article has more text, pictures, footnotes, links or table cells than `[limits]` allows.",
    "A whole book in one file; an export of all addresses of a site; a spreadsheet of 5,000 rows",
    "Divide it into articles, and list them in an edition; or raise the limit in `publish.toml`.",
    aliases=("text-too-long", "pictures-too-many", "notes-too-many", "links-too-many", "cells-too-many"),
)
class TooLargeError(SourceError):
    """More text or footnotes than an article may have."""

    code = "article-too-large"


def check_size_limits(article: Article, limits: Limits) -> Iterable[Finding]:
    """Yield an error where an article has more words, pictures, notes, links or cells than it may have."""
    words = " ".join(text(part) for part in (article.blocks, *_footnotes_of(article.blocks)))
    if len(words) > limits.characters:
        message = f"{len(words):,} characters, expected at most {limits.characters:,}"
        yield make_finding("article-too-large", article.source, 1, message)
    elif (length := max(map(len, words.split()), default=0)) > limits.word:
        message = f"a word of {length:,} characters, expected at most {limits.word:,}"
        yield make_finding("article-too-large", article.source, 1, message)
    most = {"pictures": limits.pictures, "notes": limits.notes, "links": limits.links, "cells": limits.cells}
    for what, lines in _lines_by_kind(article).items():
        if len(lines) > most[what]:
            message = f"{len(lines):,} {what}, expected at most {most[what]:,}"
            yield make_finding("article-too-large", article.source, lines[most[what]], message)


def _footnotes_of(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, ...]]:
    return (node.blocks for node in walk(blocks) if isinstance(node, Note))


def _lines_by_kind(article: Article) -> dict[str, list[int]]:
    """Return the line of each of those things that an article may have only so many of."""
    lines: dict[str, list[int]] = {"pictures": [image.line for image in images(article)]}
    lines |= {"notes": [], "links": [], "cells": []}
    for node in walk(article.blocks):
        match node:
            case Note():
                lines["notes"].append(node.line)
            case Link():
                lines["links"].append(node.line)
            case Table():
                lines["cells"] += [node.line] * (len(node.head) + sum(map(len, node.rows)))
    return lines
