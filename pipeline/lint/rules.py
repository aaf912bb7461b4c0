"""The list of all lint rules for one article, and the function that runs them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import Config
from pipeline.findings import Finding
from pipeline.lint import format_limits, mechanics, plain_language, safety, spelling  # noqa: F401  # each adds its rules
from pipeline.lint.context import ARTICLE_CHECKS, LintContext
from pipeline.lint.cross_article import LintSummary, summarise_article
from pipeline.lint.spelling_verdicts import SpellingVerdicts
from pipeline.model import Article
from pipeline.rendering.styles import Styles


@dataclass(frozen=True, slots=True)
class ArticleLintResult:
    """What the rules say of an article, and what is kept of it for those on all articles together."""

    findings: tuple[Finding, ...]
    lint_summary: LintSummary


def lint_article(
    article: Article, config: Config, styles: Styles, verdicts: SpellingVerdicts | None = None
) -> ArticleLintResult:
    """Return what the rules find in an article, save what its author means.

    The same article, configuration and lists give the same findings, on any day.

    Args:
        verdicts: What is known of words; what is found of others is added.
    """
    context = LintContext(article, config, styles, verdicts or SpellingVerdicts())
    findings = (finding for check in ARTICLE_CHECKS for finding in check(context))
    kept = tuple(finding for finding in findings if finding.code not in article.meta.accept)
    return ArticleLintResult(kept, summarise_article(context))
