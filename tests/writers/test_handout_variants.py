"""The variants of the handout, measured in the finished PDF: type, lines, pages, code; what each takes; what fits."""

from __future__ import annotations

import ctypes
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image as Pillow

from pipeline.errors import ConfigError
from pipeline.model import (
    Article,
    Block,
    BulletList,
    Callout,
    Cell,
    Figure,
    Header,
    Image,
    Link,
    OrderedList,
    Para,
    Plain,
    Space,
    Strong,
    Table,
    text,
)
from pipeline.writers import Written, handout
from pipeline.writers.handout.variants import IMPOSED_VARIANTS, VARIANTS, VariantName
from tests.conftest import run_publish
from tests.makers import PICTURE, article, header, job, para, plain, single, words_in, write
from tests.pdf_reading import tree
from tests.writers.test_handout import (
    LONG,
    POINTS_PER_MM,
    PUBLISHER,
    as_drawing,
    bound,
    font_size,
    letters,
    made,
    undated,
)

POINTS_PER_PX = 0.75
"""WeasyPrint draws in CSS pixels."""
ADDRESS = "https://klinik.example/blog/ondt-i-ryggen"
FIGURE = Figure(Image(PICTURE, "En ryg", 20), words_in("Sådan."), 20)
STEP_WORDS = [f"Trin {number} er at løfte bækkenet roligt op." for number in range(1, 6)]
STEPS = OrderedList(tuple((plain(words),) for words in STEP_WORDS), line=12)
ADVICE = Callout("see-doctor", (BulletList(((plain("du får feber"),), (plain("du mister følesansen"),))),), line=30)
POINTS = ("Hold dig i gang.", "Søg læge ved alarmtegn.")


def long_with_pictures() -> Article:
    sections = [
        block
        for number in range(6)
        for block in (
            header(f"Afsnit {number}"),
            para(LONG * 3),
            *((FIGURE,) if number in (1, 4) else ()),
            para(LONG * 2),
        )
    ]
    table = Table(
        (Cell((plain("Vane"),)), Cell((plain("Hvorfor"),))), ((Cell((plain("Gå"),)), Cell((plain("Smidig"),))),) * 4
    )
    return article(blocks=(*sections, STEPS, table, ADVICE), key_points=POINTS, lead="Råd, der virker.")


def exercise(**changes: Any) -> Article:
    return article(
        **{
            "title": "Bækkenløft",
            "kind": "exercise",
            "lead": "En enkel øvelse.",
            "blocks": (
                para(LONG),
                FIGURE,
                header("Sådan gør du"),
                STEPS,
                header("Dosis"),
                para("Lav 3 × 10 gentagelser."),
                header("Lettere eller sværere"),
                para(LONG * 3),
                Callout("warning", (para("Stop, hvis du får jagende smerter."),)),
            ),
            **changes,
        }
    )


ARTICLES = {"long": long_with_pictures, "exercise": exercise}
SUITABLE = [
    (name, variant)
    for name in ARTICLES
    for variant in VARIANTS
    if (name, VARIANTS[variant].content) != ("long", "card")
]
PAGES = {
    ("long", "standard"): 4, ("long", "letter"): 4, ("long", "large-print"): 6, ("long", "a5"): 6, ("long", "short"): 1,
    ("exercise", "standard"): 1, ("exercise", "letter"): 1, ("exercise", "large-print"): 2, ("exercise", "a5"): 2,
    ("exercise", "short"): 1, ("exercise", "exercise-card"): 1,
    ("exercise", "exercise-card-a6"): 1,
}  # fmt: skip
LEAST_PT = {"large-print": 16.0, "exercise-card": 11.0, "exercise-card-a6": 11.0}
"""Of foot, dates and references, which are a point smaller than the text."""
MOST_LETTERS = {
    "standard": 78,
    "letter": 78,
    "large-print": 55,
    "a5": 75,
    "short": 78,
    "exercise-card": 78,
    "exercise-card-a6": 60,
}


@cache
def sheet(name: str, variant: str) -> bytes:
    """Return a variant of an article whose pictures are drawings; without lines for notes, which fill its last page."""
    edition = single(ARTICLES[name]())
    options = handout.Options(variants=(variant,), notes=False)  # type: ignore[arg-type]  # of the table
    written = handout.write(edition, as_drawing(job(handout, edition, options=options, publisher=PUBLISHER)))
    assert written.artifacts, [finding.message for finding in written.findings]
    return written.artifacts[0].data


def things(data: bytes) -> Iterator[tuple[int, Any]]:
    document = pypdfium2.PdfDocument(data)
    for number, page in enumerate(document):
        for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE)):
            yield number, thing


