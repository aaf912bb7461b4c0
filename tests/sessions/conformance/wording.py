"""The words of handouts against their sources, on the page and through the structure tree."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from pipeline.config import Config, load_config
from pipeline.writers import installed_writers
from tests.pdf_reading import Element, tree
from tests.published_words import (
    Published,
    caption_lines,
    excused_lines,
    expected,
    labels,
    missing_captions,
    said_again,
    said_in_bands,
    unmarked_faults,
)
from tests.sessions.conformance.projects import Handout
from tests.word_for_word import Word, words_of

_SPLIT = re.compile("[\x02\ufffe]")
"""What PDFium says for a hyphen at a line's end."""
_BROKEN = re.compile(rf"\w+(?:{_SPLIT.pattern}\w+)+")


@dataclass(frozen=True, slots=True)
class Wording:
    """What the handouts of a project may and must say."""

    config: Config
    vocabulary: set[str]
    """What writers add."""
    excused: Mapping[str, set[int]]
    """Lines of sources that a finding names as moved or left out."""

    def faults(self, handout: Handout) -> tuple[str, ...] | None:
        """Return how a handout differs from its source; None where it holds several."""
        if len(handout.sources) != 1:
            return None
        (source,) = handout.sources
        path = self.config.folder / source
        wanted, notes = expected(path, handout.title, self.config)
        markdown = path.read_text("utf-8-sig")
        own = self.vocabulary | set(words_of(f"{source} {markdown}".casefold()))
        excused = self.excused.get(source, set())
        on_page = _read_pages(handout.path, own)
        if not handout.is_whole:
            strange = sorted({word for word in on_page.body if word.casefold() not in own and not word.isdigit()})
            return (f"added: {' '.join(strange)}",) if strange else ()
        pictures = caption_lines(markdown) - excused
        lost = missing_captions(pictures, wanted, on_page)
        excused = excused | pictures
        required = [word for word in wanted if word.line not in excused]
        again = (*said_again(markdown), *said_in_bands(handout.path))
        return (*lost, *unmarked_faults(wanted, notes, on_page, own, excused, again), *_of_tree(handout.path, required))


def wording_of(folder: Path) -> Wording:
    """Return what the handouts of a published project may and must say."""
    config = load_config(folder, installed_writers())
    report = json.loads((folder / "outputs/report.json").read_text("utf-8"))
    return Wording(config, labels(config), excused_lines(report))


def _read_pages(path: Path, known: set[str]) -> Published:
    """Return the words of the pages, in the order in which readers without a sense for structure take them.

    A hyphen at a line's end is one that the source has, or one of a word split in a narrow column of a table: a word
    that is known whole was split.
    """
    import pypdfium2

    def joined(broken: re.Match[str]) -> str:
        first, *others = _SPLIT.split(broken[0])
        for gaps in product(("", "-"), repeat=len(others)):
            whole = first + "".join(gap + part for gap, part in zip(gaps, others, strict=True))
            if {word.casefold() for word in words_of(whole)} <= known:
                return whole
        return _SPLIT.sub("-", broken[0])

    document = pypdfium2.PdfDocument(path)
    plain = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return Published("handout", tuple(words_of(_BROKEN.sub(joined, plain))), Counter())


def _read_tree(element: Element) -> str:
    """Return all that a screen reader says, the labels of lists too: they hold the terms that a list defines."""
    return " ".join(kid if isinstance(kid, str) else _read_tree(kid) for kid in element.kids)


def _of_tree(path: Path, required: list[Word]) -> Iterator[str]:
    """Yield the first word that a screen reader does not come to.

    Letters are compared, since a word that a link or bold type divides is in pieces in the tree.
    """
    read = "".join(words_of(_read_tree(tree(path.read_bytes()))))
    at = 0
    for word in required:
        here = read.find(word.text, at)
        if here < 0:
            yield f"line {word.line}: not in the structure tree, or out of order: {word.text}"
            return
        at = here + len(word.text)
