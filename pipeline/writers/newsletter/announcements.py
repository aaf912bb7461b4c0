"""What a newsletter announces behind its articles: events, and when the clinic is open."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model import Article, Block, BulletList, Cell, Event, Inline, LineBreak, Link, Plain, Space, Str, Table
from pipeline.rendering.words import Words


@dataclass(frozen=True, slots=True)
class Announcement:
    """Blocks below a heading that the writer adds; HTML and text are made from the same ones."""

    heading: str
    blocks: tuple[Block, ...]


def announcements_of(front: Article, words: Words) -> tuple[Announcement, ...]:
    """Return the notices that the front matter of an edition or article asks for."""
    notices = []
    if front.meta.events:
        items = tuple((Plain(event_inlines(event, words), event.line),) for event in front.meta.events)
        notices.append(Announcement(words["newsletter_events"], (BulletList(items),)))
    if front.meta.opening_hours:
        rows = tuple(tuple(Cell((Plain(text_inlines(part)),)) for part in row) for row in front.meta.opening_hours)
        notices.append(Announcement(words["newsletter_opening_hours"], (Table((), rows),)))
    return tuple(notices)


def event_inlines(event: Event, words: Words) -> tuple[Inline, ...]:
    """Return an event's title, and on a line of its own when and where it takes place."""
    title: tuple[Inline, ...] = text_inlines(event.title)
    if event.address:
        title = (Link(title, event.address, event.line),)
    when = " ".join(filter(None, (words.date(event.day) if event.day else "", event.time)))
    details = " · ".join(filter(None, (when, event.place)))
    return (*title, LineBreak(), *text_inlines(details)) if details else title


def text_inlines(words: str) -> tuple[Inline, ...]:
    """Return words as inlines."""
    made: list[Inline] = []
    for word in words.split(" "):
        made += [Space(), Str(word)] if made else [Str(word)]
    return tuple(made)
