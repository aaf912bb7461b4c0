"""Titles, subjects and descriptions are what an editor would write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Metadata
from pipeline.reading.titles import MAX_DESCRIPTION_LENGTH, MAX_SUBJECT_LENGTH, description_of, subject_of, title_of


def test_the_title_of_the_front_matter_comes_first() -> None:
    front = Metadata(title="Ondt i foden", meta_title="Fod | Klinik")

    assert title_of(front, "Overskrift", "fod", "") == ("Ondt i foden", "front matter")


def test_a_heading_comes_before_what_was_written_for_search_engines() -> None:
    assert title_of(Metadata(meta_title="Fod | Klinik"), "Ondt i foden", "fod", "") == ("Ondt i foden", "heading")


@pytest.mark.parametrize(
    ("meta_title", "stem", "title"),
    [
        ("Albue – Hvad er en albue? Læs mere her", "albue", "Albue"),
        ("Gigt i hænder - Hvad hjælper?", "gigt-i-haender", "Gigt i hænder"),
        ("Brækket tå | Klinik Eksempel", "braekket_taa", "Brækket tå"),
        ("Løberknæ → årsager og øvelser", "loeberknae", "Løberknæ"),
        ("Slidgigt: Hvad kan du selv gøre?", "slidgigt", "Slidgigt"),
        ("Hvad er en CT-scanning? Få svaret her", "hvad-er-en-ct-scanning", "Hvad er en CT-scanning?"),
        ("Søvn og smerter | Klinik", "sovn-og-smerter", "Søvn og smerter"),
        ("Kost ved gigt → gode råd", "kost-gigt", "Kost ved gigt"),
        ("søvn – kort fortalt", "2024-05-01-soevn", "Søvn"),
    ],
)
def test_the_head_of_the_meta_title_counts_where_it_agrees_with_the_file(
    meta_title: str, stem: str, title: str
) -> None:
    assert title_of(Metadata(meta_title=meta_title), "", stem, "") == (title, "metaTitle")


@pytest.mark.parametrize(
    ("stem", "body", "title"),
    [
        ("gaa-med-stokke", "At gå med stokke.", "Gå med stokke"),
        ("ct_scanning-af-knae", "En CT-scanning af knæet viser knoglen.", "CT-scanning af knæ"),
        ("ct-scanning", "CT er godt. En scanning tager tid.", "CT scanning"),
        ("puls-maaler", "En pulsmåler. Køb en pulsmåler.", "Pulsmåler"),
        ("oevelser", "", "Oevelser"),
        ("oevelser", "Gode øvelser, fx oevelser.png og oevelser.jpg", "Øvelser"),
        ("Saadan-goer-du", "", "Sådan gør du"),
        ("anna-ancher", "Maleren Anna Ancher. Her er Anna Ancher.", "Anna Ancher"),
        ("test_1", "Test", "Test 1"),
        ("___", "", "___"),
    ],
)
def test_a_file_name_is_spelt_as_the_text_spells_its_words(stem: str, body: str, title: str) -> None:
    assert title_of(Metadata(meta_title="Noget helt andet | Klinik"), "", stem, body) == (title, "file name")


@pytest.mark.parametrize(
    ("title", "meta_title", "subject"),
    [
        ("Søvn og smerter i hverdagen", "Søvn og smerter | Klinik", "Søvn og smerter i hverdagen"),
        ("Albue", "Albue – Hvad er en albue? Læs mere her", "Albue – Hvad er en albue?"),
        ("Albue", "Albue - Hvad er en albue? 💪 Klik her", "Albue – Hvad er en albue?"),
        ("Albue", "Albue → Læs mere", "Albue"),
        ("Albue", "Albuen er et led", "Albue"),
        ("🎉 Ny i klinikken → Læs mere 😀", "", "Ny i klinikken"),
        ("Sov godt | Klinik Eksempel", "", "Sov godt"),
        ("Sov godt\r\nBcc: alle@klinik.example", "", "Sov godt Bcc: alle@klinik.example"),
        ("≥ 3 øvelser om dagen", "", "≥ 3 øvelser om dagen"),
        ("😀", "", "😀"),
    ],
)
def test_a_subject_holds_no_furniture(title: str, meta_title: str, subject: str) -> None:
    assert subject_of(title, meta_title) == subject


def test_a_long_subject_ends_at_a_colon_or_else_after_a_word() -> None:
    assert (
        subject_of("Ondt i knæet, når du løber: Sådan finder du årsagen og kommer i gang igen", "")
        == "Ondt i knæet, når du løber"
    )
    assert subject_of("Sådan finder du årsagen til ondt i knæet og kommer godt i gang igen uden smerter", "") == (
        "Sådan finder du årsagen til ondt i knæet og kommer godt i gang igen…"
    )


def test_a_subject_is_not_cut_behind_an_abbreviation() -> None:
    subject = subject_of("Sådan får du mindre ondt i knæet pga. Slidgigt og kommer godt i gang igen uden smerter", "")

    assert not subject.endswith("pga.")


def test_the_authors_description_is_kept_whole() -> None:
    assert description_of(Metadata(description="Kort og  godt."), "Andet.") == "Kort og godt."


def test_a_description_ends_with_the_last_sentence_that_fits() -> None:
    text = (
        "En forstuvet fod gør ondt, især de første dage. Hold foden højt, og støt forsigtigt, så snart du kan. "
        + "Mere tekst. " * 9
    )

    made = description_of(Metadata(), text)

    assert 90 <= len(made) <= MAX_DESCRIPTION_LENGTH
    assert made.endswith("Mere tekst.")


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    text = (
        "En forstuvet fod bliver som regel god igen af sig selv i løbet af nogle få uger, dvs. efter ca. Fire uger "
        "for de fleste, men det kan vare længere."
    )

    assert description_of(Metadata(), f"{text} Slut på teksten her.") == text


def test_a_description_without_sentence_end_stops_before_words_that_lead_on() -> None:
    text = "ordene " * 20 + "og i en række uden ende og uden mål"

    made = description_of(Metadata(), text)

    assert made.endswith("ordene…")
    assert len(made) <= MAX_DESCRIPTION_LENGTH


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=60), st.text(max_size=400))
def test_any_text_gives_lines_within_their_limits(title: str, meta_title: str, stem: str, body: str) -> None:
    made, _ = title_of(Metadata(title=title, meta_title=meta_title), "", stem or "x", body)

    assert made
    assert len(subject_of(made, meta_title)) <= MAX_SUBJECT_LENGTH
    assert "\n" not in subject_of(made, meta_title)
    assert len(description_of(Metadata(), body)) <= MAX_DESCRIPTION_LENGTH
