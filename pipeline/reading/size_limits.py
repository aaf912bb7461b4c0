"""Size limits of an article: words, pictures, footnotes, links and table cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import Limits
from pipeline.model import Article, Block, Link, Note, Table, images, text, walk


class TextTooLongError(SourceError):
    """More text than an article may have."""

    code = "text-too-long"


def check_size_limits(article: Article, limits: Limits) -> Iterable[Finding]:
    """Yield an error where an article has more words, pictures, notes, links or cells than it may have."""
    words = " ".join(text(part) for part in (article.blocks, *_footnotes_of(article.blocks)))
    if len(words) > limits.characters:
        message = f"{len(words):,} characters, expected at most {limits.characters:,}"
        yield make_finding("text-too-long", article.source, 1, message)
    elif (length := max(map(len, words.split()), default=0)) > limits.word:
        message = f"a word of {length:,} characters, expected at most {limits.word:,}"
        yield make_finding("text-too-long", article.source, 1, message)
    most = {"pictures": limits.pictures, "notes": limits.notes, "links": limits.links, "cells": limits.cells}
    for what, lines in _lines_by_kind(article).items():
        if len(lines) > most[what]:
            message = f"{len(lines):,} {what}, expected at most {most[what]:,}"
            yield make_finding(f"{what}-too-many", article.source, lines[most[what]], message)


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
