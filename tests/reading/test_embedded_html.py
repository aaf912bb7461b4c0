"""HTML, comments and MDX."""

from __future__ import annotations

import pytest

from pipeline.model import text
from pipeline.reading.dialects.mdx import read_imports
from pipeline.reading.embedded_html import convert_html, find_placeholders
from pipeline.reading.lines import FindingCollector, Lines
from tests.reading.markdown import SOURCE, built, lines, markdown, stepped


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>fed</b> og <em> skrå </em>tekst", "**fed** og  *skrå* tekst"),
        ("se <a href='https://ryg.example/a b' onclick='x()'>siden</a>", "se [siden](https://ryg.example/a%20b)"),
        ('<span lang="en">low back pain</span>', '[low back pain]{lang="en"}'),
        ('<font color="red">rød</font> <u>streg</u>', "rød streg"),
        ("H<SUB>2</SUB>O<br/>og<BR>", "H<sub>2</sub>O<br>og<br>"),
        ('<abbr class="x" title="a &amp; b">AB</abbr>', '<abbr title="a &amp; b">AB</abbr>'),
        ('<img src="/ryg 1.png" alt="En ryg">', "![En ryg](/ryg%201.png)"),
        ("| A <ul><li>et</li></ul> | B |", "| A <br>• et | B |"),
        ("| <ol><li>et</li><li>to</li></ol> | B |", r"| <br>1\. et<br>2\. to | B |"),
        ("<summary>Se <b>mere</b></summary>", "\n\n**Se mere**\n\n"),
        ("under 5 <10 mm og <https://ryg.example>", "under 5 <10 mm og <https://ryg.example>"),
        ("kode `<b>` bliver", "kode `<b>` bliver"),
        ('<YouTube id="abc" />Tekst', "Tekst"),
        ('<b>Hjem<o:p></o:p></b> til <st1:City w:st="on">Aarhus</st1:City>', "**Hjem** til Aarhus"),
    ],
)
def test_html_becomes_markdown_or_bare_words(html: str, expected: str) -> None:
    changed, _ = stepped(convert_html, html)

    assert changed == expected


def test_blocks_of_html_become_paragraphs_and_headings() -> None:
    changed, codes = stepped(convert_html, '<div class="boks"><h2>Råd</h2><p>Gå en tur</p></div><p>Hvil</p>')

    assert [row for row in changed.split("\n") if row] == ["## Råd", "Gå en tur", "Hvil"]
    assert set(codes) == {"html-removed"}


def test_what_no_document_can_hold_is_taken_away_and_its_address_named() -> None:
    findings = FindingCollector(SOURCE)

    changed = convert_html(
        lines('Før\n\n<iframe src="https://film.example/1">x</iframe>\n<script>\nvirus()\n</script>\nEfter'), findings
    )

    assert markdown(changed).split() == ["Før", "Efter"]
    assert "https://film.example/1" in findings[0].message
    assert [finding.line for finding in findings] == [3, 4]


def test_a_comment_vanishes_and_the_lines_below_it_keep_their_numbers() -> None:
    changed = convert_html(lines("Et <!-- tjek\ntallet --> to\ntre"), FindingCollector(SOURCE))

    assert [(line.text, line.number) for line in changed] == [("Et  to", 1), ("tre", 3)]


@pytest.mark.parametrize("start", ["<!--", "<!-- <!--", "<![CDATA[", "<![CDATA[ <![CDATA[", "<?xml", "{/*"])
def test_what_never_ends_does_not_swallow_the_article(start: str) -> None:
    changed, codes = stepped(convert_html, f"Før\n\n{start} tjek\n\nSøg læge.")

    assert "Søg læge." in changed
    assert not {"<!--", "<![CDATA[", "<?", "{/*"} & set(changed.split())
    assert codes == ["html-unclosed"]


@pytest.mark.parametrize("start", ["<!advarsel", "<script>", "<svg width=5>", "<!DOCTYPE html"])
def test_half_a_tag_does_not_swallow_the_article(start: str) -> None:
    """Markdown takes what follows such a line for HTML, to the end of the article."""
    blocks, _ = built(f"Før\n\n{start}\n\nSøg læge.")

    assert text(blocks).endswith("Søg læge.")


def test_words_in_angle_brackets_are_printed_as_they_stand() -> None:
    changed, codes = stepped(convert_html, "Skriv <dit navn> her")

    assert changed == "Skriv &lt;dit navn&gt; her"
    assert codes == ["html-unknown"]


def test_what_begins_like_a_declaration_is_escaped_once() -> None:
    once, _ = stepped(convert_html, "Før <!DOCTYPE <!DOCTYPE efter")

    assert once == "Før \\<!DOCTYPE \\<!DOCTYPE efter"
    assert stepped(convert_html, once)[0] == once


def test_signs_that_compare_are_no_tags() -> None:
    changed, _ = stepped(convert_html, "Når a<b og c> d, er 5<6")

    assert changed == "Når a&lt;b og c&gt; d, er 5<6"


def test_import_lines_of_mdx_go_and_sentences_stay() -> None:
    def read(rows: Lines, findings: FindingCollector) -> Lines:
        return convert_html(read_imports(rows, findings), findings)

    changed, codes = stepped(read, "import Video from './video'\n\nImport af varer. {/* note */}Slut")

    assert changed == "\n\nImport af varer. Slut"
    assert codes == ["html-removed", "html-removed"]


@pytest.mark.parametrize("left", ["__KLINIKNAVN__", "{{ telefon }}", "${pris}", "[INDSÆT LINK]", "%%NAVN%%"])
def test_a_placeholder_is_found_with_its_line(left: str) -> None:
    findings = FindingCollector(SOURCE)

    find_placeholders(lines(f"Ring til os.\n\nVi hedder {left}."), findings)

    assert [(finding.severity, finding.line) for finding in findings] == [("error", 3)]


@pytest.mark.parametrize("text", ["__fed__ tekst", "et {ord} i klammer", "`{{ kode }}`", "50 % af __os__"])
def test_braces_and_underscores_in_prose_are_no_placeholders(text: str) -> None:
    findings = FindingCollector(SOURCE)

    find_placeholders(lines(text), findings)

    assert findings == []
