"""The e-book as readers open it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from PIL import Image as PillowImage

from pipeline.config import Publisher
from pipeline.errors import ConfigError, SourceError, StyleError, WriteError
from pipeline.model import (
    Article,
    BulletList,
    Callout,
    Cell,
    Collection,
    DefinitionList,
    Div,
    Edition,
    EditionPart,
    Figure,
    Header,
    Image,
    Inline,
    Link,
    Note,
    Para,
    Picture,
    Plain,
    References,
    Related,
    Str,
    Table,
)
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.validation.certificate import VALIDATORS, Certificate, book_content_digest
from pipeline.validation.certifying import check_with_epubcheck
from pipeline.validation.epub import validate_epub
from pipeline.writers import Facts, Written
from pipeline.writers import epub as writer
from tests.makers import PICTURE, article, changed, contents, everything, header, job, para, plain, single, words_in
from tests.makers import write as text_file

XHTML = "{http://www.w3.org/1999/xhtml}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
LONG = "En meget lang overskrift om behandling, genoptræning og hverdag, der bliver ved og ved, til ingen linje er nok"
PRINTED = Facts(
    4, {"_title": 1, "_block-1": 1, "hvad-kan-du-selv-gøre": 1, "en-tabel": 2, "_block-8": 2, "referencer": 4}
)


def bound(*articles: Article, **changes: Any) -> Edition:
    """Return an edition of articles behind an introduction."""
    front = article(
        id="samlinger/ryg",
        source="sources/samlinger/ryg.md",
        title="Ryggen fra a til å",
        address="https://klinik.example/samlinger/ryg",
        contents=contents((made.id for made in articles), changes.pop("parts", ())),
        **changes,
    )
    return Edition(front, articles)


def five() -> Edition:
    """Return five chapters with the same headings in each, and links between them."""
    articles = [
        changed(everything(), id=f"blog/tekst-{number}", title=f"Tekst {number}", address=f"https://klinik.example/blog/tekst-{number}")
        for number in range(1, 6)
    ]  # fmt: skip
    to_next = para_with(Link(words_in("næste tekst"), articles[1].address + "#en-tabel", 7))
    articles[0] = replace(articles[0], blocks=(to_next, *articles[0].blocks))
    return bound(*articles, blocks=(header("Sådan bruger du bogen"), para("Læs den forfra.")))


def para_with(*inlines: Inline) -> Para:
    return Para(inlines, 7)


def published(edition: Edition, options: writer.Options | None = None) -> Written:
    """Write an edition whose handout has one page."""
    return writer.write(edition, job(writer, edition, options=options, facts=Facts(1, {"_title": 1})))


def files_of(written: Written) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(written.artifacts[0].data)) as book:
        return {name.removeprefix("EPUB/"): book.read(name) for name in book.namelist()}


def write(edition: Edition, **changes: object) -> dict[str, bytes]:
    """Write an edition and return the files of the book."""
    return files_of(writer.write(edition, job(writer, edition, **changes)))  # type: ignore[arg-type]  # job's own names


def page(files: dict[str, bytes], name: str = "chapter-001.xhtml") -> etree._Element:
    return etree.fromstring(files[name])


def without(book: bytes, left_out: str) -> bytes:
    """Return a book with one file missing."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as whole, zipfile.ZipFile(data, "w") as spoilt:
        for entry in whole.infolist():
            if entry.filename != left_out:
                spoilt.writestr(entry, whole.read(entry))
    return data.getvalue()


def words_of(element: etree._Element | None) -> str:
    assert element is not None
    return " ".join("".join(map(str, element.itertext())).split())


def metadata(files: dict[str, bytes], name: str) -> list[str]:
    package = page(files, "content.opf")
    if name.startswith("dc:"):
        return [element.text or "" for element in package.iter(DC + name[3:])]
    return [element.text or "" for element in package.iter(f"{OPF}meta") if element.get("property") == name]


# ---- judged by EPUBCheck


def test_epubcheck_finds_nothing_in_any_kind_of_book(tmp_path: Path) -> None:
    """Fatal errors, errors and warnings: none, whatever the content."""
    odd = article(title=f"„Ondt“ & <værre> — 'så' er det \"slut\" {LONG}", key_points=("a & b < c",))
    bare = article(blocks=(para("Kort."),), published=None, updated=None, description="", address="")
    exempt = writer.Options(typeface="system", exemption="eaa-microenterprise")
    english = article(language="en", title="Back pain", blocks=(header("Keep moving"), para("It helps.")))
    editions = {
        "everything": (single(everything()), {"facts": PRINTED}),
        "odd": (single(odd), {}),
        "plain": (single(bare), {"publisher": Publisher(name="Klinik")}),
        "bound": (five(), {}),
        "exempt": (single(), {"options": exempt}),
        "english": (single(english), {}),
        "wide": (single(article(blocks=(week_plan(), Callout("see-doctor", (week_plan(),))))), {}),
        "parted": (parted(), {"facts": Facts(3, {"samlinger-ryg-_title": 1, "_part-1": 2, "blog-tekst-5-_title": 3})}),
        "series": (single(article(series=(Collection("Rygskole", "2.1"), Collection("Alt", kind="set")))), {}),
    }
    books = {
        name: writer.write(edition, job(writer, edition, **more)).artifacts[0].data  # type: ignore[arg-type]  # its names
        for name, (edition, more) in editions.items()
    }

    results = check_with_epubcheck({**books, "spoilt": without(books["plain"], "EPUB/nav.xhtml")}, tmp_path)

    assert results.pop("spoilt")  # it does look
    assert results == dict.fromkeys(editions, ())


# ---- the same every time


