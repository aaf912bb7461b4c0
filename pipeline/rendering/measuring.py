"""How wide words are in print, as HarfBuzz sets them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline.rendering.fonts import Cut, font

if TYPE_CHECKING:
    import uharfbuzz as hb

_MM_PER_PT = 25.4 / 72
_PIECES = re.compile(r"[^ \n-]+-?|-+")
"""What stays on one line: words, and the parts of words that hyphens join; `5 mg` with a no-break space is one."""


def widest_mm(text: str, cut: Cut, size_pt: float) -> float:
    """Return the width of the longest piece of a text that no line can break; 0 for no text."""
    return max((_ems(piece, cut) for piece in _PIECES.findall(text)), default=0.0) * size_pt * _MM_PER_PT


@lru_cache(maxsize=8192)
def _ems(piece: str, cut: Cut) -> float:
    import uharfbuzz as hb

    face = _face(cut)
    buffer = hb.Buffer()
    buffer.add_str(piece)
    buffer.guess_segment_properties()
    hb.shape(face, buffer, {"liga": False})
    advances = (position.x_advance for position in buffer.glyph_positions)
    return float(sum(advances)) / float(face.face.upem)


@cache
def _face(cut: Cut) -> hb.Font:
    import uharfbuzz as hb

    return hb.Font(hb.Face(font(cut)))
