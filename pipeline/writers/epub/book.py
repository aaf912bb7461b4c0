"""Builds all pages of a book from an edition: cover, front matter, chapters, back matter, navigation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from pipeline.errors import SourceError, StyleError, WriteError
from pipeline.findings import Finding, make_finding
from pipeline.model import Article, Edition, Picture
from pipeline.registry import note_rule
from pipeline.rendering.cover import draw_cover
from pipeline.rendering.fonts import FONT_FAMILY
from pipeline.rendering.markup import TITLE, Placed
from pipeline.validation.accessibility import AccessibilityCounts, count_accessibility
from pipeline.validation.epub import parse_xhtml
from pipeline.validation.epub_css import files_in_css, unsafe_css
from pipeline.writers import Facts, Job, Need, Rendition
from pipeline.writers.epub.chapters import (
    REFERENCES_FILE,
    Chapter,
    ChapterRenderer,
    NavEntry,
    PageBreaks,
    PartPage,
    chapter_toc,
    chapters_of,
    web_address,
)
from pipeline.writers.epub.container import ManifestItem, Package
from pipeline.writers.epub.font_subset import fonts_needed, subset_font
from pipeline.writers.epub.glossary import glossary_terms
from pipeline.writers.epub.imprint import ImprintRow, article_rows, byline, publisher_rows, series_rows
from pipeline.writers.epub.package_metadata import book_identifier, collections_of, metadata_entries

if TYPE_CHECKING:
    from lxml import etree

PICTURE_PX = 1600
PICTURE_BYTES = 1_500_000
FALLBACK_DATE = date(1980, 1, 1)
XHTML_MEDIA_TYPE = "application/xhtml+xml"
COVER_FILE = "pictures/cover.png"
STYLE_SHEETS = ("fonts.css", "book.css", "dark.css")


@dataclass(frozen=True, slots=True)
class BookPage:
    """A finished page."""

    name: str
    title: str
    markup: bytes
    root: etree._Element
    landmark: str = ""
    """What readers call this place: cover, titlepage, bodymatter …"""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place that readers offer a button for."""

    kind: str
    title: str
    href: str


def book_need(picture: Picture) -> Need:
    """Return the size in which a book holds a picture."""
    return Need(picture, PICTURE_PX, PICTURE_BYTES)


