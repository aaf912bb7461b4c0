"""Docusaurus: components of MDX, numbers before names, and its addresses."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.mdx import read_components, read_imports, read_leftovers, read_values

_NUMBER = re.compile(r"^\d+(?:\s*[-_.]+\s*)(?=[^\d\W]|[^\W\d])")
_POST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<title>.+)")

_DEEPEST_POST = 2  # blog/2024-01-02-knee.md


def _address(page: Page) -> str | None:
    """Return the path of a page of docs or blog. Source: Docusaurus, docs and blog: slugs."""
    top = page.below.parts[0] if len(page.below.parts) > 1 else ""
    if top == "blog":
        post = _POST.fullmatch(page.stem if page.stem != "index" else page.below.parent.name)
        if len(page.below.parts) > _DEEPEST_POST + (page.stem == "index"):
            return None  # folders above a post
        return f"blog/{page.slug.strip('/') or '/'.join(post.groups())}" if post else None
    if top not in ("docs", "src"):
        return None  # translations, versions and further docs: the configuration says where they are
    if "routeBasePath" in page.settings or "id" in page.keys:
        return None
    if page.slug.startswith("/"):
        return f"{top}{page.slug}" if top == "docs" else None
    parts = [_NUMBER.sub("", part) for part in page.below.parts[:-1]]
    stem = _NUMBER.sub("", page.stem)
    if top == "src":
        parts = parts[2:]  # src/pages
    is_index = stem.lower() in ("index", "readme") or [stem] == parts[-1:]
    return "/".join((*parts, *(() if is_index else (page.slug or stem,))))


DIALECT = Dialect(
    "docusaurus",
    "Docusaurus",
    files=("docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs", "sidebars.js"),
    constructs=(
        Construct("imports of MDX over several lines", ("import ", "export "), read_imports, 13),
        Construct(
            "components of MDX (<Card title>)", ("</", "/>", '="', "={", "<>", '{"', "{'", "{`"), read_components, 24
        ),
        Construct("expressions of MDX ({props.title})", ("{",), read_leftovers, 26),
        Construct("values of MDX ({5}, {name})", ("{",), read_values, 27, is_everywhere=False),
    ),
    static_folders=("static",),
    has_slugs_below=True,
    address=_address,
    own_settings={"routeBasePath": r"(routeBasePath)"},
)
