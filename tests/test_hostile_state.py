"""State that travels with a project, in a clone or the cache of a CI service, reaches nothing outside its outputs."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.engine.cache import Cache, value_digest
from pipeline.engine.seal import unseal
from pipeline.noop import _asked, _machine
from tests.conftest import ARTICLE, Ran, run_process, run_publish
from tests.makers import PUBLISH_TOML, write
from tests.test_publish import digests

REPOSITORY = Path(__file__).parents[1]
COMMANDS = (("all",), ("all", "--force", "--only", "newsletter"), ("check",), ("clean",))


def seen(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return what lies in a folder: mode, inode and bytes of each entry."""
    return {
        path.relative_to(folder).as_posix(): (
            (status := path.lstat()).st_mode,
            status.st_ino,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with names that runs use, which no test may change."""
    folder = tmp_path / "outside"
    names = (
        "mine.txt", "a.new", "lock", "manifest", "journal.json", "staging/1/x", "draft/novel", "blog/ryg.html",
        "newsletter/blog/ryg.html", "index.html", "report.json", ".publish/lock", ".publish/staging/x",
        "000001/mine.txt", "handout/blog/ryg.pdf",
    )  # fmt: skip
    for name in names:
        write(folder / name, '{"mine": 1}')
    Cache(folder / "cache.db", is_owner=True).close()
    Cache(folder / ".publish/cache.db", is_owner=True).close()
    before = seen(folder)
    yield folder
    assert seen(folder) == before


def put(place: Path, what: str, outside: Path) -> None:
    """Lay something into a place, in the way of what runs write there."""
    if place.is_dir() and not place.is_symlink():
        place.rename(outside.with_name(f"moved-{place.name}"))
    else:
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if what == "pipe":
        os.mkfifo(place)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            here = Path.cwd()
            os.chdir(place.parent)  # the path of a socket is short
            server.bind(place.name)
            os.chdir(here)
    elif what == "folder":
        write(place / "deep/x", "x")
    elif what == "hard link":
        os.link(outside / "mine.txt", place)
    elif what == "dangling link":
        place.symlink_to(outside / "new")
    else:
        place.symlink_to(outside if what == "link to a folder" else outside / "mine.txt")


@pytest.mark.parametrize("place", ["outputs", "outputs/.publish", "outputs/newsletter", "outputs/newsletter/blog"])
def test_a_link_in_the_place_of_a_folder_is_refused_in_one_sentence(
    copy_of_published: Path, outside: Path, place: str
) -> None:
    put(copy_of_published / place, "link to a folder", outside)

    done = [run_publish(copy_of_published, *command) for command in COMMANDS]

    is_state = place in ("outputs", "outputs/.publish")
    assert [each.code for each in done] == [2, 2, 2, 2 if is_state else 0]
    for each in done if is_state else done[:3]:
        assert f"error: {place} is a link or lies behind one, expected a folder" in each.err
        assert each.err.count("\n") == 2  # the hint
    assert "mine" not in "".join(each.out + each.err for each in done)
    assert (copy_of_published / place).is_symlink()


def test_outputs_behind_a_link_of_the_project_are_refused(copy_of_published: Path, outside: Path) -> None:
    (copy_of_published / "build").symlink_to(outside)

    done = run_publish(copy_of_published, "newsletter", "--outputs", "build/out")

    assert done.code == 2
    assert "out is a link or lies behind one" in done.err


def test_a_link_above_the_project_is_followed(copy_of_published: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(copy_of_published)

    done = run_publish(tmp_path / "link", "newsletter", "--force", "--project", str(tmp_path / "link"))

    assert (done.code, done.status("blog/ryg", "newsletter")) == (0, "written")


STATE = (
    "lock", "journal.json", "journal.new", "manifest", "cache.db", "cache.db-wal", "cache.db-shm", "cache.db-journal",
    "cache.db.new", "staging", "draft", "variants", "preview", "current.new",
)  # fmt: skip


@pytest.mark.parametrize("what", ["link to a folder", "link", "dangling link", "pipe", "socket", "folder", "hard link"])
def test_what_lies_in_the_place_of_our_state_is_removed_and_not_followed(
    copy_of_published: Path, outside: Path, what: str
) -> None:
    good = digests(copy_of_published / "outputs")
    for name in STATE:
        put(copy_of_published / "outputs/.publish" / name, what, outside)

    done = [run_publish(copy_of_published, *command) for command in COMMANDS]

    assert [each.code for each in done] == [0, 0, 0, 0]
    assert digests(copy_of_published / "outputs") == good
    assert run_publish(copy_of_published, "all").report["summary"]["failed"] == 0
    left = [path for path in (copy_of_published / "outputs/.publish").rglob("*") if not path.is_file()]
    assert not [path for path in left if not path.is_dir()]


@pytest.mark.parametrize("what", ["link", "dangling link", "pipe", "hard link"])
@pytest.mark.parametrize("name", ["newsletter/blog/ryg.html", "report.json", "index.html"])
def test_a_published_file_is_put_in_the_place_of_what_stands_for_it(
    copy_of_published: Path, outside: Path, name: str, what: str
) -> None:
    good = digests(copy_of_published / "outputs")
    place = copy_of_published / "outputs" / name
    put(place, what, outside)

    done = run_publish(copy_of_published, "all")

    assert done.code == 0
    assert place.is_file()
    assert not place.is_symlink()
    assert digests(copy_of_published / "outputs") == good


@pytest.mark.parametrize("name", ["report.json", "index.html", "newsletter"])
def test_a_folder_or_a_pipe_in_the_way_of_a_file_is_named(copy_of_published: Path, outside: Path, name: str) -> None:
    put(copy_of_published / "outputs" / name, "pipe" if name == "newsletter" else "folder", outside)

    first, second = (run_publish(copy_of_published, "all") for _ in range(2))

    for done in (first, second):
        assert done.code in (1, 2)
        assert f"outputs/{name}" in done.err + done.out + json.dumps(done.report)
        assert "cannot be written" in done.err


@pytest.mark.parametrize("place", ["outputs/releases", "outputs/current", "outputs/releases/000001"])
def test_releases_that_lead_elsewhere_are_refused(copy_of_published: Path, outside: Path, place: str) -> None:
    write(copy_of_published / "publish.toml", PUBLISH_TOML + "\n[outputs]\nreleases = true\n")
    assert run_publish(copy_of_published, "newsletter").code == 0
    put(copy_of_published / place, "link to a folder", outside)

    done = [run_publish(copy_of_published, *command) for command in (("newsletter", "--force"), ("check",))]

    assert [each.code for each in done] == [2, 2]
    assert all("is a link or" in each.err or "outputs/current is not a link to" in each.err for each in done)


def test_names_that_no_release_has_do_not_stop_the_next(copy_of_published: Path) -> None:
    write(copy_of_published / "publish.toml", PUBLISH_TOML + "\n[outputs]\nreleases = true\n")
    for name in ("9" * 200, "²", "x"):
        (copy_of_published / "outputs/releases" / name).mkdir(parents=True)

    assert run_publish(copy_of_published, "newsletter").code == 0
    assert (copy_of_published / "outputs/current").readlink() == Path("releases/000001")


def test_the_highest_number_that_counts_does_not_stop_the_releases_behind_it(copy_of_published: Path) -> None:
    write(copy_of_published / "publish.toml", PUBLISH_TOML + "\n[outputs]\nreleases = true\n")
    (copy_of_published / "outputs/releases/999999999").mkdir(parents=True)

    for word in ("Første", "Anden", "Tredje"):
        write(copy_of_published / "sources/blog/ryg.md", f"{ARTICLE}\n\n{word} udgave.\n")
        assert run_publish(copy_of_published, "newsletter").code == 0
        assert word in (copy_of_published / "outputs/current/newsletter/blog/ryg.html").read_text()


# ---- forged records


def plain_seal(data: bytes) -> bytes:
    """Return data with the digest that anyone can make."""
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


@pytest.mark.parametrize("seal", [bytes, plain_seal])
def test_a_forged_journal_is_forgotten(copy_of_published: Path, seal: Callable[[bytes], bytes]) -> None:
    good = digests(copy_of_published / "outputs")
    plan = {"moves": [["x", "newsletter/evil.html"]], "removals": ["newsletter/blog/ryg.html"]}
    write(copy_of_published / "outputs/.publish/staging/x", "evil")
    write(copy_of_published / "outputs/.publish/journal.json", seal(json.dumps(plan).encode()))

    done = run_publish(copy_of_published, "check")

    assert done.code == 0
    assert digests(copy_of_published / "outputs") == good
    assert not (copy_of_published / "outputs/.publish/journal.json").exists()


def forged(manifest: Path) -> bytes:
    """Return a manifest that names files of others as ours."""
    document = json.loads(unseal(manifest.read_bytes(), "manifest"))
    entry = json.loads(json.dumps(document["entries"][0]))
    entry["result"]["id"] = "gone/away"
    entry["result"]["artifacts"] = [{**entry["result"]["artifacts"][0], "path": name} for name in ("keep.txt", "l/x")]
    document["entries"].append(entry)
    return plain_seal(json.dumps(document).encode())


@pytest.mark.parametrize("damage", ["forged", "torn", "empty", "of another machine"])
def test_a_manifest_that_is_not_ours_costs_time_and_one_sentence(
    copy_of_published: Path, outside: Path, damage: str
) -> None:
    manifest = copy_of_published / "outputs/.publish/manifest"
    good = digests(copy_of_published / "outputs")
    kept = write(copy_of_published / "outputs/keep.txt", "mine")
    (copy_of_published / "outputs/l").symlink_to(outside)
    before = (copy_of_published / "outputs/newsletter/blog/ryg.html").stat()
    if damage == "of another machine":
        there = run_process(copy_of_published, "newsletter", XDG_STATE_HOME=str(outside.parent / "there"))
        assert there.findings("manifest-foreign")
    else:
        data = manifest.read_bytes()
        write(manifest, {"forged": forged(manifest), "torn": data[: len(data) // 2], "empty": b""}[damage])

    done, again = (run_publish(copy_of_published, "all") for _ in range(2))

    assert (done.code, again.code) == (0, 0)
    assert "manifest-foreign" in done.out
    assert len(done.findings("manifest-foreign")) == 1
    assert again.report["summary"]["unchanged"] == 3
    assert not again.findings("manifest-foreign")
    kept.unlink()
    (copy_of_published / "outputs/l").unlink()
    assert digests(copy_of_published / "outputs") == good
    after = (copy_of_published / "outputs/newsletter/blog/ryg.html").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_without_a_manifest_of_ours_no_file_is_removed(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/blog/nakke.md", ARTICLE.replace("Ondt i ryggen", "Ondt i nakken"))
    (copy_of_published / "sources/blog/ryg.md").unlink()
    write(copy_of_published / "outputs/.publish/manifest", b"torn")

    done = run_publish(copy_of_published, "newsletter")

    assert done.code == 0
    assert (copy_of_published / "outputs/newsletter/blog/ryg.html").is_file()
    assert (copy_of_published / "outputs/newsletter/blog/nakke.html").is_file()


def test_a_file_that_became_a_folder_does_not_stop_its_removal(copy_of_published: Path) -> None:
    (copy_of_published / "sources/blog/ryg.md").rename(copy_of_published / "sources/blog/nakke.md")
    for name in ("newsletter/blog/ryg.html", "epub/blog/ryg.epub"):
        (copy_of_published / "outputs" / name).unlink()
        write(copy_of_published / "outputs" / name / "mine.txt", "mine")

    done = run_publish(copy_of_published, "all")

    assert done.code == 0
    assert (copy_of_published / "outputs/newsletter/blog/ryg.html/mine.txt").read_text() == "mine"
    assert not (copy_of_published / "outputs/handout/blog/ryg.pdf").exists()


# ---- the answer of a run with nothing to do, before anything is loaded


def first_process(project: Path, *arguments: str) -> Ran:
    """Run the command as a user does, from its first module on."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=project,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr, project, {})


def test_a_forged_answer_reaches_no_terminal(copy_of_published: Path) -> None:
    status = (copy_of_published / "publish.toml").stat()
    line = (
        f"{status.st_size},{status.st_mtime_ns},{status.st_ctime_ns},{status.st_ino} {copy_of_published}/publish.toml"
    )
    answer = f"{_machine()}\n0\n{line}\n\n\x1b]0;owned\x07All is well.\n"
    cache = Cache(copy_of_published / "outputs/.publish/cache.db")
    for arguments in (["--version"], ["newsletter"]):
        cache.put("nothing-to-do", _asked(arguments, str(copy_of_published)), answer.encode())
    cache.close()

    version, done = first_process(copy_of_published, "--version"), first_process(copy_of_published, "newsletter")

    assert (version.code, done.code) == (0, 0)
    assert "publish, version" in version.out
    assert "1 unchanged" in done.out
    assert "owned" not in version.out + done.out


@pytest.mark.parametrize("place", ["outputs", "outputs/.publish", "outputs/.publish/cache.db"])
@pytest.mark.parametrize("what", ["link to a folder", "link", "pipe", "folder"])
def test_no_state_stops_help_and_version(copy_of_published: Path, outside: Path, place: str, what: str) -> None:
    put(copy_of_published / place, what, outside)

    assert (first_process(copy_of_published, "--version").code, first_process(copy_of_published, "--help").code) == (
        0,
        0,
    )


# ---- other places that write


def link_places(project: Path, outside: Path) -> Iterator[tuple[tuple[str, ...], Path, Path]]:
    """Yield commands that write into a project, a link in their way, and where it leads."""
    yield ("check", "--update-baseline"), project / "check-baseline.json", outside / "mine.txt"
    yield ("new", "Ny artikel"), project / "sources/ny-artikel.md", outside / "new"
    yield ("init", "."), project / ".github", outside
    yield ("init", "."), project / ".gitignore", outside / "new"


@pytest.mark.parametrize("number", range(4))
def test_commands_that_write_into_the_project_follow_no_link_out_of_it(
    project: Path, outside: Path, number: int
) -> None:
    arguments, link, target = list(link_places(project, outside))[number]
    if arguments[0] == "init":
        (project / "publish.toml").unlink()
    link.unlink(missing_ok=True)
    link.symlink_to(target)

    done = run_publish(project, *arguments)

    assert done.code == 2
    assert any(word in done.err for word in ("outside the project", "exists", "already holds"))


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("name", ["../outside/known.json", "{outside}/known.json"])
def test_a_baseline_outside_of_the_project_is_refused(project: Path, name: str) -> None:
    toml = PUBLISH_TOML + f'\n[check]\nbaseline = "{name.format(outside=project.parent / "outside")}"\n'
    write(project / "publish.toml", toml)

    done = run_publish(project, "check", "--update-baseline")

    assert done.code == 2
    assert "is outside the project" in done.err


@pytest.mark.usefixtures("outside")
def test_a_new_article_outside_of_the_project_is_refused(project: Path) -> None:
    write(project / "publish.toml", PUBLISH_TOML + '\n[sources]\narticles = ["../outside/*.md"]\n')

    done = run_publish(project, "new", "Ny artikel")

    assert done.code == 2
    assert "is outside the project" in done.err


@pytest.mark.parametrize(
    ("place", "target"),
    [("styles", "."), ("styles", ".."), ("styles", "{outside}"), ("styles/newsletter", "{outside}/newsletter"),
     ("styles/brand", "/proc/self")],
)  # fmt: skip
def test_styles_behind_a_link_show_no_file_outside(
    copy_of_published: Path, tmp_path: Path, place: str, target: str
) -> None:
    template = (REPOSITORY / "styles/newsletter/footer.html.j2").read_text("utf-8")
    elsewhere = tmp_path / "elsewhere"
    for folder in (copy_of_published, copy_of_published.parent, elsewhere):
        write(folder / "secret.txt", "SECRET")
        write(folder / "newsletter/footer.html.j2", "{% include 'secret' %}" + template)
        (folder / "secret").symlink_to(elsewhere / "secret.txt")
    if target == "{outside}":
        (elsewhere / "secret").unlink()
        (elsewhere / "secret.txt").rename(elsewhere / "secret")
    link = copy_of_published / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(target.format(outside=elsewhere))
    page = copy_of_published / "outputs/newsletter/blog/ryg.html"
    before = page.read_bytes()

    done = run_publish(copy_of_published, "newsletter", "--force")

    assert done.code == (1 if target == "." else 2)  # within the project, only the template that is included leads out
    assert "a link that leads out of the project" in done.out + done.err
    assert page.read_bytes() == before


def test_a_publish_toml_of_a_gigabyte_is_not_read(copy_of_published: Path) -> None:
    os.truncate(copy_of_published / "publish.toml", 1_000_000_000)

    done = run_publish(copy_of_published, "check")

    assert done.code == 2
    assert "publish.toml: larger than 1 MB" in done.err


def test_drafts_of_written_files_follow_no_link(project: Path, outside: Path) -> None:
    write(project / "sources/blog/ryg.md", ARTICLE.replace("## Hold", "Hold").replace("i gang\n", "i gang\n---\n"))
    for name in ("sources/blog/.ryg.md.new", ".check-baseline.json.new", ".report.json.new", ".found.json.new"):
        (project / name).symlink_to(outside / "mine.txt")

    run_publish(project, "check", "--fix", "--yes")
    codes = [
        run_publish(project, *arguments).code
        for arguments in (
            ("check", "--update-baseline"),
            ("check", "--format", "json", "--output", "found.json"),
            ("newsletter", "--report", "report.json"),
        )
    ]

    assert codes == [0, 0, 0]
    assert (project / "found.json").is_file()
    assert (project / "check-baseline.json").is_file()


@pytest.mark.parametrize(("key", "command"), [("baseline", "newsletter"), ("words", "check")])
def test_words_and_a_baseline_behind_a_link_are_refused(project: Path, outside: Path, key: str, command: str) -> None:
    write(project / "publish.toml", PUBLISH_TOML + f'\n[check]\n{key} = "linked.json"\n')
    (project / "linked.json").symlink_to(outside / "mine.txt")

    done = run_publish(project, command)

    assert done.code == 2
    assert "error: linked.json is outside the project" in done.err
    assert "mine" not in done.err


@pytest.mark.parametrize("value", [b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", b"[" * 20_000])
def test_values_of_the_cache_that_are_nested_too_deep_are_computed_again(copy_of_published: Path, value: bytes) -> None:
    path = copy_of_published / "outputs/.publish/cache.db"
    before = (copy_of_published / "outputs/newsletter/blog/ryg.eml").read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT kind, key FROM entries WHERE kind != 'file'").fetchall()
        for kind, key in rows:
            connection.execute(
                "UPDATE entries SET value = ?, digest = ? WHERE kind = ? AND key = ?",
                (value, value_digest(kind, key, value), kind, key),
            )
        connection.commit()

    done = run_publish(copy_of_published, "newsletter")

    assert rows
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert (copy_of_published / "outputs/newsletter/blog/ryg.eml").read_bytes() == before


@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("form", ["html", "sarif", "github", "terminal"])
def test_no_report_shows_a_line_of_what_lies_outside(project: Path, outside: Path, form: str, kind: str) -> None:
    place = project / "sources/blog/linked.md"
    (place.symlink_to if kind == "link" else lambda _: os.mkfifo(place))(outside / "mine.txt")

    done = run_publish(project, "check", "--format", form)

    assert done.code == 1
    assert "linked.md" in done.out
    assert "mine" not in done.out.replace("mine.txt", "") + done.err


@pytest.mark.parametrize("name", ["plain.da.toml", "da.toml", "xx.toml"])
def test_words_that_are_no_files_are_refused(project: Path, name: str) -> None:
    (project / "styles/words").mkdir(parents=True)
    os.mkfifo(project / "styles/words" / name)

    done = run_publish(project, "newsletter")

    assert done.code == 2
    assert f"styles/words/{name}" in done.err


def test_a_linked_certificate_is_refused(project: Path, outside: Path) -> None:
    write(outside.parent / "certificates/epub/blog/ryg.json", "{}")
    (project / "certificates").symlink_to(outside.parent / "certificates")

    done = run_publish(project, "epub")

    assert done.code == 2
    assert "certificates/epub/blog/ryg.json is outside the project" in done.err


# ---- whose project it is


def test_another_owner_s_project_is_refused_unless_it_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project / "mine/notes.txt", "mine")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 98765)

    refused, named = run_publish(project, "newsletter"), run_publish(project, "newsletter", "--project", str(project))

    assert (refused.code, named.code) == (2, 0)
    assert f"belongs to another user, {project.owner()}" in refused.err
    assert f"--project {project}" in refused.err
    assert not refused.report


@pytest.mark.parametrize(("folder", "mode", "is_open"), [
    ("project", 0o777, True), ("project", 0o1777, True), (".", 0o777, True), (".", 0o1777, False),
    ("project", 0o775, False),
])  # fmt: skip
def test_a_project_that_everyone_may_change_is_told(project: Path, folder: str, mode: int, is_open: bool) -> None:
    (project.parent / folder).chmod(mode)

    done, strict = run_publish(project, "newsletter"), run_publish(project, "newsletter", "--strict")

    assert done.code == 0
    assert bool(done.findings("project-open")) == is_open
    assert ("every user of this machine may change" in done.out) == is_open
    assert strict.code == int(is_open or bool(done.report["summary"]["warnings"]))
