"""The data folder: private, whole, and bound to one project wherever that is moved or copied."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from pipeline.config import Config, SendingSettings
from pipeline.errors import ConfigError
from pipeline.mailing.database import ID_FILE, DataDir, open_data_dir, open_database
from tests.conftest import Ran, run_process
from tests.mailing.conftest import TODAY, subscribe
from tests.makers import PUBLISH_TOML, write

SENDING = '\n[sending]\nlists = {nyt = "Nyt"}\nservice = "https://nyt.klinik.example"\n'
ROWS = "address;consent_date;consent_wording;consent_source\nanna@klinik.dk;2026-01-02;v1;kort\n"
FILES = ("key", "sending.lock", "sending.sqlite3", "sending.sqlite3-wal", "trials")


@pytest.mark.parametrize("place", ["outputs", "outputs/data"])
def test_the_data_never_lie_below_the_outputs(tmp_path: Path, place: str) -> None:
    config = Config(tmp_path, sending=SendingSettings(data=place))

    with pytest.raises(ConfigError, match="which is published"):
        open_data_dir(config, tmp_path / "outputs")


def test_the_data_never_lie_in_a_git_work_tree(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    config = Config(tmp_path, sending=SendingSettings(data="data"))

    with pytest.raises(ConfigError, match="git work tree"):
        open_data_dir(config, tmp_path / "outputs")

    assert not (tmp_path / "data").exists()


def test_two_projects_of_one_name_have_each_their_own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))

    for name in ("a", "b"):
        (tmp_path / name / "klinik").mkdir(parents=True)

    folders = {open_data_dir(Config(tmp_path / name / "klinik"), tmp_path / "outputs").path for name in ("a", "b")}

    assert len(folders) == 2


def config_of(project: Path, data: str = "") -> Config:
    project.mkdir(exist_ok=True)
    write(project / "publish.toml", PUBLISH_TOML + SENDING + (f'data = "{data}"\n' if data else ""))
    return Config(project, sending=SendingSettings(lists={"nyt": "Nyt"}, data=data))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for projects, of a user whose data folder is empty."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path


def begin(config: Config, *readers: str) -> Path:
    """Open the lists of a project, subscribe readers, and return the data folder."""
    with open_database(open_data_dir(config, config.folder / "outputs")) as store:
        subscribe(store, *readers)
        return store.folder.path


def on_list(config: Config) -> list[str]:
    with open_database(open_data_dir(config, config.folder / "outputs")) as store:
        return [
            row[0] for row in store.rows("SELECT address FROM subscribers WHERE unsubscribed_on IS NULL ORDER BY 1")
        ]


# ---- privacy


@pytest.mark.skipif(os.name != "posix", reason="modes of folders are those of POSIX")
@pytest.mark.parametrize("mode", [0o755, 0o750, 0o711])
def test_a_folder_that_is_open_to_others_is_refused_and_keeps_its_mode(place: Path, mode: int) -> None:
    data = place / "data"
    data.mkdir()
    data.chmod(mode)

    with pytest.raises(ConfigError, match=f"open to other users: its mode is {mode:o}") as caught:
        begin(config_of(place / "klinik", "../data"))

    assert caught.value.hint == f"close it: chmod 700 '{data}'"
    assert stat.S_IMODE(data.stat().st_mode) == mode
    assert list(data.iterdir()) == []


def test_a_new_folder_is_the_operators_alone(place: Path) -> None:
    data = begin(config_of(place / "klinik"), "anna@klinik.dk")

    assert {stat.S_IMODE(path.stat().st_mode) for path in (data, *data.iterdir())} == {0o700, 0o600}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no FIFO in a folder")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "other"])
def test_what_is_no_file_of_ours_is_refused_and_not_followed(place: Path, name: str, kind: str) -> None:
    config = config_of(place / "klinik", "../data")
    begin(config)
    path, target = place / "data" / name, place / "target"
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    write(target, "k" * 32).chmod(0o644)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "other":
        path.touch() if name == "trials" else path.mkdir()
    else:
        path.symlink_to(target if kind == "link" else place / "nowhere")

    with pytest.raises(ConfigError, match=f"{name} is not a" if name != "sending.sqlite3" else "is not a|are gone"):
        begin(config)

    assert (target.read_text("utf-8"), stat.S_IMODE(target.stat().st_mode)) == ("k" * 32, 0o644)
    assert not (place / "nowhere").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no FIFO in a folder")
@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "words", "path"])
def test_an_id_that_is_none_is_refused_and_not_followed(place: Path, kind: str) -> None:
    config = config_of(place / "klinik")
    path = config.folder / ID_FILE
    if kind == "link":
        path.symlink_to(write(place / "target", "klinik-0123456789abcdef"))
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("klinik" if kind == "words" else "../../klinik-0123456789abcdef", "utf-8")

    with pytest.raises(ConfigError, match="does not hold the id of lists"):
        begin(config)

    assert not (place / "share").exists()


# ---- the project's id


@pytest.mark.parametrize("data", ["", "{place}/data"])
def test_a_project_that_is_moved_keeps_its_lists(place: Path, data: str) -> None:
    config = config_of(place / "klinik", data.format(place=place))
    begin(config, "anna@klinik.dk", "bo@klinik.dk")
    moved = config_of(config.folder.rename(place / "elsewhere"), data.format(place=place))

    assert on_list(moved) == ["anna@klinik.dk", "bo@klinik.dk"]
    assert on_list(moved) == ["anna@klinik.dk", "bo@klinik.dk"]


@pytest.mark.parametrize("data", ["", "../data"])
def test_a_copy_asks_whether_it_sends_to_the_same_lists(place: Path, data: str) -> None:
    config = config_of(place / "klinik", data)
    begin(config, "anna@klinik.dk")
    shutil.copytree(config.folder, place / "copy")
    copy = config_of(place / "copy", data)

    with pytest.raises(ConfigError, match=f"of the project in {config.folder}, of which this one seems a copy"):
        begin(copy)
    with open_database(open_data_dir(copy, copy.folder / "outputs", "share")):
        pass

    assert on_list(copy) == on_list(config) == ["anna@klinik.dk"]


def test_a_copy_without_the_id_asks_too_where_the_folder_is_named(place: Path) -> None:
    config = config_of(place / "klinik", "../data")
    begin(config, "anna@klinik.dk")

    with pytest.raises(ConfigError, match="seems a copy"):
        begin(config_of(place / "other", "../data"))


def test_a_copy_may_begin_lists_of_its_own(place: Path) -> None:
    config = config_of(place / "klinik")
    begin(config, "anna@klinik.dk")
    shutil.copytree(config.folder, place / "copy")
    copy = config_of(place / "copy")

    with open_database(open_data_dir(copy, copy.folder / "outputs", "new")):
        pass

    assert (on_list(copy), on_list(config)) == ([], ["anna@klinik.dk"])


def test_the_lists_of_another_project_are_not_taken(place: Path) -> None:
    """Such as where `../data` of the new place is that of another clinic."""
    (place / "a").mkdir()
    (place / "b").mkdir()
    config = config_of(place / "a/klinik", "../data")
    begin(config, "anna@klinik.dk")
    begin(config_of(place / "b/other", "../data"), "bo@klinik.dk")
    moved = config_of(config.folder.rename(place / "b/klinik"), "../data")

    with pytest.raises(ConfigError, match="holds the lists of another project"):
        begin(moved)


@pytest.mark.parametrize("is_mount_point", [True, False])
@pytest.mark.parametrize("data", ["", "../data"])
def test_lists_that_are_gone_are_a_question(place: Path, data: str, *, is_mount_point: bool) -> None:
    config = config_of(place / "klinik", data)
    folder = begin(config, "anna@klinik.dk")
    shutil.rmtree(folder)
    if is_mount_point:
        folder.mkdir(mode=0o700)

    with pytest.raises(ConfigError, match=f"the lists of this project are gone: {folder} holds no database") as caught:
        begin(config)
    with open_database(open_data_dir(config, config.folder / "outputs", "new")):
        pass

    assert "publish subscribers bind --new" in caught.value.hint
    assert on_list(config) == []


def test_evidence_of_a_sending_is_a_question_where_there_are_no_lists(place: Path) -> None:
    config = config_of(place / "klinik")
    write(config.folder / "outputs/newsletter/blog/ryg.nyt.evidence.json", "{}")

    with pytest.raises(ConfigError, match="the lists of this project are gone"):
        begin(config)

    assert not (place / "share").exists()


def test_a_database_that_was_emptied_is_a_question(place: Path) -> None:
    config = config_of(place / "klinik", "../data")
    begin(config, "anna@klinik.dk")
    for path in (place / "data").glob("sending.sqlite3*"):
        path.write_bytes(b"")

    with pytest.raises(ConfigError, match="the lists of this project are gone"):
        begin(config)


def test_new_lists_never_replace_those_that_are_there(place: Path) -> None:
    config = config_of(place / "klinik", "../data")
    begin(config, "anna@klinik.dk")

    with pytest.raises(ConfigError, match="holds lists already"):
        open_data_dir(config, config.folder / "outputs", "new")

    assert on_list(config) == ["anna@klinik.dk"]


@pytest.mark.skipif(sys.platform != "linux", reason="the user's data folder is elsewhere")
def test_a_folder_of_an_earlier_version_is_taken_and_moves_with_its_project(place: Path) -> None:
    config = config_of(place / "klinik")
    name = hashlib.sha256(str(config.folder).encode()).hexdigest()[:8]
    former = place / f"share/clinic-publish/klinik-{name}"
    former.mkdir(parents=True, mode=0o700)
    with open_database(DataDir(former)) as store:
        subscribe(store, "anna@klinik.dk")

    taken = begin(config)
    moved = config_of(config.folder.rename(place / "elsewhere"))

    assert taken == former
    assert (moved.folder / ID_FILE).read_text("utf-8") == f"{former.name}\n"
    assert on_list(moved) == ["anna@klinik.dk"]


@pytest.mark.skipif(sys.platform != "linux", reason="the user's data folder is elsewhere")
def test_a_project_that_names_the_folder_of_another_does_not_get_it(place: Path) -> None:
    """The name that an earlier version gave can be guessed from the path of its project."""
    former = place / "share/clinic-publish/klinik-0123abcd"
    former.mkdir(parents=True, mode=0o700)
    with open_database(DataDir(former)) as store:
        subscribe(store, "anna@klinik.dk")
    config = config_of(place / "clone")
    write(config.folder / ID_FILE, "klinik-0123abcd\n")

    with pytest.raises(ConfigError, match="holds the lists of another project"):
        on_list(config)


# ---- the commands


def publish(project: Path, *arguments: str) -> Ran:
    return run_process(project, *arguments)


def test_whoever_left_is_not_mailed_after_the_project_is_moved(place: Path) -> None:
    config = config_of(place / "klinik")
    write(config.folder / "list.csv", ROWS)
    assert publish(config.folder, "subscribers", "import", "list.csv", "--list", "nyt").code == 0
    with open_database(open_data_dir(config, config.folder / "outputs")) as store:
        store.connection.execute("UPDATE subscribers SET unsubscribed_on = ?", (TODAY.isoformat(),))
    moved = config.folder.rename(place / "elsewhere")

    again = publish(moved, "subscribers", "import", "list.csv", "--list", "nyt")
    counted = publish(moved, "subscribers", "check")

    assert (again.code, counted.code) == (0, 0)
    assert again.out.startswith("0 new, 0 on the list already, 1 not imported")
    assert counted.out.startswith("nyt: 0 may be mailed, 0 without consent, 1 have left")


def test_every_command_asks_and_bind_answers(place: Path) -> None:
    config = config_of(place / "klinik")
    begin(config, "anna@klinik.dk")
    write(config.folder / "sources/blog/ryg.md", "# Ondt i ryggen\n")
    shutil.copytree(config.folder, place / "copy")
    commands = (
        ("subscribers", "check"), ("subscribers", "export", "--list", "nyt"), ("subscribers", "serve"),
        ("send", "blog/ryg", "--list", "nyt", "--status", "--transport", "file"),
    )  # fmt: skip

    asked = [publish(place / "copy", *command) for command in commands]
    bound = publish(place / "copy", "subscribers", "bind")
    counted = publish(place / "copy", "subscribers", "check")
    new = publish(place / "copy", "subscribers", "bind", "--new")
    empty = publish(place / "copy", "subscribers", "check")

    assert {done.code for done in asked} == {2}
    assert [
        done.err for done in asked if "seems a copy" not in done.err or "publish subscribers bind" not in done.err
    ] == []
    assert (bound.code, counted.code, new.code, empty.code) == (0, 0, 0, 0)
    assert "nyt: 1 may be mailed" in counted.out
    assert "nyt: 0 may be mailed" in empty.out
