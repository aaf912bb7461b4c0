"""Quarto and R Markdown: attributes of boxes, cells of code, cross-references, and its addresses."""

from __future__ import annotations

import re

from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.boxes import CODE, arguments, left_out, outside_code, unfilled
from pipeline.reading.dialects.tags import is_in_sentence
from pipeline.reading.lines import CODE_SPAN, FindingCollector, Lines, SourceLine, substitute

_DIV = re.compile(r"^(?P<lead>[ \t]*+:{3,}[ \t]*+)(?P<bare>[\w-]*+)[ \t]*+\{(?P<inside>[^{}\n]*)\}[ \t]*+:*+[ \t]*+$")
_CLASS = re.compile(r"(?:^|[ \t])\.?(?P<name>[A-Za-z][\w-]*)(?=[ \t]|$)")
_CELL = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marks>`{3,})[ \t]*"
    r"\{(?P<name>r|python|julia|ojs|bash|sql|stata|dot|mermaid|webr(?:-r)?|pyodide(?:-python)?|=html|=latex|=typst)"
    r"\b[^}]*\}[ \t]*$",
    re.IGNORECASE,
)
_INLINE_CELL = re.compile(r"(?<!`)`(?:r[ ]|\{(?:r|python|julia|ojs)\}[ ]?)[^`\n]+`(?!`)|" + CODE_SPAN)
_REFERENCE = re.compile(CODE + r"(?<![\w@])\[?-?@(?P<id>(?:fig|tbl|sec|eq|lst|thm)-[\w-]+)\]?")
_KEY = r"-?@\w(?:[\w:.#$%&+?~/-]*\w)?"
_LOCATOR = (
    r"(?:,?[ \t]+(?:(?:pp?|s|ss|sider?|pages?|chap|chapters?|kap|kapitel|sec|sections?|afsnit|vol|no|nr|fig|tab|art|"
    r"bd|bind|para|l)\.?|§)?[ \t]*[ivxlc\d]+(?:(?:[–,.-][ \t]*|[ \t]+)[ivxlc\d]+)*(?:ff?\.?)?)?"
)
_CITATION = re.compile(
    CODE + rf"[ \t]?\[(?:{_KEY}{_LOCATOR}(?:[ \t]*;[ \t]*|(?=\])))+\](?![\[(])"
    rf"|\[(?P<words>[^\[\]\n]{{0,200}}(?<![\w.]){_KEY}[^\[\]\n]{{0,200}})\](?![\[(])"
)
_TABLE_ID = re.compile(r"^(?P<caption>[ \t]*:[ \t]+.*?)[ \t]*\{#[\w-]+[^{}]*\}[ \t]*$")
_MEDIA = {"html": "web-only", "pdf": "print-only", "latex": "print-only", "epub": "book-only", "typst": "print-only"}
_LAYOUT = re.compile(
    r"column-|layout|panel-|incremental|fragment|columns?$|aside$|grid$|g-col|no-|hidden$|center$|small|large$|content-"
)
_KEPT = ("title", "lang")


def _divs(lines: Lines, _: FindingCollector) -> Lines:
    """Return the lines with the attributes of boxes as pandoc reads them: classes known here, and a title."""
    return tuple(_div(line) if is_text else line for line, is_text in zip(lines, outside_code(lines), strict=True))


def _div(line: SourceLine) -> SourceLine:
    match = _DIV.match(line.text)
    if match is None:
        return line
    inside = match["inside"]
    bare = re.sub(r"""[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']+)""", " ", inside)
    classes = [match["bare"], *(found["name"] for found in _CLASS.finditer(re.sub(r"#[\w:.-]+", " ", bare)))]
    named = arguments(" ".join(re.findall(r"""[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']+)""", inside)))
    names = [name.removeprefix("callout-") for name in classes if name]
    if (format_ := named.get("when-format", "")) and "content-visible" in names:
        names = [_MEDIA.get(format_, ""), *names]
    kept = [f".{name}" for name in names if name and not _LAYOUT.match(name)]
    said = [f'{key}="{value}"' for key in _KEPT if (value := named.get(key, "").replace('"', "&quot;"))]
    if re.search(r"(?:^|\s)\.callout(?:\s|$)", inside) and len(kept) > 1:
        kept.remove(".callout")
    attributes = " ".join((*kept, *said)) or ".plain"
    lead = match["lead"] if match["lead"].endswith((" ", "\t")) else f"{match['lead']} "
    return line.with_text(f"{lead}{{{attributes}}}")