class BookBuilder:
    """A book in the making: what its pages gather on the way is what its navigation and metadata say."""

    def __init__(self, edition: Edition, job: Job) -> None:
        self.edition = edition
        self.job = job
        self.words = job.words
        self.findings: list[Finding] = []
        self.printed = job.facts.get("handout", Facts())
        self.marks = PageBreaks(self.printed.page_of)
        self.pictures: dict[str, Rendition] = {}
        """By name in the book, those that are shown; pictures with equal bytes are stored once."""
        self.urgent: list[NavEntry] = []
        self.references: list[Markup] = []
        self.counted = AccessibilityCounts()
        self.chapters = chapters_of(edition)
        self.identifier = book_identifier(job.publisher, edition)
        self._following = {chapter.name: following for chapter, following in pairwise(self.chapters)}
        self._by_address = {
            chapter.article.address.rstrip("/"): chapter for chapter in self.chapters if chapter.article.address
        }

    @note_rule(
        "epub-pages",
        "The e-book has no page numbers, because it has no printed handout to follow.",
        "An article whose handout failed",
        "See why the handout failed; both are made together.",
    )
    def package(self) -> Package:
        """Return the whole book.

        Raises:
            SourceError: There is nothing to read in it.
        """
        source = self.edition.front.source
        if not self.chapters:
            raise SourceError("the edition has nothing to read", source=source)
        if not self.marks.page_of:
            self.findings.append(make_finding("epub-pages", source, 0, "no printed handout to take page numbers from"))
        body = list(self.body_pages())
        front, back = (self.cover_page(), *self.front_pages()), (*self.back_pages(), self.colophon_page())
        nav = self.navigation_page([*front, *body, *back])
        pages = [*front, nav, *body, *back]
        sheets, fonts = self.styles(page.root for page in pages)
        self.counted = count_accessibility((page.root for page in pages), (sheet.data.decode() for sheet in sheets))
        return Package(
            self.identifier,
            self.edition.front.title,
            self.edition.front.language,
            self.modified(),
            metadata_entries(self.edition, self.job, self.counted),
            (
                # One article's contents are its headings: as a page to read they would only be in the way.
                *(self.item(page, is_read=page is not nav or self.edition.is_bound) for page in pages),
                ManifestItem("ncx", "toc.ncx", "application/x-dtbncx+xml", self.ncx(pages)),
                *sheets,
                *fonts,
                *self.picture_items(),
            ),
        )

    @note_rule(
        "epub-undated",
        "An e-book must state when it was last changed, and no article in it has a date.",
        "An article without `published`, `updated` and `reviewed`",
        "Add `published:` to the front matter.",
    )
    def modified(self) -> date:
        """Return the newest date of anything in the book, or a fixed one: the clock is not asked."""
        if self.edition.changed:
            return self.edition.changed
        self.findings.append(
            make_finding("epub-undated", self.edition.front.source, 0, "no date is stated, and an e-book must have one")
        )
        return FALLBACK_DATE

    # ---- pages

    def page(self, name: str, template: str, title: str, *, kind: str, matter: str = "frontmatter", landmark: str = "",
             language: str = "", source: str = "", **values: object) -> BookPage:  # fmt: skip
        """Return a page, filled and parsed strictly: EbookLib's own parser hides broken markup."""
        markup = self.job.styles.render(
            f"epub/{template}.xhtml.j2",
            title=title,
            kind=kind,
            matter=matter,
            language=language or self.edition.front.language,
            sheets=self.sheet_names,
            words=self.words,
            publisher=self.job.publisher,
            **values,
        ).encode()
        try:
            return BookPage(name, title, markup, parse_xhtml(markup), landmark)
        except ValueError as error:
            raise WriteError(f"{name} is {error}", source=source or self.edition.front.source) from error

    def cover_page(self) -> BookPage:
        title = self.words["epub_cover"]
        name = self.job.publisher.name
        told = f"{title}: {self.edition.front.title}" + (f", {name}" if name else "")
        return self.page(
            "cover.xhtml", "cover", title, kind="cover", landmark="cover", picture=COVER_FILE, alternative=told
        )

    def front_pages(self) -> tuple[BookPage, ...]:
        """Return what stands before the chapters of a bound book."""
        if not self.edition.is_bound:
            return ()
        front = self.edition.front
        title = self.page(
            "titlepage.xhtml", "titlepage", front.title, kind="titlepage", landmark="titlepage",
            lead=front.lead, byline=byline(front, self.words),
        )  # fmt: skip
        return (title, self.urgent_page()) if self.urgent else (title,)

    def back_pages(self) -> tuple[BookPage, ...]:
        """Return what follows the chapters of a bound book: its references, and the words that it explains."""
        if not self.edition.is_bound:
            return ()
        pages = []
        if self.references:
            title = self.words["references"]
            pages.append(
                self.page(
                    REFERENCES_FILE, "references", title, kind="back", matter="backmatter", landmark="bibliography",
                    lists=self.references,
                )
            )  # fmt: skip
        if defined := glossary_terms(self.chapters, self.edition.front.language):
            title = self.words["epub_glossary"]
            pages.append(
                self.page(
                    "glossary.xhtml", "glossary", title, kind="glossary", matter="backmatter", landmark="glossary",
                    terms=defined,
                )
            )  # fmt: skip
        return tuple(pages)

    def body_pages(self) -> Iterator[BookPage]:
        """Yield the chapters, each part's own page before its first."""
        part: PartPage | None = None
        for chapter in self.chapters:
            if chapter.part and chapter.part != part:
                yield self.part_page(chapter.part)
            part = chapter.part
            yield self.chapter_page(chapter)

    def part_page(self, part: PartPage) -> BookPage:
        inside = [chapter for chapter in self.chapters if chapter.part == part]
        return self.page(
            part.name, "part", part.title, kind="part", matter="bodymatter",
            opening_mark=self.marks.begin(self.marks.page(part.id, inside[0].prefix + TITLE), part.name),
            chapters=[NavEntry(chapter.article.title, chapter.name) for chapter in inside],
        )  # fmt: skip

    def urgent_page(self) -> BookPage:
        """Return the list of all boxes that say when to see a doctor, by chapter."""
        entries = []
        for chapter in self.chapters:
            below = tuple(place for place in self.urgent if place.href.startswith(f"{chapter.name}#"))
            if below:
                entries.append(NavEntry(chapter.article.title, chapter.name, below))
        return self.page("urgent.xhtml", "urgent", self.words["epub_urgent"], kind="urgent", entries=entries)

    def chapter_page(self, chapter: Chapter) -> BookPage:
        article = chapter.article
        is_preface = self.edition.is_bound and article is self.edition.front
        renderer = ChapterRenderer(
            chapter,
            self.words,
            self.place,
            chapters=self._by_address,
            marks=self.marks,
            last_page=self.last_page(chapter),
        )
        # In the order of reading: marks of printed pages and numbers of notes are counted on the way.
        opening_mark = renderer.opening_mark()
        hero = renderer.hero(article.hero) if article.hero else Markup("")
        blocks = renderer.article(article)
        notes = renderer.notes()
        self.urgent += renderer.urgent
        self.references += renderer.moved
        self.findings += renderer.findings
        role: Literal["preface", "chapter"] = "preface" if is_preface else "chapter"
        return self.page(
            chapter.name,
            "chapter",
            self.words["epub_preface"] if is_preface else article.title,
            kind=role,
            matter="bodymatter",
            language=article.language,
            source=article.source,
            role=role,
            title_id=chapter.prefix + TITLE,
            title_is_added=is_preface,
            opening_mark=opening_mark,
            lead="" if is_preface else article.lead,
            byline="" if is_preface else byline(article, self.words),
            hero=hero,
            key_points=article.meta.key_points,
            meta=article.meta,
            blocks=blocks,
            notes=notes,
            related=self.related(article),
            rows=article_rows(article, self.words) if self.edition.is_bound and not is_preface else (),
        )

    def last_page(self, chapter: Chapter) -> int:
        """Return the printed page on which a chapter ends; 0 where that is not known."""
        following = self._following.get(chapter.name)
        if following is None:
            return self.printed.pages if self.printed.page_of else 0
        opens_part = following.part is not None and following.part != chapter.part
        part_ids = (following.part.id,) if following.part and opens_part else ()
        return max(0, self.marks.page(*part_ids, following.prefix + TITLE) - 1)

    def colophon_page(self) -> BookPage:
        front = self.edition.front
        title = self.words["epub_colophon" if self.edition.is_bound else "epub_about_article"]
        return self.page(
            "colophon.xhtml", "colophon", title, kind="colophon", matter="backmatter", landmark="colophon",
            rows=(
                ImprintRow(self.words["epub_title"], front.title),
                *series_rows(collections_of(self.edition, self.job), self.words),
                *article_rows(front, self.words),
            ),
            publisher_rows=publisher_rows(self.job.publisher, self.words),
        )  # fmt: skip

    # ---- navigation

    def contents(self, pages: Iterable[BookPage]) -> tuple[NavEntry, ...]:
        """Return the table of contents: parts, chapters with their headings, and what else there is to read."""
        of_chapter = {chapter.name: chapter_toc(chapter, self.words) for chapter in self.chapters}
        left_out = ("cover.xhtml", "titlepage.xhtml", "nav.xhtml")
        part_of = {chapter.name: chapter.part.name for chapter in self.chapters if chapter.part}
        places: dict[str, NavEntry] = {}
        for page in pages:
            if page.name in left_out:
                continue
            place = NavEntry(page.title, page.name, of_chapter.get(page.name, ()))
            if part := places.get(part_of.get(page.name, "")):
                places[part.href] = replace(part, below=(*part.below, place))
            else:
                places[page.name] = place
        return tuple(places.values())

    def navigation_page(self, pages: list[BookPage]) -> BookPage:
        title = self.words["epub_contents"]
        # Landmarks may only lead to what has its turn in the reading order.
        toc = [Landmark("toc", title, "nav.xhtml")] if self.edition.is_bound else []
        start = Landmark("bodymatter", self.words["epub_start"], self.chapters[0].name)
        named = {page.name: Landmark(page.landmark, page.title, page.name) for page in pages if page.landmark}
        before = [named.pop(name) for name in ("cover.xhtml", "titlepage.xhtml") if name in named]
        return self.page(
            "nav.xhtml", "nav", title, kind="contents",
            contents=self.contents(pages), pages=self.marks.page_list,
            landmarks=(*before, *toc, start, *named.values()),
        )  # fmt: skip

    def ncx(self, pages: list[BookPage]) -> bytes:
        """Return the contents in the form of EPUB 2, which older readers ask for."""
        contents = self.contents(pages)
        return self.job.styles.render(
            "epub/toc.ncx.j2",
            language=self.edition.front.language,
            identifier=self.identifier,
            title=self.edition.front.title,
            depth=_toc_depth(contents),
            contents=contents,
            pages=self.marks.page_list,
            words=self.words,
        ).encode()

    def related(self, article: Article) -> tuple[NavEntry, ...]:
        """Return what to read next: in the book where the book has it, else on the web."""
        places = []
        for entry in article.meta.related:
            target = self._by_address.get(entry.address.rstrip("/"))
            if href := target.name if target else web_address(entry.address):
                places.append(NavEntry(entry.title, href))
            else:
                told = f"the related article {entry.title!r} has no address that leads anywhere: {entry.address!r}"
                self.findings.append(make_finding("epub-link-dead", article.source, entry.line, told))
        return tuple(places)

    # ---- what pages ask for

    def place(self, picture: Picture) -> Placed | None:
        """Return where a picture lies in the book; None where it turned out broken."""
        rendition = self.job.pictures.get(book_need(picture))
        if rendition is None:
            return None
        name = f"pictures/{hashlib.sha256(rendition.data).hexdigest()[:16]}{rendition.suffix}"
        self.pictures[name] = rendition
        return Placed(name, rendition.width_px, rendition.height_px)

    @cached_property
    def sheet_names(self) -> tuple[str, ...]:
        return STYLE_SHEETS if self.job.options.typeface == "embedded" else STYLE_SHEETS[1:]

    def styles(self, roots: Iterable[etree._Element]) -> tuple[tuple[ManifestItem, ...], tuple[ManifestItem, ...]]:
        """Return the style sheets and the fonts that they name."""
        cuts, characters = fonts_needed(roots)
        texts = {name: self.job.styles.text(f"epub/{name}") for name in STYLE_SHEETS[1:]}
        fonts: tuple[ManifestItem, ...] = ()
        if "fonts.css" in self.sheet_names:
            texts["fonts.css"] = self.job.styles.render("epub/fonts.css.j2", cuts=cuts, family=FONT_FAMILY)
            fonts = tuple(
                ManifestItem(f"font-{cut}", f"fonts/{cut}.ttf", "font/ttf", subset_font(cut, characters))
                for cut in cuts
            )
        for name, sheet in texts.items():
            _check_style_sheet(name, sheet, {font.name for font in fonts})
        sheets = tuple(
            ManifestItem(name.replace(".", "-"), name, "text/css", texts[name].encode()) for name in self.sheet_names
        )
        return sheets, fonts

    def picture_items(self) -> tuple[ManifestItem, ...]:
        cover = draw_cover(
            self.edition.front.title,
            self.job.publisher.name,
            self.words["epub_kicker"],
            self.job.options.cover_colour,
        )
        return (
            ManifestItem("cover-image", COVER_FILE, "image/png", cover, ("cover-image",)),
            *(
                ManifestItem(f"picture-{number}", name, rendition.media_type, rendition.data)
                for number, (name, rendition) in enumerate(self.pictures.items(), 1)
            ),
        )

    def item(self, page: BookPage, *, is_read: bool) -> ManifestItem:
        properties = ("nav",) if page.name == "nav.xhtml" else ()
        return ManifestItem(
            page.name.removesuffix(".xhtml"), page.name, XHTML_MEDIA_TYPE, page.markup, properties, is_read
        )


def _check_style_sheet(name: str, sheet: str, files: Collection[str]) -> None:
    """Refuse style that older readers stumble over, or that names a file which is not in the book.

    A project may have put its own in the place of ours.
    """
    source = f"styles/epub/{name}.j2" if name == "fonts.css" else f"styles/epub/{name}"
    for line, what in unsafe_css(sheet):
        raise StyleError(
            f"{what}, which older readers cannot take", source=source, line=line,
            hint="plain CSS only; media queries stand in dark.css",
        )  # fmt: skip
    for line, address in files_in_css(sheet):
        if address not in files and not address.lower().startswith("data:"):
            raise StyleError(
                f"{address!r} is no file of the book", source=source, line=line,
                hint="style may name the book's own fonts; write a small picture into it, as a data: address",
            )  # fmt: skip


def _toc_depth(places: tuple[NavEntry, ...]) -> int:
    return 1 + max((_toc_depth(place.below) for place in places), default=0) if places else 0
