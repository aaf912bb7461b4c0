"""A word is judged once: what was found of it is kept, and a damaged or foreign book is no book."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lint.spelling import Speller, missing_part
from pipeline.running import wordbook
from pipeline.running.saving import Outputs, seal
from pipeline.running.upkeep import clean
from pipeline.running.wordbook import WordBook, open_book
from tests.makers import write
from tests.running.here import run

FOUND = {"da": {"smeter": ["smerter"], "smerter": None}}


@pytest.fixture
def book(tmp_path: Path) -> WordBook:
    return WordBook(tmp_path / "words", "key")


def test_what_was_found_is_there_for_the_next_run(book: WordBook) -> None:
    book.add([FOUND])
    book.add([{"da": {"lænde": None}, "en": {"back": None}}])

    assert book.read() == {"da": {"lænde": None, **FOUND["da"]}, "en": {"back": None}}
    assert [path.name for path in book.path.parent.iterdir()] == ["words"]


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\x00", seal(b'["key"]')])
def test_a_damaged_book_is_begun_anew(book: WordBook, damage: bytes) -> None:
    book.add([FOUND])
    book.path.write_bytes(damage or book.path.read_bytes()[:-3])

    assert book.read() == {}
    book.add([FOUND])
    assert book.read() == FOUND


def test_another_program_or_dictionary_judges_anew(book: WordBook) -> None:
    book.add([FOUND])

    assert WordBook(book.path, "another").read() == {}


def test_a_book_does_not_grow_for_ever(book: WordBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordbook, "_MOST_WORDS", 1)
    book.add([FOUND])

    book.add([{"da": {"lænde": None}}])

    assert book.read() == {"da": {"lænde": None}}


@pytest.mark.skipif(bool(missing_part("da")), reason=missing_part("da"))
def test_a_word_that_was_met_before_asks_no_dictionary(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    article = project / "sources/blog/ryg.md"
    article.write_text(article.read_text("utf-8") + "\nDu kan få smeter i lænden.\n", "utf-8")
    _, before = run(project)
    words = open_book(project / "outputs/.publish").read()["da"]
    assert "smerter" in (words["smeter"] or ())
    assert words["lænden"] is None
    wordbook._verdicts.cache_clear()
    monkeypatch.setattr(Speller, "check", lambda _self, word: pytest.fail(f"{word!r} was checked again"))
    article.write_text(article.read_text("utf-8") + "\nSå smeter lænden.\n", "utf-8")

    _, after = run(project)

    assert [f.quote for f in after.findings if f.code == "spelling"] == ["smeter"]
    assert [f.code for f in before.findings].count("spelling") == 1


def test_an_emptied_cache_has_no_book(project: Path) -> None:
    run(project)
    path = project / "outputs/.publish/words"
    write(path, "[]")

    clean(Outputs(project / "outputs"), 1)

    assert not path.exists()