def is_footer(thing: Any) -> bool:
    """Tell what no element of the document holds."""
    return bool(pdfium.FPDFPageObj_GetMarkedContentID(thing.raw) < 0)


# ---- measured in the PDF


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_no_letter_is_smaller_than_its_variant_allows(name: str, variant: str) -> None:
    sizes = [font_size(thing) for _, thing in things(sheet(name, variant)) if thing.type == pdfium.FPDF_PAGEOBJ_TEXT]

    assert min(sizes) >= LEAST_PT.get(variant, 11.0) - 0.01


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_no_line_is_longer_than_its_variant_allows(name: str, variant: str) -> None:
    known = LONG * 5 + " ".join(STEP_WORDS)
    document = pypdfium2.PdfDocument(sheet(name, variant))
    lines = [line.strip() for page in document for line in page.get_textpage().get_text_bounded().splitlines()]
    found = [len(line) for line in lines if len(line) > 20 and re.sub(r"^\d(?:\. |\s+)", "", line) in known]

    assert found
    assert max(found) <= MOST_LETTERS[variant]


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_no_heading_is_last_on_a_page(name: str, variant: str) -> None:
    lowest: dict[int, tuple[float, float]] = {}
    for page, thing in things(sheet(name, variant)):
        if not is_footer(thing):
            bottom = thing.get_bounds()[1]
            size = font_size(thing) if thing.type == pdfium.FPDF_PAGEOBJ_TEXT else 0.0
            lowest[page] = min(lowest.get(page, (bottom, size)), (bottom, size))
    text_pt = min(size for _, thing in things(sheet(name, variant)) if (size := font_size(thing)) > 1)

    assert lowest
    assert all(size <= text_pt * 1.2 for _, size in lowest.values())


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_no_page_is_under_a_third_full_save_the_last(name: str, variant: str) -> None:
    data = sheet(name, variant)
    document = pypdfium2.PdfDocument(data)
    height = document[0].get_height()
    bottoms = dict.fromkeys(range(len(document)), height)
    for page, thing in things(data):
        if not is_footer(thing):
            bottoms[page] = min(bottoms[page], thing.get_bounds()[1])
    *full, last = bottoms.values()

    assert PAGES[name, variant] == len(document)
    assert [bottom for bottom in full if bottom >= height * 2 / 3] == []
    assert last < height


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_telephone_reads_the_code_of_every_variant_from_a_grey_print(variant: str) -> None:
    document = pypdfium2.PdfDocument(sheet("exercise", variant))
    grey = document[len(document) - 1].render(scale=150 / 72, grayscale=True).to_numpy()

    address, _, _ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(grey))

    assert address == ADDRESS


@pytest.mark.parametrize(
    ("variant", "width_mm", "height_mm"),
    [("standard", 210, 297), ("large-print", 210, 297), ("a5", 148, 210), ("letter", 215.9, 279.4)],
)
def test_every_variant_has_its_paper(variant: str, width_mm: float, height_mm: float) -> None:
    size = pypdfium2.PdfDocument(sheet("long", variant))[0].get_size()

    assert size == pytest.approx((width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM), abs=0.1)


# ---- files and facts


def test_the_option_knows_every_variant_and_no_other() -> None:
    assert set(get_args(VariantName)) == {*VARIANTS, *IMPOSED_VARIANTS}


def test_file_names_carry_the_variant_and_the_first_is_shown_in_small() -> None:
    names = [artifact.name for artifact in made(article(), variants=("standard", "large-print", "a5")).artifacts]

    assert names == [f"blog/ondt-i-ryggen{suffix}" for suffix in (".pdf", ".large-print.pdf", ".a5.pdf", ".png")]


def test_the_picture_of_page_one_is_four_hundred_pixels_wide_and_always_the_same() -> None:
    first, again = (made(article()).artifacts[-1].data for _ in range(2))

    drawn = Pillow.open(io.BytesIO(first))
    assert (drawn.format, drawn.size) == ("PNG", (400, 566))
    assert first == again


def test_pages_that_other_formats_follow_are_those_of_the_standard_variant() -> None:
    assert made(long_with_pictures(), variants=("a5",)).facts == made(long_with_pictures()).facts


def test_a_project_without_a_variant_is_refused() -> None:
    with pytest.raises(ConfigError, match="variants is empty"):
        handout.Options(variants=())


# ---- what a variant takes


def words_of(written: Written) -> str:
    assert written.artifacts, [finding.message for finding in written.findings]
    return tree(written.artifacts[0].data).text


