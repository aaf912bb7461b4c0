"""Passages on when to get help: which are boxed, at which level, and which are only named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, Publisher
from pipeline.languages import language
from pipeline.model import URGENT_KINDS, Block, Callout, Header, Para, text
from pipeline.reading.help_passages import level_of
from pipeline.reading.reader import ReadResult, read_articles
from pipeline.reading.source_files import find_roots, find_sources
from tests.makers import write


def reading(folder: Path, body: str, front: str = "") -> ReadResult:
    write(folder / "publish.toml", "")
    write(folder / "sources/a.md", f"---\ntitle: Svimmelhed\n{front}---\n\nEn kort indledning.\n\n{body}\n")
    config = Config(folder, Publisher(website="https://klinik.example"))
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    (result,) = read_articles(sources, config, roots, {source.path: source.id for source in sources})
    assert result.article, result.findings
    return result


def blocks(folder: Path, body: str, front: str = "") -> tuple[Block, ...]:
    result = reading(folder, body, front)
    assert result.article
    return result.article.blocks[1:]


def boxes(folder: Path, body: str, front: str = "") -> list[tuple[str, str]]:
    return [(block.kind, text((block,))) for block in blocks(folder, body, front) if isinstance(block, Callout)]


# ---- the level that a sentence names

CALLS = {
    "Ring 112, hvis ansigtet hænger.": "emergency",
    "Ring straks 112.": "emergency",
    "Ring 1-1-2 ved bevidstløshed.": "emergency",
    "Du kan altid ringe 112, hvis du er i tvivl.": "emergency",
    "Du skal ringe 112, hvis du får trykken for brystet.": "emergency",
    "Ved pludselig lammelse: ring til alarmcentralen på 112!": "emergency",
    "Vent ikke med at ringe 112 ved åndenød.": "emergency",
    "Er du ikke sikker, så ring 112.": "emergency",
    "Det kan kræve øjeblikkelig hjælp (ring 112).": "emergency",
    "Kontakt lægevagten, hvis feberen stiger om natten.": "out-of-hours",
    "Ring til lægevagten, hvis din egen læge har lukket.": "out-of-hours",
    "Du bør ringe til lægevagten ved feber over 40.": "out-of-hours",
    "Søg straks lægehjælp.": "see-doctor",
    "Hvis smerterne ikke går over, bør du kontakte din læge.": "see-doctor",
    "Det er vigtigt at søge lægehjælp, hvis du bliver følelsesløs.": "see-doctor",
    "Tag på skadestuen, hvis du ikke kan støtte på foden.": "see-doctor",
    "Vent ikke med at søge læge, hvis det bliver værre.": "see-doctor",
    "Har du ondt om natten, skal du søge akut hjælp.": "see-doctor",
    "Tab af kraft kræver akut lægehjælp.": "see-doctor",
    "Ensidig hævelse bør vurderes akut.": "see-doctor",
}
NO_CALLS = (
    "Akutte smerter går som regel over.",
    "Svimmelhed er sjældent farligt.",
    "Du behøver ikke ringe 112.",
    "Du behøver ikke at ringe 112 for et forstuvet knæ.",
    "Ring ikke 112 for at bestille tid.",
    "Undersøgelsen fulgte 112 patienter i to år.",
    "Hun ringede 112 i sin tid.",
    "Mange ringer 112, når de får ondt i brystet.",
    "Ring på 70 11 21 12 for at bestille tid.",
    "Ring til klinikken på 11 22 11 12.",
    "Tag 1-2 tabletter, og ring, hvis du er i tvivl.",
    "Øvelsen gentages 112 gange.",
    "Sygdommen kan føre til akut nyresvigt.",
    "Det er sjældent nødvendigt at søge læge ved hold i nakken.",
    "Det er ikke nødvendigt at kontakte lægevagten.",
    "Lægevagten har åbent hele natten.",
    "Skal jeg søge læge, hvis det gør ondt?",
    "Her kan du læse, hvornår du bør søge læge.",
    "Konsulter altid en læge, før du går i gang.",
    "Tal med din læge om medicin ved længerevarende brug.",
    "Dengang søgte man sjældent læge for sådan noget.",
    "Lægen kan henvise dig, hvis det varer ved.",
    "I 1920 var der læger, som kørte ud om natten.",
)  # fmt: skip


@pytest.mark.parametrize(("sentence", "level"), CALLS.items())
def test_a_call_for_help_has_the_level_that_its_words_name(sentence: str, level: str) -> None:
    assert level_of(sentence, language("da"), needs_when=True) == level


@pytest.mark.parametrize("sentence", NO_CALLS)
def test_negations_questions_and_descriptions_are_no_call(sentence: str) -> None:
    assert level_of(sentence, language("da"), needs_when=True) is None


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        ("Call 112 at once.", "emergency"),
        ("You should call the doctor on call if the fever rises.", "out-of-hours"),
        ("See a doctor if the pain gets worse.", "see-doctor"),
        ("It is important to seek medical attention immediately.", "see-doctor"),
        ("Do not call 112 to make an appointment.", None),
        ("The study followed 112 patients.", None),
        ("Talk to your doctor about medicine when it lasts.", None),
        ("You should see a doctor before you start.", None),
    ],
)
def test_english_calls(sentence: str, level: str | None) -> None:
    assert level_of(sentence, language("en"), needs_when=True) == level


def test_a_language_without_tables_finds_nothing() -> None:
    assert level_of("Ring 112, hvis det er slemt.", language("sv")) is None


# ---- sections


@pytest.mark.parametrize(
    "heading",
    [
        "Hvornår skal jeg søge læge?",
        "Hvornår bør man kontakte sin læge?",
        "Hvornår er det nødvendigt at søge hjælp?",
        "Søg hjælp, hvis dit barn bliver sløvt",
        "Hvornår skal man reagere?",
    ],
)
def test_a_section_on_when_to_get_help_is_boxed_whole(tmp_path: Path, heading: str) -> None:
    body = f"## {heading}\n\nHvis du får feber.\n\n- Eller kuldegysninger\n\n## Behandling\n\nHvile."

    first, *rest = blocks(tmp_path, body)

    assert isinstance(first, Callout)
    assert (first.kind, first.is_found, first.title) == ("see-doctor", True, ())
    assert isinstance(first.blocks[0], Header)
    assert [type(block).__name__ for block in first.blocks] == ["Header", "Para", "BulletList"]
    assert [text((block,)) for block in rest] == ["Behandling", "Hvile."]


@pytest.mark.parametrize(
    "heading",
    [
        "Hvornår kan jeg få gavn af fysioterapi?",
        "Hvornår skal jeg søge om tilskud?",
        "Hvordan hjælper lægen?",
        "Lægehjælp gennem tiderne",
        "Akutte og langvarige smerter",
        "Hvad skal du være opmærksom på ved akut svimmelhed?",
        "Kan det være tegn på noget alvorligt?",
        "Forsigtig genoptræning",
        "Pas på dig selv",
    ],
)
def test_a_heading_that_only_describes_gives_no_box(tmp_path: Path, heading: str) -> None:
    assert not boxes(tmp_path, f"## {heading}\n\nDet går som regel over af sig selv.")


@pytest.mark.parametrize(
    "heading", ["Kan det være tegn på noget alvorligt?", "Hvad skal jeg gøre, hvis jeg mistænker en blodprop?"]
)
def test_a_topic_is_boxed_where_its_text_calls_for_help(tmp_path: Path, heading: str) -> None:
    body = f"## {heading}\n\nDet er vigtigt at søge lægehjælp straks."

    assert [kind for kind, _ in boxes(tmp_path, body)] == ["see-doctor"]


def test_subsections_go_with_their_section(tmp_path: Path) -> None:
    body = "## Hvornår skal jeg søge læge?\n\n### Hos børn\n\nVed feber.\n\n### Hos voksne\n\nVed smerter.\n\n## Nu"

    ((kind, words),) = boxes(tmp_path, body)

    assert kind == "see-doctor"
    assert words.endswith("Ved smerter.")


def test_a_very_long_section_is_not_boxed_but_its_passages_are(tmp_path: Path) -> None:
    body = f"## Hvornår skal jeg søge læge?\n\n{'Der er meget at sige om det. ' * 80}\n\nSøg læge, hvis du får feber."

    assert boxes(tmp_path, body) == [("see-doctor", "Søg læge, hvis du får feber.")]


def test_levels_of_a_section_get_a_box_each(tmp_path: Path) -> None:
    body = (
        "## Hvornår skal jeg søge hjælp?\n\nDe fleste kan vente.\n\nRing 112, hvis du:\n\n- besvimer\n- bliver lam\n\n"
        "Kontakt lægevagten om natten, hvis du får feber.\n\nKontakt ellers din egen læge.\n\nTag tiden."
    )

    found = boxes(tmp_path, body)

    assert [kind for kind, _ in found] == ["emergency", "out-of-hours", "see-doctor"]
    assert found[0][1] == "Hvornår skal jeg søge hjælp? De fleste kan vente. Ring 112, hvis du: besvimer bliver lam"
    assert found[2][1] == "Kontakt ellers din egen læge. Tag tiden."


def test_a_paragraph_that_mixes_levels_has_the_most_urgent_one_and_all_its_words(tmp_path: Path) -> None:
    words = "Ring 112, hvis du bliver lam; kontakt ellers egen læge, hvis det varer ved."

    assert boxes(tmp_path, words) == [("emergency", words)]


def test_a_heading_on_112_gives_its_level_to_the_signs_below(tmp_path: Path) -> None:
    body = "## Hvornår skal jeg ringe 112?\n\nHvis du får trykken for brystet.\n\n- Eller ikke kan få luft"

    assert [kind for kind, _ in boxes(tmp_path, body)] == ["emergency"]


def test_a_heading_on_all_levels_gives_none_of_them(tmp_path: Path) -> None:
    body = "## Hvornår skal jeg ringe 112 eller kontakte min egen læge?\n\nDet kommer an på, hvor dårligt du har det."

    assert [kind for kind, _ in boxes(tmp_path, body)] == ["see-doctor"]


# ---- caution


@pytest.mark.parametrize("heading", ["Vær OBS – balance med dårlig ankel", "Forsigtig!", "Pas på", "Stop, hvis"])
def test_a_section_on_what_to_beware_of_is_a_caution(tmp_path: Path, heading: str) -> None:
    body = f"## {heading}\n\nHold fast i en stol.\n\nTal med en fysioterapeut, før du går i gang."

    assert [kind for kind, _ in boxes(tmp_path, body)] == ["caution"]


def test_a_caution_does_not_lower_a_call_to_ring(tmp_path: Path) -> None:
    body = "## Vær OBS\n\nHold fast i en stol.\n\nRing 112, hvis du besvimer."

    assert [kind for kind, _ in boxes(tmp_path, body)] == ["caution", "emergency"]


# ---- lone passages


def test_a_list_is_boxed_with_its_lead_in(tmp_path: Path) -> None:
    body = "Noget andet.\n\nSøg læge, hvis du:\n\n- får feber\n- får kuldegysninger\n\nNoget tredje."

    found = blocks(tmp_path, body)

    assert [type(block).__name__ for block in found] == ["Para", "Callout", "Para"]
    assert text(found[1:2]) == "Søg læge, hvis du: får feber får kuldegysninger"


def test_a_list_of_advice_with_one_call_is_named_only(tmp_path: Path) -> None:
    result = reading(tmp_path, "- Drik vand\n- Ring 112, hvis du besvimer\n- Hold pause")

    assert result.article
    assert not [block for block in result.article.blocks if isinstance(block, Callout)]
    ((line, message),) = [
        (finding.line, finding.message) for finding in result.findings if finding.code == "help-not-boxed"
    ]
    assert line == 8
    assert "'112' stands in no box" in message


def test_a_box_of_the_author_stays_as_it_is(tmp_path: Path) -> None:
    body = "::: {.tip}\nSøg læge, hvis du får feber.\n:::\n\n::: {.ring-112}\nNår ansigtet hænger.\n:::"

    found = [block for block in blocks(tmp_path, body) if isinstance(block, Callout)]

    assert [(block.kind, block.is_found) for block in found] == [("tip", False), ("emergency", False)]


# ---- what the editor is told, and can refuse


def test_each_box_is_a_finding_with_line_kind_and_reason(tmp_path: Path) -> None:
    result = reading(tmp_path, "## Hvornår skal jeg søge læge?\n\nVed feber.")

    ((line, message),) = [
        (finding.line, finding.message) for finding in result.findings if finding.code == "help-found"
    ]
    assert line == 7
    assert message == "set as a box (see-doctor) for its heading: 'Hvornår skal jeg søge læge?'"


def test_what_stands_in_no_box_is_named_once_a_passage(tmp_path: Path) -> None:
    body = "Akutte smerter er akutte.\n\n| Tegn | Hvad |\n|---|---|\n| Feber | Søg straks |"

    found = [finding for finding in reading(tmp_path, body).findings if finding.code == "help-not-boxed"]

    assert [finding.line for finding in found] == [7, 9]


def test_an_editor_refuses_one_passage_or_all(tmp_path: Path) -> None:
    call = "Søg læge, hvis du får feber."

    plain = blocks(tmp_path, f"::: {{.plain}}\n{call}\n:::\n\n{call}")

    assert [type(block).__name__ for block in plain] == ["Para", "Callout"]
    assert isinstance(blocks(tmp_path, call, "help_boxes: false\n")[0], Para)


def test_an_editor_accepts_with_a_reason(tmp_path: Path) -> None:
    front = "accept:\n  help-found: læst af en læge\n"

    result = reading(tmp_path, "Søg læge, hvis du får feber.", front)

    assert result.article
    assert "help-found" in result.article.meta.accept
    assert "help-found" not in [finding.code for finding in result.findings]


def test_the_order_of_urgency() -> None:
    assert URGENT_KINDS == ("emergency", "out-of-hours", "see-doctor")
