"""Measures of a finished handout: blank paper, lonely ends, parted blocks, and drawings that are hard to read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from pipeline.pictures.drawing_text_size import measure_lettering
from tests.pdf_reading import Element, tree

POINTS_PER_MM = 72 / 25.4
_DPI = 25
_INK = 235
"""A pixel with less light is ink."""
_SIDE_SHARE, _TOP_MM, _FOOT_MM = 0.08, 12.0, 22.0
"""What is no text area: of the width on either side, above and below."""
_LONELY_LINES = 6
_LINE_PT = 6.0
"""What begins so much lower is another line."""
_LEAST_DRAWING_MM = 40.0
_FOOT = re.compile(r"(?:Side|Page) \d+ (?:af|of) \d+")


@dataclass(frozen=True, slots=True)
class Line:
    top_pt: float
    """From the top of the page."""
    text: str


@dataclass(frozen=True, slots=True)
class PageUse:
    blank_side: float
    """Of the width of the text area: the blank band at its right."""
    blank_foot: float
    """Of the height of the text area: the blank band at its foot."""
    lines: tuple[Line, ...]
    words: str
    """In the order in which they are drawn."""
    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True)
class Parted:
    """A block that stands on another page than what it announces."""

    page: int
    what: str


def pages_of(data: bytes) -> tuple[PageUse, ...]:
    document = pypdfium2.PdfDocument(data)
    used = tuple(map(_page_use, document))
    document.close()
    return used


def _page_use(page: Any) -> PageUse:
    width_pt, height_pt = page.get_size()
    lines = tuple(_lines(page, height_pt))
    foot_pt = min((line.top_pt for line in lines if _FOOT.search(line.text)), default=height_pt - _FOOT_MM / 2)
    scale = _DPI / 72
    grey = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    left, right = round(grey.width * _SIDE_SHARE), round(grey.width * (1 - _SIDE_SHARE))
    # The rule above the foot is no text either.
    top, bottom = round(_TOP_MM * POINTS_PER_MM * scale), round((foot_pt - 3 * POINTS_PER_MM) * scale)
    area = grey.crop((left, top, right, bottom)).point(lambda value: 255 if value < _INK else 0)
    inked = area.getbbox() or (0, 0, 0, 0)
    return PageUse(
        1 - inked[2] / area.width,
        1 - inked[3] / area.height,
        lines,
        page.get_textpage().get_text_range(),
        width_pt,
        height_pt,
    )


def _lines(page: Any, height_pt: float) -> Iterator[Line]:
    """Yield the lines of a page from top to bottom; what stands side by side is one line."""
    text = page.get_textpage()
    rects = [text.get_rect(number) for number in range(text.count_rects())]
    pieces = sorted(
        (height_pt - top, left, text.get_text_bounded(left, bottom, right, top).strip())
        for left, bottom, right, top in rects
    )
    waiting: list[tuple[float, float, str]] = []
    for piece in [*pieces, (float("inf"), 0.0, "")]:
        if waiting and piece[0] - waiting[0][0] > _LINE_PT:
            yield Line(waiting[0][0], " ".join(words for _, _, words in sorted(waiting, key=lambda each: each[1])))
            waiting = []
        waiting.append(piece)


def last_lines(pages: tuple[PageUse, ...], publisher: str) -> int | None:
    """Return how many lines of the article the last of several pages holds; None where there is one page only."""
    if len(pages) < 2:
        return None
    lines = [line for line in pages[-1].lines if line.text and not _FOOT.search(line.text)]
    contact = [line.top_pt for line in lines if line.text.startswith(publisher)]
    end_pt = contact[-1] if contact else float("inf")
    return sum(line.top_pt < end_pt - 1 for line in lines)


def blank_if_even(pages: tuple[PageUse, ...], notes: str) -> float:
    """Return which share of the next even number of pages an odd number of them would leave blank.

    Args:
        notes: The heading above the lines for notes, which fill paper that is blank else.
    """
    page = pages[-1]
    top_pt, foot_pt = _TOP_MM * POINTS_PER_MM, page.height_pt - _FOOT_MM * POINTS_PER_MM
    below = [(line.top_pt - top_pt) / (foot_pt - top_pt) for line in page.lines if line.text == notes]
    used = min([1 - page.blank_foot, *below])
    return (2 - used) / (len(pages) + 1)


# ---- parted blocks, by the structure tree


@dataclass(frozen=True, slots=True)
class _Placed:
    kind: str
    text: str
    first: int
    last: int
    """Pages, from 1."""


def parted_blocks(data: bytes, steps: re.Pattern[str], dose: re.Pattern[str]) -> list[Parted]:
    """Return headings, lead-ins, steps and doses that are parted from what they announce."""
    blocks = _placed_blocks(data)
    found = []
    heading = before = ""
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        is_parted = after is not None and after.first > block.last
        is_before_table, is_below_heading = after is not None and after.kind == "Table", before.startswith("H")
        if block.kind.startswith("H"):
            heading = block.text
            found += [Parted(block.last, f"heading {block.text[:50]!r}")] if is_parted else []
        elif block.kind == "P" and is_parted and (block.text.endswith(":") or (is_below_heading and is_before_table)):
            found.append(Parted(block.last, f"lead-in {block.text[-50:]!r}"))
        elif block.kind == "L" and steps.search(heading) and block.first != block.last:
            found.append(Parted(block.first, f"steps of {heading[:50]!r}"))
        if after is not None and block.kind == "L" and steps.search(heading) and dose.match(after.text) and is_parted:
            found.append(Parted(block.last, f"dose of {heading[:50]!r}"))
        before = block.kind
    return found


def _placed_blocks(data: bytes) -> list[_Placed]:
    """Return the blocks of the articles in reading order, each with its pages; lists and tables are whole."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        numbers = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        places = [_pages_below(element, numbers) for element in _block_elements(pdf.Root.StructTreeRoot.K[0])]
    texts = [element for article in tree(data).find("Art") for element in _blocks_of(article)]
    pairs = zip(texts, places, strict=False)
    return [_Placed(each.kind, each.text, min(pages), max(pages)) for each, pages in pairs if pages]


