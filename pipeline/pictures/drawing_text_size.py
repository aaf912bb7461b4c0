"""Measures the size of the text in a drawing.

No text is recognised: letters are small connected shapes of similar height, side by side on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

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


def smallest_text_size(image: Image.Image) -> float:
    """Return the size (em) of the smallest text in a drawing as a share of its width; 0 without text."""
    from PIL import Image, ImageChops, ImageFilter

    grey = image.convert("L")
    if grey.width > _ANALYSIS_WIDTH_PX:
        size = (_ANALYSIS_WIDTH_PX, max(1, round(grey.height * _ANALYSIS_WIDTH_PX / grey.width)))
        grey = grey.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    ground = grey.filter(ImageFilter.BoxBlur(_BACKGROUND_RADIUS_PX))
    sizes: list[float] = []
    for ink in (ImageChops.subtract(ground, grey), ImageChops.subtract(grey, ground)):
        mask = ink.point(lambda value: 255 if value > _MIN_CONTRAST else 0)
        letters = [
            blob
            for blob in _blobs(mask.tobytes(), mask.width)
            if _MIN_LETTER_PX <= blob.height <= _MAX_LETTER_PX and blob.width <= 2.2 * blob.height
        ]
        sizes += (size for line in _text_lines(letters) for size in [_line_em(line)] * len(line))
    return sorted(sizes)[int(_SMALLEST_SHARE * len(sizes))] / grey.width if sizes else 0.0


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
