"""What the press prints is what the model says: numbers of lists, bookmarks, addresses, titles."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest

from pipeline.model import Article, Callout, Edition, Header, Note, OrderedList, References, Space, Str
from pipeline.writers import Written, handout
from tests.makers import CLINIC, article, contents, job, para, plain, single
from tests.pdf_reading import Element, tree

ALL_VARIANTS = ("standard", "letter", "large-print", "a5", "short", "exercise-card")


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
    assert found == (whole if variant not in ("short", "exercise-card") else whole[:2])


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
        "Mine noter",
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
