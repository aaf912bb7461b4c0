"""Values of front matter: each is read by the form of its key."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.metadata import entry_points
from itertools import chain
from types import MappingProxyType
from typing import Literal

from pipeline.codes import CODES, FORMER_CODES
from pipeline.config import SourceSettings
from pipeline.errors import did_you_mean
from pipeline.languages import every, together
from pipeline.model import FRONT_MATTER_KEYS, Collection, EditionContents, Event, Related, ValueForm
from pipeline.reading.dates import DateError, MonthOnlyError, parse_date
from pipeline.reading.edition_contents import MAX_EDITION_ITEMS, read_edition_contents, report_shape
from pipeline.reading.embedded_html import HTML_ELEMENT_NAMES
from pipeline.reading.lines import FindingCollector
from pipeline.reading.source_text import clean_characters
from pipeline.reading.strict_yaml import YamlList, YamlMapping, YamlNode, YamlText, describe_node, shorten_value
from pipeline.registry import REMOVED_CODES, error_rule, note_rule, repair_rule, warning_rule

# Words for yes and no.
FLAGS: Mapping[str, bool] = MappingProxyType(
    dict.fromkeys(("true", "on", "1", *together().yes.split()), True)
    | dict.fromkeys(("false", "off", "0", *together().no.split()), False)
)
_LANGUAGES: Mapping[str, str] = MappingProxyType({name: each.tag for each in every() for name in each.names.split()})
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_KINDS: Mapping[str, Literal["series", "set"]] = MappingProxyType(
    {"set": "set", **dict.fromkeys(("series", *together().names_of("series")), "series")}
)
_NAMES = ("name", "title")
_SLUG = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
_PARTICLES = frozenset(("af", "de", "den", "der", "di", "la", "van", "von"))
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_TAG = re.compile(r"</?([a-z][a-z0-9]*)(?![\w-])[^<>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style|template|iframe|svg)\b[^<>]*>.*?(?:</\1\s*>|$)|<!--.*?-->", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*\*|__|\*|_|`)(?=[^\s*_`])([^*_`]*[^\s*_`\\])\1(?![\w*])")
_LONGEST_TEXT = 5_000
UNCONFIRMED = "unconfirmed:"
"""An address that no one can know here: a site computes it, or shows no such page."""
# Keys whose own name other tools use for things of other forms.
_SHARED_KEYS = frozenset(("authors", "language", "related", "tags"))
# Names that are ours: a wrong value of one of these refuses the article.
_OWN_NAMES = frozenset(
    re.sub(r"[\W_]+", "", name).casefold()
    for key in FRONT_MATTER_KEYS
    if key not in _SHARED_KEYS
    for name in (key, *together().names_of(key))
)


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """The value of a key as it is written, under the name that the source gives the key."""

    name: str
    line: int
    value: YamlNode


class ValueReader:
    def __init__(self, settings: SourceSettings, findings: FindingCollector) -> None:
        self.settings = settings
        self.findings = findings
        self.language = ""
        """Of the article, as it is written; else of the publisher."""
        self._is_of_others = False  # The key that is being read is one that other tools write too

    @warning_rule(
        "yaml-comment",
        "What follows ` #` is a comment to YAML, and so is not published.",
        "`title: Øvelse #1`",
        'Put the value between quotation marks: `title: "Øvelse #1"`.',
    )
    def comment(self, name: str, value: YamlText) -> None:
        if value.comment:
            what = f"{shorten_value(value.comment)!r} after {name} is a comment to YAML, and so is not published"
            self.findings.add("yaml-comment", value.line, what)

    def value(self, form: ValueForm, entry: WrittenValue) -> object:
        """Return a value in the form that its field in `Metadata` has."""
        self._is_of_others = plain_key(entry.name) not in _OWN_NAMES
        return _READERS[form](self, entry)

    @warning_rule(
        "value-unread",
        "A value of a key that other tools write too, in a form that is not understood; it is left out.",
        "`related: {items: […]}`; `date: 2024-01`, which names no day",
        "Write it as the message shows, or leave it.",
    )
    def _wrong(self, name: str, node: YamlNode, expected: str, hint: str = "") -> None:
        if self._is_of_others:
            message = f"{name} is {describe_node(node)}, expected {expected}; left out"
            self.findings.add("value-unread", node.line, message, hint)
        else:
            report_shape(name, node, expected, self.findings, hint)

    def _text(self, entry: WrittenValue) -> str:
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
        "A value of the front matter holds Markdown or HTML, which no format prints; only its words are kept.",
        "`lead: Læs om **søvn** &amp; smerter`",
        "Write plain text.",
    )
    def _unmarked(self, value: str, entry: WrittenValue) -> str:
        """Return text without Markdown and HTML: no format renders markup in these values."""
        plain = _UNSEEN.sub("", _MARKDOWN_LINK.sub(r"\1", value))
        plain = _EMPHASIS.sub(r"\2", _TAG.sub(_without_tag, plain))
        plain = " ".join(clean_characters(html.unescape(plain)).split())
        if plain != value:
            self.findings.add("front-matter-markup", entry.line, f"{entry.name} holds markup; only its words are kept")
        return plain

    def _nodes(self, entry: WrittenValue) -> tuple[YamlNode, ...]:
        """Return the items of a list; anything else counts as a list of one."""
        items = entry.value.items if isinstance(entry.value, YamlList) else (entry.value,)
        if len(items) > MAX_EDITION_ITEMS:
            report_shape(entry.name, entry.value, f"at most {MAX_EDITION_ITEMS} items", self.findings)
            return ()
        return items

    def _each(self, entry: WrittenValue, read: Callable[[WrittenValue, YamlNode], object]) -> tuple[object, ...]:
        """Return what each item of a list is read as, without those that are wrong."""
        return tuple(filter(None, (read(entry, item) for item in self._nodes(entry))))

    def _items(self, entry: WrittenValue, expected: str) -> tuple[YamlText, ...]:
        """Return the items of a list of text; text of its own counts as a list of one."""
        if isinstance(entry.value, YamlText):
            return (entry.value,)
        if isinstance(entry.value, YamlMapping):
            self._wrong(entry.name, entry.value, expected, "write each on a line of its own, with `- ` before it")
            return ()
        items: list[YamlText] = []
        for item in self._nodes(entry):
            if name := member(item, _NAMES):
                items.append(YamlText(name, item.line))
            elif not isinstance(item, YamlText):
                hint = "put an item that holds a colon between quotation marks"
                self._wrong(f"an item of {entry.name}", item, "text", hint)
            elif item.value:
                items.append(item)
        return tuple(items)

    def _texts(self, entry: WrittenValue) -> tuple[str, ...]:
        if name := member(entry.value, ("name",)):
            return (name,)
        return tuple(self._checked(entry.name, item) for item in self._items(entry, "a list"))

    def _words(self, entry: WrittenValue) -> str:
        return self._unmarked(self._text(entry), entry)

    def _tags(self, entry: WrittenValue) -> tuple[str, ...]:
        """Return a list; text of its own is divided at its commas."""
        if isinstance(entry.value, YamlText):
            return tuple(part for piece in entry.value.value.split(",") if (part := " ".join(piece.split())))
        return self._texts(entry)

    def _contents(self, entry: WrittenValue) -> EditionContents:
        listed = read_edition_contents(entry.value, self.findings)
        parts = tuple(replace(part, title=self._unmarked(part.title, entry)) for part in listed.parts)
        return replace(listed, parts=parts)

    def _collection(self, entry: WrittenValue, node: YamlNode) -> Collection | None:
        """Return a series or set: its title alone, or a mapping with `title`, `position` and `type`."""
        title = node.value if isinstance(node, YamlText) else member(node, _NAMES)
        if not title:
            self._wrong(entry.name, node, "a title, or a mapping with `title` and `position`")
            return None
        position = member(node, ("position", "number", "no"))
        if position and not re.fullmatch(r"[0-9]+(\.[0-9]+)*", position):
            where = f"the position in {shorten_value(title)!r}"
            message = f"{where} is {shorten_value(position)!r}, expected a number such as 2"
            self.findings.add("value-shape", node.line, message)
        kind = _KINDS.get(member(node, ("type", "kind")).lower() or "series")
        if kind is None:
            self._wrong(f"the type of {shorten_value(title)}", node, "series or set")
        return Collection(self._unmarked(title, entry), position, kind or "series")

    def _event(self, entry: WrittenValue, node: YamlNode) -> Event | None:
        title = member(node, ("title", "name"))
        if not title:
            self._wrong(f"an entry of {entry.name}", node, "a mapping with `title`, and `date`, `time`, `place`, `url`")
            return None
        day = YamlText(member(node, ("date", "day")), node.line)
        return Event(
            self._unmarked(title, entry),
            self._date(WrittenValue(f"the date of {shorten_value(title)}", node.line, day)) if day.value else None,
            self._unmarked(member(node, ("time",)), entry),
            self._unmarked(member(node, ("place", "location")), entry),
            member(node, ("url", "link", "href", "slug")),
            node.line,
        )

    def _opening_hours(self, entry: WrittenValue) -> tuple[tuple[str, str], ...]:
        """Return days and hours of a mapping, or of a list of mappings with one entry each."""
        hours: list[tuple[str, str]] = []
        for table in self._nodes(entry):
            rows = table.entries if isinstance(table, YamlMapping) else ((YamlText("", table.line), table),)
            for days, times in rows:
                if days.value and isinstance(times, YamlText) and times.value:
                    hours.append((self._unmarked(days.value, entry), self._unmarked(times.value, entry)))
                else:
                    self._wrong(entry.name, times, "days and hours, such as `Mandag–torsdag: 8–16`")
        return tuple(hours)

    @repair_rule(
        "author-slug",
        "An author is named as an address part; a name was made of it, without the letters that such names lose.",
        "`author: ida-eksempel`",
        "Write the name: `author: Ida Eksempel`.",
    )
    def _author(self, written: str, entry: WrittenValue) -> str:
        name = self._unmarked(written, entry)
        if not _SLUG.fullmatch(name):
            return name
        made = " ".join(word if word in _PARTICLES else word.capitalize() for word in re.split(r"[-_]", name))
        self.findings.add("author-slug", entry.line, f"{entry.name} is {name!r}, made {made!r}")
        return made

    @error_rule(
        "date-unreadable",
        "A date that does not exist, or that can be read in several ways.",
        "`published: 31-02-2025`, `updated: 1/2/25`",
        "Write it as 28-02-2025 or 2025-02-28.",
    )
    def _date(self, entry: WrittenValue) -> date | None:
        if not isinstance(entry.value, YamlText):
            self._wrong(entry.name, entry.value, "a date such as 28-02-2025")
            return None
        try:
            return parse_date(entry.value.value, self.settings.dates, self.language)
        except DateError as error:
            message = f"{entry.name} is {shorten_value(error.found)!r}, expected {error.expected}"
            is_left_out = self._is_of_others or isinstance(error, MonthOnlyError)
            code = "value-unread" if is_left_out else "date-unreadable"
            self.findings.add(code, entry.value.line, message + "; left out" * is_left_out, error.hint)
            return None

    def _flag(self, entry: WrittenValue) -> bool:
        word = entry.value.value.lower() if isinstance(entry.value, YamlText) else ""
        if word not in FLAGS:
            self._wrong(entry.name, entry.value, "true or false", "ja, nej, yes and no are understood too")
        return FLAGS.get(word, False)

    def _language(self, entry: WrittenValue) -> str:
        value = self._text(entry)
        tag = _LANGUAGES.get(value.lower(), value).replace("_", "-").removesuffix(".UTF-8")
        at = _LANGUAGE.fullmatch(tag)
        if not at:
            if value:
                self._wrong(entry.name, entry.value, "a language such as da or en-GB")
            return ""
        return "-".join(part for part in (at[1].lower(), (at[2] or "").capitalize(), (at[3] or "").upper()) if part)

    def _url(self, entry: WrittenValue) -> str:
        """Return an address; `UNCONFIRMED` for one that a site makes of other things: `/:year/:title/`."""
        value = self._text(entry)
        if self._is_of_others and value.lower() in FLAGS:
            return UNCONFIRMED
        if self._is_of_others and re.search(r"[{}]|(?:^|/):[a-z_]+", value):
            return UNCONFIRMED
        if self._is_of_others and re.fullmatch(r"[\w-][\w./~-]*", value) and "//" not in value:
            value = f"/{value}"
        if value and not re.fullmatch(r"(https?://[^\s/]+|/)[^\s]*", value):
            self._wrong(entry.name, entry.value, "an address such as https://klinik.example/blog/soevn")
        return value

    def _picture(self, entry: WrittenValue) -> str:
        return member(entry.value, ("src", "url", "path", "file", "image", "relative")) or self._text(entry)

    @note_rule(
        "format-other",
        "`format:` says something of another tool, not in which formats an article is published.",
        "`format: {html: {toc: true}}` of Quarto; `format: aside` of WordPress",
        "Write `formats:` to choose formats.",
    )
    def _formats(self, entry: WrittenValue) -> tuple[str, ...]:
        if plain_key(entry.name) != "formats":
            items = self._tags(entry) if not isinstance(entry.value, YamlMapping) else ()
            if not items or not {name.lower() for name in items} <= _format_names():
                message = f"{entry.name} is {describe_node(entry.value)}, which is no format of ours; left out"
                self.findings.add("format-other", entry.line, message)
                return ()
        return tuple(name.lower() for name in self._tags(entry))

    def _related(self, _: WrittenValue, node: YamlNode) -> Related | None:
        if node == YamlText("", node.line):
            return None
        if isinstance(node, YamlText):
            link = _MARKDOWN_LINK.fullmatch(node.value)
            return Related(link[1], link[2], node.line) if link else Related("", node.value, node.line)
        target = member(node, ("slug", "url", "path", "target", "href", "link", "id", "article"))
        if not target:
            self._wrong("an entry of related", node, "a path, or a mapping with `title` and `slug`")
            return None
        folder = member(node, ("type", "folder", "collection"))
        is_bare = not re.match(r"/|\.|[a-z][a-z0-9+.-]*:", target, re.IGNORECASE)
        # Sites call what is no article a page, and name it from their root.
        if is_bare and folder:
            target = f"/{target}" if folder.lower() in ("page", "side") else f"{folder}/{target}"
        return Related(member(node, ("title", "text", "name")), target, node.line)

    @warning_rule(
        "accept-unknown",
        "`accept:` names a finding that does not exist.",
        "`accept: {quotes: …}`",
        "Use a code of this list.",
    )
    def _accept(self, entry: WrittenValue) -> tuple[str, ...]:
        """Return the codes of accepted findings; each must have a reason."""
        if not isinstance(entry.value, YamlMapping):
            hint = "write `picture-missing: the reason`"
            self._wrong(entry.name, entry.value, "findings and the reason to accept each", hint)
            return ()
        accepted: list[str] = []
        for code, reason in entry.value.entries:
            name = FORMER_CODES.get(code.value, code.value)
            if name not in CODES and name not in REMOVED_CODES:
                message = f"there is no finding {shorten_value(code.value)!r}"
                hint = did_you_mean(name, (*CODES, *FORMER_CODES))
                self.findings.add("accept-unknown", code.line, message, hint)
            elif not isinstance(reason, YamlText) or not reason.value:
                self._wrong(code.value, reason, "the reason to accept it")
            else:
                self._checked(code.value, reason)
                accepted.append(name)
        return tuple(accepted)


_READERS: Mapping[ValueForm, Callable[[ValueReader, WrittenValue], object]] = MappingProxyType(
    {
        "prose": ValueReader._words,
        "points": lambda reader, entry: tuple(reader._unmarked(point, entry) for point in reader._texts(entry)),
        "word": ValueReader._text,
        "name": ValueReader._words,
        "names": lambda reader, entry: tuple(reader._author(name, entry) for name in reader._texts(entry)),
        "language": ValueReader._language,
        "date": ValueReader._date,
        "flag": ValueReader._flag,
        "address": ValueReader._url,
        "picture": ValueReader._picture,
        "tags": ValueReader._tags,
        "formats": ValueReader._formats,
        "related": lambda reader, entry: reader._each(entry, reader._related),
        "contents": ValueReader._contents,
        "series": lambda reader, entry: reader._each(entry, reader._collection),
        "events": lambda reader, entry: reader._each(entry, reader._event),
        "hours": ValueReader._opening_hours,
        "accept": ValueReader._accept,
    }
)


@cache
def _format_names() -> frozenset[str]:
    return frozenset(entry.name for entry in entry_points(group="publish.writers"))


def plain_key(key: str) -> str:
    """Return a key as all its spellings have it: datePublished, Date-Published and date_published are one."""
    return re.sub(r"[\W_]+", "", key).casefold()


def _without_tag(tag: re.Match[str]) -> str:
    """Return what a tag leaves behind: a space where it separates words; what is no HTML stays."""
    name = tag[1].lower()
    if name not in HTML_ELEMENT_NAMES:
        return tag[0]
    return " " if name in {"br", "p", "div", "li", "hr"} else ""


def member(node: YamlNode, names: Iterable[str]) -> str:
    """Return the first text in a mapping that has one of these names, in any language; without one, nothing."""
    entries = node.entries if isinstance(node, YamlMapping) else ()
    plain = {plain_key(key.value): value for key, value in entries}
    spelt = chain.from_iterable((own, *together().names_of(own)) for own in names)
    values = (value.value for name in spelt if isinstance(value := plain.get(name), YamlText))
    return " ".join(next(filter(None, values), "").split())
