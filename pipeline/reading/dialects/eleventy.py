"""Eleventy: tags of Liquid and Nunjucks, and its clean addresses."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.liquid import read_templates

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}-(?=.)")


def _address(page: Page) -> str | None:
    """Return the path of a page without a permalink: a folder of its name, without a date.

    Source: Eleventy, permalinks.
    """
    stem = _DATE.sub("", page.stem)
    is_index = stem == "index" or stem == page.below.parent.name
    return page.folder if is_index else f"{page.folder}{stem}/"


DIALECT = Dialect(
    "eleventy",
    "Eleventy",
    files=(".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", "eleventy.config.ts"),
    forms=r"\{%-?\s*(?:from|import|set|extends|block|macro)\b",
    constructs=(
        Construct(
            "tags of templates ({% image %})", ("{%", "{{", "{#"), read_templates("Eleventy"), 22, is_everywhere=False
        ),
    ),
    content=("src/content", "content", "src", "."),
    static_folders=("public", "src/public", "static", "src/static", "src/assets", "assets", "src", "content"),
    address=_address,
)
