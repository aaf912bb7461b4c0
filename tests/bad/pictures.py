"""Picture files that are cut off, huge, lying about themselves, or programs in disguise."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image as Pillow

from tests.bad.cases import CANARY, Case, Content, Outcome, Published, article, lay
from tests.makers import picture_file

_BROKEN = Published(("picture-broken",), pictures=0)


def _saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def _noise(mode: str = "RGB", size: tuple[int, int] = (400, 300)) -> Pillow.Image:
    return Pillow.effect_noise(size, 80).convert(mode)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG whose rows of zeros are `width` by `height` pixels."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width + 1)) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _claim(width: int, height: int) -> bytes:
    """Return a PNG that says it is large, with nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", b"") + _chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    packed = zlib.compress(b"A" * 200_000_000, 9)
    return picture_file()[:33] + _chunk(b"zTXt", b"Comment\0\0" + packed) + picture_file()[33:]


def _profile_bomb() -> bytes:
    packed = zlib.compress(b"\0" * 200_000_000, 9)
    return picture_file()[:33] + _chunk(b"iCCP", b"x\0\0" + packed) + picture_file()[33:]


def _exif_bomb() -> bytes:
    # A directory of tags that says it is followed by itself.
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + struct.pack("<I", 8)
    return _saved(_noise(), "JPEG", exif=b"Exif\0\0" + loop)


