"""Measures the size and the contrast of the text in a drawing.

No text is recognised: letters are small connected shapes of similar height, side by side on one line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median, quantiles
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from PIL import Image

_ANALYSIS_WIDTH_PX = 1100
"""The drawing is scaled down to this width: text of 4 pt is still found, and the analysis stays fast."""
_MIN_CONTRAST = 48
_BACKGROUND_RADIUS_PX = 24
"""Letters are separated from the local background: the mean of this many pixels to each side."""
_MAX_LETTER_PX = 90
_MIN_LETTER_PX = 4
_MIN_LETTERS = 6
"""Fewer letters in a row may be something else than text."""
_CAP_HEIGHT_EM, _X_HEIGHT_EM = 0.70, 0.51
"""Of most typefaces."""
_MAX_HEIGHT_RATIO = 1.18
"""A line whose tallest letters are at most this much taller than the median holds capitals or digits only."""
_SMALLEST_SHARE = 0.1
"""The smallest tenth of all letters is ignored: a signature in a corner is not content."""
_MIN_TONED_PX = 9
"""Letters that are lower have strokes of less than a pixel, which never show the full tone of the ink."""
_FULL_TONE_SHARE, _GROUND_SHARE = 0.03, 0.75
"""Of the pixels in a line of text, sorted from ink to ground."""
_LINEAR = tuple(value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in range(256))
"""Light of each value of a channel (sRGB)."""
_READABLE_CONTRAST, _DARK_CONTRAST = 3.0, 4.5
"""Paler text on white is darkened for paper, to the second (WCAG 2.2, 1.4.3)."""
_DARKENING = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
_WHITE = 247
"""From this value on, in all channels, a colour is white."""
Colour: TypeAlias = tuple[int, ...]
_RUN = re.compile(rb"\xff+")


@dataclass(slots=True)
class _Blob:
    """The bounding box of connected pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def merge(self, other: _Blob) -> None:
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.top, self.bottom = min(self.top, other.top), max(self.bottom, other.bottom)


@dataclass(frozen=True, slots=True)
class Lettering:
    """The text in a drawing."""

    size: float = 0.0
    """Size (em) of the smallest text as a share of the drawing's width; 0: no text."""
    contrast: float = 0.0
    """Contrast of the palest text with its ground, 1 to 21 (WCAG 2.2); 0: no text, or too small to tell."""


@dataclass(frozen=True, slots=True)
class _TextLine:
    letters: int
    size_px: float
    box: tuple[int, int, int, int]
    """In pixels of the drawing."""
    ink: Colour
    ground: Colour
    is_toned: bool
    """Its strokes are thick enough to have a full tone."""

    @property
    def contrast(self) -> float:
        return _contrast(self.ink, self.ground)


def measure_lettering(image: Image.Image) -> Lettering:
    """Return size and contrast of the smallest and the palest text in a drawing."""
    return _lettering(image, list(_lines_of(image)))


def darken_pale_lettering(image: Image.Image) -> tuple[Image.Image, Lettering]:
    """Return a drawing with its pale text on white darkened, for black-and-white printers, and its text then.

    Without such text, it is the same object.
    """
    darkened, lines = image, list(_lines_of(image))
    for line in lines:
        if line.is_toned and line.contrast < _READABLE_CONTRAST and min(line.ground) >= _WHITE:
            steps = (step for step in _DARKENING if _contrast(_darker(line.ink, step), line.ground) >= _DARK_CONTRAST)
            if step := next(steps, 0.0):
                darkened = image.convert("RGB") if darkened is image else darkened
                tones = [_darker((value,), step)[0] for value in range(256)]
                darkened.paste(darkened.crop(line.box).point(tones * 3), line.box[:2])
    return darkened, _lettering(image, lines) if darkened is image else measure_lettering(darkened)


def _lettering(image: Image.Image, lines: Sequence[_TextLine]) -> Lettering:
    sizes = [line.size_px for line in lines for _ in range(line.letters)]
    contrasts = [line.contrast for line in lines if line.is_toned for _ in range(line.letters)]
    return Lettering(_weakest(sizes) / image.width, _weakest(contrasts))


def _darker(colour: Colour, step: float) -> Colour:
    """Return a colour further from white, which stays white itself."""
    return tuple(round(255 * (value / 255) ** step) for value in colour)


