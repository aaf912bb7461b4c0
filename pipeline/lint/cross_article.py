"""Lint rules across all articles: broken links between them, equal titles, orphans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.config import FILE_NAME, Config
from pipeline.findings import Finding, make_finding
from pipeline.lint.context import LintContext
from pipeline.lint.review_dates import check_reviews
from pipeline.lint.spelling import missing_part
from pipeline.model import ArticleMeta, Header, Link, References
from pipeline.registry import note_rule, warning_rule


@dataclass(frozen=True, slots=True)
class LintSummary:
    anchors: tuple[str, ...] = ()  # Ids of its headings
    links: tuple[tuple[str, int], ...] = ()  # Web addresses it leads to, and the line of each


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    about: ArticleMeta
    lint_summary: LintSummary


def summarise_article(context: LintContext) -> LintSummary:
    anchors = (*(node.id for node in context.nodes(Header)), *(node.id for node in context.nodes(References)))
    links = ((link.address, link.line) for link in context.nodes(Link) if link.address.startswith("http"))
    return LintSummary(anchors, tuple(dict.fromkeys(links)))


def check_project(
    articles: Iterable[ArticleSummary], config: Config, today: date | None, *, is_whole: bool
) -> tuple[Finding, ...]:
    """Return what no article shows on its own.

    Args:
        today: The day that reviews are checked by; None: they are not checked.
        is_whole: These are all articles; of a part nothing is said that another article could answer.
    """
    them = tuple(articles)
    own = tuple(one.about for one in them)
    findings = list(check_reviews(own, config.check.review_months, today)) if today else []
    if is_whole:
        findings += check_across_articles(them)
        findings += skipped((about.meta.language.split("-")[0] for about in own) if config.check.spelling else ())
    return tuple(findings)


def skipped(languages: Iterable[str]) -> Iterable[Finding]:
    """Yield a note for each language that could not be spell-checked."""
    for language in sorted(set(languages)):
        if why := missing_part(language):
            yield make_finding("spelling-skipped", FILE_NAME, 0, f"spelling of {language!r} was not checked: {why}")


def check_across_articles(articles: Iterable[ArticleSummary]) -> tuple[Finding, ...]:
    """Return the findings on all articles of a project together, without those that their authors accept."""
    them = tuple(articles)
    accepted = {one.about.source: one.about.meta.accept for one in them}
    findings = (*_check_own_links(them), *_check_titles(them), *_check_orphans(them))
    return tuple(finding for finding in findings if finding.code not in accepted.get(finding.source, ()))


def _page(address: str) -> str:
    """Return an address without anchor, query and final slash."""
    return address.partition("#")[0].split("?")[0].rstrip("/")


@warning_rule(
    "article-link-unknown",
    "A link leads to an article of this project that does not exist.",
    "`/blog/ryg-ovelser` for `/blog/ryg-oevelser`",
    "Correct the address.",
    reason="The reader meets an error page, on paper with no way back.",
    group="whole",
)
@warning_rule(
    "article-anchor-unknown",
    "A link leads to a heading that the other article does not have.",
    "`/blog/ryg#oevelser` where no heading is called so",
    "Correct the part behind the `#`.",
    reason="The reader lands at the top of the article, and must search.",
    group="whole",
)
def _check_own_links(them: tuple[ArticleSummary, ...]) -> Iterator[Finding]:
    by_address = {one.about.meta.address.rstrip("/"): one for one in them if one.about.meta.address}
    folders = {address.rpartition("/")[0] for address in by_address}
    for one in them:
        for address, line in one.lint_summary.links:
            anchor = address.partition("#")[2]
            target = by_address.get(_page(address))
            if target and anchor and anchor not in target.lint_summary.anchors and target is not one:
                message = f"{target.about.id!r} has no heading {anchor!r}"
                yield make_finding("article-anchor-unknown", one.about.source, line, message, quote=address)
            elif not target and _page(address).rpartition("/")[0] in folders:
                message = f"there is no article at {address}"
                yield make_finding("article-link-unknown", one.about.source, line, message, quote=address)


@warning_rule(
    "title-twice",
    "Two articles have the same title.",
    "Two articles called “Ondt i ryggen”",
    "Say in the title what sets each apart.",
    reason="On a shelf, in an inbox or in a search no one can tell them apart.",
    source="WCAG 2.2, success criterion 2.4.2.",
    group="whole",
)
def _check_titles(them: tuple[ArticleSummary, ...]) -> Iterator[Finding]:
    by_title: dict[str, list[ArticleSummary]] = defaultdict(list)
    for one in them:
        by_title[" ".join(one.about.title.casefold().split())].append(one)
    for same in by_title.values():
        for one in same[1:]:
            yield make_finding(
                "title-twice", one.about.source, 0, f"{same[0].about.source} is called {one.about.title!r} too"
            )


@note_rule(
    "orphan",
    "No other article and no edition leads here.",
    "An article that nothing links to",
    "Name it in `related:` of an article that is near it.",
    reason="Readers find it by search alone.",
    group="whole",
)
def _check_orphans(them: tuple[ArticleSummary, ...]) -> Iterator[Finding]:
    by_address = {one.about.meta.address.rstrip("/"): one.about.id for one in them if one.about.meta.address}
    named = {one.about.id: (*(entry.id for entry in one.about.meta.related), *one.about.meta.articles) for one in them}
    led_to = {id_ for one, ids in named.items() for id_ in ids if id_ != one}
    for one in them:
        targets = (by_address.get(_page(address), "") for address, _ in one.lint_summary.links)
        led_to |= {*targets} - {one.about.id}
    for one in them if len(them) > 1 else ():
        meta = one.about.meta
        if one.about.id not in led_to and not (meta.is_draft or meta.is_unlisted or meta.articles):
            yield make_finding("orphan", one.about.source, 0, "no other article leads here")
