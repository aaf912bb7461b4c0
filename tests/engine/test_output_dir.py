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

from pipeline.engine import output_dir
from pipeline.engine.output_dir import BusyError, OutputDir, SavingError, defer_sigint
from pipeline.engine.seal import seal
from pipeline.errors import ConfigError
from tests.makers import write


def test_staged_files_are_moved_together(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")

    with outputs.lock(0):
        outputs.move([(outputs.stage("1/a", b"A"), "handout/a.pdf"), (outputs.stage("1/b", b"B"), "epub/x/b.epub")])

    assert (tmp_path / "outputs/handout/a.pdf").read_bytes() == b"A"
    assert (tmp_path / "outputs/epub/x/b.epub").read_bytes() == b"B"
    assert not outputs.journal.exists()
    assert not outputs.staging.exists()


def test_an_interrupted_set_is_completed_by_the_next_start(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"old"), "a.pdf"), (outputs.stage("b", b"old"), "b.pdf")])
    # as a kill between the two moves leaves it: the journal stands, one file is moved, one is not
    write(outputs.folder / "a.pdf", "new")
    write(outputs.staging / "b", "new")
    plan = json.dumps({"moves": [["a", "a.pdf"], ["b", "b.pdf"]], "removals": []})
    write(outputs.journal, seal(plan.encode(), "journal.json"))

    with outputs.lock(0):
        pass

    assert (outputs.folder / "b.pdf").read_bytes() == b"new"
    assert not outputs.journal.exists()


def test_files_staged_without_a_journal_are_forgotten(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    write(outputs.staging / "7/handout/a.pdf", "half")

    with outputs.lock(0):
        pass

    assert not (outputs.folder / "handout").exists()
    assert not outputs.staging.exists()


def test_a_file_that_a_killed_run_had_half_written_for_itself_is_removed(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    write(outputs.state / "catalogue.new", "half")

    with outputs.lock(0):
        pass

    assert [path.name for path in outputs.state.iterdir()] == ["lock"]


def test_removing_the_last_file_removes_its_folder(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"A"), "handout/blog/a.pdf")])

        outputs.move([], ["handout/blog/a.pdf"])

    assert not (outputs.folder / "handout").exists()


def test_a_second_run_is_told_that_another_holds_the_project(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    script = (
        "import sys; from pathlib import Path; from pipeline.engine.output_dir import OutputDir\n"
        "with OutputDir(Path(sys.argv[1])).lock(0): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(outputs.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(BusyError, match="another run holds outputs/"), outputs.lock(0):
            pass

        other.kill()
    with outputs.lock(0):  # the lock of a dead process is free at once
        pass


def test_an_interrupt_waits_until_a_set_is_moved(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")

    with outputs.lock(0), pytest.raises(KeyboardInterrupt), defer_sigint():  # noqa: PT012  # both happen in there
        os.kill(os.getpid(), signal.SIGINT)
        outputs.move([(outputs.stage("a", b"A"), "a.pdf"), (outputs.stage("b", b"B"), "b.pdf")])

    assert [(outputs.folder / name).read_bytes() for name in ("a.pdf", "b.pdf")] == [b"A", b"B"]
    assert not outputs.journal.exists()


def test_what_the_disk_refuses_is_said_and_completed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    moved: list[Path] = []

    def refuse(source: Path, target: Path) -> None:
        if moved:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        moved.append(source.replace(target))

    monkeypatch.setattr(output_dir, "_replace", refuse)
    with outputs.lock(0):
        moves = [(outputs.stage("a", b"new"), "a.pdf"), (outputs.stage("b", b"new"), "b.pdf")]
        with pytest.raises(OSError, match="No space left on device"):
            outputs.move(moves)
    monkeypatch.undo()
    with outputs.lock(0):
        pass

    assert [(outputs.folder / name).read_bytes() for name in ("a.pdf", "b.pdf")] == [b"new", b"new"]
    assert not outputs.staging.exists()


def test_a_refusal_of_the_disk_is_told_as_one_of_the_outputs(tmp_path: Path) -> None:
    with pytest.raises(SavingError, match="outputs/ cannot be written: No space left"):  # noqa: SIM117
        with OutputDir(tmp_path / "outputs").lock(0):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_record_cannot_name_files_outside_to_be_removed(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    write(tmp_path / "mine.txt", "mine")

    with outputs.lock(0):
        outputs.move([], ["../mine.txt", str(tmp_path / "mine.txt")])

    assert (tmp_path / "mine.txt").is_file()


def test_readers_see_one_release_or_the_next(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"1"), "a.pdf"), (outputs.stage("b", b"1"), "x/b.pdf")])
        outputs.release()
    first = outputs.published_dir.resolve()

    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"2"), "a.pdf")])
        during = (outputs.published_dir / "a.pdf").read_bytes()
        outputs.release()

    assert (during, (outputs.published_dir / "a.pdf").read_bytes()) == (b"1", b"2")
    assert (outputs.published_dir / "x/b.pdf").stat().st_ino == (first / "x/b.pdf").stat().st_ino
    assert (first / "a.pdf").read_bytes() == b"1"


