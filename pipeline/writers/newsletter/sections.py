"""The options of the newsletter; the content of a mail: articles whole, in part, or as teasers, and announcements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from pipeline import model
from pipeline.config import FILE_NAME
from pipeline.errors import ConfigError
from pipeline.model import walk, words_as_inlines
from pipeline.rendering.exercises import with_levels
from pipeline.rendering.readability import sentences
from pipeline.rendering.words import Words

MEDIUM = "mail"
_URL_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TEASER_LETTERS = 240
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[newsletter]`."""

    reason: str = ""
    """Why the reader receives this mail: a sentence in the footer."""
    unsubscribe: str = ""
    """An `https:` address, a `mailto:`, or the merge tag of a mailing service, such as `*|UNSUB|*`."""
    picture_base: str = ""
    """The `https:` address of the uploaded files of `outputs/newsletter/pictures/`.

    Empty: the message embeds its pictures. Set: it loads them from the web, and so does an additional file,
    `<id>.paste.html`, to paste into any mailing service. `<id>.html` always shows its pictures from the disk.
    """
    files_base: str = ""
    """The `https:` address of the uploaded `outputs/handout/` and `outputs/epub/`; empty: no links to files."""
    subject_prefix: str = ""
    """Prefix of every subject: `Nyt fra klinikken:`."""
    articles: Literal["teaser", "full"] = "teaser"
    """How an edition of several articles shows each of them by default."""

    def __post_init__(self) -> None:
        """Validate the options.

        Raises:
            ConfigError: With all problems.
        """
        problems = [
            f"{FILE_NAME}: [newsletter] {entry.name} holds a line break or another control character"
            for entry in fields(self)
            if _CONTROL_CHARACTER.search(getattr(self, entry.name))
        ]
        problems += [
            f"{FILE_NAME}: [newsletter] {name} is {address!r}, expected an address such as https://klinik.example/post"
            for name, address in (("picture_base", self.picture_base), ("files_base", self.files_base))
            if address and not re.match(r"https://[^/\s\"<>]+[^\s\"<>]*$", address)
        ]
        scheme = _URL_SCHEME.match(self.unsubscribe)
        if (scheme and scheme[0].lower() not in ("https:", "mailto:")) or re.search(r"[<>\"]", self.unsubscribe):
            problems.append(
                f"{FILE_NAME}: [newsletter] unsubscribe is {self.unsubscribe!r}, "
                "expected an address with https: or mailto:, or a mailing service's merge tag"
            )
        if problems:
            raise ConfigError("\n".join(problems))


@dataclass(frozen=True, slots=True)
class MailSection:
    """The part of an article that a mail shows."""

    article: model.Article
    blocks: tuple[model.Block, ...]
    is_whole: bool
    is_teaser: bool = False
    hero: model.Figure | None = None
    thumbnail: model.Image | None = None
    """A small picture beside a teaser."""

    @property
    def lead(self) -> str:
        """The lead; of a teaser whole sentences of it, or of what the article begins with."""
        return _first_sentences(teaser_text(self.article)) if self.is_teaser else self.article.lead

    @property
    def images(self) -> tuple[model.Image, ...]:
        """Every image of the section, the hero first."""
        hero = (self.hero.image,) if self.hero else ()
        return hero + tuple(node for node in walk(self.blocks) if isinstance(node, model.Image))

    @property
    def ids(self) -> frozenset[str]:
        """Ids within the section that a link can lead to."""
        return frozenset(node.id for node in walk(self.blocks) if isinstance(node, model.Header | model.References))


def sections_of(edition: model.Edition, options: Options) -> tuple[MailSection, ...]:
    """Return the sections of a mail without shortening; the front of a bound edition comes first."""
    if not edition.is_bound:
        return tuple(whole_section(article) for article in edition.articles)
    front = edition.front
    lengths = {listed.id: listed.length for listed in front.meta.listed if listed.length}
    usual = "full" if front.meta.is_programme else options.articles  # a teaser has no dose
    articles = (
        whole_section(article) if lengths.get(article.id, usual) == "full" else edition_teaser(edition, article)
        for article in edition.articles
    )
    return (whole_section(front), *articles)


