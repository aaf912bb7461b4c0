"""Finds and probes the picture files that an article names, below the source folders only."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.errors import SourceError, offer
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.model import Picture
from pipeline.pictures.image_files import probe_image
from pipeline.reading.lines import FindingCollector
from pipeline.reading.source_files import SourceRoots, read_inside, resolve_inside
from pipeline.registry import error_rule, repair_rule, warning_rule

_PLACEHOLDER_FILE = re.compile(r"^(placeholder|dummy|no[-_]?image|missing[-_]?image)\b[-_\w]*\.", re.IGNORECASE)
_TYPES_OF_SUFFIX = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".bmp": "image/bmp", ".svg": "image/svg+xml",
}  # fmt: skip
_MAX_NAMED_PARTS = 6


@dataclass(frozen=True, slots=True)
class ResolvedPicture:
    """The outcome of looking for a picture; it is the same as long as the files are."""

    target: str  # As written
    outcome: str  # The file, and what was found on the way to it
    path: str = ""  # From the project folder; empty where there is no file
    sha256: str = ""  # Of the file; empty where there is none that can be opened


@dataclass(slots=True)
class PictureFinder:
    """Finds pictures for articles, and remembers folders and files it has seen."""

    roots: SourceRoots
    limits: Limits = DEFAULT_LIMITS
    _listings: dict[Path, dict[str, Path]] = field(default_factory=dict)
    _named: dict[str, list[Path]] = field(default_factory=dict)
    # Each picture with the number of its frames, and the parts of a drawing that are not shown
    _probed: dict[Path, tuple[Picture, int, tuple[str, ...]]] = field(default_factory=dict)

    @error_rule(
        "picture-broken",
        "A picture cannot be decoded to its last row; the article is published without it.",
        "A PNG that was cut off while it was uploaded",
        "Export the picture anew.",
        group="whole",
    )
    def find(self, target: str, line: int, findings: FindingCollector) -> Picture | None:
        """Return the picture that a target means; None, with a finding, where there is none.

        Args:
            target: As the article writes it: site-absolute, or relative to the article; percent-encoded or not.
            findings: Of the article.
        """
        actual = self._locate(target, line, findings)
        try:
            return self._probe(actual, line, findings) if actual else None
        except SourceError as error:
            findings.add("picture-broken", line, f"the picture {target!r} is {error.message}", error.hint)
            return None

    def resolve_picture(self, target: str, source: str) -> ResolvedPicture:
        findings = FindingCollector(source)
        actual = self._locate(target, 0, findings)
        path = self.roots.relative(actual) if actual else ""
        outcome = "\n".join((path, *(finding.message + finding.hint for finding in findings)))
        sha256 = self._probed[actual][0].sha256 if actual in self._probed else ""
        return ResolvedPicture(target, outcome, path, sha256)

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
        "`![x](../../secret.png)`, `![x](file:///…)`",
        "Copy the picture into the source folder and name it there.",
    )
    @warning_rule(
        "picture-remote",
        "A picture lies on the web; the program fetches nothing, so the article is published without it.",
        "`![Knæ](https://billeder.example/knae.png)`",
        "Save the picture below the source folder and name it there.",
        group="whole",
    )
    @warning_rule(
        "picture-placeholder",
        "A placeholder picture; it is left out.",
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
    def _locate(self, target: str, line: int, findings: FindingCollector) -> Path | None:
        """Return the file that a target means; None, with a finding, where there is none."""
        try:
            parts = urlsplit(target.strip())
        except ValueError:
            findings.add("picture-outside", line, f"{target!r} is no path to a picture")
            return None
        wanted = unicodedata.normalize("NFC", unquote(parts.path))
        is_name = parts.scheme == "page"
        wanted = re.sub(r"^[@~]{1,2}/", "/", wanted)  # the root of the code, as Vite and others name it
        base = self.roots.site if wanted.startswith("/") else (self.roots.project / findings.source).parent
        path = Path(os.path.normpath(base / wanted.lstrip("/")))
        if parts.scheme in ("http", "https") or (parts.netloc and not parts.scheme):
            message = f"the picture {target!r} lies on the web, and is not fetched; left out"
            findings.add("picture-remote", line, message, "save it below the source folder, and name it there")
        elif (parts.scheme and not is_name) or parts.netloc or "\\" in target:
            findings.add("picture-outside", line, f"the picture {target!r} lies outside the project")
        elif not wanted.strip("/") or "\x00" in wanted:
            findings.add("picture-missing", line, "a picture without a file name")
        elif _PLACEHOLDER_FILE.match(Path(wanted).name):
            findings.add("picture-placeholder", line, f"{target!r} is a placeholder for a picture")
        elif further := self._further(path, wanted, findings.source, is_name=is_name):
            return further
        elif not self._is_inside(path):
            findings.add("picture-outside", line, f"the picture {target!r} leads out of the source folders")
        elif (actual := self._on_disk(path)) is None:
            hint = self._near_names(path) or f"put the file at {self._name(path)}"
            findings.add("picture-missing", line, f"no picture at {self._name(path)}", hint)
        else:
            if unicodedata.normalize("NFC", actual.name) != path.name or actual.parent != path.parent:
                message = f"{target!r} is spelt {self._name(actual)!r} on disk; that file is used"
                findings.add("picture-case", line, message)
            return actual
        return None

    def _further(self, path: Path, wanted: str, source: str, *, is_name: bool) -> Path | None:
        """Return a picture that is not where its path leads, but where the site has it; None where it is nowhere else.

        That is: a static folder of the dialect, the folder that has the name of the article, or, where the dialect
        finds pictures by their names, anywhere.
        """
        if not (is_name or self.roots.finds_by_name or self.roots.further_roots) or (
            self._is_inside(path) and self._on_disk(path)
        ):
            return None
        page = (self.roots.project / source).with_suffix("")
        folders = (*self.roots.further_roots, page, *(folder for folder in self.roots.folders if is_name))
        for folder in folders:
            near = Path(os.path.normpath(folder / wanted.lstrip("/")))
            if self._is_inside(near) and (actual := self._on_disk(near)):
                return actual
        if not (is_name or self.roots.finds_by_name):
            return None
        found = self._by_name().get(Path(wanted).name.casefold(), [])
        ends = [each for each in found if each.as_posix().casefold().endswith(f"/{wanted.strip('/').casefold()}")]
        kept = ends or found
        return kept[0] if len(kept) == 1 else None

    def _by_name(self) -> dict[str, list[Path]]:
        """Return every picture of the source folders by its folded name."""
        if not self._named:
            for folder in self.roots.folders:
                for at, _, names in os.walk(folder):
                    for name in names:
                        if Path(name).suffix.lower() in _TYPES_OF_SUFFIX:
                            entry = Path(at) / name
                            found = self._named.setdefault(unicodedata.normalize("NFC", name).casefold(), [])
                            if entry not in found and self._is_inside(entry):
                                found.append(entry)
        return self._named

    def _is_inside(self, path: Path) -> bool:
        try:
            resolve_inside(path, self.roots)
        except SourceError:
            return False
        return True

    @warning_rule(
        "picture-animated",
        "A picture that moves; its first frame is shown.",
        "An animated GIF",
        "Choose a still picture that shows the same.",
    )
    @repair_rule(
        "picture-suffix",
        "A picture's suffix does not fit its content; the content counts.",
        "A JPEG named `ryg.png`",
        "Rename the file.",
    )
    @warning_rule(
        "picture-part-lost",
        "A part of a drawing is not shown, since the renderer of drawings does not know it.",
        "Labels of a flow chart that are HTML (`<foreignObject>`)",
        "Export the drawing with plain text and shapes, or as PNG.",
    )
    def _probe(self, path: Path, line: int, findings: FindingCollector) -> Picture:
        if path not in self._probed:
            data = read_inside(path, self.roots, self.limits.picture_bytes)
            if not data:
                raise SourceError("an empty file", hint="export it again from where it came")
            info = probe_image(data, self.limits.picture_pixels)
            digest, size = hashlib.sha256(data).hexdigest(), (info.width_px, info.height_px)
            picture = Picture(self.roots.relative(path), digest, *size, info.media_type, info.has_alpha)
            lost: tuple[str, ...] = ()
            if picture.media_type == "image/svg+xml":
                from pipeline.pictures.svg import lost_parts  # late: few articles have drawings

                lost = lost_parts(data)
            self._probed[path] = picture, info.frames, lost
        picture, frames, lost = self._probed[path]
        if lost:
            more = f"; and {len(lost) - _MAX_NAMED_PARTS} more" if len(lost) > _MAX_NAMED_PARTS else ""
            named = "; ".join(lost[:_MAX_NAMED_PARTS]) + more
            findings.add("picture-part-lost", line, f"this part of the drawing {path.name} is not shown: {named}")
        if frames > 1:
            findings.add("picture-animated", line, f"{path.name} moves; its first picture of {frames} is shown")
        if _TYPES_OF_SUFFIX.get(path.suffix.lower(), picture.media_type) != picture.media_type:
            findings.add("picture-suffix", line, f"{path.name} holds {picture.media_type}; it is used as that")
        return picture

    def _on_disk(self, path: Path) -> Path | None:
        """Return the path as the disk spells it: the same, or apart from case and Unicode form, in every part."""
        current = self.roots.project
        if not path.is_relative_to(current):
            return None
        parts = path.relative_to(current).parts
        for name in (unicodedata.normalize("NFC", part) for part in parts):
            listing = self._list(current)
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
                if any("\ud800" <= character <= "\udfff" for character in entry.name):
                    continue  # bytes that are not UTF-8: no article can name it, and no report could print it
                name = unicodedata.normalize("NFC", entry.name)
                listing[name] = entry
                listing.setdefault(f"\x00{name.casefold()}", entry)
            self._listings[folder] = listing
        return self._listings[folder]

    def _near_names(self, path: Path) -> str:
        names = [name for name in self._list(path.parent) if Path(name).suffix.lower() in _TYPES_OF_SUFFIX]
        near = get_close_matches(path.name, [name for name in names if "\x00" not in name], n=2)
        return offer(self._name(path.parent / name) for name in near)

    def _name(self, path: Path) -> str:
        try:
            return path.resolve().relative_to(self.roots.project).as_posix()
        except ValueError:
            return path.name
