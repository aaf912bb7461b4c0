"""Pictures are decoded whole, never enlarged, and stand on white paper."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from pipeline.errors import SourceError
from pipeline.pictures.image_files import TargetSize, probe_image, resize_image


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def photograph(width: int = 900, height: int = 600) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def test_a_picture_is_made_in_the_next_width_and_never_enlarged() -> None:
    sizes = (TargetSize(300), TargetSize(368), TargetSize(600), TargetSize(5000))

    made = resize_image(encoded(photograph()), sizes)
    large = resize_image(encoded(photograph(2000, 1000)), [TargetSize(1200), TargetSize(5000)])

    assert {size.width_px: (shrunk.width_px, shrunk.height_px) for size, shrunk in made.items()} == {
        300: (368, 245),
        368: (368, 245),
        600: (736, 491),
        5000: (900, 600),
    }
    assert {shrunk.width_px for shrunk in large.values()} == {1600}


def test_a_photograph_of_many_megapixels_is_the_same_when_it_is_decoded_small() -> None:
    scene = Image.radial_gradient("L").resize((3600, 3300)).convert("RGB")

    made = decoded(resize_image(encoded(scene, "JPEG"), [TargetSize(1600)])[TargetSize(1600)].data)

    difference = ImageChops.difference(made.convert("L"), scene.resize(made.size).convert("L"))
    assert made.size == (1600, 1467)
    assert ImageStat.Stat(difference).mean[0] < 1
    assert sum(difference.histogram()[16:]) < 0.001 * made.width * made.height


def test_transparency_becomes_white_paper() -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(clear).rectangle((40, 40, 60, 60), fill=(10, 10, 10, 255))

    made = decoded(resize_image(encoded(clear), [TargetSize(100)])[TargetSize(100)].data).convert("RGB")

    assert made.getpixel((5, 5)) == (255, 255, 255)
    assert made.getpixel((50, 50)) == (10, 10, 10)


def test_a_drawing_stays_png_and_a_photograph_becomes_jpeg() -> None:
    drawing = Image.new("RGB", (800, 400), "white")
    ImageDraw.Draw(drawing).ellipse((100, 50, 400, 350), fill="teal")

    assert resize_image(encoded(drawing), [TargetSize(800)])[TargetSize(800)].media_type == "image/png"
    assert resize_image(encoded(photograph()), [TargetSize(800)])[TargetSize(800)].media_type == "image/jpeg"


def test_pale_tints_of_a_drawing_keep_their_tones() -> None:
    tints = [(244, 244, 244), (235, 240, 255), (232, 248, 255), (243, 254, 222)]
    drawing = Image.new("RGB", (800, 400), "white")
    for number, tint in enumerate(tints):
        ImageDraw.Draw(drawing).rectangle((200 * number, 50, 200 * number + 180, 350), fill=tint, outline="teal")

    made = resize_image(encoded(drawing), [TargetSize(800)])[TargetSize(800)]

    assert made.media_type == "image/png"
    difference = ImageChops.difference(decoded(made.data).convert("RGB"), drawing).convert("L")
    assert sum(difference.histogram()[3:]) == 0


def test_a_limit_of_bytes_is_kept() -> None:
    size = TargetSize(900, 40_000)

    made = resize_image(encoded(photograph()), [size])[size]

    assert len(made.data) <= 40_000


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_rotated_photograph_stands_upright(form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(photograph(90, 60), form, exif=exif)

    assert (probe_image(data).width_px, probe_image(data).height_px) == (60, 90)
    made = resize_image(data, [TargetSize(60)])[TargetSize(60)]
    assert (made.width_px, made.height_px) == (60, 90)
    assert not decoded(made.data).getexif()


@pytest.mark.parametrize("form", ["JPEG", "GIF"])
def test_no_word_of_the_file_stays_in_the_picture(form: str) -> None:
    """Who took it, where, and by what: that is for those who took it."""
    data = encoded(photograph(300, 200), form, comment=b"Anna Andersen, stue 4")

    made = resize_image(data, {TargetSize(200)})[TargetSize(200)].data

    assert b"Anna Andersen" in data
    assert b"Anna Andersen" not in made
    assert "comment" not in decoded(made).info


def test_sixteen_bits_of_grey_keep_their_tones() -> None:
    grey = Image.new("I;16", (256, 4))
    grey.putdata([round(x / 255 * 65535) for _ in range(4) for x in range(256)])

    made = decoded(resize_image(encoded(grey), [TargetSize(256)])[TargetSize(256)].data).convert("L")

    assert [made.getpixel((x, 1)) for x in (0, 64, 128, 255)] == pytest.approx([0, 64, 128, 255], abs=3)


def test_cmyk_becomes_rgb() -> None:
    made = resize_image(encoded(Image.new("CMYK", (50, 50), (0, 200, 200, 0)), "JPEG"), [TargetSize(50)])[
        TargetSize(50)
    ]

    assert decoded(made.data).mode in ("RGB", "P")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_picture_that_is_cut_off_is_refused(form: str) -> None:
    data = encoded(photograph(300, 300), form)

    with pytest.raises(SourceError):
        resize_image(data[: len(data) // 2], [TargetSize(300)])


def test_importing_weasyprint_does_not_let_half_pictures_pass() -> None:
    import weasyprint  # noqa: F401  # it sets LOAD_TRUNCATED_IMAGES for the whole process

    with pytest.raises(SourceError, match="damaged"):
        resize_image(encoded(photograph())[:9000], [TargetSize(300)])


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)))

    with pytest.raises(SourceError, match="more than 50 megapixels"):
        probe_image(bomb)


@pytest.mark.slow
def test_an_svg_is_drawn_without_what_is_not_drawing() -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 200 100">'
        b'<script>alert(1)</script><rect width="100" height="100" fill="#00f"/>'
        b'<image xlink:href="file:///etc/passwd" width="9" height="9"/></svg>'
    )

    made = resize_image(svg, [TargetSize(368)])[TargetSize(368)]

    assert (probe_image(svg).width_px, probe_image(svg).height_px) == (200, 100)
    assert (made.width_px, made.height_px) == (368, 184)
    drawn = decoded(made.data).convert("RGB")
    assert (drawn.getpixel((50, 50)), drawn.getpixel((300, 50))) == ((0, 0, 255), (255, 255, 255))


@pytest.mark.parametrize(
    "svg",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect></svg>',
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
        b"<html><body>&lt;svg</body><!-- <svg --></html>",
    ],
)
def test_what_only_looks_like_svg_is_refused(svg: bytes) -> None:
    with pytest.raises(SourceError):
        probe_image(svg)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_size_does_not_depend_on_which_others_are_asked_for(form: str) -> None:
    """A cache that holds some sizes must give the same bytes as a fresh one."""
    data = encoded(photograph(1600, 900), form)
    sizes = (TargetSize(1200), TargetSize(500), TargetSize(200))

    together = resize_image(data, sizes)

    assert together == {size: resize_image(data, [size])[size] for size in sizes}


def drawing(size: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="9" height="9"/></svg>'.encode()


@pytest.mark.parametrize(
    "size",
    ['width="1.2.3" height="5"', 'viewBox="0 0 1.2.3 5"', 'width="1" height="3000"', 'width="1e400" height="5"',
     'viewBox="0 0 200000 200000"'],
)  # fmt: skip
def test_a_drawing_of_no_possible_size_is_refused(size: str) -> None:
    with pytest.raises(SourceError):
        probe_image(drawing(size))


@pytest.mark.slow
def test_a_long_drawing_has_no_more_pixels_than_a_picture_may_have() -> None:
    made = resize_image(drawing('width="10" height="400"'), [TargetSize(1600)])[TargetSize(1600)]

    assert (made.width_px, made.height_px) == (80, 3200)


def test_the_paper_of_a_drawing_stays_white() -> None:
    """An edge of off-white would show on the white page of a mail."""
    drawing = Image.new("RGB", (900, 600), "white")
    pen = ImageDraw.Draw(drawing)
    for step in range(40):
        pen.ellipse((20 * step, 10 * step, 20 * step + 90, 10 * step + 90), fill=(6 * step, 200 - 4 * step, 120))
    data = io.BytesIO()
    drawing.save(data, "PNG")

    made = resize_image(data.getvalue(), [TargetSize(600)])[TargetSize(600)]

    assert made.media_type == "image/png"
    with Image.open(io.BytesIO(made.data)) as small:
        assert small.convert("RGB").getpixel((590, 10)) == (255, 255, 255)