def told(written: Written) -> str:
    (finding,) = [finding for finding in written.findings if finding.code == "handout-variant"]
    return finding.message


def test_the_short_variant_has_key_points_steps_and_when_to_get_help_on_one_page() -> None:
    written = made(long_with_pictures(), variants=("short",))

    words = words_of(written)
    assert written.artifacts[0].pages == 1
    assert all(part in words for part in ("Hold dig i gang.", "Trin 5", "du får feber", "Patientinformation i korte"))
    assert "Det er godt at bevæge sig" not in words


def test_numbered_headings_are_the_points_of_an_article_that_has_no_others() -> None:
    blocks = tuple(
        block
        for number in range(1, 4)
        for block in (Header(2, words_in(f"{number}. Råd nummer {number}"), f"raad-{number}"), para(LONG * 5))
    )

    shown = tree(made(article(blocks=blocks), variants=("short",)).artifacts[0].data).find("L")[0]

    assert shown.text == "Råd nummer 1 Råd nummer 2 Råd nummer 3"


def test_steps_too_long_for_one_page_take_one_more_and_are_whole() -> None:
    steps = tuple((Para((Strong(words_in(f"Trin {number}.")), Space(), *words_in(LONG * 4))),) for number in range(6))
    written = made(article(blocks=(OrderedList(steps),)), variants=("short",))

    assert written.artifacts[0].pages == 2
    assert letters(words_of(written)).count(letters(LONG)) == 24


def test_steps_too_long_for_a_sheet_have_no_short_variant_and_it_says_by_how_much() -> None:
    steps = tuple((para(LONG * 9),) for _ in range(12))
    written = made(article(blocks=(OrderedList(steps),)), variants=("short",))

    assert written.artifacts == ()
    assert re.search(r"no short: at 12 pt it is \d\.\d pages too long for one sheet", told(written))


def test_an_article_without_points_and_steps_has_no_short_variant_and_says_why() -> None:
    written = made(article(), variants=("short",))

    assert written.artifacts == ()
    assert "neither key points nor numbered steps" in told(written)


def test_an_edition_of_several_has_no_short_variant() -> None:
    edition = bound(article(id="blog/et", key_points=POINTS), article(id="blog/to"))

    assert "several articles" in told(made(edition, variants=("short",)))


def test_an_exercise_card_has_picture_steps_dose_and_caution_on_one_page() -> None:
    document = tree(sheet("exercise", "exercise-card"))

    assert len(pypdfium2.PdfDocument(sheet("exercise", "exercise-card"))) == 1
    assert "En ryg" in [figure.properties["/Alt"] for figure in document.find("Figure")]
    assert all(part in document.text for part in ("Øvelseskort", "Trin 5", "3 × 10", "jagende smerter"))
    assert "En enkel øvelse" not in document.text


def test_headings_that_exercises_share_make_an_exercise() -> None:
    """As sites write them: no kind, the dose as a paragraph in bold, the caution as a section."""
    blocks = (
        header("Wall sit - Sådan gør du"),
        STEPS,
        Para((Strong(words_in("Antal gentagelser:")), *words_in(" 3 sæt."))),
        header("Vær OBS - Wall sit med knæskade"),
        para("Vær forsigtig med knæet."),
        header("Ofte stillede spørgsmål"),
        para(LONG),
    )

    words = words_of(made(article(blocks=blocks), variants=("exercise-card",)))

    assert all(part in words for part in ("Trin 1", "3 sæt.", "Vær forsigtig"))
    assert "Ofte stillede" not in words


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "article", "blocks": (para("Tekst."),)}, "no exercise"),
        ({"blocks": (para("Tekst."),)}, "numbered steps"),
    ],
)
def test_what_is_no_exercise_has_no_card_and_says_why(changes: dict[str, Any], why: str) -> None:
    assert why in told(made(exercise(**changes), variants=("exercise-card",)))


def test_a_link_to_a_part_that_is_left_out_stays_as_words() -> None:
    steps = OrderedList(((Plain((Link(words_in("Læs nedenfor"), "#mere"),)),), (plain("To"),)))
    written = made(article(blocks=(steps, header("Mere"), para("Tekst."))), variants=("short",))

    assert written.findings == ()
    assert tree(written.artifacts[0].data).find("L")[0].find("Link") == []


# ---- fit


def body_pt(written: Written) -> float:
    """Return the size of the running text, which most pieces of text have."""
    sizes = Counter(round(font_size(thing), 1) for _, thing in things(written.artifacts[0].data))
    return next(size for size, _ in sizes.most_common() if size >= 12)


