"""Footnotes and link definitions."""

from __future__ import annotations

import pytest

from pipeline.model import Note, text, walk
from pipeline.reading.footnotes import repair_footnotes
from pipeline.reading.lines import FindingCollector, NestingError, SourceLine
from tests.reading.markdown import SOURCE, built, stepped


def test_a_footnote_that_refers_to_itself_loses_that_reference() -> None:
    changed, codes = stepped(repair_footnotes, "Ryg[^1].\n\n[^1]: Se [^1].")

    assert changed == "Ryg[^1].\n\n[^1]: Se ."
    assert codes == ["note-loop"]


def test_footnotes_in_a_circle_are_opened() -> None:
    changed, codes = stepped(repair_footnotes, "Ryg[^a].\n\n[^a]: Se [^b].\n\n[^b]: Se [^a].")

    assert changed.split("\n")[0] == "Ryg[^a]."
    assert set(codes) == {"note-loop"}


def test_the_text_of_an_unused_footnote_is_not_lost() -> None:
    changed, codes = stepped(repair_footnotes, "Ryg[^1].\n\n[^1]: Kilde.\n[^2]: Glemt kilde.")

    assert changed == "Ryg[^1].\n\n[^1]: Kilde.\n\nGlemt kilde."
    assert codes == ["note-unused"]


def test_a_mark_without_footnote_is_not_printed() -> None:
    assert stepped(repair_footnotes, "Ryg[^9].") == ("Ryg.", ["note-missing"])


def test_a_footnote_within_a_footnote_stays() -> None:
    text = "Ryg[^1].\n\n[^1]: Se[^2].\n\n[^2]: Mere."

    assert stepped(repair_footnotes, text) == (text, [])


def test_a_long_chain_of_footnotes_is_refused() -> None:
    chain = "Ryg[^0].\n\n" + "\n".join(f"[^{number}]: Se [^{number + 1}]" for number in range(12)) + "\n[^12]: Slut"

    with pytest.raises(NestingError, match="footnotes within footnotes") as refused:
        stepped(repair_footnotes, chain)
    assert refused.value.line == 3


def test_an_address_that_no_link_uses_is_printed() -> None:
    changed, codes = stepped(repair_footnotes, "Se [ryg][a].\n\n[a]: https://ryg.example\n[1]: https://kilde.example")

    assert changed.split("\n")[2:] == ["[a]: https://ryg.example", r"\[1\]: https://kilde.example"]
    assert codes == ["link-definition-unused"]


def test_lines_that_share_a_number_are_told_apart() -> None:
    findings = FindingCollector(SOURCE)

    changed = repair_footnotes(
        (SourceLine("[^1]: Se [^1].", 1), SourceLine("", 1), SourceLine("Ryg[^1].", 1)), findings
    )

    assert [line.text for line in changed] == ["[^1]: Se .", "", "Ryg[^1]."]


def test_a_footnote_that_is_referred_to_twice_is_the_same_one() -> None:
    blocks, _ = built("Hvil[^1].\n\nBevæg dig[^1] og drik[^2].\n\n[^1]: Lancet\n[^2]: BMJ")

    notes = [node for node in walk(blocks) if isinstance(node, Note)]
    assert [text(note.blocks) for note in notes] == ["Lancet", "Lancet", "BMJ"]
    assert len(set(notes)) == 2
