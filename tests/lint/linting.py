"""A small desk for tests of rules: articles made on the spot, checked by all rules."""

from __future__ import annotations

import ast
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


def _emitted() -> frozenset[str]:
    """Return the codes that stand in the desk's own modules, so that a new rule cannot be overlooked."""
    package = Path(__file__).parents[2] / "pipeline"
    modules = (*sorted((package / "lint").glob("*.py")), package / "running/together.py")
    nodes = (node for module in modules for node in ast.walk(ast.parse(module.read_text("utf-8"))))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in CODES
    )


EMITTED = _emitted()
"""Codes of all rules of the desk."""
