"""Typography by language: quotation marks, dashes, number ranges, no-break spaces.

Rules change punctuation and spaces, never a letter or digit; applied again, they change nothing. All rules look at the
text as the author wrote it, one paragraph at a time, across emphasis and links; code, addresses and words in another
language are hidden from them.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from pipeline.config import SourceSettings
from pipeline.languages import Language, compiled, together
from pipeline.languages import language as language_of
from pipeline.model import (
    BLOCKS,
    Block,
    Div,
    Emph,
    Inline,
    LineBreak,
    Link,
    Note,
    SoftBreak,
    Space,
    Span,
    Str,
    Strikeout,
    Strong,
)
from pipeline.reading.lines import FindingCollector
from pipeline.registry import repair_rule

NO_BREAK = "\u00a0"
_HIDDEN_TEXT_MARK = "\ufffc"  # Placeholder for text that rules must not read: no letter, no space, no punctuation
_LINE_BREAK_MARK = "\u2028"
_NOTE_MARK = "\u2063"  # Stands for the mark of a footnote, which ends no word and breaks no range

_MARKS: Mapping[type[Inline], str] = MappingProxyType(
    {Space: " ", SoftBreak: "\n", LineBreak: _LINE_BREAK_MARK, Note: _NOTE_MARK}
)
TextEdits = dict[int, str]  # Replacements of characters, by position
TypographyRule = Callable[[str, Language], Iterable[TextEdits]]  # Yields the edits of each place where the rule applies


@repair_rule(
    "typography",
    "Quotation marks, dashes, ranges, percent signs, units or ellipses were set as the language has them.",
    '`"søvn"` became `„søvn“`, `3-4` became `3–4`, `70%` became `70 %`',
    "Nothing to do; `[sources] quotes` chooses the quotation marks.",
    aliases=("quotation-marks", "number-units", "percent-signs", "number-ranges", "dashes", "ellipses"),
)
def apply_typography(
    blocks: tuple[Block, ...], language: str, settings: SourceSettings, findings: FindingCollector
) -> tuple[Block, ...]:
    """Return blocks as the language sets them; adds one note for each kind of change."""
    applier = _TypographyApplier(settings)
    changed = applier.nodes(blocks, language, 0)
    for what, lines in applier.lines.items():
        findings.add("typography", lines[0], f"{what}: {len(lines)}")
    return changed


def apply_typography_to_text(text: str, language: str, settings: SourceSettings) -> str:
    """Return text of one paragraph, such as a title, as the language sets it."""
    return "".join(_edited([text], _changes(text, _typography(language, settings))))


# ---- rules


def _quotation_marks(text: str, language: Language) -> Iterator[TextEdits]:
    for pair in _pairs(text) if language.quotes else ():
        marks = language.quotes[0][2:] if pair.depth % 2 else language.quotes[0][:2]
        yield {pair.opening: marks[0], pair.closing: marks[1]}


def _number_units(text: str, language: Language) -> Iterator[TextEdits]:
    space = compiled(rf"(?<=[0-9½¼¾])[ \n](?=(?:{_MEASURES}|{language.units})(?![\w²³/-]))")
    for at in space.finditer(text) if language.units else ():
        yield {at.start(): NO_BREAK}


def _percent_signs(text: str, language: Language) -> Iterator[TextEdits]:
    for at in compiled(language.percent).finditer(text) if language.percent else ():
        # The space becomes one that does not break; without one, it is put before the percent sign.
        yield {at.start(): NO_BREAK if at[0][0] in " \n" else NO_BREAK + at[0]}


_RANGE_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,4}(?:[.,][0-9]{1,2})?"
_RANGE = re.compile(
    rf"(?<![\w.,…:;/+=§#{_HIDDEN_TEXT_MARK}–—−-])({_RANGE_NUMBER})(-)({_RANGE_NUMBER})"
    rf"(?![\w:/={_HIDDEN_TEXT_MARK}–—−-]|[.,][0-9]|[ \u00a0](?:19|20)[0-9]{{2}}\b)"
)
# Before a telephone number, the number of a case or an account, a code, a day and month, or the result of a match.
_NO_RANGE = re.compile(
    rf"(?:(?i:\b{together().before_number})"
    r"|\b(?:ISO|EN|DS|IEC|DIN|ISBN|ISSN|ICD|ATC|DOI|PMID))[.:…]*[ \u00a0\n]*(?:\+[0-9 ]+)?$"
)
_PAIR_BEFORE = re.compile(r"(?<![0-9])[0-9]{2}[ \u00a0\n]$")
_PAIR_AFTER = re.compile(r"[ \u00a0\n][0-9]{2}(?![0-9])")


def _number_ranges(text: str, language: Language) -> Iterator[TextEdits]:
    for at in _RANGE.finditer(text) if language.thousands else ():
        is_number = _NO_RANGE.search(text, max(0, at.start() - 24), at.start()) or _is_among_pairs(text, at)
        if _is_range(at[1], at[3], language) and not is_number:
            yield {at.start(2): "–"}


def _is_among_pairs(text: str, at: re.Match[str]) -> bool:
    """Return whether figures are in pairs, with other pairs beside them, as in the telephone number `86 12 34-56`."""
    before = _PAIR_BEFORE.search(text, max(0, at.start() - 4), at.start())
    return len(at[1]) == len(at[3]) == 2 and bool(before or _PAIR_AFTER.match(text, at.end()))


def _is_range(first: str, last: str, language: Language) -> bool:
    """Distinguish a range from a date, a code or a telephone number: it rises, and begins with no idle zero."""
    if any(re.match(r"0[0-9]", number) for number in (first, last)):
        return False
    low, high = _number_value(first, language), _number_value(last, language)
    if len(first) == len(last) == 4 and first.isdigit() and last.isdigit():
        return low < high and (high < 2200 or (low % 10 == 0 and high % 10 == 0))
    return low < high


def _number_value(number: str, language: Language) -> float:
    decimal = "," if language.thousands == "." else "."
    whole = re.sub(rf"{re.escape(language.thousands)}(?=[0-9]{{3}}(?![0-9]))", "", number)
    return float(whole.replace(language.thousands, ".").replace(decimal, "."))


_DASH = re.compile(r"(?<=\S[ \n\u00a0])-{1,3}(?=[ \n\u00a0]\S)")
_ELLIPSIS = re.compile(r"(?<![.…])\.\.\.(?![.…])")


def _replace_all(pattern: re.Pattern[str], character: str) -> TypographyRule:
    """Return a rule that puts one character in the place of each match."""

    def rule(text: str, _: Language) -> Iterator[TextEdits]:
        for at in pattern.finditer(text):
            yield dict.fromkeys(range(*at.span()), "") | {at.start(): character}

    return rule


# By the words of the finding.
EDIT_RULES: Mapping[str, TypographyRule] = MappingProxyType(
    {
        "quotations set in the house style": _quotation_marks,
        "percent signs set with a space that does not break": _percent_signs,
        "numbers bound to their units": _number_units,
        "hyphens between numbers made dashes": _number_ranges,
        "hyphens between spaces made dashes": _replace_all(_DASH, "–"),
        "three full stops made an ellipsis": _replace_all(_ELLIPSIS, "…"),
    }
)
# Matches in every text that a rule would change.
_CANDIDATE = re.compile(r"""["“”„‟»«'‘’‚‹›]|\.\.\.|[ \n\u00a0]-|[0-9½¼¾][ \n%‰-]""")


