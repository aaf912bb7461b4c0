"""What is added above a box: the label of its level of help, and the number of the doctor on call."""

from __future__ import annotations

import re

from pipeline.languages import compiled, language
from pipeline.model import HELP_KINDS, URGENT_KINDS, Callout, CalloutKind, text
from pipeline.rendering.words import Words

_NUMBER = re.compile(r"\d(?:[ \N{NO-BREAK SPACE}]?\d){3}")
"""Four digits: the shortest number to ring that is not 112."""


def box_label(box: Callout, words: Words) -> str:
    """Return the label of a box; empty where the author's title says it.

    A level of help is said in words above any title, since nobody may have to tell it from a frame. `hvis …` leads on
    to signs that an author lists without a title; words that name the level themselves do not follow it well.
    """
    if box.title and (box.kind not in HELP_KINDS or _says(box.kind, text(box.title), words)):
        return ""
    if box.kind not in URGENT_KINDS:
        return "" if box.is_found and _says(box.kind, text(box.blocks[:1]), words) else _word("callout", box, words)
    is_led_to = not (box.title or box.is_found) and (box.kind == "see-doctor" or not _says_level(box, words))
    return _word("callout", box, words) if is_led_to else level_name(box, words)


def level_name(box: Callout, words: Words) -> str:
    """Return the name of a level: whom to ring; `Søg hjælp` over a passage that was found, and names no doctor."""
    names_other = box.is_found and box.kind == "see-doctor" and not _says(box.kind, text((box,)), words)
    return words["help_other"] if names_other else _word("help", box, words)


def number_line(box: Callout, words: Words, number: str) -> str:
    """Return the line with the number of the doctor on call; empty in other boxes, and where the words have one."""
    if box.kind != "out-of-hours" or not number or _NUMBER.search(text((box,))):
        return ""
    return words.fill("help_number", number=number)


def _word(prefix: str, box: Callout, words: Words) -> str:
    return words[f"{prefix}_{box.kind}".replace("-", "_")]


def _says_level(box: Callout, words: Words) -> bool:
    return _says(box.kind, text(box.blocks), words)


def _says(kind: CalloutKind, said: str, words: Words) -> bool:
    """Tell whether words name a level, or a more urgent one."""
    levels = language(words.language).levels
    kinds = HELP_KINDS[: HELP_KINDS.index(kind) + 1] if kind in URGENT_KINDS else (kind,)
    return any(name in levels and compiled(levels[name], re.IGNORECASE).search(said) for name in kinds)
