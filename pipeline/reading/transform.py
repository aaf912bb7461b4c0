"""Transforms trees of blocks and inlines, bottom-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from pipeline.model import Block, Inline


def transform_blocks(
    blocks: tuple[Block, ...], change: Callable[[Inline | Block], tuple[Inline | Block, ...] | None]
) -> tuple[Block, ...]:
    """Return blocks in which nodes are exchanged, children before parents.

    Args:
        change: Gets a node and returns what stands in its place; None: the node as it is.
    """
    return _tuple(blocks, change)


def _tuple(nodes: tuple[Any, ...], change: Callable[[Any], tuple[Any, ...] | None]) -> tuple[Any, ...]:
    built: list[Any] = []
    for node in nodes:
        if isinstance(node, tuple):
            built.append(_tuple(node, change))
        elif is_dataclass(node):
            new = _node(node, change)
            instead = change(new)
            built += [new] if instead is None else instead
        else:
            built.append(node)
    return tuple(built)


def _node(node: Any, change: Callable[[Any], tuple[Any, ...] | None]) -> Any:
    changes: dict[str, Any] = {}
    for entry in fields(node):
        value = getattr(node, entry.name)
        if isinstance(value, tuple):
            new = _tuple(value, change)
            if new != value:
                changes[entry.name] = new
    return replace(node, **changes) if changes else node
