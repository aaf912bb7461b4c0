"""Repairs, all of them in their order."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.markdown import all_repaired, codes, lines, markdown

MESSY = """
##Symptomer
Tekst lige under. Se [siden](https://ryg.example og mere.
![Ryg](/ryg.png)
Husk:
- vand
  * frugt

    Kramper

| A | B |
| 1 | 2 | 3 |
Efter. **Fordele: **søvn <b>fed</b>

&nbsp;

```
## ingen overskrift
**kode
```
"""


def test_repairing_twice_changes_nothing_more() -> None:
    once, _ = all_repaired(lines(MESSY))

    twice, findings = all_repaired(once)

    assert twice == once
    assert findings == ()


def test_fenced_code_is_never_touched() -> None:
    once, _ = all_repaired(lines(MESSY))

    assert "```\n## ingen overskrift\n**kode\n```" in markdown(once)


def test_every_line_keeps_the_number_of_its_source_line() -> None:
    source = lines(MESSY)
    number_of = {line.text: line.number for line in source if line.text.strip() and line.text != "```"}

    once, _ = all_repaired(source)

    assert [line.number for line in once] == sorted(line.number for line in once)
    assert all(line.number == number_of[line.text] for line in once if line.text in number_of)


def test_an_article_without_faults_stays_as_it_is() -> None:
    blocks = ("En indledning.", "## Råd", "- Gå\n- Løb", "| A | B |\n|---|---|\n| 1 | 2 |", "> [!TIP]\n> Vand.")
    text = "\n\n".join((*blocks, "Slut[^1].", "[^1]: Note."))

    assert all_repaired(lines(text)) == (lines(text), ())


def test_a_picture_right_beside_text_is_set_apart() -> None:
    once, findings = all_repaired(lines("Før\n![Ryg](/ryg.png)\nEfter"))

    assert markdown(once) == "Før\n\n![Ryg](/ryg.png)\n\nEfter"
    assert set(codes(findings)) == {"blank-line-missing"}


def test_a_code_fence_that_never_ends_does_not_make_code_of_the_rest() -> None:
    once, findings = all_repaired(lines("Før\n\n```\nSøg læge.\n\n## Næste"))

    assert markdown(once) == "Før\n\n\nSøg læge.\n\n## Næste"
    assert codes(findings) == ["fence-unclosed"]


def test_code_that_opens_on_the_mark_of_a_list_item_is_closed() -> None:
    text = "- ```\n  a * b\n  ```\n- To\n\n1. ~~~ python\n   x\n   ~~~\n\nTekst med *vægt*."

    once, findings = all_repaired(lines(text))

    assert markdown(once) == text
    assert codes(findings) == []


def test_a_mark_of_a_list_item_closes_no_code() -> None:
    once, findings = all_repaired(lines("~~~\n- ~~~\n~~~\n\nTekst."))

    assert markdown(once) == "~~~\n- ~~~\n~~~\n\nTekst."
    assert codes(findings) == []


def test_an_unclosed_fence_before_whole_code_leaves_the_code_alone() -> None:
    once, findings = all_repaired(lines("````\nTekst.\n\n```\n*a*\n```"))

    assert markdown(once) == "\nTekst.\n\n```\n*a*\n```"
    assert codes(findings) == ["fence-unclosed"]


def test_thousands_of_fences_that_never_end_are_taken_away_in_one_pass() -> None:
    once, findings = all_repaired(lines("~~~ a\n" * 10_000))

    assert not markdown(once).strip()
    assert codes(findings) == ["fence-unclosed"] * 10_000


def test_references_set_as_code_are_text() -> None:
    once, findings = all_repaired(lines("## Referencer\n\n```\nSundhedsstyrelsen, 2019\nLancet, 2018\n```"))

    assert "```" not in markdown(once)
    assert "Sundhedsstyrelsen, 2019\n\nLancet, 2018" in markdown(once)
    assert codes(findings) == ["references-code"]


def test_a_placeholder_refuses_the_article() -> None:
    _, findings = all_repaired(lines("Ring på {{ telefon }}."))

    assert [finding.severity for finding in findings] == ["error"]


LONG = "et meget langt afsnit, der bliver ved og ved, til det fylder mere end hundrede tegn på en eneste linje "
PIECES = (
    "## ", "##", "# ", "- ", "* ", "1. ", "2) ", "    ", "  ", "\t", "> ", "| ", " | ", "|---|---|", "**", "*", "`",
    "```\n", "~~~\n", "[", "](", "](https://ryg.example)", "](https://ryg.example ", "![", "<b>", "</b>", "<div>",
    "</div>", "<ul><li>", "<br>", "<navn>", ":::", "::: {.tip}", "[^1]", "[^1]:", "[a]: x ", "\\", "---", "===",
    "\n", "\n", "\n\n", " ", " ", "Hvad er det? ", "ryggen ", "gør ondt. ", "Søg læge ", "2025. ", "1. maj ", "•", "✔",
    "&nbsp;", "{", "}", "$5 ", "x^2 ", "Referencer ", LONG, "3*10 ", "2**3 ", "3. ", "1) ", "> [!TIP]\n", "::: {.tip\n",
    "::: søg læge\n", "| Ring | 112 |\n", "](/ryg.png", "](/ryg.png 'Ryg')", "](<https://ryg.example/en side>)",
    "a. ", "\nb. ", "(1) ", "\n(2) ", "o\t", "<pre>", "<table><td>", "- | A | B |\n",
)  # fmt: skip
# Names of tags and boxes, and what stands in an address or a comment, is markup.
MARKUP = {
    "o",
    "pre",
    "table",
    "td",
    "b",
    "div",
    "ul",
    "li",
    "br",
    "navn",
    "tip",
    "nbsp",
    "a",
    "x",
    "1",
    "2",
    "https",
    "ryg",
    "example",
    "Referencer",
    "png",
    "Ryg",
    "en",
    "side",
    "Søg",
    "søg",
    "læge",
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_repaired_once_and_keeps_its_letters(text: str) -> None:
    source = lines(text)

    once, _ = all_repaired(source)
    twice, _ = all_repaired(once)

    assert markdown(twice) == markdown(once)
    said = re.sub(r"(`{3,}|~{3,})\w+", r"\1", text)  # the name of a language
    lost = Counter(_letters(said)) - Counter(_letters(markdown(once)))
    assert set(lost) <= MARKUP, lost


def _letters(text: str) -> list[str]:
    parted = re.sub(r"(?<=\d)(?:\\?\*)+(?=\d)", " ", text)  # two figures stay two
    return re.findall(r"[^\W_]+", re.sub(r"\\?\*", "", parted))
