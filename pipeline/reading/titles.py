"""Title, subject line and description of an article: from front matter, else derived."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal

from pipeline.languages import together
from pipeline.model import Metadata

TitleSource = Literal["front matter", "heading", "metaTitle", "file name"]  # Where a title comes from

MAX_SUBJECT_LENGTH = 70
MIN_DESCRIPTION_LENGTH, MAX_DESCRIPTION_LENGTH = 90, 150


def title_of(meta: Metadata, h1: str, file_stem: str, body_text: str) -> tuple[str, TitleSource]:
    """Return the title of an article, and the way it was found.

    Args:
        meta: What the source says of itself.
        h1: The text of its heading of level 1 at the top; empty where that is no title.
        file_stem: The file's name without suffix.
        body_text: All its words: they show how the words of the file name are spelt.
    """
    title, heading = _single_spaced(meta.title), _single_spaced(h1)
    if title and not includes_title(heading, title):
        return title, "front matter"
    if heading:
        return heading, "heading"
    # Some sites put a date before the name.
    stem = re.sub(r"^\d{4}-\d{2}-\d{2}[-_ ]+(?=\S)", "", unicodedata.normalize("NFC", file_stem))
    for head in _heads(meta.meta_title):
        if _is_same_title(head, stem):
            return _capital(head), "metaTitle"
    return _from_name(stem, f"{meta.meta_title}\n{body_text}") or file_stem, "file name"


def includes_title(heading: str, title: str) -> bool:
    """Return whether a heading has all words of a title in a row, and says more."""
    words, own = (re.findall(r"[^\W_]+", text.casefold()) for text in (heading, title))
    return len(words) > len(own) > 0 and f" {' '.join(own)} " in f" {' '.join(words)} "


def subject_of(title: str, meta_title: str) -> str:
    """Return a subject line of at most 70 characters: no emoji, no arrows, no site name.

    A title of a word or two says too little in an inbox: it gives way to a title for search engines that goes on
    from it.
    """
    plain = _first_part(title)
    longer = _without_seo_parts(meta_title)
    if len(plain) <= _TERSE and _extends_title(plain, longer):
        plain = longer
    return _shortened(plain or _single_spaced(title), MAX_SUBJECT_LENGTH)


def description_of(meta: Metadata, first_paragraphs: str) -> str:
    """Return what the author gave as description, or else 90 to 150 characters of the text from its beginning.

    It ends with a sentence where one ends in time, else after a word, with an ellipsis.
    """
    if description := _single_spaced(meta.description):
        return description
    text = _single_spaced(first_paragraphs)
    if len(text) <= MAX_DESCRIPTION_LENGTH:
        return text
    found = _sentence_ends(text[: 2 * MAX_DESCRIPTION_LENGTH])
    ends = [end for end in found if MIN_DESCRIPTION_LENGTH <= end <= MAX_DESCRIPTION_LENGTH]
    return text[: ends[-1]] if ends else _cut(text, MAX_DESCRIPTION_LENGTH)


# ---- from a title for search engines

_CUTS = re.compile(r"\s+[–—-]\s+|\s*[|→»•]\s*|(?<=\?)\s+|:\s+")
_MOST_CUTS = 8
_TERSE = 25  # Characters below which a title says too little in an inbox
# Arrows, technical symbols, shapes, dingbats, emoji and what joins them; letters, marks and mathematics stay.
_DECORATIVE_CHARACTERS = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0e\ufe0f\u200d\u20e3"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
# A sentence that asks for a click, at the end of a title.
_CALL_TO_ACTION = re.compile(rf"{together().calls}\b", re.IGNORECASE)


def _heads(meta_title: str) -> Iterator[str]:
    title = _single_spaced(meta_title)
    cuts = [cut.start() for cut in islice(_CUTS.finditer(title), _MOST_CUTS)]
    yield from filter(None, (_without_decoration(title[:end]) for end in (len(title), *reversed(cuts))))


def _extends_title(title: str, longer: str) -> bool:
    words = longer.split()
    count = len(title.split())
    return len(words) > count and _is_same_title(" ".join(words[:count]), title)


def _without_seo_parts(meta_title: str) -> str:
    """Return a title for search engines without arrows, site name and calls."""
    title = _first_part(meta_title)
    while cuts := list(re.finditer(r"(?<=[?.!])\s+|\s+[–—-]\s+", title)):
        if not _CALL_TO_ACTION.match(title, cuts[-1].end()):
            break
        title = title[: cuts[-1].start()]
    return re.sub(r"\s-\s", " – ", title)


def _first_part(title: str) -> str:
    """Return the part before an arrow, or before the bar that separates a title from the site's name."""
    parts = (_without_decoration(part) for part in re.split(r"\s[»•]\s|[|→]", title))
    return next((part for part in parts if part), "")


