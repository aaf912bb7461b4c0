"""Collects reference lists in any markup into one `References` block at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

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
    Space,
    Str,
    Strong,
    Table,
    text,
    walk,
)
from pipeline.reading.callouts import bold_only
from pipeline.reading.lines import FindingCollector
from pipeline.registry import repair_rule

REFERENCES_ID = "referencer"
REFERENCES_HEADING = re.compile(rf"^[ \t]*(?P<title>{together().references})[ \t]*:?[ \t]*$", re.IGNORECASE)
_REFERENCE_SIGNS = re.compile(
    r"https?:|www\.|\bdoi\b|\b(?:19|20)\d\d\b|^\W*\[?\d{1,3}[\].)]|\bet al\b|\.(?:dk|com|org|gov|net)\b", re.IGNORECASE
)


@dataclass(slots=True)
class _CollectedReferences:
    """What has been gathered so far."""

    title: tuple[Inline, ...] = ()
    line: int = 0
    blocks: list[Block] = field(default_factory=list)


@repair_rule(
    "references-moved",
    "References that stand before other text, or in two lists; they are put into one list at the end.",
    "`## Referencer` in the middle; `## Kilder` twice",
    "Write one list, at the end.",
    aliases=("references-twice",),
)
def collect_references(blocks: tuple[Block, ...], record: FindingCollector) -> tuple[Block, ...]:
    """Return the blocks with all lists of references in one `References` at the end, under the author's heading."""
    kept: list[Block] = []
    references = _CollectedReferences()
    at = 0
    while at < len(blocks):
        title, own = _references_heading(blocks[at])
        end = _references_end(blocks, at, own) if title else at
        if not title or (end == at + 1 and not own):
            kept.append(blocks[at])
            at += 1
            continue
        line = blocks[at].line
        more = [*own, *_without_code_blocks(blocks[at + 1 : end])]
        if not references.blocks:
            references.title, references.line = title, line
            references.blocks = more
        elif _is_same_heading(title, references.title):
            record.add(
                "references-moved", line, f"a second {text(title)!r}, joined to the one of line {references.line}"
            )
            references.blocks = _joined(references.blocks, more)
        else:
            references.blocks += [Para((Strong(title),), line), *more]
        if end < len(blocks) and not _begins_references(blocks[end]):
            record.add("references-moved", line, "the references stand before other text, and are put at the end")
        at = end
    if not references.blocks:
        return blocks
    return (*kept, References(references.title, tuple(references.blocks), REFERENCES_ID, references.line))


def _is_same_heading(first: tuple[Inline, ...], second: tuple[Inline, ...]) -> bool:
    return text(first).casefold() == text(second).casefold()


def _joined(first: list[Block], more: list[Block]) -> list[Block]:
    """Return two lists of references as one; a numbered one that begins anew keeps its numbers, which the text uses."""
    last, begin = first[-1], more[0]
    if isinstance(last, BulletList) and isinstance(begin, BulletList):
        return [*first[:-1], replace(last, items=last.items + begin.items), *more[1:]]
    if isinstance(last, OrderedList) and isinstance(begin, OrderedList) and begin.start == last.start + len(last.items):
        return [*first[:-1], replace(last, items=last.items + begin.items), *more[1:]]
    return first + more


def _references_heading(block: Block) -> tuple[tuple[Inline, ...], tuple[Block, ...]]:
    """Return the heading of references that a block is or begins with, and what stands behind it in the same block."""
    if isinstance(block, Header):
        return (
            (_without_colon(_bold_text_or_all(block.content)), ())
            if REFERENCES_HEADING.match(text(block.content))
            else ((), ())
        )
    if not isinstance(block, Para | Plain):
        return (), ()
    bold = bold_only(block.content)
    if REFERENCES_HEADING.match(text(bold or block.content)):
        return _without_colon(bold or block.content), ()
    first = block.content[0] if block.content else None
    rest = block.content[1:]
    if (
        isinstance(first, Strong)
        and REFERENCES_HEADING.match(text((first,)))
        and (text((first,)).rstrip().endswith(":") or _starts(rest, ":"))
    ):
        behind = _after_colon(rest)
        return (_without_colon(first.content), (Para(behind, block.line),)) if behind else ((), ())
    if (
        isinstance(first, Str)
        and first.text.endswith(":")
        and REFERENCES_HEADING.match(first.text)
        and any(isinstance(n, Link) for n in rest)
    ):
        return (Str(first.text[:-1]),), (Para(_after_colon(rest), block.line),)
    return (), ()


def _bold_text_or_all(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    return bold_only(content) or content


def _starts(content: tuple[Inline, ...], mark: str) -> bool:
    return bool(content) and isinstance(content[0], Str) and content[0].text.startswith(mark)


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
        left = last.text[:-1]
        return (*content[:-1], *((Str(left),) if left else ()))
    return content


def _references_end(blocks: tuple[Block, ...], at: int, own: tuple[Block, ...]) -> int:
    """Return the index behind the references that begin at `at`; right behind the heading where none follow."""
    has_list = bool(own)
    end = at + 1
    while end < len(blocks):
        block = blocks[end]
        if isinstance(block, Header | Figure | References | Table) or _references_heading(block)[0]:
            break
        if isinstance(block, BulletList | OrderedList):
            # After a text of its own a list belongs to that text; right below the heading it is the references.
            has_list = True
        elif isinstance(block, CodeBlock) and not has_list:
            has_list = True
        elif not isinstance(block, Para | Plain) or not _is_reference(block):
            break
        end += 1
    return end


def _is_reference(block: Block) -> bool:
    """Return whether a paragraph has the marks of a source: an address, a year, a number before it."""
    has_link = any(isinstance(node, Link) for node in walk((block,)))
    words = text((block,))
    return bool(_REFERENCE_SIGNS.search(words)) or (has_link and len(words) < 250)


def _begins_references(block: Block) -> bool:
    return bool(_references_heading(block)[0])


def _without_code_blocks(blocks: tuple[Block, ...]) -> list[Block]:
    """Return references with each line of a code block as a paragraph."""
    plain: list[Block] = []
    for block in blocks:
        if isinstance(block, CodeBlock):
            plain += [Para(_row_to_inlines(row), block.line) for row in block.text.splitlines() if row.strip()]
        else:
            plain.append(block)
    return plain


def _row_to_inlines(row: str) -> tuple[Inline, ...]:
    inlines: list[Inline] = []
    for word in row.split():
        inlines += [Space(), Str(word)] if inlines else [Str(word)]
    return tuple(inlines)
