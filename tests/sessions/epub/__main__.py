"""Judge, open and compare e-books, and print each figure: `python -m tests.sessions.epub NPM CORPUS SHOTS`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.validation.certificate import FOLDER, Certificates
from tests.sessions.epub import growth, judges, readers, screens, table, versus
from tests.sessions.epub.shelf import ANTHOLOGY, Shelf, sample, set_up

ACE_SAMPLE = 14
READ_SAMPLE = 4


def main() -> int:
    """Return 1 where a figure is not what it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("npm", type=Path, help="Where the npm packages are installed.")
    parser.add_argument("corpus", type=Path, help="Articles in content/ and pictures in public/.")
    parser.add_argument("shots", type=Path, help="Where to keep pictures of the readers.")
    parser.add_argument("--sample", type=int, default=0, help="Take so many articles of the corpus; 0: all.")
    parser.add_argument("--no-growth", action="store_true", help="Leave the books of up to 1,000 articles out.")
    parser.add_argument("--write", type=Path, help="The document whose table is to be written anew.")
    given = parser.parse_args()
    given.shots.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        faults, rows = _judge_all(given.npm, given.corpus, given.shots, Path(name), given.sample)
        if not given.no_growth:
            lines, too_fast = growth.measured(Path(name) / "growth")
            _say("\n".join(lines))
            faults += too_fast
    _say("\n".join(rows))
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)  # noqa: T201
    if given.write and not faults and not given.sample:
        table.write(given.write, rows)
    return int(bool(faults))


def _judge_all(npm: Path, corpus: Path, shots: Path, folder: Path, most: int) -> tuple[list[str], list[str]]:
    shelf, each_s = set_up(corpus, folder / "project", most)
    chosen = sample(list(shelf.books()), ACE_SAMPLE)
    certified = shelf.run("epub", articles=tuple(chosen), is_certified=True)
    faults = [
        f"{finding.source}: {finding.message}" for finding in certified.findings if finding.code == "epub-refused"
    ]
    books = shelf.books()
    ours, faults_of_ours = _judged(books, chosen, each_s)
    certificates = Certificates(shelf.folder / FOLDER)
    unfounded = judges.unfounded(books, certificates)
    claimed = judges.conforming(books.values())
    able = sum(judges.can_conform(books[id_]) for id_ in chosen)
    _say(f"Books that claim conformance: {claimed} of the {able} certified ones whose pages bear it out")
    if claimed != able or not able:
        faults.append(f"{claimed} books claim conformance, expected {able} of the {len(chosen)} certified ones")
    faults += [*faults_of_ours, *(f"{id_}: claims conformance without a certificate" for id_ in unfounded)]
    faults += _read(books, chosen[:READ_SAMPLE], npm, shots)
    rivals = _rivals(shelf, books, chosen, folder)
    return faults, table.rows(ours, rivals, claimed)


def _judged(books: Mapping[str, bytes], chosen: list[str], each_s: float) -> tuple[table.Column, list[str]]:
    checked = judges.by_epubcheck(books)
    _say(f"EPUBCheck: {len(checked.faults)} faults in {checked.books} books, {checked.each_s:.1f} s each")
    seen = judges.by_ace({id_: books[id_] for id_ in chosen if id_ in books})
    _say(f"Ace: {len(seen.faults)} violations in {seen.books} books, {seen.each_s:.1f} s each")
    false = judges.claims_against(books)
    _say(f"False claims: {len(false)}")
    sizes = [len(book) for id_, book in books.items() if id_ != ANTHOLOGY]
    column = table.Column(
        len(books),
        sum(sizes) / max(1, len(sizes)),
        each_s,
        checked,
        seen,
        len(false),
        len({fault.split(": ", 1)[0] for fault in false}),
    )
    return column, [*checked.faults, *seen.faults, *false]


def _read(books: Mapping[str, bytes], chosen: list[str], npm: Path, shots: Path) -> list[str]:
    """Open books in each reader and return what went wrong."""
    faults: list[str] = []
    with readers.browser() as opened:
        unfit = [f"{id_}: {fault}" for id_, book in books.items() for fault in screens.screen_faults(opened, book, npm)]
        _say(f"Screens of 320 to 1,000 px, light and dark: {len(unfit)} faults in {len(books)} books")
        faults += unfit
        for number, id_ in enumerate(chosen):
            book = books[id_]
            visits = {"epub.js": readers.read_with_epubjs(opened, book, npm)}
            for size in readers.SIZES:
                for scheme in readers.SCHEMES:
                    below = shots / str(number)
                    below.mkdir(exist_ok=True)
                    visit = readers.read_with_foliate(opened, book, npm, size, scheme, below)
                    visits[f"foliate-js, {size}, {scheme}"] = visit
            for reader, visit in visits.items():
                faults += [f"{id_} in {reader}: {fault}" for fault in visit.faults]
                expected = readers.spine_of(book), readers.lists_of(book)
                if (visit.items, visit.lists) != expected:
                    faults.append(f"{id_} in {reader}: {visit.items} items, {visit.lists}; expected {expected}")
                _say(f"{id_} in {reader}: {visit.items} items reached, {visit.lists}")
    if not readers.has_calibre():
        _say("Calibre is not installed, so no book was opened in it: apt-get install calibre")
        return faults
    for id_ in chosen:
        with TemporaryDirectory() as name:
            said = readers.read_with_calibre(books[id_], Path(name))
        _say(f"{id_} in Calibre: {len(said)} faults")
        faults += [f"{id_} in Calibre: {fault}" for fault in said]
    return faults


def _rivals(shelf: Shelf, books: Mapping[str, bytes], chosen: list[str], folder: Path) -> table.Column:
    """Return how pandoc's books of the same articles fare."""
    work = folder / "pandoc"
    work.mkdir()
    sources = {
        edition["id"]: shelf.folder / edition["sources"][0]
        for edition in shelf.editions()
        if edition["format"] == "epub" and edition["id"] in books and edition["id"] != ANTHOLOGY
    }
    bound = versus.by_pandoc(sources, shelf.folder / "public", work)
    column, _ = _judged(bound.books, [id_ for id_ in chosen if id_ != ANTHOLOGY], bound.each_s)
    return column


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a session shows its figures as they come


if __name__ == "__main__":
    sys.exit(main())
