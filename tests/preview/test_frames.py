"""Mails and chapters are shown in the scheme that was chosen, whatever this machine prefers."""

from __future__ import annotations

from pipeline.preview import frames
from tests.conftest import Ran

CSS = "@media (prefers-color-scheme: dark) { a { color: red } } @media screen and (prefers-color-scheme:light) {}"


def test_the_queries_for_a_scheme_always_hold_and_the_others_never() -> None:
    assert frames.force_colour_scheme(CSS, "dark") == (
        "@media (min-width: 0) { a { color: red } } @media screen and (max-width: 0) {}"
    )
    assert frames.force_colour_scheme(CSS, "light") == (
        "@media (max-width: 0) { a { color: red } } @media screen and (min-width: 0) {}"
    )


def test_a_mail_that_allows_both_schemes_is_held_to_one() -> None:
    html = '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'

    assert "light" not in frames.force_colour_scheme(html, "dark").replace("color-scheme", "")


def test_chapters_stand_in_reading_order_under_their_titles(published: Ran) -> None:
    book = published.folder / "outputs/epub/blog/ryg.epub"

    chapters = frames.reading_order(book)

    assert "Ondt i ryggen" in [chapter.title for chapter in chapters]
    assert all(frames.read_book_file(book, chapter.name, "dark") for chapter in chapters)


def test_nothing_but_what_the_book_holds_is_handed_out(published: Ran) -> None:
    book = published.folder / "outputs/epub/blog/ryg.epub"

    assert frames.read_book_file(book, "../../publish.toml", "light") is None
    assert frames.read_book_file(book, "mimetype", "light") is None