def test_a_short_article_is_enlarged_to_fill_its_sheet_and_a_long_one_is_set_closer() -> None:
    few, many = (article(blocks=(para(LONG * 2),) * count) for count in (11, 28))

    small, large = made(few, fit="sheet"), made(many, fit="sheet")

    assert (small.facts.pages, large.facts.pages) == (2, 2)
    assert body_pt(small) == pytest.approx(14, abs=0.01)
    assert body_pt(large) == pytest.approx(12, abs=0.5)
    assert small.findings == large.findings == ()


def test_an_article_too_long_for_a_sheet_says_by_how_much() -> None:
    written = made(article(blocks=(para(LONG * 2),) * 60), fit="sheet")

    (finding,) = written.findings
    assert (finding.code, finding.severity) == ("handout-too-long", "warning")
    assert re.search(r"at 12 pt it is \d\.\d pages too long for one sheet", finding.message)
    assert body_pt(written) == pytest.approx(12, abs=0.01)


def test_two_columns_are_read_one_after_the_other() -> None:
    blocks: tuple[Block, ...] = (
        *(para(f"{number}. {LONG * 2}") for number in range(28)),
        BulletList(((plain("Slut."),),)),
    )

    written = made(undated(title="Titlen", blocks=blocks), fit="sheet")

    lefts = {round(thing.get_bounds()[0]) for _, thing in things(written.artifacts[0].data) if font_size(thing) > 1}
    assert written.facts.pages == 2
    assert any(305 < left < 312 for left in lefts)
    assert letters(tree(written.artifacts[0].data).find("Art")[0].text) == letters("Titlen" + text(blocks))


def test_an_edition_of_several_articles_is_not_squeezed_into_a_sheet() -> None:
    edition = bound(long_with_pictures(), article(id="blog/to"))

    assert made(edition, fit="sheet").findings == ()


# ---- faults


