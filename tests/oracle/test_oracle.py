"""What articles say stands in every published file; and the oracle that says so finds planted faults."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import (
    Article,
    Block,
    BulletList,
    Callout,
    Cell,
    Figure,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    References,
    Space,
    Str,
    Strikeout,
    Superscript,
    Table,
)
from pipeline.writers import epub, handout, newsletter
from tests.conftest import run_publish
from tests.makers import PICTURE, article, everything, header, job, para, plain, single, words_in, write
from tests.oracle import pages, paper
from tests.oracle.comparing import Compared
from tests.oracle.project import (
    compare_book,
    compare_letter,
    compare_mail,
    compare_page,
    compare_project,
    compare_sheet,
)

REPOSITORY = Path(__file__).parents[2]
VARIANTS = ("letter", "large-print", "a5", "short", "booklet")
FORMATS = ("handout", "epub", "newsletter", "text")


# ---- the articles of this repository


def total(results: list[Compared]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for compared in results:
        counts.update(compared.counts)
    return counts


def test_every_file_of_the_samples_says_what_its_article_says(samples: Path) -> None:
    results = list(compare_project(REPOSITORY, samples))

    assert [f"{each.path}: {found}" for each in results for found in each.compared.differences] == []
    counts = total([each.compared for each in results])
    assert all(counts[kind] for kind in ("list numbers", "cells", "notes", "marks", "bookmarks", "addresses"))
    assert {each.kind for each in results} == {
        "handout standard", "epub", "newsletter html", "newsletter text", "message html", "message text",
        "handout standard bound", "epub bound", "newsletter html bound", "newsletter text bound", "message html bound",
        "message text bound",
    }  # fmt: skip


def test_every_variant_of_the_samples_says_what_its_article_says(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "sources", tmp_path / "sources")
    # Without the search for a setting that fills a sheet: as most clinics print, and in a tenth of the time.
    write(tmp_path / "publish.toml", (REPOSITORY / "publish.toml").read_text("utf-8").replace('fit = "sheet"\n', ""))
    ids = ("blog/ondt-i-laenden", "blog/soevn-og-smerter")

    ran = run_publish(tmp_path, "handout", *ids, *(word for name in VARIANTS for word in ("--variant", name)))

    assert ran.code == 0, ran.out
    results = list(compare_project(tmp_path, tmp_path / "outputs"))
    assert [f"{each.path}: {found}" for each in results for found in each.compared.differences] == []
    assert {each.kind for each in results} == {f"handout {variant}" for variant in VARIANTS}
    assert total([each.compared for each in results])["list numbers"]


# ---- one article with all that can go wrong

NOTE, OTHER = Note((para("Højst 4 g i døgnet."),), 7), Note((para("Ikke til børn."),), 9)


def cells(*texts: str | tuple[Inline, ...]) -> tuple[Cell, ...]:
    return tuple(Cell((Plain(words_in(each) if isinstance(each, str) else each),)) for each in texts)


STEPS = OrderedList(((plain("Femte skridt"), BulletList(((plain("med pause"),),))), (para("Sjette skridt"),)), 5, 20)
LETTERED = OrderedList(((plain("Vask hænder."),), (plain("Tør dem."),)), 3, 46, "a")
DOSES = Table(
    cells("Middel", "Morgen", "Aften"),
    (cells("Panodil", "500 mg", (Str("1"), Space(), Str("g"), OTHER)), cells("Ipren", "200 mg", "400 mg")),
    line=30,
)
CONTACT = Para(
    (
        *words_in("Du kan"), Space(), Link(words_in("ringe til os"), "tel:+4570123456", 40), Space(), Str("eller"),
        Space(), Link(words_in("skrive"), "mailto:post@klinik.example", 40), Str(","), Space(), Str("og"), Space(),
        Link(words_in("læse mere"), "https://sundhed.example/ryg", 40), Str("."),
    ),
    40,
)  # fmt: skip


def marked(*notes: Note) -> Para:
    return Para((*words_in("Tag medicin"), *notes, Space(), *words_in("hver dag."), Superscript((Str("6"),))), 7)


FIRST = marked(NOTE)
PARTS: tuple[Block, ...] = (
    FIRST,
    Header(2, (*words_in("Sådan gør du"), NOTE), "saadan", 18),
    STEPS,
    Figure(Image(PICTURE, "En ryg"), words_in("Øvelsen")),
    replace(STEPS, items=((plain("Syvende skridt"),), (plain("Ottende skridt"),)), start=7, line=24),
    header("Doser", 2, 28),
    DOSES,
    CONTACT,
    Callout("see-doctor", (Para((Strikeout(words_in("Vent ikke.")), LineBreak(), Str("112")), 44),), line=43),
    LETTERED,
    References((), (OrderedList(((plain("Lancet, 2018."),),)),), "kilder", 50),
)  # fmt: skip


def made(parts: tuple[Block, ...] = PARTS) -> Article:
    return article(blocks=parts, lead="Kort fortalt.", key_points=("Tag pauser.",))


def wide() -> Article:
    """Return an article with tables that phones show as lists: with empty cells, lists in cells, without a head."""
    days = cells("Øvelse", "Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")
    week = Table(days, (cells("Gang", *["10 min"] * 7), cells("Knæbøjning", *["3 × 10"] * 6, "hvile")), line=60)
    lists = (Cell((BulletList(((plain("Armstrækning"),), (plain("Knæbøjninger"),))),)), Cell(()), *days[2:])
    tables = (week, Callout("tip", (replace(week, rows=(lists, days)),)), replace(week, head=(), rows=(days, days)))
    return made((*PARTS, *tables))


def compared(format_: str, published: Article, said: Article) -> Compared:
    """Publish an article in a format, and compare the file with an article."""
    edition = single(published)
    writer = {"handout": handout, "epub": epub}.get(format_, newsletter)
    files = {each.name.rpartition(".")[2]: each.data for each in writer.write(edition, job(writer, edition)).artifacts}
    match format_:
        case "handout":
            ((_, found),) = compare_sheet(paper.read_handout(files["pdf"]), [said], "standard")
        case "epub":
            ((_, found),) = compare_book(pages.read_book(files["epub"]), [said])
        case "newsletter":
            found = compare_page(said, pages.read_mail(files["html"])[0].facts, "mail")
        case _:
            found = compare_letter(said, files["txt"].decode())
    return found


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("whole", [made(), everything(), wide()], ids=["doses", "everything", "wide tables"])
def test_a_healthy_file_has_no_difference(format_: str, whole: Article) -> None:
    found = compared(format_, whole, whole)

    assert found.differences == []
    assert all(found.counts[kind] for kind in ("list numbers", "cells", "notes", "marks", "addresses"))


def swapped(row: int, place: int) -> Callable[[Table], Table]:
    def change(table: Table) -> Table:
        cells = list(table.rows[row])
        cells[place], cells[place + 1] = cells[place + 1], cells[place]
        return replace(table, rows=(*table.rows[:row], tuple(cells), *table.rows[row + 1 :]))

    return change


def instead(old: Block, *new: Block) -> tuple[Block, ...]:
    return tuple(each for part in PARTS for each in (new if part is old else (part,)))


def calling(address: str) -> Para:
    content = tuple(
        replace(each, address=address) if isinstance(each, Link) and each.address.startswith("tel") else each
        for each in CONTACT.content
    )
    return Para(content, 40)


FAULTS: dict[str, tuple[str, tuple[Block, ...]]] = {
    "a dose one column to the left": ("cells", instead(DOSES, swapped(1, 1)(DOSES))),
    "two rows swapped": ("cells", instead(DOSES, replace(DOSES, rows=DOSES.rows[::-1]))),
    "two heads swapped": ("cells", instead(DOSES, replace(DOSES, head=cells("Middel", "Aften", "Morgen")))),
    "a list that begins at 1": ("list numbers", instead(STEPS, replace(STEPS, start=1))),
    "a list with figures for letters": ("list numbers", instead(LETTERED, replace(LETTERED, style="1"))),
    "a list with bullets": ("list numbers", instead(STEPS, BulletList(STEPS.items, 20))),
    "a step that is missing": ("list numbers", instead(STEPS, replace(STEPS, items=STEPS.items[:1]))),
    "a mark that is dropped": ("marks", instead(FIRST, marked())),
    "a mark of another note": ("marks", instead(FIRST, marked(OTHER))),
    "a number that is cut": ("addresses", instead(CONTACT, calling("tel:+45701234"))),
    "two paragraphs swapped": ("paragraphs", (*PARTS[:7], PARTS[8], PARTS[7], *PARTS[9:])),
    "a heading of other words": ("paragraphs", instead(PARTS[5], header("Dosis", 2, 28))),
}  # fmt: skip


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_in_every_format(fault: str, format_: str) -> None:
    kind, parts = FAULTS[fault]

    found = compared(format_, made(parts), made())

    assert kind in {each.message.partition(":")[0] for each in found.differences}
    assert all(each.line for each in found.differences if each.message.startswith("cells: row"))


# ---- levels of help


@pytest.mark.parametrize("format_", ["handout", "epub", "newsletter"])
def test_a_box_that_says_another_level_or_lacks_a_word_is_found(format_: str) -> None:
    box = Callout("emergency", (para("Hvis ansigtet hænger."), para("Bliv hos ham.")), line=7)
    lowered, cut = replace(box, kind="see-doctor"), replace(box, blocks=box.blocks[:1])

    healthy, *faulty = (levels(format_, (*PARTS, each), (*PARTS, box)) for each in (box, lowered, cut))

    assert healthy.counts["levels of help"] > 1
    assert healthy.differences == []
    for found in faulty:
        assert [
            each for each in found.differences if (each.line, each.message.partition(":")[0]) == (7, "levels of help")
        ]


def levels(format_: str, printed: tuple[Block, ...], said: tuple[Block, ...]) -> Compared:
    if format_ != "newsletter":
        return compared(format_, made(printed), made(said))
    edition = single(made(printed))
    page = next(
        each.data
        for each in newsletter.write(edition, job(newsletter, edition)).artifacts
        if each.name.endswith(".html")
    )
    ((_, found),) = compare_mail(page, [made(said)])
    return found


# ---- variants that leave parts out

EXERCISE = (
    header("Sådan gør du", 2, 5),
    STEPS,
    header("Dosis", 2, 8),
    Para((*words_in("3 gange om dagen."), NOTE), 9),
    DOSES,
)


@pytest.mark.parametrize("variant", ["short", "exercise-card", "exercise-card-a6"])
@pytest.mark.parametrize(
    ("printed", "kinds"),
    [
        (EXERCISE, set()),
        ((EXERCISE[0], replace(STEPS, start=1), *EXERCISE[2:]), {"list numbers"}),
        ((EXERCISE[0], replace(STEPS, items=STEPS.items[::-1]), *EXERCISE[2:]), {"list numbers"}),
    ],
    ids=["as it is", "begun at 1", "turned round"],
)
def test_an_excerpt_holds_steps_with_their_numbers(variant: str, printed: tuple[Block, ...], kinds: set[str]) -> None:
    edition = single(article(blocks=printed, kind="exercise"))
    options = handout.Options(variants=(variant,))  # type: ignore[arg-type]  # one of them
    data = handout.write(edition, job(handout, edition, options=options)).artifacts[0].data

    ((_, found),) = compare_sheet(paper.read_handout(data), [article(blocks=EXERCISE, kind="exercise")], variant)

    assert {each.message.partition(":")[0] for each in found.differences} == kinds
    assert found.counts["list numbers"] == 2


def test_a_card_with_a_dose_in_another_column_is_found() -> None:
    edition = single(article(blocks=(*EXERCISE[:4], swapped(1, 1)(DOSES)), kind="exercise"))
    options = handout.Options(variants=("exercise-card",))
    data = handout.write(edition, job(handout, edition, options=options)).artifacts[0].data

    said = article(blocks=EXERCISE, kind="exercise")
    ((_, found),) = compare_sheet(paper.read_handout(data), [said], "exercise-card")

    assert [each.message.partition(":")[0] for each in found.differences] == ["cells"]


WEEK = ("Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")
TURNED = Table(cells("Øvelse", *WEEK), (cells("Gang", *"1234567"), cells("Knæbøjning", *"2345678")), line=60)
LISTED = Table(
    cells("Øvelse", *(f"{day}morgen" for day in WEEK)),
    tuple(cells(f"Øvelsesnummer{row}", *(f"{row}{place} gentagelser" for place in range(7))) for row in range(8)),
    line=60,
)


@pytest.mark.parametrize(("table", "form"), [(TURNED, "is_turned"), (LISTED, "is_listed")])
def test_a_table_that_narrow_paper_turns_or_lists_is_read_cell_by_cell(table: Table, form: str) -> None:
    for printed, kinds in ((table, []), (swapped(1, 2)(table), ["cells"] * 2)):
        edition = single(article(blocks=(printed,)))
        options = handout.Options(variants=("a5",))
        data = handout.write(edition, job(handout, edition, options=options)).artifacts[0].data

        sheet = paper.read_handout(data)
        ((_, found),) = compare_sheet(sheet, [article(blocks=(table,))], "a5")

        assert getattr(sheet.articles[0].tables[0], form)
        assert [each.message.partition(":")[0] for each in found.differences] == kinds
