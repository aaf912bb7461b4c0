"""A stamp: how every file stood that a run with nothing to do depended on.

As long as none of them has changed, the same command has nothing to do again, and says so before it has loaded a thing:
this module imports nothing but the standard library's lightest. Whatever is doubtful leaves no stamp, or breaks it, and
then the run decides by content.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator

NAME = "stamp"
_FORM = "stamp 1"
_PROJECT_FILE = "publish.toml"
_STATE = ".publish"
_RECORD = "record"
_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before a run began may change again within the same tick of its clock."""


def standing(arguments: list[str]) -> tuple[str, int] | None:
    """Return what the last run with these arguments said, and its exit code, if nothing has changed since; else None.

    Args:
        arguments: Of the command line, without the program's name.
    """
    path = _path_for(arguments)
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:  # noqa: PTH123  # pathlib costs as much as all this
            head, _, text = file.read().partition("\n\n")
    except OSError:
        return None
    form, asked, machine, code, *lines = head.split("\n")
    if (form, asked, machine) != (_FORM, repr(arguments), _machine()):
        return None
    stat = os.stat
    for line in lines:
        status, _, name = line.partition(" ")
        try:
            if _status(stat(name)) != status:
                return None
        except OSError:
            return None
    return text, int(code)


def tells_of_work(arguments: list[str]) -> bool:
    """Tell whether it is likely that there is something to do, though nothing has been read yet.

    It is where nothing has been published, and where a file of the project is younger than the record of the last run.
    """
    places = _places(arguments)
    if places is None:
        return False
    project, outputs = places
    try:
        last_ns = os.stat(os.path.join(outputs, _STATE, _RECORD)).st_mtime_ns  # noqa: PTH116, PTH118
        return any(os.stat(name).st_mtime_ns > last_ns for name in below(project, outputs))  # noqa: PTH116
    except OSError:
        return True


def leave(
    arguments: list[str], own: Iterable[str], others: Iterable[str], said: tuple[str, int], began_ns: int
) -> None:
    """Leave a stamp for the next run with these arguments.

    Args:
        own: Files that runs write: the outputs.
        others: Files and folders that people write, and the program: one that changed just before this run began, or
            since, leaves no stamp.
        said: What that run is to say, and its exit code.
        began_ns: When this run began.
    """
    path = _path_for(arguments)
    if path is None:
        return
    text, code = said
    lines = [_FORM, repr(arguments), _machine(), str(code)]
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
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:  # noqa: PTH123
        file.write("\n".join(lines) + "\n\n" + text)
    os.replace(draft, path)  # noqa: PTH105


def below(folder: str, outputs: str) -> Iterator[str]:
    """Yield a folder and all in it, but what is hidden, and what lies in the outputs.

    A link to a folder is yielded with a name that is never there, so that no stamp is left: what it leads to may change
    unseen.
    """
    yield folder
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.path == outputs:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from below(entry.path, outputs)
            else:
                yield f"{entry.path}/" if entry.is_dir() and entry.is_symlink() else entry.path


def _status(status: os.stat_result) -> str:
    return f"{status.st_size},{status.st_mtime_ns},{status.st_ino}"


def _machine() -> str:
    """Return the Python that runs, its folders of packages, and the day, which some findings depend on."""
    day = os.environ.get("SOURCE_DATE_EPOCH") or time.strftime("%Y-%m-%d")
    return repr((sys.version, sys.prefix, sys.path[1:], day))


def _path_for(arguments: list[str]) -> str | None:
    """Return where the stamp of a command lies, or None where that cannot be told."""
    places = _places(arguments)
    return os.path.join(places[1], _STATE, NAME) if places else None  # noqa: PTH118


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
