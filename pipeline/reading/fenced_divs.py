"""Line repairs of fenced divs (`::: {.tip}`) and alerts (`> [!TIP]`)."""

from __future__ import annotations

import re

from pipeline.reading.callouts import CALLOUT_KINDS, MEDIA_NAMES, callout_key
from pipeline.reading.lines import (
    DIV,
    FENCE,
    HEADING,
    RULE,
    FindingCollector,
    Lines,
    NestingError,
    blank_after,
    code_flags,
    is_blank,
    with_text,
)
from pipeline.reading.source_text import SourceLine
from pipeline.registry import repair_rule, warning_rule

_UNENDED = re.compile(r"^\{[ \t]*[.#][^{}]*$")
_ALERT_LINE = re.compile(r"^ {0,3}>[ \t]*\[![^\[\]\n]{1,40}\][+-]?.*$")
_OPENING = re.compile(r"^(?:\{[^{}]*\}|[\w-]+)(?:[ \t]*:+)?$")
_TITLED = re.compile(r"^(?P<kind>[\w-]+)(?:\[(?P<bracketed>[^\]]*)\]|[ \t]+(?P<title>[^{}]+?))[ \t]*$")


def repair_divs(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with every fenced div opened and closed once, with as many colons, and apart from text.

    pandoc closes a div only with as many colons as opened it, and takes all the rest of the article into it otherwise.

    Raises:
        NestingError: They nest too deeply.
    """
    if not any(line.text.lstrip().startswith(":::") for line in lines):
        return lines
    flags = code_flags(lines)
    mended: list[SourceLine] = []
    opened: list[SourceLine] = []
    for line, is_code in zip(lines, flags, strict=True):
        match = None if is_code else DIV.match(line.text)
        if match is None:
            if opened and not is_code and HEADING.match(line.text) and not _closes_later(lines, line):
                _close_divs(mended, opened, line, record)
            mended.append(line)
        elif not match["rest"]:
            if opened:
                while len(opened) > 1 and _colons(opened[-1]) != _colons(line) in map(_colons, opened):
                    _close_innermost(mended, opened, line, record)
                opened.pop()
                mended.append(with_text(line, ":::"))
            else:
                record.add("div-shape", line.number, "`:::` that closes nothing, taken away")
                mended.append(blank_after(line))
        else:
            _open_div(mended, opened, line, match["rest"], record)
    if opened:
        _close_divs(mended, opened, mended[-1], record)
    return tuple(mended)


def repair_alerts(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with the text right below the first line of an alert as part of it.

    Markdown would end the box there, empty, and print a warning as any other paragraph.
    """
    if not any("[!" in line.text for line in lines):
        return lines
    flags = code_flags(lines)
    mended: list[SourceLine] = []
    is_open = False
    for line, is_code in zip(lines, flags, strict=True):
        ends = is_code or is_blank(line) or any(kind.match(line.text) for kind in (HEADING, RULE, DIV, FENCE))
        if is_open and not ends and not line.text.lstrip().startswith(">"):
            record.add("div-shape", line.number, "a line right below the first line of a box belongs to the box")
            mended.append(with_text(line, f"> {line.text}"))
            continue
        is_open = not is_code and bool(_ALERT_LINE.match(line.text))
        mended.append(line)
    return tuple(mended)


@repair_rule(
    "div-shape",
    "A box opened, closed or continued in a way that Markdown does not know.",
    "`:::tip Husk vand`, or a second `:::`; `> [!ADVARSEL]`, and below it `Stop straks.`",
    "Write `::: {.tip}`, and its title as a line in bold; or begin every line of the box with `>`.",
    aliases=("callout-lazy",),
)
def _open_div(
    mended: list[SourceLine], opened: list[SourceLine], line: SourceLine, rest: str, record: FindingCollector
) -> None:
    if mended and not is_blank(mended[-1]):
        mended.append(blank_after(line))
    if _UNENDED.match(rest):
        record.add("div-shape", line.number, f"{line.text.strip()!r} had no closing brace")
        rest = rest.rstrip() + "}"
    rest = _kind_in_one_word(rest)
    titled = _TITLED.match(rest)
    if _OPENING.match(rest) or titled:
        opened.append(line)
        if len(opened) > record.limits.nesting:
            # pandoc takes minutes over what is refused afterwards anyway.
            message = f"boxes nested more than {record.limits.nesting} deep"
            raise NestingError(message, source=record.source, line=line.number)
    if titled and not _OPENING.match(rest):
        title = (titled["bracketed"] or titled["title"] or "").strip()
        record.add(
            "div-shape", line.number, f"{line.text.strip()!r} is read as `::: {{.{titled['kind']}}}` with a title"
        )
        mended.append(with_text(line, f"::: {{.{titled['kind']}}}"))
        mended += [blank_after(line), with_text(line, f"**{title}**"), blank_after(line)] if title else []
    else:
        mended.append(with_text(line, f"::: {rest.rstrip(': ')}"))


def _kind_in_one_word(rest: str) -> str:
    """Return what opens a box, its kind in one word: `søg læge` is `søg-læge`."""
    parts = rest.rstrip(": ").split()
    for count in range(min(len(parts), _MAX_KIND_WORDS), 1, -1):
        name = callout_key(" ".join(parts[:count]))
        if name in CALLOUT_KINDS or name in MEDIA_NAMES:
            return " ".join((name, *parts[count:]))
    return rest


_MAX_KIND_WORDS = 3
"""Words in the longest name of a kind."""


def _colons(line: SourceLine) -> int:
    bare = line.text.lstrip()
    return len(bare) - len(bare.lstrip(":"))


def _closes_later(lines: Lines, here: SourceLine) -> bool:
    """Return whether a closing fence comes before the next opening one."""
    for line in lines:
        if line.number > here.number and (match := DIV.match(line.text)):
            return not match["rest"]
    return False


def _close_divs(
    mended: list[SourceLine], opened: list[SourceLine], where: SourceLine, record: FindingCollector
) -> None:
    """Close every open div before a line."""
    while opened:
        _close_innermost(mended, opened, where, record)


@warning_rule(
    "div-unclosed",
    "A box that is never closed; it ends before the next heading or at the end.",
    "`::: {.tip}` without `:::`",
    "Close it with `:::` on a line of its own.",
)
def _close_innermost(
    mended: list[SourceLine], opened: list[SourceLine], where: SourceLine, record: FindingCollector
) -> None:
    begun = opened.pop()
    record.add(
        "div-unclosed", begun.number, f"{begun.text.strip()!r} is never closed; it ends before line {where.number}"
    )
    mended += [SourceLine(":::", where.number), blank_after(where)]
