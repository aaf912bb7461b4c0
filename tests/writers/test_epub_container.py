"""What EbookLib gets wrong, and that our books do not have it."""

from __future__ import annotations

import io
import mimetypes
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from pipeline.errors import WriteError
from pipeline.writers.epub.package import ManifestItem, MetadataEntry, Package, build_epub

PAGE = b"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="da" xml:lang="da">
<head><meta charset="utf-8"/><title>Side</title></head>
<body class="chapter" epub:type="bodymatter"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/></body>
</html>"""
PICTURE = b"\xff\xd8\xff\xe0 a picture"
BOOK = Package(
    "urn:uuid:834d3268-a0a1-5148-acf6-25cbdcc7716d",
    "Ondt i ryggen",
    "da",
    datetime(2026, 6, 1, 7, 5, 9, tzinfo=UTC),
    (
        MetadataEntry("dc:creator", "Bo Eksempel", (("id", "creator-1"),)),
        MetadataEntry("dc:creator", "Ea Eksempel", (("id", "creator-2"),)),
        MetadataEntry("role", "aut", (("refines", "#creator-1"), ("scheme", "marc:relators"))),
        MetadataEntry("schema:accessMode", "textual"),
    ),
    (
        ManifestItem("chapter", "chapter.xhtml", "application/xhtml+xml", PAGE, is_read=True),
        ManifestItem("nav", "nav.xhtml", "application/xhtml+xml", PAGE, ("nav",)),
        ManifestItem("ncx", "toc.ncx", "application/x-dtbncx+xml", b"<ncx/>"),
        ManifestItem("cover-image", "pictures/cover.jpg", "image/jpeg", PICTURE, ("cover-image",)),
    ),
)
OPF = {"opf": "http://www.idpf.org/2007/opf", "dc": "http://purl.org/dc/elements/1.1/"}


def opened(package: Package = BOOK) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(build_epub(package)))


def opf(package: Package = BOOK) -> etree._Element:
    return etree.fromstring(opened(package).read("EPUB/content.opf"))


def test_pages_arrive_as_they_were_handed_over() -> None:
    """`EpubHtml` would have dropped the attributes of body and written viewbox in small letters (#221, #294)."""
    assert opened().read("EPUB/chapter.xhtml") == PAGE


def test_the_mimetype_comes_first_and_is_not_packed() -> None:
    first = opened().infolist()[0]

    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")


def test_files_have_no_dates_and_stand_in_the_order_of_the_manifest() -> None:
    entries = opened().infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    assert [entry.filename for entry in entries] == [
        "mimetype", "META-INF/container.xml", "EPUB/content.opf", "EPUB/chapter.xhtml", "EPUB/nav.xhtml",
        "EPUB/toc.ncx", "EPUB/pictures/cover.jpg",
    ]  # fmt: skip


def test_pictures_are_not_packed_twice() -> None:
    assert opened().getinfo("EPUB/pictures/cover.jpg").compress_type == zipfile.ZIP_STORED


def test_the_same_book_has_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_epub(BOOK)
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(4_000_000_000))

    assert build_epub(BOOK) == before


def test_media_types_do_not_come_from_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("application/x-wrong", None))

    types = [item.get("media-type") for item in opf().findall(".//opf:item", OPF)]

    assert types == ["application/xhtml+xml", "application/xhtml+xml", "application/x-dtbncx+xml", "image/jpeg"]


def test_properties_are_stated_in_the_manifest() -> None:
    stated = {item.get("id"): item.get("properties") for item in opf().findall(".//opf:item", OPF)}

    assert stated == {"chapter": None, "nav": "nav", "ncx": None, "cover-image": "cover-image"}


def test_the_package_states_its_language_and_an_identifier_of_its_own() -> None:
    package = opf()

    identifiers = [element.text for element in package.findall(".//dc:identifier", OPF)]
    assert package.get("{http://www.w3.org/XML/1998/namespace}lang") == "da"
    assert identifiers == [BOOK.identifier]


def test_the_moment_of_change_is_stated_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")

    (modified,) = opf().findall(".//opf:meta[@property='dcterms:modified']", OPF)

    assert modified.text == "2026-06-01T07:05:09Z"


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_book_of_a_day_before_zip_can_count_is_written_in_every_time_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """EbookLib 0.21 moves its moment to local time for the zip, which knows no day before 1980."""
    from ebooklib import epub

    def zip_date(moment: datetime) -> tuple[int, ...]:  # as 0.21 has it; in 0.20 it is not asked for
        return zipfile.ZipInfo("page.xhtml", moment.astimezone(ZoneInfo(zone)).timetuple()[:6]).date_time

    options: list[dict[str, datetime]] = []
    write_epub = epub.write_epub

    def watched(target: object, book: object, given: dict[str, datetime]) -> object:
        options.append(given)
        return write_epub(target, book, given)

    monkeypatch.setattr(epub, "write_epub", watched)
    monkeypatch.setenv("TZ", zone)

    package = opf(replace(BOOK, modified=datetime(1975, 5, 1, tzinfo=UTC)))

    assert zip_date(options[0]["mtime"])
    (modified,) = package.findall(".//opf:meta[@property='dcterms:modified']", OPF)
    assert modified.text == "1975-05-01T00:00:00Z"


def test_authors_have_ids_of_their_own() -> None:
    """`add_author` would have given each the id "creator" (#356)."""
    ids = [element.get("id") for element in opf().findall(".//dc:creator", OPF)]

    assert ids == ["creator-1", "creator-2"]


def test_older_readers_find_the_cover() -> None:
    (cover,) = opf().findall(".//opf:meta[@name='cover']", OPF)

    assert cover.get("content") == "cover-image"


def test_only_what_is_read_stands_in_the_reading_order() -> None:
    package = opf()

    spine = package.find("opf:spine", OPF)
    assert spine is not None
    assert spine.get("toc") == "ncx"
    assert [turn.get("idref") for turn in spine] == ["chapter"]


def test_metadata_that_ebooklib_leaves_out_is_an_error() -> None:
    """It logs a line and goes on."""
    broken = replace(BOOK, entries=(MetadataEntry("dc:description", "en klokke \x07 i teksten"),))

    with pytest.raises(WriteError, match="left out dc:description"):
        build_epub(broken)


def test_two_files_of_one_name_are_an_error() -> None:
    twice = replace(BOOK, items=(*BOOK.items, BOOK.items[0]))

    with pytest.raises(WriteError, match=r"have one name: chapter\.xhtml"):
        build_epub(twice)
