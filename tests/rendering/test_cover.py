"""The cover of a book: the template of the style folder, with the article's own picture."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from pipeline.errors import StyleError
from pipeline.rendering.cover import Cover, draw_cover
from pipeline.rendering.styles import Styles, packaged_styles
from tests.makers import picture_file, write

STYLES = Styles((packaged_styles(),))
COVER = Cover("Søvn", "Patientinformation", "Klinik Eksempel", "da", "#1f4f4b")
GROUND = (0x1F, 0x4F, 0x4B)
HEAD, PICTURE = (0, 0, 1200, 730), (0, 790, 1200, 1600)


def opened(cover: Cover, styles: Styles = STYLES) -> Image.Image:
    data = draw_cover(cover, styles)
    assert len(data) <= 150_000
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (1200, 1800))
    return image.convert("RGB")


def is_like(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - other) <= 6 for one, other in zip(colour, wanted, strict=True))


def ink(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the edges of what is white in a part of the cover, from its left upper corner."""
    bounds = image.crop(box).convert("L").point(lambda value: 255 if value > 200 else 0).getbbox()
    assert bounds is not None
    return bounds


@pytest.mark.parametrize(
    "title",
    [
        "Søvn",
        "Ondt i lænden – hvad hjælper i hverdagen?",
        "Fem indsigter om smertebehandling, som forskningen har givet os, og som kan ændre din hverdag",
        "Speciallægepraksisplanlægningsudvalgsmedlemmernes arbejde",
        "ord " * 200,
        "x" * 500,
    ],
)
def test_every_title_ends_above_the_picture_and_within_the_margins(title: str) -> None:
    image = opened(replace(COVER, title=title, picture=picture_file(400, 300)))

    left, _, right, _ = ink(image, HEAD)
    assert 90 <= left <= right <= 1110
    assert is_like(image.getpixel((600, 745)), GROUND)


def test_a_short_title_is_set_larger_than_a_long_one() -> None:
    """By the height of their first letter."""
    heights = []
    for title in ("Knæ", "Knæ, hofte, ankel og fod efter et langt løb i terrænet"):
        letter = (
            opened(replace(COVER, title=title, picture=picture_file(400, 300))).crop((96, 250, 110, 700)).convert("L")
        )
        rows = [max(letter.crop((0, row, letter.width, row + 1)).tobytes()) > 200 for row in range(letter.height)]
        first = rows.index(True)
        heights.append(rows.index(False, first) - first)

    assert heights[0] > heights[1] > 30


def test_the_cover_has_the_colour_of_the_house() -> None:
    assert is_like(opened(COVER).getpixel((20, 20)), GROUND)


def test_a_photograph_fills_its_place_and_a_drawing_is_shown_whole() -> None:
    red = io.BytesIO()
    Image.new("RGB", (300, 900), "#c00000").save(red, "PNG")
    photo = opened(replace(COVER, picture=red.getvalue()))
    drawing = opened(replace(COVER, picture=red.getvalue(), is_photo=False))

    assert is_like(photo.getpixel((30, 1200)), (0xC0, 0, 0))
    assert is_like(drawing.getpixel((30, 1200)), (255, 255, 255))
    assert is_like(drawing.getpixel((600, 1200)), (0xC0, 0, 0))


def test_two_titles_have_two_covers() -> None:
    one, other = opened(COVER), opened(replace(COVER, title="Knæ"))

    assert ImageChops.difference(one, other).getbbox() is not None


def test_the_same_words_give_the_same_bytes() -> None:
    assert draw_cover(COVER, STYLES) == draw_cover(COVER, STYLES)


def test_a_clinic_without_name_has_a_cover_too() -> None:
    opened(replace(COVER, publisher="", kicker=""))


def test_a_long_name_of_a_clinic_stays_within_its_band() -> None:
    name = "Center for Smerte, Søvn og Rehabilitering i Region Midtjylland og Omegn, Aarhus Nord"
    image = opened(replace(COVER, publisher=name, picture=picture_file(400, 300)))

    band = image.crop((0, 1620, 1200, 1800)).convert("L").point(lambda value: 255 if value < 90 else 0).getbbox()
    assert band is not None
    assert 5 < band[1] < band[3] < 175


def test_a_sign_that_the_font_lacks_is_no_box_on_the_cover() -> None:
    with_sign, without = (draw_cover(replace(COVER, title=title), STYLES) for title in ("Godt gået 🎉", "Godt gået"))

    assert with_sign == without


def test_a_template_of_a_project_draws_the_cover(tmp_path: Path) -> None:
    write(
        tmp_path / "styles/cover/cover.html.j2",
        '<html><body style="background: #800000"><h1>{{ title }}</h1><div id="_title"></div>'
        '<div id="_foot" style="position: absolute; top: 900px"></div></body></html>',
    )

    image = opened(COVER, Styles((tmp_path / "styles", packaged_styles())))

    assert is_like(image.getpixel((600, 300)), (0x80, 0, 0))


def test_a_template_without_the_ids_is_said_to_the_designer(tmp_path: Path) -> None:
    write(tmp_path / "styles/cover/cover.html.j2", "<h1>{{ title }}</h1>")

    with pytest.raises(StyleError, match="_title and _foot are missing"):
        draw_cover(COVER, Styles((tmp_path / "styles", packaged_styles())))