def _without_decoration(text: str) -> str:
    return _single_spaced(_DECORATIVE_CHARACTERS.sub(" ", text)).strip(" |–—-")


# ---- agreement with a file name


_ASCII = {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue"}


def _spelt_out(text: str) -> str:
    """Return letters and digits in ASCII, as addresses spell them: søvn becomes soevn."""
    lower = text.casefold()
    for letter, spelling in (*_ASCII.items(), ("&", "og")):
        lower = lower.replace(letter, spelling)
    return "".join(letter for letter in unicodedata.normalize("NFD", lower) if letter.isalnum())


def _ascii_spelling_key(text: str) -> str:
    """Return text so that every way to spell æ, ø and å in ASCII is one: soevn and sovn."""
    spelt = _spelt_out(text)
    for spelling in ("ae", "oe", "aa", "ue"):
        spelt = spelt.replace(spelling, spelling[0])
    return spelt


_FUNCTION_WORDS = frozenset(together().little.split())  # Words that addresses leave out


def _is_same_title(head: str, stem: str) -> bool:
    """Return whether two titles are one apart from case, hyphens, spelling and little words."""
    if not _ascii_spelling_key(head):
        return False
    if _ascii_spelling_key(head) == _ascii_spelling_key(stem):
        return True
    first, second = (
        "".join(word for word in re.split(r"[-_\s]+", text) if word.casefold() not in _FUNCTION_WORDS)
        for text in (head, stem)
    )
    return bool(_ascii_spelling_key(first)) and _ascii_spelling_key(first) == _ascii_spelling_key(second)


# ---- from a file name

_TITLE_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*(?:-[^\W_]+)*")
_BEYOND_ASCII = re.compile(f"[{''.join(_ASCII)}]", re.IGNORECASE)
_MOST_PARTS = 4
_ENOUGH = 200_000  # Characters of text that show how its words are spelt
_STEM = 4  # Letters that a word must have to be recognised in a longer one
# Words so common in titles that they are known without the text.
_FREQUENT: Mapping[str, str] = together().plain_spellings


def _from_name(stem: str, body_text: str) -> str:
    """Return the words of a file name, spelt as the text spells them."""
    parts = [part for part in re.split(r"[-_\s.]+", stem) if part]
    spellings = _spellings(body_text[:_ENOUGH])
    phrases = _loose_words(body_text[:_ENOUGH])
    words: list[str] = []
    while parts:
        word, taken = _next_word(parts, spellings, phrases)
        words.append(word)
        parts = parts[taken:]
    return _capital(" ".join(words))


def _next_word(parts: list[str], spellings: dict[str, str], phrases: Counter[str]) -> tuple[str, int]:
    """Return the next word of a file name, and how many parts it took: dexa, scanning is one, DEXA-scanning."""
    for count in range(min(_MOST_PARTS, len(parts)), 1, -1):
        joined = _spelt_out("".join(parts[:count]))
        known = spellings.get(joined)
        if known and phrases[joined] > phrases[" ".join(map(_spelt_out, parts[:count]))]:
            return known, count
    return _spelt(parts[0], spellings), 1


def _spelt(part: str, spellings: dict[str, str]) -> str:
    """Return a word as the text spells it, alone or at the beginning of a longer word."""
    plain = _spelt_out(part)
    if plain in spellings:
        return spellings[plain]
    if plain in _FREQUENT:
        return _FREQUENT[plain]
    longer = min((known for known in spellings if len(plain) >= _STEM and known.startswith(plain)), key=len, default="")
    word = spellings.get(longer, "")
    return next((word[:end] for end in range(len(word)) if _spelt_out(word[:end]) == plain), part)


def _spellings(body_text: str) -> dict[str, str]:
    """Return how the text spells its words, by their spelling in an address; the commonest where it differs."""
    seen: dict[str, Counter[str]] = {}
    for at in _TITLE_WORD.finditer(body_text):
        word = at[0]
        before = body_text[max(0, at.start() - 2) : at.start()]
        # A capital at the beginning of a sentence says nothing of the word.
        if word[1:].islower() and word[0].isupper() and not re.fullmatch(r"[a-zß-öø-ÿ,] ", before):
            word = word.lower()
        seen.setdefault(_spelt_out(word), Counter())[word] += 1
    # Names of pictures and their alt texts spell æ, ø and å in ASCII: once spelt right in the text is enough.
    return {
        plain: max(sorted(counts), key=lambda word: (bool(_BEYOND_ASCII.search(word)), counts[word], word.islower()))
        for plain, counts in seen.items()
    }


def _loose_words(body_text: str) -> Counter[str]:
    """Count words, and words that follow each other, in their ASCII spelling."""
    words = [_spelt_out(at[0]) for at in _TITLE_WORD.finditer(body_text)]
    counts = Counter(words)
    for length in range(2, _MOST_PARTS + 1):
        counts.update(" ".join(words[at : at + length]) for at in range(len(words) - length + 1))
    return counts


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- cutting

_ABBREVIATIONS = "|".join(map(re.escape, f"{together().goes_on} {together().may_end}".split()))
_ABBREVIATION_WITH_STOP = re.compile(rf"(?:\b(?:{_ABBREVIATIONS}|\w)|\d)$", re.IGNORECASE)
_LEADS_ON = _FUNCTION_WORDS | frozenset(together().leads_on.split())  # Words that a cut must not leave at the end


def _sentence_ends(text: str) -> Iterator[int]:
    """Yield where sentences end, behind their punctuation and any closing quotation mark."""
    for at in re.finditer(r"[.!?…][”“\"»«’)]*(?=\s|$)", text):
        following = text[at.end() : at.end() + 2].strip()
        before = text[max(0, at.start() - 8) : at.start()]
        is_abbreviation = at[0].startswith(".") and _ABBREVIATION_WITH_STOP.search(before)
        if not is_abbreviation and (not following or not following[0].islower()):
            yield at.end()


def _shortened(text: str, most: int) -> str:
    """Return text of at most so many characters: the part before a colon or dash, or else the words that fit."""
    if len(text) <= most:
        return text
    for cut in reversed(list(re.finditer(r":\s|\s[–—-]\s|(?<=[?!.])\s", text[: most + 2]))):
        head = text[: cut.start()]
        is_abbreviation = head.endswith(".") and _ABBREVIATION_WITH_STOP.search(head[:-1])
        if len(head) > _TERSE and not is_abbreviation:
            return head
    return _cut(text, most)


def _cut(text: str, most: int) -> str:
    """Return the words that fit, with an ellipsis; none that only leads on to the next."""
    head = text[: most - 1]
    if text[most - 1] != " " and " " in head:
        head = head[: head.rindex(" ")]
    while (last := head.rpartition(" "))[0] and last[2].lower() in _LEADS_ON:
        head = last[0]
    return head.rstrip(" ,;:–—-") + "…"


def _single_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
