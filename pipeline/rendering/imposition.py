"""PDF imposition: booklets to fold, and print packs for a copier.

A page is laid on its sheet as a picture of itself, so its tags, links and bookmarks stay behind. An imposed file
therefore claims neither PDF/UA nor PDF/A, and says whom it is for; the file that it was made from is the one to read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.rendering.paper_sizes import PAPER_SIZES_MM, PT_PER_MM, paper_name

if TYPE_CHECKING:
    from pikepdf import Object, Page, Pdf

_BOOKLET_PAGES_PER_SHEET = 4


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What an imposed file says of itself."""

    title: str
    note: str
    """Whom it is for: it stands as subject, where a viewer shows it."""
    language: str


@dataclass(frozen=True, slots=True)
class PackHandout:
    """A handout for the pack."""

    title: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class _PageForm:
    """A page as something to be drawn, and the size that it is seen in."""

    form: Object
    left_pt: float
    bottom_pt: float
    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True)
class _SheetSide:
    """One side of a sheet: what is drawn on it can be printed many times."""

    contents: Object
    resources: Object
    width_pt: float
    height_pt: float


def impose_booklet(pdf: bytes, label: DocumentInfo) -> bytes:
    """Return pages imposed two and two on sheets to print on both sides, fold across and staple.

    The stack is folded as a whole: the outermost sheet carries the last and the first page. What is missing to a
    multiple of four stays blank at the end. Two pages of A5 make a sheet of A4, which turns over on its short edge.

    Args:
        pdf: A file with pages of one size.
        label: What the booklet says of itself.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.new() as made:
        drawings = [_page_as_form(made, page) for page in source.pages]
        width_pt, height_pt = _spread_size(drawings[0])
        fold_pt = width_pt / 2
        for left, right in booklet_order(len(drawings)):
            halves = [(drawings[left], fold_pt - drawings[left].width_pt)] if left < len(drawings) else []
            halves += [(drawings[right], fold_pt)] if right < len(drawings) else []
            made.pages.append(_page_for_side(_draw_side(made, width_pt, height_pt, halves)))
        return _save_imposed(made, label, "/DuplexFlipShortEdge")


def booklet_order(pages: int) -> Iterator[tuple[int, int]]:
    """Yield the pages, from 0, on the left and right of each side of the sheets, outermost sheet first.

    Numbers from `pages` up stand for blank ones.
    """
    places = -(-pages // _BOOKLET_PAGES_PER_SHEET) * _BOOKLET_PAGES_PER_SHEET
    for inner in range(places // 2):
        outer = places - 1 - inner
        yield (outer, inner) if inner % 2 == 0 else (inner, outer)


def impose_print_pack(cover: bytes, handouts: Sequence[PackHandout], copies: int, label: DocumentInfo) -> bytes:
    """Return one file for a copier that prints on both sides: the cover, then all copies of each handout.

    Each copy begins on the front of a sheet. Copies of one handout follow each other, pages in order, so the stack
    that comes out is ready for the rack.

    Args:
        cover: What is inside, printed once.
        handouts: In the order in which they come out.
        copies: Of each handout.
        label: What the pack says of itself.
    """
    import pikepdf

    with pikepdf.new() as made:
        is_lying = False  # wider than high, as the sheets of booklets are
        with made.open_outline() as outline:
            for handout, times in ((PackHandout(label.title, cover), 1), *((handout, copies) for handout in handouts)):
                outline.root.append(pikepdf.OutlineItem(handout.title, len(made.pages)))
                sides = _sheet_sides(made, handout.pdf)
                is_lying = is_lying or sides[0].width_pt > sides[0].height_pt
                for _ in range(times):
                    made.pages.extend(_page_for_side(side) for side in sides)
        return _save_imposed(made, label, "/DuplexFlipShortEdge" if is_lying else "/DuplexFlipLongEdge")


def _sheet_sides(made: Pdf, pdf: bytes) -> list[_SheetSide]:
    """Return the sides of a handout; an odd number is filled up, so that the next one begins on a front."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as source:
        drawings = [_page_as_form(made, page) for page in source.pages]
    blank = [drawings[-1]] if len(drawings) % 2 else []
    return [
        _draw_side(made, sheet.width_pt, sheet.height_pt, shown)
        for sheet, shown in (*((drawing, [(drawing, 0.0)]) for drawing in drawings), *((last, []) for last in blank))
    ]


def _page_as_form(made: Pdf, page: Page) -> _PageForm:
    """Return a page of another file as a form of this one."""
    left, bottom, right, top = map(float, page.trimbox)
    return _PageForm(made.copy_foreign(page.as_form_xobject()), left, bottom, right - left, top - bottom)


def _spread_size(page: _PageForm) -> tuple[float, float]:
    """Return the sheet that holds two pages side by side: paper that can be bought, where there is some."""
    width_pt, height_pt = 2 * page.width_pt, page.height_pt
    name = paper_name(width_pt / PT_PER_MM, height_pt / PT_PER_MM)
    if not name:
        return width_pt, height_pt
    height_mm, width_mm = PAPER_SIZES_MM[name]
    return width_mm * PT_PER_MM, height_mm * PT_PER_MM


def _draw_side(made: Pdf, width_pt: float, height_pt: float, drawings: Sequence[tuple[_PageForm, float]]) -> _SheetSide:
    """Return a side with drawings on it, each with the place of its left edge.

    Args:
        made: The file that the side is for.
        width_pt: Of the sheet.
        height_pt: Of the sheet.
        drawings: Each as high as the sheet.
    """
    from pikepdf import Dictionary, Name

    pieces = []
    forms = Dictionary()
    for number, (drawing, at_pt) in enumerate(drawings, 1):
        forms[f"/P{number}"] = drawing.form
        across, up = at_pt - drawing.left_pt, 0.0 - drawing.bottom_pt  # a bare minus would write -0.000
        pieces.append(f"q 1 0 0 1 {across:.3f} {up:.3f} cm /P{number} Do Q")
    return _SheetSide(
        made.make_stream("\n".join(pieces).encode()),
        made.make_indirect(Dictionary(XObject=forms) if drawings else Dictionary(ProcSet=[Name.PDF])),
        width_pt,
        height_pt,
    )


def _page_for_side(side: _SheetSide) -> Page:
    """Return a page of its own for a side: a page stands once in a file, what is drawn on it can be shared."""
    import pikepdf

    box = pikepdf.Array([0.0, 0.0, round(side.width_pt, 3), round(side.height_pt, 3)])
    return pikepdf.Page(
        pikepdf.Dictionary(Type=pikepdf.Name.Page, Contents=side.contents, Resources=side.resources, MediaBox=box)
    )


def _save_imposed(made: Pdf, label: DocumentInfo, duplex: str) -> bytes:
    """Return the file with its label, and with what a viewer should choose when it prints it."""
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
