"""Exercise cards in the finished PDF: one for each exercise, whole; two or four on a sheet; exercises in articles."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from pipeline.errors import StyleError
from pipeline.model import HELP_KINDS, Block, BulletList, Callout, Figure, Image, OrderedList, Para, Space, Strong
from pipeline.rendering.paper_sizes import PdfPageInfo, measure_pages
from pipeline.rendering.standard_advice import with_standard_advice
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.writers import Written, handout
from pipeline.writers.handout import cards
from tests.conftest import run_publish
from tests.makers import CLINIC, PICTURE, PUBLISH_TOML, article, header, job, para, plain, single, words_in, write
from tests.pdf_reading import Element, tree, unmarked
from tests.writers.test_handout import font_size

STEPS = [f"Trin {number}: sænk bækkenet roligt ned mod måtten, og løft det igen." for number in range(1, 8)]
CAUTION = "Spørg din fysioterapeut, før du går i gang, hvis du har haft en skade i ryg, hofte eller knæ. "
PHOTO = Figure(Image(PICTURE, "En kvinde løfter bækkenet", 4), (), 4)


def steps(words: list[str]) -> OrderedList:
    return OrderedList(tuple((plain(each),) for each in words), line=6)


def dose(words: str) -> Para:
    return Para((Strong(words_in("Antal gentagelser:")), Space(), *words_in(words)), 9)


def exercise(sentences: int = 4, **changes: Any) -> Any:
    """As a clinic's site writes it: no kind, the dose as a bold label, the caution as a section."""
    blocks: tuple[Block, ...] = (
        para("Bækkenløft styrker balderne.", 5),
        header("Bækkenløft – Sådan gør du", 2, 6),
        steps(STEPS),
        dose("8–12 gentagelser i 2–3 sæt. Begynd med færre."),
        header("Ofte stillede spørgsmål", 2, 11),
        header("Hvor meget skal jeg løfte?", 3, 12),
        para("Kun din egen krop.", 13),
        header("Vær OBS – bækkenløft med rygskade", 2, 14),
        para(CAUTION * sentences, 15),
    )
    return article(**{"title": "Bækkenløft", "hero": PHOTO, "blocks": blocks, **changes})


def collection() -> Any:
    """An article of two exercises, as sites write one for a part of the body."""
    parts = [
        block
        for name, words, amount in (("Udfald", STEPS[:3], "3 sæt af 10."), ("Bro", STEPS[3:6], "2 sæt af 8."))
        for block in (
            header(name, 3), para(f"{name} er nem."), Para((Strong(words_in("Hvorfor")),)), para("Du bliver stærk."),
            Para((Strong(words_in("Sådan gør du")),)), steps(words), Para((Strong(words_in("Antal gentagelser")),)),
            para(amount),
        )
    ]  # fmt: skip
    return article(title="Knæ", blocks=(header("Øvelser"), *parts, header("Vær OBS"), para("Stop ved smerter.")))


def made(article_: Any, *variants: str, **options: Any) -> Written:
    edition = single(article_)
    given = handout.Options(variants=variants, **options)  # type: ignore[arg-type]  # names, as publish.toml has them
    return handout.write(edition, job(handout, edition, options=given))


def pdf(written: Written, suffix: str) -> bytes:
    found = [artifact.data for artifact in written.artifacts if artifact.name.endswith(f"{suffix}.pdf")]
    assert len(found) == 1, [finding.message for finding in written.findings]
    return found[0]


def words_on(data: bytes, page: int, part: tuple[float, float] = (0.0, 1.0)) -> str:
    sheet = pypdfium2.PdfDocument(data)[page]
    width, height = sheet.get_size()
    return str(sheet.get_textpage().get_text_bounded(width * part[0], 0, width * part[1], height))


def numbers(document: Element) -> list[str]:
    return [each.text_of_label.strip() for each in document.find("Lbl")]


# ---- the card


