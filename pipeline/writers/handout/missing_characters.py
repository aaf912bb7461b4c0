"""Characters that the font of the handout lacks: found before printing, and replaced or left out.

Another font of the machine would replace them, so that the handout would look different elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Code, CodeBlock, Edition, Str, walk
from pipeline.registry import error_rule, warning_rule
from pipeline.rendering.fonts import supported_characters

_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"
"""Asks for the coloured form of a character, which only a font of the machine could give: `✔️` is printed `✔`."""
_SUBSTITUTES = str.maketrans(
    "☒✅✖❌❎✕➡➔➜⬅⬆⬇⇨⚠❗❕❓❔⭐❤⚫⚪🔴🟢🟡🔵⬛⬜◾◽⭕✴✳➕➖➗",
    "☑✔✗✗✗✗→→→←↑↓→!!!??*♥●○●●●●■□■□○**+−÷",
)
"""Characters of the font with the same meaning."""
_DROPPABLE_CATEGORIES = frozenset({"So", "Sk", "Me", "Co"})
"""Unicode categories that may be left out; letters, digits, mathematical and currency symbols (`⩽ 5 mg`) may not."""
_DECOMPOSABLE_CATEGORIES = frozenset({"So", "Ll", "Lu"})
"""Categories replaced by their compatibility decomposition: `37 ℃` is 37 °C. Not digits: `2⅐` is not 21/7."""


@error_rule(
    "handout-character",
    "The font of the handout lacks a letter, a digit or a mathematical symbol, and a replacement would be wrong.",
    "`⩽ 5 mg`",
    "Use another character: `≤` is in the font.",
)
class MissingCharacterError(SourceError):
    """The font lacks a character that cannot be replaced or left out."""

    code = "handout-character"


@dataclass(frozen=True, slots=True)
class Substitutions:
    """Replacements for characters that the font lacks; empty: left out."""

    instead: Mapping[str, str]

    def apply_to(self, html: str) -> str:
        """Return a document with the replacements in its body: its metadata keep the whole title.

        A character that is left out takes the space before it along.
        """
        head, end, body = html.rpartition("</head>")
        dropped = re.escape("".join(character for character, other in self.instead.items() if not other) + _EMOJI_STYLE)
        replaced = str.maketrans({character: other for character, other in self.instead.items() if other})
        # Only the space after a word: one after a tag may separate a bold word from a plain one.
        at_end = re.compile(rf"(?<=[^\s>]) [{dropped}]+(?=[\s.,;:!?)<])")
        return head + end + re.sub(f"[{dropped}]", "", at_end.sub("", body)).translate(replaced)

    def printed_title(self, article: Article) -> str:
        """Return the title, or the name of the source where nothing of the title can be printed."""
        if self.apply_to(article.title).strip():
            return article.title
        return re.sub("[-_]", " ", article.id.rpartition("/")[2]).capitalize()


@warning_rule(
    "handout-sign",
    "The font of the handout lacks a symbol or an emoji; a similar one is printed, or none.",
    "`Godt gået! 🎉`",
    "Use another symbol, or remove it, if print should not differ from mail and e-book.",
)
def find_substitutions(edition: Edition) -> tuple[Substitutions, tuple[Finding, ...]]:
    """Return the replacements for characters that the font lacks, with a finding for each.

    Raises:
        MissingCharacterError: Letters, digits and the like are missing: all of one article, at the line of the first.
    """
    instead: dict[str, str] = {}
    findings: list[Finding] = []
    for article in dict.fromkeys((edition.front, *edition.articles)):
        lines = _missing_characters(article)
        needed = {character: line for character, line in lines.items() if not _may_be_dropped(character)}
        if needed:
            raise MissingCharacterError(
                f"the font has no {', '.join(map(_describe_character, sorted(needed)))}",
                source=article.source,
                line=min(needed.values()),
                hint="use another character: few fonts have rare letters and symbols",
            )
        for character, line in sorted(lines.items()):
            instead[character] = other = _substitute_for(character)
            done = f"{other!r} is printed for it" if other else "it is left out"
            message = f"the font of the handout has no {_describe_character(character)}: {done}"
            findings.append(make_finding("handout-sign", article.source, line, message))
        if (title := Substitutions(instead).printed_title(article)) != article.title:
            message = f"nothing of the title {article.title!r} can be printed: {title!r} is printed for it"
            findings.append(make_finding("handout-sign", article.source, 0, message))
    return Substitutions(instead), tuple(findings)


def _missing_characters(article: Article) -> dict[str, int]:
    """Return the characters that the font lacks, each with its first line."""
    return {
        character: line
        for text, line in reversed(_article_texts(article))
        for character in set(text) - supported_characters()
        if _is_visible(character)
    }


def _may_be_dropped(character: str) -> bool:
    is_selector = unicodedata.name(character, "").startswith("VARIATION SELECTOR")
    return is_selector or unicodedata.category(character) in _DROPPABLE_CATEGORIES or bool(_substitute_for(character))


def _substitute_for(character: str) -> str:
    """Return the replacement for a character that the font lacks; empty: none."""
    other = character.translate(_SUBSTITUTES)
    if unicodedata.category(character) in _DECOMPOSABLE_CATEGORIES and other == character:
        other = unicodedata.normalize("NFKC", character)
    return other if supported_characters().issuperset(other) else ""


def _describe_character(character: str) -> str:
    return f"{character!r} (U+{ord(character):04X})"


def _is_visible(character: str) -> bool:
    """Tell whether a character needs a glyph: white space and format characters such as soft hyphens do not."""
    return character != _EMOJI_STYLE and unicodedata.category(character) not in ("Cf", "Cc", "Zs", "Zl", "Zp")


def _article_texts(article: Article) -> list[tuple[str, int]]:
    """Return every text of an article with its line; 0 for the front matter."""
    texts = [
        (text, 0)
        for text in (
            article.title,
            article.lead,
            *article.meta.key_points,
            *article.meta.authors,
            article.meta.reviewed_by,
            article.meta.approved_by,
        )
    ]
    line = 0
    for node in walk(article.blocks):
        line = getattr(node, "line", 0) or line
        if isinstance(node, Str | Code | CodeBlock):
            texts.append((node.text, line))
    return texts
