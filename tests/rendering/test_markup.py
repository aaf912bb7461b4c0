"""Blocks to markup: what no writer's own tests see."""

from __future__ import annotations

import re

from pipeline.model import Note, Para, Str
from pipeline.rendering.markup import MarkupRenderer
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.text import TextRenderer
from pipeline.rendering.words import load_words

WORDS = load_words(Styles((packaged_styles(),)), "da")
LANCET, BMJ = (Note((Para((Str(name),)),)) for name in ("Lancet", "BMJ"))


def test_a_footnote_that_is_referred_to_again_is_printed_once() -> None:
    renderer = MarkupRenderer(WORDS, lambda _: None, medium="print")

    marks = renderer.inlines((LANCET, LANCET, BMJ))

    assert re.findall(r'id="([^"]*)" href="([^"]*)"', marks) == [
        ("noteref-1", "#note-1"),
        ("noteref-1_2", "#note-1"),
        ("noteref-2", "#note-2"),
    ]
    assert renderer.notes().count("Lancet") == 1


def test_a_footnote_that_is_referred_to_again_keeps_its_number_in_text() -> None:
    renderer = TextRenderer(WORDS, medium="mail")

    marks = renderer.inlines((LANCET, LANCET, BMJ))

    assert (marks.count("1"), marks.count("2")) == (2, 1)
    assert renderer.notes().count("Lancet") == 1
