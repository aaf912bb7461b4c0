"""Why something is made anew, where the time went, and a cache that can be emptied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.running.saving import Outputs
from pipeline.running.upkeep import clean, prune
from pipeline.timing import PHASES
from tests.makers import PUBLISH_TOML, write
from tests.running.here import run

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


def test_a_change_that_kept_size_and_time_is_found_by_verifying(project: Path) -> None:
    run(project)
    page = project / "outputs/newsletter/blog/ryg.html"
    good, status = page.read_bytes(), page.stat()
    page.write_bytes(good.replace(b"Ondt", b"Godt"))
    os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert run(project)[0].written == []
    assert run(project, is_verified=True)[0].written == ["blog/ryg"]
    assert page.read_bytes() == good


def test_the_phases_of_a_run_add_up_to_no_more_than_it_took(project: Path) -> None:
    report = run(project)[1]

    work = sum(report.phases.values())
    assert set(report.phases) <= set(PHASES)
    assert {"read", "pandoc", "pictures", "write", "validate", "save"} <= set(report.phases)
    assert 0.5 * report.seconds < work <= report.seconds + 0.05


def test_an_emptied_cache_leaves_what_was_published(project: Path) -> None:
    run(project)
    outputs = Outputs(project / "outputs")

    assert clean(outputs, 0) > 0
    assert not (outputs.state / "pictures").exists()
    here, report = run(project)

    assert here.written == []
    assert {entry.status for entry in report.entries} == {"unchanged"}


def test_the_cache_drops_what_was_not_used_for_longest(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    for number, name in enumerate(("old", "middle", "new")):
        path = write(outputs.state / f"pictures/ab/{name}.picture", b"x" * 1000)
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))

    prune(outputs, most_bytes=2500)

    assert sorted(path.stem for path in (outputs.state / "pictures").rglob("*.picture")) == ["middle", "new"]


@pytest.mark.parametrize("memory", [0, 1])
def test_the_number_of_workers_is_never_none(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.running import workers

    monkeypatch.setattr(workers, "_memory_bytes", lambda: memory)

    assert workers.default_jobs() >= 1
