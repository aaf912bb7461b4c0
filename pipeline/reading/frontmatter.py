"""Front matter: fences, aliases of keys, and parsing of each value."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal

from pipeline.codes import CODES, FORMER_CODES
from pipeline.config import SourceSettings
from pipeline.findings import Finding, make_finding
from pipeline.model import Collection, EditionPart
from pipeline.reading.dates import DateError, parse_date
from pipeline.reading.edition_contents import MAX_EDITION_ITEMS, read_edition_contents
from pipeline.reading.embedded_html import HTML_ELEMENT_NAMES
from pipeline.reading.source_text import clean_characters
from pipeline.reading.strict_yaml import (
    YamlList,
    YamlMapping,
    YamlNode,
    YamlText,
    describe_node,
    parse_yaml,
    shorten_value,
)
from pipeline.registry import REMOVED_CODES, error_rule, note_rule, repair_rule, warning_rule


@dataclass(frozen=True, slots=True)
class RelatedEntry:
    """Another article, as the front matter names it."""

    title: str
    """Empty where it names only a target."""
    target: str
    """A path such as `blog/soevn` or `/find/klinik`, or an address."""
    line: int


@dataclass(frozen=True, slots=True)
class EventEntry:
    """Something that takes place, as the front matter names it."""

    title: str
    day: date | None
    time: str
    place: str
    target: str
    """A path of the site or an address; empty where none is given."""
    line: int


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says; empty, False or None where it says nothing."""

    title: str = ""
    meta_title: str = ""
    """The title for search engines, with their furniture."""
    lead: str = ""
    description: str = ""
    language: str = ""
    """BCP 47: da, en-GB …"""
    published: date | None = None
    updated: date | None = None
    reviewed: date | None = None
    reviewed_by: str = ""
    approved_by: str = ""
    review_after: date | None = None
    authors: tuple[str, ...] = ()
    picture: str = ""
    picture_alt: str = ""
    key_points: tuple[str, ...] = ()
    kind: str = ""
    tags: tuple[str, ...] = ()
    related: tuple[RelatedEntry, ...] = ()
    url: str = ""
    """As written: an address, or a path of the site that begins with a slash."""
    draft: bool = False
    unlisted: bool = False
    formats: tuple[str, ...] = ()
    articles: tuple[tuple[str, int], ...] = ()
    """Ids of the articles it binds, and the line of each."""
    in_full: tuple[str, ...] = ()
    """Ids of those that a newsletter shows whole."""
    as_teasers: tuple[str, ...] = ()
    """Ids of those that a newsletter shows as teasers."""
    parts: tuple[EditionPart, ...] = ()
    """The parts that some of them stand in."""
    series: tuple[Collection, ...] = ()
    events: tuple[EventEntry, ...] = ()
    opening_hours: tuple[tuple[str, str], ...] = ()
    """Days and hours."""
    accept: Mapping[str, str] = field(default_factory=dict)
    """Codes of findings that are meant, and why."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each key above that the source has."""
    body: str = ""
    body_line: int = 1
    """The line of the body's first line."""


