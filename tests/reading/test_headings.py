"""Headings, and headings that were lost."""

from __future__ import annotations

import pytest

from pipeline.reading.headings import repair_headings, restore_lost_headings
from tests.reading.markdown import stepped

LONG = (
    "Søg læge straks, hvis du mister kraften i benene, ikke kan holde på vandet eller bliver følelsesløs i skridtet, "
    "for så kan en nerve være i klemme."
)


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("##Symptomer", "## Symptomer", "heading-marks"),
        ("## ## Symptomer", "## Symptomer", "heading-marks"),
        ("######## Symptomer", "###### Symptomer", "heading-marks"),
        ("Tekst\n\n###\n\nMere tekst, som går videre.", "Tekst\n\n\n\nMere tekst, som går videre.", "heading-marks"),
        ("##\nSymptomer\n\nTekst", "\n## Symptomer\n\nTekst", "heading-marks"),
        ("Tekst\n## Symptomer\n\nMere", "Tekst\n\n## Symptomer\n\nMere", "blank-line-missing"),
        ("## Symptomer\nMere", "## Symptomer\n\nMere", "blank-line-missing"),
        ("Det var det. ## Symptomer", "Det var det.\n\n## Symptomer", "heading-lost"),
        ("Et langt afsnit, der slutter her.\n---", "Et langt afsnit, der slutter her.\n\n---", "blank-line-missing"),
    ],
)
def test_a_heading_is_mended(text: str, expected: str, code: str) -> None:
    changed, codes = stepped(repair_headings, text)

    assert changed == expected
    assert code in codes


@pytest.mark.parametrize(
    "text", ["#ryg er et emneord", "Symptomer\n---", "```\n##kode\n```", "## C# og F#", r"Se \## her"]
)
def test_what_is_no_broken_heading_stays(text: str) -> None:
    assert stepped(repair_headings, text) == (text, [])


def test_a_question_glued_above_a_long_line_is_a_heading_again() -> None:
    changed, codes = stepped(restore_lost_headings, f"Indledning.\n\nHvornår skal jeg søge læge?\n{LONG}")

    assert changed == f"Indledning.\n\n## Hvornår skal jeg søge læge?\n\n{LONG}"
    assert codes == ["heading-lost"]


def test_lost_headings_right_below_a_heading_belong_under_it() -> None:
    changed, _ = stepped(restore_lost_headings, f"## Spørgsmål\n\nEr det farligt?\n{LONG}\n\nGår det over?\n{LONG}")

    assert [row for row in changed.split("\n") if row.startswith("#")] == [
        "## Spørgsmål",
        "### Er det farligt?",
        "### Går det over?",
    ]


def test_a_short_line_alone_above_a_deeper_heading_is_its_heading() -> None:
    changed, _ = stepped(restore_lost_headings, "Indledning.\n\nOfte stillede spørgsmål\n\n### Er det farligt?\n\nNej.")

    assert "## Ofte stillede spørgsmål\n" in changed


@pytest.mark.parametrize(
    "text",
    [
        f"- Hvornår skal jeg søge læge?\n{LONG}",
        f"> Hvornår skal jeg søge læge?\n{LONG}",
        f"Hvornår skal jeg søge læge?  \n{LONG}",
        f"Det er vigtigt.\n{LONG}",
        f"Tlf. 70 12 34 56\n{LONG}",
        f"og så videre\n{LONG}",
        "Roser er røde\nog violer er blå",
        "| Hvornår? |\n|---|",
        "Gå hjem nu\n\n## Næste",
    ],
)
def test_a_line_that_is_no_lost_heading_stays(text: str) -> None:
    assert stepped(restore_lost_headings, text) == (text, [])
