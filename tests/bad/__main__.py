"""Publish every case in a project of its own: `python -m tests.bad`."""

# ruff: noqa: T201  # a session says what it saw

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.validation import certifying, pdf
from tests.bad.cases import Case
from tests.bad.judging import faults, unsafe_names
from tests.bad.measuring import Measured, run_measured
from tests.bad.projects import make_project
from tests.bad.table import CASES

MOST_SECONDS = 20.0
MOST_MB = 1000.0


@dataclass
class Result:
    """What became of cases that shared a run."""

    cases: tuple[Case, ...]
    ran: Measured
    faults: list[str]
    books: list[bytes]

    @property
    def name(self) -> str:
        more = len(self.cases) - 1
        return self.cases[0].name + (f" and {more} more" if more else "")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="every Nth case only")
    parser.add_argument("--together", type=int, default=1, metavar="N", help="let so many share a run, where they can")
    parser.add_argument("names", nargs="*", help="cases whose names begin so")
    chosen = parser.parse_args()
    cases = [case for case in CASES if not chosen.names or case.name.startswith(tuple(chosen.names))]
    cases = cases[:: chosen.sample] if chosen.sample else cases
    shared = [case for case in cases if not case.is_alone]
    groups: list[tuple[Case, ...]] = [(case,) for case in cases if case.is_alone]
    groups += [tuple(shared[at : at + chosen.together]) for at in range(0, len(shared), chosen.together)]
    results = [attempt(group) for group in groups]
    _check_books(results)
    return _tell(results)


def attempt(cases: tuple[Case, ...]) -> Result:
    """Publish cases in a project of their own, and judge what became of them."""
    with tempfile.TemporaryDirectory() as name:
        project = make_project(Path(name), cases)
        ran = run_measured(project, "all", "--jobs", "2")
        found = [f"{case.name}: {fault}" for case in cases for fault in faults(case, ran, project)]
        # Other work of the machine is no fault of the case: a run that only waits is caught by the clock all the same.
        if ran.cpu_seconds > MOST_SECONDS * len(cases) or ran.seconds > 6 * MOST_SECONDS * len(cases):
            found.append(f"it took {ran.seconds:.0f} s, {ran.cpu_seconds:.0f} s of a processor")
        if ran.peak_mb > MOST_MB:
            found.append(f"it took {ran.peak_mb:.0f} MB")
        found += [f"left behind: {path.name}" for path in (project / "outputs/.publish").glob("staging*")]
        files = sorted((project / "outputs").rglob("*.*"))
        for path in files:
            if path.suffix == ".pdf":
                found += [f"{path.name}: {fault}" for fault in pdf.validate_pdf(path.read_bytes())]
        books = [path.read_bytes() for path in files if path.suffix == ".epub"]
        found += [f"in a book: {name!r}" for book in books for name in unsafe_names(book)]
    result = Result(cases, ran, found, books)
    took = f"{ran.seconds:.1f} s, {ran.cpu_seconds:.1f} s of a processor, {ran.peak_mb:.0f} MB"
    print("FAIL" if found else "ok  ", result.name, took, *(f"\n     {fault}" for fault in found), flush=True)
    return result


def _check_books(results: list[Result]) -> None:
    """Have every book judged by EPUBCheck, in one run of it."""
    books = {f"run{n}-book{m}": book for n, result in enumerate(results) for m, book in enumerate(result.books)}
    with tempfile.TemporaryDirectory() as folder:
        checked = certifying.check_with_epubcheck(books, Path(folder)) if books else {}
    for name, found in checked.items():
        if found:
            results[int(name[3:].partition("-")[0])].faults.append(f"EPUBCheck: {found[0]}")


def _tell(results: list[Result]) -> int:
    failed = [result for result in results if result.faults]
    slowest = max(results, key=lambda result: result.ran.cpu_seconds / len(result.cases))
    largest = max(results, key=lambda result: result.ran.peak_mb)
    for result in failed:
        print(f"FAILED {result.name}:", *(f"\n  {fault}"[:700] for fault in result.faults))
    print(
        f"{sum(len(result.cases) for result in results)} bad inputs in {len(results)} runs, {len(failed)} runs failed; "
        f"slowest {slowest.name}: {slowest.ran.seconds:.1f} s, {slowest.ran.cpu_seconds:.1f} s of a processor; "
        f"largest {largest.name}: {largest.ran.peak_mb:.0f} MB; "
        f"{sum(len(result.books) for result in results)} e-books judged by EPUBCheck"
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
