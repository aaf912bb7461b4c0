"""What is to be made, what still stands, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline import writers
from pipeline.config import Config
from pipeline.model import ArticleMeta
from pipeline.reading.editions import EditionPlan
from pipeline.running.keys import Keys, Parts, binding_key, key_of, short
from pipeline.running.making import Order, Shop, in_turn
from pipeline.running.record import Record, Remembered, standing
from pipeline.writers import Facts

NEW, AGAIN, FORCED = "it was never made", "its last attempt failed or was a part", "--force"
LOST = "its files are gone, or not as they were written"
PICTURE_WORDS = 200
"""A picture takes about as long to publish as so many words."""
CHANGES: Mapping[str, str] = {
    "article": "the article, its pictures or what it refers to changed",
    "options": "the options of the format changed",
    "publisher": "[publisher] changed",
    "styles": "the style changed",
    "words": "the words of its language changed",
    "program": "this program or a library changed",
    "facts": "what it builds on changed",
    "certificate": "its certificate changed",
}
"""What each part of a key says when it differs."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What is made anew beside what has changed."""

    is_forced: bool = False
    """Everything."""
    is_verified: bool = False
    """Files that stand are read and compared, not only looked at."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of a run."""

    orders: tuple[Order, ...]
    """Longest first, so that no worker is left with a book while the others rest."""
    unchanged: tuple[Remembered, ...]
    skipped: tuple[tuple[EditionPlan, str], ...]
    keys: Mapping[tuple[str, str], Parts]
    """The key of each edition in each format that was asked for, part by part, by id and format."""
    reasons: Mapping[tuple[str, str], str]
    """Why each is made anew, or is not."""

    @property
    def metas(self) -> tuple[ArticleMeta, ...]:
        """What is to be written."""
        return tuple({card.id: card for order in self.orders for card in order.binding.all_metas}.values())


def plan(
    bindings: Iterable[EditionPlan],
    formats: tuple[str, ...],
    asked: tuple[str, ...],
    config: Config,
    shop: Shop,
    before: Record,
    rebuild: Rebuild,
) -> Plan:
    """Decide for each edition and format.

    Args:
        asked: Ids that were asked for by name; empty: all but drafts and unlisted ones.
        before: What earlier runs have left.
    """
    maker = Keys(config, shop.styles)
    orders: list[Order] = []
    unchanged: list[Remembered] = []
    skipped: list[tuple[EditionPlan, str]] = []
    keys: dict[tuple[str, str], Parts] = {}
    reasons: dict[tuple[str, str], str] = {}
    for binding in bindings:
        front = binding.front
        if asked and binding.id not in asked:
            continue  # read for another's sake
        if not asked and (front.meta.is_draft or front.meta.is_unlisted):
            skipped += [(binding, name) for name in formats]
            continue
        own = tuple(name for name in formats if not front.meta.formats or name in front.meta.formats)
        skipped += [(binding, name) for name in formats if name not in own]
        all_keys = _keys(binding, own, maker, shop)
        to_make: list[str] = []
        facts: dict[str, Facts] = {}
        for name, parts in all_keys.items():
            entry = before.entries.get((binding.id, name))
            reason = FORCED if rebuild.is_forced else _change(entry, parts)
            is_verified = rebuild.is_verified
            same = standing(entry, shop.outputs.folder, is_verified=is_verified) if entry and not reason else None
            if same:
                facts[name] = same.facts
            if name in own:
                keys[binding.id, name] = parts
                reasons[binding.id, name] = "unchanged" if same else reason or LOST
                if same:
                    unchanged.append(same)
                else:
                    to_make.append(name)
        if to_make:
            orders.append(Order(len(orders), binding, tuple(to_make), facts, config.limits.seconds))
    return Plan(tuple(sorted(orders, key=_cost, reverse=True)), tuple(unchanged), tuple(skipped), keys, reasons)


def _keys(binding: EditionPlan, formats: tuple[str, ...], maker: Keys, shop: Shop) -> dict[str, Parts]:
    """Return the key of each format, and of those whose facts they build on."""
    base = short(binding_key(binding))
    keys: dict[str, Parts] = {}
    for name in in_turn(formats):
        facts = [key_of(keys[other]) for other in writers.load_writer(name).facts_from]
        certificate = repr(shop.certificates.load(name, binding.id))
        keys[name] = maker.parts(base, name, shop.options[name], binding.front.meta.language, facts, certificate)
    return keys


def _change(entry: Remembered | None, parts: Parts) -> str:
    """Return what has changed since an edition was made; nothing where all is the same."""
    if entry is None:
        return NEW
    if not entry.key:
        return AGAIN
    if entry.key == key_of(parts):
        return ""
    changed = [CHANGES[name] for name in CHANGES if parts.get(name) != entry.parts.get(name)]
    return ", ".join(changed) or "another version of this program kept the record"


def _cost(order: Order) -> int:
    cards = order.binding.all_metas
    pictures = {path for card in cards for path in card.pictures}
    return sum(card.words for card in cards) + PICTURE_WORDS * len(pictures)
