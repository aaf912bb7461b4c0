"""Line repairs of footnotes and link definitions: undefined, unused, circular or too deep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set

from pipeline.reading.lines import (
    CODE_SPAN,
    FindingCollector,
    Lines,
    NestingError,
    SourceLine,
    TooLargeError,
    code_flags,
)
from pipeline.registry import repair_rule, warning_rule

# A quotation or a list item may hold the definition.
_CONTAINER_PREFIX = r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*"
_DEFINITION = re.compile(rf"^(?P<before>{_CONTAINER_PREFIX})\[\^(?P<label>[^\]\s]+)\]:[ \t]*(?P<text>.*)$")
_REFERENCE = re.compile(
    rf"{CODE_SPAN}|^{_CONTAINER_PREFIX}\[\^[^\]\s]+\]:|(?<!\\)\[\^(?P<label>[^\]\s]+)\]", re.MULTILINE
)
_LINK_DEFINITION = re.compile(
    r"^(?P<before> {0,3}(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]{1,3})*)\[(?P<label>[^\^\]\[][^\]\[]*)\]:[ \t]*"
    r"(?P<target>\S.*)$"
)


def repair_footnotes(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines with every footnote defined once, referred to, and free of circles.

    Raises:
        NestingError: Footnotes refer to footnotes in a long chain.
        TooLargeError: There are more than an article may have.
    """
    if any("[^" in line.text for line in lines):
        lines = _footnotes(lines, findings)
    if any("]:" in line.text for line in lines):
        lines = tuple(_link_definitions(lines, findings))
    return lines


@warning_rule(
    "note-unused",
    "A footnote that nothing refers to, or that is defined twice; its text is printed as a paragraph.",
    "`[^2]: …` without `[^2]` in the text",
    "Refer to it, or remove it.",
)
def _footnotes(lines: Lines, findings: FindingCollector) -> Lines:
    used: dict[str, set[str]] = {}
    for line, label, is_code in _with_owners(lines):
        if not is_code:
            used.setdefault(label, set()).update(_labels(line.text))
    reached = _reachable("", used)
    defined: dict[str, int] = {}
    kept: list[SourceLine] = []
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        match = None if is_code else _DEFINITION.match(line.text)
        label = match["label"].casefold() if match else ""
        if match is None:
            kept.append(line)
        elif label in reached and label not in defined:
            if len(defined) == findings.limits.notes:
                # pandoc takes minutes over what is refused afterwards anyway.
                raise TooLargeError(f"more than {findings.limits.notes:,} footnotes", line=line.number)
            defined[label] = line.number
            kept.append(line)
        else:
            what = "is defined twice" if label in defined else "is referred to nowhere"
            message = f"the footnote [^{match['label']}] {what}; its text is printed as a paragraph"
            findings.add("note-unused", line.number, message)
            if kept and not kept[-1].is_blank:
                kept.append(line.with_text(""))
            kept.append(line.with_text(match["before"] + match["text"]))
    circular = _check_depth(used, defined)
    loops = {label for label in circular if label and label in _reachable(label, used)}
    return tuple(
        line
        if is_code
        else _without_dead_references(line, defined.keys(), loops if label in loops else set(), findings)
        for line, label, is_code in _with_owners(tuple(kept))
    )


@warning_rule(
    "note-missing",
    "A reference to a footnote that is not defined; its mark is removed.",
    "`[^3]` without `[^3]: …`",
    "Write the footnote, or remove the mark.",
)
@warning_rule(
    "note-loop",
    "A footnote that refers to itself; that reference is removed.",
    "`[^1]: Se [^1]`",
    "Remove the reference.",
)
def _without_dead_references(
    line: SourceLine, defined: Set[str], loops: set[str], findings: FindingCollector
) -> SourceLine:
    """Return a line without marks of footnotes that are not there, or that lie in a circle with the line's own.

    Args:
        loops: The footnotes in a circle, where the line belongs to one of them.
    """

    def replacement(match: re.Match[str]) -> str:
        label = (match["label"] or "").casefold()
        if not label or (label in defined and label not in loops):
            return match[0]
        code, fault = ("note-loop", "refers to itself") if label in defined else ("note-missing", "is defined nowhere")
        findings.add(code, line.number, f"the footnote {match[0]} {fault}; its mark is removed")
        before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        return " " if before.isalnum() and after.isalnum() else ""  # without a space, two words would grow together

    return line.with_text(_REFERENCE.sub(replacement, line.text))


def _labels(text: str) -> set[str]:
    return {match["label"].casefold() for match in _REFERENCE.finditer(text) if match["label"]}


def _with_owners(lines: Lines) -> Iterator[tuple[SourceLine, str, bool]]:
    """Yield every line with the footnote that it belongs to, if any, and whether it is code."""
    label, is_apart = "", False
    for line, is_code in zip(lines, code_flags(lines), strict=True):
        if match := None if is_code else _DEFINITION.match(line.text):
            label = match["label"].casefold()
        elif is_apart and not line.is_blank and not line.text.startswith(("    ", "\t")):
            label = ""
        is_apart = line.is_blank
        yield line, label, is_code


def _reachable(start: str, used: Mapping[str, set[str]]) -> set[str]:
    """Return the footnotes that a footnote refers to, directly or through others; "" stands for the text."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = used.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def _check_depth(used: Mapping[str, set[str]], defined: Mapping[str, int]) -> set[str]:
    """Return the footnotes that lie in a circle, or lead into one.

    Raises:
        NestingError: Footnotes refer to footnotes in a chain that no reader would follow.
    """
    waiting = {label: len(inner & used.keys()) for label, inner in used.items()}
    users: dict[str, list[str]] = {}
    for label, inner in used.items():
        for deeper in inner & used.keys():
            users.setdefault(deeper, []).append(label)
    depth = {label: 1 for label, count in waiting.items() if not count}
    ready = list(depth)
    for label in ready:  # grows while it is walked
        for user in users.get(label, ()):
            depth[user] = max(depth.get(user, 1), depth[label] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    # The text itself is one level, under the empty label.
    deepest = max(ready, key=depth.__getitem__, default="")
    if depth.get(deepest, 0) > _MAX_NOTE_DEPTH + 1:
        outermost = max((label for label in ready if label in defined), key=depth.__getitem__, default="")
        message = f"footnotes within footnotes, more than {_MAX_NOTE_DEPTH} deep"
        raise NestingError(message, line=defined.get(outermost, 0))
    return used.keys() - set(ready)


# pandoc sets a footnote anew at every reference, so that its time and memory double with each level.
_MAX_NOTE_DEPTH = 8


@repair_rule(
    "link-definition-unused",
    "An address with a name that no link uses; it is printed as text.",
    "`[1]: https://klinik.example` that no `[1]` points at",
    "Write the address as text, or use it in a link.",
)
def _link_definitions(lines: Lines, findings: FindingCollector) -> Iterator[SourceLine]:
    """Keep the text of link definitions that no link uses: often they are a list of sources."""
    matches = [
        None if is_code else _LINK_DEFINITION.match(line.text)
        for line, is_code in zip(lines, code_flags(lines), strict=True)
    ]
    words = " ".join(line.text for line, match in zip(lines, matches, strict=True) if not match).casefold()
    for line, match in zip(lines, matches, strict=True):
        if match and f"[{match['label'].casefold()}]" not in words:
            message = f"no link uses [{match['label']}]; it is printed as text"
            findings.add("link-definition-unused", line.number, message)
            yield line.with_text(f"{match['before']}\\[{match['label']}\\]: {match['target']}")
        else:
            yield line
