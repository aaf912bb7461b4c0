"""What a certificate covers: all of a book but its claim, and nothing else."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.model import Article, Edition
from pipeline.validation.certificate import (
    CONFORMANCE_STATEMENT,
    VALIDATORS,
    Certificate,
    book_content_digest,
    certificate_from_json,
    certificate_to_json,
    claims_conformance,
)
from pipeline.validation.certifying import check_with_epubcheck
from pipeline.validation.epub import validate_epub
from pipeline.writers import Written
from pipeline.writers import epub as writer
from tests.makers import article, contents, everything, header, job, para, single

VERSIONS = tuple((name, "1.0") for name in VALIDATORS)
NAMED = writer.Options(reviewed_by="Ida Prøvegaard", reviewed=date(2026, 11, 2))
PACKAGE = "EPUB/content.opf"


def written(edition: Edition, certificate: Certificate | None = None, options: writer.Options = NAMED) -> Written:
    return writer.write(edition, replace(job(writer, edition, options=options), certificate=certificate))


def book_of(edition: Edition, certificate: Certificate | None = None, options: writer.Options = NAMED) -> bytes:
    return written(edition, certificate, options).artifacts[0].data


def certificate_for(edition: Edition, options: writer.Options = NAMED) -> Certificate:
    """Return the certificate that judges would give who find nothing."""
    return Certificate(book_content_digest(book_of(edition, options=options)), VERSIONS)


def package_of(book: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        return container.read(PACKAGE).decode()


def with_text(book: bytes, name: str, old: str, new: str) -> bytes:
    """Return a book with some text of a file replaced."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as whole, zipfile.ZipFile(data, "w") as spoilt:
        for entry in whole.infolist():
            content = whole.read(entry)
            if entry.filename == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            spoilt.writestr(entry, content)
    return data.getvalue()


def codes(made: Written) -> list[str]:
    return [finding.code for finding in made.findings if finding.code != "epub-pages"]


def test_a_certified_book_names_the_standard_its_reviewer_and_the_day() -> None:
    book = book_of(single(), certificate_for(single()))

    package = package_of(book)
    assert f'<meta property="dcterms:conformsTo" id="conformance">{CONFORMANCE_STATEMENT}</meta>' in package
    assert ' refines="#conformance">Ida Prøvegaard</meta>' in package
    assert '<meta property="dcterms:date" refines="#certifier-1">2026-11-02</meta>' in package
    assert validate_epub(book) == ()


def test_the_reviewers_of_the_articles_come_before_that_of_the_project() -> None:
    edition = single(everything())

    package = package_of(book_of(edition, certificate_for(edition)))

    assert ' refines="#conformance">Anna Prøve, fysioterapeut</meta>' in package
    assert '<meta property="dcterms:date" refines="#certifier-1">2026-06-01</meta>' in package


def test_the_claim_does_not_change_what_is_certified() -> None:
    edition = single(everything())
    certificate = certificate_for(edition)

    claimed = book_of(edition, certificate)

    assert claims_conformance(claimed)
    assert certificate.holds_for(claimed)
    assert book_content_digest(claimed) == book_content_digest(book_of(edition))


