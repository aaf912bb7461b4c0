"""What the program knows of each language: one module per language, named after its tag."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import Any

from pipeline.model import CalloutKind

Words = str  # Words with spaces between them, in small letters unless the entry says so
Expression = str  # A regular expression. Rules ignore case unless the entry says that it counts.
_SHARED = {"nb": "no", "nn": "no"}  # Tags whose language has its module under another tag


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The tables of one language. An empty entry means that its rule is skipped.

    Entries of the first part are read together from all languages, since they are looked for in every article; those
    of the second part concern articles of the language alone.
    """

    tag: str = ""  # Without its region: da, en
    not_needed: Words = ""  # Entries that are empty because the language has no use for them

    # ---- in every article: front matter and dates
    names: Words = ""  # How the value of `language:` may name it; the first is its English name
    yes: Words = ""
    no: Words = ""
    # Its names of the keys of front matter, and of the keys and words inside their values, by the English name.
    keys: Mapping[str, Words] = field(default_factory=dict)
    months: tuple[Words, ...] = ()  # Twelve, each with its full name first
    weekdays: Expression = ""
    before_day: Expression = ""  # Words before the day of the month: `den`, `the`
    ordinals: Expression = ""  # Letters behind the day of the month: `th`
    before_month: Expression = ""  # Words between day and month: `of`
    before_time: Expression = ""  # Words before a time of day, with the space behind it

    # ---- in every article: blocks
    # Names of boxes by kind, with hyphens for spaces.
    callouts: Mapping[CalloutKind, Words] = field(default_factory=dict)
    # Names of boxes that are shown in one medium only: `web`, `print`, `mail`, `book`.
    media: Mapping[str, Words] = field(default_factory=dict)
    references: Expression = ""  # A heading of references
    # Words behind an ordinal number at a line's beginning, which begins no list: `2. trimester`.
    counted: Expression = ""
    contact: Expression = ""  # Words of a line that says how to reach someone, which is no heading
    placeholders: Expression = ""  # Words in brackets that ask for text: `[INSERT name]`. Case counts.
    screen: tuple[Expression, ...] = ()  # Words that need a screen, such as `click here`
    screen_hints: Expression = ""  # One of these is in each of them; most paragraphs have none
    at_site: Expression = ""  # Words before the name of a site: `via`. In its own articles
    site_offers: Expression = ""  # Words behind that name which say that it is a site: `can you find`. Case counts
    picture_words: Expression = ""  # Kinds of pictures, with which an empty text alternative begins: `illustration`
    picture_of: Expression = ""  # Words between them and the repeated title: `of`
    points_at_picture: Expression = ""  # Words that say where a picture is: `below`, `the drawing`
    exercise_steps: Expression = ""  # In a heading of how an exercise is done
    exercise_dose: Expression = ""  # In a heading of how often it is done
    exercise_caution: Expression = ""  # In a heading of what to beware of

    # ---- in every article: words and numbers
    calls: Expression = ""  # How a sentence at the end of a title begins that asks for a click
    little: Words = ""  # Words that addresses leave out
    leads_on: Words = ""  # Words beside these that a shortened text must not end with
    # Abbreviations that end no sentence, without their last full stop. Case counts, save for the first letter.
    goes_on: Words = ""
    may_end: Words = ""  # Abbreviations that may end one; a description is not cut behind their full stop either
    # Common words by their spelling in file names: `paa`, `på`.
    plain_spellings: Mapping[str, str] = field(default_factory=dict)
    elided: Expression = ""  # Words that begin with an apostrophe, without it: `tis`
    before_number: Expression = ""  # Words before a number that is no range: of a telephone, an account, a match
    dose_units: Expression = ""  # Words for units of effect: `units`
    dose_measures: Expression = ""  # Words for the other units of a dose: `drops`
    number_units: Expression = ""  # Words behind a number whose decimal sign is checked
    explains: Expression = ""  # Words between a word and its explanation
    written_out: tuple[Expression, ...] = ()  # What says that an abbreviation, in the place of `{}`, stands for words

    # ---- in every article: mailing
    # Names of columns in a list of subscribers, and the program's own name of each.
    columns: Mapping[str, str] = field(default_factory=dict)
    illness: Expression = ""  # What makes a value health data
    unsubscribe: Expression = ""  # What a mail says that asks to leave the list
    reply: Expression = ""  # What mail programs put before the subject of an answer: `re`

    # ---- in its own articles: typography
    units: Expression = ""  # Words that do not part from the number before them
    percent: Expression = ""  # A percent sign with or without a space before it, where the language writes one
    thousands: str = ""  # The sign between groups of three digits, `.` or `,`; the other one is the decimal sign
    # Styles of quotation marks, the usual first: open, close, and both again for quotations within quotations.
    quotes: tuple[str, ...] = ()
    spaces_marks: bool = False  # It writes a space before `:` and `!`
    after_z: tuple[str, ...] = ()  # Letters behind z in the alphabet, those that are sorted alike in one text

    # ---- in its own articles: spelling
    dictionaries: Words = ""  # Names of Hunspell dictionaries; the first that is installed is used
    ascii_spellings: Expression = ""  # Words whose letters beside a to z are spelt in ASCII
    apostrophe_words: Words = ""  # Words that take `'s` in a language that writes the genitive without an apostrophe
    twice: Words = ""  # Words that may be repeated in good sentences
    endings: tuple[str, ...] = ()  # What may be put behind a single word of the list of plain words
    genitives: tuple[str, ...] = ()  # What may be put behind each of these

    # ---- in its own articles: style
    passive: Expression = ""  # A passive. Case counts.
    passive_hint: Expression = ""  # What every passive has: quick to look for, and most sentences lack it. Case counts.
    hidden_verbs: Expression = ""  # A verb made a noun: `perform an examination of`

    # ---- in its own articles: help
    helpers: Words = ""  # Stems of words for those who help: `læge`
    weak_helpers: Words = ""  # Stems of words for help itself, which count only after `seeks`
    asks: Expression = ""  # Verbs that, before a helper in one sentence, tell the reader to get help
    seeks: Expression = ""  # Words right before a weak helper that make it count
    alarms: Expression = ""  # Names of alarm symptoms
    # What in the title of a box says its level: `112`
    levels: Mapping[CalloutKind, Expression] = field(default_factory=dict)
    # What in a sentence tells the reader to get help, by the level that it names: `ring 112`
    help_calls: Mapping[CalloutKind, Expression] = field(default_factory=dict)
    help_when: Expression = ""  # Words of a sentence that says when: `if`, `at once`
    no_help_call: Expression = ""  # Words of a sentence that takes a call back, or is about something else
    help_headings: Expression = ""  # A heading of when to get help
    help_topics: Expression = ""  # A heading of it where the text below calls for help: `signs of something serious`
    cautions: Expression = ""  # How a heading or a paragraph of what to beware of begins
    help_words: Expression = ""  # Words that an editor is told of where they stand in no box: `112`
    complaints: Expression = ""  # What someone may have who should see a doctor
    negations: Expression = ""  # Words about a claim that take it back or say for whom it holds

    def names_of(self, key: str) -> tuple[str, ...]:
        return tuple(self.keys.get(key, "").split())

    @property
    def lacks(self) -> tuple[str, ...]:
        """Return the entries that are empty although the language has a use for them."""
        empty = (entry.name for entry in fields(self) if not getattr(self, entry.name))
        return tuple(name for name in empty if name not in ("not_needed", *self.not_needed.split()))


