"""PDF pages as images: all pages, a thumbnail, a contact sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

_THUMBNAIL_PX = 400
_PALETTE_COLOURS = 64
"""Enough for pages of text; photographs lose little at thumbnail size."""
_POINTS_PER_INCH = 72
_SHEET_DPI = 60
_GAP_PX = 16
_CAPTION_PX = 22
_BACKGROUND = "#6b7280"


def render_pages(pdf: bytes, dpi: float) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / _POINTS_PER_INCH).to_pil() for page in document]


def render_thumbnail(pdf: bytes) -> bytes:
    """Return the first page as a PNG 400 pixels wide."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        return _encode_palette_png(page.render(scale=_THUMBNAIL_PX / page.get_width()).to_pil())


def draw_contact_sheet(rows: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the pages of several PDFs as one PNG: one captioned row for each PDF, all at the same scale."""
    drawn = [(name, render_pages(pdf, _SHEET_DPI)) for name, pdf in rows]
    heights = [_CAPTION_PX + max(page.height for page in row) + _GAP_PX for _, row in drawn]
    width = _GAP_PX + max(sum(page.width + _GAP_PX for page in row) for _, row in drawn)
    sheet = Image.new("RGB", (width, _GAP_PX + sum(heights)), _BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_CAPTION_PX * 0.7)
    top = _GAP_PX
    for (name, row), height in zip(drawn, heights, strict=True):
        pen.text((_GAP_PX, top), name, "white", font)
        left = _GAP_PX
        for page in row:
            sheet.paste(page, (left, top + _CAPTION_PX))
            left += page.width + _GAP_PX
        top += height
    return _encode_palette_png(sheet, colours=256)


def _encode_palette_png(picture: Image.Image, colours: int = _PALETTE_COLOURS) -> bytes:
    data = io.BytesIO()
    picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(data, "PNG", compress_level=6)
    return data.getvalue()
