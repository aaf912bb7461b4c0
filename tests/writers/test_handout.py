"""The handout: what stands on the sheet, for eyes and for screen readers, and that it keeps its standards."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import page as validator
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image as Pillow
from PIL import ImageFile

from pipeline.errors import ConfigError
from pipeline.model import (
    Article,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
    Edition,
    EditionPart,
    Emph,
    Figure,
    Header,
    HorizontalRule,
    Image,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Picture,
    References,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    Table,
    text,
)
from pipeline.pictures.image_files import TargetSize, resize_image
from pipeline.rendering.standard_advice import with_standard_advice
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.writers import Job, Rendition, Written, handout
from pipeline.writers.handout.missing_characters import MissingCharacterError
from tests.makers import (
    CLINIC,
    PICTURE,
    article,
    contents,
    everything,
    header,
    job,
    para,
    picture_file,
    plain,
    single,
    words_in,
    write,
)
from tests.pdf_reading import tree, unmarked
from tests.pictures.test_drawing_text_size import drawing

PUBLISHER = replace(CLINIC, logo="")
POINTS_PER_MM = 72 / 25.4
LONG = "Det er godt at bevæge sig hver dag, også når det gør lidt ondt, for kroppen bliver stærkere af at blive brugt. "


def made(edition: Edition | Article, **options: Any) -> Written:
    edition = single(edition) if isinstance(edition, Article) else edition
    return handout.write(edition, job(handout, edition, options=handout.Options(**options), publisher=PUBLISHER))


def pdf(edition: Edition | Article, **options: Any) -> bytes:
    written = made(edition, **options)
    assert written.artifacts, [finding.message for finding in written.findings]
    return written.artifacts[0].data


def bound(*articles: Article, **changes: Any) -> Edition:
    front = article(
        id="editions/ryg",
        source="sources/editions/ryg.md",
        title="Om ryggen",
        contents=contents((each.id for each in articles), changes.pop("parts", ())),
        **changes,
    )
    return Edition(front, articles)


def long_article(**changes: Any) -> Article:
    sections = [block for number in range(9) for block in (header(f"Afsnit {number}"), para(LONG * 4), para(LONG * 2))]
    return article(blocks=tuple(sections), **changes)


def undated(**changes: Any) -> Article:
    """Return an article without facts below its title."""
    return article(**{"published": None, "updated": None, **changes})


def lines(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    return [line for sheet in document for line in sheet.get_textpage().get_text_bounded().splitlines()]


def letters(value: str) -> str:
    return "".join(value.split())


# ---- conformance

NOTE = Note((para("En note."),), 3)
FIGURE = Figure(Image(PICTURE, "En ryg", 4))
CELLS = ((Cell((plain("a"),)), Cell((plain("b"),))), (Cell((plain("c"),)), Cell(())))
HEAD = (Cell((plain("Vane"),)), Cell((plain("Antal"),), "right"))
LINK = Link(words_in("en side"), "https://sundhed.example/")
ITEM = (plain("punkt"),)
CASES: dict[str, tuple[Block, ...]] = {
    "a paragraph": (para("Tekst."),),
    "a hard line break": (Para((Str("en"), LineBreak(), Str("to"))),),
    "emphasis in strong words": (Para((Strong((Emph(words_in("meget vigtigt")),)),)),),
    "small signs": (
        Para((Str("H"), Subscript((Str("2"),)), Str("O"), Superscript((Str("x"),)), Strikeout((Str("nej"),)))),
    ),
    "code": (Para((Code("kode"),)), CodeBlock("linje 1\n  linje 2")),
    "foreign words": (Para((Span(words_in("low back pain"), language="en"),)),),
    "an abbreviation": (Para((Span(words_in("LIX"), title="Læsbarhedsindeks"),)),),
    "a foreign block": (Div((header("Title"), para("Words.")), language="en"),),
    "a link": (Para((LINK,)),),
    "a bold link": (Para((Link((Strong(words_in("et fedt")), Space(), Str("link")), "https://x.example/"),)),),
    "a link with code": (Para((Link((Code("kode"),), "https://x.example/"),)),),
    "a link with a picture": (Para((Link((Image(PICTURE, "En ryg"),), "https://x.example/"),)),),
    "a link over two lines": (Para((*words_in(LONG * 2), Link(words_in(LONG * 2), "https://x.example/"))),),
    "a link to a heading": (header("Hjælp"), Para((Link(words_in("se ovenfor"), "#hjælp"),))),
    "headings": (header("To"), header("Tre", 3), header("Fire", 4), para("Tekst.")),
    "a heading in a list item": (BulletList(((Header(2, words_in("Titel"), "titel"), para("Tekst.")),)),),
    "a loose list": (OrderedList(((para("Et."), para("Mere.")), (para("To."),))),),
    "a list in a list in a list": (BulletList(((plain("a"), OrderedList(((plain("b"), BulletList((ITEM,))),), 4)),)),),
    "a list that goes on after a nested one": (BulletList(((para("a"), BulletList((ITEM,)), para("b")),)),),
    "a table in a list item": (BulletList(((plain("a"), Table(HEAD, CELLS)),)),),
    "a picture in a list item": (BulletList(((para("a"), FIGURE),)),),
    "definitions": (DefinitionList(((words_in("Lænd"), (ITEM, ITEM)), (words_in("Nakke"), (ITEM,)))),),
    "a table": (Table(HEAD, CELLS),),
    "a table without head": (Table((), CELLS),),
    "a table with a caption": (Table(HEAD, CELLS, words_in("Vaner")),),
    "a wide table": (Table(HEAD * 2, tuple(row * 2 for row in CELLS)),),
    "a table over two pages": (Table(HEAD, CELLS * 40),),
    "a list and a picture in a cell": (Table(HEAD, ((Cell((BulletList((ITEM, ITEM)),)), Cell((FIGURE,))),)),),
    "a footnote": (Para((Str("Tal"), NOTE)),),
    "a footnote in a table": (Table(HEAD, ((Cell((Para((Str("8"), NOTE)),)), Cell(())),)),),
    "a footnote in a footnote": (Para((Str("Tal"), Note((Para((Str("se"), NOTE)),)))),),
    "a picture": (FIGURE,),
    "a picture with a caption": (Figure(FIGURE.image, words_in("Sådan.")),),
    "a picture that only decorates": (para("Tekst."), Figure(Image(PICTURE, ""))),
    "a picture in the text": (Para((Str("se"), Space(), Image(PICTURE, "En ryg"))),),
    "a picture after a paragraph": (para(LONG), FIGURE),
    "a quotation": (BlockQuote((para("Et."), BulletList((ITEM,)))),),
    "a rule": (para("Et."), HorizontalRule(), para("To.")),
    "a box": (Callout("see-doctor", (para("hvis"), BulletList((ITEM,)))),),
    "a box in a box": (Callout("tip", (Callout("warning", (para("Pas på."),)),), words_in("Et råd")),),
    "references": (References(words_in("Kilder"), (OrderedList((ITEM,)),), "kilder"),),
}


@pytest.mark.parametrize("blocks", CASES.values(), ids=CASES.keys())
def test_every_construct_keeps_both_standards(blocks: tuple[Block, ...]) -> None:
    data = pdf(article(blocks=blocks))

    failures = [
        failure.message
        for profile in ("ua1", "2a")
        for failure in validator.validate_pdf_bytes(data, profile=profile).failures
        if failure.rule_id != "PDFA2A-STREAM-LENGTH-001"  # judged in tests/validation/test_pdf.py
    ]
    assert failures == []


def test_all_constructs_together_keep_both_standards() -> None:
    written = made(everything())

    assert written.findings == ()
    assert [artifact.name for artifact in written.artifacts] == ["blog/ondt-i-ryggen.pdf", "blog/ondt-i-ryggen.png"]


def test_lines_to_write_on_that_need_more_room_than_there_is_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "words/da.toml", f'handout_questions = "{"Her er der plads til alt " * 60}"\n')
    edition, styles = single(article(blocks=(para("Kort."),))), Styles((tmp_path, packaged_styles()))
    given = job(handout, edition, publisher=PUBLISHER)

    usual = handout.write(edition, given)
    crowded = handout.write(edition, replace(given, styles=styles, words=load_words(styles, "da")))

    assert "Spørgsmål til min behandler" in lines(usual.artifacts[0].data)
    assert "plads til alt" not in " ".join(lines(crowded.artifacts[0].data))
    assert crowded.artifacts[0].pages == usual.artifacts[0].pages == 1


def test_a_file_that_breaks_a_rule_is_not_handed_over(tmp_path: Path) -> None:
    """A style that skips from h1 to h4 is found by the validator, and named."""
    template = (packaged_styles() / "handout/lines.html.j2").read_text("utf-8").replace("h2>", "h4>")
    write(tmp_path / "handout/lines.html.j2", template)
    edition = single(article(blocks=(para("Kort."),)))
    given = job(handout, edition, publisher=PUBLISHER)

    written = handout.write(edition, replace(given, styles=Styles((tmp_path, packaged_styles()))))

    assert written.artifacts == ()
    assert [finding.code for finding in written.findings] == ["pdf-nonconforming"]
    assert "H4" in written.findings[0].message


def skipping(tmp_path: Path) -> tuple[Edition, Job]:
    """Return an article, and a writer's job whose style prints the second of its headings as one of the fourth rank."""
    template = (packaged_styles() / "handout/handout.html.j2").read_text("utf-8")
    write(
        tmp_path / "handout/handout.html.j2",
        template.replace("{{ chapter.body }}", "{{ chapter.body.replace('h2', 'h4') }}"),
    )
    edition = single(article(blocks=(para("Kort.", 8), header("Hold dig i gang", 2, 10), para("Slut.", 12))))
    given = job(handout, edition, publisher=PUBLISHER)
    return edition, replace(given, styles=Styles((tmp_path, packaged_styles())))


