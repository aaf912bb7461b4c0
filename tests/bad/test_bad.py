"""What must become of bad input, in one run of the cases that can share one; `nox -s bad` has all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.validation import certifying, pdf
from tests.bad.cases import Case, Published
from tests.bad.judging import faults, unsafe_names
from tests.bad.measuring import Measured, run_measured
from tests.bad.projects import make_project
from tests.bad.table import CASES, TOGETHER
from tests.conftest import once

# What is refused costs next to nothing; of what is published, every sixth.
SUBSET = tuple(
    case for number, case in enumerate(TOGETHER) if not isinstance(case.outcome, Published) or number % 6 == 0
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measured, Path]:
    """Return one run over many bad articles and a healthy one, and its project."""

    def publish(folder: Path) -> tuple[Measured, Path]:
        project = make_project(folder, SUBSET)
        return run_measured(project, "all"), project

    return once(tmp_path_factory, "bad-input", publish)


def test_there_are_many_cases_and_each_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 300


@pytest.mark.parametrize("case", SUBSET, ids=lambda case: case.name)
def test_bad_input_is_refused_or_published_without_what_is_bad(ran: tuple[Measured, Path], case: Case) -> None:
    measured, project = ran

    assert list(faults(case, measured, project)) == []


def test_what_is_published_beside_bad_input_is_valid(ran: tuple[Measured, Path], tmp_path: Path) -> None:
    outputs = ran[1] / "outputs"
    books = {f"b{number}": path.read_bytes() for number, path in enumerate(sorted(outputs.rglob("*.epub")))}
    sheets = sorted(outputs.rglob("*.pdf"))

    assert len(books) > 20
    assert [name for book in books.values() for name in unsafe_names(book)] == []
    assert [fault for sheet in sheets for fault in pdf.validate_pdf(sheet.read_bytes())] == []
    assert [fault for found in certifying.check_with_epubcheck(books, tmp_path).values() for fault in found] == []


def test_many_bad_articles_stay_below_a_gigabyte(ran: tuple[Measured, Path]) -> None:
    assert ran[0].peak_mb < 1000
