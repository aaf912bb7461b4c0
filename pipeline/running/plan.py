"""What is to be made, what still stands, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline import writers
from pipeline.config import Config
from pipeline.reading.binding import Binding, Card
from pipeline.running.keys import Keys, binding_key
from pipeline.running.making import Order, Shop, in_turn
from pipeline.running.record import Record, Remembered, standing
from pipeline.writers import Facts


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of a run."""

    orders: tuple[Order, ...]
    """Longest first, so that no worker is left with a book while the others rest."""
    unchanged: tuple[Remembered, ...]
    skipped: tuple[tuple[Binding, str], ...]
    keys: Mapping[tuple[str, str], str]
    """The key of each edition in each format that is to be made, by id and format."""

    @property
    def cards(self) -> tuple[Card, ...]:
        """What is to be written."""
        return tuple({card.id: card for order in self.orders for card in order.binding.all_cards}.values())


def plan(
    bindings: Iterable[Binding],
    formats: tuple[str, ...],
    asked: tuple[str, ...],
    config: Config,
    shop: Shop,
    before: Record,
    *,
    is_forced: bool,
) -> Plan:
    """Decide for each edition and format.

    Args:
        asked: Ids that were asked for by name; empty: all but drafts and unlisted ones.
        before: What earlier runs have left.
    """
    maker = Keys(config, shop.styles)
    orders: list[Order] = []
    unchanged: list[Remembered] = []
    skipped: list[tuple[Binding, str]] = []
    keys: dict[tuple[str, str], str] = {}
    for binding in bindings:
        front = binding.front
        if asked and binding.id not in asked:
            continue  # read for another's sake
        if not asked and (front.is_draft or front.is_unlisted):
            skipped += [(binding, name) for name in formats]
            continue
        own = tuple(name for name in formats if not front.formats or name in front.formats)
        skipped += [(binding, name) for name in formats if name not in own]
        all_keys = _keys(binding, own, maker, shop)
        to_make: list[str] = []
        facts: dict[str, Facts] = {}
        for name, key in all_keys.items():
            entry = before.entries.get((binding.id, name))
            same = standing(entry, shop.outputs.folder) if entry and entry.key == key and not is_forced else None
            if same:
                facts[name] = same.facts
            if name in own:
                keys[binding.id, name] = key
                if same:
                    unchanged.append(same)
                else:
                    to_make.append(name)
        if to_make:
            orders.append(Order(len(orders), binding, tuple(to_make), facts, config.limits.seconds))
    return Plan(tuple(sorted(orders, key=_cost, reverse=True)), tuple(unchanged), tuple(skipped), keys)


def _keys(binding: Binding, formats: tuple[str, ...], maker: Keys, shop: Shop) -> dict[str, str]:
    """Return the key of each format, and of those whose facts they build on."""
    base = binding_key(binding)
    keys: dict[str, str] = {}
    for name in in_turn(formats):
        facts = [keys[other] for other in writers.load(name).facts_from]
        certificate = repr(shop.certificates.load(name, binding.id))
        keys[name] = maker.format_key(base, name, shop.options[name], binding.front.language, (*facts, certificate))
    return keys


def _cost(order: Order) -> int:
    return sum(card.blocks for card in order.binding.all_cards)
