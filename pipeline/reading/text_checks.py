"""Checks on finished text: phrases that need a screen ("click here"), and leftover markup."""

from __future__ import annotations

import re

from pipeline.languages import together
from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    DefinitionList,
    Div,
    Emph,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    SoftBreak,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    Table,
    text,
    walk,
)
from pipeline.reading.lines import FindingCollector
from pipeline.registry import warning_rule

_SCREEN = re.compile("|".join(together().screen), re.IGNORECASE)
_HINT = re.compile(together().screen_signs, re.IGNORECASE)


def find_screen_phrases(blocks: tuple[Block, ...], record: FindingCollector) -> None:
    """Record wording that needs a screen, in all that is printed."""
    for block in blocks:
        match block:
            case Para(content) | Plain(content) | Header(_, content):
                _check_paragraph(content, block.line, record)
            case Div(inside, _, media) if media and "print" not in media:
                continue
            case Div(inside) | BlockQuote(inside) | Callout(_, inside):
                find_screen_phrases(inside, record)
            case BulletList(items) | OrderedList(items):
                for item in items:
                    find_screen_phrases(item, record)
            case DefinitionList(entries):
                for _, definitions in entries:
                    for definition in definitions:
                        find_screen_phrases(definition, record)
            case Table(head, rows):
                for cell in (*head, *(cell for row in rows for cell in row)):
                    _check_cell(cell, block.line, record)
            case _:
                continue


_LEFTOVER_MARKUP = re.compile(
    r"\]\(|!\[|\[\^|#{2,}|\|\||^\|.*\|$|:::|~~|`"
    r"|\{[.#:]?[A-Za-zÀ-ÖØ-öø-ÿ_][\w-]*(?:[ =][^{}]*)?\}"
    # Between figures they are kept on purpose, and `*` behind a word or at a line's beginning marks a remark.
    r"|(?<![\d*])\*\*(?!\*)|\*\*(?![\d*])"
    r"|(?<=[ (])[*_](?=[^\W\d_])"
)
_MARKUP_SIGNS = frozenset("[]({#|:~`*_")


@warning_rule(
    "markup-left",
    "Signs of Markdown in the finished text: something that was meant as markup is printed as it stands.",
    "`](`, `##` or `{word}` in a sentence",
    "Mend the markup, or put a backslash before each sign and accept the finding.",
)
def find_leftover_markup(blocks: tuple[Block, ...], record: FindingCollector) -> None:
    """Record what looks like markup in the finished text: it was meant as such, and will be printed."""
    for node in walk(blocks):
        match node:
            case Para(content) | Plain(content) | Header(_, content):
                plain = _printed_text(content)
                left = _LEFTOVER_MARKUP.search(plain) if not _MARKUP_SIGNS.isdisjoint(plain) else None
                if left:
                    shown = plain[max(0, left.start() - 20) : left.end() + 20].strip()
                    record.add("markup-left", node.line, f"{left[0][:30]!r} is printed as it stands: {shown!r}")
            case _:
                continue


def _printed_text(content: tuple[Inline, ...]) -> str:
    """Return the words of a paragraph, without code, addresses and footnotes."""
    pieces: list[str] = []
    waiting = list(reversed(content))
    while waiting:
        match waiting.pop():
            case Str(words):
                pieces.append(words)
            case Note() | Image():
                continue
            case Code():
                pieces.append("x")
            case Link(_, address) as link if text(link.content) == address.removeprefix("mailto:"):
                pieces.append("x")
            case Space() | SoftBreak() | LineBreak():
                pieces.append(" ")
            case Emph(inside) | Strong(inside) | Strikeout(inside) | Superscript(inside) | Subscript(inside):
                waiting.extend(reversed(inside))
            case Span(inside) | Link(inside):
                waiting.extend(reversed(inside))
    return "".join(pieces)


def _check_cell(cell: Cell, line: int, record: FindingCollector) -> None:
    for block in cell.blocks:
        if isinstance(block, Plain | Para):
            _check_paragraph(block.content, line, record)


@warning_rule(
    "screen-wording",
    "Wording that needs a screen, in an article that is printed too.",
    "`Klik her`, `videoen ovenfor`",
    "Say where it is to be found, or mark the block `::: {.web-only}`.",
)
def _check_paragraph(content: tuple[Inline, ...], line: int, record: FindingCollector) -> None:
    words = text(content)
    if not _HINT.search(words):
        return
    for match in _SCREEN.finditer(words):
        record.add("screen-wording", line, f"{match[0].strip()!r} points at a screen; on paper it leads nowhere")
