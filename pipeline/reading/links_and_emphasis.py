"""Line repairs of links and emphasis: unclosed, or with spaces on the wrong side."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pipeline.reading.lines import (
    CODE_SPAN,
    DIV,
    HEADING,
    MARKER,
    RULE,
    FindingCollector,
    Lines,
    SourceLine,
    code_flags,
)
from pipeline.reading.tables import is_row
from pipeline.registry import repair_rule, warning_rule

_CODE = f"{CODE_SPAN}|"
_TARGET = r"(?:https?://|mailto:|tel:|www\.|/)"
_URL = r"(?:https?://|www\.|/)"
_PICTURE_FILE = r"[^\s()<>\[\]]+\.(?:png|jpe?g|webp|gif|svg|avif|heic|bmp|tiff?)"
_LINK_TITLE = r"[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*')"


@dataclass(frozen=True, slots=True)
class LinkRepair:
    pattern: re.Pattern[str]
    instead: str
    code: str
    message: str


def _link_rule(pattern: str, instead: str, code: str, message: str) -> LinkRepair:
    return LinkRepair(re.compile(_CODE + pattern), instead, code, message)


_LINK_RULES = (
    _link_rule(
        rf"(?<!\\)!\[(?P<text>[^\[\]\n]*)\]\((?P<target>{_PICTURE_FILE})(?P<title>(?:{_LINK_TITLE})?)(?P<end>[.,;:]?(?=\s|$))"
        r"(?![^\n(]*\))",
        r"![\g<text>](\g<target>\g<title>)\g<end>",
        "link-unclosed",
        "the picture had no closing bracket",
    ),
    _link_rule(
        rf"(?<!\\)!\[(?P<text>[^\[\]()\n]+)\((?P<target>{_PICTURE_FILE})(?P<title>(?:{_LINK_TITLE})?)\)(?!\])",
        r"![\g<text>](\g<target>\g<title>)",
        "link-unclosed",
        "the text of the picture had no closing bracket",
    ),
    _link_rule(
        rf"\]\s+\((?P<target>{_TARGET}[^()\s]*)\)",
        r"](\g<target>)",
        "link-markup",
        "a space between link text and address",
    ),
    _link_rule(
        rf"(?<!\])\((?P<text>[^()\[\]\n]+)\)\[(?P<target>{_TARGET}[^\[\]\s]*)\]",
        r"[\g<text>](\g<target>)",
        "link-markup",
        "brackets of the link in the wrong order",
    ),
    _link_rule(
        # The address ends where its line or word ends; a bracket further on in the line may still close it.
        rf"(?<!\\)\[(?P<text>[^\[\]()\n]+)\]\((?P<target>{_URL}[^\s()<>\[\]]*[^\s()<>\[\].,;:])"
        r"(?P<end>[.,;:]?(?=\s|$))(?![^\n(]*\))",
        r"[\g<text>](\g<target>)\g<end>",
        "link-unclosed",
        "the link had no closing bracket",
    ),
    _link_rule(
        r"(?<!\\)\[(?P<text>[^\[\]()\n]+)\((?P<target>https?://[^\s()]+)\)(?!\])",
        r"[\g<text>](\g<target>)",
        "link-unclosed",
        "the link text had no closing bracket",
    ),
    _link_rule(
        r"<(?P<target>www\.[^\s<>]+)>", r"\g<target>", "link-markup", "an address in angle brackets without https://"
    ),
    _link_rule(
        # Behind a link text they hold an address with spaces, which Markdown allows.
        r"(?<!\]\()<(?P<target>https?://[^\s<>]+)(?=\s|$)(?!>)",
        r"<\g<target>>",
        "link-unclosed",
        "the address had no closing angle bracket",
    ),
)
# More than three spaces, and it is a sentence that follows the address.
_SPACED = re.compile(
    _CODE + r"(?P<text>\[[^\[\]\n]*\])"
    rf"\((?P<target>{_TARGET}[^()<>\"\s*]*(?:[ \t](?!')[^()<>\"\s*]+){{1,3}})(?P<title>(?:{_LINK_TITLE})?)\)"
)
# Addresses are left alone: of a link, between angle brackets, and bare.
_FIGURES = re.compile(
    _CODE + r"(?P<address>\]\((?:[^()\n]|\([^()\n]*\))*\)|<[^<>\n]*>|(?:https?://|www\.)\S+)"
    r"|(?<![*\\\W_])(?:(?<=\d)(?:\*(?![*\W_])|\*{2,}(?=\d))|\*(?=\d))"
)
_STRONG = re.compile(r"(?<![\\*])\*\*(?!\*)")
# Emphasis within emphasis that begins or ends at one place, as CommonMark has it: `***a** b*`, `**a *b***`.
_NESTED = re.compile(
    r"(?<![\\*])\*{3}(?![\s*])[^*\n]*[^\s*]\*{2}(?!\*)[^*\n]*[^\s*]\*(?!\*)"
    r"|(?<![\\*])\*{3}(?![\s*])[^*\n]*[^\s*]\*(?!\*)[^*\n]*[^\s*]\*{2}(?!\*)"
    r"|(?<![\\*])\*{2}(?![\s*])[^*\n]*\*(?![\s*])[^*\n]*[^\s*]\*{3}(?!\*)"
    r"|(?<![\\*])\*(?![\s*])[^*\n]*\*{2}(?![\s*])[^*\n]*[^\s*]\*{3}(?!\*)"
)
_WORD_CHARACTER = re.compile(r"\w")


def repair_links_and_emphasis(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    flags = code_flags(lines)
    repaired = [
        line if is_code else _escape_asterisks_in_figures(_repair_links(line, findings), findings)
        for line, is_code in zip(lines, flags, strict=True)
    ]
    paragraph: list[SourceLine] = []
    for line, is_code in zip(repaired, flags, strict=True):
        is_alone = is_code or _is_own_block(line.text)
        if is_alone or MARKER.match(line.text):
            yield from _repair_emphasis(paragraph, findings)
            paragraph = []
        paragraph.append(line)
        if is_alone:
            yield from paragraph if is_code else _repair_emphasis(paragraph, findings)
            paragraph = []
    yield from _repair_emphasis(paragraph, findings)


def _is_own_block(text: str) -> bool:
    """Return whether a line cannot be part of a paragraph of several lines."""
    return not text.strip() or is_row(text) or bool(HEADING.match(text) or RULE.match(text) or DIV.match(text))


def _repair_links(line: SourceLine, findings: FindingCollector) -> SourceLine:
    text = line.text
    if "[" not in text and "<" not in text:
        return line
    for rule in _LINK_RULES:
        text = rule.pattern.sub(partial(_repaired_link, rule, line.number, findings), text)
    return line.with_text(_SPACED.sub(partial(_without_spaces, line.number, findings), text))


@warning_rule(
    "link-unclosed",
    "A link or picture without its closing bracket; it was closed where the address ends.",
    "`[tekst](https://klinik.example`",
    "Check where the link leads, and close it.",
)
def _repaired_link(rule: LinkRepair, number: int, findings: FindingCollector, match: re.Match[str]) -> str:
    if match["ticks"]:
        return match[0]
    findings.add(rule.code, number, f"{rule.message}: {match[0].strip()[:60]!r}")
    return match.expand(rule.instead)


@repair_rule(
    "link-markup",
    "A link whose brackets or spaces are out of order.",
    "`[tekst] (https://…)`, `(tekst)[https://…]`",
    "Write `[tekst](https://…)`.",
)
def _without_spaces(number: int, findings: FindingCollector, match: re.Match[str]) -> str:
    if match["ticks"]:
        return match[0]
    findings.add("link-markup", number, f"spaces in the address {match['target'][:60]!r}")
    return f"{match['text']}(" + re.sub(r"\s", "%20", match["target"]) + f"{match['title']})"


@repair_rule(
    "emphasis-figures",
    "Asterisks beside a figure inside a word; they are kept, where emphasis would have joined the figures.",
    "`2*500 mg 3*dagligt`",
    "Write × or `\\*`: `2 × 500 mg 3 gange dagligt`.",
)
def _escape_asterisks_in_figures(line: SourceLine, findings: FindingCollector) -> SourceLine:
    """Return a line whose asterisks within `3*10` and `2*dagligt` are text: as emphasis they would join the figures."""
    strong = [mark.start() for mark in _STRONG.finditer(line.text)]
    escaped = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal escaped
        closes_open = match[0] == "**" and (bisect_left(strong, match.start()) - escaped) % 2  # **3**4
        if match["ticks"] or match["address"] or closes_open:
            return match[0]
        escaped += match[0] == "**"
        return match[0].replace("*", "\\*")

    text = _FIGURES.sub(kept, line.text)
    if text != line.text:
        message = "asterisks between figures, or between a figure and a letter, are kept"
        findings.add("emphasis-figures", line.number, message)
    return line.with_text(text)


def _repair_emphasis(lines: list[SourceLine], findings: FindingCollector) -> list[SourceLine]:
    whole = "\n".join(line.text for line in lines)
    if "**" not in whole:
        return lines
    cells = re.split(r"(?<!\\)(\|)", whole) if len(lines) == 1 and is_row(whole) else [whole]
    repaired = "".join(_repaired_paragraph(cell, [line.number for line in lines], findings) for cell in cells)
    return [line.with_text(text) for line, text in zip(lines, repaired.split("\n"), strict=True)]


@warning_rule(
    "emphasis-unclosed",
    "Two asterisks without partner; they are removed.",
    "`**Husk at drikke vand.`",
    "Set `**` behind the last word of the emphasis.",
)
@repair_rule(
    "emphasis-spacing",
    "Two asterisks with a space on the wrong side, which Markdown would print.",
    "`**Fordele: **bedre søvn`",
    "Set the asterisks right beside the words.",
)
def _repaired_paragraph(text: str, numbers: list[int], findings: FindingCollector) -> str:
    """Return text of a paragraph; the number of its lines stays."""
    spans = [match.span() for pattern in (CODE_SPAN, _NESTED) for match in re.finditer(pattern, text)]
    marks = [m.start() for m in _STRONG.finditer(text) if not any(start <= m.start() < end for start, end in spans)]
    pairs, alone = _paired(text, marks)
    cuts: list[tuple[int, int, str]] = []
    for mark in alone:
        findings.add("emphasis-unclosed", numbers[text.count("\n", 0, mark)], "`**` that has no partner, removed")
        is_between_figures = text[mark - 1 : mark].isdigit() and text[mark + 2 : mark + 3].isdigit()
        cuts.append((mark, mark + 2, " " if is_between_figures else ""))
    for start, end in pairs:
        if new := _pair_cuts(text, start, end):
            message = f"`**` with a space on the wrong side: {text[start : end + 2][:60]!r}"
            findings.add("emphasis-spacing", numbers[text.count("\n", 0, start)], message)
        cuts += new
    for start, end, new_text in sorted(cuts, reverse=True):
        text = text[:start] + new_text + text[end:]
    return text


def _paired(text: str, marks: list[int]) -> tuple[list[tuple[int, int]], list[int]]:
    """Return the pairs of marks in order, and the marks without partner."""
    alone: list[int] = []
    if len(marks) % 2:
        # An odd one: without it, the others must fit best; of equals the last, since authors forget to close.
        choices = range(len(marks)) if len(marks) < _MAX_MARKS else [len(marks) - 1]
        at = min(choices, key=lambda index: (_misfits(text, marks[:index] + marks[index + 1 :]), -index))
        alone, marks = [marks[at]], marks[:at] + marks[at + 1 :]
    return list(zip(marks[::2], marks[1::2], strict=True)), alone


_MAX_MARKS = 60  # So many marks in one paragraph that trying each would take too long


def _misfits(text: str, marks: list[int]) -> int:
    """Return how many sides of the marks are wrong when they open and close in turn."""
    misfits = 0
    for start, end in zip(marks[::2], marks[1::2], strict=True):
        misfits += text[start + 2].isspace() + text[end - 1].isspace()
        # Between words, a mark that opens has a space before it, and one that closes has a space behind it.
        misfits += bool(_WORD_CHARACTER.match(text, start - 1, start)) if start else 0
        misfits += bool(_WORD_CHARACTER.match(text, end + 2))
    return misfits


def _pair_cuts(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return what to change about one pair: empty ones vanish, spaces move outside."""
    inside = text[start + 2 : end]
    if not inside.strip():
        return [(start, end + 2, inside)]
    cuts: list[tuple[int, int, str]] = []
    lead = len(inside) - len(inside.lstrip(" \t\u00a0"))
    tail = len(inside) - len(inside.rstrip(" \t\u00a0"))
    before, after = text[start - 1 : start], text[end + 2 : end + 3]
    first, last = inside.strip()[0], inside.strip()[-1]
    if lead:
        gap = " " if _WORD_CHARACTER.match(before) else ""
        cuts.append((start, start + 2 + lead, gap + "**"))
    elif _WORD_CHARACTER.match(before) and not _WORD_CHARACTER.match(first) and first not in "*_[`":
        cuts.append((start, start + 2, " **"))
    if tail:
        gap = " " if after and not after.isspace() and (_WORD_CHARACTER.match(after) or after in "([*") else ""
        cuts.append((end - tail, end + 2, "**" + gap))
    elif (_WORD_CHARACTER.match(after) and not _WORD_CHARACTER.match(last) and last not in "*_])`") or (
        last.isdigit() and after.isdigit()
    ):
        # CommonMark does not close emphasis between punctuation and a letter: `**Fordele:**Du …`
        # Two figures would be read as one number: `**Tag 2**3 gange`
        cuts.append((end, end + 2, "** "))
    return cuts


def remove_trailing_breaks(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Yield the lines without a backslash at the end of a paragraph, where it breaks nothing and would be printed."""
    for at, (line, is_code) in enumerate(zip(lines, code_flags(lines), strict=True)):
        is_last = at + 1 == len(lines) or lines[at + 1].is_blank or bool(HEADING.match(line.text))
        if is_last and not is_code and line.text.endswith("\\") and not line.text.endswith("\\\\"):
            findings.add("paragraph-empty", line.number, "a line break at the end of a paragraph, removed")
            yield line.with_text(line.text[:-1].rstrip())
        else:
            yield line
