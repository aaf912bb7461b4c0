"""Cuts white borders off pictures: paper has a margin of its own, and the picture is larger without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_WHITE = 247
"""From this value on, in all channels, a pixel is white: a JPEG has a few shades of it."""
_KEPT_SHARE = 0.012
"""Of the width: a margin that stays around what is drawn."""
_LEAST_CUT_SHARE = 0.02
"""Of a side: less is not worth another size."""
_LEAST_REST_SHARE = 0.25
"""Of a side: a small sign on a large white ground keeps it."""


def trim_white_border(image: Image.Image) -> Image.Image:
    """Return a picture without its white border, or the same object where it has none worth cutting.

    A border is white to its last pixel.
    """
    inked = _darkest_channel(image).point(lambda value: 255 if value < _WHITE else 0).getbbox()
    if inked is None:
        return image
    margin = round(_KEPT_SHARE * image.width)
    left, top = max(0, inked[0] - margin), max(0, inked[1] - margin)
    right, bottom = min(image.width, inked[2] + margin), min(image.height, inked[3] + margin)
    rest = min((right - left) / image.width, (bottom - top) / image.height)
    if not _LEAST_REST_SHARE <= rest <= 1 - _LEAST_CUT_SHARE:
        return image
    return image.crop((left, top, right, bottom))


def _darkest_channel(image: Image.Image) -> Image.Image:
    from PIL import ImageChops

    channels = image.split()
    darkest = channels[0]
    for channel in channels[1:]:
        darkest = ImageChops.darker(darkest, channel)
    return darkest
