"""Constructs of other tools: each becomes a part of the model, or is named with its line, and is never printed raw."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from pipeline.reading.dialects import read_constructs
from pipeline.reading.lines import FindingCollector, body_lines
from tests.reading.dialects.reading import codes, links, outline, read_project

_CASE = re.compile(
    r"^==== (?P<name>[\w-]+)(?: in (?P<dialect>\w+))?\n(?P<written>.*?)\n---- becomes\n(?P<becomes>.*?)\n"
    r"(?:---- warns (?P<codes>.*?)\n)?(?=\n====|\Z)",
    re.MULTILINE | re.DOTALL,
)
_CASES = {
    case["name"]: (case["dialect"] or "markdown", case["written"], case["becomes"].split("\n"), case["codes"] or "")
    for case in _CASE.finditer(Path(__file__).with_name("constructs.txt").read_text("utf-8"))
}
"""Dialect, what is written, what comes of it block by block, and codes of warnings: see `constructs.txt`."""


def _project(markdown: str) -> dict[str, str]:
    rest = "---\ntitle: Days of rest\n---\n\nSleep.\n\n## At night\n\nDream.\n"
    return {
        "content/page.md": f"---\ntitle: Page\n---\n\n{markdown}\n", "content/rest.md": rest, "content/knee.png": "",
        "content/a knee.png": "",
    }  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_a_construct_becomes_a_part_of_the_model_or_is_named(tmp_path: Path, name: str) -> None:
    """Those of plain Markdown are read in every project; tags of templates in the projects of their tool."""
    dialect, written, blocks, warnings = _CASES[name]

    result = read_project(tmp_path, _project(written), dialect=dialect)["page"]

    assert result.article is not None, result.findings
    assert outline(result.article.blocks) == blocks
    assert codes(result) == warnings.split()


def test_every_case_is_read() -> None:
    assert len(_CASES) == Path(__file__).with_name("constructs.txt").read_text("utf-8").count("====")


@pytest.mark.parametrize(
    ("written", "dialect"),
    [
        ("Ring {{ phone }}.", "markdown"),
        ("{% include map %}", "markdown"),
        ("Take {{ page.dose }} mg.", "jekyll"),
        ("Take {{< param dose >}} mg.", "hugo"),
        ("Take {{ dose }} mg.", "myst"),
        ("Take {props.dose} mg.", "docusaurus"),
        ("Take <Dose /> mg.", "docusaurus"),
        ("Take {{ dose(of='a') }} mg.", "zola"),
        ("Take {% dose %} mg.", "jekyll"),
        ("Take {% if a %}5{% else %}9{% endif %} mg.", "jekyll"),
        ("Take {% for a in b %}1{% endfor %} mg.", "jekyll"),
        ("Take {eval}`dose` mg.", "myst"),
        ("Take {{% var dose %}} mg.", "quarto"),
        ("Take `r dose` mg.", "quarto"),
        ("Take `{python} dose` mg.", "quarto"),
        ("Take {dose} mg.", "docusaurus"),
        ("Take {2 * dose} mg.", "docusaurus"),
        ("See {numref}`Figure %s <knee>`.", "myst"),
    ],
)
def test_what_a_site_fills_into_a_sentence_is_a_placeholder(tmp_path: Path, written: str, dialect: str) -> None:
    result = read_project(tmp_path, _project(written), dialect=dialect)["page"]

    assert result.article is None
    assert set(codes(result)) == {"placeholder"}


def test_code_keeps_what_it_shows(tmp_path: Path) -> None:
    written = "```\n{{< figure >}} !!! note [[page]] :smile: %%x%%\n```\n\nWrite `[[page]]` and `{{< x >}}`."

    result = read_project(tmp_path, _project(written), dialect="markdown")["page"]

    assert result.article is not None
    assert outline(result.article.blocks) == [
        "code {{< figure >}} !!! note [[page]] :smile: %%x%%", "Write [[page]] and {{< x >}}."
    ]  # fmt: skip
    assert codes(result, notes=True) == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ('[a]({{< ref "rest.md" >}})', "/rest"), ("[[rest]]", "/rest"), ("[[rest#At night]]", "/rest#at-night"),
        ("[a](<rest.md>)", "/rest"), ("{doc}`rest`", "/rest"), ("[b](rest.md)", "/rest"), ("[a](rest.mdx)", "/rest"),
        ("[a](/rest.md#x)", "/rest#x"), ("[a](page-that-is-not.md)", ""),
    ],
)  # fmt: skip
def test_links_between_articles_are_found(tmp_path: Path, written: str, address: str) -> None:
    result = read_project(tmp_path, _project(written), dialect="markdown")["page"]

    assert [where for _, where in links(result)] == ([f"https://klinik.example{address}"] if address else [])


@pytest.mark.parametrize(
    ("repeated", "dialect"),
    [("{{% comment %}} ", "hugo"), ("{{< code >}} ", "hugo"), ("{{</* a ", "hugo"), ("{::comment} ", "jekyll"),
     ("<A>", "docusaurus"), ("{:" + "a=xb=" * 30 + "\n", "markdown"),
     ("{{% b ", "hugo"), ("%%a\n", "obsidian"), ("??? tip" + " " * 135_000 + "x", "mkdocs"),
     ("::: {note}" + " " * 135_000 + "x", "quarto")],
)  # fmt: skip
def test_marks_without_their_ends_take_no_longer_than_their_length(repeated: str, dialect: str) -> None:
    """Twice the text takes about twice the time: to look for each end to the end of the text took four times."""
    ends = "".join(f"</B{number % 9}>" for number in range(9_000)) if repeated == "<A>" else ""
    lines = body_lines(repeated * max(1, 135_000 // len(repeated)) + ("</A>" if ends else "") + ends, 1)

    begun = time.process_time()
    read_constructs(lines, FindingCollector("a.md"), dialect)

    assert time.process_time() - begun < _SECONDS


_SECONDS = 2