def test_epubcheck_finds_nothing_in_a_book_with_its_claim(tmp_path: Path) -> None:
    bound = Edition(article(id="a/b", contents=contents(("blog/ondt-i-ryggen",)), blocks=()), (everything(),))
    books = {
        "single": book_of(single(), certificate_for(single())),
        "bound": book_of(bound, certificate_for(bound)),
    }

    assert all(map(claims_conformance, books.values()))
    assert check_with_epubcheck(books, tmp_path) == {"single": (), "bound": ()}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("EPUB/chapter-001.xhtml", "Bevægelse hjælper", "Bevægelse skader"),
        ("EPUB/book.css", "line-height: 1.5;", "line-height: 0.5;"),
        (PACKAGE, "<dc:title>Ondt i ryggen</dc:title>", "<dc:title>Ondt i knæet</dc:title>"),
        (PACKAGE, "<dc:language>da</dc:language>", "<dc:language>en</dc:language>"),
        (PACKAGE, ">structuralNavigation</meta>", ">synchronizedAudioText</meta>"),
        ("EPUB/nav.xhtml", "Indhold", "Andet"),
    ],
)
def test_a_spoilt_book_is_not_what_was_certified(name: str, old: str, new: str) -> None:
    certificate = certificate_for(single())

    spoilt = with_text(book_of(single(), certificate), name, old, new)

    assert not certificate.holds_for(spoilt)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("EPUB/chapter-001.xhtml", 'alt="To øvelser" ', "", "conformance, which the pages contradict"),
        ("EPUB/chapter-001.xhtml", "</body>", "<script/></body>", "conformance, which the pages contradict"),
        (PACKAGE, 'property="a11y:certifiedBy"', 'property="a11y:certifierReport"', "without a certifier"),
    ],
)
def test_our_own_judge_lets_no_spoilt_book_claim_conformance(name: str, old: str, new: str, expected: str) -> None:
    edition = single(everything())
    certified = book_of(edition, certificate_for(edition))

    faults = validate_epub(with_text(certified, name, old, new))

    assert validate_epub(certified) == ()
    assert any(expected in fault.message for fault in faults)


@pytest.mark.parametrize(
    "changed",
    [
        article(blocks=(header("Hold dig i gang"), para("Hvile hjælper mere end bevægelse."))),
        article(title="Ondt i knæet"),
        article(lead="En ny indledning."),
        article(updated=date(2026, 11, 20)),
    ],
)
def test_a_changed_article_withdraws_the_claim_and_says_so(changed: Article) -> None:
    certificate = certificate_for(single())

    made = written(single(changed), certificate)

    assert not claims_conformance(made.artifacts[0].data)
    assert codes(made) == ["epub-uncertified"]


def test_another_look_withdraws_the_claim() -> None:
    certificate = certificate_for(single())

    assert not claims_conformance(book_of(single(), certificate, replace(NAMED, typeface="system")))


@pytest.mark.parametrize(
    "options",
    [writer.Options(), replace(NAMED, reviewed_by=""), replace(NAMED, reviewed=None)],
    ids=["nothing", "no reviewer", "no date"],
)
def test_no_claim_without_a_reviewer_with_a_date(options: writer.Options) -> None:
    made = written(single(), certificate_for(single(), options), options)

    assert not claims_conformance(made.artifacts[0].data)
    assert "not every article has a reviewer" in made.findings[-1].message


def test_no_claim_where_one_chapter_has_no_reviewer() -> None:
    front = article(id="a/b", contents=contents(("x", "y")), blocks=())
    edition = Edition(front, (everything(), article(id="blog/andet")))

    assert not claims_conformance(book_of(edition, certificate_for(edition, writer.Options()), writer.Options()))


def test_no_claim_where_headings_skip_a_level() -> None:
    """EPUBCheck and Ace let it pass."""
    edition = single(article(blocks=(header("To", 2), para("a"), header("Fire", 4), para("b"))))

    made = written(edition, certificate_for(edition))

    assert not claims_conformance(made.artifacts[0].data)
    assert "not accessible to all" in made.findings[-1].message


def test_no_claim_on_the_word_of_one_judge_alone() -> None:
    halved = replace(certificate_for(single()), validators=VERSIONS[:1])

    assert not claims_conformance(book_of(single(), halved))


def test_an_exemption_stands_only_where_conformance_does_not() -> None:
    options = replace(NAMED, exemption="eaa-microenterprise")

    without = package_of(book_of(single(), None, options))
    certified = package_of(book_of(single(), certificate_for(single(), options), options))

    assert "eaa-microenterprise" in without
    assert "eaa-microenterprise" not in certified
    assert CONFORMANCE_STATEMENT in certified


def test_a_certificate_is_stored_and_read_again() -> None:
    certificate = Certificate("0" * 64, VERSIONS)

    assert certificate_from_json(certificate_to_json(certificate)) == certificate


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 1, "content": "0"}'])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own, or ours: what matters is that it is one
        certificate_from_json(data)
