"""A chart of what commands took, as SVG: a bar for the time, and a thin one below for the processors' time."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_ROW, _LEFT, _WIDTH, _END = 34, 230, 420, 120
_OWN, _PEER, _CPU = "#1a5a4b", "#9aa5a1", "#d2a24c"


def draw(taken: Mapping[str, tuple[float, float]]) -> str:
    """Return a chart.

    Args:
        taken: Seconds on the clock and of processors, by name of the command.
    """
    longest = max((max(times) for times in taken.values()), default=1.0)
    rows = []
    for number, (name, (wall_s, cpu_s)) in enumerate(taken.items()):
        top = 30 + number * _ROW
        colour = _OWN if "publish" in name else _PEER
        rows.append(
            f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH * wall_s / longest:.1f}" height="16" fill="{colour}"/>'
            f'<rect x="{_LEFT}" y="{top + 18}" width="{_WIDTH * cpu_s / longest:.1f}" height="5" fill="{_CPU}"/>'
            f'<text x="{_LEFT + _WIDTH * wall_s / longest + 6:.1f}" y="{top + 14}">{wall_s:.2f} s</text>'
        )
    height = 40 + len(rows) * _ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _END} {height}" '
        'font-family="sans-serif" font-size="13" role="img" aria-label="Seconds that commands took">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="18" fill="#555">seconds; the thin bar is time of processors</text>'
        f"{''.join(rows)}</svg>\n"
    )
