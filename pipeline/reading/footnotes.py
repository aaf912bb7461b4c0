"""Line repairs of footnotes and link definitions: undefined, unused, circular or too deep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from pipeline.reading.lines import (
    CODE_SPAN,
    FindingCollector,
    Lines,
    NestingError,
    blank_after,
    code_flags,
    is_blank,
    with_text,
)
from pipeline.reading.size_limits import TooLargeError
from pipeline.reading.source_text import SourceLine
from pipeline.registry import repair_rule, warning_rule

# A quotation or a list item may hold the definition.
_CONTAINER_PREFIX = r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*"
_DEFINITION = re.compile(rf"^(?P<before>{_CONTAINER_PREFIX})\[\^(?P<label>[^\]\s]+)\]:[ \t]*(?P<text>.*)$")
_REFERENCE = re.compile(
    rf"{CODE_SPAN}|^{_CONTAINER_PREFIX}\[\^[^\]\s]+\]:|(?<!\\)\[\^(?P<label>[^\]\s]+)\]", re.MULTILINE
)
_LINK_DEFINITION = re.compile(r"^ {0,3}\[(?P<label>[^\^\]\[][^\]\[]*)\]:[ \t]*(?P<target>\S.*)$")


def repair_footnotes(lines: Lines, record: FindingCollector) -> Lines:
    """Return the lines with every footnote defined once, referred to, and free of circles.

    Raises:
        NestingError: Footnotes refer to footnotes in a long chain.
        TooLargeError: There are more than an article may have.
    """
    if any("[^" in line.text for line in lines):
        lines = _footnotes(lines, record)
    if any("]:" in line.text for line in lines):
        lines = _link_definitions(lines, record)
    return lines


@warning_rule(
    "note-unused",
    "A footnote that nothing refers to, or that is defined twice; its text is printed as a paragraph.",
    "`[^2]: …` without `[^2]` in the text",
    "Refer to it, or remove it.",
)
def _footnotes(lines: Lines, record: FindingCollector) -> Lines:
    flags = code_flags(lines)
    owner = _owning_labels(lines, flags)
    used: dict[str, set[str]] = {}
    for line, label, is_code in zip(lines, owner, flags, strict=True):
        if not is_code:
            used.setdefault(label, set()).update(_labels(line.text))
    reached = _referenced_labels(used)
    defined: dict[str, int] = {}
    kept: list[SourceLine] = []
    for source_line, is_code in zip(lines, flags, strict=True):
        line = source_line
        match = None if is_code else _DEFINITION.match(line.text)
        label = _label_key(match["label"]) if match else ""
        if match and (label in defined or label not in reached):
            what = "is defined twice" if label in defined else "is referred to nowhere"
            record.add(
                "note-unused",
                line.number,
                f"the footnote [^{match['label']}] {what}; its text is printed as a paragraph",
            )
            if kept and not is_blank(kept[-1]):
                kept.append(blank_after(line))
            line = with_text(line, match["before"] + match["text"])
        elif match:
            if len(defined) == record.limits.notes:
                # pandoc takes minutes over what is refused afterwards anyway.
                message = f"more than {record.limits.notes:,} footnotes"
                raise TooLargeError(message, source=record.source, line=line.number)
            defined[label] = line.number
        kept.append(line)
    circular = _check_depth(used, defined, record)
    loops = {label for label in circular if label and _leads_to(label, label, used)}
    flags = code_flags(tuple(kept))
    owner = _owning_labels(tuple(kept), flags)
    return tuple(
        line if is_code else _without_dead_references(line, defined.keys(), loops if label in loops else set(), record)
        for line, label, is_code in zip(kept, owner, flags, strict=True)
    )


@warning_rule(
    "note-missing",
    "A reference to a footnote that is not there; its mark is taken away.",
    "`[^3]` without `[^3]: …`",
    "Write the footnote, or remove the mark.",
)
@warning_rule(
    "note-loop",
    "A footnote that refers to itself; that reference is taken away.",
    "`[^1]: Se [^1]`",
    "Remove the reference.",
)
def _without_dead_references(
    line: SourceLine, defined: Set[str], loops: set[str], record: FindingCollector
) -> SourceLine:
    """Return a line without marks of footnotes that are not there, or that lie in a circle with the line's own.

    Args:
        loops: The footnotes in a circle, where the line belongs to one of them.
    """

    def judge(match: re.Match[str]) -> str:
        if not match["label"]:
            return match[0]
        label = _label_key(match["label"])
        if label not in defined:
            record.add(
                "note-missing", line.number, f"the footnote {match[0]} is defined nowhere; its mark is taken away"
            )
            return _reference_replacement(match)
        if label in loops:
            record.add("note-loop", line.number, f"the footnote {match[0]} refers to itself; its mark is taken away")
            return _reference_replacement(match)
        return match[0]

    text = _REFERENCE.sub(judge, line.text)
    return with_text(line, text) if text != line.text else line


def _reference_replacement(match: re.Match[str]) -> str:
    """Return what a mark leaves behind: nothing, but a space where two words would grow together."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return " " if before.isalnum() and after.isalnum() else ""


