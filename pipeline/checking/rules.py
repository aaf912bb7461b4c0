"""All rules on one article, in the order of what matters to patients."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.article import Article
from pipeline.checking import fit, lettering, lists, readable, right, safe, spelling
from pipeline.checking.manuscript import Manuscript
from pipeline.checking.whole import Traits, traits_of
from pipeline.config import Config
from pipeline.findings import Finding
from pipeline.rendering.styles import Styles, find_styles

Rule = Callable[[Manuscript], Iterable[Finding]]
RULES: tuple[Rule, ...] = (*safe.RULES, *readable.RULES, *right.RULES, *spelling.RULES, *fit.RULES, *lettering.RULES)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of an article, and what is kept of it for those on all articles together."""

    findings: tuple[Finding, ...]
    traits: Traits


def check_article(article: Article, config: Config, styles: Styles) -> Checked:
    """Return what the rules find in an article, save what its author means.

    The same article, configuration and lists (`rules_key`) give the same findings, on any day.
    """
    script = Manuscript(article, config, styles)
    findings = (finding for rule in RULES for finding in rule(script))
    return Checked(tuple(f for f in findings if f.code not in article.accept), traits_of(script))


def rules_key(config: Config) -> str:
    """Return the key of all that findings on an article depend on beside the article and this program."""
    parts = (
        repr(config.check),
        repr(sorted(config.formats)),
        *lists.files(find_styles(config.folder)),
        *spelling.state(config),
    )
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