def test_equal_input_gives_equal_bytes_in_another_process_and_place(tmp_path: Path) -> None:
    """Hash seed, time zone and working folder leave no trace."""
    edition = five()
    here = writer.write(edition, job(writer, edition)).artifacts[0].data
    program = (
        "import sys; from pipeline.writers import epub;"
        "from tests.makers import job; from tests.writers.test_epub import five;"
        "sys.stdout.buffer.write(epub.write(five(), job(epub, five())).artifacts[0].data)"
    )
    root = str(Path(__file__).parents[2])
    elsewhere = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "PYTHONPATH": root}

    there = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=elsewhere, capture_output=True, check=True
    )

    assert there.stdout == here


def test_a_book_keeps_its_identifier_when_its_text_changes() -> None:
    first = metadata(write(single()), "dc:identifier")
    second = metadata(
        write(single(article(title="Nyt", blocks=(para("Andet."),), updated=date(2026, 8, 1)))), "dc:identifier"
    )
    other = metadata(write(single(article(id="blog/andet"))), "dc:identifier")

    assert first == second != other
    assert first[0].startswith("urn:uuid:")


def test_a_change_of_one_dose_gives_another_moment_on_the_newest_day_of_the_sources() -> None:
    """Readers keep a book whose identifier and moment they know."""
    made = everything()
    doses = [
        made,
        made,
        replace(made, blocks=(*made.blocks, para("5 mg"))),
        replace(made, blocks=(*made.blocks, para("6 mg"))),
    ]

    moments = [metadata(write(single(each)), "dcterms:modified") for each in doses]

    assert moments[0] == moments[1]
    assert len(set(map(tuple, moments))) == 3
    assert all(re.fullmatch(r"2026-06-01T[0-2]\d:[0-5]\d:[0-5]\dZ", moment) for (moment,) in moments)


def test_a_picture_or_a_style_that_changed_gives_another_moment(tmp_path: Path) -> None:
    made = single(everything())
    usual = job(writer, made)
    (tmp_path / "epub").mkdir()
    (tmp_path / "epub/book.css").write_text("p { margin: 0 }\n")
    other_style = replace(usual, styles=Styles((tmp_path, packaged_styles())))
    without_pictures = replace(usual, pictures={})

    moments = [
        metadata(files_of(writer.write(made, each)), "dcterms:modified")[0]
        for each in (usual, other_style, without_pictures)
    ]

    assert len(set(moments)) == 3


def test_the_claim_of_conformance_changes_no_moment() -> None:
    """A certificate holds for the book without its claim."""
    made = single(everything())
    plain = writer.write(made, job(writer, made)).artifacts[0].data
    certificate = Certificate(book_content_digest(plain), tuple((name, "1.0") for name in VALIDATORS))

    claimed = files_of(writer.write(made, replace(job(writer, made), certificate=certificate)))

    assert metadata(claimed, "dcterms:conformsTo")
    assert metadata(claimed, "dcterms:modified") == metadata(write(made), "dcterms:modified")


def test_an_article_without_dates_is_reported() -> None:
    edition = single(article(published=None, updated=None))

    written = published(edition)

    assert [finding.code for finding in written.findings] == ["epub-undated"]


# ---- parts


def parted() -> Edition:
    """Return an introduction, a chapter on its own, two parts, and a chapter behind them."""
    made = [
        changed(everything(), id=f"blog/tekst-{n}", title=f"Tekst {n}", address=f"https://k.example/{n}")
        for n in range(1, 6)
    ]
    parts = (EditionPart("Bevægelse", ("blog/tekst-2", "blog/tekst-3"), 4), EditionPart("Søvn", ("blog/tekst-4",), 7))
    return bound(*made, blocks=(para("Læs den forfra."),), parts=parts)


def test_a_part_has_a_page_of_its_own_before_its_chapters() -> None:
    files = write(parted())

    turns = [turn.get("idref") for turn in page(files, "content.opf").iter(f"{OPF}itemref")]
    section = page(files, "part-01.xhtml").find(f".//{XHTML}section")
    assert turns[4:12] == [
        "chapter-001", "chapter-002", "part-01", "chapter-003", "chapter-004", "part-02", "chapter-005", "chapter-006",
    ]  # fmt: skip
    assert section is not None
    assert (section.get(EPUB_TYPE), section.get("role"), section.get("aria-labelledby")) == (
        "part",
        "doc-part",
        "_title",
    )
    assert [link.get("href") for link in section.iter(f"{XHTML}a")] == ["chapter-003.xhtml", "chapter-004.xhtml"]


def test_contents_hold_parts_chapters_and_headings_in_the_order_of_reading() -> None:
    files = write(parted())

    def labels(places: etree._Element, entry: str, label: str) -> list[tuple[str, int]]:
        return [(words_of(place.find(label)), len(list(place.iterancestors(entry)))) for place in places.iter(entry)]

    nav = page(files, "nav.xhtml").find(f".//{XHTML}nav")
    assert nav is not None
    in_nav = labels(nav, f"{XHTML}li", f"{XHTML}a")
    ncx = "{http://www.daisy.org/z3986/2005/ncx/}"
    named = ("Tekst", "Bevægelse", "Søvn", "Indledning")
    assert [entry for entry in in_nav if entry[0].startswith(named)] == [
        ("Indledning", 0), ("Tekst 1", 0), ("Bevægelse", 0), ("Tekst 2", 1), ("Tekst 3", 1), ("Søvn", 0),
        ("Tekst 4", 1), ("Tekst 5", 0),
    ]  # fmt: skip
    assert labels(page(files, "toc.ncx"), f"{ncx}navPoint", f"{ncx}navLabel/{ncx}text") == in_nav


