"""The programme: exercises with doses that someone set, in the finished PDF and e-book, and what it refuses."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.model import (
    Article,
    ArticleMeta,
    Edition,
    EditionContents,
    ListedArticle,
    Metadata,
    OrderedList,
    Para,
    Space,
    Strong,
    text,
)
from pipeline.reading.programmes import PersonNumberError, check_person_numbers, programme_errors
from pipeline.rendering.programme import as_programme
from pipeline.writers import Written, epub, handout, newsletter
from tests.conftest import run_publish
from tests.makers import PUBLISH_TOML, article, header, job, para, plain, words_in, write
from tests.pdf_reading import tree

BY = "Ida Prøvegaard, fysioterapeut"


def exercise(name: str, **changes: Any) -> Article:
    blocks = (
        para(f"{name} styrker benene."),
        header("Sådan gør du"),
        OrderedList(((plain(f"{name}: begynd roligt."),), (plain("Hold igen på vej ned."),))),
        Para((Strong(words_in("Antal gentagelser:")), Space(), *words_in("8–12 gange."))),
        header("Ofte stillede spørgsmål"),
        para("Spørg os gerne."),
        header("Vær OBS"),
        para(f"Stop {name.lower()}, hvis det gør ondt."),
    )
    return article(**{"id": f"oevelser/{name.lower()}", "title": name, "blocks": blocks, **changes})


def programme(*listed: ListedArticle, articles: tuple[Article, ...] = (), **changes: Any) -> Edition:
    listed = listed or (ListedArticle("oevelser/bro", 8, dose="3 sæt af 10"), ListedArticle("oevelser/squat", 10))
    front = article(
        id="programmer/ben", title="Styrk dine ben", kind="programme", weeks="6", dose_by=BY,
        contents=EditionContents(listed), blocks=(para("Lav øvelserne hver anden dag."),), **changes,
    )  # fmt: skip
    return Edition(front, articles or (exercise("Bro"), exercise("Squat")))


def printed(edition: Edition) -> Written:
    return handout.write(edition, job(handout, edition))


def test_a_programme_is_one_sheet_of_steps_doses_and_cautions_with_weeks_to_tick() -> None:
    written = printed(programme())

    document = tree(written.artifacts[0].data)
    words = document.text.replace("\N{NO-BREAK SPACE}", " ")
    assert written.artifacts[0].pages <= 2
    assert [finding.message for finding in written.findings if finding.severity == "error"] == []
    assert "Antal gentagelser: 3 sæt af 10 (Ida Prøvegaard, fysioterapeut)" in words
    assert words.count("8–12") + words.count("8– 12") + words.count("8 –12") == 1  # of the exercise that keeps its own
    assert all(each in words for each in ("Bro: begynd roligt.", "Squat: begynd roligt.", "Stop bro,", "Stop squat,"))
    assert "Ofte stillede" not in words
    (table,) = document.find("Table")
    assert [cell.text for cell in table.find("TH")] == [
        "Øvelse",
        *(f"Uge {week}" for week in range(1, 7)),
        "Bro",
        "Squat",
    ]
    assert len(table.find("TD")) == 12


def test_a_dose_that_was_set_is_named_with_what_it_replaces() -> None:
    (finding,) = as_programme(programme()).findings

    assert (finding.code, finding.line) == ("programme-dose", 8)
    assert all(part in finding.message for part in ("'3 sæt af 10'", BY, "'Antal gentagelser: 8–12 gange.'"))


def test_the_e_book_of_a_programme_has_the_same_doses() -> None:
    edition = programme()
    written = epub.write(edition, job(epub, edition))

    with zipfile.ZipFile(io.BytesIO(written.artifacts[0].data)) as book:
        pages = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml"))
    assert "3 sæt af 10" in pages.replace("\N{NO-BREAK SPACE}", " ")
    assert BY in pages.replace("\N{NO-BREAK SPACE}", " ")
    assert pages.count("8–12") == 1


def test_the_mail_of_a_programme_has_steps_doses_and_cautions() -> None:
    edition = programme()
    (mail, *_) = newsletter.write(edition, job(newsletter, edition)).artifacts

    words = mail.data.decode().replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
    assert all(each in words for each in ("Bro: begynd roligt.", "Squat: begynd roligt.", "Stop bro,", "Stop squat,"))
    assert "3 sæt af 10" in words
    assert BY in words


def test_other_editions_stay_as_they_are() -> None:
    edition = programme()
    other = Edition(article(contents=EditionContents()), edition.articles)

    assert as_programme(other).edition is other


@pytest.mark.parametrize(
    ("blocks", "dose", "why"),
    [
        ((para("Tekst."),), "", "is no exercise"),
        (
            tuple(
                block
                for name in ("En", "To")
                for block in (header(name), header("Sådan gør du", 3), OrderedList(((plain("A"),), (plain("B"),))))
            ),
            "10",
            "holds several exercises",
        ),
    ],
)
def test_what_cannot_have_a_dose_is_refused_with_its_line(blocks: Any, dose: str, why: str) -> None:
    edition = programme(ListedArticle("oevelser/bro", 8, dose=dose), articles=(exercise("Bro", blocks=blocks),))

    with pytest.raises(SourceError, match=why) as refused:
        as_programme(edition)
    assert refused.value.line == 8


@pytest.mark.parametrize(
    ("changes", "dose", "code", "line"),
    [
        ({}, "10", "programme-dose-by", 5),
        ({"weeks": "30", "lines": (("weeks", 3),)}, "", "programme-wrong", 3),
        ({"kind": "article"}, "10", "programme-wrong", 5),
    ],
)
def test_faults_of_a_programme_are_errors_with_their_line(
    changes: dict[str, Any], dose: str, code: str, line: int
) -> None:
    meta = Metadata(
        **{"kind": "programme", "contents": EditionContents((ListedArticle("a", 5, dose=dose),)), **changes}
    )

    (error,) = programme_errors(ArticleMeta("p", "p.md", meta))

    assert (error.code, error.line, error.severity) == (code, line, "error")


@pytest.mark.parametrize("who", [{"authors": ("Ida",)}, {"dose_by": "Ida"}])
def test_whoever_wrote_the_programme_or_set_its_doses_is_enough(who: dict[str, Any]) -> None:
    meta = Metadata(kind="programme", contents=EditionContents((ListedArticle("a", dose="10"),)), **who)

    assert list(programme_errors(ArticleMeta("p", "p.md", meta))) == []


@pytest.mark.parametrize("line", ["Til 010190-1234", "cpr: 0101901234", "290200-1234 og 311299 1234"])
def test_a_number_of_a_person_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(PersonNumberError) as refused:
        check_person_numbers(f"---\ntitle: Ben\n---\n{line}")

    assert (refused.value.line, refused.value.code) == (4, "person-number")
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize("line", ["991390-1234", "Ring 70 12 34 56", "EAN 5790001234567", "CVR 12345674"])
def test_other_numbers_are_no_numbers_of_persons(line: str) -> None:
    check_person_numbers(line)


def test_a_programme_is_read_from_its_front_matter(tmp_path: Path) -> None:
    steps = "## Sådan gør du\n\n1. Løft.\n2. Sænk.\n\n**Antal gentagelser:** 8 gange.\n"
    write(tmp_path / "publish.toml", PUBLISH_TOML)
    write(tmp_path / "sources/oevelser/bro.md", f"---\ntitle: Bro\n---\n{steps}")
    write(
        tmp_path / "sources/programmer/ben.md",
        "---\ntitle: Ben\nkind: programme\nuger: 4\narticles:\n  - id: oevelser/bro\n    dosis: 3 sæt af 10\n"
        f"    dosis_af: {BY}\n---\nLav øvelsen hver dag.\n",
    )

    done = run_publish(tmp_path, "handout", "programmer/ben")

    assert done.code == 0, done.out
    words = tree((tmp_path / "outputs/handout/programmer/ben.pdf").read_bytes()).text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"3 sæt af 10 ({BY})" in words
    assert "Uge 4" in words
    assert "Uge 5" not in words


def test_the_dose_of_a_programme_is_found_by_its_exercise() -> None:
    made = as_programme(programme()).edition.articles

    assert ["3 sæt af 10" in text(each.blocks) for each in made] == [True, False]


def test_a_programme_makes_a_card_for_each_exercise_with_the_dose_that_was_set() -> None:
    edition = programme()
    options = handout.Options(variants=("exercise-card",))
    written = handout.write(edition, job(handout, edition, options=options))

    cards = tree(written.artifacts[0].data).find("Art")
    assert [card.find("H1")[0].text for card in cards] == ["Bro", "Squat"]
    assert ["3 sæt af 10" in card.text.replace("\N{NO-BREAK SPACE}", " ") for card in cards] == [True, False]
