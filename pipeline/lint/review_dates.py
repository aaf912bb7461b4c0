"""Lint rule on review dates; the current day is a parameter, and its findings are not cached."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date

from pipeline.findings import Finding, make_finding
from pipeline.model import ArticleMeta
from pipeline.registry import warning_rule


@warning_rule(
    "review-overdue",
    "The article should have been reviewed again by now.",
    "`reviewed: 2023-01-10` in 2026",
    "Have it reviewed, and write the new date; `review_after:` or `[check] review_months` sets how long it holds.",
    reason="Advice ages: what was right at the last review may have been given up since.",
    source="NHS, Standard for creating health content, 1: a planned review cycle for all content.",
    group="safe",
)
def check_reviews(articles: Iterable[ArticleMeta], months: int, today: date) -> Iterator[Finding]:
    """Yield articles that should have been reviewed again.

    Args:
        months: How long a review holds where the article does not say.
    """
    for article in articles:
        meta = article.meta
        due = meta.review_after or (_add_months(meta.reviewed, months) if meta.reviewed else None)
        if due and due < today and "review-overdue" not in meta.accept:
            last = f"reviewed on {meta.reviewed}, " if meta.reviewed else ""
            yield make_finding("review-overdue", article.source, 0, f"{last}due again on {due}")


def without_dated_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are the same on any day."""
    return tuple(finding for finding in findings if finding.code != "review-overdue")


def _add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
