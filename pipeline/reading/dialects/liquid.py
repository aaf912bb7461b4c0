"""Jekyll, Eleventy and Zola: tags of their templates (Liquid, Nunjucks, Tera), kramdown's attributes, and addresses."""

from __future__ import annotations

import re
from functools import partial

from pipeline.reading.dialects import Read
from pipeline.reading.dialects.boxes import BRACES, CODE, arguments, encoded, left_out, names_in, unfilled
from pipeline.reading.dialects.tags import TagReader, is_in_sentence
from pipeline.reading.lines import FindingCollector, Lines, substitute

_COMMENT = re.compile(
    CODE + r"\{%-?\s*comment\s*-?%\}(?:(?!\{%-?\s*comment\b).)*?\{%-?\s*endcomment\s*-?%\}"
    r"|\{#(?![\w-]+\})(?:(?!\{#).)*?#\}",
    re.DOTALL,
)
_RAW = re.compile(CODE + r"\{%-?\s*(?:raw|verbatim)\s*-?%\}|\{%-?\s*end(?:raw|verbatim)\s*-?%\}")
_LISTING = re.compile(
    CODE + r"\{%-?\s*highlight\b[^%{]*%\}\n?(?P<inside>(?:(?!\{%-?\s*highlight\b).)*?)\n?\{%-?\s*endhighlight\s*-?%\}",
    re.DOTALL,
)
_LOOP = re.compile(
    CODE
    + r"\{%-?\s*(?P<name>for|capture|macro|set_block)\b(?:(?!\{%-?\s*(?P=name)\b).)*?\{%-?\s*end(?P=name)\b[^%]*%\}",
    re.DOTALL,
)
_PREFIX = re.compile(CODE + r"\{\{-?\s*(?:site\.(?:baseurl|url)|base_?path|url)\s*(?:\|[^{}]*)?-?\}\}(?=/)")
_LITERAL = re.compile(
    CODE
    + r"""\{\{-?\s*["'](?P<inside>[^"']*)["']\s*(?:\|\s*(?:relative_url|absolute_url|url|prepend:[^{}|]*)\s*)*-?\}\}"""
)
_PAGE = re.compile(CODE + r"\{%-?\s*(?P<name>link|post_url)\s+(?P<target>[^\s%]+)\s*-?%\}")
_STATEMENT = re.compile(
    CODE
    + r"\{%-?\s*(?P<slash>end)?(?P<name>[\w.-]+)(?P<arguments>(?:\"[^\"]*\"|'[^']*'|%(?!\})|[^%\"'{]|\{(?!%))*?)-?%\}",
    re.DOTALL,
)
_VALUE = re.compile(CODE + rf"\{{\{{(?P<inside>(?:[^{{}}]|{BRACES})*)\}}\}}")
_CALL = re.compile(r"\s*-?\s*(?:shortcodes::)?(?P<name>[\w:.]+)\((?P<arguments>.*)\)\s*-?\s*", re.DOTALL)
_CHOICES = names_in("if unless case cycle increment decrement")
"""Tags that choose, or count, what a sentence says."""
_SILENT = names_in("assign set if elsif else elif unless case when increment decrement import extends block from with")


def read_templates(tool: str) -> Read:
    """Return the function that reads the template tags of a tool."""
    return partial(_templates, tool)


def _templates(tool: str, lines: Lines, findings: FindingCollector) -> Lines:
    lines = substitute(lines, _COMMENT, lambda *_: "")
    lines = substitute(lines, _RAW, lambda *_: "")
    lines = substitute(lines, _LISTING, lambda at, _: f"\n\n```\n{at['inside']}\n```\n\n")
    lines = substitute(lines, _LOOP, partial(_loop, findings, tool))
    lines = substitute(lines, _PREFIX, lambda *_: "")
    lines = substitute(lines, _LITERAL, lambda at, _: at["inside"])
    lines = substitute(lines, _PAGE, _page)
    closed = {match["name"].lower() for line in lines for match in _STATEMENT.finditer(line.text) if match["slash"]}
    if "end" in (names := {match["name"] for line in lines for match in _STATEMENT.finditer(line.text)}):
        closed |= names  # Tera ends every tag with `{% end %}`
    reader = TagReader(findings, f"tag of {tool}", lambda name: f"{{% {name} %}}", frozenset(closed))
    lines = substitute(lines, _STATEMENT, partial(_statement, reader))
    return substitute(lines, _VALUE, partial(_value, findings, tool))


def _loop(findings: FindingCollector, tool: str, match: re.Match[str], number: int) -> str:
    if is_in_sentence(match):
        return unfilled(findings, number, match[0])
    left_out(findings, number, f"{{% {match['name']} %}}, which the site fills in, a tag of {tool}")
    return ""


def _page(match: re.Match[str], _: int) -> str:
    target = match["target"].strip("\"'")
    target = f"{target}.md" if match["name"] == "post_url" and not target.endswith(".md") else target
    return f"page:{encoded(target)}"


def _statement(reader: TagReader, match: re.Match[str], number: int) -> str:
    name, text = match["name"], match["arguments"]
    if match["slash"] or name == "end":
        return reader.end(name if match["slash"] else reader.opened[-1][0] if reader.opened else "")
    if name in _CHOICES and is_in_sentence(match):
        return unfilled(reader.findings, number, match[0])
    if name in _SILENT:
        if name not in ("else", "elsif", "elif", "when"):
            left_out(reader.findings, number, f"{{% {name}{text.rstrip()} %}}", "…" if name in ("if", "unless") else "")
        return ""
    if name.startswith("include"):
        file, _, text = text.strip().partition(" ")
        name = file.strip("\"'").rpartition("/")[2].rpartition(".")[0] or file.strip("\"'") or name
    return reader.start(name, arguments(text), number, match, is_empty=False)


def _value(findings: FindingCollector, tool: str, match: re.Match[str], number: int) -> str:
    call = _CALL.fullmatch(match["inside"])
    if call:
        reader = TagReader(findings, f"shortcode of {tool}", lambda name: f"{{{{ {name}() }}}}", frozenset())
        return reader.start(call["name"], arguments(call["arguments"]), number, match, is_empty=True)
    if is_in_sentence(match):
        return match[0]  # a sentence without its value may say something else: the article is refused
    left_out(findings, number, f"{match[0][:60]}, a value that {tool} fills in")
    return ""
