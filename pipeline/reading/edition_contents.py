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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import did_you_mean
from pipeline.languages import together
from pipeline.model import EditionContents, EditionPart, ListedArticle
from pipeline.reading.lines import FindingCollector
from pipeline.reading.strict_yaml import YamlList, YamlMapping, YamlNode, YamlText, describe_node, shorten_value
from pipeline.registry import error_rule, note_rule

MAX_EDITION_ITEMS = 2_000
_NAMES_OF = together().names_of
_PART_KEYS = ("part", *_NAMES_OF("part"))
_TITLE_KEYS = (*_PART_KEYS, "title", "name", *_NAMES_OF("title"), *_NAMES_OF("name"))
_ARTICLES_KEYS = ("articles", "chapters", *_NAMES_OF("articles"))
_ID_KEYS, _DOSE_KEYS, _DOSE_BY_KEYS = ((name, *_NAMES_OF(name)) for name in ("id", "dose", "dose_by"))
_DOSED_NAMES: Mapping[str, str] = {
    **dict.fromkeys(_ID_KEYS, "id"),
    **dict.fromkeys(_DOSE_KEYS, "dose"),
    **dict.fromkeys(_DOSE_BY_KEYS, "dose_by"),
}
# How much of an article a newsletter shows, by the word behind its id.
_LENGTHS: Mapping[str, Literal["full", "teaser"]] = {
    **dict.fromkeys(("full", *_NAMES_OF("full")), "full"),
    **dict.fromkeys(("teaser", *_NAMES_OF("teaser")), "teaser"),
}


@dataclass(slots=True)
class _Listed:
    findings: FindingCollector
    articles: list[ListedArticle] = field(default_factory=list)
    parts: list[EditionPart] = field(default_factory=list)


def read_edition_contents(value: YamlNode, findings: FindingCollector) -> EditionContents:
    """Return what an edition lists; text instead of a list counts as a list of one."""
    listed = _Listed(findings)
    if isinstance(value, YamlMapping):
        hint = "write each on a line of its own, with `- ` before it"
        report_shape("articles", value, "a list of article ids", findings, hint)
        return EditionContents()
    for item in _items(value):
        if isinstance(item, YamlMapping) and _is_part(item):
            _add_part(listed, item)
        else:
            _add_article(listed, item)
    if len(listed.articles) > MAX_EDITION_ITEMS:
        message = f"articles lists {len(listed.articles)}, expected at most {MAX_EDITION_ITEMS}"
        findings.add("value-shape", value.line, message)
    return EditionContents(tuple(listed.articles), tuple(listed.parts))


def _items(node: YamlNode) -> tuple[YamlNode, ...]:
    items = node.items if isinstance(node, YamlList) else (node,)
    return tuple(item for item in items if not isinstance(item, YamlText) or item.value)


def _is_part(table: YamlMapping) -> bool:
    """Distinguish a part from an article with its length: `- blog/ryg: full` is a mapping as well."""
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
        name = _folded_key(key)
        if name in _TITLE_KEYS and isinstance(value, YamlText):
            title = value
        elif name in _ARTICLES_KEYS and not isinstance(value, YamlMapping):
            inside = YamlList(_items(value), value.line)
        elif name in (*_TITLE_KEYS, *_ARTICLES_KEYS):
            expected = "a list of article ids" if name in _ARTICLES_KEYS else "text"
            report_shape(key.value, value, expected, listed.findings)
            return
        else:
            hint = did_you_mean(name, (*_TITLE_KEYS, *_ARTICLES_KEYS)) or "a part has `part`, its title, and `articles`"
            message = f"the key {shorten_value(key.value)!r} has no meaning in a part; left out"
            listed.findings.add("key-unknown", key.line, message, hint)
    if not title.value.strip():
        message = "a part without a title, expected such as `part: Bevægelse`"
        listed.findings.add("value-shape", part.line, message, "or list its articles outside a part")
    elif not inside.items:
        listed.findings.add("edition-empty", title.line, f"the part {shorten_value(title.value)!r} lists no article")
    else:
        listed.parts.append(EditionPart(" ".join(title.value.split()), _add_articles(listed, inside), title.line))


def _add_articles(listed: _Listed, inside: YamlList) -> tuple[str, ...]:
    before = len(listed.articles)
    for item in inside.items:
        if isinstance(item, YamlMapping) and _is_part(item):
            hint = "a part holds articles, not parts"
            report_shape("an item of a part", item, "an article id", listed.findings, hint)
        else:
            _add_article(listed, item)
    return tuple(article.id for article in listed.articles[before:])


def _add_article(listed: _Listed, item: YamlNode) -> None:
    """Add an article, with the length that may follow its id: `- blog/soevn: full`."""
    match item:
        case YamlText(id_, line):
            listed.articles.append(ListedArticle(id_, line))
        case YamlMapping() if _is_dosed(item):
            _add_dosed(listed, item)
        # `- title: blog/soevn`
        case YamlMapping(((YamlText() as key, YamlText(id_, line)),)) if _folded_key(key) in _TITLE_KEYS:
            listed.articles.append(ListedArticle(id_, line))
        case YamlMapping(((YamlText(id_, line), YamlText(length)),)) if length.lower() in _LENGTHS:
            listed.articles.append(ListedArticle(id_, line, _LENGTHS[length.lower()]))
        case YamlMapping(((YamlText(id_), YamlText() as length),)):
            report_shape(id_, length, "full or teaser", listed.findings)
        case _:
            hint = "such as `- blog/soevn`, `- blog/soevn: full`, or `- part: Søvn` with its `articles:`"
            report_shape("an item of articles", item, "an article id", listed.findings, hint)


def _is_dosed(item: YamlMapping) -> bool:
    """Tell an exercise of a programme: `- id: oevelser/bro` with `dose: 3 sæt af 10` below it."""
    names = {_folded_key(key) for key, _ in item.entries}
    return bool(names & {*_ID_KEYS}) and bool(names & {*_DOSE_KEYS, *_DOSE_BY_KEYS} or len(names) == 1)


def _add_dosed(listed: _Listed, item: YamlMapping) -> None:
    given: dict[str, str] = {}
    for key, value in item.entries:
        name = _DOSED_NAMES.get(_folded_key(key))
        if name is None:
            message = f"the key {shorten_value(key.value)!r} has no meaning beside an exercise; left out"
            listed.findings.add("key-unknown", key.line, message, "an exercise has `id`, `dose` and `dose_by`")
        elif isinstance(value, YamlText):
            given[name] = " ".join(value.value.split())
        else:
            report_shape(key.value, value, "text", listed.findings)
            return
    article = ListedArticle(given["id"], item.line, dose=given.get("dose", ""), dose_by=given.get("dose_by", ""))
    listed.articles.append(article)


@error_rule(
    "value-shape",
    "A value has another form than its key wants.",
    "`draft: måske`; a list as `title`",
    "Write it as the message shows.",
)
def report_shape(name: str, node: YamlNode, expected: str, findings: FindingCollector, hint: str = "") -> None:
    findings.add("value-shape", node.line, f"{name} is {describe_node(node)}, expected {expected}", hint)


def _folded_key(key: YamlText) -> str:
    return key.value.strip().casefold()
