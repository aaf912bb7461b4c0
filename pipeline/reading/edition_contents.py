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
from typing import Literal

from pipeline.languages import together
from pipeline.model import EditionContents, EditionPart, ListedArticle
from pipeline.reading.strict_yaml import YamlList, YamlMapping, YamlNode, YamlText, describe_node, shorten_value
from pipeline.registry import error_rule, note_rule

MAX_EDITION_ITEMS = 2_000
_NAMES_OF = together().names_of
_PART_KEYS = ("part", *_NAMES_OF("part"))
_TITLE_KEYS = (*_PART_KEYS, "title", "name", *_NAMES_OF("title"), *_NAMES_OF("name"))
_ARTICLES_KEYS = ("articles", "chapters", *_NAMES_OF("articles"))
_LENGTHS: Mapping[str, Literal["full", "teaser"]] = {
    **dict.fromkeys(("full", *_NAMES_OF("full")), "full"),
    **dict.fromkeys(("teaser", *_NAMES_OF("teaser")), "teaser"),
}
"""What may stand behind an article: how much of it a newsletter shows."""

ReportFinding = Callable[[str, int, str, str], None]
"""Is told of a fault: its code, its line, what was found and expected, and a hint."""


@dataclass(slots=True)
class _Listed:
    """What the key `articles` says, as it is gathered."""

    report: ReportFinding
    articles: list[ListedArticle] = field(default_factory=list)
    parts: list[EditionPart] = field(default_factory=list)


def read_edition_contents(value: YamlNode, report: ReportFinding) -> EditionContents:
    """Return what an edition lists; a text of its own counts as a list of one."""
    listed = _Listed(report)
    if isinstance(value, YamlMapping):
        hint = "write each on a line of its own, with `- ` before it"
        _wrong(listed, "articles", value, "a list of article ids", hint)
        return EditionContents()
    for item in _items(value):
        if isinstance(item, YamlMapping) and _is_part(item):
            _add_part(listed, item)
        else:
            _add_article(listed, item)
    if len(listed.articles) > MAX_EDITION_ITEMS:
        report(
            "value-shape",
            value.line,
            f"articles lists {len(listed.articles)}, expected at most {MAX_EDITION_ITEMS}",
            "",
        )
    return EditionContents(tuple(listed.articles), tuple(listed.parts))


def _items(node: YamlNode) -> tuple[YamlNode, ...]:
    items = node.items if isinstance(node, YamlList) else (node,)
    return tuple(item for item in items if not isinstance(item, YamlText) or item.value)


def _is_part(table: YamlMapping) -> bool:
    """Tell a part from an article with its length: `- blog/ryg: full` is a mapping as well."""
    return any(_folded_key(key) in (*_PART_KEYS, *_ARTICLES_KEYS) for key, _ in table.entries)


@note_rule(
    "key-unknown",
    "A key that no format uses.",
    "`bodyParts: [ryg]`",
    "Correct its spelling, give it a meaning in `[sources] aliases`, or leave it.",
)
def _add_part(listed: _Listed, part: YamlMapping) -> None:
    title, inside = YamlText("", part.line), YamlList((), part.line)
    for key, value in part.entries:
        if _folded_key(key) in _TITLE_KEYS and isinstance(value, YamlText):
            title = value
        elif _folded_key(key) in _ARTICLES_KEYS and not isinstance(value, YamlMapping):
            inside = YamlList(_items(value), value.line)
        elif _folded_key(key) in (*_TITLE_KEYS, *_ARTICLES_KEYS):
            _wrong(listed, key.value, value, "a list of article ids" if _folded_key(key) in _ARTICLES_KEYS else "text")
            return
        else:
            near = difflib.get_close_matches(_folded_key(key), (*_TITLE_KEYS, *_ARTICLES_KEYS), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "a part has `part`, its title, and `articles`"
            what = f"the key {shorten_value(key.value)!r} has no meaning in a part; left out"
            listed.report("key-unknown", key.line, what, hint)
    if not title.value.strip():
        what = "a part without a title, expected such as `part: Bevægelse`"
        listed.report("value-shape", part.line, what, "or list its articles outside a part")
    elif not inside.items:
        listed.report("edition-empty", title.line, f"the part {shorten_value(title.value)!r} lists no article", "")
    else:
        ids = _add_articles(listed, inside)
        listed.parts.append(EditionPart(" ".join(title.value.split()), ids, title.line))


def _add_articles(listed: _Listed, inside: YamlList) -> tuple[str, ...]:
    """Add the articles of a part and return their ids."""
    before = len(listed.articles)
    for item in inside.items:
        if isinstance(item, YamlMapping) and _is_part(item):
            _wrong(listed, "an item of a part", item, "an article id", "a part holds articles, not parts")
        else:
            _add_article(listed, item)
    return tuple(article.id for article in listed.articles[before:])


def _add_article(listed: _Listed, item: YamlNode) -> None:
    """Add an article, with the length that may stand behind it: `- blog/soevn: full`."""
    match item:
        case YamlText(id_, line):
            listed.articles.append(ListedArticle(id_, line))
        case YamlMapping(((YamlText() as key, YamlText(id_, line)),)) if (
            _folded_key(key) in _TITLE_KEYS
        ):  # `- title: blog/soevn`
            listed.articles.append(ListedArticle(id_, line))
        case YamlMapping(((YamlText(id_, line), YamlText(length)),)) if length.lower() in _LENGTHS:
            listed.articles.append(ListedArticle(id_, line, _LENGTHS[length.lower()]))
        case YamlMapping(((YamlText(id_), YamlText() as length),)):
            _wrong(listed, id_, length, "full or teaser")
        case _:
            hint = "such as `- blog/soevn`, `- blog/soevn: full`, or `- part: Søvn` with its `articles:`"
            _wrong(listed, "an item of articles", item, "an article id", hint)


@error_rule(
    "value-shape",
    "A value has another form than its key wants.",
    "`draft: måske`; a list as `title`",
    "Write it as the message shows.",
)
def _wrong(listed: _Listed, name: str, node: YamlNode, expected: str, hint: str = "") -> None:
    listed.report("value-shape", node.line, f"{name} is {describe_node(node)}, expected {expected}", hint)


def _folded_key(key: YamlText) -> str:
    return key.value.strip().casefold()
