"""Excerpts of an article for short variants: key points, steps, dose, cautions and help, whole and unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pipeline import model
from pipeline.model import walk
from pipeline.rendering.exercises import (
    exercise_blocks,
    find_exercises,
    printed_blocks,
    staying_boxes,
    with_levels,
)
from pipeline.rendering.paper_sizes import PAGES_PER_SHEET
from pipeline.writers.handout.variants import MEDIUM, ExcerptKind

_HEADING_NUMBER = re.compile(r"^\d+[.)]?$")
_MIN_STEPS = 2


class VariantDoesNotApply(Exception):  # noqa: N818  # not an error: the article is of another kind
    """An article lacks what a variant consists of; the message says what."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    edition: model.Edition
    most_pages: int = 0
    """0: no limit."""


def excerpts_of(edition: model.Edition, content: ExcerptKind) -> tuple[Excerpt, ...]:
    """Return the excerpt of an edition for a variant, followed by others for where it is too long.

    Steps, doses, cautions and help are whole in each of them: only the lead and a picture at the top go, then one more
    page is taken.

    Raises:
        VariantDoesNotApply: The article lacks what the variant consists of.
    """
    if content == "whole":
        return (Excerpt(edition),)
    if edition.is_bound:
        raise VariantDoesNotApply("it binds several articles")
    article, is_exercise = _short_article(edition.front)
    brief = replace(article, meta=replace(article.meta, lead=""), hero=article.hero if is_exercise else None)
    whole, without_lead = (model.Edition(taken, (taken,)) for taken in (article, brief))
    return (Excerpt(whole, 1), Excerpt(without_lead, 1), Excerpt(whole, PAGES_PER_SHEET))


def _short_article(article: model.Article) -> tuple[model.Article, bool]:
    """Return an article of key points, steps, doses, cautions and help, and whether it is one of exercises."""
    blocks = tuple(printed_blocks(article.blocks, MEDIUM))
    points = _key_points(blocks)[: 0 if article.meta.key_points else 1]
    exercises = find_exercises(blocks, is_exercise=article.meta.kind == "exercise")
    steps = tuple(exercise_blocks(exercises)) or _numbered_headings(blocks)
    if not (article.meta.key_points or points or steps):
        raise VariantDoesNotApply("it has neither key points nor numbered steps")
    told = {id(node) for node in walk(steps)}
    help_ = tuple(box for box in staying_boxes(blocks) if id(box) not in told and box not in steps)
    is_exercise = any(exercise.is_marked for exercise in exercises)
    return replace(article, blocks=with_levels((*points, *steps, *help_))), is_exercise


def _key_points(blocks: tuple[model.Block, ...]) -> tuple[model.Block, ...]:
    return tuple(node for node in walk(blocks) if isinstance(node, model.Callout) and node.kind == "key-points")


def _numbered_headings(blocks: tuple[model.Block, ...]) -> tuple[model.Block, ...]:
    """Return numbered headings ("5 råd") as one list."""
    headings = (block for block in blocks if isinstance(block, model.Header) and len(block.content) > 2)
    numbered = [block for block in headings if _HEADING_NUMBER.match(getattr(block.content[0], "text", ""))]
    if len(numbered) < _MIN_STEPS:
        return ()
    items = tuple((model.Plain(block.content[2:], block.line),) for block in numbered)
    return (model.OrderedList(items, line=numbered[0].line),)
