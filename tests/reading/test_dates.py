"""Dates are read as clinics write them; what could be another day is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.dates import DateError, DateOrder, parse_date

DMY: DateOrder = "day-month-year"
MDY: DateOrder = "month-day-year"
YMD: DateOrder = "year-month-day"


@pytest.mark.parametrize(
    "written",
    [
        "2025-05-02", "2025-5-2", "2025/05/02", "20250502", "2025-05-02T10:15:00+02:00", "2025-05-02 10:15",
        "2025-05-02T08:15:00.000Z", "02-05-2025", "2-05-2025", "02/05/2025", "2.5.2025", "2. 5. 2025", "2. maj 2025",
        "2 maj 2025", "2. MAJ 2025", "den 2. maj 2025", "fredag d. 2. maj 2025", "02-05-2025 kl. 10.15", "2 May 2025",
        "May 2, 2025", "May 2nd, 2025", "the 2nd of May 2025", "2-May-2025", "Fri, 02 May 2025 10:00:00 +0000",
        " 2.  maj 2025 ",
    ],
)  # fmt: skip
def test_every_way_to_write_a_day_is_read(written: str) -> None:
    assert parse_date(written, DMY) == date(2025, 5, 2)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("januar", 1), ("jan.", 1), ("February", 2), ("feb", 2), ("marts", 3), ("mar", 3), ("March", 3), ("apr.", 4),
        ("maj", 5), ("may", 5), ("juni", 6), ("June", 6), ("jul.", 7), ("juli", 7), ("August", 8), ("sept.", 9),
        ("sep", 9), ("okt.", 10), ("oktober", 10), ("October", 10), ("nov", 11), ("december", 12), ("Dec", 12),
    ],
)  # fmt: skip
def test_months_have_danish_and_english_names(name: str, month: int) -> None:
    assert parse_date(f"3. {name} 2025", DMY) == date(2025, month, 3)


def test_the_order_is_that_of_the_project() -> None:
    assert parse_date("05-06-2025", DMY) == date(2025, 6, 5)
    assert parse_date("05-06-2025", MDY) == date(2025, 5, 6)
    assert parse_date("2025-06-05", MDY) == date(2025, 6, 5)


@pytest.mark.parametrize(
    ("written", "order", "expected", "hint"),
    [
        ("31-02-2025", DMY, "28-02-2025", "February 2025 has 28 days"),
        ("31. februar 2024", DMY, "28. februar 2025", "February 2024 has 29 days"),
        ("2025-02-30", DMY, "2025-02-28", "February 2025 has 28 days"),
        ("00-05-2025", DMY, "28-02-2025", "May 2025 has 31 days"),
        ("04/25/2025", DMY, "28/02/2025", "says that the day comes first"),
        ("25/04/2025", MDY, "02/28/2025", "says that the month comes first"),
        ("25-04-2025", YMD, "2025-02-28", "says that the year comes first"),
        ("0025-05-01", DMY, "2025-02-28", "between 1900 and 2100"),
        ("1/2/25", DMY, "four digits", "in full"),
        ("2. maj 25", DMY, "four digits", "in full"),
        ("2. mai 2025", DMY, "28. februar 2025", "'mai' is no month"),
        ("maj 2025", DMY, "a day too", "not guessed"),
        ("2025-05", DMY, "a day too", "not guessed"),
        ("i går", DMY, "28-02-2025", "can be read"),
        ("", DMY, "28-02-2025", "can be read"),
        ("2025-05-02T25:00", DMY, "28-02-2025", "can be read"),
        ("٠٢-٠٥-٢٠٢٥", DMY, "28-02-2025", "can be read"),
        ("2" * 10_000, DMY, "28-02-2025", "can be read"),
    ],
)
def test_what_is_no_day_says_what_was_expected_and_what_helps(
    written: str, order: DateOrder, expected: str, hint: str
) -> None:
    with pytest.raises(DateError) as caught:
        parse_date(written, order)

    assert caught.value.found == written
    assert expected in caught.value.expected
    assert hint in caught.value.hint


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(DAYS, st.sampled_from("-/."))
def test_every_day_is_read_in_the_order_it_was_written(day: date, mark: str) -> None:
    assert parse_date(day.isoformat(), DMY) == day
    assert parse_date(day.strftime(f"%d{mark}%m{mark}%Y"), DMY) == day
    assert parse_date(f"{day.day}{mark}{day.month}{mark}{day.year}", DMY) == day
    assert parse_date(day.strftime(f"%m{mark}%d{mark}%Y"), MDY) == day


@given(
    st.text(st.sampled_from("0123456789-/. majoktMTZ:,+") | st.characters(), max_size=70),
    st.sampled_from((DMY, MDY, YMD)),
)
def test_any_text_is_a_day_or_a_named_fault(written: str, order: DateOrder) -> None:
    try:
        day = parse_date(written, order)
    except DateError as error:
        words = (error.expected, error.hint)
    else:
        words = (str(day.year), "1900 to 2100")
        assert 1900 <= day.year <= 2100

    assert all(words)


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("2. Januar 2024", "de"), ("2 janvier 2024", "fr"), ("2 de enero de 2024", "es"),
        ("2 de janeiro de 2024", "pt-BR"),
        ("2 stycznia 2024", "pl"), ("2 января 2024", "ru"), ("2024年1月2日", "ja"), ("2 janv. 2024", "fr"),
        ("2024-01-02 10:00:00 +0100 CET", ""), ("2024-01-02T10:00:00.000+05:45", ""), ("2024-01-02 10:00:00-05", ""),
        ("Tue, 02 Jan 2024 10:00:00 +0000", ""),
    ],
)  # fmt: skip
def test_dates_of_other_tools_and_in_the_words_of_the_article(written: str, language: str) -> None:
    assert parse_date(written, DMY, language) == date(2024, 1, 2)
