"""MyST and Sphinx: directives as fences (```{note}`) and as boxes (`:::{note}`), roles, and targets `(name)=`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.reading.callouts import CALLOUT_KINDS, callout_key
from pipeline.reading.dialects import Construct, Dialect, Page
from pipeline.reading.dialects.boxes import (
    CLOSED_BOX,
    CODE,
    bold,
    is_box,
    left_out,
    names_in,
    opened_box,
    picture,
    rows_at,
    unfilled,
)
from pipeline.reading.dialects.tags import is_in_sentence
from pipeline.reading.lines import HEADING, FindingCollector, Lines, SourceLine, substitute

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,}|:{3,})[ \t]*\{(?P<name>[A-Za-z][\w:.+-]*)\}"
    r"[ \t]*(?P<argument>.*?)[ \t]*$"
)
_PLAIN_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})(?P<rest>.*)$")
_OPTION = re.compile(r"^[ \t]*:(?P<name>[\w-]+):(?:[ \t]+(?P<value>.*?))?[ \t]*$")
_ROLE = re.compile(CODE + r"\{(?P<name>[a-z][\w:.-]*)\}`(?P<inside>[^`\n]+)`", re.IGNORECASE)
_VALUE = re.compile(CODE + r"\{\{[^{}\n]*\}\}")
_TARGET = re.compile(r"^\((?P<name>[A-Za-z][\w:./-]*)\)=[ \t]*$")
_LABELLED = re.compile(r"(?P<label>.*?)[ \t]*<(?P<target>[^<>]+)>", re.DOTALL)
_COMMENT = re.compile(r"^%(?:[ \t].*|)$")
_BREAK = re.compile(r"^\+\+\+(?:[ \t].*)?$")
_PICTURES = frozenset(("image", "figure", "carousel"))
_OPTIONS = names_in(
    "class name label numbered enumerated nonumber open icon color width height align scale figwidth figclass target "
    "loading columns gutter padding margin outline shadow child-direction child-align img-top img-bottom "
    "img-background link link-type text-align sync sync-id selected animate chevron linenos lineno-start "
    "emphasize-lines force dedent filename language tags kind key theme maxdepth glob hidden titlesonly "
    "includehidden reversed header-rows stub-columns widths figure remove-input remove-output"
)
"""Options that say how a directive looks; those of `_SAID` hold words, and any other line is text."""
_SAID = names_in("title alt caption link-alt img-alt img-top-alt")
_CONTENTS = names_in(
    "tableofcontents toctree contents index bibliography footbibliography sectionauthor codeauthor target meta"
)
_CODES = names_in("code-block code sourcecode prism literalinclude parsed-literal")
_CELLS = names_in(
    "code-cell jupyter-execute ipython mermaid graphviz plot iframe video youtube include embed raw csv-table "
    "list-table eval-rst automodule autoclass autofunction exec nb-exec-table glue:figure"
)
_SILENT = names_in(
    "grid grid-item div tab-set card-carousel epigraph pull-quote highlights container glossary only centered "
    "button-link"
)
_TITLED = names_in("card grid-item-card dropdown details tab-item tab sidebar margin topic admonition rubric aside")
_LINKS = names_in("ref doc numref term eq any download external std:ref std:doc std:term prf:ref")
_SIGNS = names_in("octicon far fas fab material-regular material-outlined index eval")
_WORDS = names_in(
    "abbr sub sup kbd guilabel menuselection command file samp math del u small attribution button octicon far fas fab "
    "material-regular material-outlined bdg cite cite:p cite:t citep citet index eval"
)


@dataclass(slots=True)
class _Open:
    """A directive whose end has not come."""

    marks: str
    end: tuple[str, ...]
    is_dropped: bool = False
    is_code: bool = False
    indent: int = 0


@dataclass(slots=True)
class _DirectiveReader:
    findings: FindingCollector
    written: list[SourceLine] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)

    def read(self, lines: Lines) -> Lines:
        at = 0
        fence = ""
        while at < len(lines):
            line = lines[at]
            inner = self.opened[-1] if self.opened else None
            if inner and self._closes(line, inner):
                self.opened.pop()
                self.written += rows_at(inner.end, line.number)
            elif inner and inner.is_dropped:
                self.written.append(line.with_text(""))
            elif inner and inner.is_code:
                self.written.append(
                    line.with_text(line.text[inner.indent :] if not line.text[: inner.indent].strip() else line.text)
                )
            elif fence:
                plain = _PLAIN_FENCE.match(line.text)
                fence = "" if plain and plain["marks"].startswith(fence) and not plain["rest"].strip() else fence
                self.written.append(line)
            elif match := _FENCE.match(line.text):
                at = self._open(lines, at, match)
                continue
            else:
                plain = _PLAIN_FENCE.match(line.text)
                fence = plain["marks"] if plain and "`" not in plain["rest"] else ""
                indent = inner.indent if inner else 0
                self.written.append(line.with_text(line.text[indent:]) if not line.text[:indent].strip() else line)
            at += 1
        last = lines[-1].number
        for left in reversed(self.opened):
            self.written += rows_at(left.end, last)
        return tuple(self.written)

    @staticmethod
    def _closes(line: SourceLine, inner: _Open) -> bool:
        bare = line.text.strip()
        return len(bare) >= len(inner.marks) and bool(bare) and not bare.strip(inner.marks[0])

    def _open(self, lines: Lines, at: int, match: re.Match[str]) -> int:
        """Open a directive; return the index of the first line of its content."""
        number, name, argument = lines[at].number, match["name"].lower(), match["argument"].strip()
        options: dict[str, str] = {}
        first = at + 1
        if first < len(lines) and lines[first].text.strip() == "---":
            end = next((row for row in range(first + 1, len(lines)) if lines[row].text.strip() == "---"), first)
            for line in lines[first + 1 : end]:
                key, _, value = line.text.partition(":")
                options[key.strip().lower()] = value.strip().strip("\"'")
                if not _is_option(key.strip().lower()) and value.strip():
                    left_out(self.findings, line.number, f"{line.text.strip()}, an option of {{{name}}}")
            first = end + 1 if end > first else first
        while first < len(lines) and (option := _OPTION.match(lines[first].text)):
            if not _is_option(option["name"].lower()):
                break  # a field: text of the author
            options[option["name"].lower()] = option["value"] or ""
            first += 1
        indent = len(match["indent"])
        opening, opened = self._directive(name, argument, options, number, _Open(match["marks"], (), indent=indent))
        self.written += rows_at(opening, number)
        for key in sorted(_SAID & options.keys()):
            if options[key] and not opened.is_dropped and not any(options[key] in row for row in opening):
                left_out(self.findings, number, f":{key}: {options[key]}, an option of {{{name}}}")
        self.opened.append(opened)
        return first

    def _directive(
        self, name: str, argument: str, options: dict[str, str], number: int, opened: _Open
    ) -> tuple[list[str], _Open]:
        """Return the lines that a directive begins with, and what its end becomes."""
        title = argument or options.get("title", "")
        if name in _PICTURES:
            said = picture({"src": argument, "alt": options.get("alt", "")}) if argument else ""
            opened.end = ("",)
            return ["", said, ""], opened
        if name in _CONTENTS:
            opened.is_dropped = True
        elif name in _CELLS or (name == "math" and not argument):
            if name == "math":
                opened.is_code = True
                opened.end = ("```", "")
                return ["", "```"], opened
            left_out(self.findings, number, f"{{{name}}} {argument}".strip() + ", a directive of MyST")
            opened.is_dropped = True
        elif name in _CODES:
            opened.is_code = True
            opened.end = ("```", "")
            return ["", "```"], opened
        elif is_box(name) and name not in _TITLED - {"admonition"}:
            kind = next((word for word in options.get("class", "").split() if callout_key(word) in CALLOUT_KINDS), "")
            opened.end = CLOSED_BOX
            # Of a box of its own kind, words behind its name begin its text in Sphinx, and are its title in MyST.
            return opened_box(kind or ("note" if name == "admonition" else name), title), opened
        elif name in _TITLED:
            opened.end = ("",)
            return ["", bold(title), ""] if title else [""], opened
        else:
            opened.end = ("",)
            if name not in _SILENT:
                left_out(self.findings, number, f"{{{name}}}, a directive of MyST", title or "…")
            is_said = bool(title) and not title.isdigit() and name not in ("grid", "div", "only")
            return ["", title, ""] if is_said else [""], opened
        return [""], opened


def _is_option(name: str) -> bool:
    return name in _OPTIONS | _SAID or name.startswith("class-")


def _directives(lines: Lines, findings: FindingCollector) -> Lines:
    if not any(_FENCE.match(line.text) for line in lines):
        return lines
    return _DirectiveReader(findings).read(lines)


def _targets(lines: Lines, _: FindingCollector) -> Lines:
    """Take targets away, and give their names to the headings below them."""
    written: list[SourceLine] = []
    name = ""
    for line in lines:
        if match := _TARGET.match(line.text):
            name = _anchor(match["name"])
            written.append(line.with_text(""))
        elif name and HEADING.match(line.text) and "{#" not in line.text:
            written.append(line.with_text(f"{line.text.rstrip()} {{#{name}}}"))
            name = ""
        else:
            name = name if line.is_blank else ""
            written.append(line)
    return tuple(written)


def _anchor(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name.strip().lower()).strip("-")


def _is_filled_in(name: str, label: str) -> bool:
    """Tell whether a site makes a number or a value of a role."""
    return name == "eval" or (name in ("numref", "eq") and not re.fullmatch(r"(?:(?!%s|\{n).)+", label, re.DOTALL))


def _roles(lines: Lines, findings: FindingCollector) -> Lines:
    headings = {}
    for line in lines:
        if (match := HEADING.match(line.text)) and (found := re.search(r"[ \t]*\{#([\w-]+)\}[ \t]*$", match["text"])):
            headings[found[1]] = match["text"][: found.start()].strip()

    def role(match: re.Match[str], number: int) -> str:
        name, inside = match["name"].lower(), match["inside"].strip()
        labelled = _LABELLED.fullmatch(inside)
        label, target = (labelled["label"], labelled["target"]) if labelled else ("", inside)
        if name in ("ref", "std:ref", "numref", "prf:ref") and _anchor(target) in headings:
            anchor = _anchor(target)
            return f"[{label or headings[anchor]}](#{anchor})"
        if name in ("doc", "std:doc", "download", "any"):
            return f"[{label}](page:{target})"
        is_value = _is_filled_in(name, label)
        if is_value and is_in_sentence(match):
            return unfilled(findings, number, match[0])
        if is_value or name.split(":")[0] in _SIGNS:
            left_out(findings, number, f"{match[0]}, a role of MyST")
            return ""
        if name in _LINKS:
            return label or target.replace("_", " ").replace("-", " ")
        if name == "abbr" and (pair := re.fullmatch(r"(.*?)\s*\(([^()]*)\)", inside)):
            return f'<abbr title="{pair[2]}">{pair[1]}</abbr>'
        if name in ("sub", "sup"):
            return f"<{name}>{inside}</{name}>"
        if name not in _WORDS and not name.startswith(("py:", "bdg-", "c:", "cpp:", "js:")):
            left_out(findings, number, f"{match[0]}, a role of MyST", label or inside)
        return label or inside

    return substitute(lines, _ROLE, role)


def _values(lines: Lines, findings: FindingCollector) -> Lines:
    def value(match: re.Match[str], number: int) -> str:
        if is_in_sentence(match):
            return match[0]
        left_out(findings, number, f"{match[0][:60]}, a value that MyST fills in")
        return ""

    return substitute(lines, _VALUE, value)


def _marks(lines: Lines, findings: FindingCollector) -> Lines:
    """Take away comments (`% …`) and breaks between cells (`+++`)."""
    written = []
    for line in lines:
        if _COMMENT.match(line.text):
            findings.add("html-removed", line.number, "a comment, removed")
            written.append(line.with_text(""))
        else:
            written.append(line.with_text("") if _BREAK.match(line.text) else line)
    return tuple(written)


def _address(page: Page) -> str | None:
    """Return the path of a page as Sphinx writes it. Source: Jupyter Book 1, Sphinx HTML builder."""
    if "myst" in page.settings:
        return None  # mystmd makes its own, and a project can change them
    return f"{page.folder}{page.stem}.html"


DIALECT = Dialect(
    "myst",
    "MyST",
    files=("myst.yml", "_toc.yml", "conf.py", "source/conf.py"),
    forms=r"^\([\w -]+\)=$|^(?:`{3,}|:{3,})\{(?:note|admonition|warning|tip|figure|image|tableofcontents|toctree)\}"
    r"|\{(?:ref|doc|numref|term)\}`",
    constructs=(
        Construct("targets ((name)=)", (")=",), _targets, 28),
        Construct("roles ({ref}`name`)", ("}`",), _roles, 29),
        Construct("directives of MyST (```{note})", ("```{", "~~~{", ":::{", "::: {", "``` {"), _directives, 30),
        Construct("values of MyST ({{ name }})", ("{{",), _values, 27, is_everywhere=False),
        Construct("comments and breaks of MyST (% …, +++)", ("%", "+++"), _marks, 11, is_everywhere=False),
    ),
    static_folders=(".",),
    address=_address,
    own_settings={"myst": r"^(version:\s*1)\b"},
)
