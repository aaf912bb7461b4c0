"""Tables, lists and characters that other tools change without a word, from the source to every published file."""

from __future__ import annotations

import email
import email.policy
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as html_parser

from pipeline.reading.source_text import clean_characters
from tests.conftest import Ran, healthy, once, run_publish
from tests.makers import write
from tests.pdf_reading import tree

ARTICLES = {
    "plan": """---
title: Træningsplan
published: 2026-03-02
---

Planen gælder i fire uger.

<table>
<thead><tr><th rowspan="2">Øvelse</th><th colspan="2">Antal</th></tr><tr><th>Uge 1</th><th>Uge 2</th></tr></thead>
<tr><td rowspan="2">Bro</td><td>8</td><td><ul><li>10</li><li>hold igen</li></ul></td></tr>
<tr><td colspan="2">Aldrig ved smerte</td></tr>
<tr><td>Planke</td><td>2</td></tr>
</table>

Efter planen.
""",
    "trin": """---
title: Trin for trin
published: 2026-03-02
---

Sådan gør du.

<ol type="a"><li>Stå</li><li>Gå<ol type="I"><li>langsomt</li></ol></li></ol>

Dernæst.

<ol start="5"><li value="7">Syv</li><li>Otte</li></ol>

<pre>Man  8
  Tir  9</pre>

- | Dag | Tid |
  |-----|-----|
  | Ons | 10  |

a. Hvil
b. Spis

o\tVand
""",
    "tegn": """---
title: Hofte&shy;led
description: Hofte&shy;leddet &#8238;bærer.
published: 2026-03-02
---

Hofte&shy;leddet er ryg&#8203;søjlens nabo, pris 5&#150;10 kr, &#8238;ikke&#1; vendt &lrm;om&#xFFFE;.

## Hofte&shy;bøj&#1;er &#8238;

![Hofte&shy;n&#1;](/images/ryg.png "Hof&#150;te&shy;")

Se [hofte&shy;skolen](https://ryg.example/a&shy;b&#1; "T&#1;").

> [!TIP] Hofte&shy;råd&#1;
> Gå.
""",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    def publish(folder: Path) -> Ran:
        healthy(folder)
        for name, text in ARTICLES.items():
            write(folder / f"sources/{name}.md", text)
        write(folder / "sources/STOR.MD", "---\ntitle: Stor\n---\n\nSkrevet med store bogstaver.\n")
        write(folder / "sources/Brev.docx", b"PK")
        return run_publish(folder, "all")

    return once(tmp_path_factory, "kept", publish)


def book(ran: Ran, name: str) -> etree._Element:
    """Return the pages of an e-book below one element."""
    root = etree.Element("book")
    with zipfile.ZipFile(ran.folder / f"outputs/epub/{name}.epub") as archive:
        root.extend(etree.fromstring(archive.read(each)) for each in archive.namelist() if each.endswith(".xhtml"))
    return root


def mail(ran: Ran, name: str) -> etree._Element:
    return html_parser.document_fromstring((ran.folder / f"outputs/newsletter/{name}.html").read_bytes())


def rows(root: etree._Element) -> list[list[str]]:
    """Return the cells of the one table that has head cells of its own; a mail's layout is a table too."""
    (table,) = (each for each in root.iter("{*}table") if each.find("{*}thead") is not None)
    cells = ([cell for cell in row if cell.tag.endswith(("th", "td"))] for row in table.iter("{*}tr"))
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in cells]


PLAN = [
    ["Øvelse", "Antal: Uge 1", "Antal: Uge 2"],
    ["Bro", "8", "10 hold igen"],
    ["Bro", "Aldrig ved smerte", "Aldrig ved smerte"],
    ["Planke", "2", ""],
]


def test_all_is_published(kept: Ran) -> None:
    assert kept.code == 0, kept.out
    assert {entry["status"] for entry in kept.report["editions"]} == {"written"}


