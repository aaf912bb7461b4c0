"""Strict YAML parser: mappings, lists and strings with line numbers; no types, tags, anchors or aliases.

`lang: no` stays "no" and `10:30` stays "10:30". Tags, anchors and aliases are refused, so no value can run code or
grow; repeated keys are refused, since YAML silently drops the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pipeline.reading.lines import FindingCollector
from pipeline.reading.source_text import clean_characters
from pipeline.registry import error_rule

if TYPE_CHECKING:
    from yaml import CollectionStartEvent, Event, MarkedYAMLError, ScalarEvent

MAX_CHARACTERS = 64_000
MAX_DEPTH = 16
MAX_KEYS = 500  # In one mapping
_QUOTES = "put a value that begins with *, & or ! between quotation marks"


@dataclass(frozen=True, slots=True)
class YamlText:
    """A value of its own; empty where none is written."""

    value: str
    line: int
    comment: str = ""  # What follows it on its line as a YAML comment, where the value has no quotation marks


@dataclass(frozen=True, slots=True)
class YamlList:
    items: tuple[YamlNode, ...]
    line: int


@dataclass(frozen=True, slots=True)
class YamlMapping:
    entries: tuple[tuple[YamlText, YamlNode], ...]  # Key and value, in the order of the source
    line: int


YamlNode: TypeAlias = YamlText | YamlList | YamlMapping


@error_rule(
    "yaml-broken",
    "The front matter is not valid YAML, or not a list of keys and values.",
    "`title: Søvn: sådan` without quotation marks",
    "Put values with a colon, a `#` or a leading mark between quotation marks.",
)
@error_rule(
    "yaml-too-large",
    "The front matter is larger or deeper than any article needs.",
    "100,000 keys",
    "Move text into the body of the article.",
)
def parse_yaml(block: str, first: int, findings: FindingCollector) -> YamlMapping | None:
    """Return the mapping that a block of YAML holds; None, with a finding for every fault in it, where it is refused.

    Args:
        block: The text between the fences.
        first: The line of the source file on which the block begins.
    """
    import frontmatter
    import yaml

    if len(block) > MAX_CHARACTERS:
        message = f"the front matter has {len(block):,} characters, expected at most {MAX_CHARACTERS:,}"
        findings.add("yaml-too-large", first, message)
        return None
    builder = _NodeBuilder(block, first, findings)

    class Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]  # C where PyYAML has it
        """Hands the events to the builder, so that nothing is resolved or constructed."""

        def get_single_data(self) -> YamlNode | None:
            while self.check_event() and not builder.is_stopped:
                builder.take(self.get_event())
            return builder.root

    try:
        root = frontmatter.YAMLHandler().load(block, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        _report_error(error, first, findings)
        return None
    if builder.has_faults:
        return None
    if root is None or root == YamlText("", root.line):
        return YamlMapping((), first)
    if not isinstance(root, YamlMapping):
        kind = "a list" if isinstance(root, YamlList) else f"the text {describe_node(root)}"
        message = f"the front matter is {kind}, expected keys and values"
        findings.add("yaml-broken", root.line, message, "write lines such as `title: Søvn og smerter`")
        return None
    return root


def describe_node(node: YamlNode) -> str:
    if isinstance(node, YamlText):
        return repr(shorten_value(node.value))
    return "a list" if isinstance(node, YamlList) else "a mapping"


def shorten_value(value: str, most: int = 60) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"


@dataclass(slots=True)
class _OpenNode:
    """A mapping or list that is being read."""

    line: int
    is_table: bool
    children: list[YamlNode] = field(default_factory=list)  # Of a mapping: keys and values in turn
    seen: dict[str, int] = field(default_factory=dict)  # The line of each key

    def finished(self) -> YamlNode:
        if not self.is_table:
            return YamlList(tuple(self.children), self.line)
        keys = (key for key in self.children[::2] if isinstance(key, YamlText))
        return YamlMapping(tuple(zip(keys, self.children[1::2], strict=True)), self.line)


class _NodeBuilder:
    """Makes nodes of YAML events; reports faults instead of raising them, so that all are found at once."""

    def __init__(self, block: str, first: int, findings: FindingCollector) -> None:
        self.first = first
        self.lines = block.split("\n")
        self.findings = findings
        self.root: YamlNode | None = None
        self.has_faults = False
        self.is_stopped = False
        self._open: list[_OpenNode] = []
        self._documents = 0

    def take(self, event: Event) -> None:
        from yaml import events

        line = self.first + (event.start_mark.line if event.start_mark else 0)
        match event:
            case events.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1 or event.version or event.tags:
                    self._stop("yaml-refused", line, "the front matter holds directives or a second document")
            case events.AliasEvent():
                self._fault("yaml-refused", line, f"*{event.anchor} is an alias for another value", _QUOTES)
                self._add(YamlText("", line))
            case events.ScalarEvent():
                self._check(event, line)
                self._add(self._text(event, line))
            case events.SequenceStartEvent() | events.MappingStartEvent():
                self._check(event, line)
                if len(self._open) == MAX_DEPTH:
                    self._stop("yaml-too-large", line, f"the front matter is nested more than {MAX_DEPTH} deep")
                self._open.append(_OpenNode(line, is_table=isinstance(event, events.MappingStartEvent)))
            case events.SequenceEndEvent() | events.MappingEndEvent():
                self._add(self._open.pop().finished())

    def _text(self, event: ScalarEvent, line: int) -> YamlText:
        value, comment = event.value, ""
        if not event.style and event.end_mark:
            rest = self.lines[event.end_mark.line][event.end_mark.column :]
            comment = rest.strip() if re.match(r"\s+#", rest) else ""
            # What an export writes for a field that no one has filled in.
            value = "" if value in ("null", "~") else value
        # Escapes such as "\u202e" bring in characters that `clean_characters` removed.
        return YamlText(clean_characters(value).strip(), line, comment)

    @error_rule(
        "yaml-refused",
        "The front matter uses a part of YAML that can hide or multiply content.",
        "`&anchor`, `*alias`, `!!python/object`",
        "Write the value itself.",
    )
    def _check(self, event: ScalarEvent | CollectionStartEvent, line: int) -> None:
        if event.anchor:
            self._fault("yaml-refused", line, f"&{event.anchor} makes a value an anchor", _QUOTES)
        if event.tag:
            self._fault("yaml-refused", line, f"the tag {shorten_value(event.tag)} gives a value a type", _QUOTES)

    def _add(self, node: YamlNode) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.is_table and len(parent.children) % 2 == 0:
            self._key(parent, node)
        else:
            parent.children.append(node)

    @error_rule("key-twice", "A key is repeated; YAML would drop the first.", "Two lines `title:`", "Keep one.")
    def _key(self, parent: _OpenNode, node: YamlNode) -> None:
        if not isinstance(node, YamlText):
            self._fault("yaml-broken", node.line, "a key is a list or a mapping, expected text")
            node = YamlText("", node.line)
        elif node.value in parent.seen:
            message = f"the key {shorten_value(node.value)!r} is repeated, first on line {parent.seen[node.value]}"
            self._fault("key-twice", node.line, message)
        parent.seen.setdefault(node.value, node.line)
        if len(parent.seen) > MAX_KEYS:
            self._stop("yaml-too-large", node.line, f"a mapping of the front matter has more than {MAX_KEYS} keys")
        parent.children.append(node)

    def _fault(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.findings.add(code, line, message, hint)
        self.has_faults = True

    def _stop(self, code: str, line: int, message: str) -> None:
        self._fault(code, line, message)
        self.is_stopped = True


# What libyaml says, and what it means to an author.
_EXPLANATIONS: Mapping[str, tuple[str, str]] = {
    "mapping values are not allowed": (
        "a colon where none is allowed",
        "put a value that holds a colon between quotation marks: title: 'Søvn: sådan gør du'",
    ),
    "found a tab character": ("a tab, expected spaces", "indent with spaces"),
    "found character that cannot start any token": (
        "a value that begins with a mark of YAML (@, `, % or a tab)",
        "put the value between quotation marks",
    ),
    "found character '\\t'": ("a tab, expected spaces", "indent with spaces"),
    "did not find expected <document start>": ("text after the end mark `...`", "remove the line `...`"),
    "found unexpected end of stream": (
        "a quotation mark that is never closed",
        "close it, or double it within the value",
    ),
    "could not find expected ':'": ("a line without a colon, expected `key: value`", "indent a value that goes on"),
    "did not find expected key": (
        "a line that fits neither the value above nor a new key",
        "check the indent, and quotation marks within quotation marks",
    ),
    "did not find expected '-' indicator": ("a line that is no item of the list above", "begin it with `- `"),
    "did not find expected ',' or": ("a bracket that is never closed", "put the value between quotation marks"),
    "found unknown escape character": (r"a backslash within '\"…\"'", "use single quotation marks"),
    "did not find expected alphabetic or numeric character": (
        "a value that begins with * or &",
        "put the value between quotation marks",
    ),
}  # fmt: skip
_UNCLOSED = ("found unexpected end of stream", "did not find expected ',' or")


def _report_error(error: MarkedYAMLError, first: int, findings: FindingCollector) -> None:
    problem = error.problem or error.context or ""
    # What is never closed is found at the end, but is to be corrected where it begins.
    mark = error.context_mark if problem.startswith(_UNCLOSED) else error.problem_mark
    line = first + mark.line if mark else first
    if "nesting depth" in problem:  # PyYAML from 6.0.4 has a limit of its own, which it may reach first
        findings.add("yaml-too-large", line, f"the front matter is nested more than {MAX_DEPTH} deep")
        return
    known = (explanation for begin, explanation in _EXPLANATIONS.items() if problem.startswith(begin))
    found, hint = next(known, (problem, ""))
    findings.add("yaml-broken", line, f"the front matter is not valid YAML: {found}", hint)
