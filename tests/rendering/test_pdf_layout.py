"""The printer sees what it is given, and tells what it had to say."""

from __future__ import annotations

import inspect
import logging
import re
import subprocess
import sys

import pytest
from weasyprint.text import line_break
from weasyprint.text.fonts import get_font_description

from pipeline.errors import StyleError
from pipeline.rendering import line_ends
from pipeline.rendering.fonts import supported_characters
from pipeline.rendering.pdf_layout import Resource, draw_pdf, lay_out

CSS = "@font-face { font-family: Test; src: url(font:regular) } html { font: 12pt Test } @page { size: A5 }"


def page(body: str) -> str:
    return f'<html lang="da"><head><title>Prøve</title></head><body>{body}</body></html>'


@pytest.mark.parametrize("address", ["https://x.example/a.png", "file:///etc/passwd", "data:image/png;base64,AAAA"])
def test_nothing_from_outside_is_loaded(address: str) -> None:
    with pytest.raises(StyleError, match=address[:12]):
        lay_out(page(f'<img src="{address}" alt="x"/>'), CSS, {})


def test_a_style_sheet_loads_nothing_from_outside_either() -> None:
    with pytest.raises(StyleError, match=r"https://x\.example/a\.css"):
        lay_out(page("<p>x</p>"), "@import url(https://x.example/a.css);", {})


def test_what_it_is_given_is_loaded() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

    made = lay_out(page('<img src="logo:a" alt="x"/>'), CSS, {"logo:a": Resource(svg, "image/svg+xml")})

    assert made.messages == ()


def test_an_id_lies_on_the_page_where_it_stands_first() -> None:
    made = lay_out(page(f'<p id="et">x</p><p id="to" style="break-before: page">{"ord " * 900}</p>'), CSS, {})

    assert made.pages > 2
    assert made.page_of == {"et": 1, "to": 2}


def test_the_place_of_an_element_on_its_page_is_known() -> None:
    css = "@page { size: 100mm 200mm; margin: 20mm } body { margin: 0 }"

    made = lay_out(page('<div style="height: 50mm; break-before: page"></div><div id="slut"></div>'), css, {})

    assert made.top_mm("slut") == pytest.approx(70, abs=0.1)


def test_what_the_library_logs_is_collected_and_not_printed(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        _, messages = draw_pdf(lay_out(page('<a href="#mangler">x</a>'), CSS, {}))

    assert any("mangler" in line for line in messages)
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_the_style_sheet_is_told_to_every_document_with_it() -> None:
    css = CSS + "p { colour: red }"

    first, second = lay_out(page("x"), css, {}), lay_out(page("y"), css, {})

    assert "colour" in first.messages[0]
    assert first.messages == second.messages


def test_the_font_has_what_danish_articles_use() -> None:
    assert set("æøåÆØÅ„“”»«–—…→✔≤≥·‐½°±×€µ²₂") <= supported_characters()
    assert "🎉" not in supported_characters()


def test_words_in_an_element_change_no_line_end() -> None:
    plain = (
        "Hold stillingen i to sekunder, og sænk bækkenet langsomt. Lav 3 × 10 gentagelser hver anden dag, hvis du kan."
    )
    marked = plain.replace("to sekunder", "<span>to sekunder</span>").replace("hver anden", "<b>hver</b> <i>anden</i>")
    css = f"{CSS} b, i {{ font: inherit }}"

    def height_mm(words: str, width_mm: float) -> float:
        return lay_out(page(f'<p style="width: {width_mm}mm">{words}</p><p id="end">x</p>'), css, {}).top_mm("end")

    widths = [40 + number / 2 for number in range(100)]
    assert [width for width in widths if height_mm(marked, width) != height_mm(plain, width)] == []


@pytest.mark.parametrize("css", ["font-size: 15pt", "font-weight: bold", "letter-spacing: 1px", "font-style: italic"])
def test_lines_known_from_one_style_are_not_used_for_another(css: str) -> None:
    html = page('<p style="width: 60mm">Hold stillingen i to sekunder, og sænk langsomt.</p><p id="end">x</p>')
    other_css = f"{CSS} p {{ {css} }}"

    lay_out(html, CSS, {})
    after_another = draw_pdf(lay_out(html, other_css, {}))
    line_ends._known.clear()

    assert draw_pdf(lay_out(html, other_css, {})) == after_another


def test_lines_are_known_by_every_property_that_weasyprint_reads_for_them() -> None:
    functions = (line_break.split_first_line, line_break.Layout, get_font_description)
    read = {name for each in functions for name in re.findall(r"style\['(\w+)'\]", inspect.getsource(each))}

    assert read <= set(line_ends._PROPERTIES)
    assert "white_space" in read


@pytest.mark.skipif(sys.platform != "linux", reason="libraries have other names there")
def test_weasyprint_is_imported_without_starting_a_process() -> None:
    code = (
        "import sys; sys.addaudithook(lambda name, _: name == 'subprocess.Popen' and sys.exit('a process'));"
        "import pipeline.rendering.pdf_layout, ctypes.util; assert ctypes.util.find_library.__module__ == 'ctypes.util'"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).returncode == 0
