"""LIX: words per sentence, and long words in a hundred."""

from __future__ import annotations

import pytest

from pipeline.rendering.readability import lix, sentences


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


# Counted by hand: words / sentences + 100 * words of more than six letters / words.
HAND = [
    ("Du kan gå en tur hver dag. Det er godt for din ryg.", 13 / 2 + 0),
    ("Bevægelse hjælper mere end hvile. Kroppen bliver stærkere af træning.", 10 / 2 + 500 / 10),
    ("Søg læge, hvis smerterne bliver værre. Ring 112 ved lammelse!", 9 / 2 + 200 / 9),
    ("Tag f.eks. 0,5 g paracetamol kl. 8. Spis noget til.", 8 / 2 + 100 / 8),
    ("Fysioterapeuten undersøger ryggen og planlægger genoptræningen sammen med dig.", 9 / 1 + 400 / 9),
]


@pytest.mark.parametrize(("text", "by_hand"), HAND)
def test_lix_is_that_of_a_hand_count(text: str, by_hand: float) -> None:
    found = lix((text,))

    assert found is not None
    assert abs(found - by_hand) <= 0.5


def test_sentences_are_found_in_their_places() -> None:
    text = "Se f.eks. dr. Prøve kl. 8. Gå nu!"

    assert list(sentences(text)) == [(0, "Se f.eks. dr. Prøve kl. 8."), (27, "Gå nu!")]
