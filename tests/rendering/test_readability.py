"""LIX: words per sentence, and long words in a hundred."""

from __future__ import annotations

import pytest

from pipeline.rendering.readability import lix, sentences
from tests.rendering.counted import TEXTS, Counted


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (("Det er en kat. Den er sort.",), 4),  # 7 words, 2 sentences, none long: 3.5
        (("Bevægelse hjælper mere end hvile",), 45),  # 5 words, 1 sentence, 2 long: 5 + 40
        (("Gå en tur", "Lav lidt"), 2),  # each item of a list is a sentence of its own: 5 / 2
        (("Det er f.eks. 3.5 km d. 3. maj.",), 6),  # one sentence; numbers are no words
        (("Se klinik.example nu.",), 36),  # an address is one long word: 3 + 33.3
    ],
)
def test_the_number_is_that_of_the_formula(paragraphs: tuple[str, ...], expected: int) -> None:
    assert lix(paragraphs) == expected


def test_a_text_without_words_has_none() -> None:
    assert lix(()) is None
    assert lix(("12 – 34",)) is None


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_lix_is_that_of_a_hand_count(text: Counted) -> None:
    found = lix(text.texts)

    assert found is not None
    assert abs(found - text.lix) <= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Du henvises til genoptræning mhp. Selvstændighed.",
        "Behandling pga. Parkinsons sygdom.",
        "Pga. Parkinson, mht. (se side 3) og ift. „smerte“ ifm. Sygdom.",
        "Søg p.g.a. Feber, bl.a. Influenza, iht. Loven.",
        "Ask Dr. Jones, approx. June, e.g. Monday.",
    ],
)
def test_an_abbreviation_ends_no_sentence_before_a_capital_or_a_bracket(text: str) -> None:
    assert [found for _, found in sentences(text)] == [text]
    assert lix((text,)) == lix((text.replace(".", ""),))


@pytest.mark.parametrize("text", ["Tag bolde, elastikker osv. Kom forbi.", "Det er min. Gå nu.", "Han har MS. Gå nu."])
def test_an_abbreviation_that_may_end_a_sentence_ends_it_before_a_capital(text: str) -> None:
    assert len(list(sentences(text))) == 2


def test_sentences_are_found_in_their_places() -> None:
    text = "Se f.eks. dr. Prøve kl. 8. Gå nu!"

    assert list(sentences(text)) == [(0, "Se f.eks. dr. Prøve kl. 8."), (27, "Gå nu!")]
    assert [start for start, _ in sentences("Det var hårdt … men godt. Så … Godt.")] == [0, 26, 31]
