"""Image files: probe, verify, and resize to every size that the formats need."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from pipeline.errors import SourceError
from pipeline.limits import DEFAULT_LIMITS
from pipeline.pictures.drawing_text_size import smallest_text_size

if TYPE_CHECKING:
    from PIL import Image

_MEDIA_TYPES = {
    "PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "TIFF": "image/tiff",
    "BMP": "image/bmp",
}  # fmt: skip
_PIL_FORMATS = tuple(_MEDIA_TYPES)
_PNG_SIGNATURE = b"\x89PNG"
_WHITE = (255, 255, 255)
WIDTH_STEPS_PX = (368, 736, 1104, 1600)
"""Widths that pictures are made in: formats that ask for nearly the same share one. The last is enough for the width of
an A4 page at 190 dpi."""
_MAX_ASPECT_RATIO = 2
"""No picture is higher than its rung this many times."""
_PHOTO_QUALITY, _DRAWING_QUALITY = 68, 88
"""Of JPEG. Screens and printers show two of its pixels where an eye sees one: more would be bytes for nothing."""
_MAX_TONE_ERROR = 1.0
"""Steps of 255 that the tones of a drawing may be off in the mean: more, and its pale areas have another tint."""
_DECODING_BYTES = 12
"""What decoders take at most for a pixel, beside the picture itself (progressive JPEG, WebP)."""
_PHONE_PIXELS = 12_000_000
"""Of a picture that could not even be opened."""
_PAPER_WHITE = 250
"""From here on, in all three colours, a tone is paper."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What a picture file is, by its content."""

    media_type: str
    width_px: int
    height_px: int
    """As seen, so after any EXIF rotation."""
    has_alpha: bool = False
    frames: int = 1


@dataclass(frozen=True, slots=True)
class TargetSize:
    """How large a picture shall be; it is never enlarged."""

    width_px: int
    """At least: it gets the next of `WIDTH_STEPS_PX`, or the last."""
    max_bytes: int = 0
    """0: any. Above it, quality and then width give way."""


@dataclass(frozen=True, slots=True)
class ResizedImage:
    """A picture made ready: opaque, in sRGB, without metadata."""

    data: bytes
    media_type: str
    """image/png for drawings with few tones, image/jpeg for all else."""
    width_px: int
    height_px: int
    lettering: float = 0.0
    """Of a drawing: the size of its smallest lettering as a share of its width; 0: it has none."""


def probe_image(data: bytes, most_pixels: int = DEFAULT_LIMITS.picture_pixels) -> ImageInfo:
    """Return what a picture file is, without decoding it.

    Raises:
        SourceError: No picture that can be opened, or one of too many pixels.
    """
    if _is_svg(data):
        from pipeline.pictures.svg import svg_size

        return ImageInfo("image/svg+xml", *svg_size(data), has_alpha=True)
    with _open_image(data, most_pixels) as image:
        width, height = image.size
        # Orientations 5 to 8 lie on their side. Pillow decodes a whole PNG to see whether it says so at its end.
        may_lie = image.format != "PNG" or b"eXIf" in data or b"Raw profile type" in data
        if may_lie and image.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            width, height = height, width
        # Pillow calls a JPEG with a second picture in it (as phones make them) MPO.
        return ImageInfo(
            _MEDIA_TYPES.get(str(image.format), "image/jpeg"),
            width,
            height,
            _has_transparency(image),
            int(getattr(image, "n_frames", 1)),
        )


def verify_image(data: bytes, most_pixels: int = DEFAULT_LIMITS.picture_pixels) -> bytes:
    """Return a picture that is printed as it is, once it has been decoded to its last row.

    Raises:
        SourceError: The file is cut off, damaged, or no picture.
    """
    with _open_image(data, most_pixels) as image:
        image.load()
    return data


