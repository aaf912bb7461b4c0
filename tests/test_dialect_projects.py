"""Projects of other tools, published in every format: no raw markup, every word, every link and picture."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.conftest import run_publish
from tests.dialect_projects import MANNERS, Expected, Manner, make_project
from tests.published_words import book, mail, sheet, twin
from tests.word_for_word import words_of

_RAW = re.compile(
    r"\{\{|\}\}|\{%|%\}|\[\[|\]\]|!\[|\]\(|:::|%%|!!!|\?\?\?|\+\+\+|\{:|\{\.|\{#|\^\[|\{[a-z]+\}|\)=|===|<[A-Z]|\*\[|\[TOC|hidden"
)


@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.name)
def test_twelve_articles_in_the_manner_of_a_tool_are_published_whole(tmp_path: Path, manner: Manner) -> None:
    articles = make_project(tmp_path, manner)

    ran = run_publish(tmp_path, "all")

    assert ran.report["summary"]["errors"] == 0, [
        each for each in ran.report["findings"] if each["severity"] == "error"
    ]
    assert ran.report["summary"]["written"] == 3 * len(articles)
    assert {each["code"] for each in ran.findings("dialect-found")} == {"dialect-found"}
    for code in ("picture-missing", "link-broken", "markup-left", "html-unknown", "file-not-read", "anchor-missing"):
        assert ran.findings(code) == []
    faults = [fault for article in articles for fault in _faults(tmp_path / "outputs", article)]
    assert faults == []


def _faults(outputs: Path, article: Expected) -> list[str]:
    paths = {
        name: next(path for path in sorted((outputs / name).rglob(f"*{suffix}")) if _is_of(path, article.topic))
        for name, suffix in (("handout", ".pdf"), ("epub", ".epub"), ("newsletter", ".html"))
    }
    text_part = paths["newsletter"].with_suffix(".txt")
    said = {
        "handout": sheet(paths["handout"]), "epub": book(paths["epub"]), "newsletter": mail(paths["newsletter"]),
        "text": twin(text_part),
    }  # fmt: skip
    faults = []
    for name, published in said.items():
        words = " ".join((*published.body, *published.notes))
        missing = [each for each in article.words if not set(words_of(each)) <= set(words.split())]
        faults += [f"{article.topic} in {name}: {each!r} is missing" for each in missing]
        if raw := _RAW.search(words):
            faults.append(f"{article.topic} in {name}: {words[max(0, raw.start() - 30) : raw.end() + 30]!r}")
    with zipfile.ZipFile(paths["epub"]) as archive:
        pages = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith("html"))
    for name, markup in (("epub", pages), ("newsletter", paths["newsletter"].read_text("utf-8"))):
        if f'alt="The {article.topic}"' not in markup:
            faults.append(f"{article.topic} in {name}: its picture is missing")
        if article.link and f'href="https://klinik.example{article.link}' not in markup:
            faults.append(f"{article.topic} in {name}: no link to {article.link}")
    return faults


def _is_of(path: Path, topic: str) -> bool:
    name = path.relative_to(path.parents[1]).as_posix()
    return bool(re.search(rf"(?:^|[/-]){topic}(?:\.|$)", name))