def test_a_broken_rule_is_named_with_the_line_of_the_source(tmp_path: Path) -> None:
    written = handout.write(*skipping(tmp_path))

    assert [(finding.code, finding.line) for finding in written.findings] == [("pdf-nonconforming", 10)]
    assert written.findings[0].source == "sources/blog/ondt-i-ryggen.md"


def test_what_breaks_a_rule_is_handed_over_where_that_is_asked_for_and_claims_nothing(tmp_path: Path) -> None:
    edition, given = skipping(tmp_path)

    written = handout.write(edition, replace(given, options=replace(given.options, allow_nonconforming=True)))

    assert [(finding.code, finding.severity) for finding in written.findings] == [("pdf-allowed", "warning")]
    with pikepdf.open(io.BytesIO(written.artifacts[0].data)) as document:
        metadata = document.Root.Metadata.read_bytes()
    assert b"pdfuaid" not in metadata
    assert b"pdfaid" not in metadata


def test_the_second_standard_is_kept_by_every_construct() -> None:
    """That it is kept is for veraPDF to say, in the session `conformance`; here is what sets it apart."""
    edition = single(everything())
    options = handout.Options(standard="ua-2", variants=("standard", "short"))

    written = handout.write(edition, job(handout, edition, options=options))

    assert written.findings == ()
    with pikepdf.open(io.BytesIO(written.artifacts[0].data)) as document:
        assert document.pdf_version == "2.0"
    assert letters(tree(written.artifacts[0].data).find("Art")[0].text) == letters(
        tree(made(everything()).artifacts[0].data).find("Art")[0].text
    )


