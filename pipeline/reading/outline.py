"""Outline of an article: heading levels 2 to 4 without gaps, unique ids, references last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any
from urllib.parse import unquote

from pipeline.model import (
    Block,
    Div,
    Figure,
    Header,
    HorizontalRule,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    Para,
    References,
    SoftBreak,
    Space,
    Strong,
    text,
    walk,
)
from pipeline.reading import references
from pipeline.reading.article_checks import find_leftover_markup, find_screen_phrases
from pipeline.reading.callouts import bold_only
from pipeline.reading.headings import MAX_HEADING_LENGTH
from pipeline.reading.lines import FindingCollector
from pipeline.reading.titles import includes_title
from pipeline.registry import repair_rule, warning_rule

TOP_LEVEL, DEEPEST_LEVEL = 2, 4
# Ids that renderers give to footnotes and references.
_RESERVED_IDS = re.compile(rf"note(?:ref)?-\d+|{references.REFERENCES_ID}")
_TRANSLITERATIONS = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "ß": "ss", "œ": "oe", "đ": "d", "ł": "l", "þ": "th", "ð": "d"}
)


@dataclass(frozen=True, slots=True)
class OutlinedBlocks:
    blocks: tuple[Block, ...]
    h1: str  # The one heading of level 1 at the top, removed from the blocks; empty where there is none


def build_outline(blocks: tuple[Block, ...], findings: FindingCollector, title: str = "") -> OutlinedBlocks:
    """Return the blocks with one clean outline.

    Args:
        title: The title in the front matter, where there is one.
    """
    blocks = _plain_inside(blocks)
    blocks = _without_edge_rules(references.collect_references(blocks, findings))
    blocks = _bold_headings(blocks, findings)
    blocks, h1 = _without_title(blocks, title, findings)
    headings = _HeadingPass(findings)
    blocks = _with_anchors(headings.blocks(blocks), headings.ids, findings)
    find_screen_phrases(blocks, findings)
    find_leftover_markup(blocks, findings)
    return OutlinedBlocks(blocks, h1)


def slugify(words: str) -> str:
    """Return words as an id: ASCII letters, figures and hyphens, beginning with a letter."""
    lowered = unicodedata.normalize("NFC", words).casefold().translate(_TRANSLITERATIONS)
    bare = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
    # Print engines and old readers stumble over ids that begin with a figure.
    return name if name[:1].isalpha() else f"afsnit-{name}".rstrip("-")


def _plain_inside(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    def bold(node: Inline | Block) -> tuple[Block, ...] | None:
        return (Para((Strong(_without_line_breaks(node.content)),), node.line),) if isinstance(node, Header) else None

    def plain(block: Block) -> Block:
        if isinstance(block, Div):
            return replace(block, blocks=_plain_inside(block.blocks))
        has_inner = not isinstance(block, Header) and any(isinstance(node, Header) for node in walk((block,)))
        return _transform((block,), bold)[0] if has_inner else block

    return tuple(map(plain, blocks))


def _transform(nodes: tuple[Any, ...], change: Callable[[Any], tuple[Any, ...] | None]) -> tuple[Any, ...]:
    """Return a tree in which nodes are exchanged, children before parents.

    Args:
        change: Gets a node and returns its replacement; None: the node stays.
    """
    built: list[Any] = []
    for node in nodes:
        if isinstance(node, tuple):
            built.append(_transform(node, change))
        elif is_dataclass(node) and not isinstance(node, type):
            values = {entry.name: getattr(node, entry.name) for entry in fields(node)}
            parts = {name: _transform(value, change) for name, value in values.items() if isinstance(value, tuple)}
            new = replace(node, **parts) if any(parts[name] != values[name] for name in parts) else node
            built += (new,) if (instead := change(new)) is None else instead
        else:
            built.append(node)
    return tuple(built)


def _without_edge_rules(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return blocks without rules that part nothing: at the top, at the end, right before the references."""
    last = blocks[-1:] if blocks and isinstance(blocks[-1], References) else ()
    start, end = 0, len(blocks) - len(last)
    while start < end and isinstance(blocks[start], HorizontalRule):
        start += 1
    while end > start and isinstance(blocks[end - 1], HorizontalRule):
        end -= 1
    return blocks[start:end] + last


@repair_rule(
    "heading-bold",
    "A paragraph that is only bold is used as a heading.",
    "`**Symptomer**` above a paragraph",
    "Write `## Symptomer`.",
)
def _bold_headings(blocks: tuple[Block, ...], findings: FindingCollector) -> tuple[Block, ...]:
    built: list[Block] = []
    level = 1
    for at, block in enumerate(blocks):
        if isinstance(block, Header):
            level = block.level
        bold = bold_only(block.content) if isinstance(block, Para) else ()
        below = blocks[at + 1] if at + 1 < len(blocks) else None
        if bold and below is not None and not _is_heading(below) and _reads_as_heading(text(bold), is_first=at == 0):
            findings.add("heading-bold", block.line, f"{text(bold)!r} is a bold paragraph that heads what follows")
            built.append(Header(min(level + 1, 6), bold, "", block.line))
        else:
            built.append(block)
    return tuple(built)


def _is_heading(block: Block) -> bool:
    return isinstance(block, Header | References) or (isinstance(block, Para) and bool(bold_only(block.content)))


