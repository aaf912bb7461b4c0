"""The size of lettering in drawings: measured within a tenth, and nothing found where there is none."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipeline.pictures.drawing_text_size import darken_pale_lettering, measure_lettering
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
    assert measure_lettering(drawing(size_px, ink, paper, cut)).size * 1600 == pytest.approx(size_px, rel=0.1)


def test_a_large_picture_is_measured_as_a_small_one() -> None:
    small = drawing(24)

    assert measure_lettering(small.resize((4800, 3000))).size == pytest.approx(measure_lettering(small).size, rel=0.08)


def test_shapes_are_no_lettering() -> None:
    image = Pillow.new("RGB", (1200, 800), "#fff")
    draw = ImageDraw.Draw(image)
    for number in range(5):
        draw.ellipse((100 + 200 * number, 100, 180 + 200 * number, 300), fill="#24505f")
        draw.line((0, 400 + 40 * number, 1200, 430 + 40 * number), fill="#000", width=3)

    assert measure_lettering(image).size == 0


def test_a_makers_mark_in_a_corner_does_not_count() -> None:
    image = drawing(30)
    ImageDraw.Draw(image).text((1480, 970), "by Eks", font=face(12, "regular"), fill="#000")

    assert measure_lettering(image).size * 1600 == pytest.approx(30, rel=0.1)


@pytest.mark.parametrize(("size_px", "cut"), [(20, "regular"), (36, "bold")])
@pytest.mark.parametrize(
    ("ink", "paper", "contrast"),
    [
        ("#fff", "#24505f", 8.9),
        ("#767676", "#fff", 4.54),
        ("#fff", "#c0392b", 5.44),
        ("#fff", "#e2c91b", 1.65),
        ("#a4a4a4", "#fff", 2.49),
    ],
)
def test_the_contrast_of_lettering_is_that_of_its_colours(
    size_px: int, cut: FontStyle, ink: str, paper: str, contrast: float
) -> None:
    """Thin strokes lose some of their tone: what can be read must never count as what cannot, nor the reverse."""
    measured = measure_lettering(drawing(size_px, ink, paper, cut)).contrast

    assert measured == pytest.approx(contrast, rel=0.25)
    assert (measured < 2.8) == (contrast < 2.8)


def test_shapes_have_no_contrast() -> None:
    image = Pillow.new("RGB", (1200, 800), "#fff")
    for number in range(5):
        ImageDraw.Draw(image).ellipse((100 + 200 * number, 100, 180 + 200 * number, 300), fill="#eee8c0")

    assert measure_lettering(image).contrast == 0


def test_pale_lettering_on_white_is_darkened_and_all_else_stays() -> None:
    image = drawing(30, "#ddc81a")
    ImageDraw.Draw(image).text((100, 700), "Sorte ord bliver som de er", font=face(30, "regular"), fill="#000")

    darkened, lettering = darken_pale_lettering(image)

    assert measure_lettering(image).contrast < 2.8
    assert lettering == measure_lettering(darkened)
    assert lettering.contrast >= 3
    below = (0, 650, 1600, 1000)
    assert darkened.crop(below).tobytes() == image.crop(below).tobytes()
    assert darkened.getpixel((1300, 450)) == image.getpixel((1300, 450))


def test_lettering_that_can_be_read_or_is_not_on_white_is_not_darkened() -> None:
    for image in (drawing(30, "#333"), drawing(30, "#fff", "#e2c91b")):
        assert darken_pale_lettering(image) == (image, measure_lettering(image))
