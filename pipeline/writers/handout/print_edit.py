"""Print edit: sections that `[handout] leave_out` names stay off the paper, which says that they are on the web.

Each block that is left out becomes one for the web only, in its place: the e-book counts blocks to know their pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline import model
from pipeline.findings import Finding, make_finding
from pipeline.languages import compiled, language
from pipeline.model import HELP_KINDS, text
from pipeline.registry import note_rule, warning_rule
from pipeline.rendering.exercises import CAUTION, DOSE, STEPS
from pipeline.writers.handout.variants import MEDIUM, Options

_WEB = "web"
_PRACTICE = re.compile("|".join(each.pattern for each in (STEPS, DOSE, CAUTION)), re.IGNORECASE)
"""In a heading or at a paragraph's beginning: steps, dose and caution."""
_TOP_LEVEL = 2
"""Of headings: the title has level 1."""
_MAX_DISTANCE = 70
"""Characters between a verb and whom to ask."""


@note_rule(
    "handout-left-out",
    "A section is left out on paper, as `[handout] leave_out` asks; the sheet says that it is on the web.",
    '`leave_out = ["Ofte stillede spørgsmål"]`',
    "Nothing, where that is intended.",
)
@warning_rule(
    "handout-kept",
    "`[handout] leave_out` names a section, and some of it stays on paper: help, steps, dose or caution.",
    "A question “Hvornår skal jeg søge læge?” below “Ofte stillede spørgsmål”",
    "Move that part to a section of its own.",
    group="safe",
)
def edit_for_paper(edition: model.Edition, options: Options) -> tuple[model.Edition, tuple[Finding, ...]]:
    """Return an edition as it is printed, and what was left out of it or kept against the wish."""
    edited: dict[str, model.Article] = {}
    findings: list[Finding] = []
    for article in dict.fromkeys((edition.front, *edition.articles)):
        beginnings = options.left_out_of(article.meta.kind)
        address = edition.front.address or article.address
        edited[article.id], found = _edited(article, beginnings, has_address=bool(address))
        findings += found
    articles = tuple(edited[article.id] for article in edition.articles)
    return model.Edition(edited[edition.front.id], articles), tuple(findings)


def _edited(
    article: model.Article, beginnings: Sequence[str], *, has_address: bool
) -> tuple[model.Article, list[Finding]]:
    blocks = list(article.blocks)
    findings: list[Finding] = []
    for start, end in _named_sections(blocks, beginnings):
        heading = _heading_of(blocks[start])
        line = blocks[start].line
        if not has_address:
            message = f"{heading!r} stays on paper: no web address is known where it could be read"
            findings.append(make_finding("handout-kept", article.source, line, message))
            continue
        kept = _leave_out(blocks, start, end, article.language)
        left = sum(map(is_off_paper, blocks[start:end]))
        if left:
            message = f"{heading!r} is left out on paper: {left} of {end - start} blocks"
            findings.append(make_finding("handout-left-out", article.source, line, message))
        for place in kept:
            message = f"a part of {heading!r} stays on paper: help, steps, dose or caution"
            findings.append(make_finding("handout-kept", article.source, place, message))
    return replace(article, blocks=tuple(blocks)), findings


def _named_sections(blocks: Sequence[model.Block], beginnings: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where each section begins and ends whose heading begins with one of these words; none within another."""
    wanted = tuple(" ".join(words.split()).casefold() for words in beginnings if words.strip())
    end = 0
    for at, block in enumerate(blocks):
        if at < end or not wanted or not _heading_of(block).casefold().startswith(wanted):
            continue
        level = block.level if isinstance(block, model.Header) else 0
        after = range(at + 1, len(blocks) if level else at + 1)
        end = next((place for place in after if _level_of(blocks[place]) <= level), after.stop)
        yield at, end


def _heading_of(block: model.Block) -> str:
    match block:
        case model.Header(_, content):
            return text(content)
        case model.References(title):
            return text(title)
    return ""


def _level_of(block: model.Block) -> int:
    """Return the level of a heading, or of the heading that opens a box; references end every section."""
    match block:
        case model.Header(level) | model.Callout(_, (model.Header(level), *_)):
            return level
        case model.References():
            return 0
    return 9


def _leave_out(blocks: list[model.Block], start: int, end: int, tag: str) -> list[int]:
    """Leave a section out, apart from its parts that must stay; return the lines of these.

    A part is a subsection, a box, or what stands above the first subsection.
    """
    level = _level_of(blocks[start])
    parts: list[list[int]] = [[]]
    for at in range(start, end):
        is_box = isinstance(blocks[at], model.Callout)
        if at > start and (_level_of(blocks[at]) == level + 1 or is_box):
            parts.append([])
        parts[-1].append(at)
        if is_box:
            parts.append([])
    staying = [part for part in parts if part and _must_stay([blocks[at] for at in part], tag)]
    kept = {at for part in staying for at in part} | ({start} if staying else set())
    for at in range(start, end):
        if at not in kept:
            blocks[at] = model.Div((blocks[at],), media=(_WEB,), line=blocks[at].line)
    return [blocks[part[0]].line for part in staying]


def _must_stay(blocks: Sequence[model.Block], tag: str) -> bool:
    """Tell whether blocks hold steps, a dose, a caution, or tell the reader to get help."""
    own = language(tag)
    helpers = "|".join(map(re.escape, own.helpers.split()))
    asks = compiled(rf"\b(?:{own.asks})\b[^.!?]{{0,{_MAX_DISTANCE}}}\b(?:{helpers})") if own.asks and helpers else None
    for node in model.walk(tuple(blocks)):
        if isinstance(node, model.Callout) and node.kind in HELP_KINDS:
            return True
        if isinstance(node, model.Header) and _PRACTICE.search(text(node.content)):
            return True
        if isinstance(node, model.Para | model.Plain):
            words = text(node.content)
            if _PRACTICE.match(words) or (asks and asks.search(words.casefold())):
                return True
    return False


def is_off_paper(block: model.Block) -> bool:
    return isinstance(block, model.Div) and bool(block.media) and MEDIUM not in block.media


def walk_printed(
    nodes: Sequence[model.Block | model.Inline | model.Cell],
) -> Iterator[model.Block | model.Inline | model.Cell]:
    """Yield every node that is printed, parents first, in reading order."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, model.Div) and is_off_paper(node)):
            yield node
            waiting.extend(reversed(model.children(node)))


def headings_on_web(article: model.Article) -> tuple[str, ...]:
    """Return the headings of the sections that are, or are in part, on the web only."""
    found: dict[str, None] = {}
    section = ""
    for block in article.blocks:
        inner = block.blocks[0] if isinstance(block, model.Div) and block.blocks else block
        if isinstance(inner, model.Header) and (inner.level == _TOP_LEVEL or not section):
            section = text(inner.content)
        if is_off_paper(block) and isinstance(block, model.Div) and _WEB in block.media and _heading_of(inner):
            found[section if isinstance(inner, model.Header) else _heading_of(inner)] = None
    return tuple(found)
