"""Line ends for WeasyPrint 70: a text that fits its line but for the space at its end stays on it.

WeasyPrint measures that space where an element follows, such as bold words, and breaks the line behind its first word.
"""

from __future__ import annotations

from math import inf
from typing import Any

from weasyprint.layout import inline
from weasyprint.text.line_break import split_first_line

_RESUME_AT = 2
"""In the result of `split_first_line`: where the next line begins; None: the text fits."""


def install() -> None:
    """Let WeasyPrint break lines by this module."""
    inline.split_first_line = _split_first_line


def _split_first_line(text: str, style: Any, context: Any, max_width: float | None, *others: Any, **named: Any) -> Any:
    """Split a text as WeasyPrint does, with the arguments and the result of its function."""
    split = split_first_line(text, style, context, max_width, *others, **named)
    if split[_RESUME_AT] is None or max_width is None or not text.endswith(" "):
        return split
    if split_first_line(text.rstrip(" "), style, context, max_width, *others, **named)[_RESUME_AT] is not None:
        return split
    return split_first_line(text, style, context, inf, *others, **named)
