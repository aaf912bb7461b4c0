"""What an edition lists: its articles, how much of each a newsletter shows, and the parts that some stand in.

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

from pipeline.article import EditionPart
from pipeline.reading.strict_yaml import Items, Node, Table, Text, described, shortened

MOST_ITEMS = 2_000
_PART = ("part", "del")
_TITLE = (*_PART, "title", "titel", "name", "navn")
_ARTICLES = ("articles", "artikler", "chapters", "kapitler")
_LENGTHS: Mapping[str, str] = MappingProxyType(
    {"full": "in_full", "fuld": "in_full", "teaser": "as_teasers", "uddrag": "as_teasers"}
)
"""What may stand behind an article, and which list that puts it into."""

Report = Callable[[str, int, str, str], None]
"""Is told of a fault: its code, its line, what was found and expected, and a hint."""


@dataclass(slots=True)
class Listing:
    """What the key `articles` says, as it is gathered."""

    report: Report
    articles: list[tuple[str, int]] = field(default_factory=list)
    """Ids, and the line of each."""
    in_full: list[str] = field(default_factory=list)
    as_teasers: list[str] = field(default_factory=list)
    parts: list[EditionPart] = field(default_factory=list)


def read_listing(value: Node, report: Report) -> Listing:
    """Return what an edition lists; a text of its own counts as a list of one."""
    listing = Listing(report)
    if isinstance(value, Table):
        hint = "write each on a line of its own, with `- ` before it"
        _wrong(listing, "articles", value, "a list of article ids", hint)
        return listing
    for item in _items(value):
        if isinstance(item, Table) and _is_part(item):
            _add_part(listing, item)
        else:
            _add_article(listing, item)
    if len(listing.articles) > MOST_ITEMS:
        report("value-shape", value.line, f"articles lists {len(listing.articles)}, expected at most {MOST_ITEMS}", "")
    return listing


def _items(node: Node) -> tuple[Node, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(item for item in items if not isinstance(item, Text) or item.value)


def _is_part(table: Table) -> bool:
    """Tell a part from an article with its length: `- blog/ryg: full` is a mapping as well."""
    return any(_plain(key) in (*_PART, *_ARTICLES) for key, _ in table.entries)


def _add_part(listing: Listing, part: Table) -> None:
    title, inside = Text("", part.line), Items((), part.line)
    for key, value in part.entries:
        if _plain(key) in _TITLE and isinstance(value, Text):
            title = value
        elif _plain(key) in _ARTICLES and not isinstance(value, Table):
            inside = Items(_items(value), value.line)
        elif _plain(key) in (*_TITLE, *_ARTICLES):
            _wrong(listing, key.value, value, "a list of article ids" if _plain(key) in _ARTICLES else "text")
            return
        else:
            near = difflib.get_close_matches(_plain(key), (*_TITLE, *_ARTICLES), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "a part has `part`, its title, and `articles`"
            what = f"the key {shortened(key.value)!r} has no meaning in a part; left out"
            listing.report("key-unknown", key.line, what, hint)
    if not title.value.strip():
        what = "a part without a title, expected such as `part: Bevægelse`"
        listing.report("value-shape", part.line, what, "or list its articles outside a part")
    elif not inside.items:
        listing.report("part-empty", title.line, f"the part {shortened(title.value)!r} lists no article", "")
    else:
        ids = _add_articles(listing, inside)
        listing.parts.append(EditionPart(" ".join(title.value.split()), ids, title.line))


def _add_articles(listing: Listing, inside: Items) -> tuple[str, ...]:
    """Add the articles of a part and return their ids."""
    before = len(listing.articles)
    for item in inside.items:
        if isinstance(item, Table) and _is_part(item):
            _wrong(listing, "an item of a part", item, "an article id", "a part holds articles, not parts")
        else:
            _add_article(listing, item)
    return tuple(id_ for id_, _ in listing.articles[before:])


def _add_article(listing: Listing, item: Node) -> None:
    """Add an article, with the length that may stand behind it: `- blog/soevn: full`."""
    match item:
        case Text(id_, line):
            listing.articles.append((id_, line))
        case Table(((Text() as key, Text(id_, line)),)) if _plain(key) in _TITLE:  # `- title: blog/soevn`
            listing.articles.append((id_, line))
        case Table(((Text(id_, line), Text(length)),)) if length.lower() in _LENGTHS:
            listing.articles.append((id_, line))
            (listing.in_full if _LENGTHS[length.lower()] == "in_full" else listing.as_teasers).append(id_)
        case Table(((Text(id_), Text() as length),)):
            _wrong(listing, id_, length, "full or teaser")
        case _:
            hint = "such as `- blog/soevn`, `- blog/soevn: full`, or `- part: Søvn` with its `articles:`"
            _wrong(listing, "an item of articles", item, "an article id", hint)


def _wrong(listing: Listing, name: str, node: Node, expected: str, hint: str = "") -> None:
    listing.report("value-shape", node.line, f"{name} is {described(node)}, expected {expected}", hint)


def _plain(key: Text) -> str:
    return key.value.strip().casefold()
