"""What is written from the rules of findings: `docs/findings.md`, and the list of codes that starts up fast.

`nox -s docs` runs this module.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from textwrap import fill, wrap

import pipeline
from pipeline.findings import SEVERITIES
from pipeline.registry import RULES, Rule


def all_rules() -> Mapping[str, Rule]:
    """Import every module of the program, and return all rules, sorted by code."""
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if module.name.rpartition(".")[2] != "__main__":
            import_module(module.name)
    return dict(sorted(RULES.items()))


def as_markdown(rules: Mapping[str, Rule]) -> str:
    """Return `docs/findings.md`."""
    pieces = [
        "# Findings",
        (
            "Written by `nox -s docs` from the rules. Each stands beside the function that finds it, in the module "
            "below `pipeline/` that its entry names; change it there."
        ),
        (
            "**error**: refused; the rest goes on, and the exit code is 1. **warning**: published, but doubtful; "
            "`--strict` makes it fail. **note**: worth knowing. *Repaired* means that the output is right already."
        ),
    ]
    for severity in SEVERITIES:
        pieces.append(f"## {severity.capitalize()}s")
        for rule in (rule for rule in rules.values() if rule.severity == severity):
            before = f", formerly {', '.join(f'`{alias}`' for alias in rule.aliases)}" if rule.aliases else ""
            where = f"Module: `{rule.module.replace('.', '/')}`{before}"
            pieces += [f"### `{rule.code}`", *rule.explained(), where]
    return "\n\n".join(pieces) + "\n"


_CODES_HEAD = '''\
"""Every code of a finding with severity, module and meaning of its rule, and former codes: written by `nox -s docs`."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class CodeEntry(NamedTuple):
    """What is known of a code before the module of its rule is imported."""

    severity: Severity
    module: str
    """Below `pipeline`."""
    meaning: str


'''


def as_code_list(rules: Mapping[str, Rule]) -> str:
    """Return `pipeline/codes.py`."""
    codes = "\n".join(f'    "{rule.code}": CodeEntry({_entry(rule)}),' for rule in rules.values())
    aliases = sorted(f'"{alias}": "{rule.code}",' for rule in rules.values() for alias in rule.aliases)
    return f"{_CODES_HEAD}CODES = {{\n{codes}\n}}  # fmt: skip\nFORMER_CODES = {_literal(aliases)}"


def _entry(rule: Rule) -> str:
    """Return what stands in the list of a code, its meaning on lines of its own."""
    pieces = wrap(rule.meaning, 100, break_on_hyphens=False, drop_whitespace=False)
    meaning = "\n".join(f"        {json.dumps(piece, ensure_ascii=False)}" for piece in pieces)
    return f'"{rule.severity}", "{rule.module}",\n{meaning}'


def _literal(entries: list[str]) -> str:
    """Return a dict of these entries, as many on a line as find room."""
    words = " ".join(entry.replace(" ", "~") for entry in entries)  # a line ends between entries only
    lines = fill(words, 120, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return f"{{\n{lines.replace('~', ' ')}\n}}  # fmt: skip\n"


if __name__ == "__main__":
    Path("pipeline/codes.py").write_text(as_code_list(all_rules()), "utf-8", newline="\n")
    Path("docs/findings.md").write_text(as_markdown(all_rules()), "utf-8", newline="\n")
