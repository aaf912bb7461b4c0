"""Columns of text for WeasyPrint 70: filled one after another, balanced where the text ends, and level at their tops.

WeasyPrint's own layout of columns takes ten times as long, and keeps the space above a heading at the top of a column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from weasyprint.layout import block as block_layout
from weasyprint.layout.block import block_box_layout, block_level_layout, block_level_width, collapse_margin
from weasyprint.layout.percent import percentage, resolve_percentages

_FIRST_STEP_PX = 20.0
"""A line: columns that are too short for the text grow by so much, then by twice as much; they are balanced to two."""


def install_columns() -> None:
    """Let WeasyPrint lay out columns by this module."""
    block_layout.columns_layout = _columns_layout


@dataclass(slots=True)
class _Columns:
    """A box with columns, on one page: what is placed so far, and where the next row of columns begins."""

    context: Any
    box: Any
    containing_block: Any
    bottom_space: float
    page_is_empty: bool
    out_of_flow: tuple[list[Any], list[Any]]
    top: float
    margins: list[float] = field(default_factory=list)
    placed: list[Any] = field(default_factory=list)

    def add_row(self, children: list[Any], skip: Any) -> tuple[bool, Any]:
        """Place children in columns; tell whether any fit, and return where they go on."""
        self.top += collapse_margin(self.margins)
        self.margins = []
        columns, rest = self._balanced(children, self.context.page_bottom - self.top - self.bottom_space, skip)
        height = max((_height(column, self.top) for column in columns), default=0.0)
        for column in columns:
            column.height = height
        self.placed += columns
        self.top += height
        return bool(columns), rest

    def add_spanning(self, child: Any, skip: Any) -> tuple[bool, Any]:
        """Place a child across all columns; tell whether it fits, and return where it goes on."""
        resolve_percentages(child, self.containing_block)
        child.position_x, child.position_y = self.box.content_box_x(), self.top
        made, rest, _, margins, _, _ = block_level_layout(
            self.context, child, self.bottom_space, skip, self.box, self.page_is_empty, *self.out_of_flow, self.margins
        )
        if made is None:
            return False, None
        self.placed.append(made)
        self.top = made.border_box_y() + made.border_height()
        self.margins = [*margins, made.margin_bottom]
        return True, rest

    def _balanced(self, children: list[Any], room: float, skip: Any) -> tuple[list[Any], Any]:
        """Return columns as high as the page, or balanced ones where all of the text fits."""
        shapes, before = self.context.excluded_shapes, len(self.context.excluded_shapes)
        best, rest = self._filled(children, room, skip, may_split=self.page_is_empty)
        if not best or rest is not None:
            return best, rest
        kept, step = shapes[before:], _FIRST_STEP_PX
        height = sum(_height(column, self.top) for column in best) / self._count + step / 2
        too_low, enough = height - step, room
        while height < enough and enough - too_low > 2 * _FIRST_STEP_PX:
            del shapes[before:]
            columns, rest = self._filled(children, height, skip, may_split=False)
            if columns and rest is None:
                best, kept, enough = columns, shapes[before:], height
                height = (too_low + height) / 2
            else:
                too_low, height, step = height, min(height + step, (height + enough) / 2), step * 2
        shapes[before:] = kept
        return best, None

    @property
    def _count(self) -> int:
        return int(self.box.style["column_count"])

    def _filled(self, children: list[Any], height: float, skip: Any, *, may_split: bool) -> tuple[list[Any], Any]:
        """Return columns of a height, and where the text goes on; no columns where nothing fits.

        Args:
            may_split: What should stay whole is split where it is alone in its column.
        """
        gap = percentage(self.box.style["column_gap"], self.box.style, self.box.width)
        width = (self.box.width - (self._count - 1) * gap) / self._count
        columns: list[Any] = []
        for number in range(self._count):
            column = self.box.anonymous_from(self.box, children=[child.copy() for child in children])
            resolve_percentages(column, self.containing_block)
            column.is_column = True
            column.width = width
            column.position_x = self.box.content_box_x() + number * (width + gap)
            column.position_y = self.top
            made, rest, *_ = block_box_layout(
                self.context, column, self.context.page_bottom - self.top - height, skip, self.containing_block,
                may_split, *self.out_of_flow, None, None, None, discard=False, max_lines=None,
            )  # fmt: skip
            if made is None:
                break
            skip = rest
            _raise_to(made, self.top)
            columns.append(made)
            if skip is None:
                break
        return columns, skip


def _raise_to(column: Any, top: float) -> None:
    """Take away the space above the first box of a column."""
    first = next((child for child in column.children if child.is_in_normal_flow()), None)
    above = first.border_box_y() - top if first is not None else 0.0
    if above > 0:
        for child in column.children:
            child.translate(0, -above)


def _height(column: Any, top: float) -> float:
    bottoms = (child.border_box_y() + child.border_height() for child in column.children if child.is_in_normal_flow())
    return float(max(bottoms, default=top)) - top


def _groups(box: Any, start: int) -> Iterator[tuple[int, list[Any] | Any]]:
    """Yield what stands in columns, and boxes that span them, each with the number of the first child."""
    waiting: list[Any] = []
    for number, child in enumerate(box.children[start:], start):
        if child.style["column_span"] == "all":
            if waiting:
                yield number - len(waiting), waiting
            yield number, child
            waiting = []
        else:
            waiting.append(child)
    if waiting:
        yield len(box.children) - len(waiting), waiting


def _columns_layout(
    context: Any, box: Any, bottom_space: float, skip_stack: Any, containing_block: Any, page_is_empty: Any,
    absolute_boxes: list[Any], fixed_boxes: list[Any], adjoining_margins: list[float], *_: Any,
) -> tuple[Any, Any, dict[str, Any], list[float], bool]:  # fmt: skip
    """Lay out a box with columns, with the arguments and the result of WeasyPrint's function."""
    context.in_column = True
    box = box.copy_with_children(box.children)
    box.position_y += collapse_margin(adjoining_margins)
    block_level_width(box, containing_block)
    start, skip = next(iter(skip_stack.items())) if skip_stack else (0, None)
    page = _Columns(
        context, box, containing_block, bottom_space, page_is_empty, (absolute_boxes, fixed_boxes), box.content_box_y()
    )
    resume_at: dict[int, Any] | None = None
    for number, group in _groups(box, start):
        if isinstance(group, list):
            fits, rest = page.add_row(group, None if skip is None else {0: skip})
            resume_at = {number + at: inner for at, inner in rest.items()} if rest else None
        else:
            fits, rest = page.add_spanning(group.copy(), skip)
            resume_at = {number: rest} if rest else None
        resume_at = resume_at if fits else {number: None}
        if resume_at:
            break
        skip, page.page_is_empty = None, False
    context.in_column = False
    next_page = {"break": "any", "page": None}
    if box.children and not page.placed:
        return None, {0: None}, next_page, [], False
    box.children = page.placed
    bottom = min(page.top + collapse_margin(page.margins), context.page_bottom - bottom_space)
    box.height = bottom - box.content_box_y()
    return box, resume_at, next_page, [], False
