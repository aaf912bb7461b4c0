"""What `lp` and `lpstat` are asked, and what becomes of their answers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from pipeline.printing.cups import (
    Printer,
    PrinterError,
    PrintJob,
    Trouble,
    choose_printer,
    list_printers,
    lp_command,
    submit_job,
)
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from tests.printing.conftest import Cups, program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="CUPS is a system of Unix")

JOB = PrintJob(Path("outputs/handout/blog/ryg.pdf"), "Ondt i ryggen", 20, "A4", "two-sided-long-edge")
RECEPTION = Printer("Reception", is_default=True)


def test_a_handout_is_printed_on_both_sides_of_its_paper_in_its_own_size() -> None:
    assert lp_command(JOB, RECEPTION) == (
        "lp", "-d", "Reception", "-n", "20", "-t", "Ondt i ryggen", "-o", "sides=two-sided-long-edge",
        "-o", "collate=true", "-o", "print-scaling=none", "-o", "media=A4", "--", "outputs/handout/blog/ryg.pdf",
    )  # fmt: skip


@pytest.mark.parametrize(("paper", "media"), [("A5", "media=A5"), ("letter", "media=Letter")])
def test_paper_has_the_name_that_cups_knows(paper: str, media: str) -> None:
    assert media in lp_command(replace(JOB, paper=paper), RECEPTION)


def test_paper_of_a_size_of_its_own_is_left_to_the_printer() -> None:
    assert not any(part.startswith("media=") for part in lp_command(replace(JOB, paper=""), RECEPTION))


def test_greyscale_is_said_to_new_queues_and_old() -> None:
    asked = lp_command(replace(JOB, is_greyscale=True), RECEPTION)

    assert {"print-color-mode=monochrome", "ColorModel=Gray"} <= set(asked)


def test_the_default_printer_is_listed_first(cups: Cups) -> None:
    cups(("Kontor", "Reception"), default="Reception")

    assert list_printers() == (Printer("Reception", is_default=True), Printer("Kontor", is_default=False))


def test_work_gets_the_name_that_cups_gives_it(cups: Cups) -> None:
    calls = cups()

    assert submit_job(JOB, RECEPTION) == "Reception-7"
    assert tuple(calls.read_text("utf-8").splitlines()) == lp_command(JOB, RECEPTION)[1:]


def test_a_printer_is_chosen_by_name_or_by_default(cups: Cups) -> None:
    cups()

    assert choose_printer("").name == "Reception"
    assert choose_printer("Kontor").name == "Kontor"


def test_an_unknown_printer_is_answered_with_those_there_are(cups: Cups) -> None:
    cups()

    with pytest.raises(PrinterError, match="there is Reception, Kontor") as refused:
        choose_printer("Kontro")
    assert refused.value.hint == "did you mean 'Kontor'?"


def test_without_a_default_a_name_is_asked_for(cups: Cups) -> None:
    cups(default="")

    with pytest.raises(PrinterError, match="no printer is the default; there is Reception, Kontor"):
        choose_printer("")


def test_cups_without_printers_says_how_to_add_one(cups: Cups) -> None:
    cups((), default="")

    with pytest.raises(PrinterError, match="knows no printer") as refused:
        choose_printer("")
    assert "lpadmin" in refused.value.hint


def test_what_lp_refuses_is_said_in_its_words(cups: Cups) -> None:
    cups(refusal="Unsupported document-format")

    with pytest.raises(PrinterError, match="lp failed: lp: Unsupported document-format"):
        submit_job(JOB, RECEPTION)


def test_a_server_that_does_not_answer_is_told_from_one_without_printers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "lpstat", "echo 'scheduler is not running'")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PrinterError, match="does not answer") as silent:
        list_printers()
    assert silent.value.trouble == "silent"


def test_a_machine_without_cups_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PrinterError, match="there is no CUPS on this machine") as refused:
        list_printers()
    assert "cups-client" in refused.value.hint
    assert refused.value.trouble == "missing"


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_desk_has_words_for_each_trouble_with_printers(language: str) -> None:
    words = load_words(Styles((packaged_styles(),)), language)

    assert all("CUPS" in words[f"desk_printer_{trouble}"] for trouble in get_args(Trouble))
