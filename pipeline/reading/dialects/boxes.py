"""What the dialects share: names of boxes, boxes as fenced divs, indented blocks, and arguments of tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pipeline.reading.callouts import CALLOUT_KINDS, callout_key
from pipeline.reading.lines import FindingCollector, Lines, SourceLine, code_flags


def names_in(text: str) -> frozenset[str]:
    """Return the words of a text, which spaces part."""
    return frozenset(text.split())


CODE = (
    r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n)[^\0])*?[^`](?P=ticks)(?!`)"
    r"|(?P<escaped>\\[!-/:-@\[-`{-~])|"
)
"""Beginning of a pattern: code spans, also over line ends, and signs behind a backslash stay as they are."""
ATTRIBUTES = (
    r"[ \t]*+(?:(?:[.#][A-Za-z_][\w:-]*+|[A-Za-z][\w:-]*+=(?:\"[^\"{}\n]*+\"|'[^'{}\n]*+'|[^\s\"'{}]++)|toc|no_toc)"
    r"[ \t]*+)++"
)
"""Expression for attributes of a block or word, between their braces: classes, an id, and values with names."""
BRACES = r"\{[^{}]*\}"
"""Expression for what stands between braces, which may hold others."""
for _ in range(6):
    BRACES = rf"\{{(?:[^{{}}]|{BRACES})*\}}"
# Kinds of boxes that we have not: a note with that word, as the site shows it.
_OTHER_KINDS = names_in(
    "abstract todo success check done question help faq failure fail missing bug example quote cite danger seealso "
    "see-also versionadded deprecated exercise solution admonition callout alert notice hint aside secondary primary "
    "default idea experiment important-note key definition theorem proof remark"
)
_SAME_KINDS = MappingProxyType(
    {"danger": "warning", "alert": "warning", "notice": "note", "aside": "note", "secondary": "note",
     "default": "note", "primary": "note", "admonition": "note", "idea": "tip", "hint": "tip", "see-also": "seealso",
     "success": "", "question": "", "help": "", "critical": "warning", "warn": "warning", "caution": "caution"}
)  # fmt: skip


def is_box(name: str) -> bool:
    key = callout_key(name)
    return key in CALLOUT_KINDS or key in _OTHER_KINDS or key in _SAME_KINDS


def opened_box(kind: str, title: str = "") -> list[str]:
    """Return the lines that open a box; a kind that we have not becomes a note with that word as its title."""
    key = callout_key(kind)
    key = _SAME_KINDS.get(key, key) or key
    if key not in CALLOUT_KINDS:
        title, key = title or kind.replace("-", " ").strip().capitalize(), "note"
    rows = ["", f"::: {{.{key}}}"]
    return [*rows, *(["", bold(title), ""] if title.strip() else [])]


CLOSED_BOX = ("", ":::", "")


def bold(words: str) -> str:
    """Return words as a line in bold; marks for bold within are taken away."""
    plain = re.sub(r"\*\*|__", "", words).strip()
    return f"**{plain}**" if plain else ""


def rows_at(texts: Sequence[str], number: int) -> list[SourceLine]:
    return [SourceLine(text, number) for text in texts]


def indented_below(lines: Sequence[SourceLine], at: int, indent: int) -> int:
    """Return the index behind the block that is indented more deeply than `indent`, below line `at`."""
    end = at + 1
    for index in range(at + 1, len(lines)):
        line = lines[index]
        if line.is_blank:
            continue
        if width(line.text) <= indent:
            break
        end = index + 1
    return end


def width(text: str) -> int:
    """Return the columns that a line is indented by."""
    wide = text.expandtabs(4)
    return len(wide) - len(wide.lstrip(" "))


def dedented(lines: Sequence[SourceLine]) -> list[SourceLine]:
    """Return lines without the indentation that they share."""
    least = min((width(line.text) for line in lines if not line.is_blank), default=0)
    return [line.with_text(line.text.expandtabs(4)[least:] if not line.is_blank else "") for line in lines]


def without_rows(
    lines: Lines, row: re.Pattern[str], tell: Callable[[re.Match[str], int], object] = lambda *_: None
) -> Lines:
    """Return the lines with those emptied that are such a row, outside of fenced code.

    Args:
        tell: Gets each match and the number of its line, for a finding.
    """
    written = []
    for line, is_text in zip(lines, outside_code(lines), strict=True):
        match = row.match(line.text) if is_text else None
        if match:
            tell(match, line.number)
        written.append(line.with_text("") if match else line)
    return tuple(written)


def outside_code(lines: Sequence[SourceLine]) -> list[bool]:
    """Return for every line whether it is outside of fenced code."""
    return [not is_code for is_code in code_flags(tuple(lines))]


_ARGUMENT = re.compile(
    r"""(?:(?P<name>[\w@:.-]+)\s*[=:]\s*)?(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|`(?P<raw>[^`]*)`"""
    r"""|\{(?P<braces>(?:[^{}]|\{[^{}]*\})*)\}|(?P<bare>[^\s"'`=<>{},()]+))"""
)


def arguments(text: str) -> dict[str, str]:
    """Return the arguments of a tag by name, in small letters; those without a name by their place: `0`, `1`."""
    found: dict[str, str] = {}
    for match in _ARGUMENT.finditer(text):
        value = next(
            (match[kind] for kind in ("double", "single", "raw", "bare") if match[kind] is not None),
            (match["braces"] or "").strip(),
        )
        inner = re.fullmatch(r"""["'`]([^"'`]*)["'`]""", value) if match["braces"] else None
        value = re.sub(r"\\(.)", r"\1", inner[1] if inner else value)
        found[(match["name"] or str(sum(key.isdigit() for key in found))).lower()] = value
    return found


def first_of(given: Mapping[str, str], *names: str) -> str:
    return next((given[name] for name in names if given.get(name)), "")


def picture(given: Mapping[str, str], source: str = "") -> str:
    """Return a picture with its text alternative and caption in Markdown."""
    target = source or first_of(given, "src", "url", "path", "link", "image", "file", "name", "0")
    caption = first_of(given, "caption", "title", "attr").replace('"', "&quot;")
    alt = first_of(given, "alt", "alttext") or ("" if caption else first_of(given, "1"))
    if not alt and caption:
        alt = caption  # what stands below it is all that is said of it
    alt = re.sub(r"([\[\]])", r"\\\1", re.sub(r"\s+", " ", alt))
    return f"![{alt}]({encoded(target)}" + (f' "{caption}")' if caption else ")")


def encoded(target: str) -> str:
    """Return an address with the characters encoded that would end a Markdown link."""
    signs = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", '"': "%22"}
    return "".join(signs.get(sign, sign) for sign in target.strip())


def unfilled(findings: FindingCollector, number: int, what: str) -> str:
    """Refuse an article for a value that its site fills into a sentence: without it that may say something else."""
    findings.add("placeholder", number, f"{what[:100]!r} was never filled in")
    return ""


def left_out(findings: FindingCollector, number: int, what: str, words: str = "") -> None:
    kept = f"; its words stay: {words[:60]!r}" if words else ", left out"
    findings.add("construct-left-out", number, f"{what[:100]}{kept}")
