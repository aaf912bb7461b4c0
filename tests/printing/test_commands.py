"""`publish print-pack` and `publish print`, as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from tests.conftest import run_publish
from tests.makers import write
from tests.printing.conftest import Cups

ONLY_PAPER = "---\ntitle: Gode råd\npublished: 2026-03-02\nformats: [newsletter]\n---\n\nHold dig i gang.\n"
BROKEN = "---\ntitle: Gode råd\npublished: 2026-02-31\n---\n\nHold dig i gang.\n"
on_unix = pytest.mark.skipif(os.name == "nt", reason="CUPS is a system of Unix")


def words(path: Path) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path)]


def test_a_pack_lists_what_is_inside_and_holds_every_copy(copy_of_published: Path) -> None:
    done = run_publish(copy_of_published, "print-pack", "--copies", "3")

    pages = words(copy_of_published / "print-pack.pdf")
    assert done.code == 0, done.err
    assert "print-pack.pdf: 1 handout, 3 copies of each" in done.out
    assert "Ondt i ryggen" in pages[0]
    assert "Printpakke" in pages[0]
    assert pages[1] == ""
    assert [number for number, page in enumerate(pages) if "Patientinformation" in page and number] == [2, 4, 6]


def test_a_pack_of_unchanged_handouts_publishes_nothing_anew(copy_of_published: Path) -> None:
    done = run_publish(copy_of_published, "print-pack", "blog/ryg")

    assert done.code == 0, done.err
    assert done.status("blog/ryg", "handout") == "unchanged"


def test_a_pack_publishes_what_is_missing(project: Path) -> None:
    done = run_publish(project, "print-pack", "sources/blog/ryg.md", "--output", "til-print/pakke.pdf")

    assert done.code == 0, done.err
    assert done.status("blog/ryg", "handout") == "written"
    assert (project / "til-print/pakke.pdf").is_file()
    assert not list((project / "til-print").glob(".*"))


def test_a_pack_of_a_variant_leaves_the_other_files(copy_of_published: Path) -> None:
    done = run_publish(copy_of_published, "print-pack", "--variant", "a5", "--copies", "1")

    assert done.code == 0, done.err
    assert (copy_of_published / "outputs/handout/blog/ryg.pdf").is_file()
    with pikepdf.open(copy_of_published / "print-pack.pdf") as pack:
        width_mm = float(pack.pages[2].trimbox[2] - pack.pages[2].trimbox[0]) * 25.4 / 72
    assert width_mm == pytest.approx(148, abs=0.1)


def test_what_cannot_be_printed_is_named_and_the_rest_is_packed(project: Path) -> None:
    write(project / "sources/blog/raad.md", BROKEN)

    done = run_publish(project, "print-pack", "--copies", "1")

    assert done.code == 1
    assert "left out: blog/raad: it could not be published" in done.err
    assert (project / "print-pack.pdf").is_file()


def test_an_article_that_is_no_handout_is_left_out(project: Path) -> None:
    write(project / "sources/blog/raad.md", ONLY_PAPER)

    done = run_publish(project, "print-pack", "blog/raad")

    assert done.code == 1
    assert "left out: blog/raad: its front matter names other formats only" in done.err
    assert not (project / "print-pack.pdf").exists()


def test_an_unknown_variant_is_answered_with_those_there_are(project: Path) -> None:
    done = run_publish(project, "print-pack", "--variant", "a6")

    assert done.code == 2
    assert "a6 is not a variant; there is standard" in done.err


def test_a_pack_that_cannot_be_written_is_said(copy_of_published: Path) -> None:
    write(copy_of_published / "fil", "ikke en mappe")

    done = run_publish(copy_of_published, "print-pack", "--copies", "1", "--output", "fil/pakke.pdf")

    assert done.code == 2
    assert "cannot be written" in done.err


# ---- the printer


@on_unix
def test_the_printer_gets_the_file_its_paper_and_its_title(copy_of_published: Path, cups: Cups) -> None:
    calls = cups()

    done = run_publish(copy_of_published, "print", "blog/ryg", "--copies", "4", "--greyscale")

    asked = calls.read_text("utf-8").splitlines()
    assert done.code == 0, done.err
    assert "Reception-7: 4 × Ondt i ryggen (A4, one side, greyscale), 4 sheets on Reception" in done.out
    assert asked[:6] == ["-d", "Reception", "-n", "4", "-t", "Ondt i ryggen"]
    assert {"media=A4", "print-color-mode=monochrome"} <= set(asked)
    assert asked[-2:] == ["--", str(copy_of_published / "outputs/handout/blog/ryg.pdf")]


@on_unix
def test_a_booklet_turns_over_on_its_short_edge(copy_of_published: Path, cups: Cups) -> None:
    calls = cups()

    done = run_publish(copy_of_published, "print", "blog/ryg", "--variant", "booklet", "--printer", "Kontor")

    asked = calls.read_text("utf-8").splitlines()
    assert done.code == 0, done.err
    assert {"sides=two-sided-short-edge", "media=A4"} <= set(asked)
    assert asked[-1].endswith("ryg.booklet.pdf")


@on_unix
def test_a_dry_run_prints_nothing_and_says_what_it_would(copy_of_published: Path, cups: Cups) -> None:
    calls = cups()

    done = run_publish(copy_of_published, "print", "--dry-run")

    assert done.code == 0, done.err
    assert "would print: 20 × Ondt i ryggen (A4, one side), 20 sheets on Reception" in done.out
    assert not calls.exists()


@on_unix
def test_printers_are_listed_outside_of_a_project_too(tmp_path: Path, cups: Cups) -> None:
    cups()

    done = run_publish(tmp_path, "print", "--list")

    assert (done.code, done.out) == (0, "Reception (default)\nKontor\n")


@on_unix
def test_a_wrong_printer_is_said_before_anything_is_published(project: Path, cups: Cups) -> None:
    cups()

    done = run_publish(project, "print", "blog/ryg", "--printer", "Kontro")

    assert done.code == 2
    assert "did you mean 'Kontor'?" in done.err
    assert done.report == {}
