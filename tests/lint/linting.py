"""A small desk for tests of rules: articles made on the spot, checked by all rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.codes import CODES
from pipeline.config import CheckSettings, Config
from pipeline.findings import Finding
from pipeline.lint.rules import lint_article
from pipeline.rendering.styles import Styles, packaged_styles
from tests.makers import article, para

STYLES = Styles((packaged_styles(),))


def findings(
    *paragraphs: str, check: CheckSettings | None = None, folder: Path = Path("/nowhere"), **changes: Any
) -> list[Finding]:
    """Return what all rules find in an article of these paragraphs, one a line."""
    if paragraphs:
        changes["blocks"] = tuple(para(words, line) for line, words in enumerate(paragraphs, 10))
    config = Config(folder, check=check or CheckSettings(spelling=False), formats={"handout": {}, "newsletter": {}})
    return list(lint_article(article(**changes), config, STYLES).findings)


def of(code: str, found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.code == code]


EMITTED = frozenset(code for code, entry in CODES.items() if entry.module.startswith("lint."))
"""Codes of all lint rules, so that a new rule cannot be overlooked."""
