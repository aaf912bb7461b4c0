"""What someone has chosen to see of a proof, as the address says it; anything unknown means the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode

from pipeline.writers.handout.options import VariantName
from pipeline.writers.handout.variants import STANDARD_VARIANT

OPTION_CHOICES: Mapping[str, tuple[str, ...]] = {
    "variant": (STANDARD_VARIANT, *(name for name in get_args(VariantName) if name != STANDARD_VARIANT)),
    "device": ("phone", "tablet"),
    "book": ("light", "dark"),
    "width": ("320", "640"),
    "mail": ("light", "dark"),
    "pictures": ("on", "off"),
    "part": ("html", "text", "source"),
}
"""Each with its default first."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What is chosen."""

    chosen: Mapping[str, str]
    chapter: str = ""
    """The name of a file in the book; empty for the first of its text."""

    def __getitem__(self, name: str) -> str:
        return self.chosen[name]

    def address(self, **changes: str) -> str:
        """Return the query that chooses the same, but for changes; defaults are left out."""
        values = {**self.chosen, "chapter": self.chapter, **changes}
        told = {name: value for name, value in values.items() if value and value != OPTION_CHOICES.get(name, ("",))[0]}
        return "?" + urlencode(told)


def view_options_of(query: Mapping[str, str]) -> ViewOptions:
    """Return what the query of an address chooses."""
    chosen = {name: query[name] if query.get(name) in values else values[0] for name, values in OPTION_CHOICES.items()}
    return ViewOptions(chosen, query.get("chapter", ""))
