"""Preloads the modules that every handout needs, so that worker processes share them."""

from __future__ import annotations

from contextlib import suppress

# A missing library is reported by the handout that needs it.
with suppress(Exception):
    import jinja2  # noqa: F401
    from PIL import Image

    from pipeline.rendering.fonts import FONT_STYLES, font_data
    from pipeline.writers.handout import pdf_output  # noqa: F401

    Image.init()
    for style in FONT_STYLES:
        font_data(style)
