"""Shards make each edition once, and joined they are what one run makes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import ConfigError
from pipeline.running.merging import merge
from pipeline.running.saving import Outputs
from pipeline.running.shards import Shard, shard_of
from pipeline.writers import registered
from tests.makers import write
from tests.running.here import run

SOURCES = 7


@pytest.fixture
def several(project: Path) -> Path:
    """Return a project with articles of different length, and an edition of two."""
    for number in range(SOURCES - 2):
        text = "Et afsnit om ryggen.\n\n" * (number * number + 1)
        write(project / f"sources/blog/nr-{number}.md", f"---\ntitle: Nummer {number}\n---\n\n{text}")
    write(project / "sources/samling.md", "---\ntitle: Samling\narticles: [blog/ryg, blog/nr-1]\n---\n\nTo.\n")
    return project


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".publish" not in path.parts and path.name not in ("report.json", "index.html")
    }


def test_joined_shards_are_the_bytes_of_one_run(several: Path, tmp_path: Path) -> None:
    settings = config.load(several, registered())
    whole = tmp_path / "whole"
    run(several, outputs=whole)
    parts = [tmp_path / f"part-{number}" for number in (1, 2, 3)]
    made = [run(several, outputs=part, shard=Shard(n, 3))[0].written for n, part in enumerate(parts, 1)]

    report = merge(settings, parts, Outputs(tmp_path / "joined"), 0)

    assert sorted(id_ for part in made for id_ in part) == sorted(entry.id for entry in report.entries)
    assert all(made)
    assert len(report.entries) == SOURCES
    assert files(tmp_path / "joined") == files(whole)


def test_what_was_joined_has_nothing_to_do(several: Path, tmp_path: Path) -> None:
    settings = config.load(several, registered())
    parts = [tmp_path / "part-1", tmp_path / "part-2"]
    for number, part in enumerate(parts, 1):
        run(several, outputs=part, shard=Shard(number, 2))
    merge(settings, parts, Outputs(several / "outputs"), 0)

    here, report = run(several)

    assert (here.read_paths, here.written) == ([], [])
    assert {entry.status for entry in report.entries} == {"unchanged"}


def test_a_shard_that_lists_what_it_does_not_hold_is_refused(several: Path, tmp_path: Path) -> None:
    run(several, outputs=tmp_path / "part", shard=Shard(1, 2))
    for path in (tmp_path / "part/newsletter").rglob("*.html"):
        path.unlink()

    with pytest.raises(ConfigError, match="that is not there"):
        merge(config.load(several, registered()), [tmp_path / "part"], Outputs(tmp_path / "joined"), 0)


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected such as 2/8"):
        shard_of(text)
