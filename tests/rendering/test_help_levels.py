"""The lines above a box: the label of its level, and the number of the doctor on call."""

from __future__ import annotations

import pytest

from pipeline.config import Publisher
from pipeline.model import HELP_KINDS, Callout, CalloutKind, help_boxes
from pipeline.rendering.help_levels import box_label, level_name, number_line
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from tests.makers import para, words_in

DANISH, ENGLISH = (load_words(Styles((packaged_styles(),)), language) for language in ("da", "en"))


def box(kind: CalloutKind, said: str = "Ved feber.", title: str = "", *, is_found: bool = False) -> Callout:
    return Callout(kind, (para(said),), words_in(title) if title else (), is_found=is_found)


@pytest.mark.parametrize(
    ("made", "label"),
    [
        (box("emergency"), "Ring 112, hvis …"),
        (box("emergency", "Ring 112 ved lammelse."), "Ring 112"),
        (box("emergency", title="Ved lammelse"), "Ring 112"),
        (box("emergency", title="Ring 112 ved lammelse"), ""),
        (box("emergency", title="Akut hjælp"), "Ring 112"),
        (box("out-of-hours"), "Ring til lægevagten, hvis …"),
        (box("out-of-hours", title="Om natten"), "Ring til lægevagten"),
        (box("out-of-hours", title="Hvornår skal du ringe til lægevagten?"), ""),
        (box("see-doctor"), "Søg læge, hvis …"),
        (box("see-doctor", title="Røde flag"), "Søg læge"),
        (box("see-doctor", title="Søg læge ved feber"), ""),
        (box("see-doctor", "Søg læge ved feber.", is_found=True), "Søg læge"),
        (box("see-doctor", "Søg hjælp hos en fysioterapeut.", is_found=True), "Søg hjælp"),
        (box("warning"), "Advarsel"),
        (box("warning", title="På trapper"), "Advarsel"),
        (box("caution"), "Vær opmærksom"),
        (box("caution", title="Pas på trapper"), ""),
        (box("caution", "Vær OBS på trapper.", is_found=True), ""),
        (box("tip", title="På trapper"), ""),
    ],
)
def test_the_level_is_said_unless_the_title_says_it(made: Callout, label: str) -> None:
    assert box_label(made, DANISH) == label


def test_every_level_has_a_name_of_its_own_in_each_language() -> None:
    for words in (DANISH, ENGLISH):
        assert len({box_label(box(kind), words) for kind in HELP_KINDS}) == len(HELP_KINDS)
    assert level_name(box("emergency"), ENGLISH) == "Call 112"


def test_the_number_of_the_doctor_on_call_is_that_of_the_language() -> None:
    publisher = Publisher(out_of_hours={"da": "70 12 34 99", "en": "70 12 34 98"})

    assert publisher.doctor_on_call("en-GB") == "70 12 34 98"
    assert publisher.doctor_on_call("sv") == ""
    assert number_line(box("out-of-hours"), DANISH, "70 12 34 99") == "Lægevagten: 70 12 34 99"
    assert number_line(box("out-of-hours"), DANISH, "") == ""
    assert number_line(box("see-doctor"), DANISH, "70 12 34 99") == ""


def test_a_box_that_says_a_number_itself_gets_no_other() -> None:
    assert number_line(box("out-of-hours", "Ring 1813."), DANISH, "70 12 34 99") == ""
    assert number_line(box("out-of-hours", "Ring 70 12 34 97."), DANISH, "70 12 34 99") == ""
    assert number_line(box("out-of-hours", "Ved feber over 40 i 2 dage."), DANISH, "70 12 34 99") != ""


def test_boxes_of_help_come_in_order_of_urgency_and_a_box_in_a_box_once() -> None:
    inner = box("emergency", "Inderst.")
    outer = Callout("see-doctor", (para("Yderst."), inner))
    urgent = box("emergency", "Sidst.")

    assert help_boxes((box("caution"), outer, urgent)) == (urgent, outer, box("caution"))
