"""The print pack: one file for the copier, with a cover that lists what is inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.printing.handouts import Printable
from pipeline.rendering.imposition import Handout, Label, print_pack
from pipeline.rendering.packcover import Listed, cover
from pipeline.rendering.paper import measure
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import load_words
from pipeline.running.saving import replace_whole


def pack(handouts: Sequence[Printable], copies: int, config: Config) -> bytes:
    """Return all copies of all handouts in one file, a cover first.

    The cover speaks the language of the publisher, and has the paper of the first handout.
    """
    styles = find_styles(config.folder)
    words = load_words(styles, config.publisher.language)
    inside = [Handout(handout.title, handout.path.read_bytes()) for handout in handouts]
    sizes = [measure(handout.pdf) for handout in inside]
    listed = [Listed(handout.title, size.count) for handout, size in zip(inside, sizes, strict=True)]
    paper_mm = (sizes[0].width_mm, sizes[0].height_mm)
    first = cover(listed, copies, config.publisher, words, styles, paper_mm)
    label = Label(words["pack_title"], words["pack_note"], words.language)
    return print_pack(first, inside, copies, label)


def save(data: bytes, path: Path) -> None:
    """Write a pack where it is asked for, whole or not at all.

    Raises:
        ConfigError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint="name another file: --output") from error
