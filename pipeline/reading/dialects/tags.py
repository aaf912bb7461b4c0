"""Tags with a name and arguments, as shortcodes, template tags and components are: what each stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.reading.callouts import callout_key
from pipeline.reading.dialects.boxes import (
    CLOSED_BOX,
    bold,
    encoded,
    first_of,
    is_box,
    left_out,
    names_in,
    opened_box,
    picture,
    unfilled,
)
from pipeline.reading.lines import FindingCollector

_BOX_NAMES = names_in(
    "notice hint callout alert admonition aside note tip warning info danger caution important box infobox message "
    "banner notification panel blockquote quote cta starlightaside block prompt tldr keypoints"
)
_PICTURES = names_in(
    "figure figimage img image imgproc picture photo resize-image resize_image bundle-image lightbox thumbnail svg "
    "nuxtimg nextimage staticimage zoomableimage"
)
_FILMS = names_in(
    "youtube youtubelite youtube-lite vimeo video tweet twitter x instagram gist codepen spotify audio map maps iframe "
    "embed asciinema figma loom podcast soundcloud tiktok facebook bluesky youtubeembed lite-youtube videoplayer "
    "player chart mermaid plotly gallery carousel slideshow swagger openapi pdf form contact-form newsletter"
)
_FOLDED = names_in("details expand collapse spoiler accordion accordionitem faq dropdown toggle collapsible")
_LABELLED = names_in("tab tabitem tabpanel tabs-item tab-item step pane codetab")
_CONTAINERS = names_in(
    "tabs tabpane tabpanel tab-set tabset cards card-group cardgroup cardgrid card-grid columns column row col grid "
    "steps section div center wide accordions blocks list filetree wrapper container span p"
)
_LINKS = names_in("button btn link linkcard linkbutton card-link cardlink a href navlink nextlink")
_SIGNS = names_in(
    "icon icons fa fas far fab bi emoji br hr clear clearfix toc tableofcontents anchor spacer space divider separator "
    "pagebreak newpage more top backtotop"
)
"""Tags that show a sign, or nothing: a sentence says the same without them."""
_SETTINGS = names_in(
    "class classname style width height id icon src href url link to relref target rel color variant align size cols "
    "columns gap layout slot lang loading key ref open collapsed collapse expanded collapsible groupid group sync "
    "synckey syncgroup theme position background bg type kind intent status level severity ariahidden role set "
    "client:load client:visible client:idle hidden default defaultvalue path image file filename format"
)
"""Arguments that say how a tag looks, or where it leads, and hold no words."""
_AUTHORS = ("author", "by", "attribution", "cite", "source", "credit")
_KINDS = ("type", "kind", "style", "color", "variant", "class", "intent", "status", "level", "severity")
_TITLES = (
    "title",
    "heading",
    "header",
    "headline",
    "label",
    "question",
    "summary",
    "tabname",
    "caption",
    "name",
    "term",
)
_WORDS = (
    "description",
    "text",
    "content",
    "subtitle",
    "tagline",
    "message",
    "body",
    "answer",
    "quote",
    "definition",
    "note",
)
_KIND_OF_COLOR = MappingProxyType(
    {"red": "warning", "yellow": "caution", "orange": "caution", "green": "tip", "blue": "note"}
)
_NO_TITLE = re.compile(r"^(?:true|false|[a-z]+(?:[A-Z]\w*)+|[a-z][\w-]*\.[A-Za-z_]\w*)$")
_NO_WORDS = re.compile(r"^(?:true|false|)$")
_ADDRESS = re.compile(r"[^\s]*[/#:][^\s]*|[\w-]+\.[a-z]{2,5}")
_TARGET = re.compile(r"""(?:\]\(<?|=["'])[^\s"')]*\Z|<[A-Za-z][^<>\n]*=["']?\Z""")
"""The beginning of an address or an argument, up to its end."""
_LONGEST_INDENT = 20


@dataclass(frozen=True, slots=True)
class _Tag:
    key: str
    """Its name in small letters, without a folder."""
    name: str
    given: Mapping[str, str]
    number: int
    match: re.Match[str]
    has_end: bool


@dataclass(slots=True)
class TagReader:
    """Turns the tags of one text, in order, into lines of Markdown."""

    findings: FindingCollector
    what: str
    """For people: `shortcode of Hugo`."""
    form: Callable[[str], str]
    """A tag as it is written, by its name."""
    closed_names: frozenset[str]
    """Names, in small letters, that have an end tag somewhere in the text."""
    opened: list[tuple[str, str]] = field(default_factory=list)
    """Names of open tags, and what their ends become."""
    open_names: Counter[str] = field(default_factory=Counter)

    def end(self, name: str) -> str:
        """Return what an end tag becomes."""
        key = name.lower()
        if not self.open_names[key]:
            return ""
        text = ""
        while self.opened:
            opened, end = self.opened.pop()
            self.open_names[opened] -= 1
            text += end
            if opened == key:
                break
        return text

    def start(self, name: str, given: Mapping[str, str], number: int, match: re.Match[str], *, is_empty: bool) -> str:
        """Return what a tag becomes; an argument that holds words and is not printed is named.

        Args:
            match: The tag as it is written.
            is_empty: It ends in itself.
        """
        key = name.lower().removeprefix("partial ").rpartition("/")[2].removesuffix(".html")
        has_end = not is_empty and name.lower() in self.closed_names
        before = len(self.findings)
        text, end = self._parts(_Tag(key, name, given, number, match, has_end))
        said = "\n".join((text, end, *(finding.message for finding in self.findings[before:]))).replace("\\", "")
        if is_in_row(match):
            text = re.sub(r"\s*\n\s*", " ", text)
        for argument, value in given.items():
            if (argument == "value" and key in _LABELLED and _title(given)) or (argument == "0" and is_box(value)):
                continue  # the key of a tab that has a label, and the kind of a box
            is_said = re.search(rf"(?<!\w){re.escape(value[:60])}", said) is not None
            if argument not in _SETTINGS and not _NO_WORDS.match(value) and not is_said:
                what = repr(value[:60]) if argument.isdigit() else f"{argument}={value[:60]!r}"
                left_out(self.findings, number, f"{what} of {self.form(name)}, a {self.what}")
        if has_end:
            self.opened.append((name.lower(), end))
            self.open_names[name.lower()] += 1
            return text
        return text + end

    def _parts(self, tag: _Tag) -> tuple[str, str]:
        key, name, given, number = tag.key, tag.name, tag.given, tag.number
        if key in _PICTURES or (first_of(given, "src") and first_of(given, "alt", "caption")):
            return self._picture(name, given, number)
        if key in _FILMS:
            said = first_of(given, "title", "caption", "alt") or " ".join(given.values())
            left_out(self.findings, number, f"{self.form(name)} ({said[:60]}), a {self.what}")
            return "", ""
        if tag.has_end and (key in _BOX_NAMES or is_box(key)):
            return self._box(tag)
        title = _title(given)
        if key in _LINKS or (first_of(given, "href", "url", "link", "to") and (title or key in _LINKS)):
            return self._link(tag, title)
        return self._words(tag, title)

    def _picture(self, name: str, given: Mapping[str, str], number: int) -> tuple[str, str]:
        source = first_of(given, "src", "url", "path", "image", "file", "filename", "0")
        if not re.search(r"\.(?:png|jpe?g|webp|gif|svg|avif|bmp|tiff?)(?:[?#].*)?$", source, re.IGNORECASE):
            said = first_of(given, "alt", "caption", "title") or source
            left_out(self.findings, number, f"the picture of {self.form(name)} ({said[:60]})")
            return "", ""
        return f"\n\n{picture(given, source)}\n\n", ""

    def _box(self, tag: _Tag) -> tuple[str, str]:
        key, given = tag.key, tag.given
        said = first_of(given, *_KINDS) or next((given[at] for at in ("0",) if is_box(given.get(at, ""))), "")
        said = _KIND_OF_COLOR.get(said.lower(), said)
        kind = said if is_box(said) else key if is_box(key) and callout_key(key) not in ("alert", "notice") else "note"
        title = first_of(given, "title", "header", "heading", "name")
        if not title and (spoken := given.get("1" if is_box(given.get("0", "")) else "0", "")) and " " in spoken:
            title = spoken
        words, author = first_of(given, *_WORDS), first_of(given, *_AUTHORS)
        if is_in_row(tag.match):  # a row of a table has no room for a box
            left_out(self.findings, tag.number, f"the box {self.form(tag.name)} in a table", f"{title} {words}".strip())
            return "".join(f"{part} " for part in (bold(title), words) if part), f" {author}" if author else ""
        opening = "\n".join((*opened_box(kind, title), *(("", words) if words else ())))
        return f"{opening}\n\n", (f"\n\n{author}\n" if author else "") + "\n".join(CLOSED_BOX) + "\n"

    def _link(self, tag: _Tag, title: str) -> tuple[str, str]:
        given = tag.given
        placed = [given[at] for at in sorted(given) if at.isdigit()]
        places = [value for value in placed if _ADDRESS.fullmatch(value)]
        target = encoded(first_of(given, "href", "url", "link", "to", "relref") or next(iter(places), ""))
        words = first_of(given, *_WORDS)
        title = title or next((value for value in placed if value not in places), "")
        if tag.has_end and not title:
            return ("[", f"]({target})") if target else ("", "")
        link = f"[{title or words}]({target})" if target and (title or words) else title
        return f"\n\n{link}\n\n" + (f"{words}\n\n" if title and words else ""), ""

    def _words(self, tag: _Tag, title: str) -> tuple[str, str]:
        """Return the words of a tag that is not known: those between its ends, and those that readers see."""
        key, name, given, number = tag.key, tag.name, tag.given, tag.number
        is_part = key in _FOLDED or key in _LABELLED
        is_alone = (is_part and not is_in_row(tag.match)) or is_alone_on_line(tag.match)
        if not title and is_part:
            title = given.get("0") or given.get("value", "")
        words = first_of(given, *_WORDS)
        if tag.has_end or title or words:
            if key not in (_FOLDED | _LABELLED | _CONTAINERS) and self.what != "component of MDX":
                left_out(self.findings, number, f"{self.form(name)}, a {self.what}", f"{title} {words}".strip() or "…")
            said = "\n\n".join(filter(None, (bold(title), words)))
            if not said:
                return ("\n\n", "\n\n") if is_alone else ("", "")
            return (f"\n\n{said}\n\n", "\n\n") if is_alone else (f"{said} " if tag.has_end else said, "")
        if key not in _SIGNS and not key.endswith("icon") and is_in_sentence(tag.match):
            return unfilled(self.findings, number, tag.match[0]), ""
        if self.what == "component of MDX" and not given:
            left_out(self.findings, number, f"{self.form(name)}, a {self.what}")
        else:
            values = " ".join(given.values())
            left_out(self.findings, number, f"{self.form(name)} {values}".strip() + f", a {self.what}")
        return "", ""


_TAGS = re.compile(r"</?[A-Z][^<>]*>|\{\{[<%][^{}\n]*[%>]\}\}|\{%[^{}\n]*%\}")
_LONGEST_LINE = 2_000  # On a longer one a tag is not alone; to look at all of it for each would take quadratic time


def is_alone_on_line(tag: re.Match[str]) -> bool:
    """Tell whether nothing but tags stands beside a tag on its line."""
    text = tag.string
    start = text.rfind("\n", max(0, tag.start() - _LONGEST_LINE), tag.start()) + 1
    end = text.find("\n", tag.end(), tag.end() + _LONGEST_LINE)
    if (not start and tag.start() > _LONGEST_LINE) or (end < 0 and len(text) - tag.end() > _LONGEST_LINE):
        return False
    rest = text[start : tag.start()] + text[tag.end() : end if end >= 0 else None]
    return not _TAGS.sub("", rest).strip()


def is_in_sentence(tag: re.Match[str]) -> bool:
    """Tell whether words stand beside a tag on its line, and it is no part of an address or of another tag."""
    return not is_alone_on_line(tag) and not _TARGET.search(tag.string, _row_start(tag), tag.start())


def is_in_row(tag: re.Match[str]) -> bool:
    """Tell whether a tag stands in a row of a table."""
    return tag.string[(start := _row_start(tag)) : start + _LONGEST_INDENT].lstrip().startswith("|")


def _row_start(tag: re.Match[str]) -> int:
    return tag.string.rfind("\n", max(0, tag.start() - _LONGEST_LINE), tag.start()) + 1 or max(
        0, tag.start() - _LONGEST_LINE
    )


def _title(given: Mapping[str, str]) -> str:
    title = first_of(given, *_TITLES)
    return "" if _NO_TITLE.match(title) else title
