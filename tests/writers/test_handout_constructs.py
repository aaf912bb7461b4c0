"""One construct, one sheet: rare pieces and odd neighbours, each kept to both standards and read word for word.

The common ones stand in `test_handout.py`; here is what breaks tagged PDF in practice: nesting, empty parts, pieces
that cross pages, and neighbours that templates do not expect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import page as validator
import pytest

from pipeline.model import (
    Article,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
    Emph,
    Figure,
    Header,
    HorizontalRule,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    References,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    Table,
    text,
)
from pipeline.writers import handout
from tests.makers import CLINIC, PICTURE, article, header, job, para, plain, single, words_in
from tests.pdf_reading import Element, tree

LONG = "Det er godt at bevæge sig hver dag, også når det gør lidt ondt, for kroppen bliver stærkere af at blive brugt. "
FIGURE = Figure(Image(PICTURE, "En ryg", 4))
DECORATION = Image(PICTURE, "")
NOTE = Note((para("En note."),), 3)
LINK = Link(words_in("en side"), "https://sundhed.example/")
ITEM = (plain("punkt"),)
LIST = BulletList((ITEM, ITEM))


def cells(*words: str, alignment: Any = "") -> tuple[Cell, ...]:
    return tuple(Cell((plain(word),) if word else (), alignment) for word in words)


HEAD = cells("Vane", "Antal")
ROWS = (cells("Gå", "2"), cells("Sov", "8"))


def in_para(*inlines: Inline) -> Para:
    return Para(inlines)


CONSTRUCTS: dict[str, tuple[Block, ...]] = {
    # ---- lists
    "a list in a list in a quotation": (BlockQuote((BulletList(((plain("a"), LIST),)),)),),
    "a list over two pages": (BulletList(tuple((plain(f"punkt {number}"),) for number in range(90))),),
    "a loose list over two pages": (OrderedList(tuple((para(f"{number} {LONG * 2}"),) for number in range(14))),),
    "a nested list over two pages": (BulletList(tuple((plain(f"punkt {number}"), LIST) for number in range(30))),),
    "a list that begins at ninety-nine": (OrderedList((ITEM, ITEM, ITEM), 99),),
    "letters and Roman numbers": (
        OrderedList((ITEM, (plain("b"), OrderedList((ITEM,), 4, style="I"))), 26, style="a"),
    ),
    "an empty list item": (BulletList((ITEM, (), ITEM)),),
    "a list item with code only": (BulletList(((CodeBlock("kode"),),)),),
    "a list item with a quotation": (BulletList(((BlockQuote((para("citat"),)),),)),),
    "a list item with a box": (BulletList(((plain("a"), Callout("tip", (para("råd"),))),)),),
    "two lists, one after the other": (LIST, OrderedList((ITEM,)), LIST),
    "a list item that is a link": (BulletList(((Plain((LINK,)),),)),),
    "a heading between list items": (BulletList(((plain("a"),), (header("Midt"), plain("b")))),),
    # ---- definitions
    "a term with several definitions of several paragraphs": (
        DefinitionList(((words_in("Lænd"), ((para("et"), para("to")), (para("tre"),))),)),
    ),
    "a bold term with a list as definition": (DefinitionList((((Strong(words_in("Lænd")),), ((LIST,),)),)),),
    "a term without definition": (DefinitionList(((words_in("Lænd"), ()), (words_in("Nakke"), (ITEM,)))),),
    "definitions in a list item": (BulletList(((DefinitionList(((words_in("Lænd"), (ITEM,)),)),),)),),
    # ---- tables
    "a captioned table without head": (Table((), ROWS, words_in("Vaner")),),
    "a caption with a footnote": (Table(HEAD, ROWS, (Str("Vaner"), NOTE)),),
    "a table of empty cells": (Table(HEAD, (cells("", ""), cells("", ""))),),
    "an empty head": (Table(cells("", ""), ROWS),),
    "right-aligned and centred cells": (
        Table(cells("a", alignment="right") + cells("b", alignment="center"), (cells("1", "2", alignment="right"),)),
    ),
    "a table of one column": (Table(cells("Vane"), (cells("Gå"), cells("Sov"))),),
    "a table of head only": (Table(HEAD, ()),),
    "a wide table over three pages": (Table(HEAD * 3, tuple(row * 3 for row in ROWS * 60)),),
    "a cell longer than a page": (Table(HEAD, (cells(LONG * 30, "2"), cells("Sov", "8"))),),
    "a link and a footnote in one cell": (Table(HEAD, ((Cell((Plain((LINK, NOTE)),)), Cell((plain("8"),))),)),),
    "two paragraphs in a cell": (Table(HEAD, ((Cell((para("et"), para("to"))), Cell((plain("8"),))),)),),
    "lists, code and pictures in cells": (
        Table(HEAD, ((Cell((plain("a"), LIST, CodeBlock("kode"))), Cell((Plain((Image(PICTURE, "En ryg"),)),))),)),
    ),
    "boxes, quotations, terms and rules in cells": (
        Table(
            HEAD,
            (
                (Cell((Callout("tip", (para("råd"),)), HorizontalRule())), Cell((BlockQuote((para("citat"),)),))),
                (Cell((DefinitionList(((words_in("Lænd"), (ITEM,)),)),)), Cell((LIST, LIST))),
            ),
        ),
    ),
    "a table in a box": (Callout("note", (Table(HEAD, ROWS),)),),
    "a table in a quotation": (BlockQuote((Table(HEAD, ROWS),)),),
    # ---- notes and links
    "a footnote in a heading": (Header(2, (*words_in("Overskrift"), NOTE), "overskrift"), para("Tekst.")),
    "a footnote in a box": (Callout("warning", (in_para(Str("Pas"), NOTE),)),),
    "a footnote in a quotation in a list": (BulletList(((BlockQuote((in_para(Str("Se"), NOTE),)),),)),),
    "a footnote of a list and a table": (in_para(Str("Se"), Note((para("her"), LIST, Table(HEAD, ROWS)), 3)),),
    "a footnote with a link": (in_para(Str("Se"), Note((in_para(LINK),), 3)),),
    "thirty footnotes": (in_para(*(part for number in range(30) for part in (Str(f"a{number}"), NOTE, Space()))),),
    "a link in a heading": (Header(2, (LINK,), "side"), para("Tekst.")),
    "a link with words and a picture": (
        in_para(Link((*words_in("se"), Space(), Image(PICTURE, "En ryg")), "https://x.example/")),
    ),
    "a link with a picture that only decorates": (in_para(Link((DECORATION, Str("ryg")), "https://x.example/")),),
    "a link of emphasised, struck and raised words": (
        in_para(
            Link((Emph(words_in("a")), Strikeout(words_in("b")), Superscript(words_in("c"))), "https://x.example/")
        ),
    ),
    "two links side by side": (in_para(LINK, Link(words_in("en anden"), "https://y.example/")),),
    "a link to mail and one to a telephone": (
        in_para(Link(words_in("skriv"), "mailto:a@b.example"), Space(), Link(words_in("ring"), "tel:+4570123456")),
    ),
    "a link with a very long address as text": (
        in_para(Link((Str("https://x.example/" + "meget-lang-sti/" * 12),), "https://x.example/")),
    ),
    "references with links": (
        References(words_in("Kilder"), (OrderedList(((in_para(Str("Se"), Space(), LINK),), ITEM)),), "kilder"),
    ),
    "references without a heading": (para("Tekst."), References((), (para("Kilde."),), "referencer")),
    # ---- headings
    "a heading right after a heading": (header("To"), header("Tre", 3), header("Også tre", 3), para("Tekst.")),
    "a heading as last block": (para("Tekst."), header("Slut")),
    "headings down and up again": (
        header("To"),
        header("Tre", 3),
        header("Fire", 4),
        header("Også to"),
        para("Tekst."),
    ),
    "a heading of two lines with a break": (Header(2, (Str("En"), LineBreak(), Str("to")), "en"), para("Tekst.")),
    "a heading in a quotation": (header("To"), BlockQuote((header("Titel", 3), para("citat")))),
    "a heading in a box": (header("To"), Callout("important", (header("Titel", 3), para("Tekst.")))),
    # ---- pictures
    "a decoration between words": (in_para(Str("før"), Space(), DECORATION, Space(), Str("efter")),),
    "a paragraph of a decoration only": (in_para(DECORATION), para("Tekst.")),
    "a picture in a quotation": (BlockQuote((para("citat"), FIGURE)),),
    "a picture in a box": (Callout("tip", (FIGURE, para("Tekst."))),),
    "a picture with a caption of links and notes": (Figure(FIGURE.image, (*words_in("Efter"), Space(), LINK, NOTE)),),
    "a captioned picture that only decorates": (Figure(DECORATION, words_in("Sådan.")), para("Tekst.")),
    "three pictures in a row": (FIGURE, FIGURE, FIGURE),
    "a picture in a heading": (Header(2, (*words_in("Ryg"), Space(), Image(PICTURE, "En ryg")), "ryg"), para("Tekst.")),
    # ---- boxes, quotations and other languages
    "a box in a box in a quotation": (BlockQuote((Callout("tip", (Callout("warning", (para("Pas på."),)),)),)),),
    "a box longer than a page": (Callout("important", (para(LONG * 45),)),),
    "an empty box": (Callout("note", (), words_in("Kun en titel")),),
    "a quotation in a quotation": (BlockQuote((para("ydre"), BlockQuote((para("indre"),)))),),
    "a quotation over two pages": (BlockQuote(tuple(para(LONG * 3) for _ in range(14))),),
    "a foreign span in a link in a bold word": (
        in_para(Strong((Link((Span(words_in("back pain"), language="en"),), "https://x.example/"),))),
    ),
    "a foreign block with a list and a table": (Div((LIST, Table(HEAD, ROWS)), language="en"),),
    "a foreign block in a foreign block": (Div((para("words"), Div((para("Wörter"),), language="de")), language="en"),),
    "an abbreviation in a heading": (Header(2, (Span(words_in("LIX"), title="Læsbarhedsindeks"),), "lix"), para("a")),
    "a block for no reader of paper": (Div((para("skærm"),), media=("web",)), para("Tekst.")),
    # ---- text
    "a very long word": (para("speciallægepraksisplanlægningsstabiliseringsperiode" * 4),),
    "code over two pages": (CodeBlock("\n".join(f"linje {number}" for number in range(90))),),
    "an empty code block": (CodeBlock(""), para("Tekst.")),
    "code with a very long line": (CodeBlock("x" * 300),),
    "line breaks in a row": (in_para(Str("a"), LineBreak(), LineBreak(), Str("b")),),
    "a struck and raised and lowered word": (
        in_para(
            Strikeout((Superscript((Str("a"),)), Subscript((Strong((Code("b"),)),)))),
        ),
    ),
    "rules in a row": (HorizontalRule(), HorizontalRule(), para("Tekst.")),
    "an empty paragraph": (Para(()), para("Tekst.")),
    "a paragraph longer than two pages": (para(LONG * 70),),
    "nothing at all": (),
}


def printed(made: Article) -> bytes:
    edition = single(made)
    written = handout.write(edition, job(handout, edition, publisher=replace(CLINIC, logo="")))
    sheets = [artifact.data for artifact in written.artifacts if artifact.name.endswith(".pdf")]
    assert sheets, [finding.message for finding in written.findings]
    return sheets[0]


def broken_rules(data: bytes) -> list[str]:
    return [
        f"{failure.rule_id}: {failure.message}"
        for profile in ("ua1", "2a")
        for failure in validator.validate_pdf_bytes(data, profile=profile).failures
        if failure.rule_id != "PDFA2A-STREAM-LENGTH-001"  # judged in tests/validation/test_pdf.py
    ]


def letters(value: str) -> str:
    return "".join(value.split())


def read_aloud(element: Element) -> str:
    """Return all that the structure tree says, the terms of definition lists too, which are labels."""
    return " ".join(kid if isinstance(kid, str) else read_aloud(kid) for kid in element.kids)


@pytest.mark.parametrize("blocks", CONSTRUCTS.values(), ids=CONSTRUCTS.keys())
def test_a_rare_construct_keeps_both_standards_and_its_words(blocks: tuple[Block, ...]) -> None:
    data = printed(article(blocks=blocks))

    said = letters(read_aloud(tree(data)))
    assert broken_rules(data) == []
    at = 0
    for word in text(
        tuple(block for block in blocks if not isinstance(block, Div) or "web" not in block.media)
    ).split():
        assert letters(word) in said[at:], word
        at = said.index(letters(word), at) + len(letters(word))


@pytest.mark.parametrize(
    "changes",
    [
        {"key_points": ("Et.", "To."), "hero": FIGURE, "blocks": (References((), (para("Kilde."),), "referencer"),)},
        {"lead": LONG, "blocks": (), "hero": Figure(DECORATION)},
        {"title": "En titel med et meget langt ord: " + "bækkenbundstræningsprogrammer" * 3},
        {"language": "en", "title": "Back pain", "blocks": (Div((para("ord"),), language="da"),)},
        {"published": None, "updated": None, "address": "", "authors": (), "blocks": (para("Kort."),)},
    ],
    ids=["key points, picture and references only", "a lead only", "a long title", "another language", "no facts"],
)
def test_a_rare_article_keeps_both_standards(changes: dict[str, Any]) -> None:
    assert broken_rules(printed(article(**changes))) == []
