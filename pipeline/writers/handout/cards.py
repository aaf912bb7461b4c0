"""Exercise cards: a page of A5 or A6 for each exercise of an article, with its picture, dose, steps and cautions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal

from markupsafe import Markup

from pipeline import model
from pipeline.model import text
from pipeline.rendering.exercises import Exercise, find_exercises, name_beside, printed_blocks, split_label, with_levels
from pipeline.rendering.fonts import widest_word_mm
from pipeline.rendering.markup import TITLE, chapter_prefix
from pipeline.rendering.paper_sizes import MM_PER_PT
from pipeline.rendering.pdf_layout import Layout, lay_out
from pipeline.writers import Facts, Job, Rendition
from pipeline.writers.handout import print_html
from pipeline.writers.handout.excerpt import VariantDoesNotApply
from pipeline.writers.handout.layout_search import LaidOutVariant, TooLongForPage, layout_findings
from pipeline.writers.handout.missing_characters import Substitutions
from pipeline.writers.handout.print_markup import MIN_LETTERING_PT, HandoutRenderer, readable_address
from pipeline.writers.handout.variants import MEDIUM, VARIANTS, TypeSetting, Variant

_CODE_MM = 20.0
"""Width of the QR code without its quiet zone."""
_CODE_ROW_MM = 28.0
_GAP_MM = 5.0
_WIDE = 1.6
"""A picture with a larger ratio of width to height stands above the dose, not beside it."""
_MIN_ALONE_MM = 100.0
_SMALL_MM = 100.0
"""Below this width of the text, a card is set with smaller spaces and labels."""
_LARGE_AMOUNT, _MIDDLE_AMOUNT = 46, 100
"""Letters of a dose that is set large, and of one that is set larger than the text."""
_MIN_TITLE_EM = 1.4
_END = "_card-end"
_STEPS_END = "_card-steps-end"
_CAUTIONS_END = "_card-cautions-end"


CodePlace = Literal["front", "back", "foot", "none"]


@dataclass(frozen=True, slots=True)
class CardSetting:
    """How a card is set."""

    type: TypeSetting
    code: CodePlace = "front"
    """Where its QR code is; `foot`: the address stands there in its place; `none`: nor does the address."""
    has_back: bool = False


LayOut = Callable[[tuple[CardSetting, ...]], Layout]
Fits = Callable[[Layout, int], bool]


@dataclass(frozen=True, slots=True)
class Card:
    """An exercise on its way to a card."""

    exercise: Exercise
    article: model.Article
    """Its article, with no other blocks than the card prints."""
    title: str
    prefix: str
    """Of all ids on the card."""


@dataclass(frozen=True, slots=True)
class _CardPrint:
    """The cards of an edition, in one variant."""

    edition: model.Edition
    job: Job
    variant: Variant
    cards: tuple[Card, ...]
    substitutions: Substitutions

    @property
    def on_one_page(self) -> tuple[CardSetting, ...]:
        """Settings from roomy to tight: the code goes before anything else does."""
        settings = self.variant.candidates
        without_code = (*(CardSetting(setting, "foot") for setting in settings[-2:]), CardSetting(settings[-1], "none"))
        return (*map(CardSetting, settings), *without_code)

    def on_both_sides(self, code: CodePlace) -> tuple[CardSetting, ...]:
        settings = self.variant.candidates
        return tuple(CardSetting(each, code, has_back=True) for each in (*settings[:6:2], *settings[6::3]))


def cards_of(article: model.Article) -> tuple[Card, ...]:
    """Return the cards of an article: one for each of its exercises.

    Raises:
        VariantDoesNotApply: It is no exercise.
    """
    is_exercise = article.meta.kind == "exercise"
    blocks = tuple(printed_blocks(article.blocks, MEDIUM))
    exercises = find_exercises(blocks, is_exercise=is_exercise)
    marked = tuple(each for each in exercises if each.is_marked and (is_exercise or each.dose))
    if is_exercise and not exercises:
        raise VariantDoesNotApply("it is an exercise without numbered steps")
    if not marked:
        raise VariantDoesNotApply("it is no exercise: neither `kind: exercise` nor headings for steps and dose")
    if len(exercises) > 1:
        return tuple(_card(article, each, f"card-{number}-") for number, each in enumerate(marked, 1))
    (only,) = marked
    pictures = only.pictures or ((article.hero,) if article.hero else ())
    return (_card(article, replace(only, pictures=pictures), ""),)


def _card(article: model.Article, exercise: Exercise, prefix: str) -> Card:
    is_one_of_many = bool(prefix) and exercise.name
    title = text(exercise.name.content) if is_one_of_many and exercise.name else article.title
    headings: tuple[model.Block, ...] = () if is_one_of_many or exercise.name is None else (exercise.name,)
    headings += () if exercise.title is None else (exercise.title,)
    blocks = (*headings, *exercise.steps, *exercise.dose, *exercise.cautions)
    return Card(exercise, replace(article, blocks=blocks), title, prefix)


def lay_out_cards(edition: model.Edition, job: Job, name: str, substitutions: Substitutions) -> LaidOutVariant:
    """Lay the exercises of an article out on cards, each as large as it fits, or on both sides of its card.

    Raises:
        VariantDoesNotApply: The article is no exercise, an edition is no programme, or a card is too long.
    """
    if edition.is_bound and not edition.front.meta.is_programme:
        raise VariantDoesNotApply("it binds several articles")
    cards = tuple(card for article in edition.articles for card in cards_of(article))

    print_ = _CardPrint(edition, job, VARIANTS[name], cards, substitutions)
    most = print_.variant.most_pages

    @cache
    def lay(settings: tuple[CardSetting, ...]) -> Layout:
        return _lay_out(print_, settings)

    settings = _roomiest(print_.on_one_page, [None] * len(cards), lay, _is_one_page)
    # Its back takes the code and, where they do not fit in front, help and cautions; of a small card, steps too.
    for is_in_front in (_is_whole_in_front, _are_steps_in_front, *((_is_begun_in_front,) if most else ())):
        for code in ("back", "foot") if most else ("back",):
            fits = partial(_fits_sides, is_in_front=is_in_front, most=most)
            settings = _roomiest(print_.on_both_sides(code), settings, lay, fits)
    if most and None in settings:
        titles = ", ".join(f"“{card.title}”" for card, setting in zip(cards, settings, strict=True) if not setting)
        raise TooLongForPage(f"front and back of a card do not hold {titles} at 11 pt")
    layout = lay(tuple(setting or print_.on_both_sides("back")[-1] for setting in settings))
    return LaidOutVariant(layout, tuple(layout_findings(layout, edition.front.source, f"{name}: ")))


def card_starts(facts: Facts) -> tuple[int, ...]:
    """Return the pages on which cards begin, from the facts of their variant; none for other variants."""
    titles = {id_: page for id_, page in facts.page_of.items() if id_.startswith(f"{TITLE}-")}
    return tuple(sorted(titles.values()))


def _roomiest(
    candidates: Sequence[CardSetting], known: Sequence[CardSetting | None], lay: LayOut, fits: Fits
) -> list[CardSetting | None]:
    """Return the first of the candidates in which each card fits; None: in none. All cards are bisected at once.

    Args:
        known: Settings of cards that fit already.
    """
    low = [0] * len(known)
    high = [0 if setting else len(candidates) for setting in known]
    while any(a < b for a, b in zip(low, high, strict=True)):
        tried = [(a + b) // 2 for a, b in zip(low, high, strict=True)]
        settings = (given or candidates[min(at, len(candidates) - 1)] for given, at in zip(known, tried, strict=True))
        layout = lay(tuple(settings))
        for number, at in enumerate(tried):
            if low[number] < high[number]:
                high[number], low[number] = (at, low[number]) if fits(layout, number) else (high[number], at + 1)
    return [given or (candidates[at] if at < len(candidates) else None) for given, at in zip(known, low, strict=True)]


def _page(layout: Layout, mark: str, number: int) -> int:
    return layout.page_of[f"{mark}-{number}"]


def _is_one_page(layout: Layout, number: int) -> bool:
    return _page(layout, _END, number) == _page(layout, TITLE, number)


def _is_whole_in_front(layout: Layout, number: int) -> bool:
    return _page(layout, _CAUTIONS_END, number) == _page(layout, TITLE, number)


def _are_steps_in_front(layout: Layout, number: int) -> bool:
    return _page(layout, _STEPS_END, number) == _page(layout, TITLE, number)


def _is_begun_in_front(_layout: Layout, _number: int) -> bool:
    return True


def _fits_sides(layout: Layout, number: int, is_in_front: Fits, most: int) -> bool:
    pages = 1 + _page(layout, _END, number) - _page(layout, TITLE, number)
    return is_in_front(layout, number) and (not most or pages <= most)


# ---- one card


class _CardRenderer(HandoutRenderer):
    """Renders the parts of a card."""

    picture_mm = 0.0
    """Width of the picture that is rendered; 0: as on any handout."""

    def image(self, inline: model.Image) -> Markup:
        if not self.picture_mm:
            return super().image(inline)
        placed = self.place(inline.picture)
        if placed is None:
            return Markup("")
        return Markup('<img src="{}" alt="{}" style="width:{:.1f}mm"/>').format(placed.src, inline.alt, self.picture_mm)

    def main_picture(self, figure: model.Figure | None) -> tuple[Markup, float, float]:
        """Return the picture of the exercise, with its width and height in millimetres."""
        made = self._drawing_rendition(figure.image.picture) if figure else None
        if figure is None or made is None:
            return Markup(""), 0.0, 0.0
        width_mm = _picture_mm(made, self._setting)
        self.picture_mm = width_mm
        self._photo_mm = 0.0
        markup = super(HandoutRenderer, self).figure(figure)
        self._photo_mm = self._frame.mood_mm
        self.picture_mm = 0.0
        return markup, width_mm, width_mm * made.height_px / made.width_px


def _picture_mm(made: Rendition, setting: TypeSetting) -> float:
    """Return the width of the picture: beside the dose, or across the card where it is wide or its text is small."""
    frame = setting.frame
    ratio = made.width_px / made.height_px
    beside_mm = frame.side_mm * setting.picture * min(1.0, ratio)
    lettering_mm = MIN_LETTERING_PT * MM_PER_PT / made.lettering if made.lettering else 0.0
    if ratio <= _WIDE and lettering_mm <= beside_mm:
        return beside_mm
    across_mm = frame.side_mm * setting.picture * min(ratio, _WIDE)
    return min(frame.column_mm, max(across_mm, lettering_mm))


def _lay_out(print_: _CardPrint, settings: Sequence[CardSetting]) -> Layout:
    edition, job, variant = print_.edition, print_.job, print_.variant
    front = edition.front
    resources, code_mm = print_html.print_resources(edition, job)
    code_width = f"{code_mm * _CODE_MM / print_html.QR_CODE_MM:.2f}mm" if code_mm else ""
    values = [
        _card_values(print_, card, setting.type) | {"number": number, "code": setting.code if code_width else "foot"}
        for number, (card, setting) in enumerate(zip(print_.cards, settings, strict=True))
    ]
    html = job.styles.render(
        "handout/card.html.j2",
        edition=edition,
        front=front,
        title=print_.substitutions.printed_title(front),
        cards=values,
        publisher=job.publisher,
        words=job.words,
        label=job.words[variant.label],
        has_logo=print_html.LOGO in resources,
        is_small=variant.candidates[-1].frame.column_mm < _SMALL_MM,
        has_backs=any(setting.has_back for setting in settings),
        code_width=code_width,
        code_height=_CODE_ROW_MM,
        web=readable_address(front.address),
        contact=_contact_line(edition, job),
        title_mark=TITLE,
        steps_mark=_STEPS_END,
        cautions_mark=_CAUTIONS_END,
        end_mark=_END,
    )
    css = print_html.style_sheet_text(edition, job, variant, variant.candidates[-1]) + job.styles.render(
        "handout/card.css"
    )
    return lay_out(print_html.unbroken(print_.substitutions.apply_to(html)), css, resources)


def _card_values(print_: _CardPrint, card: Card, setting: TypeSetting) -> dict[str, object]:
    exercise, frame = card.exercise, setting.frame
    prefix = chapter_prefix(print_.edition, card.article) + card.prefix
    renderer = _CardRenderer(card.article, print_.job, setting, prefix)
    figure, width_mm, height_mm = renderer.main_picture(next(iter(exercise.pictures), None))
    is_beside = bool(figure) and width_mm < _MIN_ALONE_MM and frame.column_mm - width_mm - _GAP_MM >= 45
    name = exercise.name if card.prefix == "" and exercise.name else None
    heading = name_beside(exercise.title, card.title)
    widest_mm = widest_word_mm(card.title, "bold", setting.size_pt)
    title_em = print_.variant.title_pt / setting.size_pt
    return {
        "title": renderer.inlines(exercise.name.content)
        if card.prefix and exercise.name
        else print_.substitutions.printed_title(card.article),
        "collection": card.article.title if card.prefix else "",
        "size": f"{setting.size_pt:g}pt",
        "title_em": max(_MIN_TITLE_EM, min(title_em, frame.column_mm / (widest_mm or 1.0))),
        "is_tight": setting.is_tight,
        "figure": figure,
        "is_beside": is_beside,
        "picture_height": height_mm if is_beside else 0.0,
        "side": f"{frame.column_mm - width_mm - _GAP_MM if is_beside else frame.column_mm:.1f}mm",
        "name": renderer.inlines(name.content) if name else "",
        "steps_title": renderer.inlines(heading),
        "is_heading": isinstance(exercise.title, model.Header),
        "steps": renderer.blocks(with_levels(exercise.steps)),
        "dose": _dose_values(renderer, exercise.dose),
        "cautions": renderer.blocks(with_levels(exercise.cautions)),
        "words": renderer.words,
        "added": renderer.added(),
        "notes": renderer.notes(),  # behind all that may have footnotes
    }


def _dose_values(renderer: HandoutRenderer, dose: Sequence[model.Block]) -> dict[str, object]:
    """Return the label of a dose, its first sentence, which is set large, and the rest."""
    if not dose:
        return {}
    first, *rest = dose
    label: tuple[model.Inline, ...] = ()
    amount: tuple[model.Inline, ...] = ()
    if isinstance(first, model.Header):
        label = first.content
    elif isinstance(first, model.Para):
        label, amount = split_label(first)
        amount = amount if label else first.content
    else:
        rest = [first, *rest]
    if not amount and rest and isinstance(rest[0], model.Para):
        amount, rest = rest[0].content, rest[1:]
    large, more = _first_sentence(amount)
    letters = len(text(large))
    return {
        "label": renderer.inlines(label),
        "is_heading": isinstance(first, model.Header),
        "amount": renderer.inlines(large),
        "size": "large" if letters <= _LARGE_AMOUNT else "middle" if letters <= _MIDDLE_AMOUNT else "plain",
        "more": renderer.inlines(more),
        "rest": renderer.blocks(with_levels(rest)),
    }


def _first_sentence(inlines: tuple[model.Inline, ...]) -> tuple[tuple[model.Inline, ...], tuple[model.Inline, ...]]:
    """Return the first sentence of a paragraph, or all of it but a parenthesis at its end, and what follows."""
    for at, node in enumerate(inlines[:-2]):
        after = inlines[at + 2]
        is_end = isinstance(node, model.Str) and node.text.endswith((".", "!", "?"))
        is_start = isinstance(after, model.Str) and after.text[:1].isupper()
        if is_end and is_start and isinstance(inlines[at + 1], model.Space):
            return inlines[: at + 1], inlines[at + 2 :]
    ends = text(inlines).endswith(")")
    opened = [at for at, node in enumerate(inlines) if isinstance(node, model.Str) and node.text.startswith("(")]
    at = opened[-1] if ends and opened else len(inlines)
    return inlines[:at], inlines[at:]


def _contact_line(edition: model.Edition, job: Job) -> list[str]:
    """Return the parts of the foot: who, the telephone number, and how old the text is."""
    publisher, meta, words = job.publisher, edition.front.meta, job.words
    phone = f"{words['handout_phone']} {publisher.phone}" if publisher.phone else ""
    day = meta.reviewed or meta.updated or meta.published
    key = "handout_reviewed" if meta.reviewed else "handout_updated" if meta.updated else "handout_published"
    dated = words.fill(key, date=words.date(day)) if day else ""
    return [part.replace(" ", "\N{NO-BREAK SPACE}") for part in (publisher.name, phone, dated) if part]