def _animated(frames: int) -> bytes:
    images = [Pillow.new("RGB", (60, 60), (n % 256, n // 256, 90)) for n in range(frames)]
    return _saved(images[0], "GIF", save_all=True, append_images=images[1:], loop=0)


def _cmyk_profile() -> bytes:
    return _saved(_noise("CMYK"), "JPEG", icc_profile=b"\0" * 500)


def _svg(inside: str, head: str = "", box: str = 'width="200" height="100"') -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head}<svg {names} {box}>{inside}</svg>".encode()


_RULES = "".join(f".a{number} rect, .b{number} {{fill: red}}" for number in range(3_000))
_RECTANGLE = '<rect width="100" height="50" fill="#1a5a4b"/>'
_USES = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
_OUTSIDE = "file://{outside}/secret.png"
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
_SAFE = Published((), (CANARY, "alert(1)", "root:x:0"), pictures=1)

_FILES: dict[str, tuple[str, Callable[[], Content], Outcome]] = {
    "truncated-png": ("png", lambda: _saved(_noise(), "PNG")[:9000], _BROKEN),
    "truncated-jpeg": ("jpg", lambda: _saved(_noise(), "JPEG")[:9000], _BROKEN),
    "truncated-gif": ("gif", lambda: _saved(_noise("P"), "GIF")[:5000], _BROKEN),
    "truncated-webp": ("webp", lambda: _saved(_noise(), "WEBP")[:2000], _BROKEN),
    "truncated-tiff": ("tif", lambda: _saved(_noise(), "TIFF")[:9000], _BROKEN),
    "empty": ("png", lambda: b"", _BROKEN),
    "zeros": ("png", lambda: bytes(5000), _BROKEN),
    "text": ("png", lambda: b"Dette er ikke et billede.", _BROKEN),
    "wrong-suffix": ("png", lambda: _saved(_noise(), "JPEG"), Published(("picture-suffix",), pictures=1)),
    "claims-50000": ("png", lambda: _claim(50_000, 50_000), _BROKEN),
    "claims-most": ("png", lambda: _claim(2**31 - 1, 2**31 - 1), _BROKEN),
    "one-pixel-row": ("png", lambda: _claim(40_000, 1), _BROKEN),
    "damaged-checksum": ("png", lambda: picture_file()[:60] + b"\xff" + picture_file()[61:], _BROKEN),
    "cmyk": ("jpg", lambda: _saved(_noise("CMYK"), "JPEG"), Published(pictures=1)),
    "cmyk-false-profile": ("jpg", _cmyk_profile, Published(pictures=1)),
    "sixteen-bit": ("png", lambda: _saved(Pillow.new("I;16", (300, 200), 30_000), "PNG"), Published(pictures=1)),
    "float": ("tif", lambda: _saved(Pillow.new("F", (300, 200), 0.5), "TIFF"), Published(pictures=1)),
    "palette-clear": ("png", lambda: _saved(_noise("P"), "PNG", transparency=3), Published(pictures=1)),
    "one-pixel": (
        "png", lambda: picture_file(1, 1),
        Published(but=("newsletter", "newsletter-nonconforming")),  # a pixel that tells who has opened a mail
    ),
    "animated": ("gif", lambda: _animated(200), Published(("picture-animated",), pictures=1)),
    "exif-loop": ("jpg", _exif_bomb, Published()),
    "text-bomb": ("png", _text_bomb, Published()),
    "profile-bomb": ("png", _profile_bomb, Published()),
    "polyglot-html": ("png", lambda: picture_file() + b"<script>alert(1)</script>", _SAFE),
    "polyglot-zip": ("jpg", lambda: _saved(_noise(), "JPEG") + b"PK\x03\x04" + CANARY.encode(), _SAFE),
    "polyglot-pdf": ("png", lambda: b"%PDF-1.4\n" + picture_file(), _BROKEN),
    "metadata": ("jpg", lambda: _saved(_noise(), "JPEG", comment=CANARY), _SAFE),
    "eps": ("png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", _BROKEN),
    "svg-script": ("svg", lambda: _svg(f"<script>alert(1)</script>{_RECTANGLE}"), _SAFE),
    "svg-handler": ("svg", lambda: _svg('<rect width="9" height="9" onload="alert(1)"/>' + _RECTANGLE), _SAFE),
    "svg-foreign": ("svg", lambda: _svg(f"<foreignObject><p>{CANARY}</p></foreignObject>{_RECTANGLE}"), _SAFE),
    "svg-image": ("svg", lambda: _svg(f'<image href="{_OUTSIDE}" width="99" height="99"/>{_RECTANGLE}'), _SAFE),
    "svg-xlink": ("svg", lambda: _svg(f'<image xlink:href="file:///etc/passwd"/>{_RECTANGLE}'), _SAFE),
    "svg-use-outside": ("svg", lambda: _svg(f'<use href="file:///etc/passwd#a"/>{_RECTANGLE}'), _SAFE),
    "svg-css-import": ("svg", lambda: _svg(f"<style>@import url(file:///etc/passwd);</style>{_RECTANGLE}"), _SAFE),
    "svg-css-url": ("svg", lambda: _svg('<rect width="9" height="9" style="fill:url(file:///etc/passwd)"/>'), _SAFE),
    "svg-css-escaped": ("svg", lambda: _svg(f"<style>@\\69mport '/etc/passwd'; a{{}}</style>{_RECTANGLE}"), _SAFE),
    "svg-data": ("svg", lambda: _svg('<image href="data:image/svg+xml,&lt;svg/>"/>' + _RECTANGLE), _SAFE),
    "svg-stylesheet": ("svg", lambda: _svg(_RECTANGLE, '<?xml-stylesheet href="/etc/passwd"?>'), _SAFE),
    "svg-entity": (
        "svg",
        lambda: _svg("<text>&x;</text>", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        Published(("picture-broken",), ("root:x:0",), pictures=0),
    ),
    "svg-entity-bomb": (
        "svg", lambda: _svg("<text>&e9;</text>", f'<!DOCTYPE svg [<!ENTITY e0 "haha">{_ENTITIES}]>'), _BROKEN,
    ),
    "svg-use-bomb": ("svg", lambda: _svg(f'<g id="g0">{_RECTANGLE}</g>{_USES}<use href="#g11"/>'), _BROKEN),
    "svg-use-itself": ("svg", lambda: _svg(f'<g id="a"><use href="#a"/>{_RECTANGLE}</g>'), Published()),
    "svg-deep": ("svg", lambda: _svg("<g>" * 5000 + _RECTANGLE + "</g>" * 5000), _BROKEN),
    "svg-huge": ("svg", lambda: _svg(_RECTANGLE, box='width="1e9" height="1e9"'), _BROKEN),
    "svg-size-nan": ("svg", lambda: _svg(_RECTANGLE, box='width="nan" height="inf"'), Published()),
    "svg-broken": ("svg", lambda: _svg(_RECTANGLE)[:-9], _BROKEN),
    "svg-paths": ("svg", lambda: _svg(f'<path d="M0 0{" L9 9" * 100_000}"/>'), Published()),
    "svg-filter": (
        "svg",
        lambda: _svg('<filter id="f"><feGaussianBlur stdDeviation="9999"/></filter>'
                     f'<g filter="url(#f)">{_RECTANGLE}</g>'),
        Published(),
    ),
    "svg-pattern-itself": (
        "svg",
        lambda: _svg('<pattern id="p" width="1" height="1"><rect width="9" height="9" fill="url(#p)"/></pattern>'
                     '<rect width="99" height="99" fill="url(#p)"/>'),
        Published(),
    ),
    "svg-markers": ("svg", lambda: _svg(
        '<marker id="m" markerWidth="9" markerHeight="9"><path d="M0 0L9 9" marker-end="url(#m)"/></marker>'
        '<path d="M0 0L9 9" marker-end="url(#m)"/>'), Published()),
}  # fmt: skip
_LARGE: dict[str, tuple[str, Callable[[], Content], Outcome]] = {
    "bomb-50000": ("png", lambda: png_bomb(50_000, 50_000), _BROKEN),
    "bomb-at-the-limit": ("png", lambda: png_bomb(7_000, 7_000), Published(pictures=1)),
    "largest-colour": ("png", lambda: _saved(Pillow.new("RGB", (7_000, 7_000)), "PNG"), Published(pictures=1)),
    "largest-clear": ("png", lambda: _saved(Pillow.new("RGBA", (7_000, 7_000)), "PNG"), Published(pictures=1)),
    "120-mb": ("png", lambda: picture_file() + bytes(120_000_000), _BROKEN),
    "animated-2000": ("gif", lambda: _animated(2000), Published(("picture-animated",), pictures=1)),
    "svg-50-mb": ("svg", lambda: _svg(_RECTANGLE * 1_000_000), _BROKEN),
    "svg-shapes-100000": ("svg", lambda: _svg(_RECTANGLE * 100_000), _BROKEN),
    "svg-styles": ("svg", lambda: _svg(f"<style>{_RULES}</style>" + _RECTANGLE * 3_000), _BROKEN),
    "svg-shapes-10000": ("svg", lambda: _svg(_RECTANGLE * 10_000), Published(pictures=1)),
}  # fmt: skip


def _made(build: Callable[[], Content]) -> Content:
    """Return a maker: the bytes are built when a case is laid, not when the table is read."""

    return lambda path: lay(path, build())


def _cases() -> Iterator[Case]:
    for files, is_large in ((_FILES, False), (_LARGE, True)):
        for name, (suffix, build, outcome) in files.items():
            body = article(f"![Et billede af ryggen](/images/bad/{name}.{suffix})")
            place = {f"sources/images/bad/{name}.{suffix}": _made(build)}
            yield Case(f"file-{name}", body, outcome, place, needs_own_run=is_large)


CASES = tuple(_cases())
