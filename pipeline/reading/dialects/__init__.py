"""The dialects of Markdown that sites are written in: one module per tool, with its constructs in a table.

A further dialect is one file here: a module with a `DIALECT`. Constructs that can mean nothing else are read in every
project; what a text cannot tell (addresses, folders, tags of templates) follows from the dialect of the project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import PurePosixPath
from pkgutil import iter_modules

from pipeline.reading.lines import FindingCollector, Lines
from pipeline.registry import repair_rule, warning_rule

Read = Callable[[Lines, FindingCollector], Lines]


@dataclass(frozen=True, slots=True)
class Construct:
    """One construct of a dialect, and the function that turns its lines into Markdown that pandoc reads."""

    name: str
    """For people: `boxes (!!! note)`."""
    marks: tuple[str, ...]
    """A text without any of these has it not, and is not looked at."""
    read: Read
    order: int = 50
    """Constructs with a lower number are read first: comments before all, links late."""
    is_everywhere: bool = True
    """It can mean nothing else, and is read whatever the dialect of the project."""


@dataclass(frozen=True, slots=True)
class Page:
    """What decides where a site shows an article."""

    below: PurePosixPath
    """Its file, below the folder of the site's content."""
    slug: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the site's own configuration: `permalink`, `trailingSlash` …"""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Further keys of its front matter that move it on some sites: `id`, `date`, `categories`; lists are empty."""

    @property
    def folder(self) -> str:
        """Its folder with a slash at its end, or nothing."""
        parent = self.below.parent.as_posix()
        return "" if parent == "." else f"{parent}/"

    @property
    def stem(self) -> str:
        return self.below.name[: -len(self.below.suffix)] if self.below.suffix else self.below.name


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    name: str
    """As `[sources] dialect` names it."""
    title: str
    files: tuple[str, ...] = ()
    """Files and folders beside the content that only this tool has."""
    shared_files: Mapping[str, str] = field(default_factory=dict)
    """Files that other tools have too, each with an expression of what only this one says in it."""
    forms: str = ""
    """Expression of what its texts hold, where there is no such file; empty: never found by its texts."""
    constructs: tuple[Construct, ...] = ()
    content: tuple[str, ...] = ()
    """Folders below that of the site in which its pages lie; the first that a page is in counts."""
    static_folders: tuple[str, ...] = ()
    """Folders below that of the site whose files it serves from its root."""
    address: Callable[[Page], str | None] | None = None
    """Returns the path of a page on the site, without its first slash; None where no rule confirms one."""
    has_slugs_below: bool = False
    """A slug that begins with a slash stands below the folder that `address` names, not at the root of the site."""
    finds_by_name: bool = False
    """Pictures and pages are found by their names, wherever they lie."""
    own_settings: Mapping[str, str] = field(default_factory=dict)
    """Expression for each setting that `address` depends on, with its value as group 1, in one of `files`."""


def is_kept(path: str) -> bool:
    """Tell whether every tool keeps a path in an address as it is: small letters from a to z, digits and hyphens."""
    return bool(re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*/?)*", path))


PLAIN = "markdown"
AUTO = "auto"


@cache
def all_dialects() -> tuple[Dialect, ...]:
    modules = sorted(module.name for module in iter_modules(__path__))
    found = (getattr(import_module(f"{__name__}.{name}"), "DIALECT", None) for name in modules)
    return tuple(dialect for dialect in found if dialect)


@cache
def named(name: str) -> Dialect:
    """Return a dialect by its name; that of plain Markdown where none has it."""
    return next((each for each in all_dialects() if each.name == name), Dialect(PLAIN, "Markdown"))


@cache
def constructs_of(name: str) -> tuple[Construct, ...]:
    """Return the constructs that are read in a project of a dialect, in order."""
    own = named(name)
    read = (each for dialect in all_dialects() for each in dialect.constructs if each.is_everywhere or dialect is own)
    shared = (each for each in own.constructs)
    return tuple(sorted(dict.fromkeys((*read, *shared)), key=attrgetter("order")))


@repair_rule(
    "construct-read",
    "A construct of another tool was read as what it means there.",
    "`!!! note` of MkDocs, `{{< figure >}}` of Hugo, `[[links]]` of Obsidian",
    "Nothing; or write it as `docs/articles.md` shows.",
)
@warning_rule(
    "construct-left-out",
    "A construct of another tool that paper, book and mail cannot show; it is left out, or its words stay alone.",
    "`{{< youtube … >}}`, `{% include map.html %}`",
    "Say in words what it shows, and link to it.",
)
def read_constructs(lines: Lines, findings: FindingCollector, dialect: str) -> Lines:
    """Return the lines with the constructs of other tools as Markdown; their numbers stay in order."""
    whole = "\n".join(line.text for line in lines)
    for construct in constructs_of(dialect):
        if not any(mark in whole for mark in construct.marks):
            continue
        before, lines = lines, construct.read(lines, findings)
        if lines != before:
            at = next((old.number for old, new in zip(before, lines, strict=False) if old != new), before[-1].number)
            findings.add("construct-read", at, f"{construct.name}: read as what they mean")
            whole = "\n".join(line.text for line in lines)
    return lines


def forms_in(text: str) -> Iterator[str]:
    """Yield the name of each dialect that a text shows by its forms."""
    for dialect in all_dialects():
        if dialect.forms and re.search(dialect.forms, text, re.MULTILINE):
            yield dialect.name
