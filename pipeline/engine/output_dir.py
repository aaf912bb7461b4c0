"""The outputs folder: files are staged, then moved to their place under a journal that the next run completes.

Every file is complete at every moment. A set of files is moved together: after an interruption the next run completes
the moves if there is a journal, and removes the staged files otherwise. With releases, each run has a folder of its
own, and readers see all of its files at once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

from pipeline.engine.cache import NAME as CACHE
from pipeline.engine.cache import is_foreign
from pipeline.engine.seal import seal, unseal
from pipeline.errors import ConfigError, WriteError
from pipeline.files import write_whole
from pipeline.trusted_paths import read_regular

STATE = ".publish"
"""The hidden folder below the outputs: lock, journal, staged files, manifest, cache."""
CURRENT = "current"
RELEASES = "releases"
_REFUSAL_NAMES = (
    "ENOSPC", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "EEXIST", "EISDIR", "ENOTDIR", "ELOOP", "EDQUOT", "ESTALE",
)  # fmt: skip
_REFUSALS = {getattr(errno, name) for name in _REFUSAL_NAMES if hasattr(errno, name)}  # Windows lacks the last two
"""Error numbers of a disk or share that is full, read-only, forbidden, broken or gone, or of something in the way."""
_JOURNAL = "journal.json"
_STATE_FOLDERS = ("preview", "variants")
_OF_ONE_RUN = re.compile(r"staging|draft|journal\.json|[^.].*\.new")
"""What an interrupted run leaves in the state."""
_KEPT = 3
"""Number of releases that are kept: readers may still read an earlier one."""


class BusyError(ConfigError):
    """Another run holds the outputs."""

    code = "project-busy"


class SavingError(WriteError):
    """The disk or share refuses to write; earlier files are unchanged."""


@dataclass(frozen=True, slots=True)
class OutputDir:
    """The outputs folder of a project."""

    home: Path
    has_releases: bool = False
    """Each run has a folder of its own, and the link `current` leads to the last one."""

    @property
    def folder(self) -> Path:
        """The folder in which this run places its files."""
        return self.state / "draft" if self.has_releases else self.home

    @property
    def published_dir(self) -> Path:
        """The folder of the published files."""
        return self.home / CURRENT if self.has_releases else self.home

    @property
    def state(self) -> Path:
        return self.home / STATE

    @property
    def staging(self) -> Path:
        return self.state / "staging"

    @property
    def cache_path(self) -> Path:
        return self.state / CACHE

    @property
    def journal(self) -> Path:
        return self.state / _JOURNAL

    def path(self, name: str) -> Path:
        """Return the path of a file of this run, for use at once; raise a ConfigError where a folder is a link."""
        return self._checked(self.folder / name)

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[None]:
        """Hold the outputs for one run, and complete an interrupted one.

        Raises:
            BusyError: Another run has held them for `wait_s` seconds.
            ConfigError: The folder cannot be written.
            SavingError: Writing failed during the run, such as on a full disk.
        """
        from filelock import FileLock, Timeout

        # The kernel releases the lock of a dead process.
        file_lock = FileLock(self.state / "lock", timeout=wait_s)
        self.published_folder()
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            lock = self._checked(self.state / "lock")
            if is_foreign(lock) and not (lock.is_file() and lock.lstat().st_size == 0):  # its library may empty it
                _drop(lock)
            file_lock.acquire()
            self.recover()
            self.staging.mkdir()
            if self.has_releases:
                self._begin_release()
        except Timeout as error:
            raise BusyError(
                f"another run holds {self.home.name}/ (waited {wait_s:.0f} seconds)",
                hint="let it finish, or give this one its own --outputs",
            ) from error
        except (OSError, ConfigError) as error:
            file_lock.release()
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(
                f"the folder {self.home.name}/ cannot be written: {_cause(error, self.home)}",
                hint="check that it is a folder and may be written, or name another: --outputs",
            ) from error
        try:
            with _reported(self.home):
                yield
        finally:
            if not self.journal.exists():  # otherwise the next run needs the staged files
                shutil.rmtree(self.staging, ignore_errors=True)
            file_lock.release()

    def recover(self) -> None:
        """Complete the moves of an interrupted run, and remove its other staged files."""
        try:
            plan = json.loads(unseal(read_regular(self._checked(self.journal))[0], _JOURNAL))
        except (OSError, ValueError):
            plan = {"moves": (), "removals": ()}  # there is none, or no run of this user wrote it
        self._carry_out(self.home, plan["moves"], plan["removals"])
        with os.scandir(self.state) as entries:
            for entry in list(entries):
                is_folder = entry.is_dir(follow_symlinks=False)
                is_file = entry.is_file(follow_symlinks=False) and not _OF_ONE_RUN.fullmatch(entry.name)
                if not (is_folder if entry.name in _STATE_FOLDERS else is_file):  # a link or a pipe, for one
                    _drop(self._checked(Path(entry.path)))

    def move(self, moves: Iterable[tuple[str, str]], removals: Iterable[str] = ()) -> None:
        """Move staged files into place together.

        Args:
            moves: Pairs of a name below `staging` and a path below the outputs folder.
            removals: Paths below the outputs folder, of files to remove.
        """
        plan = ([list(move) for move in moves], list(removals))
        if not any(plan):
            return
        if self.has_releases:  # readers do not see the draft, so it needs no journal
            self._carry_out(self.folder, *plan)
            return
        with defer_sigint():
            draft = self.state / "journal.new"
            write_whole(draft, seal(json.dumps({"moves": plan[0], "removals": plan[1]}).encode(), _JOURNAL))
            draft.replace(self._checked(self.journal))
            _flush_folder(self.state)
            self._carry_out(self.home, *plan)
            self.journal.unlink(missing_ok=True)

    def stage(self, name: str, data: bytes) -> str:
        """Write a file into the staging folder, and return its name there.

        Raises:
            SavingError: The disk refuses to write.
        """
        with _reported(self.home):
            path = self._checked(self.staging / name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        return name

    def release(self) -> None:
        """Publish the draft as the next release: one rename leads `current` to it. Without releases, do nothing."""
        if not self.has_releases:
            return
        releases = self._checked(self.home / RELEASES / "1").parent
        releases.mkdir(exist_ok=True)
        numbers = sorted(int(entry.name) for entry in releases.iterdir() if re.fullmatch(r"[0-9]{6,9}", entry.name))
        number = (numbers[-1] if numbers else 0) + 1
        while os.path.lexists(releases / f"{number:06}"):  # above the longest number that counts
            number += 1
        self.folder.rename(releases / f"{number:06}")
        _flush_folder(releases)
        link = self.state / "current.new"
        # A relative link: the outputs may be moved or mounted elsewhere.
        link.symlink_to(f"{RELEASES}/{number:06}", target_is_directory=True)
        link.replace(self.home / CURRENT)
        _flush_folder(self.home)
        for old in [*numbers, number][:-_KEPT]:
            shutil.rmtree(releases / f"{old:06}", ignore_errors=True)

    def published_folder(self) -> Path:
        """Return the folder of the published files; with releases, the last release.

        Raises:
            ConfigError: The outputs are a link, or `current` is something else than a link to a release, which the
                next release would contain or replace.
        """
        if os.path.normcase(os.path.realpath(self.home)) != os.path.normcase(self.home):
            raise _linked(self.home.name)
        folder = Path(os.path.realpath(self.published_dir))
        is_release = self.published_dir.is_symlink() and folder.parent == self.home / RELEASES
        if self.has_releases and os.path.lexists(self.published_dir) and not is_release:
            raise ConfigError(
                f"{self.home.name}/{CURRENT} is not a link to a folder in {self.home.name}/{RELEASES}/",
                hint="move it away; to go back to an older release, link it to that",
            )
        return folder

    def _checked(self, path: Path) -> Path:
        """Return a path below the outputs folder; raise a ConfigError where one of its folders is a link."""
        home, step = os.fspath(self.home), os.path.dirname(path)  # noqa: PTH120  # for thousands of files
        while len(step) >= len(home):
            if os.path.islink(step):  # noqa: PTH114
                raise _linked(os.path.relpath(step, self.home.parent))
            step = os.path.dirname(step)  # noqa: PTH120
        return path

    def _begin_release(self) -> None:
        """Copy the current release into the draft by hard links, since no file is ever changed in place."""
        self.folder.mkdir()
        last = self.published_folder()
        if last.is_dir():
            shutil.copytree(last, self.folder, symlinks=True, copy_function=_share, dirs_exist_ok=True)

    def _carry_out(self, base: Path, moves: Iterable[Iterable[str]], removals: Iterable[str]) -> None:
        folders: set[Path] = set()
        for staged, final in moves:
            if not (_is_below(staged) and _is_below(final)):
                continue
            source, target = self._checked(self.staging / staged), self._checked(base / final)
            if not source.exists():
                continue  # it was moved already
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(source, target)
            folders.add(target.parent)
        for target in (self._checked(base / name) for name in removals if _is_below(name)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                if not stat.S_ISDIR(target.lstat().st_mode):  # someone may have put a folder there
                    target.unlink()
                    folders.add(target.parent)
        for folder in sorted(folders, reverse=True):
            _flush_folder(folder)
            _remove_if_empty(folder, base)


def _is_below(name: str) -> bool:
    return not PurePath(name).is_absolute() and ".." not in PurePath(name).parts


def _linked(name: str) -> ConfigError:
    hint = "put a folder in its place; to publish elsewhere, name that folder: --outputs"
    return ConfigError(f"{name} is a link or lies behind one, expected a folder", hint=hint)


def _drop(path: Path) -> None:
    """Remove what lies in the state: a file, a folder, or a link and not what it leads to."""
    if stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path, ignore_errors=True)  # follows no link
    else:
        path.unlink()


def _cause(error: OSError, home: Path) -> str:
    """Return what the system says, and of which file."""
    name = error.filename2 or error.filename
    return f"{error.strerror or error}" + (f": {os.path.relpath(name, home.parent)}" if isinstance(name, str) else "")


def _remove_if_empty(folder: Path, base: Path) -> None:
    while folder != base and folder.is_relative_to(base):
        try:
            folder.rmdir()
        except OSError:
            return  # it is not empty
        folder = folder.parent


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Delay Ctrl-C until the end of the block."""
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):  # the handler of an outer block, or the one that raises KeyboardInterrupt
        before(signal.SIGINT, None)


@contextmanager
def _reported(home: Path) -> Iterator[None]:
    """Raise a refusal of the disk as a SavingError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:  # such as a broken pipe
            raise
        raise SavingError(
            f"{home.name}/ cannot be written: {_cause(error, home)}",
            hint="make room, correct the rights, or move away what lies there; published files are unchanged",
        ) from error


def _share(source: str, target: str) -> None:
    """Hard-link a file; where the file system has no hard links, copy it with its time."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _replace(source: Path, target: Path) -> None:
    # Windows refuses while a reader or a virus scanner has the target open.
    for pause_s in (0.05, 0.1, 0.2, 0.4, 0.8):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause_s)
        else:
            return
    source.replace(target)


def _flush_folder(folder: Path) -> None:
    """Wait until the disk has the names of a folder; Windows has no such call."""
    if os.name == "nt" or not folder.is_dir():
        return
    with contextlib.suppress(OSError):  # some network shares refuse it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
