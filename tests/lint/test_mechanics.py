"""Right: each rule fires on one text and is silent on its neighbour."""

from __future__ import annotations

import pytest

from tests.lint.linting import findings, of


def test_a_word_that_stands_twice_is_found() -> None:
    (finding,) = of("word-doubled", findings("Det er er vigtigt."))

    assert finding.quote == "er er"


@pytest.mark.parametrize(
    "words", ["Det, der der sker, er godt.", "Bora Bora er en ø.", "Ja, ja.", "Så så vi dem.", "tre, tre"]
)
def test_words_that_may_stand_twice_are_left_alone(words: str) -> None:
    assert not of("word-doubled", findings(words))


@pytest.mark.parametrize("words", ["Smerter , som gør ondt.", "Gør det ondt ?", "Det er slut ."])
def test_a_space_before_a_mark_is_found(words: str) -> None:
    assert of("space-before-mark", findings(words))


@pytest.mark.parametrize("words", ["Smerter, som gør ondt.", "Tag 5 :-)", "Han … sov.", "Brug .NET nu."])
def test_marks_without_a_space_are_left_alone(words: str) -> None:
    assert not of("space-before-mark", findings(words))


def test_an_english_genitive_is_found_with_the_danish_one() -> None:
    (finding,) = of("genitive-english", findings("Parkinson's sygdom rammer."))

    assert "expected 'Parkinsons'" in finding.message


@pytest.mark.parametrize(
    "words",
    [
        "Parkinsons sygdom rammer.",
        "Det hedder let's go.",
        "Marx' bøger.",
        "Feltet Ward's Area måles.",
        "WHO's råd og tv's rolle.",
    ],
)
def test_a_danish_genitive_and_english_words_are_left_alone(words: str) -> None:
    assert not of("genitive-english", findings(words))


def test_english_text_may_have_english_genitives() -> None:
    assert not of("genitive-english", findings("Parkinson's disease.", language="en"))


@pytest.mark.parametrize(
    "words", ["Han sagde „ja og gik.", "Han sagde »ja og gik.", "Han sagde „ja» og gik.", 'Han sagde "ja og gik.']
)
def test_a_quotation_that_is_not_closed_by_its_own_mark_is_found(words: str) -> None:
    assert of("quotes-mixed", findings(words))


@pytest.mark.parametrize(
    "words",
    ["Han sagde „ja“ og gik.", "»Ja, „nu“«, sagde han.", "“Yes” var svaret.", "Han er 5’ høj.", 'Brug et 9" bånd.'],
)
def test_quotations_in_pairs_are_left_alone(words: str) -> None:
    assert not of("quotes-mixed", findings(words))
