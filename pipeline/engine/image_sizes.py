"""Pictures in the sizes that writers need; the cache holds them by content, size and resizing code."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import msgspec

from pipeline.engine.cache import Values
from pipeline.engine.keys import code_digest, library_parts, short
from pipeline.engine.reading_task import value_from_json
from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.model import Edition, Picture, images
from pipeline.pictures.image_files import TargetSize, resize_image
from pipeline.reading.source_files import SourceRoots, read_inside
from pipeline.timing import timed_phase
from pipeline.writers import Need, Rendition

ORIGINAL = "original"
"""Kind of original picture files in shared storage; on this machine they are read from the project."""


@dataclass(frozen=True, slots=True)
class ImageSizes:
    """Resizes the pictures of a project."""

    values: Values
    roots: SourceRoots
    limits: Limits = DEFAULT_LIMITS

    @timed_phase("pictures")
    def make(self, edition: Edition, needs: Iterable[Need]) -> tuple[dict[Need, Rendition], tuple[Finding, ...]]:
        """Return a rendition for each need, and a finding for each damaged picture, which is left out.

        Raises:
            SourceError: A picture cannot be read, or has changed since its article was read.
            MemoryError: A picture needs more memory than the limit.
        """
        by_picture: dict[Picture, list[Need]] = defaultdict(list)
        for need in needs:
            by_picture[need.picture].append(need)
        made: dict[Need, Rendition] = {}
        findings: list[Finding] = []
        for picture, wanted in by_picture.items():
            known = {need: rendition for need in wanted if (rendition := self._cached(need))}
            made |= known
            missing = [need for need in wanted if need not in known]
            if not missing:
                continue
            data = self.original(edition, picture)
            try:
                made |= self._resized(data, missing)
            except SourceError as error:
                findings += _broken(edition, picture, error)
            except MemoryError as error:
                raise MemoryError(f"the picture {picture.path}") from error
        return made, tuple(findings)

    def original(self, edition: Edition, picture: Picture) -> bytes:
        """Return the file of a picture.

        Raises:
            SourceError: It cannot be read, or has changed since the article was read.
        """
        try:
            data = self.values.get(ORIGINAL, picture.sha256)
            if data is None:
                data = read_inside(self.roots.project / picture.path, self.roots, self.limits.picture_bytes)
            if hashlib.sha256(data).hexdigest() != picture.sha256:
                raise SourceError("changed while this run went on", hint="run it again")
        except SourceError as error:
            source, line = next(_places(edition, picture), (edition.front.source, 0))
            message = f"the picture {picture.path}: {error.message}"
            raise SourceError(message, source=source, line=line, hint=error.hint) from error
        return data

    def _resized(self, data: bytes, needs: list[Need]) -> dict[Need, Rendition]:
        sizes = {need: TargetSize(need.width_px, need.max_bytes, need.is_for_paper) for need in needs}
        resized = resize_image(data, set(sizes.values()), self.limits.picture_pixels)
        made = {}
        for need, size in sizes.items():
            made[need] = one = resized[size]
            facts = (one.media_type, one.width_px, one.height_px, one.lettering, one.contrast, one.is_darkened)
            self.values.put("picture", _key(need), msgspec.json.encode(facts) + b"\n" + one.data)
        return made

    def _cached(self, need: Need) -> Rendition | None:
        stored, _, data = (self.values.get("picture", _key(need)) or b"").partition(b"\n")
        facts = value_from_json(stored, tuple[str, int, int, float, float, bool])
        return Rendition(data, *facts) if facts else None


def _key(need: Need) -> str:
    return f"{need.picture.sha256}-{need.width_px}-{need.max_bytes}-{need.is_for_paper:d}-{_recipe()}"


@cache
def _recipe() -> str:
    """Return the key of what resizes pictures and draws SVG."""
    return short(code_digest("pipeline.pictures.image_files"), *library_parts().values())


def _broken(edition: Edition, picture: Picture, error: SourceError) -> Iterable[Finding]:
    for source, line in _places(edition, picture):
        yield make_finding("picture-broken", source, line, f"the picture {picture.path} is {error.message}", error.hint)


def _places(edition: Edition, picture: Picture) -> Iterator[tuple[str, int]]:
    """Yield the source and line of each place that shows a picture."""
    for article in dict.fromkeys((edition.front, *edition.articles)):
        yield from ((article.source, image.line) for image in images(article) if image.picture == picture)
