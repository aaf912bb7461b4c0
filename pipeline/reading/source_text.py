"""Decodes source bytes to clean text: UTF-8, NFC, LF, no control or invisible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.errors import SourceError
from pipeline.reading.lines import FindingCollector
from pipeline.registry import error_rule, repair_rule, warning_rule

MAX_COMBINING_MARKS = 30  # Combining marks in a row. Source: UAX #15, Stream-Safe Text Format.


@error_rule(
    "not-utf-8",
    "A source is not written in UTF-8.",
    "A file that an old editor saved as Windows-1252 or UTF-16",
    "Open it with its own encoding and save it as UTF-8.",
)
class NotUtf8Error(SourceError):
    code = "not-utf-8"


@error_rule("file-empty", "A source holds no text.", "A file of 0 bytes", "Write the article, or delete the file.")
class EmptyFileError(SourceError):
    code = "file-empty"


@repair_rule(
    "file-untidy",
    "The file begins with a byte order mark, ends its lines as on Windows or old Macs, or lacks the last line end.",
    "A file that Windows Notepad saved as `UTF-8 with BOM`; CRLF and LF in one file",
    "Let the editor save UTF-8 without BOM, and LF at the end of every line.",
    aliases=("byte-order-mark", "line-ends", "final-newline"),
)
def decode_source(data: bytes, findings: FindingCollector) -> str:
    """Return the text of a source file; adds a finding per kind of repair, with count and first line.

    Lines are neither added nor removed, so a line number here is one in the author's editor.

    Raises:
        SourceError: Not UTF-8, or empty.
    """
    text = _decode(data)
    if text.startswith("\ufeff"):
        text = text[1:]
        findings.add("file-untidy", 1, "the file begins with a byte order mark; removed")
    text = _line_ends(text, findings)
    for repair in _REPAIRS:
        text = repair.apply(text, findings)
    text = _composed(text, findings)
    _find_replacement_characters(text, findings)
    if not text.strip():
        hint = "write the article, or delete the file"
        raise EmptyFileError("the file is empty, expected an article", line=1, hint=hint)
    if not text.endswith("\n"):
        findings.add("file-untidy", text.count("\n") + 1, "the last line has no line end; added")
        text += "\n"
    return text


# Repairs after which a person must read the line again.
AMBIGUOUS_REPAIRS = frozenset({"bidi-override", "too-many-marks"})


def clean_characters(text: str, but: frozenset[str] = frozenset()) -> str:
    """Return text without the characters that `decode_source` takes out; for text that escapes brought in later.

    Args:
        but: Codes of repairs to leave to a person.
    """
    for repair in _REPAIRS:
        if repair.code not in but:
            text = repair.pattern.sub(repair.replace, text)
    return unicodedata.normalize("NFC", text)


@dataclass(slots=True)
class DecodedText:
    """Cleans text that pandoc has decoded: a character reference brings in what `decode_source` takes out."""

    changed: list[tuple[str, int]] = field(default_factory=list)  # Texts before cleaning, with their lines

    def clean(self, text: str, line: int) -> str:
        cleaned = clean_characters(text)
        if cleaned != text:
            self.changed.append((text, line))
        return cleaned

    def report(self, findings: FindingCollector) -> None:
        """Add a finding per kind of repair, with count and first line, as `decode_source` does."""
        found = FindingCollector(findings.source)
        text = "\n".join(words.replace("\n", " ") for words, _ in self.changed)
        for repair in _REPAIRS:
            text = repair.apply(text, found)
        _composed(text, found)
        for finding in found:
            findings.add(finding.code, self.changed[finding.line - 1][1], finding.message)


def is_clean(text: str) -> bool:
    """Return whether `clean_characters` changes nothing for certain: a fast test that nearly all words pass."""
    # Control, format and unassigned characters are not printable.
    return text.isprintable() and len(text) <= MAX_COMBINING_MARKS and unicodedata.is_normalized("NFC", text)


_DANISH_CHARACTERS = set("æøåÆØÅéÉèêëáàäöüÄÖÜßóñç–—’‘“”„»«…·•°½²µ§€")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotUtf8Error("the file is UTF-16, expected UTF-8", line=1, hint="save it with the encoding UTF-8")
    # UTF-16 of Latin text without a mark is valid UTF-8, with a NUL beside every letter.
    if data.count(0) * 3 > len(data):
        message = "every other byte is zero, so the file is UTF-16 or not text at all, expected UTF-8"
        raise NotUtf8Error(message, line=1, hint="save it with the encoding UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
        message = f"byte 0x{data[error.start]:02X} is not UTF-8, expected a file in UTF-8"
        raise NotUtf8Error(message, line=line, hint=_encoding_hint(data, error.start)) from error


def _encoding_hint(data: bytes, at: int) -> str:
    """Name the encoding if the bytes read as Danish in Windows-1252, the encoding of old Windows programs."""
    begin = max(data.rfind(b"\n", 0, at), data.rfind(b" ", 0, at)) + 1
    word = data[begin : at + 40].split(maxsplit=1)[0]
    reads = word.decode("cp1252", "replace")
    if not set(reads) - set(map(chr, range(128))) <= _DANISH_CHARACTERS:
        return "save it with the encoding UTF-8; the file may be damaged"
    return f"it reads as {reads!r} in Windows-1252 (Latin-1): open it as that, and save it as UTF-8"


def _line_ends(text: str, findings: FindingCollector) -> str:
    crlf = text.count("\r\n")
    lone = text.count("\r") - crlf
    if not crlf and not lone:
        return text
    first = text.index("\r")
    kinds = [f"{count} as {name}" for count, name in ((crlf, "CRLF"), (lone, "CR")) if count]
    mixed = "line ends are mixed: " if text.count("\n") > crlf or (crlf and lone) else "line ends "
    findings.add("file-untidy", text.count("\n", 0, first) + 1, f"{mixed}{' and '.join(kinds)}; made LF")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@warning_rule(
    "bidi-override",
    "Characters that change the direction of writing, and can show another text than the file has; removed.",
    "U+202E before a word",
    "Delete them, and read the line again.",
)
@repair_rule(
    "characters-unusual",
    "Characters that no format can show, that hide in copied text, or that a wrong conversion left; repaired.",
    "A NUL; U+200B, U+2028 or U+00AD in text that was copied; U+0096 for a dash; `å` as `a` and a ring (NFD)",
    "Delete them, or type the characters again.",
    aliases=(
        "control-characters",
        "windows-characters",
        "line-separators",
        "invisible-characters",
        "soft-hyphens",
        "no-characters",
        "not-composed",
    ),
)
@dataclass(frozen=True, slots=True)
class _CharacterRepair:
    code: str
    what: str
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]

    def apply(self, text: str, findings: FindingCollector) -> str:
        if changed := [at for at in self.pattern.finditer(text) if self.replace(at) != at[0]]:
            findings.add(self.code, text.count("\n", 0, changed[0].start()) + 1, f"{self.what}: {len(changed)}")
        return self.pattern.sub(self.replace, text) if changed else text


# Hebrew to Georgian, Khmer and Mongolian, and their kin further up: scripts whose spelling needs joiners and marks.
_NEEDS_JOINERS = re.compile("[\u0590-\u109f\u1780-\u18af\ua800-\uabdf\U00010a00-\U00011fff]")


def _invisible(at: re.Match[str]) -> str:
    """Return joiners where spelling or an emoji needs them, and nothing elsewhere."""
    if at[0] not in "\u200b\u200c\u200d\u200e\u200f\u061c":
        return ""
    before, after = at.string[at.start() - 1 : at.start()], at.string[at.end() : at.end() + 1]
    if _NEEDS_JOINERS.match(before) or _NEEDS_JOINERS.match(after):
        return at[0]
    if at[0] == "\u200d" and before and after:
        joins = before == "\ufe0f" or "\U0001f3fb" <= before <= "\U0001f3ff" or unicodedata.category(before) == "So"
        return at[0] if joins and unicodedata.category(after) == "So" else ""
    return ""


@warning_rule(
    "too-many-marks",
    "A letter carries more than 30 accents; the rest were removed.",
    "“Zalgo” text",
    "Type the letter again.",
)
def _few_marks(at: re.Match[str]) -> str:
    marks = 0
    kept = ""
    for character in at[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        kept += character if marks <= MAX_COMBINING_MARKS else ""
    return kept


# The last two code points of each plane are no characters. Source: Unicode, section 23.7.
_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))

_REPAIRS = (
    _CharacterRepair(
        "characters-unusual", "control characters, removed",
        re.compile("[\x00-\x08\x0e-\x1f\x7f]"), lambda _: "",
    ),
    # As browsers do: HTML, section 13.2.5.80, reads a C1 control as the Windows-1252 character of that number.
    _CharacterRepair(
        "characters-unusual", "characters of Windows-1252 in the place of control characters, decoded",
        re.compile("[\x80-\x9f]"), lambda at: at[0].encode("latin-1").decode("cp1252", "ignore"),
    ),
    # A space, not a line end: no editor counts them as lines.
    _CharacterRepair(
        "characters-unusual", "line separators (U+2028 and the like), made spaces",
        re.compile("[\x0b\x0c\u2028\u2029]"), lambda _: " ",
    ),
    _CharacterRepair(
        "bidi-override",
        "characters that change the direction of writing, and can show another text than the file has, removed",
        re.compile("[\u202a-\u202e\u2066-\u2069]"), lambda _: "",
    ),
    _CharacterRepair(
        "characters-unusual", "invisible characters, of no width, removed",
        # The tag characters spell the flags of England, Scotland and Wales, and hide text elsewhere.
        re.compile("[\u200b-\u200f\u061c\u180e\u2060-\u2064\u206a-\u206f\ufeff]|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"),
        _invisible,
    ),
    _CharacterRepair("characters-unusual", "soft hyphens, removed", re.compile("\u00ad"), lambda _: ""),
    _CharacterRepair(
        "characters-unusual", "code points that are no characters, removed",
        re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + _LAST_OF_PLANES + "]"),
        lambda _: "",
    ),
    # Before composing: putting marks in order costs the square of their number.
    _CharacterRepair(
        "too-many-marks", "letters with more than 30 accents, the rest removed",
        re.compile(f"[\u0300-\U0010ffff]{{{MAX_COMBINING_MARKS + 1},}}"), _few_marks,
    ),
)  # fmt: skip


def _composed(text: str, findings: FindingCollector) -> str:
    composed = unicodedata.normalize("NFC", text)
    pairs = zip(text.split("\n"), composed.split("\n"), strict=True)
    if lines := [number for number, (before, after) in enumerate(pairs, 1) if before != after]:
        message = f"lines in which letters and their accents are separate (NFD), composed: {len(lines)}"
        findings.add("characters-unusual", lines[0], message)
    return composed


@warning_rule(
    "replacement-character",
    "A letter was lost in an earlier conversion and cannot be guessed.",
    "`s\ufffdvn` for `søvn`",
    "Type the letter again.",
    group="right",
)
def _find_replacement_characters(text: str, findings: FindingCollector) -> None:
    if count := text.count("\ufffd"):
        message = f"replacement characters (\ufffd), letters that an earlier conversion lost: {count}"
        findings.add("replacement-character", text.count("\n", 0, text.index("\ufffd")) + 1, message)
