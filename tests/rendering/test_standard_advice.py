"""The clinic's box on when to see a doctor: which articles get it, where it stands, and with which lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.config import Publisher
from pipeline.model import Article, Block, Callout, CalloutKind, References, text
from pipeline.rendering.standard_advice import says_when, standard_lines, with_standard_advice
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from tests.makers import article, para, single, words_in

WORDS = load_words(Styles((packaged_styles(),)), "da")
BY_TOPIC = {"ryg": ("du mister kraft",), "søvn": (), "exercise": ("du bliver svimmel",), "other": ("du får feber",)}


def lines(given: Any, **changes: Any) -> tuple[str, ...] | None:
    return standard_lines(article(**changes), Publisher(language="da", see_doctor=given))


def boxed(made: Article, given: Any = ("du får feber",)) -> Article:
    edition = with_standard_advice(single(made), Publisher(language="da", see_doctor=given), lambda _: WORDS)
    assert edition.front == edition.articles[0]
    return edition.front


def box(kind: CalloutKind, *, is_found: bool = False) -> Callout:
    return Callout(kind, (para("Ved feber."),), is_found=is_found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tags": ("Ryg",)}, ("du mister kraft",)),
        ({"tags": ("søvn",)}, ()),
        ({"tags": ("søvn", "ryg")}, ("du mister kraft",)),
        ({"kind": "exercise"}, ("du bliver svimmel",)),
        ({"kind": "exercise", "tags": ("ryg",)}, ("du mister kraft", "du bliver svimmel")),
        ({"tags": ("knæ",)}, ("du får feber",)),
        ({"tags": ("ryg",), "language": "en"}, None),
    ],
)
def test_the_lines_are_those_of_tags_and_kind(changes: dict[str, Any], expected: tuple[str, ...] | None) -> None:
    assert lines(BY_TOPIC, **changes) == expected


def test_plain_lines_are_for_every_article_in_the_publishers_language() -> None:
    assert lines(("du får feber",)) == ("du får feber",)
    assert lines(("du får feber",), language="en") is None
    assert lines({"da": ("feber",), "en": ("fever",)}, language="en-GB") == ("fever",)
    assert lines({"ryg": {"da": ("kraft",), "en": ("strength",)}}, tags=("ryg",), language="en") == ("strength",)
    assert lines({"ryg": ("kraft",)}, tags=("knæ",)) == ()


@pytest.mark.parametrize("kind", ["emergency", "out-of-hours", "see-doctor"])
def test_advice_that_the_author_marked_takes_its_place(kind: CalloutKind) -> None:
    own = article(blocks=(para("Tekst."), box(kind)))

    assert says_when(own)
    assert boxed(own) == own


@pytest.mark.parametrize("kind", ["warning", "caution", "tip"])
def test_a_warning_is_no_advice_on_when_to_see_a_doctor(kind: CalloutKind) -> None:
    shown = boxed(article(blocks=(para("Tekst."), box(kind))))

    assert [getattr(block, "is_added", False) for block in shown.blocks] == [False, False, True]


def test_advice_that_was_only_found_does_not_take_its_place_until_it_is_accepted() -> None:
    found = article(blocks=(para("Tekst."), box("see-doctor", is_found=True)))
    accepted = replace(found, meta=replace(found.meta, accept=("help-found",)))

    both = boxed(found).blocks[-1]

    assert isinstance(both, Callout)
    assert text(both.title) == "Søg også læge, hvis …"
    assert boxed(accepted) == accepted


def test_it_stands_before_the_references() -> None:
    blocks: tuple[Block, ...] = (para("Tekst."), References(words_in("Kilder"), (para("Hansen."),), "referencer"))

    assert [type(block).__name__ for block in boxed(article(blocks=blocks)).blocks] == ["Para", "Callout", "References"]
