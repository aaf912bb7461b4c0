"""What the press prints is what the model says: numbers of lists, bookmarks, addresses, titles."""

from __future__ import annotations

import io
from typing import Any

import page as validator
import pikepdf
import pytest

from pipeline.model import (
    Article,
    Callout,
    Edition,
    Header,
    Link,
    Note,
    OrderedList,
    Para,
    References,
    Related,
    Space,
    Str,
)
from pipeline.writers import Written, handout
from tests.makers import CLINIC, article, contents, header, job, para, plain, single, words_in
from tests.pdf_reading import Element, tree

ALL_VARIANTS = ("standard", "letter", "large-print", "a5", "short", "exercise-card", "exercise-card-a6")


def written(made: Article, **options: Any) -> Written:
    edition = single(made)
    return handout.write(edition, job(handout, edition, options=handout.Options(**options), publisher=CLINIC))


def pdfs(made: Article, **options: Any) -> dict[str, bytes]:
    result = written(made, **options)
    assert not [finding.message for finding in result.findings if finding.severity == "error"]
    return {artifact.name: artifact.data for artifact in result.artifacts if artifact.name.endswith(".pdf")}


def labels(element: Element) -> list[str]:
    return [" ".join(str(kid) for kid in label.kids).strip() for label in element.find("Lbl")]


# ---- lists


def steps(start: int, *words: str) -> OrderedList:
    return OrderedList(tuple((plain(word),) for word in words), start)


@pytest.mark.parametrize("variant", ALL_VARIANTS)
def test_a_list_prints_the_numbers_it_was_written_with(variant: str) -> None:
    nested = OrderedList(((plain("Tre"), steps(4, "Fire", "Fem")), (plain("Seks"),)), 3)
    resumed = (
        steps(5, "Femte", "Sjette"),
        para("Tekst imellem."),
        steps(7, "Syvende", "Ottende"),
        steps(0, "Nul", "En"),
    )
    made = article(kind="exercise", blocks=(*resumed, nested, Callout("tip", (steps(12, "Tolv"),))))

    (data,) = pdfs(made, variants=(variant,)).values()

    found = labels(tree(data))
    whole = ["5.", "6.", "7.", "8.", "0.", "1.", "3.", "4.", "5.", "4.", "12."]
    discs = ["5", "6"]
    expected = {"short": whole[:2], "exercise-card": discs, "exercise-card-a6": discs}
    assert found == expected.get(variant, whole)


# ---- bookmarks


def bookmarks(data: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(data)) as pdf, pdf.open_outline() as outline:

        def below(items: list[pikepdf.OutlineItem]) -> list[str]:
            return [title for item in items for title in (str(item.title), *below(item.children))]

        return below(outline.root)


def test_a_bookmark_has_no_mark_of_a_footnote() -> None:
    note = Note((para("Se kilden."),), 3)
    heading = Header(2, (Str("Om"), Space(), Str('"<smerter>"'), note), "om")
    sources = References((Str("Kilder"), note), (para("En bog."),), "kilder")

    (data,) = pdfs(article(blocks=(heading, para("Tekst."), sources))).values()

    assert bookmarks(data) == [
        "Ondt i ryggen",
        'Om "<smerter>"',
        "Kilder",
        "Noter",
        "Spørgsmål til min behandler",
    ]
    assert [element.text for element in tree(data).find("H2")][:3] == ['Om "<smerter>" 1', "Kilder 1", "Noter"]


# ---- titles


@pytest.mark.parametrize(
    ("title", "printed"), [("Godt gået 🎉", "Godt gået"), ("🎉🧘", "Ondt i ryggen"), ("🎉\ufe0f", "Ondt i ryggen")]
)
def test_metadata_keep_a_title_of_which_print_lacks_signs(title: str, printed: str) -> None:
    made = article(title=title)
    result = written(made)

    data = result.artifacts[0].data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.docinfo["/Title"]) == title
        assert pdf.open_metadata()["dc:title"] == title
    assert tree(data).find("H1")[0].text == printed
    assert bookmarks(data)[0] == printed
    assert {finding.code for finding in result.findings} == {"handout-sign"}


def test_a_list_of_contents_has_words_for_a_title_of_signs_only() -> None:
    made = article(id="blog/god-nat", title="😴")
    front = article(id="editions/ryg", title="Om ryggen", contents=contents((made.id,)))
    edition = Edition(front, (made,))

    data = handout.write(edition, job(handout, edition, publisher=CLINIC)).artifacts[0].data

    assert tree(data).find("Link")[0].text.startswith("God nat")


# ---- addresses