KEY_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "title": ("titel", "h1", "headline", "heading", "overskrift"),
    "meta_title": ("seo_title", "page_title", "og_title", "social_title"),
    "lead": ("ingress", "manchet", "standfirst", "intro", "introduction", "indledning"),
    "description": (
        "meta_description", "seo_description", "og_description", "excerpt", "summary", "teaser", "resume", "resumé",
        "beskrivelse",
    ),
    "language": ("lang", "locale", "sprog"),
    "published": (
        "date_published", "published_at", "published_on", "publish_date", "published_date", "publication_date",
        "pub_date", "date", "udgivet", "publiceret", "dato",
    ),
    "updated": (
        "last_updated", "updated_at", "updated_on", "update_date", "updated_date", "date_updated", "lastmod",
        "last_modified", "date_modified", "modified", "opdateret", "sidst_opdateret", "senest_opdateret",
    ),
    "reviewed": (
        "last_reviewed", "reviewed_at", "reviewed_on", "review_date", "date_reviewed", "gennemgået", "sidst_gennemgået",
        "senest_gennemgået", "revideret",
    ),
    "reviewed_by": ("reviewer", "medically_reviewed_by", "medical_reviewer", "gennemgået_af", "fagligt_gennemgået_af"),
    "approved_by": ("approver", "godkendt_af"),
    "review_after": ("next_review", "review_due", "næste_gennemgang", "gennemgås_igen"),
    "authors": ("author", "byline", "written_by", "writer", "forfatter", "forfattere", "skribent", "skrevet_af"),
    "picture": (
        "preview_image", "image", "featured_image", "feature_image", "cover_image", "cover", "hero_image", "hero",
        "header_image", "og_image", "social_image", "thumbnail", "billede", "forsidebillede",
    ),
    "picture_alt": (
        "preview_image_alt", "image_alt", "featured_image_alt", "feature_image_alt", "cover_image_alt", "cover_alt",
        "hero_image_alt", "hero_alt", "header_image_alt", "thumbnail_alt", "alt", "alt_text", "alttekst", "billede_alt",
    ),
    "key_points": ("key_takeaways", "takeaways", "highlights", "det_vigtigste", "hovedpunkter"),
    "kind": ("type", "slags"),
    "tags": ("tag", "keywords", "emneord", "nøgleord"),
    "related": ("related_articles", "related_posts", "see_also", "relateret", "relaterede", "læs_også"),
    "url": ("canonical", "canonical_url", "link"),
    "draft": ("is_draft", "kladde", "udkast"),
    "unlisted": ("is_unlisted", "hidden", "noindex", "skjult"),
    "formats": ("format", "formater"),
    "articles": ("artikler", "chapters", "kapitler"),
    "series": ("serie",),
    "events": ("kalender", "begivenheder", "arrangementer"),
    "opening_hours": ("åbningstider",),
    "accept": ("accepted",),
})  # fmt: skip
"""The names that sites give a key, the likeliest first. Capitals, hyphens and underscores make no difference."""

FRONT_MATTER_KEYS = tuple(KEY_ALIASES)
"""Every key that has a meaning; `[sources] aliases` may point at these."""


def _normalised_key(key: str) -> str:
    """Return a key as all its spellings have it: datePublished, Date-Published and date_published are one."""
    return re.sub(r"[\W_]+", "", key).casefold()


_CANONICAL: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        _normalised_key(name): (key, rank)
        for key, names in KEY_ALIASES.items()
        for rank, name in enumerate((key, *names))
    }
)
"""The key of each name, and its rank among the names of that key."""


def read_front_matter(
    text: str, source: str, settings: SourceSettings
) -> tuple[FrontMatter | None, tuple[Finding, ...]]:
    """Return the front matter and body of clean text; None where it is refused. All faults of it at once.

    Text without front matter is all body. A value that is wrong refuses the article: nothing is published on a guess.
    """
    reading = _FrontMatterReader(source, settings)
    fences = _split_fences(text, reading)
    if fences is None:
        return None, tuple(reading.findings)
    table, faults = parse_yaml(fences.block, 2 + fences.blank) if fences.block else (YamlMapping((), 1), ())
    for fault in faults:
        reading.findings.append(make_finding(fault.code, source, fault.line, fault.message, fault.hint))
    if table is None:
        return None, tuple(reading.findings)
    values = reading.values(_select_entries(table, reading))
    if reading.is_refused:
        return None, tuple(reading.findings)
    return FrontMatter(**values, body=fences.body, body_line=fences.body_line), tuple(reading.findings)


# ---- fences


@dataclass(frozen=True, slots=True)
class _FencedText:
    """Text taken apart at its fences."""

    block: str
    body: str
    body_line: int
    blank: int = 0
    """Empty lines above the first fence."""


_FENCE = re.compile(r"-{3,}[ \t]*")
_KEY_LINE = re.compile(r"[\"']?([\w-][\w .-]*)[\"']?[ \t]*:([ \t]|$)")


