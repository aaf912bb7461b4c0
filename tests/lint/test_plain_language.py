"""Readable: each rule fires on one text and is silent on its neighbour."""

from __future__ import annotations

import pytest

from pipeline.config import CheckSettings
from pipeline.lint.passages import collect_passages
from pipeline.model import Para, Span, Str
from tests.lint.linting import findings, of
from tests.makers import article, para, words_in

EASY = "Du kan gå en tur. Det er godt for dig. Tag den med ro. " * 10
HARD = (
    "Fysioterapeutiske undersøgelsesmetoder kombineret med sundhedsfaglige vurderinger understøtter forløbet "
    "gennem systematiske målinger af bevægelighed, muskelstyrke, koordinationsevne og smertepåvirkning hos "
    "patienten, hvilket efterfølgende danner grundlag for individuelle træningsprogrammer. "
) * 5


def test_a_hard_text_names_its_lix_and_the_formats_that_aim_lower() -> None:
    (finding,) = of("lix-high", findings(HARD, check=CheckSettings(spelling=False, lix=45, lix_of={"handout": 200})))

    assert finding.message.startswith("LIX ")
    assert finding.message.endswith("expected at most 45 (newsletter)")


def test_an_easy_text_is_not_called_hard() -> None:
    assert not of("lix-high", findings(EASY))


def test_a_short_text_has_no_lix_worth_a_warning() -> None:
    assert not of("lix-high", findings(HARD[:300]))


def test_a_long_sentence_is_found_on_its_line() -> None:
    (finding,) = of("sentence-long", findings("Kort.", " ".join(["ord"] * 31) + "."))

    assert (finding.line, finding.message) == (11, "a sentence of 31 words, expected at most 30")


def test_a_sentence_of_the_limit_is_not_long() -> None:
    assert not of("sentence-long", findings(" ".join(["ord"] * 30) + "."))


def test_the_dot_of_an_abbreviation_ends_no_sentence() -> None:
    assert of("sentence-long", findings("Tag f.eks. " + " ".join(["ord"] * 30) + "."))


def test_a_long_word_is_found_once() -> None:
    found = of("word-long", findings("Bindevævsmassagebehandling og bindevævsmassagebehandling."))

    assert [finding.quote for finding in found] == ["Bindevævsmassagebehandling"]


def test_a_hyphen_parts_a_long_word() -> None:
    assert not of("word-long", findings("Mave-tarm-undersøgelses-forløb hjælper."))


def test_many_passives_are_found_with_their_lines() -> None:
    passive = ["Øvelsen bliver udført hver dag.", "Benet skal strækkes og bøjes."] * 5

    (finding,) = of("passive-voice", findings(*passive, check=CheckSettings(spelling=False, passive_percent=30)))

    assert finding.message.startswith("100 % of the sentences are in the passive: 'bliver udført' (line 10)")


def test_active_sentences_and_words_that_end_as_passives_are_left_alone() -> None:
    active = ["Du laver øvelsen, og din ryg synes, det er godt for deres muskler.", "Mange trives med diabetes."] * 5

    assert not of("passive-voice", findings(*active))


def test_a_verb_in_a_noun_is_found() -> None:
    (finding,) = of("nominal-style", findings("Lægen skal foretage en vurdering af din ryg."))

    assert finding.quote == "foretage en vurdering af"


def test_a_verb_that_is_one_is_left_alone() -> None:
    assert not of("nominal-style", findings("Lægen vurderer din ryg."))


def test_a_hard_word_is_found_with_its_plain_alternative() -> None:
    (finding,) = of("hard-word", findings("Han har hypertension.", "Hypertensionen er farlig."))

    assert (finding.line, finding.quote) == (10, "hypertension")
    assert "forhøjet blodtryk" in finding.message


@pytest.mark.parametrize(
    "words",
    [
        "Han har hypertension (det er tryk i årerne).",
        "Han har forhøjet blodtryk. Hypertension er almindeligt.",
        "Trykket i årerne (hypertension) stiger.",
        "Hans hypertension, der er almindelig, stiger.",
    ],
)
def test_a_hard_word_that_is_explained_is_left_alone(words: str) -> None:
    assert not of("hard-word", findings(words))


def test_a_word_that_the_title_asks_about_is_what_the_article_explains() -> None:
    assert not of("hard-word", findings("Hypertension er almindeligt.", title="Hvad er hypertension?"))


def test_english_has_a_list_of_its_own() -> None:
    (finding,) = of("hard-word", findings("Many people have hypertension.", language="en"))

    assert "high blood pressure" in finding.message


def test_an_abbreviation_that_is_written_out_nowhere_is_found_once() -> None:
    found = of("abbreviation-unexplained", findings("Mål din VAS hver dag. VAS er nyttig."))

    assert [finding.quote for finding in found] == ["VAS"]


@pytest.mark.parametrize(
    "words",
    ["Smerteskalaen (VAS) er nyttig. Brug VAS.", "VAS (en skala) er nyttig.", "Tag en MR i EU.", "Kapitel XIV."],
)
def test_abbreviations_that_are_explained_or_known_to_all_are_left_alone(words: str) -> None:
    assert not of("abbreviation-unexplained", findings(words))


def test_an_abbreviation_with_its_long_form_as_title_is_explained() -> None:
    spanned = Para((Span((Str("VAS"),), title="smerteskala"), *words_in(" er nyttig.")), 10)

    assert not of("abbreviation-unexplained", findings(blocks=(spanned,)))


def test_a_long_article_says_how_long_it_takes() -> None:
    (finding,) = of("reading-time", findings("ord " * 1697 + "."))

    assert finding.message == "1,700 words: 9 minutes, expected at most 8"


def test_a_short_article_takes_no_long_time() -> None:
    assert not of("reading-time", findings("ord " * 1500 + "."))


def test_a_passage_knows_the_line_of_each_of_its_words() -> None:
    from pipeline.model import SoftBreak

    broken = Para((*words_in("en to"), SoftBreak(), *words_in("tre")), 20)
    passage = collect_passages(article(blocks=(broken,)))[-1]

    assert [passage.line_at(passage.text.index(word)) for word in ("en", "to", "tre")] == [20, 20, 21]


def test_words_in_another_language_are_hidden_from_rules() -> None:
    mixed = Para((*words_in("Det hedder "), Span(words_in("low back pain"), language="en")), 3)
    passage = collect_passages(article(blocks=(mixed,)))[-1]

    assert "low back pain" in passage.text
    assert "low" not in passage.own
    assert len(passage.own) == len(passage.text)


def test_a_paragraph_is_prose() -> None:
    assert collect_passages(article(blocks=(para("Hej."),)))[-1].kind == "prose"
