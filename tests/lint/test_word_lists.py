"""Word lists: the packaged ones, and what a project changes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import StyleError
from pipeline.lint.word_lists import load_word_list, tokenize, validate_word_lists
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import LISTS, load_words
from tests.makers import write


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", LISTS)
def test_danish_and_english_have_every_list(name: str, language: str) -> None:
    assert load_word_list(Styles((packaged_styles(),)), name, language).entries


def test_a_project_adds_to_a_list_and_takes_out(tmp_path: Path) -> None:
    write(tmp_path / "words/plain.da.toml", '"kodeord" = "almindeligt ord"\n"hypertension" = ""\n')
    plain = load_word_list(Styles((tmp_path, packaged_styles())), "plain", "da")

    assert plain.entries["kodeord"] == "almindeligt ord"
    assert "hypertension" not in plain.entries
    assert "fraktur" in plain.entries

    (tmp_path / "words/plain.da.toml").unlink()  # a process that stays sees that
    assert "hypertension" in load_word_list(Styles((tmp_path, packaged_styles())), "plain", "da").entries


def test_a_table_beside_the_words_of_a_language_is_a_list(tmp_path: Path) -> None:
    write(tmp_path / "words/sv.toml", 'back = "Tillbaka"\n[plain]\n"fraktur" = "benbrott"\n')

    styles = Styles((tmp_path, packaged_styles()))
    assert load_word_list(styles, "plain", "sv").entries == {"fraktur": "benbrott"}
    assert load_words(styles, "sv").entries == {"back": "Tillbaka"}


def test_words_are_found_with_their_endings_and_phrases_whole() -> None:
    plain = load_word_list(Styles((packaged_styles(),)), "plain", "da")
    text = "Frakturerne blev taget per os, men ikke frakturering."

    assert [text[start:end] for start, end, _ in plain.found_in(tokenize(text))] == ["Frakturerne", "per os"]


def test_a_language_without_lists_finds_nothing() -> None:
    assert not list(load_word_list(Styles((packaged_styles(),)), "plain", "tlh").found_in(tokenize("fraktur")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.da.toml", "x ="), ("plain.da.toml", "x = 1"), ("pain.da.toml", ""), ("da.toml", "plain = 'x'"),
        ("da.toml", "[claims]\nx = 1"),
    ],
)  # fmt: skip
def test_a_broken_list_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / "words" / name, text)

    with pytest.raises(StyleError) as caught:
        validate_word_lists(Styles((tmp_path,)))
    assert caught.value.source == f"styles/words/{name}"
