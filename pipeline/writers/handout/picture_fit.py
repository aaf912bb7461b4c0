"""Picture fit: pictures that do not fit their page are printed smaller, or at the head of the next page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.model import Article, Block, Figure, Header
from pipeline.rendering.markup import anchor
from pipeline.rendering.pdf_layout import Layout
from pipeline.writers import Job, Rendition
from pipeline.writers.handout.placing import places_later
from pipeline.writers.handout.print_markup import MIN_LETTERING_PT, drawing_width_mm, printed_lettering_pt
from pipeline.writers.handout.sheet_fit import MIN_FULL_SHARE, guessed_share
from pipeline.writers.handout.variants import TypeSetting, print_need

_PICTURE_AIR_MM = 9.0
"""Above and below a drawing."""
_LEAST_SHARE = 0.6
"""A picture that would be smaller stands later."""
_MOST_LEFT, _MOST_OVERLEAF = 0.05, 0.3
"""Shares of a page: what stays empty before a picture that stands later, and what text stands before it overleaf."""


def with_fitted_pictures(
    article: Article, job: Job, layout: Layout, setting: TypeSetting, holes: Sequence[float]
) -> TypeSetting:
    """Return a setting with the first picture below each hole smaller, or else later.

    Args:
        layout: The article in this setting.
        holes: The empty share of each page before the last.
    """
    page_of, full = layout.page_of, setting
    places = [(page_of.get(anchor("", number, block)), block) for number, block in enumerate(article.blocks, 1)]
    fitted = {line for _, line, _ in (*setting.moved, *setting.shrunk)}
    for page, share in enumerate(holes, 1):
        at = _first_below(places, page)
        if share <= 1 - MIN_FULL_SHARE or at is None or (figure := places[at][1]).line in fitted:
            continue
        head_mm = layout.top_mm(anchor("", at + 1, figure)) - setting.frame.top_mm
        blocks = [block for _, block in places]
        if smaller := _smaller_share(figure, job, full, share * setting.frame.room_mm - head_mm):
            setting = replace(setting, shrunk=(*setting.shrunk, (article.source, figure.line, smaller)))
        elif steps := _steps_later(blocks, at, full, share, is_named=_is_named(figure, job, full)):
            setting = replace(setting, moved=(*setting.moved, (article.source, figure.line, steps)))
    return setting


def _first_below(places: Sequence[tuple[int | None, Block]], page: int) -> int | None:
    """Return the index of the figure with which the next page begins, headings left out; None: it is no figure."""
    for at, (of, block) in enumerate(places):
        if of == page + 1 and not isinstance(block, Header):
            return at if isinstance(block, Figure) else None
    return None


def _smaller_share(figure: Block, job: Job, setting: TypeSetting, room_mm: float) -> float:
    """Return the share of its width in which a picture fits, legible; 0: none."""
    frame, made = setting.frame, _rendition(figure, job, setting)
    if made is None:
        return 0.0
    width_mm = drawing_width_mm(made, setting, frame.full_mm)
    share = (room_mm - _PICTURE_AIR_MM) / (width_mm * made.height_px / made.width_px)
    least = MIN_LETTERING_PT / printed_lettering_pt(made, setting, frame.full_mm) if made.lettering else 0.0
    return int(share * 100) / 100 if max(least, _LEAST_SHARE) <= share < 1 else 0.0


def _rendition(figure: Block, job: Job, setting: TypeSetting) -> Rendition | None:
    if not isinstance(figure, Figure):
        return None
    return job.pictures.get(print_need(figure.image.picture, setting.frame.drawing_mm))


def _is_named(figure: Block, job: Job, setting: TypeSetting) -> bool:
    """Tell whether a picture says what it shows, by its caption or by words in it."""
    made = _rendition(figure, job, setting)
    return isinstance(figure, Figure) and bool(figure.caption or (made and made.lettering))


def _steps_later(blocks: Sequence[Block], at: int, setting: TypeSetting, share: float, *, is_named: bool) -> int:
    """Return behind how many of the blocks after it a picture stands at the head of the next page; 0: behind none."""
    filled, after = 0.0, blocks[at + 1 :]
    places = places_later(after, blocks[at - 1] if at else None, is_named=is_named)
    for number, block in enumerate(after, 1):
        filled += guessed_share(block, setting)
        if number in places and filled >= share - _MOST_LEFT:
            return number if filled < share + _MOST_OVERLEAF else 0
    return 0
