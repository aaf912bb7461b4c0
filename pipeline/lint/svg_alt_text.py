"""Lint rule: the text in an SVG drawing must also be in its text alternative."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeline.findings import Finding
from pipeline.lint.context import LintContext, article_check
from pipeline.registry import warning_rule

_DRAWING_WORD = re.compile(r"[^\W\d_]{3,}")
_MAX_DRAWING_WORDS = 12
"""A drawing with more words is a diagram: its words belong in the text, not in one breath of an alternative."""


@warning_rule(
    "lettering-unsaid",
    "A drawing has words in it that its text alternative does not say.",
    "A drawing with the word `Nakke`, described as `En krop`",
    "Say the words of the drawing in its text alternative, or in the text beside it.",
    reason="Who cannot see the drawing does not get its words.",
    source="WCAG 2.2, success criteria 1.1.1 and 1.4.5.",
    group="whole",
)
@article_check
def lettering_unsaid(context: LintContext) -> Iterator[Finding]:
    for image in context.images:
        if image.picture.media_type != "image/svg+xml" or not image.alt:
            continue
        words = _drawing_words(context.config.folder / image.picture.path, image.picture.sha256)
        unsaid = [word for word in words if word.casefold() not in image.alt.casefold()]
        unsaid = [word for word in unsaid if word.casefold() not in context.all_text]
        if unsaid and len(words) <= _MAX_DRAWING_WORDS:
            message = (
                f"{', '.join(map(repr, unsaid[:5]))} stands in the drawing {image.picture.path}, and is said nowhere"
            )
            yield context.finding("lettering-unsaid", image.line, message)


@lru_cache(maxsize=256)
def _drawing_words(path: Path, sha256: str) -> tuple[str, ...]:  # noqa: ARG001  # the digest is what makes an answer old
    """Return the words of a drawing's `text` elements, once each, in order."""
    from lxml import etree

    try:
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return ()  # reading says why a picture cannot be opened
    texts = ("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    return tuple(dict.fromkeys(word for text in texts for word in _DRAWING_WORD.findall(text)))
