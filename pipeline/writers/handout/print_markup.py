"""Renders the blocks of an article for print: pictures beside the text, widths of drawings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import quote

from markupsafe import Markup

from pipeline import model
from pipeline.model import text, walk
from pipeline.rendering.fonts import FontStyle, supported_characters, widest_part_mm, widest_word_mm
from pipeline.rendering.markup import ADDED, MarkupRenderer, Placed, column_widths
from pipeline.rendering.paper_sizes import MM_PER_PT
from pipeline.rendering.text import CONTACT_SCHEMES, unsaid_contact
from pipeline.writers import Job, Need, Rendition
from pipeline.writers.handout.placing import (
    announces,
    in_print_order,
    is_exercise,
    is_label,
    says_dose,
    stays_whole,
)
from pipeline.writers.handout.variants import MEDIUM, MM_PER_INCH, TypeSetting, print_need

_MIN_DPI = 110
"""A picture with fewer is printed smaller rather than blurred."""
_PREFERRED_CELL_MM = 40.0
"""Width of a table column at 12 pt: a table with narrower columns takes the margin too."""
_SHORT_CELL_LETTERS = 12
"""A cell with at most so many letters stays on one line where the paper allows: `Dag 10`, `2 gange`."""
_CELL_GAP_MM = 3.0
"""Right padding of every cell but the last, as in `styles/handout/handout.css`."""
_LIST_MM = 6.0
_INDENTS_MM: Mapping[type[model.Block], float] = {
    **dict.fromkeys((model.BulletList, model.OrderedList, model.DefinitionList), _LIST_MM),
    model.BlockQuote: 5.8,
    model.Callout: 11.1,
}
"""Indents of lists, quotations and boxes, as in `styles/handout/handout.css`."""
_LARGE_PRINT_PT, _CLEAR_PRINT_PT = 16.0, 12.0
"""The least sizes of large print and of clear print: type in a crowded table goes down to them."""
_MOST_HYPHENATED_COLUMNS = 4
_FIRST_CELL = re.compile(r"(<tr>)<td(.*?)</td>", re.DOTALL)
UNBROKEN = re.compile(r"(?<![\d.,])\d[\d.,]*(?:(?:–| [×x] )\d[\d.,]*)+|[≤≥±≈] \d")
"""A range, a product or a bound: it stays on one line."""
_MOST_WHOLE_ROWS, _MOST_WHOLE_LINES, _CELL_LETTERS = 5, 20, 60
"""A table with more rows or lines may break across pages: kept whole, it would leave a page nearly empty."""
_WEB_SCHEMES, _CALL_SCHEMES = ("http:", "https:"), ("tel:", "sms:")
MIN_LETTERING_PT = 7.0
"""Size of the text in a drawing: where it would be smaller, the drawing takes the margin too."""
_LAST_WORDS = re.compile(r"(?<=\s)([^\s<>]{1,14} [^\s<>]{1,14})(</h\d>)?$")
_STARTS_WIDE = re.compile(r'<(?:table|figure)[^>]* class="[^"]*\bwide\b')


def top_level_blocks(blocks: Iterable[model.Block]) -> Iterator[model.Block]:
    """Yield the blocks outside lists, boxes and quotations, which may take the margin beside the text."""
    for block in blocks:
        if isinstance(block, model.Div):
            yield from top_level_blocks(block.blocks)
        else:
            yield block


def drawing_width_mm(made: Rendition, setting: TypeSetting, room_mm: float) -> float:
    """Return the width of a drawing in print: as wide as its text needs, as far as there is room."""
    frame = setting.frame
    most_mm = min(
        made.width_px / _MIN_DPI * MM_PER_INCH, frame.max_picture_height_mm * made.width_px / made.height_px, room_mm
    )
    wanted_mm = (frame.column_mm if made.lettering else min(frame.column_mm, frame.plain_drawing_mm)) * setting.picture
    if made.lettering:
        wanted_mm = max(wanted_mm, MIN_LETTERING_PT * MM_PER_PT / made.lettering)
    return min(wanted_mm, most_mm)


def printed_lettering_pt(made: Rendition, setting: TypeSetting, room_mm: float) -> float:
    """Return the printed size of the smallest text in a drawing; 0 without text."""
    return made.lettering * drawing_width_mm(made, setting, room_mm) / MM_PER_PT


def picture_address(wanted: Need) -> str:
    return f"picture:{wanted.picture.sha256}-{wanted.width_px}"


def readable_address(address: str) -> str:
    """Return a web address as people read it aloud and type it."""
    shown = address.removeprefix("https://").removeprefix("http://").removesuffix("/")
    return shown if supported_characters().issuperset(shown) else quote(shown, safe="/:@!$&'()*+,;=-._~%?#")


def with_class(markup: Markup, kinds: str) -> Markup:
    """Return the markup of an element with more classes."""
    tag, _, rest = str(markup).partition(">")
    name, found, classes = tag.partition(' class="')
    tag = f'{name} class="{kinds} {classes}' if found else f'{tag} class="{kinds}"'
    return Markup(f"{tag}>{rest}")  # noqa: S704  # escaped already


def keep_last_words(heading: Markup) -> Markup:
    """Return a heading whose last word is not alone on its line."""
    return Markup(_LAST_WORDS.sub(r'<span class="unbroken">\1</span>\2', str(heading)))  # noqa: S704  # escaped already


def unsaid_address(address: str, words: str) -> str:
    """Return the address or number of a link as people write it; empty where its words say it."""
    if address.startswith(CONTACT_SCHEMES):
        shown = unsaid_contact(address, words)
        return shown if supported_characters().issuperset(shown) else quote(shown, safe="@")
    shown = readable_address(address) if address.startswith(_WEB_SCHEMES) else ""
    return "" if shown.removeprefix("www.").casefold() in words.casefold() else shown


def _unsaid_contacts(blocks: tuple[model.Block, ...]) -> Iterator[str]:
    """Yield what is printed behind links: telephone numbers and mail addresses, each on one line."""
    links = (node for node in walk(blocks) if isinstance(node, model.Link) and node.address.startswith(CONTACT_SCHEMES))
    unsaid = (unsaid_address(link.address, text(link.content)) for link in links)
    yield from (f" ({_without_breaks(shown)})" for shown in unsaid if shown)


def _without_breaks(words: str | re.Match[str]) -> str:
    return (words if isinstance(words, str) else words[0]).replace(" ", "\N{NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class _TableShape:
    """A way to print a table."""

    table: model.Table
    size_pt: float
    is_hyphenated: bool = False
    is_turned: bool = False
    """Its rows are the columns of the source, and begin with their heads."""
    whole: int = 0
    """Cells of up to so many letters stay on one line."""


def _is_regular(table: model.Table) -> bool:
    """Tell whether each cell but those of the first column stands below one head and beside another."""
    return len(table.head) > 1 and all(len(row) == len(table.head) for row in table.rows)


def _table_shapes(table: model.Table, size_pt: float) -> Iterator[_TableShape]:
    """Yield the ways to print a table, each for narrower paper."""
    least_pt = min(size_pt, _LARGE_PRINT_PT if size_pt > _LARGE_PRINT_PT else _CLEAR_PRINT_PT)
    yield _TableShape(table, size_pt)
    yield _TableShape(table, least_pt)
    hyphenated = _TableShape(table, least_pt, is_hyphenated=True)
    if len(table.head) <= _MOST_HYPHENATED_COLUMNS:  # one long word is no reason to turn a table
        yield hyphenated
    if _is_regular(table):
        head, *rows = zip(table.head, *table.rows, strict=True)
        turned = _TableShape(replace(table, head=head, rows=tuple(rows)), least_pt, is_turned=True)
        yield from (replace(turned, size_pt=size_pt), turned, hyphenated, replace(turned, is_hyphenated=True))
    yield hyphenated


class HandoutRenderer(MarkupRenderer):
    """Renders blocks for print: pictures in the column or beside it, footnotes without back links."""

    def __init__(self, article: model.Article, job: Job, setting: TypeSetting, prefix: str) -> None:
        super().__init__(job.words_of(article), self._placed, medium=MEDIUM, prefix=prefix, language=article.language)
        self._article = article
        self._job = job
        self._setting = setting
        self._frame = setting.frame
        self._photo_mm = self._frame.mood_mm
        """Width of a photograph; 0: what is shown is a drawing, as wide as it needs."""
        self._is_below_heading = False
        self._is_in_cell = False
        self._keeps_short = False
        self._indent_mm = 0.0
        self._base_mm = self._frame.column_mm
        self._is_source = False
        """In references and footnotes, where an address stands behind its words."""
        self.web_links: dict[str, str] = {}
        """Words of each link to the web that do not say its address, by address."""
        self._ids = {node.id for node in walk(article.blocks) if isinstance(node, model.Header | model.References)}

    def hero(self) -> Markup:
        """Return the picture at the top: large where it shows an exercise."""
        if self._article.hero is None:
            return Markup("")
        shows_how = is_exercise(self._article)
        self._photo_mm = self._frame.side_mm if shows_how else self._frame.mood_mm
        figure = super().figure(self._article.hero)
        kind = "hero shows-how" if shows_how else "hero"
        return Markup('<figure class="{}">').format(kind) + figure.removeprefix("<figure>") if figure else figure

    def article(self, article: model.Article) -> Markup:
        """Return all blocks in the order they are printed in, each with what keeps it with its neighbours."""
        numbered = list(enumerate(article.blocks, 1))
        photos = {number for number, block in numbered if self._is_photo(block)}
        moved = {line: steps for source, line, steps in self._setting.moved if source == article.source}
        pieces: list[Markup] = []
        leading: list[bool] = []
        before: model.Block | None = None
        order = list(in_print_order(numbered, photos, moved, has_margin=self._frame.has_margin))
        for (number, block), after in zip(order, (*(each for _, each in order[1:]), None), strict=False):
            self._is_below_heading = isinstance(before, model.Header)
            before = block
            if piece := self.anchored(number, block):  # the e-book needs the page of each block
                pieces.append(self._kept(block, after, piece))
                leading.append(isinstance(block, model.Header) or announces(block, after))
            if piece and self._frame.columns > 1 and _STARTS_WIDE.match(piece):
                first = len(pieces) - 1
                while first and leading[first - 1]:
                    first -= 1
                pieces[first:] = [Markup('<div class="span">\n{}\n</div>').format(Markup("\n").join(pieces[first:]))]
                leading[first:] = [False]
        return Markup("\n").join(pieces)

    def _kept(self, block: model.Block, after: model.Block | None, piece: Markup) -> Markup:
        """Return a block with the classes that keep it whole, or with the block after it."""
        claims = {"announces": announces(block, after), "label": is_label(block), "whole": stays_whole(block)}
        if isinstance(block, model.Header):
            claims = {"dose": says_dose(block)}
        if kinds := " ".join(kind for kind, holds in claims.items() if holds):
            piece = with_class(piece, kinds)
        return piece

    def figure(self, block: model.Figure) -> Markup:
        made = self._drawing_rendition(block.image.picture)
        is_inside = self._is_in_cell or self._indent_mm > 0
        if self._is_photo(block) or self._is_in_cell:
            shows_how = self._is_below_heading and not is_inside
            self._photo_mm = self._frame.side_mm if shows_how else self._frame.mood_mm
            kind = "photo shows-how" if shows_how else "photo" if self._is_photo(block) else "drawing"
        else:
            self._photo_mm = 0.0
            is_wide = made is not None and self._drawing_width_mm(made) > self._frame.column_mm
            kind = "drawing wide" if is_wide else "drawing"
        if self._is_below_heading and not is_inside:
            kind += " opening"
        figure = super().figure(block)
        self._photo_mm = self._frame.mood_mm
        return Markup('<figure class="{}">').format(kind) + figure.removeprefix("<figure>") if figure else figure

    def _is_photo(self, block: model.Block | None) -> bool:
        """Tell photographs, which may be small beside the text, from drawings, whose text must stay legible.

        Drawings are PNG, photographs are JPEG, whatever the source file was.
        """
        if not isinstance(block, model.Figure) or self._is_in_cell:
            return False
        made = self._drawing_rendition(block.image.picture)
        return made is not None and made.media_type == "image/jpeg"

    def _drawing_width_mm(self, made: Rendition) -> float:
        return drawing_width_mm(made, self._setting, self._room_mm)

    @property
    def _room_mm(self) -> float:
        """Width available to a block: what stands in a list or a quotation is no wider than the text."""
        return self._base_mm - self._indent_mm if self._indent_mm else self._frame.full_mm

    @contextmanager
    def _indented(self, indent_mm: float) -> Iterator[None]:
        self._indent_mm += indent_mm
        yield
        self._indent_mm -= indent_mm

    def block(self, block: model.Block) -> Markup:
        is_box = isinstance(block, model.Callout) and not self._indent_mm
        self._base_mm = self._frame.box_mm if is_box else self._base_mm
        with self._indented(_INDENTS_MM.get(type(block), 0.0)):
            markup = super().block(block)
        self._base_mm = self._frame.column_mm if is_box else self._base_mm
        return markup

    def _drawing_rendition(self, picture: model.Picture) -> Rendition | None:
        return self._job.pictures.get(print_need(picture, self._frame.drawing_mm))

    def image(self, inline: model.Image) -> Markup:
        placed = self.place(inline.picture)
        if placed is None:
            return Markup("")
        made = self._drawing_rendition(inline.picture)
        if made and not self._photo_mm:
            width_mm = self._drawing_width_mm(made)
        else:
            width_mm = min(
                self._photo_mm * self._setting.picture,
                self._room_mm,
                placed.width_px / _MIN_DPI * MM_PER_INCH,
                self._frame.max_photo_height_mm * placed.width_px / placed.height_px,
            )
        return Markup('<img src="{}" alt="{}" style="width:{:.1f}mm"/>').format(placed.src, inline.alt, width_mm)

    def table(self, block: model.Table) -> Markup:
        """Return a table as wide as it needs.

        Where the paper is too narrow for its words, it is set smaller, hyphenated, turned, or listed row by row.
        """
        shapes = tuple(_table_shapes(block, self._setting.size_pt))
        shape = next(filter(self._fits, shapes), shapes[-1])
        if _is_regular(block) and not self._fits(shape):
            return self._listed_rows(block)
        columns = len(shape.table.head or next(iter(shape.table.rows), ()))
        whole = replace(shape, whole=_SHORT_CELL_LETTERS)
        self._keeps_short = self._fits(whole)
        wanted_mm = max(self._table_width_mm(shape), columns * _PREFERRED_CELL_MM * shape.size_pt / 12)
        claims = {
            "crowded": shape.is_hyphenated,
            "wide": not self._indent_mm and wanted_mm > self._frame.column_mm,
            "long": len(shape.table.rows) > _MOST_WHOLE_ROWS
            or len(shape.table.rows) + len(text((block,))) // _CELL_LETTERS > _MOST_WHOLE_LINES,
        }
        kinds = " ".join(kind for kind, holds in claims.items() if holds)
        opening = Markup('<table class="{}"').format(kinds) if kinds else Markup("<table")
        if shape.size_pt != self._setting.size_pt:
            opening += Markup(' style="font-size: {:g}pt"').format(shape.size_pt)
        markup = super().table(shape.table).removeprefix("<table>")
        if shape.is_turned:
            markup = Markup(_FIRST_CELL.sub(r'\1<th scope="row"\2</th>', str(markup)))  # noqa: S704  # escaped already
        return opening + Markup(">") + (self._column_group(shape) if shape.is_hyphenated else Markup("")) + markup

    def _listed_rows(self, block: model.Table) -> Markup:
        """Return a table for each row, with its cells below each other; headings are added from the second on."""
        heading, *heads = block.head
        pieces = [Markup("<p><strong>{}</strong></p>").format(self.inlines(block.caption))] if block.caption else []
        for number, (name, *cells) in enumerate(block.rows):
            added = ADDED if number else Markup("")
            pairs = [
                Markup("<tr>{}{}</tr>").format(
                    self.cell(head, "th").replace('scope="col"', Markup('scope="row"') + added, 1),
                    self.cell(cell, "td"),
                )
                for head, cell in zip(heads, cells, strict=True)
            ]
            label = self.head_label(heading)
            label = Markup("<span{}>{}: </span>").format(added, label) if label else label
            caption = Markup("<caption>{}{}</caption>").format(label, self.blocks(name.blocks))
            pieces.append(Markup("<table>{}<tbody>{}</tbody></table>").format(caption, Markup("").join(pairs)))
        return Markup("\n").join(pieces)

    def _fits(self, shape: _TableShape) -> bool:
        return self._table_width_mm(shape) <= self._room_mm

    def _table_width_mm(self, shape: _TableShape) -> float:
        return sum(width + _CELL_GAP_MM for width in self._column_widths_mm(shape)) - _CELL_GAP_MM

    def _column_widths_mm(self, shape: _TableShape) -> list[float]:
        """Return the least width of each column."""

        def least_mm(cell: model.Cell, tag: str) -> float:
            style: FontStyle = "bold" if tag == "th" else "regular"
            words = UNBROKEN.sub(_without_breaks, f"{text(cell.blocks)}{''.join(_unsaid_contacts(cell.blocks))}")
            if len(words) <= shape.whole:
                words = _without_breaks(words)
            if shape.is_hyphenated:
                return widest_part_mm(words, style, shape.size_pt, self._language)
            return widest_word_mm(words, style, shape.size_pt)

        return column_widths(shape.table, least_mm, has_row_heads=shape.is_turned)

    def _column_group(self, shape: _TableShape) -> Markup:
        """Return the widths of columns: what each needs, and a share of the rest by its longest text."""
        least = [width + _CELL_GAP_MM for width in self._column_widths_mm(shape)]
        columns = zip_longest(shape.table.head, *shape.table.rows, fillvalue=model.Cell(()))
        letters = [1 + max(len(text(cell.blocks)) for cell in column) for column in columns]
        room_mm = self._room_mm + _CELL_GAP_MM
        rest, scale = max(0.0, room_mm - sum(least)) / sum(letters), min(1.0, room_mm / sum(least))
        widths = (scale * width + rest * count for width, count in zip(least, letters, strict=True))
        return Markup("<colgroup>{}</colgroup>\n").format(
            Markup("").join(Markup('<col style="width: {:.2f}mm"/>').format(width) for width in widths)
        )

    def cell(self, cell: model.Cell, tag: str) -> Markup:
        self._is_in_cell = True
        markup = super().cell(cell, tag)
        self._is_in_cell = False
        if self._keeps_short and 0 < len(text(cell.blocks)) <= _SHORT_CELL_LETTERS:
            return Markup('<{} style="white-space: nowrap"').format(tag) + markup.removeprefix(f"<{tag}")
        return markup

    def header(self, block: model.Header) -> Markup:
        return self._with_bookmark(keep_last_words(super().header(block)), block.content)

    def references_title(self, block: model.References) -> Markup:
        return self._with_bookmark(super().references_title(block), block.title)

    def _with_bookmark(self, heading: Markup, content: tuple[model.Inline, ...]) -> Markup:
        """Return a heading whose bookmark has no marks of footnotes and no addresses."""
        if not any(isinstance(node, model.Note | model.Link) for node in walk(content)):
            return heading
        label = Markup(' style="bookmark-label: attr(data-bookmark)" data-bookmark="{}">').format(text(content))
        return Markup(str(heading).replace(">", str(label), 1))  # noqa: S704  # escaped above

    def link(self, inline: model.Link) -> Markup:
        if inline.address.startswith("#") and inline.address[1:] not in self._ids:
            return self.inlines(inline.content)  # its target is not in the excerpt
        words = text(inline.content) or " ".join(
            node.alt for node in walk(inline.content) if isinstance(node, model.Image)
        )
        shown = unsaid_address(inline.address, words)
        if shown and inline.address.startswith(_WEB_SCHEMES) and not self._is_source:
            self.web_links.setdefault(inline.address, words)
        elif shown:
            kind = "number" if inline.address.startswith(_CALL_SCHEMES) else "address"
            return super().link(inline) + Markup(' <span class="{}"{}>({})</span>').format(kind, ADDED, shown)
        return super().link(inline)

    def references(self, block: model.References) -> Markup:
        self._is_source = True
        markup = super().references(block)
        self._is_source = False
        return markup

    def notes(self) -> Markup:
        self._is_source = True
        return super().notes()

    def note_item(self, number: int, note: model.Note) -> Markup:
        with self._indented(_LIST_MM):
            return Markup('<li id="{}note-{}">{}</li>').format(self.prefix, number, self.blocks(note.blocks))

    def _placed(self, picture: model.Picture) -> Placed | None:
        wanted = print_need(picture, self._frame.photo_mm if self._photo_mm else self._frame.drawing_mm)
        made = self._job.pictures.get(wanted)
        return Placed(picture_address(wanted), made.width_px, made.height_px) if made else None
