"""Collects reference lists in any markup into one `References` block at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.languages import together
from pipeline.model import (
    Block,
    BulletList,
    CodeBlock,
    Figure,
    Header,
    Inline,
    Link,
    OrderedList,
    Para,
    Plain,
    References,
    Str,
    Strong,
    Table,
    text,
    walk,
)
from pipeline.reading.callouts import bold_only
from pipeline.reading.inline_builder import text_to_inlines
from pipeline.reading.lines import FindingCollector
from pipeline.registry import repair_rule

REFERENCES_ID = "referencer"
REFERENCES_HEADING = re.compile(rf"^[ \t]*(?P<title>{together().references})[ \t]*:?[ \t]*$", re.IGNORECASE)
_REFERENCE_MARK = re.compile(
    r"https?:|www\.|\bdoi\b|\b(?:19|20)\d\d\b|^\W*\[?\d{1,3}[\].)]|\bet al\b|\.(?:dk|com|org|gov|net)\b", re.IGNORECASE
)


@repair_rule(
    "references-moved",
    "References before other text, or in two lists; they become one list at the end.",
    "`## Referencer` in the middle; `## Kilder` twice",
    "Write one list, at the end.",
    aliases=("references-twice",),
)
def collect_references(blocks: tuple[Block, ...], findings: FindingCollector) -> tuple[Block, ...]:
    """Return the blocks with all lists of references in one `References` at the end, under the author's heading."""
    kept: list[Block] = []
    references: References | None = None
    at = 0
    while at < len(blocks):
        title, own = _references_heading(blocks[at])
        end = _references_end(blocks, at, own) if title else at
        if not title or (end == at + 1 and not own):
            kept.append(blocks[at])
            at += 1
            continue
        line = blocks[at].line
        more = (*own, *_without_code_blocks(blocks[at + 1 : end]))
        if references is None:
            references = References(title, more, REFERENCES_ID, line)
        elif text(title).casefold() == text(references.title).casefold():
            message = f"a second {text(title)!r}, joined to the one of line {references.line}"
            findings.add("references-moved", line, message)
            references = replace(references, blocks=_joined(references.blocks, more))
        else:
            references = replace(references, blocks=(*references.blocks, Para((Strong(title),), line), *more))
        if end < len(blocks) and not _references_heading(blocks[end])[0]:
            findings.add("references-moved", line, "the references are before other text, and are moved to the end")
        at = end
    return (*kept, references) if references else blocks


def _joined(first: tuple[Block, ...], more: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return two lists of references as one; a numbered one that begins anew keeps its numbers, which the text uses."""
    match first[-1], more[0]:
        case (BulletList() as last, BulletList() as begin):
            return (*first[:-1], replace(last, items=last.items + begin.items), *more[1:])
        case (OrderedList() as last, OrderedList() as begin) if begin.start == last.start + len(last.items):
            return (*first[:-1], replace(last, items=last.items + begin.items), *more[1:])
    return first + more


def _references_heading(block: Block) -> tuple[tuple[Inline, ...], tuple[Block, ...]]:
    """Return the heading of references that a block is or begins with, and the rest of that block."""
    if not isinstance(block, Header | Para | Plain):
        return (), ()
    content = bold_only(block.content) or block.content
    if REFERENCES_HEADING.match(text(content)):
        return _without_colon(content), ()
    first, rest = block.content[:1], block.content[1:]
    if isinstance(block, Header) or not REFERENCES_HEADING.match(text(first)):
        return (), ()
    behind = _after_colon(rest)
    has_colon = text(first).rstrip().endswith(":") or text(rest[:1]).startswith(":")
    match first:
        case (Strong(title),) if behind and has_colon:
            return _without_colon(title), (Para(behind, block.line),)
        case (Str(title),) if title.endswith(":") and any(isinstance(node, Link) for node in rest):
            return (Str(title[:-1]),), (Para(behind, block.line),)
    return (), ()


def _after_colon(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    first = content[0] if content else None
    if isinstance(first, Str) and first.text.startswith(":"):
        content = ((Str(first.text[1:]),) if len(first.text) > 1 else ()) + content[1:]
    while content and not isinstance(content[0], Str | Link) and not text((content[0],)).strip():
        content = content[1:]
    return content


def _without_colon(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    last = content[-1] if content else None
    if isinstance(last, Str) and last.text.endswith(":"):
        return (*content[:-1], *((Str(last.text[:-1]),) if last.text != ":" else ()))
    return content


def _references_end(blocks: tuple[Block, ...], at: int, own: tuple[Block, ...]) -> int:
    """Return the index behind the references that begin at `at`; right behind the heading where none follow."""
    has_list = bool(own)
    end = at + 1
    while end < len(blocks):
        block = blocks[end]
        if isinstance(block, Header | Figure | References | Table) or _references_heading(block)[0]:
            break
        # After a text of its own a list belongs to that text; right below the heading it is the references.
        if isinstance(block, BulletList | OrderedList) or (isinstance(block, CodeBlock) and not has_list):
            has_list = True
        elif not isinstance(block, Para | Plain) or not _is_reference(block):
            break
        end += 1
    return end


def _is_reference(block: Block) -> bool:
    words = text((block,))
    has_link = len(words) < 250 and any(isinstance(node, Link) for node in walk((block,)))
    return has_link or bool(_REFERENCE_MARK.search(words))


def _without_code_blocks(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield references with each line of a code block as a paragraph."""
    for block in blocks:
        if isinstance(block, CodeBlock):
            rows = (" ".join(row.split()) for row in block.text.splitlines())
            yield from (Para(tuple(text_to_inlines(row)), block.line) for row in rows if row)
        else:
            yield block
