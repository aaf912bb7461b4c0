"""What stands beside what on paper: pictures by meaning, words that announce what follows, and drawings that float."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline import model
from pipeline.languages import together
from pipeline.model import text
from pipeline.rendering.exercises import DOSE, STEPS

_POINTING = re.compile(together().points_at_picture, re.IGNORECASE)
_TEXT = (model.Para, model.BulletList, model.OrderedList)
_WHOLE_LETTERS = 900
"""Steps of up to so many letters stay on one page."""
_WHOLE_BOX_LETTERS = 600
"""A longer box takes the whole width of the sheet."""
_TIED_LETTERS = 1800
"""Steps of up to so many letters stay on one page with their dose: half a page."""


def is_exercise(article: model.Article) -> bool:
    """Tell whether an article teaches one exercise: by its kind, or by a heading for its steps."""
    headings = (text(block.content) for block in article.blocks if isinstance(block, model.Header) and block.level == 2)
    return article.meta.kind == "exercise" or any(map(STEPS.search, headings))


def is_bold_line(block: model.Block | None) -> bool:
    """Tell whether a paragraph is a bold line that names what follows."""
    return isinstance(block, model.Para) and len(block.content) == 1 and isinstance(block.content[0], model.Strong)


def says_dose(block: model.Block | None) -> bool:
    """Tell whether a block is the dose, or the heading or label above it."""
    return isinstance(block, model.Para | model.Header) and bool(DOSE.match(text(block.content)))


def announces(block: model.Block, after: model.Block | None) -> bool:
    """Tell whether a block is kept with the one after it: it announces it, or that is its dose."""
    if isinstance(block, model.OrderedList):
        return says_dose(after) and len(text((block,))) <= _TIED_LETTERS
    if not isinstance(block, model.Para) or after is None:
        return False
    is_announced = isinstance(after, model.Table | model.BulletList | model.OrderedList)
    return is_announced or is_bold_line(block) or text(block.content).rstrip().endswith(":")


def is_long_box(block: model.Block) -> bool:
    """Tell whether a box is too long to stand in one of two columns."""
    return isinstance(block, model.Callout) and len(text((block,))) > _WHOLE_BOX_LETTERS


def stays_whole(block: model.Block) -> bool:
    return isinstance(block, model.OrderedList) and len(text((block,))) <= _WHOLE_LETTERS


def in_print_order(
    blocks: Sequence[tuple[int, model.Block]],
    photos: set[int],
    lettered: set[int],
    moved: dict[int, int],
    *,
    has_margin: bool,
) -> Iterator[tuple[int, model.Block]]:
    """Yield numbered blocks in the order they are printed in.

    A photograph stands beside the text before it, where no text of its section follows; a drawing behind so many
    blocks as `moved` says.

    Args:
        photos: The numbers of photographs.
        lettered: The numbers of drawings with words in them.
        moved: By the line of a drawing, how many blocks it stands later.
    """
    order = list(blocks)
    for number, block in blocks:
        if has_margin and number in photos:
            at = order.index((number, block))
            before, after = (order[each][1] if 0 <= each < len(order) else None for each in (at - 1, at + 1))
            if isinstance(before, _TEXT) and not isinstance(after, _TEXT):
                order.insert(at - 1, order.pop(at))
        elif isinstance(block, model.Figure) and (steps := moved.get(block.line, 0)):
            at = order.index((number, block))
            is_named = bool(block.caption) or number in lettered
            rest = [each for _, each in order[at + 1 :]]
            places = places_later(rest, order[at - 1][1] if at else None, is_named=is_named)
            order.insert(at + max((place for place in places if place <= steps), default=0), order.pop(at))
    yield from order


def places_later(after: Sequence[model.Block], before: model.Block | None, *, is_named: bool) -> tuple[int, ...]:
    """Return behind how many of the blocks after a drawing it may stand, at the head of the next page.

    It parts no block from what that announces, passes no other picture, and no words that point at it; where it is all
    that its section has, or the block before announces it, it stays.

    Args:
        is_named: It says what it shows, by a caption or by words in it: only then it may leave its section.
    """
    if isinstance(before, model.Para) and (_points(before) or announces(before, before)):
        return ()
    if isinstance(before, model.Header) and (not after or isinstance(after[0], model.Header)):
        return ()
    places = []
    for place, (block, following) in enumerate(zip(after, (*after[1:], None), strict=True), 1):
        if isinstance(block, model.Figure | model.References) or (isinstance(block, model.Para) and _points(block)):
            break
        if isinstance(block, model.Header) and not is_named:
            break
        if not isinstance(block, model.Header) and not announces(block, following):
            places.append(place)
    return tuple(places)


def _points(block: model.Para) -> bool:
    return bool(_POINTING.search(text(block.content)))
