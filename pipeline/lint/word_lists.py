"""Word lists by language, from `styles/words/<name>.<language>.toml`; project files override the packaged ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.errors import StyleError
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import read_texts

if TYPE_CHECKING:
    from pathlib import Path

LIST_NAMES = ("plain", "claims", "abbreviations")
ENDINGS = {
    "da": ("", "e", "en", "et", "er", "ene", "erne", "n", "r", "t", "rne", "ne"),
    "en": ("", "s", "es"),
}
"""What may be put behind a single word of a list; each with the mark of the genitive too."""
_GENITIVES = {"da": ("", "s"), "en": ("", "'s", "’s")}
WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*|%")
"""Words and numbers, as texts and lists are taken apart."""
WordSpan = tuple[int, str, str]
"""Where it begins in a text, as it stands there, and without capitals."""


@dataclass(frozen=True, slots=True)
class WordList:
    """Words or phrases, and what is said of each."""

    entries: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """By their first word in each of its forms: the words of a phrase behind it, and the entry, longest first."""
    stems: tuple[tuple[str, str], ...]
    """Beginnings that anything may follow, and their entries."""

    def found_in(self, words: Sequence[WordSpan]) -> Iterator[tuple[int, int, str]]:
        """Yield where an entry begins and ends in a text, and the entry."""
        beginnings = tuple(stem for stem, _ in self.stems)
        for at, (start, word, folded) in enumerate(words):
            if folded not in self.phrases and not folded.startswith(beginnings):
                continue  # nearly every word of a text
            for rest, entry in self.phrases.get(folded, ()):
                behind = words[at + 1 : at + 1 + len(rest)]
                if tuple(each[2] for each in behind) == rest:
                    last_start, last, _ = behind[-1] if behind else (start, word, folded)
                    yield start, last_start + len(last), entry
                    break
            else:
                for stem, entry in self.stems:
                    if folded.startswith(stem):
                        yield start, start + len(word), entry


def tokenize(text: str) -> tuple[WordSpan, ...]:
    """Return the words of a text."""
    return tuple((at.start(), at[0], at[0].casefold()) for at in WORD.finditer(text))


def load_word_list(styles: Styles, name: str, language: str) -> WordList:
    """Return a list in a language; without a file for it, an empty one.

    An entry of the project takes the packaged one's place, and an empty text takes it out. `*` at the end of an entry
    stands for any letters.

    Raises:
        StyleError: A file is not TOML, or an entry is not text.
    """
    tag = language.split("-", maxsplit=1)[0]
    paths = (folder / "words" / f"{name}.{tag}.toml" for folder in reversed(styles.folders))
    # A process may outlive a change of the files.
    return _parse_word_list(name, tag, tuple((path, path.stat().st_mtime_ns) for path in paths if path.is_file()))


def validate_word_lists(styles: Styles) -> None:
    """Make sure, before articles are checked against them, that all lists can be read.

    Raises:
        StyleError: A file is not TOML, an entry is not text, or a file is of no list.
    """
    for folder in styles.folders:
        for path in sorted((folder / "words").glob("*.*.toml")):
            if path.name.split(".")[0] not in LIST_NAMES:
                raise StyleError(
                    f"no word list is called {path.name.split('.')[0]!r}, expected {', '.join(LIST_NAMES)}",
                    source=f"styles/words/{path.name}",
                )
            read_texts(f"styles/words/{path.name}", path.read_text("utf-8-sig"))


def word_list_contents(styles: Styles) -> tuple[str, ...]:
    """Return the content of every list file, in a fixed order: what articles are checked against."""
    found = (path for folder in styles.folders for path in sorted((folder / "words").glob("*.*.toml")))
    return tuple(path.read_text("utf-8-sig") for path in found)


@lru_cache(maxsize=64)
def _parse_word_list(name: str, language: str, files: tuple[tuple[Path, int], ...]) -> WordList:
    entries: dict[str, str] = {}
    for path, _ in files:
        entries |= read_texts(f"styles/words/{path.name}", path.read_text("utf-8-sig"))
    entries = {key: value for key, value in entries.items() if value}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for entry in entries:
        first, *rest = [folded for _, _, folded in tokenize(entry)] or [""]
        for form in _inflected_forms(first, language) if name == "plain" and not rest else (first,):
            phrases[form].append((tuple(rest), entry))
    stems = tuple((entry.rstrip("*").casefold(), entry) for entry in entries if entry.endswith("*"))
    longest_first = {
        first: tuple(sorted(them, key=lambda each: len(each[0]), reverse=True)) for first, them in phrases.items()
    }
    return WordList(entries, longest_first, stems)


def _inflected_forms(word: str, language: str) -> Iterator[str]:
    """Yield a word with each ending that its language puts behind it."""
    for ending in ENDINGS.get(language, ("",)):
        for genitive in _GENITIVES.get(language, ("",)):
            yield word + ending + genitive
