"""Which columns of a table hold numbers, words or sentences."""

from __future__ import annotations

import pytest

from pipeline.model import Cell, Table
from pipeline.rendering.table_columns import (
    decimals_of,
    has_row_heads,
    is_word_list,
    number_columns,
    settle_alignment,
)
from tests.makers import plain


def cells(*words: str, alignment: str = "") -> tuple[Cell, ...]:
    return tuple(Cell((plain(word),) if word else (), alignment) for word in words)  # type: ignore[arg-type]


def column(*words: str, alignment: str = "right") -> Table:
    """Return a table whose second column holds these words."""
    rows = tuple((*cells(f"Række {number}"), *cells(word, alignment=alignment)) for number, word in enumerate(words))
    return Table((*cells("Navn"), *cells("Værdi", alignment=alignment)), rows)


@pytest.mark.parametrize(
    "words",
    [
        ("2", "12,5"),
        ("8–12", "10–15 gange"),
        ("3 × 10 gentagelser", "", "40 %"),
        ("hver dag", "to gange ugentligt"),
        ("5–10 minutter hver dag", "2 gange"),
    ],
)
@pytest.mark.parametrize("alignment", ["right", "center"])
def test_numbers_and_a_few_words_keep_their_alignment(words: tuple[str, ...], alignment: str) -> None:
    table = column(*words, alignment=alignment)

    assert settle_alignment(table) == table


@pytest.mark.parametrize("words", [("2", "to gange om ugen"), ("Hævelse i et led, ofte knæet", "Feber")])
@pytest.mark.parametrize("alignment", ["right", "center"])
def test_a_column_with_a_sentence_begins_at_the_left(words: tuple[str, ...], alignment: str) -> None:
    settled = settle_alignment(column(*words, alignment=alignment))

    assert {cell.alignment for row in (settled.head, *settled.rows) for cell in row} == {""}


def test_other_columns_stay_as_they_are() -> None:
    rows = ((*cells("Gå en tur hver eneste dag", "5", alignment="right"),), (*cells("Hvil", "7", alignment="right"),))

    settled = settle_alignment(Table(cells("Råd", "Dage", alignment="right"), rows))

    assert [cell.alignment for cell in settled.head] == ["", "right"]


@pytest.mark.parametrize(
    ("words", "thousands", "is_number"),
    [
        (("2", "12,5"), ".", True),
        (("1.200", "−3,25"), ".", True),
        (("1,200", "3.25"), ",", True),
        (("40 %", "7 %", ""), ".", True),
        (("2", "12,5 kg"), ".", False),
        (("2", "to"), ".", False),
        (("8–12", "2"), ".", False),
        (("2",), ".", False),
    ],
)
def test_a_column_of_plain_numbers_is_known(words: tuple[str, ...], thousands: str, *, is_number: bool) -> None:
    assert number_columns(column(*words), thousands) == ({1} if is_number else set())


def test_the_first_column_names_its_rows_and_is_no_column_of_numbers() -> None:
    assert number_columns(Table(cells("Uge", "Råd"), (cells("1", "Gå"), cells("2", "Løb"))), ".") == set()


@pytest.mark.parametrize(
    ("words", "decimals"), [("12,5", ",5"), ("1.200", ""), ("7", ""), ("40 %", " %"), ("2,25 %", ",25 %"), ("to", "")]
)
def test_decimals_begin_at_their_sign(words: str, decimals: str) -> None:
    assert decimals_of(words, ".") == decimals


@pytest.mark.parametrize(
    ("names", "are_heads"),
    [
        (("Gang", "Løb"), True),
        (("Gang", "Gang"), False),
        (("1", "2"), False),
        (("Gå en lang tur i skoven hver dag", "Løb"), False),
    ],
)
def test_a_first_column_of_names_is_a_head_of_rows(names: tuple[str, ...], *, are_heads: bool) -> None:
    assert has_row_heads(Table(cells("Øvelse", "Virkning"), tuple(cells(name, "x") for name in names))) is are_heads


def test_a_long_table_of_two_short_columns_is_a_word_list() -> None:
    rows = tuple(cells(f"ord {number}", "betydning") for number in range(21))

    assert is_word_list(Table(cells("Ord", "Betydning"), rows))
    assert not is_word_list(Table(cells("Ord", "Betydning"), rows[:20]))
    assert not is_word_list(Table(cells("Ord", "Betydning"), (*rows, cells("ord", "en betydning " * 5))))
