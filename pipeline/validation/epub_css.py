"""Checks of EPUB style sheets for CSS that EPUBCheck passes but older reading systems do not support."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_UNSAFE_CONSTRUCTS = {
    "a grid or a flexible box": r"display\s*:\s*(inline-)?(grid|flex)",
    "a variable": r"var\(|(?<=[;{\s])--[\w-]+\s*:",
    "a newer selector": r":(has|is|where)\(",
    "a newer function": r"\b(calc|clamp|min|max|color-mix|light-dark|env)\(",
    "a newer property": r"(?<=[;{\s])(gap|inset|aspect-ratio|(margin|padding|border)-(inline|block)[\w-]*)\s*:",
    "a newer rule": r"@(import|layer|container|supports|property)\b",
    "a place outside the flow": r"position\s*:\s*(fixed|absolute|sticky)",
    "a file from outside": r"url\(\s*[\"']?\s*(https?:)?//",
}
_URL_FUNCTIONS = frozenset({"url", "src", "image-set"})
"""Functions whose strings are addresses. Source: CSS Values 4, section 4.5; CSS Images 4, section 2.4."""


def unsafe_css(sheet: str) -> tuple[tuple[int, str], ...]:
    """Return the CSS of a style sheet that older readers do not support: line and description."""
    rules = _CSS_COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), sheet)
    places = [
        (found.start(), what)
        for what, pattern in _UNSAFE_CONSTRUCTS.items()
        for found in re.finditer(pattern, rules, re.IGNORECASE)
    ]
    places += _misplaced_rules(rules)
    return tuple((rules.count("\n", 0, place) + 1, what) for place, what in sorted(places))


def files_in_css(sheet: str) -> tuple[tuple[int, str], ...]:
    """Return the files that a style sheet loads: line and address."""
    import tinycss2

    return tuple(_named_addresses(tinycss2.parse_component_value_list(sheet)))


def _named_addresses(nodes: Iterable[Any]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if node.type == "url":
            yield node.source_line, node.value
        elif node.type == "function":
            if node.lower_name in _URL_FUNCTIONS:
                yield from ((part.source_line, part.value) for part in node.arguments if part.type == "string")
            yield from _named_addresses(node.arguments)
        elif node.type.endswith(" block"):
            yield from _named_addresses(node.content)


def _misplaced_rules(rules: str) -> Iterator[tuple[int, str]]:
    """Yield nested rules, and the first media query of a sheet that has other rules too."""
    opened: list[bool] = []  # of each enclosing block: it belongs to an at-rule
    media: list[int] = []
    has_more = False
    for part in re.finditer(r"([^{};]*)([{};])", rules):
        prelude, delimiter = part[1].strip(), part[2]
        start = part.end() - len(part[1].lstrip()) - 1
        if delimiter == "}":
            del opened[-1:]
        elif delimiter == "{":
            is_at_rule = prelude.startswith("@")
            if not all(opened):
                yield start, "a nested rule"
            if prelude.lower().startswith("@media"):
                media.append(start)
            elif not opened:
                has_more = True
            opened.append(is_at_rule)
    if media and has_more:
        # Older readers drop the whole sheet.
        yield media[0], "a media query beside other rules"
