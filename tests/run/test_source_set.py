"""What has not changed is not read again, and what has is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.makers import picture_file, write
from tests.run.here import run


@pytest.fixture
def settled(project: Path) -> Path:
    """Return a project with two articles, published; its files were changed long ago."""
    write(project / "sources/blog/knae.md", "---\ntitle: Ondt i knæet\n---\n\nTekst.\n\n![Knæ](/images/nej.png)\n")
    for path in (project / "sources").rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    run(project)
    return project


def test_an_unchanged_article_is_not_read_and_repeats_its_findings(settled: Path) -> None:
    before = run(settled)[1]

    here, again = run(settled)

    assert (here.read_paths, here.written) == ([], [])
    assert [finding.code for finding in again.findings if finding.code == "picture-missing"] == ["picture-missing"]
    assert again.findings == before.findings


def test_a_changed_article_is_the_only_one_read_and_written(settled: Path) -> None:
    ryg = settled / "sources/blog/ryg.md"
    ryg.write_text(ryg.read_text("utf-8").replace("Gå en tur", "Gå en lang tur"), "utf-8")

    here, _ = run(settled)

    assert (here.read_paths, here.written) == (["sources/blog/ryg.md"], ["blog/ryg"])


def test_a_copy_with_other_times_is_known_by_its_bytes(settled: Path, tmp_path: Path) -> None:
    """As in CI: a fresh checkout, and a cache from the run before."""
    copy = tmp_path / "checkout"
    shutil.copytree(settled, copy, copy_function=shutil.copyfile)

    here, report = run(copy)

    assert (here.read_paths, here.written) == ([], [])
    assert {entry.status for entry in report.entries} == {"unchanged"}


def test_a_changed_picture_is_a_change_of_the_articles_that_show_it(settled: Path) -> None:
    write(settled / "sources/images/ryg.png", picture_file(400, 300))

    here, _ = run(settled)

    assert (here.read_paths, here.written) == (["sources/blog/ryg.md"], ["blog/ryg"])


def test_a_picture_that_was_missing_is_found_once_it_is_there(settled: Path) -> None:
    write(settled / "sources/images/nej.png", picture_file())

    here, report = run(settled)

    assert here.read_paths == ["sources/blog/knae.md"]
    assert not [finding for finding in report.findings if finding.code == "picture-missing"]


def test_a_change_of_what_reading_is_told_is_a_change_of_all(settled: Path) -> None:
    toml = settled / "publish.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[sources]\nquotes = "»«"\n', "utf-8")

    here, _ = run(settled)

    assert sorted(here.read_paths) == ["sources/blog/knae.md", "sources/blog/ryg.md"]


def test_what_is_written_without_having_changed_is_not_read_for_it(settled: Path) -> None:
    write(settled / "styles/newsletter/extra.css", "/* changed */")

    here, report = run(settled)

    assert sorted(here.written) == ["blog/knae", "blog/ryg"]
    assert here.read_paths == []
    assert {entry.status for entry in report.entries} == {"written"}


def test_an_article_that_the_cache_has_lost_is_read_for_it(settled: Path) -> None:
    with sqlite3.connect(settled / "outputs/.publish/cache.db") as connection:
        connection.execute("DELETE FROM entries WHERE kind = 'article'")
    connection.close()
    write(settled / "styles/newsletter/extra.css", "/* changed */")

    here, report = run(settled)

    assert sorted(here.read_paths) == ["sources/blog/knae.md", "sources/blog/ryg.md"]
    assert {entry.status for entry in report.entries} == {"written"}


def test_a_part_run_reads_what_the_cache_has_lost_of_the_others(settled: Path) -> None:
    page = settled / "outputs/index.html"
    run(settled, articles=("blog/knae",))
    before = page.read_bytes()
    (settled / "outputs/.publish/cache.db").unlink()

    run(settled, articles=("blog/knae",))

    assert page.read_bytes() == before
