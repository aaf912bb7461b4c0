"""Lint rules on patient safety: when to seek help, health claims, dose and number formats, review."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.findings import Finding
from pipeline.lint.context import LintContext, article_check
from pipeline.model import Callout
from pipeline.registry import note_rule, warning_rule

_HELPERS = {
    "da": (
        "læge", "egenlæge", "speciallæge", "tandlæge", "vagtlæge", "skadestue", "sygehus", "hospital", "fysioterapeut",
        "kiropraktor", "behandler", "sundhedsfaglig", "sundhedsprofessionel", "diætist", "sygeplejerske",
        "jordemoder", "psykolog", "1813", "112", "akutmodtagelse",
        "akuttelefon", "fagperson", "hjælp", "vurdering", "rådgivning",
    ),
    "en": (
        "doctor", "gp", "physician", "nurse", "clinic", "hospital", "emergency", "999", "911", "112", "111",
        "pharmacist", "physiotherapist", "therapist", "midwife", "dentist", "help", "attention", "advice",
    ),
}  # fmt: skip
"""How words for those who help begin."""
_WEAK = ("hjælp", "vurdering", "rådgivning", "help", "attention", "advice")
"""Help itself: it must be sought, or be a professional's."""
_COMPLAINTS = {
    "da": re.compile(
        r"smert|\bondt\b|symptom|sygdom|\bsyge?\b|lidelse|betændelse|inflamm|infektion|skade|diagnos|patient|feber|"
        r"kræft|brud\b|bruddet|prolaps|gigt|syndrom|hovedpine|migræne|svimmel|angst|depression|allergi"
    ),
    "en": re.compile(
        r"\bpain|\baches?\b|symptom|disease|illness|\bill\b|disorder|inflamm|infection|injur|diagnos|patient|fever|"
        r"cancer|fracture|arthritis|syndrome|headache|migraine|dizz|anxiety|depression|allerg"
    ),
}
"""What someone may have who should see a doctor."""
_MAX_WORDS_PER_MENTION = 100
"""An article speaks of complaints where one in so many words does: one on anatomy or fitness does not."""
_ASKING = {
    "da": re.compile(
        r"\b(?:søge?r?|kontakte?r?|ringe?r?|tale?r?|gå|tag|opsøge?r?|henvende?r?|spørg|bed|bestil|konsultere?|vurderes|vurderet|undersøges|"
        r"undersøgt|tilses|ses|rådfør|drøft|aftal|få)\b[^.!?\n]*$"
    ),
    "en": re.compile(
        r"\b(?:see|call|contact|talk to|speak to|speak with|ask|visit|go to|consult|phone|seek|get)\b[^.!?\n]*$"
    ),
}
_SEEKING = re.compile(r"\b(?:søge?r?|professionel|akut|seek|get|medical|urgent|professional)\s+(?:\w+\s+)?$")
_RED_FLAGS = {"da": ("røde flag", "faresignal", "alarmsymptom"), "en": ("red flag",)}
_MAX_DISTANCE = 70
"""Characters between the verb and whom to ask."""


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
    article = context.article
    if context.language not in _HELPERS or article.is_edition or article.kind not in context.config.check.help_kinds:
        return
    has_box = any(box.kind == "see-doctor" for box in context.nodes(Callout))
    if not has_box and not _says_when(context) and _is_on_complaints(context):
        yield context.finding("help-missing", 0, "nothing says when to get help, and from whom")


def _is_on_complaints(context: LintContext) -> bool:
    """Tell whether an article is about what ails people, by its title or its words."""
    complaints = _COMPLAINTS[context.language]
    if complaints.search(context.article.title.casefold()):
        return True
    return len(complaints.findall(context.all_text)) * _MAX_WORDS_PER_MENTION >= sum(
        len(words) for _, words in context.words
    )


def _says_when(context: LintContext) -> bool:
    asking = _ASKING[context.language]
    if any(flag in context.all_text for flag in _RED_FLAGS[context.language]):
        return True
    for passage, words in context.words:
        for start, _, folded in words:
            if _is_helper(folded, context.language):
                before = passage.own[max(0, start - _MAX_DISTANCE) : start].casefold()
                if (_SEEKING if folded.startswith(_WEAK) else asking).search(before):
                    return True
    return False


@lru_cache(maxsize=65_536)
def _is_helper(word: str, language: str) -> bool:
    return word.startswith(_HELPERS[language])


