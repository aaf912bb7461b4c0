"""Words that writers add to a document, per language, from `styles/words/<language>.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from pipeline.errors import StyleError
from pipeline.registry import error_rule
from pipeline.rendering.styles import Styles, packaged_styles

if TYPE_CHECKING:
    from babel import Locale


LISTS = ("plain", "claims", "abbreviations")
"""Names of word lists: tables after the words of a language, or separate files such as `plain.da.toml`."""


@error_rule(
    "words-missing",
    "A word that a writer adds is missing in the language of the edition, or of an article in it.",
    "An article with `language: sv`, and no `styles/words/sv.toml`",
    "Add the word to `styles/words/<language>.toml`.",
)
class MissingWordError(StyleError):
    code = "words-missing"


@dataclass(frozen=True, slots=True)
class Words:
    language: str
    """BCP 47: da, en, en-GB …"""
    entries: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> str:
        """Return a word.

        Raises:
            MissingWordError: The language has no such word; the message names file and key.
        """
        if key not in self.entries:
            raise MissingWordError(
                f"the word {key!r} is missing",
                source=f"styles/words/{self.language}.toml",
                hint=f'add a line: {key} = "…"',
            )
        return self.entries[key]

    def fill(self, key: str, **values: object) -> str:
        """Return a word with its placeholders filled: `Side {page} af {pages}`."""
        pieces: list[str] = []
        try:
            for text, name, form, conversion in Formatter().parse(self[key]):
                if form or conversion:  # a width could fill the memory
                    raise ValueError(form)
                pieces += [text, "" if name is None else str(values[name])]
        except (KeyError, ValueError) as error:
            raise StyleError(
                f"the word {key!r} has an unknown placeholder: {self[key]!r}",
                source=f"styles/words/{self.language}.toml",
                hint=f"it may use {', '.join('{' + name + '}' for name in values)}",
            ) from error
        return "".join(pieces)

    def number(self, value: float) -> str:
        """Return a number in the format of the language: 10.272, -1,5."""
        from babel.numbers import format_decimal

        locale = find_locale(self.language)
        return format_decimal(value, locale=locale) if locale else str(value)

    def fill_known(self, lines: Mapping[str, Mapping[str, str]]) -> list[str]:
        """Return the words of those keys whose first value is known, filled; an empty value is not known."""
        return [self.fill(key, **values) for key, values in lines.items() if next(iter(values.values()))]

    def month(self, day: date) -> str:
        """Return the short name of a month in the language: dec."""
        from babel.dates import format_date

        locale = find_locale(self.language)
        return format_date(day, "MMM", locale=locale) if locale else f"{day:%m}"

    def date(self, day: date | None) -> str:
        """Return a date in the format of the language: 30. april 2025; empty for none."""
        from babel.dates import format_date

        if day is None:
            return ""
        locale = find_locale(self.language)
        return format_date(day, "long", locale=locale) if locale else day.isoformat()


def find_locale(language: str) -> Locale | None:
    """Return Babel's data of a language; None for a language that it does not know."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def load_words(styles: Styles, language: str) -> Words:
    """Return the words of a language; missing entries of `en-GB` are taken from `en`.

    A project's own file overrides single words of the packaged one.

    Raises:
        MissingWordError: No folder has a file for the language.
        StyleError: A file is not TOML, or an entry is not text.
    """
    tags = dict.fromkeys((language.split("-", maxsplit=1)[0], language))
    paths = [folder / "words" / f"{tag}.toml" for tag in tags for folder in reversed(styles.folders)]
    # The time is part of the cache key, since files may change while a process runs.
    return _load_words(language, tuple((path, path.stat().st_mtime_ns) for path in paths if path.is_file()))


@cache
def packaged_languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (packaged_styles() / "words").glob("*.toml")))


@lru_cache(maxsize=64)
def _load_words(language: str, files: tuple[tuple[Path, int], ...]) -> Words:
    entries: dict[str, str] = {}
    for path, _ in files:
        entries |= read_texts(path)
    if not entries:
        raise MissingWordError(
            f"no words for the language {language!r}",
            source=f"styles/words/{language}.toml",
            hint="copy en.toml to it and translate, or correct `language:`",
        )
    return Words(language, entries)


def read_texts(path: Path, table: str = "") -> dict[str, str]:
    """Return the texts of a file of words by key: those of one word list, or those outside of all lists.

    Raises:
        StyleError: It is not TOML, or an entry is not text.
    """
    name, tables = f"styles/words/{path.name}", _tables(path, path.stat().st_mtime_ns)
    entries = tables.get(table, {}) if table else {key: tables[key] for key in tables if key not in LISTS}
    if not isinstance(entries, dict):
        raise StyleError(f"{table} is {entries!r}, expected a table", source=name)
    for key, value in entries.items():
        if not isinstance(value, str):
            raise StyleError(f"{key} is {value!r}, expected text", source=name)
    return entries


@lru_cache(maxsize=64)
def _tables(path: Path, _time_ns: int) -> dict[str, Any]:
    name = f"words/{path.name}"
    try:
        return tomllib.loads(Styles((path.parent.parent,)).text(name).removeprefix("\N{BYTE ORDER MARK}"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StyleError(f"not valid TOML: {error}", source=f"styles/{name}") from error
