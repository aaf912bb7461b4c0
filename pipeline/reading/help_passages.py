"""Finds the passages of an article that tell the reader when to get help, and puts each in a box where it stands.

A section under a heading such as “Hvornår skal jeg søge læge?” or “Vær OBS” is boxed with its heading; a paragraph, or
a list with its lead-in, that calls for help is boxed by itself. The level is what the words say: ring 112, the doctor
on call, or else a doctor. A paragraph or a list that names two levels gets the more urgent one, since the author's
words stay together; blocks of a section that name different levels get a box each. Nothing is boxed that its author
has put into a box, or into `::: {.plain}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from pipeline.languages import Expression, Language, compiled
from pipeline.languages import language as language_of
from pipeline.model import (
    BLOCKS,
    HELP_KINDS,
    URGENT_KINDS,
    Block,
    BulletList,
    Callout,
    CalloutKind,
    Cell,
    Div,
    Header,
    Metadata,
    OrderedList,
    Para,
    Plain,
    References,
    children,
    text,
)
from pipeline.reading.lines import FindingCollector
from pipeline.registry import note_rule

_MOST_LETTERS = 1600
"""A longer section is no box: of it, only the passages that call for help are."""
_SENTENCE_END = re.compile(r"(?<=[.!?])[ \N{NO-BREAK SPACE}]+(?=[\"„“»A-ZÆØÅÄÖ])")
_SHOWN_LETTERS = 60


def box_help(blocks: tuple[Block, ...], meta: Metadata, language: str, findings: FindingCollector) -> tuple[Block, ...]:
    """Return the blocks with their passages on help in boxes, and without the marks of passages that get none."""
    boxed = _Passages(language_of(language), findings).boxed(blocks) if meta.help_boxes else blocks
    _report_unboxed(boxed, meta, language_of(language), findings)
    return _without_marks(boxed)


def _without_marks(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    built: list[Block] = []
    for block in blocks:
        if isinstance(block, Div):
            inside = _without_marks(block.blocks)
            is_needed = bool(block.media or block.language)
            built += (replace(block, blocks=inside, is_plain=False),) if is_needed else inside
        else:
            built.append(block)
    return tuple(built)


# ---- what words say


def level_of(words: str, own: Language, *, needs_when: bool = False) -> CalloutKind | None:
    """Return the most urgent level of help that words tell the reader to get; None where they tell none.

    Args:
        needs_when: A sentence on a doctor counts only where it says when.
    """
    found = {kind for sentence in _SENTENCE_END.split(words) for kind in _calls(sentence, own, needs_when=needs_when)}
    return next((kind for kind in URGENT_KINDS if kind in found), None)


def _calls(sentence: str, own: Language, *, needs_when: bool) -> Iterator[CalloutKind]:
    if sentence.rstrip().endswith("?") or _has(own.no_help_call, sentence):
        return
    for kind, call in own.help_calls.items():
        if _has(call, sentence) and (kind != "see-doctor" or not needs_when or _has(own.help_when, sentence)):
            yield kind


def _has(expression: Expression, words: str, find: Callable[..., object] = re.Pattern.search) -> bool:
    return bool(expression) and bool(find(compiled(expression, re.IGNORECASE), words))


# ---- which blocks are a passage


@dataclass(frozen=True, slots=True)
class _Passages:
    own: Language
    findings: FindingCollector

    def boxed(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        built: list[Block] = []
        at = 0
        while at < len(blocks):
            end, pieces = self._passage(blocks, at)
            built += pieces
            at = end
        return tuple(built)

    def _passage(self, blocks: tuple[Block, ...], at: int) -> tuple[int, tuple[Block, ...]]:
        """Return the boxes of the passage that begins with a block, or the block itself, and the index behind it."""
        block = blocks[at]
        if isinstance(block, Div) and not block.is_plain:
            within = _Passages(language_of(block.language), self.findings) if block.language else self
            return at + 1, (replace(block, blocks=within.boxed(block.blocks)),)
        if isinstance(block, Header) and (found := self._section(blocks, at)):
            return found
        if isinstance(block, Para) and (found := self._paragraph(blocks, at)):
            return found
        if isinstance(block, BulletList | OrderedList):
            levels = [level_of(text(item), self.own, needs_when=True) for item in block.items]
            if all(levels):
                return at + 1, self._boxes((block,), _most_urgent(levels), "every item")
        return at + 1, (block,)

    def _section(self, blocks: tuple[Block, ...], at: int) -> tuple[int, tuple[Block, ...]] | None:
        words = text((blocks[at],))
        asked = self._asked(words)
        end = _section_end(blocks, at)
        section = blocks[at:end]
        if asked is None or end == at + 1 or any(isinstance(block, Callout | Div) for block in section):
            return None
        levels = [level_of(text((block,)), self.own, needs_when=asked == "caution") for block in section[1:]]
        if asked == "topic" and not any(levels):
            return None
        return end, self._by_level(section, [None, *levels], "see-doctor" if asked == "topic" else asked)

    def _asked(self, heading: str) -> CalloutKind | Literal["topic"] | None:
        """Return the level that a heading asks about; a topic counts only where the text below calls for help."""
        own = self.own
        if _has(own.cautions, heading, re.Pattern.match):
            return "caution"
        if _has(own.help_headings, heading):
            named = set(_calls(heading.rstrip("? "), own, needs_when=False))
            return named.pop() if len(named) == 1 else "see-doctor"
        return "topic" if _has(own.help_topics, heading) else None

    def _by_level(
        self, section: tuple[Block, ...], levels: list[CalloutKind | None], asked: CalloutKind
    ) -> tuple[Block, ...]:
        """Return the boxes of a section: one, or one for each run of blocks that name the same level.

        A block that names none goes with the one that it leads to; a list goes with its lead-in; a paragraph behind a
        call has the level that the heading asks about, since it may be on less urgent signs.
        """
        given = list(levels)
        for at in reversed(range(len(section) - 1)):
            leads_on = isinstance(section[at], Header) or text((section[at],)).endswith(":")
            if given[at] is None and (leads_on or (asked != "caution" and not any(given[:at]))):
                given[at] = given[at + 1]
        filled: list[CalloutKind] = []
        for block, level in zip(section, given, strict=True):
            is_list = bool(filled) and not isinstance(block, Para | Header)
            filled.append(level or (filled[-1] if is_list else asked))
        boxes: list[Block] = []
        for kind, run in groupby(zip(section, filled, strict=True), key=lambda pair: pair[1]):
            boxes += self._boxes(tuple(block for block, _ in run), kind, "heading")
        return tuple(boxes)

    def _paragraph(self, blocks: tuple[Block, ...], at: int) -> tuple[int, tuple[Block, ...]] | None:
        words = text((blocks[at],))
        after = blocks[at + 1 : at + 2]
        leads_on = words.endswith(":") and bool(after) and isinstance(after[0], BulletList | OrderedList)
        passage = blocks[at : at + 1 + leads_on]
        if level := level_of(words, self.own, needs_when=not leads_on):
            return at + len(passage), self._boxes(passage, level, "words")
        if _has(self.own.cautions, words, re.Pattern.match):
            return at + len(passage), self._boxes(passage, "caution", "words")
        return None

    @note_rule(
        "help-found",
        "A passage on when to get help, or on what to beware of, that its author did not mark; it is set as a box.",
        "A section under “Hvornår skal jeg søge læge?”",
        "Where it is right, accept it: `accept: {help-found: read by …}`. Where it is no such passage, put it into "
        "`::: {.plain}`; `help_boxes: false` refuses all boxes of an article.",
        group="safe",
    )
    def _boxes(self, blocks: tuple[Block, ...], kind: CalloutKind, why: str) -> tuple[Block, ...]:
        line = blocks[0].line
        message = f"set as a box ({kind}) for its {why}: {_shown(text(blocks[:1]))!r}"
        self.findings.add("help-found", line, message)
        return (Callout(kind, blocks, (), line, is_found=True),)


def _most_urgent(levels: Iterable[CalloutKind | None]) -> CalloutKind:
    return min((level for level in levels if level), key=URGENT_KINDS.index)


def _section_end(blocks: tuple[Block, ...], at: int) -> int:
    """Return the index behind a section, with its subsections unless it is too long; where even its own text is too
    long, right behind its heading.
    """
    heading = blocks[at]
    level = heading.level if isinstance(heading, Header) else 0
    ends: list[int] = []
    for end in range(at + 1, len(blocks) + 1):
        after = blocks[end] if end < len(blocks) else None
        if after is None or isinstance(after, References) or (isinstance(after, Header) and after.level <= level):
            ends.append(end)
            break
        if isinstance(after, Header):
            ends.append(end)
    fitting = (end for end in (ends[-1], ends[0]) if len(text(blocks[at:end])) <= _MOST_LETTERS)
    return next(fitting, at + 1)


def _shown(words: str) -> str:
    return words if len(words) <= _SHOWN_LETTERS else f"{words[:_SHOWN_LETTERS]}…"


# ---- what stands in no box


@note_rule(
    "help-not-boxed",
    "Words such as “112”, “straks”, “akut” or “søg læge” stand in no box.",
    "“Ring 112” in a table; “akutte smerter” in a description",
    "Where they tell the reader to get help, put them into a box: `::: {.ring-112}`, `{.lægevagt}`, `{.søg-læge}`.",
    group="safe",
)
def _report_unboxed(blocks: tuple[Block, ...], meta: Metadata, own: Language, findings: FindingCollector) -> None:
    if not own.help_words:
        return
    passages = [(meta.line_of("lead"), meta.lead), *((meta.line_of("key_points"), point) for point in meta.key_points)]
    for line, words in (*passages, *_unboxed(blocks)):
        if found := compiled(own.help_words, re.IGNORECASE).search(words):
            start = max(0, words.rfind(" ", 0, max(0, found.start() - _SHOWN_LETTERS // 2)))
            message = f"{_shown(found[0])!r} stands in no box: {_shown(words[start:].strip())!r}"
            findings.add("help-not-boxed", line, message)


def _unboxed(blocks: tuple[Block, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and words of each heading, paragraph, item and cell that stands in no box of help."""
    waiting: list[Block | Cell] = list(reversed(blocks))
    line = 0
    while waiting:
        block = waiting.pop()
        line = getattr(block, "line", 0) or line
        if isinstance(block, Para | Plain | Header):
            yield line, text((block,))
        elif not isinstance(block, References) and not (isinstance(block, Callout) and block.kind in HELP_KINDS):
            waiting += [each for each in reversed(children(block)) if isinstance(each, BLOCKS)]
