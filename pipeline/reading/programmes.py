"""Checks of programmes: exercises with doses of their own, and nothing that tells who the patient is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.model import ArticleMeta
from pipeline.registry import error_rule

MAX_WEEKS = 12
_PERSON_NUMBER = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})[- ]?\d{4}(?!\d)")


@error_rule(
    "programme-dose-by",
    "A programme sets a dose, and nothing says who set it.",
    "`dose: 3 sæt af 10` in a programme without `dose_by:` and without authors",
    "Add `dose_by:` to the programme or to the exercise, with the name and profession of whoever set it.",
)
@error_rule(
    "programme-wrong",
    "A programme has a number of weeks that cannot be ticked, or a dose stands in an edition that is no programme.",
    "`weeks: 30`; `dose:` without `kind: programme`",
    "Give `weeks:` as a number from 1 to 12, and write `kind: programme` above a list with doses.",
)
def programme_errors(front: ArticleMeta) -> Iterator[Finding]:
    meta = front.meta
    dosed = [listed for listed in meta.listed if listed.dose or listed.dose_by]
    if not meta.is_programme:
        for listed in dosed:
            message = f"{listed.id!r} has a dose, and this edition is no programme"
            yield make_finding("programme-wrong", front.source, listed.line, message)
        return
    if meta.weeks and not (meta.weeks.isdecimal() and 1 <= int(meta.weeks) <= MAX_WEEKS):
        message = f"weeks is {meta.weeks!r}, expected a number from 1 to {MAX_WEEKS}"
        yield make_finding("programme-wrong", front.source, meta.line_of("weeks"), message)
    for listed in dosed:
        if listed.dose and not (listed.dose_by or meta.dose_by or meta.authors):
            message = f"nothing says who set the dose of {listed.id!r}, {listed.dose!r}"
            yield make_finding("programme-dose-by", front.source, listed.line, message)


@error_rule(
    "person-number",
    "A programme holds a number that looks like a CPR number: it would be published, and kept in the project.",
    "`lead: Til 010190-1234`",
    "Remove it: a programme names no patient. Write the name on the paper by hand.",
)
class PersonNumberError(SourceError):
    """A source that may not hold a number of a person holds one."""

    code = "person-number"


def check_person_numbers(text: str) -> None:
    """Make sure that a source holds no number of a person: DDMMYY-NNNN with a day that exists.

    Raises:
        PersonNumberError: It does; the message does not repeat the number.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if any(_is_day(*map(int, found.groups())) for found in _PERSON_NUMBER.finditer(line)):
            raise PersonNumberError(
                "a number that looks like a CPR number, expected none in a programme",
                line=number,
                hint="remove it: a programme names no patient; write the name on the paper by hand",
            )


def _is_day(day: int, month: int, year: int) -> bool:
    try:
        date(2000 + year, month, day)
    except ValueError:
        # 29 February is a day of the century before where 2000 + year is no leap year.
        return (day, month) == (29, 2)
    return True
