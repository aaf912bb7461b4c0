"""A seal shows any damage, and that this user made it: the key lies in a private file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engine import seal as module
from pipeline.engine.seal import seal, unseal
from tests.makers import write

DATA = b'{"width_px": 346}\nand the picture'


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the state folder of a user who has no key yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    module._key.cache_clear()
    yield tmp_path / "state"
    module._key.cache_clear()


def sealed_by_a_new_process() -> bytes:
    module._key.cache_clear()
    return seal(DATA, "manifest")


@pytest.mark.parametrize("at", range(0, 160, 7))
def test_what_is_sealed_shows_any_damage(at: int) -> None:
    sealed = seal(DATA, "manifest")
    damaged = sealed[: at % len(sealed)] + b"\x00" + sealed[at % len(sealed) + 1 :]

    assert unseal(sealed, "manifest") == DATA
    for stored in (damaged, sealed[:-1], sealed + b"x", b""):
        with pytest.raises(ValueError, match="damaged"):
            unseal(stored, "manifest")


def test_a_plain_digest_and_the_seal_of_another_kind_are_refused() -> None:
    for stored in (hashlib.sha256(DATA).hexdigest().encode() + b"\n" + DATA, seal(DATA, "journal.json")):
        with pytest.raises(ValueError, match="damaged"):
            unseal(stored, "manifest")


def test_the_key_is_made_once_and_only_its_user_can_read_it(state: Path) -> None:
    first = sealed_by_a_new_process()

    assert sealed_by_a_new_process() == first
    assert (state / "clinic-publish/key").stat().st_mode & 0o777 == 0o600
    assert (state / "clinic-publish").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["readable by others", "short", "link", "pipe"])
def test_what_is_no_secret_is_replaced(state: Path, kind: str) -> None:
    known = write(state / "known", b"k" * 32)
    known.chmod(0o600)
    key = write(state / "clinic-publish/key", b"k" * 32)
    if kind == "short":
        key.write_bytes(b"k")
    elif kind != "readable by others":
        key.unlink()
        os.mkfifo(key) if kind == "pipe" else key.symlink_to(known)
    if kind in ("short", "pipe"):
        key.chmod(0o600)

    first = sealed_by_a_new_process()

    assert first != hashlib.blake2b(b"manifest\0" + DATA, key=b"k" * 32).hexdigest().encode() + b"\n" + DATA
    assert known.read_bytes() == b"k" * 32
    if kind in ("readable by others", "short"):
        assert sealed_by_a_new_process() == first


@pytest.mark.usefixtures("state")
def test_a_key_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    first = sealed_by_a_new_process()
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)

    assert sealed_by_a_new_process() != first


def test_where_no_key_can_be_kept_it_holds_for_this_process(state: Path) -> None:
    write(state, "a file in the place of the folder")

    first = sealed_by_a_new_process()

    assert unseal(first, "manifest") == DATA
    assert sealed_by_a_new_process() != first


@pytest.mark.usefixtures("state")
def test_a_state_folder_that_a_relative_path_names_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would lie in the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", "sources")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    sealed_by_a_new_process()

    assert (tmp_path / "home/.local/state/clinic-publish/key").is_file()
    assert not (tmp_path / "sources").exists()


def test_processes_that_begin_at_once_share_one_key(state: Path) -> None:
    command = [sys.executable, "-c", "from pipeline.engine.seal import seal; print(seal(b'x', 'manifest').decode())"]
    begun = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]

    assert len({each.communicate()[0] for each in begun}) == 1
    assert [path.name for path in (state / "clinic-publish").iterdir()] == ["key"]
