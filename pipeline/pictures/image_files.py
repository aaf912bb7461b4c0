"""Image files: probe, verify, and resize to every size that the formats need."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from pipeline.errors import SourceError
from pipeline.limits import DEFAULT_LIMITS
from pipeline.pictures.drawing_text_size import Lettering, darken_pale_lettering
from pipeline.pictures.white_borders import trim_white_border

if TYPE_CHECKING:
    from PIL import Image

_MEDIA_TYPES = {
    "PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "TIFF": "image/tiff",
    "BMP": "image/bmp",
}  # fmt: skip
_PIL_FORMATS = tuple(_MEDIA_TYPES)
_RESAVE_HINT = "open it in a picture program and save it anew"
_WHITE = (255, 255, 255)
WIDTH_STEPS_PX = (368, 736, 1104, 1600)
"""Widths that pictures are made in, so that formats with similar needs share one. The last is enough for the width
of an A4 page at 190 dpi.
"""
_MAX_ASPECT_RATIO = 2
"""Height of a picture by its width step, at most."""
_PHOTO_QUALITY, _DRAWING_QUALITY = 68, 88
"""JPEG quality. Higher values add bytes without visible gain: pictures have two pixels for one that the eye sees."""
_MAX_TONE_ERROR = 1.0
"""Mean colour error of a quantised drawing, in steps of 255: above it pale areas change their tint."""
_DECODING_BYTES = 12
"""Memory for each pixel that decoders take at most beside the picture (progressive JPEG, WebP)."""
_PHONE_PIXELS = 12_000_000
"""Assumed size of a picture that could not be opened at all."""
_PAPER_WHITE = 250
"""From this value on, in all three channels, a colour counts as white."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    media_type: str
    width_px: int
    height_px: int
    """Width and height are as displayed, after any EXIF rotation."""
    has_alpha: bool = False
    frames: int = 1


@dataclass(frozen=True, slots=True)
class TargetSize:
    """The size wanted of a picture; pictures are never enlarged."""

    width_px: int
    """At least: rounded up to the next of `WIDTH_STEPS_PX`."""
    max_bytes: int = 0
    """0: no limit. Above the limit, quality and then width are reduced."""
    is_for_paper: bool = False
    """Without its white border, and with pale lettering on white darkened."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A resized picture: opaque, in sRGB, without metadata."""

    data: bytes
    media_type: str
    """image/png for drawings with few tones, image/jpeg for all else."""
    width_px: int
    height_px: int
    lettering: float = 0.0
    """For paper: size of the smallest text in a drawing as a share of its width; 0: no text."""
    contrast: float = 0.0
    """For paper: contrast of the palest text in a drawing with its ground; 0: no text, or too small to tell."""
    is_darkened: bool = False
    """Pale lettering was darkened."""

    @property
    def suffix(self) -> str:
        return {"image/jpeg": ".jpg", "image/png": ".png"}[self.media_type]


def probe_image(data: bytes, most_pixels: int = DEFAULT_LIMITS.picture_pixels) -> ImageInfo:
    """Return type and size of an image file without decoding it.

    Raises:
        SourceError: Not an image that can be opened, or too many pixels.
    """
    if _is_svg(data):
        from pipeline.pictures.svg import svg_size

        return ImageInfo("image/svg+xml", *svg_size(data), has_alpha=True)
    with _open_image(data, most_pixels) as image:
        width, height = image.size
        # Orientations 5 to 8 swap the sides. Pillow decodes a whole PNG to read EXIF: only where there is some.
        may_be_rotated = image.format != "PNG" or b"eXIf" in data or b"Raw profile type" in data
        if may_be_rotated and image.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            width, height = height, width
        # Pillow calls a JPEG with a second picture in it (as phones make them) MPO.
        media_type = _MEDIA_TYPES.get(str(image.format), "image/jpeg")
        return ImageInfo(media_type, width, height, _has_transparency(image), int(getattr(image, "n_frames", 1)))


def verify_image(data: bytes, most_pixels: int = DEFAULT_LIMITS.picture_pixels) -> bytes:
    """Decode an image file fully and return it unchanged.

    Raises:
        SourceError: The file is truncated, damaged, or not an image.
    """
    with _open_image(data, most_pixels) as image:
        image.load()
    return data


