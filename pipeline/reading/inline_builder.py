"""Builds the model's inlines from pandoc's inlines, with merged text and without unknown attributes."""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeAlias

from pipeline.model import (
    Block,
    Code,
    Emph,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    Picture,
    SoftBreak,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
    Subscript,
    Superscript,
    text,
)
from pipeline.reading.lines import FindingCollector, Lines, NestingError
from pipeline.reading.source_text import DecodedText, is_clean
from pipeline.registry import warning_rule

PandocNode: TypeAlias = dict[str, Any]  # An element of pandoc's JSON: `t` its kind, `c` its content

MAX_INLINES = 100  # How deep inlines may nest
_POSITION = re.compile(r"(\d+):\d+-")
_INLINE_TAG = re.compile(r"<(?P<slash>/?)(?P<name>sub|sup|abbr|br)\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_TITLE_ATTRIBUTE = re.compile(r"\btitle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_BLANKS = (" ", "\t", "\n", "\r")
_REFERENCE = re.compile(r"&#?\w+;")
_GAP_TYPES = (Space, SoftBreak, LineBreak)


class TargetResolver(Protocol):
    """Finds what an article points at, and reports what it cannot find."""

    def picture(self, target: str, line: int) -> Picture | None:
        """Return the picture; None where it is to be left out."""

    def link(self, target: str, line: int) -> str:
        """Return the address; empty where only the words of the link are to stay."""

    def title(self, target: str) -> str:
        """Return the title of the article that a link without words leads to; empty where none is known."""


@dataclass(slots=True)
class BuilderState:
    """Where the builder is: what it reads, and on which line of the source."""

    lines: Lines
    findings: FindingCollector
    resolver: TargetResolver
    line: int = 0
    is_in_link: bool = False
    decoded: DecodedText = field(default_factory=DecodedText)

    def clean(self, decoded: str) -> str:
        """Return text that a character reference may have brought into, without what no format can show."""
        if is_clean(decoded):
            return decoded
        at = bisect_left(self.lines, self.line, key=lambda entry: entry.number)
        below = (entry.number for entry in islice(self.lines, at, None) if _REFERENCE.search(entry.text))
        return self.decoded.clean(decoded, next(below, self.line))

    def move(self, attributes: list[Any]) -> None:
        """Take the line from pandoc's source position, where an element has one."""
        for name, value in attributes[2]:
            if name == "data-pos":
                # A table names its body before its head: the first line is the smallest.
                self.set_line(min(map(int, _POSITION.findall(value)), default=0))

    def set_line(self, start: int) -> None:
        """Set the line from a line number, from 1, of the text that pandoc was given."""
        if 0 < start <= len(self.lines):
            self.line = self.lines[start - 1].number


@dataclass(slots=True)
class _OpenTag:
    name: str
    title: str
    content: list[Inline] = field(default_factory=list)


class InlineBuilder:
    def __init__(self, state: BuilderState, blocks: Callable[[list[PandocNode], int], tuple[Block, ...]]) -> None:
        """Begin.

        Args:
            blocks: Builds the blocks of a footnote.
        """
        self.state = state
        self.blocks = blocks
        self._notes: dict[str, Note] = {}

    def line(self, nodes: list[PandocNode], depth: int = 0) -> tuple[Inline, ...]:
        """Return a whole run of inlines, with no space or break at its ends."""
        return tuple(_trimmed(self.inlines(nodes, depth)))

    def inlines(self, nodes: list[PandocNode], depth: int) -> list[Inline]:
        """Return inlines, merged.

        Raises:
            NestingError: They nest too deeply.
        """
        if depth > MAX_INLINES:
            raise NestingError(f"marks nested more than {MAX_INLINES} deep", line=self.state.line)
        content: list[Inline] = []
        opened: list[_OpenTag] = []
        for node in _unwrapped(nodes):
            if node["t"] == "RawInline":
                self._tag(node["c"][1], opened, content)
            else:
                for inline in self._inline(node, depth):
                    _append_merged(opened[-1].content if opened else content, inline)
        while opened:
            self._shut(opened, content)
        return self._cleaned(content)

    def _cleaned(self, content: list[Inline]) -> list[Inline]:
        """Return merged inlines with clean text: what a joiner or an accent stands beside decides whether it stays."""
        if all(is_clean(inline.text) and " " not in inline.text for inline in content if isinstance(inline, Str)):
            return content
        cleaned: list[Inline] = []
        for inline in content:
            if isinstance(inline, Str):
                for part in re.split(r"([ \t\n\r]+)", self.state.clean(inline.text)):
                    _append_merged(cleaned, Space() if part[:1] in _BLANKS else Str(part))
            else:
                _append_merged(cleaned, inline)
        return cleaned

    def picture(self, node: PandocNode) -> Image | None:
        """Return an image, or None where it is to be left out."""
        attributes, inside, (target, _) = node["c"]
        before = self.state.line
        self.state.move(attributes)
        alt = written_alt(attributes) or text(tuple(self.inlines(inside, 0)))
        picture = self.state.resolver.picture(self.state.clean(target), self.state.line)
        image = Image(picture, alt, self.state.line) if picture else None
        self.state.line = before
        return image

    def _inline(self, node: PandocNode, depth: int) -> list[Inline]:
        kind, content = node["t"], node.get("c", [])
        if kind in _SIMPLE:
            return [_SIMPLE[kind]]
        if kind in _WRAPPERS:
            return _spaced(self.inlines(content, depth + 1), _WRAPPERS[kind])
        match kind:
            case "Str":
                return [Str(content)]
            case "Span":
                return self._span(content, depth)
            case "Link":
                return self._link(content, depth)
            case "Image":
                return [image] if (image := self.picture(node)) else []
            case "Note":
                return [self._note(content, depth)]
            case "Code":
                return [Code(content[1])]
            case "Math":
                return text_to_inlines(content[1])
            case _:
                return self.inlines(content[1] if kind in {"Quoted", "Cite"} else content, depth + 1)

    def _note(self, nodes: list[PandocNode], depth: int) -> Note:
        """Return a footnote; referred to again it is the same one, whose text is printed once.

        pandoc sets its text anew at every reference, without saying that it is the same.
        """
        written = json.dumps(nodes)
        if written not in self._notes:
            line = self.state.line
            self._notes[written] = Note(self.blocks(nodes, depth), line)
            self.state.line = line
        return self._notes[written]

    def _span(self, content: list[Any], depth: int) -> list[Inline]:
        (_, classes, pairs), nodes = content
        for name in classes:
            message = f"words of the class {name!r}, which means nothing within a line"
            self.state.findings.add("div-unknown", self.state.line, message)
        inside = self.inlines(nodes, depth + 1)
        language = self.state.clean(next((value for name, value in pairs if name == "lang"), ""))
        return _spaced(inside, lambda within: Span(within, language=language)) if language else inside

    @warning_rule(
        "link-empty",
        "A link without text; it is left out.",
        "`[](https://klinik.example)`",
        "Write its text between the brackets, or remove it.",
    )
    def _link(self, link: list[Any], depth: int) -> list[Inline]:
        attributes, inside, (target, _) = link
        # Markdown allows spaces between angle brackets, no address does.
        target = self.state.clean(target).replace(" ", "%20")
        before = self.state.line
        self.state.move(attributes)
        line = self.state.line
        if self.state.is_in_link:
            # pandoc makes a link of every bare address, also of `[www.x.dk](https://www.x.dk/page)`.
            self.state.line = before
            return self.inlines(inside, depth + 1)
        self.state.is_in_link = True
        content = self.inlines(inside, depth + 1)
        self.state.is_in_link = False
        if target == f"http://{text(tuple(content))}" and target.startswith("http://www."):
            # Of a bare `www.klinik.example` pandoc makes an insecure address that the author never wrote.
            target = target.removeprefix("http://")
        address = target if target.startswith("#") else self.state.resolver.link(target, line)
        if not content and (title := self.state.resolver.title(target)):
            content = text_to_inlines(title)
        if not text(tuple(content)).strip() and not any(isinstance(inline, Image) for inline in content):
            self.state.findings.add("link-empty", line, f"a link without text to {target[:60]!r}, left out")
            content = []
        self.state.line = before
        return _spaced(content, lambda within: Link(within, address, line)) if address else content

    def _tag(self, raw: str, opened: list[_OpenTag], content: list[Inline]) -> None:
        tag = _INLINE_TAG.fullmatch(raw)
        if tag is None:
            self.state.findings.add("html-removed", self.state.line, f"{raw[:60]!r}")
            return
        name = tag["name"].lower()
        if name == "br":
            _append_merged(opened[-1].content if opened else content, LineBreak())
        elif not tag["slash"]:
            title = _TITLE_ATTRIBUTE.search(tag["attributes"])
            words = html.unescape(title[1] or title[2] or "") if title else ""
            opened.append(_OpenTag(name, self.state.clean(words)))
        elif any(item.name == name for item in opened):
            while opened[-1].name != name:
                self._shut(opened, content)
            self._shut(opened, content)

    def _shut(self, opened: list[_OpenTag], content: list[Inline]) -> None:
        """Close the innermost tag."""
        item = opened.pop()
        for inline in _spaced(self._cleaned(item.content), _WRAPPERS.get(item.name) or partial(Span, title=item.title)):
            _append_merged(opened[-1].content if opened else content, inline)


def written_alt(attributes: list[Any]) -> str:
    """Return the text alternative of a picture that its attributes give, as Quarto writes it: `{fig-alt="…"}`."""
    return next((value for name, value in attributes[2] if name in ("fig-alt", "alt")), "")


def _unwrapped(nodes: list[PandocNode]) -> Iterator[PandocNode]:
    """Yield nodes without the spans that only hold source positions, so that a tag and its end are in one list."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if node["t"] == "Span" and ["wrapper", "1"] in node["c"][0][2]:
            waiting.extend(reversed(node["c"][1]))
        else:
            yield node


_SIMPLE: dict[str, Inline] = {"Space": Space(), "SoftBreak": SoftBreak(), "LineBreak": LineBreak()}
_WRAPPERS: dict[str, Callable[[tuple[Inline, ...]], Inline]] = {
    "Emph": Emph,
    "Strong": Strong,
    "Strikeout": Strikeout,
    "Superscript": Superscript,
    "Subscript": Subscript,
    "sup": Superscript,
    "sub": Subscript,
}


def text_to_inlines(plain: str) -> list[Inline]:
    words = (word for word in re.split(r"[ \t\n]+", plain.strip()) if word)
    inlines: list[Inline] = [inline for word in words for inline in (Space(), Str(word))]
    return inlines[1:]


def _append_merged(content: list[Inline], inline: Inline) -> None:
    """Append an inline; text grows together, and of two gaps the stronger stays."""
    last = content[-1] if content else None
    if isinstance(inline, Str) and isinstance(last, Str):
        content[-1] = Str(last.text + inline.text)
    elif isinstance(inline, Space | SoftBreak) and isinstance(last, _GAP_TYPES):
        return
    elif isinstance(inline, LineBreak) and isinstance(last, Space | SoftBreak):
        content[-1] = inline
    elif inline != Str(""):
        content.append(inline)


def _spaced(content: list[Inline], wrap: Callable[[tuple[Inline, ...]], Inline]) -> list[Inline]:
    """Return content in its wrapper, with the gaps at its ends outside; nothing wrapped is nothing."""
    core = _trimmed(content)
    if not core:
        return content[:1]
    start = content.index(core[0])
    return [*content[:start], wrap(tuple(core)), *content[start + len(core) :]]


def _trimmed(content: list[Inline]) -> list[Inline]:
    start, end = 0, len(content)
    while start < end and isinstance(content[start], _GAP_TYPES):
        start += 1
    while end > start and isinstance(content[end - 1], _GAP_TYPES):
        end -= 1
    return content[start:end]