def _lines_of(image: Image.Image) -> Iterator[_TextLine]:
    """Yield the lines of text in a drawing, dark ones and then light ones."""
    from PIL import Image, ImageChops, ImageFilter

    grey = image.convert("L")
    if grey.width > _ANALYSIS_WIDTH_PX:
        size = (_ANALYSIS_WIDTH_PX, max(1, round(grey.height * _ANALYSIS_WIDTH_PX / grey.width)))
        grey = grey.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    ground = grey.filter(ImageFilter.BoxBlur(_BACKGROUND_RADIUS_PX))
    colours = image.convert("RGB")
    scale = colours.width / grey.width
    for is_light, ink in enumerate((ImageChops.subtract(ground, grey), ImageChops.subtract(grey, ground))):
        mask = ink.point(lambda value: 255 if value > _MIN_CONTRAST else 0)
        letters = [
            blob
            for blob in _blobs(mask.tobytes(), mask.width)
            if _MIN_LETTER_PX <= blob.height <= _MAX_LETTER_PX and blob.width <= 2.2 * blob.height
        ]
        yield from (_measured(colours, line, scale, is_light=bool(is_light)) for line in _text_lines(letters))


def _weakest(values: Sequence[float]) -> float:
    """Return the least value, without the smallest tenth of all letters; 0 where there are none."""
    return sorted(values)[int(_SMALLEST_SHARE * len(values))] if values else 0.0


def _measured(image: Image.Image, line: Sequence[_Blob], scale: float, *, is_light: bool) -> _TextLine:
    """Return what is known of a line of text.

    Args:
        scale: Pixels of the image for one of the analysis.
    """
    box = (
        max(0, int(min(blob.left for blob in line) * scale) - 1),
        max(0, int(min(blob.top for blob in line) * scale) - 1),
        min(image.width, int(max(blob.right for blob in line) * scale) + 2),
        min(image.height, int(max(blob.bottom for blob in line) * scale) + 2),
    )
    # Few pixels of thin strokes have the full tone of the ink; most of the box is ground.
    ink, ground = _tones(image.crop(box), (_FULL_TONE_SHARE, _GROUND_SHARE), is_light=is_light)
    is_toned = median(blob.height for blob in line) * scale >= _MIN_TONED_PX
    return _TextLine(len(line), _line_em(line) * scale, box, ink, ground, is_toned)


def _tones(image: Image.Image, shares: Sequence[float], *, is_light: bool) -> list[Colour]:
    """Return the colours behind these shares of the pixels, sorted from dark to light, or from light to dark."""
    pixels = image.width * image.height
    found = cast("list[tuple[int, Colour]]", image.getcolors(pixels))
    counted = sorted(found, key=lambda each: (_luminance(each[1]), each[1]), reverse=is_light)
    ends = list(accumulate(count for count, _ in counted))
    return [counted[bisect_right(ends, int(share * pixels))][1] for share in shares]


def _contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_LINEAR[value] for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _blobs(mask: bytes, width: int) -> list[_Blob]:
    """Return the connected components of a mask; pixels connect sideways and at corners."""
    blobs: list[_Blob] = []
    parents: list[int] = []

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    above: list[tuple[int, int, int]] = []
    for row in range(len(mask) // width):
        here: list[tuple[int, int, int]] = []
        at = 0
        for run in _RUN.finditer(mask, row * width, (row + 1) * width):
            left, right = run.start() - row * width, run.end() - row * width
            own = len(blobs)
            blobs.append(_Blob(left, row, right, row + 1))
            parents.append(own)
            while at < len(above) and above[at][1] < left:
                at += 1
            for start, _, number in above[at:]:
                if start > right:
                    break
                parents[root(number)] = root(own)
            here.append((left, right, own))
        above = here
    for number, blob in enumerate(blobs):
        if (top := root(number)) != number:
            blobs[top].merge(blob)
    return [blob for number, blob in enumerate(blobs) if parents[number] == number]


def _text_lines(letters: Sequence[_Blob]) -> Iterator[list[_Blob]]:
    """Yield the lines of text: each letter begins close behind the one before, with similar height and baseline."""
    lines: list[list[_Blob]] = []
    for letter in sorted(letters, key=lambda blob: blob.left):
        line = next((line for line in reversed(lines) if _follows_on_line(letter, line[-1])), None)
        if line is None:
            lines.append([letter])
        else:
            line.append(letter)
    return (line for line in lines if len(line) >= _MIN_LETTERS)


def _follows_on_line(letter: _Blob, last: _Blob) -> bool:
    tall, low = max(letter.height, last.height), min(letter.height, last.height)
    overlap = min(letter.bottom, last.bottom) - max(letter.top, last.top)
    gap = letter.left - last.right
    return tall <= 2.2 * low and overlap >= 0.6 * low and -0.3 * low <= gap <= 0.9 * tall


def _line_em(line: Sequence[_Blob]) -> float:
    heights = [blob.height for blob in line]
    middle, tallest = median(heights), quantiles(heights, n=10)[-1]
    by_capitals = tallest / _CAP_HEIGHT_EM
    return by_capitals if tallest <= _MAX_HEIGHT_RATIO * middle else max(by_capitals, middle / _X_HEIGHT_EM)
