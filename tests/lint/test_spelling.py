"""Spelling, with the real Hunspell and a real dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import CheckSettings, Config
from pipeline.lint.spelling import missing_part, project_words
from tests.lint.linting import findings, of
from tests.makers import write

danish = pytest.mark.skipif(bool(missing_part("da")), reason=missing_part("da"))
SPELL = CheckSettings()


@danish
@pytest.mark.parametrize(
    ("words", "wrong", "right"),
    [
        ("Du kan få smeter i ryggen.", "smeter", "'smerter'"),
        ("Det er vigitgt at gå.", "vigitgt", "'vigtigt'"),
        ("Tag det roligt i begyndelssen.", "begyndelssen", "'begyndelsen'"),
    ],
)
def test_a_slip_of_one_letter_is_found_with_what_was_meant(words: str, wrong: str, right: str) -> None:
    (finding,) = of("spelling", findings(words, check=SPELL))

    assert finding.quote == wrong
    assert right in finding.message


@danish
@pytest.mark.parametrize(
    "words",
    [
        "Fysioterapeuten gennemgår genoptræningsplanen med dig.",
        "Nakkeøvelserne og skulderbladsmusklerne.",
        "Her møder du Ida Smeter fra klinikken.",
        "Det hedder goblet squat og split squat.",
        "Skriv til smeter@klinik.example.",
    ],
)
def test_compounds_names_english_and_addresses_are_left_alone(words: str) -> None:
    assert not of("spelling", findings(words, check=SPELL))


@danish
def test_a_word_of_the_project_is_right(tmp_path: Path) -> None:
    write(tmp_path / "sources/ordliste.txt", "# egne ord\nSmeter\n")

    assert not of("spelling", findings("Du kan få smeter.", check=SPELL, folder=tmp_path))


def test_the_words_of_a_project_are_read_as_articles_are(tmp_path: Path) -> None:
    write(tmp_path / "ord.txt", "# egne ord\nKnæ&shy;skal\nhofte\u00adled  # led\nalbue&#173;led\n")

    assert project_words(Config(tmp_path, check=CheckSettings(words="ord.txt"))) == {"knæskal", "hofteled", "albueled"}


@danish
def test_a_word_is_found_once_in_an_article() -> None:
    assert len(of("spelling", findings("Du kan få smeter.", "Store smeter.", check=SPELL))) == 1


def test_spelling_can_be_switched_off() -> None:
    assert not of("spelling", findings("Du kan få smeter.", check=CheckSettings(spelling=False)))


def test_a_language_without_dictionary_says_so() -> None:
    assert missing_part("tlh")
