"""Line repairs of headings, and recovery of headings that lost their marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    SourceLine,
    code_flags,
)
from pipeline.registry import repair_rule, warning_rule

MAX_HEADING_LENGTH = 90  # Letters of the longest line that may be a heading that was lost
# Letters of the shortest paragraph line below a lost heading; verse and addresses are shorter.
MIN_PARAGRAPH_LENGTH = 100
_HEADING_LIKE = re.compile(r"^(?P<indent> {0,3})(?P<marks>#{1,9})(?P<gap>[ \t\u00a0]*)(?P<text>.*?)[ \t]*$")
_REPEATED_MARKS = re.compile(r"^(?:#{1,6}[ \t\u00a0]+)+")
_HEADING_IN_LINE = re.compile(
    r"^(?P<before>[^#|>`]*[^\s#|>`\\])[ \t]+(?P<marks>#{2,6})[ \t]+(?P<after>[A-ZÀ-ÖØ-Þ*].*)$"
)
_UNDERLINE = re.compile(r"^ {0,3}(?:-{2,}|={2,})[ \t]*$")
_CONTACT = rf"@|\d{{4}}|\b{together().contact}\b|\d{{2}} \d{{2}} \d{{2}}|https?:|www\."
_NO_HEADING = re.compile(rf"{_CONTACT}|[.;] |[|`<{{}}]|\]\(|\*\*", re.IGNORECASE)
_BOLD_ONLY = re.compile(r"^\*\*(?P<text>[^*]+)\*\*$")


def repair_headings(lines: Lines, findings: FindingCollector) -> Lines:
    lines = tuple(_apart_from_underlines(lines, findings))
    repaired: list[SourceLine] = []
    empty: SourceLine | None = None  # a heading without text, as long as no text has come
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        if is_code:
            empty = None
            repaired.append(line)
            continue
        filled = line if empty is None or line.is_blank else _filled(empty, line, findings)
        empty = empty if line.is_blank else None
        for piece in _split(filled, findings):
            heading = _normalised_heading(piece, findings)
            if re.fullmatch(r"#{1,6}", heading.text):
                empty = heading
                repaired.append(heading.with_text(""))
            else:
                _append_apart(repaired, heading, findings)
    if empty is not None:
        findings.add("heading-marks", empty.number, "a heading without text, removed")
    return tuple(repaired)


@warning_rule(
    "heading-lost",
    "A short line without a mark reads as a heading: there is no blank line below it, or a deeper heading follows.",
    "`Hvornår skal jeg søge læge?` right above a long line",
    "Check it; write `##` before it and a blank line after it, or end it with a full stop.",
)
def restore_lost_headings(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Yield the lines with lost headings restored.

    Lost is a short plain line that reads as a heading (a question or a noun phrase, no full stop) directly above a long
    line of text, or alone above a heading. Lists, tables, quotations, addresses and hard breaks are left alone.
    """
    flags = code_flags(lines)
    level, is_first, restored = 0, True, 0
    for at, line in enumerate(lines):
        heading = None if flags[at] else HEADING.match(line.text)
        kind = "" if flags[at] or heading else _lost_heading_kind(lines, at, flags)
        if heading:
            level, is_first, restored = len(heading["marks"]), True, 0
        is_first = is_first and (bool(heading) or bool(kind) or line.is_blank)
        if not kind:
            yield line
            continue
        below = HEADING.match(lines[_next(lines, at)].text) if kind == "alone" else None
        if below:
            own = level = max(2, len(below["marks"]) - 1)
        else:
            own = restored = restored or min(6, max(2, level + 1 if level and is_first else level))
        text = _without_bold(line.text)
        findings.add("heading-lost", line.number, f"{text!r} reads as a heading, and is one again")
        yield line.with_text(f"{'#' * own} {text}")
        if at + 1 < len(lines) and not lines[at + 1].is_blank:
            yield line.with_text("")


def _without_bold(text: str) -> str:
    """Return the text of a line, without asterisks where all of it is bold."""
    bold = _BOLD_ONLY.match(text.strip())
    return bold["text"].strip() if bold else text.strip()


def _filled(empty: SourceLine, line: SourceLine, findings: FindingCollector) -> SourceLine:
    if not _is_short_text(line.text.strip()):
        findings.add("heading-marks", empty.number, "a heading without text, removed")
        return line
    findings.add("heading-marks", empty.number, "the heading's text stood on a line of its own below it")
    return line.with_text(f"{empty.text} {line.text.strip()}")