_NO = {
    "da": re.compile(
        r"\b(?:ikke|ingen|intet|aldrig|hverken|næppe|sjældent|uden|umuligt|frem for|myte\w*|hvis|om|forvent\w*|kræver|"
        r"behøver|snarere end|i stedet for|nogle|visse|enkelte)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:not|no|never|neither|cannot|can't|won't|don't|doesn't|isn't|nothing|if|whether|myths?|rather than|"
        r"without)\b",
        re.IGNORECASE,
    ),
}  # fmt: skip
"""Words before a claim, or right behind it, that take it back or say for whom it holds."""


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
    if context.article.approved_by:
        return
    claims, no = context.list("claims"), _NO.get(context.language)
    for passage, words in context.words:
        for start, end, entry in claims.found_in(words):
            sentence = context.sentence_at(passage, start)
            around = sentence.text if sentence else passage.text
            before = around[: start - (sentence.start if sentence else 0)]
            behind = " ".join(around[end - (sentence.start if sentence else 0) :].split()[:2])
            if around.rstrip().endswith("?") or (no and (no.search(before) or no.search(behind))):
                continue
            message = f"{passage.text[start:end]!r} promises an effect: {claims.entries[entry]}"
            yield context.finding_at("claim-doubtful", passage, start, end, message)


_DIGIT = re.compile(r"\d")
_DOSE = r"(?:mg|g|ml|µg|μg|mcg|ug|mikrogram|mmol|IE|IU|enheder|units|dråber|tabletter|drops|tablets)"
_NO_RATE = r"(?!\s?/\s?(?:[dm]?[lL]|mol)\b)"
_DOSES = (
    (re.compile(rf"(?<![\w.,])[.,]\d+\s?{_DOSE}\b"), "a number that begins with its decimal sign: write the 0"),
    # In a range such as 1,5–2,0 g, and in what a laboratory measured, the zero says how exact the number is.
    (re.compile(rf"(?<![\w.,–-])\d{{1,4}}[.,]0+\s?{_DOSE}\b{_NO_RATE}"), "a zero behind the decimal sign: drop it"),
    (re.compile(r"(?<![\w.,])\d[\d.,]*\s?(?:µg|μg|ug)\b"), "a short form that is read as mg: write the word out"),
    (re.compile(r"(?<![\w.,])\d{5,}\s?(?:mg|ml|IE|IU|enheder|units)\b"), "so many digits in a row: part the thousands"),
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
    for passage, _ in context.words:
        if not _DIGIT.search(passage.own):
            continue
        seen: set[int] = set()
        for pattern, what in _DOSES:
            for at in pattern.finditer(passage.own):
                # `1.000 mg` parts thousands in Danish, and is no dose of 1.
                is_thousands = context.language == "da" and bool(re.search(r"\d\.\d{3}(?!\d)", at[0]))
                if at.start() not in seen and not (is_thousands and "zero" in what):
                    seen.add(at.start())
                    yield context.finding_at("dose-format", passage, at.start(), at.end(), f"{at[0]!r} has {what}")


_UNIT = (
    r"(?:%|procent|percent|k?g|mg|[mcd]?l|liter|litre|[cmk]?m|meter|timer?|minutter|uger|måneder|år|dage|gange|mmol|kcal|kJ|"
    r"hours|weeks|months|years|days|times|°C|grader|millioner|mio\.|million)(?!\w)"
)
_DECIMALS = {
    "da": re.compile(rf"(?<![\w.,:/–-])\d{{1,3}}\.\d{{1,2}}\s?{_UNIT}"),
    "en": re.compile(rf"(?<![\w.,:/–-])\d{{1,3}},\d{{1,2}}\s?{_UNIT}"),
}  # fmt: skip
_CLOCK = re.compile(r"\bkl(?:\.|okken)?\s*$", re.IGNORECASE)


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
    if context.language not in _DECIMALS:
        return
    pattern = _DECIMALS[context.language]
    for passage, _ in context.words:
        for at in pattern.finditer(passage.own) if _DIGIT.search(passage.own) else ():
            if not _CLOCK.search(passage.own[: at.start()]):
                message = f"{at[0]!r} has the decimal sign of another language"
                yield context.finding_at("number-format", passage, at.start(), at.end(), message)


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
    article = context.article
    if article.reviewed is None and not article.is_edition:
        yield context.finding("review-missing", 0, "no date says when it was last reviewed")
    elif article.reviewed is not None and not article.reviewed_by and not article.approved_by:
        yield context.finding("reviewer-missing", 0, f"reviewed on {article.reviewed}, but no one says by whom")
