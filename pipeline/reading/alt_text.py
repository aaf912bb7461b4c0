"""Checks on text alternatives of images: missing, boilerplate, file names, ASCII Danish."""

from __future__ import annotations

import re
from collections import defaultdict

from pipeline.findings import Finding, make_finding
from pipeline.languages import compiled, language, together
from pipeline.model import Article, Image, images
from pipeline.registry import warning_rule

# "Illustration af X", "Billede af X": a kind of picture and the title again, not what it shows.
_BOILERPLATE = re.compile(
    rf"{together().picture_words}"
    rf"(\s+{together().picture_of}\b.{{0,60}})?\.?$",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"[\w-]+\.(png|jpe?g|webp|gif|svg)$|(IMG|DSC|DSCN|P)[_-]?\d+$", re.IGNORECASE)


@warning_rule(
    "alt-missing",
    "A picture has no text alternative, and does not say that it only decorates.",
    "A hero picture without `picture_alt`",
    "Describe what the picture tells; `![](…)` in the text says that it only decorates.",
    group="whole",
)
@warning_rule(
    "alt-boilerplate",
    "A text alternative that says nothing.",
    "`![Illustration af angst](…)`, `![billede](…)`, `![IMG_1234](…)`",
    "Describe what the picture tells.",
    group="whole",
)
@warning_rule(
    "alt-twice",
    "Two different pictures of one article have the same text alternative.",
    "`![Øvelse](a.png)` and `![Øvelse](b.png)`",
    "Say what sets each apart.",
    group="whole",
)
@warning_rule(
    "alt-ascii",
    "A text alternative with æ, ø or å spelt in other letters.",
    "`![Illustration af laenden](…)`",
    "Write it as Danish is written: a screen reader reads it aloud.",
    group="whole",
)
def check_alt_texts(article: Article) -> tuple[Finding, ...]:
    """Return what is doubtful about the text alternatives of an article."""
    findings: list[Finding] = []
    ascii_spellings = language(article.language).ascii_spellings
    by_alt: dict[str, list[Image]] = defaultdict(list)
    hero = article.hero.image if article.hero else None
    for image in images(article):
        alt = image.alt.strip()
        if not alt:
            # In the text an empty alt is the author's word that the picture decorates; a hero has no such word.
            if image is hero:
                findings.append(
                    make_finding("alt-missing", article.source, image.line, "the picture at the top has none")
                )
            continue
        by_alt[alt.casefold()].append(image)
        if _BOILERPLATE.match(alt) or _FILE_NAME.match(alt):
            findings.append(make_finding("alt-boilerplate", article.source, image.line, f"{alt!r} says nothing"))
        if ascii_spellings and (word := compiled(ascii_spellings, re.IGNORECASE).search(alt)):
            findings.append(make_finding("alt-ascii", article.source, image.line, f"{word[0]!r} in {alt!r}"))
    for same in by_alt.values():
        pictures = {image.picture.sha256 for image in same}
        if len(pictures) > 1:
            findings.append(
                make_finding(
                    "alt-twice", article.source, same[-1].line, f"{same[-1].alt!r} stands on {len(pictures)} pictures"
                )
            )
    return tuple(findings)