# ---- what is read


def test_the_words_are_read_once_and_in_order() -> None:
    """Through the structure tree: calling everything an artifact would please a validator too."""
    blocks: tuple[Block, ...] = (
        para(LONG * 12),
        header("En overskrift"),
        BulletList(tuple((plain(f"punkt {number}"),) for number in range(30))),
        Table(HEAD, CELLS * 20),
        BlockQuote((para(LONG),)),
        para(LONG * 20),
    )

    body = tree(pdf(undated(blocks=blocks, title="Titlen"), notes=False)).find("Art")[0]

    assert letters(body.text) == letters("Titlen" + text(blocks))


def test_other_readers_extract_the_words_in_order_too() -> None:
    """PDFium and many others know no structure tree: they take words as they are drawn."""
    sheet = article(
        title="Titlen", lead="Indledningen.", key_points=("Det ene.",), blocks=(header("Midten"), para("Slut."))
    )

    words = " ".join(lines(pdf(sheet)))

    order = [
        "Patientinformation",
        "Titlen",
        "Udgivet",
        "Indledningen",
        "Det ene",
        "Midten",
        "Slut",
        "Eksempelvej",
        "Spørgsmål til min",
    ]
    assert [words.index(word) for word in order] == sorted(words.index(word) for word in order)


def test_only_footers_and_repeated_table_heads_are_not_read() -> None:
    data = pdf(long_article(), notes=False)

    pages = len(pypdfium2.PdfDocument(data))
    footers = [f"Side {number} af {pages} Klinik Eksempel · Ondt i ryggen" for number in range(1, pages + 1)]
    assert letters(unmarked(data)) == letters("".join(footers))


def test_the_file_says_what_it_is() -> None:
    with pikepdf.open(io.BytesIO(pdf(everything()))) as file:
        assert file.docinfo["/Title"] == "Ondt i ryggen"
        assert file.docinfo["/Author"] == "Bo Eksempel"
        assert file.docinfo["/CreationDate"] == "D:20260302"
        assert file.docinfo["/ModDate"] == "D:20260601"
        assert file.Root.Lang == "da"
        assert file.Root.ViewerPreferences.DisplayDocTitle
        with file.open_outline() as outline:
            assert outline.root[0].title == "Ondt i ryggen"
            assert [entry.title for entry in outline.root[0].children][:2] == ["Hvad kan du selv gøre?", "Søg hjælp"]


def test_pages_are_known_by_id() -> None:
    facts = made(long_article()).facts

    assert facts.pages > 2
    assert facts.page_of["_title"] == 1
    assert facts.page_of["afsnit-0"] == 1
    sections = [facts.page_of[f"afsnit-{number}"] for number in range(9)]
    assert sections == sorted(sections)
    assert sections[-1] > 1


# ---- what is seen


def test_a_telephone_reads_the_code_from_a_grey_print() -> None:
    document = pypdfium2.PdfDocument(pdf(article()))
    grey = document[len(document) - 1].render(scale=150 / 72, grayscale=True).to_numpy()

    address, _, _ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(grey))

    assert address == "https://klinik.example/blog/ondt-i-ryggen"


def test_an_article_without_address_has_no_code_and_says_so() -> None:
    written = made(article(address=""))

    assert [finding.code for finding in written.findings] == ["handout-no-address"]
    assert "QR" not in tree(written.artifacts[0].data).outline
    assert tree(written.artifacts[0].data).find("Figure") == []