def test_a_heading_in_a_passage_that_was_found_stays_in_contents_and_sections() -> None:
    found = Callout("see-doctor", (header("Hvornår skal jeg søge læge?"), para("Ved feber.")), is_found=True)
    blocks = (header("Behandling"), para("Hvil dig."), found, header("Bagefter"), para("God bedring."))

    files = write(single(article(blocks=blocks)))

    nav = page(files, "nav.xhtml").find(f".//{XHTML}nav")
    assert nav is not None
    titles = [words_of(link) for link in nav.iter(f"{XHTML}a")]
    assert [title for title in titles if title in ("Behandling", "Hvornår skal jeg søge læge?", "Bagefter")] == [
        "Behandling",
        "Hvornår skal jeg søge læge?",
        "Bagefter",
    ]
    (box,) = (each for each in page(files).iter(f"{XHTML}section") if "callout" in (each.get("class") or ""))
    assert words_of(box).startswith("Søg læge")
    assert not [above for above in box.iterancestors(f"{XHTML}section") if words_of(above).startswith("Behandling")]


def test_the_page_on_which_a_part_begins_is_marked_in_it() -> None:
    printed = {"samlinger-ryg-_title": 1, "_part-1": 4, "_part-2": 9}
    printed |= {
        f"blog-tekst-{number}-_title": page for number, page in zip(range(1, 6), (2, 4, 7, 10, 12), strict=True)
    }

    files = write(parted(), facts=Facts(13, printed))

    marked = {
        name: [mark.get("aria-label") for mark in page(files, name).iter() if mark.get("role") == "doc-pagebreak"]
        for name in sorted(files)
        if name.startswith(("chapter", "part"))
    }
    assert marked == {
        "chapter-001.xhtml": ["1"], "chapter-002.xhtml": ["2", "3"], "part-01.xhtml": ["4"],
        "chapter-003.xhtml": ["5", "6"], "chapter-004.xhtml": ["7", "8"], "part-02.xhtml": ["9"],
        "chapter-005.xhtml": ["10", "11"], "chapter-006.xhtml": ["12", "13"],
    }  # fmt: skip


# ---- series and sets


def test_a_book_says_which_one_of_its_series_it_is() -> None:
    series = (Collection("Rygskole", "2"), Collection("Alt om ryggen", kind="set"))

    files = write(single(article(series=series)), options=writer.Options(series="Patientbøger"))

    assert metadata(files, "belongs-to-collection") == ["Rygskole", "Alt om ryggen"]
    assert metadata(files, "collection-type") == ["series", "set"]
    assert metadata(files, "group-position") == ["2"]
    assert "Serie Rygskole, nr. 2 Samling Alt om ryggen" in words_of(page(files, "colophon.xhtml"))


def test_books_without_a_series_of_their_own_belong_to_that_of_the_publisher() -> None:
    first, second = (
        write(single(article(id=id_)), options=writer.Options(series="Patientbøger")) for id_ in ("a", "b")
    )

    assert metadata(first, "belongs-to-collection") == ["Patientbøger"]
    assert metadata(first, "dcterms:identifier") == metadata(second, "dcterms:identifier")
    assert metadata(write(single()), "belongs-to-collection") == []


# ---- metadata


def test_people_are_named_with_their_parts() -> None:
    files = write(single(everything()))

    assert metadata(files, "dc:creator") == ["Bo Eksempel"]
    assert metadata(files, "dc:contributor") == ["Anna Prøve, fysioterapeut"]
    assert metadata(files, "dc:publisher") == ["Klinik Eksempel"]
    assert metadata(files, "role") == ["aut", "sad"]
    assert metadata(files, "schema:lastReviewed") == ["2026-06-01"]


def test_a_text_without_author_has_its_publisher_as_creator() -> None:
    """Without a role: foliate-js does not open a book whose creator is its publisher by role."""
    files = write(single())

    assert metadata(files, "dc:creator") == ["Klinik Eksempel"]
    assert metadata(files, "role") == []


def test_described_pictures_are_claimed_and_counted_in_the_language_of_the_book() -> None:
    files = write(single(everything()))

    assert "alternativeText" in metadata(files, "schema:accessibilityFeature")
    assert metadata(files, "schema:accessMode") == ["textual", "visual"]
    assert "Alle bogens 2 billeder er beskrevet i ord." in metadata(files, "schema:accessibilitySummary")[0]


def test_a_book_without_pictures_claims_none() -> None:
    files = write(single())

    assert "alternativeText" not in metadata(files, "schema:accessibilityFeature")
    assert metadata(files, "schema:accessMode") == ["textual"]


def test_pictures_that_only_decorate_are_not_called_described() -> None:
    files = write(single(article(blocks=(Figure(Image(PICTURE, "")), para("Tekst.")))))

    assert "alternativeText" not in metadata(files, "schema:accessibilityFeature")
    assert metadata(files, "schema:accessModeSufficient") == ["textual"]


def test_a_picture_at_the_top_that_no_one_described_is_not_called_decorative() -> None:
    """In the text an empty alternative is the author's word; in front matter there is none."""
    described = everything()
    undescribed = replace(described, hero=Figure(Image(replace(PICTURE, sha256="c" * 64), "")))

    files = write(bound(described, replace(undescribed, id="blog/b"), blocks=()))

    assert "alternativeText" not in metadata(files, "schema:accessibilityFeature")
    assert metadata(files, "schema:accessModeSufficient") == ["textual,visual"]
    assert "Et billede er ikke beskrevet i ord." in metadata(files, "schema:accessibilitySummary")[0]


def test_an_exemption_is_stated_where_the_publisher_declares_it() -> None:
    declared = write(single(), options=writer.Options(exemption="eaa-microenterprise"))

    assert metadata(declared, "a11y:exemption") == ["eaa-microenterprise"]
    assert metadata(write(single()), "a11y:exemption") == []


def test_conformance_is_not_claimed_without_proof() -> None:
    assert metadata(write(single(everything())), "dcterms:conformsTo") == []


# ---- printed pages


