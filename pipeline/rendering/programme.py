"""The programme: an edition of exercises, each with its picture, steps and cautions, and a dose that someone set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Block, Edition, Inline, ListedArticle, Para, Space, Strong, text, words_as_inlines
from pipeline.registry import note_rule
from pipeline.rendering.exercises import (
    exercise_blocks,
    find_exercises,
    printed_blocks,
    split_label,
    staying_boxes,
    with_levels,
)


@dataclass(frozen=True, slots=True)
class Programme:
    edition: Edition
    findings: tuple[Finding, ...] = ()


def as_programme(edition: Edition) -> Programme:
    """Return a programme with its exercises reduced to what a patient does at home; other editions as they are.

    Raises:
        SourceError: One of its articles is no exercise, or is several, so that a dose cannot be set.
    """
    if not (edition.is_bound and edition.front.meta.is_programme):
        return Programme(edition)
    listed = {each.id: each for each in edition.front.meta.listed}
    findings: list[Finding] = []
    articles = []
    for article in edition.articles:
        made, told = _reduced(edition.front, article, listed[article.id])
        articles.append(made)
        findings += told
    return Programme(replace(edition, articles=tuple(articles)), tuple(findings))


def _reduced(front: Article, article: Article, listed: ListedArticle) -> tuple[Article, tuple[Finding, ...]]:
    """Return an article of its exercises, with the dose of the programme in place of its own, and cautions whole."""
    blocks = tuple(printed_blocks(article.blocks))
    exercises = find_exercises(blocks, is_exercise=article.meta.kind == "exercise")
    if not any(each.is_marked for each in exercises):
        raise _no_exercise(front, listed, "is no exercise: it has neither `kind: exercise` nor a heading for its steps")
    findings: tuple[Finding, ...] = ()
    if listed.dose:
        if len(exercises) > 1:
            raise _no_exercise(front, listed, "holds several exercises, and one dose cannot be that of all")
        own = exercises[0].dose
        exercises = (replace(exercises[0], dose=_set_dose(front, listed, own)),)
        findings = tuple(_dose_findings(front, listed, own))
    parts = tuple(exercise_blocks(exercises))
    boxes = tuple(box for box in staying_boxes(blocks) if box not in parts)
    meta = replace(article.meta, lead="", key_points=(), related=())
    return replace(article, meta=meta, blocks=with_levels((*parts, *boxes))), findings


def _no_exercise(front: Article, listed: ListedArticle, why: str) -> SourceError:
    hint = "list exercises only, each in an article of its own"
    return SourceError(f"{listed.id!r} {why}", source=front.source, line=listed.line, hint=hint)


def _set_dose(front: Article, listed: ListedArticle, own: Sequence[Block]) -> tuple[Block, ...]:
    """Return the dose under the label that the exercise gives it, with the name of whoever set it."""
    label = split_label(own[0])[0] if own else ()
    title = () if label or not own or isinstance(own[0], Para) else (own[0],)
    start: tuple[Inline, ...] = (Strong(label), Space()) if label else ()
    words = words_as_inlines(f"{listed.dose} ({_set_by(front, listed)})")
    line = listed.line
    return (*title, Para((*start, *words), line))


def _set_by(front: Article, listed: ListedArticle) -> str:
    return listed.dose_by or front.meta.dose_by or ", ".join(front.meta.authors)


@note_rule(
    "programme-dose",
    "A programme sets another dose than its exercise says; the programme's is shown, with the name of whoever set it.",
    "`dose: 3 sæt af 10` for an exercise that says “8–12 gentagelser”",
    "Check that it is meant.",
)
def _dose_findings(front: Article, listed: ListedArticle, own: Sequence[Block]) -> Iterator[Finding]:
    said = text(tuple(own))
    if said and listed.dose not in said:
        message = f"the dose of {listed.id!r} is {listed.dose!r}, set by {_set_by(front, listed)}; its own is {said!r}"
        yield make_finding("programme-dose", front.source, listed.line, message)
