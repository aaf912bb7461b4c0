"""Printing through CUPS: list printers with `lpstat`, print with `lp`; no shell, fixed argument lists."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import ConfigError, did_you_mean

_CUPS_TIMEOUT_S = 60
_CUPS_HINT = "start it: systemctl start cups; or name another machine's: CUPS_SERVER"
_CUPS_MEDIA = {"A3": "A3", "A4": "A4", "A5": "A5", "letter": "Letter"}
"""How CUPS calls a paper."""
Sides = Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"]


class PrinterError(ConfigError):
    """There is no CUPS, no such printer, or it takes no work."""

    code = "printer"


@dataclass(frozen=True, slots=True)
class Printer:
    """A queue that CUPS knows."""

    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A file for a printer."""

    path: Path
    title: str
    copies: int
    paper: str
    """As `rendering.paper` calls it; empty: whatever lies in the printer."""
    sides: Sides
    is_greyscale: bool = False


def list_printers() -> tuple[Printer, ...]:
    """Return every printer, the default first.

    Raises:
        PrinterError: There is no CUPS, or its server does not answer.
    """
    # Without its server, `lpstat -e` is content with an empty list.
    if "not running" in _run_cups(("lpstat", "-r")):
        raise PrinterError("the server of CUPS does not answer", hint=_CUPS_HINT)
    # LPDEST and PRINTER name a default too, and lpstat -d heeds them as lp does.
    told = re.search(r"destination: (\S+)", _run_cups(("lpstat", "-d")))
    default = told[1] if told else ""
    names = _run_cups(("lpstat", "-e")).split()
    return tuple(sorted((Printer(name, name == default) for name in names), key=lambda printer: not printer.is_default))


def choose_printer(name: str) -> Printer:
    """Return the printer of a name, or the default where it is empty.

    Raises:
        PrinterError: There is no such printer, or none by default; the message names those there are.
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
    """Return the command that prints a file."""
    options = [f"sides={job.sides}", "collate=true"]
    # Enlarged or reduced, neither the type nor the QR code would have the size that it was set in.
    options.append("print-scaling=none")
    if job.paper:
        options.append(f"media={_CUPS_MEDIA[job.paper]}")
    if job.is_greyscale:
        # The first is IPP's; queues with a driver of the old kind know only the second.
        options += ["print-color-mode=monochrome", "ColorModel=Gray"]
    chosen = [part for option in options for part in ("-o", option)]
    return ("lp", "-d", printer.name, "-n", str(job.copies), "-t", job.title, *chosen, "--", str(job.path))


def submit_job(job: PrintJob, printer: Printer) -> str:
    """Hand a file to a printer, and return the name that CUPS gives the work: `Reception-12`.

    Raises:
        PrinterError: CUPS does not take it.
    """
    answer = _run_cups(lp_command(job, printer))
    told = re.search(r"\S+-\d+", answer)
    return told[0] if told else answer.strip()


def _run_cups(arguments: tuple[str, ...]) -> str:
    """Return what a program of CUPS says."""
    try:
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=_CUPS_TIMEOUT_S,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError as error:
        raise PrinterError(
            f"there is no CUPS on this machine: the program {arguments[0]} was not found",
            hint="on Debian: apt-get install cups-client; elsewhere open the file and print it, both sides, long edge",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PrinterError(f"{arguments[0]} did not answer in {_CUPS_TIMEOUT_S} seconds") from error
    problem = done.stderr.strip()
    # `lpstat -e` ends with 1 where there are no printers, and says nothing.
    if done.returncode and (problem or arguments[0] == "lp"):
        raise PrinterError(
            f"{arguments[0]} says: {problem or 'nothing, and fails'}",
            hint=_CUPS_HINT,
        )
    return done.stdout