@pytest.mark.parametrize(
    ("variant", "size_mm", "sentences", "pages"),
    [
        ("exercise-card", (148, 210), 1, 1),
        ("exercise-card", (148, 210), 14, 2),
        ("exercise-card-a6", (105, 148), 1, 2),
        ("exercise-card-a6", (105, 148), 8, 2),
    ],
)
def test_a_card_is_one_page_or_both_sides_of_one_and_holds_everything(
    variant: str, size_mm: tuple[float, float], sentences: int, pages: int
) -> None:
    data = pdf(made(exercise(sentences), variant), variant)

    document = tree(data)
    size = measure_pages(data)
    assert size.count == pages
    assert (size.width_mm, size.height_mm) == pytest.approx(size_mm, abs=1)
    assert all(step in document.text for step in STEPS)
    assert document.text.count(CAUTION.strip()) == sentences
    assert "Vær OBS – bækkenløft med rygskade" in document.text
    assert "Antal gentagelser: 8–12 gentagelser i 2–3 sæt. Begynd med færre." in document.text.replace("–  ", "–")
    assert "Hvor meget" not in document.text
    assert "70 12 34 56" in document.text.replace("\N{NO-BREAK SPACE}", " ")
    assert unmarked(data) == ""


def test_the_steps_of_a_card_have_real_numbers_and_its_title_is_not_repeated() -> None:
    document = tree(pdf(made(exercise(), "exercise-card"), "exercise-card"))

    assert numbers(document) == [str(number) for number in range(1, 8)]
    assert [each.text for each in document.find("H1") + document.find("H2")] == [
        "Bækkenløft",
        "Sådan gør du",
        "Vær OBS – bækkenløft med rygskade",
    ]


def test_the_picture_of_a_card_is_large_and_stands_beside_the_dose() -> None:
    data = pdf(made(exercise(1), "exercise-card"), "exercise-card")

    page = pypdfium2.PdfDocument(data)[0]
    pictures = [each.get_bounds() for each in page.get_objects() if each.type == 3]
    left, bottom, right, top = max(pictures, key=lambda box: box[2] - box[0])
    assert (right - left) / 72 * 25.4 >= 66
    beside = page.get_textpage().get_text_bounded(right, bottom, page.get_width(), top)
    assert "8–12" in beside


def test_the_help_of_the_clinic_is_on_the_card_and_what_does_not_fit_in_front_is_on_its_back() -> None:
    lines = tuple(f"du får feber eller ondt på {number} steder" for number in range(1, 5))
    edition = with_standard_advice(
        single(exercise(9)), replace(CLINIC, see_doctor=lines), lambda _: load_words(Styles((packaged_styles(),)), "da")
    )
    data = pdf(made(edition.front, "exercise-card"), "exercise-card")

    assert len(pypdfium2.PdfDocument(data)) == 2
    assert STEPS[-1].split()[-1] in words_on(data, 0)
    assert all(line.split()[-2] in words_on(data, 1) for line in lines)


def test_each_exercise_of_an_article_is_a_card_with_its_own_dose_and_the_common_caution() -> None:
    data = pdf(made(collection(), "exercise-card"), "exercise-card")

    cards_ = tree(data).find("Art")
    assert [card.find("H1")[0].text for card in cards_] == ["Udfald", "Bro"]
    assert ["3 sæt af 10." in card.text for card in cards_] == [True, False]
    assert ["2 sæt af 8." in card.text for card in cards_] == [False, True]
    assert all("Stop ved smerter." in card.text for card in cards_)
    assert len(pypdfium2.PdfDocument(data)) == 2


# ---- two cards on a sheet


def test_a_card_on_its_own_is_on_its_sheet_twice() -> None:
    written = made(exercise(1), "cards-2up")

    data = pdf(written, "cards-2up")
    assert [artifact.name for artifact in written.artifacts if artifact.name.endswith(".pdf")] == [
        "blog/ondt-i-ryggen.cards-2up.pdf"
    ]
    assert measure_pages(data).width_mm == pytest.approx(297)
    assert len(pypdfium2.PdfDocument(data)) == 1
    assert all("Bækkenløft" in words_on(data, 0, half) for half in ((0.0, 0.5), (0.5, 1.0)))


def test_two_exercises_share_a_sheet() -> None:
    data = pdf(made(collection(), "cards-2up"), "cards-2up")

    assert len(pypdfium2.PdfDocument(data)) == 1
    assert ["Udfald" in words_on(data, 0, half) for half in ((0.0, 0.5), (0.5, 1.0))] == [True, False]


def test_the_back_of_a_card_is_printed_behind_its_front() -> None:
    data = pdf(made(exercise(14), "cards-2up"), "cards-2up")

    assert len(pypdfium2.PdfDocument(data)) == 2
    assert all("Vær OBS" in words_on(data, 1, half) for half in ((0.0, 0.5), (0.5, 1.0)))
    with pikepdf.open(io.BytesIO(data)) as file:
        assert file.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"


