"""The no-op check: repeats the output of the last run with nothing to do while no file that it depended on has changed.

It ends before anything else is loaded, so this module imports little. In case of doubt it gives no answer, and the run
decides by content.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.engine import cache
from pipeline.engine.seal import seal, unseal
from pipeline.trusted_paths import PROJECT_FILE, foreign_owner, outputs_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Config
    from pipeline.report import Report

_KIND = "nothing-to-do"
_STATE = ".publish"
_MANIFEST = "manifest"
_SETTLED_NS = 2_000_000_000
"""A file that changed less than this before a run may change again at the same time stamp."""


def last_answer(arguments: list[str]) -> tuple[str, int] | None:
    """Return output and exit code of the last run with these arguments, or None if a file has changed since.

    Args:
        arguments: Arguments of the command line, without the program.
    """
    places = _places(arguments)
    if places is None:
        return None
    path = os.path.join(places[1], _STATE, cache.NAME)  # noqa: PTH118  # pathlib takes too long
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    opened, asked = cache.Cache(path), _asked(arguments, places[0])
    value = opened.get(_KIND, asked)
    opened.close()
    try:  # what another user has stored must not reach the terminal
        head, _, text = unseal(value or b"", asked).decode("utf-8", "surrogateescape").partition("\n\n")
        machine, code, *lines = head.split("\n")
        is_valid = machine == _machine() and bool(lines) and all(map(_is_unchanged, lines))
        return (text, int(code)) if is_valid else None
    except (OSError, ValueError):
        return None


def is_work_likely(arguments: list[str]) -> bool:
    """Tell whether a run probably has work: nothing was published, or a file is younger than the manifest."""
    places = _places(arguments)
    if places is None:
        return False
    project, outputs = places
    try:
        last_ns = os.stat(os.path.join(outputs, _STATE, _MANIFEST)).st_mtime_ns  # noqa: PTH116, PTH118
        return any(os.stat(name).st_mtime_ns > last_ns for name in _below(project, outputs))  # noqa: PTH116
    except OSError:
        return True


def keep_answer(
    arguments: list[str], own: Iterable[str], others: Iterable[str], said: tuple[str, int], began_ns: int
) -> None:
    """Store output and exit code for the next run with these arguments.

    Args:
        own: Files that runs write.
        others: Files and folders of people and of the program: if one changed just before this run or during it,
            nothing is stored.
        said: Output and exit code.
        began_ns: Start time of this run.
    """
    places = _places(arguments)
    if places is None:
        return
    text, code = said
    lines = [_machine(), str(code)]
    for names, is_own in ((own, True), (others, False)):
        for name in names:
            try:
                status = os.stat(name)  # noqa: PTH116
            except OSError:
                return
            is_settled = max(status.st_mtime_ns, status.st_ctime_ns) + _SETTLED_NS < began_ns
            if "\n" in name or not (is_own or is_settled):
                return
            lines.append(_line(name, status))
    opened, asked = cache.Cache(os.path.join(places[1], _STATE, cache.NAME)), _asked(arguments, places[0])  # noqa: PTH118
    opened.put(_KIND, asked, seal("\n".join((*lines, "", text)).encode("utf-8", "surrogateescape"), asked))
    opened.close()


def published_files(report: Report, outputs: Path) -> Iterator[str]:
    """Yield every file that runs have written."""
    yield f"{outputs}/report.json"
    yield from (f"{outputs}/{saved.path}" for entry in report.entries for saved in entry.artifacts)


def input_files(config: Config, outputs: Path) -> Iterator[str]:
    """Yield every file and folder that people change, and those of the program and its libraries."""
    from pathlib import Path

    import pipeline
    from pipeline.engine.keys import native_files
    from pipeline.lint.spelling import DICTIONARY_FOLDERS
    from pipeline.reading.site import site_by_files
    from pipeline.reading.source_files import find_roots
    from pipeline.rendering.styles import find_styles
    from pipeline.validation.certificate import FOLDER as CERTIFICATES

    folder = config.folder.resolve()
    yield str(config.file)
    yield from map(str, site_by_files(config).files)
    folders = (*find_roots(config).folders, *find_styles(folder).folders, folder / CERTIFICATES)
    words = (config.check.words, config.check.baseline, *DICTIONARY_FOLDERS)
    for path in dict.fromkeys((*folders, *(folder / name for name in words))):
        if path.is_dir() and path in folders:
            yield from _below(str(path), str(outputs))
        else:  # the nearest folder above a missing file: it changes when the file is created
            yield str(next(place for place in (path, *path.parents) if place.exists()))
    for suffix in ("py", "lua"):
        yield from map(str, sorted(Path(pipeline.__file__).parent.rglob(f"*.{suffix}")))
    # Installing a library changes its folder. The first entry is the folder of `publish` itself.
    yield from (entry for entry in sys.path[1:] if Path(entry).is_dir())
    yield from map(str, native_files())


def _below(folder: str, outputs: str) -> Iterator[str]:
    """Yield a folder and all in it, but hidden files and the outputs.

    A link to a folder gets a name that does not exist, so that no answer is stored: its target may change unseen.
    """
    yield folder
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.path == outputs:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, outputs)
            else:
                yield f"{entry.path}/.link" if entry.is_dir() else entry.path


def _line(name: str, status: os.stat_result) -> str:
    """Return a file and its state as one line."""
    return f"{status.st_size},{status.st_mtime_ns},{status.st_ctime_ns},{status.st_ino} {name}"


def _is_unchanged(line: str) -> bool:
    name = line.partition(" ")[2]
    return _line(name, os.stat(name)) == line  # noqa: PTH116


def _machine() -> str:
    """Return the version of Python, its package folders, and the date, on which some findings depend."""
    day = os.environ.get("SOURCE_DATE_EPOCH") or time.strftime("%Y-%m-%d")
    return repr((sys.version, sys.prefix, sys.path[1:], day))


def _asked(arguments: list[str], project: str) -> str:
    # Two projects may be published to one folder by the same command.
    return ascii((arguments, os.path.abspath(project)))  # noqa: PTH100


def _places(arguments: list[str]) -> tuple[str, str] | None:
    """Return the folders of a command's project and outputs; None where there is no project, or one of another user."""
    given = _value(arguments, "--project")
    folder = given or os.getcwd()  # noqa: PTH109
    while not (given or os.path.isfile(os.path.join(folder, PROJECT_FILE))):  # noqa: PTH113, PTH118
        folder, below = os.path.dirname(folder), folder  # noqa: PTH120
        if folder == below:
            return None
    if not given and foreign_owner(folder):
        return None
    return folder, outputs_folder(folder, _value(arguments, "--outputs"))


def _value(arguments: list[str], option: str) -> str:
    """Return the value of an option; empty where it is not given."""
    for number, argument in enumerate(arguments):
        if argument == option:
            return "".join(arguments[number + 1 : number + 2])
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return ""
