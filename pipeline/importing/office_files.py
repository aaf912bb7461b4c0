"""Opens Word, OpenDocument and HTML files: what is hostile, locked or of another kind is refused before it is read."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from lxml import etree

from pipeline.errors import SourceError
from pipeline.registry import error_rule
from pipeline.trusted_paths import read_regular

Kind = Literal["docx", "odt", "html"]
_FILE_BYTES = 100_000_000
_XML_BYTES = 20_000_000
"""Of all XML of a file, unpacked. Word keeps about a kilobyte for a line of text."""
_UNPACKED_BYTES = 300_000_000
_PARTS = 2_000
_RATIO = 200
"""How many times larger a part may be unpacked; XML of Word reaches about 40."""
_RATIO_FROM = 1_000_000
"""Bytes from which the ratio counts: small parts of one repeated letter harm nobody."""
_BEGINNINGS = {
    b"\xd0\xcf\x11\xe0": ("an old Word file, or one that a password locks", "open it in Word and save it as .docx"),
    b"{\\rtf": ("a file of Rich Text", "open it in Word and save it as .docx"),
    b"%PDF": ("a PDF", "import the document that it was made from"),
}
MAIN_PART = re.compile(r"word/document\d*\.xml")
"""The text of a Word file; Word on the web calls it `document2.xml`."""
_REFUSED_LINKS = re.compile(
    r"/(?:oleObject|aFChunk|subDocument|frame|attachedTemplate|package|control)$", re.IGNORECASE
)


@error_rule(
    "import-refused",
    "A file is not imported: it is of another kind, damaged, locked, too large, or holds what no text needs.",
    "A `.docx` with macros, or one that a password locks",
    "Open it in Word or LibreOffice, save it as `.docx` without macros and password, and import that.",
)
class ImportRefusedError(SourceError):
    """A file that is not imported."""

    code = "import-refused"


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A file as far as it can be trusted: its XML is well-formed and has no entities."""

    path: Path
    kind: Kind
    parts: dict[str, bytes]
    """By name within the file; of HTML one, without a name. Pictures are not unpacked yet."""
    archive: bytes = b""
    pictures: dict[str, int] = field(default_factory=dict)
    """Sizes of its pictures, by name."""

    @property
    def main_part(self) -> str:
        return next(name for name in self.parts if MAIN_PART.fullmatch(name))

    def picture(self, name: str) -> bytes:
        """Return a picture.

        Raises:
            ImportRefusedError: It cannot be unpacked.
        """
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            return _unpack(archive, name, self.pictures[name])


def open_office_file(path: Path) -> OfficeFile:
    """Read a file.

    Raises:
        ImportRefusedError: It is not one that can be imported.
    """
    suffix = path.suffix.lower()
    if suffix not in (".docx", ".odt", ".html", ".htm"):
        raise ImportRefusedError(f"a file of the kind {suffix or 'without a suffix'!r}, expected .docx, .odt or .html")
    try:
        data, status = read_regular(path, _FILE_BYTES + 1)
    except OSError as error:
        raise ImportRefusedError(f"cannot be read: {error.strerror}", hint="name a file, not a link") from error
    if len(data) > _FILE_BYTES:
        raise ImportRefusedError(f"{status.st_size:,} bytes, expected at most {_FILE_BYTES:,}", hint="divide it")
    for beginning, (what, hint) in _BEGINNINGS.items():
        if data.startswith(beginning):
            raise ImportRefusedError(f"{what}, whatever its suffix {suffix} says", hint=hint)
    is_zip = data.startswith(b"PK")
    if suffix in (".html", ".htm"):
        if is_zip or b"\x00" in data:
            raise ImportRefusedError("no text, expected HTML", hint="give it the suffix of its kind, such as .docx")
        if len(data) > _XML_BYTES:
            raise ImportRefusedError(f"{len(data):,} bytes of HTML, expected at most {_XML_BYTES:,}", hint="divide it")
        return OfficeFile(path, "html", {"": _as_utf8(data)})
    if not is_zip:
        raise ImportRefusedError(f"not a {suffix} file: it is no zip archive", hint="save it anew in Word")
    return _open_archive(path, data, suffix)


def _as_utf8(page: bytes) -> bytes:
    """Return a page of HTML as UTF-8: from the encoding it names, or the one that Word saves in."""
    named = re.search(rb"charset=[\"']?([A-Za-z0-9_-]+)", page[:4096])
    for encoding in ("utf-8", named[1].decode() if named else "cp1252", "cp1252"):
        try:
            return page.decode(encoding).encode()
        except (UnicodeError, LookupError):
            continue
    return page.decode("utf-8", "replace").encode()


