"""Wording that needs a screen."""

from __future__ import annotations

import pytest

from pipeline.config import Publisher
from pipeline.model import Article, Code, Link, Metadata, Para, Str
from pipeline.reading.article_checks import find_leftover_markup, find_other_sites
from pipeline.reading.lines import FindingCollector
from tests.makers import words_in
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
        "Indtast din vægt i felterne.",
        "Beregneren viser dit tal.",
        "Prøv vores gratis kalorieberegner.",
        "Book en tid hos os.",
        "Kurve B er fremhævet med gult.",
        "The weak spot is shown in red.",
    ],
)
def test_words_that_point_at_a_screen_are_named(words: str) -> None:
    assert "web-only-text" in codes(arranged(words)[1])


def test_the_sentence_that_makes_no_sense_on_paper_is_told() -> None:
    (finding,) = arranged("Gå en tur. Indtast din vægt i felterne. Hvil dig.")[1]

    assert finding.message == "'Indtast' makes no sense on paper: 'Indtast din vægt i felterne.'"


@pytest.mark.parametrize(
    ("words", "is_named"),
    [
        ("På Findfys kan du nemt sammenligne klinikker.", True),
        ("Søg efter en behandler via Prøvesøg.", True),  # which the article links to
        ("På Prøveklinik kan du booke en samtale.", False),  # the publisher's own name
        ("Hjælpen på Rigsstuen er god.", False),
        ("Læs mere på Findfys.dk.", False),  # an address can be typed
    ],
)
def test_the_name_of_another_site_is_told_where_it_is_no_address(words: str, is_named: bool) -> None:
    findings = FindingCollector(SOURCE)
    link = Link(words_in("en liste"), "https://www.prøvesøg.dk/ryg")
    made = Article("ryg", SOURCE, Metadata(language="da"), (Para(words_in(words), 3), Para((link,), 5)))

    find_other_sites(made, Publisher("Prøveklinik", website="https://klinik.example"), findings)

    assert [finding.line for finding in findings] == ([3] if is_named else [])


@pytest.mark.parametrize(
    "words",
    [
        "Klikkende lyde i knæet er sjældent farlige.",
        "Læs mere om søvn på side 2.",
        "Her er tre øvelser.",
        "BMI beregner forholdet mellem vægt og højde.",
        "Huden bliver rød og varm.",
        "Slå op i en bog.",
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
