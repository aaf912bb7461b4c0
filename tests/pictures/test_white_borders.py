"""White borders are cut off pictures for paper, and nothing that is drawn."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from pipeline.pictures.image_files import TargetSize, resize_image
from pipeline.pictures.white_borders import trim_white_border


def drawn(paper: str, box: tuple[int, int, int, int]) -> Pillow.Image:
    image = Pillow.new("RGB", (1000, 800), paper)
    ImageDraw.Draw(image).rectangle(box, fill="#24505f")
    return image


def test_a_white_border_is_cut_to_a_small_margin() -> None:
    trimmed = trim_white_border(drawn("#fff", (200, 100, 799, 699)))

    assert trimmed.size == (600 + 24, 600 + 24)
    assert trimmed.getpixel((12, 12)) == (0x24, 0x50, 0x5F)
    assert trimmed.getpixel((11, 11)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("paper", "box"),
    [
        ("#eee", (200, 100, 799, 699)),  # a grey ground is part of the picture
        ("#fff", (5, 5, 994, 794)),  # hardly a border
        ("#fff", (450, 350, 549, 449)),  # a sign on a white ground
        ("#fff", (2000, 2000, 2001, 2001)),  # nothing at all
    ],
)
def test_other_pictures_stay_as_they_are(paper: str, box: tuple[int, int, int, int]) -> None:
    image = drawn(paper, box)

    assert trim_white_border(image) is image


def test_a_single_dot_in_a_border_is_kept() -> None:
    image = drawn("#fff", (200, 100, 799, 699))
    image.putpixel((2, 400), (0, 0, 0))

    trimmed = trim_white_border(image)

    assert trimmed.getpixel((2, 400 - 88)) == (0, 0, 0)


def test_only_paper_gets_the_trimmed_picture_and_always_the_same() -> None:
    file = io.BytesIO()
    drawn("#fff", (200, 100, 799, 699)).save(file, "PNG")
    screen, paper = TargetSize(1600), TargetSize(1600, is_for_paper=True)

    together = resize_image(file.getvalue(), (screen, paper))

    assert (together[screen].width_px, together[paper].width_px) == (1000, 624)
    assert resize_image(file.getvalue(), (paper,))[paper] == together[paper]
