"""Lint rules on plain language: LIX, long sentences and words, passive voice, jargon, abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.languages import compiled, together
from pipeline.lint.context import LintContext, article_check
from pipeline.model import Span, text
from pipeline.registry import note_rule, warning_rule
from pipeline.rendering.readability import lix

WORDS_A_MINUTE = 200
_FEW_WORDS = 100  # LIX of a shorter text swings with every word
_FEW_SENTENCES = 8
_LETTERS_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")


@warning_rule(
    "lix-high",
    "The text is harder to read than the format it is published in aims at.",
    "LIX 57 where 45 is aimed at",
    "Split the longest sentences and swap long words for everyday ones; `[check] lix` sets the aim.",
    reason="Who gives up half-way acts on half of the advice. LIX 45 and more is the level of official letters.",
    source="C.H. Björnsson, Läsbarhet, 1968; LIX is what Danish schools and authorities use.",
    group="readable",
)
@article_check
def lix_high(context: LintContext) -> Iterator[Finding]:
    article, check = context.article, context.config.check
    number = lix(tuple(passage.text for passage in context.passages if passage.kind == "prose"))
    if number is None or context.word_count < _FEW_WORDS:
        return
    aims = {name: check.lix_of.get(name, check.lix) for name in article.meta.formats or context.config.formats}
    if missed := [name for name, aim in aims.items() if number > aim]:
        aim = max(aims[name] for name in missed)
        yield context.finding("lix-high", 0, f"LIX {number}, expected at most {aim} ({', '.join(missed)})")


@note_rule(
    "sentence-long",
    "A sentence that is too long to hold in mind.",
    "A sentence of 36 words",
    "Make two sentences of it, or a list; `[check] sentence_words` sets the limit.",
    reason="Someone in pain or worry reads in short steps, and must remember the beginning to understand the end.",
    source="Plain Language Guidelines, plainlanguage.gov: write short sentences.",
    group="readable",
)
@article_check
def sentence_long(context: LintContext) -> Iterator[Finding]:
    limit = context.config.check.sentence_words
    for sentence in context.sentences:
        if (count := len(_LETTERS_WORD.findall(sentence.text))) > limit:
            message = f"a sentence of {count} words, expected at most {limit}"
            yield context.finding("sentence-long", sentence.line, message, quote=" ".join(sentence.text.split()[:8]))


@note_rule(
    "word-long",
    "A word of more than 22 letters.",
    "`bindevævsmassagebehandling`",
    "Say it with two words: `massage af bindevæv`; `[check] word_letters` sets the limit.",
    reason="Long compounds are read letter by letter, and break badly in narrow columns and large print.",
    source="C.H. Björnsson, Läsbarhet, 1968: long words are half of what makes a text hard.",
    group="readable",
)
@article_check
def word_long(context: LintContext) -> Iterator[Finding]:
    limit = context.config.check.word_letters
    seen: set[str] = set()
    for passage, (start, word, folded) in context.each_word():
        # A hyphen shows where a compound may be read in parts.
        if len(word) > limit and max(map(len, re.split(r"[-’']", word))) > limit and folded not in seen:
            seen.add(folded)
            message = f"{word!r} has {len(word)} letters, expected at most {limit}"
            yield context.finding_at("word-long", passage, (start, start + len(word)), message)


@note_rule(
    "passive-voice",
    "So many sentences are in the passive that no one seems to act.",
    "`Øvelsen udføres dagligt` for `Lav øvelsen hver dag`",
    "Say who does it, and speak to the reader: `du`.",
    reason="Advice in the passive does not say who must act, and is followed less.",
    source="Plain Language Guidelines, plainlanguage.gov: use active voice.",
    group="readable",
)
@article_check
def passive_voice(context: LintContext) -> Iterator[Finding]:
    own = context.language
    if not own.passive or len(context.sentences) < _FEW_SENTENCES:
        return
    pattern, hint = compiled(own.passive), compiled(own.passive_hint)
    likely = (sentence for sentence in context.sentences if hint.search(sentence.text))
    hits = [(sentence, at) for sentence in likely if (at := pattern.search(sentence.text))]
    if (percent := round(100 * len(hits) / len(context.sentences))) > context.config.check.passive_percent:
        places = ", ".join(f"{at[0]!r} (line {sentence.line})" for sentence, at in hits[:4])
        message = f"{percent} % of the sentences are in the passive: {places}"
        yield context.finding("passive-voice", hits[0][0].line, message, quote=hits[0][1][0])


@note_rule(
    "nominal-style",
    "A verb hides in a noun.",
    "`foretage en vurdering af` for `vurdere`",
    "Use the verb.",
    reason="Nouns made of verbs lengthen a sentence and hide who acts.",
    source="Plain Language Guidelines, plainlanguage.gov: avoid hidden verbs.",
    group="readable",
)
@article_check
def nominal_style(context: LintContext) -> Iterator[Finding]:
    pattern = compiled(context.language.hidden_verbs, re.IGNORECASE)
    for sentence in context.sentences if pattern.pattern else ():
        for at in pattern.finditer(sentence.text):
            line = sentence.passage.line_at(sentence.start + at.start())
            yield context.finding("nominal-style", line, f"{at[0]!r} hides a verb", quote=at[0])


@warning_rule(
    "hard-word",
    "A medical word that has a plain alternative, and is explained nowhere in the article.",
    "`hypertension` for `forhøjet blodtryk`",
    "Use the plain word, or explain it at its first use: `hypertension (forhøjet blodtryk)`.",
    reason="A reader who does not know the word skips the sentence, and may miss what concerns them.",
    source="The word list `styles/words/plain.<language>.toml`; a project's own file of that name adds to it.",
    group="readable",
)
@article_check
def hard_word(context: LintContext) -> Iterator[Finding]:
    plain = context.list("plain")
    title = context.article.title.casefold()
    found: dict[str, Finding | None] = {}  # by entry; None where the article explains it
    # In a table, the next cell mostly says what the word means.
    for passage, words in context.words:
        for start, end, entry in plain.found_in(words) if passage.kind != "cell" else ():
            instead = plain.entries[entry]
            if entry in found:
                continue
            is_explained = _is_in_brackets(passage.text, start, end) or entry.rstrip("*") in title
            ways = (re.escape(way.strip().casefold()) for way in instead.split(","))
            if is_explained or any(re.search(rf"\b{way}", context.all_text) for way in ways):
                found[entry] = None
            else:
                message = f"{passage.text[start:end]!r} has a plain alternative: {instead}"
                found[entry] = context.finding_at("hard-word", passage, (start, end), message)
    yield from filter(None, found.values())


_EXPLAINS = re.compile(rf"\s*[,–]?\s*\(|{together().explains}", re.IGNORECASE)


def _is_in_brackets(text: str, start: int, end: int) -> bool:
    before = text[:start]
    return (before.rfind("(") > before.rfind(")")) or bool(_EXPLAINS.match(text[end:]))


_CAPITALS_ONLY = re.compile(r"[A-ZÀ-ÖØ-Þ]{2,6}$")
_ROMAN = re.compile(r"[IVX]+$")


@note_rule(
    "abbreviation-unexplained",
    "An abbreviation that the article never writes out.",
    "`VAS` without `visuel analog skala (VAS)`",
    "Write it out at its first use; `styles/words/abbreviations.<language>.toml` lists those everyone knows.",
    reason="Abbreviations are the trade's own; a screen reader spells them letter by letter.",
    source="WCAG 2.2, success criterion 3.1.4.",
    group="readable",
)
@article_check
def abbreviation_unexplained(context: LintContext) -> Iterator[Finding]:
    known = context.list("abbreviations").entries
    seen = {text(node.content) for node in context.nodes(Span) if node.title}
    for passage, (start, short, folded) in context.each_word():
        if short in seen or short == folded or not _CAPITALS_ONLY.match(short) or _ROMAN.match(short):
            continue
        end = start + len(short)
        if passage.own.upper() == passage.own or passage.own[end : end + 1] == ".":
            continue  # a line in capitals, or part of an address or a name
        seen.add(short)
        long = known.get(short, "")
        is_known = long == KNOWN_TO_EVERYONE or (long and long.casefold() in context.all_text)
        if not is_known and not _is_written_out(folded, context.all_text):
            hint = f"write it out at its first use: {long} ({short})" if long else ""
            message = f"{short!r} is written out nowhere"
            yield context.finding_at("abbreviation-unexplained", passage, (start, end), message, hint)


KNOWN_TO_EVERYONE = "-"  # The value in a word list of an abbreviation that everyone knows


def _is_written_out(short: str, whole: str) -> bool:
    """Return whether an abbreviation, without capitals, is in or before brackets, or is said to stand for words."""
    patterns = (r"\([^()]*\b{}\b[^()]*\)", r"\b{}\b\s*[(–]", *together().written_out)
    return any(re.search(said.format(re.escape(short)), whole) for said in patterns)


@note_rule(
    "reading-time",
    "The article takes longer to read than most will stay.",
    "1,900 words: 10 minutes",
    "Divide it, or put the main points first in `key_points`; `[check] minutes` sets the limit.",
    reason="What is not read does not help, and a long handout is laid aside.",
    source="200 words a minute: M. Brysbaert, 2019, has 238 for non-fiction; a sixth less for unfamiliar matter.",
    group="readable",
)
@article_check
def reading_time(context: LintContext) -> Iterator[Finding]:
    count, limit = context.word_count, context.config.check.minutes
    if (minutes := -(-count // WORDS_A_MINUTE)) > limit:
        yield context.finding("reading-time", 0, f"{count:,} words: {minutes} minutes, expected at most {limit}")