def _changes(text: str, language: Language | None) -> list[tuple[str, TextEdits]]:
    """Return the edits that change something, each with what is set."""
    if language is None or not _CANDIDATE.search(text):
        return []
    has_address = "." in text or ":" in text
    masked = _ADDRESS.sub(lambda at: _HIDDEN_TEXT_MARK * len(at[0]), text) if has_address else text
    made = ((what, edits) for what, rule in EDIT_RULES.items() for edits in rule(masked, language))
    return [(what, edits) for what, edits in made if any(masked[at] != new for at, new in edits.items())]


# ---- addresses

_WITHIN, _LAST = r"""[^\s"“”„»«]""", r"""[^\s"“”„»«'‘’.,;:!?…)\]]"""
_DOMAINS = "dk|com|org|net|eu|info|io|no|se|de|uk|nu|health|gov|edu"
_ADDRESS = re.compile(
    rf"""(?<![\w@.…+-])(?:
        (?:[a-z][a-z0-9+.-]*://|www\.|mailto:|doi:|10\.[0-9]{{4,}}/){_WITHIN}*{_LAST}
      | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
      | (?:[\w-]+\.)+(?:{_DOMAINS})(?:/{_WITHIN}*{_LAST})?(?!\w)
    )""",
    re.IGNORECASE | re.VERBOSE,
)


