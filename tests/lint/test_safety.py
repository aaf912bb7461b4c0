"""Safe: each rule fires on one text and is silent on its neighbour."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.config import CheckSettings
from pipeline.lint.review_dates import check_reviews
from pipeline.model import ArticleMeta, Callout, Metadata
from tests.lint.linting import findings, of
from tests.makers import para


def reviewed_on(day: date | None, **more: Any) -> ArticleMeta:
    return ArticleMeta("a", "a.md", Metadata(reviewed=day, **more))


def test_an_article_that_says_nowhere_when_to_get_help_is_found() -> None:
    assert of("help-missing", findings("Gå en tur hver dag, når det gør ondt i ryggen."))
    assert of("help-missing", findings("Gå en tur hver dag.", title="Ondt i ryggen"))


def test_an_article_that_speaks_of_no_complaint_needs_no_such_passage() -> None:
    assert not of(
        "help-missing", findings("Panden er en del af hovedet. " * 20, "Et slag kan give skade.", title="Pande")
    )


@pytest.mark.parametrize(
    "words",
    [
        "Søg læge, hvis du får feber.",
        "Kontakt din egen læge eller ring 1813.",
        "Bliver du i tvivl, så ring til vagtlægen.",
        "Du bør søge professionel hjælp.",
        "Hold benet i ro, mens du søger professionel vurdering.",
        "Det er bedst at konsultere en diætist først.",
        "Vi anbefaler at tale med en sundhedsprofessionel.",
    ],
)
def test_a_sentence_that_says_whom_to_call_is_enough(words: str) -> None:
    assert not of("help-missing", findings("Gå en tur.", words, title="Ondt i ryggen"))


def test_the_standard_box_is_enough() -> None:
    box = Callout("see-doctor", (para("Du får feber."),))

    assert not of("help-missing", findings(title="Ondt i ryggen", blocks=(para("Gå en tur."), box)))


def test_a_kind_that_needs_no_such_passage_is_left_alone() -> None:
    assert not of("help-missing", findings("Løft bækkenet.", kind="exercise", title="Ondt i ryggen"))


def test_english_is_understood_too() -> None:
    assert of("help-missing", findings("Walk every day.", language="en", title="Back pain"))
    assert not of("help-missing", findings("See your doctor if you get a fever.", language="en", title="Back pain"))


@pytest.mark.parametrize(
    "claim",
    [
        "Du bliver garanteret rask.",
        "Behandlingen helbreder slidgigt.",
        "Du bliver 100 % smertefri hos os.",
        "Scanningen er uden bivirkninger.",
        "Vi er Danmarks bedste klinik.",
    ],
)
def test_a_promise_of_effect_is_found_with_its_reason(claim: str) -> None:
    (finding,) = of("claim-doubtful", findings(claim))

    assert "promises an effect: " in finding.message
    assert finding.quote in claim


@pytest.mark.parametrize(
    "words",
    [
        "Målet er ikke at være 100 % smertefri.",
        "Ingen kan give garanti for et godt helbred.",
        "Kan slidgigt helbredes?",
        "Nogle skader kan helbredes.",
        "Den bedste behandling er ikke den dyreste.",
        "Pas på dit helbred.",
    ],
)
def test_words_that_promise_nothing_are_left_alone(words: str) -> None:
    assert not of("claim-doubtful", findings(words))


def test_who_signs_off_a_claim_answers_for_it() -> None:
    assert not of("claim-doubtful", findings("Behandlingen helbreder slidgigt.", approved_by="Anna Prøve, læge"))


@pytest.mark.parametrize("dose", [",5 mg", "5,0 mg", "10 ug", "10 µg", "20000 IE"])
def test_a_dose_that_can_be_misread_is_found(dose: str) -> None:
    (finding,) = of("dose-format", findings(f"Tag {dose} hver dag."))

    assert finding.quote == dose


@pytest.mark.parametrize(
    "dose", ["0,5 mg", "5 mg", "10 mikrogram", "20.000 IE", "1.000 mg", "2,50 mg", "5,0 mmol/l", "1,5–2,0 g", "10 mcg"]
)
def test_a_dose_that_is_plain_is_left_alone(dose: str) -> None:
    assert not of("dose-format", findings(f"Tag {dose} hver dag."))


def test_a_decimal_sign_of_another_language_is_found() -> None:
    assert [f.quote for f in of("number-format", findings("Løft 2.5 kg."))] == ["2.5 kg"]
    assert [f.quote for f in of("number-format", findings("Lift 2,5 kg.", language="en"))] == ["2,5 kg"]


@pytest.mark.parametrize(
    "words", ["Løft 2,5 kg.", "Løft 2.500 kg.", "Mød kl. 8.30 time for time.", "Se afsnit 2.5 om kg."]
)
def test_numbers_as_danish_writes_them_are_left_alone(words: str) -> None:
    assert not of("number-format", findings(words))


def test_an_article_without_review_is_noted() -> None:
    assert of("review-missing", findings("Gå en tur."))


def test_a_review_by_no_one_is_found() -> None:
    found = findings("Gå en tur.", reviewed=date(2026, 1, 1))

    assert of("reviewer-missing", found)
    assert not of("review-missing", found)


def test_a_review_with_a_name_is_left_alone() -> None:
    found = findings("Gå en tur.", reviewed=date(2026, 1, 1), reviewed_by="Anna Prøve, læge")

    assert not of("reviewer-missing", found)
    assert not of("review-missing", found)


@pytest.mark.parametrize(
    ("reviewed", "after", "is_due"),
    [
        (date(2024, 2, 29), None, True),
        (date(2024, 6, 1), None, False),
        (date(2026, 1, 1), date(2026, 3, 1), True),
        (date(2020, 1, 1), date(2027, 1, 1), False),
        (None, None, False),
    ],
)
def test_a_review_holds_two_years_or_as_long_as_the_article_says(
    reviewed: date | None, after: date | None, is_due: bool
) -> None:
    found = list(
        check_reviews([reviewed_on(reviewed, review_after=after)], CheckSettings().review_months, date(2026, 5, 1))
    )

    assert bool(found) is is_due


def test_a_review_of_the_last_of_a_month_ends_on_the_last_of_a_month() -> None:
    (finding,) = check_reviews([reviewed_on(date(2024, 8, 31))], 6, date(2026, 1, 1))

    assert finding.message == "reviewed on 2024-08-31, due again on 2025-02-28"


def test_what_an_author_means_is_no_finding() -> None:
    assert not of("help-missing", findings("Gå en tur.", title="Ondt i ryggen", accept=("help-missing",)))
    assert not list(check_reviews([reviewed_on(date(2020, 1, 1), accept=("review-overdue",))], 24, date(2026, 1, 1)))
