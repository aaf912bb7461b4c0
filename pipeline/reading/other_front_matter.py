"""Front matter of other kinds than YAML: TOML (`+++`), JSON, and lines `Key: value` of Pelican and MultiMarkdown."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.reading.lines import FindingCollector
from pipeline.reading.source_text import clean_characters
from pipeline.reading.strict_yaml import MAX_CHARACTERS, MAX_DEPTH, YamlList, YamlMapping, YamlNode, YamlText

_TOML_FENCE = re.compile(r"\+{3,}[ \t]*")
_NAMED_FENCE = re.compile(r"-{3}[ \t]*(?P<kind>toml|json|yaml|yml)[ \t]*")
_END_FENCE = re.compile(r"-{3,}[ \t]*")
_HEADER = re.compile(r"(?P<key>[^\W\d_][\w -]{0,40}?)[ \t]*:(?:[ \t]+(?P<value>.*))?")
_JSON_KEY = r'"{}"\s*:'
_TOML_KEY = r"""^\s*(?:\[+\s*)?(?:[\w"'-]+\s*\.\s*)*["']?{}["']?\s*(?:=|\.|\])"""
_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class OtherFrontMatter:
    """Front matter that is not YAML, and where the text below it begins."""

    table: YamlMapping | None
    """None: refused, with a finding."""
    body: str
    body_line: int


def read_other_kind(
    text: str, is_title: Callable[[str], bool], is_key: Callable[[str], bool], findings: FindingCollector
) -> OtherFrontMatter | None:
    """Return the front matter of a text that does not begin with `---`; None where it has none of these kinds.

    Args:
        is_title: Tells whether a name means the title, which lines `Key: value` must hold to be front matter.
        is_key: Tells whether a name is known at all.
    """
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if _TOML_FENCE.fullmatch(lines[first]):
        return _fenced(lines, first, _TOML_FENCE, "toml", findings)
    if (named := _NAMED_FENCE.fullmatch(lines[first])) and named["kind"] in _PARSERS:
        return _fenced(lines, first, _END_FENCE, named["kind"], findings)
    if lines[first].lstrip().startswith("{"):
        return _json_object(text, findings)
    return _header_lines(lines, first, is_title, is_key)


def _fenced(
    lines: list[str], first: int, fence: re.Pattern[str], kind: str, findings: FindingCollector
) -> OtherFrontMatter:
    end = next((at for at in range(first + 1, len(lines)) if fence.fullmatch(lines[at])), None)
    if end is None:
        mark = lines[first].strip()
        message = f"the front matter that begins here has no end, expected a line {mark} after its last key"
        findings.add("front-matter-misplaced", first + 1, message, f"add the line {mark} below the last key")
        return OtherFrontMatter(None, "", first + 1)
    block = "\n".join(lines[first + 1 : end])
    return OtherFrontMatter(_parsed(block, first + 2, kind, findings), "\n".join(lines[end + 1 :]), end + 2)


def _json_object(text: str, findings: FindingCollector) -> OtherFrontMatter | None:
    """Return a JSON object that a text begins with; braces that are no JSON are text."""
    start = text.index("{")
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    rest = text[end:]
    if not isinstance(value, dict) or not value or rest.partition("\n")[0].strip():
        return None
    line = text.count("\n", 0, start) + 1
    table = _parsed(text[start:end], line, "json", findings)
    return OtherFrontMatter(table, rest.partition("\n")[2], text.count("\n", 0, end) + 2)


def _header_lines(
    lines: list[str], first: int, is_title: Callable[[str], bool], is_key: Callable[[str], bool]
) -> OtherFrontMatter | None:
    """Return the lines `Key: value` at the top of a text, up to its first empty line."""
    entries: list[tuple[YamlText, YamlNode]] = []
    end = next((at for at in range(first, len(lines)) if not lines[at].strip()), len(lines))
    for at in range(first, end):
        header = _HEADER.fullmatch(lines[at].rstrip())
        if header:
            entries.append((YamlText(header["key"], at + 1), YamlText((header["value"] or "").strip(), at + 1)))
        elif entries and lines[at][:1] in " \t":  # a value that goes on
            key, value = entries[-1]
            joined = f"{value.value} {lines[at].strip()}" if isinstance(value, YamlText) else ""
            entries[-1] = key, YamlText(joined, value.line)
        else:
            return None
    names = [key.value for key, _ in entries]
    known = sum(map(is_key, names))
    if not any(map(is_title, names)) or known < (_LEAST_KEYS if known == len(names) else _LEAST_OF_MANY):
        return None
    return OtherFrontMatter(YamlMapping(tuple(entries), first + 1), "\n".join(lines[end:]), end + 1)


# Known names in lines `Key: value`, and where others stand beside them: a text may begin with lines that look so.
_LEAST_KEYS, _LEAST_OF_MANY = 2, 3


def _parsed(block: str, first: int, kind: str, findings: FindingCollector) -> YamlMapping | None:
    if len(block) > MAX_CHARACTERS:
        message = f"the front matter has {len(block):,} characters, expected at most {MAX_CHARACTERS:,}"
        findings.add("yaml-too-large", first, message)
        return None
    try:
        value = _PARSERS[kind](block)
        table = _Nodes(block.split("\n"), first, _TOML_KEY if kind == "toml" else _JSON_KEY).mapping(value, first, 0)
    except RecursionError:
        findings.add("yaml-too-large", first, f"the front matter is nested more than {MAX_DEPTH} deep")
    except ValueError as error:
        at = _LINE.search(str(error))
        line = first + int(at[1]) - 1 if at else first
        findings.add("yaml-broken", line, f"the front matter is not valid {kind.upper()}: {error}")
    else:
        return table
    return None


def _json(block: str) -> Mapping[str, object]:
    value = json.loads(block)
    if not isinstance(value, dict):
        raise ValueError("expected keys and values between braces")  # answered as any other fault
    return value


_PARSERS: Mapping[str, Callable[[str], Mapping[str, object]]] = MappingProxyType({"toml": tomllib.loads, "json": _json})


@dataclass(slots=True)
class _Nodes:
    """Makes nodes of parsed values; the line of a key is where its name stands next."""

    lines: list[str]
    first: int
    key_pattern: str
    at: int = 0

    def mapping(self, table: Mapping[str, object], line: int, depth: int) -> YamlMapping:
        entries = []
        for name, value in table.items():
            found = self._line_of(name) or line
            entries.append((YamlText(clean_characters(name), found), self._node(value, found, depth + 1)))
        return YamlMapping(tuple(entries), line)

    def _node(self, value: object, line: int, depth: int) -> YamlNode:
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, Mapping):
            return self.mapping(value, line, depth)
        if isinstance(value, list):
            return YamlList(tuple(self._node(item, line, depth + 1) for item in value), line)
        if value is None:
            return YamlText("", line)
        return YamlText(clean_characters(str(value).lower() if isinstance(value, bool) else str(value)), line)

    def _line_of(self, name: str) -> int:
        pattern = re.compile(self.key_pattern.format(re.escape(name)))
        rows = (*range(self.at, len(self.lines)), *range(self.at))
        row: int | None = next((row for row in rows if pattern.search(self.lines[row])), None)
        if row is None:
            return 0
        self.at = row
        return self.first + row