def resize_image(
    data: bytes, sizes: Iterable[TargetSize], most_pixels: int = DEFAULT_LIMITS.picture_pixels
) -> dict[TargetSize, Rendition]:
    """Return the picture in each size; it is decoded once, and fully.

    Transparency becomes white: dark drawings on a transparent background would vanish in dark mode.

    Raises:
        SourceError: The file is truncated, damaged, or not an image.
    """
    wanted = set(sizes)
    if not wanted:
        return {}
    if _is_svg(data):
        from pipeline.pictures.svg import rasterise_svg

        data = rasterise_svg(data)
    with _open_image(data, most_pixels) as image:
        # A JPEG of many megapixels is decoded at a half or a quarter of its size, as long as that is large enough.
        image.draft(None, (WIDTH_STEPS_PX[-1], WIDTH_STEPS_PX[-1]))
        flat = _flatten(image)
        trimmed = trim_white_border(flat) if any(size.is_for_paper for size in wanted) else flat
        # All sizes are made from the largest one, so that no size depends on which others are asked for.
        largest = _largest(flat)
        largest_trimmed = largest if trimmed is flat else _largest(trimmed)
    on_paper = {size for size in wanted if size.is_for_paper}
    darkened, lettering = largest_trimmed, Lettering()
    if on_paper and _is_drawing(largest_trimmed):
        darkened, lettering = darken_pale_lettering(largest_trimmed)
    if darkened is largest:
        made = _in_sizes(largest, wanted)
    else:
        made = _in_sizes(largest, wanted - on_paper) | _in_sizes(darkened, on_paper)
    is_darkened = darkened is not largest_trimmed
    return made | {
        size: replace(made[size], lettering=lettering.size, contrast=lettering.contrast, is_darkened=is_darkened)
        for size in on_paper
    }


def _largest(picture: Image.Image) -> Image.Image:
    return _downscale(picture, _output_width_px(WIDTH_STEPS_PX[-1], picture))


def _in_sizes(largest: Image.Image, sizes: set[TargetSize]) -> dict[TargetSize, Rendition]:
    """Return a picture in each size."""
    if not sizes:
        return {}
    encode, largest_data = _choose_drawing_encoding(largest) if _is_drawing(largest) else (_encode_jpeg, b"")

    @cache
    def scaled(width_px: int) -> Image.Image:
        # From the next larger step, whether it is asked for or not: most of the time is spent on the pixels read.
        larger_px = next((step for step in WIDTH_STEPS_PX if width_px < step < largest.width), 0)
        return _scale(scaled(larger_px) if larger_px else largest, width_px, largest.size)

    @cache
    def encoded(width_px: int) -> tuple[Image.Image, bytes]:
        small = scaled(width_px)
        return small, largest_data if largest_data and small is largest else encode(small)

    return {size: _encode_within(size.max_bytes, *encoded(_output_width_px(size.width_px, largest))) for size in sizes}


def _output_width_px(wanted_px: int, image: Image.Image) -> int:
    """Return the width step for a wanted width; less for small pictures and for very tall ones."""
    step_px = next((step for step in WIDTH_STEPS_PX if step >= wanted_px), WIDTH_STEPS_PX[-1])
    return min(step_px, image.width, max(1, step_px * _MAX_ASPECT_RATIO * image.width // image.height))


def _is_svg(data: bytes) -> bool:
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<svg" in data[:4096]


@contextmanager
def _open_image(data: bytes, most_pixels: int) -> Iterator[Image.Image]:
    """Open an image file; errors of the file become SourceError, MemoryError passes."""
    import struct

    from PIL import Image, ImageFile, UnidentifiedImageError

    # WeasyPrint sets this to True for the whole process when it is imported; truncated pictures must be refused.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = most_pixels
    pixels = _PHONE_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_PIL_FORMATS) as image:
                pixels = image.width * image.height
                yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SourceError(
            f"more than {most_pixels / 1_000_000:g} megapixels", hint="save it smaller; 3000 pixels across are plenty"
        ) from error
    except UnidentifiedImageError as error:
        raise SourceError("not a picture in PNG, JPEG, WebP, GIF, TIFF, BMP or SVG", hint=_RESAVE_HINT) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error) as error:
        # libjpeg and libwebp report too little memory as a damaged file: this raises MemoryError in that case.
        bytes(pixels * _DECODING_BYTES)
        raise SourceError(f"damaged: {error}", hint=_RESAVE_HINT) from error


