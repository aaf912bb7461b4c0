"""Lint rule on review dates; the current day is a parameter, and its findings are not cached."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.findings import Finding, make_finding
from pipeline.registry import warning_rule


@dataclass(frozen=True, slots=True)
class ReviewDates:
    """When an article was last reviewed, and how long that holds."""

    source: str
    reviewed: date | None
    review_after: date | None
    accept: tuple[str, ...] = ()


@warning_rule(
    "review-overdue",
    "The article should have been reviewed again by now.",
    "`reviewed: 2023-01-10` in 2026",
    "Have it reviewed, and write the new date; `review_after:` or `[check] review_months` sets how long it holds.",
    reason="Advice ages: what was right at the last review may have been given up since.",
    source="NHS, Standard for creating health content, 1: a planned review cycle for all content.",
    group="safe",
)
def check_reviews(reviews: Iterable[ReviewDates], months: int, today: date) -> Iterator[Finding]:
    """Yield articles that should have been reviewed again.

    Args:
        months: How long a review holds where the article does not say.
    """
    for review in reviews:
        due = review.review_after or (_add_months(review.reviewed, months) if review.reviewed else None)
        if due and due < today and "review-overdue" not in review.accept:
            last = f"reviewed on {review.reviewed}, " if review.reviewed else ""
            yield make_finding("review-overdue", review.source, 0, f"{last}due again on {due}")


def without_dated_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are the same on any day."""
    return tuple(finding for finding in findings if finding.code != "review-overdue")


def _add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
