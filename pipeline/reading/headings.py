"""Line repairs of headings, and recovery of headings that lost their marks."""

from __future__ import annotations

import re

from pipeline.languages import together
from pipeline.reading.lines import (
    DIV,
    FENCE,
    HEADING,
    MARKER,
    PICTURE_LINE,
    RULE,
    FindingCollector,
    Lines,
    blank_after,
    code_flags,
    is_blank,
    with_text,
)  # fmt: skip
from pipeline.reading.source_text import SourceLine
from pipeline.registry import repair_rule, warning_rule

MAX_HEADING_LENGTH = 90
"""Letters of the longest line that may be a heading that was lost."""
MIN_PARAGRAPH_LENGTH = 100
"""Letters of the shortest paragraph line that a lost heading stands above; verse and addresses are shorter."""
_HEADING_LIKE = re.compile(r"^(?P<indent> {0,3})(?P<marks>#{1,9})(?P<gap>[ \t\u00a0]*)(?P<text>.*?)[ \t]*$")
_REPEATED_MARKS = re.compile(r"^(?:#{1,6}[ \t\u00a0]+)+")
_HEADING_IN_LINE = re.compile(
    r"^(?P<before>[^#|>`]*[^\s#|>`\\])[ \t]+(?P<marks>#{2,6})[ \t]+(?P<after>[A-ZÀ-ÖØ-Þ*].*)$"
)
_UNDERLINE = re.compile(r"^ {0,3}(?:-{2,}|={2,})[ \t]*$")
_CONTACT = re.compile(rf"@|\d{{4}}|\b{together().contact}\b|\d{{2}} \d{{2}} \d{{2}}|https?:|www\.", re.IGNORECASE)
_BOLD_ONLY = re.compile(r"^\*\*(?P<text>[^*]+)\*\*$")