def shortenings(edition: model.Edition, options: Options) -> Iterator[tuple[MailSection, ...]]:
    """Yield ever shorter versions: teasers from the last article up, then whole articles without their last
    sections.
    """
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


def whole_section(article: model.Article) -> MailSection:
    return MailSection(article, article.blocks, is_whole=True, hero=article.hero)


def edition_teaser(edition: model.Edition, article: model.Article) -> MailSection:
    """Return the first sentences of an article with a small picture, and its boxes on when to get help.

    The first article is the lead story: its picture is large, unless the edition has one of its own.
    """
    is_first = article == edition.articles[0] and not edition.front.hero
    hero = article.hero if is_first else None
    thumbnail = None if hero else next(iter(model.images(article)), None)
    kept = tuple(box for box in model.help_boxes(article.blocks, MEDIUM) if not box.is_added)
    return MailSection(article, with_levels(kept), is_whole=False, is_teaser=True, hero=hero, thumbnail=thumbnail)


def teaser_text(article: model.Article) -> str:
    """Return what a teaser is taken from: the lead, the author's description, or the first paragraph."""
    given = article.lead or (article.description if article.meta.has_description else "")
    paragraphs = (model.text(block.content) for block in article.blocks if isinstance(block, model.Para))
    return given or next(filter(None, paragraphs), article.description)


def _first_sentences(words: str) -> str:
    """Return whole sentences from the beginning: as many as a teaser has room for, and at least one."""
    ends = [offset + len(sentence) for offset, sentence in sentences(words)]
    closed = [end + len(words[end:]) - len(words[end:].lstrip('“”«»"’)')) for end in ends]
    return words[: max((end for end in closed if end <= _TEASER_LETTERS), default=closed[0])] if closed else words


def opening_sections(article: model.Article) -> Iterator[MailSection]:
    """Yield an article without its last section, its last two, and so on."""
    starts = [
        number for number, block in enumerate(article.blocks) if isinstance(block, model.Header | model.References)
    ]
    # Without headings, an article is shortened at a paragraph.
    starts = starts or [number for number, block in enumerate(article.blocks) if number and _may_be_first_left(block)]
    for start in reversed(starts):
        kept = (*article.blocks[:start], *model.help_boxes(article.blocks[start:], MEDIUM))
        yield MailSection(article, with_levels(kept), is_whole=False, hero=article.hero)


def _may_be_first_left(block: model.Block) -> bool:
    """Tell whether a text may end before a block: not before what its last paragraph announces."""
    return isinstance(block, model.Para | model.Figure | model.Table)


# ---- announcements


def announcements_of(front: model.Article, words: Words) -> tuple[tuple[str, tuple[model.Block, ...]], ...]:
    """Return the announcements in the front matter: heading and blocks of each."""
    items = tuple((model.Plain(event_inlines(event, words), event.line),) for event in front.meta.events)
    announced = (
        (words["newsletter_events"], (model.BulletList(items),) if items else ()),
        (words["newsletter_opening_hours"], opening_hours(front)),
    )
    return tuple((heading, blocks) for heading, blocks in announced if blocks)


def opening_hours(front: model.Article) -> tuple[model.Block, ...]:
    rows = (
        tuple(model.Cell((model.Plain(words_as_inlines(part)),)) for part in row) for row in front.meta.opening_hours
    )
    return (model.Table((), table),) if (table := tuple(rows)) else ()


def event_inlines(event: model.Event, words: Words) -> tuple[model.Inline, ...]:
    """Return an event's title, and its time and place on a second line."""
    title: tuple[model.Inline, ...] = words_as_inlines(event.title)
    if event.address:
        title = (model.Link(title, event.address, event.line),)
    when = " ".join(filter(None, (words.date(event.day), event.time)))
    details = " · ".join(filter(None, (when, event.place)))
    return (*title, model.LineBreak(), *words_as_inlines(details)) if details else title
