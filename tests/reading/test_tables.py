"""Pipe tables."""

from __future__ import annotations

import pytest

from pipeline.model import Table, text, walk
from pipeline.reading.tables import repair_tables
from tests.reading.markdown import built, stepped


def test_a_table_glued_to_text_is_set_apart_on_both_sides() -> None:
    changed, codes = stepped(repair_tables, "Sådan gør du:\n| Vane | Tid |\n|---|---|\n| Gå | 10 |\nDet er nok.")

    assert changed == "Sådan gør du:\n\n| Vane | Tid |\n|---|---|\n| Gå | 10 |\n\nDet er nok."
    assert codes == ["blank-line-missing", "blank-line-missing"]


def test_rows_without_a_delimiter_row_get_one() -> None:
    changed, codes = stepped(repair_tables, "| Vane | Tid |\n| Gå | 10 |")

    assert changed == "| Vane | Tid |\n| --- | --- |\n| Gå | 10 |"
    assert codes == ["table-shape"]


def test_no_cell_of_a_long_row_is_lost_and_alignment_stays() -> None:
    changed, _ = stepped(repair_tables, "| Vane | Tid |\n|:--|--:|\n| Gå | 10 | dagligt |")

    assert changed.split("\n")[:2] == ["| Vane | Tid |  |", "| :-- | --: | --- |"]


def test_dashes_that_a_word_processor_made_long_are_a_delimiter_row() -> None:
    changed, _ = stepped(repair_tables, "| A | B |\n|—|—|\n| 1 | 2 |")

    assert changed.split("\n")[1] == "| --- | --- |"


def test_rows_behind_a_blank_line_belong_to_the_table() -> None:
    changed, _ = stepped(repair_tables, "| A | B |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |")

    assert changed.split("\n")[2:] == ["| 1 | 2 |", "| 3 | 4 |"]


@pytest.mark.parametrize(
    "text",
    ["Enten | eller", "```\n| a |\n| b |\n```", "| A | B |\n|---|---|\n| 1 | 2 |\n\n| C | D |\n|---|---|\n| 3 | 4 |"],
)
def test_what_is_no_broken_table_stays(text: str) -> None:
    assert stepped(repair_tables, text) == (text, [])


def test_a_row_of_its_own_is_a_table_without_a_head() -> None:
    (table,), _ = built("| Ring | 86 12 34 56 |")

    assert isinstance(table, Table)
    assert (table.head, len(table.rows), text((table,))) == ((), 1, "Ring 86 12 34 56")
    assert stepped(repair_tables, "| Ring | 86 12 34 56 |")[1] == ["table-shape"]


@pytest.mark.parametrize(
    "text",
    [
        "- | A | B |\n  |---|---|\n  | 1 | 2 |\n- To",
        "1. | A |\n   |---|\n   | 1 |\n\n   Mere.",
        "- Først\n\n  | A | B |\n  |---|---|\n  | 1 | 2 |\n- Så | to",
        "10. - | A | B |\n      |:--|--:|\n      | 1 | 2 |",
        "> | A | B |\n> |---|---|\n> | 1 | 2 |",
    ],
)
def test_a_table_in_a_list_item_that_is_well_stays(text: str) -> None:
    assert stepped(repair_tables, text) == (text, [])
    assert [node.head != () for node in walk(built(text)[0]) if isinstance(node, Table)] == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- | A | B |\n  | 1 | 2 |", "- | A | B |\n  | --- | --- |\n  | 1 | 2 |"),
        ("- Først\n\n  | A | B |\n  |---|\n  | 1 | 2 |", "- Først\n\n  | A | B |\n  | --- | --- |\n  | 1 | 2 |"),
    ],
)
def test_a_table_in_a_list_item_is_completed_within_it(text: str, expected: str) -> None:
    assert stepped(repair_tables, text) == (expected, ["table-shape"])