@error_rule(
    "front-matter-misplaced",
    "The front matter does not stand at the top, or has no end, or is no YAML.",
    "A heading above the first `---`; no second `---`; `+++`",
    "Put `---` in the first line and after the last key.",
)
@repair_rule(
    "front-matter-untidy",
    "The lines around the front matter are not just `---`.",
    "`-----`, or an empty line before it",
    "Write `---` and nothing else, from the first line on.",
)
def _split_fences(text: str, reading: _FrontMatterReader) -> _FencedText | None:
    """Return the block and the body; None, with a finding, where text would be lost or printed as keys."""
    lines = text.split("\n")
    blank = next((at for at, line in enumerate(lines) if line.strip()), 0)
    first = lines[blank]
    rest = lines[blank + 1 :]
    following = next((line for line in rest if line.strip()), "")
    if first.rstrip() == "+++":
        reading.add("front-matter-misplaced", blank + 1, "the front matter is TOML (+++), expected YAML between ---")
        return None
    if not _FENCE.fullmatch(first):
        return _no_front_matter(text, lines, reading)
    end = next((at for at, line in enumerate(rest) if _FENCE.fullmatch(line)), None)
    if end is not None and _is_between_rules(rest[:end]):
        return _FencedText("", text, 1)
    if end is None or (first.rstrip() != "---" and not _KEY_LINE.match(following)):
        if not _KEY_LINE.match(following):
            return _FencedText("", text, 1)  # a rule across the page, not a fence
        reading.add(
            "front-matter-misplaced",
            blank + 1,
            "the front matter that begins here has no end, expected a line --- after its last key",
            "add the line --- below the last key",
        )
        return None
    if blank or first != "---" or rest[end] != "---":
        line = blank + 1 if blank or first != "---" else blank + end + 2
        reading.add(
            "front-matter-untidy", line, "the lines around the front matter are not just ---; read all the same"
        )
    return _FencedText("\n".join(rest[:end]) + "\n", "\n".join(rest[end + 1 :]), blank + end + 3, blank)


def _is_between_rules(block: list[str]) -> bool:
    """Tell text between two rules across the page from front matter: empty lines about it, and no key in it."""
    words = [line for line in block if line.strip()]
    is_apart = bool(words) and not block[0].strip() and not block[-1].strip()
    return is_apart and not any(":" in line or line.lstrip().startswith("#") for line in words)


def _no_front_matter(text: str, lines: list[str], reading: _FrontMatterReader) -> _FencedText | None:
    """Return text that has no front matter at its top, unless it has one further down."""
    for at, (line, following) in enumerate(pairwise(lines)):
        key = _KEY_LINE.match(following) if _FENCE.fullmatch(line) else None
        if key and reading.canonical(key[1]):
            reading.add(
                "front-matter-misplaced",
                at + 1,
                "text stands before the front matter, expected --- in the first line",
                "move the text below the front matter",
            )
            return None
    return _FencedText("", text, 1)


# ---- keys


@dataclass(frozen=True, slots=True)
class _KeyEntry:
    """A key that has a meaning, under the name the source gives it."""

    name: str
    line: int
    value: YamlNode


@warning_rule(
    "key-conflict",
    "Two names of one key have different values; the first name in the table of the documentation counts.",
    "`updated: 2026-05-01` and `lastmod: 2026-04-01`",
    "Keep one.",
)
def _select_entries(table: YamlMapping, reading: _FrontMatterReader) -> dict[str, _KeyEntry]:
    """Return one entry for each key; notes names that no one knows and names that contradict each other."""
    named: dict[str, list[tuple[int, _KeyEntry]]] = {}
    for key, value in table.entries:
        known = reading.canonical(key.value)
        if known is None:
            reading.unknown(key)
        elif known[0] == "published" and isinstance(value, YamlText) and value.value.lower() in _BOOLEANS:
            # Jekyll's `published: false` keeps a page back; it is no date.
            opposite = "true" if not _BOOLEANS[value.value.lower()] else "false"
            named.setdefault("draft", []).append((99, _KeyEntry(key.value, key.line, YamlText(opposite, value.line))))
        elif not (isinstance(value, YamlText) and not value.value):
            named.setdefault(known[0], []).append((known[1], _KeyEntry(key.value, key.line, value)))
        else:
            reading.comment(key.value, value)
    chosen: dict[str, _KeyEntry] = {}
    for key_name, entries in named.items():
        first, *others = (entry for _, entry in sorted(entries, key=lambda ranked: ranked[0]))
        chosen[key_name] = first
        for other in others:
            if _without_lines(other.value) != _without_lines(first.value):
                message = f"{other.name} and {first.name} (line {first.line}) differ; {first.name} counts"
                reading.add("key-conflict", other.line, message)
    return chosen


