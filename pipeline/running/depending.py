"""What the outputs of a project depend on, as files and folders of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pipeline
from pipeline.config import Config
from pipeline.reading.source_files import find_roots
from pipeline.rendering.styles import find_styles
from pipeline.report import Report
from pipeline.running.certificates import FOLDER as CERTIFICATES
from pipeline.running.keys import native_files
from pipeline.running.stamp import below


def published_files(report: Report, outputs: Path) -> Iterator[str]:
    """Yield every file that runs have written."""
    yield f"{outputs}/report.json"
    for entry in report.entries:
        for saved in entry.artifacts:
            yield f"{outputs}/{saved.path}"


def sources_of_change(config: Config, outputs: Path) -> Iterator[str]:
    """Yield every file and folder that people change, and those of this program and its libraries."""
    folder = config.folder.resolve()
    yield str(config.file)
    folders = (*find_roots(config).folders, *find_styles(folder).folders, folder / CERTIFICATES)
    for each in dict.fromkeys(folders):
        if each.is_dir():
            yield from below(str(each), str(outputs))
        else:
            yield _nearest(each)
    for name in (config.check.words, config.check.baseline):
        yield _nearest(folder / name)
    package = Path(pipeline.__file__).parent
    yield from map(str, sorted(package.rglob("*.py")))
    # Whoever installs another version of a library changes its folder. The first entry is where `publish` itself lies.
    yield from (entry for entry in sys.path[1:] if Path(entry).is_dir())
    yield from map(str, native_files())


def _nearest(path: Path) -> str:
    """Return a file, or the nearest folder above it: once the file is there, that has changed."""
    return str(next(place for place in (path, *path.parents) if place.exists()))
