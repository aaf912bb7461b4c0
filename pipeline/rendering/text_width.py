"""How wide words are in print, as HarfBuzz sets them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline.rendering.fonts import FontStyle, font_data

if TYPE_CHECKING:
    import uharfbuzz as hb

_MM_PER_PT = 25.4 / 72
_UNBREAKABLE = re.compile(r"[^ \n-]+-?|-+")
"""What stays on one line: words, and the parts of words that hyphens join; `5 mg` with a no-break space is one."""


def widest_word_mm(text: str, cut: FontStyle, size_pt: float) -> float:
    """Return the width of the longest piece of a text that no line can break; 0 for no text."""
    return max((_width_em(piece, cut) for piece in _UNBREAKABLE.findall(text)), default=0.0) * size_pt * _MM_PER_PT


@lru_cache(maxsize=8192)
def _width_em(piece: str, cut: FontStyle) -> float:
    import uharfbuzz as hb

    face = _harfbuzz_font(cut)
    buffer = hb.Buffer()
    buffer.add_str(piece)
    buffer.guess_segment_properties()
    hb.shape(face, buffer, {"liga": False})
    advances = (position.x_advance for position in buffer.glyph_positions)
    return float(sum(advances)) / float(face.face.upem)


@cache
def _harfbuzz_font(cut: FontStyle) -> hb.Font:
    import uharfbuzz as hb

    return hb.Font(hb.Face(font_data(cut)))
