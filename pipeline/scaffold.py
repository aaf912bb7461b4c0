"""Creation of a new project or article from the starter files."""

from __future__ import annotations

import os
import unicodedata
from datetime import date
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.files import write_inside
from pipeline.reading.outline import slugify
from pipeline.reading.source_files import glob_base
from pipeline.rendering.styles import packaged_styles

# Names that package tools and git treat specially are stored under other names in the package.
_RENAMED_FILES = {"gitignore": ".gitignore", "github/publish.yml": ".github/workflows/publish.yml"}


def create_project(folder: Path) -> tuple[str, ...]:
    """Create a project and return the names of its files; existing files are never changed.

    Raises:
        ConfigError: One of the files exists already.
    """
    files = {
        _RENAMED_FILES.get(name, name): path.read_bytes()
        for name, path in _files_below(Path(__file__).parent / "starter")
    }
    files |= {f"styles/brand/{name}": path.read_bytes() for name, path in _files_below(packaged_styles() / "brand")}
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", hint="choose an empty or a new folder")
    if taken := sorted(name for name in files if os.path.lexists(folder / name)):
        raise ConfigError(f"{folder} already holds {', '.join(taken)}", hint="choose an empty or a new folder")
    for name, data in sorted(files.items()):
        write_inside(folder, folder / name, data)
    return tuple(sorted(files))


def create_article(title: str, config: Config) -> Path:
    """Create a source with the front matter of a draft, and return its path.

    Raises:
        ConfigError: The title has no letter or digit, or the file exists.
    """
    name = slugify(unicodedata.normalize("NFC", title))
    if not any(sign.isalnum() for sign in title):
        raise ConfigError(f"the title {title!r} holds no letter or digit", hint='publish new "Ondt i ryggen"')
    path = config.folder / glob_base(next(iter(config.sources.articles), "sources/*.md")) / f"{name}.md"
    if os.path.lexists(path):
        raise ConfigError(f"{path.relative_to(config.folder).as_posix()} exists", hint="choose another title")
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    lines = (
        "---",
        f'title: "{quoted}"',
        'lead: ""',
        f"published: {date.today().isoformat()}",  # noqa: DTZ011  # the author's local date
        'reviewed_by: ""',
        "key_points: []",
        "tags: []",
        "draft: true  # remove this line to publish",
        "---",
        "",
        "",
    )
    write_inside(config.folder, path, "\n".join(lines).encode())
    return path


def _files_below(folder: Path) -> list[tuple[str, Path]]:
    return [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file()]
