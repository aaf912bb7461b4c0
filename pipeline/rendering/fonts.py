"""Fonts: Source Sans 3 as static TrueType fonts, subsets of them, and the width of words set in them."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import pyphen
import uharfbuzz as hb

from pipeline.rendering.paper_sizes import MM_PER_PT

FontStyle = Literal["regular", "bold", "italic", "bold-italic"]
FONT_FAMILY = "Source Sans 3"
FONT_STYLES: tuple[FontStyle, ...] = ("regular", "bold", "italic", "bold-italic")
HYPHENATED_LETTERS = 3
"""Letters on either side of a hyphenation, at least."""
_UNBREAKABLE = re.compile(r"[^ \n-]+-?|-+")
"""Text without a line break opportunity: words, and parts of hyphenated words; no-break spaces do not break."""


@cache
def font_data(style: FontStyle) -> bytes:
    """Return a static TrueType font, instantiated from the variable font of the package.

    WeasyPrint 70 sets a variable font with the advances of its default weight, and older e-readers do not know them.
    """
    name = "SourceSans3-Italic[wght].ttf" if "italic" in style else "SourceSans3[wght].ttf"
    subset = hb.SubsetInput()
    subset.keep_everything()
    face = hb.Face(hb.Blob(files("fontpkg_source_sans_3").joinpath("files", name).read_bytes()))
    subset.pin_axis_location(face, "wght", 700.0 if "bold" in style else 400.0)
    return bytes(hb.subset(face, subset).blob.data)


def subset_font(style: FontStyle, characters: Set[str]) -> bytes:
    """Return a TrueType font with these characters only; those the font lacks are ignored."""
    subset = hb.SubsetInput()
    # Readers add hyphens of their own, and some list numbers are in no page's text.
    subset.unicode_set.update(map(ord, characters | set("0123456789.-‐•◦▪ ")))
    return bytes(hb.subset(hb.Face(hb.Blob(font_data(style))), subset).blob.data)


@cache
def supported_characters() -> frozenset[str]:
    """Return every character that all styles of the font have."""
    return frozenset.intersection(*(frozenset(map(chr, hb.Face(font_data(style)).unicodes)) for style in FONT_STYLES))


def printable(text: str) -> str:
    """Return a text without the characters that the font lacks: boxes, or letters of other fonts, would show."""
    return "".join(character for character in text if character in supported_characters()).strip()


def widest_word_em(text: str, style: FontStyle) -> float:
    """Return the width of the widest part of a text that no line break can divide; 0 for no text."""
    return max((_width_em(part, style) for part in _UNBREAKABLE.findall(text)), default=0.0)


def widest_word_mm(text: str, style: FontStyle, size_pt: float) -> float:
    return widest_word_em(text, style) * size_pt * MM_PER_PT


def widest_part_mm(text: str, style: FontStyle, size_pt: float, language: str) -> float:
    """Return the width of the widest part of a text of which each word may be hyphenated once; 0 for no text."""
    words = _UNBREAKABLE.findall(text)
    return max((_hyphenated_em(word, style, language) for word in words), default=0.0) * size_pt * MM_PER_PT


def _hyphenated_em(word: str, style: FontStyle, language: str) -> float:
    parts = ((f"{word[:at]}-", word[at:]) for at in _hyphenations(word, language))
    return min(max(_width_em(part, style) for part in each) for each in ((word,), *parts))


@lru_cache(maxsize=8192)
def _hyphenations(word: str, language: str) -> tuple[int, ...]:
    """Return where a word may be hyphenated, as `hyphenate-limit-chars` in `styles/handout/handout.css` allows."""
    known = pyphen.language_fallback(language)
    return tuple(
        found.start() + at
        for found in re.finditer(rf"[^\W\d_]{{{2 * HYPHENATED_LETTERS},}}", word)
        for at in (pyphen.Pyphen(lang=known).positions(found[0].lower()) if known else ())
        if HYPHENATED_LETTERS <= at <= len(found[0]) - HYPHENATED_LETTERS
    )


@lru_cache(maxsize=8192)
def _width_em(text: str, style: FontStyle) -> float:
    font = _harfbuzz_font(style)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, {"liga": False})
    return float(sum(position.x_advance for position in buffer.glyph_positions)) / float(font.face.upem)


@cache
def _harfbuzz_font(style: FontStyle) -> hb.Font:
    return hb.Font(hb.Face(font_data(style)))
