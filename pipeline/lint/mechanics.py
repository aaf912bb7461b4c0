"""Lint rules on mechanics: doubled words, spaces before punctuation, English genitives, quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.findings import Finding
from pipeline.lint.context import LintContext, article_check
from pipeline.registry import warning_rule


@warning_rule(
    "word-doubled",
    "A word is repeated.",
    "`det er er vigtigt`",
    "Delete one.",
    reason="A slip that no spell checker sees.",
    group="right",
)
@article_check
def word_doubled(context: LintContext) -> Iterator[Finding]:
    usual = context.language.twice.split()
    for passage, words in context.words:
        for (start, word, folded), (second, again, same) in pairwise(words):
            if folded != same or not word.isalpha() or passage.own[start + len(word) : second].strip(" "):
                continue
            if folded not in usual and not (word[0].isupper() and again[0].isupper()):
                yield context.finding_at("word-doubled", passage, (start, second + len(again)), f"{word!r} is repeated")


_SPACE = re.compile(r"[ \u00a0]+(?:[,;!?](?=\s|$)|[.:](?=\s+[A-ZÀ-ÖØ-Þ]|$))")


@warning_rule(
    "space-before-mark",
    "A space before a comma, a full stop or another mark.",
    "`smerter , som`",
    "Delete the space.",
    reason="The mark can fall alone to the next line.",
    group="right",
)
@article_check
def space_before_mark(context: LintContext) -> Iterator[Finding]:
    for passage, at in () if context.language.spaces_marks else context.matches(_SPACE):
        if passage.own[: at.start()][-1:].isalnum():
            shown = passage.text[max(0, at.start() - 12) : at.end()]
            message = f"a space before {at[0].strip()!r}"
            yield context.finding("space-before-mark", passage.line_at(at.start()), message, quote=shown)


_GENITIVE = re.compile(r"['’´`]s(?![\w'’])")
_LAST_WORD = re.compile(r"(?<![\w'’])[^\W\d_]{2,}$")
_TERM = re.compile(r"\s[A-Z]")  # A capital behind it makes it an English term: `Ward's Area`


@warning_rule(
    "genitive-english",
    "An English genitive in Danish text.",
    "`Parkinson's sygdom`",
    "Write `Parkinsons sygdom`; after s, x or z an apostrophe alone: `Marx' bøger`.",
    reason="Danish writes the genitive without an apostrophe.",
    source="Dansk Sprognævn, Retskrivningsordbogen, § 21 (genitive) and § 6 (apostrophe).",
    group="right",
)
@article_check
def genitive_english(context: LintContext) -> Iterator[Finding]:
    kept = context.language.apostrophe_words.split()
    for passage, at in context.matches(_GENITIVE) if kept else ():
        owner = None if _TERM.match(passage.own, at.end()) else _LAST_WORD.search(passage.own[: at.start()])
        if owner and not owner[0].isupper() and owner[0].casefold() not in kept:
            right = f"{owner[0]}’" if owner[0][-1] in "sxz" else f"{owner[0]}s"
            message = f"{owner[0] + at[0]!r} is an English genitive, expected {right!r}"
            yield context.finding_at("genitive-english", passage, (owner.start(), at.end()), message)


_PAIRS = {"„": "“”", "»": "«", "“": "”", "«": "»", "‚": "‘’"}


@warning_rule(
    "quotes-mixed",
    "A quotation that opens with one mark and closes with another, or not at all.",
    "`„ryggen er slidt`",
    "Close it with the mark that belongs to the one it opens with.",
    reason="The reader cannot see where another's words end.",
    source="Dansk Sprognævn, Retskrivningsordbogen, on quotation marks.",
    group="right",
)
@article_check
def quotes_mixed(context: LintContext) -> Iterator[Finding]:
    for passage, _ in context.words:
        if (place := _unclosed(passage.own)) is not None:
            shown = passage.text[place : place + 30]
            message = f"the quotation mark before {shown[1:].strip()!r} is closed by none that belongs to it"
            yield context.finding("quotes-mixed", passage.line_at(place), message, quote=shown)


_CURLY = re.compile(r"[„“”»«‚‘]")
_INCHES = re.compile(r'\d"')


def _unclosed(text: str) -> int | None:
    """Return where a quotation opens that is not closed by its own mark; None where all are."""
    waiting: list[tuple[str, int]] = []
    for at in _CURLY.finditer(text):
        if waiting and at[0] in _PAIRS[waiting[-1][0]]:
            waiting.pop()
        elif at[0] in _PAIRS and not (at[0] == "“" and waiting):
            # `”` alone opens and closes in many Danish texts; a house style without pairs is not checked.
            waiting.append((at[0], at.start()))
    if waiting:
        return waiting[0][1]
    return text.index('"') if text.count('"') % 2 and not _INCHES.search(text) else None
