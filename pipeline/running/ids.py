"""What a person types for an article: its id, or the path of its source."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.reading.source_files import find_roots, find_sources, source_id


def as_ids(names: tuple[str, ...], config: Config, here: Path) -> tuple[str, ...]:
    """Return ids for what was typed, once each; what is no path is left as an id.

    Args:
        here: The folder that relative paths start from.
    """
    if not names:
        return ()
    sources = find_sources(config, find_roots(config)).sources
    by_path = {(config.folder / source.path).resolve(): source.id for source in sources}
    ids = {source.id for source in sources}
    chosen: list[str] = []
    for name in names:
        in_project = by_path.get((config.folder / name).resolve())
        if name in ids:
            chosen.append(name)
        else:
            as_id = source_id(Path(f"{name}.md"))
            chosen.append(by_path.get((here / name).resolve()) or in_project or (as_id if as_id in ids else name))
    return tuple(dict.fromkeys(chosen))