# ---- quotation marks

_DOUBLE = frozenset('"“”„‟»«')
_CLOSED_BY: Mapping[str, str] = MappingProxyType({"'": "'", "‘": "’‘", "‚": "‘’", "’": "’", "‹": "›", "›": "‹"})
_QUOTE_MARK = re.compile("[\"“”„‟»«'‘’‚‹›]")
_OPENING_CONTEXT = frozenset("([{<–—−-/" + _LINE_BREAK_MARK)
_DASHES = frozenset("–—−-/")
# How many opened marks are looked back at: what is never closed must not cost the square of its length.
_MAX_QUOTE_DEPTH = 16
# Words that begin with an apostrophe: rock 'n' roll, 'tis.
_LEFT_OUT = re.compile(rf"[’']{together().elided}\b", re.IGNORECASE)


@dataclass(slots=True)
class _Pair:
    opening: int
    closing: int
    depth: int = 0  # How many quotations are around it


def _pairs(text: str) -> list[_Pair]:
    """Return the quotations that can be set safely.

    An apostrophe, an inch mark and a mark without its partner are in none. A quotation whose marks would become
    double from single, or the reverse, is left unchanged where it holds a mark without partner.
    """
    pairs: list[_Pair] = []
    opened: list[int] = []
    loose: set[int] = set()
    for at in (mark.start() for mark in _QUOTE_MARK.finditer(text)):
        partner = _partner(text, at, opened) if _can_close(text, at, opened) else None
        if _can_open(text, at, opened) and not (partner is not None and text[at - 1] in _DASHES):
            opened.append(at)
        elif partner is not None:
            loose.update(opened[partner + 1 :])
            pairs.append(_Pair(opened[partner], at))
            del opened[partner:]
        elif not (_is_letter_at(text, at - 1) and _is_letter_at(text, at + 1)):
            loose.add(at)
    loose.update(opened)
    ordered = sorted(loose)
    return [pair for pair in _with_depths(pairs) if _is_safe(text, pair, ordered)]


def _can_open(text: str, at: int, opened: list[int]) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not after or after.isspace() or after in ",;:!?)]}":
        return False
    if before and not before.isspace() and before not in _OPENING_CONTEXT and not (opened and opened[-1] == at - 1):
        return False
    return text[at] not in "'’" or not (after.isdigit() or _LEFT_OUT.match(text, at))


def _can_close(text: str, at: int, opened: list[int]) -> bool:
    before = text[at - 1 : at]
    if not before or before.isspace() or (opened and opened[-1] == at - 1):
        return False
    return text[at] in _DOUBLE or not text[at + 1 : at + 2].isalnum()


def _partner(text: str, at: int, opened: list[int]) -> int | None:
    """Return which of the opened marks a mark closes, the innermost first."""
    for index in range(len(opened) - 1, max(len(opened) - _MAX_QUOTE_DEPTH, 0) - 1, -1):
        mark = text[opened[index]]
        if (text[at] in _DOUBLE and mark in _DOUBLE) or text[at] in _CLOSED_BY.get(mark, ""):
            return index
    return None


def _with_depths(pairs: list[_Pair]) -> list[_Pair]:
    """Return pairs in the order of their opening marks, with their depths."""
    ordered = sorted(pairs, key=lambda pair: pair.opening)
    around: list[_Pair] = []
    for pair in ordered:
        while around and around[-1].closing < pair.opening:
            around.pop()
        pair.depth = len(around)
        around.append(pair)
    return ordered


def _is_safe(text: str, pair: _Pair, loose: list[int]) -> bool:
    stays_double = pair.depth % 2 == 0 and text[pair.opening] in _DOUBLE
    # A single mark before a letter would be an apostrophe.
    becomes_apostrophe = pair.depth % 2 == 1 and _is_letter_at(text, pair.closing + 1)
    is_whole = bisect(loose, pair.opening) == bisect(loose, pair.closing)
    return stays_double or (is_whole and not becomes_apostrophe)


