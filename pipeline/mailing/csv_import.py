"""Import of subscribers from CSV: every row becomes a consent, or errors with its line."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pipeline.errors import SendError
from pipeline.languages import together
from pipeline.mailing.addresses import AddressError, address_identity, find_personal_data, holds_cpr, read_address
from pipeline.mailing.subscribers import CSV_COLUMNS, Consent
from pipeline.reading.dates import DateError, DateOrder, parse_date
from pipeline.rendering.words import packaged_languages

_FORMULA_STARTS = ("=", "+", "-", "@", "\t")
_EXPORT_ONLY_COLUMNS = ("unsubscribed", "bounced")
READER_LANGUAGES = packaged_languages()


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
    elif unknown := [name for name in names if name not in (*CSV_COLUMNS, *_EXPORT_ONLY_COLUMNS)]:
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


_parse_date = lru_cache(parse_date)
