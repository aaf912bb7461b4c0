"""Sections left out on paper, read from the finished file: what goes, what must stay, and what the sheet says."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.model import Block, BulletList, Callout, Link, OrderedList, Para, References
from pipeline.writers import Written, handout
from tests.makers import CLINIC, article, header, job, para, plain, single, words_in
from tests.pdf_reading import tree

FAQ = (
    header("Ofte stillede spørgsmål om ryggen", 2, 10),
    para("Her er svarene.", 11),
    header("Hvor længe varer det?", 3, 12),
    para("Ofte et par uger.", 13),
    header("Må jeg løbe?", 3, 14),
    para("Ja, når det ikke gør ondt.", 15),
)
BEFORE, AFTER = (
    (header("Råd", 2, 3), para("Hold dig i gang.", 4)),
    (header("Til sidst", 2, 30), para("God bedring.", 31)),
)


def printed(*blocks: Block, leave_out: Any = ("ofte stillede",), **changes: Any) -> tuple[Written, str]:
    """Return what was written, and the words of the sheet."""
    edition = single(article(blocks=(*BEFORE, *blocks, *AFTER), **changes))
    options = handout.Options(leave_out=leave_out, notes=False)
    written = handout.write(edition, job(handout, edition, options=options, publisher=CLINIC))
    return written, tree(written.artifacts[0].data).text


def codes(written: Written) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in written.findings]


def test_a_section_is_left_out_by_the_beginning_of_its_heading_and_the_sheet_says_so() -> None:
    written, words = printed(*FAQ)

    assert codes(written) == [("handout-left-out", 10)]
    assert "Her er svarene" not in words
    assert "løbe" not in words
    assert "Hold dig i gang. Til sidst God bedring." in words
    assert "Mere på nettet: Ofte stillede spørgsmål om ryggen" in words


def test_without_the_option_everything_is_printed() -> None:
    written, words = printed(*FAQ, leave_out=())

    assert codes(written) == []
    assert "Må jeg løbe? Ja, når det ikke gør ondt." in words
    assert "Mere på nettet" not in words


@pytest.mark.parametrize(("kind", "is_out"), [("exercise", True), ("article", False)])
def test_lists_hold_for_their_kind_of_article(kind: str, *, is_out: bool) -> None:
    written, _ = printed(*FAQ, leave_out={"exercise": ("Ofte",), "all": ("Referencer",)}, kind=kind)

    assert bool(codes(written)) is is_out


MUST_STAY: dict[str, tuple[Block, ...]] = {
    "a box of help": (Callout("see-doctor", (para("Du får feber."),), line=20),),
    "a found passage": (
        Callout(
            "see-doctor",
            (header("Hvornår skal jeg søge læge?", 3, 20), para("Når du får feber.")),
            is_found=True,
            line=20,
        ),
    ),
    "advice in an answer": (header("Er det farligt?", 3, 20), para("Nej. Kontakt din læge, hvis du får feber.", 21)),
    "a dose": (header("Antal gentagelser", 3, 20), para("Lav 3 × 10, og hold pause, når du får feber.", 21)),
    "steps": (header("Sådan gør du", 3, 20), OrderedList(((plain("Løft."),), (plain("Sænk, når du får feber."),)))),
    "a caution": (header("Vær forsigtig", 3, 20), para("Stop, når du får feber.", 21)),
}


@pytest.mark.parametrize("stays", MUST_STAY.values(), ids=MUST_STAY)
def test_help_steps_dose_and_caution_stay_and_are_named(stays: tuple[Block, ...]) -> None:
    written, words = printed(*FAQ, *stays)

    assert codes(written) == [("handout-left-out", 10), ("handout-kept", 20)]
    assert "feber" in words
    assert "Ofte stillede spørgsmål om ryggen" in words
    assert "Må jeg løbe" not in words
    assert not [finding for finding in written.findings if finding.severity == "error"]


def test_nothing_is_left_out_where_no_address_leads_to_it() -> None:
    written, words = printed(*FAQ, address="")

    assert ("handout-kept", 10) in codes(written)
    assert "Må jeg løbe" in words


def test_references_can_be_left_to_the_web() -> None:
    sources = References(words_in("Referencer"), (BulletList(((plain("Prøve 2020"),),)),), "referencer", 40)

    written, words = printed(sources, leave_out=("Referencer",))

    assert codes(written) == [("handout-left-out", 40)]
    assert "Prøve 2020" not in words
    assert "Mere på nettet: Referencer" in words


def test_a_link_to_a_section_that_is_left_out_leaves_its_words() -> None:
    link = Para((Link(words_in("se spørgsmålene"), "#ofte-stillede-spørgsmål-om-ryggen"),), 5)

    written, words = printed(link, *FAQ)

    assert codes(written) == [("handout-left-out", 10)]
    assert "se spørgsmålene" in words


def test_the_pages_of_later_blocks_keep_their_names() -> None:
    """The e-book finds the page of a block by its number in the article."""
    edition = single(article(blocks=(*FAQ, *AFTER)))
    options = handout.Options(leave_out=("Ofte",))

    written = handout.write(edition, job(handout, edition, options=options, publisher=CLINIC))

    assert {"til-sidst", f"_block-{len(FAQ) + 2}"} <= set(written.facts.page_of)
