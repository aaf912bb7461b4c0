"""Selections: editions of all articles with a tag or of a kind, without a source that lists them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError
from pipeline.model import Article, ArticleMeta, EditionContents, ListedArticle, Metadata
from pipeline.reading.editions import suggest_id
from pipeline.run.run_context import RunContext, Selection
from pipeline.run.source_set import SourceReader, SourceSet


def selection_of(text: str) -> Selection:
    """Return the selection that `tag:ryg` or `kind:exercise` names.

    Raises:
        ConfigError: The text has another form.
    """
    key, _, value = text.partition(":")
    if key not in ("tag", "kind") or not value.strip():
        raise ConfigError(f"--select is {text!r}, expected such as tag:ryg or kind:exercise")
    return Selection(key, value.strip())


def filter_by(selection: Selection, sources: SourceSet, reader: SourceReader, run: RunContext) -> SourceSet:
    """Return the sources of the selected articles, with a front for their edition.

    Refused sources stay, since their tags are unknown.

    Raises:
        ConfigError: No article is selected, or a source already has the id.
    """
    chosen = tuple(meta for meta in sources.metas if _is_open(meta, run.request.formats) and selection.holds(meta))
    if not chosen:
        values = sorted({value for meta in sources.metas for value in selection.values_of(meta) if value})
        raise ConfigError(
            f"no article has the {selection.key} {selection.value!r}",
            hint=suggest_id(selection.value, values) or f"there is {', '.join(values) or 'none at all'}",
        )
    if selection.id in sources.ids.values():
        raise ConfigError(f"a source is called {selection.id!r}, as the selection would be", hint="rename it")
    ids = {meta.id for meta in chosen}
    front = reader.add(_front(selection, chosen, run.config))
    addresses = {entry.address for meta in chosen for entry in meta.meta.related}
    related = (meta for meta in sources.metas if meta.meta.address in addresses and meta.id not in ids)
    return replace(
        sources,
        records=tuple(each for each in sources.records if each.summary.meta is None or each.source.id in ids),
        neighbours=(*(meta for meta in related if not meta.meta.is_edition), front),
    )


def _is_open(meta: ArticleMeta, formats: tuple[str, ...]) -> bool:
    is_hidden = meta.meta.is_draft or meta.meta.is_unlisted or meta.meta.is_edition
    return not is_hidden and (not meta.meta.formats or set(formats) <= set(meta.meta.formats))


def _front(selection: Selection, chosen: tuple[ArticleMeta, ...], config: Config) -> Article:
    """Return the front of the edition: the tag as its title, and no text."""
    languages = {meta.meta.language for meta in chosen}
    meta = Metadata(
        title=selection.title,
        language=languages.pop() if len(languages) == 1 else config.publisher.language,
        subject=selection.title,
        is_unlisted=True,
        contents=EditionContents(tuple(ListedArticle(each.id) for each in chosen)),
    )
    return Article(selection.id, FILE_NAME, meta, ())
