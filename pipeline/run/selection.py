"""Articles bound on the spot: all that have a tag, or are of a kind, without a file that lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config import FILE_NAME, Config
from pipeline.errors import ConfigError
from pipeline.model import Article, ArticleMeta, EditionContents, ListedArticle, Metadata
from pipeline.reading.editions import suggest_id
from pipeline.reading.source_files import source_id
from pipeline.run.source_set import RunContext, SourceReader, SourceSet

FOLDER = "selections"
KEYS = ("tag", "kind")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are meant."""

    key: str
    """`tag` or `kind`."""
    value: str

    @property
    def id(self) -> str:
        return source_id(Path(f"{FOLDER}/{self.key}-{self.value}.md"))

    @property
    def title(self) -> str:
        return self.value[:1].upper() + self.value[1:]

    def values_of(self, card: ArticleMeta) -> tuple[str, ...]:
        """Return what an article says under the key."""
        return card.meta.tags if self.key == "tag" else (card.meta.kind,)

    def holds(self, card: ArticleMeta) -> bool:
        """Tell whether an article is meant; capitals do not count."""
        return self.value.casefold() in (value.casefold() for value in self.values_of(card))


def selection_of(text: str) -> Selection:
    """Return what `tag:ryg` or `kind:exercise` means.

    Raises:
        ConfigError: It means nothing.
    """
    key, _, value = text.partition(":")
    if key not in KEYS or not value.strip():
        raise ConfigError(f"--select is {text!r}, expected such as tag:ryg or kind:exercise")
    return Selection(key, value.strip())


def filter_by(selection: Selection, sources: SourceSet, reader: SourceReader, run: RunContext) -> tuple[SourceSet, str]:
    """Return the sources with nothing but what is selected, bound behind a front of its own, and the id of that.

    Sources that were refused stay, since no one can tell what their tags would have been.

    Raises:
        ConfigError: No article is selected, or a source has the id already.
    """
    chosen = tuple(card for card in sources.metas if _is_open(card, run.formats) and selection.holds(card))
    if not chosen:
        values = sorted({value for card in sources.metas for value in selection.values_of(card) if value})
        raise ConfigError(
            f"no article has the {selection.key} {selection.value!r}",
            hint=suggest_id(selection.value, values) or f"there is {', '.join(values) or 'none at all'}",
        )
    if selection.id in sources.ids.values():
        raise ConfigError(f"a source is called {selection.id!r}, as the selection would be", hint="rename it")
    ids = {card.id for card in chosen}
    front = reader.add(_front(selection, chosen, run.config))
    referred = {entry.address for card in chosen for entry in card.meta.related}
    neighbours = (card for card in sources.metas if card.meta.address in referred and card.id not in ids)
    cards = ((record, record.summary.meta) for record in sources.records)
    filtered = replace(
        sources,
        records=tuple(record for record, card in cards if card is None or card.id in ids),
        neighbours=(*(card for card in neighbours if not card.meta.is_edition), front),
    )
    return filtered, front.id


def _is_open(card: ArticleMeta, formats: Iterable[str]) -> bool:
    is_hidden = card.meta.is_draft or card.meta.is_unlisted or card.meta.is_edition
    return not is_hidden and (not card.meta.formats or set(formats) <= set(card.meta.formats))


def _front(selection: Selection, cards: tuple[ArticleMeta, ...], config: Config) -> Article:
    """Return what stands on the cover: the tag as title, and no words of its own."""
    languages = {card.meta.language for card in cards}
    meta = Metadata(
        title=selection.title,
        language=languages.pop() if len(languages) == 1 else config.publisher.language,
        subject=selection.title,
        is_unlisted=True,
        contents=EditionContents(tuple(ListedArticle(card.id) for card in cards)),
    )
    return Article(selection.id, FILE_NAME, meta, ())
