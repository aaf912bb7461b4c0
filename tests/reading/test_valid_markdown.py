"""Valid Markdown: the repairs take no structure away that pandoc finds in the text as it stands."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Block,
    BlockQuote,
    BulletList,
    Callout,
    CodeBlock,
    DefinitionList,
    Figure,
    OrderedList,
    Table,
)
from pipeline.model import text as words_of
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.lines import MARKER, FindingCollector, Lines
from pipeline.reading.pandoc import PandocDocument, PandocFailure, parse_many
from tests.reading.markdown import SOURCE, Resolver, all_repaired, lines, markdown

Rows = list[str]


def indented(rows: Rows, mark: str) -> Rows:
    rest = " " * len(mark)
    return [mark + rows[0], *(rest + row if row else "" for row in rows[1:])]


def below(blocks: list[Rows]) -> Rows:
    """Return blocks one below the other; text parts two lists, since a repair reads from numbers where one begins."""
    rows: Rows = []
    for block in blocks:
        rows += ["", "Tekst."] if rows and MARKER.match(block[0]) else []
        rows += ["", *block] if rows else block
    return rows


def listed(mark: str, items: list[list[Rows]], is_loose: bool) -> Rows:
    """Return a list of items, each some blocks."""
    written: Rows = []
    for number, blocks in enumerate(items, 1):
        rows = below(blocks)
        own = f"{number}{mark[1:]}" if mark[0] == "1" else mark
        written += [""] if written and is_loose else []
        written += indented(rows, own)
    return written


def quoted(blocks: list[Rows]) -> Rows:
    return [f"> {row}".rstrip() for row in below(blocks)]


WORDS = st.sampled_from(
    ["Ryggen er stærk", "Gå en tur", "Hvil en **kort** stund", "Drik vand", "Læs `a|b` og [mere](/x)"]
)
LEAVES = st.one_of(
    WORDS.map(lambda words: [words]),
    WORDS.map(lambda words: [words + ",", "og så videre."]),
    st.sampled_from(
        [["| A | B |", "|---|---|", "| 1 | 2 |"], ["| A |", "|---|", "| 1 |"], ["A | B", "--|--", "1 | 2", "3 | 4"]]
    ),
    st.sampled_from([["```", "- a", "", "| b |", "```"], ["~~~ python", "x = 1", "~~~"]]),
    st.just(["![Ryg](/ryg.png)"]),
    st.sampled_from(
        [["- [ ] Vand", "- [x] Frugt"], ["Ord", ":   Forklaring"], ["___"], ["**Fed** og *skrå*.  ", "Linje to."]]
    ),
)
MARKS = st.sampled_from(["- ", "* ", "+ ", "1. ", "1) ", "-   ", "1.  "])


def containers(inner: st.SearchStrategy[Rows]) -> st.SearchStrategy[Rows]:
    blocks = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(listed, MARKS, st.lists(blocks, min_size=1, max_size=3), st.booleans()),
        blocks.map(quoted),
        blocks.map(lambda inside: quoted([["[!TIP]", *below(inside)]])),
        blocks.map(lambda inside: ["::: {.tip}", *below(inside), ":::"]),
    )


BLOCKS = st.recursive(LEAVES, containers, max_leaves=8)
ARTICLES = st.lists(BLOCKS, min_size=1, max_size=4).map(below).map("\n".join)


@settings(max_examples=200, deadline=None)
@given(ARTICLES)
def test_no_structure_of_valid_markdown_is_lost(text: str) -> None:
    repaired, _ = all_repaired(lines(text))
    if repaired == lines(text):
        return

    untouched, ours = parse_many([text + "\n", markdown(repaired) + "\n"], 30)

    assert structure(_blocks(ours, repaired)) == structure(_blocks(untouched, lines(text)))


def _blocks(document: PandocDocument | PandocFailure, source: Lines) -> tuple[Block, ...]:
    assert isinstance(document, PandocDocument)
    return build_blocks(document, source, FindingCollector(SOURCE), Resolver())


def structure(blocks: tuple[Block, ...]) -> list[Any]:
    """Return what the blocks are and hold; whether a list is loose does not matter."""
    return [_structure(block) for block in blocks]


def _structure(block: Block) -> Any:
    match block:
        case BulletList(items):
            return ["list", *map(structure, items)]
        case OrderedList(items, start):
            return [f"list from {start}", *map(structure, items)]
        case BlockQuote(blocks):
            return ["quotation", *structure(blocks)]
        case Table(head, rows):
            return ["table", *([words_of((cell,)) for cell in row] for row in (head, *rows))]
        case Callout(kind, blocks, title):
            return [kind, words_of(title), *structure(blocks)]
        case DefinitionList(entries):
            return ["terms", *([words_of(term), *map(structure, texts)] for term, texts in entries)]
        case CodeBlock(code):
            return ["code", code]
        case Figure(image):
            return ["picture", image.alt]
        case _:
            return words_of((block,))
