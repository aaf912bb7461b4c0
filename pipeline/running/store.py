"""A store that several machines share: a folder, S3, or whatever fsspec knows, by one address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Store:
    """Files by name, below one address."""

    url: str

    def get(self, name: str) -> bytes | None:
        """Return a file, or None where there is none."""
        files, root = _opened(self.url)
        try:
            data: bytes = files.cat_file(f"{root}/{name}")
        except FileNotFoundError:
            return None
        return data

    def put(self, name: str, data: bytes) -> None:
        """Store a file; of two that write the same name at once, one stands whole."""
        files, root = _opened(self.url)
        path = f"{root}/{name}"
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with files.transaction:
            files.pipe_file(path, data)

    def has(self, name: str) -> bool:
        files, root = _opened(self.url)
        return bool(files.exists(f"{root}/{name}"))

    def drop(self, name: str) -> None:
        """Remove a folder, where there is one."""
        files, root = _opened(self.url)
        if files.exists(f"{root}/{name}"):
            files.rm(f"{root}/{name}", recursive=True)


@cache
def _opened(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ConfigError("a shared store needs fsspec", hint="pip install 'clinic-publish[cluster]'") from error
    try:
        files, root = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"--store is {url!r}: {error}", hint="a folder, or such as s3://bucket/folder") from error
    return files, str(root).rstrip("/")
