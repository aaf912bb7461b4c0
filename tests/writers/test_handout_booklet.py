"""The booklet: the pages of the variant `a5`, arranged for the copier."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pikepdf
import pypdfium2
import pytest

from pipeline.model import HELP_KINDS, URGENT_KINDS, Article, BulletList, Callout
from pipeline.rendering.paper_sizes import PdfPageInfo, measure_pages
from pipeline.rendering.standard_advice import with_standard_advice
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.writers import handout
from tests.makers import CLINIC, article, header, job, para, plain, single
from tests.writers.test_handout import bound

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


# ---- the back cover

CONTACT = ("Klinik Eksempel", "Eksempelvej 1, 8000 Aarhus C", "70 12 34 56", "kontakt@klinik.example", "klinik.example")


def back_cover(edition: Any, **given: Any) -> str:
    """Return the words on the left half of the first side: the back cover, when the stack is folded."""
    options = handout.Options(variants=("booklet",))
    written = handout.write(edition, replace(job(handout, edition, options=options), **given))
    sheet = pypdfium2.PdfDocument(written.artifacts[0].data)[0]
    width, height = sheet.get_size()
    words = str(sheet.get_textpage().get_text_bounded(0, 0, width / 2, height))
    return " ".join(words.replace("\N{NO-BREAK SPACE}", " ").split())


def box(kind: Any, *signs: str) -> Callout:
    return Callout(kind, (BulletList(tuple((plain(sign),) for sign in signs)),), line=20)


def test_a_blank_back_cover_says_how_to_reach_the_clinic_and_when_to_get_help_by_urgency() -> None:
    boxes = [box(kind, f"tegn på {kind}") for kind in reversed(HELP_KINDS)]
    publisher = replace(CLINIC, out_of_hours="70 11 07 07")
    words = back_cover(single(article(blocks=(para("Tekst."), *boxes))), publisher=publisher)

    emergency, out_of_hours = ("Ring 112", "tegn på emergency"), ("Ring til lægevagten", "Lægevagten: 70 11 07 07")
    help_ = (*emergency, *out_of_hours, "tegn på out-of-hours", "Søg læge", "tegn på see-doctor")
    order = ("Ondt i ryggen", "Når du har brug for hjælp", *help_, *CONTACT)
    places = [words.index(each) for each in order]
    assert places == sorted(places)
    assert "Side" not in words


def test_the_advice_of_the_clinic_is_on_the_back_cover() -> None:
    publisher = replace(CLINIC, see_doctor=("du får feber",))
    words_in_danish = load_words(Styles((packaged_styles(),)), "da")
    edition = with_standard_advice(single(article()), publisher, lambda _: words_in_danish)

    assert "Søg læge, hvis … du får feber Klinik Eksempel" in back_cover(edition, publisher=publisher)


def test_what_is_too_long_for_the_back_cover_is_named_there_with_its_page() -> None:
    boxes = [box(kind, *(f"tegn {number} på {kind}, som er let at se" for number in range(8))) for kind in URGENT_KINDS]
    words = back_cover(single(article(blocks=(para(LONG * 28), *boxes))))

    assert "tegn 7 på emergency" in words
    assert "Ring til lægevagten" in words
    assert "tegn 0 på see-doctor" not in words
    assert words.count("se side") == 2
    assert all(each in words for each in CONTACT)


def test_four_pages_end_with_the_contact_block_and_no_sheet_is_added() -> None:
    blocks = long_article().blocks
    files = made(article(blocks=blocks), "a5", "booklet")

    assert measure_pages(files["ondt-i-ryggen.a5.pdf"]).count == 4
    assert measure_pages(files["ondt-i-ryggen.booklet.pdf"]).count == 2
    words = back_cover(single(article(blocks=blocks)))
    assert all(each in words for each in CONTACT)
    assert "Når du har brug for hjælp" not in words


def test_a_booklet_of_several_articles_has_the_clinic_alone_on_its_back_cover() -> None:
    parts = [article(id=f"blog/{name}", title=name, blocks=(box("emergency", name),)) for name in ("et", "to")]
    words = back_cover(bound(*parts))

    assert all(each in words for each in CONTACT)
    assert "112" not in words


def test_a_back_cover_is_in_the_language_of_the_article() -> None:
    edition = single(article(language="en", blocks=(para("Keep moving."), box("emergency", "you faint"))))
    words = back_cover(edition)

    assert all(each in words for each in ("When you need help", "Call 112", "you faint", "Telephone"))


def test_a_publisher_without_a_name_leaves_a_back_cover_without_help_blank() -> None:
    assert back_cover(single(article()), publisher=replace(CLINIC, name="", see_doctor=())) == ""
