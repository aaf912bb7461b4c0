"""The outputs folder: files are staged, then moved to their place under a journal that the next run completes.

Every file is complete at every moment. A set of files is moved together: after an interruption the next run completes
the moves if there is a journal, and removes the staged files otherwise. With releases, each run has a folder of its
own, and readers see all of its files at once.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

from pipeline.engine.cache import NAME as CACHE
from pipeline.errors import ConfigError, WriteError

STATE = ".publish"
"""The hidden folder below the outputs: lock, journal, staged files, manifest, cache."""
CURRENT = "current"
RELEASES = "releases"
_REFUSAL_NAMES = ("ENOSPC", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "EDQUOT", "ESTALE")
_REFUSALS = {getattr(errno, name) for name in _REFUSAL_NAMES if hasattr(errno, name)}  # Windows lacks the last two
"""Error numbers of a disk or share that is full, read-only, forbidden, broken or gone."""
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
        return self.state / "journal.json"

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
        self._check_current()
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            file_lock.acquire()
            self.recover()
            self.staging.mkdir(exist_ok=True)
            if self.has_releases:
                self._begin_release()
        except Timeout as error:
            raise BusyError(
                f"another run holds {self.home.name}/ (waited {wait_s:.0f} seconds)",
                hint="let it finish, or give this one its own --outputs",
            ) from error
        except OSError as error:
            file_lock.release()
            raise ConfigError(
                f"the folder {self.home.name}/ cannot be written: {error.strerror or error}",
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
        if self.journal.is_file():
            try:
                plan = json.loads(self.journal.read_text("utf-8"))
                self._carry_out(self.home, plan["moves"], plan["removals"])
            except (ValueError, KeyError, TypeError):
                pass  # no run wrote it: a journal is written whole or not at all
            self.journal.unlink(missing_ok=True)
        for left in self.state.glob("[!.]*.new"):  # incomplete files of an interrupted run
            left.unlink(missing_ok=True)
        for folder in (self.staging, self.state / "draft"):
            shutil.rmtree(folder, ignore_errors=True)

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
            write_whole(draft, json.dumps({"moves": plan[0], "removals": plan[1]}).encode())
            draft.replace(self.journal)
            _flush_folder(self.state)
            self._carry_out(self.home, *plan)
            self.journal.unlink(missing_ok=True)

    def stage(self, name: str, data: bytes) -> str:
        """Write a file into the staging folder, and return its name there.

        Raises:
            SavingError: The disk refuses to write.
        """
        with _reported(self.home):
            path = self.staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        return name

    def release(self) -> None:
        """Publish the draft as the next release: one rename leads `current` to it. Without releases, do nothing."""
        if not self.has_releases:
            return
        releases = self.home / RELEASES
        releases.mkdir(exist_ok=True)
        numbers = sorted(int(entry.name) for entry in releases.iterdir() if entry.name.isdigit())
        number = (numbers[-1] if numbers else 0) + 1
        self.folder.rename(releases / f"{number:06}")
        _flush_folder(releases)
        link = self.state / "current.new"
        # A relative link: the outputs may be moved or mounted elsewhere.
        link.symlink_to(f"{RELEASES}/{number:06}", target_is_directory=True)
        link.replace(self.home / CURRENT)
        _flush_folder(self.home)
        for old in [*numbers, number][:-_KEPT]:
            shutil.rmtree(releases / f"{old:06}", ignore_errors=True)

    def _check_current(self) -> None:
        """Check that `current` is a link to a release.

        Raises:
            ConfigError: It is something else, which the next release would contain or replace.
        """
        published = self.published_dir
        is_release = published.is_symlink() and published.resolve().parent == (self.home / RELEASES).resolve()
        if self.has_releases and os.path.lexists(published) and not is_release:
            raise ConfigError(
                f"{self.home.name}/{CURRENT} is not a link to a folder in {self.home.name}/{RELEASES}/",
                hint="move it away; to go back to an older release, link it to that",
            )

    def _begin_release(self) -> None:
        """Copy the current release into the draft by hard links, since no file is ever changed in place."""
        self.folder.mkdir()
        if self.published_dir.is_dir():
            shutil.copytree(self.published_dir, self.folder, symlinks=True, copy_function=_share, dirs_exist_ok=True)

    def _carry_out(self, base: Path, moves: Iterable[Iterable[str]], removals: Iterable[str]) -> None:
        folders: set[Path] = set()
        for staged, final in moves:
            source, target = self.staging / staged, base / final
            if not (_is_below(staged) and _is_below(final)) or not source.exists():
                continue  # a foreign journal, or a file that was moved already
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(source, target)
            folders.add(target.parent)
        for target in (base / name for name in removals if _is_below(name)):
            target.unlink(missing_ok=True)
            folders.add(target.parent)
        for folder in sorted(folders, reverse=True):
            _flush_folder(folder)
            _remove_if_empty(folder, base)


def _is_below(name: str) -> bool:
    return not PurePath(name).is_absolute() and ".." not in PurePath(name).parts


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
            f"{home.name}/ cannot be written: {error.strerror or error}",
            hint="make room on the disk, or correct its rights, and run it again; published files are unchanged",
        ) from error


def _share(source: str, target: str) -> None:
    """Hard-link a file; where the file system has no hard links, copy it with its time."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def seal(data: bytes) -> bytes:
    """Return the digest of data on a line, and the data."""
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


def unseal(stored: bytes) -> bytes:
    """Return the data of sealed data.

    Raises:
        ValueError: The sealed data is truncated, damaged or of another form.
    """
    digest, _, data = stored.partition(b"\n")
    if digest != hashlib.sha256(data).hexdigest().encode():
        raise ValueError("damaged")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, data: bytes) -> None:
    """Replace a file: readers see the old one or the new one."""
    draft = path.with_name(f".{path.name}.new")
    write_whole(draft, data)
    draft.replace(path)


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
