"""Tables of HTML as grids, in which each text stands under its own heads and beside its own row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from pipeline.model import Alignment, Block, Cell, Plain, Space, Str

_PARTS = ("thead", "tbody", "tfoot")


@dataclass(frozen=True, eq=False, slots=True)
class HtmlCell:
    """A cell as it is written; each is itself and equals no other."""

    blocks: tuple[Block, ...]
    is_head: bool
    rows: int = 1
    """How many rows it covers; 0: all that follow in its part of the table."""
    columns: int = 1
    alignment: Alignment = ""


Row = tuple[str, tuple[HtmlCell, ...]]
"""The part of the table (thead, tbody or tfoot), and cells."""
Grid = list[list[HtmlCell | None]]


class OverlapError(ValueError):
    """Two cells claim one place."""


def place_cells(rows: Sequence[Row], most: int) -> tuple[tuple[Cell, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the head and the rows of a table; a cell that covers several places stands in each of them.

    Source: HTML, section 4.9.12.1, forming a table. Of several head rows one is made: `Dosis: Morgen`.

    Args:
        most: Places that a table may have.

    Raises:
        OverlapError: Two cells claim one place.
        OverflowError: It has more places.
    """
    ordered = sorted(rows, key=lambda row: _PARTS.index(row[0]))
    grid = _whole_grid(ordered, most)
    heads = sum(part == "thead" for part, _ in ordered)
    while not any(part == "thead" for part, _ in ordered) and heads < len(grid) and _is_head(grid[heads]):
        heads += 1
    # Rows that only spans make are one.
    body = [row for at, row in enumerate(grid) if at >= heads and (at == heads or row != grid[at - 1])]
    head = tuple(_head_cell(column) for column in zip(*grid[:heads], strict=True))
    return head, tuple(tuple(Cell(cell.blocks, cell.alignment) if cell else Cell(()) for cell in row) for row in body)


def _whole_grid(rows: list[Row], most: int) -> Grid:
    """Return the cell at each place of a table; columns that only spans make are one."""
    parts = groupby(rows, key=lambda row: row[0])
    grid = [row for _, part in parts for row in _grid([cells for _, cells in part], most)]
    width = max(map(len, grid), default=0)
    if width * len(grid) > most:
        raise OverflowError(f"{width * len(grid):,} cells")
    grid = [row + [None] * (width - len(row)) for row in grid]
    columns = [at for at in range(width) if not at or any(row[at] is not row[at - 1] for row in grid)]
    return [[row[at] for at in columns] for row in grid]


def _is_head(row: list[HtmlCell | None]) -> bool:
    """Return whether a row holds heads only, behind an empty corner."""
    corner = next((at for at, cell in enumerate(row) if cell and cell.blocks), 0)
    return any(row) and all(cell is None or cell.is_head for cell in row[corner:])


def _grid(rows: list[tuple[HtmlCell, ...]], most: int) -> Grid:
    """Return the cell at each place of one part of a table; no cell reaches beyond its part."""
    grid: Grid = [[] for _ in rows]
    places = 0
    for top, cells in enumerate(rows):
        left = 0
        for cell in cells:
            while left < len(grid[top]) and grid[top][left] is not None:
                left += 1
            below = grid[top : top + cell.rows] if cell.rows else grid[top:]
            places += len(below) * cell.columns
            if places > most:
                raise OverflowError(f"{places:,} cells")
            for row in below:
                row.extend([None] * (left + cell.columns - len(row)))
                if any(row[left : left + cell.columns]):
                    raise OverlapError
                row[left : left + cell.columns] = [cell] * cell.columns
            left += cell.columns
    return grid


def _head_cell(column: tuple[HtmlCell | None, ...]) -> Cell:
    """Return the cells above a column as one, each once."""
    cells = [cell for cell in dict.fromkeys(column) if cell and cell.blocks]
    if not all(isinstance(block, Plain) for cell in cells for block in cell.blocks):
        return Cell(tuple(chain.from_iterable(cell.blocks for cell in cells)))
    texts = [block for cell in cells for block in cell.blocks if isinstance(block, Plain)]
    parted = [(Str(":"), Space(), *block.content) if at else block.content for at, block in enumerate(texts)]
    content = tuple(chain.from_iterable(parted))
    return Cell((Plain(content, texts[0].line),) if texts else (), cells[0].alignment if cells else "")
