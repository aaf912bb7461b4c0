"""Lists, indented text, and lines that were set one by one."""

from __future__ import annotations

import pytest

from pipeline.model import BulletList, LineBreak, OrderedList, Para, Plain, SoftBreak, Space, Str, text, walk
from pipeline.reading.lists import escape_leading_numbers, repair_lists, repair_typed_bullets
from tests.reading.markdown import built, stepped


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("4. fire\n5) fem", "4. fire\n5. fem", "list-numbering"),
        ("1. Læg dig\n  - på ryggen\n2. Rejs dig", "1. Læg dig\n   - på ryggen\n2. Rejs dig", "indentation"),
        ("Husk:\n- vand", "Husk:\n\n- vand", "blank-line-missing"),
        ("Øvelser:\n3. tre\n4. fire", "Øvelser:\n\n3. tre\n4. fire", "blank-line-missing"),
        ("Tegn\n\n    Kramper", "Tegn\n\nKramper", "indentation"),
        ("Tegn\n\n    - feber\n    - kulde", "Tegn\n\n- feber\n- kulde", "indentation"),
        ("- Gå.\n- Løb.\nDet hjælper.", "- Gå.\n- Løb.\n\nDet hjælper.", "list-ended"),
    ],
)
def test_a_list_is_what_it_looks_like(text: str, expected: str, code: str) -> None:
    assert stepped(repair_lists, text) == (expected, [code])


@pytest.mark.parametrize(
    "text",
    [
        "- a\n  - b\n    - c",
        "1. en\n\n   mere\n2. to",
        "- en linje\n  der går videre",
        "- en linje\nder går videre",
        "et tal som\n3. i rækken",
        "* * *",
        "[^1]: Først.\n\n    Så.",
        "```\n    kode\n```",
    ],
)
def test_a_list_that_is_well_stays(text: str) -> None:
    assert stepped(repair_lists, text) == (text, [])


def test_deep_text_in_an_item_is_a_paragraph_of_the_item() -> None:
    changed, _ = stepped(repair_lists, "1. en\n\n          dybt\n2. to")

    assert changed == "1. en\n\n   dybt\n2. to"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. maj åbner klinikken.", r"1\. maj åbner klinikken."),
        ("2025. Det var året.", r"2025\. Det var året."),
        ("3. trimester er hårdt.", r"3\. trimester er hårdt."),
    ],
)
def test_a_date_or_a_year_begins_no_list(text: str, expected: str) -> None:
    assert stepped(escape_leading_numbers, text) == (expected, ["number-no-list"])


def test_a_list_of_months_is_a_list() -> None:
    assert stepped(escape_leading_numbers, "1. Januar\n2. Februar") == ("1. Januar\n2. Februar", [])


def test_typed_bullets_make_a_list() -> None:
    assert stepped(repair_typed_bullets, "• vand\n• frugt")[0] == "- vand\n- frugt"


@pytest.mark.parametrize("text", ["✔ vand\n✔ frugt", "a) gå\nb) løb", "Klinik Eksempel\nEksempelvej 1\n8000 Aarhus C"])
def test_lines_set_one_by_one_stay_lines(text: str) -> None:
    changed, codes = stepped(repair_typed_bullets, text)

    assert changed == text.replace("\n", "  \n")
    assert set(codes) == {"list-bullet"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a. stå\nb. gå\nc. sid", ["a. stå", "b. gå", "c. sid"]),
        ("Gør sådan:\n(1) stå\n(2) gå\nlangsomt\n(3) sid", ["Gør sådan:", "(1) stå", "(2) gå langsomt", "(3) sid"]),
        ("1. Trin:\n   a. stå\n   b. gå\n2. Slut", ["Trin:", "a. stå", "b. gå", "Slut"]),
        ("> i) stå\n> ii) gå\n> iii) sid", ["i) stå", "ii) gå", "iii) sid"]),
        ("1.1 stå\n1.2 gå\n2.1. sid", ["1.1 stå", "1.2 gå", "2.1. sid"]),
        ("tag\n1.5 tablet eller\n2.5 tablet", ["tag 1.5 tablet eller 2.5 tablet"]),
        ("I\n1.1 til\n(2) og", ["I 1.1 til (2) og"]),
        ("(A) stå\n(B) gå", ["(A) stå", "(B) gå"]),
        ("A. Hansen\nog B. Jensen", ["A. Hansen og B. Jensen"]),
        ("a. stå\n(b) gå\nc. sid", ["a. stå (b) gå c. sid"]),
        ("Se afsnit\na. Det er nok.", ["Se afsnit a. Det er nok."]),
        ("1. stå\n\n    a. gå\n    b. løb", ["stå", "a. gå", "b. løb"]),
    ],
)
def test_items_that_are_marked_with_letters_or_in_brackets_stay_lines(text: str, said: list[str]) -> None:
    assert printed_lines(text) == said


