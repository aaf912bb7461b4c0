"""Front matter: fences, aliases of keys, and parsing of each value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from pipeline.config import SourceSettings
from pipeline.errors import offer
from pipeline.languages import together
from pipeline.model import FRONT_MATTER_KEYS, FrontMatterKey, Metadata
from pipeline.reading.frontmatter_values import FLAGS, ValueReader, WrittenValue, member, plain_key
from pipeline.reading.lines import FindingCollector, body_lines, code_flags
from pipeline.reading.other_front_matter import read_other_kind
from pipeline.reading.strict_yaml import YamlList, YamlMapping, YamlNode, YamlText, parse_yaml, shorten_value
from pipeline.registry import error_rule, repair_rule, warning_rule


def names_of(key: FrontMatterKey) -> tuple[str, ...]:
    """Return every name of a key, its own first: those that sites give it, and those of all languages."""
    return (key.name, *key.aliases, *together().names_of(key.name))


# The key of each name, and its rank among the names of that key.
_CANONICAL: Mapping[str, tuple[str, int]] = MappingProxyType(
    {plain_key(name): (key.name, rank) for key in FRONT_MATTER_KEYS.values() for rank, name in enumerate(names_of(key))}
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source divided into its front matter, as it is written, and its body."""

    meta: Metadata
    body: str
    body_line: int  # The line of the body's first line


def read_front_matter(
    text: str, settings: SourceSettings, findings: FindingCollector, language: str = ""
) -> SourceText | None:
    """Return the front matter and body of clean text; None where it is refused, with findings for all its faults.

    Text without front matter is all body. A wrong value of a key of ours refuses the article: nothing is published on
    a guess. One of a key that other tools write is left out, with a warning.

    Args:
        language: Of the publisher: months of dates may be in its words.
    """
    reader = _FrontMatterReader(settings, findings)
    reader.language = language
    other = read_other_kind(text, lambda name: reader.means(name, "title"), reader.is_known, findings)
    if other:
        table, body, body_line = other.table, other.body, other.body_line
    elif fences := _split_fences(text, reader):
        table = parse_yaml(fences.block, 2 + fences.blank, findings) if fences.block else YamlMapping((), 1)
        body, body_line = fences.body, fences.body_line
    else:
        return None
    meta = reader.metadata(table) if table else None
    if meta is None or any(finding.severity == "error" for finding in findings):
        return None
    return SourceText(meta, body, body_line)


# ---- fences


@dataclass(frozen=True, slots=True)
class _FencedText:
    block: str
    body: str
    body_line: int
    blank: int = 0  # Empty lines above the first fence


_FENCE = re.compile(r"-{3,}[ \t]*")
_END = re.compile(r"(?:-{3,}|\.{3})[ \t]*")  # YAML and pandoc end it with `...` too
_KEY_LINE = re.compile(r"[\"']?([\w-][\w .-]*)[\"']?[ \t]*:([ \t]|$)")


@error_rule(
    "front-matter-misplaced",
    "The front matter is not at the top, or has no end.",
    "A heading above the first `---`; no second `---`",
    "Put `---` in the first line and after the last key.",
)
@repair_rule(
    "front-matter-untidy",
    "The lines around the front matter are not just `---`.",
    "`-----`, or an empty line before it",
    "Write `---` and nothing else, from the first line on.",
)
def _split_fences(text: str, reader: _FrontMatterReader) -> _FencedText | None:
    """Return the block and the body; None, with a finding, where text would be lost or printed as keys."""
    lines = text.split("\n")
    blank = next((at for at, line in enumerate(lines) if line.strip()), 0)
    first, rest = lines[blank], lines[blank + 1 :]
    following = next((line for line in rest if line.strip()), "")
    if not _FENCE.fullmatch(first):
        return _no_front_matter(text, lines, reader)
    has_keys = bool(_KEY_LINE.match(following))
    end = _end_of_block(rest, has_keys=has_keys)
    is_rule = end is None or first.rstrip() != "---"
    if (is_rule and not has_keys) or (end is not None and _is_between_rules(rest[:end])):
        return _FencedText("", text, 1)  # a rule across the page, not a fence
    if end is None:
        message = "the front matter that begins here has no end, expected a line --- after its last key"
        reader.findings.add("front-matter-misplaced", blank + 1, message, "add the line --- below the last key")
        return None
    if blank or first != "---" or rest[end] not in ("---", "..."):
        line = blank + 1 if blank or first != "---" else blank + end + 2
        message = "the lines around the front matter are not just ---; read all the same"
        reader.findings.add("front-matter-untidy", line, message)
    return _FencedText("\n".join(rest[:end]) + "\n", "\n".join(rest[end + 1 :]), blank + end + 3, blank)


