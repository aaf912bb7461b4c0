"""pandoc, many texts at once."""

from __future__ import annotations

import json
import os

import pytest

from pipeline.reading import pandoc
from pipeline.reading.pandoc import PandocDocument, PandocFailure, pandoc_path, parse_many, parse_one

LOOP = "Ryg[^1].\n\n[^1]: Se [^1].\n"


def words(document: PandocDocument | PandocFailure) -> str:
    assert isinstance(document, PandocDocument), document
    return document.data.decode()


def test_texts_come_back_in_order_whatever_they_hold() -> None:
    texts = ["# Øvelser\n", "", '"citat" \\ og\u2028linje\n', "# Sidst\n"]

    documents = parse_many(texts, 30)

    assert len(documents) == 4
    assert "Øvelser" in words(documents[0])
    assert "citat" in words(documents[2])
    assert "Sidst" in words(documents[3])


def test_no_texts_start_no_pandoc() -> None:
    assert parse_many([], 30) == []


def test_a_text_that_pandoc_never_comes_back_from_costs_only_itself() -> None:
    documents = parse_many(["# Før\n", LOOP, "# Efter\n"], 2)

    assert "Før" in words(documents[0])
    assert isinstance(documents[1], PandocFailure)
    assert "Efter" in words(documents[2])


def test_memory_and_time_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_one(LOOP, 1) == PandocFailure("reading took longer than 1 s")

    monkeypatch.setattr(pandoc, "_MEMORY_OPTION", "-M64M")
    assert parse_one(LOOP, 20) == PandocFailure(f"reading took more memory than {pandoc.MEMORY_MB} MB")


def test_alone_and_among_others_a_text_is_read_the_same() -> None:
    text = "## Råd\n\nGå *en* tur.\n"

    assert parse_one(text, 30) == parse_many([text], 30)[0]


@pytest.mark.parametrize(
    "text", ["x^2 og y^2", "H~2~O", "$5 og $6", ":smile:", '"citat" -- og ...', "@navn 70%", "A. Hansen", "a) gå"]
)
def test_the_dialect_leaves_signs_of_prose_alone(text: str) -> None:
    blocks = json.loads(words(parse_one(text + "\n", 30)))["blocks"]

    content = blocks[0]["c"][1][0]["c"]
    assert "".join(node.get("c", " ") for node in content) == text


def test_pandoc_gets_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "da_DK.ISO-8859-1")
    monkeypatch.setenv("GHCRTS", "-M1k")

    assert "æøå" in words(parse_many(["æøå\n"], 30)[0])
    assert os.access(pandoc_path(), os.X_OK)