def _has_transparency(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _flatten(image: Image.Image) -> Image.Image:
    """Return the first frame, rotated upright, on white, in eight bits of grey or sRGB."""
    from PIL import Image, ImageOps

    image.seek(0)
    image.load()
    # In place, without copies: four copies of fifty megapixels exceed the memory limit of a worker.
    ImageOps.exif_transpose(image, in_place=True)
    upright = image
    profile = upright.info.get("icc_profile")
    if upright.mode.startswith("I"):
        # Sixteen bits of grey: a plain convert would clip everything above 255 to white.
        upright = upright.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if _has_transparency(upright):
        clear = upright if upright.mode == "RGBA" else upright.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (*_WHITE, 255))
        paper.alpha_composite(clear)
        upright = paper.convert("RGB")
    if profile:
        upright = _in_srgb(upright, profile)
    if upright.mode not in ("L", "RGB"):
        upright = upright.convert("L" if upright.mode == "1" else "RGB")
    # Pillow would save comments and EXIF with every size: photographer, place, camera.
    upright.info = {}
    return upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile is ignored
    return converted or image


def _downscale(image: Image.Image, width_px: int) -> Image.Image:
    return _scale(image, width_px, image.size)


def _scale(image: Image.Image, width_px: int, shape: tuple[int, int]) -> Image.Image:
    """Return a picture in a width, its height by the shape of the one that it was made from; never enlarged."""
    from PIL import Image

    if image.width <= width_px:
        return image
    size = width_px, max(1, round(shape[1] * width_px / shape[0]))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _encode_within(max_bytes: int, image: Image.Image, data: bytes) -> Rendition:
    """Return an encoded picture; above `max_bytes` it is encoded again with less quality or width."""
    quality = _PHOTO_QUALITY
    while max_bytes and len(data) > max_bytes:
        if quality > 60:
            quality -= 8
        else:
            image, quality = _downscale(image, image.width * 4 // 5), _PHOTO_QUALITY
        data = _encode_jpeg(image, quality)
    media_type = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return Rendition(data, media_type, image.width, image.height)


def _is_drawing(image: Image.Image) -> bool:
    """Tell flat drawings from photographs: most pixels of a drawing equal their neighbour."""
    from PIL import Image, ImageChops

    small = image.convert("L")
    if small.width > 800:
        small = small.resize((800, max(1, small.height * 800 // small.width)), Image.Resampling.NEAREST)
    same = ImageChops.difference(small, ImageChops.offset(small, 1, 0)).histogram()
    return sum(same[:2]) > 0.7 * small.width * small.height


def _choose_drawing_encoding(drawing: Image.Image) -> tuple[Callable[[Image.Image], bytes], bytes]:
    """Return the encoder for a drawing, and the drawing encoded: PNG, which keeps edges sharp, or JPEG.

    A drawing with gradients is larger as PNG, and shows bands.
    """
    from PIL import ImageChops, ImageStat

    flat = drawing
    encode: Callable[[Image.Image], bytes] = _encode_png
    if drawing.mode == "RGB":
        flat = _quantise(drawing)
        if max(ImageStat.Stat(ImageChops.difference(drawing, flat.convert("RGB"))).mean) > _MAX_TONE_ERROR:
            flat, encode = _quantise(drawing, by_median=True), partial(_encode_png, by_median=True)
    encode_jpeg = partial(_encode_jpeg, quality=_DRAWING_QUALITY, subsampling=0)
    png, jpeg = _encode_flat(flat), encode_jpeg(drawing)
    return (encode, png) if len(png) <= 0.8 * len(jpeg) else (encode_jpeg, jpeg)


def _quantise(image: Image.Image, *, by_median: bool = False) -> Image.Image:
    """Return a picture with a palette of 256 colours.

    Octree takes a tenth of the time of median cut and compresses better, but merges pale tints that are similar.
    """
    from PIL import Image

    method = Image.Quantize.MEDIANCUT if by_median else Image.Quantize.FASTOCTREE
    flat = image.quantize(256, method, dither=Image.Dither.NONE)
    # Quantising averages similar colours: near-white becomes white, or the picture's edge shows on a white page.
    palette = flat.getpalette("RGB") or []
    tones = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    flat.putpalette([value for tone in tones for value in (_WHITE if min(tone) >= _PAPER_WHITE else tone)], "RGB")
    return flat


def _encode_png(image: Image.Image, *, by_median: bool = False) -> bytes:
    return _encode_flat(image if image.mode == "L" else _quantise(image, by_median=by_median))


def _encode_flat(flat: Image.Image) -> bytes:
    data = io.BytesIO()
    flat.save(data, "PNG", compress_level=7)  # 9 takes four times as long and saves 2 %
    return data.getvalue()


def _encode_jpeg(image: Image.Image, quality: int = _PHOTO_QUALITY, subsampling: int = 2) -> bytes:
    data = io.BytesIO()
    # Not progressive: that takes more than twice as long and saves next to nothing.
    image.save(data, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
    return data.getvalue()
