"""Published mails and chapters as a frame on the desk shows them: in one scheme, whatever the machine prefers."""

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
_XHTML_NS = "{http://www.w3.org/1999/xhtml}"
_FRAME_MEDIA_TYPES = {
    ".xhtml": "application/xhtml+xml", ".css": "text/css", ".png": "image/png", ".jpg": "image/jpeg",
    ".svg": "image/svg+xml", ".ttf": "font/ttf",
}  # fmt: skip


def force_colour_scheme(text: str, scheme: ColourScheme) -> str:
    """Return HTML or CSS that shows itself in a scheme: the queries for it always hold, the other's never do."""
    for each in COLOUR_SCHEMES:
        holds = "(min-width: 0)" if each == scheme else "(max-width: 0)"
        text = re.sub(rf"\(\s*prefers-color-scheme\s*:\s*{each}\s*\)", holds, text)
    text = re.sub(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*', rf"\g<1>{scheme}", text)
    return re.sub(r"color-scheme:\s*light dark", f"color-scheme: {scheme}", text)


@dataclass(frozen=True, slots=True)
class SpineItem:
    """An item of a book's reading order."""

    name: str
    """In the book's container."""
    title: str


def reading_order(book: Path) -> tuple[SpineItem, ...]:
    """Return the reading order of a book, each item under its title.

    Raises:
        OSError: The file is gone.
    """
    with zipfile.ZipFile(io.BytesIO(book.read_bytes())) as container:
        package = _package_path(container)
        folder = PurePosixPath(package).parent
        root = etree.fromstring(container.read(package))
        names = {item.get("id"): str(folder / item.get("href")) for item in root.iter(f"{_OPF_NS}item")}
        spine = [names[item.get("idref")] for item in root.iter(f"{_OPF_NS}itemref")]
        return tuple(SpineItem(name, _page_title(container.read(name)) or PurePosixPath(name).stem) for name in spine)


def read_book_file(book: Path, name: str, scheme: ColourScheme) -> tuple[bytes, str] | None:
    """Return a file of a book's container and its type; None for one that is not in it, or is of another kind.

    Raises:
        OSError: The book is gone.
    """
    kind = _FRAME_MEDIA_TYPES.get(PurePosixPath(name).suffix)
    with zipfile.ZipFile(io.BytesIO(book.read_bytes())) as container:
        if kind is None or name not in container.namelist():
            return None
        data = container.read(name)
    if kind in ("text/css", "application/xhtml+xml"):
        data = force_colour_scheme(data.decode(), scheme).encode()
    return data, kind


def _package_path(container: zipfile.ZipFile) -> str:
    root = etree.fromstring(container.read("META-INF/container.xml"))
    path: str = root.find(".//{*}rootfile").get("full-path")
    return path


def _page_title(chapter: bytes) -> str:
    title = etree.fromstring(chapter).find(f".//{_XHTML_NS}title")
    return "".join(title.itertext()).strip() if title is not None else ""
