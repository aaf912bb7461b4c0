"""The print pack: one PDF for the copier, with a cover that lists its handouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config, Publisher
from pipeline.engine.output_dir import replace_whole
from pipeline.errors import ConfigError
from pipeline.printing.published_handouts import PrintableHandout
from pipeline.rendering.imposition import DocumentInfo, PackHandout, impose_print_pack
from pipeline.rendering.paper_sizes import PAGES_PER_SHEET, measure_pages, sheet_count
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import Words, load_words


@dataclass(frozen=True, slots=True)
class PackContents:
    """The handouts of a print pack."""

    handouts: tuple[tuple[str, int], ...]
    """Title and number of pages of each."""
    copies: int
    """Of each."""
    paper_mm: tuple[float, float]
    """Width and height; landscape: the handouts are booklets."""


def make_print_pack(handouts: Sequence[PrintableHandout], copies: int, config: Config) -> bytes:
    """Return all copies of all handouts in one file, a cover first.

    The cover is in the language of the publisher, and has the paper size of the first handout.
    """
    styles = find_styles(config.folder)
    words = load_words(styles, config.publisher.language)
    inside = [PackHandout(handout.title, handout.path.read_bytes()) for handout in handouts]
    sizes = [measure_pages(handout.pdf) for handout in inside]
    listed = tuple((handout.title, size.count) for handout, size in zip(inside, sizes, strict=True))
    contents = PackContents(listed, copies, (sizes[0].width_mm, sizes[0].height_mm))
    first = render_print_pack_cover(contents, config.publisher, words, styles)
    label = DocumentInfo(words["pack_title"], words["pack_note"], words.language)
    return impose_print_pack(first, inside, copies, label)


def save_print_pack(data: bytes, path: Path) -> None:
    """Write a pack where it is asked for, whole or not at all.

    Raises:
        ConfigError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint="name another file: --output") from error


def render_print_pack_cover(pack: PackContents, publisher: Publisher, words: Words, styles: Styles) -> bytes:
    """Return the cover of a pack, with as many pages as the list needs.

    Raises:
        StyleError: A template, style sheet or word is broken.
    """
    from pipeline.rendering.pdf_layout import Layout, draw_pdf, lay_out  # late, since WeasyPrint is slow to import

    width_mm, height_mm = pack.paper_mm
    css = styles.render("pack/cover.css", paper=f"{width_mm:g}mm {height_mm:g}mm")

    def lay_out_cover(own_pages: int) -> Layout:
        rows = []
        sheets = sheet_count(own_pages)
        for title, pages in pack.handouts:
            own_sheets = sheet_count(pages) * pack.copies
            rows.append({"title": title, "pages": pages, "sheets": own_sheets, "first": sheets * PAGES_PER_SHEET + 1})
            sheets += own_sheets
        how = words["pack_how_booklets" if width_mm > height_mm else "pack_how"]
        html = styles.render(
            "pack/cover.html.j2",
            rows=rows,
            copies=pack.copies,
            sheets=sheets,
            how=how,
            publisher=publisher,
            words=words,
        )
        return lay_out(html, css, {})

    layout = lay_out_cover(1)
    if layout.pages > 1:  # the page numbers in the list start after the pages of the cover
        layout = lay_out_cover(layout.pages)
    return draw_pdf(layout)[0]
