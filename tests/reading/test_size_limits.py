"""What one article may take, as `[limits]` of `publish.toml` says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import ConfigError, SourceError
from pipeline.findings import Finding
from pipeline.pictures.svg import sanitise_svg, svg_size
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from tests.makers import picture_file, write

NESTED = "> " * 9 + "Tekst.\n"


def findings(folder: Path, limits: str, text: str) -> tuple[Finding, ...]:
    """Return the errors of one article in a project with limits."""
    write(folder / "publish.toml", f"[limits]\n{limits}\n")
    write(folder / "sources/ryg.md", text)
    write(folder / "sources/ryg.png", picture_file(60, 40))
    settings = config.load_config(folder, ())
    roots = find_roots(settings)
    sources = find_sources(settings, roots).sources
    (result,) = read_articles(sources, settings, roots, {source.path: source.id for source in sources})
    return tuple(finding for finding in result.findings if finding.severity == "error")


@pytest.mark.parametrize(
    ("limits", "text", "code", "line"),
    [
        ("source_mb = 0.0001", "Tekst.\n" * 20, "file-too-large", 1),
        ("lines = 5", "Tekst.\n" * 20, "file-too-large", 1),
        ("characters = 50", "Tekst.\n" * 20, "article-too-large", 1),
        ("word = 20", "Tekst.\n" + "a" * 30, "article-too-large", 1),
        ("paragraph = 50", "Ryg.\n\n- " + "hvile " * 40, "article-too-large", 3),
        ("paragraph = 50", "Ryg.\n\n```\nkort\n" + "` " * 40 + "\n```\n", "article-too-large", 3),
        ("nesting = 4", NESTED, "nesting-too-deep", 1),
        ("pictures = 2", "![Ryg](ryg.png)\n\n" * 4, "article-too-large", 5),
        ("notes = 2", "Ryg[^1][^2][^3].\n\n[^1]: A\n\n[^2]: B\n\n[^3]: C\n", "article-too-large", 7),
        ("links = 2", "[a](https://a.example)\n\n" * 4, "article-too-large", 5),
        ("cells = 7", "| a | b |\n|---|---|\n| c | d |\n\nTekst.\n\n" * 2, "article-too-large", 7),
        ("characters = 50", "Ryg[^1].\n\n[^1]: " + "Tekst. " * 20, "article-too-large", 1),
        ("word = 20", "Ryg[^1].\n\n[^1]: " + "a" * 30, "article-too-large", 1),
        ("picture_mb = 0.00001", "![Ryg](ryg.png)\n", "picture-broken", 1),
        ("picture_megapixels = 0.001", "![Ryg](ryg.png)\n", "picture-broken", 1),
    ],
)
def test_a_limit_that_is_exceeded_is_an_error_on_its_line(
    tmp_path: Path, limits: str, text: str, code: str, line: int
) -> None:
    assert [(finding.code, finding.line) for finding in findings(tmp_path / "low", limits, text)][:1] == [(code, line)]
    assert findings(tmp_path / "standard", "", text) == ()


def test_a_paragraph_that_would_hold_a_worker_for_minutes_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "", "# Ryg\n\nKort.\n\n" + "hvile " * 4000)

    assert (found.code, found.line) == ("article-too-large", 5)
    assert found.message == "a paragraph of 23,999 characters, expected at most 20,000"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("nesting = 0", r"publish.toml:2: \[limits\] nesting is 0, expected a number above zero"),
        ("nesting = 101", "at most 100"),
        ("seconds = -1", "above zero"),
        ("memory_mb = 'all'", "memory_mb is 'all'"),
        ("picturs = 3", "did you mean 'pictures'"),
    ],
)
def test_a_limit_that_is_none_is_refused(tmp_path: Path, limits: str, expected: str) -> None:
    write(tmp_path / "publish.toml", f"[limits]\n{limits}\n")

    with pytest.raises(ConfigError, match=expected):
        config.load_config(tmp_path, ())


def test_the_deepest_nesting_that_can_be_allowed_is_read(tmp_path: Path) -> None:
    assert findings(tmp_path, "nesting = 100", "> " * 95 + "Tekst.\n") == ()


def test_a_drawing_that_multiplies_itself_is_refused() -> None:
    """Eleven groups of ten uses each would draw ten thousand million squares."""
    uses = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="g0"/>{uses}<use href="#g11"/></svg>'

    assert svg_size(svg.encode()) == (9, 9)
    with pytest.raises(SourceError, match="more than 12,000 shapes"):
        sanitise_svg(svg.encode())
