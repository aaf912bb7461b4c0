"""Pelican: links `{filename}page.md`, and files `{static}` and `{attach}`."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.boxes import CODE
from pipeline.reading.lines import FindingCollector, Lines, substitute

_TARGET = re.compile(
    CODE + r"(?P<before>\]\(<?|(?:href|src)=\"|\]:[ \t]*)[{|]"
    r"(?P<kind>filename|static|attach|author|category|tag|index|photo)[}|]"
)


def _targets(lines: Lines, _: FindingCollector) -> Lines:
    def target(match: re.Match[str], _: int) -> str:
        return match["before"] + ("page:" if match["kind"] == "filename" else "")

    return substitute(lines, _TARGET, target)


def _address(page: Page) -> str | None:
    """Return the path by Pelican's default settings. Source: Pelican, settings, URL settings."""
    if "article_url" in page.settings or not page.slug:
        return None  # by default it is made of the title
    is_page = page.below.parts[0] == "pages"
    return f"{'pages/' if is_page else ''}{page.slug}.html"


DIALECT = Dialect(
    "pelican",
    "Pelican",
    files=("pelicanconf.py",),
    forms=r"\]\([{|](?:filename|static|attach)[}|]",
    constructs=(
        Construct(
            "links of Pelican ({filename}page.md)",
            ("filename", "static", "attach", "{tag", "{author", "{category"),
            _targets,
            58,
        ),
    ),
    content=("content",),
    static_folders=("content", "content/images"),
    address=_address,
    own_settings={"article_url": r"^(ARTICLE_URL|ARTICLE_SAVE_AS|PAGE_URL)\s*="},
)
