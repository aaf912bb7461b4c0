"""Reports of the desk: terminal, SARIF, and the baseline of what is known."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import click
import pytest

from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding
from pipeline.lint.reports import render_sarif, render_terminal_report
from pipeline.lint.severity_policy import SeverityPolicy, build_baseline, fingerprint, load_baseline
from pipeline.lint.source_positions import locate_finding
from tests.makers import write

SOURCE = '---\ntitle: Ryg\n---\n\nDu kan få hypertension\naf  "stress" - og smeter.\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "sources/ryg.md", SOURCE)
    return tmp_path


def finding(code: str = "hard-word", line: int = 5, quote: str = "hypertension") -> Finding:
    return make_finding(code, "sources/ryg.md", line, f"{quote!r} was found", "a hint", quote)


def test_a_finding_is_placed_on_its_words(project: Path) -> None:
    place = locate_finding(finding(), project)

    assert (place.line, place.text[place.start : place.end]) == (5, "hypertension")


def test_words_further_down_the_paragraph_are_placed_on_their_own_line(project: Path) -> None:
    assert locate_finding(finding(quote="smeter"), project).line == 6


def test_words_are_placed_in_spite_of_what_the_normaliser_set(project: Path) -> None:
    place = locate_finding(finding(quote="„stress“ – og"), project)

    assert place.text[place.start : place.end] == '"stress" - og'


def test_words_of_the_front_matter_are_placed_there(project: Path) -> None:
    assert locate_finding(finding(line=0, quote="Ryg"), project).line == 2


def test_a_finding_on_a_file_that_is_gone_has_no_place(tmp_path: Path) -> None:
    assert locate_finding(finding(), tmp_path).line == 0


def test_the_terminal_shows_the_line_and_a_caret_under_the_words(project: Path) -> None:
    lines = [click.unstyle(line) for line in render_terminal_report([finding()], (), project, with_notes=False)]

    at = lines.index("    Du kan få hypertension")
    assert lines[at + 1] == "              ^^^^^^^^^^^^"
    assert lines[at + 2] == "    hint: a hint"


def test_notes_are_counted_and_shown_where_they_are_asked_for(project: Path) -> None:
    note = finding("word-long")

    assert not any("word-long:" in line for line in render_terminal_report([note], (), project, with_notes=False))
    assert any(
        "word-long:" in click.unstyle(line) for line in render_terminal_report([note], (), project, with_notes=True)
    )


def test_a_long_line_is_cut_around_the_words(tmp_path: Path) -> None:
    write(tmp_path / "sources/ryg.md", "\n" * 4 + "ord " * 100 + "hypertension " + "ord " * 100)
    lines = [click.unstyle(line) for line in render_terminal_report([finding()], (), tmp_path, with_notes=False)]

    shown, carets = next((one, other) for one, other in pairwise(lines) if "^" in other)
    assert len(shown) <= 100
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "hypertension"


def test_sarif_names_rule_place_and_fingerprint(project: Path) -> None:
    run = json.loads(render_sarif([finding()], project))["runs"][0]

    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "hard-word"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 5, "startColumn": 11, "endColumn": 23}
    assert result["level"] == "warning"


def test_a_project_weighs_findings_itself() -> None:
    scale = SeverityPolicy({"hard-word": "off", "word-long": "error", "placeholder": "note"})
    weighed = scale.apply([finding(), finding("word-long"), finding("placeholder")])

    assert {(f.code, f.severity) for f in weighed} == {("word-long", "error"), ("placeholder", "error")}


def test_known_findings_are_left_out_until_there_are_more_of_them(tmp_path: Path) -> None:
    write(tmp_path / "base.json", build_baseline([finding(), finding("placeholder")]).decode())
    scale = SeverityPolicy({}, load_baseline(tmp_path / "base.json"))

    assert not scale.apply([finding(line=99)])
    assert len(scale.apply([finding(line=5), finding(line=6)])) == 1
    assert scale.apply([finding("placeholder")])


def test_a_fingerprint_outlives_lines_and_counts() -> None:
    one, other = (
        make_finding("lix-high", "a.md", line, f"LIX {lix}, expected at most 45") for line, lix in ((0, 50), (3, 51))
    )

    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(finding()) != fingerprint(finding(quote="andet"))


def test_a_baseline_may_hold_codes_of_before(tmp_path: Path) -> None:
    was = [
        replace(finding("typography", quote=quote), code=code) for code, quote in (("dashes", "-"), ("ellipses", "."))
    ]
    write(tmp_path / "base.json", build_baseline(was).decode())
    scale = SeverityPolicy({}, load_baseline(tmp_path / "base.json"))

    now = [finding("typography", quote=quote) for quote in ("-", ".", "%")]

    assert scale.apply([*now, finding("file-untidy", quote="-")]) == (finding("file-untidy", quote="-"), now[2])


@pytest.mark.parametrize(
    ("severities", "weighed"),
    [
        ({"dashes": "warning"}, ["warning"]),
        ({"dashes": "warning", "ellipses": "off"}, ["warning"]),
        ({"dashes": "off", "ellipses": "off"}, []),
        ({"typography": "note", "ellipses": "error"}, ["note"]),
        ({"final-newline": "off"}, ["note"]),
    ],
)
def test_a_severity_may_be_set_by_a_code_of_before(severities: dict[str, str], weighed: list[str]) -> None:
    """The gravest of several counts; the code itself counts most."""
    assert [finding.severity for finding in SeverityPolicy(severities).apply([finding("typography")])] == weighed


def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "base.json", "[]")

    with pytest.raises(ConfigError, match="not a baseline"):
        load_baseline(tmp_path / "base.json")