def _reads_as_heading(words: str, *, is_first: bool) -> bool:
    """Return whether bold words are a heading, not a sentence that someone stressed, nor a label before a list."""
    has_size = 2 < len(words) <= (50 if is_first else MAX_HEADING_LENGTH) and len(words.split()) <= 12
    is_phrase = words[-1:] not in ".,;:!…" and not re.search(r"[,=<>≈×≤≥]|\. ", words)
    return has_size and words[0].isalnum() and (words.endswith("?") or is_phrase)


@warning_rule(
    "heading-title",
    "The heading of level 1 at the top is not the title of the front matter; it stays as a heading.",
    "`title: Ondt i ryggen` above `# Fem råd om ryggen`",
    "Remove one of them, or make the heading `##`.",
)
@repair_rule(
    "title-longer",
    "The heading of level 1 at the top says more than the title of the front matter; it is the title.",
    "`title: Knæ` above `# Knæøvelser – styrk dit knæ`",
    "Write the same into both.",
)
def _without_title(blocks: tuple[Block, ...], title: str, findings: FindingCollector) -> tuple[tuple[Block, ...], str]:
    """Remove the only heading of level 1 where it is the first block, or behind pictures only.

    It is the title then, unless the front matter has another: no word of it may be lost, so it stays as a heading.
    """
    tops = [(at, block) for at, block in enumerate(blocks) if isinstance(block, Header) and block.level == 1]
    if len(tops) != 1 or not all(isinstance(block, Figure) for block in blocks[: tops[0][0]]):
        return blocks, ""
    ((at, top),) = tops
    words = text((top,))
    is_other = bool(title) and _letters(title) != _letters(words)
    is_longer = is_other and includes_title(words, title)
    if any(isinstance(node, Note | Image) for node in walk((top,))) or (is_other and not is_longer):
        findings.add("heading-title", top.line, f"{words!r} is not the title; it stays as a heading")
        return (*blocks[:at], replace(top, level=TOP_LEVEL), *blocks[at + 1 :]), ""
    if is_longer:
        findings.add("title-longer", top.line, f"{words!r} says more than {title!r}, and is the title")
    return (*blocks[:at], *blocks[at + 1 :]), words


def _letters(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).casefold()


@dataclass(slots=True)
class _HeadingPass:
    """Gives each heading its level, one deeper than the heading above it, and a unique id."""

    findings: FindingCollector
    open: list[tuple[int, int]] = field(default_factory=list)  # Levels of the headings above: in the source, and here
    taken: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)  # The id by every name that a link may have for a heading

    def blocks(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(map(self._block, blocks))

    def _block(self, block: Block) -> Block:
        match block:
            case Div():
                return replace(block, blocks=self.blocks(block.blocks))
            case Header():
                content = bold_only(block.content) if len(block.content) == 1 else ()
                content = _without_line_breaks(content or block.content)
                return Header(self._level(block), content, self._id(block), block.line)
            case References():
                self._name(block.id, slugify(text(block.title)))
        return block

    @repair_rule(
        "heading-level",
        "A heading whose level leaves a gap, or is not below the title.",
        "`####` right under `##`; `#` in the text",
        "Use `##` for sections and one mark more for each level below.",
    )
    def _level(self, heading: Header) -> int:
        while self.open and self.open[-1][0] >= heading.level:
            self.open.pop()
        level = min(self.open[-1][1] + 1 if self.open else TOP_LEVEL, DEEPEST_LEVEL)
        self.open.append((heading.level, level))
        if level != heading.level:
            message = f"a heading of level {heading.level} where {level} follows"
            self.findings.add("heading-level", heading.line, message)
        return level

    def _id(self, heading: Header) -> str:
        slug = slugify(text(heading.content))
        name, number = slug, 1
        while name in self.taken or _RESERVED_IDS.fullmatch(name):
            number += 1
            name = f"{slug}-{number}"
        self.taken.add(name)
        self._name(name, heading.id, slugify(heading.id), slug)
        return name

    def _name(self, id_: str, *names: str) -> None:
        """Let links with these names lead to an id, where no earlier heading has the name."""
        for name in filter(None, names):
            self.ids.setdefault(name, id_)


def _without_line_breaks(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    return tuple(Space() if isinstance(inline, LineBreak | SoftBreak) else inline for inline in content)


@warning_rule(
    "anchor-missing",
    "A link to a missing anchor in the article; its words stay.",
    "`[se nedenfor](#behandling)` without such a heading",
    "Correct it to the words of a heading, in lower case with hyphens.",
    group="whole",
)
def _with_anchors(blocks: tuple[Block, ...], ids: dict[str, str], findings: FindingCollector) -> tuple[Block, ...]:
    """Return blocks whose links within the article lead to the ids that headings have now."""

    def led(node: Inline | Block) -> tuple[Inline | Block, ...] | None:
        if not isinstance(node, Link) or not node.address.startswith("#"):
            return None
        wanted = unquote(node.address[1:])
        if found := ids.get(wanted) or ids.get(wanted.casefold()) or ids.get(slugify(wanted)):
            return (replace(node, address=f"#{found}"),)
        message = f"no heading of the article is called {node.address!r}; the words stay"
        findings.add("anchor-missing", node.line, message)
        return node.content

    return _transform(blocks, led)
