"""Astro and Starlight: pages of collections, and their public folder."""

from __future__ import annotations

from pipeline.reading.dialects import Dialect, Page, is_kept


def _address(page: Page) -> str | None:
    """Return the path of a page of Starlight's docs; that of other collections is in the site's own code."""
    parts = page.below.parts
    if parts[:1] != ("docs",) or len(parts) == 1:
        return None
    folders = "/".join(parts[1:-1])
    folder = f"{folders}/" if folders else ""
    path = (folder if page.stem == "index" else f"{folder}{page.stem}/").lower()
    if page.slug:
        path = page.slug.strip("/") + "/"  # it stands for the whole path
    return path if is_kept(path) else None


DIALECT = Dialect(
    "astro",
    "Astro",
    files=("astro.config.mjs", "astro.config.ts", "astro.config.js"),
    content=("src/content", "src/pages"),
    static_folders=("public", "src/assets", "src"),
    address=_address,
)
