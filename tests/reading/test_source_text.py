"""Bytes of a source file become clean text, and nothing is lost or counted wrong on the way."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.findings import Finding
from pipeline.reading.lines import FindingCollector, SourceLine, body_lines
from pipeline.reading.source_text import clean_characters, decode_source

SOURCE = "sources/blog/soevn.md"


def decoded(data: bytes) -> tuple[str, tuple[Finding, ...]]:
    """Return the text of a file, and what was found in it."""
    findings = FindingCollector(SOURCE)
    return decode_source(data, findings), tuple(findings)


def codes(data: str | bytes) -> dict[str, int]:
    """Return the line of each finding by its code."""
    _, findings = decoded(data.encode() if isinstance(data, str) else data)
    return {finding.code: finding.line for finding in findings}


def cleaned(text: str) -> str:
    return decoded(text.encode())[0]


def test_sound_text_is_left_as_it_is() -> None:
    text, findings = decoded("# Søvn\n\nEn rolig aften. 👩‍⚕️\n".encode())

    assert text == "# Søvn\n\nEn rolig aften. 👩‍⚕️\n"
    assert findings == ()


def test_mixed_line_ends_become_lf_and_are_noted_once_with_their_counts() -> None:
    text, findings = decoded(b"en\nto\r\ntre\rfire\r\n")

    assert text == "en\nto\ntre\nfire\n"
    assert [(finding.code, finding.line, finding.repaired) for finding in findings] == [("file-untidy", 2, True)]
    assert "2 as CRLF and 1 as CR" in findings[0].message


def test_a_byte_order_mark_is_taken_out() -> None:
    assert cleaned("\ufeffSøvn\n") == "Søvn\n"
    assert codes("\ufeffSøvn\n") == {"file-untidy": 1}


def test_a_missing_final_line_end_is_added() -> None:
    assert cleaned("en\nto") == "en\nto\n"
    assert codes("en\nto") == {"file-untidy": 2}


@pytest.mark.parametrize(
    ("found", "wanted", "code", "says"),
    [
        ("so\u200bvn", "sovn", "characters-unusual", "invisible characters"),
        ("so\u2060vn\ufeff", "sovn", "characters-unusual", "invisible characters"),
        ("smerte\u00adbehandling", "smertebehandling", "characters-unusual", "soft hyphens"),
        ("a\x00b\x07c\x7f", "abc", "characters-unusual", "control characters"),
        ("3 \x96 4 \x93ro\x94", "3 – 4 “ro”", "characters-unusual", "characters of Windows-1252"),
        ("en\u2028to\u2029tre\x0bfire\x0c", "en to tre fire ", "characters-unusual", "line separators"),
        ("a\u202eb\u2066c", "abc", "bidi-override", "characters that change"),
        ("a\ufdd0b\ufffec\U0001ffff", "abc", "characters-unusual", "code points"),
        ("so\u0308vn a\u030a", "s\u00f6vn å", "characters-unusual", "lines in which letters"),
        ("hej\U000e0041\U000e0042", "hej", "characters-unusual", "invisible characters"),
    ],
)
def test_what_no_one_sees_is_repaired_and_named_with_its_line(found: str, wanted: str, code: str, says: str) -> None:
    assert cleaned(f"første linje\n{found}\n") == f"første linje\n{wanted}\n"
    assert codes(f"første linje\n{found}\n") == {code: 2}
    assert decoded(f"første linje\n{found}\n".encode())[1][0].message.startswith(says)


def test_turned_direction_is_a_warning_and_the_rest_are_notes() -> None:
    _, findings = decoded("a\u202eb\u200b\n".encode())

    assert {finding.code: finding.severity for finding in findings} == {
        "bidi-override": "warning",
        "characters-unusual": "note",
    }


@pytest.mark.parametrize(
    "needed",
    ["👩\u200d⚕\ufe0f", "👨🏽\u200d🚀", "🏳\ufe0f\u200d🌈", "می\u200cخواهم", "क्\u200dष",
     "🏴\U000e0067\U000e0062\U000e007f", "ไทย\u200bภาษา"],
)  # fmt: skip
def test_joiners_that_an_emoji_or_a_script_needs_stay(needed: str) -> None:
    assert cleaned(f"{needed}\n") == f"{needed}\n"


def test_a_flood_of_accents_is_cut_and_costs_little_time() -> None:
    flood = "e" + "\u0301\u0323" * 300_000

    text, findings = decoded(f"{flood}\n".encode())

    assert len(text) < 40
    assert "too-many-marks" in {finding.code for finding in findings}


def test_a_letter_that_was_lost_earlier_is_a_warning() -> None:
    _, findings = decoded("s\ufffdvn\n".encode())

    assert [(finding.code, finding.severity) for finding in findings] == [("replacement-character", "warning")]


@pytest.mark.parametrize(
    ("data", "code", "line", "hint"),
    [
        ("Søvn".encode("utf-16"), "not-utf-8", 1, "UTF-8"),
        ("Søvn og ro\n".encode("utf-16-le"), "not-utf-8", 1, "UTF-8"),
        ("en\r\nto\rSmertelindring og søvn\n".encode("cp1252"), "not-utf-8", 3, "'søvn' in Windows-1252"),
        (b"en\n\xc3(\n", "not-utf-8", 2, "damaged"),
        (b"", "file-empty", 1, "write the article"),
        ("\ufeff \n\u200b\n".encode(), "file-empty", 1, "write the article"),
    ],
)
def test_what_cannot_be_read_is_refused_with_line_and_hint(data: bytes, code: str, line: int, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        decoded(data)

    assert (caught.value.code, caught.value.line) == (code, line)
    assert "expected" in caught.value.message
    assert hint in caught.value.hint


def test_lines_keep_their_numbers() -> None:
    assert body_lines("en\n\nto\n", 7) == (SourceLine("en", 7), SourceLine("", 8), SourceLine("to", 9))
    assert body_lines("", 7) == ()


ODD = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\r\n\t\x00\x85\u2028\u200b\u200d\u202e\u00ada\u030aå👩⚕\ufe0f\ufeff"),
    max_size=80,
)  # fmt: skip


@given(ODD)
@example("\r\n\r\r\n")
def test_cleaning_twice_equals_once_and_keeps_lines_and_letters(text: str) -> None:
    try:
        once, _ = decoded(text.encode())
    except SourceError:
        return

    twice, findings = decoded(once.encode())

    assert twice == once
    assert {finding.code for finding in findings} <= {"replacement-character"}
    ends = text.replace("\r\n", "\n").replace("\r", "\n")
    assert once.count("\n") - ends.count("\n") in (0, 1)  # the last line may have got its end
    kept = "".join(c for c in unicodedata.normalize("NFC", text) if c.isalnum())
    if not any("\x80" <= c <= "\x9f" for c in text):
        assert "".join(c for c in once if c.isalnum()) == kept


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_named_error(data: bytes) -> None:
    try:
        text, _ = decoded(data)
    except SourceError as error:
        text, hint = "\n", error.hint
    else:
        hint = "none is needed"

    assert hint
    assert "\r" not in text
    assert clean_characters(text) == text
