"""Line repairs of fenced divs (`::: {.tip}`) and alerts (`> [!TIP]`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.reading.callouts import CALLOUT_KINDS, MEDIA_NAMES, callout_key
from pipeline.reading.lines import DIV, FENCE, HEADING, RULE, FindingCollector, Lines, SourceLine, code_flags
from pipeline.registry import repair_rule, warning_rule

# Within a list item, a box may open on the line of the item's own mark.
_FENCE = re.compile(r"^(?P<lead>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*):{3,}[ \t]*(?P<rest>.*?)[ \t]*$")
_UNENDED = re.compile(r"^\{[ \t]*[.#][^{}]*$")
_ALERT_LINE = re.compile(r"^ {0,3}>[ \t]*\[![^\[\]\n]{1,40}\][+-]?.*$")
_OPENING = re.compile(r"^(?:\{[^{}]*\}|[\w-]+)(?:[ \t]*:+)?$")
_TITLED = re.compile(r"^(?P<kind>[\w-]+)(?:\[(?P<bracketed>[^\]]*)\]|[ \t]+(?P<title>[^{}]+?))[ \t]*$")


def repair_divs(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines with every fenced div opened and closed once, with as many colons, and apart from text.

    pandoc closes a div only with as many colons as opened it, and takes all the rest of the article into it otherwise.

    Raises:
        NestingError: They nest too deeply.
    """
    if not any(":::" in line.text for line in lines):
        return lines
    repairer = _DivRepairer(findings)
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        match = None if is_code else _FENCE.match(line.text)
        if match is None:
            if repairer.opened and not is_code and HEADING.match(line.text) and not _closes_later(lines, line):
                repairer.close_all(line)
            repairer.repaired.append(line)
        elif match["rest"]:
            repairer.open(line, match["rest"])
        else:
            repairer.close(line)
    repairer.close_all(lines[-1])
    return tuple(repairer.repaired)


def _closes_later(lines: Lines, here: SourceLine) -> bool:
    """Return whether a closing fence comes before the next opening one."""
    below = (_FENCE.match(line.text) for line in lines if line.number > here.number)
    return next((not match["rest"] for match in below if match), False)


def repair_alerts(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Yield the lines with the text right below the first line of an alert as part of it.

    Markdown would end the box there, empty, and print a warning as any other paragraph.
    """
    is_open = False
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        ends = is_code or line.is_blank or any(kind.match(line.text) for kind in (HEADING, RULE, DIV, FENCE))
        if is_open and not ends and not line.text.lstrip().startswith(">"):
            findings.add("div-shape", line.number, "a line right below the first line of a box belongs to the box")
            yield line.with_text(f"> {line.text}")
        else:
            is_open = not is_code and bool(_ALERT_LINE.match(line.text))
            yield line


@dataclass(slots=True)
class _DivRepairer:
    """The repaired lines, and the opening lines of the divs that are open at the last of them."""

    findings: FindingCollector
    repaired: list[SourceLine] = field(default_factory=list)
    opened: list[SourceLine] = field(default_factory=list)

    @repair_rule(
        "div-shape",
        "A box opened, closed or continued in a way that Markdown does not know.",
        "`:::tip Husk vand`, or a second `:::`; `> [!ADVARSEL]`, and below it `Stop straks.`",
        "Write `::: {.tip}`, and its title as a line in bold; or begin every line of the box with `>`.",
        aliases=("callout-lazy",),
    )
    def open(self, line: SourceLine, rest: str) -> None:
        """Add an opening line; `rest` is its text behind the colons."""
        lead = _lead(line)
        if self.repaired and not self.repaired[-1].is_blank and not lead.strip():
            self.repaired.append(line.with_text(""))
        if _UNENDED.match(rest):
            self.findings.add("div-shape", line.number, f"{line.text.strip()!r} had no closing brace")
            rest = rest.rstrip() + "}"
        rest = _kind_in_one_word(rest)
        titled = _TITLED.match(rest)
        is_plain = bool(_OPENING.match(rest))
        if is_plain or titled:
            self.opened.append(line)
            # pandoc takes minutes over what is refused afterwards anyway.
            self.findings.check_nesting(len(self.opened), "boxes", line.number)
        if titled is None or is_plain:
            self.repaired.append(line.with_text(f"{lead}::: {rest.rstrip(': ')}"))
            return
        title = (titled["bracketed"] or titled["title"] or "").strip()
        opening = f"::: {{.{titled['kind']}}}"
        self.findings.add("div-shape", line.number, f"{line.text.strip()!r} is read as `{opening}` with a title")
        rows = (lead + opening, "", f"{_indent(line)}**{title}**", "") if title else (lead + opening,)
        self.repaired += [line.with_text(row) for row in rows]

    def close(self, line: SourceLine) -> None:
        """Add a closing line; the divs inside the one that it closes end before it."""
        if not self.opened:
            self.findings.add("div-shape", line.number, "`:::` that closes nothing, removed")
            self.repaired.append(line.with_text(""))
            return
        while len(self.opened) > 1 and _colons(self.opened[-1]) != _colons(line) in map(_colons, self.opened):
            self._close_innermost(line)
        self.opened.pop()
        self.repaired.append(line.with_text(f"{_indent(line)}:::"))

    def close_all(self, line: SourceLine) -> None:
        while self.opened:
            self._close_innermost(line)

    @warning_rule(
        "div-unclosed",
        "A box that is never closed; it ends before the next heading or at the end.",
        "`::: {.tip}` without `:::`",
        "Close it with `:::` on a line of its own.",
    )
    def _close_innermost(self, line: SourceLine) -> None:
        opening = self.opened.pop()
        message = f"{opening.text.strip()!r} is never closed; it ends before line {line.number}"
        self.findings.add("div-unclosed", opening.number, message)
        self.repaired += [line.with_text(f"{_indent(opening)}:::"), line.with_text("")]


def _kind_in_one_word(rest: str) -> str:
    """Return the opening of a box with its kind in one word: `søg læge` is `søg-læge`."""
    parts = rest.rstrip(": ").split()
    for count in range(min(len(parts), _MAX_KIND_WORDS), 1, -1):
        name = callout_key(" ".join(parts[:count]))
        if name in CALLOUT_KINDS or name in MEDIA_NAMES:
            return " ".join((name, *parts[count:]))
    return rest


_MAX_KIND_WORDS = 3  # Words in the longest name of a kind


def _lead(line: SourceLine) -> str:
    """Return what stands before a box: the indentation of its list item, or the item's mark."""
    match = _FENCE.match(line.text)
    return match["lead"] if match else ""


def _indent(line: SourceLine) -> str:
    return " " * len(_lead(line).expandtabs(4))


def _colons(line: SourceLine) -> int:
    bare = line.text.removeprefix(_lead(line))
    return len(bare) - len(bare.lstrip(":"))
