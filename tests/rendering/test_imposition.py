"""Imposed pages: the right page at the right place, nothing lost, nothing claimed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
import pypdfium2
import pytest

from pipeline.rendering.imposition import (
    DocumentInfo,
    PackHandout,
    booklet_order,
    impose_booklet,
    impose_cards,
    impose_print_pack,
)
from pipeline.rendering.paper_sizes import PAPER_SIZES_MM, PT_PER_MM, PdfPageInfo, measure_pages, paper_name

LABEL = DocumentInfo("Bækken og ryg", "Til kopimaskinen.", "da")


def pdf(pages: Sequence[str], size_mm: tuple[float, float] = PAPER_SIZES_MM["A5"], origin_pt: float = 0.0) -> bytes:
    """Return a file whose pages bear a word each, at the lower left; `origin_pt` moves their corner off zero."""
    width, height = (side * PT_PER_MM for side in size_mm)
    with pikepdf.new() as made:
        name = pikepdf.Name
        form = pikepdf.Dictionary(Type=name.Font, Subtype=name.Type1, BaseFont=name.Helvetica)
        font = made.make_indirect(form)
        for word in pages:
            stream = f"BT /F 20 Tf {origin_pt + 30} {origin_pt + 30} Td ({word}) Tj ET".encode()
            box = pikepdf.Array([origin_pt, origin_pt, origin_pt + width, origin_pt + height])
            page = pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=box,
                Contents=made.make_stream(stream),
                Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)),
            )
            made.pages.append(pikepdf.Page(page))
        data = io.BytesIO()
        made.save(data)
    return data.getvalue()


def halves(data: bytes) -> list[tuple[str, str]]:
    """Return the words on the left and right half of each side."""
    found = []
    for sheet in pypdfium2.PdfDocument(data):
        width, height = sheet.get_size()
        words = sheet.get_textpage()
        left = words.get_text_bounded(0, 0, width / 2, height).strip()
        found.append((left, words.get_text_bounded(width / 2, 0, width, height).strip()))
    return found


def words_of(data: bytes) -> list[str]:
    return [sheet.get_textpage().get_text_bounded().strip() for sheet in pypdfium2.PdfDocument(data)]


# ---- booklets


@pytest.mark.parametrize("pages", range(1, 18))
def test_a_folded_booklet_reads_from_first_to_last(pages: int) -> None:
    """Fold the stack in the mind: fronts and backs of every leaf, from the outside in and out again."""
    sides = list(booklet_order(pages))

    leaves = [(front[1], back[0]) for front, back in zip(sides[::2], sides[1::2], strict=True)]
    leaves += [(back[1], front[0]) for front, back in reversed(list(zip(sides[::2], sides[1::2], strict=True)))]
    read = [page for leaf in leaves for page in leaf]
    assert read == list(range(len(read)))
    assert len(read) % 4 == 0
    assert len(read) - pages < 4


def test_two_pages_of_a5_make_a_sheet_of_a4() -> None:
    made = pypdfium2.PdfDocument(impose_booklet(pdf("abcde"), LABEL))

    assert len(made) == 4
    for sheet in made:
        assert sheet.get_size() == pytest.approx((297 * PT_PER_MM, 210 * PT_PER_MM), abs=0.01)


def test_pages_stand_on_their_half_and_meet_at_the_fold() -> None:
    data = impose_booklet(pdf("abcde"), LABEL)

    assert halves(data) == [("", "a"), ("b", ""), ("", "c"), ("d", "e")]
    box = pypdfium2.PdfDocument(data)[3].get_textpage().get_charbox(0)
    assert box[0] == pytest.approx((297 / 2 - 148) * PT_PER_MM + 30, abs=3)


@pytest.mark.parametrize(
    ("pages", "first"), [("abc", ("X", "a")), ("ab", ("X", "a")), ("abcde", ("X", "a")), ("abcd", ("d", "a"))]
)
def test_a_back_cover_takes_the_last_page_where_that_is_blank(pages: str, first: tuple[str, str]) -> None:
    shown = halves(impose_booklet(pdf(pages), LABEL, pdf("X")))

    assert shown[0] == first
    assert "".join(sorted("".join(map("".join, shown)))) == ("" if pages == "abcd" else "X") + pages


def test_a_page_whose_corner_is_not_at_zero_is_not_shifted() -> None:
    assert halves(impose_booklet(pdf("abcd", origin_pt=200), LABEL)) == [("d", "a"), ("b", "c")]


def test_paper_that_no_one_sells_is_twice_the_page() -> None:
    (sheet, *_) = pypdfium2.PdfDocument(impose_booklet(pdf("abcd", (120, 120)), LABEL))

    assert sheet.get_size() == pytest.approx((240 * PT_PER_MM, 120 * PT_PER_MM), abs=0.01)


# ---- cards


def quarters(data: bytes) -> list[tuple[str, ...]]:
    """Return the words on the quarters of each side, from the upper left to the lower right."""
    found = []
    for sheet in pypdfium2.PdfDocument(data):
        width, height = (side / 2 for side in sheet.get_size())
        words = sheet.get_textpage()
        corners = [(left, bottom) for bottom in (height, 0) for left in (0, width)]
        found.append(
            tuple(words.get_text_bounded(left, low, left + width, low + height).strip() for left, low in corners)
        )
    return found


A6 = (105.0, 148.0)


def test_five_small_cards_with_backs_stand_behind_each_other_turned_on_the_long_edge() -> None:
    data = impose_cards(pdf(["a", "A", "b", "B", "c", "C", "d", "D", "e", "E"], A6), LABEL, (1, 3, 5, 7, 9), rows=2)

    assert quarters(data) == [("a", "b", "c", "d"), ("B", "A", "D", "C"), ("e", "", "", ""), ("", "E", "", "")]
    assert measure_pages(data) == PdfPageInfo(4, 210.0, 297.0)


@pytest.mark.parametrize(
    ("starts", "shown"),
    [((1,), ("a", "a", "a", "a")), ((1, 2), ("a", "b", "a", "b")), ((1, 2, 3), ("a", "b", "c", ""))],
)
def test_small_cards_fill_their_sheet(starts: tuple[int, ...], shown: tuple[str, ...]) -> None:
    assert quarters(impose_cards(pdf("abc"[: len(starts)], A6), LABEL, starts, rows=2)) == [shown]


def test_small_cards_meet_in_the_middle_of_the_sheet_where_the_marks_are() -> None:
    (sheet,) = pypdfium2.PdfDocument(impose_cards(pdf("a", A6), LABEL, (1,), rows=2))

    width, height = sheet.get_size()
    marks = [each.get_bounds() for each in sheet.get_objects() if each.type == 2]
    upright = [box for box in marks if box[2] - box[0] < 2]
    across = [box for box in marks if box[3] - box[1] < 2]
    assert len(upright) == len(across) == 3
    assert all((box[0] + box[2]) / 2 == pytest.approx(width / 2, abs=0.5) for box in upright)
    assert all((box[1] + box[3]) / 2 == pytest.approx(height / 2, abs=0.5) for box in across)
    words = sheet.get_textpage()
    corners = [words.get_charbox(at) for at in range(words.count_chars()) if words.get_text_range(at, 1) == "a"]
    lefts, bottoms = [box[0] for box in corners], [box[1] for box in corners]
    assert max(lefts) - min(lefts) == pytest.approx(105 * PT_PER_MM, abs=1.5)
    assert max(bottoms) - min(bottoms) == pytest.approx(148 * PT_PER_MM, abs=1.5)


# ---- the pack


def test_each_copy_begins_on_the_front_of_a_sheet() -> None:
    inside = [PackHandout("Et", pdf(["a1", "a2", "a3"])), PackHandout("To", pdf(["b1", "b2"]))]

    pages = words_of(impose_print_pack(pdf(["cover"]), inside, 2, LABEL))

    assert pages == ["cover", "", "a1", "a2", "a3", "", "a1", "a2", "a3", "", "b1", "b2", "b1", "b2"]


def test_copies_weigh_next_to_nothing() -> None:
    inside = [PackHandout("Et", pdf([f"side{number}" for number in range(4)]))]

    one, fifty = (len(impose_print_pack(pdf(["cover"]), inside, copies, LABEL)) for copies in (1, 50))

    assert fifty - one < 50 * 4 * 60


def test_a_pack_has_a_bookmark_for_each_handout() -> None:
    inside = [PackHandout("Et", pdf(["a1", "a2", "a3"])), PackHandout("To", pdf(["b1"]))]

    data = impose_print_pack(pdf(["cover"]), inside, 2, LABEL)

    marks = [(entry.get_title(), entry.get_dest().get_index()) for entry in pypdfium2.PdfDocument(data).get_toc()]
    assert marks == [("Bækken og ryg", 0), ("Et", 2), ("To", 10)]


# ---- what both say of themselves


@pytest.mark.parametrize(
    ("data", "duplex"),
    [
        (impose_booklet(pdf("abcd"), LABEL), "/DuplexFlipShortEdge"),
        (impose_print_pack(pdf("c"), [PackHandout("Et", pdf("a"))], 1, LABEL), "/DuplexFlipLongEdge"),
        (
            impose_print_pack(pdf("c"), [PackHandout("Et", impose_booklet(pdf("abcd"), LABEL))], 1, LABEL),
            "/DuplexFlipShortEdge",
        ),
    ],
    ids=["a booklet", "a pack", "a pack of booklets"],
)
def test_an_imposed_file_is_for_the_copier_and_claims_nothing(data: bytes, duplex: str) -> None:
    with pikepdf.open(io.BytesIO(data)) as file:
        metadata = file.Root.Metadata.read_bytes().decode()
        assert [str(file.docinfo[key]) for key in ("/Title", "/Subject")] == [LABEL.title, LABEL.note]
        assert LABEL.note in metadata
        assert "pdfaid" not in metadata
        assert "pdfuaid" not in metadata
        assert "/StructTreeRoot" not in file.Root
        assert file.Root.Lang == "da"
        assert file.Root.ViewerPreferences.Duplex == duplex
        assert file.Root.ViewerPreferences.PrintScaling == "/None"
        assert file.check_pdf_syntax() == []


def test_equal_pages_give_equal_bytes() -> None:
    assert impose_booklet(pdf("abcde"), LABEL) == impose_booklet(pdf("abcde"), LABEL)
    packs = [impose_print_pack(pdf("c"), [PackHandout("Et", pdf("abc"))], 3, LABEL) for _ in range(2)]
    assert packs[0] == packs[1]


@pytest.mark.parametrize(
    ("size_mm", "name"),
    [
        ((210, 297), "A4"),
        ((297, 210), "A4"),
        ((296, 210), "A4"),
        ((148, 210), "A5"),
        ((279.4, 215.9), "letter"),
        ((120, 120), ""),
    ],
)
def test_paper_is_known_upright_and_on_its_side(size_mm: tuple[float, float], name: str) -> None:
    assert paper_name(*size_mm) == name


def test_the_pages_of_a_file_are_measured() -> None:
    pack = impose_print_pack(
        pdf(["c"], PAPER_SIZES_MM["A4"]), [PackHandout("Et", pdf(["a"], PAPER_SIZES_MM["A4"]))], 1, LABEL
    )

    assert measure_pages(pdf("abc")) == PdfPageInfo(3, 148.0, 210.0)
    assert measure_pages(pack) == PdfPageInfo(4, 210.0, 297.0)
    assert measure_pages(pack).paper == "A4"
