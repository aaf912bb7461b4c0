"""Wording that needs a screen."""

from __future__ import annotations

import pytest

from pipeline.model import Code, Link, Para, Str
from pipeline.reading.article_checks import find_leftover_markup
from pipeline.reading.lines import FindingCollector
from tests.reading.markdown import SOURCE, arranged, codes


@pytest.mark.parametrize(
    "words",
    [
        "Klik her for at bestille tid.",
        "Klik på linket.",
        "Læs mere [her](https://ryg.example).",
        "Se videoen ovenfor.",
        "Følg linket nedenfor.",
        "Scroll ned til skemaet.",
        "Click here to read more.",
        "- Læs mere her",
        "| A | B |\n|---|---|\n| Klik her | 2 |",
    ],
)
def test_words_that_point_at_a_screen_are_named(words: str) -> None:
    assert "screen-wording" in codes(arranged(words)[1])


@pytest.mark.parametrize(
    "words",
    [
        "Klikkende lyde i knæet er sjældent farlige.",
        "Læs mere om søvn på side 2.",
        "Her er tre øvelser.",
        "Se lægen, hvis det bliver værre.",
        "Hold albuen her ved kroppen.",
        "::: {.web-only}\nKlik her.\n:::",
    ],
)
def test_words_that_work_on_paper_are_left_alone(words: str) -> None:
    assert codes(arranged(words)[1]) == []


@pytest.mark.parametrize(
    "left",
    ["Se ]( her", "Se ![ her", "Sov ## godt", "Kære {navn}", "ja || nej", "En *glemt stjerne", "Et `glemt tegn"],
)
def test_markup_that_is_printed_as_it_stands_is_told(left: str) -> None:
    findings = FindingCollector(SOURCE)

    find_leftover_markup((Para((Str(left),), 7),), findings)

    assert [(finding.code, finding.line) for finding in findings] == [("markup-left", 7)]


@pytest.mark.parametrize(
    "well", ["Pris* 100 kr.", "*Gælder kun børn", "3*10 og 2**3", "C# nr. #5", "navn_med_streg", "a/b"]
)
def test_signs_that_are_meant_are_not_told(well: str) -> None:
    findings = FindingCollector(SOURCE)

    find_leftover_markup((Para((Str(well), Code("{x} ]("), Link((Str("a_ _b"),), "a_ _b")), 7),), findings)

    assert findings == []
