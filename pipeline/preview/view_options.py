"""View options of an article's page: variant, device, colour scheme; read from the query of its address."""

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
"""Choices of each option, the default first."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """The chosen view options."""

    chosen: Mapping[str, str]
    chapter: str = ""
    """Path of a chapter in the EPUB; empty: the first of the text."""

    def __getitem__(self, name: str) -> str:
        return self.chosen[name]

    def address(self, **changes: str) -> str:
        """Return the query of these options with changes; defaults are left out."""
        values = {**self.chosen, "chapter": self.chapter, **changes}
        query = {name: value for name, value in values.items() if value and value != OPTION_CHOICES.get(name, ("",))[0]}
        return "?" + urlencode(query)


def view_options_of(query: Mapping[str, str]) -> ViewOptions:
    """Return the view options of a query; unknown values become defaults."""
    chosen = {name: query[name] if query.get(name) in values else values[0] for name, values in OPTION_CHOICES.items()}
    return ViewOptions(chosen, query.get("chapter", ""))
