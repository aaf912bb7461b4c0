"""The publisher's logo for handouts and covers."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import PurePosixPath

from PIL import Image

from pipeline.errors import SourceError, StyleError
from pipeline.pictures.image_files import verify_image
from pipeline.pictures.svg import lost_parts, rasterise_svg, sanitise_svg
from pipeline.rendering.pdf_layout import Resource
from pipeline.rendering.styles import Styles

_INK_GREY = 240
"""What is lighter, of 255, is paper."""
_LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def find_logo(name: str, styles: Styles) -> Resource | None:
    """Return the publisher's logo, or None where it is no picture below `styles/`: its name is printed then."""
    path = PurePosixPath(name)
    media_type = _LOGO_TYPES.get(path.suffix.lower())
    if media_type is None or path.parts[0] != "styles" or ".." in path.parts:
        return None
    try:
        data = styles.data(str(path.relative_to("styles")))
        # Truncated pictures are refused here: WeasyPrint's own message depends on what the process has printed before.
        if media_type != "image/svg+xml":
            return Resource(verify_image(data), media_type)
        drawn = sanitise_svg(data)
        # A picture within the drawing would be smoothed, which PDF/A forbids.
        return Resource(rasterise_svg(data), "image/png") if b"<image" in drawn else Resource(drawn, media_type)
    except (StyleError, SourceError):
        return None


@lru_cache(maxsize=4)
def blank_at_left(logo: Resource) -> float:
    """Return how far from its left edge the ink of a logo begins, by its height."""
    png = rasterise_svg(logo.data) if logo.media_type == "image/svg+xml" else logo.data
    with Image.open(io.BytesIO(png)) as opened:
        shown = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA")).convert("L")
    inked = shown.point(lambda grey: 255 * (grey < _INK_GREY)).getbbox()
    return inked[0] / shown.height if inked else 0.0


def lost_logo_parts(name: str, styles: Styles) -> tuple[str, ...]:
    """Return the parts of a logo, which can be printed, that are left out."""
    path = PurePosixPath(name)
    is_drawing = path.suffix.lower() == ".svg"
    return lost_parts(styles.data(str(path.relative_to("styles")))) if is_drawing else ()