def test_a_box_gives_way_to_a_page_half_empty() -> None:
    tall = Callout("note", (BulletList(tuple((plain(f"punkt {number}"),) for number in range(36))),))
    written = made(article(blocks=(para(LONG), tall, para(LONG))), notes=False)

    assert written.findings == ()
    with pypdfium2.PdfDocument(written.artifacts[0].data) as document:
        assert "punkt 9" in document[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize(
    ("paragraphs", "sentences", "pages", "codes"),
    [
        (7, 2, 1, []),  # smaller type than 14 pt lets it stand on one page
        (7, 20, 2, []),
        (15, 15, 2, []),
        (15, 30, 2, []),
        (15, 45, 2, []),
        (9, 45, 2, []),
    ],
)
def test_lonely_last_lines_are_put_right_or_named(
    paragraphs: int, sentences: int, pages: int, codes: list[str]
) -> None:
    blocks = (*(para(LONG * 2),) * paragraphs, para("Ordene fylder lidt. " * sentences))

    written = made(article(blocks=blocks), notes=False, qr_code=False)

    last = pypdfium2.PdfDocument(written.artifacts[0].data)[pages - 1].get_textpage().get_text_bounded()
    known = LONG * 3 + "Ordene fylder lidt. " * sentences
    assert written.facts.pages == pages
    assert [finding.code for finding in written.findings] == codes
    assert (len([line for line in last.splitlines() if line.strip() and line.strip() in known]) > 2) is not bool(codes)


# ---- from the command


def test_a_variant_is_chosen_by_the_command_and_those_of_the_project_stand(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[publisher]\nname = "Klinik"\n')
    write(tmp_path / "sources/ryg.md", "---\ntitle: Ryg\nkey_points: [Gå en tur.]\n---\n\nTekst.\n")
    outputs = tmp_path / "outputs/handout"

    assert run_publish(tmp_path, "handout").code == 0
    assert run_publish(tmp_path, "handout", "--variant", "short", "--variant", "a5").code == 0
    names = sorted(path.name for path in outputs.iterdir())
    assert {"ryg.pdf", "ryg.png", "ryg.short.pdf", "ryg.a5.pdf"} <= set(names)


def test_files_of_a_variant_that_the_project_no_longer_wants_go(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[handout]\nvariants = ["standard", "a5"]\n')
    write(tmp_path / "sources/ryg.md", "---\ntitle: Ryg\n---\n\nTekst.\n")
    run_publish(tmp_path, "handout")
    write(tmp_path / "publish.toml", '[handout]\nvariants = ["standard"]\n')

    run_publish(tmp_path, "handout")

    assert sorted(path.name for path in (tmp_path / "outputs/handout").iterdir()) == ["ryg.pdf", "ryg.png"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("handout", "--variant", "a6"), "'a6' is not one of"),
        (("all", "--only", "epub", "--variant", "a5"), "no variants"),
    ],
)
def test_a_variant_that_does_not_exist_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    write(tmp_path / "publish.toml", '[publisher]\nname = "Klinik"\n')

    ran = run_publish(tmp_path, *arguments)

    assert ran.code == 2
    assert said in ran.err


def test_a_proof_shows_all_pages_of_the_variants_in_one_picture(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[publisher]\nname = "Klinik"\n')
    write(tmp_path / "sources/blog/ryg.md", "---\ntitle: Ryg\nkey_points: [Gå en tur.]\n---\n\nTekst.\n")

    ran = run_publish(tmp_path, "proof", "blog/ryg", "--variant", "standard", "--variant", "a5")

    assert ran.code == 0, ran.err
    with Pillow.open(tmp_path / "outputs/proofs/blog/ryg.png") as drawn:
        assert drawn.format == "PNG"
        height = drawn.height
    assert height > (297 + 210) / 25.4 * 60
    assert not (tmp_path / "outputs/handout").exists()


# ---- a laser printer


def _luminance(red: int, green: int, blue: int) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [value / 255 for value in (red, green, blue)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ink_right(thing: Any, page: Any) -> float:
    """Return where a text ends on the right; of a number on a disc, without the spaces behind it."""
    text_page = page.get_textpage()
    length = pdfium.FPDFTextObj_GetText(thing.raw, text_page.raw, None, 0)
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFTextObj_GetText(thing.raw, text_page.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    words = buffer.raw.decode("utf-16-le").rstrip("\0").strip()
    left, right = float(thing.get_bounds()[0]), float(thing.get_bounds()[2])
    return left + 0.6 * font_size(thing) * len(words) if words.isdigit() else right


def _fill(thing: Any) -> tuple[int, int, int]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPageObj_GetFillColor(thing.raw, red, green, blue, alpha)
    return red.value, green.value, blue.value


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_every_letter_stands_out_from_its_ground(name: str, variant: str) -> None:
    """At 7:1 or more from white paper; white letters stand on black bars only."""
    contrasts: list[tuple[float, float, float]] = []
    for page in pypdfium2.PdfDocument(sheet(name, variant)):
        bars = [
            thing.get_bounds()
            for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,))
            if _luminance(*_fill(thing)) < 0.01
        ]
        for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT,)):
            light = _luminance(*_fill(thing))
            left, bottom, _, top = thing.get_bounds()
            right = _ink_right(thing, page)
            on_bar = any(
                bar[0] <= left and bar[1] <= bottom + 1 and right <= bar[2] and top <= bar[3] + 1 for bar in bars
            )
            contrast = (light + 0.05) / 0.05 if on_bar and light > 0.5 else 1.05 / (light + 0.05)
            contrasts.append((contrast, left, bottom))

    assert contrasts
    assert min(contrasts) >= (7,)


def _thicknesses_pt(data: bytes) -> Iterator[float]:
    """Yield how thick each line on the pages is: a bar, a border (what lies between two boxes), or a stroke."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            boxes: list[list[float]] = []
            stroke = 1.0
            for instruction in pikepdf.parse_content_stream(page):
                match str(instruction.operator):
                    case "re":
                        boxes.append([float(value) for value in instruction.operands])
                    case "w":
                        stroke = float(instruction.operands[0])
                    case "f" | "f*" | "B" | "B*":
                        yield from (each * POINTS_PER_PX for each in _sides(boxes))
                        boxes = []
                    case "S" | "s":
                        yield stroke * POINTS_PER_PX
                        boxes = []
                    case "n":
                        boxes = []


def _sides(boxes: list[list[float]]) -> Iterator[float]:
    if len(boxes) == 2:
        (left, top, width, height), (other_left, other_top, other_width, other_height) = boxes
        edges = (
            left - other_left, top - other_top, left + width - other_left - other_width,
            top + height - other_top - other_height,
        )  # fmt: skip
        yield from (abs(edge) for edge in edges if abs(edge) > 1e-6)
    else:
        yield from (min(box[2:]) for box in boxes)


@pytest.mark.parametrize(("name", "variant"), SUITABLE)
def test_no_line_is_too_fine_for_a_laser_printer(name: str, variant: str) -> None:
    """Half a point is what every printer still prints."""
    lines = list(_thicknesses_pt(sheet(name, variant)))

    assert len(lines) > 3
    assert min(lines) >= 0.5
