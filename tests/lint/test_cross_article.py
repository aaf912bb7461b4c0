"""Whole: what only shows when all articles lie side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.lint.context import LintContext
from pipeline.lint.cross_article import ArticleSummary, LintSummary, check_across_articles, summarise_article
from pipeline.model import ArticleMeta, Metadata, Related
from tests.lint.linting import STYLES
from tests.makers import article, header

SITE = "https://klinik.example"


def neighbour(id_: str, title: str = "", related: tuple[str, ...] = (), **lint_summary: Any) -> ArticleSummary:
    meta = Metadata(
        title=title or id_,
        address=f"{SITE}/{id_}",
        related=tuple(Related("", "", id=other) for other in related),
        accept=lint_summary.pop("accept", ()),
    )
    return ArticleSummary(ArticleMeta(id_, f"{id_}.md", meta), LintSummary(**lint_summary))


def codes(*them: ArticleSummary) -> list[tuple[str, str]]:
    return [(finding.code, finding.source) for finding in check_across_articles(them) if finding.code != "orphan"]


def test_a_link_to_an_article_that_does_not_exist_is_found() -> None:
    linking = neighbour("blog/a", links=((f"{SITE}/blog/gone", 7),))

    assert codes(linking, neighbour("blog/b")) == [("article-link-unknown", "blog/a.md")]


def test_links_to_articles_and_to_other_pages_of_the_site_are_left_alone() -> None:
    links = ((f"{SITE}/blog/b/", 7), (f"{SITE}/booking/tid", 8), ("https://elsewhere.example/blog/x", 9))

    assert not codes(neighbour("blog/a", links=links), neighbour("blog/b"))


def test_a_link_to_a_heading_that_another_article_lacks_is_found() -> None:
    target = neighbour("blog/b", anchors=("øvelser",))
    wrong, right = (neighbour("blog/a", links=((f"{SITE}/blog/b#{to}", 7),)) for to in ("x", "øvelser"))

    assert codes(wrong, target) == [("article-anchor-unknown", "blog/a.md")]
    assert not codes(right, target)


def test_two_articles_of_one_title_are_found() -> None:
    assert codes(neighbour("a", "Ondt i ryggen"), neighbour("b", "ondt i  ryggen")) == [("title-twice", "b.md")]
    assert not codes(neighbour("a", "Ondt i ryggen"), neighbour("b", "Ondt i nakken"))


def orphans(*them: ArticleSummary) -> list[str]:
    return [finding.source for finding in check_across_articles(them) if finding.code == "orphan"]


def test_an_article_that_nothing_leads_to_is_an_orphan() -> None:
    linking = neighbour("a", related=("b",), links=((f"{SITE}/c", 3),))

    assert orphans(linking, neighbour("b"), neighbour("c"), neighbour("d")) == ["a.md", "d.md"]


def test_an_article_alone_is_no_orphan() -> None:
    assert not orphans(neighbour("a"))


def test_what_an_author_means_is_no_finding() -> None:
    assert not orphans(neighbour("a", accept=("orphan",)), neighbour("b", accept=("orphan",)))


def test_traits_hold_headings_and_links() -> None:
    lint_summary = summarise_article(
        LintContext(article(blocks=(header("Øvelser"),)), Config(Path("/nowhere")), STYLES)
    )

    assert lint_summary.anchors == ("øvelser",)
