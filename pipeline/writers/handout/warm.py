"""Preloads the modules that every handout needs, so that worker processes share them."""

from __future__ import annotations

from contextlib import suppress

# Whatever is missing on this machine is named when a handout needs it, where it can be told.
with suppress(Exception):
    import jinja2  # noqa: F401
    import page  # noqa: F401
    import pikepdf  # noqa: F401
    import pypdfium2  # noqa: F401
    import weasyprint  # noqa: F401
    from PIL import Image

    from pipeline.rendering.fonts import FONT_STYLES, font_data
    from pipeline.writers import handout  # noqa: F401

    Image.init()
    for cut in FONT_STYLES:
        font_data(cut)
