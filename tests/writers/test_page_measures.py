"""What the session `pages` counts is what stands on the paper."""

from __future__ import annotations

import io
import re

import pypdfium2
from PIL import Image as Pillow

from pipeline.model import Block, Figure, Image, OrderedList
from pipeline.rendering.pdf_layout import Resource, lay_out
from pipeline.writers import handout
from pipeline.writers.handout.pdf_output import render_pdf
from tests.makers import CLINIC, PICTURE, article, header, job, para, plain, single
from tests.pictures.test_drawing_text_size import drawing
from tests.sessions.pages.measuring import (
    blank_if_even,
    is_lonely,
    last_lines,
    pages_of,
    parted_blocks,
    unreadable_drawings,
)

FONT = "@font-face { font-family: 'Handout Sans'; src: url(font:regular) } html { font: 12pt 'Handout Sans' }"
PAGE = f"{FONT} @page {{ size: A4; margin: 16mm 20mm 24mm; @bottom-left {{ content: 'Side ' counter(page) ' af 2' }} }}"
STEPS, DOSE = re.compile("sådan gør du", re.IGNORECASE), re.compile("dosis", re.IGNORECASE)


def printed(body: str, css: str = "", picture: bytes = b"") -> bytes:
    html = f"<html lang='da'><head><title>Prøve</title></head><body><article>{body}</article></body></html>"
    return render_pdf(lay_out(html, PAGE + css, {"picture:a": Resource(picture, "image/png")}), "ua-1").data


def test_blank_bands_are_measured_at_the_side_and_at_the_foot() -> None:
    data = printed(
        "<p style='width: 85mm; height: 128mm; background: #000; margin: 0'>ord</p><p class='next'>ord</p>",
        ".next { break-before: page }",
    )

    first, _ = pages_of(data)

    assert abs(first.blank_side - 0.51) < 0.03
    assert abs(first.blank_foot - 0.5) < 0.03


def test_a_last_page_of_few_lines_is_lonely_and_its_contact_block_does_not_count() -> None:
    few = "<p>ord</p><p class='next'>et</p><p>to</p><p>Klinik Prøve</p>" + "<p>adresse</p>" * 9
    many = few.replace("<p>to</p>", "<p>to</p>" * 8)

    lines = [
        last_lines(pages_of(printed(body, ".next { break-before: page }")), "Klinik Prøve") for body in (few, many)
    ]

    assert lines == [2, 9]
    assert [is_lonely(each) for each in lines] == [True, False]


def test_the_blank_share_of_the_next_even_number_counts_the_contact_block_and_no_lines_for_notes() -> None:
    used = "<p style='height: 130mm; background: #000; margin: 0'>ord</p>"
    whole, noted = (printed(used + end) for end in ("", "<p style='margin: 0'>Spørgsmål</p><p>____</p>"))

    assert abs(blank_if_even(pages_of(whole), "Spørgsmål") - 0.75) < 0.02
    assert abs(blank_if_even(pages_of(noted), "Spørgsmål") - 0.75) < 0.02
    assert blank_if_even(pages_of(noted), "andet") < 0.74


def test_blocks_that_are_parted_are_told() -> None:
    body = (
        "<h2>Råd</h2><p class='next'>Vi lærer at:</p><ul class='next'><li>gå</li></ul><h2>Sådan gør du</h2>"
        "<ol><li>Løft</li><li class='next'>Sænk</li></ol><p class='next'>Dosis: ti gange</p>"
    )

    told = [each.what.split()[0] for each in parted_blocks(printed(body, ".next { break-before: page }"), STEPS, DOSE)]

    assert told == ["heading", "lead-in", "steps", "dose"]


def test_a_sheet_without_faults_has_none() -> None:
    steps = OrderedList(((plain("Løft."),), (plain("Sænk."),)))
    blocks: tuple[Block, ...] = (
        header("Sådan gør du"),
        steps,
        para("Dosis: ti gange."),
        Figure(Image(PICTURE, "En ryg")),
    )
    edition = single(article(blocks=blocks))

    data = handout.write(edition, job(handout, edition, publisher=CLINIC)).artifacts[0].data

    assert parted_blocks(data, STEPS, DOSE) == []
    assert unreadable_drawings(data) == []
    assert len(pypdfium2.PdfDocument(data)) == 1


def test_small_and_pale_lettering_is_measured_as_it_is_printed() -> None:
    told = [_told(drawing(size, ink, paper)) for size, ink, paper in ((12, "#000", "#fff"), (40, "#fff", "#e2c91b"))]

    assert ["lettering of 3" in told[0][0], "to 1" in told[1][0]] == [True, True]
    assert _told(drawing(40)) == []


def _told(picture: Pillow.Image) -> list[str]:
    file = io.BytesIO()
    picture.save(file, "PNG")
    image = "<img src='picture:a' alt='Råd' style='width: 125mm; image-rendering: crisp-edges'>"
    return unreadable_drawings(printed(image, picture=file.getvalue()))
