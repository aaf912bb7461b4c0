"""Date parsing: Danish and English dates, numeric and in words."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Literal

from pipeline.languages import every, language, together

DateOrder = Literal["day-month-year", "month-day-year", "year-month-day"]
FIRST_YEAR, LAST_YEAR = 1900, 2100


class DateError(ValueError):
    """A date that cannot be read, does not exist, or could be several days."""

    def __init__(self, found: str, expected: str, hint: str) -> None:
        super().__init__(f"{found!r} is no date, expected {expected}")
        self.found = found
        self.expected = expected
        self.hint = hint


class MonthOnlyError(DateError):
    """A month or a year without a day, which is not guessed."""


_MONTH_NUMBERS: Mapping[str, int] = MappingProxyType(
    {name: number for number, names in enumerate(together().months, 1) for name in names.split()}
)
_WEEKDAY = together().weekdays
_DATE_PREFIX = rf"(?:{_WEEKDAY}\b[.,]?\s*)?(?:{together().before_day}\s*)?"
_ORDINAL = rf"(?:\.|{together().ordinals})?"
_OF = rf"(?:{together().before_month}\s+)?"
# The hour is read past: a date is the day on the author's own calendar, in whatever zone the file was written.
_TIME = (
    rf"(?:[T,]?\s*{together().before_time}?"
    r"(?:[01]?[0-9]|2[0-3])[:.][0-5][0-9](?:[:.][0-5][0-9](?:[.,][0-9]{1,9})?)?"
    r"\s*(?:[ap]m)?\s*(?:Z|UTC|GMT|CES?T|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?(?:\s*(?:[A-Z]{3,5}|\[[\w/+-]+\]))?)?"
)


def _full_match(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_DATE_PREFIX}{pattern}{_TIME}\.?", re.IGNORECASE)


_YEAR_FIRST = _full_match(r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})")
_BASIC = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_YEAR_LAST = _full_match(
    r"(?P<first>[0-9]{1,2})\s*(?P<mark>[-/.])\s*(?P<second>[0-9]{1,2})\s*(?P=mark)\s*(?P<year>[0-9]{4})"
)
_DAY_WORD = _full_match(
    rf"(?P<day>[0-9]{{1,2}}){_ORDINAL}[\s-]*{_OF}(?P<month>[^\W\d_]+)\.?[\s,-]*(?P<year>[0-9]{{4}})"
)
_WORD_DAY = _full_match(rf"(?P<month>[^\W\d_]+)\.?\s+(?P<day>[0-9]{{1,2}}){_ORDINAL},?\s+(?P<year>[0-9]{{4}})")
_SHORT_YEAR = re.compile(
    rf"{_DATE_PREFIX}[0-9]{{1,2}}\s*(?:[-/.]\s*[0-9]{{1,2}}\s*[-/.]|\.?\s*[^\W\d_]+\.?)\s*['’]?[0-9]{{2}}{_TIME}",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"(?P<year>[0-9]{4})\s*[年년]\s*(?P<month>[0-9]{1,2})\s*[月월]\s*(?P<day>[0-9]{1,2})\s*[日일]?")
_OTHER_WORDS = re.compile(
    r"(?:[^\W\d_]+,?\s+){0,2}(?P<day>[0-9]{1,2})(?:\.|er|º|ª)?\s+(?:de\s+|d['’])?(?P<month>[^\W\d_]+)\.?,?\s+"
    r"(?:de\s+|del\s+)?(?P<year>[0-9]{4})\.?(?:\s*(?:г|р)\.)?",
    re.IGNORECASE,
)
_MONTH_ONLY = re.compile(r"(?:[0-9]{4}(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{4}|[^\W\d_]+\.?,?\s+[0-9]{4})")
_MAX_DATE_LENGTH = 60


def parse_date(value: str, order: DateOrder, language_: str = "") -> date:
    """Return the day that a value names.

    Args:
        value: ISO (with or without a time), 30-04-2025, 19/02/2025, 7.6.2025, 2. maj 2025, May 2, 2025 …
        order: How to read 05-06-2025. A year of four digits in front is always followed by month and day.
        language_: Of the article: its months are known too.

    Raises:
        DateError: It is no such day, or could be several.
    """
    written = " ".join(value.split())
    if len(written) <= _MAX_DATE_LENGTH:
        if at := _YEAR_FIRST.fullmatch(written) or _BASIC.fullmatch(written) or _CHINESE.fullmatch(written):
            return _valid_date(value, int(at["year"]), int(at["month"]), int(at["day"]), "2025-02-28")
        if language_ and (at := _OTHER_WORDS.fullmatch(written)):
            named = at["month"].lower()
            if named not in _MONTH_NUMBERS and (month := _other_months(language_).get(named, 0)):
                return _valid_date(value, int(at["year"]), month, int(at["day"]), "")
        if at := _DAY_WORD.fullmatch(written) or _WORD_DAY.fullmatch(written):
            return _valid_date(value, int(at["year"]), _month(value, at["month"], order), int(at["day"]), "")
        if at := _YEAR_LAST.fullmatch(written):
            return _year_last(value, at, order)
        if _SHORT_YEAR.fullmatch(written):
            expected = f"a date with four digits of year, such as {_example(order)}"
            raise DateError(value, expected, "write the year in full: 2025")
        if _MONTH_ONLY.fullmatch(written):
            raise MonthOnlyError(value, f"a day too, such as {_example(order)}", "the day is not guessed")
    raise DateError(value, f"a date such as {_example(order)}", "30-04-2025, 2025-04-30 and 30. april 2025 can be read")


def _year_last(value: str, at: re.Match[str], order: DateOrder) -> date:
    if order == "year-month-day":
        hint = "`[sources] dates` in publish.toml says that the year comes first"
        raise DateError(value, "a date such as 2025-02-28", hint)
    first, second = int(at["first"]), int(at["second"])
    day, month = (first, second) if order == "day-month-year" else (second, first)
    if month > 12 >= day:
        says = f"`[sources] dates` in publish.toml says that the {order.split('-')[0]} comes first"
        raise DateError(value, f"a date such as {_example(order, at['mark'])}", f"there is no month {month}; {says}")
    return _valid_date(value, int(at["year"]), month, day, _example(order, at["mark"]))


def _month(value: str, name: str, order: DateOrder) -> int:
    if name.lower() in _MONTH_NUMBERS:
        return _MONTH_NUMBERS[name.lower()]
    known = " or ".join(each.names.split()[0].title() for each in every() if each.months)
    expected = f"a date such as 28. februar 2025 or {_example(order)}"
    raise DateError(value, expected, f"{name!r} is no month in {known}")


@cache
def _other_months(tag: str) -> Mapping[str, int]:
    """Return the number of each month by its names in a language that has no tables here."""
    from babel import Locale, UnknownLocaleError  # late: few articles are in such a language

    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return {}
    return {
        name.lower().rstrip("."): number
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in locale.months[context][width].items()
    }


def _valid_date(value: str, year: int, month: int, day: int, example: str) -> date:
    expected = f"a date such as {example or '28. februar 2025'}"
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateError(value, expected, f"the year {year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    if not 1 <= month <= 12:
        raise DateError(value, expected, f"there is no month {month}")
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        name = language("en").months[month - 1].split()[0].title()
        raise DateError(value, expected, f"{name} {year} has {last} days")
    return date(year, month, day)


def _example(order: DateOrder, mark: str = "-") -> str:
    return mark.join({"day": "28", "month": "02", "year": "2025"}[part] for part in order.split("-"))
