"""The cache gives back what was stored or nothing, whatever became of its file; and nothing in it does any harm."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.engine import cache as module
from pipeline.engine.cache import Cache, value_digest
from pipeline.writers import installed_writers
from tests.makers import write
from tests.run.here import run
from tests.test_publish import digests

KILLS = int(os.environ.get("CACHE_KILLS", "5"))
"""More of them, such as 100, for a longer look."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def filled(path: Path, values: int = 200) -> dict[str, bytes]:
    stored = {f"key-{number}": os.urandom(50 * number) for number in range(values)}
    cache = Cache(path, is_owner=True)
    cache.put_many("file", stored.items())
    cache.close()
    return stored


def insert(path: Path, kind: str, key: str, value: object, digest: str = "") -> None:
    """Lay a row into the cache as someone else would."""
    digest = digest or value_digest(kind, key, value if isinstance(value, bytes) else b"")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", (kind, key, 1, digest, value))
    connection.close()


# ---- values


def test_values_are_kept_by_kind_and_key(path: Path) -> None:
    cache = Cache(path, is_owner=True)
    cache.put("file", "a", b"1")
    cache.put("picture", "a", b"2")
    cache.put("file", "a", b"3")
    cache.close()

    again = Cache(path)

    assert (again.get("file", "a"), again.get("picture", "a"), again.get("file", "b")) == (b"3", b"2", None)


def test_a_value_under_another_key_is_none(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET key = 'other' WHERE key = 'key-7'")
    connection.close()

    assert Cache(path).get("file", "other") is None


@pytest.mark.parametrize("seed", range(50))
def test_a_damaged_byte_gives_no_wrong_value(path: Path, seed: int) -> None:
    stored = filled(path)
    data = bytearray(path.read_bytes())
    data[random.Random(seed).randrange(len(data))] ^= 0x55  # noqa: S311
    path.write_bytes(data)

    cache = Cache(path, is_owner=True)
    found = {key: cache.get("file", key) for key in stored}
    cache.put_many("file", stored.items())

    assert [key for key, value in found.items() if value not in (stored[key], None)] == []
    assert {key: cache.get("file", key) for key in stored} == stored


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 4000])
def test_what_is_no_cache_is_begun_anew(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)

    cache = Cache(path, is_owner=True)
    cache.put("file", "a", b"1")

    assert cache.get("file", "a") == b"1"


def test_damage_that_another_process_meets_is_mended_by_the_next_owner(path: Path) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))

    other = Cache(path)
    found = [other.get("file", f"key-{number}") for number in range(200)]
    mark = path.with_name("cache.db-damaged")
    was_marked = mark.exists()
    owner = Cache(path, is_owner=True)
    owner.put("file", "a", b"1")

    assert set(found) == {None}
    assert was_marked
    assert not mark.exists()
    assert other.__reduce__()[0](str(path)).get("file", "a") == b"1"  # type: ignore[operator]  # as a worker opens it


def test_a_folder_in_its_place_is_a_cache_without_values(path: Path) -> None:
    path.mkdir()

    cache = Cache(path, is_owner=True)
    cache.put("file", "a", b"1")

    assert cache.get("file", "a") is None


def test_those_not_used_for_longest_go_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_700_000_000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    cache = Cache(path, is_owner=True)
    for name in ("old", "used again", "new"):
        cache.put("file", name, os.urandom(100_000))
        clock[0] += 10_000
    cache.get("file", "used again")

    cache.prune(most_bytes=250_000)

    assert [name for name in ("old", "used again", "new") if cache.get("file", name)] == ["used again", "new"]


def test_its_size_is_bounded(path: Path) -> None:
    cache = Cache(path, is_owner=True)
    for number in range(100):
        cache.put("file", str(number), os.urandom(50_000))
    cache.prune(most_bytes=1_000_000)
    cache.close()

    assert 500_000 < path.stat().st_size <= 1_000_000


_WRITER = """
import hashlib, random, sys
from pipeline.engine.cache import Cache
cache, draws = Cache(sys.argv[1], is_owner=sys.argv[2] == "owner"), random.Random(sys.argv[3])
while True:
    key = str(draws.randrange(400))
    cache.put("file", key, hashlib.sha256(key.encode()).digest() * draws.randrange(1, 3000))
    if sys.argv[2] == "owner" and draws.random() < 0.02:
        cache.prune(1_000_000)
"""


