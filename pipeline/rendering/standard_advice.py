"""The clinic's own box on when to see a doctor, in articles that do not say it themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.config import Publisher
from pipeline.model import (
    URGENT_KINDS,
    Article,
    Block,
    BulletList,
    Callout,
    Edition,
    Plain,
    References,
    help_boxes,
    words_as_inlines,
)
from pipeline.rendering.words import Words

_OTHERS = "other"
"""The lines of articles that are on none of the topics."""
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[a-z]+)?", re.IGNORECASE)


def with_standard_advice(edition: Edition, publisher: Publisher, words_of: Callable[[Article], Words]) -> Edition:
    """Return the edition with the clinic's box where it belongs: before references, once for each set of lines.

    Advice that the author marked, or that was found and accepted, takes its place; advice that was only found does not.

    Args:
        words_of: Returns the words in the language of an article.
    """
    last_with = {
        lines: article.id
        for article in edition.articles
        if not says_when(article) and (lines := standard_lines(article, publisher))
    }
    lines_of = {id_: lines for lines, id_ in last_with.items()}
    changed = {
        article.id: _with_box(article, lines_of[article.id], words_of(article))
        for article in edition.articles
        if article.id in lines_of
    }
    if not changed:
        return edition
    articles = tuple(changed.get(article.id, article) for article in edition.articles)
    return Edition(edition.front if edition.is_bound else articles[0], articles)


def says_when(article: Article) -> bool:
    """Tell whether an article itself says when to get help: its author, or an editor who accepted what was found."""
    is_accepted = "help-found" in article.meta.accept
    boxes = (box for box in help_boxes(article.blocks) if box.kind in URGENT_KINDS)
    return any(is_accepted or not box.is_found for box in boxes)


def standard_lines(article: Article, publisher: Publisher) -> tuple[str, ...] | None:
    """Return the clinic's lines for an article, by its tags and its kind; None where its language has none."""
    given = publisher.see_doctor if isinstance(publisher.see_doctor, Mapping) else {_OTHERS: publisher.see_doctor}
    topics = {topic.casefold() for topic in (*article.meta.tags, article.meta.kind)}
    language = article.language.split("-", maxsplit=1)[0].lower()
    by_language = {name.split("-")[0].lower(): lines for name, lines in given.items() if _LANGUAGE.fullmatch(name)}
    named = [lines for name, lines in given.items() if name.casefold() in topics]
    if not named and _OTHERS in given:
        named = [given[_OTHERS]]
    if not named:
        return _in_language(by_language.get(language, None if by_language else ()), language, language)
    found = [_in_language(lines, language, publisher.language) for lines in named]
    known = [lines for lines in found if lines is not None]
    return tuple(dict.fromkeys(line for lines in known for line in lines)) if known else None


def _in_language(
    lines: tuple[str, ...] | Mapping[str, tuple[str, ...]] | None, language: str, own: str
) -> tuple[str, ...] | None:
    if isinstance(lines, Mapping):
        return {tag.split("-")[0].lower(): given for tag, given in lines.items()}.get(language)
    return lines if not lines or language == own.split("-", maxsplit=1)[0].lower() else None


def _with_box(article: Article, lines: tuple[str, ...], words: Words) -> Article:
    has_other = any(box.kind in URGENT_KINDS for box in help_boxes(article.blocks))
    title = words_as_inlines(words["help_also"]) if has_other else ()
    items: tuple[tuple[Block, ...], ...] = tuple((Plain(words_as_inlines(line)),) for line in lines)
    box = Callout("see-doctor", (BulletList(items),), title, is_added=True)
    end = next((at for at, block in enumerate(article.blocks) if isinstance(block, References)), len(article.blocks))
    return replace(article, blocks=(*article.blocks[:end], box, *article.blocks[end:]))
