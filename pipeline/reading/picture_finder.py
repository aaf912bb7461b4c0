"""Finds and probes the picture files that an article names, below the source folders only."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.model import Picture
from pipeline.pictures.image_files import probe_image
from pipeline.reading.source_files import SourceRoots, read_inside, resolve_inside
from pipeline.registry import error_rule, repair_rule, warning_rule

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".svg"}
_PLACEHOLDER_FILE = re.compile(r"^(placeholder|dummy|no[-_]?image|missing[-_]?image)\b[-_\w]*\.", re.IGNORECASE)
_TYPES_OF_SUFFIX = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".bmp": "image/bmp", ".svg": "image/svg+xml",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolvedPicture:
    """Where a picture that an article names was found, or what was said of it: the same again, as long as it stays."""

    target: str
    """As written."""
    outcome: str
    """The file, and what was found on the way to it."""
    path: str = ""
    """From the project folder; empty where no file is meant."""
    sha256: str = ""
    """Of the file; empty where there is none that can be opened."""


@dataclass(slots=True)
class PictureFinder:
    """Finds pictures for articles, and remembers folders and files it has seen."""

    roots: SourceRoots
    limits: Limits = DEFAULT_LIMITS
    _listings: dict[Path, dict[str, Path]] = field(default_factory=dict)
    _probed: dict[Path, tuple[Picture, int]] = field(default_factory=dict)
    """Each picture with the number of its frames."""

    @error_rule(
        "picture-broken",
        "A picture cannot be decoded to its last row; the article is published without it.",
        "A PNG that was cut off while it was uploaded",
        "Export the picture anew.",
        group="whole",
    )
    def find(self, target: str, source: str, line: int) -> tuple[Picture | None, tuple[Finding, ...]]:
        """Return the picture that an article's target means, or None and why not.

        Args:
            target: As written: site-absolute, or relative to the article; percent-encoded or not.
            source: The article, from the project folder.
        """
        actual, findings = self._locate(target, source, line)
        if actual is None:
            return None, findings
        try:
            picture, more = self._look(actual, source, line)
        except SourceError as error:
            message = f"the picture {target!r} is {error.message}"
            return None, (*findings, make_finding("picture-broken", source, line, message, error.hint))
        return picture, (*findings, *more)

    def resolve_picture(self, target: str, source: str) -> ResolvedPicture:
        """Return what an article's target leads to at present."""
        actual, findings = self._locate(target, source, 0)
        place = self.roots.relative(actual) if actual else ""
        outcome = "\n".join((place, *(finding.message + finding.hint for finding in findings)))
        if actual is None or actual not in self._probed:
            return ResolvedPicture(target, outcome, place)
        return ResolvedPicture(target, outcome, place, self._probed[actual][0].sha256)

    @error_rule(
        "picture-missing",
        "A picture is named that does not exist; the article is published without it.",
        "`![Ryg](/images/rygg.png)`",
        "Correct the name, or add the file.",
        group="whole",
    )
    @error_rule(
        "picture-outside",
        "A picture lies outside the source folders; it is never opened.",
        "`![x](../../secret.png)`, `![x](https://…)`",
        "Copy the picture into the source folder and name it there.",
    )
    @warning_rule(
        "picture-placeholder",
        "A picture that only holds the place of one; it is left out.",
        "`![](/images/placeholder-3.png)`",
        "Put the real picture there, or remove the line.",
    )
    @warning_rule(
        "picture-case",
        "A picture's name is spelt in other letters than on disk; it was found all the same.",
        "`proteinindtag.png` for `Proteinindtag.png`",
        "Spell it as the file: some systems tell capitals apart.",
        repaired=True,
    )
    def _locate(self, target: str, source: str, line: int) -> tuple[Path | None, tuple[Finding, ...]]:
        """Return the file that a target means, or None and why not."""
        try:
            parts = urlsplit(target.strip())
        except ValueError:
            return None, (make_finding("picture-outside", source, line, f"{target!r} is no path to a picture"),)
        if parts.scheme or parts.netloc or "\\" in target:
            return None, (
                make_finding("picture-outside", source, line, f"the picture {target!r} lies outside the project"),
            )
        wanted = unicodedata.normalize("NFC", unquote(parts.path))
        if not wanted.strip("/") or "\x00" in wanted:
            return None, (make_finding("picture-missing", source, line, "a picture without a file name"),)
        if _PLACEHOLDER_FILE.match(Path(wanted).name):
            return None, (
                make_finding("picture-placeholder", source, line, f"{target!r} only holds the place of a picture"),
            )
        base = self.roots.site if wanted.startswith("/") else (self.roots.project / source).parent
        path = Path(os.path.normpath(base / wanted.lstrip("/")))
        try:
            resolve_inside(path, self.roots)
        except SourceError:
            message = f"the picture {target!r} leads out of the source folders"
            return None, (make_finding("picture-outside", source, line, message),)
        actual = self._on_disk(path)
        if actual is None:
            near = self._nearest(path)
            hint = f"did you mean {near}?" if near else f"put the file at {self._name(path)}"
            return None, (make_finding("picture-missing", source, line, f"no picture at {self._name(path)}", hint),)
        if unicodedata.normalize("NFC", actual.name) != path.name or actual.parent != path.parent:
            message = f"{target!r} is spelt {self._name(actual)!r} on disk; that was taken"
            return actual, (make_finding("picture-case", source, line, message),)
        return actual, ()

    @warning_rule(
        "picture-animated",
        "A picture that moves; its first frame is shown.",
        "An animated GIF",
        "Choose a still that says what the movement says.",
    )
    @repair_rule(
        "picture-suffix",
        "A picture's suffix is not that of its content; it was taken by its content.",
        "A JPEG named `ryg.png`",
        "Rename the file.",
    )
    def _look(self, path: Path, source: str, line: int) -> tuple[Picture, tuple[Finding, ...]]:
        findings: list[Finding] = []
        if path not in self._probed:
            data = read_inside(path, self.roots, self.limits.picture_bytes)
            if not data:
                raise SourceError("an empty file", hint="export it again from where it came")
            seen = probe_image(data, self.limits.picture_pixels)
            digest = hashlib.sha256(data).hexdigest()
            size = (seen.width_px, seen.height_px)
            picture = Picture(self.roots.relative(path), digest, *size, seen.media_type, seen.has_alpha)
            self._probed[path] = picture, seen.frames
        picture, frames = self._probed[path]
        if frames > 1:
            message = f"{path.name} moves; its first picture of {frames} is shown"
            findings.append(make_finding("picture-animated", source, line, message))
        expected = _TYPES_OF_SUFFIX.get(path.suffix.lower())
        if expected and expected != picture.media_type:
            findings.append(
                make_finding(
                    "picture-suffix", source, line, f"{path.name} holds {picture.media_type}; it was taken as that"
                )
            )
        return picture, tuple(findings)

    def _on_disk(self, path: Path) -> Path | None:
        """Return the path as the disk spells it: the same, or apart from case and Unicode form, in every part."""
        current = self.roots.project
        try:
            parts = path.relative_to(current).parts
        except ValueError:
            return None
        for part in parts:
            listing = self._list(current)
            name = unicodedata.normalize("NFC", part)
            step = listing.get(name) or listing.get(f"\x00{name.casefold()}")
            if step is None:
                return None
            current = step
        return current if current.exists() else None

    def _list(self, folder: Path) -> dict[str, Path]:
        """Return what a folder holds, by name in NFC, and behind a NUL by folded name."""
        if folder not in self._listings:
            listing: dict[str, Path] = {}
            for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
                if any("\ud800" <= sign <= "\udfff" for sign in entry.name):
                    continue  # bytes that are not UTF-8: no article can name it, and no report could print it
                name = unicodedata.normalize("NFC", entry.name)
                listing[name] = entry
                listing.setdefault(f"\x00{name.casefold()}", entry)
            self._listings[folder] = listing
        return self._listings[folder]

    def _nearest(self, path: Path) -> str:
        """Return the likeliest meant pictures: the same name elsewhere, else near names in the folder."""
        beside = [name for name in self._list(path.parent) if Path(name).suffix.lower() in _SUFFIXES]
        near = difflib.get_close_matches(path.name, [name for name in beside if "\x00" not in name], n=2, cutoff=0.6)
        return " or ".join(self._name(path.parent / name) for name in near)

    def _name(self, path: Path) -> str:
        try:
            return path.resolve().relative_to(self.roots.project).as_posix()
        except ValueError:
            return path.name
