"""The print pack: one file for the copier, with a cover that lists what is inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import Config
from pipeline.engine.output_dir import replace_whole
from pipeline.errors import ConfigError
from pipeline.printing.published_handouts import PrintableHandout
from pipeline.rendering.imposition import DocumentInfo, PackHandout, impose_print_pack
from pipeline.rendering.paper_sizes import measure_pages
from pipeline.rendering.print_pack_cover import CoverEntry, render_print_pack_cover
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import load_words


def make_print_pack(handouts: Sequence[PrintableHandout], copies: int, config: Config) -> bytes:
    """Return all copies of all handouts in one file, a cover first.

    The cover speaks the language of the publisher, and has the paper of the first handout.
    """
    styles = find_styles(config.folder)
    words = load_words(styles, config.publisher.language)
    inside = [PackHandout(handout.title, handout.path.read_bytes()) for handout in handouts]
    sizes = [measure_pages(handout.pdf) for handout in inside]
    listed = [CoverEntry(handout.title, size.count) for handout, size in zip(inside, sizes, strict=True)]
    paper_mm = (sizes[0].width_mm, sizes[0].height_mm)
    first = render_print_pack_cover(listed, copies, config.publisher, words, styles, paper_mm)
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
