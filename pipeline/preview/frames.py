"""Published mails and EPUB chapters in a forced colour scheme, for the frames of the preview."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from lxml import etree

ColourScheme = Literal["light", "dark"]
COLOUR_SCHEMES: tuple[ColourScheme, ...] = ("light", "dark")
_OPF_NS = "{http://www.idpf.org/2007/opf}"
_FRAME_MEDIA_TYPES = {
    ".xhtml": "application/xhtml+xml", ".css": "text/css", ".png": "image/png", ".jpg": "image/jpeg",
    ".svg": "image/svg+xml", ".ttf": "font/ttf",
}  # fmt: skip


def frame_policy(*, with_pictures: bool) -> str:
    """Return the policy of a mail or chapter in a frame: its own style and pictures, no script."""
    pictures = "'self' data:" if with_pictures else "'none'"
    return (
        f"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src {pictures}; font-src 'self' data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
    )


def force_colour_scheme(text: str, scheme: ColourScheme) -> str:
    """Return HTML or CSS whose media queries always match one colour scheme, and never the other."""
    for each in COLOUR_SCHEMES:
        holds = "(min-width: 0)" if each == scheme else "(max-width: 0)"
        text = re.sub(rf"\(\s*prefers-color-scheme\s*:\s*{each}\s*\)", holds, text)
    text = re.sub(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*', rf"\g<1>{scheme}", text)
    return re.sub(r"color-scheme:\s*light dark", f"color-scheme: {scheme}", text)


@dataclass(frozen=True, slots=True)
class SpineItem:
    name: str
    title: str


def reading_order(book: Path) -> tuple[SpineItem, ...]:
    """Return the reading order of an EPUB.

    Raises:
        FileNotFoundError: The file is gone.
    """
    with zipfile.ZipFile(io.BytesIO(book.read_bytes())) as container:
        rootfile = etree.fromstring(container.read("META-INF/container.xml")).find(".//{*}rootfile")
        package = rootfile.get("full-path")
        folder = PurePosixPath(package).parent
        root = etree.fromstring(container.read(package))
        names = {item.get("id"): str(folder / item.get("href")) for item in root.iter(f"{_OPF_NS}item")}
        spine = [names[item.get("idref")] for item in root.iter(f"{_OPF_NS}itemref")]
        return tuple(SpineItem(name, _page_title(container.read(name)) or PurePosixPath(name).stem) for name in spine)


def read_book_file(book: Path, name: str, scheme: ColourScheme) -> tuple[bytes, str] | None:
    """Return a file of an EPUB and its media type; None where it is missing or of another type.

    Raises:
        FileNotFoundError: The EPUB is gone.
    """
    kind = _FRAME_MEDIA_TYPES.get(PurePosixPath(name).suffix)
    with zipfile.ZipFile(io.BytesIO(book.read_bytes())) as container:
        if kind is None or name not in container.namelist():
            return None
        data = container.read(name)
    if kind in ("text/css", "application/xhtml+xml"):
        data = force_colour_scheme(data.decode(), scheme).encode()
    return data, kind


def _page_title(chapter: bytes) -> str:
    title = etree.fromstring(chapter).find(".//{http://www.w3.org/1999/xhtml}title")
    return "".join(title.itertext()).strip() if title is not None else ""