@pytest.mark.parametrize("size", [12.0, 14.0])
def test_no_letter_is_smaller_than_asked_for(size: float) -> None:
    """Small signs beside a letter and the numbers of notes excepted; foot and dates are a point smaller."""
    blocks = tuple(block for block in everything().blocks if not isinstance(block, Para | Table | References))

    document = pypdfium2.PdfDocument(pdf(replace(everything(), blocks=blocks), font_size_pt=size))

    things = [thing for sheet in document for thing in sheet.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT,))]
    sizes = sorted(round(font_size(thing), 1) for thing in things)
    assert sizes[0] >= max(11.0, size - 1)
    assert sizes[len(sizes) // 2] >= size


def font_size(thing: Any) -> float:
    import ctypes

    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(thing.raw, size)
    matrix = thing.get_matrix()
    return float(size.value * abs(matrix.d))


def test_lines_hold_sixty_to_seventy_five_letters() -> None:
    found = [
        line for line in lines(pdf(article(blocks=(para(LONG * 12),)))) if line.strip() and line.strip() in LONG * 12
    ]

    full = sorted(len(line.strip()) for line in found)[len(found) // 2 :]
    assert 60 <= sum(full) / len(full) <= 75
    assert max(full) <= 78


def test_words_are_not_split_unless_asked_for() -> None:
    compounds = article(blocks=(para("to bækkenbundstræningsprogrammer " * 40),))
    split = "\x02"  # what PDFium reads for a hyphen at the end of a line

    assert not any(split in line for line in lines(pdf(compounds)))
    assert any(split in line for line in lines(pdf(compounds, hyphenate=True)))


@pytest.mark.parametrize("filler", [15, 16, 18, 19, 20, 23, 26, 31, 36, 41])
def test_a_heading_never_ends_a_page(filler: int) -> None:
    """From the length at which all stands on one page, over the one at which the heading has to go, and beyond."""
    article_ = article(blocks=(para(LONG * filler), header("Overskriften"), para(LONG * 3)))

    document = pypdfium2.PdfDocument(pdf(article_, notes=False, qr_code=False))

    pages = [sheet.get_textpage().get_text_bounded() for sheet in document]
    page = ["Overskriften" in words for words in pages].index(True)
    assert len(pages[page][pages[page].index("Overskriften") :].split("Side")[0]) > 100


@pytest.mark.parametrize(("variant", "columns"), [("a5", 3), ("large-print", 3), ("standard", 5)])
def test_the_words_of_a_table_stay_whole_where_the_paper_is_wide_enough_for_them(variant: Any, columns: int) -> None:
    words = ("koffein", "hvilestilling", "behandling", "smertefri", "aftenen")
    row = tuple(Cell((plain(f"{word} og noget mere"),)) for word in words[:columns])

    data = pdf(article(blocks=(Table(row, (row, row)),)), variants=(variant,))

    assert not any("\x02" in line for line in lines(data))


def test_the_words_of_a_table_are_split_rather_than_lost_beyond_the_paper() -> None:
    row = tuple(Cell((plain("Bækkenbundstræningsprogrammer"),)) for _ in range(5))

    data = pdf(article(blocks=(Table(row, (row,)),)))

    assert letters("Bækkenbundstræningsprogrammer" * 5) in letters(tree(data).text).replace("-", "")


BOXES = (
    (lambda block: Callout("note", (block,)), 175 - 11),
    (lambda block: BulletList(((para("Et punkt"), block),)), 151 - 6),
    (lambda block: BlockQuote((block,)), 151 - 5.8),
    (lambda block: Div((block,), language="en"), 175),
)


@pytest.mark.parametrize(("put", "room_mm"), BOXES, ids=["a box", "a list", "a quotation", "a foreign block"])
def test_wide_tables_and_drawings_stay_within_what_they_stand_in(put: Callable[[Block], Block], room_mm: float) -> None:
    row = tuple(Cell((plain(f"fysioterapeut {name}"),)) for name in "abcd")
    table, (written, _) = put(Table(row, (row,))), with_lettering(35, put, qr_code=False, notes=False)
    page = pypdfium2.PdfDocument(pdf(article(blocks=(table,)), qr_code=False))[0].get_textpage()
    index, _ = page.search("fysioterapeut d").get_next() or (0, 0)

    assert widest_picture_mm(written.artifacts[0].data) == pytest.approx(min(room_mm, 151), abs=1)
    assert page.get_charbox(index + 14)[2] <= (20 + min(room_mm + 11, 175)) * POINTS_PER_MM


@pytest.mark.parametrize("variant", ["standard", "large-print", "a5"])
def test_short_cells_stay_on_one_line_beside_long_ones(variant: str) -> None:
    rows = tuple(
        (Cell((plain(f"Dag {day}"),)), Cell((plain(LONG * 2),)), Cell((plain("2 gange"),))) for day in range(12)
    )

    found = lines(pdf(article(blocks=(Table((*HEAD, HEAD[0]), rows),)), variants=(variant,)))

    assert any("Dag 11" in line for line in found)
    assert any("2 gange" in line for line in found)


def test_a_long_table_begins_where_it_stands() -> None:
    row = (Cell((plain("morgen"),)), Cell((plain("ti minutter"),)))

    first = pypdfium2.PdfDocument(pdf(article(blocks=(para(LONG * 4), Table(row, (row,) * 40)))))[0]

    assert first.get_textpage().get_text_bounded().count("morgen") > 15


@pytest.mark.parametrize("variant", ["standard", "large-print", "a5"])
def test_the_longest_word_of_a_title_stays_whole(variant: str) -> None:
    word = "bækkenbundstræningsprogrammer"

    assert any(word in line for line in lines(pdf(article(title=f"Om {word}"), variants=(variant,))))


def test_a_title_too_long_for_the_footer_is_cut_short_there() -> None:
    page = pypdfium2.PdfDocument(pdf(article(title="Sådan forbereder du dig til en operation " * 8)))[0].get_textpage()

    foot = page.get_text_bounded(bottom=0, top=24 * POINTS_PER_MM)
    assert "…" in foot
    assert min(page.get_charbox(index)[1] for index in range(page.count_chars())) > 6 * POINTS_PER_MM


@pytest.mark.parametrize("filler", [15, 16, 18, 22, 27, 33, 40])
def test_when_to_see_a_doctor_is_never_split(filler: int) -> None:
    box = Callout("see-doctor", (BulletList(tuple((plain(f"tegn {number}"),) for number in range(8))),))

    document = pypdfium2.PdfDocument(pdf(article(blocks=(para(LONG * filler), box)), notes=False))

    pages = [sheet.get_textpage().get_text_bounded() for sheet in document]
    (page,) = {[words in shown for shown in pages].index(True) for words in ("tegn 0", "tegn 7")}
    assert "Søg læge" in pages[page]


def test_the_standard_box_stands_before_references_and_notes() -> None:
    blocks = (
        Para((*words_in("Hvil dig."), Note((para("Se kilden."),), 2)), 2),
        References(words_in("Kilder"), (para("Hansen 2020."),), "referencer", 4),
    )
    publisher = replace(CLINIC, see_doctor=("smerten vækker dig",))
    edition = with_standard_advice(
        single(article(blocks=blocks)), publisher, lambda _: load_words(Styles((packaged_styles(),)), "da")
    )

    shown = tree(handout.write(edition, job(handout, edition)).artifacts[0].data).text

    places = [shown.index(each) for each in ("Hvil dig", "Søg læge, hvis", "smerten vækker dig", "Kilder", "Se kilden")]
    assert places == sorted(places)


def test_lines_in_another_language_than_the_article_are_not_printed_and_that_is_said() -> None:
    edition = single(article(language="en"))
    publisher = replace(CLINIC, see_doctor=("smerten vækker dig",))

    written = handout.write(edition, replace(job(handout, edition), publisher=publisher))

    assert "handout-no-advice" in [finding.code for finding in written.findings]


@pytest.mark.parametrize(("paper", "width_mm", "height_mm"), [("A4", 210, 297), ("letter", 215.9, 279.4)])
def test_the_paper_is_the_one_asked_for(paper: str, width_mm: float, height_mm: float) -> None:
    width, height = pypdfium2.PdfDocument(pdf(article(), paper=paper))[0].get_size()

    assert (width, height) == pytest.approx((width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM), abs=0.1)


def test_dates_are_written_as_the_language_writes_them() -> None:
    words = tree(pdf(article(reviewed=date(2026, 6, 1), reviewed_by="Anna Prøve", review_after=date(2028, 6, 1)))).text

    assert "Udgivet 2. marts 2026" in words
    assert "Opdateret 14. maj 2026" in words
    assert "Senest gennemgået 1. juni 2026 af Anna Prøve" in words
    assert "Næste gennemgang 1. juni 2028" in words


def test_an_english_article_has_english_words() -> None:
    words = tree(pdf(article(language="en", blocks=(para("Keep moving."),)))).text

    assert "Patient information" in words
    assert "Published" in words
    assert "Questions for my clinician" in words


def test_words_that_are_added_to_a_text_in_another_language_say_which_is_theirs() -> None:
    foreign = Div((Callout("warning", (para("Stop if it hurts."),)),), language="en")
    with pikepdf.open(io.BytesIO(pdf(article(blocks=(foreign,))))) as file:
        spoken = [(str(thing.S), str(thing.Lang)) for thing in file.objects if _is_spoken(thing)]

    assert spoken == [("/P", "da")]  # the label of the warning


def test_words_that_are_added_to_an_article_of_an_edition_are_in_its_language() -> None:
    english = article(
        id="en", language="en", blocks=(Callout("tip", (para("Rest."),)), Para((NOTE,))), key_points=("Walk.",)
    )
    data = pdf(bound(english))
    with pikepdf.open(io.BytesIO(data)) as file:
        spoken = [thing for thing in file.objects if _is_spoken(thing)]

    assert not spoken
    assert "The main points Walk. Tip Rest. 1 Notes" in tree(data).text
    assert "Updated May 14, 2026" in tree(data).text


def _is_spoken(thing: Any) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and "/P" in thing and str(thing.get("/Lang", "")) == "da"


def test_lines_to_write_on_fill_what_is_left_and_never_add_a_page() -> None:
    for filler in range(8, 26, 3):
        article_ = article(blocks=(para(LONG * filler),))
        assert made(article_).facts.pages == made(article_, notes=False).facts.pages

    assert "Spørgsmål til min behandler" in tree(pdf(article())).text


# ---- pictures


def as_drawing(given: Job) -> Job:
    """Return the job with all pictures as PNG, which is how drawings arrive."""
    drawn = {}
    for need, rendition in given.pictures.items():
        png = io.BytesIO()
        Pillow.open(io.BytesIO(rendition.data)).save(png, "PNG")
        drawn[need] = Rendition(png.getvalue(), "image/png", rendition.width_px, rendition.height_px)
    return replace(given, pictures=drawn)


def widths_mm(data: bytes) -> list[float]:
    document = pypdfium2.PdfDocument(data)
    return [
        round((right - left) / POINTS_PER_MM)
        for sheet in document
        for thing in sheet.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,))
        for left, _, right, _ in [thing.get_bounds()]
    ]


