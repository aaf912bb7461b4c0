"""`publish check` as people and CI meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import config
from pipeline.config import CheckSettings
from tests.conftest import run_publish
from tests.makers import PUBLISH_TOML, write

HARD = """---
title: Ondt i benet
published: 2026-03-02
---

Du kan få hypertension af stress.
"""


def test_findings_stand_beside_their_words_as_the_project_weighs_them(project: Path) -> None:
    write(project / "sources/blog/ben.md", HARD)
    toml = (project / "publish.toml").read_text()
    write(project / "publish.toml", toml + '[check]\nseverities = {hard-word = "error", help-missing = "off"}\n')

    done = run_publish(project, "check", "--jobs", "1")

    assert done.code == 1
    assert "sources/blog/ben.md:6: error hard-word: 'hypertension'" in done.out
    assert "    Du kan få hypertension af stress.\n              ^^^^^^^^^^^^\n" in done.out
    assert "help-missing" not in done.out
    assert "2 checked: " in done.out
    assert [path.name for path in (project / "outputs").iterdir()] == [".publish"]


def test_one_article_is_shown_alone(project: Path) -> None:
    write(project / "sources/blog/ben.md", HARD)

    done = run_publish(project, "check", "blog/ryg", "--verbose", "--jobs", "1")

    assert "ben.md" not in done.out
    assert "1 checked: " in done.out


def test_an_article_that_does_not_exist_is_refused(project: Path) -> None:
    done = run_publish(project, "check", "blog/rygg", "--jobs", "1")

    assert done.code == 2
    assert "did you mean 'blog/ryg'?" in done.err


def test_machines_get_nothing_but_their_form(project: Path) -> None:
    done = run_publish(project, "check", "--format", "sarif", "--jobs", "1")

    assert json.loads(done.out)["version"] == "2.1.0"


def test_publishing_reports_the_same_findings(project: Path) -> None:
    write(project / "sources/blog/ben.md", HARD)

    checked = json.loads(run_publish(project, "check", "--format", "json", "--jobs", "1").out)["findings"]
    published = run_publish(project, "newsletter", "--jobs", "1").report["findings"]

    assert checked
    # What a run makes, it judges.
    assert {f["code"] for f in checked if f not in published} == {"pages-unjudged"}


def test_a_baseline_lets_an_old_archive_start_strict(project: Path) -> None:
    write(project / "sources/blog/ben.md", HARD)

    run_publish(project, "check", "--update-baseline", "--jobs", "1")
    known = run_publish(project, "check", "--strict", "--jobs", "1")
    write(project / "sources/blog/ben.md", HARD + "\nEn fraktur gør ondt.\n")
    new = run_publish(project, "check", "--strict", "--jobs", "1")

    assert known.code == 0
    assert "0 warnings, 0 notes" in known.out
    assert new.code == 1
    assert "'fraktur'" in new.out
    assert "'hypertension'" not in new.out


@pytest.mark.parametrize("baseline", ["../mine.json", "{outside}/mine.json", "sources/link/mine.json"])
def test_a_baseline_lies_in_the_project(project: Path, tmp_path: Path, baseline: str) -> None:
    outside = write(tmp_path / "mine.json", "mine")
    (project / "sources/link").symlink_to(tmp_path)
    write(project / "publish.toml", f'{PUBLISH_TOML}\n[check]\nbaseline = "{baseline.format(outside=tmp_path)}"\n')

    done = run_publish(project, "check", "--update-baseline", "--jobs", "1")

    assert (done.code, outside.read_text()) == (2, "mine")
    assert "is outside the project" in done.err


def test_a_report_that_cannot_be_written_is_named(project: Path, tmp_path: Path) -> None:
    done = run_publish(project, "check", "--format", "html", "--output", str(write(tmp_path / "file", "x") / "a.html"))

    assert done.code == 2
    assert "a.html cannot be written" in done.err
    assert "Traceback" not in done.err


def test_a_word_list_that_never_ends_is_no_word_list(project: Path) -> None:
    (project / "sources/ordliste.txt").symlink_to("/dev/zero")

    done = run_publish(project, "check", "--jobs", "1")

    assert done.code == 2
    assert "sources/ordliste.txt is outside the project" in done.err


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        ('{hard-wrod = "off"}', "did you mean 'hard-word'?"),
        ('{placeholder = "off"}', "which is always an error"),
        ('{dashes = "off", links-too-many = "off"}', "names links-too-many, which is always an error"),
    ],
)
def test_a_weight_that_cannot_be_set_is_refused(project: Path, severities: str, told: str) -> None:
    write(project / "publish.toml", f"[check]\nseverities = {severities}\n")

    done = run_publish(project, "check")

    assert done.code == 2
    assert told in done.err


def test_a_weight_of_a_rule_that_was_removed_is_accepted(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[check]\nseverities = {article-alike = "off"}\n')

    assert config.load_config(tmp_path, ()).check.severities == {"article-alike": "off"}


def test_keys_that_were_removed_have_no_effect(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", "[check]\nonline_days = 7\nprivate_hosts = []\n")

    assert config.load_config(tmp_path, ()).check == CheckSettings()


def test_a_finding_is_explained(project: Path) -> None:
    done = run_publish(project, "check", "--explain", "claim-doubtful")
    wrong = run_publish(project, "check", "--explain", "claim-doubtfull")

    for part in ("claim-doubtful (warning)", "For example: ", "Why: ", "Source: Lov om markedsføring", "Cure: "):
        assert part in done.out
    assert "did you mean 'claim-doubtful'?" in wrong.err
    assert run_publish(project, "check", "--explain", "line-ends").out.startswith("file-untidy (note)")


def test_what_only_finished_pages_show_is_said_to_be_unjudged(copy_of_published: Path) -> None:
    published = run_publish(copy_of_published, "check", "--jobs", "1")
    write(copy_of_published / "sources/blog/ryg.md", HARD)
    changed = run_publish(copy_of_published, "check", "--jobs", "1")

    assert "not judged" not in published.out
    assert "1 of 1 sources were not judged for print, e-book and mail: `publish all` makes the files" in changed.out


def test_finished_files_are_judged(copy_of_published: Path) -> None:
    sound = run_publish(copy_of_published, "check", "outputs")
    book = next((copy_of_published / "outputs/epub").rglob("*.epub"))
    book.write_bytes(book.read_bytes()[:-200])
    write(copy_of_published / "outputs/other.pdf", "no pdf")
    broken = run_publish(copy_of_published, "check", "outputs")

    assert (sound.code, broken.code) == (0, 1)
    assert "3 checked: 0 errors" in sound.out
    assert "outputs/other.pdf: error file-nonconforming: it is no PDF" in broken.out
    assert f"{book.relative_to(copy_of_published)}: error file-nonconforming" in broken.out


def test_a_folder_without_finished_files_is_refused(project: Path) -> None:
    done = run_publish(project, "check", "sources")

    assert done.code == 2
    assert "there is no .pdf, .epub, .eml in sources" in done.err


def test_reviews_are_judged_by_the_day_that_is_stated(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dated = HARD.replace("published", "reviewed_by: Anna Prøve\nreviewed: 2024-01-10\npublished")
    write(project / "sources/blog/ben.md", dated)

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")  # 2025-01-01
    early = run_publish(project, "check", "--jobs", "1")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")  # 2027-01-01
    late = run_publish(project, "check", "--jobs", "1")

    assert "review-overdue" not in early.out
    assert "warning review-overdue: reviewed on 2024-01-10, due again on 2026-01-10" in late.out


def test_a_broken_word_list_is_named(project: Path) -> None:
    write(project / "styles/words/plain.da.toml", "x = 1\n")

    done = run_publish(project, "check", "--jobs", "1")

    assert done.code == 2
    assert "styles/words/plain.da.toml: x is 1, expected text" in done.err
