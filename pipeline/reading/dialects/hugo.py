"""Hugo: shortcodes, page bundles, and its static folder."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page, is_kept
from pipeline.reading.dialects.boxes import CODE, arguments, encoded, left_out
from pipeline.reading.dialects.tags import TagReader
from pipeline.reading.lines import FindingCollector, Lines, substitute

_COMMENT = re.compile(
    CODE + r"\{\{[<%]\s*comment\s*[>%]\}\}(?:(?!\{\{[<%]\s*comment\b).)*?\{\{[<%]\s*/\s*comment\s*[>%]\}\}",
    re.DOTALL,
)
_CODE_BLOCK = re.compile(
    CODE + r"\{\{[<%]\s*(?P<name>highlight|code|codeblock)\b(?P<arguments>[^<>%]*)[>%]\}\}\n?"
    r"(?P<inside>(?:(?!\{\{[<%]\s*(?P=name)\b).)*?)\n?"
    r"\{\{[<%]\s*/\s*(?P=name)\s*[>%]\}\}",
    re.DOTALL,
)
_TAG = re.compile(
    CODE + r"\{\{(?P<mark>[<%])\s*(?P<slash>/\s*(?!\*))?(?P<name>[\w./-]+)"
    r"(?P<arguments>(?:\s(?:\"(?:\\.|[^\"\\])*+\"|'[^']*+'|`[^`]*+`|[^\"'`<>%{]|\{(?!\{[<%])|%(?!\}\})|>(?!\}\}))*+)?+)(?P<empty>/)?\s*[>%]\}\}"
)
_ESCAPED = re.compile(CODE + r"\{\{[<%]/\*(?:(?!\{\{[<%]/\*).)*?\*/[>%]\}\}", re.DOTALL)
_COLUMN_BREAK = re.compile(CODE + r"^[ \t]*<--->[ \t]*$", re.MULTILINE)
_OWN_KEYS = r"^\s*\[?(?:languageCode|defaultContentLanguage|params|markup|enableGitInfo|paginate)\b"
_KEPT = re.compile(r"(?:\w+(?:[ .-]\w+)*/)*")
"""Paths that Hugo writes in small letters, with hyphens for spaces; what it makes of other signs is not sure."""
_REFERENCES = ("ref", "relref")


def _shortcodes(lines: Lines, findings: FindingCollector) -> Lines:
    lines = substitute(lines, _COMMENT, lambda *_: "")
    lines = substitute(lines, _CODE_BLOCK, lambda at, _: f"\n\n```\n{at['inside']}\n```\n\n")

    def escaped(match: re.Match[str], number: int) -> str:
        left_out(findings, number, f"{match[0][:60]}, a shortcode of Hugo that is only shown")
        return ""

    lines = substitute(lines, _ESCAPED, escaped)
    closed = {match["name"].lower() for line in lines for match in _TAG.finditer(line.text) if match["slash"]}
    reader = TagReader(findings, "shortcode of Hugo", lambda name: f"{{{{< {name} >}}}}", frozenset(closed))

    def replaced(match: re.Match[str], number: int) -> str:
        name, given = match["name"], arguments(match["arguments"] or "")
        if match["slash"]:
            return reader.end(name)
        if name in _REFERENCES:
            target = given.get("path") or given.get("0", "")
            is_target = match.string.endswith(("(", 'href="'), 0, match.start())
            return f"page:{encoded(target)}" if is_target else f"[{target}](page:{encoded(target)})"
        return reader.start(name, given, number, match, is_empty=bool(match["empty"]))

    return substitute(substitute(lines, _TAG, replaced), _COLUMN_BREAK, lambda *_: "")


def _address(page: Page) -> str | None:
    """Return `posts/knee/` for `posts/knee.md`, `posts/knee/index.md` and `posts/_index.md` below it.

    Source: Hugo, content management, URLs. A site's own `permalinks` are not followed.
    """
    if {"permalinks", "uglyurls", "paths"} & page.settings.keys():
        return None
    stem, _, language = page.stem.partition(".")
    if language or "languages" in page.settings:
        return None  # where a site shows its languages is a matter of its configuration
    if page.slug and (not is_kept(page.slug) or stem == "_index"):
        return None
    if stem in ("index", "_index"):
        parent = page.below.parent
        folder = f"{parent.parent.as_posix()}/".removeprefix("./") if page.slug else page.folder
        path = f"{folder}{page.slug}/" if page.slug else folder
    else:
        path = f"{page.folder}{page.slug or stem}/"
    return path.lower().replace(" ", "-") if _KEPT.fullmatch(path) else None


DIALECT = Dialect(
    "hugo",
    "Hugo",
    files=("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default", "archetypes/default.md"),
    shared_files=dict.fromkeys(("config.toml", "config.yaml", "config.yml"), _OWN_KEYS),
    forms=r"\{\{[<%]\s*/?\s*[a-z][\w-]*.*?[>%]\}\}",
    constructs=(Construct("shortcodes of Hugo ({{< figure >}})", ("{{<", "{{%"), _shortcodes, 20),),
    content=("content",),
    static_folders=("static", "assets"),
    address=_address,
    own_settings={
        "permalinks": r"^\s*\[?(permalinks)\b",
        "uglyurls": r"^\s*uglyURLs\s*[=:]\s*(true)",
        "paths": r"^\s*(disablePathToLower|removePathAccents)\s*[=:]\s*true",
        "languages": r"^\s*\[?(languages)\b",
    },
)
