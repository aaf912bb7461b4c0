"""Pictures in the sizes that writers asked for: made once, kept by content and recipe."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS, Limits
from pipeline.model import Edition, Picture, images
from pipeline.pictures.image_files import ENCODING_VERSION, TargetSize, resize_image
from pipeline.reading.source_files import SourceRoots, read_inside
from pipeline.running.saving import seal, unseal
from pipeline.running.store import Store
from pipeline.timing import timed_phase
from pipeline.writers import Need, Rendition

FOLDER = "pictures"


@dataclass(frozen=True, slots=True)
class Renditions:
    """The cache of a project's pictures; several processes may use it at once."""

    folder: Path
    drafts: Path
    """A folder of this run alone, in the same file system."""
    roots: SourceRoots
    limits: Limits = DEFAULT_LIMITS
    store: Store | None = None
    """Where pictures are shared with other machines."""

    @timed_phase("pictures")
    def make(self, edition: Edition, needs: Iterable[Need]) -> tuple[dict[Need, Rendition], tuple[Finding, ...]]:
        """Return a rendition for each need; pictures whose files are damaged are left out and named.

        Raises:
            SourceError: A picture cannot be read now, or is another by now: the next run may find it as it was.
            MemoryError: There is too little for a picture.
        """
        by_picture: dict[Picture, list[Need]] = defaultdict(list)
        for need in needs:
            by_picture[need.picture].append(need)
        made: dict[Need, Rendition] = {}
        findings: list[Finding] = []
        for picture, wanted in by_picture.items():
            missing = []
            for need in wanted:
                rendition = self._load(need)
                if rendition is None:
                    missing.append(need)
                else:
                    made[need] = rendition
            if not missing:
                continue
            data = self._checked(edition, picture)
            try:
                made |= self._shrink(data, missing)
            except SourceError as error:
                findings += _broken(edition, picture, error)
            except MemoryError as error:
                raise MemoryError(f"the picture {picture.path}") from error
        return made, tuple(findings)

    def _checked(self, edition: Edition, picture: Picture) -> bytes:
        """Return the file of a picture as it was when the article was read.

        Raises:
            SourceError: It is not, or cannot be read.
        """
        try:
            data = self._source(picture)
            if hashlib.sha256(data).hexdigest() != picture.sha256:
                raise SourceError("changed while this run went on", hint="run it again")
        except SourceError as error:
            source, line = next(_places(edition, picture), (edition.front.source, 0))
            message = f"the picture {picture.path}: {error.message}"
            raise SourceError(message, source=source, line=line, hint=error.hint) from error
        return data

    def _shrink(self, data: bytes, needs: list[Need]) -> dict[Need, Rendition]:
        sizes = {need: TargetSize(need.width_px, need.max_bytes) for need in needs}
        shrunk = resize_image(data, set(sizes.values()), self.limits.picture_pixels)
        made = {}
        for need, size in sizes.items():
            picture_at_size = shrunk[size]
            made[need] = Rendition(
                picture_at_size.data,
                picture_at_size.media_type,
                picture_at_size.width_px,
                picture_at_size.height_px,
                picture_at_size.lettering,
            )
            self._keep(need, made[need])
        return made

    def _source(self, picture: Picture) -> bytes:
        if self.store and (data := self.store.get(f"sources/{picture.sha256}")) is not None:
            return data
        return read_inside(self.roots.project / picture.path, self.roots, self.limits.picture_bytes)

    def _name(self, need: Need) -> str:
        recipe = f"{need.picture.sha256}-{need.width_px}-{need.max_bytes}-{ENCODING_VERSION}-{_pillow_version()}"
        return f"{need.picture.sha256[:2]}/{recipe}.picture"

    def _keep(self, need: Need, rendition: Rendition) -> None:
        name = self._name(need)
        facts = {
            "of": Path(name).stem,  # so that a file under another name is not taken for it
            "media_type": rendition.media_type,
            "width_px": rendition.width_px,
            "height_px": rendition.height_px,
            "lettering": rendition.lettering,
        }
        data = seal(json.dumps(facts).encode() + b"\n" + rendition.data)
        self._lay_down(name, data)
        if self.store:
            self.store.put(name, data)

    def _lay_down(self, name: str, data: bytes) -> None:
        path = self.folder / name
        # A name of this process's own, then one rename: a reader never meets half a file.
        draft = self.drafts / f"{os.getpid()}.picture"
        with suppress(OSError):  # a cache that cannot be written costs time, and nothing else
            draft.write_bytes(data)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)

    def _stored(self, name: str) -> bytes:
        path = self.folder / name
        if self.store and not path.is_file() and (data := self.store.get(name)) is not None:
            self._lay_down(name, data)
        os.utime(path)  # those not used for longest go first
        return path.read_bytes()

    def _load(self, need: Need) -> Rendition | None:
        """Return a stored rendition, or None where there is none or it is not what was stored."""
        name = self._name(need)
        try:
            head, _, data = unseal(self._stored(name)).partition(b"\n")
            facts = json.loads(head)
            if facts["of"] != Path(name).stem:
                return None
            return Rendition(data, facts["media_type"], facts["width_px"], facts["height_px"], facts["lettering"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _pillow_version() -> str:
    from importlib.metadata import version

    return version("pillow")


def _broken(edition: Edition, picture: Picture, error: SourceError) -> Iterable[Finding]:
    for source, line in _places(edition, picture):
        yield make_finding("picture-broken", source, line, f"the picture {picture.path} is {error.message}", error.hint)


def _places(edition: Edition, picture: Picture) -> Iterator[tuple[str, int]]:
    """Yield the source and line of each place where a picture stands."""
    for article in dict.fromkeys((edition.front, *edition.articles)):
        yield from ((article.source, image.line) for image in images(article) if image.picture == picture)
