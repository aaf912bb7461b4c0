"""Subscribers in the mailing database: import from CSV, unsubscribing, erasure, counts, export."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pipeline.errors import SendError
from pipeline.languages import together
from pipeline.mailing.addresses import AddressError, address_identity, find_personal_data, holds_cpr, read_address
from pipeline.mailing.database import MailingDatabase
from pipeline.reading.dates import DateError, DateOrder, parse_date
from pipeline.rendering.words import packaged_languages

STALE_AFTER = timedelta(days=365)
"""Age of an unused consent after which it is doubtful (guidance of the Danish consumer ombudsman on spam)."""
MAX_SOFT_BOUNCES = 5
CSV_COLUMNS = ("address", "language", "consent_date", "consent_wording", "consent_source")
MAILABLE = "consent_on IS NOT NULL AND unsubscribed_on IS NULL AND bounced_on IS NULL"
"""SQL condition: there is a consent, and the subscriber has not left or bounced."""


_CREATE_IMPORT_TABLE = """
    CREATE TABLE temp.brought (
        person TEXT PRIMARY KEY, address TEXT, language TEXT, consent_on TEXT, wording TEXT, source TEXT
    ) STRICT, WITHOUT ROWID
"""
_DROP_WITHDRAWN = """
    DELETE FROM temp.brought WHERE person IN (
        SELECT person FROM (
            SELECT person, max(coalesce(unsubscribed_on, ''), coalesce(bounced_on, '')) AS since
            FROM subscribers WHERE list = :list
            UNION ALL SELECT person, suppressed_on FROM suppressed WHERE list = :list
        ) JOIN temp.brought USING (person)
        WHERE since > '' AND since >= coalesce(consent_on, '')
    )
"""
"""A consent that is not later than the unsubscribing, bounce or erasure of its address is not imported."""
_UPSERT_CONSENTS = """
    INSERT INTO subscribers (person, list, address, language, token, consent_on, consent_wording, consent_source)
    SELECT person, ?, address, language, new_token(), consent_on, wording, source FROM temp.brought WHERE true
    ON CONFLICT (person, list) DO UPDATE SET
        address = excluded.address, language = excluded.language, consent_on = excluded.consent_on,
        consent_wording = excluded.consent_wording, consent_source = excluded.consent_source,
        unsubscribed_on = NULL, bounced_on = NULL, soft_bounces = 0
    WHERE subscribers.consent_on IS NULL OR excluded.consent_on > subscribers.consent_on
        OR unsubscribed_on IS NOT NULL OR bounced_on IS NOT NULL
"""
"""A consent that is not newer than the stored one changes nothing."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t")
READER_LANGUAGES = packaged_languages()
_parse_date = lru_cache(parse_date)


@dataclass(frozen=True, slots=True)
class Consent:
    address: str
    language: str
    on: date | None
    wording: str
    source: str
    """Where it was given: a form on the website, a paper form at the reception …"""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    new: int
    renewed: int
    """Already on the list; or they had left, and have consented again."""
    held: int
    """Not imported: they have left, bounced or been erased since this consent."""


@dataclass(frozen=True, slots=True)
class SubscriberCounts:
    mailable: int
    stale: int
    """Of the mailable: consent older than a year and not used since."""
    without_consent: int
    unsubscribed: int
    bounced: int
    soft: int
    """Of the mailable: with many soft bounces."""


def import_consents(store: MailingDatabase, list_: str, consents: Iterable[Consent]) -> ImportCounts:
    """Import consents into a list, all or none of them, each address once."""
    with store.transaction("DEFERRED"):
        return add_consents(store, list_, consents)


def add_consents(
    store: MailingDatabase, list_: str, consents: Iterable[Consent], *, is_given_now: bool = False
) -> ImportCounts:
    """Add consents to a list, within a transaction of the caller.

    They go into a temporary table in memory first, and then into the list by a few statements: so in a deferred
    transaction the database is locked for a second or two, even for hundreds of thousands.

    Args:
        is_given_now: The consents count as later than any unsubscribing, whatever the clock says.
    """
    rows = (
        (store.person(each.address), each.address, each.language, each.on.isoformat() if each.on else None,
         each.wording, each.source)
        for each in consents
    )  # fmt: skip
    connection = store.connection
    connection.execute(_CREATE_IMPORT_TABLE)
    connection.executemany("INSERT OR REPLACE INTO temp.brought VALUES (?, ?, ?, ?, ?, ?)", rows)
    # Locks the database before the first look at it: a transaction that has looked cannot wait for another writer.
    connection.execute("DELETE FROM suppressed WHERE false")
    held = 0 if is_given_now else connection.execute(_DROP_WITHDRAWN, {"list": list_}).rowcount
    all_ = connection.execute("SELECT count(*) FROM temp.brought").fetchone()[0]
    renewed = connection.execute(
        "SELECT count(*) FROM temp.brought JOIN subscribers USING (person) WHERE list = ?", (list_,)
    ).fetchone()[0]
    connection.execute(_UPSERT_CONSENTS, (list_,))
    connection.execute(
        "DELETE FROM suppressed WHERE list = ? AND person IN (SELECT person FROM temp.brought)", (list_,)
    )
    connection.execute("DROP TABLE temp.brought")
    return ImportCounts(all_ - renewed, renewed, held)


