"""Opening a source in the editor that `[preview] editor` names. No shell, and only files of this project."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.config import FILE_NAME, Config, line_of
from pipeline.errors import ConfigError


def command(config: Config, path: Path, line: int) -> tuple[str, ...]:
    """Return the command that opens a file at a line."""
    values = {"{file}": str(path), "{line}": str(max(1, line))}

    def filled(part: str) -> str:
        for place, value in values.items():
            part = part.replace(place, value)
        return part

    return tuple(filled(part) for part in config.preview.editor)


def open_in_editor(config: Config, path: Path, line: int) -> None:
    """Start the editor, and do not wait for it.

    Raises:
        ConfigError: No editor is named, or it is not on this machine.
    """
    place = line_of(config.file.read_text("utf-8-sig"), "preview", "editor")
    arguments = command(config, path, line)
    if not arguments:
        raise ConfigError("[preview] editor is empty", source=FILE_NAME, line=place)
    try:
        subprocess.Popen(
            arguments,
            cwd=config.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(
            f"the editor {arguments[0]!r} was not found on this machine",
            source=FILE_NAME,
            line=place,
            hint='name yours: [preview] editor = ["subl", "{file}:{line}"]',
        ) from error