def test_photographs_stand_small_beside_the_text_and_drawings_in_the_column() -> None:
    edition = single(article(blocks=(para(LONG * 3), FIGURE)))
    given = job(handout, edition, options=handout.Options(qr_code=False), publisher=PUBLISHER)

    photo = handout.write(edition, given).artifacts[0].data
    drawing = handout.write(edition, as_drawing(given)).artifacts[0].data

    assert widths_mm(photo) == [44]
    assert widths_mm(drawing) == [100]  # it has no words


def test_a_photograph_stands_beside_the_paragraph_that_it_follows() -> None:
    data = pdf(article(blocks=(para(LONG * 3), FIGURE, header("Den næste overskrift"), para(LONG))), notes=False)

    sheet = pypdfium2.PdfDocument(data)[0]
    bottom = min(thing.get_bounds()[1] for thing in list(sheet.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)))[:1])
    words = sheet.get_textpage()
    index, _ = words.search("Den næste overskrift").get_next() or (0, 0)
    assert words.get_charbox(index)[3] < bottom


@pytest.mark.parametrize(
    "blocks",
    [
        (header("Sådan"), FIGURE, BulletList(tuple((plain(f"punkt {number} {LONG}"),) for number in range(40)))),
        (para(LONG * 60), FIGURE, para("Slut.")),
    ],
    ids=["a list", "a paragraph"],
)
def test_text_longer_than_a_page_loses_nothing_beside_a_photograph(blocks: tuple[Block, ...]) -> None:
    words = tree(pdf(undated(title="Titlen", blocks=blocks), notes=False)).find("Art")[0].text

    assert letters(words) == letters("Titlen" + text(blocks))