def unsubscribe_token(store: MailingDatabase, token: str, today: date) -> bool:
    """Unsubscribe the reader of a token from that list; False where there is none."""
    return _unsubscribe(store, "token", token, today)


def unsubscribe_address(store: MailingDatabase, address: str, today: date) -> bool:
    """Unsubscribe an address from every list; False where it is on none."""
    return _unsubscribe(store, "person", store.person(address), today)


def _unsubscribe(store: MailingDatabase, column: Literal["token", "person"], value: str, today: date) -> bool:
    with store.transaction() as connection:
        return connection.execute(
            "UPDATE subscribers SET unsubscribed_on = "  # noqa: S608  # constants
            # never before the consent: where the clock is wrong, the same list would bring them back
            "coalesce(unsubscribed_on, max(?, coalesce(consent_on, ''))) "
            f"WHERE {column} = ?", (today.isoformat(), value),
        ).rowcount > 0  # fmt: skip


def forget_address(store: MailingDatabase, address: str, today: date) -> bool:
    """Erase an address from the database and the trials; False where it was in neither.

    A keyed hash of it stays, so that nobody is mailed twice, and an old list does not import the address again.

    Raises:
        SendError: Another program is reading the database, so that its log cannot be emptied.
    """
    person = store.person(address)
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO suppressed (person, list, suppressed_on) "
            "SELECT person, list, max(?, coalesce(consent_on, ''), coalesce(unsubscribed_on, '')) "
            "FROM subscribers WHERE person = ?", (today.isoformat(), person)
        )  # fmt: skip
        gone = connection.execute("DELETE FROM subscribers WHERE person = ?", (person,)).rowcount
        gone += connection.execute("DELETE FROM asked WHERE person = ?", (person,)).rowcount
    for path in filter(Path.is_file, sorted(store.folder.trials.rglob("*"))):  # with the drafts of a killed trial
        if address_identity(str(message_from_bytes(path.read_bytes())["To"]).strip()) == address_identity(address):
            path.unlink()
            gone += 1
    store.clear()
    return gone > 0


def count_subscribers(store: MailingDatabase, list_: str, today: date) -> SubscriberCounts:
    row = store.rows(
        f"SELECT count(*) FILTER (WHERE {MAILABLE}) AS mailable, "  # noqa: S608  # constants
        f"count(*) FILTER (WHERE {MAILABLE} AND max(consent_on, coalesce(used_on, '')) < ?) AS stale, "
        "count(*) FILTER (WHERE consent_on IS NULL) AS without_consent, "
        "count(*) FILTER (WHERE unsubscribed_on IS NOT NULL) AS unsubscribed, "
        "count(*) FILTER (WHERE bounced_on IS NOT NULL) AS bounced, "
        f"count(*) FILTER (WHERE {MAILABLE} AND soft_bounces >= ?) AS soft FROM subscribers WHERE list = ?",
        ((today - STALE_AFTER).isoformat(), MAX_SOFT_BOUNCES, list_),
    )[0]
    return SubscriberCounts(**dict(row))


def find_suspect_data(store: MailingDatabase) -> list[str]:
    """Return messages about personal data in the lists that must not be stored, without repeating the data."""
    found: list[str] = []
    for row in store.rows("SELECT list, address, consent_wording, consent_source FROM subscribers"):
        if holds_cpr(row["address"]):
            found.append(f"{row['list']}: an address looks like a CPR number")
        kinds = {key: find_personal_data(row[key]) for key in ("consent_wording", "consent_source")}
        found += (f"{row['list']}: {key} looks like {kind}" for key, kind in kinds.items() if kind)
    return sorted(set(found))


