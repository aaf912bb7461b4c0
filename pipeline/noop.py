"""The answer of a run with nothing to do: how every file stood that the last such run depended on, kept in the cache.

As long as none of them has changed, the same command has nothing to do again, and says so before it has loaded a thing:
this module imports nothing but the cache. Whatever is doubtful gives no answer, and then the run decides by content.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.engine import cache

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Config
    from pipeline.report import Report

_KIND = "nothing-to-do"
_PROJECT_FILE = "publish.toml"
_STATE = ".publish"
_MANIFEST = "manifest"
_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before a run began may change again within the same tick of its clock."""


def last_answer(arguments: list[str]) -> tuple[str, int] | None:
    """Return what the last run with these arguments said, and its exit code, if nothing has changed since; else None.

    Args:
        arguments: Of the command line, without the program's name.
    """
    places = _places(arguments)
    if places is None or not os.path.isfile(path := _cache_path(places[1])):  # noqa: PTH113  # pathlib costs as much as all this
        return None
    opened = cache.Cache(path)
    value = opened.get(_KIND, _asked(arguments, places[0]))
    opened.close()
    try:
        head, _, text = (value or b"").decode("utf-8", "surrogateescape").partition("\n\n")
        machine, code, *lines = head.split("\n")
        if machine != _machine() or not _is_as_it_was(lines):
            return None
        return text, int(code)
    except (OSError, ValueError):
        return None


def _is_as_it_was(lines: list[str]) -> bool:
    stat = os.stat
    for line in lines:
        status, _, name = line.partition(" ")
        if _status(stat(name)) != status:
            return False
    return bool(lines)


def is_work_likely(arguments: list[str]) -> bool:
    """Tell whether it is likely that there is something to do, though nothing has been read yet.

    It is where nothing has been published, and where a file of the project is younger than what the last run left.
    """
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
    """Keep the answer for the next run with these arguments.

    Args:
        own: Files that runs write: the outputs.
        others: Files and folders that people write, and the program: where one changed just before this run began, or
            since, no answer is kept.
        said: What that run is to say, and its exit code.
        began_ns: When this run began.
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
            lines.append(f"{_status(status)} {name}")
    opened = cache.Cache(_cache_path(places[1]))
    opened.put(
        _KIND, _asked(arguments, places[0]), ("\n".join(lines) + "\n\n" + text).encode("utf-8", "surrogateescape")
    )
    opened.close()


def published_files(report: Report, outputs: Path) -> Iterator[str]:
    """Yield every file that runs have written."""
    yield f"{outputs}/report.json"
    for entry in report.entries:
        for saved in entry.artifacts:
            yield f"{outputs}/{saved.path}"


def input_files(config: Config, outputs: Path) -> Iterator[str]:
    """Yield every file and folder that people change, and those of this program and its libraries."""
    from pathlib import Path

    import pipeline
    from pipeline.engine.keys import native_files
    from pipeline.lint.spelling import DICTIONARY_FOLDERS
    from pipeline.reading.source_files import find_roots
    from pipeline.rendering.styles import find_styles
    from pipeline.validation.certificate import FOLDER as CERTIFICATES

    def nearest(path: Path) -> str:
        """Return a file, or the nearest folder above it: once the file is there, that has changed."""
        return str(next(place for place in (path, *path.parents) if place.exists()))

    folder = config.folder.resolve()
    yield str(config.file)
    folders = (*find_roots(config).folders, *find_styles(folder).folders, folder / CERTIFICATES)
    for each in dict.fromkeys(folders):
        if each.is_dir():
            yield from _below(str(each), str(outputs))
        else:
            yield nearest(each)
    for path in (folder / config.check.words, folder / config.check.baseline, *map(Path, DICTIONARY_FOLDERS)):
        yield nearest(path)
    package = Path(pipeline.__file__).parent
    yield from (str(path) for suffix in ("py", "lua") for path in sorted(package.rglob(f"*.{suffix}")))
    # Whoever installs another version of a library changes its folder. The first entry is where `publish` itself lies.
    yield from (entry for entry in sys.path[1:] if Path(entry).is_dir())
    yield from map(str, native_files())


def _below(folder: str, outputs: str) -> Iterator[str]:
    """Yield a folder and all in it, but what is hidden, and what lies in the outputs.

    A link to a folder is yielded with a name that is never there, so that no answer is kept: what it leads to may
    change unseen.
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


def _status(status: os.stat_result) -> str:
    return f"{status.st_size},{status.st_mtime_ns},{status.st_ctime_ns},{status.st_ino}"


def _machine() -> str:
    """Return the Python that runs, its folders of packages, and the day, which some findings depend on."""
    day = os.environ.get("SOURCE_DATE_EPOCH") or time.strftime("%Y-%m-%d")
    return repr((sys.version, sys.prefix, sys.path[1:], day))


def _asked(arguments: list[str], project: str) -> str:
    # Two projects may be published to one folder by the same command.
    return ascii((arguments, os.path.abspath(project)))  # noqa: PTH100


def _cache_path(outputs: str) -> str:
    return os.path.join(outputs, _STATE, cache.NAME)  # noqa: PTH118


def _places(arguments: list[str]) -> tuple[str, str] | None:
    """Return the folders of a command's project and outputs, or None where there is no project."""
    folder = _value(arguments, "--project") or _project_at(os.getcwd())  # noqa: PTH109
    if folder is None:
        return None
    return folder, _value(arguments, "--outputs") or os.path.join(folder, "outputs")  # noqa: PTH118


def _value(arguments: list[str], option: str) -> str:
    for number, argument in enumerate(arguments):
        if argument == option:
            return "".join(arguments[number + 1 : number + 2])
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return ""


def _project_at(folder: str) -> str | None:
    while not os.path.isfile(os.path.join(folder, _PROJECT_FILE)):  # noqa: PTH113, PTH118
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above
    return folder