def test_a_photograph_before_a_long_list_is_not_carried_to_its_end() -> None:
    points = BulletList(tuple((plain(LONG),) for _ in range(40)))
    sheet = pypdfium2.PdfDocument(pdf(article(blocks=(header("Øvelser"), FIGURE, points))))

    assert len(list(sheet[0].get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)))) == 1


def test_small_pictures_are_not_blown_up() -> None:
    small = replace(PICTURE, width_px=110, height_px=80)
    edition = single(article(blocks=(Figure(Image(small, "Et ikon")),)))

    data = handout.write(
        edition, as_drawing(job(handout, edition, options=handout.Options(qr_code=False), publisher=PUBLISHER))
    )

    assert widths_mm(data.artifacts[0].data) == [25]


def test_a_tall_picture_leaves_room_for_its_heading() -> None:
    tall = replace(PICTURE, width_px=800, height_px=2400)
    edition = single(article(blocks=(header("Sådan"), Figure(Image(tall, "Tårn")))))

    data = handout.write(edition, as_drawing(job(handout, edition, publisher=PUBLISHER))).artifacts[0].data

    sheet = pypdfium2.PdfDocument(data)[0]
    _, bottom, _, top = next(iter(sheet.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,)))).get_bounds()
    assert top - bottom <= 150.1 * POINTS_PER_MM


def test_a_broken_picture_leaves_the_rest_standing() -> None:
    edition = single(article(blocks=(para("Før."), FIGURE, para("Efter."))))
    given = replace(job(handout, edition, publisher=PUBLISHER), pictures={})

    words = tree(handout.write(edition, given).artifacts[0].data).text

    assert "Før. Efter." in words


def test_a_logo_from_the_style_folder_stands_for_the_name(tmp_path: Path) -> None:
    write(
        tmp_path / "brand/mark.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>',
    )
    edition = single(article(address=""))
    given = job(handout, edition, publisher=replace(CLINIC, logo="styles/brand/mark.svg"))

    written = handout.write(edition, replace(given, styles=Styles((tmp_path, packaged_styles()))))

    figures = tree(written.artifacts[0].data).find("Figure")
    assert [figure.properties["/Alt"] for figure in figures] == ["Klinik Eksempel"]


def test_half_a_logo_is_told_whatever_was_printed_before(tmp_path: Path) -> None:
    """WeasyPrint lets Pillow take half a picture for a whole one, until anything else decodes a picture."""
    write(tmp_path / "brand/mark.png", picture_file(300, 200)[:400])
    edition = single()
    given = job(handout, edition, publisher=replace(CLINIC, logo="styles/brand/mark.png"))
    ImageFile.LOAD_TRUNCATED_IMAGES = True

    written = handout.write(edition, replace(given, styles=Styles((tmp_path, packaged_styles()))))

    assert [finding.code for finding in written.findings] == ["handout-logo-missing"]
    assert tree(written.artifacts[0].data).text.startswith("Klinik Eksempel Patientinformation")


def test_a_logo_names_its_lost_parts_and_shows_a_picture_within(tmp_path: Path) -> None:
    data = io.BytesIO()
    Pillow.new("RGB", (8, 8), "red").save(data, "PNG")
    picture = base64.b64encode(data.getvalue()).decode()
    write(
        tmp_path / "styles/brand/mark.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20">'
        f'<image width="80" height="20" preserveAspectRatio="none" href="data:image/png;base64,{picture}"/>'
        "<foreignObject><p>Klinik</p></foreignObject></svg>",
    )
    edition = single(article())
    given = job(handout, edition, publisher=replace(CLINIC, logo="styles/brand/mark.svg"))
    given = replace(given, styles=Styles((tmp_path / "styles", packaged_styles())))

    written = handout.write(edition, given)

    (finding,) = written.findings
    assert (finding.code, "'Klinik'" in finding.message) == ("handout-logo-missing", True)
    with pypdfium2.PdfDocument(written.artifacts[0].data) as document:
        head = document[0].render().to_pil().convert("RGB").crop((56, 40, 130, 80))
    assert (255, 0, 0) in {colour for _, colour in head.getcolors(9999) or ()}


@pytest.mark.parametrize("logo", ["styles/brand/gone.svg", "styles/words/da.toml", "logo.svg", "styles/../../logo.svg"])
def test_a_logo_that_cannot_be_shown_is_told_and_the_name_stands_in_words(logo: str) -> None:
    edition = single()

    written = handout.write(edition, job(handout, edition, publisher=replace(CLINIC, logo=logo)))

    assert [finding.code for finding in written.findings] == ["handout-logo-missing"]
    assert tree(written.artifacts[0].data).text.startswith("Klinik Eksempel Patientinformation")


# ---- several articles


