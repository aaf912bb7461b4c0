"""Tables on paper, read from the finished file: alignment, decimals, heads of rows, and long word lists two-up."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from pipeline.model import Cell, Table
from pipeline.validation.pdf import validate_pdf
from pipeline.writers import handout
from tests.makers import CLINIC, article, job, plain, single
from tests.oracle import paper
from tests.oracle.project import compare_sheet
from tests.pdf_reading import tree


def cells(*words: str) -> tuple[Cell, ...]:
    return tuple(Cell((plain(word),)) for word in words)


def printed(table: Table, variant: str = "standard") -> bytes:
    edition = single(article(blocks=(table,)))
    options = handout.Options(variants=(variant,), qr_code=False, notes=False)  # type: ignore[arg-type]
    return handout.write(edition, job(handout, edition, options=options, publisher=CLINIC)).artifacts[0].data


def boxes(data: bytes, words: str) -> Iterator[tuple[float, float, float, float]]:
    """Yield left, bottom, right and top of the last letter of these words, wherever they stand, in points."""
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        searcher = text.search(words, match_case=True)
        while (found := searcher.get_next()) is not None:
            yield text.get_charbox(found[0] + found[1] - 1)


def weight(data: bytes, words: str) -> int:
    """Return the weight of the font in which words are set, 400 or 700."""
    page = pypdfium2.PdfDocument(data)[0].get_textpage()
    index, _ = page.search(words, match_case=True).get_next() or (0, 0)
    name = ctypes.create_string_buffer(100)
    pdfium.FPDFText_GetFontInfo(page.raw, index, name, 100, ctypes.c_int())
    return 700 if b"Bold" in name.value else 400


def test_decimal_signs_stand_below_each_other() -> None:
    rows = (cells("Vægt", "72,5"), cells("Højde", "1,825"), cells("Alder", "67"), cells("Puls", "104"))

    data = printed(Table(cells("Mål", "Værdi"), rows))

    ends = [next(boxes(data, words))[2] for words in ("72,", "1,")]
    assert ends[0] == pytest.approx(ends[1], abs=0.3)
    ones = [next(boxes(data, words))[2] for words in ("72", "67", "104")]
    assert ones == pytest.approx([ones[0]] * 3, abs=0.3)


@pytest.mark.parametrize(("names", "expected"), [(("Gang", "Løb"), 700), (("Gang", "Gang"), 400)])
def test_a_first_column_that_names_its_rows_is_bold(names: tuple[str, ...], expected: int) -> None:
    data = printed(Table(cells("Øvelse", "Virkning"), tuple(cells(name, "styrker hjertet") for name in names)))

    assert weight(data, "Gang") == expected
    assert weight(data, "styrker") == 400


WORDS = Table(
    cells("Fagord", "På dansk"), tuple(cells(f"Fagord{number:02}", f"betydning {number:02}") for number in range(30))
)


def test_a_long_word_list_is_two_up_with_its_head_on_both_halves() -> None:
    data = printed(WORDS)

    heads = list(boxes(data, "På dansk"))
    assert len(heads) == 2
    assert heads[0][1] == pytest.approx(heads[1][1], abs=0.5)
    assert len({round(next(boxes(data, f"Fagord{number:02}"))[0]) for number in (0, 29)}) == 2
    assert len(pypdfium2.PdfDocument(data)) == 1


@pytest.mark.parametrize("variant", ["standard", "large-print", "a5", "letter"])
def test_each_word_of_a_list_two_up_stands_below_its_own_head_in_one_table(variant: str) -> None:
    data = printed(WORDS, variant)

    assert [row.text for row in tree(data).find("THead")] == ["Fagord På dansk"]
    (((_, compared)),) = compare_sheet(paper.read_handout(data), [article(blocks=(WORDS,))], variant)
    assert compared.differences == []
    assert compared.counts["cells"] == 62
    assert not validate_pdf(data, frozenset({"Handout-Sans"}))
