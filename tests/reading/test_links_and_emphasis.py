"""Links and emphasis."""

from __future__ import annotations

import re

import pytest

from pipeline import model
from pipeline.reading.links_and_emphasis import remove_trailing_breaks, repair_links_and_emphasis
from tests.reading.markdown import built, stepped


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("[siden] (https://ryg.example)", "[siden](https://ryg.example)", "link-markup"),
        ("(siden)[https://ryg.example]", "[siden](https://ryg.example)", "link-markup"),
        ("[siden](https://ryg.example/en side)", "[siden](https://ryg.example/en%20side)", "link-markup"),
        ("<www.ryg.example>", "www.ryg.example", "link-markup"),
        ("[siden](https://ryg.example.", "[siden](https://ryg.example).", "link-unclosed"),
        ("Se [siden](https://ryg.example/a og mere", "Se [siden](https://ryg.example/a) og mere", "link-unclosed"),
        ("[siden(https://ryg.example)", "[siden](https://ryg.example)", "link-unclosed"),
        ("<https://ryg.example og mere", "<https://ryg.example> og mere", "link-unclosed"),
        ("![Ryg](/ryg.png", "![Ryg](/ryg.png)", "link-unclosed"),
        ("![Ryg i arbejde(/ryg.png)", "![Ryg i arbejde](/ryg.png)", "link-unclosed"),
        ("Se [siden](/blog/ryg", "Se [siden](/blog/ryg)", "link-unclosed"),
        ("![Ryg](/min ryg.png 'En ryg')", "![Ryg](/min%20ryg.png 'En ryg')", "link-markup"),
        ("Lav 3*10 løft 2*dagligt", "Lav 3\\*10 løft 2\\*dagligt", "emphasis-figures"),
        ("Løft 5*5*5 kg*3", "Løft 5\\*5\\*5 kg\\*3", "emphasis-figures"),
        ("2**3 er 8", "2\\*\\*3 er 8", "emphasis-figures"),
        ("| 3*10 | 2*5 |", "| 3\\*10 | 2\\*5 |", "emphasis-figures"),
        ("**Tag 2**3 gange", "**Tag 2** 3 gange", "emphasis-spacing"),
        ("**Fordele: **søvn", "**Fordele:** søvn", "emphasis-spacing"),
        ("**Fordele:**Søvn", "**Fordele:** Søvn", "emphasis-spacing"),
        ("Det er ** vigtigt ** her", "Det er **vigtigt** her", "emphasis-spacing"),
        ("**Husk vand.", "Husk vand.", "emphasis-unclosed"),
        ("**a** og **b** og **c", "**a** og **b** og c", "emphasis-unclosed"),
        ("| **Navn | Pris |", "| Navn | Pris |", "emphasis-unclosed"),
    ],
)
def test_a_span_is_mended(text: str, expected: str, code: str) -> None:
    changed, codes = stepped(repair_links_and_emphasis, text)

    assert changed == expected
    assert set(codes) == {code}


@pytest.mark.parametrize(
    "text",
    [
        '**fed** og [link](https://ryg.example/a_(b) "Titel").',
        "**fed over\nto linjer**",
        "Det står i `2 ** 3`",
        "[1] (se nedenfor)",
        "![Ryg](/ryg.png 'En ryg') og [siden](https://ryg.example/x 'Om ryg')",
        "[siden](<https://ryg.example/en side>) her",
        "Se https://ryg.example/2*3, `2*3`, [a](/b*2*c) og *uge 2* eller **uge 3**",
        "3 * 10 og 2\\*5",
        "[fodnote][1] og ![billede](/a.png)",
        "***begge*** og \\*\\*ikke",
        "```\n**kode\n```",
    ],
)
def test_a_span_that_is_well_stays(text: str) -> None:
    assert stepped(repair_links_and_emphasis, text) == (text, [])


def test_a_backslash_breaks_a_line_only_where_a_line_follows() -> None:
    changed, codes = stepped(remove_trailing_breaks, "Linje et\\\nLinje to\\\n\nNæste")

    assert changed == "Linje et\\\nLinje to\n\nNæste"
    assert codes == ["paragraph-empty"]


DOSES = "Lav 3*10 gentagelser 2*dagligt. Tag 2*500 mg 3*dagligt, højst 2**3. Løft 5*5*5 kg, **uge 1**2 gange."


def test_no_two_figures_grow_together() -> None:
    blocks, _ = built(DOSES)

    assert re.findall(r"\d+", model.text(blocks)) == re.findall(r"\d+", DOSES)
