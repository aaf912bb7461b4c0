"""A list in CSV, as offices write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SendError
from pipeline.mailing.subscribers import ImportedCsv, read_csv
from tests.mailing.conftest import TODAY

HEAD = "address;consent_date;consent_wording;consent_source\n"


def read(tmp_path: Path, content: str | bytes) -> ImportedCsv:
    path = tmp_path / "liste.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_csv(path, "da", "day-month-year", TODAY)


def told(table: ImportedCsv) -> list[str]:
    return [f"{fault.line}: {fault.message}" for fault in table.faults]


def test_a_good_table_is_read_whole(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "Anna@Klinik.DK;02-03-2026;v1;hjemmeside\nbo@bo.dk;2026-03-03;v1;kort\n")

    assert told(table) == []
    assert [(c.address, str(c.on), c.source) for c in table.consents] == [
        ("Anna@klinik.dk", "2026-03-02", "hjemmeside"),
        ("bo@bo.dk", "2026-03-03", "kort"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_excel_may_write_it_in_any_of_its_ways(tmp_path: Path, encoding: str, mark: str) -> None:
    text = (HEAD + "anna@klinik.dk;02-03-2026;v1;på klinikken i Ærø\n").replace(";", mark).replace("\n", "\r\n")

    table = read(tmp_path, text.encode(encoding))

    assert told(table) == []
    assert table.consents[0].source == "på klinikken i Ærø"


def test_domains_with_letters_of_other_languages_become_ascii(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "anna@blåbærgrød.dk;02-03-2026;v1;kort\n")

    assert table.consents[0].address == "anna@xn--blbrgrd-fxak7p.dk"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("anna;02-03-2026;v1;kort", "invalid: "),
        ("anna@;02-03-2026;v1;kort", "invalid: "),
        ("@klinik.dk;02-03-2026;v1;kort", "invalid: "),
        ("anna@klinik;02-03-2026;v1;kort", "invalid: "),
        ("an na@klinik.dk;02-03-2026;v1;kort", "invalid: "),
        ("Anna <anna@klinik.dk>;02-03-2026;v1;kort", "invalid: "),
        ("søren@klinik.dk;02-03-2026;v1;kort", "not ASCII"),
        ('=HYPERLINK("x")@k.dk;02-03-2026;v1;kort', "formula"),
        ("+anna@klinik.dk;02-03-2026;v1;kort", "formula"),
        ("anna@klinik.dk;02-03-2026;v1;=1+1", "consent_source begins like a formula"),
        ("anna@klinik.dk;02-03-2026;-v1;kort", "consent_wording begins like a formula"),
        ("0203701234@klinik.dk;02-03-2026;v1;kort", "CPR"),
        ("anna@klinik.dk;02-03-2026;v1;020370-1234", "CPR"),
        ("anna@klinik.dk;02-03-2026;v1;DM545 fra listen", "diagnosis code"),
        ("anna@klinik.dk;02-03-2026;v1;holdet for diabetes", "health data"),
        ("anna@klinik.dk;;v1;kort", "no consent, no send"),
        ("anna@klinik.dk;31-02-2026;v1;kort", "31-02-2026"),
        ("anna@klinik.dk;2027-01-01;v1;kort", "in the future"),
        ("anna@klinik.dk;02-03-2026;;kort", "consent_wording is missing"),
        ("anna@klinik.dk;02-03-2026;v1", "3 cells, expected 4"),
    ],
)
def test_each_rows_fault_is_named_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    table = read(tmp_path, HEAD + "bo@bo.dk;02-03-2026;v1;kort\n" + row + "\n")

    assert any(line.startswith("3: ") and fault in line for line in told(table)), told(table)
    assert [c.address for c in table.consents] == ["bo@bo.dk"]


def test_an_address_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "bo@bo.dk;02-03-2026;v1;kort\n\nBO@bo.dk;02-03-2026;v1;kort\n")

    assert told(table) == ["4: the address is in line 2 already"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no header line"),
        ("anna@klinik.dk;02-03-2026;v1;kort\n", "no header line"),
        ("navn;alder\n", "no column address"),
        ("email\nanna@klinik.dk\n", "no column consent_date"),
        ("email;samtykkedato;cpr\n", "unknown column cpr"),
        ("email;samtykkedato;Diagnose\n", "unknown column diagnose"),
        ("email;email;samtykkedato\n", "occurs twice"),
        (HEAD + '"anna@klinik.dk;02-03-2026\n', "not a CSV table"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SendError, match=message):
        read(tmp_path, content)


def test_an_export_can_be_brought_in_but_not_those_who_left(tmp_path: Path) -> None:
    head = "address,language,consent_date,consent_wording,consent_source,unsubscribed,bounced\r\n"
    rows = "anna@a.dk,da,2026-03-02,v1,kort,,\r\nbo@bo.dk,da,2026-03-02,v1,kort,2026-04-01,\r\n"

    table = read(tmp_path, head + rows)

    assert [c.address for c in table.consents] == ["anna@a.dk"]
    assert told(table) == ["3: the reader has left the list"]