def spoken(element: Element) -> str:
    return element.text.replace(" .", ".")


def linked(*pairs: tuple[str, str]) -> Para:
    return Para(tuple(each for words, address in pairs for each in (Link(words_in(words), address), Str("."), Space())))


CONTACTS: dict[str, tuple[str, str, str]] = {
    "a telephone number": ("ring til os", "tel:+4570123456", "ring til os (70 12 34 56)."),
    "a number that is said": ("70 12 34 56", "tel:+4570123456", "70 12 34 56."),
    "an emergency number": ("Ring 112", "tel:112", "Ring 112."),
    "a short number": ("lægevagten", "tel:1813", "lægevagten (1813)."),
    "a number abroad": ("Malmö", "tel:+46401234567", "Malmö (+46401234567)."),
    "a text message": ("sms", "sms:70123456", "sms (70 12 34 56)."),
    "a mail address": ("skriv", "mailto:hej@example.dk?subject=Tid%20til%20pr%C3%B8ve", "skriv (hej@example.dk)."),
    "a mail address that is said": ("Skriv til Hej@example.dk", "mailto:hej@example.dk", "Skriv til Hej@example.dk."),
    "a place in the article": ("se afsnittet", "#hold-dig-i-gang", "se afsnittet."),
}


@pytest.mark.parametrize(("words", "address", "printed"), CONTACTS.values(), ids=CONTACTS)
def test_a_number_or_mail_address_stands_behind_its_words(words: str, address: str, printed: str) -> None:
    made = article(blocks=(header("Hold dig i gang"), linked((words, address))))

    (data,) = pdfs(made).values()

    assert spoken(next(each for each in tree(data).find("P") if words in each.text)) == printed


@pytest.mark.parametrize("variant", ALL_VARIANTS)
def test_numbers_and_mail_addresses_stand_in_every_variant(variant: str) -> None:
    call = linked(("ring", "tel:+4570123456"), ("skriv", "mailto:hej@example.dk"))
    made = article(kind="exercise", blocks=(OrderedList(((call,), (para("Slap af."),))),))

    (data,) = pdfs(made, variants=(variant,)).values()

    assert "ring (70 12 34 56). skriv (hej@example.dk)." in spoken(tree(data))


def addresses(data: bytes) -> list[str]:
    """Return the items of the list of web addresses."""
    sections = [each for each in tree(data).find("Sect") if each.kids and getattr(each.kids[0], "text", "") in LISTS]
    return [item.text for section in sections for item in section.find("LI")]


LISTS = ("Adresser på nettet", "Web addresses")


def test_web_addresses_are_listed_at_the_end() -> None:
    note = Note((linked(("en bog", "http://bog.example/a-b/c")),), 3)
    body = linked(
        ("om tilskud", "https://www.sundhed.example/tilskud/"),
        ("igen", "https://www.sundhed.example/tilskud/"),
        ("sundhed.example/råd", "https://www.sundhed.example/råd"),
        ("søg", "https://x.example/s?q=%C3%A6"),
        ("en anden artikel", "https://klinik.example/blog/soevn"),
        ("artiklen selv", "https://klinik.example/blog/ondt-i-ryggen#x"),
        ("japansk", "https://x.example/\u3042"),
    )
    related = (Related("En anden artikel", "https://klinik.example/blog/soevn/", 2),)
    sources = References((), (linked(("Om søvn", "https://doi.example/10.1/x")),), "kilder")
    made = article(related=related, blocks=(body, Para((Str("Se"), note)), sources))

    (data,) = pdfs(made).values()

    assert addresses(data) == [
        "om tilskud: www.sundhed.example/tilskud",
        "søg: x.example/s?q=æ",
        "japansk: x.example/%E3%81%82",
    ]
    assert "en bog (bog.example/a-b/c)" in tree(data).text
    assert "Om søvn (doi.example/10.1/x)" in tree(data).text
    assert "Adresser på nettet" in bookmarks(data)
    assert not any(validator.validate_pdf_bytes(data, profile=profile).failures for profile in ("ua1", "2a"))


def test_an_english_handout_lists_web_addresses_in_english() -> None:
    made = article(language="en", blocks=(linked(("on grants", "https://health.example/grants")),))

    (data,) = pdfs(made).values()

    assert addresses(data) == ["on grants: health.example/grants"]
    assert "Web addresses" in bookmarks(data)


def test_a_bookmark_has_no_telephone_number() -> None:
    made = article(blocks=(Header(2, (Link(words_in("Ring"), "tel:70123456"),), "ring"), para("Tekst.")))

    (data,) = pdfs(made).values()

    assert bookmarks(data)[1] == "Ring"
