"""Fenced divs."""

from __future__ import annotations

import pytest

from pipeline.model import BulletList, Callout, OrderedList, text, walk
from pipeline.reading.fenced_divs import repair_alerts, repair_divs
from pipeline.reading.lines import NestingError
from tests.reading.markdown import built, codes, stepped


def test_a_box_that_is_never_closed_ends_before_the_next_heading() -> None:
    changed, codes = stepped(repair_divs, "::: {.tip}\nDrik vand.\n\n## Næste\n\nTekst")

    assert changed == "::: {.tip}\nDrik vand.\n\n:::\n\n## Næste\n\nTekst"
    assert codes == ["div-unclosed"]


def test_a_box_may_hold_a_heading() -> None:
    text = "::: {.soeg-laege}\n## Søg læge\n\nVed feber.\n:::\n\nTekst"

    assert stepped(repair_divs, text) == (text, [])


@pytest.mark.parametrize("opening", [":::tip Husk vand", ":::tip[Husk vand]"])
def test_the_title_of_another_site_builder_stays_a_title(opening: str) -> None:
    changed, _ = stepped(repair_divs, f"{opening}\nTo liter.\n:::")

    assert changed == "::: {.tip}\n\n**Husk vand**\n\nTo liter.\n:::"


def test_a_fence_that_closes_nothing_is_not_printed() -> None:
    assert stepped(repair_divs, "Tekst\n\n:::")[0] == "Tekst\n\n"


def test_a_box_closes_also_with_other_colons_than_opened_it() -> None:
    changed, codes = stepped(repair_divs, "::::: {.tip}\nDrik vand.\n:::\n\nEfter")

    assert changed == "::: {.tip}\nDrik vand.\n:::\n\nEfter"
    assert codes == []


def test_an_outer_fence_closes_the_box_inside_it_too() -> None:
    changed, codes = stepped(repair_divs, ":::: {.note}\n\n::: {.tip}\nIndre\n\n::::\n\nEfter")

    assert [row for row in changed.split("\n") if row] == ["::: {.note}", "::: {.tip}", "Indre", ":::", ":::", "Efter"]
    assert codes == ["div-unclosed"]


def test_boxes_in_boxes_have_a_limit() -> None:
    with pytest.raises(NestingError):
        stepped(repair_divs, "::: {.tip}\n" * 100)


@pytest.mark.parametrize("opening", ["::: {.soeg-laege", "::: søg læge", "::: søg læge :::"])
def test_a_kind_without_its_brace_or_in_words_opens_the_box(opening: str) -> None:
    (box,), findings = built(f"{opening}\nVed feber.\n:::")

    assert isinstance(box, Callout)
    assert (box.kind, text(box.blocks), codes(findings)) == ("see-doctor", "Ved feber.", [])


def test_a_title_given_as_attribute_is_the_title_of_the_box() -> None:
    (box,), _ = built('::: {.note title="Husk vand"}\nTo liter.\n:::')

    assert isinstance(box, Callout)
    assert text(box.title) == "Husk vand"


def test_an_unknown_class_is_told_with_the_nearest_known_one() -> None:
    blocks, findings = built("::: {.tipp}\nDrik vand.\n:::")

    assert (text(blocks), codes(findings)) == ("Drik vand.", ["div-unknown"])
    assert "did you mean 'tip'?" in findings[0].message


def test_a_class_within_a_line_is_told_and_its_words_stay() -> None:
    blocks, findings = built("Book [på nettet]{.web-only} nu.")

    assert (text(blocks), codes(findings)) == ("Book på nettet nu.", ["div-unknown"])


def test_text_right_below_the_first_line_of_an_alert_belongs_to_it() -> None:
    changed, codes = stepped(repair_alerts, "> [!ADVARSEL]\nStop straks.\n- Ring 112\n\nAndet")

    assert changed == "> [!ADVARSEL]\n> Stop straks.\n> - Ring 112\n\nAndet"
    assert codes == ["div-shape", "div-shape"]
    assert stepped(repair_alerts, changed) == (changed, [])


@pytest.mark.parametrize("empty", ["> [!WARNING]\n\nTekst.", "> [!VIGTIGT]\n\nTekst.", "::: {.tip}\n:::\n\nTekst."])
def test_a_box_that_comes_out_empty_is_told(empty: str) -> None:
    blocks, findings = built(empty)

    assert (text(blocks), codes(findings), findings[0].line) == ("Tekst.", ["callout-empty"], 1)


@pytest.mark.parametrize(
    "text_of_list",
    [
        "- Punkt\n\n  ::: {.tip}\n  Vand\n  :::\n\n- Næste",
        "1. ::: {.tip}\n   Vand\n   :::\n2. Næste",
        "- A\n  - B\n\n    :::tip Husk\n    Vand\n    :::\n\n- C",
    ],
)
def test_a_box_in_a_list_item_stays_there(text_of_list: str) -> None:
    (made,), found = built(text_of_list)

    assert isinstance(made, BulletList | OrderedList)
    assert [node.kind for node in walk((made,)) if isinstance(node, Callout)] == ["tip"]
    assert codes(found) == []
