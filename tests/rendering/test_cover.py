"""The drawn cover."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageFont

from pipeline.rendering.cover import LEADING, MARGIN_PX, TITLE_HEIGHT_PX, TITLE_SIZES_PX, WIDTH_PX, draw_cover, fit_text
from pipeline.rendering.fonts import font_data

ROOM_PX = WIDTH_PX - 2 * MARGIN_PX
TITLES = (
    "Søvn",
    "Ondt i lænden – hvad hjælper i hverdagen?",
    "Fem indsigter om smertebehandling, som forskningen har givet os, og som kan ændre din hverdag",
    "Speciallægepraksisplanlægningsudvalgsmedlemmernes arbejde",
    "ord " * 200,
    "x" * 500,
)


@pytest.mark.parametrize("title", TITLES)
def test_no_title_is_cut_off(title: str) -> None:
    """Every letter is there, every line fits, and so do all lines together."""
    setting = fit_text(title, "bold", ROOM_PX, TITLE_HEIGHT_PX, TITLE_SIZES_PX)

    face = ImageFont.truetype(io.BytesIO(font_data("bold")), setting.size_px, layout_engine=ImageFont.Layout.BASIC)
    letters = "".join(setting.lines).replace(" ", "").replace("-", "")
    assert letters == title.replace(" ", "").replace("-", "")
    assert all(face.getlength(line) <= ROOM_PX for line in setting.lines)
    assert len(setting.lines) * setting.size_px * LEADING <= TITLE_HEIGHT_PX


def test_a_short_title_is_set_large_and_a_long_one_smaller() -> None:
    sizes = [fit_text(title, "bold", ROOM_PX, TITLE_HEIGHT_PX, TITLE_SIZES_PX).size_px for title in TITLES[:3]]

    assert sizes[0] == TITLE_SIZES_PX[0]
    assert sizes == sorted(sizes, reverse=True)


def test_words_that_fit_a_line_are_never_broken() -> None:
    setting = fit_text("Smertebehandling i almen praksis", "bold", ROOM_PX, TITLE_HEIGHT_PX, TITLE_SIZES_PX)

    assert " ".join(setting.lines) == "Smertebehandling i almen praksis"


def test_the_cover_is_a_picture_in_the_colour_of_the_house() -> None:
    cover = Image.open(io.BytesIO(draw_cover("Søvn", "Klinik Eksempel", "Patientinformation", "#1f4f4b")))

    assert (cover.format, cover.size) == ("PNG", (1400, 2100))
    assert cover.convert("RGB").getpixel((20, 20)) == (0x1F, 0x4F, 0x4B)


def test_the_same_words_give_the_same_bytes() -> None:
    assert draw_cover("Søvn", "Klinik", "Råd", "#1f4f4b") == draw_cover("Søvn", "Klinik", "Råd", "#1f4f4b")


def test_a_clinic_without_name_has_a_cover_too() -> None:
    assert Image.open(io.BytesIO(draw_cover("Søvn", "", "", "#1f4f4b"))).size == (1400, 2100)


def test_a_sign_that_the_font_lacks_is_no_box_on_the_cover() -> None:
    with_sign, without = (draw_cover(title, "Klinik", "Råd", "#1f4f4b") for title in ("Godt gået 🎉", "Godt gået"))

    assert with_sign == without
