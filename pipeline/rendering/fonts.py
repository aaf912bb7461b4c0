"""Static TrueType fonts of Source Sans 3, made from the variable font of its package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

FontStyle = Literal["regular", "bold", "italic", "bold-italic"]
FONT_FAMILY = "Source Sans 3"
FONT_STYLES: tuple[FontStyle, ...] = ("regular", "bold", "italic", "bold-italic")


@cache
def font_data(cut: FontStyle) -> bytes:
    """Return a static TrueType font of a cut.

    Static, because WeasyPrint 70 sets a variable font with the advances of its default weight, and because older
    e-readers know no variable fonts.
    """
    import uharfbuzz as hb

    italic = "italic" in cut
    name = "SourceSans3-Italic[wght].ttf" if italic else "SourceSans3[wght].ttf"
    blob = hb.Blob(files("fontpkg_source_sans_3").joinpath("files", name).read_bytes())
    wish = hb.SubsetInput()
    wish.keep_everything()
    face = hb.Face(blob)
    wish.pin_axis_location(face, "wght", 700.0 if "bold" in cut else 400.0)
    static = hb.subset(face, wish)
    return bytes(static.blob.data)