def test_processes_killed_in_mid_write_leave_no_wrong_value(path: Path) -> None:
    moments = random.Random(7)  # noqa: S311
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    found = 0
    for number in range(KILLS):
        Cache(path, is_owner=True).close()
        writers = [
            subprocess.Popen([sys.executable, "-c", _WRITER, str(path), role, f"{number} {role}"], env=environment)
            for role in ("owner", "worker")
        ]
        time.sleep(moments.uniform(0.1, 1.0))
        for writer in writers:
            writer.kill()
            writer.wait()
        cache = Cache(path, is_owner=True)
        for key in map(str, range(400)):
            value = cache.get("file", key) or b""
            assert value == hashlib.sha256(key.encode()).digest() * (len(value) // 32)
            found += bool(value)
        cache.close()

    assert found > 0


# ---- made hostile by hand


def test_a_value_longer_than_any_of_ours_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 3)
    insert(path, "file", "huge", b"x" * 3_000_000)
    monkeypatch.setattr(module, "_LONGEST", 2_000_000)

    cache = Cache(path, is_owner=True)

    assert cache.get("file", "huge") is None
    assert cache.get("file", "key-2") is not None


@pytest.mark.parametrize("value", ["text", 7, None, 1.5])
def test_a_value_that_is_no_bytes_is_none(path: Path, value: object) -> None:
    filled(path, 3)
    if value is not None:
        insert(path, "file", "odd", value)

    assert Cache(path).get("file", "odd") is None


def test_a_table_of_another_form_or_with_triggers_is_removed(path: Path) -> None:
    filled(path, 3)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER t AFTER UPDATE ON entries BEGIN SELECT load_extension('x'); END")
    connection.close()

    assert Cache(path).get("file", "key-1") is None
    assert Cache(path, is_owner=True).get("file", "key-1") is None


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_links_in_the_place_of_its_files_are_not_followed(path: Path, tmp_path: Path, suffix: str) -> None:
    filled(path, 3)
    mine = write(tmp_path / "mine.txt", "mine")
    link = path.with_name(f"cache.db{suffix}")
    link.unlink(missing_ok=True)
    link.symlink_to(mine)

    assert Cache(path).get("file", "key-1") is None
    cache = Cache(path, is_owner=True)
    cache.put("file", "a", b"1")

    assert cache.get("file", "a") == b"1"
    assert mine.read_text() == "mine"


def test_a_copy_by_hard_links_keeps_what_it_holds(path: Path, tmp_path: Path) -> None:
    stored = filled(path)
    backup = tmp_path / "backup.db"
    os.link(path, backup)
    before = backup.read_bytes()

    cache = Cache(path, is_owner=True)
    cache.put("file", "a", os.urandom(100_000))
    cache.close()

    assert backup.read_bytes() == before
    assert Cache(path).get("file", "key-9") == stored["key-9"]