def _label_key(label: str) -> str:
    return label.casefold()


def _labels(text: str) -> set[str]:
    return {_label_key(match["label"]) for match in _REFERENCE.finditer(text) if match["label"]}


def _owning_labels(lines: Lines, flags: list[bool]) -> list[str]:
    """Return for every line the footnote that it belongs to, or nothing."""
    owners: list[str] = []
    label, is_apart = "", False
    for line, is_code in zip(lines, flags, strict=True):
        match = None if is_code else _DEFINITION.match(line.text)
        if match:
            label = _label_key(match["label"])
        elif is_blank(line):
            is_apart = True
            owners.append(label)
            continue
        elif is_apart and not line.text.startswith(("    ", "\t")):
            label = ""
        owners.append(label)
        is_apart = False
    return owners


def _referenced_labels(used: dict[str, set[str]]) -> set[str]:
    """Return the footnotes that the text refers to, straight or through another footnote."""
    reached: set[str] = set()
    waiting = list(used.get("", ()))
    while waiting:
        label = waiting.pop()
        if label not in reached:
            reached.add(label)
            waiting.extend(used.get(label, ()))
    return reached


def _check_depth(used: dict[str, set[str]], defined: Mapping[str, int], record: FindingCollector) -> set[str]:
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
        raise NestingError(message, source=record.source, line=defined.get(outermost, 0))
    return used.keys() - set(ready)


_MAX_NOTE_DEPTH = 8
"""pandoc sets a footnote anew at every reference, so that its time and memory double with each level."""


def _leads_to(label: str, goal: str, used: dict[str, set[str]]) -> bool:
    """Return whether the references of a footnote come back to a footnote."""
    seen: set[str] = set()
    waiting = list(used.get(label, ()))
    while waiting:
        now = waiting.pop()
        if now == goal:
            return True
        if now not in seen:
            seen.add(now)
            waiting.extend(used.get(now, ()))
    return False


@repair_rule(
    "link-definition-unused",
    "An address with a name that no link uses; it is printed as text.",
    "`[1]: https://klinik.example` that no `[1]` points at",
    "Write the address as text, or use it in a link.",
)
def _link_definitions(lines: Lines, record: FindingCollector) -> Lines:
    """Keep the text of link definitions that no link uses: often they are a list of sources."""
    flags = code_flags(lines)
    definitions = [
        None if is_code else _LINK_DEFINITION.match(line.text) for line, is_code in zip(lines, flags, strict=True)
    ]
    if not any(definitions):
        return lines
    words = " ".join(line.text for line, match in zip(lines, definitions, strict=True) if not match).casefold()
    kept: list[SourceLine] = []
    for line, match in zip(lines, definitions, strict=True):
        if match and f"[{match['label'].casefold()}]" not in words:
            record.add(
                "link-definition-unused", line.number, f"no link uses [{match['label']}]; it is printed as it stands"
            )
            kept.append(with_text(line, f"\\[{match['label']}\\]: {match['target']}"))
        else:
            kept.append(line)
    return tuple(kept)
