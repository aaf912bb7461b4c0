"""A share of the work, for CI matrices and job arrays: each machine makes one, and `publish merge` joins them.

Every machine must come to the same shares without asking another, whatever it has in its cache. So what an edition will
cost is told from the edition alone, by what was measured once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.reading.binding import Binding

EDITION_S, WORD_S, PICTURE_S = 0.35, 0.0025, 0.5
"""Seconds of one core for an edition in all formats, for each of its words, and for each picture.

Measured on nine articles of 7,106 words with 25 pictures: 13.2 s for the pictures, 21 s for all else. Only their
proportions count.
"""


def cost_s(binding: Binding) -> float:
    """Return about how many seconds an edition takes on one core."""
    listings = [card.listing for card in binding.all_cards]
    pictures = {path for listing in listings for path in listing.pictures}
    return EDITION_S + WORD_S * sum(listing.words for listing in listings) + PICTURE_S * len(pictures)


@dataclass(frozen=True, slots=True)
class Shard:
    """The share `number` of `count`."""

    number: int
    """From 1."""
    count: int

    def of(self, bindings: Iterable[Binding]) -> tuple[Binding, ...]:
        """Return this share: the dearest editions are dealt first, each to whoever has least."""
        loads = [0.0] * self.count
        own: list[Binding] = []
        for binding in sorted(bindings, key=lambda each: (-cost_s(each), each.id)):
            least = loads.index(min(loads))
            loads[least] += cost_s(binding)
            if least == self.number - 1:
                own.append(binding)
        return tuple(own)


def shard_of(text: str) -> Shard:
    """Return what `2/8` means.

    Raises:
        ConfigError: It means no share.
    """
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise ConfigError(f"--shard is {text!r}, expected such as 2/8: the second of eight")
    return Shard(int(number), int(count))
