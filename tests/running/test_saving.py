"""Files come whole to their place, and an interrupted set is completed or forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.running.saving import BusyError, Outputs
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
