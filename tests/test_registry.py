"""The rules of findings: registered once each, and what is generated from them is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.codes import CODES, FORMER_CODES
from pipeline.findings import make_finding
from pipeline.registry import RULES, note_rule, rule_of
from tests.generated import all_rules, as_code_list, as_markdown

HERE = Path(__file__).parents[1]


def test_what_nox_docs_writes_is_that_of_the_rules() -> None:
    """`nox -s docs` writes it anew."""
    rules = all_rules()

    assert (HERE / "pipeline/codes.py").read_text("utf-8") == as_code_list(rules)
    assert (HERE / "docs/findings.md").read_text("utf-8") == as_markdown(rules)


@pytest.mark.parametrize("code", CODES)
def test_every_rule_says_what_it_means_with_an_example_and_a_cure(code: str) -> None:
    rule = all_rules()[code]

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert rule.meaning.endswith((".", ")"))
    assert rule.example
    assert rule.cure


def test_every_code_that_is_used_has_a_rule() -> None:
    used = {
        code
        for path in (HERE / "pipeline").rglob("*.py")
        for code in re.findall(
            r"(?:\bmake_finding|\.finding|\.finding_at|findings\.add|self\.add)\(\s*\"([a-z0-9-]+)\"",
            path.read_text("utf-8"),
        )
    }

    assert used
    assert used <= set(CODES)


def test_a_former_code_is_no_code_and_belongs_to_one_rule() -> None:
    former = [alias for rule in all_rules().values() for alias in rule.aliases]

    assert len(former) == len(set(former)) == len(FORMER_CODES)
    assert not set(former) & set(CODES)
    assert set(FORMER_CODES.values()) <= set(CODES)


def test_a_code_is_registered_once() -> None:
    rule = note_rule("nothing-at-all", "Nothing.", "Nothing", "Nothing.")
    try:
        assert rule(make_finding) is make_finding
        assert rule_of("nothing-at-all").module == "findings"
        with pytest.raises(ValueError, match="the code 'nothing-at-all' has a rule in findings already"):
            rule(make_finding)
    finally:
        del RULES["nothing-at-all"]


def test_a_rule_is_found_by_its_code_without_the_others() -> None:
    program = (
        "import sys; from pipeline.registry import rule_of; assert rule_of('alt-ascii').severity == 'warning';"
        "print(*(name for name in sys.modules if name.startswith('pipeline.reading.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, check=True, capture_output=True, text=True)

    assert set(done.stdout.split()) == {"pipeline.reading.article_checks", "pipeline.reading.lines"}