class Harm:
    """What pickle would call as soon as it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.target,)


def rows(path: Path) -> list[tuple[str, str, bytes]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT kind, key, value FROM entries").fetchall()
    connection.close()
    return found


def test_pickles_in_the_place_of_all_values_run_no_code(project: Path, tmp_path: Path) -> None:
    run(project)
    before = digests(project / "outputs")
    path = project / "outputs/.publish/cache.db"
    for kind, key, _ in rows(path):
        insert(path, kind, key, pickle.dumps(Harm(tmp_path / "harm")))
    write(project / "styles/newsletter/extra.css", "/* */")
    (project / "styles/newsletter/extra.css").unlink()

    report = run(project)[1]

    assert not (tmp_path / "harm").exists()
    assert digests(project / "outputs") == before
    assert [finding for finding in report.findings if finding.severity == "error"] == []


@pytest.mark.parametrize(
    "name", ["../../mine.txt", "newsletter/../../mine.txt", "/mine.txt", "newsletter/..", "x/a.html"]
)
def test_names_that_lead_elsewhere_are_not_written(project: Path, name: str) -> None:
    mine = write(project / "mine.txt", "mine")
    run(project)
    before = digests(project / "outputs")
    path = project / "outputs/.publish/cache.db"
    for kind, key, value in rows(path):
        if kind == "render":
            form = json.loads(value)
            form["artifacts"][0]["path"] = name
            insert(path, kind, key, json.dumps(form).encode())
    (project / "outputs/newsletter/blog/ryg.html").unlink()

    run(project)

    assert mine.read_text() == "mine"
    assert digests(project / "outputs") == before


def test_another_article_under_the_key_of_one_is_read_again(project: Path) -> None:
    run(project)
    before = digests(project / "outputs")
    path = project / "outputs/.publish/cache.db"
    articles = [(key, value) for kind, key, value in rows(path) if kind == "article"]
    assert articles
    for key, value in articles:
        insert(path, "article", key, value.replace(b"https:", b"javascript:") + b" ")
    (project / "outputs/newsletter/blog/ryg.html").unlink()
    for kind, key, _ in rows(path):
        if kind == "render":
            insert(path, kind, key, b"torn")

    run(project)

    assert digests(project / "outputs") == before


@pytest.mark.parametrize("field", ["id", "source", "language"])
def test_a_summary_whose_words_lead_elsewhere_is_read_anew(project: Path, field: str) -> None:
    run(project)
    path = project / "outputs/.publish/cache.db"
    for kind, key, value in rows(path):
        if kind == "read":
            form = json.loads(value)
            holder = form["meta"]["meta"] if field == "language" else form["meta"]
            holder[field] = "../../../etc/passwd"
            insert(path, kind, key, json.dumps(form).encode())

    here, report = run(project)

    assert here.read_paths == ["sources/blog/ryg.md"]
    assert {entry.status for entry in report.entries} == {"unchanged"}


# ---- from elsewhere, and by two versions of the program in turn


def test_a_cache_from_another_place_gives_the_same_files(project: Path, tmp_path: Path) -> None:
    run(project)
    other = tmp_path / "elsewhere"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns("outputs"))
    write(other / "outputs/.publish/cache.db", (project / "outputs/.publish/cache.db").read_bytes())

    here, _ = run(other)

    assert (here.read_paths, here.written) == ([], [])
    assert digests(other / "outputs") == digests(project / "outputs")


def test_a_source_that_differs_there_is_read_though_its_file_looks_the_same(project: Path, tmp_path: Path) -> None:
    run(project)
    other = tmp_path / "elsewhere"
    shutil.copytree(project, other)
    source = other / "sources/blog/ryg.md"
    status = source.stat()
    source.write_bytes(source.read_bytes().replace(b"Ondt", b"Godt"))
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))

    here, _ = run(other)

    assert here.read_paths == ["sources/blog/ryg.md"]


def test_two_versions_in_turn_make_what_each_of_them_makes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.engine import keys

    def of_another_version(*_: str) -> dict[str, str]:
        return {"clinic-publish": "another"}

    run(project)
    with monkeypatch.context() as patch:
        patch.setattr(keys, "program_parts", of_another_version)
        written = run(project)[0].written
        again = run(project)[0].written
    back = run(project)

    assert (written, again) == (["blog/ryg"], [])
    assert back[0].written == []
    assert back[1].reasons["blog/ryg", "newsletter"] == keys.CHANGES["program"]


def test_the_code_of_sending_and_preview_belongs_to_no_task() -> None:
    from pipeline.engine import keys

    formats = (point.module for point in installed_writers().values())
    read, render = keys.closure(keys.READ_MODULES), keys.closure((*keys.RENDER_MODULES, *formats))

    assert {"pipeline.reading.block_builder", "pipeline.lint.safety", "pipeline.model"} <= read
    assert {"pipeline.writers.epub.book", "pipeline.rendering.markup", "pipeline.validation.pdf_tags"} <= render
    assert {"pipeline.languages.da", "pipeline.languages.en"} <= read & render
    assert not [name for name in (*read, *render) if name.startswith(("pipeline.mailing", "pipeline.preview"))]
    assert "pipeline.build" not in read | render
