"""Every rule of the desk fires on one case and is silent on its neighbour; a rule without both fails here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pipeline.config import CheckSettings
from pipeline.findings import Finding
from pipeline.lint import spelling
from pipeline.lint.cross_article import ArticleSummary, LintSummary, check_across_articles, skipped
from pipeline.lint.file_validation import validate_file
from pipeline.lint.review_dates import check_reviews
from pipeline.model import ArticleMeta, Cell, Figure, Image, Link, Metadata, Para, Picture, Related, Str, Table
from tests.lint.linting import EMITTED, findings
from tests.makers import PICTURE, plain, words_in, write

Case = Callable[[Path], Iterable[Finding]]
SITE = "https://klinik.example"
LONG = f"{SITE}/{'a' * 90}"
SENTENCE = "Du kan gå en tur hver dag. "
WORDS = " ".join(f"ord{number}" for number in range(200))


def text(*paragraphs: str, **changes: Any) -> Case:
    """Check an article of these paragraphs."""
    return lambda folder: findings(*paragraphs, folder=folder, **changes)


def _shown(words: str) -> Case:
    return text(blocks=(Para((Link(words_in(words), LONG, 7),), 7),))


def _alone(words: str) -> Case:
    return text(blocks=(Para((Link((Str(words),), LONG, 7),), 7),))


def _table(*head: str) -> Case:
    row = tuple(Cell((plain(words),)) for words in ("a", "b"))
    return text(blocks=(Table(tuple(Cell((plain(words),)) for words in head), (row,), (), 9),))


def _picture(alt: str) -> Case:
    return text(blocks=(Figure(Image(PICTURE, alt, 4), (), 4),))


def _drawing(alt: str) -> Case:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>Nakke</text></svg>'
    picture = Picture("a.svg", hashlib.sha256(svg.encode()).hexdigest(), 9, 9, "image/svg+xml")

    def case(folder: Path) -> Iterable[Finding]:
        write(folder / "a.svg", svg)
        return findings(blocks=(Figure(Image(picture, alt, 4), (), 4),), folder=folder)

    return case


def _spelt(words: str) -> Case:
    return text(words, check=CheckSettings())


def _together(title: str = "b", related: tuple[str, ...] = ("b",), **traits: Any) -> Case:
    """Check an article `a` of some traits beside an article `b` that is led to and leads back."""
    about, more = (
        Metadata(title=name, address=f"{SITE}/{id_}", related=tuple(Related("", "", id=to) for to in ids))
        for id_, name, ids in (("a", "a", related), ("b", title, ("a",)))
    )
    one = ArticleSummary(ArticleMeta("a", "a.md", about), LintSummary(**traits))
    other = ArticleSummary(ArticleMeta("b", "b.md", more), LintSummary(anchors=("her",)))
    return lambda _: check_across_articles((one, other))


def _reviewed(day: date) -> Case:
    return lambda _: check_reviews([ArticleMeta("a", "a.md", Metadata(reviewed=day))], 24, date(2026, 5, 1))


def _languages(*languages: str) -> Case:
    return lambda _: skipped(languages)


def _file(name: str, make: Callable[[Path], object]) -> Case:
    def case(folder: Path) -> Iterable[Finding]:
        make(folder / name)
        return list(validate_file(folder / name, name))

    return case


def _pdf(*, is_claiming: bool) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with pikepdf.new() as document:
            document.add_blank_page()
            if is_claiming:
                with document.open_metadata() as metadata:
                    metadata["pdfuaid:part"] = "1"
            document.save(path)

    return make


def _mail(path: Path) -> None:
    message = EmailMessage()
    message.set_content("Hej.")
    path.write_bytes(bytes(message))


NO_PDF = _file("a.pdf", lambda path: path.write_bytes(b"no pdf"))
PASSIVE = "Øvelsen bliver udført af dig. Benet bliver løftet op. Armen bliver strakt ud. " * 4

CASES: dict[str, tuple[Case, Case]] = {
    "help-missing": (text("Gå en tur."), text("Søg læge, hvis du får feber.")),
    "claim-doubtful": (text("Behandlingen helbreder slidgigt."), text("Behandlingen hjælper nogle.")),
    "dose-format": (text("Tag 5,0 mg nu."), text("Tag 5 mg nu.")),
    "number-format": (text("Løft 2.5 kg."), text("Løft 2,5 kg.")),
    "review-missing": (text("Hej."), text("Hej.", reviewed=date(2026, 1, 1), reviewed_by="Anna Prøve")),
    "reviewer-missing": (
        text("Hej.", reviewed=date(2026, 1, 1)), text("Hej.", reviewed=date(2026, 1, 1), reviewed_by="Anna Prøve"),
    ),
    "review-overdue": (_reviewed(date(2020, 1, 1)), _reviewed(date(2026, 1, 1))),
    "lix-high": (text("Fysioterapeutiske undersøgelsesmetoder understøtter forløbet. " * 30), text(SENTENCE * 20)),
    "sentence-long": (text("ord " * 31 + "."), text("ord " * 30 + ".")),
    "word-long": (text("Vi bruger bindevævsmassagebehandling."), text("Vi bruger massage.")),
    "passive-voice": (text(PASSIVE), text(SENTENCE * 12)),
    "nominal-style": (text("Vi vil foretage en vurdering af din ryg."), text("Vi vurderer din ryg.")),
    "hard-word": (text("Du har hypertension."), text("Du har forhøjet blodtryk.")),
    "abbreviation-unexplained": (text("Mål din VAS nu."), text("Mål din smerte (VAS) nu.")),
    "reading-time": (text("ord " * 1700), text("ord " * 1500)),
    "word-doubled": (text("Det er er godt."), text("Det er godt.")),
    "space-before-mark": (text("Gå , og kom."), text("Gå, og kom.")),
    "genitive-english": (text("Parkinson's sygdom."), text("Parkinsons sygdom.")),
    "quotes-mixed": (text("Han sagde „ja og gik."), text("Han sagde „ja“ og gik.")),
    "spelling": (_spelt("Du kan få smeter."), _spelt("Du kan få smerter.")),
    "spelling-skipped": (_languages("tlh"), _languages("da")),
    "article-link-unknown": (_together(links=((f"{SITE}/c", 7),)), _together(links=((f"{SITE}/b", 7),))),
    "article-anchor-unknown": (_together(links=((f"{SITE}/b#der", 7),)), _together(links=((f"{SITE}/b#her", 7),))),
    "title-twice": (_together("a"), _together()),
    "orphan": (_together(related=()), _together()),
    "table-headless": (_table("", ""), _table("uge", "gange")),
    "alt-long": (_picture("ord " * 80), _picture("En arm.")),
    "lettering-unsaid": (_drawing("En krop"), _drawing("En krop med nakke")),
    "address-long": (_alone(LONG), _shown("klinikkens side")),
    "subject-long": (text("Hej.", subject="Ord " * 20), text("Hej.", subject="Ondt i ryggen")),
    "description-missing": (text("Hej.", has_description=False), text("Hej.", has_description=True)),
    "author-missing": (text("Hej.", authors=()), text("Hej.", authors=("Bo Eksempel",))),
    "file-nonconforming": (NO_PDF, _file("a.pdf", _pdf(is_claiming=False))),
    "file-unusual": (_file("a.eml", _mail), NO_PDF),
    "file-unclaimed": (_file("a.pdf", _pdf(is_claiming=False)), _file("a.pdf", _pdf(is_claiming=True))),
}  # fmt: skip
DANISH = ("spelling", "spelling-skipped")
"""Rules that need Hunspell and a Danish dictionary."""


def test_every_rule_has_a_case_that_fires_and_one_that_stays_silent() -> None:
    assert set(CASES) == EMITTED


@pytest.mark.parametrize("code", CASES)
def test_each_rule_fires_on_its_case_and_is_silent_on_the_neighbour(code: str, tmp_path: Path) -> None:
    if code in DANISH and spelling.missing_part("da"):
        pytest.skip(spelling.missing_part("da"))
    fires, silent = ({finding.code for finding in case(tmp_path)} for case in CASES[code])

    assert code in fires
    assert code not in silent
