"""PDF imposition: booklets to fold, cards to cut, and print packs for a copier.

Pages become form XObjects, which lose tags, links and bookmarks. An imposed file therefore claims neither PDF/UA nor
PDF/A, and names its audience in the metadata; the file it was made from is the accessible one.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.rendering.paper_sizes import PAPER_SIZES_MM, PT_PER_MM, paper_name

if TYPE_CHECKING:
    from pikepdf import Object, Page, Pdf

PAGES_PER_BOOKLET_SHEET = 4
_CUT_MARK_PT = 28.0
"""Printers leave the outer 12 points of a sheet white."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    title: str
    note: str
    """Written as subject: for whom the file is made."""
    language: str


@dataclass(frozen=True, slots=True)
class PackHandout:
    title: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class _PageForm:
    """A page as a form XObject, with the size of its trim box."""

    form: Object
    left_pt: float
    bottom_pt: float
    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True)
class _SheetSide:
    """Content stream and resources of one side of a sheet; copies share them."""

    contents: Object
    resources: Object
    width_pt: float
    height_pt: float


def impose_booklet(pdf: bytes, label: DocumentInfo, back: bytes = b"") -> bytes:
    """Return a booklet: two pages on each side of a sheet, to print on both sides, fold and staple.

    The stack is folded as a whole: the outermost sheet carries the last and the first page. Blank pages at the end
    fill up to a multiple of four. Two pages of A5 make a sheet of A4, which turns over on its short edge.

    Args:
        pdf: A file with pages of one size.
        back: A file of one page, for the back cover, where that would be blank.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.open(io.BytesIO(back or pdf)) as cover, pikepdf.new() as made:
        forms = {number: _page_as_form(made, page) for number, page in enumerate(source.pages)}
        order = tuple(booklet_order(len(forms)))
        if back:
            forms.setdefault(order[0][0], _page_as_form(made, cover.pages[0]))
        width_pt, height_pt = _sheet_size(forms[0])
        fold_pt = width_pt / 2
        for left, right in order:
            halves = [(forms[left], fold_pt - forms[left].width_pt, 0.0)] if left in forms else []
            halves += [(forms[right], fold_pt, 0.0)] if right in forms else []
            made.pages.append(_page_for_side(_draw_side(made, width_pt, height_pt, halves)))
        return _save_imposed(made, label, "/DuplexFlipShortEdge")


def impose_cards(pdf: bytes, label: DocumentInfo, starts: Sequence[int], rows: int) -> bytes:
    """Return cards in two columns, to cut along the marks; cards that fill half of a sheet or less are there again.

    Backs are placed for printing on both sides: a sheet of one row turns over on its short edge, one of two rows on its
    long edge. In both, left and right change places.

    Args:
        pdf: A file with pages of one size.
        starts: The page, from 1, on which each card begins.
        rows: 1 for cards of A5 on A4, 2 for cards of A6.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.new() as made:
        forms = [_page_as_form(made, page) for page in source.pages]
        size = _sheet_size(forms[0], rows)
        fronts, backs = _card_corners(forms[0], size, rows)
        cards = [forms[start - 1 : end - 1] for start, end in pairwise((*starts, len(forms) + 1))]
        cards *= max(1, len(fronts) // len(cards))
        for group in (cards[at : at + len(fronts)] for at in range(0, len(cards), len(fronts))):
            for side in range(max(map(len, group))):
                corners = fronts if side % 2 == 0 else backs
                placed = [(card[side], *at) for card, at in zip(group, corners, strict=False) if side < len(card)]
                made.pages.append(_page_for_side(_draw_side(made, *size, placed, _cut_marks(*size, rows))))
        return _save_imposed(made, label, "/DuplexFlipShortEdge" if rows == 1 else "/DuplexFlipLongEdge")


def _card_corners(
    page: _PageForm, size_pt: tuple[float, float], rows: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return where the lower left corners of cards are on the front of a sheet, row by row, and on its back."""
    middle_pt, top_pt = size_pt[0] / 2, size_pt[1] / 2 + page.height_pt * rows / 2
    lefts = (middle_pt - page.width_pt, middle_pt)
    bottoms = [top_pt - page.height_pt * row for row in range(1, rows + 1)]
    fronts, backs = ([(left, bottom) for bottom in bottoms for left in order] for order in (lefts, lefts[::-1]))
    return fronts, backs


def _cut_marks(width_pt: float, height_pt: float, rows: int) -> list[tuple[float, float, float, float]]:
    """Return the lines to cut along, where a cut begins and ends: at the edges, and where another cut crosses it."""
    middle_pt, half_pt = width_pt / 2, height_pt / 2
    ends = [(0.0, _CUT_MARK_PT), (height_pt - _CUT_MARK_PT, height_pt)]
    if rows == 1:
        return [(middle_pt, low, middle_pt, high) for low, high in ends]
    arm_pt = _CUT_MARK_PT / 4
    upright = [*ends, (half_pt - arm_pt, half_pt + arm_pt)]
    across = [(0.0, _CUT_MARK_PT), (width_pt - _CUT_MARK_PT, width_pt), (middle_pt - arm_pt, middle_pt + arm_pt)]
    marks = [(middle_pt, low, middle_pt, high) for low, high in upright]
    return marks + [(left, half_pt, right, half_pt) for left, right in across]


def booklet_order(pages: int) -> Iterator[tuple[int, int]]:
    """Yield the page numbers, from 0, on the left and right of each side, outermost sheet first.

    Numbers from `pages` up stand for blank pages.
    """
    places = -(-pages // PAGES_PER_BOOKLET_SHEET) * PAGES_PER_BOOKLET_SHEET
    for inner in range(places // 2):
        outer = places - 1 - inner
        yield (outer, inner) if inner % 2 == 0 else (inner, outer)


def impose_print_pack(cover: bytes, handouts: Sequence[PackHandout], copies: int, label: DocumentInfo) -> bytes:
    """Return one file for duplex printing: the cover once, then all copies of each handout in order.

    Each copy begins on the front of a sheet; copies of one handout follow each other.
    """
    import pikepdf

    with pikepdf.new() as made:
        is_landscape = False  # as the sheets of booklets are
        with made.open_outline() as outline:
            for handout, times in ((PackHandout(label.title, cover), 1), *((handout, copies) for handout in handouts)):
                outline.root.append(pikepdf.OutlineItem(handout.title, len(made.pages)))
                sides = _sheet_sides(made, handout.pdf)
                is_landscape = is_landscape or sides[0].width_pt > sides[0].height_pt
                for _ in range(times):
                    made.pages.extend(_page_for_side(side) for side in sides)
        return _save_imposed(made, label, "/DuplexFlipShortEdge" if is_landscape else "/DuplexFlipLongEdge")


def _sheet_sides(made: Pdf, pdf: bytes) -> list[_SheetSide]:
    """Return the sides of a handout; a blank one fills up an odd number, so that the next copy begins on a front."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as source:
        forms = [_page_as_form(made, page) for page in source.pages]
    sides = [_draw_side(made, page.width_pt, page.height_pt, [(page, 0.0, 0.0)]) for page in forms]
    if len(sides) % 2:
        sides.append(_draw_side(made, forms[-1].width_pt, forms[-1].height_pt, []))
    return sides


def _page_as_form(made: Pdf, page: Page) -> _PageForm:
    left, bottom, right, top = map(float, page.trimbox)
    return _PageForm(made.copy_foreign(page.as_form_xobject()), left, bottom, right - left, top - bottom)


def _sheet_size(page: _PageForm, rows: int = 1) -> tuple[float, float]:
    """Return the size of two pages side by side, in one or two rows: that of a standard paper where one matches."""
    width_pt, height_pt = 2 * page.width_pt, rows * page.height_pt
    name = paper_name(width_pt / PT_PER_MM, height_pt / PT_PER_MM)
    if not name:
        return width_pt, height_pt
    sides_mm = sorted(PAPER_SIZES_MM[name], reverse=width_pt > height_pt)
    return sides_mm[0] * PT_PER_MM, sides_mm[1] * PT_PER_MM


def _draw_side(
    made: Pdf,
    width_pt: float,
    height_pt: float,
    placed: Sequence[tuple[_PageForm, float, float]],
    marks: Sequence[tuple[float, float, float, float]] = (),
) -> _SheetSide:
    """Return a side of a sheet with pages placed on it.

    Args:
        placed: Pages, each with the position of its lower left corner.
        marks: Lines to cut along, each with its two ends.
    """
    from pikepdf import Dictionary, Name

    pieces = [f"0 G 0.75 w {a:.3f} {b:.3f} m {c:.3f} {d:.3f} l S" for a, b, c, d in marks]
    forms = Dictionary()
    for number, (page, left_pt, bottom_pt) in enumerate(placed, 1):
        forms[f"/P{number}"] = page.form
        across, up = left_pt - page.left_pt, bottom_pt - page.bottom_pt
        pieces.append(f"q 1 0 0 1 {across:.3f} {up:.3f} cm /P{number} Do Q")
    return _SheetSide(
        made.make_stream("\n".join(pieces).encode()),
        made.make_indirect(Dictionary(XObject=forms) if placed else Dictionary(ProcSet=[Name.PDF])),
        width_pt,
        height_pt,
    )


def _page_for_side(side: _SheetSide) -> Page:
    """Return a new page for a side; a page object occurs once in a file, its content can be shared."""
    import pikepdf

    box = pikepdf.Array([0.0, 0.0, round(side.width_pt, 3), round(side.height_pt, 3)])
    return pikepdf.Page(
        pikepdf.Dictionary(Type=pikepdf.Name.Page, Contents=side.contents, Resources=side.resources, MediaBox=box)
    )


def _save_imposed(made: Pdf, label: DocumentInfo, duplex: str) -> bytes:
    from pikepdf import Dictionary, Name, ObjectStreamMode, String

    made.Root.Lang = String(label.language)
    made.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True, Duplex=Name(duplex), PrintScaling=Name("/None"))
    made.docinfo["/Title"] = label.title
    made.docinfo["/Subject"] = label.note
    with made.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = label.title
        metadata["dc:description"] = label.note
    data = io.BytesIO()
    made.save(data, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    return data.getvalue()