def _is_letter_at(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum()


# ---- languages

_MEASURES = (
    "g|kg|mg|µg|μg|mcg|ng|ml|cl|dl|l|mm|cm|m|km|m²|m³|km²|kJ|kcal|cal|mmHg|mmol|mol|kPa|Hz|kHz|W|kW|V|bar|"
    "t|h|s|ms|min|°|°C|km/t|km/h|kg/m²|mol/l|mmol/l|mmol/mol|mg/kg|IE|IU"
)


def _typography(tag: str, settings: SourceSettings) -> Language | None:
    """Return a language with the quotation marks of the project; None where no rule applies."""
    own = language_of(tag)
    if not settings.typography or not (own.quotes or own.units or own.percent or own.thousands):
        return None
    wanted = [quotes for quotes in own.quotes if quotes.startswith(settings.quotes)]
    return replace(own, quotes=tuple(wanted or own.quotes)[:1] if settings.quotes else ())


# ---- the tree


# What a block holds text in, in reading order.
_PARTS = ("title", "caption", "content", "items", "head", "rows", "blocks")


class _TypographyApplier:
    """Sets the text of a tree, and notes on which lines it changed something."""

    def __init__(self, settings: SourceSettings) -> None:
        self.lines: dict[str, list[int]] = defaultdict(list)
        self._language = cache(lambda tag: _typography(tag, settings))

    def nodes(self, nodes: tuple[Any, ...], language: str, line: int) -> tuple[Any, ...]:
        """Return blocks, cells, or the inlines of one paragraph, in tuples of any depth."""
        if not nodes or not isinstance(nodes[0], (tuple, *BLOCKS)):
            return self._inlines(nodes, language, line)
        return tuple(
            self.nodes(node, language, line) if isinstance(node, tuple) else self._block(node, language, line)
            for node in nodes
        )

    def _block(self, block: Any, language: str, line: int) -> Any:
        line = getattr(block, "line", 0) or line
        language = (isinstance(block, Div) and block.language) or language
        parts = {name: getattr(block, name) for name in _PARTS if hasattr(block, name)}
        changed = {name: self.nodes(part, language, line) for name, part in parts.items()}
        return replace(block, **changed) if any(changed[name] is not parts[name] for name in parts) else block

    def _inlines(self, content: tuple[Inline, ...], language: str, line: int) -> tuple[Inline, ...]:
        """Return the inlines of one paragraph; the same ones where nothing changes."""
        pieces = list(_pieces(content))
        changes = _changes("".join(pieces), self._language(language))
        for what, _ in changes:
            self.lines[what].append(line)
        if not changes and _NOTE_MARK not in pieces and _HIDDEN_TEXT_MARK not in pieces:
            return content
        return self._rebuilt(content, _edited(pieces, changes), language, line)

    def _rebuilt(
        self, content: tuple[Inline, ...], pieces: Iterator[str], language: str, line: int
    ) -> tuple[Inline, ...]:
        built: list[Inline] = []
        for inline in content:
            match inline:
                case Str() | Space() | SoftBreak():
                    _append_edited(built, inline, next(pieces))
                case Note():
                    next(pieces)
                    built.append(replace(inline, blocks=self.nodes(inline.blocks, language, inline.line or line)))
                case Span() if inline.language:
                    next(pieces)
                    built.append(replace(inline, content=self._inlines(inline.content, inline.language, line)))
                case Emph() | Strong() | Strikeout() | Span() | Link():
                    built.append(replace(inline, content=self._rebuilt(inline.content, pieces, language, line)))
                case _:
                    next(pieces)
                    built.append(inline)
        return tuple(built)


def _pieces(content: tuple[Inline, ...]) -> Iterator[str]:
    """Yield the text of a paragraph in pieces, one for each inline that holds no others."""
    for inline in content:
        if isinstance(inline, Str):
            yield inline.text
        elif isinstance(inline, Emph | Strong | Strikeout | Link) or (isinstance(inline, Span) and not inline.language):
            yield from _pieces(inline.content)
        else:
            yield _MARKS.get(type(inline), _HIDDEN_TEXT_MARK)


def _edited(pieces: Iterable[str], changes: Iterable[tuple[str, TextEdits]]) -> Iterator[str]:
    merged = {at: new for _, edits in changes for at, new in edits.items()}
    start = 0
    for piece in pieces:
        yield "".join(merged.get(at, character) for at, character in enumerate(piece, start))
        start += len(piece)


def _append_edited(built: list[Inline], inline: Str | Space | SoftBreak, text: str) -> None:
    """Append an edited inline; a space that does not break belongs to the words around it."""
    if text in (" ", "\n"):
        built.append(inline)
    elif built and isinstance(built[-1], Str):
        built[-1] = Str(built[-1].text + text)
    elif text:
        built.append(Str(text))
