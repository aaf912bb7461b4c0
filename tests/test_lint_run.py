"""Sources that the desk repairs: what no one could mean otherwise, and not a byte more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, SourceSettings
from pipeline.errors import ConfigError
from pipeline.lint_run import apply_fix, find_fixes
from pipeline.reading.repairs import fix_source
from tests.makers import write

FRONT = b"---\r\ntitle:   Ryg\r\n---\r\n\r\n"


def mended(data: bytes) -> bytes:
    return fix_source(data, "ryg.md", SourceSettings())


def test_a_heading_gets_its_marks_and_blank_lines() -> None:
    assert mended(b"Tekst.\n##Symptomer\nMere.\n") == b"Tekst.\n\n## Symptomer\n\nMere.\n"


def test_characters_without_width_and_a_missing_line_end_are_mended() -> None:
    assert mended("De\u200bt er sa\u030a.".encode()) == "Det er så.\n".encode()


def test_line_ends_marks_and_front_matter_stay_byte_for_byte() -> None:
    before = b"\xef\xbb\xbf" + FRONT + b"Tekst. \t\r\n##Symptomer\r\n\r\nMere.\r\n"

    assert mended(before) == b"\xef\xbb\xbf" + FRONT + b"Tekst. \t\r\n\r\n## Symptomer\r\n\r\nMere.\r\n"


def test_what_a_person_must_look_at_is_left_alone() -> None:
    before = "Tekst \u202evendt\u202c.\n".encode()

    assert mended(before) == before


def test_a_sound_source_and_a_mended_one_stay_as_they_are() -> None:
    sound = FRONT + b"Tekst.\r\n\r\n## Symptomer\r\n\r\n```\r\n##kode\r\n```\r\n"
    once = mended(b"a\n##b\nc\n![x](y.png)\nd")

    assert mended(sound) == sound
    assert mended(once) == once


def test_fixes_are_shown_and_applied_to_the_sources_alone(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", "")
    write(tmp_path / "sources/ryg.md", "Tekst.\n##Symptomer\n")
    write(tmp_path / "sources/fin.md", "Tekst.\n")

    (fix,) = find_fixes(Config(tmp_path), ())
    apply_fix(fix)

    assert "+## Symptomer" in fix.diff
    assert (tmp_path / "sources/ryg.md").read_text() == "Tekst.\n\n## Symptomer\n"
    assert not find_fixes(Config(tmp_path), ())


def test_a_source_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", "")
    write(tmp_path / "sources/ryg.md", "##Symptomer\n")
    (fix,) = find_fixes(Config(tmp_path), ())
    write(tmp_path / "sources/ryg.md", "##Andet\n")

    with pytest.raises(ConfigError, match="changed meanwhile"):
        apply_fix(fix)
    assert (tmp_path / "sources/ryg.md").read_text() == "##Andet\n"
