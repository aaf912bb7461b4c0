"""Levels of help: each box of an article is a box in a file too, with all its words, below some that say its level."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pipeline.model import Article, Callout, CalloutKind, help_boxes
from tests.oracle.comparing import Compared
from tests.oracle.facts import pattern
from tests.oracle.model import facts_of

_SAID: dict[CalloutKind, str] = {
    "emergency": "112",
    "out-of-hours": "lægevagt|vagtlæge|doctoroncall|out-of-hours",
    "see-doctor": "læge|hjælp|lægevagt|112|doctor|help",
    "warning": "advarsel|fare|paspå|warning|danger",
    "caution": "opmærksom|forsigtig|obs|paspå|stop|caution|careful",
}
"""What a patient reads at the head of a box, in one word or another."""


def compare_levels(article: Article, boxes: Iterable[str], medium: str) -> Compared:
    """Compare the boxes of help of an article with those of a file.

    Args:
        boxes: The text of every section of the file that may be one, without white space.
    """
    compared = Compared()
    found = list(boxes)
    for box in help_boxes(article.blocks, medium):
        compared.counts["levels of help"] += 1
        if not any(_is_box(box, article, text, medium) for text in found):
            compared.say(box.line, f"levels of help: no box says {box.kind}")
    return compared


def _is_box(box: Callout, article: Article, text: str, medium: str) -> bool:
    bare = replace(article, meta=replace(article.meta, title="", lead="", key_points=()), blocks=(box,), hero=None)
    at, head = 0, ""
    for said in facts_of(bare, medium).blocks:
        if "\u27e6" in said.text:  # marks of footnotes look different in each format
            continue
        there = re.compile(pattern(said.text)).search(text, at)
        if there is None:
            return False
        at = there.end()
        head = head or text[:at]
    return bool(re.search(_SAID[box.kind], head, re.IGNORECASE))
