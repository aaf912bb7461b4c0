"""Published handouts for printing: the files of a print job, the print pack, and the contact sheet of all variants."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.build import outputs_of, publish
from pipeline.config import Config, OutputSettings, Publisher, format_options
from pipeline.files import save_whole
from pipeline.rendering.imposition import DocumentInfo, PackHandout, impose_print_pack
from pipeline.rendering.paper_sizes import PAGES_PER_SHEET, measure_pages, sheet_count
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import Words, load_words
from pipeline.report import EditionResult, Report
from pipeline.run.run_context import Progress, Request
from pipeline.trusted_paths import read_regular
from pipeline.writers import load_writer

HANDOUT_FORMAT = "handout"
STANDARD_VARIANT = "standard"
_FAILURE_REASONS = {
    "failed": "it could not be published",
    "stale": "it could not be published again, and the earlier file is out of date",
    "skipped": "its front matter names other formats only",
}


@dataclass(frozen=True, slots=True)
class PrintableHandout:
    title: str
    path: Path


@dataclass(frozen=True, slots=True)
class SkippedHandout:
    id: str
    why: str
    is_failed: bool


@dataclass(frozen=True, slots=True)
class PrintBatch:
    handouts: tuple[PrintableHandout, ...]
    left_out: tuple[SkippedHandout, ...]
    report: Report

    @property
    def is_failed(self) -> bool:
        return not self.handouts or any(each.is_failed for each in self.left_out)


def variant_path(id_: str, variant: str) -> str:
    return f"{HANDOUT_FORMAT}/{id_}.pdf" if variant == STANDARD_VARIANT else f"{HANDOUT_FORMAT}/{id_}.{variant}.pdf"


def publish_for_printing(config: Config, request: Request, variant: str, progress: Progress) -> PrintBatch:
    """Publish the requested handouts where they are out of date, and return their files.

    A request without ids means every article; editions, which repeat their articles, are printed by id only.

    Raises:
        ConfigError: The configuration or the command is invalid, or another run has locked the outputs.
    """
    chosen = format_options(config, HANDOUT_FORMAT, load_writer(HANDOUT_FORMAT).Options).variants
    # The variants of publish.toml stay in the list, since publishing removes the files of all others.
    overrides = {} if variant in chosen else {HANDOUT_FORMAT: {"variants": [*chosen, variant]}}
    report = publish(config, replace(request, overrides=overrides), progress)
    outputs = outputs_of(config, request.outputs).published_dir
    found = [_find_handout(entry, variant, outputs) for entry in _requested_entries(report, request.articles)]
    return PrintBatch(
        tuple(each for each in found if isinstance(each, PrintableHandout)),
        tuple(each for each in found if isinstance(each, SkippedHandout)),
        report,
    )


def _requested_entries(report: Report, ids: tuple[str, ...]) -> list[EditionResult]:
    entries = {entry.id: entry for entry in report.entries if entry.format == HANDOUT_FORMAT}
    if ids:
        return [entries[id_] for id_ in ids if id_ in entries]
    return [entry for entry in entries.values() if len(entry.sources) == 1 and entry.status != "skipped"]


def _find_handout(entry: EditionResult, variant: str, outputs: Path) -> PrintableHandout | SkippedHandout:
    if entry.status in _FAILURE_REASONS:
        return SkippedHandout(entry.id, _FAILURE_REASONS[entry.status], is_failed=True)
    path = variant_path(entry.id, variant)
    if any(saved.path == path for saved in entry.artifacts):
        return PrintableHandout(entry.title, outputs / path)
    return SkippedHandout(entry.id, f"the variant {variant} does not apply to it", is_failed=False)


@dataclass(frozen=True, slots=True)
class PackContents:
    handouts: tuple[tuple[str, int], ...]
    """Title and number of pages of each."""
    copies: int
    paper_mm: tuple[float, float]
    """Width and height; landscape: the handouts are booklets."""


def make_print_pack(handouts: Sequence[PrintableHandout], copies: int, config: Config) -> bytes:
    """Return one PDF with a cover and all copies of all handouts.

    The cover is in the publisher's language, on the paper of the first handout.
    """
    styles = find_styles(config.folder)
    words = load_words(styles, config.publisher.language)
    inside = [PackHandout(handout.title, read_regular(handout.path)[0]) for handout in handouts]
    sizes = [measure_pages(handout.pdf) for handout in inside]
    listed = tuple((handout.title, size.count) for handout, size in zip(inside, sizes, strict=True))
    contents = PackContents(listed, copies, (sizes[0].width_mm, sizes[0].height_mm))
    cover = render_print_pack_cover(contents, config.publisher, words, styles)
    info = DocumentInfo(words["pack_title"], words["pack_note"], words.language)
    return impose_print_pack(cover, inside, copies, info)


def render_print_pack_cover(pack: PackContents, publisher: Publisher, words: Words, styles: Styles) -> bytes:
    """Return the cover of a pack, with as many pages as the list needs.

    Raises:
        StyleError: A template, style sheet or word is broken.
    """
    from pipeline.rendering.fonts import printable
    from pipeline.rendering.pdf_layout import Layout, draw_pdf, lay_out  # late, since WeasyPrint is slow to import

    width_mm, height_mm = pack.paper_mm
    css = styles.render("pack/cover.css", paper=f"{width_mm:g}mm {height_mm:g}mm")

    def lay_out_cover(own_pages: int) -> Layout:
        rows = []
        sheets = sheet_count(own_pages)
        for title, pages in pack.handouts:
            own_sheets = sheet_count(pages) * pack.copies
            first, shown = sheets * PAGES_PER_SHEET + 1, printable(title) or title
            rows.append({"title": shown, "pages": pages, "sheets": own_sheets, "first": first})
            sheets += own_sheets
        html = styles.render(
            "pack/cover.html.j2",
            rows=rows,
            copies=pack.copies,
            sheets=sheets,
            how=words["pack_how_booklets" if width_mm > height_mm else "pack_how"],
            publisher=publisher,
            words=words,
        )
        return lay_out(html, css, {})

    if (layout := lay_out_cover(1)).pages > 1:  # the page numbers in the list start after the pages of the cover
        layout = lay_out_cover(layout.pages)
    return draw_pdf(layout)[0]


def make_contact_sheet(
    config: Config, request: Request, variants: tuple[str, ...], output: Path | None, progress: Progress
) -> tuple[Report, Path | None]:
    """Publish an article in a temporary folder, in several variants, and save all pages as one PNG.

    Args:
        request: Names one article; its outputs hold the contact sheet unless `output` is given.
        output: The file to write; None: `proofs/<id>.png` below the outputs.

    Returns:
        The report of publishing, and the file; None where the article could not be published.
    """
    from pipeline.rendering.pdf_raster import draw_contact_sheet  # late: Pillow and PDFium would slow the preview down

    with tempfile.TemporaryDirectory(prefix="publish-proof-") as name:
        folder = Path(name)
        overrides = {HANDOUT_FORMAT: {"variants": list(variants)}}
        one = replace(request, formats=(HANDOUT_FORMAT,), outputs=folder, overrides=overrides)
        report = publish(replace(config, outputs=OutputSettings()), one, progress)
        entry = next((each for each in report.entries if each.id in request.articles), None)
        printed = [folder / saved.path for saved in entry.artifacts if saved.pages] if entry else []
        rows = [(path.name, path.read_bytes()) for path in printed]
    if entry is None or not rows:
        return report, None
    sheet = draw_contact_sheet(rows)
    if output:
        save_whole(output, sheet)
        return report, output
    outputs = outputs_of(replace(config, outputs=OutputSettings()), request.outputs)
    path = f"proofs/{entry.id}.png"
    with outputs.lock(request.wait_s):
        outputs.move([(outputs.stage(path, sheet), path)])
    return report, outputs.folder / path
