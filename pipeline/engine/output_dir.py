"""How files come to their place: staged beside it, then moved under a journal that the next start completes.

At every moment a file is whole, old or new. A set of files is moved together: where a run is interrupted in between,
the next one finishes the moves (the journal stands) or forgets them (it was never written). With releases, a run is
laid into a folder of its own, and no reader ever meets a set in between.
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
from pipeline.engine.cache import Cache
from pipeline.errors import ConfigError, WriteError

STATE = ".publish"
"""The hidden folder below the outputs: lock, journal, staging, manifest, cache."""
CURRENT = "current"
RELEASES = "releases"
# Windows has no such numbers.
_OF_SHARES = {number for name in ("EDQUOT", "ESTALE") if (number := getattr(errno, name, 0))}
_REFUSALS = {errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, *_OF_SHARES}
"""Full, read-only, forbidden, broken, or a share that has gone."""
_KEPT = 3
"""Releases that stay: whoever has begun to read the one before the last can go on."""


@contextmanager
def open_cache(outputs: OutputDir) -> Iterator[Cache]:
    """Yield the cache of outputs whose lock is held; afterwards it is no larger than it may be."""
    cache = Cache(outputs.cache_path, is_owner=True)
    try:
        yield cache
    finally:
        if cache.is_changed:
            cache.prune()
        cache.close()


class BusyError(ConfigError):
    """Another run holds the project."""

    code = "project-busy"


class SavingError(WriteError):
    """The disk or the share refuses; what stood there stands."""


@dataclass(frozen=True, slots=True)
class OutputDir:
    """The outputs folder of a project."""

    home: Path
    has_releases: bool = False
    """Each run is laid into a folder of its own, and `current` switched to it by one rename."""

    @property
    def folder(self) -> Path:
        """Where files of this run come to their place."""
        return self.state / "draft" if self.has_releases else self.home

    @property
    def published_dir(self) -> Path:
        """Where readers find what is published."""
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
        """Hold the outputs for one run, and put right what an interrupted one left.

        Raises:
            BusyError: Another run has held them for `wait_s` seconds.
            ConfigError: The folder cannot be written.
            SavingError: It could not be written any more during the run, as when the disk is full.
        """
        from filelock import FileLock, Timeout

        # The kernel frees the lock of a dead process, so none goes stale.
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
            with _told(self.home):
                yield
        finally:
            if not self.journal.exists():  # else the next start needs what is staged
                shutil.rmtree(self.staging, ignore_errors=True)
            file_lock.release()

    def recover(self) -> None:
        """Complete the moves of an interrupted run, and drop what it never came to move."""
        if self.journal.is_file():
            try:
                plan = json.loads(self.journal.read_text("utf-8"))
                moves, removals = plan["moves"], plan["removals"]
            except (ValueError, KeyError, TypeError):
                # It is written whole or not at all: whatever this is, it is no plan of ours.
                moves, removals = [], []
            self._carry_out(self.home, moves, removals)
            self.journal.unlink(missing_ok=True)
        for left in self.state.glob("[!.]*.new"):  # what an interrupted run had not written whole
            left.unlink(missing_ok=True)
        for folder in (self.staging, self.state / "draft"):
            shutil.rmtree(folder, ignore_errors=True)

    def move(self, moves: Iterable[tuple[str, str]], removals: Iterable[str] = ()) -> None:
        """Move staged files into place together.

        Args:
            moves: Name below `staging`, and path below the outputs folder.
            removals: Paths below the outputs folder.
        """
        plan = ([list(move) for move in moves], list(removals))
        if not any(plan):
            return
        if self.has_releases:  # no one sees the draft: a kill costs the draft
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
            SavingError: The disk is full, or refuses.
        """
        with _told(self.home):
            path = self.staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        return name

    def release(self) -> None:
        """Let readers see this run: its folder gets a number, and one rename switches `current` to it.

        Without releases, they have seen each edition as it came to its place.
        """
        if not self.has_releases:
            return
        releases = self.home / RELEASES
        releases.mkdir(exist_ok=True)
        numbers = sorted(int(entry.name) for entry in releases.iterdir() if entry.name.isdigit())
        number = (numbers[-1] if numbers else 0) + 1
        self.folder.rename(releases / f"{number:06}")
        _flush_folder(releases)
        link = self.state / "current.new"
        # Relative to where it will lie, so that the outputs can be moved and mounted elsewhere.
        link.symlink_to(f"{RELEASES}/{number:06}", target_is_directory=True)
        link.replace(self.home / CURRENT)
        _flush_folder(self.home)
        for old in [*numbers, number][:-_KEPT]:
            shutil.rmtree(releases / f"{old:06}", ignore_errors=True)

    def _check_current(self) -> None:
        """Make sure that what readers see is a release, older or newer, and nothing that someone has put in its place.

        Raises:
            ConfigError: It would be published with the next release, or a rename cannot take its place.
        """
        if not self.has_releases or not os.path.lexists(self.published_dir):
            return
        if (
            not self.published_dir.is_symlink()
            or self.published_dir.resolve().parent != (self.home / RELEASES).resolve()
        ):
            raise ConfigError(
                f"{self.home.name}/{CURRENT} is not a link to a folder in {self.home.name}/{RELEASES}/",
                hint="move away what someone has put there; to go back, link it to an older release",
            )

    def _begin_release(self) -> None:
        """Lay what is current into the draft; files are shared, since none is ever written into."""
        self.folder.mkdir()
        if self.published_dir.is_dir():
            shutil.copytree(self.published_dir, self.folder, symlinks=True, copy_function=_share, dirs_exist_ok=True)

    def _carry_out(self, base: Path, moves: Iterable[Iterable[str]], removals: Iterable[str]) -> None:
        folders: set[Path] = set()
        for staged, final in moves:
            source, target = self.staging / staged, base / final
            if not (_is_below(staged) and _is_below(final)) or not source.exists():
                continue  # no journal of ours says so; or an interrupted run had moved it already
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(source, target)
            folders.add(target.parent)
        for name in removals:
            if not _is_below(name):
                continue  # no record of ours says so
            target = base / name
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
            return  # something still lies in it
        folder = folder.parent


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Let Ctrl-C wait until the end of what must not stop in the middle."""
    if threading.current_thread() is not threading.main_thread():  # no signal reaches it
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):  # within another, it waits for that one's end; else it raises KeyboardInterrupt
        before(signal.SIGINT, None)


@contextmanager
def _told(home: Path) -> Iterator[None]:
    """Say what the system refuses as a person would."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:  # such as a broken pipe: whoever read what is printed has gone
            raise
        raise SavingError(
            f"{home.name}/ cannot be written: {error.strerror or error}",
            hint="make room on the disk, or mend its rights, and run it again; what was published stands",
        ) from error


def _share(source: str, target: str) -> None:
    """Give a file a second name; where a file system has no such thing, copy it with its time."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def seal(data: bytes) -> bytes:
    """Return what a cache stores: the digest of the data on a line, and the data."""
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


def unseal(stored: bytes) -> bytes:
    """Return the data of what was stored.

    Raises:
        ValueError: It is not what was stored: cut off, damaged, or of another form.
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
    """Put a file in the place of another: whoever reads it finds the old one or the new."""
    draft = path.with_name(f".{path.name}.new")
    write_whole(draft, data)
    draft.replace(path)


def _replace(source: Path, target: Path) -> None:
    # Windows refuses while a reader or a virus scanner has the target open; that passes.
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
    """Wait until the disk has the names in a folder; Windows has no such call."""
    if os.name == "nt" or not folder.is_dir():
        return
    with contextlib.suppress(OSError):  # some network shares refuse it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
