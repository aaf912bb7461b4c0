"""The exercises of an article, as authors write them."""

from __future__ import annotations

import pytest

from pipeline.model import Block, Callout, Figure, Header, Image, OrderedList, Para, Space, Strong, text
from pipeline.rendering.exercises import find_exercises, name_beside, staying_boxes
from tests.makers import PICTURE, header, para, plain, words_in

STEPS = OrderedList(((plain("Læg dig ned."),), (plain("Løft."),)))
OTHERS = OrderedList(((plain("Sid ret."),), (plain("Rejs dig."),)))


def label(words: str, after: str = "") -> Para:
    return Para((Strong(words_in(words)), *((Space(), *words_in(after)) if after else ())))


def several() -> tuple[Block, ...]:
    """As sites write a part of the body: names as headings, all else as bold words."""
    return (
        header("Øvelser til knæet"),
        *(
            block
            for name, steps, dose in (("Bækkenløft", STEPS, "3 × 10"), ("Stolen", OTHERS, "2 × 8"))
            for block in (
                header(name, 3), para(f"{name} er nem."), label("Hvorfor"), para("Du bliver stærk."),
                label("Sådan gør du"), steps, label("Antal gentagelser"), para(dose),
            )
        ),
        header("Vær OBS ved knæskade"),
        para("Spørg os først."),
    )  # fmt: skip


def test_each_of_several_exercises_keeps_its_own_dose() -> None:
    first, second = find_exercises(several())

    assert [text((each.name,)) for each in (first, second) if each.name] == ["Bækkenløft", "Stolen"]
    assert (first.steps, text(first.dose)) == ((STEPS,), "Antal gentagelser 3 × 10")
    assert (second.steps, text(second.dose)) == ((OTHERS,), "Antal gentagelser 2 × 8")


def test_a_caution_for_all_exercises_goes_with_each() -> None:
    for exercise in find_exercises(several()):
        (box,) = exercise.cautions
        assert (box.kind, box.is_found, text(box.blocks)) == ("caution", True, "Vær OBS ved knæskade Spørg os først.")


def test_an_article_of_one_exercise_has_its_dose_as_a_bold_label_and_its_caution_as_a_section() -> None:
    blocks = (
        header("Wall sit – Sådan gør du"), STEPS, label("Antal gentagelser:", "3 sæt af 10."),
        header("Teknik – Sådan laver du wall sit korrekt"), para("Hold ryggen ret."),
        header("Vær OBS – Wall sit med knæskade"), para("Pas på knæet."), header("Mere", 3), para("Spørg."),
        header("Ofte stillede spørgsmål"), header("Hvor mange gange om ugen?", 3), para("To."),
    )  # fmt: skip

    (exercise,) = find_exercises(blocks)

    assert (exercise.name, exercise.steps) == (None, (STEPS,))
    assert text(exercise.dose) == "Antal gentagelser: 3 sæt af 10."
    assert text(exercise.cautions) == "Vær OBS – Wall sit med knæskade Pas på knæet. Mere Spørg."
    assert exercise.span == (0, 3)


def test_a_question_about_the_dose_is_the_dose_where_nothing_else_says_it() -> None:
    blocks = (header("Sådan gør du"), STEPS, header("Hvor mange gange?"), para("Ti."))

    (exercise,) = find_exercises(blocks)

    assert text(exercise.dose) == "Hvor mange gange? Ti."


def test_exercises_that_their_own_headings_name_are_told_apart_by_their_doses() -> None:
    blocks = (
        header("Squat – Sådan gør du"), STEPS, label("Dosis:", "10."),
        header("Lunges – Sådan gør du"), OTHERS, label("Dosis:", "8."),
    )  # fmt: skip

    assert [(text((each.name,)), text(each.dose)) for each in find_exercises(blocks) if each.name] == [
        ("Squat – Sådan gør du", "Dosis: 10."),
        ("Lunges – Sådan gør du", "Dosis: 8."),
    ]


def test_two_lists_of_steps_with_one_dose_are_one_exercise_and_both_stay() -> None:
    blocks = (
        header("Sådan gør du"), STEPS, header("Sådan gør du på en stol"), OTHERS, label("Dosis:", "8."),
    )  # fmt: skip

    (exercise,) = find_exercises(blocks)

    assert [block for block in exercise.steps if isinstance(block, OrderedList)] == [STEPS, OTHERS]
    assert text(exercise.dose) == "Dosis: 8."


def test_a_box_between_the_steps_is_taken_out_and_no_block_is_in_two_parts() -> None:
    box = Callout("warning", (para("Stop ved smerter."),))
    picture = Figure(Image(PICTURE, "Løft"))
    blocks = (header("Sådan gør du"), STEPS, box, picture, para("Hvil."), header("Dosis"), para("8."))

    (exercise,) = find_exercises(blocks)

    assert (exercise.steps, exercise.cautions, exercise.pictures) == ((STEPS, blocks[4]), (box,), (picture,))


def test_urgent_boxes_come_first() -> None:
    blocks = tuple(Callout(kind, (para(kind),)) for kind in ("caution", "note", "see-doctor", "emergency"))

    assert [box.kind for box in staying_boxes(blocks)] == ["emergency", "see-doctor", "caution"]


def test_a_numbered_list_alone_makes_no_exercise() -> None:
    (found,) = find_exercises((header("Råd"), STEPS))

    assert (found.is_marked, found.steps) == (False, (STEPS,))
    assert find_exercises((header("Råd"), para("Tekst."))) == ()


@pytest.mark.parametrize(
    ("heading", "left"),
    [
        ("Wall sit – Sådan gør du", "Sådan gør du"),
        ("Sådan gør du", "Sådan gør du"),
        ("Wall sit med bold – Sådan gør du", "Wall sit med bold – Sådan gør du"),
        ("Wall sitting", "Wall sitting"),
    ],
)
def test_a_heading_loses_the_name_that_stands_above_it_and_nothing_else(heading: str, left: str) -> None:
    assert text(name_beside(Header(2, words_in(heading), "id"), "Wall sit")) == left


def test_a_box_that_was_found_or_added_behind_the_last_exercise_goes_with_each() -> None:
    *exercises, heading, words = several()
    found = Callout("caution", (heading, words), is_found=True)
    added = Callout("see-doctor", (para("Feber."),), is_added=True)

    first, second = find_exercises((*exercises, found, added))

    assert first.cautions == second.cautions == (found, added)


def test_a_line_below_the_steps_is_theirs_and_a_long_text_is_not() -> None:
    line, long = para("Gentag med det andet ben."), para("Det er godt at bevæge sig hver dag. " * 9)
    dose = label("Dosis:", "8.")

    (exercise,) = find_exercises((header("Sådan gør du"), STEPS, line, dose, long, para("Slut.")))

    assert (exercise.steps, exercise.dose, exercise.span) == ((STEPS, line), (dose,), (0, 4))
