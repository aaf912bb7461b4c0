"""The cover image of a book: title, publisher and colour, drawn as a PNG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageColor, ImageDraw, ImageFont

from pipeline.rendering.fonts import FontStyle, font_data, printable

WIDTH_PX, HEIGHT_PX = 1400, 2100
MARGIN_PX = 120
TITLE_TOP_PX = 380
TITLE_HEIGHT_PX = 1060
TITLE_SIZES_PX = (170, 150, 132, 116, 104, 92, 82, 72, 64, 56)
MIN_SIZE_PX = 8
LEADING = 1.14
LIGHT_GREY, WHITE_GREY = 210, 255
"""Share of white, up to 255."""
CIRCLES = ((1180, 1700, 560, 18), (1330, 1830, 400, 36), (1460, 1960, 250, 61))
"""Centre, radius (pixels) and share of white of each."""
SUPERSAMPLING = 2
"""Circles are drawn this many times larger and scaled down, since Pillow does not smooth edges."""


@dataclass(frozen=True, slots=True)
class FittedText:
    size_px: int
    lines: tuple[str, ...]


def draw_cover(title: str, publisher: str, kicker: str, colour: str) -> bytes:
    """Return a cover as PNG, 1400 by 2100 pixels.

    The kicker stands above the title. The text is white, so the colour, `#rrggbb`, must be dark.
    """
    # Drawn in greys for the share of white; the palette turns them into shades of the colour at the end.
    cover = _background().copy()
    draw = ImageDraw.Draw(cover)
    width = WIDTH_PX - 2 * MARGIN_PX
    _draw_text(draw, fit_text(kicker, "bold", width, 70, (44, 36, 28)), "bold", TITLE_TOP_PX - 130, LIGHT_GREY)
    draw.rectangle((MARGIN_PX, TITLE_TOP_PX - 50, MARGIN_PX + 160, TITLE_TOP_PX - 40), fill=LIGHT_GREY)
    _draw_text(draw, fit_text(title, "bold", width, TITLE_HEIGHT_PX, TITLE_SIZES_PX), "bold", TITLE_TOP_PX, WHITE_GREY)
    publisher_text = fit_text(publisher, "regular", width, 150, (56, 48, 40, 34, 28))
    height = len(publisher_text.lines) * round(publisher_text.size_px * LEADING)
    _draw_text(draw, publisher_text, "regular", HEIGHT_PX - MARGIN_PX - height, WHITE_GREY)
    ground = ImageColor.getrgb(colour)[:3]
    cover.putpalette([round(part + (255 - part) * share / WHITE_GREY) for share in range(256) for part in ground])
    data = io.BytesIO()
    cover.save(data, "PNG", compress_level=6)  # 9 takes four times as long and saves a fifth
    return data.getvalue()


def fit_text(text: str, style: FontStyle, width_px: int, height_px: int, sizes_px: tuple[int, ...]) -> FittedText:
    """Break a text into lines at the largest size at which all of it fits; nothing is cut off.

    Where a word is too wide at every size, it is hyphenated at the middle size instead of set very small.

    Args:
        sizes_px: From large to small.
    """
    text = printable(text)
    for size in sizes_px:
        font = _pil_font(style, size)
        lines = _break_into_lines(text.split(), font, width_px)
        if len(lines) * size * LEADING <= height_px and all(font.getlength(line) <= width_px for line in lines):
            return FittedText(size, lines)
    size = sizes_px[len(sizes_px) // 2]
    while True:
        font = _pil_font(style, size)
        lines = _break_into_lines(
            [part for word in text.split() for part in _hyphenate(word, font, width_px)], font, width_px
        )
        if len(lines) * size * LEADING <= height_px or size <= MIN_SIZE_PX:
            return FittedText(size, lines)
        size -= 2


@cache
def _pil_font(style: FontStyle, size_px: int) -> ImageFont.FreeTypeFont:
    # Basic layout is in every Pillow; Raqm is only on some machines, and would move the letters.
    return ImageFont.truetype(io.BytesIO(font_data(style)), size_px, layout_engine=ImageFont.Layout.BASIC)


def _break_into_lines(words: list[str], font: ImageFont.FreeTypeFont, width_px: int) -> tuple[str, ...]:
    """Fill lines with words; a word wider than a line gets its own."""
    lines: list[str] = []
    for word in words:
        if lines and font.getlength(f"{lines[-1]} {word}") <= width_px:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def _hyphenate(word: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    """Break a word with hyphens where a line is full; one that fits stays whole."""
    if font.getlength(word) <= width_px:
        return [word]
    parts: list[str] = []
    while word:
        count = _letters_that_fit(word, font, width_px)
        parts.append(word[:count] + ("-" if count < len(word) else ""))
        word = word[count:]
    return parts


def _letters_that_fit(word: str, font: ImageFont.FreeTypeFont, width_px: int) -> int:
    """Return how many letters of a word fill a line, with a hyphen where more follow; at least one."""

    def fits(count: int) -> bool:
        return font.getlength(word[:count] + ("-" if count < len(word) else "")) <= width_px

    # First an estimate, letter by letter: measuring every prefix would take quadratic time.
    count, room = 0, float(width_px)
    while count < len(word) and room >= 0:
        room -= font.getlength(word[count])
        count += 1
    while count < len(word) and fits(count + 1):  # kerning: letters together are narrower than one by one
        count += 1
    while count > 1 and not fits(count):
        count -= 1
    return count


def _draw_text(draw: ImageDraw.ImageDraw, fitted: FittedText, style: FontStyle, top_px: int, white: int) -> None:
    for number, line in enumerate(fitted.lines):
        place = MARGIN_PX, top_px + round(number * fitted.size_px * LEADING)
        draw.text(place, line, font=_pil_font(style, fitted.size_px), fill=white)


@cache
def _background() -> Image.Image:
    """Return the cover without text: three circles at the bottom, each a little lighter."""
    large = Image.new("L", (WIDTH_PX * SUPERSAMPLING, HEIGHT_PX * SUPERSAMPLING), 0)
    draw = ImageDraw.Draw(large)
    for x, y, radius, white in CIRCLES:
        edges = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(tuple(SUPERSAMPLING * edge for edge in edges), fill=white)
    return large.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BOX)
