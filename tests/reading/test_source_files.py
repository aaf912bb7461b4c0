"""Sources are found by their globs, named by their path, and opened only inside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import Config, SourceSettings
from pipeline.errors import ConfigError, SourceError
from pipeline.reading.source_files import find_roots, find_sources, read_inside, source_id
from tests.makers import write


def project(folder: Path, **sources: object) -> Config:
    write(folder / "publish.toml", "")
    return Config(folder, sources=SourceSettings(**sources))  # type: ignore[arg-type]  # a test's own words


@pytest.mark.parametrize(
    ("below", "id_"),
    [
        ("Soevn_1.md", "soevn-1"),
        ("blog/Ondt i ryggen.md", "blog/ondt-i-ryggen"),
        ("A\u030aben.md", "åben"),
        ("a:b?.md", "a-b"),
        ("ordbog/albue.md", "ordbog/albue"),
    ],
)
def test_an_id_is_the_path_made_safe(below: str, id_: str) -> None:
    assert source_id(Path(below)) == id_


def test_ids_start_at_the_fixed_part_of_the_glob(tmp_path: Path) -> None:
    write(tmp_path / "content/blog/Soevn_1.md", "# Søvn")
    write(tmp_path / "content/.hidden/x.md", "# X")

    config = project(tmp_path, articles=("content/**/*.md",), root="content")
    files = find_sources(config, find_roots(config))

    assert [(source.id, source.path) for source in files.sources] == [("blog/soevn-1", "content/blog/Soevn_1.md")]
    assert files.findings == ()


def test_a_suffix_in_capitals_is_read_and_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    for name in (
        "STOR.MD",
        "blog/lille.md",
        "blog/Brev.DOCX",
        "alt.Markdown",
        "ryg.png",
        ".skjult.docx",
        "~$brev.docx",
    ):
        write(tmp_path / "sources" / name, "# A")

    config = project(tmp_path)
    files = find_sources(config, find_roots(config))

    assert [(source.id, source.path) for source in files.sources] == [
        ("blog/lille", "sources/blog/lille.md"),
        ("stor", "sources/STOR.MD"),
    ]
    assert [(finding.code, finding.severity, finding.source) for finding in files.findings] == [
        ("file-not-read", "warning", "sources/alt.Markdown"),
        ("file-not-read", "warning", "sources/blog/Brev.DOCX"),
    ]
    assert '`publish import "sources/blog/Brev.DOCX"`' in files.findings[1].hint


def test_a_glob_of_another_suffix_or_of_one_folder_names_nothing_else(tmp_path: Path) -> None:
    for name in ("sources/a.md", "sources/ud/b.docx", "tekst/c.txt", "tekst/d.docx"):
        write(tmp_path / name, "# A")

    config = project(tmp_path, articles=("sources/*.md", "tekst/*.txt"))
    files = find_sources(config, find_roots(config))

    assert [source.path for source in files.sources] == ["sources/a.md", "tekst/c.txt"]
    assert files.findings == ()


def test_two_sources_that_differ_in_capitals_only_are_both_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "sources/ryg.md", "# A")
    write(tmp_path / "sources/ryg.MD", "# B")

    config = project(tmp_path)
    files = find_sources(config, find_roots(config))

    assert [finding.code for finding in files.findings] == ["id-twice", "id-twice"]


def test_two_sources_with_one_id_are_both_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "sources/soevn_1.md", "# A")
    write(tmp_path / "sources/soevn-1.md", "# B")

    config = project(tmp_path)
    files = find_sources(config, find_roots(config))

    assert files.sources == ()
    assert {source.id for source in files.id_conflicts} == {"soevn-1"}
    assert [(finding.code, finding.source) for finding in files.findings] == [
        ("id-twice", "sources/soevn-1.md"),
        ("id-twice", "sources/soevn_1.md"),
    ]
    assert "sources/soevn-1.md" in files.findings[1].message


@pytest.mark.parametrize("glob", ["../*.md", "/etc/*.md", "a/../../b/*.md"])
def test_a_glob_that_leaves_the_project_is_refused(tmp_path: Path, glob: str) -> None:
    config = project(tmp_path, articles=(glob,))

    with pytest.raises(ConfigError, match="below the project folder"):
        find_roots(config)


def test_a_glob_with_two_double_stars_is_refused(tmp_path: Path) -> None:
    config = project(tmp_path, articles=("**/**/*.md",))

    with pytest.raises(ConfigError, match=r"once at most"):
        find_roots(config)


def test_a_link_out_of_the_sources_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "secret")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/x.md").symlink_to(tmp_path / "secret.txt")
    roots = find_roots(project(tmp_path))

    with pytest.raises(SourceError, match="out of the source folders"):
        read_inside(tmp_path / "sources/x.md", roots, 1000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    os.mkfifo(tmp_path / "sources/x.md")

    with pytest.raises(SourceError, match="not a regular file"):
        read_inside(tmp_path / "sources/x.md", find_roots(project(tmp_path)), 1000)


def test_a_file_over_its_limit_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "sources/x.md", "x" * 1001)

    with pytest.raises(SourceError, match="1,001 bytes, expected at most 1,000"):
        read_inside(tmp_path / "sources/x.md", find_roots(project(tmp_path)), 1000)


def test_a_file_that_two_globs_name_is_published_once(tmp_path: Path) -> None:
    write(tmp_path / "sources/blog/x.md", "# X")
    config = project(tmp_path, articles=("sources/**/*.md", "sources/blog/*.md"))

    assert [source.id for source in find_sources(config, find_roots(config)).sources] == ["blog/x"]


@pytest.mark.parametrize("glob", ["", ".", "**.md", "findes-ikke/*.md"])
def test_a_glob_that_names_nothing_is_a_fault_of_the_configuration(tmp_path: Path, glob: str) -> None:
    write(tmp_path / "sources/x.md", "# X")
    config = project(tmp_path, articles=(glob,))

    with pytest.raises(ConfigError, match="articles"):
        find_sources(config, find_roots(config))


def test_a_name_with_a_line_end_is_unusable(tmp_path: Path) -> None:
    """It would forge a line of the log."""
    write(tmp_path / "sources/ok.md", "# X")
    write(tmp_path / "sources/a\n::error::x.md", "# X")
    config = project(tmp_path)

    files = find_sources(config, find_roots(config))

    assert [source.id for source in files.sources] == ["ok"]
    assert [finding.code for finding in files.findings] == ["name-unusable"]
    assert "\n" not in files.findings[0].source


def test_files_of_one_kind_that_are_not_read_are_named_once_with_what_to_do(tmp_path: Path) -> None:
    for name in ("a.md", "b.docx", "c.docx", "d.mdx"):
        write(tmp_path / "sources" / name, "# A")

    config = project(tmp_path)
    found = find_sources(config, find_roots(config)).findings

    assert [(each.code, each.source) for each in found] == [
        ("file-not-read", "sources/b.docx"), ("file-not-read", "sources/d.mdx")
    ]  # fmt: skip
    assert "2 files of the kind .docx" in found[0].message
    assert "sources/b.docx, sources/c.docx" in found[0].message
    assert "**/*.mdx" in found[1].hint


def test_a_kind_that_another_glob_names_is_read(tmp_path: Path) -> None:
    for name in ("a.md", "d.mdx"):
        write(tmp_path / "sources" / name, "# A")

    config = project(tmp_path, articles=("sources/*.md", "sources/*.mdx"))
    found = find_sources(config, find_roots(config))

    assert [source.id for source in found.sources] == ["a", "d"]
    assert found.findings == ()
