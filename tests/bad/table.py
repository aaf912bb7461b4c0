"""Every case, and those that are quick enough for the ordinary tests."""

from __future__ import annotations

from tests.bad import addresses, characters, configuration, front_matter, markdown, names, pictures
from tests.bad.cases import Case

CASES: tuple[Case, ...] = (
    *addresses.CASES,
    *front_matter.CASES,
    *markdown.CASES,
    *pictures.CASES,
    *characters.CASES,
    *names.CASES,
    *configuration.CASES,
)
TOGETHER = tuple(case for case in CASES if not case.is_alone)
"""Cases that change nothing but their own article, so that one run can hold them all."""
