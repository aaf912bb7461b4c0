"""No page of a handout is left nearly empty, and nothing that belongs together is torn."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from pipeline.model import Block, Cell, Figure, Header, Image, Link, OrderedList, Para, Plain, Str, Table
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.validation.pdf import validate_pdf
from pipeline.writers import Rendition, Written, handout
from tests.makers import CLINIC, PICTURE, article, job, para, picture_file, plain, single, words_in, write
from tests.pdf_reading import Element, tree

LONG = "Det er godt at bevæge sig hver dag, også når det gør lidt ondt, for kroppen bliver stærkere af at blive brugt. "
PAGED = ("standard", "letter", "large-print", "a5")


def written(*blocks: Block, variant: str = "standard", **changes: object) -> Written:
    edition = single(article(blocks=blocks, **changes))
    options = handout.Options(variants=(variant,))  # type: ignore[arg-type]  # a name of a variant
    return handout.write(edition, job(handout, edition, options=options, publisher=CLINIC))


def data_of(made: Written) -> bytes:
    assert not [finding for finding in made.findings if finding.severity == "error"]
    return made.artifacts[0].data


def texts(data: bytes) -> list[list[str]]:
    """Return the lines of each page."""
    document = pypdfium2.PdfDocument(data)
    return [sheet.get_textpage().get_text_bounded().replace("\xa0", " ").splitlines() for sheet in document]


def keeps_standards(data: bytes) -> bool:
    return not validate_pdf(data, frozenset({"Handout-Sans"}))


def cells(*words: str) -> tuple[Cell, ...]:
    return tuple(Cell((plain(word),)) for word in words)


# ---- pages


@pytest.mark.parametrize("variant", PAGED)
def test_a_row_taller_than_a_page_begins_below_the_title(variant: str) -> None:
    made = written(Table(cells("Uge", "Råd"), (cells("1", LONG * 60), cells("2", "kort"))), variant=variant)

    data = data_of(made)
    pages = texts(data)
    assert "handout-page-empty" not in {finding.code for finding in made.findings}
    assert any("Ondt i ryggen" in line for line in pages[0])
    assert all(len(page) > 15 for page in pages[:-1])
    with_row = [page for page in pages if sum("bevæge" in line for line in page) > 2]
    assert len(with_row) > 1
    assert all(any(line.split() == ["Uge", "Råd"] for line in page) for page in with_row)
    assert keeps_standards(data)


@pytest.mark.parametrize("variant", ["standard", "large-print"])
def test_a_row_that_fits_a_page_is_whole_and_the_others_of_its_table_fill_the_page_before(variant: str) -> None:
    rows = (cells("1", LONG * 3), cells("2", "kort"), cells("3", f"begynd {LONG * 12} slut"), cells("4", LONG * 3))
    made = written(para("Indledning."), para(LONG * 5), Table(cells("Uge", "Råd"), rows), variant=variant)

    pages = [" ".join(page) for page in texts(data_of(made))]
    (whole,) = [page for page in pages if "begynd" in page]
    assert "slut" in whole
    assert all("Uge Råd" in page for page in pages if "begynd" in page or "kort" in page)


@pytest.mark.parametrize("variant", PAGED)
def test_tables_of_one_row_stay_with_what_announces_them_and_not_with_what_follows(variant: str) -> None:
    sections = [
        block
        for number in range(12)
        for block in (
            Header(2, (Str(f"Muskel {number}"),), f"muskel-{number}"),
            para(f"Her er en oversigt over de vigtigste, nummer {number}:"),
            Table(cells("Navn", "Dansk", "Virker"), (cells(f"Latin {number}", "Ord", LONG),)),
        )
    ]

    pages = [" ".join(page) for page in texts(data_of(written(para("Indledning."), *sections, variant=variant)))]

    place = {number: [f"Latin {number} " in page for page in pages].index(True) for number in range(12)}
    assert all(f"Muskel {number} Her er" in pages[at] for number, at in place.items())
    assert all(text.count("Latin") > 1 for text in pages[1:-1])


def test_many_key_points_begin_below_the_title() -> None:
    made = written(para("Tekst."), key_points=tuple(f"{number}. {LONG}" for number in range(24)))

    first, *_ = texts(data_of(made))
    assert sum("bevæge" in line for line in first) > 10


def with_tall_picture(*blocks: Block) -> Written:
    """Print blocks of which every picture is twice as high as wide."""
    edition = single(article(blocks=blocks))
    given = job(handout, edition, publisher=CLINIC)
    tall = Rendition(picture_file(800, 1600), "image/png", 800, 1600)
    return handout.write(edition, replace(given, pictures=dict.fromkeys(given.pictures, tall)))


FIGURE = Figure(Image(PICTURE, "En øvelse"))


def test_a_step_before_a_tall_picture_stays_on_page_one() -> None:
    steps = OrderedList(((para("Stå ret op."), para(LONG * 12)), (para("Løft armen."), FIGURE)))

    first, *_ = texts(data_of(with_tall_picture(para(LONG * 4), steps)))

    assert any("Stå ret op." in line for line in first)


def test_a_picture_with_a_long_caption_begins_below_the_title() -> None:
    made = with_tall_picture(replace(FIGURE, caption=words_in(LONG * 9)), para(LONG * 30))

    first, *_ = texts(data_of(made))
    assert any("Ondt i ryggen" in line for line in first[:2])
    assert "handout-page-empty" not in {finding.code for finding in made.findings}


def test_page_one_is_judged_like_the_others(tmp_path: Path) -> None:
    """A title that its style puts on a new page leaves the letterhead alone on page 1."""
    css = (packaged_styles() / "handout/handout.css").read_text("utf-8")
    write(tmp_path / "handout/handout.css", f"{css}\nh1 {{ break-before: page }}")
    edition = single(article(blocks=(para(LONG * 30),)))
    given = job(handout, edition, publisher=CLINIC)

    made = handout.write(edition, replace(given, styles=Styles((tmp_path, packaged_styles()))))

    messages = [finding.message for finding in made.findings if finding.code == "handout-page-empty"]
    assert messages == ["page 1 is more than half empty: what follows does not fit there"]


# ---- tables


DAYS = ("Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")
PLAN = Table(
    cells("Øvelse", *DAYS),
    (
        cells("Gang", "10\xa0min", "hvile", "15\xa0min", "hvile", "20\xa0min", "hvile", "25\xa0min"),
        cells("Knæbøjning", "3 × 10", "hvile", "3 × 12", "hvile", "3 × 12–15", "hvile", "hvile"),
    ),
)


def table_rows(data: bytes) -> list[list[str]]:
    return [
        [cell.text.replace("\xa0", " ") for cell in row.kids if isinstance(cell, Element)]
        for table in tree(data).find("Table")
        for row in table.find("TR")
    ]


@pytest.mark.parametrize("variant", ["a5", "large-print"])
def test_a_week_plan_is_turned_where_the_paper_is_narrow(variant: str) -> None:
    data = data_of(written(PLAN, variant=variant))

    rows = table_rows(data)
    assert rows[0] == ["Øvelse", "Gang", "Knæbøjning"]
    assert rows[1:3] == [["Mandag", "10 min", "3 × 10"], ["Tirsdag", "hvile", "hvile"]]
    assert rows[5] == ["Fredag", "20 min", "3 × 12–15"]
    lines = {line for page in texts(data) for line in page}
    assert {"Mandag 10 min 3 × 10", "Fredag 20 min 3 × 12–15"} <= lines
    first = tree(data).find("TR")[1].kids[0]
    assert isinstance(first, Element)
    assert (first.kind, first.properties["/Scope"]) == ("TH", "/Row")
    assert keeps_standards(data)


def test_a_number_behind_a_link_in_a_cell_is_whole_and_on_the_page() -> None:
    call = Cell((Plain((Link(words_in("ring"), "tel:+4570123456"),)),))
    row = (*cells("Gang"), call, *cells("hvile", "hvile", "hvile", "hvile", "hvile", "hvile"))

    data = data_of(written(replace(PLAN, rows=(row, *PLAN.rows)), variant="a5"))

    assert any("ring (70 12 34 56)" in line for page in texts(data) for line in page)
    with pypdfium2.PdfDocument(data) as document:
        width, _ = document[0].get_size()
        pieces = document[0].get_objects()
        assert max(piece.get_bounds()[2] for piece in pieces) < width


def test_a_week_plan_keeps_its_shape_where_the_paper_is_wide() -> None:
    assert table_rows(data_of(written(PLAN)))[0] == ["Øvelse", *DAYS]


def test_a_table_too_wide_both_ways_is_listed_row_by_row() -> None:
    names = [f"Øvelsesnummer{number}" for number in range(8)]
    rows = tuple(cells(name, *(f"{number} gentagelser" for number in range(7))) for name in names)

    data = data_of(written(Table(cells("Øvelse", *(f"{day}morgen" for day in DAYS)), rows), variant="a5"))

    tables = tree(data).find("Table")
    assert [table.find("Caption")[0].text for table in tables] == [f"Øvelse: {name}" for name in names]
    assert table_rows(data)[:2] == [["Mandagmorgen", "0 gentagelser"], ["Tirsdagmorgen", "1 gentagelser"]]
    assert keeps_standards(data)


def test_type_in_a_table_of_large_print_goes_down_to_sixteen_points_before_it_is_turned() -> None:
    head = ("Øvelserne", "Formiddag", "Eftermiddag", "Aften", "Søndage")

    data = data_of(written(Table(cells(*head), (cells(*head),)), variant="large-print"))

    assert table_rows(data)[0] == list(head)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        drawn = pikepdf.parse_content_stream(pdf.pages[0])
    sizes = {round(float(each.operands[1]) * 0.75) for each in drawn if str(each.operator) == "Tf"}
    assert {16, 18} <= sizes


@pytest.mark.parametrize("variant", PAGED)
def test_no_word_is_split_before_its_third_letter_or_after_its_third_last(variant: str) -> None:
    words = "Knæbøjning rehabiliteringsforløb bækkenbundstræning øvelsesprogrammerne"
    data = data_of(written(Table(cells("Uge", "Råd"), (cells(words, f"{words} {words}"),) * 3), variant=variant))

    for line in (line for page in texts(data) for line in page):
        # PDFium reads U+FFFE or U+0002 for a hyphen at the end of a line.
        for split in "\ufffe\x02-":
            before, _, after = line.partition(split)
            assert not after or len(before.split()[-1]) >= 3 <= len(after.split()[0])


# ---- ranges and products


@pytest.mark.parametrize("unit", ["12–15", "3 × 10", "2 x 8–10", "≥ 5", "1.–5.", "3–4–5"])
def test_a_range_or_product_is_never_broken(unit: str) -> None:
    blocks = [Para(words_in(f"{'m' * letters} {unit} gange om dagen hver uge")) for letters in range(38, 70)]

    data = data_of(written(*blocks))

    assert sum(line.count(unit) for page in texts(data) for line in page) == len(blocks)
    assert unit in tree(data).text
