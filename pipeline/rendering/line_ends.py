"""Lines for WeasyPrint 70: each text is split once for a width, and one that fits its line stays on it.

The same texts are laid out again and again, in columns that are balanced and in settings that are compared. WeasyPrint
also measures the space at the end of a text where an element follows, such as bold words, and breaks the line behind
its first word.
"""

from __future__ import annotations

from copy import copy
from math import inf
from typing import Any

from weasyprint.layout import inline, preferred
from weasyprint.text.line_break import split_first_line

_RESUME_AT = 2
"""In the result of `split_first_line`: where the next line begins; None: the text fits."""
_MOST_KNOWN = 20_000
"""Lines that are kept: those of an article in some ten settings, 10 MB."""
_PROPERTIES = (
    "direction", "font_family", "font_feature_settings", "font_kerning", "font_language_override", "font_size",
    "font_stretch", "font_style", "font_variant_alternates", "font_variant_caps", "font_variant_east_asian",
    "font_variant_ligatures", "font_variant_numeric", "font_variant_position", "font_variation_settings", "font_weight",
    "hyphenate_character", "hyphenate_limit_chars", "hyphenate_limit_zone", "hyphens", "lang", "letter_spacing",
    "overflow_wrap", "tab_size", "text_decoration_line", "white_space", "word_break", "word_spacing",
)  # fmt: skip
"""All that decides on a line beside its text and width."""
_known: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def install_line_ends() -> None:
    """Let WeasyPrint break lines by this module."""
    inline.split_first_line = preferred.split_first_line = _split_once


def _split_once(
    text: str, style: Any, context: Any, max_width: float | None, justification_spacing: float, *,
    is_line_start: bool = True, minimum: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """Split a text as WeasyPrint does, with the arguments and the result of its function."""
    rest = (justification_spacing, is_line_start, minimum)
    key = (text, _style_key(style), max_width, rest)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = _split(text, style, context, max_width, rest)
    layout, *others = _known[key]
    return copy(layout), *others  # a box keeps its own: it is drawn by setting it up again


def _style_key(style: Any) -> str:
    """Return what a style says of lines; it is kept with the style, as long as that lives."""
    key: str | None = getattr(style, "_line_key", None)
    if key is None:
        key = style._line_key = repr([style[name] for name in _PROPERTIES])
    return key


def _split(text: str, style: Any, context: Any, max_width: float | None, rest: tuple[Any, ...]) -> tuple[Any, ...]:
    split: tuple[Any, ...] = split_first_line(text, style, context, max_width, *rest)
    if split[_RESUME_AT] is None or not max_width or not text.endswith(" "):
        return split
    if split_first_line(text.rstrip(" "), style, context, max_width, *rest)[_RESUME_AT] is not None:
        return split
    fitting: tuple[Any, ...] = split_first_line(text, style, context, inf, *rest)
    return fitting
