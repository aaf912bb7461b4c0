"""How files come to their place: staged beside it, then moved under a journal that the next start completes.

At every moment a file is whole, old or new. A set of files is moved together: where a run is interrupted in between,
the next one finishes the moves (the journal stands) or forgets them (it was never written).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError

STATE = ".publish"
"""The hidden folder below the outputs: lock, journal, staging, record, cache."""


class BusyError(ConfigError):
    """Another run holds the project."""

    code = "project-busy"


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs folder of a project."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / STATE

    @property
    def staging(self) -> Path:
        return self.state / "staging"

    @property
    def journal(self) -> Path:
        return self.state / "journal.json"

    @contextmanager
    def held(self, wait_s: float) -> Iterator[None]:
        """Hold the outputs for one run, and put right what an interrupted one left.

        Raises:
            BusyError: Another run has held them for `wait_s` seconds.
            ConfigError: The folder cannot be written.
        """
        from filelock import FileLock, Timeout

        # The kernel frees the lock of a dead process, so none goes stale.
        lock = FileLock(self.state / "lock", timeout=wait_s)
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            self.recover()
            self.staging.mkdir(exist_ok=True)
        except Timeout as error:
            raise BusyError(
                f"another run holds {self.folder.name}/ (waited {wait_s:.0f} seconds)",
                hint="let it finish, or give this one its own --outputs",
            ) from error
        except OSError as error:
            lock.release()
            raise ConfigError(
                f"the folder {self.folder.name}/ cannot be written: {error.strerror or error}",
                hint="check that it is a folder and may be written, or name another: --outputs",
            ) from error
        try:
            yield
        finally:
            shutil.rmtree(self.staging, ignore_errors=True)
            lock.release()

    def recover(self) -> None:
        """Complete the moves of an interrupted run, and drop what it never came to move."""
        if self.journal.is_file():
            try:
                plan = json.loads(self.journal.read_text("utf-8"))
                moves, removals = plan["moves"], plan["removals"]
            except (ValueError, KeyError, TypeError):
                # It is written whole or not at all: whatever this is, it is no plan of ours.
                moves, removals = [], []
            self._carry_out(moves, removals)
        shutil.rmtree(self.staging, ignore_errors=True)

    def move(self, moves: Iterable[tuple[str, str]], removals: Iterable[str] = ()) -> None:
        """Move staged files into place together.

        Args:
            moves: Name below `staging`, and path below the outputs folder.
            removals: Paths below the outputs folder.
        """
        plan = ([list(move) for move in moves], list(removals))
        if not any(plan):
            return
        draft = self.state / "journal.new"
        write_whole(draft, json.dumps({"moves": plan[0], "removals": plan[1]}).encode())
        draft.replace(self.journal)
        _flush_folder(self.state)
        self._carry_out(*plan)

    def stage(self, name: str, data: bytes) -> str:
        """Write a file into the staging folder, and return its name there."""
        path = self.staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
        return name

    def _carry_out(self, moves: Iterable[Iterable[str]], removals: Iterable[str]) -> None:
        folders: set[Path] = set()
        for staged, final in moves:
            source, target = self.staging / staged, self.folder / final
            if not source.exists():
                continue  # an interrupted run had moved it already
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(source, target)
            folders.add(target.parent)
        for name in removals:
            target = self.folder / name
            target.unlink(missing_ok=True)
            folders.add(target.parent)
        for folder in sorted(folders, reverse=True):
            _flush_folder(folder)
            self._remove_if_empty(folder)
        self.journal.unlink(missing_ok=True)

    def _remove_if_empty(self, folder: Path) -> None:
        while folder != self.folder and folder.is_relative_to(self.folder):
            try:
                folder.rmdir()
            except OSError:
                return  # something still lies in it
            folder = folder.parent


def write_whole(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


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
