"""Facts: what the text of an article says by its structure, in one form for the model and for every finished file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace

MARK = "\u27e6{}\u27e7"
"""A footnote mark within a text, by the number of its note."""
LINK, RAISED, STRUCK, UNSTRUCK, BULLET, HYPHEN = "\ue000L", "\ue000^", "\ue000(", "\ue000)", "\ue000*", "\ue000-"
END = "\ue001"
"""Beginnings and end of what a medium may add within a text of the model: `\ue000Ltel:112\ue001`."""
_ADDED = {RAISED: r"\^?", STRUCK: r"(?:\([^():]*:)?", UNSTRUCK: r"\)?", BULLET: r"(?:[-•]|\w{1,6}[.)])?", HYPHEN: "-?"}
_TOKEN = re.compile("\ue000(.)([^\ue001]*)\ue001")
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFE0F))
_LETTERS = 26
_NOTE_START = 12
"""Characters by which a note is told from others."""


def squeezed(words: str) -> str:
    """Return text without white space and invisible characters: lines break elsewhere in each format."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", words.translate(_INVISIBLE)))


def counted(number: int, style: str) -> str:
    """Return the number of an item in a style, by the values of `type` in HTML: 1, a, A, i or I."""
    letters = chr(ord("a") + number - 1) if number <= _LETTERS else ""
    tens, ones = divmod(number, 10)
    roman = "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
    shown = {"a": letters, "A": letters.upper(), "i": roman, "I": roman.upper()}.get(style, "")
    return shown or str(number)


def bare(words: str) -> str:
    """Return text of the model without what a medium may add."""
    return _TOKEN.sub(lambda token: "-" if token[0].startswith(HYPHEN) else "", words)


def pattern(words: str) -> str:
    """Return the expression that a text of the model, as a medium shows it, matches; each link gives a group."""
    pieces = []
    at = 0
    for token in _TOKEN.finditer(words):
        pieces.append(re.escape(words[at : token.start()]))
        # An address stands behind the words of its link, in brackets; behind a host stands the rest of it.
        pieces.append(
            r"(\((?:[^()]|\([^()]*\))*\)|/[^()]*?)?" if token[0].startswith(LINK) else _ADDED["\ue000" + token[1]]
        )
        at = token.end()
    return "".join(pieces) + re.escape(words[at:])


def links_in(words: str) -> list[str]:
    """Return the addresses of the links of a text of the model."""
    return [token[2] for token in _TOKEN.finditer(words) if token[0].startswith(LINK)]


@dataclass(frozen=True, slots=True)
class Words:
    """A text without white space: a heading, a paragraph, a caption."""

    text: str
    line: int = 0
    is_cell: bool = False
    """It stands in a table, which paper may turn: it is compared as a cell."""
    is_caption: bool = False
    """It stands below a picture, which paper may place elsewhere in its section."""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a numbered list, with its first paragraph."""

    number: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its rows, each with all its cells; the first is its head where it has one."""

    rows: tuple[tuple[str, ...], ...]
    has_head: bool
    line: int = 0
    is_turned: bool = False
    """Its rows are printed as columns."""
    is_listed: bool = False
    """Each of its rows is printed as a table of its own, below its first cell; the first head stands there too."""


@dataclass(frozen=True, slots=True)
class Address:
    """A link to the web, to a telephone or to a mailbox, with its words."""

    address: str
    text: str
    line: int = 0


@dataclass(slots=True)
class Facts:
    """What an article says, in the order of reading."""

    headings: list[Words] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    tables: list[Grid] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    notes: dict[str, Words] = field(default_factory=dict)
    """By number."""
    blocks: list[Words] = field(default_factory=list)
    """Every paragraph; in a file: one, with all its text."""

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks)

    def with_notes_named(self) -> Facts:
        """Return the facts with the beginning of its note in each mark: an excerpt numbers its notes anew."""
        names = {number: bare(note.text).replace("-", "")[:_NOTE_START] for number, note in self.notes.items()}

        def named(words: str) -> str:
            return re.sub(
                "\u27e6(.*?)\u27e7", lambda mark: MARK.format(names.get(mark[1], f"no note {mark[1]}")), words
            )

        return Facts(
            [Words(named(each.text), each.line) for each in self.headings],
            [Item(each.number, named(each.text), each.line) for each in self.items],
            [replace(each, rows=tuple(tuple(map(named, row)) for row in each.rows)) for each in self.tables],
            [Address(each.address, named(each.text), each.line) for each in self.addresses],
            {number: Words(named(note.text), note.line) for number, note in self.notes.items()},
            [replace(each, text=named(each.text)) for each in self.blocks],
        )
