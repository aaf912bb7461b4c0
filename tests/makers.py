"""Makers of small real things for tests: articles, pictures, jobs."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw

from pipeline.config import Publisher
from pipeline.model import (
    Article,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    DefinitionList,
    Edition,
    EditionContents,
    EditionPart,
    Emph,
    Figure,
    Header,
    HorizontalRule,
    Image,
    Inline,
    LineBreak,
    Link,
    ListedArticle,
    Metadata,
    Note,
    OrderedList,
    Para,
    Picture,
    Plain,
    References,
    Related,
    Space,
    Span,
    Str,
    Strong,
    Subscript,
    Table,
)
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.writers import Facts, Job, Need, Rendition, Writer

PUBLISH_TOML = """
[publisher]
name = "Klinik Eksempel"
website = "https://klinik.example"
address = "Eksempelvej 1, 8000 Aarhus C"
email = "kontakt@klinik.example"
cvr = "12345674"
privacy = "https://klinik.example/privatliv"

[newsletter]
reason = "Du har tilmeldt dig."
unsubscribe = "https://klinik.example/afmeld"
"""
"""A `publish.toml` that says all that the law asks of a newsletter."""
CLINIC = Publisher(
    name="Klinik Eksempel",
    language="da",
    website="https://klinik.example",
    address="Eksempelvej 1, 8000 Aarhus C",
    phone="70 12 34 56",
    email="kontakt@klinik.example",
    cvr="12345674",
    logo="styles/brand/logo.svg",
    privacy="https://klinik.example/privatliv",
)


def words_in(text: str) -> tuple[Inline, ...]:
    """Return text as inlines, words apart."""
    inlines: list[Inline] = []
    for word in text.split(" "):
        inlines += [Str(word), Space()] if word else []
    return tuple(inlines[:-1])


def para(text: str, line: int = 1) -> Para:
    return Para(words_in(text), line)


def plain(text: str) -> Plain:
    return Plain(words_in(text))


def header(text: str, level: int = 2, line: int = 1) -> Header:
    return Header(level, words_in(text), re.sub(r"\W+", "-", text.lower()).strip("-"), line)


PICTURE = Picture("sources/images/ryg.png", hashlib.sha256(b"ryg").hexdigest(), 1200, 800, "image/png")


def article(**changes: Any) -> Article:
    """Return a short article; `changes` are fields of `Article` or of its `Metadata`."""
    made = Article(
        id="blog/ondt-i-ryggen",
        source="sources/blog/ondt-i-ryggen.md",
        meta=Metadata(
            title="Ondt i ryggen",
            language="da",
            description="Sådan holder du ryggen i gang, når den gør ondt, og sådan ved du, hvornår du skal søge læge.",
            subject="Ondt i ryggen",
            published=date(2026, 3, 2),
            updated=date(2026, 5, 14),
            address="https://klinik.example/blog/ondt-i-ryggen",
        ),
        blocks=(header("Hold dig i gang"), para("Bevægelse hjælper mere end hvile.")),
    )
    return changed(made, **changes)


def changed(made: Article, **changes: Any) -> Article:
    """Return an article with other fields of its own or of its metadata."""
    own = {name: value for name, value in changes.items() if name in Article.__dataclass_fields__}
    about = {name: value for name, value in changes.items() if name not in own}
    return replace(made, **{"meta": replace(made.meta, **about)} | own)


def contents(ids: Iterable[str], parts: tuple[EditionPart, ...] = (), **lengths: Any) -> EditionContents:
    """Return what an edition lists.

    Args:
        lengths: By id, with `_` for `/` and `-`: how much a newsletter shows of it.
    """
    listed = (ListedArticle(id_, length=lengths.get(re.sub(r"\W", "_", id_), "")) for id_ in ids)
    return EditionContents(tuple(listed), parts)


def everything() -> Article:
    """Return an article with every kind of block and inline."""
    note = Note((para("En fodnote med et tal: 12 %."),), 30)
    rich: tuple[Inline, ...] = (
        *words_in("Tekst med"), Space(), Emph(words_in("fremhævet ord")), Str(","), Space(),
        Strong(words_in("fed skrift")), Space(), Str("og"), Space(),
        Link((Strong(words_in("et fedt link")),), "https://sundhed.example/ryg", 12), Str("."), note, Space(),
        *words_in("H"), Subscript(words_in("2")), *words_in("O og"), Space(), Code("kode"), Space(),
        Span(words_in("low back pain"), language="en"), Space(), Span(words_in("LIX"), title="Læsbarhedsindeks"),
        LineBreak(), *words_in("Ny linje → ✔ ≤ ≥ · 3–4 „citat“."), Space(),
        Link(words_in("Hop"), "#søg-hjælp", 13),
    )  # fmt: skip
    return article(
        lead="Ryggen har bedst af at blive brugt. Her får du råd, der virker.",
        reviewed=date(2026, 6, 1),
        reviewed_by="Anna Prøve, fysioterapeut",
        authors=("Bo Eksempel",),
        key_points=("Hold dig i gang.", "Smerter er sjældent farlige.", "Søg læge ved alarmtegn."),
        hero=Figure(Image(PICTURE, "En person strækker ryggen", 5), (), 5),
        tags=("ryg",),
        related=(Related("Søvn og smerter", "https://klinik.example/blog/soevn"),),
        blocks=(
            para("En indledning, der fylder lidt mere end en enkelt linje, så man kan se, hvordan den brydes.", 8),
            header("Hvad kan du selv gøre?", 2, 10),
            Para(rich, 12),
            BulletList(
                (
                    (plain("Gå en tur"), OrderedList(((plain("først kort"),), (plain("så længere"),)), 3)),
                    (plain("Lav øvelser"),),
                ),
                14,
            ),
            OrderedList(((para("Løst punkt."), para("Med to afsnit.")), (para("Et til."),)), 1, 18),
            header("En tabel", 3, 20),
            Table(
                (Cell(words_cell("Vane")), Cell(words_cell("Hvorfor")), Cell(words_cell("Antal"), "right")),
                (
                    (Cell(words_cell("Gå")), Cell(words_cell("Det gør ryggen smidig")), Cell(words_cell("2"), "right")),
                    (Cell(words_cell("Sov")), Cell(()), Cell((Plain((Str("8"), note)),), "right")),
                ),
                line=22,
            ),
            Figure(
                Image(replace(PICTURE, path="sources/images/b.png", sha256="b" * 64), "To øvelser", 26),
                words_in("Øvelserne."),
                26,
            ),
            BlockQuote((para("Den bedste stilling er den næste."),), 28),
            HorizontalRule(29),
            DefinitionList(((words_in("Lænd"), ((plain("Den nederste del af ryggen."),),)),), 31),
            header("Søg hjælp", 2, 33),
            Callout(
                "see-doctor",
                (para("Søg læge, hvis du"), BulletList(((plain("får feber"),), (plain("mister følesans"),)))),
                line=34,
            ),
            Callout("tip", (para("Skift stilling tit."),), words_in("Et råd"), 40),
            References(
                (),
                (OrderedList(((plain("Sundhedsstyrelsen, 2019."),), (plain("Lancet, 2018."),))),),
                "referencer",
                44,
            ),
        ),
    )  # fmt: skip


def words_cell(text: str) -> tuple[Plain, ...]:
    return (plain(text),)


def rendition(need: Need) -> Rendition:
    """Return a real picture, drawn for the need."""
    width = min(need.width_px, need.picture.width_px)
    height = max(1, round(width * need.picture.height_px / need.picture.width_px))
    drawn = Pillow.new("RGB", (width, height), "#dfe9e4")
    ImageDraw.Draw(drawn).ellipse((width * 0.3, height * 0.2, width * 0.7, height * 0.8), fill="#2b6a5b")
    data = io.BytesIO()
    drawn.save(data, "JPEG", quality=85)
    return Rendition(data.getvalue(), "image/jpeg", width, height)


def single(made: Article | None = None) -> Edition:
    made = made or article()
    return Edition(made, (made,))


def job(
    writer: Writer, edition: Edition, *, options: Any = None, facts: Facts | None = None, publisher: Publisher = CLINIC
) -> Job:
    """Return all that a writer needs for an edition, with the packaged styles."""
    options = options or writer.Options()
    styles = Styles((packaged_styles(),))
    return Job(
        publisher,
        options,
        styles,
        load_words(styles, edition.front.language),
        {need: rendition(need) for need in writer.needs(edition, options)},
        {name: facts or Facts() for name in writer.facts_from},
    )


def usual_environment() -> dict[str, str]:
    """Return the environment of a run as a person has it: CI machines may tell Python to keep no compiled modules.

    Then every process of a run compiles its libraries anew, which takes longer than all its work.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "CI": "true", "PYTHONPATH": str(Path(__file__).parents[1])}


def write(path: Path, content: str | bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def picture_file(width: int = 800, height: int = 500) -> bytes:
    """Return a PNG file with a drawing on a clear ground."""
    drawn = Pillow.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).ellipse((width // 4, height // 4, width // 2, height // 2), fill="#1a5a4b")
    data = io.BytesIO()
    drawn.save(data, "PNG")
    return data.getvalue()
