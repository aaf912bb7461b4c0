"""The outline."""

from __future__ import annotations

import pytest

from pipeline.model import Block, Callout, Header, HorizontalRule, Link, Para, References, Strong, text, walk
from pipeline.reading.outline import slugify
from tests.reading.markdown import arranged, codes


def headings(blocks: tuple[Block, ...]) -> list[tuple[int, str]]:
    return [(block.level, text(block.content)) for block in blocks if isinstance(block, Header)]


@pytest.mark.parametrize(
    ("marks", "levels"),
    [
        ("## ### ## ###", [2, 3, 2, 3]),
        ("## #### ####", [2, 3, 3]),
        ("### #### ###", [2, 3, 2]),
        ("### ## ###", [2, 2, 3]),
        ("## ### #### ##### ######", [2, 3, 4, 4, 4]),
        ("## # ## #", [2, 2, 3, 2]),
        ("# # ##", [2, 2, 3]),
    ],
)
def test_levels_run_from_two_to_four_without_a_gap(marks: str, levels: list[int]) -> None:
    markdown = "\n\n".join(f"{mark} Afsnit {number}\n\nTekst." for number, mark in enumerate(marks.split()))

    found, _ = arranged(markdown)

    assert [level for level, _ in headings(found.blocks)] == levels


def test_the_only_heading_of_level_one_is_the_title() -> None:
    found, _ = arranged("![a](/a.png)\n\n# Ondt i *ryggen*\n\n## Råd\n\nGå.")

    assert found.h1 == "Ondt i ryggen"
    assert headings(found.blocks) == [(2, "Råd")]


def test_a_heading_of_level_one_further_down_is_a_section() -> None:
    found, findings = arranged("Tekst.\n\n# Råd\n\nGå.")

    assert (found.h1, headings(found.blocks)) == ("", [(2, "Råd")])
    assert codes(findings) == ["heading-level"]


def test_a_bold_paragraph_that_heads_a_section_is_a_heading() -> None:
    found, findings = arranged("## Spørgsmål\n\n**Gør det ondt?**\n\nNej.\n\n### **Andet**\n\nTekst.")

    assert headings(found.blocks) == [(2, "Spørgsmål"), (3, "Gør det ondt?"), (3, "Andet")]
    assert not any(
        isinstance(node, Strong) for block in found.blocks if isinstance(block, Header) for node in block.content
    )
    assert codes(findings) == ["heading-bold"]


@pytest.mark.parametrize(
    "markdown",
    [
        "**Ring 112, hvis du ikke kan få vejret**\n\nTekst.",
        "**Det er vigtigt.**\n\nTekst.",
        "**Bemærk:**\n\nTekst.",
        "**BMI = vægt / højde**\n\nTekst.",
        "Tekst.\n\n**Til sidst**",
        "**Et**\n\n**To**",
        "**Fed** og mere\n\nTekst.",
    ],
)
def test_bold_words_that_are_no_heading_stay_bold(markdown: str) -> None:
    assert headings(arranged(markdown)[0].blocks) == []


def test_headings_in_boxes_and_lists_do_not_break_the_outline() -> None:
    found, _ = arranged("## Råd\n\n::: {.tip}\nTekst.\n\n### Under\n\nMere.\n:::\n\n- punkt\n\n  #### I listen")

    assert headings(found.blocks) == [(2, "Råd")]
    assert not any(
        isinstance(node, Header) for block in found.blocks if isinstance(block, Callout) for node in walk((block,))
    )
    assert "Under" in text(found.blocks)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Søvn & smerter på æbler", "soevn-smerter-paa-aebler"),
        ("Crème brûlée", "creme-brulee"),
        ("10 råd", "afsnit-10-raad"),
        ("→", "afsnit"),
    ],
)
def test_ids_are_ascii_and_begin_with_a_letter(words: str, expected: str) -> None:
    assert slugify(words) == expected


def test_ids_are_unique_also_against_those_of_renderers() -> None:
    found, _ = arranged("## Råd\n\na\n\n## Råd\n\nb\n\n## Note 1\n\nc\n\n## Referencer\n\nikke en liste, bare tekst")

    ids = [block.id for block in found.blocks if isinstance(block, Header)]
    assert ids == ["raad", "raad-2", "note-1-2", "referencer-2"]


def test_links_within_the_article_follow_the_new_ids() -> None:
    found, findings = arranged(
        "[a](#gode-råd), [b](#gode-r%C3%A5d), [c](#egen), [d](#findes-ikke)\n\n"
        "## Gode råd\n\na\n\n## Andet {#egen}\n\nb"
    )

    links = [node.address for node in walk(found.blocks) if isinstance(node, Link)]
    assert links == ["#gode-raad", "#gode-raad", "#andet"]
    assert "d" in text(found.blocks[:1])
    assert codes(findings) == ["anchor-missing"]


def test_rules_that_part_nothing_are_left_out() -> None:
    found, _ = arranged("---\n\nTekst.\n\n---\n\nMere.\n\n---\n\n## Kilder\n\n1. Lancet, 2018")

    assert [type(block) for block in found.blocks] == [Para, HorizontalRule, Para, References]
