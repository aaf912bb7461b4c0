"""Our own judge of finished books: each fault is found in a book spoilt by it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

import pytest
from lxml import etree

from pipeline.validation.accessibility import AccessibilityCounts, accessibility_claims, count_accessibility
from pipeline.validation.epub import validate_epub
from pipeline.writers import Facts
from pipeline.writers import epub as writer
from tests.makers import everything, job, single

CHAPTER = "EPUB/chapter-001.xhtml"
NAV = "EPUB/nav.xhtml"
PACKAGE = "EPUB/content.opf"
PRINTED = Facts(2, {"_title": 1, "en-tabel": 2})


@cache
def sound() -> bytes:
    """Return a book that has everything and no fault."""
    edition = single(everything())
    return writer.write(edition, job(writer, edition, facts=PRINTED)).artifacts[0].data


def spoilt(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return the book with its files changed."""
    with zipfile.ZipFile(io.BytesIO(sound())) as book:
        files = {name: book.read(name) for name in book.namelist()}
    change(files)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as book:
        for name, content in files.items():
            book.writestr(name, content)
    return data.getvalue()


def replaced(name: str, old: str, new: str) -> bytes:
    """Return the book with some text of a file replaced, once."""

    def change(files: dict[str, bytes]) -> None:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return spoilt(change)


def test_a_picture_that_is_something_else_is_named() -> None:
    def change(files: dict[str, bytes]) -> None:
        files["EPUB/pictures/cover.jpg"] = b"GIF89a" + files["EPUB/pictures/cover.jpg"]

    assert "EPUB/pictures/cover.jpg: is not image/jpeg" in faults(spoilt(change))


def faults(book: bytes) -> str:
    return "\n".join(map(str, validate_epub(book)))


def test_a_sound_book_has_no_fault() -> None:
    assert validate_epub(sound()) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (CHAPTER, "</h1>", "", "not well-formed"),
        (CHAPTER, ' lang="da"', "", "does not state its language"),
        (CHAPTER, "<title>Ondt i ryggen</title>", "<title> </title>", "has no title"),
        (CHAPTER, 'id="en-tabel"', 'id="referencer"', "the id 'referencer' occurs twice"),
        (CHAPTER, 'alt="To øvelser" ', "", "has no text alternative"),
        (CHAPTER, ">En tabel</h3>", "></h3>", "an empty heading"),
        (CHAPTER, ' scope="col"', "", "a header cell without scope"),
        (CHAPTER, '<th scope="col">Vane</th>', '<th scope="col"></th>', "an empty header cell"),
        (CHAPTER, ' role="doc-notice"', "", "epub:type 'notice' without the role 'doc-notice'"),
        (CHAPTER, "Hold dig i gang.", "Hold dig i\u00adgang.", "has a soft hyphen"),
        (CHAPTER, ">Hop</a>", "></a>", "has no words"),
        (CHAPTER, 'href="#søg-hjælp"', 'href="#findes-ikke"', "is no place in the book"),
        (CHAPTER, 'src="pictures/', 'src="billeder/', "is no file of the book"),
        (CHAPTER, 'src="pictures/', 'src="https://x.example/', "is no file of the book"),
        (CHAPTER, 'role="doc-pagebreak"', "", "1 pages are marked in the text, 2 others are listed"),
        (NAV, "chapter-001.xhtml#søg-hjælp", "chapter-001.xhtml#en-anden", "is no place in the book"),
        (PACKAGE, ' properties="nav"', "", "expected one navigation document"),
        (PACKAGE, 'id="book-css"', 'id="nav"', "the id 'nav' occurs twice"),
        (PACKAGE, 'href="book.css"', 'href="missing.css"', "is in the manifest, not in the container"),
        (PACKAGE, 'href="book.css"', 'href="missing.css"', "EPUB/book.css: is not in the manifest"),
        (PACKAGE, 'idref="colophon"', 'idref="slut"', "the reading order names 'slut'"),
        (PACKAGE, 'idref="colophon"', 'idref="cover"', "the id 'cover' occurs twice"),
        ("EPUB/book.css", "line-height: 1.5;", "display: flex;", "the style has a grid or a flexible box on line 5"),
        ("META-INF/container.xml", "content.opf", "andet.opf", "leads to no package"),
    ],
)
def test_a_fault_is_found_and_named(name: str, old: str, new: str, expected: str) -> None:
    assert expected in faults(replaced(name, old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "claim"),
    [
        (CHAPTER, 'alt="To øvelser" ', "", "'alternativeText'"),
        (CHAPTER, 'alt="To øvelser" ', "", "'textual'"),
        (CHAPTER, '<h3 id="en-tabel">En tabel</h3>', '<h5 id="en-tabel">En tabel</h5>', "'structuralNavigation'"),
        (CHAPTER, "</body>", "<script/></body>", "'none'"),
        (NAV, 'epub:type="page-list"', "", "'pageNavigation'"),
        (NAV, 'epub:type="toc"', "", "'tableOfContents'"),
        ("EPUB/book.css", "font-size: 1.9em", "font-size: 30px", "'displayTransformability'"),
        (CHAPTER, 'alt="To øvelser" ', 'alt="" data-undescribed="" ', "'alternativeText'"),
    ],
)
def test_spoiling_the_content_makes_its_claim_false(name: str, old: str, new: str, claim: str) -> None:
    """What the metadata say is compared with the pages as they are, not as they were meant."""
    book = replaced(name, old, new)

    assert any("contradict" in str(fault) and claim in str(fault) for fault in validate_epub(book))


def test_what_is_no_container_is_named() -> None:
    assert "not a container" in faults(b"hello")


def test_the_mimetype_must_come_first() -> None:
    def change(files: dict[str, bytes]) -> None:
        files["mimetype"] = files.pop("mimetype")

    assert "expected first in the container" in faults(spoilt(change))


def page(body: str) -> etree._Element:
    return etree.fromstring(
        f'<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">{body}</html>'
    )


def test_pictures_are_counted_by_what_they_say() -> None:
    counted = count_accessibility(
        [page('<img alt="En ryg"/><img alt=""/><img/><img alt="Forside" role="doc-cover"/>')], []
    )

    assert (counted.described, counted.undescribed) == (1, 1)


def test_a_jump_in_headings_is_counted() -> None:
    assert count_accessibility([page("<h1/><h2/><h4/><h2/>")], []).skipped_levels == 1
    assert count_accessibility([page("<h1/><h2/><h3/><h2/>")], []).skipped_levels == 0


def test_movement_leaves_the_hazard_unknown() -> None:
    assert ("schema:accessibilityHazard", "unknown") in accessibility_claims(
        count_accessibility([], ["p { animation: x 1s }"])
    )
    assert ("schema:accessibilityHazard", "none") in accessibility_claims(AccessibilityCounts())