def test_a_table_of_html_stands_in_its_place_in_every_format(kept: Ran) -> None:
    (table,) = tree((kept.folder / "outputs/handout/plan.pdf").read_bytes()).find("Table")
    printed = [[cell.text for cell in row.kids if not isinstance(cell, str)] for row in table.find("TR")]
    text = (kept.folder / "outputs/newsletter/plan.txt").read_text("utf-8")

    assert [[cell.replace("• ", "") for cell in row] for row in printed] == PLAN
    assert rows(book(kept, "plan")) == PLAN
    assert rows(mail(kept, "plan")) == PLAN
    assert "\n\nBro\nAntal: Uge 1: Aldrig ved smerte\nAntal: Uge 2: Aldrig ved smerte\n" in text
    assert "\n\nPlanke\nAntal: Uge 1: 2\n\n" in text


def test_letters_of_a_list_and_lines_of_preformatted_text_are_published(kept: Ran) -> None:
    document = tree((kept.folder / "outputs/handout/trin.pdf").read_bytes())
    text = (kept.folder / "outputs/newsletter/trin.txt").read_text("utf-8")

    labels = ["".join(kid for kid in label.kids if isinstance(kid, str)).strip() for label in document.find("Lbl")]
    assert labels[:5] == ["a.", "b.", "I.", "7.", "8."]
    assert "a. Stå\nb. Gå\n   I. langsomt\n" in text
    assert "\n7. Syv\n8. Otte\n" in text
    assert "    Man  8\n      Tir  9\n" in text
    for root in (book(kept, "trin"), mail(kept, "trin")):
        assert [each.get("type") for each in root.iter("{*}ol") if each.get("type")] == ["a", "I"]
        assert [each.get("start") for each in root.iter("{*}ol") if each.get("start")] == ["7"]
        assert "Man  8\n  Tir  9" in ["".join(each.itertext()) for each in root.iter("{*}pre")]


def test_a_table_in_a_list_item_and_items_marked_with_letters_are_published(kept: Ran) -> None:
    for root in (book(kept, "trin"), mail(kept, "trin")):
        assert rows(root) == [["Dag", "Tid"], ["Ons", "10"]]
    text = (kept.folder / "outputs/newsletter/trin.txt").read_text("utf-8")
    assert "a. Hvil\nb. Spis\n" in text
    assert "\n- Vand\n" in text


def test_a_character_reference_reaches_no_reader(kept: Ran) -> None:
    outputs = kept.folder / "outputs"
    message = email.message_from_bytes((outputs / "newsletter/tegn.eml").read_bytes(), policy=email.policy.default)
    published = [
        tree((outputs / "handout/tegn.pdf").read_bytes()).text,
        (outputs / "handout/tegn.pdf").read_bytes().decode("latin-1").partition("/Title")[2][:200],
        etree.tostring(book(kept, "tegn"), encoding="unicode"),
        (outputs / "newsletter/tegn.html").read_text("utf-8"),
        (outputs / "newsletter/tegn.txt").read_text("utf-8"),
        str(message["Subject"]),
    ]

    for text in published[0], *published[2:]:
        assert "&shy;" not in text
        assert not {"\u00ad", "\u200b", "\u202e", "\u200e", "\x01", "\x96", "\ufffe"} & set(text)
    assert clean_characters(published[4]) == published[4]
    for text in published[0], published[2], published[3], published[4]:
        assert "Hofteleddet er rygsøjlens nabo, pris 5–10" in text.replace("\n", " ")
        assert "Hoftebøjer" in text


def test_what_character_references_brought_in_is_named_on_its_line(kept: Ran) -> None:
    found = {(each["code"], each["line"]) for each in kept.report["findings"] if each["source"] == "sources/tegn.md"}

    assert {("characters-unusual", 7), ("bidi-override", 7)} <= found


def test_a_suffix_in_capitals_is_published_and_a_file_of_another_kind_is_named(kept: Ran) -> None:
    assert kept.status("stor", "handout") == "written"
    assert [(each["source"], each["severity"]) for each in kept.findings("file-not-read")] == [
        ("sources/Brev.docx", "warning")
    ]
    assert "sources/Brev.docx" in kept.out
