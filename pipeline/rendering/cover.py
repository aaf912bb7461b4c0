"""The cover of a book as a JPEG: a template of the style folder, with the article's own picture set in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageOps

from pipeline.errors import StyleError
from pipeline.rendering.fonts import printable, widest_word_em
from pipeline.rendering.pdf_layout import Layout, Resource, lay_out
from pipeline.rendering.styles import Styles

WIDTH_PX, HEIGHT_PX = 700, 1050
"""Of the page; the picture is drawn larger by the scale."""
_SCALE = 12 / 7
_TITLE_SIZES_PX = (96, 84, 76, 68, 60, 54, 48, 42, 36, 30, 24, 18, 13, 10)
_LEAST_WHOLE_PX, _MOST_BROKEN_PX = 48, 68
_TITLE_WIDTH_PX = 588
_PUBLISHER_SIZES_PX = (34, 28, 22, 17, 13)
_MOST_BYTES = 150_000
_QUALITIES = (70, 58, 46, 34, 24, 14)
_PX_PER_PT = 96 / 72
_TITLE, _FOOT, _PICTURE = "_title", "_foot", "_picture"


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on a cover."""

    title: str
    kicker: str
    """Above the title: what kind of text it is."""
    publisher: str
    language: str
    colour: str
    """Of the ground, `#rrggbb`; dark, since the text on it is white."""
    picture: bytes = b""
    """The article's own picture; empty: none."""
    is_photo: bool = True
    """A photograph fills its place and is cropped; a drawing is shown whole, on white."""
    logo: Resource | None = None


def draw_cover(cover: Cover, styles: Styles) -> bytes:
    """Return a cover as JPEG, 1200 by 1800 pixels and at most 150 kB.

    Raises:
        StyleError: The template is broken, or loads an external file.
    """
    layout = _fitted_layout(cover, styles)
    places = layout.document.pages[0].anchors
    # The picture is set in afterwards: WeasyPrint takes ten times as long for it.
    document = pypdfium2.PdfDocument(layout.document.write_pdf())
    drawn = document[0].render(scale=_SCALE * _PX_PER_PT, fill_color=(255, 255, 255, 255)).to_pil().convert("RGB")
    document.close()
    if cover.picture and _PICTURE in places:
        left, top, right, bottom = (round(edge * _SCALE) for edge in places[_PICTURE])
        size = right - left, bottom - top
        with Image.open(io.BytesIO(cover.picture)) as picture:
            upright = picture.convert("RGB")
            if cover.is_photo:
                # Faces and what hands do are above the middle more often than below it.
                fitted = ImageOps.fit(upright, size, Image.Resampling.BICUBIC, centering=(0.5, 0.35))
            else:
                fitted = ImageOps.pad(upright, size, Image.Resampling.BICUBIC, color="#ffffff")
        drawn.paste(fitted, (left, top))
    return _encode(drawn)


def _fitted_layout(cover: Cover, styles: Styles) -> Layout:
    """Return the cover laid out with the largest title that ends above its foot and breaks no word."""
    title, publisher = printable(cover.title), printable(cover.publisher)
    widest_em = widest_word_em(title, "bold")
    whole = [size for size in _TITLE_SIZES_PX if widest_em * size <= _TITLE_WIDTH_PX]
    # A word that fits at no large size is hyphenated instead.
    is_broken = not whole or whole[0] < _LEAST_WHOLE_PX
    for size in [each for each in _TITLE_SIZES_PX if each <= _MOST_BROKEN_PX] if is_broken else whole:
        values = {"title": title, "publisher": publisher, "size": size, "hyphens": "auto" if is_broken else "manual"}
        layout = _lay_out(cover, styles, values)
        if not {_TITLE, _FOOT} <= layout.page_of.keys():
            raise StyleError(f"the ids {_TITLE} and {_FOOT} are missing", source="styles/cover/cover.html.j2")
        if layout.pages == 1 and layout.top_mm(_TITLE) <= layout.top_mm(_FOOT):
            break
    return layout


def _lay_out(cover: Cover, styles: Styles, values: Mapping[str, object]) -> Layout:
    width_em = widest_word_em(str(values["publisher"]).replace(" ", "\N{NO-BREAK SPACE}"), "bold")
    sizes = (size for size in _PUBLISHER_SIZES_PX if width_em * size <= 1.5 * _TITLE_WIDTH_PX)
    page = {"width": WIDTH_PX, "height": HEIGHT_PX, "language": cover.language, "colour": cover.colour}
    html = styles.render(
        "cover/cover.html.j2",
        kicker=printable(cover.kicker),
        has_picture=bool(cover.picture),
        has_logo=cover.logo is not None,
        **page,
        **values,
    )
    css = styles.render("cover/cover.css", publisher_size=next(sizes, _PUBLISHER_SIZES_PX[-1]), **page)
    return lay_out(html, css, {"brand:logo": cover.logo} if cover.logo else {})


def _encode(cover: Image.Image) -> bytes:
    """Return the picture as JPEG, with less quality where it would be too large."""
    for quality in _QUALITIES:
        data = io.BytesIO()
        cover.save(data, "JPEG", quality=quality, optimize=True, subsampling=2)
        if data.tell() <= _MOST_BYTES:
            break
    return data.getvalue()
