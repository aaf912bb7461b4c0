"""Blocks from pandoc's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Callout,
    CodeBlock,
    DefinitionList,
    Div,
    Figure,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    SoftBreak,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    Table,
    text,
    walk,
)
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.lines import FindingCollector, NestingError
from pipeline.reading.pandoc import PandocDocument, parse_many
from pipeline.reading.source_text import clean_characters
from tests.reading.markdown import SOURCE, Resolver, built, codes, lines


def inlines(markdown: str) -> tuple[Inline, ...]:
    blocks, _ = built(markdown)
    assert isinstance(blocks[0], Para)
    return blocks[0].content


def only(markdown: str) -> Block:
    blocks, _ = built(markdown)
    assert len(blocks) == 1, blocks
    return blocks[0]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("70%, 5 og $", (Str("70%,"), Space(), Str("5"), Space(), Str("og"), Space(), Str("$"))),
        ("H<sub>2</sub>O", (Str("H"), Subscript((Str("2"),)), Str("O"))),
        ("x<sup>**2**</sup>", (Str("x"), Superscript((Strong((Str("2"),)),)))),
        ("et<br>to", (Str("et"), LineBreak(), Str("to"))),
        ("et  \nto\ntre", (Str("et"), LineBreak(), Str("to"), SoftBreak(), Str("tre"))),
        ("~~ud~~", (Strikeout((Str("ud"),)),)),
        ('<abbr title="Magnetisk &amp; x">MR</abbr>', (Span((Str("MR"),), title="Magnetisk & x"),)),
        ("[back pain]{lang=en .x}", (Span((Str("back"), Space(), Str("pain")), language="en"),)),
        ("ord{onclick=alert(1)} [to]{.x #y}", (Str("ord"), Space(), Str("to"))),
        ("<sub>aldrig lukket", (Subscript((Str("aldrig"), Space(), Str("lukket"))),)),
    ],
)
def test_inlines_are_words_and_known_marks(markdown: str, expected: tuple[Inline, ...]) -> None:
    assert inlines(markdown) == expected


def test_spaces_stand_outside_of_links() -> None:
    content = inlines("se[ siden ](https://ryg.example)her")

    assert content == (Str("se"), Space(), Link((Str("siden"),), "https://ryg.example", 1), Space(), Str("her"))


def test_links_know_their_own_line_and_an_unknown_address_leaves_the_words() -> None:
    resolver = Resolver()

    blocks, findings = built("Indledning.\n\nEn tekst med\n[et link](/ukendt) og\n[to](/b) og [](/c).", resolver)

    links = [node for node in walk(blocks) if isinstance(node, Link)]
    assert [(link.address, link.line) for link in links] == [("/b", 5)]
    assert "et link" in text(blocks)
    assert codes(findings) == ["link-empty"]
    assert ("/ukendt", 4) in resolver.asked


def test_blocks_know_their_line_in_the_source_also_behind_repairs() -> None:
    blocks, _ = built("##Et\nTekst\n- a\n\n> citat\n\n| A |\n|---|\n| 1 |\n\n---\n\n```\nkode\n```")

    assert [(type(block).__name__, block.line) for block in blocks] == [
        ("Header", 1),
        ("Para", 2),
        ("BulletList", 3),
        ("BlockQuote", 5),
        ("Table", 7),
        ("HorizontalRule", 11),
        ("CodeBlock", 13),
    ]


def test_a_bare_address_does_not_become_insecure() -> None:
    resolver = Resolver()

    built("Se www.ryg.example og http://www.nakke.example.", resolver)

    assert [target for target, _ in resolver.asked] == ["www.ryg.example", "http://www.nakke.example"]


def test_a_picture_of_its_own_is_a_figure_and_alt_is_no_caption() -> None:
    figure = only("![En ryg](/ryg.png)")

    assert isinstance(figure, Figure)
    assert (figure.image.alt, figure.caption) == ("En ryg", ())


def test_a_caption_is_what_the_author_wrote_as_title() -> None:
    figure = only('![En ryg](/ryg.png "Ryggen set bagfra")')

    assert isinstance(figure, Figure)
    assert text(figure.caption) == "Ryggen set bagfra"


@pytest.mark.parametrize(
    ("markdown", "kinds"),
    [
        ("![a](/a.png) Tekst efter", ["Figure", "Para"]),
        ("Tekst før ![a](/a.png)", ["Para", "Figure"]),
        ("Tekst ![a](/a.png) midt i", ["Para"]),
        ("![a](/a.png) ![b](/b.png)", ["Figure", "Figure"]),
        ("[![a](/a.png)](https://ryg.example)", ["Para"]),
        ("Tekst ![a](/mangler.png)", ["Para"]),
        ("![a](/mangler.png)", []),
    ],
)
def test_pictures_stand_where_the_author_set_them(markdown: str, kinds: list[str]) -> None:
    blocks, _ = built(markdown)

    assert [type(block).__name__ for block in blocks] == kinds


def test_pictures_in_cells_stay_in_their_cell() -> None:
    table = only("| A | B |\n|---|---|\n| ![a](/a.png) | Gå |")

    assert isinstance(table, Table)
    assert isinstance(table.rows[0][0].blocks[0], Plain)
    assert any(isinstance(node, Image) for node in walk((table,)))


def test_a_table_has_a_head_and_alignment_and_no_widths() -> None:
    table = only("| Vane | Antal |\n|:-----------------------------------------------|---:|\n| Gå → | ≤ 2 |\n| | |")

    assert isinstance(table, Table)
    assert [text((cell,)) for cell in table.head] == ["Vane", "Antal"]
    assert [cell.alignment for cell in table.rows[0]] == ["left", "right"]
    assert len(table.rows) == 1


def test_a_first_row_in_bold_is_the_head_of_a_table_without_one() -> None:
    blocks, findings = built("| | |\n|---|---|\n| **Vane** | **Antal** |\n| Gå | 2 |")

    assert isinstance(blocks[0], Table)
    assert blocks[0].head[0].blocks == (Plain((Str("Vane"),), 1),)
    assert codes(findings) == ["table-shape"]


@pytest.mark.parametrize(
    ("markdown", "kind", "title"),
    [
        ("> [!WARNING]\n> Pas på.", "warning", ""),
        ("> [!ADVARSEL] Glat gulv\n> Pas på.", "warning", "Glat gulv"),
        ("> [!SØG LÆGE]\n> Ved feber.", "see-doctor", ""),
        ("::: {.soeg-laege}\n### Søg læge, hvis\n\nDu får feber.\n:::", "see-doctor", "Søg læge, hvis"),
        ("::: see-doctor\nVed feber.\n:::", "see-doctor", ""),
        ("::: {.Tip}\n**Vand:**\n\nDrik.\n:::", "tip", "Vand:"),
        ("::: {.det-vigtigste}\n- Gå\n:::", "key-points", ""),
        ("::: {.note}\n**Husk**\n:::", "note", ""),
        ("> [!FAKTUM]\n> Sådan er det.", "note", "FAKTUM"),
    ],
)
def test_boxes_have_a_kind_and_the_authors_title(markdown: str, kind: str, title: str) -> None:
    box = only(markdown)

    assert isinstance(box, Callout)
    assert (box.kind, text(box.title)) == (kind, title)
    assert "[!" not in text((box,))
    assert "Warning" not in text((box,))


def test_an_ordinary_quotation_stays_one() -> None:
    assert isinstance(only("> [Se] her\n> og der"), BlockQuote)


@pytest.mark.parametrize(
    ("name", "medium"), [("web-only", "web"), ("print-only", "print"), ("mail-only", "mail"), ("book-only", "book")]
)
def test_a_block_may_be_meant_for_one_medium(name: str, medium: str) -> None:
    div = only(f"::: {{.{name}}}\nTekst\n:::")

    assert isinstance(div, Div)
    assert div.media == (medium,)


def test_a_block_in_another_language_says_so_and_other_divs_vanish() -> None:
    blocks, _ = built("::: {lang=en}\nHello\n:::\n\n::: {.kolonne}\nHej\n:::")

    assert isinstance(blocks[0], Div)
    assert blocks[0].language == "en"
    assert isinstance(blocks[1], Para)


def test_lists_keep_their_numbers_and_tasks_their_box() -> None:
    blocks, _ = built("3. tre\n4. fire\n\nTekst\n\n- [ ] gå\n- [x] løb\n\nLænd\n: Nederst i ryggen")

    assert isinstance(blocks[0], OrderedList)
    assert blocks[0].start == 3
    assert isinstance(blocks[2], BulletList)
    assert [text(item) for item in blocks[2].items] == ["☐ gå", "☒ løb"]
    assert isinstance(blocks[3], DefinitionList)


def test_a_footnote_stands_where_it_is_referred_to() -> None:
    blocks, _ = built("Ryg[^1] og nakke.\n\n[^1]: Med **fed** og\n\n    to afsnit.")

    notes = [node for node in walk(blocks) if isinstance(node, Note)]
    assert [text(note.blocks) for note in notes] == ["Med fed og to afsnit."]


def test_indented_text_is_never_code_even_unrepaired() -> None:
    source = lines("Tegn:\n\n    Kramper\n    Feber\n\n```\nkode\n```")
    document = parse_many(["\n".join(line.text for line in source) + "\n"], 30)[0]
    assert isinstance(document, PandocDocument)

    blocks = build_blocks(document, source, FindingCollector(SOURCE), Resolver())

    assert [type(block).__name__ for block in blocks] == ["Para", "Para", "CodeBlock"]
    assert isinstance(blocks[1], Para)
    assert LineBreak() in blocks[1].content
    assert isinstance(blocks[2], CodeBlock)


def test_html_that_repairs_did_not_see_leaves_its_words_only() -> None:
    source = lines('<div onclick="x()">\nSøg læge &amp; ring\n</div>\n\n<br>')
    document = parse_many(["\n".join(line.text for line in source) + "\n"], 30)[0]
    assert isinstance(document, PandocDocument)

    findings = FindingCollector(SOURCE)

    blocks = build_blocks(document, source, findings, Resolver())

    assert text(blocks) == "Søg læge & ring"
    assert codes(findings) == ["html-removed"]


@pytest.mark.parametrize(
    "markdown",
    [">" * 61 + " a", "\n".join("  " * depth + "- a" for depth in range(70)), "***" * 120 + "a" + "***" * 120],
)
def test_nesting_has_a_limit(markdown: str) -> None:
    with pytest.raises(NestingError, match="nested more than") as refused:
        built(f"Før.\n\n{markdown}")
    assert refused.value.line >= 3


def test_nesting_that_json_cannot_hold_is_refused_on_its_line() -> None:
    with pytest.raises(NestingError, match="nested more than") as refused:
        built("Før.\n\n> Et citat.\n\n" + ">" * 2_000 + " a\n\nEfter.")
    assert refused.value.line == 5


def test_nesting_below_the_limit_is_read() -> None:
    assert text(built(">" * 55 + " a")[0]) == "a"


def test_a_heading_keeps_level_and_id_for_the_outline() -> None:
    assert only("##### Gode råd {#raad}") == Header(5, (Str("Gode"), Space(), Str("råd")), "raad", 1)


HIDDEN = "&shy;&#173;&#xAD;&zwnj;&ZeroWidthSpace;&#8203;&lrm;&#8238;&#1;&#x1b;&#xFEFF;&#xFFFE;"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Skul{0}der &#97;&#778;b", "Skulder åb"),
        ("5&#150;10 kr&#x2028;for&#10;to&#32;b", "5–10 kr for to b"),
        ("## Skul{0}der", "Skulder"),
        ("**Skul{0}der** og H<sub>2{0}</sub>O", "Skulder og H2O"),
        ("Ord{0}et\n:   For{0}klaring", "Ordet Forklaring"),
        ("| Sk{0}ul | B |\n|---|---|\n| 1{0} | 2 |", "Skul B 1 2"),
        ("![Skul{0}der](/ryg{0}.png 'Tit{0}el')", "Titel"),
        ("Se [si{0}den](https://ryg.example/a{0}b 'Tit{0}el')", "Se siden"),
        ("> [!TIP] Tit{0}el\n> Vand{0}", "Titel Vand"),
        ('::: {{.tip title="Tit{0}el"}}\nVand{0}\n:::', "Titel Vand"),
        ('[Vand{0}]{{lang="da{0}"}}', "Vand"),
        ('<abbr title="lang{0} form">LF</abbr> <code>a &lt; b{0}</code>', "LF a < b"),
        ("Note[^1].\n\n[^1]: Skul{0}der", "Note."),
        ("&#x1F469;&zwj;&#x1F52C; og `&shy;`", "👩\u200d🔬 og &shy;"),
    ],
)
def test_a_character_reference_brings_in_nothing_that_the_character_itself_may_not(written: str, said: str) -> None:
    blocks, _ = built(written.format(HIDDEN))

    assert text(blocks) == said
    assert [words for words in _strings(blocks) if clean_characters(words) != words] == []


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _strings(part)
    elif is_dataclass(node):
        for entry in fields(node):
            yield from _strings(getattr(node, entry.name))


def test_what_character_references_brought_in_is_named_once_with_count_and_first_line() -> None:
    _, findings = built("Ryg.\n\nKnæ&shy;skal og ryg&shy;søjle\n\n> ryg&#173;hvirvel &#8238;")

    assert [(finding.code, finding.line, finding.message[-10:]) for finding in findings] == [
        ("bidi-override", 5, "removed: 1"),
        ("characters-unusual", 3, "removed: 3"),
    ]
