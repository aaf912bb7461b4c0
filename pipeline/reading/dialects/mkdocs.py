"""MkDocs with Material and pymdownx: indented boxes, tabs and blocks `///`, snippets, keys and marks of edits."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.boxes import (
    CLOSED_BOX,
    CODE,
    bold,
    dedented,
    indented_below,
    is_box,
    left_out,
    opened_box,
    outside_code,
    rows_at,
    width,
    without_rows,
)
from pipeline.reading.lines import FindingCollector, Lines, SourceLine, substitute

_BOX = re.compile(
    r"^(?P<indent>[ \t]*)(?:!!!|\?\?\?\+?)[ \t]*(?P<kind>[\w-]+)(?P<more>(?:[ \t]+[\w-]+)*+)[ \t]*+"
    r"(?:(?P<quote>[\"'])(?P<title>.*)(?P=quote))?[ \t]*$"
)
_TAB = re.compile(r"^(?P<indent>[ \t]*)===[!+]*[ \t]+(?P<quote>[\"'])(?P<title>.*)(?P=quote)[ \t]*$")
_BLOCK = re.compile(r"^[ \t]*/{3,}[ \t]*(?P<kind>[\w-]+)?(?:[ \t]*\|[ \t]*(?P<title>.*))?[ \t]*$")
_OPTION = re.compile(r"^(?: {4,}|\t)[ \t]*(?P<name>[a-z_]+):[ \t]*(?P<value>.*?)[ \t]*$")
_OPTIONS = ("type", "open", "attrs", "new", "select", "name")
_INSERTED = re.compile(CODE + r"\^\^(?=\S)(?P<inside>[^^\n]+?)(?<=\S)\^\^")
_SNIPPET = re.compile(r"^[ \t]*-{1,2}8<-{1,2}(?:[ \t]+(?P<file>.*))?$")
_KEYS = re.compile(CODE + r"(?<![\w+])\+\+(?P<keys>[a-z0-9-]+(?:\+[a-z0-9-]+)*)\+\+(?![\w+])")
_EDIT = re.compile(CODE + r"\{(?P<mark>\+\+|--|==|>>|~~)(?P<inside>[^{}\n]*?)(?:\+\+|--|==|<<|~~)\}")
_MOST_DEPTH = 8
_MODIFIERS = frozenset(("inline", "end", "annotate", "right", "left"))


def _boxes(lines: Lines, findings: FindingCollector) -> Lines:
    return tuple(_unfolded(list(lines), findings, 0))


def _unfolded(lines: list[SourceLine], findings: FindingCollector, depth: int) -> list[SourceLine]:
    """Return lines with each box and tab, and what is indented below it, as a box of ours or as a line in bold."""
    written: list[SourceLine] = []
    flags = outside_code(lines)
    at = 0
    while at < len(lines):
        line = lines[at]
        match = (_BOX.match(line.text) or _TAB.match(line.text)) if flags[at] and depth < _MOST_DEPTH else None
        if match is None or not _is_box(match, lines, at):
            written.append(line)
            at += 1
            continue
        end = indented_below(lines, at, width(line.text))
        inside = _unfolded(dedented(lines[at + 1 : end]), findings, depth + 1)
        lead = match["indent"].expandtabs(4)
        has_kind = "kind" in match.groupdict()
        title = match["title"] or ""
        opening = opened_box(match["kind"], title) if has_kind else ["", bold(title), ""]
        number = line.number
        last = lines[end - 1].number
        rows = [*rows_at(opening, number), *inside, *rows_at(CLOSED_BOX if has_kind else ("",), last)]
        written += [row.with_text((lead + row.text).rstrip()) for row in rows]
        at = end
    return written


def _is_box(match: re.Match[str], lines: list[SourceLine], at: int) -> bool:
    """Tell a box from a sentence with such signs before it: its words are a kind, and its text is indented."""
    if "kind" not in match.groupdict():
        return True
    has_text = indented_below(lines, at, width(lines[at].text)) > at + 1
    is_kind = match["kind"].islower() and (has_text or is_box(match["kind"]))
    return is_kind and (has_text or match["title"] is not None) and _MODIFIERS.issuperset(match["more"].split())


def _block_options(lines: Lines, at: int, findings: FindingCollector) -> tuple[dict[str, str], int]:
    """Return the options that stand indented below the first line of a block, and how many lines they are."""
    options: dict[str, str] = {}
    end = at + 1
    while end < len(lines) and (option := _OPTION.match(lines[end].text)):
        options[option["name"]] = option["value"]
        if option["name"] not in _OPTIONS and option["value"]:
            left_out(findings, lines[end].number, f"{lines[end].text.strip()}, an option of a block")
        end += 1
    return options, end - at - 1


def _blocks(lines: Lines, findings: FindingCollector) -> Lines:
    """Read blocks between `///`: boxes, folded text, captions."""
    written: list[SourceLine] = []
    opened: list[bool] = []
    skipped = 0
    for at, (line, is_text) in enumerate(zip(lines, outside_code(lines), strict=True)):
        match = _BLOCK.match(line.text) if is_text else None
        if skipped:
            skipped -= 1
            written.append(line.with_text(""))
        elif match is None:
            written.append(line)
        elif match["kind"]:
            options, skipped = _block_options(lines, at, findings)
            is_own = match["kind"] not in (
                "caption",
                "figure-caption",
                "table-caption",
                "tab",
                "html",
                "define",
                "details",
            )
            title = (match["title"] or "").strip()
            opened.append(is_own)
            written += rows_at(
                opened_box(options.get("type") or match["kind"], title) if is_own else ["", bold(title)], line.number
            )
        else:
            is_own = bool(opened) and opened.pop()
            written += rows_at(CLOSED_BOX if is_own else ("",), line.number)
    return tuple(written)


def _snippets(lines: Lines, findings: FindingCollector) -> Lines:
    def tell(match: re.Match[str], number: int) -> None:
        file = (match["file"] or "another file").strip()
        left_out(findings, number, f"the text of {file}, which MkDocs puts here")

    return without_rows(lines, _SNIPPET, tell)


def _edits(lines: Lines, findings: FindingCollector) -> Lines:
    def edit(match: re.Match[str], number: int) -> str:
        if match["mark"] in ("--", ">>"):
            left_out(findings, number, f"{match[0]!r}, a mark of an edit")
            return ""
        return match["inside"].rpartition("~>")[2]

    lines = substitute(lines, _EDIT, edit)
    return substitute(lines, _KEYS, lambda at, _: "+".join(key.title() for key in at["keys"].split("+")))


def _inserted(lines: Lines, _: FindingCollector) -> Lines:
    return substitute(lines, _INSERTED, lambda at, _: at["inside"])


def _address(page: Page) -> str | None:
    """Return the path of a page. Source: MkDocs, `use_directory_urls`."""
    if page.settings.get("use_directory_urls") == "false":
        return f"{page.folder}{'index' if page.stem.lower() == 'readme' else page.stem}.html"
    return page.folder if page.stem.lower() in ("index", "readme") else f"{page.folder}{page.stem}/"


DIALECT = Dialect(
    "mkdocs",
    "MkDocs",
    files=("mkdocs.yml", "mkdocs.yaml", "zensical.toml"),
    forms=r"^[ \t]*(?:!!!|\?\?\?\+?)[ \t]+[a-z]+|^===[ \t]+\"",
    constructs=(
        Construct("snippets (--8<--)", ("-8<-",), _snippets, 15),
        Construct("blocks (/// note)", ("///",), _blocks, 39),
        Construct('boxes and tabs (!!! note, === "Tab")', ("!!!", "???", "=== ", "===!", "===+"), _boxes, 40),
        # Before highlights (==words==), which it may hold.
        Construct("keys and marks of edits (++ctrl++)", ("++", "{--", "{==", "{>>", "{~~"), _edits, 60),
        Construct("inserted words (^^words^^)", ("^^",), _inserted, 62, is_everywhere=False),
    ),
    content=("docs",),
    static_folders=("docs",),
    address=_address,
    own_settings={"use_directory_urls": r"^use_directory_urls:\s*(true|false)"},
)