def test_printed_pages_are_marked_where_they_begin_and_listed() -> None:
    files = write(single(everything()), facts=PRINTED)

    chapter, nav = page(files), page(files, "nav.xhtml")
    marks = [mark.get("aria-label") for mark in chapter.iter(f"{XHTML}div") if mark.get("role") == "doc-pagebreak"]
    (listed,) = [nav for nav in nav.iter(f"{XHTML}nav") if nav.get(EPUB_TYPE) == "page-list"]
    assert marks == ["1", "2", "3", "4"]
    assert [words_of(link) for link in listed.iter(f"{XHTML}a")] == ["1", "2", "3", "4"]
    assert metadata(files, "pageBreakSource") == ["Ondt i ryggen, trykt udgave fra Klinik Eksempel"]
    assert "pageNavigation" in metadata(files, "schema:accessibilityFeature")
    assert b'<pageTarget id="page-4" type="normal" value="4">' in files["toc.ncx"]


def test_a_page_mark_stands_before_the_block_that_begins_the_page() -> None:
    chapter = page(write(single(everything()), facts=PRINTED))

    (mark,) = [mark for mark in chapter.iter(f"{XHTML}div") if mark.get("id") == "_page-2"]

    headings = mark.xpath("following-sibling::*[1]/*[1]")
    assert [heading.get("id") for heading in headings] == ["en-tabel"]


def test_a_page_that_begins_within_a_block_is_marked_before_it() -> None:
    """A list over three pages: where within it they break is not known, but no page is missing."""
    blocks = (para("Først."), para("Et langt afsnit."), para("Sidst."))
    printed = Facts(4, {"_title": 1, "_block-1": 1, "_block-2": 1, "_block-3": 3})

    chapter = page(write(single(article(blocks=blocks)), facts=printed))

    ids = [str(element.get("id")) for element in chapter.iter("*") if str(element.get("id")).startswith("_")]
    assert ids == ["_page-1", "_title", "_block-1", "_page-2", "_block-2", "_page-3", "_block-3", "_page-4"]


def test_a_bound_book_follows_the_continuous_numbers_of_the_print_pack() -> None:
    edition = five()
    printed = {f"blog-tekst-{number}-_title": 2 * number for number in range(1, 6)}

    files = write(edition, facts=Facts(12, {"samlinger-ryg-_title": 1, **printed}))

    marks = [mark.get("aria-label") for name in sorted(files) if name.startswith("chapter-")
             for mark in page(files, name).iter(f"{XHTML}div") if mark.get("role") == "doc-pagebreak"]  # fmt: skip
    assert marks == [str(page) for page in range(1, 13)]


def test_without_a_printed_edition_no_pages_are_claimed() -> None:
    files = write(single(everything()))

    assert b"page-list" not in files["nav.xhtml"]
    assert "pageNavigation" not in metadata(files, "schema:accessibilityFeature")
    assert metadata(files, "pageBreakSource") == []


def test_a_missing_printed_edition_is_reported() -> None:
    edition = single()

    assert [finding.code for finding in writer.write(edition, job(writer, edition)).findings] == ["epub-pages"]


# ---- navigation


def test_the_table_of_contents_has_two_levels() -> None:
    nav = page(write(single(everything())), "nav.xhtml")

    toc = nav.find(f".//{XHTML}nav")
    assert toc is not None
    assert [(words_of(link), len(list(link.iterancestors(f"{XHTML}ol")))) for link in toc.iter(f"{XHTML}a")] == [
        ("Ondt i ryggen", 1),
        ("Hvad kan du selv gøre?", 2),
        ("Søg hjælp", 2),
        ("Referencer", 2),
        ("Om denne tekst", 1),
    ]


def test_navigation_speaks_the_language_of_the_book() -> None:
    danish = write(five())["nav.xhtml"].decode()
    english = write(single(article(language="en")))["nav.xhtml"].decode()

    assert '<h1 id="_title">Indhold</h1>' in danish
    assert '<a epub:type="bodymatter" href="chapter-001.xhtml">Begynd her</a>' in danish
    assert '<h1 id="_title">Contents</h1>' in english


def test_a_bound_book_is_read_from_cover_to_colophon() -> None:
    package = page(write(five()), "content.opf")

    turns = [turn.get("idref") for turn in package.iter(f"{OPF}itemref")]

    chapters = [f"chapter-{number:03}" for number in range(1, 7)]
    assert turns == ["cover", "titlepage", "urgent", "nav", *chapters, "references", "glossary", "colophon"]


def test_boxes_that_say_when_to_see_a_doctor_are_listed_in_front() -> None:
    files = write(five())

    urgent = page(files, "urgent.xhtml")

    hrefs = [link.get("href") for link in urgent.iter(f"{XHTML}a") if "#" in str(link.get("href"))]
    assert len(hrefs) == 5
    assert hrefs[0] == "chapter-002.xhtml#blog-tekst-1-_box-1"


def test_the_page_of_signs_tells_titles_paragraphs_and_items_apart() -> None:
    signs = BulletList(((plain("du får feber"),), (plain("du mister kraft"),)))
    found = Callout("see-doctor", (header("Hvornår skal du søge læge?"), para("Søg læge, hvis"), signs))

    untitled = Callout("see-doctor", (signs,))

    urgent = page(write(bound(article(blocks=(found, untitled)))), "urgent.xhtml")

    box = next(part for part in urgent.iter(f"{XHTML}section") if part.get("class") == "callout see-doctor")
    lines = [
        (part.tag.removeprefix(XHTML), part.get("class"), part.text) for part in box.iter(f"{XHTML}p", f"{XHTML}li")
    ]
    assert lines == [
        ("p", "callout-subtitle", "Hvornår skal du søge læge?"),
        ("p", None, "Søg læge, hvis"),
        ("li", None, "du får feber"),
        ("li", None, "du mister kraft"),
        ("p", "callout-subtitle", "Søg læge, hvis …"),
        ("li", None, "du får feber"),
        ("li", None, "du mister kraft"),
    ]


