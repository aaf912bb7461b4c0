"""The booklet: the pages of the variant `a5`, arranged for the copier."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest

from pipeline.model import Article
from pipeline.rendering.paper_sizes import PdfPageInfo, measure_pages
from pipeline.writers import handout
from tests.makers import article, header, job, para, single

LONG = "Det er godt at bevæge sig hver dag, også når det gør lidt ondt, for kroppen bliver stærkere af at blive brugt. "


def made(article_: Article, *variants: str) -> dict[str, bytes]:
    edition = single(article_)
    options = handout.Options(variants=variants)  # type: ignore[arg-type]  # names, as publish.toml has them
    written = handout.write(edition, job(handout, edition, options=options))
    return {artifact.name.rpartition("/")[2]: artifact.data for artifact in written.artifacts}


def long_article() -> Article:
    return article(blocks=tuple(block for number in range(6) for block in (header(f"Afsnit {number}"), para(LONG * 6))))


def test_a_booklet_holds_the_pages_of_a5_on_a4() -> None:
    files = made(long_article(), "a5", "booklet")

    leaflet, book = measure_pages(files["ondt-i-ryggen.a5.pdf"]), measure_pages(files["ondt-i-ryggen.booklet.pdf"])
    assert book == PdfPageInfo(2 * -(-leaflet.count // 4), 297.0, 210.0)
    front = pypdfium2.PdfDocument(files["ondt-i-ryggen.booklet.pdf"])[0]
    width, height = front.get_size()
    assert "Ondt i ryggen" in front.get_textpage().get_text_bounded(width / 2, 0, width, height)


def test_a_booklet_alone_does_not_bring_the_leaflet() -> None:
    files = made(article(), "booklet")

    assert [name for name in files if name.endswith(".pdf")] == ["ondt-i-ryggen.booklet.pdf"]


@pytest.mark.parametrize(("language", "words"), [("da", "kopimaskinen"), ("en", "copier")])
def test_a_booklet_says_in_its_language_whom_it_is_for(language: str, words: str) -> None:
    files = made(article(language=language, blocks=(para("Keep moving."),)), "booklet")

    with pikepdf.open(io.BytesIO(files["ondt-i-ryggen.booklet.pdf"])) as file:
        assert words in str(file.docinfo["/Subject"])
        assert file.docinfo["/Title"] == "Ondt i ryggen"