def _without_lines(node: YamlNode) -> object:
    """Return a value without lines, to compare it."""
    match node:
        case YamlText(value):
            return value
        case YamlList(items):
            return tuple(map(_without_lines, items))
        case YamlMapping(entries):
            return tuple((key.value, _without_lines(value)) for key, value in entries)


# ---- values

_BOOLEANS: Mapping[str, bool] = MappingProxyType(
    dict.fromkeys(("true", "ja", "yes", "on", "1", "sand"), True)
    | dict.fromkeys(("false", "nej", "no", "off", "0", "falsk"), False)
)
_LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType({"dansk": "da", "danish": "da", "english": "en", "engelsk": "en"})
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_POSITION_KEYS = ("position", "number", "nr", "nummer", "no")
_COLLECTION_KINDS: Mapping[str, Literal["series", "set"]] = MappingProxyType(
    {"series": "series", "serie": "series", "set": "set"}
)
_NAME_KEYS = ("name", "navn", "title", "titel")
_SLUG = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
_PARTICLES = frozenset(("af", "de", "den", "der", "di", "la", "van", "von"))
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_HTML_TAG = re.compile(r"</?([a-z][a-z0-9]*)(?![\w-])[^<>]*>", re.IGNORECASE)
_INVISIBLE_HTML = re.compile(r"<(script|style|template|iframe|svg)\b[^<>]*>.*?(?:</\1\s*>|$)|<!--.*?-->", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*\*|__|\*|_|`)(?=[^\s*_`])([^*_`]*[^\s*_`\\])\1(?![\w*])")
_LONGEST_TEXT = 5_000