def _block_elements(source: Any) -> list[Any]:
    """Return the elements of the file that are blocks of an article."""
    found: list[Any] = []

    def visit(element: Any, is_inside: bool) -> None:  # of an article
        kind = str(element.S)[1:]
        if is_inside and _is_block(kind):
            found.append(element)
            return
        for kid in element.get("/K", []):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                visit(kid, is_inside or kind == "Art")

    visit(source, is_inside=False)
    return found


def _blocks_of(element: Element) -> list[Element]:
    inside = [kid for kid in element.kids if isinstance(kid, Element)]
    return [found for kid in inside for found in ([kid] if _is_block(kid.kind) else _blocks_of(kid))]


def _is_block(kind: str) -> bool:
    return kind in ("P", "L", "Table", "Figure", "BlockQuote") or bool(re.fullmatch(r"H\d", kind))


def _pages_below(element: Any, numbers: dict[Any, int]) -> set[int]:
    found: set[int] = set()
    own = numbers.get(element.Pg.objgen) if "/Pg" in element else None
    for kid in element.get("/K", []):
        if not isinstance(kid, pikepdf.Dictionary):
            found |= {own} if own else set()
        elif "/S" in kid:
            found |= _pages_below(kid, numbers)
        elif "/Pg" in kid:
            found.add(numbers[kid.Pg.objgen])
    return found


# ---- drawings


def unreadable_drawings(data: bytes, least_pt: float = 6.3, least_contrast: float = 2.8) -> list[str]:
    """Return what is hard to read in the drawings of a file: their lettering is measured as it is printed.

    7 points and 3 to 1 are asked for; shapes of letters tell both to about a tenth.
    """
    found = []
    document = pypdfium2.PdfDocument(data)
    for number, page in enumerate(document, 1):
        for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)):
            left, _, right, _ = thing.get_bounds()
            if right - left < _LEAST_DRAWING_MM * POINTS_PER_MM or "DCTDecode" in thing.get_filters():
                continue
            picture: Image.Image = thing.get_bitmap().to_pil()
            lettering = measure_lettering(picture.convert("RGB"))
            size_pt = lettering.size * (right - left)
            if 0 < size_pt < least_pt:
                found.append(f"page {number}: lettering of {size_pt:.1f} pt")
            if 0 < lettering.contrast < least_contrast:
                found.append(f"page {number}: lettering of {lettering.contrast:.1f} to 1")
    document.close()
    return found


def is_lonely(lines: int | None) -> bool:
    return lines is not None and lines <= _LONELY_LINES
