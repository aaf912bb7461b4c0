"""Words that a writer adds inside an article are in its language, also in an edition of another one."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest
from lxml import etree, html

from pipeline.model import Callout, Edition
from pipeline.writers import epub, handout, newsletter
from tests.makers import article, changed, contents, everything, job, para
from tests.pdf_reading import tree


def bound(language: str) -> Edition:
    """Return a Danish edition of one article in another language, with all that has labels."""
    made = changed(everything(), id="blog/b", language=language)
    boxes = tuple(Callout(kind, (para("Box."),)) for kind in ("warning", "tip", "important"))
    made = replace(made, blocks=(*made.blocks, *boxes))
    front = article(id="samling", title="Samling", blocks=(), contents=contents(("blog/b",), blog_b="full"))
    return Edition(front, (made,))


def shown(format_: str, edition: Edition) -> str:
    """Return the words of the edition's article in a format."""
    writer = {"epub": epub, "handout": handout}.get(format_, newsletter)
    made = {
        artifact.name.rpartition(".")[2]: artifact.data
        for artifact in writer.write(edition, job(writer, edition)).artifacts
    }
    match format_:
        case "epub":
            with zipfile.ZipFile(io.BytesIO(made["epub"])) as book:
                found = "".join(map(str, etree.fromstring(book.read("EPUB/chapter-001.xhtml")).itertext()))
        case "handout":
            whole = tree(made["pdf"])
            # References and dates of a chapter are a section at the end of the edition.
            ends = [part for end in whole.find("Sect") if end.find("H1") for part in end.find("Sect")]
            found = " ".join(part.text for part in (*whole.find("Art")[1:], *ends))
        case "newsletter":
            (card,) = html.document_fromstring(made["html"]).xpath("//td[@lang]")
            found = card.text_content()
        case _:
            found = made["txt"].decode().partition("Ondt i ryggen")[2]
    return re.sub(r"\s+", " ", found)


EVERYWHERE = ("The main points", "See a doctor if …", "Warning", "Important", "References")
LABELS = {
    "epub": (*EVERYWHERE, "Notes", "Read also", "Last reviewed"),
    "handout": (*EVERYWHERE[:-1], "Notes", "Updated"),
    "newsletter": (*EVERYWHERE, "Notes", "Read also", "Updated"),
    "text": (*EVERYWHERE, "note 1", "Read also", "Updated"),
}
DANISH = (
    "Det vigtigste",
    "Søg læge, hvis …",
    "Advarsel",
    "Vigtigt",
    "Referencer",
    "Læs også",
    "Opdateret",
    "Skrevet af",
)


@pytest.mark.parametrize("format_", LABELS)
def test_an_english_article_of_a_danish_edition_has_english_labels(format_: str) -> None:
    words = shown(format_, bound("en"))

    assert [label for label in LABELS[format_] if label not in words] == []
    assert [label for label in DANISH if label in words] == []


@pytest.mark.parametrize("format_", LABELS)
def test_an_article_in_a_language_without_words_has_those_of_its_edition(format_: str) -> None:
    words = shown(format_, bound("is"))

    assert "Det vigtigste" in words
    assert "Søg læge, hvis …" in words
