"""The word check itself, and small messy articles checked by it."""

from __future__ import annotations

import pytest

from tests.word_for_word import Word, check, differences, source_notes, source_words, words_of


def words(markdown: str) -> list[str]:
    return [word.text for word in source_words(markdown)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("---\ntitle: Ryg\n---\n## **Råd**\n\n1. Gå [en tur](https://ryg.example/x)", "Råd Gå en tur"),
        ('![alt](/a.png "Titel") <b>fed</b><!-- skjult -->', "Titel fed"),
        ("> [!TIP]\n> Drik `2 l` vand[^1]\n\n[^1]: Note", "Drik 2 l vand"),
        ("::: {.tip}\nVand\n:::\n\n[en]{lang=en}", "Vand en"),
        ("| A | B |\n|---|---|\n| 1 | 2 |", "A B 1 2"),
        ("H<sub>2</sub>O og x<sup>2</sup> &amp; 70&nbsp;%", "H2O og x2 70"),
        ("Lav 3*10 løft 2*dagligt, 2**3", "Lav 3 10 løft 2 dagligt 2 3"),
        ("<https://ryg.example> og 1. maj", "https ryg example og 1 maj"),
    ],
)
def test_words_of_a_source_are_those_that_are_read(markdown: str, expected: str) -> None:
    assert words(markdown) == expected.split()


def test_words_know_their_line_and_footnotes_stand_apart() -> None:
    markdown = "Ryg[^1].\n\n<!-- to\nlinjer -->\n\nNakke\n\n[^1]: Kilde"

    assert source_words(markdown) == [Word("Ryg", 1), Word("Nakke", 6)]
    assert source_notes(markdown) == [Word("Kilde", 8)]


def test_a_lost_an_added_and_a_moved_word_are_told() -> None:
    expected = [Word("Gå", 1), Word("en", 1), Word("tur", 2), Word("nu", 3)]

    assert differences(expected, ["Gå", "en", "tur", "nu"]) == []
    assert differences(expected, ["Gå", "en", "nu"]) == ["line 2: missing: tur"]
    assert differences(expected, ["Gå", "en", "lang", "tur", "nu"]) == ["line 2: added: lang"]
    assert differences(expected, ["nu", "Gå", "en", "tur"])
    assert differences(expected, ["nu", "Gå", "en", "tur"], excused_lines={3}) == []


def test_typography_changes_no_word() -> None:
    assert words_of("3–4 uger, 70 % „citat“") == words_of('3-4 uger, 70% "citat"')


ARTICLES = {
    "glued": "##Råd\nGå en tur.\n![Ryg](/ryg.png)\nHusk:\n- vand\n  * frugt\nSlut.\n| A | B |\n| 1 | 2 | 3 |",
    "html": '<div class="x"><p>Et <b>to</b></p><ul><li>tre</li><li>fire</li></ul></div>\n\n5 <6 og <dit navn>',
    "boxes": "> [!ADVARSEL] Glat\n> Pas på.\n\n:::tip Husk vand\nTo liter.\n\n## Næste\n\nTekst",
    "links": "[a] (https://a.example), [b](https://b.example/x og [ c ](/c)\n\n**Fed: **tekst **uden slut",
    "lists": "1. en\n  - under\n2) to\n\n    indrykket\n\n• tre\n\n2025. Året.\n\n1. maj lukker vi.",
    "notes": "Ryg[^1] og[^9].\n\n[^1]: Se [^1].\n[^2]: Ubrugt.",
    "references": "## Kilder\n\n```\n1. Lancet, 2018\n```\n\n## Råd\n\nGå.",
    "doses": "Lav 3*10 gentagelser 2*dagligt. Tag 2*500 mg 3*dagligt, højst 2**3.",
    "lost": "Hvornår skal jeg søge læge?\n"
    "Søg læge straks, hvis du mister kraften i benene, eller hvis du ikke kan holde på vandet længere.",
}


@pytest.mark.parametrize("name", ARTICLES)
def test_no_word_of_a_messy_article_is_lost_or_invented(name: str) -> None:
    assert check([(name, ARTICLES[name])]) == {}
