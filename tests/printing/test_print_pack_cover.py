"""The cover of a print pack."""

from __future__ import annotations

import pypdfium2
import pytest

from pipeline.printing.published_handouts import PackContents, render_print_pack_cover
from pipeline.rendering.paper_sizes import sheet_count
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from tests.makers import CLINIC

STYLES = Styles((packaged_styles(),))


def pages(
    handouts: list[tuple[str, int]], copies: int, language: str = "da", paper_mm: tuple[float, float] = (210, 297)
) -> list[str]:
    pack = PackContents(tuple(handouts), copies, paper_mm)
    made = render_print_pack_cover(pack, CLINIC, load_words(STYLES, language), STYLES)
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made)]


def test_the_cover_says_what_comes_out_and_where_it_begins() -> None:
    (page,) = pages([("Søvn", 3), ("Ryg", 2)], 20)

    lines = page.splitlines()
    assert "Klinik Eksempel" in lines
    assert "Søvn 3 20 40 3" in lines
    assert "Ryg 2 20 20 83" in lines
    assert "Ark i alt, med denne forside 61" in lines


def test_a_long_list_counts_the_pages_of_its_own() -> None:
    handouts = [(f"Patientinformation nummer {number}", 2) for number in range(60)]

    made = pages(handouts, 1)

    assert len(made) == 3
    assert "Patientinformation nummer 0 2 1 1 5" in made[0].splitlines()
    assert "Patientinformation nummer 59 2 1 1 123" in made[-1].splitlines()
    assert made[-1].splitlines()[-1] == "Ark i alt, med denne forside 62"


def test_an_english_clinic_reads_english() -> None:
    (page,) = pages([("Sleep", 1)], 2, "en", (215.9, 279.4))

    assert "Print pack" in page
    assert "flip on the long edge" in page


def test_booklets_turn_over_on_the_short_edge() -> None:
    (page,) = pages([("Søvn", 2)], 1, paper_mm=(297, 210))

    assert "vend på den korte kant" in page
    assert "vend på den lange kant" in pages([("Søvn", 2)], 1)[0]


@pytest.mark.parametrize(("number", "sheets"), [(1, 1), (2, 1), (3, 2), (8, 4)])
def test_two_pages_share_a_sheet(number: int, sheets: int) -> None:
    assert sheet_count(number) == sheets