@pytest.mark.parametrize("has_page_breaks", [False, True])
def test_a_bound_edition_has_a_cover_and_its_articles_run_on_unless_it_asks_for_pages(
    has_page_breaks: bool,
) -> None:  # a case
    edition = bound(
        article(id="blog/et", title="Første", authors=("Ida Prøve",)),
        long_article(id="blog/to", title="Anden"),
        blocks=(para("Velkommen."),),
        has_page_breaks=has_page_breaks,
    )

    written = made(edition)

    pages = written.facts.page_of
    words = tree(written.artifacts[0].data)
    second = 3 if has_page_breaks else 2
    assert (pages["editions-ryg-_title"], pages["blog-et-_title"], pages["blog-to-_title"]) == (1, 2, second)
    assert pages["blog-to-afsnit-0"] == second
    assert re.search(r"Indhold Første[ .]*2 Ida Prøve Anden", words.text)
    assert "Velkommen." in words.text
    assert [heading.text for heading in words.find("H1")] == ["Om ryggen", "Første", "Anden", "Referencer og datoer"]
    assert written.findings == ()


def test_the_references_and_dates_of_a_bound_edition_stand_at_its_end_by_chapter() -> None:
    sources = References(words_in("Referencer"), (OrderedList(((plain("Prøve 2020"),),)),), "referencer", 9)
    one = article(id="blog/et", title="Første", blocks=(para("Tekst."), sources))
    other = article(
        id="blog/to", title="Anden", blocks=(para("Mere tekst."), replace(sources, title=words_in("Bøger")))
    )

    written = made(bound(one, other), qr_code=False, notes=False)

    end = tree(written.artifacts[0].data).text.partition("Referencer og datoer")[2]
    assert (
        end.index("Første") < end.index("Prøve 2020") < end.index("Udgivet") < end.index("Anden") < end.index("Bøger")
    )
    assert end.count("Prøve 2020") == 2
    assert written.facts.page_of["blog-to-referencer"] == written.facts.pages


def test_the_foot_of_a_bound_edition_names_the_chapter_that_a_page_begins_with() -> None:
    written = made(bound(long_article(id="blog/et", title="Første"), long_article(id="blog/to", title="Anden")))

    pages = pypdfium2.PdfDocument(written.artifacts[0].data)
    feet = [page.get_textpage().get_text_bounded(top=14 * POINTS_PER_MM).split("\r\n")[0] for page in pages]
    begun = written.facts.page_of["blog-to-_title"]
    assert feet[1].startswith("Om ryggen · Første")
    assert feet[begun].startswith("Om ryggen · Anden")


def test_a_part_stands_above_its_first_article_and_orders_the_contents() -> None:
    articles = [
        article(id=f"blog/{name}", title=title) for name, title in (("et", "Gå"), ("to", "Løb"), ("tre", "Sov"))
    ]
    parts = (EditionPart("Bevægelse", ("blog/et", "blog/to")),)

    written = made(bound(*articles, blocks=(para("Velkommen."),), parts=parts))

    pages = written.facts.page_of
    words = tree(written.artifacts[0].data)
    assert [pages[id_] for id_ in ("_part-1", "blog-et-_title", "blog-to-_title", "blog-tre-_title")] == [2, 2, 2, 2]
    titles = ["Om ryggen", "Bevægelse", "Gå", "Løb", "Sov", "Referencer og datoer"]
    assert [heading.text for heading in words.find("H1")] == titles
    assert "Indhold Bevægelse Gå" in words.text
    assert written.findings == ()


def test_facts_alone_are_those_of_the_printed_edition() -> None:
    edition = bound(article(id="blog/et"), long_article(id="blog/to"), blocks=(para("Velkommen."),))

    learnt = handout.facts(edition, job(handout, edition, publisher=PUBLISHER))

    assert learnt == made(edition).facts


def test_equal_headings_of_two_articles_do_not_meet() -> None:
    written = made(bound(article(id="blog/et"), article(id="blog/to")))

    assert written.findings == ()
    assert {"blog-et-hold-dig-i-gang", "blog-to-hold-dig-i-gang"} <= set(written.facts.page_of)


# ---- what is refused


def test_a_letter_that_the_font_lacks_is_refused_and_named_with_its_line() -> None:
    article_ = article(blocks=(para("Godt.", 7), BulletList(((Para(words_in("gået ご"), 9),),), 8)))

    with pytest.raises(MissingCharacterError, match=r"U\+3054") as refused:
        made(article_)

    assert refused.value.line == 9
    assert refused.value.source == article_.source


def test_a_sign_of_mathematics_is_never_left_out() -> None:
    """`⩽ 5 mg` without its sign is another dose."""
    with pytest.raises(MissingCharacterError, match=r"U\+2A7D"):
        made(article(blocks=(para("Tag ⩽ 5 mg"),)))


def test_an_emoji_is_left_out_and_named_with_its_line() -> None:
    written = made(article(blocks=(Para(words_in("Godt gået 🎉!"), 9),)))

    assert "Godt gået!" in tree(written.artifacts[0].data).text
    (finding,) = written.findings
    assert (finding.code, finding.severity, finding.line) == ("handout-sign", "warning", 9)
    assert "U+1F389" in finding.message


