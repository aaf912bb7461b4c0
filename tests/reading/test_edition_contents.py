"""What an edition lists: articles, lengths, parts."""

from __future__ import annotations

import pytest

from pipeline.config import SourceSettings
from pipeline.findings import Finding
from pipeline.model import EditionContents, EditionPart, ListedArticle
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import FindingCollector

PARTS = """articles:
  - blog/velkommen
  - part: Bevægelse
    articles:
      - blog/gang
      - blog/ryg: teaser
  - del: "**Søvn** og hvile"
    artikler: [blog/soevn: fuld]
  - blog/farvel"""


def read(front: str) -> tuple[EditionContents | None, tuple[Finding, ...]]:
    findings = FindingCollector("sources/hefte.md")
    parts = read_front_matter(f"---\n{front}\n---\n\nTekst.\n", SourceSettings(), findings)
    return parts.meta.contents if parts else None, tuple(findings)


def told(front: str) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in read(front)[1]]


def test_parts_hold_articles_in_order_between_those_in_no_part() -> None:
    listed, _ = read(PARTS)

    assert listed is not None
    assert listed.articles == (
        ListedArticle("blog/velkommen", 3),
        ListedArticle("blog/gang", 6),
        ListedArticle("blog/ryg", 7, "teaser"),
        ListedArticle("blog/soevn", 9, "full"),
        ListedArticle("blog/farvel", 10),
    )
    assert listed.parts == (
        EditionPart("Bevægelse", ("blog/gang", "blog/ryg"), 4),
        EditionPart("Søvn og hvile", ("blog/soevn",), 8),
    )


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
