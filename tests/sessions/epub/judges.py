"""What judges find in books, counted: EPUBCheck, Ace, and claims that pages do not bear out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.validation.certificate import Certificates, claims_conformance
from pipeline.validation.certifying import check_with_ace, check_with_epubcheck
from pipeline.validation.epub import OPF_NS, read_container, read_publication, validate_epub


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in some books."""

    books: int
    faults: tuple[str, ...]
    seconds: float

    @property
    def each_s(self) -> float:
        return self.seconds / max(1, self.books)

    def count(self, severity: str) -> int:
        return sum(fault.split(": ", 1)[1].startswith(severity) for fault in self.faults)


def by_epubcheck(books: Mapping[str, bytes]) -> Verdict:
    """Check all books in one Java machine."""
    named = {f"book-{number}": id_ for number, id_ in enumerate(books)}
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        found = check_with_epubcheck({name: books[id_] for name, id_ in named.items()}, Path(folder))
    faults = tuple(f"{named[name]}: {fault}" for name, lines in found.items() for fault in lines)
    return Verdict(len(books), faults, time.monotonic() - began)


def by_ace(books: Mapping[str, bytes]) -> Verdict:
    """Check books with Ace, one after another."""
    began = time.monotonic()
    faults: list[str] = []
    for id_, book in books.items():
        with TemporaryDirectory() as folder:
            faults += (f"{id_}: {fault}" for fault in check_with_ace(book, Path(folder)))
    return Verdict(len(books), tuple(faults), time.monotonic() - began)


def claims_against(books: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return every claim of accessibility that the pages of its book do not bear out."""
    faults = ((id_, fault) for id_, book in books.items() for fault in validate_epub(book))
    return tuple(f"{id_}: {fault}" for id_, fault in faults if fault.message.startswith("claims "))


def unfounded(books: Mapping[str, bytes], certificates: Certificates) -> tuple[str, ...]:
    """Return the books that claim conformance without a certificate for their very content."""
    return tuple(id_ for id_, book in books.items() if claims_conformance(book) and not _holds(id_, book, certificates))


def can_conform(book: bytes) -> bool:
    """Tell whether the pages of a book bear a claim of conformance out: a picture no one described is in the way."""
    return ("accessModeSufficient", "textual") in claimed_of(book)


def conforming(books: Iterable[bytes]) -> int:
    """Return how many books claim conformance."""
    return sum(map(claims_conformance, books))


def claimed_of(book: bytes) -> set[tuple[str, str]]:
    """Return what a book claims of its accessibility, which `claims_against` has compared with its pages."""
    metas = read_publication(read_container(book)).package.iter(f"{OPF_NS}meta")
    return {(meta.get("property", "").removeprefix("schema:"), (meta.text or "").strip()) for meta in metas}


def _holds(id_: str, book: bytes, certificates: Certificates) -> bool:
    certificate = certificates.load("epub", id_)
    return certificate is not None and certificate.holds_for(book)