def test_the_date_below_a_title_says_what_it_tells() -> None:
    published, updated = date(2025, 2, 19), date(2025, 3, 1)

    alone = page(write(single(article(published=published, updated=None))))
    both = page(write(single(article(published=published, updated=updated))))

    assert "Udgivet 19. februar 2025" in words_of(alone)
    assert "Opdateret 1. marts 2025" in words_of(both)


def test_a_bound_book_has_one_list_of_references_by_chapter() -> None:
    files = write(five())

    references, chapter = page(files, "references.xhtml"), page(files, "chapter-002.xhtml")

    assert len(list(references.iter(f"{XHTML}h2"))) == 5
    assert words_of(references).count("Lancet, 2018.") == 5
    assert "Lancet" not in words_of(chapter)
    assert "references.xhtml#blog-tekst-1-referencer" in [link.get("href") for link in chapter.iter(f"{XHTML}a")]


def test_references_with_a_note_stay_in_their_chapter() -> None:
    """The number of the note would lead back into another file."""
    noted = References((), (para_with(Str("Kilde"), Note((para("Set i 2026."),))),), "kilder")

    files = write(bound(article(blocks=(noted,)), blocks=()))

    assert "references.xhtml" not in files
    assert "Set i 2026." in words_of(page(files))


def test_references_under_a_title_without_words_get_the_usual_one() -> None:
    untitled = References((Image(PICTURE, ""),), (para("Kilde."),), "kilder")

    chapter = page(write(single(article(blocks=(untitled,)))))

    assert [words_of(heading) for heading in chapter.iter(f"{XHTML}h2")] == ["Referencer"]


def test_defined_words_stand_in_one_glossary_in_danish_order() -> None:
    terms = ("Ødem", "Årsag", "Ærme", "Zone", "ankel")
    entries = tuple((words_in(term), ((para(f"Det betyder {term}."),),)) for term in terms)
    edition = bound(article(blocks=(DefinitionList(entries),)), article(id="blog/b", title="B"), blocks=())

    glossary = page(write(edition), "glossary.xhtml")

    assert [words_of(term) for term in glossary.iter(f"{XHTML}dt")] == ["ankel", "Zone", "Ærme", "Ødem", "Årsag"]


def test_a_word_defined_alike_in_two_chapters_stands_once() -> None:
    glossary = page(write(five()), "glossary.xhtml")

    assert [words_of(term) for term in glossary.iter(f"{XHTML}dt")] == ["Lænd"]
    assert len(list(glossary.iter(f"{XHTML}a"))) == 5


# ---- chapters


def test_blocks_for_other_media_are_left_out_and_cannot_be_gone_to() -> None:
    printed = Div((Header(2, words_in("Kun på papir"), "papir"),), media=("print",))
    edition = single(article(blocks=(printed, para_with(Link(words_in("se arket"), "#papir", 7)))))

    written = published(edition)

    assert "Kun på papir" not in words_of(page(files_of(written)))
    assert [finding.code for finding in written.findings] == ["epub-link-dead"]


def test_each_heading_opens_a_section_and_closes_the_ones_before() -> None:
    blocks = (header("A"), para("a"), header("B", 3), para("b"), header("C"), para("c"))

    chapter = page(write(single(article(blocks=blocks))))

    headings = chapter.iter(f"{XHTML}h2", f"{XHTML}h3")
    depths = {words_of(heading): len(list(heading.iterancestors(f"{XHTML}section"))) for heading in headings}
    assert depths == {"A": 2, "B": 3, "C": 2}


def test_footnotes_pop_up_and_lead_back() -> None:
    chapter = page(write(single(everything())))

    (note,) = [aside for aside in chapter.iter(f"{XHTML}aside") if aside.get("role") == "doc-footnote"]

    back = note.find(f".//{XHTML}a")
    assert back is not None
    assert note.get(EPUB_TYPE) == "footnote"
    assert back.get("role") == "doc-backlink"
    assert back.get("aria-label") == "Tilbage til note 1 i teksten"
    assert "En fodnote med et tal: 12 %." in words_of(note)
    assert any(link.get("href") == f"#{note.get('id')}" for link in chapter.iter(f"{XHTML}a"))


def test_a_note_in_a_link_comes_after_it() -> None:
    blocks = (para_with(Link((Str("vejledning"), Note((para("Fra 2019."),))), "https://sundhed.example", 7)),)

    chapter = page(write(single(article(blocks=blocks))))

    assert not [link for link in chapter.iter(f"{XHTML}a") if link.findall(f".//{XHTML}a")]
    assert any(link.get("role") == "doc-noteref" for link in chapter.iter(f"{XHTML}a"))


def test_words_in_another_language_say_which() -> None:
    chapter = page(write(single(everything())))

    (foreign,) = [span for span in chapter.iter(f"{XHTML}span") if span.get("lang")]

    assert words_of(foreign) == "low back pain"
    assert foreign.get("lang") == foreign.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_tables_have_scopes_and_captions() -> None:
    head = (Cell((Plain(words_in("Uge")),)), Cell((Plain(words_in("Gentagelser")),)))
    row = (Cell((Plain(words_in("1")),)), Cell((Plain(words_in("10")),)))

    table = page(write(single(article(blocks=(Table(head, (row,), words_in("Øvelser")),))))).find(f".//{XHTML}table")

    assert table is not None
    assert words_of(table.find(f"{XHTML}caption")) == "Øvelser"
    assert [header.get("scope") for header in table.iter(f"{XHTML}th")] == ["col", "col"]


