"""The size of lettering in drawings: measured within a tenth, and nothing found where there is none."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipeline.pictures.drawing_text_size import smallest_text_size
from pipeline.rendering.fonts import FontStyle, font_data

LINES = ("Smerter er ikke altid farlige", "Bevægelse hjælper mere end hvile", "Gå en tur hver dag")


def face(size_px: int, cut: FontStyle) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(font_data(cut)), size_px)


def drawing(size_px: int, ink: str = "#000", paper: str = "#fff", cut: FontStyle = "regular") -> Pillow.Image:
    image = Pillow.new("RGB", (1600, 1000), paper)
    draw = ImageDraw.Draw(image)
    draw.text((80, 50), "Gode råd til ryggen", font=face(80, "bold"), fill=ink)
    draw.ellipse((1150, 300, 1450, 600), fill="#c84")
    for number, line in enumerate(LINES):
        draw.text((100, 250 + 100 * number), line, font=face(size_px, cut), fill=ink)
    return image


@pytest.mark.parametrize("size_px", [16, 20, 24, 30, 40])
@pytest.mark.parametrize(("ink", "paper"), [("#000", "#fff"), ("#fff", "#24505f"), ("#444", "#f4ede3")])
@pytest.mark.parametrize("cut", ["regular", "bold"])
def test_the_smallest_lettering_is_measured_within_a_tenth(size_px: int, ink: str, paper: str, cut: FontStyle) -> None:
    assert smallest_text_size(drawing(size_px, ink, paper, cut)) * 1600 == pytest.approx(size_px, rel=0.1)


def test_a_large_picture_is_measured_as_a_small_one() -> None:
    small = drawing(24)

    assert smallest_text_size(small.resize((4800, 3000))) == pytest.approx(smallest_text_size(small), rel=0.08)


def test_shapes_are_no_lettering() -> None:
    image = Pillow.new("RGB", (1200, 800), "#fff")
    draw = ImageDraw.Draw(image)
    for number in range(5):
        draw.ellipse((100 + 200 * number, 100, 180 + 200 * number, 300), fill="#24505f")
        draw.line((0, 400 + 40 * number, 1200, 430 + 40 * number), fill="#000", width=3)

    assert smallest_text_size(image) == 0


def test_a_makers_mark_in_a_corner_does_not_count() -> None:
    image = drawing(30)
    ImageDraw.Draw(image).text((1480, 970), "by Eks", font=face(12, "regular"), fill="#000")

    assert smallest_text_size(image) * 1600 == pytest.approx(30, rel=0.1)
