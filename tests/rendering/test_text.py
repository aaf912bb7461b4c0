from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    CodeBlock,
    Div,
    Figure,
    HorizontalRule,
    Image,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    References,
    Space,
    Str,
    Strikeout,
    Subscript,
    Superscript,
    Table,
    text,
    walk,
)
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.text import WIDTH, TextRenderer
from pipeline.rendering.words import load_words
from tests.makers import PICTURE, everything, header, para, plain, words_in

NO_BREAK = "\N{NO-BREAK SPACE}"
LONG = "Gå en tur hver dag, også når ryggen driller, for den har bedst af at blive brugt lidt ad gangen."


def renderer() -> TextRenderer:
    return TextRenderer(load_words(Styles((packaged_styles(),)), "da"), medium="mail")


def written(*blocks: Block) -> str:
    return renderer().blocks(blocks)


def row(*cells: str) -> tuple[Cell, ...]:
    return tuple(Cell((plain(cell),)) for cell in cells)


def test_no_line_is_wider_than_72_columns() -> None:
    made = written(*everything().blocks)

    assert max(map(len, made.splitlines())) <= WIDTH


def test_nothing_is_set_in_capitals_or_starred() -> None:
    """Speech spells capitals out and says every star, hash and bar."""
    made = written(*everything().blocks)

    assert "Hvad kan du selv gøre?" in made
    assert not re.search(r"[*#|=>]", made)


def test_every_word_of_an_article_is_written_in_order() -> None:
    article = everything()
    got = iter(re.findall(r"\w+", written(*article.blocks)))

    expected = re.findall(r"\w+", text(article.blocks))

    assert len(expected) > 100
    assert [word for word in expected if word not in got] == []


def test_a_heading_is_underlined_by_its_rank() -> None:
    made = written(header("Råd", 2), header("Søvn", 3), para("Sov."))

    assert made == "Råd\n---\n\n\nSøvn\n\nSov."


def test_list_items_hang_below_their_mark() -> None:
    made = written(BulletList(((plain(LONG),), (plain("Sov."),))))

    assert made.splitlines() == [
        "- Gå en tur hver dag, også når ryggen driller, for den har bedst af at",
        "  blive brugt lidt ad gangen.",
        "- Sov.",
    ]


def test_a_list_within_a_list_counts_from_its_own_start() -> None:
    made = written(BulletList(((plain("Øv"), OrderedList(((plain("let"),), (plain("svært"),)), 9)),)))

    assert made.splitlines() == ["- Øv", "  9. let", "  10. svært"]


def test_a_small_table_stands_in_columns() -> None:
    table = Table(row("Vane", "Timer"), (row("Søvn", "8"), (Cell((plain("Gå"),)), Cell((plain("1"),), "right"))))

    made = written(table)

    assert made.splitlines() == ["Vane  Timer", "----  -----", "Søvn  8", "Gå    1"]


def test_numbers_of_a_right_aligned_column_stand_below_each_other() -> None:
    head = (Cell((plain("Vane"),)), Cell((plain("Minutter"),), "right"))

    made = written(Table(head, (row("Gå", "5"), row("Sov", "480"))))

    assert made.splitlines()[2:] == ["Gå           5", "Sov        480"]


def test_a_wide_table_is_written_row_by_row_with_its_headings() -> None:
    """A cell broken over several lines cannot be followed by ear."""
    made = written(Table(row("Øvelse", "Sådan", "Gange"), (row("Bækkenløft", LONG, "8"), row("Gang", LONG))))

    assert made.startswith("Øvelse · Sådan · Gange\n\nBækkenløft\nSådan: Gå en tur")
    assert "\nGange: 8\n\nGang\nSådan: " in made
    assert made.count("Gange") == 2


def test_a_wide_table_of_two_columns_is_written_as_term_and_meaning() -> None:
    """A label before each of thirty words says nothing, as in the HTML of the mail."""
    made = written(Table(row("Ord", "Betydning"), (row("Bursa", LONG), row("", LONG), row("Sene", "senen"))))

    assert made.startswith("Ord · Betydning\n\nBursa – Gå en tur")
    assert "\n\nGå en tur" in made
    assert made.endswith("\n\nSene – senen")


def test_a_table_without_head_or_with_ragged_rows_loses_no_cell() -> None:
    made = written(Table((), (row("a"), row("b", "c"), row("d", "e", LONG))))

    assert re.findall(r"\b[a-e]\b", made) == ["a", "b", "c", "d", "e"]


def test_an_empty_cell_of_a_table_without_head_keeps_its_place() -> None:
    made = written(Table((), (row("Hælløft", "", "20", LONG), row("Bro", "8", "", ""))))

    assert made.startswith("Hælløft\n–\n20\n")
    assert made.endswith("\n\nBro\n8")


def test_items_of_a_list_in_a_cell_are_aligned() -> None:
    steps = Cell((OrderedList(((plain("ti"),), (plain("fem"), BulletList(((plain("hurtigt"),),)))), 3),))

    assert written(Table(row("Uge", "Sæt"), ((Cell((plain("1"),)), steps),))) == (
        "Uge · Sæt\n\n1\n3. ti\n4. fem\n   - hurtigt"
    )
    assert written(Table((), ((Cell((plain("1"),)), steps),))) == "1\n3. ti\n4. fem\n   - hurtigt"


