"""Files come whole to their place, and an interrupted set is completed or forgotten."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.running import saving
from pipeline.running.saving import BusyError, Outputs, SavingError, seal, undisturbed, unseal
from tests.makers import write


def test_staged_files_are_moved_together(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")

    with outputs.held(0):
        outputs.move([(outputs.stage("1/a", b"A"), "handout/a.pdf"), (outputs.stage("1/b", b"B"), "epub/x/b.epub")])

    assert (tmp_path / "outputs/handout/a.pdf").read_bytes() == b"A"
    assert (tmp_path / "outputs/epub/x/b.epub").read_bytes() == b"B"
    assert not outputs.journal.exists()
    assert not outputs.staging.exists()


def test_an_interrupted_set_is_completed_by_the_next_start(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")
    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"old"), "a.pdf"), (outputs.stage("b", b"old"), "b.pdf")])
    # as a kill between the two moves leaves it: the journal stands, one file is moved, one is not
    write(outputs.folder / "a.pdf", "new")
    write(outputs.staging / "b", "new")
    write(outputs.journal, json.dumps({"moves": [["a", "a.pdf"], ["b", "b.pdf"]], "removals": []}))

    with outputs.held(0):
        pass

    assert (outputs.folder / "b.pdf").read_bytes() == b"new"
    assert not outputs.journal.exists()


def test_files_staged_without_a_journal_are_forgotten(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")
    write(outputs.staging / "7/handout/a.pdf", "half")

    with outputs.held(0):
        pass

    assert not (outputs.folder / "handout").exists()
    assert not outputs.staging.exists()


def test_removing_the_last_file_removes_its_folder(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")
    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"A"), "handout/blog/a.pdf")])

        outputs.move([], ["handout/blog/a.pdf"])

    assert not (outputs.folder / "handout").exists()


def test_a_second_run_is_told_that_another_holds_the_project(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")
    script = (
        "import sys; from pathlib import Path; from pipeline.running.saving import Outputs\n"
        "with Outputs(Path(sys.argv[1])).held(0): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(outputs.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(BusyError, match="another run holds outputs/"), outputs.held(0):
            pass

        other.kill()
    with outputs.held(0):  # the lock of a dead process is free at once
        pass


def test_an_interrupt_waits_until_a_set_is_moved(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")

    with outputs.held(0), pytest.raises(KeyboardInterrupt), undisturbed():  # noqa: PT012  # both happen in there
        os.kill(os.getpid(), signal.SIGINT)
        outputs.move([(outputs.stage("a", b"A"), "a.pdf"), (outputs.stage("b", b"B"), "b.pdf")])

    assert [(outputs.folder / name).read_bytes() for name in ("a.pdf", "b.pdf")] == [b"A", b"B"]
    assert not outputs.journal.exists()


def test_what_the_disk_refuses_is_said_and_completed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = Outputs(tmp_path / "outputs")
    moved: list[Path] = []

    def refuse(source: Path, target: Path) -> None:
        if moved:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        moved.append(source.replace(target))

    monkeypatch.setattr(saving, "_replace", refuse)
    with outputs.held(0):
        moves = [(outputs.stage("a", b"new"), "a.pdf"), (outputs.stage("b", b"new"), "b.pdf")]
        with pytest.raises(OSError, match="No space left on device"):
            outputs.move(moves)
    monkeypatch.undo()
    with outputs.held(0):
        pass

    assert [(outputs.folder / name).read_bytes() for name in ("a.pdf", "b.pdf")] == [b"new", b"new"]
    assert not outputs.staging.exists()


def test_a_refusal_of_the_disk_is_told_as_one_of_the_outputs(tmp_path: Path) -> None:
    with pytest.raises(SavingError, match="outputs/ cannot be written: No space left"):  # noqa: SIM117
        with Outputs(tmp_path / "outputs").held(0):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_record_cannot_name_files_outside_to_be_removed(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs")
    write(tmp_path / "mine.txt", "mine")

    with outputs.held(0):
        outputs.move([], ["../mine.txt", str(tmp_path / "mine.txt")])

    assert (tmp_path / "mine.txt").is_file()


def test_readers_see_one_release_or_the_next(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs", has_releases=True)
    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"1"), "a.pdf"), (outputs.stage("b", b"1"), "x/b.pdf")])
        outputs.release()
    first = outputs.shown.resolve()

    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"2"), "a.pdf")])
        during = (outputs.shown / "a.pdf").read_bytes()
        outputs.release()

    assert (during, (outputs.shown / "a.pdf").read_bytes()) == (b"1", b"2")
    assert (outputs.shown / "x/b.pdf").stat().st_ino == (first / "x/b.pdf").stat().st_ino
    assert (first / "a.pdf").read_bytes() == b"1"


def test_a_release_that_was_never_finished_is_dropped(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs", has_releases=True)
    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"1"), "a.pdf")])
        outputs.release()
    with outputs.held(0):
        outputs.move([(outputs.stage("a", b"2"), "a.pdf")])  # and the run fails before it releases

    with outputs.held(0):
        outputs.release()

    assert (outputs.shown / "a.pdf").read_bytes() == b"1"


def test_three_releases_stay(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "outputs", has_releases=True)
    for number in range(6):
        with outputs.held(0):
            outputs.move([(outputs.stage("a", b"%d" % number), "a.pdf")])
            outputs.release()

    assert [path.name for path in sorted((outputs.home / "releases").iterdir())] == ["000004", "000005", "000006"]
    assert (outputs.shown / "a.pdf").read_bytes() == b"5"


@pytest.mark.parametrize("at", range(0, 90, 7))
def test_what_is_sealed_shows_any_damage(at: int) -> None:
    sealed = seal(b'{"width_px": 346}\nand the picture')
    damaged = sealed[: at % len(sealed)] + b"\x00" + sealed[at % len(sealed) + 1 :]

    assert unseal(sealed) == b'{"width_px": 346}\nand the picture'
    for stored in (damaged, sealed[:-1], sealed + b"x", b""):
        with pytest.raises(ValueError, match="damaged"):
            unseal(stored)