# ---- the small card, and four of them on a sheet


def short_exercise() -> Any:
    blocks = (header("Sådan gør du"), steps(STEPS[:3]), header("Dosis"), para("3 sæt af 10."))
    return exercise(1, blocks=blocks)


def quarters(data: bytes, side: int) -> list[str]:
    """Return the words of a sheet, from its upper left to its lower right quarter."""
    sheet = pypdfium2.PdfDocument(data)[side]
    width, height = sheet.get_size()
    words = sheet.get_textpage()
    return [
        str(words.get_text_bounded(left, bottom, left + width / 2, bottom + height / 2))
        for bottom in (height / 2, 0)
        for left in (0, width / 2)
    ]


def test_a_short_exercise_fits_the_front_of_a_small_card_in_type_of_12_points() -> None:
    data = pdf(made(short_exercise(), "exercise-card-a6"), "exercise-card-a6")

    page = pypdfium2.PdfDocument(data)[0]
    assert len(pypdfium2.PdfDocument(data)) == 1
    words = page.get_textpage()
    at, _ = words.search("Trin 1").get_next()
    assert font_size(words.get_textobj(at)) == pytest.approx(12, abs=0.1)
    assert len([each for each in page.get_objects() if each.type == 3]) >= 2  # the picture and the code


def test_nothing_on_a_small_card_is_below_11_points_or_within_5_mm_of_the_cut() -> None:
    data = pdf(made(exercise(8), "exercise-card-a6"), "exercise-card-a6")

    edge_pt = 5 / 25.4 * 72
    for page in pypdfium2.PdfDocument(data):
        width, height = page.get_size()
        words = page.get_textpage()
        boxes = [words.get_charbox(at) for at in range(words.count_chars()) if words.get_text_range(at, 1).strip()]
        assert min(box[0] for box in boxes) >= edge_pt
        assert min(box[1] for box in boxes) >= edge_pt
        assert max(box[2] for box in boxes) <= width - edge_pt
        assert max(box[3] for box in boxes) <= height - edge_pt
        sizes = [font_size(found) for at in range(words.count_chars()) if (found := words.get_textobj(at))]
        assert min(sizes) >= 10.9


def test_a_small_card_that_is_too_long_for_both_sides_is_left_out_and_a_finding_says_which() -> None:
    written = made(exercise(14), "standard", "exercise-card-a6", "cards-4up")

    assert [artifact.name.rpartition("/")[2] for artifact in written.artifacts] == [
        "ondt-i-ryggen.pdf",
        "ondt-i-ryggen.png",
    ]
    (note,) = [finding for finding in written.findings if finding.code == "handout-variant"]
    assert note.message == "no exercise-card-a6: front and back of a card do not hold “Bækkenløft” at 11 pt"


def test_a_small_card_on_its_own_is_on_its_sheet_four_times() -> None:
    data = pdf(made(short_exercise(), "cards-4up"), "cards-4up")

    assert measure_pages(data) == PdfPageInfo(1, 210.0, 297.0)
    assert all("Bækkenløft" in words for words in quarters(data, 0))


def test_two_small_cards_are_on_their_sheet_twice_side_by_side() -> None:
    data = pdf(made(collection(), "cards-4up"), "cards-4up")

    fronts = quarters(data, 0)
    assert ["Udfald" in words for words in fronts] == [True, False, True, False]
    assert ["Bro" in words for words in fronts] == [False, True, False, True]


def test_the_back_of_a_small_card_is_behind_its_front_when_the_sheet_turns_on_its_long_edge() -> None:
    data = pdf(made(exercise(8), "cards-4up"), "cards-4up")

    assert len(pypdfium2.PdfDocument(data)) == 2
    backs = [words.replace("\r\n", " ") for words in quarters(data, 1)]
    assert all("Vær OBS" in words and STEPS[0] not in words for words in backs)
    with pikepdf.open(io.BytesIO(data)) as file:
        assert file.Root.ViewerPreferences.Duplex == "/DuplexFlipLongEdge"


# ---- the short sheet


@pytest.mark.parametrize("sentences", [1, 20])
def test_a_short_sheet_keeps_every_word_of_steps_dose_and_caution(sentences: int) -> None:
    document = tree(pdf(made(exercise(sentences), "short"), "short"))

    assert all(step in document.text for step in STEPS)
    assert "8–12 gentagelser i 2–3 sæt. Begynd med færre." in document.text.replace("–  ", "–")
    assert document.text.count(CAUTION.strip()) == sentences
    assert "En kvinde løfter bækkenet" in [each.properties.get("/Alt") for each in document.find("Figure")]