def _end_of_block(rest: list[str], *, has_keys: bool) -> int | None:
    """Return the line that ends front matter; None where none does."""
    ends = _END if has_keys else _FENCE
    end = next((at for at, line in enumerate(rest) if ends.fullmatch(line)), None)
    if end is None or rest[end].startswith("-"):
        return end
    # Keys below `...`, up to another fence, are a second document, which is refused.
    below = next((at for at in range(end, len(rest)) if not rest[at].strip() or _FENCE.fullmatch(rest[at])), end)
    return below if _FENCE.fullmatch(rest[below]) else end


def _is_between_rules(block: list[str]) -> bool:
    """Distinguish text between two rules across the page from front matter: empty lines about it, and no key in it."""
    words = [line for line in block if line.strip()]
    is_apart = bool(words) and not block[0].strip() and not block[-1].strip()
    return is_apart and not any(":" in line or line.lstrip().startswith("#") for line in words)


def _no_front_matter(text: str, lines: list[str], reader: _FrontMatterReader) -> _FencedText | None:
    """Return text that has no front matter at its top, unless it has one further down."""
    flags = code_flags(body_lines(text, 1))
    for at, (line, following) in enumerate(pairwise(lines)):
        key = _KEY_LINE.match(following) if not flags[min(at, len(flags) - 1)] and _FENCE.fullmatch(line) else None
        if key and reader.canonical(key[1]):
            message = "there is text before the front matter, expected --- in the first line"
            reader.findings.add("front-matter-misplaced", at + 1, message, "move the text below the front matter")
            return None
    return _FencedText("", text, 1)


# ---- keys


class _FrontMatterReader(ValueReader):
    def __init__(self, settings: SourceSettings, findings: FindingCollector) -> None:
        super().__init__(settings, findings)
        self._aliases = {plain_key(name): plain_key(key) for name, key in settings.aliases.items()}

    def canonical(self, name: str) -> tuple[str, int] | None:
        """Return the key that a name means, and the rank of the name; None where no one knows it."""
        plain = plain_key(name)
        if plain in self._aliases and (own := _CANONICAL.get(self._aliases[plain])):
            return own[0], 1
        return _CANONICAL.get(plain)

    def means(self, name: str, key: str = "") -> bool:
        """Tell whether a name is one of a key; of any key where none is given."""
        known = self.canonical(name)
        return known is not None and key in ("", known[0])

    def is_known(self, name: str) -> bool:
        """Tell whether a name is a key: one of ours, or one that other tools write above every page."""
        return self.means(name) or plain_key(name) in _STATE_KEYS | _PUBLIC_KEYS | _PRIVATE_KEYS | _OTHER_KEYS

    @warning_rule(
        "dates-reversed",
        "The article was updated before it was published; the later date is shown.",
        "`published: 03-08-2025` and `updated: 21-06-2025`",
        "Correct one of them.",
    )
    def metadata(self, table: YamlMapping) -> Metadata:
        chosen = self._chosen(table)
        values: dict[str, Any] = {"lines": tuple((name, written.line) for name, written in chosen.items())}
        if "title" not in chosen:
            known = ((self.canonical(key.value), key.line) for key, _ in table.entries)
            values["empty_title_line"] = next((line for found, line in known if found and found[0] == "title"), 0)
        if isinstance(tag := chosen["language"].value if "language" in chosen else None, YamlText):
            self.language = tag.value
        for name, written in chosen.items():
            value = self.value(FRONT_MATTER_KEYS[name].form, written)
            if value != "":
                values[FRONT_MATTER_KEYS[name].field] = value
        if "picture" in chosen and not values.get("picture_alt"):
            values["picture_alt"] = member(chosen["picture"].value, ("alt", "alttext"))
        meta = Metadata(**values)
        if meta.published and meta.updated and meta.updated < meta.published:
            message = f"updated on {meta.updated}, before it was published on {meta.published}; the later date is shown"
            self.findings.add("dates-reversed", meta.line_of("updated"), message)
        return meta

    @warning_rule(
        "key-conflict",
        "Two names of one key have different values; the first name in the table of the documentation counts.",
        "`updated: 2026-05-01` and `lastmod: 2026-04-01`",
        "Keep one.",
    )
    def _chosen(self, table: YamlMapping) -> dict[str, WrittenValue]:
        """Return one value for each key; notes names that no one knows and names that contradict each other."""
        named: dict[str, list[tuple[int, WrittenValue]]] = {}
        for key, value, depth in _with_nested(table):
            known = self.canonical(key.value)
            if (draft := _draft_mark(key, value)) and (known is None or known[0] == "published"):
                named.setdefault("draft", []).append((99, draft))
            elif known is None:
                self._unknown(key)
            elif not (isinstance(value, YamlText) and not value.value):
                rank = known[1] + _NESTED_RANK * depth
                named.setdefault(known[0], []).append((rank, WrittenValue(key.value, key.line, value)))
            else:
                self.comment(key.value, value)
        chosen: dict[str, WrittenValue] = {}
        for name, values in named.items():
            first, *others = (
                value for _, value in sorted(values, key=lambda ranked: (not _keeps_back(name, ranked[1]), ranked[0]))
            )
            chosen[name] = first
            for other in others:
                if _without_lines(other.value) != _without_lines(first.value):
                    message = f"{other.name} and {first.name} (line {first.line}) differ; {first.name} counts"
                    self.findings.add("key-conflict", other.line, message)
        return chosen

    @warning_rule(
        "key-misspelt",
        "A key that is nearly one of ours, and so is probably a typing error; its value is left out.",
        "`rewiewed: 02-11-2026`",
        "Write the name that the message offers.",
    )
    def _unknown(self, key: YamlText) -> None:
        plain = plain_key(key.value)
        near = get_close_matches(plain, _CANONICAL, n=1, cutoff=0.8)
        message = f"the key {shorten_value(key.value)!r} has no meaning here; left out"
        is_misspelt = bool(near) and _is_misspelt(plain, near[0])
        names = (_CANONICAL[name][0] for name in near)
        self.findings.add("key-misspelt" if is_misspelt else "key-unknown", key.line, message, offer(names))


