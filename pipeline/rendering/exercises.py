"""The exercises of an article: their names, pictures, steps, doses and cautions, in the author's own blocks.

Authors write an exercise in many ways: as an article of its own or as one section of several, with headings or with
bold words for “how to do it” and “how often”. All formats and variants find its parts here, so that a reduction of one
kind keeps what a reduction of another kind keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.languages import together
from pipeline.model import (
    HELP_KINDS,
    Block,
    BlockQuote,
    Callout,
    Div,
    Figure,
    Header,
    Inline,
    OrderedList,
    Para,
    Space,
    Str,
    Strong,
    text,
    walk,
)

STEPS = re.compile(together().exercise_steps, re.IGNORECASE)
DOSE = re.compile(together().exercise_dose, re.IGNORECASE)
CAUTION = re.compile(together().exercise_caution, re.IGNORECASE)
_MIN_STEPS = 2
_FIRST_LEVEL = 2
_MAX_LABEL_LETTERS = 60
_MAX_LINE_LETTERS = 200
"""Of a paragraph below the steps that belongs to them: `Gentag med det andet ben.`"""


@dataclass(frozen=True, slots=True)
class Exercise:
    """The parts of one exercise, each in the order of the source; no block is in two parts."""

    name: Header | None
    """The heading it stands under; None: it is the whole article."""
    title: Block | None
    """The heading or bold paragraph above the steps; None where `name` is it."""
    steps: tuple[Block, ...]
    dose: tuple[Block, ...] = ()
    cautions: tuple[Callout, ...] = ()
    """What to beware of, and when to get help, the most urgent first: its own, and what the article says for all."""
    pictures: tuple[Figure, ...] = ()
    span: tuple[int, int] = (0, 0)
    """Where its heading, steps and dose stand among the blocks: the first, and the one behind the last."""
    is_marked: bool = True
    """False: only a numbered list says that it might be one."""


def printed_blocks(blocks: Iterable[Block], medium: str = "print") -> Iterator[Block]:
    """Yield the blocks of an article for a medium, without the frames around them; other languages stay whole."""
    for block in blocks:
        if isinstance(block, Div) and not block.language:
            if not block.media or medium in block.media:
                yield from printed_blocks(block.blocks, medium)
        else:
            yield block


def find_exercises(blocks: Sequence[Block], *, is_exercise: bool = False) -> tuple[Exercise, ...]:
    """Return the exercises among the blocks of an article; of an article without any, its first numbered list.

    Args:
        is_exercise: The article says that it is one, whatever its headings say.
    """
    sections = list(_steps_sections(blocks))
    if not sections:
        lone = _first_list(blocks)
        return (_made(blocks, [lone], range(len(blocks)), None, is_marked=is_exercise),) if lone else ()
    groups = _by_name(blocks, sections)
    if len(groups) == 1:
        ((name, own),) = groups
        return (_made(blocks, own, range(len(blocks)), name, is_marked=True),)
    regions = [_region(blocks, at, groups) for at in range(len(groups))]
    shared = [at for at in range(len(blocks)) if not any(at in region for region in regions)]
    common = _cautions(blocks, shared, set())
    made = (
        _made(blocks, own, region, name, is_marked=True) for (name, own), region in zip(groups, regions, strict=True)
    )
    return tuple(replace(each, cautions=_by_urgency((*each.cautions, *common))) for each in made)


def staying_boxes(blocks: Sequence[Block]) -> tuple[Callout, ...]:
    """Return what no reduction leaves out of any article: boxes of help, and sections of caution as such boxes."""
    return _by_urgency(_cautions(blocks, range(len(blocks)), set()))


def exercise_blocks(exercises: Sequence[Exercise]) -> Iterator[Block]:
    """Yield the blocks of each exercise; boxes that concern all of them are left to the end of the article."""
    for exercise in exercises:
        if len(exercises) > 1 and exercise.name:
            yield exercise.name
        if exercise.title:
            yield exercise.title
        yield from exercise.pictures[: 1 if exercise.is_marked else 0]
        yield from (*exercise.steps, *exercise.dose)
        if len(exercises) > 1:
            yield from (box for box in exercise.cautions if not all(box in each.cautions for each in exercises))


def with_levels(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks whose headings have no gaps between their levels, as PDF/UA wants: an excerpt leaves some out."""
    above: list[int] = []

    def numbered(block: Block) -> Block:
        if isinstance(block, Callout | Div | BlockQuote):
            return replace(block, blocks=tuple(map(numbered, block.blocks)))
        if not isinstance(block, Header):
            return block
        while above and above[-1] >= block.level:
            above.pop()
        above.append(block.level)
        return replace(block, level=_FIRST_LEVEL + len(above) - 1)

    return tuple(map(numbered, blocks))


def _by_urgency(boxes: Iterable[Callout]) -> tuple[Callout, ...]:
    """Return the most urgent first; the clinic's own box, which is the same on every sheet, comes last."""
    return tuple(sorted(boxes, key=lambda box: (box.is_added, HELP_KINDS.index(box.kind))))