def test_links_are_numbered_and_listed_once_each() -> None:
    text_renderer = renderer()
    first = Link(words_in("råd om ryggen"), "https://sundhed.example/ryg")

    made = text_renderer.blocks((Para((first, Space(), Link((Str("igen"),), first.address))),))

    assert made == f"råd om ryggen{NO_BREAK}[1] igen{NO_BREAK}[1]"
    assert text_renderer.links() == "Links\n-----\n\n[1] https://sundhed.example/ryg"


def test_an_address_is_never_broken() -> None:
    text_renderer = renderer()
    address = "https://sundhed.example/" + "lang-sti/" * 12

    text_renderer.blocks((Para((Link((Str("her"),), address),)),))

    assert address in text_renderer.links().splitlines()[-1]


def test_a_link_that_says_its_address_needs_no_number() -> None:
    mail = Link((Str("kontakt@klinik.example"),), "mailto:kontakt@klinik.example")
    phone = Link(words_in("70 12 34 56"), "tel:+4570123456")
    hidden = Link(words_in("skriv til os"), "mailto:kontakt@klinik.example")
    place = Link((Str("nedenfor"),), "#hjaelp")

    made = [written(Para((link,))) for link in (mail, phone, hidden, place)]

    assert made == ["kontakt@klinik.example", "70 12 34 56", "skriv til os (kontakt@klinik.example)", "nedenfor"]


@pytest.mark.parametrize(
    ("words", "address", "expected"),
    [
        ("vagten (24 timer)", "tel:1813", "vagten (24 timer) (1813)"),
        ("afdeling 3", "tel:+4570123456", "afdeling 3 (70 12 34 56)"),
        ("ring", "tel:+45%2070%2012%2034%2056", "ring (70 12 34 56)"),
        ("70 12 34 56", "tel:+45%2070%2012%2034%2056", "70 12 34 56"),
        ("sms", "sms:1245", "sms (1245)"),
        ("skriv", "mailto:a@klinik.example?subject=Hj%C3%A6lp", "skriv (a@klinik.example)"),
    ],
)
def test_the_number_or_the_mailbox_of_a_link_is_written_unless_its_words_say_it(
    words: str, address: str, expected: str
) -> None:
    assert written(Para((Link(words_in(words), address),))) == expected


def test_footnotes_are_written_below_even_those_within_footnotes() -> None:
    text_renderer = renderer()
    inner = Note((para("Dybere."),))

    made = text_renderer.blocks((Para((Str("Tal"), Note((Para((Str("Kilde."), inner)),)))),))

    assert made == f"Tal{NO_BREAK}(note{NO_BREAK}1)"
    assert text_renderer.notes().endswith(f"Note 1:\n    Kilde.{NO_BREAK}(note{NO_BREAK}2)\n\nNote 2:\n    Dybere.")


def test_footnotes_have_a_heading_in_the_language_of_their_article() -> None:
    text_renderer = renderer()
    for number, language in enumerate(("da", "en", "en")):
        text_renderer.words = load_words(Styles((packaged_styles(),)), language)
        text_renderer.blocks((Para((Str("x"), Note((para(f"{number}."),)))),))

    assert [line for line in text_renderer.notes().splitlines() if line.startswith("Not")] == [
        "Noter", "Note 1:", "Notes", "Note 2:", "Note 3:"
    ]  # fmt: skip


def test_a_callout_keeps_its_label_and_stands_out() -> None:
    made = written(Callout("see-doctor", (para("Du mister følesansen."),)), para("Efter."))

    assert made == "Søg læge, hvis …\n\n    Du mister følesansen.\n\nEfter."


def test_a_raised_number_is_not_read_as_part_of_the_number_before_it() -> None:
    made = written(Para((Str("10"), Superscript((Str("6"),)), Space(), Str("CO"), Subscript((Str("2"),)))))

    assert made == "10^6 CO2"


def test_words_struck_out_are_marked() -> None:
    assert written(Para((Strikeout(words_in("ro og hvile")),))) == "(overstreget: ro og hvile)"


def test_a_picture_is_told_by_its_alt_text_and_a_decoration_is_not() -> None:
    told = written(Figure(Image(PICTURE, "To øvelser"), words_in("Prøv dem.")))

    assert told == "[Billede: To øvelser] Prøv dem."
    assert written(Figure(Image(PICTURE, ""))) == ""


def test_blocks_for_other_media_are_left_out() -> None:
    made = written(Div((para("Klip ud."),), media=("print",)), Div((para("Svar på mailen."),), media=("mail",)))

    assert made == "Svar på mailen."


def test_line_breaks_of_the_author_and_of_code_are_kept() -> None:
    made = written(Para((Str("Vej 1"), LineBreak(), Str("Aarhus"))), CodeBlock("a\n\nb"), HorizontalRule())

    assert made.startswith("Vej 1\nAarhus\n\n    a\n\n    b\n\n---")


def test_references_have_a_heading_of_the_language_where_the_author_gave_none() -> None:
    made = written(References((), (para("Sundhedsstyrelsen 2019."),), "referencer"))

    assert made == "Referencer\n----------\n\nSundhedsstyrelsen 2019."


def test_headings_move_down_with_the_depth_of_the_article() -> None:
    text_renderer = renderer()
    text_renderer.depth = 1

    assert text_renderer.blocks((header("Råd", 2),)) == "Råd"


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=90), max_size=30), st.integers(0, 4))
def test_wrapping_keeps_every_word(words: list[str], depth: int) -> None:
    block: Block = para(" ".join(words))
    for _ in range(depth):
        block = BlockQuote((BulletList(((block,),)),))

    made = written(block)

    assert [word for word in made.split() if word != "-"] == words
    assert sum(isinstance(node, Para) for node in walk((block,))) == 1