def repair_headings(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with headings that Markdown sees as such, each between blank lines."""
    lines = _apart_from_underlines(lines, record)
    flags = code_flags(lines)
    mended: list[SourceLine] = []
    pending: SourceLine | None = None
    for source_line, is_code in zip(lines, flags, strict=True):
        line = source_line
        if pending is not None and not is_blank(line):
            line = _filled(pending, line, record) if not is_code else line
            pending = None
        if is_code:
            mended.append(line)
            continue
        for piece in _split(line, record):
            heading = _normalised_heading(piece, record)
            if re.fullmatch(r"#{1,6}", heading.text):
                pending = heading
                mended.append(blank_after(heading))
            else:
                _append_apart(mended, heading, record)
    if pending is not None:
        record.add("heading-marks", pending.number, "a heading without text, taken away")
    return tuple(mended)


@warning_rule(
    "heading-lost",
    "A short line without a mark reads as a heading: it was glued to text, or stands above a deeper heading.",
    "`Hvornår skal jeg søge læge?` right above a long line",
    "Check it; write `##` before it and a blank line after it, or end it with a full stop.",
)
def restore_lost_headings(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with lost headings restored.

    Lost is a short plain line that reads as a heading (a question or a noun phrase, no full stop) glued above a long
    line of text, or alone right above a heading. Lists, tables, quotations, addresses and hard breaks are left alone.
    """
    flags = code_flags(lines)
    found: list[SourceLine] = []
    level, is_first, restored = 0, True, 0
    for at, line in enumerate(lines):
        heading = None if flags[at] else HEADING.match(line.text)
        if heading:
            level, is_first, restored = len(heading["marks"]), True, 0
            found.append(line)
            continue
        kind = "" if flags[at] else _lost_heading_kind(lines, at, flags)
        if kind:
            below = HEADING.match(lines[_next(lines, at)].text) if kind == "alone" else None
            if below:
                own = max(2, len(below["marks"]) - 1)
                level = own
            elif restored:
                own = restored
            else:
                own = restored = min(6, max(2, level + 1 if level and is_first else level))
            bold = _BOLD_ONLY.match(line.text.strip())
            text = bold["text"].strip() if bold else line.text.strip()
            record.add("heading-lost", line.number, f"{text!r} reads as a heading, and is one again")
            found.append(with_text(line, f"{'#' * own} {text}"))
            if at + 1 < len(lines) and not is_blank(lines[at + 1]):
                found.append(blank_after(line))
            continue
        is_first = is_first and is_blank(line)
        found.append(line)
    return tuple(found)


def _filled(empty: SourceLine, line: SourceLine, record: FindingCollector) -> SourceLine:
    """Return the line below an empty heading: its text, where it reads as one."""
    if not _is_short_text(line.text.strip()):
        record.add("heading-marks", empty.number, "a heading without text, taken away")
        return line
    record.add("heading-marks", empty.number, "the heading's text stood on a line of its own below it")
    return with_text(line, f"{empty.text} {line.text.strip()}")


def _apart_from_underlines(lines: Lines, record: FindingCollector) -> Lines:
    """Set a rule apart from the paragraph above it, which Markdown would make a heading of."""
    flags = code_flags(lines)
    apart: list[SourceLine] = []
    for at, line in enumerate(lines):
        above = lines[at - 1].text if at else ""
        is_rule = not flags[at] and bool(_UNDERLINE.match(line.text)) and bool(above.strip()) and not flags[at - 1]
        if is_rule and not _is_setext(lines, at):
            record.add(
                "blank-line-missing", line.number, "a rule right below text would make the text a heading, set apart"
            )
            apart.append(blank_after(line))
        apart.append(line)
    return tuple(apart)


def _is_setext(lines: Lines, at: int) -> bool:
    """Return whether the line above an underline is a heading by its looks: one short line without a full stop."""
    above = lines[at - 1].text.strip()
    has_one_line = at < 2 or is_blank(lines[at - 2]) or bool(HEADING.match(lines[at - 2].text))
    return (
        has_one_line
        and len(above) <= MAX_HEADING_LENGTH
        and not above.endswith((".", ":", ",", ";", ")"))
        and not PICTURE_LINE.match(above)
    )


def _split(line: SourceLine, record: FindingCollector) -> list[SourceLine]:
    """Return a line, or the two that it is where a heading's marks stand in its middle."""
    match = _HEADING_IN_LINE.match(line.text)
    if not match or MARKER.match(line.text):
        return [line]
    record.add(
        "heading-lost", line.number, f"{match['after'][:60]!r} stood within a line of text, and is a heading again"
    )
    return [with_text(line, match["before"]), with_text(line, f"{match['marks']} {match['after']}")]


@repair_rule(
    "heading-marks",
    "A heading without text, or with its marks twice, too many, or no space behind them.",
    "`##Symptomer`, `## ## Symptomer`, `###` alone on a line",
    "Write `## Symptomer`, or remove it.",
    aliases=("heading-empty",),
)
def _normalised_heading(line: SourceLine, record: FindingCollector) -> SourceLine:
    """Return a heading line with one run of marks and a space behind it; other lines as they are."""
    match = _HEADING_LIKE.match(line.text)
    if not match:
        return line
    text = match["text"]
    if not match["gap"] and text and (len(match["marks"]) == 1 or not (text[0].isalnum() or text[0] in '*_„“"»[')):
        return line
    again = _REPEATED_MARKS.match(text + " ")
    if again:
        text = (text + " ")[again.end() :].strip()
    marks = match["marks"][:6]
    closed = re.sub(r"[ \t]+#+$", "", text)
    if re.fullmatch(r"#*", closed):
        return with_text(line, marks)
    if again or not match["gap"] or len(match["marks"]) > 6 or "\u00a0" in match["gap"]:
        record.add("heading-marks", line.number, f"{line.text.strip()[:60]!r} is read as `{marks} {closed[:50]}`")
        return with_text(line, f"{marks} {closed}")
    return line


@repair_rule(
    "blank-line-missing",
    "No blank line between text and a heading, a list, a table, a picture or a rule beside it.",
    "`Husk:` with `- vand` on the next line",
    "Set a blank line before it, and one after it.",
    aliases=("heading-glued", "rule-glued", "picture-glued", "table-glued", "list-glued"),
)
def _append_apart(mended: list[SourceLine], line: SourceLine, record: FindingCollector) -> None:
    """Append a line, with a blank one between a heading and any text beside it."""
    is_heading = bool(HEADING.match(line.text))
    if mended and not is_blank(mended[-1]) and not is_blank(line) and not FENCE.match(mended[-1].text):
        if is_heading and not DIV.match(mended[-1].text):
            record.add("blank-line-missing", line.number, "a heading right below text, set apart")
            mended.append(blank_after(line))
        elif HEADING.match(mended[-1].text) and not is_heading:
            record.add("blank-line-missing", mended[-1].number, "a heading right above text, set apart")
            mended.append(blank_after(mended[-1]))
    mended.append(line)


def _lost_heading_kind(lines: Lines, at: int, flags: list[bool]) -> str:
    """Return how a line was lost as a heading: `glued`, `alone` right above a heading, or not at all."""
    line = lines[at].text
    above = lines[at - 1].text if at else ""
    if (above.strip() and not HEADING.match(above)) or line != line.lstrip() or line.endswith(("  ", "\\")):
        return ""
    bold = _BOLD_ONLY.match(line.strip())
    if not _is_short_text(bold["text"].strip() if bold else line.strip()):
        return ""
    below = lines[at + 1].text if at + 1 < len(lines) and not flags[at + 1] else ""
    if not below.strip():
        after = _next(lines, at)
        heading = HEADING.match(lines[after].text) if after < len(lines) and not flags[after] else None
        is_title = len(heading["marks"]) > 2 if heading else False
        return "alone" if heading and is_title and at and not HEADING.match(_before(lines, at)) else ""
    return "glued" if _is_long_text(below) and len(below) >= 2 * len(line) else ""


def _next(lines: Lines, at: int) -> int:
    """Return the index of the next line that is not blank."""
    at += 1
    while at < len(lines) and is_blank(lines[at]):
        at += 1
    return at


def _before(lines: Lines, at: int) -> str:
    """Return the nearest line above that is not blank."""
    return next((line.text for line in reversed(lines[:at]) if not is_blank(line)), "")


def _is_short_text(text: str) -> bool:
    """Return whether a line reads as a heading: begins with a capital or figure, ends without a stop, is no address."""
    if (
        not 3 <= len(text) <= MAX_HEADING_LENGTH
        or len(text.split()) > 14
        or not (text[0].isupper() or text[0].isdigit())
    ):
        return False
    if (
        MARKER.match(text)
        or RULE.match(text)
        or DIV.match(text)
        or any(mark in text for mark in ("|", "](", "`", "<", "**", "{", "}"))
    ):
        return False
    if not (text[-1].isalnum() or text[-1] in "?)!“”\"'»*"):
        return False
    return not _CONTACT.search(text) and not re.search(r"[.;] ", text)


def _is_long_text(text: str) -> bool:
    """Return whether a line is a long line of a paragraph."""
    is_plain = not (
        MARKER.match(text) or HEADING.match(text) or text.lstrip().startswith(("|", ">", "!", "<", ":", "#"))
    )
    return (
        is_plain
        and len(text) >= MIN_PARAGRAPH_LENGTH
        and text[:1] not in " \t"
        and (text[0].isupper() or not text[0].islower())
    )