class _FrontMatterReader:
    """Reads the values of one source, and keeps what it finds wrong with them."""

    def __init__(self, source: str, settings: SourceSettings) -> None:
        self.source = source
        self.settings = settings
        self.findings: list[Finding] = []
        self._aliases = {_normalised_key(name): _normalised_key(key) for name, key in settings.aliases.items()}

    @property
    def is_refused(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)

    def add(self, code: str, line: int, message: str, hint: str = "") -> None:
        self.findings.append(make_finding(code, self.source, line, message, hint))

    def canonical(self, name: str) -> tuple[str, int] | None:
        """Return the key that a name means, and the rank of the name; None where no one knows it."""
        plain = _normalised_key(name)
        if plain in self._aliases and (own := _CANONICAL.get(self._aliases[plain])):
            return own[0], 1
        return _CANONICAL.get(plain)

    @note_rule(
        "key-unknown",
        "A key that no format uses.",
        "`bodyParts: [ryg]`",
        "Correct its spelling, give it a meaning in `[sources] aliases`, or leave it.",
    )
    def unknown(self, key: YamlText) -> None:
        near = difflib.get_close_matches(_normalised_key(key.value), list(_CANONICAL), n=1, cutoff=0.8)
        hint = f"did you mean {_CANONICAL[near[0]][0]!r}?" if near else ""
        self.add("key-unknown", key.line, f"the key {shorten_value(key.value)!r} has no meaning here; left out", hint)

    @warning_rule(
        "yaml-comment",
        "What follows ` #` is a comment to YAML, and so is not published.",
        "`title: Øvelse #1`",
        'Put the value between quotation marks: `title: "Øvelse #1"`.',
    )
    def comment(self, name: str, value: YamlText) -> None:
        if value.comment:
            what = f"{shorten_value(value.comment)!r} after {name} is a comment to YAML, and so is not published"
            self.add("yaml-comment", value.line, what)

    def values(self, chosen: Mapping[str, _KeyEntry]) -> dict[str, Any]:
        """Return the fields of a `FrontMatter` by name."""
        values: dict[str, Any] = {"lines": {key: entry.line for key, entry in chosen.items()}}
        for key, entry in chosen.items():
            values |= self._listing(entry) if key == "articles" else {key: self._value(key, entry)}
        self._order(values)
        if "picture" in chosen and isinstance(chosen["picture"].value, YamlMapping) and not values.get("picture_alt"):
            values["picture_alt"] = _member(chosen["picture"].value, ("alt", "alttext", "alttekst"))
        return values

    def _value(self, key: str, entry: _KeyEntry) -> object:
        readers: Mapping[str, Callable[[_KeyEntry], object]] = {
            "published": self._date,
            "updated": self._date,
            "reviewed": self._date,
            "review_after": self._date,
            "draft": self._flag,
            "unlisted": self._flag,
            "authors": self._authors,
            "key_points": self._points,
            "tags": self._tags,
            "formats": self._formats,
            "series": self._series,
            "events": self._events,
            "opening_hours": self._opening_hours,
            "related": self._related,
            "accept": self._accept,
            "picture": self._picture,
            "language": self._language,
            "url": self._url,
            "kind": self._text,
        }
        return readers.get(key, self._words)(entry)

    @error_rule(
        "value-shape",
        "A value has another form than its key wants.",
        "`draft: måske`; a list as `title`",
        "Write it as the message shows.",
    )
    def _wrong(self, name: str, node: YamlNode, expected: str, hint: str = "") -> None:
        self.add("value-shape", node.line, f"{name} is {describe_node(node)}, expected {expected}", hint)

    def _text(self, entry: _KeyEntry) -> str:
        if not isinstance(entry.value, YamlText):
            self._wrong(entry.name, entry.value, "text", f"write it on one line: {entry.name}: …")
            return ""
        self.comment(entry.name, entry.value)
        return self._checked(entry.name, entry.value)

    def _checked(self, name: str, node: YamlText) -> str:
        """Return text on one line, if it is not longer than any such text."""
        value = " ".join(node.value.split())
        if len(value) > _LONGEST_TEXT:
            self._wrong(name, node, f"at most {_LONGEST_TEXT:,} characters", "move it into the body of the article")
        return value

    @repair_rule(
        "front-matter-markup",
        "A value of the front matter holds Markdown or HTML, which is printed nowhere; its words were taken.",
        "`lead: Læs om **søvn** &amp; smerter`",
        "Write plain text.",
    )
    def _unmarked(self, value: str, entry: _KeyEntry) -> str:
        """Return text without Markdown and HTML: these values are printed as they stand."""
        plain = _MARKDOWN_LINK.sub(r"\1", value)
        plain = _INVISIBLE_HTML.sub("", plain)
        plain = _HTML_TAG.sub(
            lambda tag: tag[0] if tag[1].lower() not in HTML_ELEMENT_NAMES else _tag_replacement(tag[1].lower()), plain
        )
        plain = _EMPHASIS.sub(lambda marks: marks[2], plain)
        plain = " ".join(clean_characters(html.unescape(plain)).split())
        if plain != value:
            self.add("front-matter-markup", entry.line, f"{entry.name} holds markup; its words were taken")
        return plain

    def _items(self, entry: _KeyEntry, expected: str) -> tuple[YamlText, ...]:
        """Return the items of a list of text; text of its own counts as a list of one."""
        if isinstance(entry.value, YamlText):
            return (entry.value,)
        if isinstance(entry.value, YamlMapping):
            self._wrong(entry.name, entry.value, expected, "write each on a line of its own, with `- ` before it")
            return ()
        if len(entry.value.items) > MAX_EDITION_ITEMS:
            self._wrong(entry.name, entry.value, f"at most {MAX_EDITION_ITEMS} items")
            return ()
        items: list[YamlText] = []
        for item in entry.value.items:
            if isinstance(item, YamlMapping) and (name := _member(item, _NAME_KEYS)):
                items.append(YamlText(name, item.line))
            elif not isinstance(item, YamlText):
                hint = "put an item that holds a colon between quotation marks"
                self._wrong(f"an item of {entry.name}", item, "text", hint)
            elif item.value:
                items.append(item)
        return tuple(items)

    def _texts(self, entry: _KeyEntry) -> tuple[str, ...]:
        if isinstance(entry.value, YamlMapping) and (name := _member(entry.value, ("name", "navn"))):
            return (name,)
        return tuple(self._checked(entry.name, item) for item in self._items(entry, "a list"))

    def _words(self, entry: _KeyEntry) -> str:
        return self._unmarked(self._text(entry), entry)

    def _points(self, entry: _KeyEntry) -> tuple[str, ...]:
        return tuple(self._unmarked(point, entry) for point in self._texts(entry))

    def _tags(self, entry: _KeyEntry) -> tuple[str, ...]:
        """Return a list; text of its own is divided at its commas."""
        if isinstance(entry.value, YamlText):
            return tuple(part for piece in entry.value.value.split(",") if (part := " ".join(piece.split())))
        return self._texts(entry)

    def _formats(self, entry: _KeyEntry) -> tuple[str, ...]:
        return tuple(name.lower() for name in self._tags(entry))

    def _listing(self, entry: _KeyEntry) -> dict[str, object]:
        """Return what an edition lists, by the fields of a `FrontMatter` that say it."""
        listing = read_edition_contents(entry.value, self.add)
        return {
            "articles": tuple(listing.articles),
            "in_full": tuple(listing.in_full),
            "as_teasers": tuple(listing.as_teasers),
            "parts": tuple(replace(part, title=self._unmarked(part.title, entry)) for part in listing.parts),
        }

    def _series(self, entry: _KeyEntry) -> tuple[Collection, ...]:
        items = entry.value.items if isinstance(entry.value, YamlList) else (entry.value,)
        return tuple(made for item in items if (made := self._collection(entry, item)) is not None)

    def _collection(self, entry: _KeyEntry, node: YamlNode) -> Collection | None:
        """Return a series or set: its title alone, or a mapping with `title`, `position` and `type`."""
        title = (
            node.value
            if isinstance(node, YamlText)
            else _member(node, _NAME_KEYS)
            if isinstance(node, YamlMapping)
            else ""
        )
        if not title:
            self._wrong(entry.name, node, "a title, or a mapping with `title` and `position`")
            return None
        position = _member(node, _POSITION_KEYS) if isinstance(node, YamlMapping) else ""
        if position and not re.fullmatch(r"[0-9]+(\.[0-9]+)*", position):
            message = (
                f"the position in {shorten_value(title)!r} is {shorten_value(position)!r}, expected a number such as 2"
            )
            self.add("value-shape", node.line, message)
        written = _member(node, ("type", "kind", "slags")) if isinstance(node, YamlMapping) else ""
        kind = _COLLECTION_KINDS.get(written.lower() or "series")
        if kind is None:
            self._wrong(f"the type of {shorten_value(title)}", node, "series or set")
        return Collection(self._unmarked(title, entry), position, kind or "series")

    def _events(self, entry: _KeyEntry) -> tuple[EventEntry, ...]:
        items = entry.value.items if isinstance(entry.value, YamlList) else (entry.value,)
        if len(items) > MAX_EDITION_ITEMS:
            self._wrong(entry.name, entry.value, f"at most {MAX_EDITION_ITEMS} items")
            return ()
        return tuple(event for item in items if (event := self._event(entry, item)) is not None)

    def _event(self, entry: _KeyEntry, node: YamlNode) -> EventEntry | None:
        title = _member(node, ("title", "titel", "name", "navn")) if isinstance(node, YamlMapping) else ""
        if not isinstance(node, YamlMapping) or not title:
            self._wrong(f"an entry of {entry.name}", node, "a mapping with `title`, and `date`, `time`, `place`, `url`")
            return None
        day = _member(node, ("date", "dato", "day", "dag"))
        return EventEntry(
            self._unmarked(title, entry),
            self._date(_KeyEntry(f"the date of {shorten_value(title)}", node.line, YamlText(day, node.line)))
            if day
            else None,
            self._unmarked(_member(node, ("time", "tid", "klokken")), entry),
            self._unmarked(_member(node, ("place", "sted", "location")), entry),
            _member(node, ("url", "link", "href", "slug")),
            node.line,
        )

    def _opening_hours(self, entry: _KeyEntry) -> tuple[tuple[str, str], ...]:
        """Return days and hours of a mapping, or of a list of mappings with one entry each."""
        tables = entry.value.items if isinstance(entry.value, YamlList) else (entry.value,)
        hours: list[tuple[str, str]] = []
        for table in tables:
            for days, times in (
                table.entries if isinstance(table, YamlMapping) else ((YamlText("", table.line), table),)
            ):
                if days.value and isinstance(times, YamlText) and times.value:
                    hours.append((self._unmarked(days.value, entry), self._unmarked(times.value, entry)))
                else:
                    self._wrong(entry.name, times, "days and hours, such as `Mandag–torsdag: 8–16`")
        return tuple(hours)

    def _authors(self, entry: _KeyEntry) -> tuple[str, ...]:
        return tuple(self._author(name, entry) for name in self._texts(entry))

    @repair_rule(
        "author-slug",
        "An author is named as an address part; a name was made of it, without the letters that such names lose.",
        "`author: ida-eksempel`",
        "Write the name: `author: Ida Eksempel`.",
    )
    def _author(self, written: str, entry: _KeyEntry) -> str:
        name = self._unmarked(written, entry)
        if not _SLUG.fullmatch(name):
            return name
        words = re.split(r"[-_]", name)
        made = " ".join(word if word in _PARTICLES else word.capitalize() for word in words)
        self.add("author-slug", entry.line, f"{entry.name} is {name!r}, made {made!r}")
        return made

    @error_rule(
        "date-unreadable",
        "A date that does not exist, or that can be read in several ways.",
        "`published: 31-02-2025`, `updated: 1/2/25`",
        "Write it as 28-02-2025 or 2025-02-28.",
    )
    def _date(self, entry: _KeyEntry) -> date | None:
        if not isinstance(entry.value, YamlText):
            self._wrong(entry.name, entry.value, "a date such as 28-02-2025")
            return None
        try:
            return parse_date(entry.value.value, self.settings.dates)
        except DateError as error:
            message = f"{entry.name} is {shorten_value(error.found)!r}, expected {error.expected}"
            self.add("date-unreadable", entry.value.line, message, error.hint)
            return None

    @warning_rule(
        "dates-reversed",
        "The article was updated before it was published; the later date is shown.",
        "`published: 03-08-2025` and `updated: 21-06-2025`",
        "Correct one of them.",
    )
    def _order(self, values: Mapping[str, Any]) -> None:
        published, updated = values.get("published"), values.get("updated")
        if published and updated and updated < published:
            message = f"updated on {updated}, before it was published on {published}; the later date is shown"
            self.add("dates-reversed", values["lines"]["updated"], message)

    def _flag(self, entry: _KeyEntry) -> bool:
        word = entry.value.value.lower() if isinstance(entry.value, YamlText) else ""
        if word not in _BOOLEANS:
            self._wrong(entry.name, entry.value, "true or false", "ja, nej, yes and no are understood too")
        return _BOOLEANS.get(word, False)

    def _language(self, entry: _KeyEntry) -> str:
        value = self._text(entry)
        tag = _LANGUAGE_NAMES.get(value.lower(), value).replace("_", "-").removesuffix(".UTF-8")
        at = _LANGUAGE_TAG.fullmatch(tag)
        if not at:
            if value:
                self._wrong(entry.name, entry.value, "a language such as da or en-GB")
            return ""
        parts = (at[1].lower(), (at[2] or "").capitalize(), (at[3] or "").upper())
        return "-".join(part for part in parts if part)

    def _url(self, entry: _KeyEntry) -> str:
        value = self._text(entry)
        if value and not re.fullmatch(r"(https?://[^\s/]+|/)[^\s]*", value):
            self._wrong(entry.name, entry.value, "an address such as https://klinik.example/blog/soevn")
        return value

    def _picture(self, entry: _KeyEntry) -> str:
        if isinstance(entry.value, YamlMapping) and (path := _member(entry.value, ("src", "url", "path", "file"))):
            return path
        return self._text(entry)

    def _related(self, entry: _KeyEntry) -> tuple[RelatedEntry, ...]:
        entries = entry.value.items if isinstance(entry.value, YamlList) else (entry.value,)
        if len(entries) > MAX_EDITION_ITEMS:
            self._wrong(entry.name, entry.value, f"at most {MAX_EDITION_ITEMS} items")
            return ()
        made = (self._related_entry(item) for item in entries if item != YamlText("", item.line))
        return tuple(item for item in made if item is not None)

    def _related_entry(self, node: YamlNode) -> RelatedEntry | None:
        if isinstance(node, YamlText):
            link = _MARKDOWN_LINK.fullmatch(node.value)
            return RelatedEntry(link[1], link[2], node.line) if link else RelatedEntry("", node.value, node.line)
        target = (
            _member(node, ("slug", "url", "path", "target", "href", "link", "id", "article"))
            if isinstance(node, YamlMapping)
            else ""
        )
        if not isinstance(node, YamlMapping) or not target:
            self._wrong("an entry of related", node, "a path, or a mapping with `title` and `slug`")
            return None
        folder = _member(node, ("type", "folder", "collection"))
        is_bare = not re.match(r"/|\.|[a-z][a-z0-9+.-]*:", target, re.IGNORECASE)
        # Sites call what is no article a page, and name it from their root.
        if is_bare and folder:
            target = f"/{target}" if folder.lower() in ("page", "side") else f"{folder}/{target}"
        return RelatedEntry(_member(node, ("title", "titel", "text", "name")), target, node.line)

    @warning_rule(
        "accept-unknown",
        "`accept:` names a finding that does not exist.",
        "`accept: {quotes: …}`",
        "Use a code of this list.",
    )
    def _accept(self, entry: _KeyEntry) -> Mapping[str, str]:
        if not isinstance(entry.value, YamlMapping):
            self._wrong(
                entry.name, entry.value, "findings and why they are meant", "write `picture-missing: the reason`"
            )
            return {}
        accepted: dict[str, str] = {}
        for code, reason in entry.value.entries:
            name = FORMER_CODES.get(code.value, code.value)
            if name not in CODES and name not in REMOVED_CODES:
                near = difflib.get_close_matches(name, [*CODES, *FORMER_CODES], n=1)
                hint = f"did you mean {near[0]!r}?" if near else ""
                self.add("accept-unknown", code.line, f"there is no finding {shorten_value(code.value)!r}", hint)
            elif not isinstance(reason, YamlText) or not reason.value:
                self._wrong(code.value, reason, "the reason why this is meant")
            else:
                accepted[name] = self._checked(code.value, reason)
        return accepted


def _tag_replacement(tag: str) -> str:
    """Return what a tag leaves behind: a space where it parts words."""
    return " " if tag in {"br", "p", "div", "li", "hr"} else ""


def _member(table: YamlMapping, names: Iterable[str]) -> str:
    """Return the first text in a mapping that has one of these names, or nothing."""
    plain = {_normalised_key(key.value): value for key, value in table.entries}
    for name in names:
        value = plain.get(name)
        if isinstance(value, YamlText) and value.value:
            return " ".join(value.value.split())
    return ""
