"""What is found when all articles of a run lie side by side, and on the day of the run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipeline.checking.dated import Review, check_reviews
from pipeline.checking.spelling import missing
from pipeline.checking.whole import Neighbour, check_together
from pipeline.config import FILE_NAME, Config
from pipeline.findings import Finding, found
from pipeline.running.library import Library
from pipeline.running.spool import Shelved


def check_library(library: Library, config: Config, today: date | None, *, is_whole: bool) -> tuple[Finding, ...]:
    """Return what no article shows on its own; none of it may be kept for another run.

    Args:
        today: The day that reviews are judged by; None: they are not judged.
        is_whole: All articles were read; of a part nothing is said that another article could answer.
    """
    read = tuple(item for item in library.reads if item.card)
    reviews = (
        Review(item.source.path, item.traits.reviewed, item.traits.review_after, item.traits.accept) for item in read
    )
    findings = list(check_reviews(reviews, config.check.review_months, today)) if today else []
    if is_whole:
        findings += check_together(_neighbour(item) for item in read)
        languages = (item.card.language.split("-")[0] for item in read if item.card)
        findings += skipped(languages if config.check.spelling else ())
    return tuple(findings)


def _neighbour(item: Shelved) -> Neighbour:
    card = item.card
    if card is None:
        raise ValueError("a source that was refused has no neighbours")
    return Neighbour(
        card.id,
        card.source,
        card.title,
        card.address,
        tuple(entry.id for entry in card.related if entry.id),
        card.articles,
        card.is_draft or card.is_unlisted,
        item.traits,
    )


def skipped(languages: Iterable[str]) -> Iterable[Finding]:
    """Yield a note for each language that could not be spell-checked."""
    for language in sorted(set(languages)):
        if why := missing(language):
            yield found("spelling-skipped", FILE_NAME, 0, f"spelling of {language!r} was not checked: {why}")
