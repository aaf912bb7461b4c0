"""The band below the lead of a handout: it says when to get help, or on which page that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from pipeline.model import (
    URGENT_KINDS,
    Block,
    BulletList,
    Callout,
    Header,
    Para,
    Plain,
    text,
)
from pipeline.rendering.help_levels import box_label, level_name, number_line
from pipeline.rendering.pdf_layout import Layout
from pipeline.rendering.words import Words
from pipeline.writers.handout.variants import TypeSetting

_MOST_LINES = 5
"""Of signs in the band of one article: more are read where they stand."""
HELP_ID = "_help-"
"""In the id of every box to which the band may lead; ids of headings have no underscore."""
_FIRST_PAGE_LETTERS = 8.5
"""On the first page, below title and lead, for each square millimetre of its columns, in type of 1 pt."""
_LINE_LETTERS = 70
"""Letters of 12 pt on a line of the band, at least."""


@dataclass(frozen=True, slots=True)
class HelpPlace:
    """A box on when to get help, where it stands in the article."""

    box: Callout
    id: str
    section: str
    """The heading that it stands below."""
    letters_before: int
    """Of the article's text."""

    @property
    def topic(self) -> str:
        """What it is about: its title, its own heading, or that of its section."""
        heading = next((text((block,)) for block in self.box.blocks[:1] if isinstance(block, Header)), "")
        return text(self.box.title) or heading or self.section


@dataclass(frozen=True, slots=True)
class Pointer:
    """A part of the band: the signs of one box, or the pages of all boxes of a level."""

    kind: str
    name: str
    """Of its level."""
    label: str
    """Above it: the name, or the words that lead on to the signs."""
    title: str
    """Of the box whose signs follow."""
    number: str
    """The line with the number to ring; empty: none."""
    signs: tuple[tuple[str, tuple[str, ...]], ...]
    """Paragraphs, each with the items of the list below it."""
    places: tuple[tuple[str, str], ...]
    """Id and topic of each box that it leads to; of several with one topic, the first."""
    ids: tuple[str, ...]
    """Of all boxes that it is about."""


def pointers(
    places: Iterable[HelpPlace], setting: TypeSetting, words: Words, doctor_on_call: str, most_lines: int = _MOST_LINES
) -> tuple[Pointer, ...]:
    """Return the parts of the band for the boxes that a setting leads to.

    The most urgent stand first, and what was found behind what was marked.

    The signs themselves are said as far as there is room; behind a box that is too long, none are, so that nothing less
    urgent stands out more.
    """
    found: list[Pointer] = []
    room = most_lines
    led_to = (
        place
        for place in places
        if (_is_likely_overleaf(place, setting) if setting.pointed is None else place.id in setting.pointed)
    )
    for place in sorted(led_to, key=lambda place: (URGENT_KINDS.index(place.box.kind), place.box.is_found)):
        box, name = place.box, level_name(place.box, words)
        signs = _signs(box)
        lines = sum(_lines(head) + sum(map(_lines, items)) for head, items in signs)
        has_room = bool(signs) and lines <= room
        room = room - lines if has_room else 0
        last = found[-1] if found else None
        if not has_room and last and (last.kind, last.name) == (box.kind, name):
            is_new = not place.topic or place.topic not in [topic for _, topic in last.places]
            more = ((place.id, place.topic),) if is_new else ()
            found[-1] = replace(last, places=(*last.places, *more), ids=(*last.ids, place.id))
            continue
        number = number_line(box, words, doctor_on_call)
        if not has_room:
            found.append(Pointer(box.kind, name, name, "", number, (), ((place.id, place.topic),), (place.id,)))
            continue
        label, title = box_label(box, words), text(box.title)
        shown = (label, title) if label else (title or name, "")
        topic = "" if title else place.topic
        found.append(Pointer(box.kind, name, *shown, number, signs, ((place.id, topic),), (place.id,)))
    return tuple(found)


def _signs(box: Callout) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words of a box as paragraphs with lists; nothing where it holds other blocks than these."""
    signs: list[tuple[str, tuple[str, ...]]] = []
    for block in box.blocks:
        if isinstance(block, Para | Plain):
            signs.append((text((block,)), ()))
        elif isinstance(block, BulletList) and all(map(_is_plain, block.items)):
            head = signs.pop()[0] if signs and not signs[-1][1] else ""
            signs.append((head, tuple(map(text, block.items))))
        elif not isinstance(block, Header) or signs:
            return ()
    return tuple(signs)


def _is_plain(item: Sequence[Block]) -> bool:
    return len(item) == 1 and isinstance(item[0], Para | Plain)


def _lines(words: str) -> int:
    return ceil(len(words) / _LINE_LETTERS)


def _is_likely_overleaf(place: HelpPlace, setting: TypeSetting) -> bool:
    """Tell whether a box will probably not stand on the first page."""
    frame = setting.frame
    letters = _FIRST_PAGE_LETTERS * frame.columns * frame.column_mm * frame.room_mm / setting.size_pt**2
    return place.letters_before > letters


def lay_out_pointing(lay: Callable[[frozenset[str] | None], Layout]) -> Layout:
    """Lay out an article whose band leads overleaf only: a box on the first page is not said twice there.

    Args:
        lay: Lays out with pointers to the boxes with these ids; None: to those that will probably be overleaf. Where
            that is right, this costs one layout.
    """
    layout = lay(None)
    if (found := _overleaf(layout)) == (pointed := _pointed(layout)):
        return layout
    # With fewer pointers a box may move to the first page; with more, off it.
    layout, pointed = lay(found), found
    while more := _overleaf(layout) - pointed:
        pointed |= more
        layout = lay(pointed)
    return layout


def _overleaf(layout: Layout) -> frozenset[str]:
    return frozenset(id_ for id_, page in layout.page_of.items() if HELP_ID in id_ and page > 1)


def _pointed(layout: Layout) -> frozenset[str]:
    """Return the ids of the boxes that the band of a layout is about."""
    return frozenset(id_ for element in layout.root.iter() for id_ in element.get("data-leads", "").split())
