"""Source Sans 3 in the cuts that writers use, made once from the variable font of its package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

Cut = Literal["regular", "bold", "italic", "bold-italic"]
FAMILY = "Source Sans 3"
CUTS: tuple[Cut, ...] = ("regular", "bold", "italic", "bold-italic")


@cache
def font(cut: Cut) -> bytes:
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