def _open_archive(path: Path, data: bytes, suffix: str) -> OfficeFile:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_directory(entries)
            names = {entry.filename for entry in entries}
            kind = _kind_of(names, suffix)
            text_parts = [entry for entry in entries if _is_text_part(entry.filename, kind)]
            if sum(entry.file_size for entry in text_parts) > _XML_BYTES:
                raise ImportRefusedError(f"more than {_XML_BYTES:,} bytes of text and marks", hint="divide it")
            parts = {entry.filename: _unpack(archive, entry.filename, entry.file_size) for entry in text_parts}
            if kind == "docx":
                parts = {name: _transitional(part) for name, part in parts.items()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise ImportRefusedError(f"a damaged file: {error}", hint="open it in Word and save it anew") from error
    for name, part in parts.items():
        _check_xml(name, part)
    _check_encryption(parts)
    _check_relations(parts)
    pictures = {
        entry.filename: entry.file_size
        for entry in entries
        if PurePosixPath(entry.filename).parent.name in ("media", "Pictures")
    }
    return OfficeFile(path, kind, parts, data, pictures)


def _transitional(part: bytes) -> bytes:
    """Return XML of the strict form of Word's format with the names of the common one.

    Source: ISO/IEC 29500-1, annex A, and -4.
    """
    for strict, common in _NAMESPACES:
        part = part.replace(b"http://purl.oclc.org/ooxml/" + strict, b"http://schemas.openxmlformats.org/" + common)
    return part


_NAMESPACES = (
    (b"wordprocessingml/main", b"wordprocessingml/2006/main"),
    (b"officeDocument/relationships", b"officeDocument/2006/relationships"),
    (b"officeDocument/math", b"officeDocument/2006/math"),
    (b"drawingml/main", b"drawingml/2006/main"),
    (b"drawingml/picture", b"drawingml/2006/picture"),
    (b"drawingml/wordprocessingDrawing", b"drawingml/2006/wordprocessingDrawing"),
)


def _check_directory(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Make sure, from the directory of an archive, that unpacking it is harmless."""
    known: set[str] = set()
    total = 0
    for entry in entries:
        name = entry.filename
        if name in known:
            raise ImportRefusedError(f"two parts of the name {name[:60]!r}")
        known.add(name)
        total += entry.file_size
        if (
            name.startswith("/")
            or "\\" in name
            or ".." in name.split("/")
            or any(ord(sign) < ord(" ") for sign in name)
        ):
            raise ImportRefusedError(f"a part with the name {name[:60]!r}, which leads out of the file")
        if entry.flag_bits & 1:
            raise ImportRefusedError("a file that a password locks", hint="open it, and save it without a password")
        if entry.file_size > _RATIO_FROM and entry.file_size > _RATIO * max(entry.compress_size, 1):
            raise ImportRefusedError(f"{name[:60]!r} unpacks to {entry.file_size:,} bytes: a bomb")
        if PurePosixPath(name).name.lower() in ("vbaproject.bin", "vbadata.xml") or name.startswith("Basic/"):
            raise ImportRefusedError("a file with macros", hint="save it as .docx without macros, and import that")
    if len(known) > _PARTS or total > _UNPACKED_BYTES:
        raise ImportRefusedError(f"{len(known):,} parts of {total:,} bytes", hint="divide it, or make pictures smaller")


def _kind_of(names: set[str], suffix: str) -> Kind:
    is_word = any(map(MAIN_PART.fullmatch, names))
    kind: Kind | None = "docx" if is_word else "odt" if "content.xml" in names else None
    if kind is None and "EncryptedPackage" in names:
        raise ImportRefusedError("a file that a password locks", hint="open it, and save it without a password")
    if kind is None:
        raise ImportRefusedError("an archive without a document in it", hint="import the .docx or .odt file itself")
    if suffix != f".{kind}":
        raise ImportRefusedError(f"a .{kind} file with the suffix {suffix}", hint=f"rename it to .{kind}")
    return kind


def _is_text_part(name: str, kind: Kind) -> bool:
    if kind == "odt":
        return name in ("content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml", "mimetype")
    is_word = re.fullmatch(r"word/(?:_rels/)?[^/]+\.(?:xml|rels)", name)
    return bool(is_word) or name in ("[Content_Types].xml", "_rels/.rels", "docProps/core.xml")


def _unpack(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    try:
        with archive.open(name) as part:
            data = part.read(size + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ImportRefusedError(f"{name!r} is damaged: {error}", hint="open the file and save it anew") from error
    if len(data) > size:
        raise ImportRefusedError(f"{name!r} is larger than the file says")
    return data


def parse_xml(data: bytes) -> etree._Element:
    """Return the root of an XML part, read without entities and network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


def _check_xml(name: str, data: bytes) -> None:
    if name == "mimetype":
        return
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ImportRefusedError(f"{name!r} is not UTF-8", hint="open the file and save it anew")
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data):
        raise ImportRefusedError(f"{name!r} declares entities, which no document needs")
    try:
        parse_xml(data)
    except etree.XMLSyntaxError as error:
        raise ImportRefusedError(f"{name!r} is damaged: {error.msg}", hint="open the file and save it anew") from error


def _check_encryption(parts: dict[str, bytes]) -> None:
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise ImportRefusedError("a file that a password locks", hint="open it, and save it without a password")


def relations(parts: dict[str, bytes]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield what parts of a Word file lead to: id, kind, target, and whether it lies outside of the file."""
    for name, data in parts.items():
        if name.endswith(".rels"):
            for entry in parse_xml(data):
                about = entry.attrib
                is_external = about.get("TargetMode", "") == "External"
                yield str(about.get("Id", "")), str(about.get("Type", "")), str(about.get("Target", "")), is_external


def _check_relations(parts: dict[str, bytes]) -> None:
    for _, kind, target, is_external in relations(parts):
        # Word names the template of the author's machine in most files: a path that is never followed.
        is_elsewhere = re.match(r"(?:https?|ftp):|\\\\|//|file://[^/]", target, re.IGNORECASE)
        is_own_template = kind.endswith("/attachedTemplate") and not is_elsewhere
        if is_external and _REFUSED_LINKS.search(kind) and not is_own_template:
            what = kind.rsplit("/", 1)[-1]
            hint = "open it in Word, break the link (File, Info, Edit Links), and save it"
            raise ImportRefusedError(f"a file that loads a part from outside ({what}: {target[:60]!r})", hint=hint)
