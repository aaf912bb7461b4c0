"""Style that older readers stumble over."""

from __future__ import annotations

import pytest

from pipeline.rendering.styles import packaged_styles
from pipeline.validation.epub import unsafe_css


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("p { display: inline-flex }", "a grid or a flexible box"),
        ("div{display:grid}", "a grid or a flexible box"),
        (":root { --ink: #000 }", "a variable"),
        ("p { color: var(--ink) }", "a variable"),
        ("figure:has(img) { margin: 0 }", "a newer selector"),
        (".a { & p { margin: 0 } }", "a nested rule"),
        (".a { margin: 0; p { margin: 0 } }", "a nested rule"),
        ("@media print { .a { p { margin: 0 } } }", "a nested rule"),
        ("@import 'x.css';", "a newer rule"),
        ("p { width: clamp(1em, 2vw, 3em) }", "a newer function"),
        ("p { width: calc(100% - 1em) }", "a newer function"),
        ("p { margin-inline: 1em }", "a newer property"),
        ("h1 { position: fixed }", "a place outside the flow"),
        ("p { background: url(https://x.example/a.png) }", "a file from outside"),
        ("@media print { p { margin: 0 } } p { margin: 0 }", "a media or container query beside other rules"),
    ],
)
def test_style_that_older_readers_stumble_over_is_named(style: str, expected: str) -> None:
    assert expected in {what for _, what in unsafe_css(style)}


def test_its_line_is_told() -> None:
    assert unsafe_css("/* one\ntwo */\np { margin: 0 }\nh1 { color: #123; position: fixed }\n") == (
        (4, "a place outside the flow"),
    )


@pytest.mark.parametrize(
    "style",
    [
        "/* no grid & no var() */ p { margin: 0 } a:hover { color: #123 }",
        "@media (prefers-color-scheme: dark) { p { color: #fff } a { color: #eee } }",
        '@font-face { font-family: "A"; src: url("fonts/a.ttf") } p { margin: 0 }',
    ],
)
def test_plain_style_passes_and_comments_do_not_count(style: str) -> None:
    assert unsafe_css(style) == ()


def test_our_own_style_passes() -> None:
    sheets = {path.name: unsafe_css(path.read_text("utf-8")) for path in (packaged_styles() / "epub").glob("*.css")}

    assert sheets
    assert sheets == dict.fromkeys(sheets, ())