def is_label(block: Block) -> bool:
    """Tell a paragraph that begins with a few bold words, as a heading does: `**Antal gentagelser:** 3 sæt`."""
    label, rest = split_label(block)
    return bool(label) and (not rest or text(label).endswith(":") or text(rest).startswith(":"))


def split_label(block: Block | None) -> tuple[tuple[Inline, ...], tuple[Inline, ...]]:
    """Return the bold words that a paragraph begins with, and what follows; no words where it does not."""
    if not isinstance(block, Para) or not block.content or not isinstance(block.content[0], Strong):
        return (), ()
    label, rest = block.content[0], block.content[1:]
    if len(text(label.content)) > _MAX_LABEL_LETTERS:
        return (), ()
    while rest and isinstance(rest[0], Space):
        rest = rest[1:]
    if rest and isinstance(rest[0], Str) and rest[0].text == ":":
        return (*label.content, rest[0]), rest[2:]
    return label.content, rest


def name_beside(title: Block | None, name: str) -> tuple[Inline, ...]:
    """Return the words of a heading without the name that stands above it: of `Bird dog – Sådan gør du` the last three.

    The whole heading, where it does not begin with that name.
    """
    if title is None or not isinstance(title, Header | Para):
        return ()
    content = split_label(title)[0] or title.content
    words = text(content)
    if not words.casefold().startswith(name.casefold()):
        return content
    rest = words[len(name) :]
    kept = rest.lstrip(" -–—:,")
    if rest == kept or not STEPS.match(kept):
        return content
    left = len(kept.split())
    at = [place for place, node in enumerate(content) if isinstance(node, Str)]
    return content[at[-left] :] if len(at) >= left else content


# ---- steps


@dataclass(frozen=True, slots=True)
class _Section:
    """Steps among the blocks: the place of their heading (-1: none), and of the first and behind the last of them."""

    title: int
    start: int
    end: int


def _steps_sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    for at, block in enumerate(blocks):
        if _says(block, STEPS):
            end = _section_end(blocks, at)
            lists = [place for place in range(at + 1, end) if _is_steps(blocks[place])]
            if lists:
                yield _Section(at, at + 1, _steps_end(blocks, lists[-1] + 1, end))


def _steps_end(blocks: Sequence[Block], start: int, end: int) -> int:
    """Return the place behind the steps: a picture, a box or a line below their list still belongs to them."""
    for at in range(start, end):
        block = blocks[at]
        is_line = isinstance(block, Para) and not is_label(block) and len(text(block.content)) <= _MAX_LINE_LETTERS
        if not is_line and not isinstance(block, Figure | Callout):
            return at
    return end


def _first_list(blocks: Sequence[Block]) -> _Section | None:
    first = next((at for at, block in enumerate(blocks) if _is_steps(block)), None)
    if first is None:
        return None
    title = next((at for at in range(first - 1, -1, -1) if isinstance(blocks[at], Header)), -1)
    return _Section(title, first, first + 1)


def _is_steps(block: Block) -> bool:
    return isinstance(block, OrderedList) and len(block.items) >= _MIN_STEPS


def _says(block: Block, words: re.Pattern[str]) -> bool:
    """Tell whether a heading holds, or a bold label begins with, these words."""
    if isinstance(block, Header):
        return bool(words.search(text(block.content)))
    return is_label(block) and bool(words.match(text(split_label(block)[0])))


def _section_end(blocks: Sequence[Block], at: int) -> int:
    """Return the place behind a section: the next heading as high as its own; of a bold label, any heading or label."""
    own = blocks[at]
    for place in range(at + 1, len(blocks)):
        block = _heading_of(blocks[place])
        if isinstance(block, Callout) and block.is_added:
            return place
        if isinstance(own, Header):
            if isinstance(block, Header) and block.level <= own.level:
                return place
        elif isinstance(block, Header) or is_label(block):
            return place
    return len(blocks)


def _heading_of(block: Block) -> Block:
    """Return the heading of a passage that became a box by its words; any other block is itself."""
    return block.blocks[0] if isinstance(block, Callout) and block.is_found and block.blocks else block


def _by_name(blocks: Sequence[Block], sections: Sequence[_Section]) -> list[tuple[int | None, list[_Section]]]:
    """Return the sections of each exercise, with the place of the heading that names it.

    Sections below one heading are one exercise, unless each has a dose: then they are exercises named by their own.
    """
    found: dict[int | None, list[_Section]] = {}
    for section in sections:
        found.setdefault(_parent(blocks, section.title), []).append(section)
    groups: list[tuple[int | None, list[_Section]]] = []
    for name, own in found.items():
        starts = [*(section.title for section in own[1:]), len(blocks)]
        have_doses = all(_doses(blocks, range(section.title, end)) for section, end in zip(own, starts, strict=True))
        if len(own) > 1 and have_doses and all(isinstance(blocks[section.title], Header) for section in own):
            groups += [(section.title, [section]) for section in own]
        else:
            groups.append((name, own))
    return groups


def _parent(blocks: Sequence[Block], at: int) -> int | None:
    own = blocks[at]
    for place in range(at - 1, -1, -1):
        block = blocks[place]
        if isinstance(block, Header) and (not isinstance(own, Header) or block.level < own.level):
            return place
    return None