def test_a_short_sheet_of_several_exercises_has_every_dose_behind_its_own_steps() -> None:
    words = tree(pdf(made(collection(), "short"), "short")).text

    places = [words.index(each) for each in (STEPS[2], "3 sæt af 10.", "Bro", STEPS[5], "2 sæt af 8.", "Stop ved")]
    assert places == sorted(places)


@pytest.mark.parametrize("variant", ["short", "exercise-card", "exercise-card-a6"])
def test_no_level_of_help_is_ever_left_out_and_the_most_urgent_is_first(variant: str) -> None:
    boxes = [Callout(kind, (BulletList(((plain(f"tegn {kind}"),),)),), line=20) for kind in reversed(HELP_KINDS)]
    words = tree(pdf(made(exercise(1, blocks=(*exercise(1).blocks, *boxes)), variant), variant)).text

    places = [words.index(f"tegn {kind}") for kind in HELP_KINDS]
    assert places == sorted(places)


@pytest.mark.parametrize("variant", ["short", "exercise-card"])
def test_headings_without_gaps_keep_an_excerpt_valid(variant: str) -> None:
    """A heading below another one in the article may come first in an excerpt."""
    blocks = (
        header("Om knæet"), header("Mere", 3), para("Tekst."), header("Sådan gør du", 4), steps(STEPS[:2]),
        header("Dosis", 3), para("10."), header("Vær OBS", 4), para("Stop."),
    )  # fmt: skip
    written = made(exercise(blocks=blocks), variant)

    assert [finding for finding in written.findings if finding.severity == "error"] == []
    assert "Stop." in tree(pdf(written, variant)).text


# ---- an exercise inside an article


def test_steps_dose_and_picture_of_an_exercise_are_one_component() -> None:
    document = tree(pdf(made(exercise(), "standard"), "ondt-i-ryggen"))

    part = next(each for each in document.find("Sect") if each.find("L"))
    assert [each.kind for each in part.cells][:2] == ["H2", "Figure"]
    assert numbers(part)[:2] == ["1.", "2."]
    assert "8–12 gentagelser i 2–3 sæt." in part.text.replace("–  ", "–")
    assert document.text.count("Bækkenløft – Sådan gør du") == 1


def test_exercises_in_an_article_keep_the_order_of_their_words() -> None:
    words = tree(pdf(made(collection(), "standard"), "ondt-i-ryggen")).text

    order = ("Øvelser", "Udfald", "Udfald er nem.", "Hvorfor", STEPS[0], "3 sæt af 10.", "Bro", STEPS[3], "2 sæt af 8.")
    places = [words.index(each) for each in order]
    assert places == sorted(places)


# ---- a variant that fails


def test_a_variant_that_cannot_be_made_is_named_and_the_others_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StyleError("the style is broken", source="styles/handout/card.css")

    monkeypatch.setattr(cards, "_lay_out", fail)
    written = made(exercise(), "standard", "exercise-card", "cards-2up")

    assert [artifact.name.rpartition("/")[2] for artifact in written.artifacts] == [
        "ondt-i-ryggen.pdf",
        "ondt-i-ryggen.png",
    ]
    (error,) = [finding for finding in written.findings if finding.severity == "error"]
    assert (error.code, error.message) == ("style-broken", "no exercise-card: the style is broken")
    assert written.is_partial


def test_a_run_with_a_variant_that_fails_publishes_the_others_and_exits_with_one(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", PUBLISH_TOML)
    write(tmp_path / "styles/handout/card.html.j2", "{{ titel }}")
    write(tmp_path / "sources/bro.md", "---\ntitle: Bro\nkind: exercise\n---\n## Sådan gør du\n\n1. Løft.\n2. Sænk.\n")

    done = run_publish(tmp_path, "handout", "--variant", "standard", "--variant", "exercise-card")

    assert done.code == 1
    assert done.status("bro", "handout") == "written"
    assert sorted(path.name for path in (tmp_path / "outputs/handout").iterdir()) == ["bro.pdf", "bro.png"]
    (error,) = [finding for finding in done.report["findings"] if finding["severity"] == "error"]
    assert error["message"].startswith("no exercise-card: ")