def test_a_head_cell_without_words_is_a_head_of_nothing() -> None:
    """Screen readers would announce it; Ace counts it as a fault."""
    head = (Cell(()), Cell((Plain(words_in("Uge 1")),)))
    row = (Cell((Plain(words_in("Knæbøj")),)), Cell((Plain(words_in("10")),)))

    table = page(write(single(article(blocks=(Table(head, (row,)),))))).find(f".//{XHTML}table")

    assert table is not None
    assert [str(cell.tag).removeprefix(XHTML) for cell in table.findall(f"{XHTML}thead/{XHTML}tr/*")] == ["td", "th"]


WEEK = ("Øvelse", "Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")


def table_of(*rows: tuple[str, ...]) -> Table:
    head, *below = (tuple(Cell((Plain(words_in(words)),)) for words in row) for row in rows)
    return Table(head, tuple(below))


def week_plan() -> Table:
    return table_of(WEEK, ("Knæbøjning", "3 × 10", "hvile", "3 × 12", "hvile", "3 × 15", "hvile", "hvile"))


def boxes_on_screen(files: dict[str, bytes], name: str, folder: Path, width: int, height: int) -> list[Any]:
    """Lay a page of a book out on pages of the size of a screen, and return its words and pictures."""
    from weasyprint import CSS, HTML

    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    screen = CSS(string=f"@page {{ size: {width}px {height}px; margin: 0 }}")
    pages = HTML(filename=folder / name).render(stylesheets=[screen]).pages
    boxes = [box for page in pages for box in page._page_box.descendants()]
    return [box for box in boxes if type(box).__name__ in ("TextBox", "InlineReplacedBox", "BlockReplacedBox")]


@pytest.mark.parametrize("place", ["text", "box", "list"])
def test_no_table_is_wider_than_a_phone(place: str, tmp_path: Path) -> None:
    tables = (
        week_plan(),
        table_of(("Måned", *(f"Måned-{n}" for n in range(12))), ("Gang", *["10 min"] * 12)),
        table_of(("Symptom", "Handling"), ("Bevidsthedstab", "Sundhedsstyrelsens")),
        table_of(("Adresse", "Navn"), ("https://klinik.example/" + "lang/" * 12, "Klinik")),
    )
    inside = {"text": tables, "box": (Callout("see-doctor", tables),), "list": (BulletList((tables,)),)}[place]

    boxes = boxes_on_screen(write(single(article(blocks=inside))), "chapter-001.xhtml", tmp_path, 340, 640)

    assert max(box.position_x + box.width for box in boxes) <= 340


def test_a_wide_table_says_its_heads_before_the_cells_of_a_card_and_stays_a_table_for_screen_readers() -> None:
    chapter = page(write(single(article(blocks=(week_plan(),)))))

    (table,) = chapter.iter(f"{XHTML}table")
    cells = list(table.iter(f"{XHTML}td"))
    assert table.get("class") == "stacks labelled"
    assert [words_of(cell) for cell in cells][:3] == ["Knæbøjning", "Mandag: 3 × 10", "Tirsdag: hvile"]
    assert [span.get("data-added") for cell in cells for span in cell.iter(f"{XHTML}span")] == [""] * 7
    assert [table.get("role"), *(row.get("role") for row in table.iter(f"{XHTML}tr"))] == ["table", "row", "row"]
    assert {cell.get("role") for cell in cells} == {"cell"}


def test_a_list_of_words_and_meanings_has_no_labels() -> None:
    """Its heads stand above the first card, once."""
    words = table_of(("Latinsk udtryk", "Betydning"), ("Speciallægepraksisplanlægning", "Patientundersøgelsesforløb"))

    (table,) = page(write(single(article(blocks=(words,))))).iter(f"{XHTML}table")

    assert table.get("class", "").split()[0] == "stacks"
    assert "labelled" not in table.get("class", "")
    assert [words_of(cell) for cell in table.iter(f"{XHTML}td")] == [
        "Speciallægepraksisplanlægning",
        "Patientundersøgelsesforløb",
    ]
    assert not list(table.iter(f"{XHTML}span"))


def test_a_footnote_of_a_heading_is_marked_in_the_list_too() -> None:
    head = tuple(Cell((Plain((*words_in(words), Note((para("Med pause."),)))),)) for words in WEEK)

    chapter = page(write(single(article(blocks=(replace(week_plan(), head=head),)))))

    labels = [span for span in chapter.iter(f"{XHTML}span") if span.get("class") == "label"]
    assert words_of(labels[0]) == "Mandag1:"
    assert {link.get("role") for label in labels for link in label.iter(f"{XHTML}a")} == {"doc-noteref"}


def test_a_narrow_table_stays_as_it_is() -> None:
    chapter = page(write(single(article(blocks=(table_of(("Dag", "Antal"), ("1", "10")),)))))

    (table,) = chapter.iter(f"{XHTML}table")
    assert table.get("class") is table.get("role") is None
    assert not list(table.iter(f"{XHTML}span"))


@pytest.mark.parametrize(("width", "height"), [(340, 640), (1000, 600)])
def test_a_tall_picture_and_the_cover_are_whole_on_one_screen(width: int, height: int, tmp_path: Path) -> None:
    poster = Image(replace(PICTURE, width_px=400, height_px=2400), "En plakat")
    made = write(single(article(blocks=(para("Før."), Figure(poster), Para((poster,))))))

    pictures = [
        box
        for name in ("chapter-001.xhtml", "cover.xhtml")
        for box in boxes_on_screen(made, name, tmp_path, width, height)
        if "Replaced" in type(box).__name__
    ]

    assert [round(box.height / box.width, 1) for box in pictures] == [6.0, 6.0, 1.5]
    assert all(box.position_x + box.width <= width for box in pictures)
    assert all(box.position_y + box.height <= height for box in pictures)


