"""Tables, lists and preformatted text of HTML, from Markdown to the model."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Cell,
    CodeBlock,
    DefinitionList,
    Header,
    Image,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    Strong,
    Table,
    text,
    walk,
)
from pipeline.reading.lines import NestingError, TooLargeError
from tests.reading.markdown import all_repaired, built, codes, lines


def only(html: str) -> Block:
    blocks, _ = built(html)
    assert len(blocks) == 1, blocks
    return blocks[0]


def table(html: str) -> Table:
    made = only(html)
    assert isinstance(made, Table)
    return made


def rows(made: Table) -> list[list[str]]:
    return [[text((cell,)) for cell in row] for row in ((made.head, *made.rows) if made.head else made.rows)]


def test_a_table_of_html_has_its_cells_and_its_line() -> None:
    made = table("<!-- -->\n\n<table>\n<tr><th>Dag<th>Tid\n<tr><td>Mandag</td><td>8 <b>til</b> 12</td></tr></table>")

    assert rows(made) == [["Dag", "Tid"], ["Mandag", "8 til 12"]]
    assert made.line == 3


def test_a_cell_that_covers_several_places_stands_below_each_of_its_heads_and_beside_each_of_its_rows() -> None:
    made = table(
        "<table><thead><tr><th rowspan=2>Øvelse</th><th colspan=2>Antal</th></tr><tr><th>Uge 1</th><th>Uge 2</th></tr>"
        "</thead><tr><td rowspan=2>Bro</td><td>8</td><td>10</td></tr><tr><td colspan=2>Hold i fem sekunder</td></tr>"
        "</table>"
    )

    assert rows(made) == [
        ["Øvelse", "Antal: Uge 1", "Antal: Uge 2"],
        ["Bro", "8", "10"],
        ["Bro", "Hold i fem sekunder", "Hold i fem sekunder"],
    ]


def test_heads_beside_an_empty_corner_are_heads_and_a_row_head_beside_nothing_is_none() -> None:
    plan = table("<table><tr><td></td><th>Uge 1</th></tr><tr><td>Bro</td><td>8</td></tr></table>")
    form = table("<table><tr><th>Navn</th><td></td></tr><tr><th>Alder</th><td>8</td></tr></table>")

    assert [text(cell.blocks) for cell in plan.head] == ["", "Uge 1"]
    assert form.head == ()


def test_a_tag_may_go_over_several_lines() -> None:
    made = table('<table\n  border="1">\n<tr><td\n colspan="2">A</td></tr>\n<tr><td>B<td>C</table>')

    assert rows(made) == [["A", "A"], ["B", "C"]]


def test_a_cell_that_is_missing_leaves_its_place_empty() -> None:
    made = table(
        "<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td>1</td></tr><tr><td></td><td>2</td></tr></table>"
    )

    assert rows(made) == [["A", "B", "C"], ["1", "", ""], ["", "2", ""]]


def test_the_foot_of_a_table_is_last_and_its_caption_is_kept() -> None:
    made = table(
        "<table><caption>Priser</caption><tfoot><tr><td>I alt<td>3</tfoot><tr><td>Et<td>1<tr><td>To<td>2</table>"
    )

    assert rows(made) == [["Et", "1"], ["To", "2"], ["I alt", "3"]]
    assert text(made.caption) == "Priser"


def test_columns_that_only_spans_make_are_one() -> None:
    assert rows(table("<table><tr><td colspan=900>A</td></tr><tr><td colspan=900>B</td></tr></table>")) == [
        ["A"],
        ["B"],
    ]


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<table><tr><td>A</td><td rowspan=2>B</td></tr><tr><td colspan=2>C</td></tr></table>", 1),
        ("Før\n\n<table>\n<tr><td>A</td>\n<td><table><tr><td>B</td></tr></table></td></tr></table>", 5),
    ],
)
def test_a_table_that_cannot_be_carried_over_refuses_the_article_on_its_line(html: str, line: int) -> None:
    _, findings = built(html)

    assert [(found.code, found.severity, found.line) for found in findings] == [("table-unclear", "error", line)]


def test_a_table_of_spans_cannot_fill_the_memory() -> None:
    with pytest.raises(TooLargeError, match="at most 2,000"):
        built("<table>" + "<tr><td colspan=1000>A</td><td>B</td></tr>" * 3 + "</table>")


def test_lists_of_html_keep_number_and_style_of_each_item() -> None:
    blocks, _ = built(
        '<ol start="3"><li>Tre<li value=7>Syv</ol>\n\nTekst.\n\n<ol type=a><li>Et<ol type="I"><li>To</ol></ol>'
        "\n\nTekst.\n\n<ol reversed><li>To</li><li>Et</li></ol>"
    )

    assert [(made.start, made.style, text((made,))) for made in walk(blocks) if isinstance(made, OrderedList)] == [
        (3, "1", "Tre"),
        (7, "1", "Syv"),
        (1, "a", "Et To"),
        (1, "I", "To"),
        (2, "1", "To"),
        (1, "1", "Et"),
    ]


def test_an_empty_item_does_not_change_the_numbers_of_the_others() -> None:
    made, _ = built("<ol><li>A</li><li></li><li>C</li></ol>\n\n## Næste\n\n1. A\n2.\n3. C")

    assert [(one.start, text((one,))) for one in made if isinstance(one, OrderedList)] == [(1, "A"), (3, "C")] * 2


def test_lists_of_html_nest_with_all_that_stands_in_them() -> None:
    made = only("<ul>\n<li><p>Et</p><ul><li>To</li></ul></li>\n<li>Tre<blockquote>Citat</blockquote></li></ul>")

    assert isinstance(made, BulletList)
    (plain, inner), (_, quotation) = made.items
    assert (type(plain), type(inner), type(quotation)) == (Plain, BulletList, BlockQuote)
    assert made.line == 1
    assert inner.line == 2


def test_what_authors_forget_is_read_as_browsers_read_it() -> None:
    blocks, _ = built("<ul><li>Et\n<li>To\n<ul>Uden punkt</ul>\n\nEfter.\n\n<dl><dt>Ord<dd>Forklaring<dd>Mere</dl>")

    items, para, terms = blocks
    assert isinstance(items, BulletList)
    assert [text(item) for item in items.items] == ["Et", "To Uden punkt"]
    assert isinstance(para, Para)
    assert isinstance(terms, DefinitionList)
    assert [(text(term), len(definitions)) for term, definitions in terms.items] == [("Ord", 2)]


def test_preformatted_text_keeps_its_lines() -> None:
    blocks, _ = built("<pre>Man  8–12\n   Tir &lt;9–13&gt;\n\n<b>Ons</b></pre>\n\n- <pre>a\n  b</pre>")

    assert blocks[0] == CodeBlock("Man  8–12\n   Tir <9–13>\n\nOns", 1)
    assert [node.text for node in walk(blocks[1:]) if isinstance(node, CodeBlock)] == ["a\n  b"]


def test_words_within_html_are_markdown_but_begin_no_block() -> None:
    made = table(
        "<table><tr><td>**fed** [vej](https://ryg.example)[^1]</td><td>- ingen</td><td>1. maj</td><td># 5</td></tr>\n"
        "<tr><td>\n\n- a\n- b\n\n</td><td>• x<br>• y</td><td><h3>Over</h3>under</td><td>| a | b |</td></tr></table>\n\n"
        "[^1]: Note"
    )

    (first, *others), (items, typed, titled, piped) = made.rows
    assert [type(node) for node in walk(first.blocks) if isinstance(node, Strong | Link | Note)] == [Strong, Link, Note]
    assert [text((cell,)) for cell in others] == ["- ingen", "1. maj", "# 5"]
    assert isinstance(items.blocks[0], BulletList)
    assert text((typed, titled, piped)) == "• x • y Over under | a | b |"
    assert not [node for node in walk((titled,)) if isinstance(node, Header)]


def test_a_picture_in_a_cell_stays_there() -> None:
    made = table('<table><tr><td><img src="/ryg.png" alt="En ryg"></td><td>Tekst</td></tr></table>')

    assert [node.alt for node in walk((made.rows[0][0],)) if isinstance(node, Image)] == ["En ryg"]


def test_code_and_words_in_angle_brackets_within_html_stay() -> None:
    made = only(
        "<ol>\n<li>Skriv\n\n```\n<li> a\n```\n</li>\n<li>Ring <dit navn>, se <https://ryg.example> <a@b.example></ol>"
    )

    assert isinstance(made, OrderedList)
    assert [node.text for node in walk((made,)) if isinstance(node, CodeBlock)] == ["<li> a"]
    assert text((made,)) == "Skriv <li> a Ring <dit navn>, se https://ryg.example a@b.example"


@pytest.mark.parametrize(
    ("around", "kind"),
    [("- Punkt\n  {}\n- Næste", BulletList), ("1. {}\n2. Næste", OrderedList), ("> Citat\n> {}\n> Mere", BlockQuote)],
)
def test_html_stays_in_the_list_or_the_quotation_that_it_stands_in(around: str, kind: type[Block]) -> None:
    made = only(around.format("<table><tr><td>A</td></tr></table>"))

    assert isinstance(made, kind)
    assert [rows(inner) for inner in walk((made,)) if isinstance(inner, Table)] == [[["A"]]]


def test_text_right_beside_html_stays_and_keeps_its_line() -> None:
    blocks, _ = built("Før <ul><li>Et</li></ul> mellem <ol><li>To</li></ol> efter\nmere.")

    assert [text((block,)) for block in blocks] == ["Før", "Et", "mellem", "To", "efter mere."]


def test_html_of_code_is_left_alone() -> None:
    text_of_code = "Skriv `<ul>` og\n\n```\n<table>\n```\n"

    repaired, findings = all_repaired(lines(text_of_code))

    assert repaired == lines(text_of_code)
    assert findings == ()


def test_scripts_addresses_and_ids_of_html_are_held_to_what_markdown_is_held_to() -> None:
    blocks, findings = built(
        '<ul id="x" class="y" onclick="z()"><li><a href="ukendt:1" style="x:y">a</a><script>alert(1)</script></ul>'
    )

    assert "alert" not in repr(blocks)
    assert not [node for node in walk(blocks) if isinstance(node, Link)]
    assert codes(findings) == []


def test_html_may_not_nest_without_end() -> None:
    with pytest.raises(NestingError):
        built("<ul><li>" * 80 + "A" + "</ul>" * 80)


@dataclass
class Written:
    """A table as it is written in HTML, and where its cells stand by the words of the standard."""

    rows: list[list[tuple[int, int]]]
    heads: int
    has_lists: bool
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    overlaps: bool = False

    def html(self) -> str:
        parts = ["<table>"]
        for at, cells in enumerate(self.rows):
            tag = "th" if at < self.heads else "td"
            parts.append("<thead>" * (at == 0 < self.heads) + "<tbody>" * (at == self.heads) + "<tr>")
            for number, (down, across) in enumerate(cells):
                words = f"r{at}c{number}"
                shown = f"<ul><li>{words}</li></ul>" if self.has_lists and tag == "td" and number == 1 else words
                parts.append(f'<{tag} rowspan="{down}" colspan={across}>{shown}</{tag}>')
        return "".join(parts) + "</table>"

    def place(self) -> None:
        for at, cells in enumerate(self.rows):
            end = self.heads if at < self.heads else len(self.rows)
            column = 0
            for number, (down, across) in enumerate(cells):
                while (at, column) in self.places:
                    column += 1
                for place in ((r, c) for r in range(at, min(end, at + down)) for c in range(column, column + across)):
                    self.overlaps = self.overlaps or place in self.places
                    self.places[place] = f"r{at}c{number}"

    def standing(self) -> set[tuple[str, frozenset[str], str]]:
        """Return each text with the heads above it and all that stands in its row."""
        beside = {at: frozenset(w for (r, _), w in self.places.items() if r == at) for at in range(len(self.rows))}
        above = {
            column: ": ".join(
                dict.fromkeys(self.places[r, column] for r in range(self.heads) if (r, column) in self.places)
            )
            for _, column in self.places
        }
        return {(above[c], beside[r], words) for (r, c), words in self.places.items() if r >= self.heads}


SPANS = st.tuples(st.integers(1, 3), st.integers(1, 3))
TABLES = st.builds(
    Written, st.lists(st.lists(SPANS, min_size=1, max_size=4), min_size=1, max_size=5), st.integers(0, 2), st.booleans()
)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_any_table_of_html_has_each_text_below_its_heads_and_beside_its_row_or_is_refused(written: Written) -> None:
    assume(written.heads <= len(written.rows))
    written.place()

    blocks, findings = built(written.html())

    if written.overlaps:
        assert codes(findings) == ["table-unclear"]
        return
    (made,) = blocks
    assert isinstance(made, Table)
    shown = {
        (text((made.head[at],)) if made.head else "", frozenset(filter(None, (text((each,)) for each in row))), words)
        for row in made.rows
        for at, cell in enumerate(row)
        if (words := text((cell,)))
    }
    assert shown == written.standing()


HTML = (
    "<ul>", "</ul>", "<ol>", "</ol>", "<li>", "</li>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<pre>",
    "</pre>", "<dl>", "<dt>", "<dd>", "</dl>", "<p>", "</p>", "<b>", "</b>", "<div>", "<h2>", "</h2>", "<blockquote>",
    "\n", "\n\n", " ", "- ", "1. ", "> ", "| ", "`", "en ", "to ", "tre ", "fire ", "<caption>", "&shy;", "\n```\n",
    "<br>",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(HTML), max_size=30).map("".join))
def test_any_html_keeps_its_words_and_is_repaired_once(html: str) -> None:
    once, _ = all_repaired(lines(html))
    twice, _ = all_repaired(once)

    assert twice == once
    assert Counter(_WORDS.findall("\n".join(line.text for line in once))) == Counter(_WORDS.findall(html))


_WORDS = re.compile(r"\b(?:en|to|tre|fire)\b")


@pytest.mark.parametrize(
    "text_of_div",
    [
        "::: {.html-ol start=--5}\n::: {.html-li value=²}\nA\n:::\n:::",
        "::: {.html-table}\n::: {.html-tr part=x}\nA\n:::\nB\n:::",
        "::: {.html-td}\nA\n:::",
        "::: {.html-dl}\n::: {.html-dd}\nA\n:::\n:::",
    ],
)
def test_a_div_that_claims_to_be_html_is_read_without_a_fault(text_of_div: str) -> None:
    blocks, _ = built(text_of_div)

    assert "A" in text(blocks)


def test_cells_of_html_have_the_side_that_they_are_set_to() -> None:
    made = table('<table><tr><td align="right">1</td><td>2</td></tr></table>')

    assert [cell.alignment for cell in made.rows[0] if isinstance(cell, Cell)] == ["right", ""]
