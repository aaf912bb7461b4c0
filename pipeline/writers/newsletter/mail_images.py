"""The pictures of a mail: their sizes, file names and addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipeline.errors import SourceError, StyleError
from pipeline.model import Picture
from pipeline.pictures.image_files import probe_image, verify_image
from pipeline.rendering.markup import Placed
from pipeline.rendering.styles import Styles
from pipeline.writers import Need, Rendition

COLUMN_PX = 552
"""The text column: 600 px less 24 px at each side."""
MAX_HEIGHT_PX = 560
THUMBNAIL_PX = 112
"""Width of the picture beside a teaser."""
LOGO_HEIGHT_PX = 44
LOGO_MAX_WIDTH_PX = 260
PIXEL_DENSITY = 2
MAX_BYTES = 200_000
PICTURES_FOLDER = "pictures"


def display_width(width_px: int, height_px: int) -> int:
    """Return the width of a picture in the column: never enlarged, and no taller than a screen."""
    return max(1, min(COLUMN_PX, width_px, MAX_HEIGHT_PX * width_px // max(height_px, 1)))


def mail_need(picture: Picture) -> Need:
    """Return the size of a picture in a mail: twice its displayed width, for high-density screens."""
    return Need(picture, PIXEL_DENSITY * display_width(picture.width_px, picture.height_px), MAX_BYTES)


def thumbnail_need(picture: Picture) -> Need:
    return Need(picture, PIXEL_DENSITY * THUMBNAIL_PX, MAX_BYTES)


@dataclass(slots=True)
class ImageRegistry:
    """Places the pictures of one document, and records those used."""

    renditions: Mapping[Need, Rendition]
    address: Callable[[str], str]
    """Returns the address of a picture by its file name."""
    used: dict[str, Rendition] = field(default_factory=dict)
    """By file name, in order of appearance."""

    def place(self, picture: Picture) -> Placed | None:
        """Return address and displayed size of a picture; None for a broken picture."""
        rendition = self.renditions.get(mail_need(picture))
        if rendition is None:
            return None
        width = min(display_width(picture.width_px, picture.height_px), rendition.width_px)
        return self.put(rendition, width, round(width * rendition.height_px / rendition.width_px))

    def place_thumbnail(self, picture: Picture) -> Placed | None:
        """Return address and size of a picture beside a teaser; None for a broken picture."""
        rendition = self.renditions.get(thumbnail_need(picture))
        if rendition is None:
            return None
        width = min(THUMBNAIL_PX, rendition.width_px)
        return self.put(rendition, width, round(width * rendition.height_px / rendition.width_px))

    def put(self, rendition: Rendition, width_px: int, height_px: int) -> Placed:
        # Derived from the content, so that editions share files.
        name = f"{hashlib.sha256(rendition.data).hexdigest()[:16]}-{rendition.width_px}{rendition.suffix}"
        self.used[name] = rendition
        return Placed(self.address(name), width_px, height_px, is_drawing=rendition.suffix == ".png")


def find_mail_logo(styles: Styles, logo: str) -> Rendition | None:
    """Return the publisher's logo as PNG, or None; then the name is shown.

    Most mail programs do not show SVG, so the PNG of the same name is used.

    Args:
        logo: `[publisher] logo`: a path below `styles/`.
    """
    path = PurePosixPath(logo)
    if path.parts[:1] != ("styles",) or ".." in path.parts:
        return None
    try:
        data = verify_image(styles.data(str(path.relative_to("styles").with_suffix(".png"))))
        info = probe_image(data)
    except (StyleError, SourceError):
        return None
    return Rendition(data, "image/png", info.width_px, info.height_px) if info.media_type == "image/png" else None


def place_logo(images: ImageRegistry, logo: Rendition) -> Placed:
    """Place the logo, scaled down for the head of a mail on a phone."""
    scale = min(LOGO_HEIGHT_PX / logo.height_px, LOGO_MAX_WIDTH_PX / logo.width_px, 1)
    return images.put(logo, max(1, round(logo.width_px * scale)), max(1, round(logo.height_px * scale)))
