"""The front matter key `articles` of an edition: articles, teasers or full text, and parts.

```yaml
articles:
  - blog/velkommen
  - part: Bevægelse
    articles:
      - blog/gang
      - blog/ryg: teaser
```
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.model import EditionPart
from pipeline.reading.strict_yaml import YamlList, YamlMapping, YamlNode, YamlText, describe_node, shorten_value

MAX_EDITION_ITEMS = 2_000
_PART_KEYS = ("part", "del")
_TITLE_KEYS = (*_PART_KEYS, "title", "titel", "name", "navn")
_ARTICLES_KEYS = ("articles", "artikler", "chapters", "kapitler")
_LENGTHS: Mapping[str, str] = MappingProxyType(
    {"full": "in_full", "fuld": "in_full", "teaser": "as_teasers", "uddrag": "as_teasers"}
)
"""What may stand behind an article, and which list that puts it into."""

ReportFinding = Callable[[str, int, str, str], None]
"""Is told of a fault: its code, its line, what was found and expected, and a hint."""


@dataclass(slots=True)
class EditionContents:
    """What the key `articles` says, as it is gathered."""

    report: ReportFinding
    articles: list[tuple[str, int]] = field(default_factory=list)
    """Ids, and the line of each."""
    in_full: list[str] = field(default_factory=list)
    as_teasers: list[str] = field(default_factory=list)
    parts: list[EditionPart] = field(default_factory=list)


def read_edition_contents(value: YamlNode, report: ReportFinding) -> EditionContents:
    """Return what an edition lists; a text of its own counts as a list of one."""
    listing = EditionContents(report)
    if isinstance(value, YamlMapping):
        hint = "write each on a line of its own, with `- ` before it"
        _wrong(listing, "articles", value, "a list of article ids", hint)
        return listing
    for item in _items(value):
        if isinstance(item, YamlMapping) and _is_part(item):
            _add_part(listing, item)
        else:
            _add_article(listing, item)
    if len(listing.articles) > MAX_EDITION_ITEMS:
        report(
            "value-shape",
            value.line,
            f"articles lists {len(listing.articles)}, expected at most {MAX_EDITION_ITEMS}",
            "",
        )
    return listing


def _items(node: YamlNode) -> tuple[YamlNode, ...]:
    items = node.items if isinstance(node, YamlList) else (node,)
    return tuple(item for item in items if not isinstance(item, YamlText) or item.value)


def _is_part(table: YamlMapping) -> bool:
    """Tell a part from an article with its length: `- blog/ryg: full` is a mapping as well."""
    return any(_folded_key(key) in (*_PART_KEYS, *_ARTICLES_KEYS) for key, _ in table.entries)


def _add_part(listing: EditionContents, part: YamlMapping) -> None:
    title, inside = YamlText("", part.line), YamlList((), part.line)
    for key, value in part.entries:
        if _folded_key(key) in _TITLE_KEYS and isinstance(value, YamlText):
            title = value
        elif _folded_key(key) in _ARTICLES_KEYS and not isinstance(value, YamlMapping):
            inside = YamlList(_items(value), value.line)
        elif _folded_key(key) in (*_TITLE_KEYS, *_ARTICLES_KEYS):
            _wrong(listing, key.value, value, "a list of article ids" if _folded_key(key) in _ARTICLES_KEYS else "text")
            return
        else:
            near = difflib.get_close_matches(_folded_key(key), (*_TITLE_KEYS, *_ARTICLES_KEYS), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "a part has `part`, its title, and `articles`"
            what = f"the key {shorten_value(key.value)!r} has no meaning in a part; left out"
            listing.report("key-unknown", key.line, what, hint)
    if not title.value.strip():
        what = "a part without a title, expected such as `part: Bevægelse`"
        listing.report("value-shape", part.line, what, "or list its articles outside a part")
    elif not inside.items:
        listing.report("edition-empty", title.line, f"the part {shorten_value(title.value)!r} lists no article", "")
    else:
        ids = _add_articles(listing, inside)
        listing.parts.append(EditionPart(" ".join(title.value.split()), ids, title.line))


def _add_articles(listing: EditionContents, inside: YamlList) -> tuple[str, ...]:
    """Add the articles of a part and return their ids."""
    before = len(listing.articles)
    for item in inside.items:
        if isinstance(item, YamlMapping) and _is_part(item):
            _wrong(listing, "an item of a part", item, "an article id", "a part holds articles, not parts")
        else:
            _add_article(listing, item)
    return tuple(id_ for id_, _ in listing.articles[before:])


def _add_article(listing: EditionContents, item: YamlNode) -> None:
    """Add an article, with the length that may stand behind it: `- blog/soevn: full`."""
    match item:
        case YamlText(id_, line):
            listing.articles.append((id_, line))
        case YamlMapping(((YamlText() as key, YamlText(id_, line)),)) if (
            _folded_key(key) in _TITLE_KEYS
        ):  # `- title: blog/soevn`
            listing.articles.append((id_, line))
        case YamlMapping(((YamlText(id_, line), YamlText(length)),)) if length.lower() in _LENGTHS:
            listing.articles.append((id_, line))
            (listing.in_full if _LENGTHS[length.lower()] == "in_full" else listing.as_teasers).append(id_)
        case YamlMapping(((YamlText(id_), YamlText() as length),)):
            _wrong(listing, id_, length, "full or teaser")
        case _:
            hint = "such as `- blog/soevn`, `- blog/soevn: full`, or `- part: Søvn` with its `articles:`"
            _wrong(listing, "an item of articles", item, "an article id", hint)


def _wrong(listing: EditionContents, name: str, node: YamlNode, expected: str, hint: str = "") -> None:
    listing.report("value-shape", node.line, f"{name} is {describe_node(node)}, expected {expected}", hint)


def _folded_key(key: YamlText) -> str:
    return key.value.strip().casefold()
