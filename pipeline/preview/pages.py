"""Pages of printed handouts as pictures for the screen, and what stands where on them."""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PIL import Image

WIDTH_PX = 1100
"""Of a page's picture: sharp on a screen of two device pixels to one."""
_KEPT = 48
"""Pictures kept ready: a few articles' worth, some 200 kB each."""
# PDFium is one for the whole process, and knows no threads.
_PDFIUM = Lock()


@dataclass(frozen=True, slots=True)
class Size:
    """A page, in points."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a page."""

    page: int
    """From 1."""
    top: float
    """Share of the page's height, from 0 at its head to 1 at its foot."""


class Pages:
    """Draws pages, and keeps the last ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._lock = Lock()

    def draw(self, pdf: Path, number: int, digest: str) -> bytes | None:
        """Return a page, from 1, as PNG; None where the file has no such page.

        Raises:
            OSError: The file is gone.
        """

        def drawn() -> bytes | None:
            page = _page(pdf.read_bytes(), number)
            return _png(page) if page else None

        return self._keep((digest, str(number)), drawn)

    def _keep(self, key: tuple[str, ...], draw: Callable[[], bytes | None]) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = draw()
        if made is not None:
            with self._lock:
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return made


def sizes(pdf: Path) -> tuple[Size, ...]:
    """Return the size of every page.

    Raises:
        OSError: The file is gone.
    """
    import pypdfium2

    data = pdf.read_bytes()
    with _PDFIUM, pypdfium2.PdfDocument(data) as document:
        return tuple(Size(*page.get_size()) for page in document)


def find(pdf: Path, phrases: Sequence[Sequence[str]]) -> tuple[Spot | None, ...]:
    """Return where phrases are printed first; None for one that is not.

    Args:
        phrases: Words that follow each other, whatever spaces and signs stand between them.
    """
    import pypdfium2

    data = pdf.read_bytes()
    spots: list[Spot | None] = [None] * len(phrases)
    with _PDFIUM, pypdfium2.PdfDocument(data) as document:
        for number, page in enumerate(document, 1):
            height, text_page = page.get_height(), page.get_textpage()
            text = text_page.get_text_range()
            for at, words in enumerate(phrases):
                if spots[at] or not words:
                    continue
                if match := re.search(r"\W+".join(map(re.escape, words)), text):
                    top = text_page.get_charbox(match.start())[3]
                    spots[at] = Spot(number, min(1.0, max(0.0, 1 - top / height)))
    return tuple(spots)


def _page(pdf: bytes, number: int) -> Image.Image | None:
    import pypdfium2

    with _PDFIUM, pypdfium2.PdfDocument(pdf) as document:
        if not 1 <= number <= len(document):
            return None
        page = document[number - 1]
        picture: Image.Image = page.render(scale=WIDTH_PX / page.get_width()).to_pil()
        return picture.convert("RGB")


def _png(page: Image.Image) -> bytes:
    data = io.BytesIO()
    page.save(data, "PNG", compress_level=1)  # for one screen of this machine: time counts, size does not
    return data.getvalue()
