"""The options of the handout writer: the table `[handout]` of `publish.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.config import FILE_NAME
from pipeline.errors import ConfigError
from pipeline.validation.pdf_metadata import Standard

VariantName = Literal["standard", "large-print", "a5", "short", "exercise-card", "letter", "booklet"]


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[handout]`."""

    variants: tuple[VariantName, ...] = ("standard",)
    """Variants made of each article; `--variant` overrides it."""
    paper: Literal["A4", "letter"] = "A4"
    """Of the standard variant."""
    font_size_pt: float = 12.0
    """Size of all text, footer and captions included; 12 is the minimum for clear print."""
    fit: Literal["", "sheet"] = ""
    """`sheet`: a size between this one and 14 pt, and spacing, so that both sides of one sheet are filled."""
    hyphenate: bool = False
    """Off by default: Danish patterns break compounds wrongly, `bækkenbund-stræning`."""
    qr_code: bool = True
    """Print a QR code of the article's web address."""
    notes: bool = True
    """Print lines for "Mine noter" where the last page has room."""
    standard: Standard = "ua-1"
    """`ua-1`: PDF/UA-1 and PDF/A-2a, which today's readers and archives support. `ua-2`: PDF/UA-2 and PDF/A-4."""
    allow_nonconforming: bool = False
    """Publish files that violate the standard: without its claims, and with a warning for each rule."""
    see_doctor: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    """When to see a doctor, one line each: a box for every article that has none.

    Plain lines are in the publisher's language; others are given by language: `{da = […], en = […]}`.
    """

    def advice(self, language: str, own: str) -> tuple[str, ...]:
        """Return the lines on when to see a doctor in a language; empty where there are none.

        Args:
            own: The publisher's language.
        """
        given = self.see_doctor if isinstance(self.see_doctor, Mapping) else {own: self.see_doctor}
        by_tag = {tag.split("-")[0].lower(): lines for tag, lines in given.items()}
        return by_tag.get(language.split("-", maxsplit=1)[0].lower(), ())

    def __post_init__(self) -> None:
        """Validate the options.

        Raises:
            ConfigError: The size is outside 12 to 24 pt, or no variant is named.
        """
        if not 12 <= self.font_size_pt <= 24:
            raise ConfigError(
                f"[handout] font_size_pt is {self.font_size_pt:g}, expected 12 to 24",
                source=FILE_NAME,
                hint="12 pt is the least that clear print allows; 16 to 18 is large print",
            )
        if not self.variants:
            raise ConfigError("[handout] variants is empty, expected at least one", source=FILE_NAME)
