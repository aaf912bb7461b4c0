"""Why something is made anew, where the time went, and a cache that can be emptied."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.engine.cache import Cache
from pipeline.engine.keys import digest
from pipeline.timing import PHASES, collect_timings
from tests.makers import PUBLISH_TOML, write
from tests.run.here import run

RYG = ("blog/ryg", "newsletter")


def test_a_run_says_why_each_was_made(project: Path) -> None:
    assert run(project)[1].reasons[RYG] == "it was never made"
    assert run(project)[1].reasons[RYG] == "unchanged"
    assert run(project, is_forced=True)[1].reasons[RYG] == "--force"

    write(project / "styles/newsletter/extra.css", "/* */")
    assert run(project)[1].reasons[RYG] == "the style changed"

    write(project / "publish.toml", PUBLISH_TOML.replace("Klinik Eksempel", "Klinik To"))
    assert run(project)[1].reasons[RYG] == "[publisher] changed"

    (project / "outputs/newsletter/blog/ryg.html").unlink()
    assert run(project)[1].reasons[RYG] == "its files are gone, or not as they were written"


def test_words_in_the_language_of_any_article_of_an_edition_make_it_anew(project: Path) -> None:
    write(project / "sources/back.md", "---\ntitle: Back\nlanguage: en\n---\n\n::: tip\nMove.\n:::\n")
    write(project / "sources/to.md", "---\ntitle: To\narticles:\n  - back: full\n---\n\nVelkommen.\n")
    run(project)
    write(project / "styles/words/en.toml", 'callout_tip = "Good advice"\n')

    reasons = run(project)[1].reasons

    assert reasons["to", "newsletter"] == "the words of its language changed"
    assert reasons[RYG] == "unchanged"
    assert "Good advice" in (project / "outputs/newsletter/to.html").read_text("utf-8")


@pytest.mark.parametrize("is_verified", [False, True])
def test_a_change_that_kept_size_and_time_is_found(project: Path, *, is_verified: bool) -> None:
    run(project)
    page = project / "outputs/newsletter/blog/ryg.html"
    good, status = page.read_bytes(), page.stat()
    page.write_bytes(good.replace(b"Ondt", b"Godt"))
    os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert [entry.status for entry in run(project, is_verified=is_verified)[1].entries] == ["written"]
    assert page.read_bytes() == good


def test_a_change_that_kept_all_that_the_file_system_says_is_put_right_by_verifying(project: Path) -> None:
    """Such as a bit that the disk has lost."""
    run(project)
    page = project / "outputs/newsletter/blog/ryg.html"
    good = page.read_bytes()
    page.write_bytes(good.replace(b"Ondt", b"Godt"))
    status = page.stat()
    times_ns = (status.st_mtime_ns, status.st_ctime_ns)
    key = digest((str(page), str(status.st_size), str(times_ns), str(status.st_ino)))
    cache = Cache(project / "outputs/.publish/cache.db", is_owner=True)
    cache.put("file-digest", key, hashlib.sha256(good).hexdigest().encode())
    cache.close()

    assert run(project)[0].written == []
    run(project, is_verified=True)

    assert page.read_bytes() == good


def test_the_phases_of_a_run_add_up_to_no_more_than_it_took(project: Path) -> None:
    collect_timings()  # of earlier tests in this process
    report = run(project)[1]

    work = sum(report.phases.values())
    assert set(report.phases) <= set(PHASES)
    assert {"read", "pandoc", "pictures", "write", "validate", "save"} <= set(report.phases)
    assert 0.5 * report.seconds < work <= report.seconds + 0.05


def test_without_a_cache_the_same_files_are_made_anew(project: Path) -> None:
    run(project)
    before = {path: path.stat().st_mtime_ns for path in (project / "outputs/newsletter").rglob("*.*")}
    (project / "outputs/.publish/cache.db").unlink()

    here, report = run(project)

    assert here.written == ["blog/ryg"]
    assert report.reasons[RYG] == "the cache no longer holds what was found in it"
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_files_that_were_made_before_come_from_the_cache(project: Path) -> None:
    """Back on a branch, or in CI with the cache alone: nothing is rendered twice."""
    run(project)
    page = project / "outputs/newsletter/blog/ryg.html"
    first = page.read_bytes()
    write(project / "publish.toml", PUBLISH_TOML.replace("Klinik Eksempel", "Klinik To"))
    assert run(project)[0].written == ["blog/ryg"]
    write(project / "publish.toml", PUBLISH_TOML)

    here, report = run(project)

    assert here.written == []
    assert [entry.status for entry in report.entries] == ["written"]
    assert page.read_bytes() == first


@pytest.mark.parametrize("memory", [0, 1])
def test_the_number_of_workers_is_never_none(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.engine import executor

    monkeypatch.setattr(executor, "_memory_bytes", lambda: memory)

    assert executor.default_jobs() >= 1
