"""All rules on one article, in the order of what matters to patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.article import Article
from pipeline.checking import fit, lettering, readable, right, safe, spelling
from pipeline.checking.manuscript import Manuscript
from pipeline.checking.verdicts import Verdicts
from pipeline.checking.whole import Traits, traits_of
from pipeline.config import Config
from pipeline.findings import Finding
from pipeline.rendering.styles import Styles

Rule = Callable[[Manuscript], Iterable[Finding]]
RULES: tuple[Rule, ...] = (*safe.RULES, *readable.RULES, *right.RULES, *spelling.RULES, *fit.RULES, *lettering.RULES)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of an article, and what is kept of it for those on all articles together."""

    findings: tuple[Finding, ...]
    traits: Traits


def check_article(article: Article, config: Config, styles: Styles, verdicts: Verdicts | None = None) -> Checked:
    """Return what the rules find in an article, save what its author means.

    The same article, configuration and lists (`rules_key` of `checking.keys`) give the same findings, on any day.

    Args:
        verdicts: What is known of words; what is found of others is added.
    """
    script = Manuscript(article, config, styles, verdicts or Verdicts())
    findings = (finding for rule in RULES for finding in rule(script))
    return Checked(tuple(f for f in findings if f.code not in article.accept), traits_of(script))
