"""Printing through CUPS: print jobs of handouts, printers from `lpstat`, printing with `lp`."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import ConfigError, did_you_mean
from pipeline.printing.published_handouts import PrintableHandout
from pipeline.programs import find_program, run_program
from pipeline.rendering.paper_sizes import measure_pages, sheet_count
from pipeline.trusted_paths import read_regular

_CUPS_TIMEOUT_S = 60
_CUPS_HINT = "start it: systemctl start cups; or name another machine's: CUPS_SERVER"
_CUPS_MEDIA = {"A3": "A3", "A4": "A4", "A5": "A5", "letter": "Letter"}
Trouble = Literal["missing", "silent", "refused"]
"""CUPS is not installed, does not answer, or refuses a job."""
Sides = Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"]
_SIDES_TEXT: Mapping[Sides, str] = {
    "one-sided": "one side",
    "two-sided-long-edge": "both sides, long edge",
    "two-sided-short-edge": "both sides, short edge",
}


class PrinterError(ConfigError):
    """CUPS or the printer is missing, or refuses the job."""

    code = "printer"

    def __init__(self, message: str, *, hint: str = "", trouble: Trouble = "refused") -> None:
        """Set the message for the terminal; the desk has words of its own for each trouble."""
        super().__init__(message, hint=hint)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Printer:
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PrintJob:
    path: Path
    title: str
    copies: int
    paper: str
    """A name of `rendering.paper_sizes`; empty: the printer's default."""
    sides: Sides
    is_greyscale: bool = False
    sheets: int = 0
    """Of all copies."""

    def __str__(self) -> str:
        options = [self.paper or "other paper size", _SIDES_TEXT[self.sides], *["greyscale"] * self.is_greyscale]
        sheets = "1 sheet" if self.sheets == 1 else f"{self.sheets} sheets"
        return f"{self.copies} × {self.title} ({', '.join(options)}), {sheets}"


def make_print_job(handout: PrintableHandout, copies: int, *, is_greyscale: bool) -> PrintJob:
    """Return the print job of a handout.

    Landscape pages (a booklet) are flipped on the short edge. A single page is printed on one side, since some drivers
    would print the next copy on its back.
    """
    pages = measure_pages(read_regular(handout.path)[0])
    sides: Sides = "two-sided-short-edge" if pages.width_mm > pages.height_mm else "two-sided-long-edge"
    if pages.count == 1:
        sides = "one-sided"
    sheets = sheet_count(pages.count) * copies
    return PrintJob(handout.path.absolute(), handout.title, copies, pages.paper, sides, is_greyscale, sheets)


def list_printers() -> tuple[Printer, ...]:
    """Return every printer, the default first.

    Raises:
        PrinterError: CUPS is not installed, or its server does not answer.
    """
    # Without the server, `lpstat -e` prints an empty list.
    if "not running" in _run_cups(("lpstat", "-r")):
        raise PrinterError("the CUPS server does not answer", hint=_CUPS_HINT, trouble="silent")
    # lpstat -d respects LPDEST and PRINTER, as lp does.
    default = found[1] if (found := re.search(r"destination: (\S+)", _run_cups(("lpstat", "-d")))) else ""
    printers = (Printer(name, name == default) for name in _run_cups(("lpstat", "-e")).split())
    return tuple(sorted(printers, key=lambda printer: not printer.is_default))


def choose_printer(name: str) -> Printer:
    """Return the printer of a name; the default where it is empty.

    Raises:
        PrinterError: There is no such printer, or no default; the message names the printers.
    """
    known = list_printers()
    if not known:
        raise PrinterError(
            "CUPS knows no printer", hint="add one: lpadmin -p NAME -E -v ADDRESS, or http://localhost:631"
        )
    names = [printer.name for printer in known]
    chosen = next((printer for printer in known if (printer.name == name if name else printer.is_default)), None)
    if chosen:
        return chosen
    there_is = f"there is {', '.join(names)}"
    if not name:
        raise PrinterError(
            f"no printer is the default; {there_is}", hint="name one: --printer, or set it: lpoptions -d NAME"
        )
    raise PrinterError(f"no printer is called {name!r}; {there_is}", hint=did_you_mean(name, names))


def lp_command(job: PrintJob, printer: Printer) -> tuple[str, ...]:
    # Without scaling, text and QR code keep their size.
    options = [f"sides={job.sides}", "collate=true", "print-scaling=none"]
    options += [f"media={_CUPS_MEDIA[job.paper]}"] if job.paper else []
    # print-color-mode is for IPP queues, ColorModel for PPD drivers.
    options += ["print-color-mode=monochrome", "ColorModel=Gray"] if job.is_greyscale else []
    chosen = [part for option in options for part in ("-o", option)]
    return ("lp", "-d", printer.name, "-n", str(job.copies), "-t", job.title, *chosen, "--", str(job.path))


def submit_job(job: PrintJob, printer: Printer) -> str:
    """Print a file, and return its job name: `Reception-12`.

    Raises:
        PrinterError: CUPS rejects the job.
    """
    answer = _run_cups(lp_command(job, printer))
    return name[0] if (name := re.search(r"\S+-\d+", answer)) else answer.strip()


def _run_cups(arguments: tuple[str, ...]) -> str:
    """Return the output of a CUPS program, run with fixed arguments and without a shell."""
    if (program := find_program(arguments[0])) is None:
        raise PrinterError(
            f"there is no CUPS on this machine: the program {arguments[0]} was not found",
            hint="on Debian: apt-get install cups-client; or open the file and print it on both sides, long edge",
            trouble="missing",
        )
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = run_program((program, *arguments[1:]), _CUPS_TIMEOUT_S, text=True, env=environment)
    except subprocess.TimeoutExpired as error:
        message = f"{arguments[0]} did not answer in {_CUPS_TIMEOUT_S} seconds"
        raise PrinterError(message, trouble="silent") from error
    problem = done.stderr.strip()
    # `lpstat -e` exits with 1 and no message where there are no printers.
    if done.returncode and (problem or arguments[0] == "lp"):
        raise PrinterError(f"{arguments[0]} failed: {problem or 'no message'}", hint=_CUPS_HINT)
    return str(done.stdout)
