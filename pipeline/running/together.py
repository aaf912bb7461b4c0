"""What is found when all articles of a run lie side by side, and on the day of the run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipeline.config import FILE_NAME, Config
from pipeline.findings import Finding, make_finding
from pipeline.lint.cross_article import ArticleSummary, check_across_articles
from pipeline.lint.review_dates import check_reviews
from pipeline.lint.spelling import missing_part
from pipeline.running.library import Library


def check_library(library: Library, config: Config, today: date | None, *, is_whole: bool) -> tuple[Finding, ...]:
    """Return what no article shows on its own; none of it may be kept for another run.

    Args:
        today: The day that reviews are judged by; None: they are not judged.
        is_whole: All articles were read; of a part nothing is said that another article could answer.
    """
    read = tuple(ArticleSummary(item.meta, item.lint_summary) for item in library.reads if item.meta)
    articles = tuple(one.about for one in read)
    findings = list(check_reviews(articles, config.check.review_months, today)) if today else []
    if is_whole:
        findings += check_across_articles(read)
        languages = (article.meta.language.split("-")[0] for article in articles)
        findings += skipped(languages if config.check.spelling else ())
    return tuple(findings)


def skipped(languages: Iterable[str]) -> Iterable[Finding]:
    """Yield a note for each language that could not be spell-checked."""
    for language in sorted(set(languages)):
        if why := missing_part(language):
            yield make_finding("spelling-skipped", FILE_NAME, 0, f"spelling of {language!r} was not checked: {why}")
