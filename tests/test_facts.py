"""What one article says is the same on paper, in the book, in the mail and in the mail's text part."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from lxml import etree, html

from pipeline.config import load_config
from pipeline.model import Article, Callout, Header, Link, text, walk
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.writers import installed_writers
from tests.word_for_word import words_of

REPOSITORY = Path(__file__).parent.parent
ID = "blog/ondt-i-laenden"


@pytest.fixture(scope="module")
def article() -> Article:
    config = load_config(REPOSITORY, installed_writers())
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    (result,) = read_articles([source for source in sources if source.id == ID], config, roots, {})
    assert result.article is not None
    return result.article


def pages(outputs: Path) -> dict[str, tuple[str, set[str]]]:
    """Return the text and the web addresses of each output."""
    with zipfile.ZipFile(outputs / f"epub/{ID}.epub") as book:
        chapter = etree.fromstring(book.read("EPUB/chapter-001.xhtml"))
    mail = html.fromstring((outputs / f"newsletter/{ID}.html").read_bytes())
    twin = (outputs / f"newsletter/{ID}.txt").read_text("utf-8")
    paper = pypdfium2.PdfDocument(outputs / f"handout/{ID}.pdf")
    printed = "\n".join(page.get_textpage().get_text_range().replace("\x02", "-") for page in paper)
    paper.close()
    return {
        "handout": (printed, _printed_links(outputs / f"handout/{ID}.pdf")),
        "epub": ("".join(chapter.itertext()), _links(chapter)),
        "newsletter": (mail.text_content(), _links(mail)),
        "text": (twin, set(re.findall(r"https://[^\s)]+", twin))),
    }


def _links(tree: etree._Element) -> set[str]:
    return {str(link.get("href")) for link in tree.iter("{*}a", "a")}


def _printed_links(path: Path) -> set[str]:
    with pikepdf.open(path) as document:
        return {
            str(note.A.URI)
            for page in document.pages
            for note in page.get("/Annots", [])
            if note.get("/Subtype") == "/Link" and "/A" in note and "/URI" in note.A
        }


@pytest.mark.parametrize("format_", ["handout", "epub", "newsletter", "text"])
def test_each_output_has_title_headings_warnings_and_links(samples: Path, article: Article, format_: str) -> None:
    shown, links = pages(samples)[format_]
    plain = " ".join(words_of(shown))
    headings = [text((node,)) for node in walk(article.blocks) if isinstance(node, Header)]
    warnings = [text(node.blocks) for node in walk(article.blocks) if isinstance(node, Callout)]
    addresses = {node.address for node in walk(article.blocks) if isinstance(node, Link)}

    assert headings
    assert warnings
    assert len(addresses) == 3
    for said in (article.title, article.lead, *article.meta.key_points, *headings, *warnings):
        assert " ".join(words_of(said)) in plain
    assert addresses <= links


@pytest.mark.parametrize("format_", ["handout", "newsletter", "text"])
def test_each_output_states_the_same_dates(samples: Path, format_: str) -> None:
    shown = re.sub(r"\s+", " ", pages(samples)[format_][0])

    assert "26. oktober 2026" in shown
    assert "Mads Eksempelsen" in shown
