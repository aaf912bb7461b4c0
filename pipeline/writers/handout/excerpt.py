"""What a short variant takes from an article: words that stand in it, never new ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pipeline.languages import together
from pipeline.model import (
    Article,
    Block,
    Callout,
    CalloutKind,
    Div,
    Edition,
    Figure,
    Header,
    OrderedList,
    Para,
    Plain,
    Str,
    Strong,
    text,
    walk,
)
from pipeline.writers.handout.print_markup import MEDIUM
from pipeline.writers.handout.variants import ExcerptKind

_STEPS_HEADING = re.compile(together().exercise_steps, re.IGNORECASE)
_DOSE_HEADING = re.compile(together().exercise_dose, re.IGNORECASE)
_CAUTION_HEADING = re.compile(together().exercise_caution, re.IGNORECASE)
_HEADING_NUMBER = re.compile(r"^\d+[.)]?$")
_MIN_STEPS = 2


class VariantDoesNotApply(Exception):  # noqa: N818  # no error: the article is of another kind
    """An article has not what a variant is made of; the message says what."""


def excerpts_of(edition: Edition, content: ExcerptKind) -> tuple[Edition, ...]:
    """Return what a variant prints of an edition, and shorter forms of it where that is too long for its page.

    Raises:
        DoesNotApply: It lacks what the variant is made of.
    """
    if content == "whole":
        return (edition,)
    if edition.is_bound:
        raise VariantDoesNotApply("it binds several articles")
    return tuple(Edition(taken, (taken,)) for taken in _EXCERPT_BUILDERS[content](edition.front))


def _short_excerpts(article: Article) -> tuple[Article, ...]:
    """Return key points, steps, and when to get help; then the same without lead, of each step its beginning."""
    blocks = tuple(_printed_blocks(article.blocks))
    points = _callouts_of_kind(blocks, "key-points")[: 0 if article.meta.key_points else 1]
    steps = _steps_section(blocks) or _numbered_headings(blocks)
    if not (article.meta.key_points or points or steps):
        raise VariantDoesNotApply("it has neither key points nor numbered steps")
    help_ = _callouts_of_kind(blocks, "see-doctor") or _callouts_of_kind(blocks, "warning", "caution")
    brief = tuple(_shorten_steps(block) if isinstance(block, OrderedList) else block for block in steps)
    return (
        replace(article, blocks=(*points, *steps, *help_)),
        replace(article, meta=replace(article.meta, lead=""), hero=None, blocks=(*points, *brief, *help_)),
    )


def _shorten_steps(steps: OrderedList) -> OrderedList:
    """Return the first words of each step: those in bold type at its beginning, or else its first paragraph."""
    firsts = [item[0] for item in steps.items if item and isinstance(item[0], Para | Plain)]
    bold = [first.content[:1] if isinstance(first.content[0], Strong) else first.content for first in firsts]
    items = tuple((Plain(content, first.line),) for first, content in zip(firsts, bold, strict=True))
    return replace(steps, items=items) if len(items) == len(steps.items) else steps


def _exercise_card_excerpts(article: Article) -> tuple[Article, ...]:
    """Return picture, steps, dose and caution."""
    blocks = tuple(_printed_blocks(article.blocks))
    steps, dose = _steps_section(blocks), _dose_section(blocks)
    if article.meta.kind != "exercise" and not (dose and _has_heading(blocks, _STEPS_HEADING)):
        raise VariantDoesNotApply("it is no exercise: neither `kind: exercise` nor headings for steps and dose")
    if not steps:
        raise VariantDoesNotApply("it is an exercise without numbered steps")
    pictures = [block for block in blocks if isinstance(block, Figure)] or ([article.hero] if article.hero else [])
    caution = _callouts_of_kind(blocks, "warning", "caution", "see-doctor") or _section_below(blocks, _CAUTION_HEADING)
    meta = replace(article.meta, lead="", key_points=())
    return (replace(article, meta=meta, hero=None, blocks=(*pictures[:1], *steps, *dose, *caution)),)


_EXCERPT_BUILDERS: Mapping[ExcerptKind, Callable[[Article], tuple[Article, ...]]] = {
    "short": _short_excerpts,
    "card": _exercise_card_excerpts,
}


def _printed_blocks(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield the blocks of the article itself, those for print only among them."""
    for block in blocks:
        if isinstance(block, Div) and not block.language:
            if not block.media or MEDIUM in block.media:
                yield from _printed_blocks(block.blocks)
        else:
            yield block


def _callouts_of_kind(blocks: tuple[Block, ...], *kinds: CalloutKind) -> tuple[Block, ...]:
    return tuple(node for node in walk(blocks) if isinstance(node, Callout) and node.kind in kinds)


def _steps_section(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the numbered list below a heading for steps, or else the first, with its heading."""
    lists = [
        (heading, block)
        for heading, block in _with_heading(blocks)
        if isinstance(block, OrderedList) and len(block.items) >= _MIN_STEPS
    ]
    lists.sort(key=lambda found: not (found[0] and _STEPS_HEADING.search(text(found[0].content))))
    return tuple(block for block in lists[0] if block) if lists else ()


def _dose_section(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the section on the dose, or else the paragraph that begins with the word."""
    if section := _section_below(blocks, _DOSE_HEADING):
        return section
    return next(
        ((block,) for block in blocks if isinstance(block, Para) and _DOSE_HEADING.match(text(block.content))), ()
    )


def _section_below(blocks: tuple[Block, ...], heading: re.Pattern[str]) -> tuple[Block, ...]:
    """Return a heading that matches, with what stands below it before any other heading."""
    chosen: Header | None = None
    section: list[Block] = []
    for block in blocks:
        if isinstance(block, Header):
            if section:
                break
            chosen = block if heading.match(text(block.content)) else None
        elif chosen and not isinstance(block, Figure | Callout):
            section = section or [chosen]
            section.append(block)
    return tuple(section)


def _numbered_headings(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return headings that the author has numbered as one list: an article of “5 råd” has its points there."""
    numbered = [block for block in blocks if isinstance(block, Header) and _is_numbered(block)]
    if len(numbered) < _MIN_STEPS:
        return ()
    return (OrderedList(tuple((Plain(block.content[2:], block.line),) for block in numbered), line=numbered[0].line),)


def _is_numbered(block: Header) -> bool:
    first = block.content[0] if block.content else None
    return len(block.content) > len(("1.", " ")) and isinstance(first, Str) and bool(_HEADING_NUMBER.match(first.text))


def _has_heading(blocks: tuple[Block, ...], words: re.Pattern[str]) -> bool:
    return any(isinstance(block, Header) and words.search(text(block.content)) for block in blocks)


def _with_heading(blocks: tuple[Block, ...]) -> Iterator[tuple[Header | None, Block]]:
    """Yield every other block with the heading it stands under."""
    heading: Header | None = None
    for block in blocks:
        if isinstance(block, Header):
            heading = block
        else:
            yield heading, block
