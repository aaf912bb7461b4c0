"""What the press prints is what the model says: numbers of lists, bookmarks, addresses, titles."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.model import Article, Callout, OrderedList
from pipeline.writers import Written, handout
from tests.makers import CLINIC, article, job, para, plain, single
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
