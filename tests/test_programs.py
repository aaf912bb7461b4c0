"""Programs are found by absolute folders of the search path, and start outside of every project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.programs import find_program, leave_working_folder, run_program
from tests.makers import write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which holds a program; the search path of a careless person leads to it."""
    write(tmp_path / "lp", "#!/bin/sh\n").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", "../" + tmp_path.name, "/bin", "/usr/bin")))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", ["lp", "./lp"])
@pytest.mark.usefixtures("folder")
def test_a_program_of_the_working_folder_is_not_found(name: str) -> None:
    assert find_program(name) is None


def test_a_program_is_found_by_its_whole_path(folder: Path) -> None:
    assert find_program(str(folder / "lp")) == str(folder / "lp")


@pytest.mark.usefixtures("folder")
def test_a_program_starts_in_the_root_folder() -> None:
    """puppeteer runs `.puppeteerrc.cjs` of the folder in which it starts, and of all above."""
    shell = find_program("sh")
    assert shell

    assert run_program((shell, "-c", "pwd"), 10, text=True).stdout == "/\n"


@pytest.mark.usefixtures("folder")
def test_what_libraries_start_is_not_searched_in_the_working_folder_either() -> None:
    leave_working_folder()

    assert os.environ["PATH"] == os.pathsep.join(("/bin", "/usr/bin"))
    assert os.environ["PYTHONSAFEPATH"] == "1"
