"""How a handout fills its sheets: its grid, what stays together, and the search for whole sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from pipeline.model import (
    Article,
    Block,
    BulletList,
    Callout,
    Cell,
    Edition,
    Figure,
    Header,
    Image,
    OrderedList,
    Para,
    Str,
    Strong,
    Table,
)
from pipeline.writers import Job, handout
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.picture_fit import with_fitted_pictures
from pipeline.writers.handout.placing import announces, in_print_order, places_later
from pipeline.writers.handout.print_html import lay_out_handout
from pipeline.writers.handout.print_markup import HandoutRenderer, keep_last_words
from pipeline.writers.handout.sheet_fit import PageUse, best_setting, cost, scaled_use
from pipeline.writers.handout.variants import STANDARD_VARIANT, VARIANTS, Options, TypeSetting, candidate_settings
from tests.makers import PICTURE, article, header, job, para, plain, single, words_in
from tests.pdf_reading import tree
from tests.writers.test_handout import (
    LONG,
    POINTS_PER_MM,
    PUBLISHER,
    as_drawing,
    font_size,
    made,
    pdf,
    undated,
    widths_mm,
)

FIGURE = Figure(Image(PICTURE, "En ryg", 20), (), 20)
NAMED = replace(FIGURE, caption=(Str("En ryg"),))
NONE = Substitutions({})
SETTINGS = candidate_settings(VARIANTS[STANDARD_VARIANT], Options())


def sections(count: int, sentences: int = 3) -> tuple[Block, ...]:
    return tuple(
        block
        for number in range(count)
        for block in (header(f"Afsnit {number}"), para(f"{number}. " + LONG * sentences))
    )


def pages(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)]


# ---- the search


@pytest.mark.parametrize("count", [4, 9, 12, 14, 16, 18, 24, 28])
def test_a_handout_has_one_page_or_an_even_number_and_no_lonely_end(count: int) -> None:
    written = made(article(blocks=sections(count)), notes=False)

    last = pages(written.artifacts[0].data)[-1]
    assert written.facts.pages == 1 or written.facts.pages % 2 == 0
    assert last.count("godt") > 2
    assert written.findings == ()


def text_of(length: float, laid_out: list[TypeSetting]) -> Any:
    """Return what measures a text that is so many pages long in the roomiest setting."""
    known = PageUse(int(length) + 1, length, 0.25)

    def measure(setting: TypeSetting) -> PageUse:
        laid_out.append(setting)
        return scaled_use(known, SETTINGS[0], setting)

    return measure


@pytest.mark.parametrize("length", [0.8, 1.2, 1.7, 2.2, 2.8, 3.1, 3.7, 4.4, 5.2, 6.1])
def test_few_layouts_find_the_best_setting(length: float) -> None:
    laid_out: list[TypeSetting] = []
    measure = text_of(length, laid_out)

    chosen = best_setting(SETTINGS, measure, PageUse(int(length * 1.1) + 1, length * 1.1, 0.25), 3)

    assert len(laid_out) <= 3
    known = PageUse(int(length) + 1, length, 0.25)
    best = min(cost(setting, scaled_use(known, SETTINGS[0], setting)) for setting in SETTINGS)
    assert cost(chosen, measure(chosen)) <= best + 12


def test_a_guess_that_is_right_costs_one_layout() -> None:
    laid_out: list[TypeSetting] = []
    measure = text_of(1.7, laid_out)

    chosen = best_setting(SETTINGS, measure, PageUse(2, 1.7, 0.25), 3)

    assert laid_out == [chosen]
    assert (chosen.size_pt, chosen.frame.columns) == (14.0, 1)


def test_two_columns_are_taken_only_where_they_save_a_sheet() -> None:
    written = [
        made(article(blocks=sections(count)), columns=columns) for count in (7, 12) for columns in ("auto", "never")
    ]

    assert [has_columns(each.artifacts[0].data) for each in written] == [False, False, True, False]
    assert [each.facts.pages for each in written] == [2, 2, 2, 3]


def has_columns(data: bytes) -> bool:
    return any(tops for page in pypdfium2.PdfDocument(data) for tops in column_tops(page)[1:])


def column_tops(page: Any) -> tuple[list[float], list[float]]:
    """Return the upper edges of what begins at the left edges of two columns."""
    tops: tuple[list[float], list[float]] = ([], [])
    for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT,)):
        left, _, _, top = thing.get_bounds()
        for column, edge_mm in enumerate((17.5, 108.0)):
            if font_size(thing) >= 12 and abs(left / POINTS_PER_MM - edge_mm) < 0.7:
                tops[column].append(top)
    return tops


def test_settings_are_from_twelve_to_fourteen_points_and_one_column_where_asked_for() -> None:
    assert all(
        setting.frame.columns == 1 for setting in candidate_settings(VARIANTS["standard"], Options(columns="never"))
    )
    assert {setting.size_pt for setting in SETTINGS} == {12.0, 12.5, 13.0, 13.5, 14.0}


# ---- the grid


def test_the_tops_of_two_columns_are_level() -> None:
    data = pdf(undated(blocks=sections(12)), notes=False)

    for page in list(pypdfium2.PdfDocument(data))[1:]:
        left, right = column_tops(page)
        assert max(right) == pytest.approx(max(left), abs=3)  # a heading's letters are a little higher than the text's


def test_an_exercise_shows_its_picture_large_and_an_article_its_hero_small() -> None:
    hero = Figure(Image(PICTURE, "En øvelse", 5), (), 5)
    steps = OrderedList(tuple((plain(f"Trin {number} er roligt."),) for number in range(4)))
    blocks = (para(LONG * 3), header("Sådan gør du"), steps)

    exercise, mood = (pdf(article(hero=hero, kind=kind, blocks=each), qr_code=False) for kind, each in (
        ("exercise", blocks), ("article", (para(LONG * 3),)),
    ))  # fmt: skip

    assert widths_mm(exercise) == [61]
    assert widths_mm(mood) == [44]


def test_a_photograph_below_a_heading_is_large_and_stays_with_heading_and_text() -> None:
    data = pdf(article(blocks=(para(LONG * 2), header("Katten"), FIGURE, para(LONG * 4))), qr_code=False)

    assert widths_mm(data) == [61]


def test_the_facts_stand_in_one_line_below_the_title() -> None:
    words = tree(pdf(article(authors=("Bo Prøve",), lead="Kort sagt."))).text

    assert words.index("Ondt i ryggen") < words.index("Skrevet af Bo Prøve · Udgivet 2.") < words.index("Kort sagt.")
    assert words.count("Udgivet") == 1


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("<h2>Hvad kan du gøre ved det</h2>", '<h2>Hvad kan du gøre <span class="unbroken">ved det</span></h2>'),
        ("<h2>Smerter</h2>", "<h2>Smerter</h2>"),
        ("<h2>Om rehabiliteringsforløb nu</h2>", "<h2>Om rehabiliteringsforløb nu</h2>"),
    ],
)
def test_the_last_word_of_a_heading_is_not_alone(heading: str, kept: str) -> None:
    from markupsafe import Markup

    assert keep_last_words(Markup(heading)) == kept  # noqa: S704  # of the test


# ---- what stays together

TABLE = Table((Cell((plain("Vane"),)),), ((Cell((plain("Gå"),)),),))
BULLETS = BulletList(((plain("et"),), (plain("to"),)))
STEPS = OrderedList(((plain("Et."),), (plain("To."),)))
DOSE = Para((Strong(words_in("Antal gentagelser:")), *words_in(" 3 sæt.")))


@pytest.mark.parametrize(
    ("block", "after", "is_kept"),
    [
        (para("Det omfatter:"), para("Tekst."), True),
        (para("Her er en oversigt."), TABLE, True),
        (para("Her er nogle."), BULLETS, True),
        (Para((Strong(words_in("Hvorfor")),)), para("Tekst."), True),
        (STEPS, DOSE, True),
        (STEPS, Header(3, words_in("Antal gentagelser"), "antal"), True),
        (STEPS, para("Tekst."), False),
        (para("Tekst."), para("Mere."), False),
        (para("Det omfatter:"), None, False),
    ],
)
def test_what_announces_something_is_kept_with_it(block: Block, after: Block | None, is_kept: bool) -> None:  # a case
    assert announces(block, after) is is_kept


@pytest.mark.parametrize("filler", range(10, 17))
def test_a_line_that_announces_a_table_is_on_its_page(filler: int) -> None:
    rows = tuple((Cell((plain(f"vane {number}"),)), Cell((plain("hver dag"),))) for number in range(12))
    table = Table((Cell((plain("Hovedet"),)), Cell((plain("Antal"),))), rows)

    shown = pages(
        pdf(article(blocks=(para(LONG * filler), para("Det drejer sig om:"), table, para(LONG * 9))), notes=False)
    )

    (page,) = [words for words in shown if "drejer sig om" in words]
    assert page.index("drejer sig om") < page.index("Hovedet") < page.index("vane 1")


@pytest.mark.parametrize("filler", range(9, 16))
def test_steps_and_dose_are_on_one_page(filler: int) -> None:
    steps = OrderedList(tuple((plain(f"Trin {number} er roligt og let."),) for number in range(6)))

    shown = pages(
        pdf(article(blocks=(para(LONG * filler), header("Sådan gør du"), steps, DOSE, para(LONG * 9))), notes=False)
    )

    (page,) = [words for words in shown if "Trin 0" in words]
    assert "Trin 5" in page
    assert "3 sæt" in page


# ---- drawings that stand later


def order(blocks: Sequence[Block], moved: int) -> list[int]:
    numbered = list(enumerate(blocks))
    return [number for number, _ in in_print_order(numbered, set(), set(), {20: moved}, has_margin=True)]


@pytest.mark.parametrize(
    ("blocks", "moved", "found"),
    [
        ((FIGURE, para("a"), para("b"), header("H")), 1, [1, 0, 2, 3]),
        ((NAMED, para("a"), header("H"), para("c")), 4, [1, 2, 3, 0]),
        ((NAMED, para("a"), header("H"), para("c")), 2, [1, 0, 2, 3]),
        ((FIGURE, para("a"), header("H"), para("c")), 4, [1, 0, 2, 3]),
        ((FIGURE, para("Som tegningen viser."), para("b")), 2, [0, 1, 2]),
        ((para("Se nedenfor."), FIGURE, para("b")), 1, [0, 1, 2]),
        ((para("Det er:"), FIGURE, para("b")), 1, [0, 1, 2]),
        ((FIGURE, para("Det er:"), BULLETS), 1, [0, 1, 2]),
        ((FIGURE, para("Det er:"), BULLETS), 2, [1, 2, 0]),
        ((FIGURE, BULLETS, replace(FIGURE, line=30), para("b")), 9, [1, 0, 2, 3]),
        ((header("G"), FIGURE, header("H"), para("b")), 2, [0, 1, 2, 3]),
    ],
)
def test_a_drawing_passes_no_words_that_point_at_it_and_parts_nothing(
    blocks: Sequence[Block], moved: int, found: list[int]
) -> None:
    assert order(blocks, moved) == found


def test_a_drawing_may_stand_behind_each_block_that_announces_nothing() -> None:
    after = (para("a"), para("b"), header("H"), para("Det er:"), BULLETS, para("c"))

    for before in (None, header("G")):
        assert places_later(after, before, is_named=True) == (1, 2, 5, 6)
    assert places_later(after, para("Se nedenfor."), is_named=True) == ()
    assert places_later((header("H"),), header("G"), is_named=True) == ()


def test_a_drawing_leaves_its_section_only_where_it_says_what_it_shows() -> None:
    assert places_later((para("a"), header("H"), para("b")), None, is_named=False) == (1,)


def test_a_photograph_stands_beside_the_text_before_it_where_none_follows() -> None:
    blocks: list[tuple[int, Block]] = [(0, header("H")), (1, para("a")), (2, FIGURE), (3, header("K")), (4, para("b"))]

    beside = [number for number, _ in in_print_order(blocks, {2}, set(), {}, has_margin=True)]
    alone = [number for number, _ in in_print_order(blocks, {2}, set(), {}, has_margin=False)]

    assert (beside, alone) == ([0, 2, 1, 3, 4], [0, 1, 2, 3, 4])


@pytest.mark.parametrize("columns", ["auto", "never"])
def test_text_flows_on_before_a_drawing_that_does_not_fit(columns: Any) -> None:
    paragraphs = [para(f"{number}. {LONG * 2}") for number in range(30)]
    body = (header("Tegning"), *paragraphs[:9], FIGURE, header("Videre"), *paragraphs[9:])

    written = handout.write(*with_lettering(article(blocks=body), 0.014, columns=columns))

    assert not [finding for finding in written.findings if finding.code == "handout-page-empty"]
    words = tree(written.artifacts[0].data).text
    places = [words.index(f" {number}. Det") for number in range(30)]
    assert places == sorted(places)


def test_a_drawing_that_is_printed_later_is_read_at_its_place() -> None:
    paragraphs = [para(f"{number}. {LONG * 2}") for number in range(30)]
    body = (header("Tegning"), *paragraphs[:9], NAMED, header("Videre"), *paragraphs[9:])
    moved = TypeSetting(SETTINGS[0].frame, 12.0, moved=((article().source, 20, 3),))

    layout = lay_out_handout(*with_lettering(article(blocks=body), 0.014), VARIANTS[STANDARD_VARIANT], moved, NONE)

    drawing, heading = layout.page_of["_block-11"], layout.page_of["videre"]
    assert (drawing, layout.top_mm("_block-11")) > (heading, layout.top_mm("videre"))
    read = [element.get("id") for element in layout.root.iter() if element.get("id")]
    assert read.index("_block-10") < read.index("_block-11") < read.index("videre")


def with_lettering(made_of: Article, lettering: float, **options: Any) -> tuple[Edition, Job]:
    """Return an article whose picture is a drawing with text of such a height, by its width, and its job."""
    edition = single(made_of)
    given = as_drawing(job(handout, edition, options=handout.Options(notes=False, **options), publisher=PUBLISHER))
    lettered = {need: replace(made, lettering=lettering) for need, made in given.pictures.items()}
    return edition, replace(given, pictures=lettered)


def test_a_drawing_is_smaller_where_that_closes_the_hole_before_it_and_its_text_stays_legible() -> None:
    body = (header("Tegning"), *(para(f"{number}. {LONG * 2}") for number in range(9)), FIGURE, para(LONG))
    roomy = TypeSetting(SETTINGS[0].frame, 12.0)

    def share(lettering: float, hole: float) -> list[float]:
        edition, given = with_lettering(article(blocks=body), lettering)
        layout = lay_out_handout(edition, given, VARIANTS[STANDARD_VARIANT], roomy, NONE)
        assert layout.page_of["_block-11"] == 2
        fitted = with_fitted_pictures(edition.front, given, layout, roomy, [hole])
        return [share for _, _, share in fitted.shrunk]

    (large,) = share(0.05, 0.3)
    assert 0.6 <= large < 1
    assert share(0.05, 0.05) == []  # no hole
    assert share(0.05, 0.15) == []  # it would be too small
    assert share(0.0172, 0.3) == []  # its letters would


def test_a_blank_back_side_that_need_not_be_is_worse_than_one_that_must_be() -> None:
    setting = SETTINGS[0]
    rooms = [cost(setting, PageUse(3, length)) - 25 * (4 - length) for length in (2.3, 2.5, 2.7)]

    assert rooms[0] == rooms[1] < rooms[2]
    assert cost(setting, PageUse(5, 4.3)) > cost(setting, PageUse(6, 5.3))


def test_a_calculation_that_was_too_short_is_longer_the_next_time() -> None:
    known, (roomy, *_, tight) = PageUse(3, 2.5, 0.25, 0.0, (0.2, 0.05)), SETTINGS

    first, next_ = (scaled_use(known, roomy, tight, excess).length for excess in (0.0, 0.3))

    assert next_ == pytest.approx(first + 0.3)
    assert first > scaled_use(PageUse(3, 2.5, 0.25, 0.0, (0.25, 0.05)), roomy, tight).length


@pytest.mark.parametrize(("sentences", "is_wide"), [(2, False), (8, True)])
def test_a_long_box_takes_both_columns(sentences: int, *, is_wide: bool) -> None:
    made_of = article(blocks=(header("Hjælp"), Callout("see-doctor", (para(LONG * sentences),))))
    (two,) = {setting.frame for setting in SETTINGS if setting.frame.columns == 2}

    markup = HandoutRenderer(made_of, job(handout, single(made_of)), TypeSetting(two, 12.0), "").article(made_of)

    assert ('<div class="span">\n<h2' in markup) is is_wide


def test_a_table_whose_cells_would_break_takes_the_whole_width() -> None:
    def kinds(words: str) -> str:
        table = Table(
            (Cell((plain("Navn"),)), Cell((plain("Virkning"),))), ((Cell((plain("A"),)), Cell((plain(words),))),)
        )
        made_of = article(blocks=(table,))
        return str(HandoutRenderer(made_of, job(handout, single(made_of)), SETTINGS[0], "").article(made_of))

    assert "wide" in kinds(LONG)
    assert "wide" not in kinds("kort")
