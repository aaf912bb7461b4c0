"""Obsidian: links and embeds by name (`[[page]]`, `![[picture|300]]`), comments `%%…%%`, and marks of blocks."""

from __future__ import annotations

import re
from urllib.parse import quote

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.boxes import CODE, left_out
from pipeline.reading.lines import FindingCollector, Lines, SourceLine, opening_fence, substitute

_COMMENT = re.compile(
    CODE + r"(?<![\d%])(?:(?<!\d[ \u00a0])|(?=%%[^\W\d_]))%%(?!%)(?P<inside>(?:[^%\n]|%(?!%))+)%%(?!%)"
    r"|^[ \t]*%%(?!%)(?P<block>(?:[^%]|%(?!%))*+)%%(?=[ \t]*$)",
    re.DOTALL | re.MULTILINE,
)
_PLACEHOLDER = re.compile(r"[A-ZÆØÅ][A-ZÆØÅ0-9_]*")
_LINK = re.compile(CODE + r"(?P<embed>!?)\[\[(?P<target>[^\[\]|\n\\]*)(?:\\?\|(?P<label>[^\[\]\n]*))?\]\](?!\()")
_BLOCK_ID = re.compile(r"[ \t]+\^[A-Za-z0-9-]{4,}[ \t]*$|^\^[A-Za-z0-9-]{4,}[ \t]*$")
_PICTURE = re.compile(r"\.(?:png|jpe?g|webp|gif|svg|avif|bmp|tiff?|heic)$", re.IGNORECASE)
_SIZE = re.compile(r"\d+(?:x\d+)?|left|right|center|inline")
_QUERY = re.compile(r"^(?:dataview(?:js)?|tasks|query|excalidraw|ad-[\w-]+|button|tracker|chart|leaflet)\b")


def _without_comments(lines: Lines, findings: FindingCollector) -> Lines:
    def removed(match: re.Match[str], number: int) -> str:
        if match["inside"] and _PLACEHOLDER.fullmatch(match["inside"]):
            return match[0]
        if match["inside"] and _is_in_sentence(match):
            left_out(findings, number, f"{match[0][:60]}, a comment of Obsidian in the midst of a sentence")
        else:
            findings.add("html-removed", number, "a comment, removed")
        return ""

    changed = substitute(lines, _COMMENT, removed)
    return tuple(new if new.text.strip() else new.with_text("") for new in changed)


def _is_in_sentence(match: re.Match[str]) -> bool:
    """Tell whether words go on behind a comment: without it, they may say something else."""
    end = match.string.find("\n", match.end())
    behind = match.string[match.end() : end if end >= 0 else None]
    start = match.string.rfind("\n", 0, match.start()) + 1
    return bool(re.match(r"[ \t]*[^\W_]", behind)) and bool(re.search(r"[^\W_]", match.string[start : match.start()]))


def _links(lines: Lines, findings: FindingCollector) -> Lines:
    def link(match: re.Match[str], number: int) -> str:
        target, _, heading = match["target"].partition("#")
        label = (match["label"] or "").strip()
        if match["embed"]:
            return _embedded(target.strip(), label, number)
        words = (
            label
            or heading.lstrip("^#").rpartition("#")[2].strip()
            or target.strip().rpartition("/")[2].removesuffix(".md")
        )
        if not words:
            return match[0]
        wanted = f"page:{quote(target.strip())}" if target.strip() else ""
        mark = "" if heading.startswith("^") or not heading else f"#{_anchor(heading)}"
        return f"[{words}]({wanted}{mark})" if wanted or mark else words

    def _embedded(target: str, label: str, number: int) -> str:
        sizes = [part for part in label.split("|") if not _SIZE.fullmatch(part.strip())]
        alt = " ".join(part.strip() for part in sizes if part.strip() != target)
        if _PICTURE.search(target):
            if not alt:
                findings.add("alt-missing", number, f"the picture {target} has none")
            return f"![{alt}](page:{quote(target)})"
        name = target.rpartition("/")[2].removesuffix(".md")
        left_out(findings, number, f"the text of {target}, which Obsidian shows here", name)
        return f"[{alt or name}](page:{quote(target)})" if not re.search(r"\.\w{2,5}$", target) else alt or name

    return substitute(lines, _LINK, link)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w-]+", "-", heading.rpartition("#")[2].strip().lower()).strip("-")


def _without_queries(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away code that Obsidian answers with a table, and the marks of blocks."""
    written: list[SourceLine] = []
    fence, is_query = "", False
    for line in lines:
        if fence:
            is_end = line.text.strip().startswith(fence)
            written.append(line.with_text("") if is_query else line)
            fence = "" if is_end else fence
        elif opened := opening_fence(line.text):
            fence, name = opened["marks"], opened["rest"].strip()
            is_query = bool(_QUERY.match(name))
            if is_query:
                left_out(findings, line.number, f"a block `{name}`, which Obsidian fills in")
            written.append(line.with_text("") if is_query else line)
        else:
            written.append(line.with_text(_BLOCK_ID.sub("", line.text)))
    return tuple(written)


def _address(page: Page) -> None:
    """Return nothing: Obsidian Publish, Quartz and others make addresses of names in ways of their own."""
    del page


DIALECT = Dialect(
    "obsidian",
    "Obsidian",
    files=(".obsidian",),
    forms=r"!?\[\[[^\[\]\n]+\]\](?!\()|^```dataview",
    constructs=(
        Construct("comments (%%…%%)", ("%%",), _without_comments, 10),
        Construct("queries and marks of blocks", ("```", "~~~", "^"), _without_queries, 16, is_everywhere=False),
        Construct("links and embeds by name ([[page]])", ("[[",), _links, 57),
    ),
    address=_address,
    finds_by_name=True,
)