_LEAST_LETTERS = 5  # Of a key that may be a typing error: short words are alike by chance


def _is_misspelt(name: str, near: str) -> bool:
    """Tell a typing error from a word of its own, such as `images` beside `image`: letters differ within the word."""
    is_longer = name.startswith(near) or near.startswith(name) or name.endswith(near) or near.endswith(name)
    ratio = SequenceMatcher(None, name, near).ratio()
    return len(name) >= _LEAST_LETTERS and not is_longer and ratio >= _MISSPELT_RATIO


_MISSPELT_RATIO = 0.85
_NESTED_KEYS = frozenset(("params", "extra", "taxonomies"))
"""Mappings in which Hugo and Zola keep further keys."""
_NESTED_RANK = 50
_DRAFT_STATES = frozenset(
    ("draft", "drafts", "kladde", "udkast", "private", "pending", "trash", "autodraft", "unpublished", "wip", "entwurf")
)
"""What `status:` says of a page that is not public: Pelican, WordPress, Ghost."""
_PUBLIC_KEYS = frozenset(("published", "publish", "public", "dgpublish", "ispublished", "ispublic"))
"""Keys that are `false` for a page that is kept back: Jekyll, Obsidian, Quartz, Digital Garden."""
_PRIVATE_KEYS = frozenset(("private", "isprivate", "unpublished", "wip"))
"""Keys that are `true` for a page that is kept back."""
_STATE_KEYS = frozenset(("status", "poststatus", "visibility"))
_OTHER_KEYS = frozenset(("category", "categories", "template", "layout", "saveas", "translation"))
"""Keys without a meaning here that Pelican and MultiMarkdown write above a page."""


def _draft_mark(key: YamlText, value: YamlNode) -> WrittenValue | None:
    """Return `draft` as other tools say it; None where a key and value do not say it."""
    name, word = plain_key(key.value), value.value.lower() if isinstance(value, YamlText) else ""
    if name in _PUBLIC_KEYS and word in FLAGS:
        return WrittenValue(key.value, key.line, YamlText(str(not FLAGS[word]).lower(), key.line))
    if name in _PRIVATE_KEYS and word in FLAGS:
        return WrittenValue(key.value, key.line, YamlText(str(FLAGS[word]).lower(), key.line))
    if name in _STATE_KEYS and plain_key(word) in _DRAFT_STATES:
        return WrittenValue(key.value, key.line, YamlText("true", key.line))
    return None


def _keeps_back(name: str, written: WrittenValue) -> bool:
    """Tell whether a value says that a page is a draft: of several, such a one counts whatever the others say."""
    return name == "draft" and isinstance(written.value, YamlText) and FLAGS.get(written.value.value.lower(), False)


def _with_nested(table: YamlMapping) -> Iterator[tuple[YamlText, YamlNode, int]]:
    """Yield the keys and values of a mapping, and of those in it that only hold further keys."""
    for key, value in table.entries:
        if plain_key(key.value) in _NESTED_KEYS and isinstance(value, YamlMapping):
            yield from ((inner, each, 1) for inner, each in value.entries)
        else:
            yield key, value, 0


def _without_lines(node: YamlNode) -> object:
    match node:
        case YamlText(value):
            return value
        case YamlList(items):
            return tuple(map(_without_lines, items))
        case YamlMapping(entries):
            return tuple((key.value, _without_lines(value)) for key, value in entries)
