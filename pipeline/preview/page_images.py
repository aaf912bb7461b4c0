"""Pages of printed handouts as pictures for the screen, and the findings beside their places on them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from PIL import Image

from pipeline.findings import SEVERITIES, Finding

PAGE_WIDTH_PX = 1100
"""Of a page's picture: sharp on a screen of two device pixels to one."""
_WORDS = 5
_LEAST_WORDS = 3
_NEAR = 12
"""Lines that may lie between a finding and text that is printed, such as after a picture."""
# PDFium is one for the whole process, and knows no threads.
_PDFIUM_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page, in points."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PagePosition:
    """A place on a page."""

    page: int
    """From 1."""
    top: float
    """Share of the page's height, from 0 at its head to 1 at its foot."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its surroundings."""

    number: int
    """Under which it is listed and marked on the page, from 1."""
    finding: Finding
    excerpt: str
    """The line of the source; empty where it concerns the whole file."""
    position: PagePosition | None
    """On the pages of the handout, where that can be told."""


@lru_cache(maxsize=48)
def page_png(pdf: Path, number: int, digest: str) -> bytes | None:  # noqa: ARG001  # part of the cache's key
    """Return a page, from 1, as PNG; None where the file has no such page. A few articles' worth is kept ready.

    Args:
        digest: Names the present bytes of the file.

    Raises:
        OSError: The file is gone.
    """
    import pypdfium2

    data = pdf.read_bytes()
    with _PDFIUM_LOCK, pypdfium2.PdfDocument(data) as document:
        if not 1 <= number <= len(document):
            return None
        page = document[number - 1]
        picture: Image.Image = page.render(scale=PAGE_WIDTH_PX / page.get_width()).to_pil()
    png = io.BytesIO()
    picture.convert("RGB").save(png, "PNG", compress_level=1)  # for one screen of this machine: time counts
    return png.getvalue()


def page_sizes(pdf: Path) -> tuple[PageSize, ...]:
    """Return the size of every page.

    Raises:
        OSError: The file is gone.
    """
    import pypdfium2

    data = pdf.read_bytes()
    with _PDFIUM_LOCK, pypdfium2.PdfDocument(data) as document:
        return tuple(PageSize(*page.get_size()) for page in document)


def find_phrases(pdf: Path, phrases: Sequence[Sequence[str]]) -> tuple[PagePosition | None, ...]:
    """Return where phrases are printed first; None for one that is not.

    Args:
        phrases: Words that follow each other, whatever spaces and signs stand between them.
    """
    import pypdfium2

    data = pdf.read_bytes()
    spots: list[PagePosition | None] = [None] * len(phrases)
    with _PDFIUM_LOCK, pypdfium2.PdfDocument(data) as document:
        for number, page in enumerate(document, 1):
            height, text_page = page.get_height(), page.get_textpage()
            text = text_page.get_text_range()
            for at, words in enumerate(phrases):
                if spots[at] or not words:
                    continue
                if match := re.search(r"\W+".join(map(re.escape, words)), text):
                    top = text_page.get_charbox(match.start())[3]
                    spots[at] = PagePosition(number, min(1.0, max(0.0, 1 - top / height)))
    return tuple(spots)


def placed(findings: Iterable[Finding], source: str, pdf: Path | None) -> tuple[Placed, ...]:
    """Return findings worst first, then by line, each beside its place.

    Args:
        source: The text of the source file.
        pdf: The handout, where there is one.
    """
    ordered = sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.line, finding.code))
    lines = source.splitlines()
    phrases = [_phrase(lines, finding.line) for finding in ordered]
    spots: Sequence[PagePosition | None] = [None] * len(ordered)
    if pdf is not None and any(phrases):
        spots = find_phrases(pdf, phrases)
    return tuple(
        Placed(number, finding, _excerpt(lines, finding.line), spot)
        for number, (finding, spot) in enumerate(zip(ordered, spots, strict=True), 1)
    )


def _excerpt(lines: Sequence[str], line: int) -> str:
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return text if len(text) <= 160 else text[:159] + "…"


def _phrase(lines: Sequence[str], line: int) -> tuple[str, ...]:
    """Return a few words that follow each other at a line, or on the nearest one after or before it."""
    if not 0 < line <= len(lines):
        return ()
    after, before = range(line - 1, min(len(lines), line + _NEAR)), range(line - 2, max(-1, line - _NEAR), -1)
    for at in (*after, *before):
        # Links and emphasis leave marks between words, and a picture's text is not printed as such.
        bare = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|\[\^[^\]]*\]|^\s*[-*>#\d.]+\s", " ", lines[at])
        runs = re.findall(r"[^\W\d_]+(?: [^\W\d_]+)+", bare)
        longest: list[str] = max((run.split() for run in runs), key=len, default=[])
        if len(longest) >= _LEAST_WORDS and not re.match(r"[\w-]+:", lines[at]):
            return tuple(longest[:_WORDS])
    return ()
