"""What a mail shows of each article: all of it, its opening, or a teaser; longest first, until it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.model import Article, Block, Callout, Edition, Figure, Header, Image, Para, References, walk
from pipeline.writers.newsletter.options import Options


@dataclass(frozen=True, slots=True)
class MailSection:
    """An article as it stands in the mail."""

    article: Article
    blocks: tuple[Block, ...]
    is_whole: bool
    is_teaser: bool = False
    hero: Figure | None = None

    @property
    def lead(self) -> str:
        """The words above the text; a teaser without a lead borrows the description."""
        return self.article.lead or (self.article.description if self.is_teaser else "")

    @property
    def images(self) -> tuple[Image, ...]:
        """Every image it may show, the hero first."""
        hero = (self.hero.image,) if self.hero else ()
        return hero + tuple(node for node in walk(self.blocks) if isinstance(node, Image))

    @property
    def ids(self) -> frozenset[str]:
        """The places within it that a link can lead to."""
        return frozenset(node.id for node in walk(self.blocks) if isinstance(node, Header | References))


def sections_of(edition: Edition, options: Options) -> tuple[MailSection, ...]:
    """Return what the mail shows when nothing need be shortened; a bound edition's front comes first."""
    if not edition.is_bound:
        return tuple(whole_section(article) for article in edition.articles)
    front = edition.front
    lengths = {listed.id: listed.length for listed in front.meta.listed if listed.length}
    articles = (
        whole_section(article)
        if lengths.get(article.id, options.articles) == "full"
        else edition_teaser(edition, article)
        for article in edition.articles
    )
    return (whole_section(front), *articles)


def shortenings(edition: Edition, options: Options) -> Iterator[tuple[MailSection, ...]]:
    """Yield ever shorter parts: teasers from the last article up, then fewer sections of what is still whole."""
    parts = sections_of(edition, options)
    if edition.is_bound:
        for number in range(len(parts) - 1, 0, -1):
            if not parts[number].is_teaser:
                parts = (*parts[:number], edition_teaser(edition, parts[number].article), *parts[number + 1 :])
                yield parts
    for number in range(len(parts) - 1, -1, -1):
        if parts[number].is_whole:
            for shorter in opening_sections(parts[number].article):
                yield (*parts[:number], shorter, *parts[number + 1 :])


def whole_section(article: Article) -> MailSection:
    """Return an article with all its blocks."""
    return MailSection(article, article.blocks, is_whole=True, hero=article.hero)


def edition_teaser(edition: Edition, article: Article) -> MailSection:
    """Return the teaser of an article of an edition.

    A mail of teasers has one hero: the edition's own picture, or else that of its first article.
    """
    is_first = article == edition.articles[0]
    return replace(teaser_section(article), hero=article.hero if is_first and not edition.front.hero else None)


def teaser_section(article: Article) -> MailSection:
    """Return an article's lead, description or first paragraph, and its advice on when to see a doctor."""
    has_words = article.lead or article.description
    first = () if has_words else tuple(block for block in article.blocks if isinstance(block, Para))[:1]
    return MailSection(article, (*first, *see_doctor_callouts(article.blocks)), is_whole=False, is_teaser=True)


def opening_sections(article: Article) -> Iterator[MailSection]:
    """Yield an article without its last section, its last two, and so on."""
    starts = [number for number, block in enumerate(article.blocks) if isinstance(block, Header | References)]
    for start in reversed(starts):
        kept = article.blocks[:start]
        yield MailSection(
            article, (*kept, *see_doctor_callouts(article.blocks[start:])), is_whole=False, hero=article.hero
        )


def see_doctor_callouts(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the callouts that no shortening may take away."""
    return tuple(node for node in walk(blocks) if isinstance(node, Callout) and node.kind == "see-doctor")