def _cells(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away cells of code, whose results only the site has; raw HTML of a cell `{=html}` is read as HTML."""
    written: list[SourceLine] = []
    marks, is_kept = "", False
    for line in lines:
        if marks:
            is_end = line.text.strip().startswith(marks) and not line.text.strip().strip("`")
            written.append(line if is_kept and not is_end else line.with_text(""))
            marks = "" if is_end else marks
        elif match := _CELL.match(line.text):
            marks, is_kept = match["marks"], match["name"] == "=html"
            if not is_kept:
                left_out(findings, line.number, f"a cell of code ({match['name']}), whose result the site computes")
            written.append(line.with_text(""))
        else:
            written.append(line)
    return tuple(written)


def _inline_cells(lines: Lines, findings: FindingCollector) -> Lines:
    """Refuse what code within a sentence computes (`r dose`)."""

    def value(match: re.Match[str], number: int) -> str:
        if is_in_sentence(match):
            return unfilled(findings, number, match[0])
        left_out(findings, number, f"{match[0]}, which Quarto computes")
        return ""

    return substitute(lines, _INLINE_CELL, value)


def _references(lines: Lines, findings: FindingCollector) -> Lines:
    """Name what is referred to: a heading by its words, a picture or a table by what its caption says."""
    titles: dict[str, str] = {}
    for line in lines:
        for found in re.finditer(
            r"(?:^#{1,6}[ \t]+(?P<head>.*?)|!\[(?P<picture>[^\]]*)\]\([^)]*\)|^[ \t]*:[ \t]+(?P<table>.*?))"
            r"[ \t]*\{#(?P<id>[\w-]+)",
            line.text,
        ):
            titles[found["id"]] = (found["head"] or found["picture"] or found["table"] or "").strip()

    def name(match: re.Match[str], number: int) -> str:
        title = titles.get(match["id"], "")
        if title and match["id"].startswith("sec-"):
            return f"[{title}](#{match['id']})"
        left_out(findings, number, f"{match[0]}, which Quarto makes a number of", title)
        return f"“{title}”" if title else match[0].strip("[]")

    changed = substitute(lines, _REFERENCE, name)
    return tuple(
        line.with_text(table["caption"]) if (table := _TABLE_ID.match(line.text)) else line for line in changed
    )


def _citations(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away citations; brackets that hold words too stay as they are."""

    def citation(match: re.Match[str], number: int) -> str:
        words = match["words"] or ""
        left_out(findings, number, f"{match[0].strip()}, which Quarto makes a reference of", words)
        return match[0] if words else ""

    return substitute(lines, _CITATION, citation)


def _address(page: Page) -> str | None:
    """Return the path of a page. Source: Quarto, websites."""
    return f"{page.folder}{page.stem}.html"


DIALECT = Dialect(
    "quarto",
    "Quarto",
    files=("_quarto.yml", "_quarto.yaml", "_bookdown.yml"),
    forms=r"^:{3,}[ \t]*\{\.callout-|^`{3}\{(?:r|python|julia)\b|\{(?:#(?:fig|tbl|sec)-|[^{}\n]*fig-alt=)",
    constructs=(
        Construct("cells of code (```{r})", ("```{", "``` {"), _cells, 14),
        Construct("code in the line (`r name`)", ("`r ", "`{"), _inline_cells, 15, is_everywhere=False),
        Construct("attributes of boxes (::: {.callout-note collapse=true})", (":::",), _divs, 42),
        Construct("cross-references (@fig-knee)", ("@",), _references, 56),
        Construct("citations ([@source])", ("@",), _citations, 57, is_everywhere=False),
    ),
    static_folders=(".",),
    address=_address,
)