def test_landmarks_and_pages_are_listed_for_readers_and_not_shown() -> None:
    nav = page(write(single(everything()), facts=PRINTED), "nav.xhtml")

    hidden = {part.get(EPUB_TYPE): part.get("hidden") for part in nav.iter(f"{XHTML}nav")}

    assert hidden == {"toc": None, "landmarks": "hidden", "page-list": "hidden"}


def test_a_soft_hyphen_is_refused() -> None:
    """Reading takes them out; one that came another way would be read aloud as a break."""
    edition = single(article(blocks=(para("bækken\u00adbund"),)))

    with pytest.raises(WriteError, match="soft hyphen"):
        writer.write(edition, job(writer, edition))


def test_style_of_a_project_that_older_readers_stumble_over_is_refused_with_its_line(tmp_path: Path) -> None:
    edition = single()
    (tmp_path / "epub").mkdir()
    (tmp_path / "epub/book.css").write_text("p { margin: 0 }\n.facts { display: flex }\n")
    own = replace(job(writer, edition), styles=Styles((tmp_path, packaged_styles())))

    with pytest.raises(StyleError, match="flexible box") as refused:
        writer.write(edition, own)

    assert (refused.value.source, refused.value.line) == ("styles/epub/book.css", 2)


def test_boxes_have_the_role_of_their_kind() -> None:
    chapter = page(write(single(everything())))

    boxes = [element for element in chapter.iter("*") if "callout " in str(element.get("class"))]
    roles = {words_of(box.find(f"{XHTML}p")): (box.get("role"), box.get(EPUB_TYPE)) for box in boxes}
    assert roles == {"Søg læge, hvis …": ("doc-notice", "notice"), "Et råd": ("doc-tip", "tip")}


def test_a_link_to_an_article_of_the_same_book_stays_inside() -> None:
    files = write(five())

    hrefs = [link.get("href") for link in page(files, "chapter-002.xhtml").iter(f"{XHTML}a")]

    assert "chapter-003.xhtml#blog-tekst-2-en-tabel" in hrefs


def test_related_articles_lead_inside_the_book_or_to_the_web() -> None:
    first, second = (
        article(id="blog/a", address="https://klinik.example/a"),
        article(id="blog/b", title="B", address="https://klinik.example/b"),
    )
    first = changed(
        first, related=(Related("B", "https://klinik.example/b/"), Related("C", "https://klinik.example/c"))
    )

    chapter = page(write(bound(first, second, blocks=())))

    hrefs = [link.get("href") for link in chapter.iter(f"{XHTML}a")]
    assert hrefs[:2] == ["chapter-002.xhtml", "https://klinik.example/c"]


@pytest.mark.parametrize(
    "address",
    ["#findes-ikke", "ftp://gammel.example", "https://", "https://[::1", "https://to ord.example", "soevn.md"],
)
def test_a_link_that_leads_nowhere_keeps_its_words_and_is_reported(address: str) -> None:
    edition = single(article(blocks=(para_with(Link(words_in("se her"), address, 7)),)))

    written = published(edition)

    chapter = page(files_of(written))
    assert "se her" in words_of(chapter.find(f".//{XHTML}p[@id='_block-1']"))
    assert [(finding.code, finding.line) for finding in written.findings] == [("epub-link-dead", 7)]


def test_a_related_article_without_a_sound_address_is_left_out_and_reported() -> None:
    edition = single(article(related=(Related("Søvn", "soevn.md", 9),)))

    written = published(edition)

    assert "Søvn" not in words_of(page(files_of(written)))
    assert [(finding.code, finding.line) for finding in written.findings] == [("epub-link-dead", 9)]


def test_a_website_without_https_is_named_but_not_linked() -> None:
    files = write(single(article(address="")), publisher=Publisher(name="Klinik", website="klinik.example"))

    colophon = page(files, "colophon.xhtml")

    assert "klinik.example" in words_of(colophon)
    assert not list(colophon.iter(f"{XHTML}a"))


def test_characters_that_readers_refuse_in_an_address_are_encoded() -> None:
    blocks = (para_with(Link(words_in("søg"), "https://klinik.example/søg efter?q=„ryg“|x", 7)),)

    chapter = page(write(single(article(blocks=blocks))))

    assert "https://klinik.example/søg%20efter?q=„ryg“%7Cx" in [link.get("href") for link in chapter.iter(f"{XHTML}a")]


def test_an_empty_heading_is_left_out_of_text_and_contents() -> None:
    files = write(single(article(blocks=(Header(2, (), "tom"), References((), (para("Kilde."),), "kilder")))))

    assert [words_of(heading) for heading in page(files).iter(f"{XHTML}h2")] == ["Referencer"]
    assert "#tom" not in files["nav.xhtml"].decode()


def test_the_language_of_a_chapter_is_its_own() -> None:
    english = article(id="blog/back", language="en", title="Back pain")

    files = write(bound(article(), english, blocks=()))

    assert page(files, "chapter-002.xhtml").get("lang") == "en"
    assert metadata(files, "dc:language") == ["da", "en"]


def test_added_words_are_marked_as_such() -> None:
    """Taking away what is marked leaves the words of the source."""
    made = article(key_points=("Hold dig i gang.",), lead="Kort fortalt.")
    chapter = page(write(single(made)))

    for added in [element for element in chapter.iter("*") if element.get("data-added") is not None]:
        outer = added.getparent()
        assert outer is not None
        outer.remove(added)

    body = chapter.find(f"{XHTML}body")
    assert (
        words_of(body)
        == "Ondt i ryggen Kort fortalt. Hold dig i gang. Hold dig i gang Bevægelse hjælper mere end hvile."
    )


# ---- pictures, typeface, style


