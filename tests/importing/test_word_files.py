"""Word files with every construct become articles: the right Markdown, every word, each cell in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.importing.importer import ImportResult, import_documents
from tests.importing.word_files import (
    NAMESPACES,
    cell,
    changed,
    commented,
    external,
    item,
    link,
    note,
    notes_part,
    para,
    picture,
    run,
    sign,
    table,
    text_box,
    word_file,
)

TOML = '[publisher]\nname = "Klinik Eksempel"\nwebsite = "https://klinik.example"\n'


@dataclass(frozen=True)
class Case:
    file: bytes
    body: str
    """The article below its front matter."""
    codes: tuple[str, ...] = ()
    """Of its findings, once each."""
    front: tuple[str, ...] = field(default=())
    """Lines of its front matter."""


FOOTNOTES = {"word/footnotes.xml": notes_part("footnote", {2: para("Se side 4."), 3: para("Først.") + para("Så.")})}
ENDNOTES = {"word/endnotes.xml": notes_part("endnote", {2: para("Kilden.")})}
COMMENTS = {"word/comments.xml": notes_part("comment", {0: para("Er det rigtigt?"), 1: para("Find en kilde.")})}
HEADER = {"word/header1.xml": f"<w:hdr {NAMESPACES}>{para('Klinikken')}</w:hdr>"}
FIELD = "".join(
    (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF a </w:instrText></w:r>',
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>',
        run("tabel 2"),
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
    )
)
SPANNED = table(
    (cell("Middel", merge="restart"), cell("Dosis", span=2)),
    (cell(merge="continue"), "Morgen", "Aften"),
    (cell("Paracetamol", merge="restart"), "1 g", "2 g"),
    (cell(merge="continue"), "3 g", "4 g"),
    heads=2,
)
RAISED, LOWERED = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'

CASES = {
    "a paragraph": Case(word_file(para("Bevægelse hjælper.")), "Bevægelse hjælper.\n"),
    "title and subtitle": Case(
        word_file(para("Søvn", style="Titel"), para("Sov godt.", style="Undertitel"), para("Tekst.")),
        "Tekst.\n",
        front=('title: "Søvn"', 'lead: "Sov godt."'),
    ),
    "the first heading is the title": Case(
        word_file(para("Søvn", style="Overskrift1"), para("Tekst."), para("Råd", style="Overskrift2"), para("Mere.")),
        "Tekst.\n\n## Råd\n\nMere.\n",
        front=('title: "Søvn"',),
    ),
    "headings below a title": Case(
        word_file(
            para("Søvn", style="Titel"),
            para("Et", style="Overskrift1"),
            para("a"),
            para("To", style="Overskrift2"),
            para("b"),
        ),
        "## Et\n\na\n\n### To\n\nb\n",
        front=('title: "Søvn"',),
    ),
    "two headings of level 1": Case(
        word_file(para("Et", style="Overskrift1"), para("a"), para("To", style="Overskrift1"), para("b")),
        "a\n\n## To\n\nb\n",
        front=('title: "Et"',),
    ),
    "properties": Case(
        word_file(
            para("Tekst."),
            properties="<dc:title>Sov &quot;godt&quot;</dc:title><dc:creator>Ida Prøvegaard</dc:creator>"
            "<dcterms:modified>2026-03-02T10:00:00Z</dcterms:modified>",
        ),
        "Tekst.\n",
        front=('title: "Sov \\"godt\\""', "updated: 2026-03-02", 'authors: "Ida Prøvegaard"'),
    ),
    "changes and a comment in the title": Case(
        word_file(
            para("Sov ", changed("del", run("ikke ")), commented(0, run("godt")), style="Titel"),
            para("Tekst."),
            parts=COMMENTS,
        ),
        "Tekst.\n",
        ("import-change", "import-comment"),
        front=('title: "Sov godt"',),
    ),
    "an author in the text": Case(
        word_file(para("Søvn", style="Titel"), para("Ida Prøvegaard", style="Forfatter"), para("Tekst.")),
        "Tekst.\n",
        front=('authors: "Ida Prøvegaard"',),
    ),
    "bold and italics": Case(
        word_file(para("Tag ", run("aldrig", "<w:b/>"), " mere, ", run("helst", "<w:i/>"), " mindre.")),
        "Tag **aldrig** mere, *helst* mindre.\n",
    ),
    "signs of Markdown": Case(
        word_file(para("2 * 3 * 4 _a_ [b] # c <d> `e` a|b $5 70% ~ ^2 @x")),
        "2 \\* 3 \\* 4 \\_a\\_ \\[b\\] \\# c \\<d\\> \\`e\\` a\\|b $5 70% ~ ^2 @x\n",
        ("markup-left",),
    ),
    "lines that look like lists": Case(
        word_file(para("1. maj er en fridag."), para("Tekst."), para("- sagde hun."), para("Mere.")),
        "1\\. maj er en fridag.\n\nTekst.\n\n\\- sagde hun.\n\nMere.\n",
    ),
    "quotation marks, dashes, hard spaces": Case(
        word_file(para("“Sov”, sagde hun – 5\u00a0kg … ‘ja’ co", sign("noBreakHyphen"), "op")),
        "“Sov”, sagde hun – 5\u00a0kg … ‘ja’ co\u2011op\n",
    ),
    "superscript and subscript": Case(
        word_file(para("m", run("2", RAISED), " H", run("2", LOWERED), "O")),
        "m<sup>2</sup> H<sub>2</sub>O\n",
    ),
    "line breaks and tabs": Case(
        word_file(para("Mandag", sign("tab"), "8–16", sign("br"), "Tirsdag", sign("tab"), "9–17")),
        "Mandag 8–16\\\nTirsdag 9–17\n",
    ),
    "underlined and highlighted": Case(
        word_file(
            para("Husk ", run("altid", '<w:u w:val="single"/>'), " ", run("vand", '<w:highlight w:val="yellow"/>'))
        ),
        "Husk altid vand\n",
        ("import-format",),
    ),
    "a list with bullets": Case(
        word_file(para("Husk:"), item("Gå"), item("Løb"), item("langsomt", level=1)),
        "Husk:\n\n- Gå\n- Løb\n  - langsomt\n",
    ),
    "a list with figures that goes on": Case(
        word_file(item("Et", 2), item("To", 2), para("Pause."), item("Tre", 2)),
        "1.  Et\n2.  To\n\nPause.\n\n3.  Tre\n",
    ),
    "a list with letters": Case(
        word_file(item("Et", 3), item("To", 3)),
        '<ol type="a" start="1">\n\n<li>\n\nEt\n</li>\n\n<li>\n\nTo\n</li>\n\n</ol>\n',
    ),
    "typed bullets": Case(
        word_file(para("•", sign("tab"), "Gå"), para("•", sign("tab"), "Løb"), para("Slut.")),
        "- Gå\n- Løb\n\nSlut.\n",
        ("import-list",),
    ),
    "typed bullets in two levels": Case(
        word_file(para("• Gå"), para("o", sign("tab"), "langsomt"), para("o hurtigt"), para("• Løb")),
        "- Gå\n  - langsomt\n  - hurtigt\n- Løb\n",
        ("import-list",),
    ),
    "typed hyphens": Case(
        word_file(para("- Gå"), para("- Løb")),
        "- Gå\n- Løb\n",
        ("import-list",),
    ),
    "bullets of the font Symbol": Case(
        word_file(para("\uf0b7", sign("tab"), "Gå"), para("\uf0b7Løb")),
        "- Gå\n- Løb\n",
        ("import-list",),
    ),
    "typed figures": Case(
        word_file(para("1) Læg dig"), para("2) Løft"), para("3) Hvil")),
        "1.  Læg dig\n2.  Løft\n3.  Hvil\n",
        ("import-list",),
    ),
    "typed figures that are out of order": Case(
        word_file(para("1) Læg dig"), para("4) Løft")),
        "1\\) Læg dig\n\n4\\) Løft\n",
    ),
    "bullets on lines of one paragraph": Case(
        word_file(para("Husk:", sign("br"), "• Gå", sign("br"), "• Løb")),
        "Husk:\n\n- Gå\n- Løb\n",
        ("import-list",),
    ),
    "a table": Case(
        word_file(table(("Dag", "Antal"), ("Mandag", "10"), ("Tirsdag", "12,5"))),
        "| Dag     | Antal |\n|---------|-------|\n| Mandag  | 10    |\n| Tirsdag | 12,5  |\n",
    ),
    "a table without a head": Case(
        word_file(table(("Mandag", "10"), ("Tirsdag", "12"), heads=0)),
        "|         |     |\n|---------|-----|\n| Mandag  | 10  |\n| Tirsdag | 12  |\n",
    ),
    "a table with an empty cell and a bar": Case(
        word_file(table(("A", "B"), (cell(), "1|2"), ("x", cell()))),
        "| A   | B    |\n|-----|------|\n|     | 1\\|2 |\n| x   |      |\n",
    ),
    "a line break in a cell": Case(
        word_file(table(("A", "B"), (cell(para("x", sign("br"), "y")), "z"))),
        "| A      | B   |\n|--------|-----|\n| x<br>y | z   |\n",
    ),
    "merged cells": Case(
        word_file(SPANNED),
        '<table>\n<thead>\n<tr>\n<th rowspan="2">Middel</th>\n<th colspan="2">Dosis</th>\n'
        "</tr>\n<tr>\n<th>Morgen</th>\n"
        '<th>Aften</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td rowspan="2">Paracetamol</td>\n'
        "<td>1 g</td>\n<td>2 g</td>\n"
        "</tr>\n<tr>\n<td>3 g</td>\n<td>4 g</td>\n</tr>\n</tbody>\n</table>\n",
    ),
    "signs of Markdown in a merged cell": Case(
        word_file(table((cell("a*b*c _d_ [e]", span=2),), ("f", "g"), heads=0)),
        '<table>\n<tbody>\n<tr>\n<td colspan="2">a\\*b\\*c \\_d\\_ \\[e\\]</td>\n</tr>\n<tr>\n'
        "<td>f</td>\n<td>g</td>\n</tr>\n"
        "</tbody>\n</table>\n",
        ("markup-left",),
    ),
    "paragraphs and a list in a cell": Case(
        word_file(table((cell(para("Husk"), item("Gå"), item("Løb")), "b"), heads=0)),
        "<table>\n<tbody>\n<tr>\n<td><p>Husk</p>\n<ul>\n<li>Gå</li>\n<li>Løb</li>\n</ul></td>\n"
        "<td>b</td>\n</tr>\n</tbody>\n"
        "</table>\n",
    ),
    "a table within a table": Case(
        word_file(table((cell(para("før"), table(("x", "y"), ("1", "2")), para("efter")), "b"), heads=0)),
        "<table>\n<tbody>\n<tr>\n<td><p>før</p>\n<p>x y</p>\n<p>1 2</p>\n<p>efter</p></td>\n"
        "<td>b</td>\n</tr>\n</tbody>\n"
        "</table>\n",
        ("import-table",),
    ),
    "footnotes": Case(
        word_file(para("Ro", note(2), " hjælper.", note(3)), para("Slut."), parts=FOOTNOTES),
        "Ro[^1] hjælper.[^2]\n\nSlut.\n\n[^1]: Se side 4.\n\n[^2]: Først.\n\n    Så.\n",
    ),
    "an endnote": Case(
        word_file(para("Ro hjælper.", note(2, "endnote")), parts=ENDNOTES), "Ro hjælper.[^1]\n\n[^1]: Kilden.\n"
    ),
    "a footnote in a table with merged cells": Case(
        word_file(table((cell(para("a", note(2)), span=2),), ("b", "c"), heads=0), parts=FOOTNOTES),
        '<table>\n<tbody>\n<tr>\n<td colspan="2">a[^1]</td>\n</tr>\n<tr>\n<td>b</td>\n<td>c</td>\n'
        "</tr>\n</tbody>\n</table>\n\n"
        "[^1]: Se side 4.\n",
    ),
    "a picture": Case(word_file(para(picture("En ryg"))), "![En ryg](soevn-og-smerter/billede-1.png)\n"),
    "a picture without a description": Case(
        word_file(para("Se:"), para(picture(""))), "Se:\n\n![](soevn-og-smerter/billede-1.png)\n"
    ),
    "a picture on the author's machine": Case(
        word_file(
            para("Tekst."),
            para(picture("En ryg", "rIdFar", "link")),
            relations=external("rIdFar", "image", "file:///C:/ryg.png"),
        ),
        "Tekst.\n",
        ("import-picture",),
    ),
    "a picture that is none": Case(
        word_file(para("Tekst."), para(picture("En ryg")), parts={"word/media/image1.png": b"\x01\x00\x00\x00 EMF"}),
        "Tekst.\n",
        ("import-picture",),
    ),
    "a link": Case(
        word_file(
            para("Læs ", link("rIdSite", "mere"), " her."),
            relations=external("rIdSite", "hyperlink", "https://ro.example/a?b=1"),
        ),
        "Læs [mere](https://ro.example/a?b=1) her.\n",
    ),
    "a link to the author's machine": Case(
        word_file(
            para("Læs ", link("rIdFile", "planen")), relations=external("rIdFile", "hyperlink", "file:///C:/plan.docx")
        ),
        "Læs planen\n",
        ("import-link",),
    ),
    "styles that are boxes": Case(
        word_file(
            para("Pas på.", style="Advarsel"),
            para("Altid.", style="Advarsel"),
            para("Mellem."),
            para("Ring, hvis du får feber.", style="SgLge"),
            para("Ring nu.", style="Ring112"),
            para("Gå en tur.", style="DetVigtigste"),
            para("1 pille.", style="Dosis"),
            para("Slut.", style="Brdtekst"),
        ),
        "::: {.warning}\nPas på.\n\nAltid.\n:::\n\nMellem.\n\n::: {.see-doctor}\nRing, hvis du får feber.\n:::\n\n"
        "::: {.emergency}\nRing nu.\n:::\n\n::: {.key-points}\nGå en tur.\n:::\n\n::: {.note}\n"
        "1 pille.\n:::\n\nSlut.\n",
        ("import-box",),
    ),
    "a box with its name as first line": Case(
        word_file(para("Det vigtigste:", style="DetVigtigste"), para("Gå en tur.", style="DetVigtigste")),
        "::: {.key-points}\n**Det vigtigste:**\n\nGå en tur.\n:::\n",
        ("import-box",),
    ),
    "a quotation, and a paragraph that is indented": Case(
        word_file(para("Sov godt.", style="Citat"), para("Ind.", properties='<w:ind w:left="720"/>')),
        "> Sov godt.\n\nInd.\n",
    ),
    "tracked changes": Case(
        word_file(para("Tag ", changed("ins", run("højst ")), changed("del", run("mindst ")), "to.")),
        "Tag højst to.\n",
        ("import-change",),
    ),
    "words that were moved": Case(
        word_file(para(changed("moveFrom", run("Ro. ")), "Gå."), para(changed("moveTo", run("Ro. ")), "Slut.")),
        "Gå.\n\nRo. Slut.\n",
        ("import-change",),
    ),
    "an end of a paragraph that was deleted": Case(
        word_file(para("Tag ", properties='<w:rPr><w:del w:id="8" w:author="Ida"/></w:rPr>'), para("to.")),
        "Tag to.\n",
        ("import-change",),
    ),
    "comments": Case(
        word_file(
            para("Sov ", commented(0, run("otte")), " timer."), para(commented(1, run("Gå.")), ""), parts=COMMENTS
        ),
        "Sov otte timer.\n\nGå.\n",
        ("import-comment",),
    ),
    "hidden text": Case(
        word_file(para("Sov", run(" aldrig", "<w:vanish/>"), " godt.")), "Sov godt.\n", ("import-hidden",)
    ),
    "a text box": Case(
        word_file(para("Før.", text_box(para("I boksen."), para("Også."))), para("Efter.")),
        "Før.\n\nI boksen.\n\nOgså.\n\nEfter.\n",
        ("import-moved",),
    ),
    "fields": Case(
        word_file(para("Se ", FIELD, " af ", '<w:fldSimple w:instr="DATE">' + run("2. marts") + "</w:fldSimple>", ".")),
        "Se tabel 2 af 2. marts.\n",
    ),
    "content controls": Case(
        word_file(f"<w:sdt><w:sdtContent>{para('I blok.')}</w:sdtContent></w:sdt>", para("Slut.")), "I blok.\n\nSlut.\n"
    ),
    "headers and footers": Case(word_file(para("Tekst."), parts=HEADER), "Tekst.\n", ("import-left-out",)),
    "a table of contents": Case(
        word_file(para("Ro ..... 2", style="INDHOLD1"), para("Tekst.")), "Tekst.\n", ("import-left-out",)
    ),
    "empty paragraphs": Case(word_file(para(""), para("A."), para(" "), para(""), para("B.")), "A.\n\nB.\n"),
    "Danish letters": Case(word_file(para("Æble, øl, å; ÆØÅ é ü")), "Æble, øl, å; ÆØÅ é ü\n"),
}


@pytest.fixture
def project(tmp_path: Path) -> Config:
    folder = tmp_path / "projekt"
    (folder / "sources").mkdir(parents=True)
    (folder / "publish.toml").write_text(TOML, "utf-8")
    return load_config(folder, ())


def bring(project: Config, name: str, data: bytes, *, is_check: bool = False) -> ImportResult:
    path = project.folder.parent / name
    path.write_bytes(data)
    (result,) = import_documents(project, [path], "", is_check=is_check)
    return result


@pytest.mark.parametrize("name", CASES)
def test_a_word_file_becomes_this_article(name: str, project: Config) -> None:
    case = CASES[name]

    result = bring(project, "Søvn og smerter.docx", case.file)

    written = (project.folder / "sources/soevn-og-smerter.md").read_text("utf-8")
    front, body = written.removeprefix("---\n").split("---\n", 1)
    assert body.lstrip("\n") == case.body
    assert set(case.front) <= set(front.splitlines())
    assert {finding.code for finding in result.findings} == set(case.codes)
    assert result.is_whole
    assert result.article == "sources/soevn-og-smerter.md"


def test_there_are_forty_word_files() -> None:
    assert len(CASES) >= 40


def test_findings_name_the_line_of_their_paragraph(project: Config) -> None:
    """A comment is found where it stood."""
    result = bring(project, "a.docx", CASES["comments"].file)

    lines = (project.folder / "sources/a.md").read_text("utf-8").split("\n")
    found = {lines[finding.line - 1]: finding.message for finding in result.findings}
    assert found == {
        "Sov otte timer.": "a comment (Ida Prøvegaard): “Er det rigtigt?”",
        "Gå.": "a comment (Ida Prøvegaard): “Find en kilde.”",
    }


def test_comments_without_words_or_place_are_named(project: Config) -> None:
    """Pandoc reads a comment only where it covers words."""
    bare = '<w:r><w:commentReference w:id="0"/></w:r>'

    result = bring(project, "a.docx", word_file(para("Først."), para("Sov.", bare), parts=COMMENTS))

    assert [(finding.line, finding.message) for finding in result.findings] == [
        (0, "a comment on no place of the text: “Find en kilde.”"),
        (8, "a comment (Ida Prøvegaard): “Er det rigtigt?”"),
    ]


def test_a_project_names_styles_of_its_own(project: Config) -> None:
    project.file.write_text(TOML + '[import]\nstyles = {"Fed advarsel" = "warning"}\n', "utf-8")

    bring(load_config(project.folder, ()), "a.docx", word_file(para("Pas på.", style="FedAdvarsel")))

    assert "::: {.warning}\nPas på.\n:::" in (project.folder / "sources/a.md").read_text("utf-8")


def test_the_picture_is_the_one_of_the_document(project: Config) -> None:
    from tests.importing.word_files import png

    result = bring(project, "a.docx", CASES["a picture"].file)

    assert result.pictures == 1
    assert (project.folder / "sources/a/billede-1.png").read_bytes() == png()


def test_a_formula_is_named(project: Config) -> None:
    """Its words differ from those of the document, since they are written in TeX, and that is said."""
    math = "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"

    result = bring(project, "a.docx", word_file(para("BMI er ", math)))

    assert {finding.code for finding in result.findings} >= {"import-formula", "import-words"}
    assert not result.is_whole
