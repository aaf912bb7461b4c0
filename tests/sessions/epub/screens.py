"""Measures pages of a book on small screens: nothing wider than the screen, no picture higher, no text upon text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from tests.sessions import layout

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCREENS = {"phone": (340, 640), "phone across": (1000, 600)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES_OF_WEB_PAGES = ("bypass", "region", "page-has-heading-one", "landmark-complementary-is-top-level")
"""Rules of axe that Ace leaves out, too."""
PAGES_SIDE_BY_SIDE = 12
_SIDE_BY_SIDE = "html {{ width: {0}px; height: {1}px; columns: {0}px; column-gap: 0 }}"
_MEASURE = """() => ({
  width: document.documentElement.scrollWidth,
  boxes: [...document.querySelectorAll("table, img, pre")].flatMap(box =>
    [...box.getClientRects()].map(part => [box.localName, part.width, part.top, part.bottom])),
})"""


def screen_faults(opened: Browser, book: bytes, npm: Path) -> Iterator[str]:
    """Yield what does not fit a screen or cannot be read on it.

    The book is shown scrolled, in light and dark, and in pages side by side in one wide window.
    """
    with TemporaryDirectory() as name, zipfile.ZipFile(io.BytesIO(book)) as container:
        container.extractall(name)
        yield from _dressed_faults(opened, Path(name, "EPUB"), npm)
        for screen, (width, height) in SCREENS.items():
            page = opened.new_page(viewport={"width": width, "height": height})
            for path in sorted(Path(name, "EPUB").glob("*.xhtml")):
                page.set_viewport_size({"width": width, "height": height})
                page.goto(path.as_uri())
                scrolled: dict[str, Any] = page.evaluate(_MEASURE)
                if scrolled["width"] > width:
                    yield f"{path.name}: {scrolled['width']} px wide on a {screen} of {width} px"
                page.set_viewport_size({"width": width * PAGES_SIDE_BY_SIDE, "height": height})
                page.add_style_tag(content=_SIDE_BY_SIDE.format(width, height))
                for tag, wide, top, bottom in page.evaluate(_MEASURE)["boxes"]:
                    if wide > width:
                        yield f"{path.name}: a {tag} is {wide:.0f} px wide on a {screen} of {width} px"
                    if tag == "img" and (top < 0 or bottom > height):
                        yield f"{path.name}: a picture is cut on a {screen} of {height} px: {top:.0f} to {bottom:.0f}"
            page.close()


def _dressed_faults(opened: Browser, folder: Path, npm: Path) -> Iterator[str]:
    """Yield what is too wide, lies upon other text, has too little contrast or breaks a rule of axe, in each dress."""
    page = opened.new_page()
    page.add_init_script(path=npm / "node_modules/@daisy/axe-core-for-ace/axe.min.js")
    for path in sorted(folder.glob("*.xhtml")):
        page.goto(path.as_uri())
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            # The narrowest is last, for axe: colours are the same in all widths.
            for width_px in reversed(layout.WIDTHS_PX):
                page.set_viewport_size({"width": width_px, "height": 900})
                seen = (*layout.overflow(page), *layout.overlaps(page))
                yield from (f"{path.name}: {fault} ({width_px} px, {scheme})" for fault in seen)
            violations = layout.violations(page, RULES_OF_WEB_PAGES)
            yield from (f"{path.name}: {fault} ({scheme})" for fault in violations)
    page.close()
