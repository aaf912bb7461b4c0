"""Languages: found by their modules, complete or in part, alone and together."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.languages import Language, language, module_of, tags, together
from tests.makers import write

EXPRESSIONS = [entry.name for entry in fields(Language) if entry.type == "Expression"]


@pytest.mark.parametrize("tag", ["da", "en"])
def test_danish_and_english_have_every_entry_that_they_need(tag: str) -> None:
    own = language(tag)

    assert not own.lacks
    assert not [name for name in own.not_needed.split() if getattr(own, name)]


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_can_be_compiled_alone_and_with_those_of_all_languages(name: str) -> None:
    for each in (*map(language, tags()), together()):
        re.compile(getattr(each, name))


@pytest.mark.parametrize("tag", tags())
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_brings_no_groups_that_would_shift_those_of_its_rule(name: str, tag: str) -> None:
    assert re.compile(getattr(language(tag), name)).groups == 0


@pytest.mark.parametrize("tag", ["en", "en-GB", "EN-us"])
def test_a_region_makes_no_other_language(tag: str) -> None:
    assert language(tag).tag == "en"
    assert language(tag).quotes == ("“”‘’",)


@pytest.mark.parametrize("tag", ["nb", "nn", "no"])
def test_both_forms_of_norwegian_have_one_module(tag: str) -> None:
    assert language(tag).tag == tag
    assert language(tag).after_z == ("æä", "øö", "å")


@pytest.mark.parametrize("tag", ["tlh", "os", "__init__", "../da", ""])
def test_a_language_without_a_module_is_empty(tag: str) -> None:
    own = language(tag)

    assert own.tag == tag
    assert "references" in own.lacks


def test_all_languages_together_find_what_any_of_them_finds() -> None:
    for heading in ("Kilder", "Videnskabelige referencer", "Sources and further reading"):
        assert re.fullmatch(together().references, heading, re.IGNORECASE)
    assert together().callouts["warning"].split()[:1] == ["advarsel"]
    assert {"warning", "danger"} <= set(together().callouts["warning"].split())
    assert together().months[4].split() == ["maj", "may"]
    assert together().names_of("series") == ("serie",)


def test_a_language_is_added_by_its_own_file(tmp_path: Path) -> None:
    """Nothing else names it: boxes, dates and quotation marks follow."""
    write(
        tmp_path / "nl.py",
        "from pipeline.languages import Language\n"
        "LANGUAGE = Language(callouts={'warning': 'waarschuwing'}, quotes=('„”‚’',), months=tuple('januari februari "
        "maart april mei juni juli augustus september oktober november december'.split()))\n",
    )
    code = (
        "import sys, pipeline.languages\n"
        "pipeline.languages.__path__.append(sys.argv[1])\n"
        "from pipeline.config import SourceSettings\n"
        "from pipeline.reading.callouts import CALLOUT_KINDS\n"
        "from pipeline.reading.dates import parse_date\n"
        "from pipeline.reading.typography import apply_typography_to_text\n"
        "print(CALLOUT_KINDS['waarschuwing'], parse_date('3 maart 2025', 'day-month-year'))\n"
        "print(ascii(apply_typography_to_text('\"Ja\" - 5 kg', 'nl', SourceSettings())))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])

    assert done.stdout.split("\n")[:2] == ["warning 2025-03-03", ascii("„Ja” – 5 kg")]


def test_languages_that_share_a_module_name_the_same_one() -> None:
    assert [module_of(tag) for tag in ("nb", "nn-NO", "da", "en-GB", "xx")] == ["no", "no", "da", "en", "xx"]