@cache
def compiled(expression: Expression, flags: int = 0) -> re.Pattern[str]:
    """Return an expression of a language, compiled once: the cache of `re` forgets."""
    return re.compile(expression, flags)


@cache
def tags() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def module_of(tag: str) -> str:
    own = tag.split("-", maxsplit=1)[0].lower()
    return _SHARED.get(own, own)


@cache
def language(tag: str) -> Language:
    """Return a language by its tag, `en-GB` as `en`; an empty one where there is no module."""
    own, name = tag.split("-", maxsplit=1)[0].lower(), module_of(tag)
    known: Language = import_module(f"{__name__}.{name}").LANGUAGE if name in tags() else Language()
    return replace(known, tag=own)


@cache
def every() -> tuple[Language, ...]:
    return tuple(map(language, tags()))


@cache
def together() -> Language:
    """Return all languages in one: each of its expressions finds what that of any language finds."""
    joined: dict[object, Callable[[list[Any]], Any]] = {
        "Words": " ".join,
        "Expression": lambda values: f"(?:{'|'.join(values)})",
        "tuple[Words, ...]": lambda values: tuple(map(" ".join, zip(*values, strict=True))),
        "tuple[Expression, ...]": lambda values: tuple(chain(*values)),
        "Mapping[str, str]": lambda values: dict(ChainMap(*values)),
        "Mapping[CalloutKind, Words]": _joined_words,
        "Mapping[str, Words]": _joined_words,
    }
    entries = [entry for entry in fields(Language) if entry.type in joined]
    values = {entry: [value for each in every() if (value := getattr(each, entry.name))] for entry in entries}
    return Language(**{entry.name: joined[entry.type](known) for entry, known in values.items() if known})


def _joined_words(tables: list[Mapping[str, Words]]) -> dict[str, Words]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: " ".join(table[name] for table in tables if name in table) for name in names}
