"""Typography changes signs as the language wants them, once, and never a letter or digit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import SourceSettings
from pipeline.findings import Finding
from pipeline.model import (
    Block,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
    Emph,
    Figure,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    Para,
    Picture,
    Plain,
    References,
    SoftBreak,
    Space,
    Span,
    Str,
    Strong,
    Superscript,
    Table,
    text,
)
from pipeline.reading.lines import FindingCollector
from pipeline.reading.typography import apply_typography, apply_typography_to_text
from tests.makers import words_in

Quotes = Literal["„“", "»«", "“”", ""]
SOURCE = "sources/blog/soevn.md"
HOUSE = SourceSettings()


def typeset(
    blocks: tuple[Block, ...], language: str, settings: SourceSettings
) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    """Return blocks as the language sets them, and what was found."""
    findings = FindingCollector(SOURCE)
    return apply_typography(blocks, language, settings, findings), tuple(findings)


def danish(written: str) -> str:
    return apply_typography_to_text(written, "da", HOUSE).replace("\u00a0", "~")


def english(written: str) -> str:
    return apply_typography_to_text(written, "en", HOUSE).replace("\u00a0", "~")


def set_inlines(*inlines: Inline, language: str = "da") -> tuple[Inline, ...]:
    (made,), _ = typeset((Para(inlines, 3),), language, HOUSE)
    assert isinstance(made, Para)
    return made.content


# ---- quotation marks


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('"a "b"c"', '„a "b"c“'),
        ('Sig "ro", ”ro”, “ro”, „ro“, »ro« og «ro».', "Sig „ro“, „ro“, „ro“, „ro“, „ro“ og „ro“."),
        ("Nerven ‘glider’ og 'hviler'.", "Nerven „glider“ og „hviler“."),
        ("\"Han sagde 'nej' igen\"", "„Han sagde ‚nej‘ igen“"),
        ('"Han sagde "nej" igen"', "„Han sagde ‚nej‘ igen“"),
        ('("ro"), –"ro" og "ro"-øvelser', "(„ro“), –„ro“ og „ro“-øvelser"),
        ('"Ja," sagde hun, "det går."', "„Ja,“ sagde hun, „det går.“"),
        ('Det var "ro".', "Det var „ro“."),
        ('"Ro"s virkning', "„Ro“s virkning"),
    ],
)
def test_every_style_of_quotation_becomes_that_of_the_house(written: str, wanted: str) -> None:
    assert danish(written) == wanted


@pytest.mark.parametrize(
    "written",
    [
        "bh'er, d'Arc og O’Neill", "diabetes' følger og Lars’ ryg", "i '90erne og ’60erne", "rock 'n' roll",
        'et bræt på 12" og 6\' 2"', '"aldrig lukket', 'lukket"', 'a " b',
    ],
)  # fmt: skip
def test_apostrophes_inches_and_lone_marks_stay(written: str) -> None:
    assert danish(written) == written


@pytest.mark.parametrize(
    ("quotes", "wanted"),
    [("„“", "„a ‚b‘“"), ("»«", "»a ›b‹«"), ("“”", "“a ‘b’”"), ("", "\"a 'b'\"")],
)
def test_the_house_style_is_chosen_by_the_project(quotes: Quotes, wanted: str) -> None:
    settings = replace(HOUSE, quotes=quotes)

    assert apply_typography_to_text("\"a 'b'\"", "da", settings) == wanted
    assert apply_typography_to_text(wanted, "da", settings) == wanted


def test_english_has_its_own_marks() -> None:
    assert english("\"It's 'the' dog\" and 'tis so") == "“It's ‘the’ dog” and 'tis so"


def test_a_quotation_may_hold_emphasis_and_links() -> None:
    made = set_inlines(
        Str('"Sov'), Space(), Emph((Str("godt"),)), Str('",'), Space(), Link((Str('"her"'),), "https://klinik.example/a-b"),
    )  # fmt: skip

    assert made == (
        Str("„Sov"), Space(), Emph((Str("godt"),)), Str("“,"), Space(), Link((Str("„her“"),), "https://klinik.example/a-b"),
    )  # fmt: skip


# ---- numbers


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("løft 5 kg i 10 sekunder", "løft 5~kg i 10~sekunder"),
        ("2,5 mg, 37 °C, 200 kr. og 1½ time", "2,5~mg, 37~°C, 200~kr. og 1½~time"),
        ("30 kg/m² er 5 meget", "30~kg/m² er 5 meget"),
        ("5 kgs", "5 kgs"),
    ],
)
def test_a_number_and_its_unit_stay_together(written: str, wanted: str) -> None:
    assert danish(written) == wanted


def test_a_line_end_between_number_and_unit_becomes_the_space_too() -> None:
    assert set_inlines(Strong((Str("5"),)), SoftBreak(), Str("kg")) == (Strong((Str("5"),)), Str("\u00a0kg"))
    assert set_inlines(Str("5"), Space(), Str("kg")) == (Str("5\u00a0kg"),)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("70% og 80 %.", "70~% og 80~%."),
        ("21-32% af 5‰", "21–32~% af 5~‰"),
        ("100%ig og 5%-point", "100%ig og 5%-point"),
        ("et % uden tal", "et % uden tal"),
    ],
)
def test_danish_puts_a_space_before_percent(written: str, wanted: str) -> None:
    assert danish(written) == wanted


def test_english_keeps_percent_at_its_number() -> None:
    assert english("70% of 5 kg") == "70% of 5~kg"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("3-4 gange", "3–4 gange"),
        ("1,6-2,2 gram", "1,6–2,2~gram"),
        ("1.500-2.000 kcal, 1500-2000 trin", "1.500–2.000~kcal, 1500–2000 trin"),
        ("kl. 10.30-11.30", "kl. 10.30–11.30"),
        ("2019-2024 (8-12)", "2019–2024 (8–12)"),
    ],
)
def test_a_range_gets_its_dash(written: str, wanted: str) -> None:
    assert danish(written) == wanted


@pytest.mark.parametrize(
    "written",
    [
        "02-05-2025", "2025-05-02", "5-6 2025", "70-12-34-56", "tlf. 12-34", "tlf.: +45 12-34", "CVR 1234-5678",
        "1234-5678",
        "010190-1234", "COVID-19", "B12-13", "L4-5", "120/80-90", "2-0", "vandt 1-3", "ISO 9001-9004", "3-4-årig",
        "1-2-3",
        "omega-3-6", "01-02", "kl. 10:30-11:30", "-5-10", "10.1000/182-190", "d. 3-4", "ISBN 12-34", "7-7",
    ],
)  # fmt: skip
def test_dates_numbers_to_dial_codes_and_results_are_no_ranges(written: str) -> None:
    assert danish(written) == written


def test_a_superscript_is_not_part_of_a_range() -> None:
    content = (Str("3-4"), Superscript((Str("2"),)))

    assert set_inlines(*content) == content


# ---- dashes


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("ro - og søvn", "ro – og søvn"),
        ("ro -- og --- søvn", "ro – og – søvn"),
        ("ryg- og nakkesmerter", "ryg- og nakkesmerter"),
        ("- punkt", "- punkt"),
        ("ro - - søvn", "ro – – søvn"),
        ("og så...", "og så…"),
        ("navn: ......", "navn: ......"),
    ],
)
def test_dashes_and_ellipses(written: str, wanted: str) -> None:
    assert danish(written) == wanted


# ---- what is left alone


@pytest.mark.parametrize(
    "written",
    [
        "https://klinik.example/a?b=70%20&c=3-4", "www.klinik.example/3-4", "3-4@klinik.example", "klinik.dk/3-4...5",
        "doi:10.1000/3-4", "mailto:a@b.example?subject=3-4",
    ],
)  # fmt: skip
def test_bare_addresses_stay(written: str) -> None:
    assert danish(written) == written


def test_code_addresses_and_hard_breaks_stay() -> None:
    content = (Code('"3-4"'), LineBreak(), Str("-"), Space(), Link((Str("her"),), "https://klinik.example/3-4"))

    assert set_inlines(*content) == content
    assert typeset((CodeBlock('"3-4" ...', 1),), "da", HOUSE) == ((CodeBlock('"3-4" ...', 1),), ())


def test_words_in_another_language_follow_their_own_rules() -> None:
    made = set_inlines(Str('"a'), Space(), Span((Str('"b"'), Space(), Str("70%")), language="en"), Str('"'))

    assert made == (Str("„a"), Space(), Span((Str("“b”"), Space(), Str("70%")), language="en"), Str("“"))


def test_a_language_without_rules_and_a_project_that_wants_none_change_nothing() -> None:
    written = '"ro" 5 kg 3-4 70% ...'

    assert apply_typography_to_text(written, "sv", HOUSE) == written
    assert apply_typography_to_text(written, "da", replace(HOUSE, typography=False)) == written
    assert apply_typography_to_text(written, "da", replace(HOUSE, quotes="")) == '"ro" 5\u00a0kg 3–4 70\u00a0% …'


# ---- the tree


def test_every_place_that_holds_text_is_set() -> None:
    raw, wanted = words_in("3-4"), (Str("3–4"),)
    picture = Picture("sources/images/ryg.png", "0" * 64, 10, 10, "image/png")

    def tree(words: tuple[Inline, ...]) -> tuple[Block, ...]:
        plain = (Plain(words),)
        return (
            Header(2, words, "id"),
            BulletList(((Para((Emph(words), Note((Para(words),)))),),)),
            DefinitionList(((words, (plain,)),)),
            Table((Cell(plain),), ((Cell(plain),),), words),
            Figure(Image(picture, "3-4"), words),
            Div((Callout("tip", plain, words),)),
            References(words, plain, "referencer"),
        )

    made, _ = typeset(tree(raw), "da", HOUSE)

    assert made == tree(wanted)


def test_each_rule_is_noted_once_with_count_and_first_line() -> None:
    blocks = (Para(words_in("ro"), 5), Para(words_in("3-4 og 5-6"), 7), Para(words_in('7-8 "ro"'), 9))

    _, findings = typeset(blocks, "da", HOUSE)

    assert [(finding.code, finding.line, finding.message, finding.repaired) for finding in findings] == [
        ("typography", 7, "hyphens between numbers made dashes: 3", True),
        ("typography", 9, "quotations set in the house style: 1", True),
    ]  # fmt: skip


def test_what_needs_nothing_is_the_same_object() -> None:
    blocks = (Para(words_in("En rolig aften."), 1),)

    made, findings = typeset(blocks, "da", HOUSE)

    assert made[0] is blocks[0]
    assert findings == ()


@pytest.mark.parametrize(
    "piece",
    ['("', "(›", "'x ", '"x" y\' ', "a+", "a.", "www.", "3-", "70%", "... ", " - ", "5 kg ", "\"'", "x://", "1.000"],
)
def test_a_flood_of_signs_costs_little_time(piece: str) -> None:
    begin = time.monotonic()

    apply_typography_to_text(piece * 50_000, "da", HOUSE)

    assert time.monotonic() - begin < 10


# ---- properties

SETTINGS = [HOUSE, replace(HOUSE, quotes="»«"), replace(HOUSE, quotes="“”"), replace(HOUSE, quotes="")]
PIECES = st.sampled_from(
    ['"', "“", "”", "„", "»", "«", "'", "‘", "’", "‚", "›", "‹", " ", " ", "-", " - ", "–", ".", "...", "…", "%",
     " %", "‰",
     "3", "4", "12", "0", "1500", "kg", " kg", "ord", "s", "n", "nr. ", "tlf ", "d.", "www.", "a.dk", "@", "/",
     ":", "(", ")", ",", "\u00a0", "\n", "Æ", "½", "=", "+"]
)  # fmt: skip
WRITTEN = st.lists(PIECES | st.characters(exclude_categories=["Cs"]), max_size=25).map("".join)


def letters(written: str) -> str:
    return "".join(character for character in written if character.isalnum())


@given(WRITTEN, st.sampled_from(["da", "en"]), st.sampled_from(SETTINGS))
def test_text_set_twice_is_text_set_once_and_keeps_its_letters(
    written: str, language: str, settings: SourceSettings
) -> None:
    once = apply_typography_to_text(written, language, settings)

    assert apply_typography_to_text(once, language, settings) == once
    assert letters(once) == letters(written)


WORD = st.lists(PIECES.filter(lambda piece: not piece.isspace()), min_size=1, max_size=4).map(
    lambda pieces: Str("".join(pieces).replace(" ", "").replace("\n", ""))
)


def run(inlines: list[Inline]) -> tuple[Inline, ...]:
    return tuple(inlines)


BLANKS: list[Inline] = [Space(), SoftBreak(), LineBreak(), Code('"3-4"')]
INLINES: st.SearchStrategy[tuple[Inline, ...]] = st.recursive(
    st.lists(WORD | st.sampled_from(BLANKS), max_size=6).map(run),
    lambda inner: st.lists(
        st.one_of(
            WORD, st.sampled_from(BLANKS), inner.map(Emph), inner.map(Strong), inner.map(Superscript),
            inner.map(lambda content: Link(content, "https://klinik.example/3-4")),
            inner.map(lambda content: Span(content, language="en")),
            inner.map(lambda content: Note((Para(content),))),
        ), max_size=5,
    ).map(run),
    max_leaves=6,
)  # fmt: skip


@given(INLINES, st.sampled_from(["da", "en"]), st.sampled_from(SETTINGS))
def test_a_tree_set_twice_is_a_tree_set_once_and_keeps_its_letters(
    content: tuple[Inline, ...], language: str, settings: SourceSettings
) -> None:
    blocks = (Para(content, 1), Callout("tip", (Plain(content, 2),), content, 2))

    once, _ = typeset(blocks, language, settings)
    twice, findings = typeset(once, language, settings)

    assert twice == once
    assert findings == ()
    assert letters(text(once)) == letters(text(blocks))


@pytest.mark.parametrize(
    "written",
    ["86 12 34-56", "Tlf. 70-80 10-20", "20 30-40 50", "nr. 12-34", "sag 12-34", "sagsnr. 12-34", "journal 12-34",
     "reg. 12-34", "konto: 12-34", "ordre 12-34", "lot 12-34", "version 1-2", "mobil 20-30"],
)  # fmt: skip
def test_numbers_to_dial_and_of_cases_are_no_ranges(written: str) -> None:
    assert apply_typography_to_text(written, "da", HOUSE).replace("\u00a0", " ") == written
