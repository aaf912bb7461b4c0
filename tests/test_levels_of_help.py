"""Levels of help, planted in articles and read back from the finished files: heading, number and every word."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree, html

from tests.conftest import run_publish
from tests.makers import PUBLISH_TOML, write
from tests.pdf_reading import Element, tree

NUMBER = "70 12 34 99"
STEPS = "## Sådan gør du\n\n1. Sæt dig ned.\n2. Rejs dig langsomt op.\n3. Gentag ti gange."
FILLER = "\n\n".join(f"## Emne {n}\n\n{'Her står noget om svimmelhed i almindelighed. ' * 9}" for n in range(7))


@dataclass(frozen=True, slots=True)
class Planted:
    """A level of help in a source, and what must be read of it."""

    name: str
    markdown: str
    said: tuple[str, ...]
    """In the box, in this order: added words and the author's."""


PLANTED = (
    Planted(
        "marked-emergency",
        "::: {.ring-112}\n- ansigtet hænger i den ene side\n- du taler utydeligt\n:::",
        ("Ring 112, hvis …", "ansigtet hænger i den ene side", "du taler utydeligt"),
    ),
    Planted(
        "marked-out-of-hours",
        '::: {.lægevagt title="Om natten"}\nDu kan ikke holde væske i dig.\n:::',
        ("Ring til lægevagten", "Om natten", f"Lægevagten: {NUMBER}", "Du kan ikke holde væske i dig."),
    ),
    Planted(
        "marked-see-doctor",
        "> [!SØG-LÆGE]\n> Det varer i mere end to uger.",
        ("Søg læge, hvis …", "Det varer i mere end to uger."),
    ),
    Planted(
        "marked-caution",
        "> [!FORSIGTIG] På trapper\n> Hold fast i gelænderet.",
        ("Vær opmærksom", "På trapper", "Hold fast i gelænderet."),
    ),
    Planted(
        "found-emergency",
        "## Hvornår skal jeg søge hjælp?\n\nRing 112, hvis du pludselig:\n\n- ser dobbelt\n- mister kraften i en arm",
        ("Ring 112", "Hvornår skal jeg søge hjælp?", "Ring 112, hvis du pludselig:", "ser dobbelt", "mister kraften"),
    ),
    Planted(
        "found-out-of-hours",
        "Kontakt lægevagten, hvis du kaster op hele natten.",
        ("Ring til lægevagten", f"Lægevagten: {NUMBER}", "Kontakt lægevagten, hvis du kaster op hele natten."),
    ),
    Planted(
        "found-see-doctor",
        "## Hvornår bør man kontakte egen læge?\n\nNår det har varet en uge.",
        ("Søg læge", "Hvornår bør man kontakte egen læge?", "Når det har varet en uge."),
    ),
    Planted(
        "found-caution",
        "## Vær OBS – svimmelhed og trapper\n\nHold fast i gelænderet.",
        ("Vær OBS – svimmelhed og trapper", "Hold fast i gelænderet."),
    ),
)
MEDIA = ("handout", "short", "epub", "mail", "text")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("levels")
    toml = PUBLISH_TOML.replace("[newsletter]", f'out_of_hours = "{NUMBER}"\n\n[newsletter]', 1)
    write(project / "publish.toml", f'{toml}\n[handout]\nvariants = ["standard", "short"]\n')
    for planted in PLANTED:
        body = f"{STEPS}\n\n{FILLER}\n\n{planted.markdown}\n\n## Til sidst\n\nGod bedring."
        write(project / f"sources/{planted.name}.md", f"---\ntitle: Svimmelhed\nlead: Kort sagt.\n---\n\n{body}\n")
    ran = run_publish(project, "all")
    assert ran.report["summary"]["failed"] == 0, ran.out
    return project / "outputs"


def boxes(outputs: Path, name: str, medium: str) -> list[str]:
    """Return the words of each box that may be one of help, read from the finished file."""
    if medium in ("handout", "short"):
        suffix = ".short.pdf" if medium == "short" else ".pdf"
        return [element.text for element in innermost(tree((outputs / f"handout/{name}{suffix}").read_bytes()))]
    if medium == "epub":
        with zipfile.ZipFile(outputs / f"epub/{name}.epub") as book:
            chapter = next(each for each in book.namelist() if "chapter-001" in each)
            root = etree.fromstring(book.read(chapter))
        return [
            one_line("".join(box.itertext())) for box in root.iter("{*}section") if "callout" in box.get("class", "")
        ]
    if medium == "mail":
        root = html.document_fromstring((outputs / f"newsletter/{name}.html").read_bytes())
        return [one_line(box.text_content()) for box in root.iter("td") if (box.get("class") or "").startswith("box ")]
    return [one_line((outputs / f"newsletter/{name}.txt").read_text("utf-8"))]


def innermost(root: Element) -> list[Element]:
    return [section for section in root.find("Sect") if not section.find("Sect")]


def one_line(words: str) -> str:
    return " ".join(words.replace("\N{NO-BREAK SPACE}", " ").replace(" - ", " ").split())


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_each_level_comes_out_with_heading_number_and_every_word(outputs: Path, planted: Planted, medium: str) -> None:
    found = boxes(outputs, planted.name, medium)

    assert any(in_order(planted.said, words) for words in found), found


def in_order(said: tuple[str, ...], words: str) -> bool:
    at = 0
    for each in said:
        if (there := words.find(each, at)) < 0:
            return False
        at = there + len(each)
    return True


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_page_1_says_when_to_get_help_or_on_which_page(outputs: Path, planted: Planted) -> None:
    """A caution is not pointed to: it belongs to what it stands beside."""
    data = (outputs / f"handout/{planted.name}.pdf").read_bytes()
    document = tree(data)

    bands = [
        link.text
        for article in document.find("Art")
        for section in innermost(article)[:1]
        for link in section.find("Link")
    ]

    if "caution" in planted.name:
        assert not bands
    else:
        (band,) = bands
        page = int(band.rsplit(" ", 1)[1])
        assert page == page_of(data, planted.said[-1])


def page_of(data: bytes, words: str) -> int:
    """Return the last page that says these words: the first may be that of the band."""
    import pypdfium2

    pages = [one_line(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(data)]
    return max(number for number, shown in enumerate(pages, 1) if words in shown)
