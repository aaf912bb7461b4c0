"""A project of another user is found only where it is named; links below it are not followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import project_folder
from pipeline.errors import ConfigError
from pipeline.noop import _places
from pipeline.trusted_paths import foreign_owner, outputs_folder, read_regular
from tests.makers import write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "project/publish.toml", "")
    (tmp_path / "project/mine").mkdir()
    return tmp_path / "project"


def become(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: user)


@pytest.mark.parametrize("place", ["", "mine"])
def test_a_project_of_another_user_is_refused_with_its_owner_and_the_cure(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    assert project_folder(project / place) == project
    become(monkeypatch, 98765)
    monkeypatch.chdir(project / place)

    with pytest.raises(ConfigError) as refused:
        project_folder(project / place)

    assert f"belongs to another user, {project.owner()}" in refused.value.message
    assert f"--project {project}" in refused.value.hint
    assert _places(["all"]) is None
    assert _places(["all", "--project", str(project)]) == (str(project), str(project / "outputs"))


def test_a_linked_publish_toml_counts_as_its_maker_s(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.lstat(project)
    (project / "publish.toml").rename(project.parent / "publish.toml")
    (project / "publish.toml").symlink_to("../publish.toml")
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        status = real(path)
        return os.stat_result((*status[:4], 98765, *status[5:])) if os.fspath(path).endswith(".toml") else status

    monkeypatch.setattr(os, "lstat", lstat)

    assert mine.st_uid == os.geteuid()
    assert foreign_owner(project) == "number 98765"


def test_a_user_who_calls_sudo_owns_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = os.geteuid() or 1234
    if os.geteuid() == 0:
        for path in (project, project / "publish.toml"):
            os.chown(path, caller, -1)
    become(monkeypatch, 0)
    assert foreign_owner(project)

    monkeypatch.setenv("SUDO_UID", str(caller))

    assert not foreign_owner(project)
    become(monkeypatch, 98765)
    monkeypatch.setenv("SUDO_UID", str(caller))
    assert foreign_owner(project)


def test_outputs_are_found_through_links_above_the_project_only(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "real/project", tmp_path / "elsewhere"
    project.mkdir(parents=True)
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (project / "build").symlink_to(elsewhere)

    assert outputs_folder(tmp_path / "link/project") == str(project / "outputs")
    assert outputs_folder(project, tmp_path / "link/project/build/out") == str(project / "build/out")
    assert outputs_folder(project, tmp_path / "link/other") == str(tmp_path / "real/other")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "none"])
def test_only_a_regular_file_is_read(tmp_path: Path, kind: str) -> None:
    path, mine = tmp_path / "state", write(tmp_path / "mine", "mine")
    if kind == "link":
        path.symlink_to(mine)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()

    with pytest.raises(OSError, match=r"not a regular file|/state"):
        read_regular(path)