def resize_image(
    data: bytes, sizes: Iterable[TargetSize], most_pixels: int = DEFAULT_LIMITS.picture_pixels
) -> dict[TargetSize, ResizedImage]:
    """Return the picture in each size, decoded once and to its last row.

    Transparency becomes white paper: dark drawings on a clear ground vanish in dark mode otherwise.

    Raises:
        SourceError: The file is cut off, damaged, or no picture.
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
        # All sizes are made from the largest, asked for or not: what one looks like must not depend on the others.
        paper = _flatten(image)
        ground = _downscale(paper, _width_at(WIDTH_STEPS_PX[-1], paper))
    is_flat = _is_drawing(ground)
    lettering = smallest_text_size(ground) if is_flat else 0.0
    encode, packed = _choose_drawing_encoding(ground) if is_flat else (_encode_jpeg, b"")

    @cache
    def at(width_px: int) -> tuple[Image.Image, bytes]:
        small = _downscale(ground, width_px)
        return small, packed if packed and small is ground else encode(small)

    made = {size: _encode_within(size.max_bytes, *at(_width_at(_width_step(size.width_px), ground))) for size in wanted}
    return {size: replace(shrunk, lettering=lettering) for size, shrunk in made.items()}


def _width_step(width_px: int) -> int:
    return next((rung for rung in WIDTH_STEPS_PX if rung >= width_px), WIDTH_STEPS_PX[-1])


def _width_at(rung_px: int, image: Image.Image) -> int:
    """Return how wide a picture is made for a rung: a tall one less, or a strip of paper would have no end."""
    return min(rung_px, image.width, max(1, rung_px * _MAX_ASPECT_RATIO * image.width // image.height))


def _is_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"<svg" in data[:4096]


@contextmanager
def _open_image(data: bytes, most_pixels: int) -> Iterator[Image.Image]:
    """Open a picture with every fault of the file turned into one for the author; too little memory is none."""
    import struct

    from PIL import Image, ImageFile, UnidentifiedImageError

    # WeasyPrint sets this to True for the whole process when it is imported; a half picture must not pass.
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
        raise SourceError(
            "not a picture in PNG, JPEG, WebP, GIF, TIFF, BMP or SVG",
            hint="open it in a picture program and save it anew",
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error) as error:
        # libjpeg and libwebp call a file damaged where memory is too short: there must be room for what they need.
        bytes(pixels * _DECODING_BYTES)
        raise SourceError(f"damaged: {error}", hint="open it in a picture program and save it anew") from error


def _has_transparency(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _flatten(image: Image.Image) -> Image.Image:
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
    if _has_transparency(upright):
        clear = upright if upright.mode == "RGBA" else upright.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (*_WHITE, 255))
        paper.alpha_composite(clear)
        upright = paper.convert("RGB")
    if profile:
        upright = _in_srgb(upright, profile)
    if upright.mode not in ("L", "RGB"):
        upright = upright.convert("L" if upright.mode == "1" else "RGB")
    # Pillow would save comments and profiles with every size: who took a picture, where, and by what.
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
        return image  # a broken profile: the numbers are still the best guess
    return converted or image


def _downscale(image: Image.Image, width_px: int) -> Image.Image:
    from PIL import Image

    if image.width <= width_px:
        return image
    height = max(1, round(image.height * width_px / image.width))
    return image.resize((width_px, height), Image.Resampling.BICUBIC, reducing_gap=2.0)


def _encode_within(max_bytes: int, image: Image.Image, data: bytes) -> ResizedImage:
    """Return an encoded picture; one that has more bytes than it may is encoded anew, with less quality or width."""
    quality = _PHOTO_QUALITY
    while max_bytes and len(data) > max_bytes:
        if quality > 60:
            quality -= 8
        else:
            image, quality = _downscale(image, image.width * 4 // 5), _PHOTO_QUALITY
        data = _encode_jpeg(image, quality)
    return ResizedImage(
        data, "image/png" if data.startswith(_PNG_SIGNATURE) else "image/jpeg", image.width, image.height
    )


def _is_drawing(image: Image.Image) -> bool:
    """Tell flat drawings from photographs: most pixels of a drawing equal the one beside them."""
    from PIL import Image, ImageChops

    small = image.convert("L")
    if small.width > 800:
        small = small.resize((800, max(1, small.height * 800 // small.width)), Image.Resampling.NEAREST)
    same = ImageChops.difference(small, ImageChops.offset(small, 1, 0)).histogram()
    return sum(same[:2]) > 0.7 * small.width * small.height


def _choose_drawing_encoding(drawing: Image.Image) -> tuple[Callable[[Image.Image], bytes], bytes]:
    """Return how a drawing is packed, and it packed so: as PNG, which keeps its edges, or as JPEG.

    With shades and gradients PNG is larger, and shows bands.
    """
    from PIL import ImageChops, ImageStat

    packing: Callable[[Image.Image], bytes] = _encode_png
    if drawing.mode == "RGB":
        tones = _quantise(drawing).convert("RGB")
        if max(ImageStat.Stat(ImageChops.difference(drawing, tones)).mean) > _MAX_TONE_ERROR:
            packing = _encode_png_median_cut
    png, jpeg = packing(drawing), _encode_fine_jpeg(drawing)
    return (packing, png) if len(png) <= 0.8 * len(jpeg) else (_encode_fine_jpeg, jpeg)


def _quantise(image: Image.Image, *, by_median: bool = False) -> Image.Image:
    """Return a picture in 256 tones.

    An octree takes a tenth of the time of a median cut, and its larger areas of one tone pack better; but it makes one
    of pale tints that lie near each other.
    """
    from PIL import Image

    method = Image.Quantize.MEDIANCUT if by_median else Image.Quantize.FASTOCTREE
    flat = image.quantize(256, method, dither=Image.Dither.NONE)
    # It takes the mean of near tones: paper must stay white, or its edge shows on a white page.
    palette = flat.getpalette("RGB") or []
    tones = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    flat.putpalette([value for tone in tones for value in (_WHITE if min(tone) >= _PAPER_WHITE else tone)], "RGB")
    return flat


def _encode_png(image: Image.Image, *, by_median: bool = False) -> bytes:
    data = io.BytesIO()
    flat = image if image.mode == "L" else _quantise(image, by_median=by_median)
    flat.save(data, "PNG", compress_level=7)  # 9 takes four times as long, for a fiftieth of the bytes
    return data.getvalue()


def _encode_png_median_cut(image: Image.Image) -> bytes:
    return _encode_png(image, by_median=True)


def _encode_fine_jpeg(image: Image.Image) -> bytes:
    return _encode_jpeg(image, _DRAWING_QUALITY, subsampling=0)


def _encode_jpeg(image: Image.Image, quality: int = _PHOTO_QUALITY, subsampling: int = 2) -> bytes:
    data = io.BytesIO()
    # Not progressive: that takes more than twice as long, and hardly saves a byte.
    image.save(data, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
    return data.getvalue()