def test_each_picture_is_asked_for_once_and_stored_once() -> None:
    """Six places, two pictures, one drawing: their bytes are equal."""
    edition = five()

    needs = writer.needs(edition, writer.Options())
    pictures = [name for name in write(edition) if name.startswith("pictures/") and "cover" not in name]

    assert len(needs) == 2
    assert all((need.width_px, need.max_bytes) == (1600, 1_500_000) for need in needs)
    assert len(pictures) == 1


def test_a_picture_that_turned_out_broken_is_left_out() -> None:
    edition = single(article(hero=Figure(Image(Picture("x.png", "0" * 64, 10, 10, "image/png"), "Knæk"))))
    without = replace(job(writer, edition), pictures={})

    chapter = page(files_of(writer.write(edition, without)))

    assert not list(chapter.iter(f"{XHTML}img", f"{XHTML}figure"))


def test_fonts_hold_the_characters_of_the_book_and_may_be_embedded() -> None:
    from fontTools.ttLib import TTFont

    files = write(single(everything()))

    fonts = {name: TTFont(io.BytesIO(data)) for name, data in files.items() if name.endswith(".ttf")}
    assert sorted(fonts) == ["fonts/bold.ttf", "fonts/italic.ttf", "fonts/regular.ttf"]
    assert set("Hvad kan du selv gøre?") <= set(map(chr, fonts["fonts/bold.ttf"].getBestCmap()))
    assert not any(font["OS/2"].fsType & 0x0302 for font in fonts.values())
    assert all(len(files[name]) < 40_000 for name in fonts)


def test_the_typeface_of_the_reader_can_be_chosen() -> None:
    files = write(single(), options=writer.Options(typeface="system"))

    assert not [name for name in files if "font" in name]
    assert b"fonts.css" not in files["chapter-001.xhtml"]


def test_dark_mode_has_a_sheet_of_its_own() -> None:
    files = write(single())

    assert b"@media" not in files["book.css"] + files["fonts.css"] + files["wide.css"]
    assert b"prefers-color-scheme: dark" in files["dark.css"]


# ---- refused


def test_a_control_character_is_refused_and_named() -> None:
    edition = single(article(title="Ondt\x08i ryggen"))

    with pytest.raises(WriteError, match=r"not well-formed"):
        writer.write(edition, job(writer, edition))


def test_two_headings_with_one_id_are_refused() -> None:
    twice = article(blocks=(Header(2, words_in("En"), "en"), Header(2, words_in("To"), "en")))
    edition = single(twice)

    with pytest.raises(WriteError, match=r"chapter-001\.xhtml: the id 'en' occurs twice"):
        writer.write(edition, job(writer, edition))


def test_an_edition_without_anything_to_read_is_refused() -> None:
    edition = bound(blocks=())

    with pytest.raises(SourceError, match="nothing to read"):
        writer.write(edition, job(writer, edition))


@pytest.mark.parametrize(("colour", "message"), [("petrol", "expected a colour"), ("#ffee00", "too light")])
def test_a_cover_colour_on_which_white_cannot_be_read_is_refused(colour: str, message: str) -> None:
    edition = single()

    with pytest.raises(ConfigError, match=message):
        writer.write(edition, job(writer, edition, options=writer.Options(cover_colour=colour)))


def test_the_logo_stands_on_the_cover_for_the_name(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="#d00000" d="M0 0h9v9H0z"/></svg>'
    text_file(tmp_path / "brand/mark.svg", drawing)
    given = job(writer, single(), publisher=Publisher(name="Klinik Eksempel", logo="styles/brand/mark.svg"))

    made = writer.write(single(), replace(given, styles=Styles((tmp_path, packaged_styles()))))

    book = zipfile.ZipFile(io.BytesIO(made.artifacts[0].data))
    cover = PillowImage.open(book.open(next(name for name in book.namelist() if name.endswith("cover.jpg")))).convert(
        "RGB"
    )
    red, green, blue = cover.getpixel((120, 1690))  # type: ignore[misc]  # of an RGB picture
    assert red > 190 > 40 > max(green, blue)


def test_boxes_of_one_name_are_one_landmark() -> None:
    boxes = [Callout("see-doctor", (para(f"Tegn {number}."),)) for number in (1, 2)]
    page = write(single(article(blocks=(*boxes, Callout("emergency", (para("Ring 112."),))))))["chapter-001.xhtml"]

    named = re.findall(r'id="(_box-\d)"[^>]*aria-labelledby', page.decode())

    assert named == ["_box-1", "_box-3"]


def test_a_large_book_is_reported() -> None:
    edition = single()

    written = published(edition, writer.Options(large_mb=0.01))

    assert [finding.code for finding in written.findings] == ["epub-large"]


def test_a_title_of_any_kind_stands_unchanged_in_metadata_and_page() -> None:
    title = "„Ondt“ & <værre> — 'så'"
    files = write(single(article(title=title)))

    assert metadata(files, "dc:title") == [title]
    assert words_of(page(files).find(f".//{XHTML}h1")) == title


def test_the_finished_book_has_no_fault_of_our_own_judge() -> None:
    edition = five()

    assert validate_epub(writer.write(edition, job(writer, edition)).artifacts[0].data) == ()


def test_every_word_the_writer_needs_exists_in_danish_and_english() -> None:
    styles = job(writer, single()).styles

    danish, english = (set(load_words(styles, language).entries) for language in ("da", "en"))

    assert {key for key in danish if key.startswith("epub_")} == {key for key in english if key.startswith("epub_")}


def test_equal_boxes_have_ids_of_their_own() -> None:
    box = Callout("note", (para("Husk."),))

    chapter = page(write(single(article(blocks=(box, box)))))

    ids = [element.get("id") for element in chapter.iter("*") if "callout " in str(element.get("class"))]
    assert ids == ["_box-1", "_box-2"]
