"""Zola: shortcodes of Tera, links that begin with `@/`, and its addresses."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page, is_kept
from pipeline.reading.dialects.boxes import CODE
from pipeline.reading.dialects.liquid import read_templates
from pipeline.reading.lines import FindingCollector, Lines, substitute

_PAGE_LINK = re.compile(CODE + r"\]\(@/")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}[-_](?=.)")


def _links(lines: Lines, _: FindingCollector) -> Lines:
    return substitute(lines, _PAGE_LINK, lambda *_: "](page:/")


def _address(page: Page) -> str | None:
    """Return the path of a page. Source: Zola, content overview."""
    stem = _DATE.sub("", page.stem)
    if "." in stem:
        return None  # another language, shown where the configuration says
    if stem in ("index", "_index"):
        parent = page.below.parent
        folder = _DATE.sub("", parent.name)
        above = "" if parent.parent.as_posix() == "." else f"{parent.parent.as_posix()}/"
        path = f"{above}{page.slug or folder}/" if folder else ""
    else:
        path = f"{page.folder}{page.slug or stem}/"
    return path if is_kept(path) else None  # of other letters it makes others, or none


DIALECT = Dialect(
    "zola",
    "Zola",
    files=("zola.toml",),
    shared_files={
        "config.toml": r"^\s*\[?(?:compile_sass|build_search_index|generate_feeds?|extra|markdown|highlight_code)\b"
    },
    forms=r"\]\(@/[\w/.-]+\.md",
    constructs=(
        Construct("links of Zola (@/page.md)", ("](@/",), _links, 58),
        Construct(
            "shortcodes of Zola ({{ youtube() }})", ("{{", "{%"), read_templates("Zola"), 22, is_everywhere=False
        ),
    ),
    content=("content",),
    static_folders=("static", "content"),
    address=_address,
)