def test_emoji_made_of_several_characters_go_as_a_whole() -> None:
    family = "👩\u200d⚕\ufe0f 1\ufe0f\u20e3 👍🏽"

    assert "Se 1 Slut" in tree(pdf(article(blocks=(para(f"Se {family} Slut"),)))).text.replace("\u200d", "")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("✅ Gå en tur", "✔ Gå en tur"),
        ("☒ gjort", "☑ gjort"),
        ("⚠️ Stop", "! Stop"),
        ("A ➡ B", "A → B"),
        ("37 ℃", "37 °C"),
        ("5 ㎎", "5 mg"),
    ],
)
def test_a_sign_that_the_font_has_stands_for_one_that_it_lacks(typed: str, printed: str) -> None:
    written = made(article(blocks=(para(typed),)))

    assert printed in tree(written.artifacts[0].data).text
    assert [finding.code for finding in written.findings] == ["handout-sign"]


def test_a_sign_that_asks_for_colour_is_printed_in_black() -> None:
    assert "✔ Godt" in tree(pdf(article(blocks=(para("✔\ufe0f Godt"),)))).text


def test_a_soft_hyphen_needs_no_glyph() -> None:
    assert made(article(blocks=(para("bækken\u00adbund"),))).artifacts


def test_type_too_small_to_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected 12 to 24"):
        handout.Options(font_size_pt=9)


# ---- bytes

SCRIPT = """
import hashlib, dataclasses
from pipeline.writers import handout
from tests.makers import CLINIC, everything, job, single
edition = single(everything())
publisher = dataclasses.replace(CLINIC, logo="")
print(hashlib.sha256(handout.write(edition, job(handout, edition, publisher=publisher)).artifacts[0].data).hexdigest())
"""


def test_another_process_elsewhere_writes_the_same_bytes(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Pacific/Chatham", "PYTHONPATH": root}

    other = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )

    assert other.stdout.strip() == hashlib.sha256(pdf(everything())).hexdigest()
    assert other.stderr == ""


def test_what_was_printed_before_changes_nothing() -> None:
    alone = pdf(everything())

    pdf(long_article())

    assert pdf(everything()) == alone


# ---- lettering in drawings


def with_lettering(
    size_px: int,
    put: Callable[[Figure], Block] = lambda block: block,
    ink: str = "#000",
    paper: str = "#fff",
    **options: Any,
) -> tuple[Written, Picture]:
    """Return a handout with a drawing 1600 pixels wide whose lettering has a size, put into what `put` makes."""
    picture = replace(PICTURE, path="sources/images/raad.png", width_px=1600, height_px=1000)
    edition = single(article(blocks=(para(LONG), put(Figure(Image(picture, "Gode råd", 9), (), 9)), para(LONG))))
    chosen = handout.Options(**options)
    file = io.BytesIO()
    drawing(size_px, ink, paper).save(file, "PNG")
    made = {
        wish: small
        for wish in handout.needs(edition, chosen)
        for small in resize_image(file.getvalue(), (TargetSize(wish.width_px, is_for_paper=True),)).values()
    }
    return handout.write(edition, replace(job(handout, edition, options=chosen), pictures=made)), picture


def widest_picture_mm(data: bytes) -> float:
    page = pypdfium2.PdfDocument(data)[0]
    bounds = [thing.get_bounds() for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,))]
    return float(max(right - left for left, _, right, _ in bounds) * 25.4 / 72)


@pytest.mark.parametrize(("size_px", "width_mm"), [(40, 151), (24, 148), (20, 175)])
def test_a_drawing_is_as_wide_as_its_lettering_needs(size_px: int, width_mm: float) -> None:
    """7 pt of 1430 pixels, without the white border: 24 pixels need 148 mm, 20 a little more than the sheet has."""
    written, _ = with_lettering(size_px, qr_code=False)

    assert widest_picture_mm(written.artifacts[0].data) == pytest.approx(width_mm, rel=0.08)


@pytest.mark.parametrize("variant", ["standard", "large-print", "a5"])
def test_a_drawing_that_cannot_be_read_is_left_out_and_its_alternative_is_printed(variant: str) -> None:
    written, picture = with_lettering(12, variants=(variant,), notes=False, qr_code=False)
    document = tree(next(file.data for file in written.artifacts if file.name.endswith(".pdf")))

    (finding,) = (
        each for each in written.findings if each.message.startswith("" if variant == "standard" else variant)
    )
    assert (finding.code, finding.line) == ("handout-drawing-left-out", 9)
    assert picture.path in finding.message
    assert "Tegning: Gode råd" in document.text
    assert not [figure for figure in document.find("Figure") if figure.properties.get("/Alt") == "Gode råd"]


def test_the_words_of_a_drawing_that_cannot_be_read_are_a_list_where_its_alternative_is_one() -> None:
    written, _ = with_lettering(12, lambda figure: replace(figure, image=replace(figure.image, alt="Gå; Sov; Spis")))

    assert [item.text for item in tree(written.artifacts[0].data).find("LBody")][:3] == ["Gå", "Sov", "Spis"]


def test_a_drawing_whose_letters_are_too_pale_is_left_out() -> None:
    written, _ = with_lettering(40, ink="#fff", paper="#e2c91b")

    assert [finding.code for finding in written.findings] == ["handout-drawing-left-out"]
    assert "contrast of about 1." in written.findings[0].message


def test_pale_letters_on_white_are_printed_darker() -> None:
    written, _ = with_lettering(40, ink="#ddc81a")

    assert [finding.code for finding in written.findings] == ["handout-drawing-darkened"]


def test_lettering_that_can_be_read_is_no_matter() -> None:
    assert with_lettering(26)[0].findings == ()
