"""Line repairs of lists, typed bullets, hard breaks and accidental indentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from pipeline.languages import every, together
from pipeline.reading.lines import (
    DIV,
    HEADING,
    MARKER,
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

_MONTH_PATTERN = "|".join(month.split()[0] for each in every() for month in each.months)
_NO_LIST = re.compile(
    rf"^(?P<before>[ \t]*\d{{1,4}})(?P<after>\.[ \t]+(?:{_MONTH_PATTERN}|{together().counted})\b(?!-).*)$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"^(?P<before>[ \t]*(?:1[6-9]|20)\d\d)(?P<after>[.)](?:[ \t].*)?)$")
_BULLET = re.compile(r"^(?P<before>[ \t]*)(?P<mark>[•●▪■◦○‣⁃∙])[ \t\u00a0]*(?P<after>\S.*)$")
_LEADING_MARK = re.compile(r"^ {0,3}(?:(?P<mark>[–—✔✓✅☑❌✗✘→➜➤►☐])|(?P<letter>[A-Za-zÀ-ÖØ-öø-ÿ])\))[ \t\u00a0]*\S")
_SHORT_LINE = re.compile(r"^(?=.{2,45}$)(?!\d{1,9}[.)]\s)[A-ZÀ-ÖØ-Þ0-9][^|<>]*?[^\s.!?;](?: {2,}|\\)?$")
_MIN_SHORT_LINES = 3
_CONTAINER = re.compile(r"^ {0,3}(?:\[\^[^\]\s]+\]:|:(?=[ \t]))")


@dataclass(slots=True)
class _Item:
    """The newest item of an open list: where it stands in the source, and where it is written."""

    column: int
    written: int
    content: int
    """Column of its text, as written."""
    mark: str
    number: int | None
    delimiter: str
    """The sign behind its number, as written."""
    typed: str
    """The same, as typed."""
    is_lazy: bool = True
    """Whether every item so far has the same number, which means that Markdown is to count."""
    lines: int = 1
    items: int = 1


@repair_rule(
    "number-no-list",
    "A line that begins with a date or a year, which Markdown reads as a list.",
    "`1. maj åbner klinikken`",
    "Write `1\\. maj`, or begin the line with a word.",
)
def escape_leading_numbers(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with dates and years at a line's beginning kept from becoming lists."""
    flags = code_flags(lines)
    kept: list[SourceLine] = []
    for at, (line, is_code) in enumerate(zip(lines, flags, strict=True)):
        match = None if is_code else _NO_LIST.match(line.text) or _YEAR.match(line.text)
        if match is None or _continues_count(lines, at):
            kept.append(line)
            continue
        record.add("number-no-list", line.number, "a line that begins with a date or a year is text, not a list")
        kept.append(with_text(line, f"{match['before']}\\{match['after']}"))
    return tuple(kept)


def _continues_count(lines: Lines, at: int) -> bool:
    """Return whether a number goes on from the line above, or the line below goes on from it."""
    numbers = []
    for line in lines[max(0, at - 1) : at + 2]:
        match = MARKER.match(line.text)
        numbers.append(int(match["number"]) if match and match["number"] else None)
    return any(a is not None and b == a + 1 for a, b in pairwise(numbers))


