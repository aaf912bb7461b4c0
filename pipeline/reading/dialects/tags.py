"""Tags with a name and arguments, as shortcodes, template tags and components are: what each stands for."""

from __future__ import annotations

import re
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
_NO_TITLE = re.compile(r"^(?:true|false|\d+|[a-z]+(?:[A-Z]\w*)+|[a-z][\w-]*\.\w+)$")


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

    def end(self, name: str) -> str:
        """Return what an end tag becomes."""
        key = name.lower()
        if not any(opened == key for opened, _ in self.opened):
            return ""
        text = ""
        while self.opened:
            opened, end = self.opened.pop()
            text += end
            if opened == key:
                break
        return text

    def start(self, name: str, given: Mapping[str, str], number: int, *, is_empty: bool, is_alone: bool) -> str:
        """Return what a tag becomes.

        Args:
            is_empty: It ends in itself.
            is_alone: Nothing else stands on its line.
        """
        key = name.lower().removeprefix("partial ").rpartition("/")[2].removesuffix(".html")
        has_end = not is_empty and name.lower() in self.closed_names
        text, end = self._parts(key, name, given, number, has_end=has_end, is_alone=is_alone)
        if has_end:
            self.opened.append((name.lower(), end))
            return text
        return text + end

    def _parts(
        self, key: str, name: str, given: Mapping[str, str], number: int, *, has_end: bool, is_alone: bool
    ) -> tuple[str, str]:
        if key in _PICTURES or (first_of(given, "src") and first_of(given, "alt", "caption")):
            return self._picture(name, given, number)
        if key in _FILMS:
            said = first_of(given, "title", "caption", "alt") or " ".join(given.values())
            left_out(self.findings, number, f"{self.form(name)} ({said[:60]}), a {self.what}")
            return "", ""
        if has_end and (key in _BOX_NAMES or is_box(key)):
            return self._box(key, given)
        title = _title(given)
        if key in _LINKS or (first_of(given, "href", "url", "link", "to") and (title or key in _LINKS)):
            return self._link(given, title, has_end=has_end)
        return self._words(name, key, given, title, number, has_end=has_end, is_alone=is_alone)

    def _picture(self, name: str, given: Mapping[str, str], number: int) -> tuple[str, str]:
        source = first_of(given, "src", "url", "path", "image", "file", "filename", "0")
        if not re.search(r"\.(?:png|jpe?g|webp|gif|svg|avif|bmp|tiff?)(?:[?#].*)?$", source, re.IGNORECASE):
            said = first_of(given, "alt", "caption", "title") or source
            left_out(self.findings, number, f"the picture of {self.form(name)} ({said[:60]})")
            return "", ""
        return f"\n\n{picture(given, source)}\n\n", ""

    def _box(self, key: str, given: Mapping[str, str]) -> tuple[str, str]:
        said = first_of(given, *_KINDS) or next((given[at] for at in ("0",) if is_box(given.get(at, ""))), "")
        said = _KIND_OF_COLOR.get(said.lower(), said)
        kind = said if is_box(said) else key if is_box(key) and callout_key(key) not in ("alert", "notice") else "note"
        title = first_of(given, "title", "header", "heading", "name")
        if not title and (spoken := given.get("1" if is_box(given.get("0", "")) else "0", "")) and " " in spoken:
            title = spoken
        return "\n".join(opened_box(kind, title)) + "\n\n", "\n".join(CLOSED_BOX) + "\n"

    def _link(self, given: Mapping[str, str], title: str, *, has_end: bool) -> tuple[str, str]:
        target = encoded(first_of(given, "href", "url", "link", "to", "relref", "0"))
        words = first_of(given, *_WORDS)
        if has_end and not title:
            return ("[", f"]({target})") if target else ("", "")
        link = f"[{title or words}]({target})" if target and (title or words) else title
        return f"\n\n{link}\n\n" + (f"{words}\n\n" if title and words else ""), ""

    def _words(
        self, name: str, key: str, given: Mapping[str, str], title: str, number: int, *, has_end: bool, is_alone: bool
    ) -> tuple[str, str]:
        """Return the words of a tag that is not known: those between its ends, and those that readers see."""
        if not title and (key in _FOLDED or key in _LABELLED):
            title = given.get("0", "")
        words = first_of(given, *_WORDS)
        if has_end or title or words:
            if key not in (_FOLDED | _LABELLED | _CONTAINERS) and self.what != "component of MDX":
                left_out(self.findings, number, f"{self.form(name)}, a {self.what}", f"{title} {words}".strip() or "…")
            said = "\n\n".join(filter(None, (bold(title), words)))
            if not said:
                return ("\n\n", "\n\n") if is_alone else ("", "")
            return (f"\n\n{said}\n\n", "\n\n") if is_alone else (f"{said} ", "")
        if self.what == "component of MDX" and not given:
            left_out(self.findings, number, f"{self.form(name)}, a {self.what}")
        else:
            values = " ".join(given.values())
            left_out(self.findings, number, f"{self.form(name)} {values}".strip() + f", a {self.what}")
        return "", ""


_TAGS = re.compile(r"</?[A-Z][^<>]*>")
_LONGEST_LINE = 2_000  # On a longer one a tag is not alone; to look at all of it for each would take quadratic time


def is_alone(tag: re.Match[str]) -> bool:
    """Tell whether nothing but tags stands beside a tag on its line."""
    text = tag.string
    start = text.rfind("\n", max(0, tag.start() - _LONGEST_LINE), tag.start()) + 1
    end = text.find("\n", tag.end(), tag.end() + _LONGEST_LINE)
    if (not start and tag.start() > _LONGEST_LINE) or (end < 0 and len(text) - tag.end() > _LONGEST_LINE):
        return False
    rest = text[start : tag.start()] + text[tag.end() : end if end >= 0 else None]
    return not _TAGS.sub("", rest).strip()


def _title(given: Mapping[str, str]) -> str:
    title = first_of(given, *_TITLES)
    return "" if _NO_TITLE.match(title) else title
