"""Excerpts of an article for short variants: key points, steps, dose and warnings, unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pipeline import model
from pipeline.languages import together
from pipeline.model import text, walk
from pipeline.writers.handout.variants import MEDIUM, ExcerptKind

_STEPS_HEADING = re.compile(together().exercise_steps, re.IGNORECASE)
_DOSE_HEADING = re.compile(together().exercise_dose, re.IGNORECASE)
_CAUTION_HEADING = re.compile(together().exercise_caution, re.IGNORECASE)
_HEADING_NUMBER = re.compile(r"^\d+[.)]?$")
_MIN_STEPS = 2


class VariantDoesNotApply(Exception):  # noqa: N818  # not an error: the article is of another kind
    """An article lacks what a variant consists of; the message says what."""


def excerpts_of(edition: model.Edition, content: ExcerptKind) -> tuple[model.Edition, ...]:
    """Return the excerpt of an edition for a variant, followed by shorter versions for where it is too long.

    Raises:
        VariantDoesNotApply: The article lacks what the variant consists of.
    """
    if content == "whole":
        return (edition,)
    if edition.is_bound:
        raise VariantDoesNotApply("it binds several articles")
    return tuple(model.Edition(taken, (taken,)) for taken in _EXCERPT_BUILDERS[content](edition.front))


def _short_excerpts(article: model.Article) -> tuple[model.Article, ...]:
    """Return key points, steps, and when to get help; then without lead, and only the start of each step."""
    blocks = tuple(_printed_blocks(article.blocks))
    points = _callouts_of_kind(blocks, "key-points")[: 0 if article.meta.key_points else 1]
    steps = _steps_section(blocks) or _numbered_headings(blocks)
    if not (article.meta.key_points or points or steps):
        raise VariantDoesNotApply("it has neither key points nor numbered steps")
    help_ = model.help_boxes(blocks, MEDIUM)
    brief = tuple(_shorten_steps(block) if isinstance(block, model.OrderedList) else block for block in steps)
    return (
        replace(article, blocks=(*points, *steps, *help_)),
        replace(article, meta=replace(article.meta, lead=""), hero=None, blocks=(*points, *brief, *help_)),
    )


def _shorten_steps(steps: model.OrderedList) -> model.OrderedList:
    """Return the start of each step: its leading bold words, or else its first paragraph."""
    firsts = [item[0] for item in steps.items if item and isinstance(item[0], model.Para | model.Plain)]
    bold = [first.content[:1] if isinstance(first.content[0], model.Strong) else first.content for first in firsts]
    items = tuple((model.Plain(content, first.line),) for first, content in zip(firsts, bold, strict=True))
    return replace(steps, items=items) if len(items) == len(steps.items) else steps


def _exercise_card_excerpts(article: model.Article) -> tuple[model.Article, ...]:
    blocks = tuple(_printed_blocks(article.blocks))
    steps, dose = _steps_section(blocks), _dose_section(blocks)
    headings = [text(block.content) for block in blocks if isinstance(block, model.Header)]
    if article.meta.kind != "exercise" and not (dose and any(map(_STEPS_HEADING.search, headings))):
        raise VariantDoesNotApply("it is no exercise: neither `kind: exercise` nor headings for steps and dose")
    if not steps:
        raise VariantDoesNotApply("it is an exercise without numbered steps")
    pictures = [block for block in blocks if isinstance(block, model.Figure)]
    pictures = pictures or ([article.hero] if article.hero else [])
    caution = model.help_boxes(blocks, MEDIUM) or _section_below(blocks, _CAUTION_HEADING)
    meta = replace(article.meta, lead="", key_points=())
    return (replace(article, meta=meta, hero=None, blocks=(*pictures[:1], *steps, *dose, *caution)),)


_EXCERPT_BUILDERS: Mapping[ExcerptKind, Callable[[model.Article], tuple[model.Article, ...]]] = {
    "short": _short_excerpts,
    "card": _exercise_card_excerpts,
}


def _printed_blocks(blocks: tuple[model.Block, ...]) -> Iterator[model.Block]:
    """Yield the blocks of the article, including those for print only; sections in other languages stay whole."""
    for block in blocks:
        if isinstance(block, model.Div) and not block.language:
            if not block.media or MEDIUM in block.media:
                yield from _printed_blocks(block.blocks)
        else:
            yield block


def _callouts_of_kind(blocks: tuple[model.Block, ...], *kinds: model.CalloutKind) -> tuple[model.Block, ...]:
    return tuple(node for node in walk(blocks) if isinstance(node, model.Callout) and node.kind in kinds)


def _steps_section(blocks: tuple[model.Block, ...]) -> tuple[model.Block, ...]:
    """Return the numbered list below a heading for steps, or else the first numbered list, with its heading."""
    lists = [
        (heading, block)
        for heading, block in _with_heading(blocks)
        if isinstance(block, model.OrderedList) and len(block.items) >= _MIN_STEPS
    ]
    lists.sort(key=lambda found: not (found[0] and _STEPS_HEADING.search(text(found[0].content))))
    return tuple(block for block in lists[0] if block) if lists else ()


def _dose_section(blocks: tuple[model.Block, ...]) -> tuple[model.Block, ...]:
    """Return the section on the dose, or else a paragraph that begins with the word."""
    if section := _section_below(blocks, _DOSE_HEADING):
        return section
    return next(
        ((block,) for block in blocks if isinstance(block, model.Para) and _DOSE_HEADING.match(text(block.content))), ()
    )


def _section_below(blocks: tuple[model.Block, ...], heading: re.Pattern[str]) -> tuple[model.Block, ...]:
    """Return a matching heading with the blocks up to the next heading."""
    chosen: model.Header | None = None
    section: list[model.Block] = []
    for block in blocks:
        if isinstance(block, model.Header):
            if section:
                break
            chosen = block if heading.match(text(block.content)) else None
        elif chosen and not isinstance(block, model.Figure | model.Callout):
            section = section or [chosen]
            section.append(block)
    return tuple(section)


def _numbered_headings(blocks: tuple[model.Block, ...]) -> tuple[model.Block, ...]:
    """Return numbered headings ("5 råd") as one list."""
    headings = (block for block in blocks if isinstance(block, model.Header) and len(block.content) > 2)
    numbered = [block for block in headings if _HEADING_NUMBER.match(getattr(block.content[0], "text", ""))]
    if len(numbered) < _MIN_STEPS:
        return ()
    items = tuple((model.Plain(block.content[2:], block.line),) for block in numbered)
    return (model.OrderedList(items, line=numbered[0].line),)


def _with_heading(blocks: tuple[model.Block, ...]) -> Iterator[tuple[model.Header | None, model.Block]]:
    """Yield every block except headings, with the heading above it."""
    heading: model.Header | None = None
    for block in blocks:
        if isinstance(block, model.Header):
            heading = block
        else:
            yield heading, block
