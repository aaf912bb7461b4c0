"""What a saved file touches: its own article, the editions that bind it, or all that is drawn with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FILE_NAME
from pipeline.report import Listing
from pipeline.running.certificates import FOLDER as CERTIFICATES

STYLES = "styles"


@dataclass(frozen=True, slots=True)
class Touched:
    """What is to be done after files were saved."""

    sources: frozenset[str] = frozenset()
    """Ids of articles and editions whose own file or picture was saved."""
    editions: frozenset[str] = frozenset()
    """Ids of editions that bind one of them."""
    is_everything: bool = False
    """A style, a word or the configuration."""


def touched(changed: Iterable[Path], project: Path, ids: Mapping[str, str], listings: Iterable[Listing]) -> Touched:
    """Return what is touched by files.

    Args:
        changed: Absolute paths of files that were saved, made or removed.
        project: The project folder, links resolved.
        ids: The id of each source by its path from the project folder.
        listings: What is known of each source.
    """
    names = {path.relative_to(project).as_posix() for path in changed if path.is_relative_to(project)}
    listings = tuple(listings)
    own = {ids[name] for name in names if name in ids}
    own |= {listing.id for listing in listings if names.intersection(listing.pictures)}
    return Touched(
        frozenset(own),
        frozenset(listing.id for listing in listings if listing.is_edition and own.intersection(listing.articles)),
        any(name == FILE_NAME or name.split("/")[0] in (STYLES, CERTIFICATES) for name in names),
    )
