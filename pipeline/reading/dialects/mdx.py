"""Docusaurus, Astro and Starlight: components of MDX, imports over several lines, and addresses."""

from __future__ import annotations

import re

from pipeline.reading.dialects.boxes import BRACES, CODE, arguments, left_out, unfilled
from pipeline.reading.dialects.tags import TagReader, is_in_sentence
from pipeline.reading.lines import FindingCollector, Lines, SourceLine, code_flags, substitute

_VALUE = rf"""(?:"[^"]*"|'[^']*'|{BRACES})"""
_TAG = re.compile(
    CODE + rf"(?:(?<![\w<])<|<(?=/))(?P<slash>/?)(?P<name>[A-Z]\w*(?:\.\w+)*)"
    rf"(?P<arguments>(?:\s+[\w@:.-]+(?:\s*=\s*{_VALUE})?|\s+{BRACES})*)\s*(?P<empty>/?)>"
)
_FRAGMENT = re.compile(CODE + r"^[ \t]*</?>[ \t]*$|<>(?=\S)|(?<=\S)</>", re.MULTILINE)
_STYLED = re.compile(CODE + r"(?P<start><[a-z][\w-]*(?:\s+[\w:-]+=(?:\"[^\"]*\"|'[^']*'))*)\s+[\w:.-]+=\{\{[^{}]*\}\}")
_BEGINS = re.compile(
    r"^(?:import\s+(?:type\s+)?[\w*{},\s$]+\sfrom\s+['\"]|import\s+['\"]|import\s+(?:type\s+)?(?:\w+\s*,\s*)?\{[\w\s,$]*$"
    r"|export\s+(?:const|let|var)\s+[\w{\[$][^=]*=|export\s+default\s+(?:function|class|\(|\{|\w+\s*;?$)"
    r"|export\s+(?:async\s+)?function\b[^(]*\()"
)
_FLAGS = frozenset(("default", "open", "hidden", "inline", "disabled", "lazy"))
"""Arguments without a value; two other words behind a name make no component."""
_LEAST_PROSE = 2
_SPACE = re.compile(CODE + r"\{(?:\"\s*\"|'\s*'|`\s*`)\}")
_STRING = re.compile(CODE + r"\{(?:\"(?P<a>[^\"{}\n]+)\"|'(?P<b>[^'{}\n]+)'|`(?P<c>[^`{}$\n]+)`)\}")


def read_imports(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away imports and exports that go on over several lines; those on one line are known to every project."""
    written: list[SourceLine] = []
    flags = code_flags(lines)
    end = 0
    for at, line in enumerate(lines):
        if at >= end and not flags[at] and _BEGINS.match(line.text):
            end = _end_of_code(lines, at)
            if end > at:
                shown = line.text.strip()[:60]
                findings.add("html-removed", line.number, f"{shown!r} is code of the web site, removed")
        written.append(line.with_text("") if at < end else line)
    return tuple(written)


def _end_of_code(lines: Lines, at: int) -> int:
    """Return the index behind a statement of code; `at` where its brackets are not closed, as in a sentence."""
    depth = 0
    for index in range(at, min(at + _MOST_CODE_LINES, len(lines))):
        depth += sum(lines[index].text.count(sign) for sign in "{([")
        depth -= sum(lines[index].text.count(sign) for sign in "})]")
        if depth <= 0:
            return index + 1
    return at


_MOST_CODE_LINES = 200


def read_components(lines: Lines, findings: FindingCollector) -> Lines:
    """Return the lines with the words of components that a reader of the site sees."""
    lines = substitute(lines, _STYLED, lambda at, _: at["start"])
    closed = {match["name"].lower() for line in lines for match in _TAG.finditer(line.text) if match["slash"]}
    reader = TagReader(findings, "component of MDX", lambda name: f"<{name}>", frozenset(closed))
    begun: set[str] = set()

    def is_component(match: re.Match[str]) -> bool:
        if "=" in match["arguments"]:
            return True
        is_whole = bool(match["empty"]) or match["name"].lower() in closed
        words = match["arguments"].split()
        return is_whole and (len(words) < _LEAST_PROSE or _FLAGS.issuperset(words))

    def replaced(match: re.Match[str], number: int) -> str:
        name = match["name"]
        if match["slash"]:
            return reader.end(name) if name.lower() in begun else match[0]
        if not is_component(match):
            return match[0]  # words in angle brackets
        begun.add(name.lower())
        given = {key: value for key, value in arguments(match["arguments"]).items() if not key.isdigit()}
        return reader.start(name, given, number, match, is_empty=bool(match["empty"]))

    changed = substitute(substitute(lines, _TAG, replaced), _FRAGMENT, lambda *_: "")
    changed = substitute(changed, _SPACE, lambda *_: " ")
    changed = substitute(changed, _STRING, lambda at, _: at["a"] or at["b"] or at["c"])
    return _dedented(lines, changed) if changed != lines else changed


def _dedented(before: Lines, after: Lines) -> Lines:
    """Return lines without the indentation that they had within components: it would make code, or nothing, of them."""
    indented = {old.number for old in before if old.text.lstrip().startswith("<") and old.text[:1] in " \t"}
    if not indented:
        return after
    return tuple(_shallow(line, is_code) for line, is_code in zip(after, code_flags(after), strict=True))


def _shallow(line: SourceLine, is_code: bool) -> SourceLine:  # noqa: FBT001
    text = line.text
    bare = text.lstrip(" \t")
    is_block = re.match(r"(?:\*\*|!\[|\[|:::|<|[A-ZÆØÅa-zæøå])", bare)
    return line.with_text(bare) if not is_code and is_block and text[:4] == "    " else line


def read_leftovers(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away expressions of JavaScript: `{frontMatter.title}`, `{list.map(…)}`."""

    def removed(match: re.Match[str], number: int) -> str:
        if is_in_sentence(match):
            return unfilled(findings, number, match[0])
        left_out(findings, number, f"{match[0][:60]}, which the site computes")
        return ""

    return substitute(lines, _EXPRESSION, removed)


def read_values(lines: Lines, findings: FindingCollector) -> Lines:
    """Write the numbers of `{5}`, and refuse names in braces within a sentence, which the site fills in."""

    def value(match: re.Match[str], number: int) -> str:
        if match["number"]:
            return match["number"]
        if is_in_sentence(match):
            return unfilled(findings, number, match[0])
        left_out(findings, number, f"{match[0][:60]}, which the site computes")
        return ""

    return substitute(lines, _VALUE_IN_BRACES, value)


_VALUE_IN_BRACES = re.compile(
    CODE
    + r"(?<![\\\w$^{}\])=])\{\s*(?:(?P<number>-?\d+(?:\.\d+)?)|\w[\w.]*(?:\(\w*\))?(?:\s*[-+*/]\s*[\w.]+)*)\s*\}(?!\})"
)
_EXPRESSION = re.compile(
    CODE + r"\{(?=[^{}\n]*(?:\.map\(|=>|\?\.|\(\)|frontmatter\.|props\.))(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
    r"|\{(?:frontMatter|frontmatter|props|siteConfig|children)(?:\.\w+)*\}"
)
