"""Files are replaced whole, never written through a link, and those of a project only below its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.files import check_inside, replace_whole, write_inside
from tests.makers import write


@pytest.mark.parametrize("name", ["a.json", ".a.json.new"])
@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "dangling link"])
def test_what_stands_in_the_way_is_replaced_and_not_followed(tmp_path: Path, name: str, kind: str) -> None:
    mine = write(tmp_path / "elsewhere/mine", "mine")
    place = tmp_path / "project" / name
    place.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "hard link":
        os.link(mine, place)
    else:
        place.symlink_to(mine if kind == "link" else mine.with_name("new"))

    replace_whole(tmp_path / "project/a.json", b"ours")

    assert (tmp_path / "project/a.json").read_bytes() == b"ours"
    assert not (tmp_path / "project/a.json").is_symlink()
    assert [(path.name, path.read_bytes()) for path in mine.parent.iterdir()] == [("mine", b"mine")]
    assert [path.name for path in (tmp_path / "project").iterdir()] == ["a.json"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "old")
    path.chmod(0o640)

    replace_whole(path, b"new")

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)


@pytest.mark.parametrize("name", ["linked/a.json", "../a.json", "a.json"])
def test_a_path_out_of_the_project_is_refused(tmp_path: Path, name: str) -> None:
    project, elsewhere = tmp_path / "project", write(tmp_path / "elsewhere/mine", "mine").parent
    project.mkdir()
    (project / "linked").symlink_to(elsewhere)
    (project / "a.json").symlink_to(elsewhere / "mine")

    with pytest.raises(ConfigError, match="is outside the project"):
        write_inside(project, project / name, b"x")
    with pytest.raises(ConfigError, match="is outside the project"):
        check_inside(project, project / name)

    assert [(path.name, path.read_bytes()) for path in elsewhere.iterdir()] == [("mine", b"mine")]
    assert not (tmp_path / "a.json").exists()


def test_a_folder_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()

    with pytest.raises(ConfigError, match=r"a\.json cannot be written: Is a directory"):
        write_inside(tmp_path, tmp_path / "a.json", b"x")

    assert not (tmp_path / ".a.json.new").exists()