def _region(blocks: Sequence[Block], at: int, groups: Sequence[tuple[int | None, list[_Section]]]) -> range:
    """Return where everything about one of several exercises stands."""
    name, own = groups[at]
    start = own[0].title if name is None else name
    following = groups[at + 1] if at + 1 < len(groups) else None
    limit = len(blocks) if following is None else following[1][0].title if following[0] is None else following[0]
    return range(start, max(own[-1].end, min(limit, _section_end(blocks, start))))


def _made(
    blocks: Sequence[Block], sections: Sequence[_Section], region: range, name: int | None, *, is_marked: bool
) -> Exercise:
    first = sections[0]
    dose = _doses(blocks, range(max(first.start, region.start), region.stop))
    places = {at for section in sections for at in range(section.start, section.end)} - set(dose)
    places |= {section.title for section in sections[1:]}
    cautions = _cautions(blocks, region, places | set(dose))
    steps, dose = (
        [at for at in sorted(own) if not any(blocks[at] is each for each in cautions)] for own in (places, dose)
    )
    figures = [block for at in (*steps, *region) if isinstance(block := blocks[at], Figure)]
    named, title = (None if at is None or at < 0 else blocks[at] for at in (name, first.title))
    return Exercise(
        named if isinstance(named, Header) else None,
        None if title is named else title,
        tuple(blocks[at] for at in steps if not isinstance(blocks[at], Figure)),
        tuple(blocks[at] for at in dose),
        cautions,
        tuple({id(figure): figure for figure in figures}.values()),
        _span(first, steps, dose, region if len(region) < len(blocks) else None),
        is_marked,
    )


def _span(first: _Section, steps: Sequence[int], dose: Sequence[int], region: range | None) -> tuple[int, int]:
    """Return where heading, steps and the dose right below them stand; of one of several, from its own heading on."""
    start = region.start if region else first.start if first.title < 0 else first.title
    end = 1 + max(steps, default=first.end - 1)
    while end in dose:
        end += 1
    return start, end


# ---- dose and cautions


def _doses(blocks: Sequence[Block], region: range) -> list[int]:
    """Return the places of all that is said on the dose; a question about it counts only where nothing else does."""
    said: list[int] = []
    asked: list[int] = []
    for at in region:
        block = blocks[at]
        if at in said or at in asked:
            continue
        if isinstance(block, Header) and DOSE.match(text(block.content)):
            section = list(range(at, min(_section_end(blocks, at), region.stop)))
            if text(block.content).rstrip().endswith("?"):
                asked = asked or section
            else:
                said += section
        elif isinstance(block, Para) and DOSE.match(text(block.content)) and _is_dose_line(block):
            said += _labelled(blocks, at, region)
    return said or asked


def _is_dose_line(block: Para) -> bool:
    return is_label(block) or ":" in text(block.content)[:_MAX_LABEL_LETTERS]


def _labelled(blocks: Sequence[Block], at: int, region: range) -> list[int]:
    """Return the places of a labelled paragraph and, where nothing follows its label in it, of what it announces."""
    content = text((blocks[at],)).rstrip()
    if split_label(blocks[at])[1] and not content.endswith(":"):
        return [at]
    end = min(_section_end(blocks, at), region.stop)
    announced = range(at + 1, end)
    if content.endswith(":") and split_label(blocks[at])[1]:
        announced = range(at + 1, min(at + 2, end))
    return [at, *(place for place in announced if not isinstance(blocks[place], Figure | Callout))]


def _cautions(blocks: Sequence[Block], places: Sequence[int], taken: set[int]) -> tuple[Callout, ...]:
    """Return boxes of help and caution; a section of caution becomes such a box, with its heading inside.

    Args:
        taken: Places of steps and dose: only boxes that stand between them are taken out.
    """
    known: set[int] = set()
    found: list[Callout] = []
    for at in places:
        block = blocks[at]
        if at in known:
            continue
        if isinstance(block, Callout) and block.kind in HELP_KINDS:
            found.append(block)
        elif at in taken:
            continue
        elif section := _caution_section(blocks, at, max(places) + 1):
            known |= set(section)
            inside = [blocks[place] for place in section]
            boxes = [each for each in inside if isinstance(each, Callout) and each.kind in HELP_KINDS]
            told = tuple(each for each in inside if each not in boxes)
            found += [Callout("caution", told, line=block.line, is_found=True), *boxes]
        else:
            found += [each for each in walk((block,)) if isinstance(each, Callout) and each.kind in HELP_KINDS]
    return _by_urgency(found)


def _caution_section(blocks: Sequence[Block], at: int, limit: int) -> list[int]:
    """Return the places of a section whose heading or bold label says to be careful; none where this begins none."""
    block = blocks[at]
    if isinstance(block, Header) and CAUTION.match(text(block.content)):
        return list(range(at, min(_section_end(blocks, at), limit)))
    if is_label(block) and CAUTION.match(text(split_label(block)[0])):
        return _labelled(blocks, at, range(at, limit))
    return []