def export_csv(store: MailingDatabase, list_: str) -> str:
    """Return a list as CSV that can be imported again, with the dates of unsubscribing and bounces."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow((*CSV_COLUMNS, "unsubscribed", "bounced"))
    writer.writerows(
        store.rows(
            "SELECT address, language, consent_on, consent_wording, consent_source, unsubscribed_on, bounced_on "
            "FROM subscribers WHERE list = ? ORDER BY address", (list_,)
        )
    )  # fmt: skip
    return output.getvalue()


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ImportedCsv:
    consents: tuple[Consent, ...]
    faults: tuple[RowError, ...]
    encoding: str


def read_csv(path: Path, language: str, order: DateOrder, today: date) -> ImportedCsv:
    """Read subscribers from a CSV file.

    Delimiters are semicolons, commas or tabs; encodings UTF-8, UTF-16 with a byte order mark, and Windows-1252, as
    Excel writes them. The first line names the columns; unknown columns are rejected, so that no other personal data
    is stored.

    Args:
        language: Language of readers whose row names none.
        order: Order of day, month and year in 05-06-2025.

    Raises:
        SendError: The file cannot be read, or its first line does not name the columns.
    """
    text, encoding = _decode_csv(path)
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=head.count), strict=True)
    consents: dict[str, tuple[int, Consent]] = {}
    errors: list[RowError] = []
    try:
        columns = _read_header_row(next(reader, []), path)
        end = reader.line_num
        for row in reader:
            line, end = end + 1, reader.line_num  # a row begins after the last one: cells may hold line breaks
            if not any(cell.strip() for cell in row):
                continue
            found = _parse_row(row, columns, language, order, today)
            if not isinstance(found, Consent):
                errors += (RowError(line, message) for message in found)
                continue
            before, _ = consents.setdefault(address_identity(found.address), (line, found))
            if before != line:
                errors.append(RowError(line, f"the address is in line {before} already"))
    except csv.Error as error:
        raise SendError(f"not a CSV table: {error}", source=path.name, line=reader.line_num) from error
    return ImportedCsv(tuple(consent for _, consent in consents.values()), tuple(errors), encoding)


def _decode_csv(path: Path) -> tuple[str, str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SendError(f"{path} cannot be read: {error.strerror}") from error
    for encoding in ("utf-16",) if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise SendError("not a text file", source=path.name, hint="export the table as CSV, in UTF-8")


def _read_header_row(head: list[str], path: Path) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_") for cell in head]
    names = [together().columns.get(name, name) for name in names]
    hint = f"the first line names the columns: {';'.join(CSV_COLUMNS)}"
    error = ""
    if any("@" in name for name in names) or not any(names):
        error = "there is no header line, expected the names of the columns"
    elif missing := [name for name in ("address", "consent_date") if name not in names]:
        error = f"no column {' and '.join(missing)}; found {', '.join(names)}"
    elif unknown := [name for name in names if name not in (*CSV_COLUMNS, "unsubscribed", "bounced")]:
        error = f"unknown column {', '.join(unknown)}"
        hint = "remove the column: a mailing list must not store names or health data"
    elif repeated := {name for name in names if names.count(name) > 1}:
        error = f"the column {', '.join(sorted(repeated))} occurs twice"
    if error:
        raise SendError(error, source=path.name, line=1, hint=hint)
    return names


def _parse_row(row: list[str], columns: list[str], language: str, order: DateOrder, today: date) -> Consent | list[str]:
    if len(row) != len(columns):
        return [f"{len(row)} cells, expected {len(columns)}"]
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
    errors: list[str] = []
    if cells.get("unsubscribed") or cells.get("bounced"):
        errors.append("the reader has left the list")
    address, on = "", None
    try:
        address = read_address(cells["address"])
    except AddressError as error:
        errors.append(f"{cells['address']!r}: {error}")
    if holds_cpr(cells["address"]):
        errors.append("the address looks like a CPR number")
    try:
        on = _parse_date(cells["consent_date"], order) if cells["consent_date"] else None
        if on is None:
            errors.append("no date of consent: no consent, no send")
        elif on > today:
            errors.append(f"consent_date is {on}, which is in the future")
    except DateError as error:
        errors.append(f"consent_date: {error}")
    for name in ("consent_wording", "consent_source"):
        errors += _text_cell_errors(name, cells.get(name, ""))
    reader_language = cells.get("language") or language
    if reader_language not in READER_LANGUAGES:
        errors.append(f"language is {reader_language!r}, expected {' or '.join(READER_LANGUAGES)}")
    return errors or Consent(address, reader_language, on, cells["consent_wording"], cells["consent_source"])


@lru_cache
def _text_cell_errors(name: str, value: str) -> tuple[str, ...]:
    if not value:
        return (f"{name} is missing",)
    if value.startswith(_FORMULA_STARTS):
        return (f"{name} begins like a formula",)
    kind = find_personal_data(value)
    return (f"{name} looks like {kind}",) if kind else ()
