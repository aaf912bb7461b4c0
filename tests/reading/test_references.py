"""References."""

from __future__ import annotations

import pytest

from pipeline.model import Header, Para, References, text
from tests.reading.markdown import arranged, codes

LIST = "1. Sundhedsstyrelsen, 2019.\n2. [Lancet](https://lancet.example), 2018."


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        (f"## Referencer\n\n{LIST}", "Referencer"),
        (f"### **Referenceliste**\n\n{LIST}", "Referenceliste"),
        (f"**Kilder:**\n\n{LIST}", "Kilder"),
        (f"**Litteratur**\n{LIST}", "Litteratur"),
        (f"Litteraturliste:\n{LIST}", "Litteraturliste"),
        (f"# References\n\n{LIST}", "References"),
        (f"###\n\n    Referenceliste\n\n{LIST}", "Referenceliste"),
        (f"## Kilder\n\n```\n{LIST}\n```", "Kilder"),
        (f"```\nReferencer\n{LIST}\n```", "Referencer"),
        ("## Kilder\n\nSundhedsstyrelsen, 2019.\n\nLancet, 2018.", "Kilder"),
        ("## Kilder\n\n[1] Sundhedsstyrelsen: Ryg\n\n[2] www.lancet.example", "Kilder"),
        ("**Kilder:** [Lancet](https://lancet.example), Sundhedsstyrelsen 2019", "Kilder"),
    ],
)
def test_references_in_any_markup_are_one_node_at_the_end(markdown: str, title: str) -> None:
    found, _ = arranged(f"Indledning.\n\n## Råd\n\nGå en tur.\n\n{markdown}")

    last = found.blocks[-1]
    assert isinstance(last, References)
    assert text(last.title) == title
    assert "Sundhedsstyrelsen" in text(last.blocks)
    assert "ancet" in text(last.blocks)
    assert [text(block.content) for block in found.blocks if isinstance(block, Header)] == ["Råd"]


def test_references_before_other_text_are_moved_and_that_is_said() -> None:
    found, findings = arranged(f"## Referencer\n\n{LIST}\n\n## Råd\n\nGå en tur.")

    assert [type(block).__name__ for block in found.blocks] == ["Header", "Para", "References"]
    assert codes(findings) == ["references-moved"]


def test_text_behind_the_list_is_no_reference() -> None:
    found, _ = arranged(f"## Referencer\n\n{LIST}\n\nRing til os, hvis du er i tvivl.")

    assert isinstance(found.blocks[0], Para)
    assert text(found.blocks[:1]) == "Ring til os, hvis du er i tvivl."


def test_a_section_of_prose_called_sources_stays_a_section() -> None:
    found, _ = arranged("## Kilder\n\nVand kommer fra mange steder, og det smager godt.\n\n## Råd\n\nGå.")

    assert [type(block).__name__ for block in found.blocks] == ["Header", "Para", "Header", "Para"]


def test_a_second_list_under_the_same_heading_joins_the_first() -> None:
    made, findings = arranged("## Kilder\n\n- Lancet, 2018\n\n## Råd\n\nGå.\n\n## Kilder\n\n- BMJ, 2020")

    last = made.blocks[-1]
    assert isinstance(last, References)
    assert text(last.blocks) == "Lancet, 2018 BMJ, 2020"
    assert len(last.blocks) == 1
    assert "references-moved" in codes(findings)
