"""Renders the blocks of an article for print: pictures beside the text, widths of drawings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from urllib.parse import quote, unquote

from markupsafe import Markup

from pipeline import model
from pipeline.languages import language
from pipeline.model import text, walk
from pipeline.rendering.fonts import (
    FontStyle,
    printable,
    supported_characters,
    widest_part_mm,
    widest_word_em,
    widest_word_mm,
)
from pipeline.rendering.markup import ADDED, MarkupRenderer, Placed, column_widths, with_attribute, with_class
from pipeline.rendering.paper_sizes import MM_PER_PT
from pipeline.rendering.pdf_layout import READ_BEFORE
from pipeline.rendering.table_columns import decimals_of, has_row_heads, is_word_list, number_columns
from pipeline.rendering.text import CONTACT_SCHEMES, unsaid_contact
from pipeline.writers import Job, Need, Rendition
from pipeline.writers.handout.exercise_markup import Component, ComponentRenderer, parts_of, takes_hero
from pipeline.writers.handout.help_pointers import HELP_ID, HelpPlace
from pipeline.writers.handout.placing import (
    announces,
    in_print_order,
    is_bold_line,
    is_exercise,
    is_long_box,
    says_dose,
    stays_whole,
)
from pipeline.writers.handout.print_edit import walk_printed
from pipeline.writers.handout.source_addresses import (
    path_behind_host,
    says_number,
    source_number,
    without_tracking,
)
from pipeline.writers.handout.variants import MEDIUM, MM_PER_INCH, TypeSetting, print_need

_MIN_DPI = 110
"""A picture with fewer is printed smaller rather than blurred."""
_PREFERRED_CELL_MM = 40.0
"""Width of a table column at 12 pt: a table with narrower columns takes the margin too."""
_WIDE_COLUMNS = 3
"""A table with so many takes the whole width of the sheet."""
_LETTER_EM = 0.5
"""Width of a letter, on average: a table whose cells would break takes the whole width of the sheet."""
_ROW_LEADING = 1.3
"""As in `styles/handout/handout.css`."""
_SHORT_CELL_LETTERS = 12
"""A cell with at most so many letters stays on one line where the paper allows: `Dag 10`, `2 gange`."""
_CELL_GAP_MM, _NARROW_GAP_MM = 5.0, 3.0
"""Right padding of every cell but the last, and that of a crowded table, as in `styles/handout/handout.css`."""
_TWO_UP_GUTTER_MM = 8.0
"""Between the halves of a long word list, as in `styles/handout/handout.css`."""
_TWO_COLUMNS_MM = 150.0
_LEAST_IN_COLUMNS = 4
"""References in two columns: so many, on paper with this width of type."""
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
_FIRST_CELL = re.compile(r"(<tr[^>]*>)<td(.*?)</td>", re.DOTALL)
UNBROKEN = re.compile(
    r"(?<![\d.,])\d[\d.,]*(?:(?:–| [×x] )\d[\d.,]*)+|[≤≥±≈] \d"
    r"|\b[Kk]l\.\s\d[\d.:]*(?:–\d[\d.:]*)?|(?<!\d )(?<!\()\b\d\d(?: \d\d){3}\b(?! \d)"
)
"""A range, a product, a bound, a time of day or a telephone number: it stays on one line."""
_MOST_WHOLE_ROWS, _MOST_WHOLE_LINES, _CELL_LETTERS = 3, 20, 60
"""A table with more rows or lines may break across pages: kept whole, it would leave a page nearly empty."""
_MOST_TIED_LETTERS = 200
"""Rows with so few letters are not alone on a page."""
_WEB_SCHEMES, _CALL_SCHEMES = ("http:", "https:"), ("tel:", "sms:")
MIN_LETTERING_PT = 7.0
"""Size of the text in a drawing: where it would be smaller, the drawing takes the margin too."""
_READABLE_LETTERING_PT = 0.9 * MIN_LETTERING_PT
"""The size of text in drawings is measured to about a tenth."""
_READABLE_CONTRAST = 2.8
"""3 to 1 (WCAG 2.2, 1.4.11), measured as near as thin strokes allow."""
_LEAST_LISTED = 3
"""So many parts, with semicolons between them, are a list."""
_SPAN_TEMPLATE = Markup('<div class="span">\n{}\n</div>')
_LAST_WORDS = re.compile(r"(?<=\s)([^\s<>]{1,14} [^\s<>]{1,14})(</h\d>)?$")
_STARTS_WIDE = re.compile(r'<(?:table|figure|aside)[^>]* class="[^"]*\bwide\b')


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
    shown = _with_letters(address.removeprefix("https://").removeprefix("http://").removesuffix("/"))
    return shown if supported_characters().issuperset(shown) else quote(shown, safe="/:@!$&'()*+,;=-._~%?#")


def _with_letters(address: str) -> str:
    """Return an address with letters in place of their codes, `soevn/fødder` for `soevn/f%C3%B8dder`."""

    def letters(codes: re.Match[str]) -> str:
        words = unquote(codes[0], errors="strict") if _is_utf8(codes[0]) else codes[0]
        return words if words.isalpha() and supported_characters().issuperset(words) else codes[0]

    return re.sub(r"(?:%[89A-Fa-f][0-9A-Fa-f])+", letters, address)


def _is_utf8(codes: str) -> bool:
    try:
        unquote(codes, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def keep_last_words(heading: Markup) -> Markup:
    """Return a heading whose last word is not alone on its line."""
    bound = _LAST_WORDS.sub(r'<span class="unbroken">\1</span>\2', str(heading))
    return Markup(bound)  # noqa: S704  # escaped already


def unsaid_address(address: str, words: str) -> str:
    """Return the address or number of a link as people write it; empty where its words say it."""
    if address.startswith(CONTACT_SCHEMES):
        shown = unsaid_contact(address, words)
        return shown if supported_characters().issuperset(shown) else quote(shown, safe="@")
    shown = readable_address(address) if address.startswith(_WEB_SCHEMES) else ""
    return "" if shown.removeprefix("www.").casefold() in words.casefold() else shown


def _source_address(address: str, words: str) -> Markup:
    """Return what leads a reader to a source, behind the words of its link; empty where these say it."""
    if number := source_number(address):
        template = Markup("") if says_number(words, number) else Markup(' <span class="address"{}>({})</span>')
        return template.format(ADDED, number)
    address = without_tracking(address)
    shown = unsaid_address(address, words)
    if shown and (path := path_behind_host(readable_address(address), words)):
        return Markup('<span class="address"{}>{}</span>').format(ADDED, path)
    return Markup(' <span class="address"{}>({})</span>').format(ADDED, shown) if shown else Markup("")


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

    @property
    def has_row_heads(self) -> bool:
        """Its first column is bold."""
        return self.is_turned or has_row_heads(self.table)


def _text_of(row: Sequence[model.Cell]) -> str:
    return " ".join(text(cell.blocks) for cell in row)


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
        # What a column is aligned for does not hold for a row.
        plain = [[replace(cell, alignment="") for cell in row] for row in (table.head, *table.rows)]
        head, *rows = zip(*plain, strict=True)
        turned = _TableShape(replace(table, head=head, rows=tuple(rows)), least_pt, is_turned=True)
        yield from (replace(turned, size_pt=size_pt), turned, hyphenated, replace(turned, is_hyphenated=True))
    yield hyphenated


class HandoutRenderer(MarkupRenderer):
    """Renders blocks for print: pictures in the column or beside it, footnotes without back links."""

    def __init__(self, article: model.Article, job: Job, setting: TypeSetting, prefix: str) -> None:
        on_call = job.publisher.doctor_on_call(article.language)
        super().__init__(
            job.words_of(article),
            self._placed,
            medium=MEDIUM,
            prefix=prefix,
            language=article.language,
            doctor_on_call=on_call,
        )
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
        self._gap_mm = _CELL_GAP_MM
        self._decimals_em: dict[int, float] = {}
        """Width of the longest decimals of each column of numbers."""
        self._base_mm = self._frame.column_mm
        self._is_source = False
        """In references and footnotes, where an address stands behind its words."""
        self._is_chapter = bool(prefix)
        self.sources = Markup("")
        """The references of a chapter, for the end of the edition."""
        self.unprinted: list[tuple[int, str]] = []
        """Line of each drawing that is left out, and why."""
        self.darkened: list[tuple[int, str]] = []
        """Line and path of each drawing whose pale text is printed darker."""
        self.web_links: dict[str, str] = {}
        """Words of each link to the web that do not say its address, by address."""
        self.help: list[HelpPlace] = []
        """The boxes on when to get help, in reading order."""
        self._shrunk = {line: share for origin, line, share in setting.shrunk if origin == article.source}
        self._share = 1.0
        """Of its width: a drawing or photograph that would not fit its page is printed smaller."""
        self._section, self._letters = "", 0
        """The heading above, and the letters of the article so far."""
        printed = walk_printed(article.blocks)
        self._ids = {node.id for node in printed if isinstance(node, model.Header | model.References)}

    def hero(self) -> Markup:
        """Return the picture at the top, large where it shows an exercise; a drawing with words stands in the text."""
        hero = self._article.hero
        if hero is None or takes_hero(self._article) or self._has_lettering(hero):
            return Markup("")
        shows_how = is_exercise(self._article)
        self._photo_mm = self._frame.side_mm if shows_how else self._frame.mood_mm
        figure = super().figure(hero)
        kind = "hero shows-how" if shows_how else "hero"
        return Markup('<figure class="{}">').format(kind) + figure.removeprefix("<figure>") if figure else figure

    def article(self, article: model.Article) -> Markup:
        """Return all blocks in the order they are printed in, each with what keeps it with its neighbours."""
        lettering_mm = MIN_LETTERING_PT * MM_PER_PT
        components = ComponentRenderer(
            self._setting, self.anchored, self.anchor, self.figure, self._sized, self._drawing_rendition, lettering_mm
        )
        pieces: list[Markup] = []
        if article.hero and self._has_lettering(article.hero) and (piece := self.figure(article.hero)):
            pieces.append(piece)
        for part in parts_of(article):
            if isinstance(part, Component):
                piece = components.component(article.blocks, part)
                pieces.append(_SPAN_TEMPLATE.format(piece) if self._frame.columns > 1 else piece)
            else:
                pieces += self._ordered(part, article.source)
        return Markup("\n").join(pieces)

    def _ordered(self, numbered: Sequence[tuple[int, model.Block]], source: str) -> list[Markup]:
        """Return blocks that follow each other in the order they are printed in."""
        photos = {number for number, block in numbered if self._is_photo(block)}
        figures = [(number, block) for number, block in numbered if isinstance(block, model.Figure)]
        lettered = {number for number, block in figures if self._has_lettering(block)}
        moved = {line: steps for origin, line, steps in self._setting.moved if origin == source}
        pieces: list[Markup] = []
        leading: list[bool] = []
        before: model.Block | None = None
        follower = dict(pairwise(numbered))
        order = list(in_print_order(numbered, photos, lettered, moved, has_margin=self._frame.has_margin))
        for (number, block), after in zip(order, (*(each for _, each in order[1:]), None), strict=False):
            self._is_below_heading = isinstance(before, model.Header)
            before = block
            if piece := self.anchored(number, block):  # the e-book needs the page of each block
                if isinstance(block, model.Figure) and block.line in moved and (number, block) in follower:
                    piece = with_attribute(piece, READ_BEFORE, self.anchor(*follower[number, block]))
                piece = self._kept(block, after, piece)
                pieces.append(piece)
                leading.append(isinstance(block, model.Header) or announces(block, after))
            if piece and self._frame.columns > 1 and _STARTS_WIDE.match(piece):
                first = len(pieces) - 1
                while first and leading[first - 1]:
                    first -= 1
                pieces[first:] = [_SPAN_TEMPLATE.format(Markup("\n").join(pieces[first:]))]
                leading[first:] = [False]
        return pieces

    def anchored(self, number: int, block: model.Block) -> Markup:
        markup = super().anchored(number, block)
        self._letters += len(text((block,)))
        return markup

    def callout_title(self, block: model.Callout, id_: str = "") -> Markup:
        """Return the lines above a box; the first one has an id, to which the band below the lead may lead."""
        if block.kind in model.URGENT_KINDS and not block.is_added:
            id_ = f"{self.prefix}{HELP_ID}{len(self.help) + 1}"
            self.help.append(HelpPlace(block, id_, self._section, self._letters))
        return super().callout_title(block, id_)

    def _kept(self, block: model.Block, after: model.Block | None, piece: Markup) -> Markup:
        """Return a block with the classes that keep it whole, or with the block after it."""
        claims = {
            "announces": announces(block, after),
            "label": is_bold_line(block),
            "whole": stays_whole(block),
            "wide": is_long_box(block) and self._frame.columns > 1,
        }
        if isinstance(block, model.Header):
            claims = {"dose": says_dose(block)}
        if kinds := " ".join(kind for kind, holds in claims.items() if holds):
            piece = with_class(piece, kinds)
        return piece

    def figure(self, block: model.Figure) -> Markup:
        self._share = self._shrunk.get(block.line, 1.0)
        figure = self._figure(block)
        self._share = 1.0
        return figure

    def _figure(self, block: model.Figure) -> Markup:
        if why := self._unreadable(block):
            return self._words_of_drawing(block, why)
        made = self._drawing_rendition(block.image.picture)
        if made and made.is_darkened:
            self.darkened.append((block.line, block.image.picture.path))
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

    def _sized(self, block: model.Figure, width_mm: float, kind: str) -> Markup:
        """Return the picture of an exercise, of this width whatever the frame says of pictures."""
        need = print_need(block.image.picture, self._frame.drawing_mm)
        image = Markup('<img src="{}" alt="{}" style="width:{:.1f}mm"/>').format(
            picture_address(need), block.image.alt, width_mm
        )
        caption = Markup("<figcaption>{}</figcaption>").format(self.inlines(block.caption)) if block.caption else ""
        return Markup('<figure class="exercise-picture {}" style="width:{:.1f}mm">{}{}</figure>').format(
            kind, width_mm, image, caption
        )

    def _is_photo(self, block: model.Block | None) -> bool:
        """Tell photographs, which may be small beside the text, from drawings, whose text must stay legible.

        Drawings are PNG, photographs are JPEG, whatever the source file was.
        """
        if not isinstance(block, model.Figure) or self._is_in_cell:
            return False
        made = self._drawing_rendition(block.image.picture)
        return made is not None and made.media_type == "image/jpeg" and not made.lettering

    def _has_lettering(self, block: model.Figure | None) -> bool:
        made = self._drawing_rendition(block.image.picture) if block else None
        return made is not None and made.lettering > 0

    def _unreadable(self, block: model.Figure) -> str:
        """Return why the text in a drawing cannot be read on this paper, as wide as it can be; empty where it can."""
        made = self._drawing_rendition(block.image.picture)
        if made is None or not made.lettering:
            return ""
        if (size_pt := printed_lettering_pt(made, self._setting, self._room_mm)) < _READABLE_LETTERING_PT:
            return f"its lettering would be printed at about {size_pt:.1f} pt, expected 7 or more"
        if 0 < made.contrast < _READABLE_CONTRAST:
            return f"its lettering has a contrast of about {made.contrast:.1f} to 1, expected 3 or more"
        return ""

    def _words_of_drawing(self, block: model.Figure, why: str) -> Markup:
        """Return the text alternative of a drawing that cannot be read, as a list where it is one, and its caption."""
        said = printable(block.image.alt)
        done = "its text alternative is printed" if said else "it has no text alternative to print"
        self.unprinted.append((block.line, f"{block.image.picture.path} is left out: {why}; {done}"))
        parts = [part for each in re.split(r";|\n|•", said) if (part := each.strip())]
        is_list = len(parts) >= _LEAST_LISTED
        items = Markup("").join(map(Markup("<li>{}</li>").format, parts if is_list else ()))
        label = Markup("<span{}>{} </span>").format(self.added(), self.words["handout_drawing"])
        pieces = [
            Markup("<p>{}{}</p>").format(label, "" if is_list else said) if said else "",
            Markup("<ul>{}</ul>").format(items) if is_list else "",
            Markup("<p>{}</p>").format(self.inlines(block.caption)) if block.caption else "",
        ]
        inside = Markup("").join(piece for piece in pieces if piece)
        return Markup('<div class="drawing-words">{}</div>').format(inside) if inside else inside

    def _drawing_width_mm(self, made: Rendition) -> float:
        return drawing_width_mm(made, self._setting, self._room_mm) * self._share

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
        box_mm = self._frame.full_mm if is_long_box(block) else self._frame.box_mm
        self._base_mm = box_mm if is_box else self._base_mm
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
                self._photo_mm * self._setting.picture * self._share,
                self._room_mm,
                placed.width_px / _MIN_DPI * MM_PER_INCH,
                self._frame.max_photo_height_mm * placed.width_px / placed.height_px,
            )
        return Markup('<img src="{}" alt="{}" style="width:{:.1f}mm"/>').format(placed.src, inline.alt, width_mm)

    def table(self, block: model.Table) -> Markup:
        """Return a table as wide as it needs.

        Where the paper is too narrow for its words, it is set smaller, hyphenated, turned, or listed row by row.
        """
        shapes = tuple(_table_shapes(self._with_numbers_at_right(block), self._setting.size_pt))
        shape = next(filter(self._fits, shapes), shapes[-1])
        if _is_regular(block) and not self._fits(shape):
            return self._listed_rows(block)
        columns = len(shape.table.head or next(iter(shape.table.rows), ()))
        whole = replace(shape, whole=_SHORT_CELL_LETTERS)
        self._keeps_short = self._fits(whole)
        least_mm = self._table_width_mm(shape, _CELL_GAP_MM)
        self._gap_mm = _CELL_GAP_MM if least_mm <= self._room_mm else _NARROW_GAP_MM
        wanted_mm = max(least_mm, columns * _PREFERRED_CELL_MM * shape.size_pt / 12, self._on_one_line_mm(shape))
        is_two_up, is_many = self._is_two_up(shape), columns >= _WIDE_COLUMNS  # tables of an article are alike
        claims = {
            "crowded": shape.is_hyphenated,
            "narrow": self._gap_mm == _NARROW_GAP_MM,
            "wide": not self._indent_mm and not is_two_up and (is_many or wanted_mm > self._frame.column_mm),
            "long": len(shape.table.rows) > _MOST_WHOLE_ROWS
            or len(shape.table.rows) + len(text((block,))) // _CELL_LETTERS > _MOST_WHOLE_LINES,
            "tied": max((len(_text_of(row)) for row in shape.table.rows), default=0) <= _MOST_TIED_LETTERS,
            "named": has_row_heads(shape.table) and not shape.is_turned,
        }
        kinds = " ".join(kind for kind, holds in claims.items() if holds)
        opening = Markup('<table class="{}"').format(kinds) if kinds else Markup("<table")
        if shape.size_pt != self._setting.size_pt:
            opening += Markup(' style="font-size: {:g}pt"').format(shape.size_pt)
        markup = super().table(shape.table).removeprefix("<table>")
        if shape.is_turned:
            markup = Markup(_FIRST_CELL.sub(r'\1<th scope="row"\2</th>', str(markup)))  # noqa: S704  # escaped already
        made = opening + Markup(">") + (self._column_group(shape) if shape.is_hyphenated else Markup("")) + markup
        return Markup('<div class="two-up">{}</div>').format(made) if is_two_up else made

    def _with_numbers_at_right(self, table: model.Table) -> model.Table:
        """Return a table with its columns of numbers at the right, and note how wide their decimals are."""
        columns = number_columns(table, language(self._language).thousands)
        self._decimals_em = {
            at: max(self._decimals_width_em(row[at]) for row in table.rows if at < len(row)) for at in columns
        }

        def placed(row: tuple[model.Cell, ...]) -> tuple[model.Cell, ...]:
            return tuple(replace(cell, alignment="right") if at in columns else cell for at, cell in enumerate(row))

        return replace(table, head=placed(table.head), rows=tuple(map(placed, table.rows)))

    def _decimals_width_em(self, cell: model.Cell) -> float:
        decimals = decimals_of(text(cell.blocks), language(self._language).thousands)
        return widest_word_em(decimals.replace(" ", "\N{NO-BREAK SPACE}"), "regular")

    def _is_two_up(self, shape: _TableShape) -> bool:
        """Tell whether a table is a long word list of which two halves fit beside each other."""
        if self._frame.columns > 1 or self._indent_mm or shape.is_turned or not is_word_list(shape.table):
            return False
        return 2 * self._table_width_mm(shape, _CELL_GAP_MM) + _TWO_UP_GUTTER_MM <= self._frame.full_mm

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
        return self._table_width_mm(shape, _NARROW_GAP_MM) <= self._room_mm

    def _table_width_mm(self, shape: _TableShape, gap_mm: float) -> float:
        return sum(width + gap_mm for width in self._column_widths_mm(shape)) - gap_mm

    def _on_one_line_mm(self, shape: _TableShape) -> float:
        """Return about how wide a table is whose cells have one line each."""
        columns = zip_longest(shape.table.head, *shape.table.rows, fillvalue=model.Cell(()))
        letters_mm = _LETTER_EM * shape.size_pt * MM_PER_PT
        return sum(letters_mm * max(len(text(cell.blocks)) for cell in column) + _CELL_GAP_MM for column in columns)

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

        return column_widths(shape.table, least_mm, has_row_heads=shape.has_row_heads)

    def _column_group(self, shape: _TableShape) -> Markup:
        """Return the widths of columns: what each needs, and a share of the rest by its longest text."""
        least = [width + self._gap_mm for width in self._column_widths_mm(shape)]
        columns = zip_longest(shape.table.head, *shape.table.rows, fillvalue=model.Cell(()))
        letters = [1 + max(len(text(cell.blocks)) for cell in column) for column in columns]
        room_mm = self._room_mm + self._gap_mm
        rest, scale = max(0.0, room_mm - sum(least)) / sum(letters), min(1.0, room_mm / sum(least))
        widths = (scale * width + rest * count for width, count in zip(least, letters, strict=True))
        return Markup("<colgroup>{}</colgroup>\n").format(
            Markup("").join(Markup('<col style="width: {:.2f}mm"/>').format(width) for width in widths)
        )

    def row(self, cells: Sequence[model.Cell], tag: str) -> Markup:
        """Return a row; short cells stay on one line, and the decimal signs of a column stand below each other."""
        pieces = []
        for at, cell in enumerate(cells):
            style = []
            if self._keeps_short and 0 < len(text(cell.blocks)) <= _SHORT_CELL_LETTERS:
                style.append("white-space: nowrap")
            if tag == "td" and cell.alignment == "right" and (widest_em := self._decimals_em.get(at)):
                gap = f"{self._gap_mm}mm" if at + 1 < len(cells) else "0mm"
                style.append(f"padding-right: calc({gap} + {widest_em - self._decimals_width_em(cell):.3f}em)")
            markup = self.cell(cell, tag)
            opening = Markup('<{} style="{}"').format(tag, "; ".join(style)) if style else Markup("<{}").format(tag)
            pieces.append(opening + markup.removeprefix(f"<{tag}"))
        opening = Markup('<tr class="tall">') if self._is_tall(cells) else Markup("<tr>")
        return opening + Markup("").join(pieces) + Markup("</tr>")

    def _is_tall(self, cells: Sequence[model.Cell]) -> bool:
        """Tell whether a row is probably higher than a page, in columns as wide as their texts are long."""
        letters = len(_text_of(cells))
        letter_mm = self._setting.size_pt * MM_PER_PT
        return letters * _LETTER_EM * letter_mm**2 * _ROW_LEADING > self._room_mm * self._frame.room_mm

    def cell(self, cell: model.Cell, tag: str) -> Markup:
        self._is_in_cell = True
        markup = super().cell(cell, tag)
        self._is_in_cell = False
        return markup

    def header(self, block: model.Header) -> Markup:
        self._section = text(block.content)
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
        is_web = inline.address.startswith(_WEB_SCHEMES)
        if is_web and self._is_source:
            return super().link(inline) + _source_address(inline.address, words)
        shown = unsaid_address(inline.address, words)
        if shown and is_web:
            self.web_links.setdefault(inline.address, words)
        elif shown:
            kind = "number" if inline.address.startswith(_CALL_SCHEMES) else "address"
            return super().link(inline) + Markup(' <span class="{}"{}>({})</span>').format(kind, ADDED, shown)
        return super().link(inline)

    def references(self, block: model.References) -> Markup:
        """Return the references, in two columns where there are many and the paper has the width.

        Those of a chapter are kept for the end of the edition, where their heading is the chapter's title.
        """
        self._is_source = True
        inside = self.blocks(block.blocks)
        self._is_source = False
        if self._is_chapter:
            is_usual = text(block.title).casefold() in ("", self.words["references"].casefold())
            title = Markup("") if is_usual else Markup("<h3>{}</h3>").format(self.inlines(block.title))
            self.sources = title + inside
            return Markup("")
        lists = (each.items for each in block.blocks if isinstance(each, model.BulletList | model.OrderedList))
        entries = sum(map(len, lists)) or len(block.blocks)
        has_width = self._frame.columns == 1 and self._frame.full_mm >= _TWO_COLUMNS_MM and not self._indent_mm
        if has_width and entries >= _LEAST_IN_COLUMNS:
            # A heading within columns would not stay with them at the end of a page.
            inside = Markup('<div class="columns">\n{}\n</div>').format(inside)
        return Markup('<section class="references">\n{}\n{}\n</section>').format(self.references_title(block), inside)

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