@repair_rule(
    "list-bullet",
    "A bullet that is typed as a letter, or lines that each begin with a mark, which Markdown would run together.",
    "`• Gå en tur`; `✔ Vand` with `✔ Frugt` on the next line",
    "Make a list of them: `- Gå en tur`.",
    aliases=("line-kept",),
)
def repair_typed_bullets(lines: Lines, record: FindingCollector) -> Lines:
    """Return typed bullets as list items, and lines that were set one by one (marks, an address) with breaks."""
    flags = code_flags(lines)
    mended = list(lines)
    _break_short_lines(mended, flags, record)
    for at, line in enumerate(lines):
        if flags[at]:
            continue
        if bullet := _BULLET.match(line.text):
            record.add("list-bullet", line.number, f"{bullet['mark']!r} at the beginning of a line makes a list item")
            mended[at] = with_text(line, f"{bullet['before']}- {bullet['after']}")
            continue
        first = _LEADING_MARK.match(line.text)
        second = _LEADING_MARK.match(lines[at + 1].text) if at + 1 < len(lines) and not flags[at + 1] else None
        if first and second and first["mark"] == second["mark"] and not line.text.endswith(("  ", "\\")):
            record.add("list-bullet", line.number, "lines that each begin with a mark stay lines of their own")
            mended[at] = with_text(line, line.text.rstrip() + "  ")
    return tuple(mended)


def _break_short_lines(mended: list[SourceLine], flags: list[bool], record: FindingCollector) -> None:
    """Give hard breaks to the lines of addresses, opening hours and verse.

    Such a paragraph has three lines or more, all of them short, each beginning with a capital or a figure.
    """
    at = 0
    while at < len(mended):
        end = at
        while end < len(mended) and not flags[end] and _SHORT_LINE.match(mended[end].text):
            end += 1
        is_apart = (at == 0 or is_blank(mended[at - 1])) and (end == len(mended) or is_blank(mended[end]))
        if end - at >= _MIN_SHORT_LINES and is_apart:
            for index in range(at, end - 1):
                if not mended[index].text.endswith(("  ", "\\")):
                    record.add(
                        "list-bullet",
                        mended[index].number,
                        "short lines that were set one by one stay lines of their own",
                    )
                    mended[index] = with_text(mended[index], mended[index].text.rstrip() + "  ")
        at = max(end, at + 1)