def test_a_release_that_was_never_finished_is_dropped(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"1"), "a.pdf")])
        outputs.release()
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"2"), "a.pdf")])  # and the run fails before it releases

    with outputs.lock(0):
        outputs.release()

    assert (outputs.published_dir / "a.pdf").read_bytes() == b"1"


def released(outputs: OutputDir, content: bytes) -> None:
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", content), "a.pdf")])
        outputs.release()


def test_whoever_goes_back_to_an_older_release_has_it_as_the_base_of_the_next(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    for content in (b"1", b"2"):
        released(outputs, content)
    outputs.published_dir.unlink()
    outputs.published_dir.symlink_to("releases/000001")

    with outputs.lock(0):
        before = (outputs.folder / "a.pdf").read_bytes()
        outputs.release()

    assert before == b"1"
    assert (outputs.published_dir.readlink(), (outputs.published_dir / "a.pdf").read_bytes()) == (
        Path("releases/000003"),
        b"1",
    )


@pytest.mark.parametrize("kind", ["link out of the project", "link to a file", "folder", "file"])
def test_what_someone_has_put_in_the_place_of_a_release_is_neither_published_nor_overwritten(
    tmp_path: Path, kind: str
) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    released(outputs, b"1")
    secret = write(tmp_path / "outside/secret.txt", "secret")
    outputs.published_dir.unlink()
    if kind == "folder":
        write(outputs.published_dir / "mine.txt", "mine")
    elif kind == "file":
        write(outputs.published_dir, "mine")
    else:
        outputs.published_dir.symlink_to(secret if "file" in kind else secret.parent)

    with pytest.raises(ConfigError, match="outputs/current is not a link to a folder in outputs/releases/"):
        released(outputs, b"2")

    assert os.path.lexists(outputs.published_dir)
    assert not [path for path in outputs.home.rglob("secret.txt") if "current" not in path.parts]
    assert secret.read_text() == "secret"


def test_a_link_within_a_release_stays_a_link(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    released(outputs, b"1")
    secret = write(tmp_path / "outside/secret.txt", "secret")
    (outputs.published_dir / "b.pdf").symlink_to(secret)

    released(outputs, b"2")

    assert (outputs.published_dir / "b.pdf").is_symlink()


def test_a_copy_by_hard_links_keeps_what_it_holds(tmp_path: Path) -> None:
    """Backups are made so (`cp -al`): a file that is published anew is another, and never written into."""
    outputs = OutputDir(tmp_path / "outputs")
    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"old"), "a.pdf")])
    os.link(outputs.folder / "a.pdf", tmp_path / "backup.pdf")

    with outputs.lock(0):
        outputs.move([(outputs.stage("a", b"new"), "a.pdf")])

    assert (tmp_path / "backup.pdf").read_bytes() == b"old"
    assert (outputs.folder / "a.pdf").read_bytes() == b"new"


def test_a_lock_that_leads_elsewhere_is_replaced_and_what_lies_there_stays(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    mine = write(tmp_path / "mine.txt", "mine")
    outputs.state.mkdir(parents=True)
    (outputs.state / "lock").symlink_to(mine)

    with outputs.lock(0):
        pass

    assert mine.read_text() == "mine"
    assert not (outputs.state / "lock").is_symlink()


def test_a_lock_file_that_a_dead_process_left_holds_no_one_up(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    write(outputs.state / "lock", "4711")

    with outputs.lock(0):
        pass


def test_a_journal_cannot_move_files_from_or_to_outside(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs")
    mine = write(tmp_path / "mine.txt", "mine")
    write(outputs.staging / "a", "foreign")
    moves = [["a", "../mine.txt"], ["../../../mine.txt", "taken.txt"], [str(mine), "taken.txt"]]
    write(outputs.journal, seal(json.dumps({"moves": moves, "removals": ["../mine.txt"]}).encode(), "journal.json"))

    with outputs.lock(0):
        pass

    assert mine.read_text() == "mine"
    assert not (outputs.folder / "taken.txt").exists()


def test_three_releases_stay(tmp_path: Path) -> None:
    outputs = OutputDir(tmp_path / "outputs", has_releases=True)
    for number in range(6):
        with outputs.lock(0):
            outputs.move([(outputs.stage("a", b"%d" % number), "a.pdf")])
            outputs.release()

    assert [path.name for path in sorted((outputs.home / "releases").iterdir())] == ["000004", "000005", "000006"]
    assert (outputs.published_dir / "a.pdf").read_bytes() == b"5"
