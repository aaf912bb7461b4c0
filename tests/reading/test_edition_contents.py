"""What an edition lists: articles, lengths, parts."""

from __future__ import annotations

import pytest

from pipeline.config import SourceSettings
from pipeline.findings import Finding
from pipeline.model import EditionPart
from pipeline.reading.frontmatter import FrontMatter, read_front_matter

PARTS = """articles:
  - blog/velkommen
  - part: Bevægelse
    articles:
      - blog/gang
      - blog/ryg: teaser
  - del: "**Søvn** og hvile"
    artikler: [blog/soevn: fuld]
  - blog/farvel"""


def read(front: str) -> tuple[FrontMatter | None, tuple[Finding, ...]]:
    return read_front_matter(f"---\n{front}\n---\n\nTekst.\n", "sources/hefte.md", SourceSettings())


def told(front: str) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in read(front)[1]]


def test_parts_hold_articles_in_order_between_those_in_no_part() -> None:
    front, _ = read(PARTS)

    assert front is not None
    assert front.articles == (
        ("blog/velkommen", 3), ("blog/gang", 6), ("blog/ryg", 7), ("blog/soevn", 9), ("blog/farvel", 10),
    )  # fmt: skip
    assert front.parts == (
        EditionPart("Bevægelse", ("blog/gang", "blog/ryg"), 4),
        EditionPart("Søvn og hvile", ("blog/soevn",), 8),
    )
    assert (front.as_teasers, front.in_full) == (("blog/ryg",), ("blog/soevn",))


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("articles:\n  - part: Søvn\n", [("edition-empty", 3)]),
        ("articles:\n  - part: Søvn\n    articles: []\n", [("edition-empty", 3)]),
        ("articles:\n  - part: Søvn\n    articles:\n", [("edition-empty", 3)]),
        ("articles:\n  - articles: [blog/ryg]\n", [("value-shape", 3)]),
        ("articles:\n  - part: ''\n    articles: [blog/ryg]\n", [("value-shape", 3)]),
        ("articles:\n  - part: [a, b]\n    articles: [blog/ryg]\n", [("value-shape", 3)]),
        ("articles:\n  - part: Søvn\n    articles: {a: b}\n", [("value-shape", 4)]),
        ("articles:\n  - part: A\n    articles:\n      - part: B\n        articles: [c]\n", [("value-shape", 5)]),
        ("articles:\n  - part: A\n    articles:\n      - [c, d]\n", [("value-shape", 5)]),
        ("articles:\n  part: A\n", [("value-shape", 3)]),
    ],
)
def test_a_part_that_cannot_be_meant_is_refused_with_its_line(front: str, expected: list[tuple[str, int]]) -> None:
    assert read(front)[0] is None
    assert told(front) == expected


def test_an_unknown_key_of_a_part_is_named_with_the_nearest() -> None:
    _, findings = read("articles:\n  - part: Søvn\n    artikeler: [blog/ryg]\n    articles: [blog/ryg]\n")

    assert [(finding.code, finding.line, finding.hint) for finding in findings] == [
        ("key-unknown", 4, "did you mean 'artikler'?")
    ]
