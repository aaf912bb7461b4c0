"""The structure tree, a test for each thing that WeasyPrint 70 gets wrong or leaves out."""

from __future__ import annotations

import io

import pikepdf

from pipeline.rendering.pdf_layout import Layout, Resource, draw_pdf, lay_out
from pipeline.validation.pdf_tags import retag
from pipeline.writers import Need
from tests.makers import PICTURE, rendition
from tests.pdf_reading import Element, artifacts, tree, unmarked

CSS = """
@font-face { font-family: Test; src: url(font:regular) }
@page { size: 120mm 90mm; margin: 15mm; @bottom-left { content: element(foot) } }
html { font: 12pt Test }
table { border-collapse: collapse } img { width: 20mm }
.foot { position: running(foot) }
"""


def laid_out(body: str) -> Layout:
    made = rendition(Need(PICTURE, 200))
    html = f'<html lang="da"><head><title>Prøve</title></head><body>{body}</body></html>'
    return lay_out(html, CSS, {"picture:ryg": Resource(made.data, made.media_type)})


def printed(body: str) -> bytes:
    layout = laid_out(body)
    data, _ = draw_pdf(layout)
    return retag(data, layout.root)


def read(body: str) -> Element:
    return tree(printed(body))


def test_a_paragraph_that_crosses_a_page_is_one_paragraph() -> None:
    """WeasyPrint #2903: it is tagged once for each page."""
    made = read(f"<p>{'ord ' * 300}</p>")

    assert made.outline == "Document(P)"
    assert made.text == " ".join(["ord"] * 300)


def test_a_list_that_crosses_a_page_is_one_list() -> None:
    items = "".join(f"<li>punkt {number}</li>" for number in range(20))

    made = read(f"<ul>{items}</ul>")

    assert [kid.kind for kid in made.kids if isinstance(kid, Element)] == ["L"]
    assert len(made.find("LI")) == 20


def test_a_repeated_table_head_is_read_once() -> None:
    """WeasyPrint #2903: it is tagged on each page."""
    rows = "".join(f"<tr><td>række {number}</td></tr>" for number in range(20))

    data = printed(f'<table><thead><tr><th scope="col">Hoved</th></tr></thead><tbody>{rows}</tbody></table>')

    assert tree(data).text.count("Hoved") == 1
    assert unmarked(data).count("Hoved") > 0


def test_running_footers_are_artifacts() -> None:
    """WeasyPrint #1836: they are content that stands in no element."""
    data = printed('<div class="foot">Side</div><p>Tekst</p>')

    assert tree(data).text == "Tekst"
    assert unmarked(data) == "Side"


def test_paragraphs_of_a_loose_list_stand_in_the_body_of_their_item() -> None:
    made = read("<ul><li><p>Et.</p><p>To.</p></li></ul>")

    assert made.outline == "Document(L(LI(Lbl LBody(P P))))"


def test_a_heading_in_a_list_item_stands_in_its_body() -> None:
    made = read("<ol><li><h2>Titel</h2>tekst</li></ol>")

    assert made.outline == "Document(L(LI(Lbl LBody(H2))))"


def test_a_nested_list_stands_in_its_item() -> None:
    """WeasyPrint puts it into the outer list, behind the item."""
    made = read("<ul><li>ude<ol><li>inde</li></ol></li><li>sidst</li></ul>")

    assert made.outline == "Document(L(LI(Lbl LBody(L(LI(Lbl LBody)))) LI(Lbl LBody)))"
    assert made.text == "ude inde sidst"


def test_a_paragraph_after_a_nested_list_is_read_after_it() -> None:
    made = read("<ul><li><p>før</p><ul><li>inde</li></ul><p>efter</p></li></ul>")

    assert made.text == "før inde efter"