def repair_lists(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with lists that nest and count as they look, and no indentation that would make code."""
    return _ListRepairer(record).repair(lines)


class _ListRepairer:
    """Walks the lines of an article with the list items that are open at each."""

    def __init__(self, record: FindingCollector) -> None:
        self.record = record
        self.open: list[_Item] = []
        self.written: list[SourceLine] = []
        self.is_apart = True
        """Whether a blank line, or nothing that goes on, stands above."""
        self.note_indent = False
        """Whether a footnote or a definition is open, whose further paragraphs are indented by four."""
        self.in_text = False

    def repair(self, lines: Lines) -> Lines:
        for at, (line, is_code) in enumerate(zip(lines, code_flags(lines), strict=True)):
            if is_code or is_blank(line):
                self.written.append(line)
                self.is_apart, self.in_text = True, False
            else:
                self._line(line, lines[at + 1].text if at + 1 < len(lines) else "")
        return tuple(self.written)

    def _line(self, line: SourceLine, following: str) -> None:
        bare = line.text.lstrip(" \t")
        indent = _column(line.text)
        match = MARKER.match(line.text)
        if (
            match
            and not RULE.match(bare)
            and not (self.in_text and not self.open and not self._begins(match, following))
        ):
            self._item(line, match, indent)
        elif HEADING.match(line.text) or RULE.match(line.text) or DIV.match(line.text):
            self._close(line)
        elif _CONTAINER.match(line.text):
            self._close(line)
            self.note_indent, self.in_text = True, True
        else:
            self._text(line, bare, indent)

    def _begins(self, match: re.Match[str], following: str) -> bool:
        """Return whether a marker right below a line of text begins a list."""
        if not match["number"]:
            return bool(match["text"])
        after = MARKER.match(following)
        number = int(match["number"])
        return number == 1 or bool(after and after["number"] and int(after["number"]) == number + 1)

    def _close(self, line: SourceLine) -> None:
        self.open.clear()
        self.note_indent = False
        self.written.append(line)
        self.is_apart, self.in_text = True, False

    @repair_rule(
        "indentation",
        "A list item indented too little for its list, or text indented by four or more, which Markdown reads as code.",
        "Two spaces before `-` below `1. Læg dig ned`; four spaces before `Kramper`",
        "Indent an item as far as the text of the item above, and other text not at all.",
        aliases=("list-indent", "text-indented"),
    )
    def _item(self, line: SourceLine, match: re.Match[str], indent: int) -> None:
        number = int(match["number"]) if match["number"] else None
        while self.open and self.open[-1].column > indent:
            closed = self.open.pop()
            if self.open and indent < self.open[-1].column + 2 and indent > self.open[-1].column:
                self.open[-1].column = min(self.open[-1].column, closed.column)
        parent = self.open[-1] if self.open and indent >= self.open[-1].column + 2 else None
        sibling = self.open[-1] if self.open and parent is None else None
        column, mark, count, is_lazy = indent, match["mark"], 1, True
        if parent is not None:
            target = parent.content
        elif sibling is not None:
            target, column, count = sibling.written, sibling.column, sibling.items + 1
            mark = self._continued(line, match["mark"], number, match["delimiter"] or "", sibling)
            is_lazy = sibling.delimiter != mark[-1] or (sibling.is_lazy and sibling.number == number)
            self.open.pop()
        else:
            target = 4 if self.note_indent and indent >= 4 else 0
            if self.in_text and not self.note_indent:
                self.record.add(
                    "blank-line-missing", line.number, "the list began right below a line of text, set apart"
                )
                self.written.append(blank_after(line))
        text = match["text"]
        if indent >= 4 and parent is None and sibling is None and not target:
            self.record.add("indentation", line.number, "indented by four or more, which is no list of its own")
        elif target != indent and target > indent:
            self.record.add("indentation", line.number, "indented too little for the list that it belongs to")
        # Five spaces behind a marker would make its text code.
        gap = match["gap"].expandtabs(4) if match["gap"] else ""
        if len(gap) > 4:
            gap = " "
        written = " " * target + mark + gap + text
        self.written.append(with_text(line, written) if written != line.text else line)
        self.open.append(
            _Item(
                column,
                target,
                target + len(mark) + max(1, len(gap)),
                mark,
                number,
                mark[-1] if number is not None else "",
                match["delimiter"] or "",
                is_lazy,
                items=count,
            )
        )
        self.is_apart, self.in_text = False, bool(text)

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
            is_glued = number is None and before.number is None and not self.is_apart
            return before.mark if is_glued else mark
        if number == before.number + 1:
            if delimiter != before.typed:
                self.record.add("list-numbering", line.number, f"{mark!r} goes on in the list above it")
            return f"{number}{before.delimiter}"
        # Another sign behind the number begins a new list.
        if delimiter != before.delimiter or (number == before.number and before.is_lazy):
            return mark
        self.record.add("list-numbering", line.number, f"{mark!r} behind {before.mark!r} keeps its number")
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
            if indent >= 4 and not self.note_indent:
                if self.is_apart:
                    self.record.add("indentation", line.number, "indented text is text, not code")
                self._write(line, 0, bare)
            elif indent >= 4:
                self._write(line, 4, bare)
            else:
                self.written.append(line)
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
        above = self.written[-1].text.rstrip()
        begins_anew = (
            indent == 0
            and item.items > 1
            and item.lines == 1
            and above.endswith((".", "!", "?", ":"))
            and bare[:1].isupper()
        )
        if begins_anew:
            self.record.add("list-ended", line.number, "a line right below a list begins a paragraph of its own")
            self.open.clear()
            self.written.append(blank_after(line))
            self.written.append(line)
            return
        item.lines += 1
        self._write(line, item.content if indent else 0, bare)

    def _write(self, line: SourceLine, column: int, bare: str) -> None:
        text = " " * column + bare
        self.written.append(with_text(line, text) if text != line.text else line)


def _column(text: str) -> int:
    bare = text.lstrip(" \t")
    return len(text[: len(text) - len(bare)].expandtabs(4))
