"""Word lists by language, from `styles/words/<name>.<language>.toml`; project files override the packaged ones.

A file of its own, such as `plain.da.toml`, holds a list too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path

from pipeline.errors import StyleError
from pipeline.languages import language as language_of
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import LISTS, read_texts

WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*|%")  # A word or number of a text or list
WordSpan = tuple[int, str, str]  # Its start in a text, the word, and the word in small letters


@dataclass(frozen=True, slots=True)
class WordList:
    """Words or phrases, and the value of each."""

    entries: Mapping[str, str]
    # By their first word in each of its forms: the words of a phrase behind it, and the entry, longest first.
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    stems: tuple[tuple[str, str], ...]  # Beginnings that anything may follow, and their entries

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
    return tuple((at.start(), at[0], at[0].casefold()) for at in WORD.finditer(text))


def load_word_list(styles: Styles, name: str, language: str) -> WordList:
    """Return a list in a language; without a file for it, an empty one.

    An entry of the project takes the packaged one's place, and an empty text takes it out. `*` at the end of an entry
    stands for any letters.

    Raises:
        StyleError: A file is not TOML, or an entry is not text.
    """
    tag = language.split("-", maxsplit=1)[0]
    files = (f"{tag}.toml", f"{name}.{tag}.toml")
    paths = (folder / "words" / file for folder in reversed(styles.folders) for file in files)
    # A process may outlive a change of the files.
    return _parse_word_list(name, tag, tuple((path, path.stat().st_mtime_ns) for path in paths if path.is_file()))


def validate_word_lists(styles: Styles) -> None:
    """Make sure, before articles are checked against them, that all lists can be read.

    Raises:
        StyleError: A file is not TOML, an entry is not text, or a file is of no list.
    """
    for folder in styles.folders:
        for path in sorted((folder / "words").glob("*.toml")):
            first, is_list, _ = path.stem.partition(".")
            if is_list and first not in LISTS:
                message = f"no word list is called {first!r}, expected {', '.join(LISTS)}"
                raise StyleError(message, source=f"styles/words/{path.name}")
            for table in ("",) if is_list else LISTS:
                read_texts(path, table)


def word_list_contents(styles: Styles) -> tuple[str, ...]:
    """Return the content of every file with lists, in a fixed order: what articles are checked against."""
    return tuple(
        Styles((folder,)).text(f"words/{path.name}")
        for folder in styles.folders
        for path in sorted((folder / "words").glob("*.toml"))
    )


@lru_cache(maxsize=64)
def _parse_word_list(name: str, language: str, files: tuple[tuple[Path, int], ...]) -> WordList:
    entries: dict[str, str] = {}
    for path, _ in files:
        entries |= read_texts(path, "" if path.name.startswith(f"{name}.") else name)
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
    own = language_of(language)
    for ending, genitive in product(("", *own.endings), ("", *own.genitives)):
        yield word + ending + genitive