def test_a_list_in_an_item_may_begin_at_any_number_and_a_number_alone_is_text() -> None:
    changed, codes = stepped(repair_lists, "- skala\n  0. nul\n  1. et\n- gå\n  10. skridt")

    assert changed == "- skala\n\n  0. nul\n  1. et\n- gå\n  10. skridt"
    assert codes == ["blank-line-missing"]


def printed_lines(markdown: str) -> list[str]:
    shown = {Space: " ", SoftBreak: " ", LineBreak: "\n", Para: "\n", Plain: "\n"}
    blocks, _ = built(markdown)
    words = (node.text if isinstance(node, Str) else shown.get(type(node), "") for node in walk(blocks))
    return "".join(words).strip().split("\n")


def test_bullets_of_word_nest_below_the_bullets_above_them() -> None:
    blocks, _ = built("•\tVand\no\tStille\no\tMed brus\n§\tKold\n•\tFrugt\n\nTekst.\n\no\tAlene")

    first, _, alone = blocks
    assert isinstance(first, BulletList)
    (_, inner), _ = first.items
    assert isinstance(inner, BulletList)
    assert [text(item) for item in inner.items] == ["Stille", "Med brus Kold"]
    assert isinstance(inner.items[1][1], BulletList)
    assert isinstance(alone, BulletList)
    assert stepped(repair_typed_bullets, "Alkohol o frugt\no eller")[1] == []


def test_prose_that_was_broken_by_hand_flows() -> None:
    text = "Ryggen har godt af at blive brugt, og det\ngælder også, når den gør ondt. Begynd med\nen kort tur."

    assert stepped(repair_typed_bullets, text) == (text, [])


def starts(text: str) -> list[tuple[int, int]]:
    """Return the first number and the length of each numbered list."""
    blocks, _ = built(text)
    return [(block.start, len(block.items)) for block in blocks if isinstance(block, OrderedList)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. stå\n2. gå\n\n1. sid\n2. lig\n\n1. hvil", [(1, 2), (1, 2), (1, 1)]),
        ("1. stå\n3. gå\n4. sid", [(1, 1), (3, 2)]),
        ("1. stå\n2. gå\n2. sid\n3. lig", [(1, 2), (2, 2)]),
        ("1) stå\n2) gå\n\n1) sid\n2) lig", [(1, 2), (1, 2)]),
        ("1. stå\n1. gå\n\n1. sid", [(1, 3)]),
        ("1. stå\n2. gå\n3) sid", [(1, 3)]),
    ],
)
def test_every_item_keeps_the_number_its_author_gave_it(text: str, expected: list[tuple[int, int]]) -> None:
    once, _ = stepped(repair_lists, text)

    assert starts(text) == expected
    assert stepped(repair_lists, once) == (once, [])


def test_a_number_that_does_not_go_on_is_noted() -> None:
    assert stepped(repair_lists, "1. stå\n3. gå")[1] == ["list-numbering"]
