"""Fit for paper, mail and shelf, and words in drawings: each rule fires once and is silent once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.model import Cell, Figure, Image, Link, Para, Picture, Str, Table
from tests.lint.linting import findings, of
from tests.makers import PICTURE, para, plain, words_in, write

ADDRESS = "https://klinik.example/" + "a" * 80


def test_an_address_longer_than_a_line_is_found_where_it_is_shown() -> None:
    shown = Para((Link((Str(ADDRESS),), ADDRESS, 7),), 7)
    hidden = Para((Link(words_in("klinikkens side"), ADDRESS, 7),), 7)

    assert [finding.line for finding in of("address-long", findings(blocks=(shown,)))] == [7]
    assert not of("address-long", findings(blocks=(hidden,)))


def test_a_subject_that_an_inbox_cuts_off_is_found() -> None:
    assert of("subject-long", findings("Hej.", subject="Ord " * 20))
    assert not of("subject-long", findings("Hej.", subject="Ondt i ryggen"))


def test_a_description_that_was_made_is_noted() -> None:
    assert of("description-missing", findings("Hej.", has_description=False))
    assert not of("description-missing", findings("Hej."))


def test_an_article_without_author_is_noted() -> None:
    assert of("author-missing", findings("Hej.", authors=()))
    assert not of("author-missing", findings("Hej.", authors=("Bo Eksempel",)))


def test_a_table_without_head_is_found() -> None:
    row = (Cell((plain("a"),)), Cell((plain("b"),)))

    assert [f.line for f in of("table-headless", findings(blocks=(Table((), (row,), (), 9),)))] == [9]
    assert not of("table-headless", findings(blocks=(Table(row, (row,), (), 9),)))


def test_a_text_alternative_that_is_too_long_to_hear_is_found() -> None:
    long, short = (Figure(Image(PICTURE, "ord " * count, 4), (), 4) for count in (80, 8))

    assert of("alt-long", findings(blocks=(long,)))
    assert not of("alt-long", findings(blocks=(short,)))


def test_words_of_a_drawing_that_no_one_says_are_found(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><text>Nakke</text><text>Lænd</text></svg>'
    write(tmp_path / "krop.svg", drawing)
    picture = Picture("krop.svg", hashlib.sha256(drawing.encode()).hexdigest(), 100, 100, "image/svg+xml")

    unsaid = findings(
        blocks=(Figure(Image(picture, "En krop", 4), (), 4), para("Her gør det ondt i din lænd.")), folder=tmp_path
    )
    said = findings(blocks=(Figure(Image(picture, "Nakke og lænd", 4), (), 4),), folder=tmp_path)

    assert "'Nakke'" in of("lettering-unsaid", unsaid)[0].message
    assert "'Lænd'" not in of("lettering-unsaid", unsaid)[0].message
    assert not of("lettering-unsaid", said)
