"""Lint rules on patient safety: when to seek help, health claims, dose and number formats, review."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.languages import compiled, together
from pipeline.lint.context import LintContext, article_check
from pipeline.lint.passages import Passage
from pipeline.model import URGENT_KINDS, Callout
from pipeline.registry import note_rule, warning_rule

# An article is about complaints if it has a word for one in every so many words; one on anatomy or fitness is not.
_MAX_WORDS_PER_MENTION = 100
_MAX_DISTANCE = 70  # Characters between the verb and whom to ask


@warning_rule(
    "help-missing",
    "Nothing in the article says when to get help.",
    "An article on back pain without `Søg læge, hvis …`",
    "Add a box `::: {.see-doctor}`, or say when to call whom. `[check] help_kinds` names the kinds that must.",
    reason="General advice must not keep anyone from calling a doctor in time.",
    source="NHS digital service manual, care cards: help users decide when and where to get care.",
    group="safe",
)
@article_check
def help_missing(context: LintContext) -> Iterator[Finding]:
    own, meta = context.language, context.article.meta
    has_tables = own.helpers and own.asks and own.complaints
    if not has_tables or meta.is_edition or meta.kind not in context.config.check.help_kinds:
        return
    has_box = any(box.kind in URGENT_KINDS for box in context.nodes(Callout))
    if not has_box and not _says_when(context) and _is_on_complaints(context):
        yield context.finding("help-missing", 0, "nothing says when to get help, and from whom")


def _is_on_complaints(context: LintContext) -> bool:
    """Return whether an article is about what ails people, by its title or its words."""
    complaints = compiled(context.language.complaints)
    is_in_title = bool(complaints.search(context.article.title.casefold()))
    return is_in_title or len(complaints.findall(context.all_text)) * _MAX_WORDS_PER_MENTION >= context.word_count


def _says_when(context: LintContext) -> bool:
    own = context.language
    if own.alarms and compiled(own.alarms).search(context.all_text):
        return True
    strong, weak = tuple(own.helpers.split()), tuple(own.weak_helpers.split()) if own.seeks else ()
    asks = compiled(rf"\b(?:{own.asks})\b[^.!?\n]*$")
    seeks = compiled(rf"\b(?:{own.seeks})\s+(?:\w+\s+)?$")
    for passage, (start, _, folded) in context.each_word():
        verb = asks if folded.startswith(strong) else seeks if folded.startswith(weak) else None
        if verb and verb.search(passage.own[max(0, start - _MAX_DISTANCE) : start].casefold()):
            return True
    return False


@warning_rule(
    "claim-doubtful",
    "A promise of effect that the marketing of health services must not make, and no one has signed off.",
    "`garanteret smertefri`, `helbreder`",
    "Say what is known and for how many; or state who answers for it: `approved_by: Anna Prøve`.",
    reason="Marketing of health services must be objective, and facts must be provable.",
    source="Lov om markedsføring af sundhedsydelser (nr. 326 af 2003, ændret ved nr. 360 af 2013), § 2, 1 og 4.",
    group="safe",
)
@article_check
def claim_doubtful(context: LintContext) -> Iterator[Finding]:
    if context.article.meta.approved_by:
        return
    claims, negations = context.list("claims"), context.language.negations
    no = compiled(rf"\b(?:{negations})\b", re.IGNORECASE) if negations else None
    for passage, words in context.words:
        for start, end, entry in claims.found_in(words):
            sentence = context.sentence_at(passage, start)
            around, begin = (sentence.text, sentence.start) if sentence else (passage.text, 0)
            behind = " ".join(around[end - begin :].split()[:2])
            if around.rstrip().endswith("?") or (no and (no.search(around[: start - begin]) or no.search(behind))):
                continue
            message = f"{passage.text[start:end]!r} promises an effect: {claims.entries[entry]}"
            yield context.finding_at("claim-doubtful", passage, (start, end), message)


_UNITS, _MEASURES = together().dose_units, together().dose_measures
_DOSE = rf"(?:mg|g|ml|µg|μg|mcg|ug|mmol|IE|IU|{_UNITS}|{_MEASURES})"
_NO_RATE = r"(?!\s?/\s?(?:[dm]?[lL]|mol)\b)"
_DOSES = (
    (re.compile(rf"(?<![\w.,])[.,]\d+\s?{_DOSE}\b"), "a number that begins with its decimal sign: write the 0"),
    # In a range such as 1,5–2,0 g, and in what a laboratory measured, the zero says how exact the number is.
    (re.compile(rf"(?<![\w.,–-])\d{{1,4}}[.,]0+\s?{_DOSE}\b{_NO_RATE}"), "a zero behind the decimal sign: drop it"),
    (re.compile(r"(?<![\w.,])\d[\d.,]*\s?(?:µg|μg|ug)\b"), "a short form that is read as mg: write the word out"),
    (re.compile(rf"(?<![\w.,])\d{{5,}}\s?(?:mg|ml|IE|IU|{_UNITS})\b"), "so many digits in a row: part the thousands"),
)  # fmt: skip


@warning_rule(
    "dose-format",
    "A dose that can be misread.",
    "`.5 mg`, `5.0 mg`, `10 ug`, `10000 IE`",
    "Write `0,5 mg`, `5 mg`, `10 mikrogram`, `10.000 IE`.",
    reason="A point that is overlooked makes a dose ten times too large.",
    source="ISMP, List of Error-Prone Abbreviations, Symbols, and Dose Designations.",
    group="safe",
)
@article_check
def dose_format(context: LintContext) -> Iterator[Finding]:
    seen: set[tuple[Passage, int]] = set()
    for pattern, what in _DOSES:
        for passage, at in context.matches(pattern):
            # `1.000 mg` separates thousands in Danish, and is no dose of 1.
            is_thousands = context.language.thousands == "." and bool(re.search(r"\d\.\d{3}(?!\d)", at[0]))
            if (passage, at.start()) not in seen and not (is_thousands and "zero" in what):
                seen.add((passage, at.start()))
                yield context.finding_at("dose-format", passage, at.span(), f"{at[0]!r} has {what}")


_UNIT = rf"(?:%|k?g|mg|[mcd]?l|[cmk]?m|mmol|kcal|kJ|°C|{together().number_units})(?!\w)"
_DECIMALS = {sign: re.compile(rf"(?<![\w.,:/–-])\d{{1,3}}{re.escape(sign)}\d{{1,2}}\s?{_UNIT}") for sign in (".", ",")}


@note_rule(
    "number-format",
    "A number with the decimal sign of another language.",
    "`3.5 kg` in Danish, `3,5 kg` in English",
    "Write `3,5 kg` in Danish, `3.5 kg` in English.",
    reason="In Danish a point parts thousands; a reader may take 3.500 for three and a half.",
    group="safe",
)
@article_check
def number_format(context: LintContext) -> Iterator[Finding]:
    own = context.language
    if not own.thousands:
        return
    # Times are written with a full stop, never with a comma.
    time = compiled(rf"\b{own.before_time}$", re.IGNORECASE) if own.thousands == "." and own.before_time else None
    for passage, at in context.matches(_DECIMALS[own.thousands]):
        if not (time and time.search(passage.own[: at.start()])):
            message = f"{at[0]!r} has the decimal sign of another language"
            yield context.finding_at("number-format", passage, at.span(), message)


@note_rule(
    "review-missing",
    "Nothing says when a professional last reviewed the article.",
    "An article without `reviewed:`",
    "Have it reviewed, and write `reviewed:` and `reviewed_by:`.",
    reason="Readers and colleagues cannot tell whether the advice still holds.",
    source="NHS, Standard for creating health content, 1: show when the content was last checked.",
    group="safe",
)
@warning_rule(
    "reviewer-missing",
    "The article has been reviewed, but not by anyone who is named.",
    "`reviewed: 2026-02-01` without `reviewed_by:`",
    "Add `reviewed_by:` with name and profession.",
    reason="A review that no one answers for gives no trust.",
    source="NHS, Standard for creating health content, 2: experts review and approve content.",
    group="safe",
)
@article_check
def review_missing(context: LintContext) -> Iterator[Finding]:
    meta = context.article.meta
    if meta.reviewed is None and not meta.is_edition:
        yield context.finding("review-missing", 0, "no date says when it was last reviewed")
    elif meta.reviewed is not None and not meta.reviewed_by and not meta.approved_by:
        yield context.finding("reviewer-missing", 0, f"reviewed on {meta.reviewed}, but no one says by whom")