def test_terms_are_the_labels_of_their_definitions() -> None:
    made = read("<dl><dt>Lænd</dt><dd>Nederst.</dd><dd>Bagtil.</dd><dt>Nakke</dt><dd>Øverst.</dd></dl>")

    assert made.outline == "Document(L(LI(Lbl LBody LBody) LI(Lbl LBody)))"


def test_a_link_holds_its_bold_words_and_has_one_annotation() -> None:
    """WeasyPrint gives the bold words an annotation of their own, in a group that is no link."""
    data = printed('<p><a href="https://x.example/">et <b>fedt</b> link</a></p>')

    link = tree(data).find("Link")[0]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        annotations = list(pdf.pages[0].Annots)
    assert link.text == "et fedt link"
    assert link.properties["Contents"] == "et fedt link"
    assert len(annotations) == 1
    assert "/NM" not in annotations[0]


def test_a_link_can_hold_a_picture() -> None:
    made = read('<p><a href="https://x.example/"><img src="picture:ryg" alt="Ryg"/></a></p>')

    assert made.outline == "Document(P(Link(Figure)))"


def test_a_link_that_leads_nowhere_is_plain_text() -> None:
    made = read('<p>Se <a href="#mangler">her</a>.</p>')

    assert made.outline == "Document(P)"
    assert made.text == "Se her ."


def test_a_picture_says_what_it_shows_and_where_it_lies() -> None:
    made = read('<img src="picture:ryg" alt="En ryg"/>').find("Figure")[0]

    assert made.properties == {"/Alt": "En ryg", "/O": "/Layout", "/BBox": "box"}


def test_a_picture_lies_where_its_box_says() -> None:
    """WeasyPrint counts CSS pixels from the top of the page."""
    data = printed('<img src="picture:ryg" alt="En ryg"/>')

    with pikepdf.open(io.BytesIO(data)) as pdf:
        figure = next(
            thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") == "/Figure"
        )
        left, bottom, right, top = (float(edge) for edge in figure.A.BBox)
        height = float(pdf.pages[0].mediabox[3])
    millimetre = 72 / 25.4
    assert abs(right - left - 20 * millimetre) < 0.1
    assert height / 2 < bottom < top < height


def test_a_picture_without_alternative_text_is_decoration() -> None:
    data = printed('<p>Tekst</p><img src="picture:ryg" alt=""/>')

    assert tree(data).outline == "Document(P)"
    assert artifacts(data) > 0


def test_words_in_another_language_say_so() -> None:
    made = read('<p>På <span lang="en">low back pain</span> dansk.</p><div lang="de"><p>Rücken</p></div>')

    assert made.find("Span")[0].properties["/Lang"] == "en"
    assert made.find("Div")[0].properties["/Lang"] == "de"


def test_an_abbreviation_says_its_long_form() -> None:
    made = read('<p><abbr title="Læsbarhedsindeks">LIX</abbr></p>')

    assert made.find("Span")[0].properties["/E"] == "Læsbarhedsindeks"


def test_a_head_cell_says_what_it_heads() -> None:
    made = read('<table><tr><th scope="col">Hoved</th><th scope="row" colspan="2">Side</th></tr></table>')

    assert [cell.properties for cell in made.find("TH")] == [
        {"/O": "/Table", "/Scope": "/Column"},
        {"/O": "/Table", "/Scope": "/Row", "/ColSpan": "2"},
    ]


def test_an_empty_cell_keeps_its_place() -> None:
    made = read("<table><tbody><tr><td></td><td>a</td></tr><tr><td>b</td><td></td></tr></tbody></table>")

    assert made.outline == "Document(Table(TBody(TR(TD TD) TR(TD TD))))"


def test_what_only_decorates_is_not_read() -> None:
    made = read('<p>Tekst</p><p aria-hidden="true">pynt</p>')

    assert made.text == "Tekst"


def test_no_annotation_is_left_but_links() -> None:
    data = printed("<p>Tekst uden links</p>")

    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/Annots" not in pdf.pages[0]
