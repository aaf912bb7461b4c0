"""The rules of findings: what each code means, registered beside the function that finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, Literal, TypeVar, get_args

from pipeline.codes import CODES, Severity

Group = Literal["safe", "readable", "right", "whole", "source"]
"""What a finding is about, in the order of what matters to patients; `source`: the source file or a format."""
GROUPS: tuple[Group, ...] = get_args(Group)
Finder = TypeVar("Finder", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code of a finding means; as a decorator it registers itself for the function or the exception below it.

    `error`: refused, the rest goes on. `warning`: published, but doubtful. `note`: worth knowing.
    """

    severity: Severity
    code: str
    meaning: str
    example: str
    cure: str
    repaired: bool = False
    """The output is already right; only the source could be tidier."""
    reason: str = ""
    source: str = ""
    """The law, standard or study that the rule rests on."""
    group: Group = "source"
    aliases: tuple[str, ...] = ()
    """Codes that it had before: `accept`, `[check] severities` and baselines may still name them."""
    module: str = ""
    """Where it stands, below `pipeline`; registering fills it in."""

    def __call__(self, finder: Finder) -> Finder:
        """Register the rule, and return the function or class unchanged.

        Raises:
            ValueError: Another rule has this code.
        """
        if self.code in RULES:
            raise ValueError(f"the code {self.code!r} has a rule in {RULES[self.code].module} already")
        RULES[self.code] = replace(self, module=finder.__module__.removeprefix("pipeline."))
        return finder

    def explained(self) -> list[str]:
        paragraphs = [self.meaning + (" *Repaired.*" if self.repaired else ""), f"For example: {self.example}"]
        paragraphs += [f"Why: {self.reason}"] if self.reason else []
        paragraphs += [f"Source: {self.source}"] if self.source else []
        return [*paragraphs, f"Cure: {self.cure}"]


error_rule = partial(Rule, "error")
warning_rule = partial(Rule, "warning")
note_rule = partial(Rule, "note")
repair_rule = partial(Rule, "note", repaired=True)
"""A repair is a note of something that the output no longer has."""

REMOVED_CODES = frozenset({"address-dead", "address-moved", "address-unsure", "article-alike", "picture-small"})
"""Codes that no rule has any more: `accept` and `[check] severities` may still name them, without effect."""
RULES: dict[str, Rule] = {}
"""By code: those of the modules that have been imported so far."""


def rule_of(code: str) -> Rule:
    """Return the rule of a code; the module that it stands in is imported where nothing has done so yet.

    Raises:
        KeyError: No rule has this code.
    """
    if code not in RULES and code in CODES:
        import_module(f"pipeline.{CODES[code].module}")
    return RULES[code]


def described(code: str) -> Rule:
    """Return the rule of a code, or one without words where another package found something that has no rule."""
    return rule_of(code) if code in RULES or code in CODES else Rule("note", code, "", "", "")
