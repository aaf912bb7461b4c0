"""The cache kept small: pictures that were not used for longest go first."""

from __future__ import annotations

import shutil
from contextlib import suppress

from pipeline.running.catalogue import NAME as CATALOGUE
from pipeline.running.renditions import FOLDER as PICTURES
from pipeline.running.saving import Outputs
from pipeline.running.stamp import NAME as STAMP
from pipeline.running.wordbook import NAME as WORDS

MOST_BYTES = 2_000_000_000
"""Of pictures in their sizes. CI services keep some gigabytes for a repository."""


def prune(outputs: Outputs, most_bytes: int = MOST_BYTES) -> None:
    """Drop the pictures that were not used for longest, until those that stay are no more than so many bytes."""
    files = []
    for path in (outputs.state / PICTURES).rglob("*"):
        with suppress(OSError):  # another run may have dropped it
            status = path.stat()
            if path.is_file():
                files.append((status.st_mtime_ns, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most_bytes:
            return
        path.unlink(missing_ok=True)
        total -= size


def clean(outputs: Outputs, wait_s: float) -> int:
    """Empty the cache, and return how many bytes it held; what was published stays, and is known as ours.

    Raises:
        ConfigError: Another run holds the outputs.
    """
    if not outputs.state.is_dir():
        return 0
    with outputs.held(wait_s):
        pictures = outputs.state / PICTURES
        freed = sum(path.stat().st_size for path in pictures.rglob("*") if path.is_file())
        shutil.rmtree(pictures, ignore_errors=True)
        for name in (CATALOGUE, WORDS, STAMP):
            path = outputs.state / name
            freed += path.stat().st_size if path.is_file() else 0
            path.unlink(missing_ok=True)
    return freed
