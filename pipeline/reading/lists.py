"""Line repairs of lists, typed bullets, hard breaks and accidental indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.languages import every, together
from pipeline.reading.lines import DIV, HEADING, MARKER, RULE, FindingCollector, Lines, SourceLine, code_flags
from pipeline.registry import repair_rule, warning_rule

_MONTH_PATTERN = "|".join(month.split()[0] for each in every() for month in each.months)
_NO_LIST = re.compile(
    rf"^(?P<before>[ \t]*\d{{1,4}})(?P<after>\.[ \t]+(?:{_MONTH_PATTERN}|{together().counted})\b(?!-).*)$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"^(?P<before>[ \t]*(?:1[6-9]|20)\d\d)(?P<after>[.)](?:[ \t].*)?)$")
_BULLET = re.compile(r"^(?P<before>[ \t]*)(?P<mark>[•●▪■◦○‣⁃∙])[ \t\u00a0]*(?P<after>\S.*)$")
# Word's bullets of the second and the third level, as they are copied: in the text they stand deeper than the first.
_WORD_BULLET = re.compile(r"^(?P<before>[ \t]*)(?P<mark>[o§])\t[ \t]*(?P<after>\S.*)$")
_WORD_INDENT = {"o": "  ", "§": "    "}
_LEADING_MARK = re.compile(r"^ {0,3}(?:(?P<mark>[–—✔✓✅☑❌✗✘→➜➤►☐])|(?P<letter>[A-Za-zÀ-ÖØ-öø-ÿ])\))[ \t\u00a0]*\S")
_LABEL = re.compile(
    r"^[ \t>]*(?:(?P<parts>\d{1,2}(?:\.\d{1,2}){1,3})\.?|\((?P<number>\d{1,2})\)"
    r"|(?P<opens>\(?)(?P<letters>[A-Za-z]|[ivx]{2,4})(?P<ends>[.)]))[ \t\u00a0]+\S"
)
_ROMAN_NUMBERS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_SHORT_LINE = re.compile(r"^(?=.{2,45}$)(?!\d{1,9}[.)]\s)[A-ZÀ-ÖØ-Þ0-9][^|<>]*?[^\s.!?;](?: {2,}|\\)?$")
_MIN_SHORT_LINES = 3
_CONTAINER = re.compile(r"^ {0,3}(?:\[\^[^\]\s]+\]:|:(?=[ \t]))")


@dataclass(slots=True)
class _Item:
    """The newest item of an open list: its column in the source, and the column it is written at."""

    column: int
    written: int
    content: int  # Column of its text, as written
    mark: str
    number: int | None
    delimiter: str  # The character behind its number, as typed
    is_lazy: bool = True  # Whether every item so far has the same number, which means that Markdown is to count
    items: int = 1
    is_continued: bool = False  # Whether a further line of text belongs to it

    @property
    def written_delimiter(self) -> str:
        return self.mark[-1] if self.number is not None else ""


@repair_rule(
    "number-no-list",
    "A line that begins with a date or a year, which Markdown reads as a list.",
    "`1. maj åbner klinikken`",
    "Write `1\\. maj`, or begin the line with a word.",
)
def escape_leading_numbers(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    for at, (line, is_code) in enumerate(zip(lines, code_flags(lines), strict=True)):
        match = None if is_code else _NO_LIST.match(line.text) or _YEAR.match(line.text)
        if match is None or _continues_count(lines, at):
            yield line
        else:
            findings.add("number-no-list", line.number, "a line that begins with a date or a year is text, not a list")
            yield line.with_text(f"{match['before']}\\{match['after']}")


def _continues_count(lines: Lines, at: int) -> bool:
    """Return whether a number goes on from the line above, or the line below goes on from it."""
    marks = (MARKER.match(line.text) for line in lines[max(0, at - 1) : at + 2])
    numbers = (int(mark["number"]) if mark and mark["number"] else None for mark in marks)
    return any(a is not None and b == a + 1 for a, b in pairwise(numbers))


@repair_rule(
    "list-bullet",
    "A bullet that is typed as a letter, or lines that each begin with a mark, which Markdown would run together.",
    "`• Gå en tur`; `✔ Vand` with `✔ Frugt` on the next line",
    "Make a list of them: `- Gå en tur`.",
    aliases=("line-kept",),
)
def repair_typed_bullets(lines: Lines, findings: FindingCollector) -> list[SourceLine]:
    flags = code_flags(lines)
    repaired = list(lines)
    _break_short_lines(repaired, flags, findings)
    _break_labels(repaired, flags, findings)
    is_item = False  # Whether the line above belongs to a list
    for at, line in enumerate(lines):
        if flags[at]:
            continue
        if bullet := _WORD_BULLET.match(line.text):
            findings.add("list-bullet", line.number, f"{bullet['mark']!r} before a tab makes a list item")
            indent = _WORD_INDENT[bullet["mark"]] if is_item else ""
            repaired[at] = line.with_text(f"{bullet['before']}{indent}- {bullet['after']}")
            continue
        is_item = bool(MARKER.match(line.text) or _BULLET.match(line.text)) or (line.is_blank and is_item)
        if bullet := _BULLET.match(line.text):
            findings.add("list-bullet", line.number, f"{bullet['mark']!r} at the beginning of a line makes a list item")
            repaired[at] = line.with_text(f"{bullet['before']}- {bullet['after']}")
            continue
        first = _LEADING_MARK.match(line.text)
        second = _LEADING_MARK.match(lines[at + 1].text) if at + 1 < len(lines) and not flags[at + 1] else None
        if first and second and first["mark"] == second["mark"]:
            repaired[at] = _with_hard_break(line, "lines that each begin with a mark stay lines of their own", findings)
    return repaired


def _break_short_lines(repaired: list[SourceLine], flags: list[bool], findings: FindingCollector) -> None:
    """Give hard breaks to the lines of addresses, opening hours and verse.

    Such a paragraph has three lines or more, all of them short, each beginning with a capital or a figure.
    """
    at = 0
    while at < len(repaired):
        end = at
        while end < len(repaired) and not flags[end] and _SHORT_LINE.match(repaired[end].text):
            end += 1
        is_apart = (at == 0 or repaired[at - 1].is_blank) and (end == len(repaired) or repaired[end].is_blank)
        if end - at >= _MIN_SHORT_LINES and is_apart:
            message = "short lines that were set one by one stay lines of their own"
            repaired[at : end - 1] = [_with_hard_break(line, message, findings) for line in repaired[at : end - 1]]
        at = max(end, at + 1)


def _break_labels(repaired: list[SourceLine], flags: list[bool], findings: FindingCollector) -> None:
    """Give lines of their own to items marked `a.` and `b.`, `(1)` and `(2)`, `1.1` and `1.2`, or `i)` and `ii)`."""
    first: re.Match[str] | None = None
    at_first = 0
    for at, line in enumerate(repaired):
        label = None if flags[at] else _LABEL.match(line.text)
        if flags[at] or line.is_blank:
            first = None
        elif label:
            for row in (at_first, at) if first and _follows(first, label) else ():
                above = repaired[row - 1] if row and not flags[row - 1] else line
                if above is not line and not above.is_blank and not HEADING.match(above.text):
                    message = "items that are marked one by one stay lines of their own"
                    repaired[row - 1] = _with_hard_break(above, message, findings)
            first, at_first = label, at


def _follows(first: re.Match[str], second: re.Match[str]) -> bool:
    """Return whether a label is the next one of the same kind."""
    if first["parts"] or second["parts"]:
        *outer, inner = map(int, (first["parts"] or "0").split("."))
        after = [[*outer, inner + 1], [*outer[:-1], *(number + 1 for number in outer[-1:]), 1]]
        return second["parts"] is not None and list(map(int, second["parts"].split("."))) in after
    if first["number"] or second["number"]:
        return bool(first["number"] and second["number"]) and int(second["number"]) == int(first["number"]) + 1
    now, then = first["letters"], second["letters"]
    is_roman = (now, then) in pairwise(_ROMAN_NUMBERS)
    is_next = len(now) == len(then) == 1 and ord(then) == ord(now) + 1
    return (first["opens"], first["ends"]) == (second["opens"], second["ends"]) and (is_roman or is_next)


def _with_hard_break(line: SourceLine, message: str, findings: FindingCollector) -> SourceLine:
    """Return a line that ends with a hard break, with a finding where it had none."""
    if line.text.endswith(("  ", "\\")):
        return line
    findings.add("list-bullet", line.number, message)
    return line.with_text(line.text.rstrip() + "  ")


def repair_lists(lines: Lines, findings: FindingCollector) -> list[SourceLine]:
    """Return the lines with lists that nest and count as they look, and no indentation that would make code."""
    return _ListRepairer(findings).repair(lines)


@dataclass(slots=True)
class _ListRepairer:
    """Walks the lines of an article with the list items that are open at each."""

    findings: FindingCollector
    open: list[_Item] = field(default_factory=list)
    written: list[SourceLine] = field(default_factory=list)
    is_apart: bool = True  # Whether the line above is blank, or ends what is above
    # Whether a footnote or a definition is open, whose further paragraphs are indented by four.
    note_indent: bool = False
    in_text: bool = False

    def repair(self, lines: Lines) -> list[SourceLine]:
        flags = code_flags(lines)
        for at, line in enumerate(lines):
            if flags[at] and not (at and flags[at - 1]) and MARKER.match(line.text):
                self._open_code(line)
            if flags[at] or line.is_blank:
                self.written.append(line)
                self.is_apart, self.in_text = True, False
            else:
                self._line(line, lines[at + 1].text if at + 1 < len(lines) else "")
        return self.written

    def _open_code(self, line: SourceLine) -> None:
        """Open the items of a line that opens code; it stays as it is."""
        bare = line.text.lstrip(" \t")
        indent = len(line.text[: len(line.text) - len(bare)].expandtabs(4))
        self._close_deeper(indent)
        if self.open and indent < self.open[-1].column + 2:
            self.open.pop()
        self._open_inner(bare, indent, indent)

    def _line(self, line: SourceLine, following: str) -> None:
        bare = line.text.lstrip(" \t")
        indent = len(line.text[: len(line.text) - len(bare)].expandtabs(4))
        match = MARKER.match(line.text)
        is_item = match and not RULE.match(bare)
        if match and is_item and (self.open or not self.in_text or _begins_list(match, following)):
            self._item(line, match, indent, following)
        elif self.open and indent >= 2 and any(kind.match(bare) for kind in (DIV, RULE, _CONTAINER)):  # within the item
            while len(self.open) > 1 and indent < self.open[-1].column + self.open[-1].content - self.open[-1].written:
                self.open.pop()
            self._write(line, self.open[-1].content, bare)
            self.is_apart, self.in_text = True, False
        elif HEADING.match(line.text) or RULE.match(line.text) or DIV.match(line.text):
            self._close(line)
        elif _CONTAINER.match(line.text):
            self._close(line)
            self.note_indent, self.in_text = True, True
        else:
            self._text(line, bare, indent)

    def _close(self, line: SourceLine) -> None:
        self.open.clear()
        self.note_indent = False
        self.written.append(line)
        self.is_apart, self.in_text = True, False

    def _item(self, line: SourceLine, match: re.Match[str], indent: int, following: str) -> None:
        """Write a list item below its parent or sibling, or as the first of a list."""
        number = int(match["number"]) if match["number"] else None
        self._close_deeper(indent)
        above = self.open[-1] if self.open else None
        column, mark, count, is_lazy = indent, match["mark"], 1, True
        if above is None:
            target = self._begin_list(line, indent)
        elif indent >= above.column + 2:
            target = above.content
            # Markdown takes a number other than 1 below text as more of the text.
            if self.in_text and number not in (None, 1) and _begins_list(match, following):
                self._set_apart(line)
        else:
            target, column, count = above.written, above.column, above.items + 1
            mark = self._continued(line, match["mark"], number, match["delimiter"] or "", above)
            is_lazy = above.written_delimiter != mark[-1] or (above.is_lazy and above.number == number)
            self.open.pop()
        if above and target > indent:
            self._note_indentation(line, "indented too little for the list that it belongs to")
        # Five spaces behind a marker would make its text code.
        gap = match["gap"].expandtabs(4)
        gap = gap if len(gap) <= 4 else " "
        self.written.append(line.with_text(" " * target + mark + gap + match["text"]))
        content = target + len(mark) + max(1, len(gap))
        self.open.append(_Item(column, target, content, mark, number, match["delimiter"] or "", is_lazy, count))
        self._open_inner(match["text"], indent + match.end("gap") - match.start("mark"), content)
        self.is_apart, self.in_text = False, bool(match["text"])

    def _open_inner(self, text: str, column: int, written: int) -> None:
        """Open the lists that begin on the line of an item: `- - text`."""
        most = self.findings.limits.nesting
        while len(self.open) <= most and (match := MARKER.match(text)) and match["text"] and not RULE.match(text):
            width = match.end("gap")
            number = int(match["number"]) if match["number"] else None
            self.open.append(_Item(column, written, written + width, match["mark"], number, match["delimiter"] or ""))
            text, column, written = match["text"], column + width, written + width

    def _close_deeper(self, indent: int) -> None:
        """Close the lists that are indented more than an item."""
        while self.open and self.open[-1].column > indent:
            closed = self.open.pop()
            if self.open and self.open[-1].column < indent < self.open[-1].column + 2:
                self.open[-1].column = min(self.open[-1].column, closed.column)

    def _begin_list(self, line: SourceLine, indent: int) -> int:
        """Return the column that the first item of a list is written at."""
        target = 4 if self.note_indent and indent >= 4 else 0
        if self.in_text and not self.note_indent:
            self._set_apart(line)
        if indent >= 4 and not target:
            self._note_indentation(line, "indented by four or more, which is no list of its own")
        return target

    def _set_apart(self, line: SourceLine) -> None:
        self.findings.add("blank-line-missing", line.number, "the list began right below a line of text, set apart")
        self.written.append(line.with_text(""))

    @repair_rule(
        "indentation",
        "A list item indented too little for its list, or text indented by four or more, which Markdown reads as code.",
        "Two spaces before `-` below `1. Læg dig ned`; four spaces before `Kramper`",
        "Indent an item as far as the text of the item above, and other text not at all.",
        aliases=("list-indent", "text-indented"),
    )
    def _note_indentation(self, line: SourceLine, message: str) -> None:
        self.findings.add("indentation", line.number, message)

    @repair_rule(
        "list-numbering",
        "The mark behind the number changes within a list, or its numbers do not go on by one; the numbers stay.",
        "`5)` after `4.`, or `1.` `3.` `4.`",
        "Use the same mark throughout, and write a line of text between two lists.",
    )
    def _continued(self, line: SourceLine, mark: str, number: int | None, delimiter: str, before: _Item) -> str:
        """Return the marker with which an item goes on in the list before it, or begins a list of its own.

        Markdown counts by itself, and would print another number than the author's behind a gap or a new beginning.
        """
        if number is None or before.number is None:
            return before.mark if (number is None and before.number is None and not self.is_apart) else mark
        if number == before.number + 1:
            if delimiter != before.delimiter:
                self.findings.add("list-numbering", line.number, f"{mark!r} goes on in the list above it")
            return f"{number}{before.written_delimiter}"
        # Another character behind the number begins a new list.
        if delimiter != before.written_delimiter or (number == before.number and before.is_lazy):
            return mark
        self.findings.add("list-numbering", line.number, f"{mark!r} behind {before.mark!r} keeps its number")
        return f"{number}{')' if delimiter == '.' else '.'}"

    def _text(self, line: SourceLine, bare: str, indent: int) -> None:
        if self.open and not self.is_apart:
            self._lazy(line, bare, indent)
        elif self.open and indent >= 2:
            while len(self.open) > 1 and indent < self.open[-1].content and indent <= self.open[-1].column + 1:
                self.open.pop()
            self._write(line, self.open[-1].content, bare)
        else:
            self.open.clear()
            if self.note_indent and self.is_apart and indent < 4:
                self.note_indent = False
            if indent >= 4 and not self.note_indent and self.is_apart:
                self._note_indentation(line, "indented text is text, not code")
            if indent < 4:
                self.written.append(line)
            else:
                self._write(line, 4 if self.note_indent else 0, bare)
        self.is_apart = False
        self.in_text = True

    @warning_rule(
        "list-ended",
        "A line right below a list begins a sentence of its own; it is set apart from the last item.",
        "`- Gå en tur.` with `Det hjælper de fleste.` on the next line",
        "Set a blank line after the list, or indent the line if it belongs to the item.",
    )
    def _lazy(self, line: SourceLine, bare: str, indent: int) -> None:
        """Write a line right below a list item: more of the item, or a new paragraph that was glued to the list."""
        item = self.open[-1]
        is_behind_item = indent == 0 and item.items > 1 and not item.is_continued
        if is_behind_item and self.written[-1].text.rstrip().endswith((".", "!", "?", ":")) and bare[:1].isupper():
            self.findings.add("list-ended", line.number, "a line right below a list begins a paragraph of its own")
            self.open.clear()
            self.written += [line.with_text(""), line]
            return
        item.is_continued = True
        self._write(line, item.content if indent else 0, bare)

    def _write(self, line: SourceLine, column: int, bare: str) -> None:
        self.written.append(line.with_text(" " * column + bare))


def _begins_list(match: re.Match[str], following: str) -> bool:
    """Return whether a marker right below a line of text begins a list."""
    if not match["number"]:
        return bool(match["text"])
    after = MARKER.match(following)
    number = int(match["number"])
    return number == 1 or bool(after and after["number"] and int(after["number"]) == number + 1)
