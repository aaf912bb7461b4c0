"""LIX: words per sentence, and long words in a hundred."""

from __future__ import annotations

import pytest

from pipeline.rendering.readability import lix


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