def _apart_from_underlines(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Separate a rule from the paragraph above it, which Markdown would make a heading of."""
    flags = code_flags(lines)
    for at, line in enumerate(lines):
        is_rule = at > 0 and not flags[at] and not flags[at - 1] and bool(_UNDERLINE.match(line.text))
        if is_rule and not lines[at - 1].is_blank and not _is_setext(lines, at):
            message = "a rule right below text would make the text a heading, set apart"
            findings.add("blank-line-missing", line.number, message)
            yield line.with_text("")
        yield line


def _is_setext(lines: Lines, at: int) -> bool:
    """Return whether the line above an underline is a heading by its looks: one short line without a full stop."""
    above = lines[at - 1].text.strip()
    has_one_line = at < 2 or lines[at - 2].is_blank or bool(HEADING.match(lines[at - 2].text))
    return (
        has_one_line
        and len(above) <= MAX_HEADING_LENGTH
        and not above.endswith((".", ":", ",", ";", ")"))
        and not PICTURE_LINE.match(above)
    )


def _split(line: SourceLine, findings: FindingCollector) -> list[SourceLine]:
    match = _HEADING_IN_LINE.match(line.text)
    if not match or MARKER.match(line.text):
        return [line]
    message = f"{match['after'][:60]!r} was within a line of text, and is a heading again"
    findings.add("heading-lost", line.number, message)
    return [line.with_text(match["before"]), line.with_text(f"{match['marks']} {match['after']}")]


@repair_rule(
    "heading-marks",
    "A heading without text, or with its marks twice, too many, or no space behind them.",
    "`##Symptomer`, `## ## Symptomer`, `###` alone on a line",
    "Write `## Symptomer`, or remove it.",
    aliases=("heading-empty",),
)
def _normalised_heading(line: SourceLine, findings: FindingCollector) -> SourceLine:
    """Return a heading line with one run of marks and a space behind it; other lines as they are."""
    match = _HEADING_LIKE.match(line.text)
    if not match:
        return line
    text = match["text"]
    if not match["gap"] and text and (len(match["marks"]) == 1 or not (text[0].isalnum() or text[0] in '*_„“"»[')):
        return line
    if again := _REPEATED_MARKS.match(text + " "):
        text = (text + " ")[again.end() :].strip()
    marks = match["marks"][:6]
    closed = re.sub(r"[ \t]+#+$", "", text)
    if re.fullmatch(r"#*", closed):
        return line.with_text(marks)
    if again or not match["gap"] or len(match["marks"]) > 6 or "\u00a0" in match["gap"]:
        findings.add("heading-marks", line.number, f"{line.text.strip()[:60]!r} is read as `{marks} {closed[:50]}`")
        return line.with_text(f"{marks} {closed}")
    return line


@repair_rule(
    "blank-line-missing",
    "No blank line between text and a heading, a list, a table, a picture or a rule beside it.",
    "`Husk:` with `- vand` on the next line",
    "Set a blank line before it, and one after it.",
    aliases=("heading-glued", "rule-glued", "picture-glued", "table-glued", "list-glued"),
)
def _append_apart(repaired: list[SourceLine], line: SourceLine, findings: FindingCollector) -> None:
    """Append a line, with a blank one between a heading and any text beside it."""
    above = repaired[-1] if repaired else line.with_text("")
    is_heading = bool(HEADING.match(line.text))
    if not above.is_blank and not line.is_blank and not FENCE.match(above.text):
        if is_heading and not DIV.match(above.text):
            findings.add("blank-line-missing", line.number, "a heading right below text, set apart")
            repaired.append(line.with_text(""))
        elif HEADING.match(above.text) and not is_heading:
            findings.add("blank-line-missing", above.number, "a heading right above text, set apart")
            repaired.append(above.with_text(""))
    repaired.append(line)


def _lost_heading_kind(lines: Lines, at: int, flags: list[bool]) -> str:
    """Return how a line was lost as a heading: `glued`, `alone` right above a heading, or not at all."""
    line = lines[at].text
    above = lines[at - 1].text if at else ""
    is_below_text = above.strip() and not HEADING.match(above)
    is_set_apart = line == line.lstrip() and not line.endswith(("  ", "\\"))
    if is_below_text or not is_set_apart or not _is_short_text(_without_bold(line)):
        return ""
    below = lines[at + 1].text if at + 1 < len(lines) and not flags[at + 1] else ""
    if below.strip():
        return "glued" if _is_long_text(below) and len(below) >= 2 * len(line) else ""
    after = _next(lines, at)
    heading = HEADING.match(lines[after].text) if after < len(lines) and not flags[after] else None
    is_title = heading is not None and len(heading["marks"]) > 2 and at > 0
    text_above = next((line.text for line in reversed(lines[:at]) if not line.is_blank), "")
    return "alone" if is_title and not HEADING.match(text_above) else ""


def _next(lines: Lines, at: int) -> int:
    """Return the index of the next line that is not blank."""
    return next((index for index in range(at + 1, len(lines)) if not lines[index].is_blank), len(lines))


def _is_short_text(text: str) -> bool:
    """Return whether a line reads as a heading: begins with a capital or figure, ends without a stop, is no address."""
    has_size = 3 <= len(text) <= MAX_HEADING_LENGTH and len(text.split()) <= 14
    has_ends = (text[:1].isupper() or text[:1].isdigit()) and (text[-1].isalnum() or text[-1] in "?)!“”\"'»*")
    return (
        has_size
        and has_ends
        and not (MARKER.match(text) or RULE.match(text) or DIV.match(text) or _NO_HEADING.search(text))
    )


def _is_long_text(text: str) -> bool:
    begins_text = len(text) >= MIN_PARAGRAPH_LENGTH and text[0] not in " \t|>!<:#" and not text[0].islower()
    return begins_text and not (MARKER.match(text) or HEADING.match(text))
