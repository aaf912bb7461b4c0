"""Rendering on another machine: its values come from storage that all machines share, and its files go there."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.engine.cache import value_digest
from pipeline.engine.image_sizes import ORIGINAL
from pipeline.engine.rendering_task import RenderContext, Rendered, RenderTask, render
from pipeline.errors import ConfigError, StyleError
from pipeline.reading.source_files import SourceRoots
from pipeline.rendering.styles import find_styles
from pipeline.timing import collect_timings

_STYLES = "styles"
_LASTING = (ORIGINAL, "picture")
"""Kinds that are kept for later runs; others are removed with their run."""


@dataclass(frozen=True, slots=True)
class SharedStorage:
    """Values in a folder, in S3, or wherever fsspec reaches, below one address."""

    url: str
    run: str
    """Name of the run."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a value; None where there is none, or where it is not what was stored."""
        files, _ = _file_system(self.url)
        try:
            stored: bytes = files.cat_file(self._path(kind, key))
        except FileNotFoundError:
            return None
        digest, _, value = stored.partition(b"\n")
        return value if digest.decode("ascii", "replace") == value_digest(kind, key, value) else None

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Store a value; of two processes that store the same one at once, one wins."""
        files, _ = _file_system(self.url)
        path = self._path(kind, key)
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with files.transaction:
            files.pipe_file(path, value_digest(kind, key, value).encode() + b"\n" + value)

    def has(self, kind: str, key: str) -> bool:
        files, _ = _file_system(self.url)
        return bool(files.exists(self._path(kind, key)))

    def drop_run(self) -> None:
        """Remove the values of this run."""
        files, root = _file_system(self.url)
        folder = f"{root}/runs/{self.run}"
        if files.exists(folder):
            files.rm(folder, recursive=True)

    def _path(self, kind: str, key: str) -> str:
        _, root = _file_system(self.url)
        folder = kind if kind in _LASTING else f"runs/{self.run}/{kind}"
        return f"{root}/{folder}/{key[:2]}/{key}"


@cache
def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the root in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError("a shared store needs fsspec", hint="pip install 'clinic-publish[cluster]'") from error
    try:
        files, root = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"--store is {url!r}: {error}", hint="a folder, or such as s3://bucket/folder") from error
    return files, str(root).rstrip("/")


def render_remotely(
    task: RenderTask, context: RenderContext, storage: SharedStorage
) -> tuple[dict[str, Rendered], Mapping[str, float]]:
    """Render an edition in a worker without the project; return the results and the seconds of each phase."""
    here = _unpacked(storage)
    images = replace(context.images, values=storage, roots=SourceRoots(here, here, (here,)))
    local = replace(context, styles=find_styles(here), values=storage, images=images)
    articles = tuple(storage.get("article", meta.key) or b"" for meta in task.edition_plan.all_metas)
    return render(replace(task, articles=articles), local), collect_timings()


@lru_cache(maxsize=1)
def _unpacked(storage: SharedStorage) -> Path:
    """Return a folder of this process with the styles of the run's project."""
    folder = Path(tempfile.mkdtemp(prefix="publish-"))
    if packed := storage.get(_STYLES, _STYLES):
        with zipfile.ZipFile(io.BytesIO(packed)) as file:
            file.extractall(folder)  # names are those that `pack_styles` gave
    return folder


def pack_styles(project: Path, storage: SharedStorage) -> None:
    """Put the styles of a project into the storage.

    Raises:
        StyleError: A file is a link that leads out of the project.
    """
    here = project.resolve()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in sorted((project / _STYLES).rglob("*")):
            if path.is_file():
                # A link becomes a file when it is unpacked, so it must be refused now.
                if not path.resolve().is_relative_to(here):
                    source = path.relative_to(project).as_posix()
                    raise StyleError("a link that leads out of the project", source=source, hint="copy the file")
                file.write(path, path.relative_to(project).as_posix())
    storage.put(_STYLES, _STYLES, data.getvalue())
