"""Picture files: looked at once for the model, decoded once for every size that the formats ask for."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.errors import SourceError
from pipeline.limits import STANDARD
from pipeline.rendering.lettering import smallest_lettering

if TYPE_CHECKING:
    from PIL import Image

RECIPE = "4"
"""Raise it when the same need would give other bytes: it is part of every cache key."""

_MEDIA_TYPES = {
    "PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "TIFF": "image/tiff",
    "BMP": "image/bmp",
}  # fmt: skip
_FORMATS = tuple(_MEDIA_TYPES)
_WHITE = (255, 255, 255)
_PAPER = 250
"""From here on, in all three colours, a tone is paper."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture file is, by its content."""

    media_type: str
    width_px: int
    height_px: int
    """As seen, so after any EXIF rotation."""
    has_alpha: bool = False
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Size:
    """How large a picture may become; it is never enlarged."""

    width_px: int
    max_bytes: int = 0
    """0: any. Above it, quality and then width give way."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture made ready: opaque, in sRGB, without metadata."""

    data: bytes
    media_type: str
    """image/png for drawings with few tones, image/jpeg for all else."""
    width_px: int
    height_px: int
    lettering: float = 0.0
    """Of a drawing: the size of its smallest lettering as a share of its width; 0: it has none."""


def look(data: bytes, most_pixels: int = STANDARD.picture_pixels) -> Look:
    """Return what a picture file is, without decoding it.

    Raises:
        SourceError: No picture that can be opened, or one of too many pixels.
    """
    if _is_svg(data):
        from pipeline.rendering.svg import size_of

        return Look("image/svg+xml", *size_of(data), has_alpha=True)
    with _opened(data, most_pixels) as image:
        width, height = image.size
        # Orientations 5 to 8 lie on their side.
        if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            width, height = height, width
        # Pillow calls a JPEG with a second picture in it (as phones make them) MPO.
        return Look(
            _MEDIA_TYPES.get(str(image.format), "image/jpeg"),
            width,
            height,
            _is_clear(image),
            int(getattr(image, "n_frames", 1)),
        )


def shrink(data: bytes, sizes: Iterable[Size], most_pixels: int = STANDARD.picture_pixels) -> dict[Size, Shrunk]:
    """Return the picture in each size, decoded once and to its last row.

    Transparency becomes white paper: dark drawings on a clear ground vanish in dark mode otherwise.

    Raises:
        SourceError: The file is cut off, damaged, or no picture.
    """
    wanted = set(sizes)
    if not wanted:
        return {}
    if _is_svg(data):
        from pipeline.rendering.svg import rasterise

        data = rasterise(data)
    with _opened(data, most_pixels) as image:
        paper = _on_paper(image)
    lettering = smallest_lettering(paper) if _is_drawing(paper) else 0.0
    # Each from the whole picture: what one size looks like must not depend on which others were asked for.
    made = {size: _encode(_narrow(paper, size.width_px), size.max_bytes) for size in wanted}
    return {size: replace(shrunk, lettering=lettering) for size, shrunk in made.items()}


def _is_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"<svg" in data[:4096]


@contextmanager
def _opened(data: bytes, most_pixels: int) -> Iterator[Image.Image]:
    """Open a picture with every fault of Pillow turned into one for the author."""
    import struct

    from PIL import Image, ImageFile, UnidentifiedImageError

    # WeasyPrint sets this to True for the whole process when it is imported; a half picture must not pass.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = most_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SourceError(
            f"more than {most_pixels / 1_000_000:g} megapixels", hint="save it smaller; 3000 pixels across are plenty"
        ) from error
    except UnidentifiedImageError as error:
        raise SourceError(
            "not a picture in PNG, JPEG, WebP, GIF, TIFF, BMP or SVG",
            hint="open it in a picture program and save it anew",
        ) from error
    except MemoryError as error:
        raise SourceError("too large for the memory there is", hint="save it smaller") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error) as error:
        raise SourceError(f"damaged: {error}", hint="open it in a picture program and save it anew") from error


def _is_clear(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _on_paper(image: Image.Image) -> Image.Image:
    """Return the first frame upright, in eight bits of grey or sRGB, on white."""
    from PIL import Image, ImageOps

    image.seek(0)
    image.load()
    # In place, and no copy that is not needed: four of fifty megapixels would be all the memory that a worker has.
    ImageOps.exif_transpose(image, in_place=True)
    upright = image
    profile = upright.info.get("icc_profile")
    if upright.mode.startswith("I"):
        # Sixteen bits of grey: a plain convert would clip all above 255 to white.
        upright = upright.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if _is_clear(upright):
        clear = upright if upright.mode == "RGBA" else upright.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (*_WHITE, 255))
        paper.alpha_composite(clear)
        upright = paper.convert("RGB")
    if profile:
        upright = _in_srgb(upright, profile)
    if upright.mode not in ("L", "RGB"):
        upright = upright.convert("L" if upright.mode == "1" else "RGB")
    return upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile: the numbers are still the best guess
    return converted or image


def _narrow(image: Image.Image, width_px: int) -> Image.Image:
    from PIL import Image

    if image.width <= width_px:
        return image
    height = max(1, round(image.height * width_px / image.width))
    return image.resize((width_px, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encode(image: Image.Image, max_bytes: int) -> Shrunk:
    """Return the picture as the format that suits it, within its limit of bytes."""
    is_drawing = _is_drawing(image)
    candidate = _png(image) if is_drawing else None
    data = _jpeg(image, 88 if is_drawing else 82, fine=is_drawing)
    media_type = "image/jpeg"
    # A drawing keeps its edges as PNG. One with shades and gradients is larger so, and bands would show in it.
    if candidate and len(candidate) <= 0.8 * len(data):
        data, media_type = candidate, "image/png"
    quality = 80
    while max_bytes and len(data) > max_bytes:
        if quality >= 60:
            data, media_type, quality = _jpeg(image, quality, fine=False), "image/jpeg", quality - 10
        else:
            image, quality = _narrow(image, image.width * 4 // 5), 80
    return Shrunk(data, media_type, image.width, image.height)


def _is_drawing(image: Image.Image) -> bool:
    """Tell flat drawings from photographs: most pixels of a drawing equal the one beside them."""
    from PIL import Image, ImageChops

    small = image.convert("L")
    if small.width > 800:
        small = small.resize((800, max(1, small.height * 800 // small.width)), Image.Resampling.NEAREST)
    same = ImageChops.difference(small, ImageChops.offset(small, 1, 0)).histogram()
    return sum(same[:2]) > 0.7 * small.width * small.height


def _png(image: Image.Image) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    if image.mode == "L":
        flat = image
    else:
        # An octree takes a tenth of the time of a median cut, and its larger areas of one tone pack better.
        flat = image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # It takes the mean of near tones: paper must stay white, or its edge shows on a white page.
        palette = flat.getpalette("RGB") or []
        tones = [palette[at : at + 3] for at in range(0, len(palette), 3)]
        flat.putpalette([value for tone in tones for value in (_WHITE if min(tone) >= _PAPER else tone)], "RGB")
    flat.save(data, "PNG", optimize=True)
    return data.getvalue()


def _jpeg(image: Image.Image, quality: int, *, fine: bool) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=0 if fine else 2)
    return data.getvalue()
