"""Exercises inside an article on paper: heading, picture, steps and dose of each as one component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from pipeline import model
from pipeline.model import text
from pipeline.rendering.exercises import Exercise, find_exercises, split_label
from pipeline.rendering.markup import ADDED, with_class
from pipeline.rendering.paper_sizes import MM_PER_PT
from pipeline.writers import Rendition
from pipeline.writers.handout.variants import TypeSetting

PICTURE_MM = 61.0
"""Width of the picture beside the steps."""
_MIN_PICTURE_MM, _MAX_PICTURE_MM = 60.0, 78.0
_MAX_RATIO = 1.8
"""A picture that is wider, by its height, is as wide as any drawing."""
_MAX_PICTURE_HEIGHT_MM = 80.0
_PICTURE_GAP_MM = 5.0
_MIN_TEXT_MM = 70.0
"""Text beside a picture is at least so wide; else the picture stands above it."""
_MAX_WHOLE_SHARE = 2 / 3
"""An exercise that takes more of a page may break."""
_LETTER_EM, _LINE_EM, _GAP_EM = 0.47, 1.45, 0.6
"""About how wide a letter is, how high a line, and how high the gap below a block, by the type size."""


@dataclass(frozen=True, slots=True)
class Component:
    """An exercise with the places of its blocks in the article."""

    exercise: Exercise
    start: int
    end: int
    """Behind its last block."""
    picture: model.Figure | None = None
    number: int = 0
    """Among several; 0: it is the only one."""


def components_of(article: model.Article) -> tuple[Component, ...]:
    """Return the exercises of an article that are set as components."""
    found = find_exercises(article.blocks, is_exercise=article.meta.kind == "exercise")
    exercises = [each for each in found if each.is_marked]
    if any(first.span[1] > second.span[0] for first, second in pairwise(exercises)):
        return ()
    has_several = len(found) > 1
    return tuple(_component(article, each, number if has_several else 0) for number, each in enumerate(exercises, 1))


def _component(article: model.Article, exercise: Exercise, number: int) -> Component:
    start, end = exercise.span
    blocks = article.blocks
    if start and not number and isinstance(blocks[start - 1], model.Figure):
        start -= 1  # the picture above the steps is theirs
    picture = next((block for block in blocks[start:end] if isinstance(block, model.Figure)), None)
    return Component(exercise, start, end, picture or (None if number else article.hero), number)


def takes_hero(article: model.Article) -> bool:
    """Tell whether the picture at the top stands beside the steps instead."""
    return article.hero is not None and any(each.picture is article.hero for each in components_of(article))


def parts_of(article: model.Article) -> Iterator[Component | tuple[tuple[int, model.Block], ...]]:
    """Yield the components of an article, and the other blocks, numbered from 1, in reading order."""
    at = 0
    for component in components_of(article):
        if at < component.start:
            yield tuple(enumerate(article.blocks[at : component.start], at + 1))
        yield component
        at = component.end
    if at < len(article.blocks):
        yield tuple(enumerate(article.blocks[at:], at + 1))


@dataclass(frozen=True, slots=True)
class ComponentRenderer:
    """Renders components with the means of the handout's renderer."""

    setting: TypeSetting
    anchored: Callable[[int, model.Block], Markup]
    """Renders a block of the article by its position from 1."""
    anchor: Callable[[int, model.Block], str]
    """Returns the id of a block by its position from 1."""
    figure: Callable[[model.Figure], Markup]
    sized: Callable[[model.Figure, float, str], Markup]
    """Renders a picture of this width in millimetres, with a class."""
    rendition: Callable[[model.Picture], Rendition | None]
    lettering_mm: float
    """The least size of the text in a drawing."""

    def component(self, blocks: Sequence[model.Block], component: Component) -> Markup:
        dose = set(map(id, component.exercise.dose))
        picture, heading = component.picture, component.exercise.name or component.exercise.title
        shown = Markup("") if picture is None else self._picture(picture, blocks, component)
        inside = blocks[component.start : component.end]
        # A picture without words goes up to the heading; one with a caption stays where the author put it.
        goes_up = picture is not None and (picture not in inside or not picture.caption)
        pieces = [] if any(block is heading for block in inside) or not goes_up else [shown]
        strip: list[Markup] = []
        for at, block in enumerate(inside, component.start):
            piece = shown if block is picture else _labelled(block, self.anchored(at + 1, block))
            if id(block) in dose:
                strip.append(piece)
                continue
            if block is component.exercise.name:
                piece = _numbered(piece, component.number, text((block,)))
            is_moved = goes_up and block is picture
            pieces += [_strip(strip), Markup("") if is_moved else piece]
            pieces += [shown] if goes_up and block is heading else []
            strip = []
        pieces.append(_strip(strip))
        kind = "exercise long" if self._is_long(blocks[component.start : component.end], picture) else "exercise"
        return Markup('<section class="{}">\n{}\n</section>').format(
            kind, Markup("\n").join(piece for piece in pieces if piece)
        )

    def _picture(self, picture: model.Figure, blocks: Sequence[model.Block], component: Component) -> Markup:
        """Return the picture beside the steps, or above them where the page is narrow or its text would be small."""
        width_mm = self._picture_mm(picture)
        place = next((at for at in range(component.start, component.end) if blocks[at] is picture), None)
        if not width_mm:
            return self.figure(picture) if place is None else self.anchored(place + 1, picture)
        figure = self.sized(picture, width_mm, "beside-steps" if self._has_room_beside else "above-steps")
        if place is None:
            return figure
        id_ = Markup('<figure id="{}"').format(self.anchor(place + 1, picture))
        return Markup(str(figure).replace("<figure", id_, 1))  # noqa: S704  # escaped already

    @property
    def _has_room_beside(self) -> bool:
        return self.setting.frame.full_mm - PICTURE_MM - _PICTURE_GAP_MM >= _MIN_TEXT_MM

    def _picture_mm(self, picture: model.Figure) -> float:
        """Return the width of a picture of an exercise; 0: as wide as any drawing."""
        made = self.rendition(picture.image.picture)
        if made is None:
            return 0.0
        wanted_mm = max(_MIN_PICTURE_MM, PICTURE_MM * self.setting.picture)
        if made.lettering:
            wanted_mm = max(wanted_mm, self.lettering_mm / made.lettering)
        if wanted_mm > _MAX_PICTURE_MM or made.width_px > _MAX_RATIO * made.height_px:
            return 0.0
        return min(wanted_mm, _MAX_PICTURE_HEIGHT_MM * made.width_px / made.height_px)

    def _is_long(self, blocks: Sequence[model.Block], picture: model.Figure | None) -> bool:
        frame, size_mm = self.setting.frame, self.setting.size_pt * MM_PER_PT
        width_mm = max(_MIN_TEXT_MM, frame.full_mm - (PICTURE_MM + _PICTURE_GAP_MM if picture else 0.0))
        letters = min(width_mm, frame.column_mm) / (size_mm * _LETTER_EM)
        parts = [part for block in blocks for part in _lines_of(block)]
        lines = sum(1 + len(part) // letters for part in parts)
        height_mm = size_mm * (lines * _LINE_EM + len(parts) * _GAP_EM)
        if picture and not self._has_room_beside:
            height_mm += PICTURE_MM
        return height_mm > _MAX_WHOLE_SHARE * frame.room_mm


def _lines_of(block: model.Block) -> list[str]:
    items = block.items if isinstance(block, model.OrderedList | model.BulletList) else ((block,),)
    return [text(item) for item in items]


def _labelled(block: model.Block, piece: Markup) -> Markup:
    """Return a paragraph that is only a label as such."""
    label, rest = split_label(block)
    return with_class(piece, "label") if label and not rest else piece


def _numbered(heading: Markup, number: int, words: str) -> Markup:
    """Return a heading with the number of its exercise, which no screen reader reads: it is no word of the author."""
    if not number:
        return heading
    start, end, rest = str(heading).partition(">")
    label = Markup(' style="bookmark-label: attr(data-bookmark)" data-bookmark="{}"').format(words)
    if "data-bookmark" in start:
        label = Markup("")
    mark = Markup('<span class="number" aria-hidden="true"{}>{}</span> ').format(ADDED, number)
    return Markup(start + str(label) + end + str(mark) + rest)  # noqa: S704  # escaped already


def _strip(dose: Sequence[Markup]) -> Markup:
    return Markup('<div class="dose-strip">\n{}\n</div>').format(Markup("\n").join(dose)) if dose else Markup("")
