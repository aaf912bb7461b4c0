"""Builds all pages of a book from an edition: cover, front matter, chapters, back matter, navigation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from lxml import etree
from markupsafe import Markup

from pipeline.errors import SourceError, StyleError, WriteError
from pipeline.findings import Finding, make_finding
from pipeline.model import URGENT_KINDS, Article, Edition, Picture, images
from pipeline.rendering.cover import Cover, draw_cover
from pipeline.rendering.fonts import FONT_FAMILY, FONT_STYLES, FontStyle, subset_font
from pipeline.rendering.markup import TITLE, Placed
from pipeline.validation.accessibility import XHTML_NS, AccessibilityCounts, count_accessibility
from pipeline.validation.epub import XHTML_TYPE, files_in_css, parse_xhtml, unsafe_css
from pipeline.writers import Facts, Job, Rendition
from pipeline.writers.epub import back_matter, chapters
from pipeline.writers.epub.package import (
    ManifestItem,
    Package,
    book_identifier,
    collections_of,
    metadata_entries,
    release_time,
)
from pipeline.writers.logo import find_logo

FALLBACK_DATE = date(1980, 1, 1)
COVER_FILE = "pictures/cover.jpg"
STYLE_SHEETS = ("fonts.css", "book.css", "wide.css", "dark.css")
ITALIC_TAGS = tuple(XHTML_NS + tag for tag in ("em", "i", "cite"))
BOLD_TAGS = tuple(XHTML_NS + tag for tag in ("strong", "b", "th", "dt", "h1", "h2", "h3", "h4"))
PAGE_KINDS = {
    "cover": ("cover", "frontmatter", "cover"),
    "titlepage": ("titlepage", "frontmatter", "titlepage"),
    "nav": ("contents", "frontmatter", ""),
    "urgent": ("urgent", "frontmatter", ""),
    "part": ("part", "bodymatter", ""),
    "chapter": ("chapter", "bodymatter", ""),
    "references": ("back", "backmatter", "bibliography"),
    "glossary": ("glossary", "backmatter", "glossary"),
    "colophon": ("colophon", "backmatter", "colophon"),
}
"""Kind, division of the book and landmark of a page, by template; empty: no landmark."""


@dataclass(frozen=True, slots=True)
class BookPage:
    name: str
    title: str
    markup: bytes
    root: etree._Element
    landmark: str = ""
    """Its epub:type in the landmarks; empty: none."""


class BookBuilder:
    """Builds a book; rendering the pages collects the data for navigation and metadata."""

    def __init__(self, edition: Edition, job: Job) -> None:
        self.edition = edition
        self.job = job
        self.words = job.words
        self.findings: list[Finding] = []
        self.printed = job.facts.get("handout", Facts())
        self.page_breaks = chapters.PageBreaks(self.printed.page_of)
        self.pictures: dict[str, Rendition] = {}
        """Pictures shown, by name in the book; equal pictures are stored once."""
        self.urgent: list[chapters.UrgentBox] = []
        self.references: list[Markup] = []
        self.counted = AccessibilityCounts()
        self.chapters = chapters.chapters_of(edition)
        self.identifier = book_identifier(job.publisher, edition.id)
        self._following = {chapter.name: following for chapter, following in pairwise(self.chapters)}
        self._by_address = {
            chapter.article.address.rstrip("/"): chapter for chapter in self.chapters if chapter.article.address
        }

    def package(self) -> Package:
        """Return the whole book.

        Raises:
            SourceError: It has no content.
        """
        source = self.edition.front.source
        if not self.chapters:
            raise SourceError("the edition has nothing to read", source=source)
        if not self.page_breaks.page_of:
            self.findings.append(make_finding("epub-pages", source, 0, "no printed handout to take page numbers from"))
        body = list(self.body_pages())
        before, after = (self.cover_page(), *self.front_pages()), (*self.back_pages(), self.colophon_page())
        nav = self.navigation_page([*before, *body, *after])
        pages = [*before, nav, *body, *after]
        sheets, fonts = self.styles(page.root for page in pages)
        self.counted = count_accessibility((page.root for page in pages), (sheet.data.decode() for sheet in sheets))
        items = (
            # In a book of one article the navigation is not a page to read.
            *(
                ManifestItem(
                    page.name.removesuffix(".xhtml"),
                    page.name,
                    XHTML_TYPE,
                    page.markup,
                    ("nav",) if page is nav else (),
                    is_read=page is not nav or self.edition.is_bound,
                )
                for page in pages
            ),
            ManifestItem("ncx", "toc.ncx", "application/x-dtbncx+xml", self.ncx(pages)),
            *sheets,
            *fonts,
            *self.picture_items(),
        )
        entries = metadata_entries(self.edition, self.job, self.counted)
        front, modified = self.edition.front, release_time(self.day(), entries, items)
        return Package(self.identifier, front.title, front.language, modified, entries, items)

    def day(self) -> date:
        """Return the newest date of the book, or a fixed one, never the current date."""
        if not self.edition.changed:
            message = "no date is stated, and an e-book must have one"
            self.findings.append(make_finding("epub-undated", self.edition.front.source, 0, message))
        return self.edition.changed or FALLBACK_DATE

    # ---- pages

    def page(self, name: str, template: str, title: str, source: str = "", **values: object) -> BookPage:
        """Return a page, rendered and parsed strictly: EbookLib's own parser hides broken markup."""
        kind, matter, landmark = PAGE_KINDS[template]
        values = {
            "title": title,
            "kind": kind,
            "matter": matter,
            "language": self.edition.front.language,
            "sheets": self.sheet_names,
            "words": self.words,
            "publisher": self.job.publisher,
            **values,
        }
        markup = self.job.styles.render(f"epub/{template}.xhtml.j2", **values).encode()
        try:
            return BookPage(name, title, markup, parse_xhtml(markup), landmark)
        except ValueError as error:
            raise WriteError(f"{name} is {error}", source=source or self.edition.front.source) from error

    def cover_page(self) -> BookPage:
        title = self.words["epub_cover"]
        name = self.job.publisher.name
        alternative = f"{title}: {self.edition.front.title}" + (f", {name}" if name else "")
        return self.page("cover.xhtml", "cover", title, picture=COVER_FILE, alternative=alternative)

    def front_pages(self) -> tuple[BookPage, ...]:
        if not self.edition.is_bound:
            return ()
        front = self.edition.front
        author_line = back_matter.byline(front, self.words)
        title = self.page("titlepage.xhtml", "titlepage", front.title, lead=front.lead, byline=author_line)
        return (title, self.urgent_page()) if self.urgent else (title,)

    def back_pages(self) -> tuple[BookPage, ...]:
        """Return the pages after the chapters of a bound book: references and glossary."""
        if not self.edition.is_bound:
            return ()
        pages = []
        if self.references:
            title = self.words["references"]
            pages.append(self.page(chapters.REFERENCES_FILE, "references", title, lists=self.references))
        if terms := back_matter.glossary_terms(self.chapters, self.edition.front.language):
            pages.append(self.page("glossary.xhtml", "glossary", self.words["epub_glossary"], terms=terms))
        return tuple(pages)

    def body_pages(self) -> Iterator[BookPage]:
        """Yield the chapters; the page of a part comes before its first chapter."""
        part: chapters.PartPage | None = None
        for chapter in self.chapters:
            if chapter.part and chapter.part != part:
                yield self.part_page(chapter.part)
            part = chapter.part
            yield self.chapter_page(chapter)

    def part_page(self, part: chapters.PartPage) -> BookPage:
        inside = [chapter for chapter in self.chapters if chapter.part == part]
        return self.page(
            part.name,
            "part",
            part.title,
            opening_mark=self.page_breaks.mark(self.page_breaks.page(part.id, inside[0].prefix + TITLE), part.name),
            chapters=[chapters.NavEntry(chapter.article.title, chapter.name) for chapter in inside],
        )

    def urgent_page(self) -> BookPage:
        """Return the signs to act on: those of all chapters, by level of help."""
        levels = [
            {
                "kind": kind,
                "name": self.words[f"help_{kind}".replace("-", "_")],
                "boxes": [
                    {"chapter": box.chapter.article.title, "href": box.href, "title": box.title, "lines": box.lines}
                    for box in self.urgent
                    if box.kind == kind
                ],
            }
            for kind in URGENT_KINDS
            if any(box.kind == kind for box in self.urgent)
        ]
        return self.page("urgent.xhtml", "urgent", self.words["epub_urgent"], levels=levels)

    def chapter_page(self, chapter: chapters.Chapter) -> BookPage:
        article = chapter.article
        is_preface = self.edition.is_bound and article is self.edition.front
        words = self.job.words_of(article)
        renderer = chapters.ChapterRenderer(
            chapter,
            words,
            self.place,
            chapters=self._by_address,
            page_breaks=self.page_breaks,
            doctor_on_call=self.job.publisher.doctor_on_call(article.language),
        )
        # In reading order, since page breaks and notes are numbered while rendering.
        opening_mark = renderer.opening_mark()
        hero = renderer.hero(article.hero) if article.hero else Markup("")
        blocks = renderer.article(article, self.last_page(chapter))
        notes = renderer.notes()
        self.urgent += renderer.urgent
        self.references += renderer.moved
        self.findings += renderer.findings
        role = "preface" if is_preface else "chapter"
        return self.page(
            chapter.name,
            "chapter",
            self.words["epub_preface"] if is_preface else article.title,
            article.source,
            kind=role,
            role=role,
            language=article.language,
            title_id=chapter.prefix + TITLE,
            title_is_added=is_preface,
            opening_mark=opening_mark,
            lead="" if is_preface else article.lead,
            byline="" if is_preface else back_matter.byline(article, words),
            hero=hero,
            key_points=article.meta.key_points,
            meta=article.meta,
            words=words,
            added=renderer.added(),
            blocks=blocks,
            notes=notes,
            related=self.related(article),
            rows=back_matter.article_rows(article, words) if self.edition.is_bound and not is_preface else (),
        )

    def last_page(self, chapter: chapters.Chapter) -> int:
        """Return the printed page on which a chapter ends; 0: unknown."""
        following = self._following.get(chapter.name)
        if following is None:
            return self.printed.pages if self.printed.page_of else 0
        opens_part = following.part is not None and following.part != chapter.part
        part_ids = (following.part.id,) if following.part and opens_part else ()
        return max(0, self.page_breaks.page(*part_ids, following.prefix + TITLE) - 1)

    def colophon_page(self) -> BookPage:
        front = self.edition.front
        return self.page(
            "colophon.xhtml",
            "colophon",
            self.words["epub_colophon" if self.edition.is_bound else "epub_about_article"],
            rows=(
                back_matter.ImprintRow(self.words["epub_title"], front.title),
                *back_matter.series_rows(collections_of(self.edition, self.job), self.words),
                *back_matter.article_rows(front, self.words),
            ),
            publisher_rows=back_matter.publisher_rows(self.job.publisher, self.words),
        )

    # ---- navigation

    def contents(self, pages: Iterable[BookPage]) -> tuple[chapters.NavEntry, ...]:
        """Return the table of contents to two levels: parts, chapters and their sections, and other pages."""
        of_chapter = {
            chapter.name: chapters.chapter_toc(chapter, self.job.words_of(chapter.article))
            for chapter in self.chapters
            if not chapter.part
        }
        left_out = ("cover.xhtml", "titlepage.xhtml", "nav.xhtml")
        part_of = {chapter.name: chapter.part.name for chapter in self.chapters if chapter.part}
        places: dict[str, chapters.NavEntry] = {}
        for page in pages:
            if page.name in left_out:
                continue
            place = chapters.NavEntry(page.title, page.name, of_chapter.get(page.name, ()))
            if part := places.get(part_of.get(page.name, "")):
                places[part.href] = replace(part, below=(*part.below, place))
            else:
                places[page.name] = place
        return tuple(places.values())

    def navigation_page(self, pages: list[BookPage]) -> BookPage:
        title = self.words["epub_contents"]
        landmarks = [(page.landmark, page.title, page.name) for page in pages if page.landmark]
        start = sum(kind in ("cover", "titlepage") for kind, _, _ in landmarks)
        landmarks.insert(start, ("bodymatter", self.words["epub_start"], self.chapters[0].name))
        if self.edition.is_bound:  # otherwise the navigation is not in the reading order, as landmarks must be
            landmarks.insert(start, ("toc", title, "nav.xhtml"))
        return self.page(
            "nav.xhtml",
            "nav",
            title,
            contents=self.contents(pages),
            pages=self.page_breaks.page_list,
            landmarks=[{"kind": kind, "title": label, "href": name} for kind, label, name in landmarks],
        )

    def ncx(self, pages: list[BookPage]) -> bytes:
        """Return the table of contents in the format of EPUB 2, for older readers."""
        contents = self.contents(pages)
        return self.job.styles.render(
            "epub/toc.ncx.j2",
            language=self.edition.front.language,
            identifier=self.identifier,
            title=self.edition.front.title,
            depth=_toc_depth(contents),
            contents=contents,
            pages=self.page_breaks.page_list,
            words=self.words,
        ).encode()

    def related(self, article: Article) -> tuple[chapters.NavEntry, ...]:
        """Return links to related articles: in the book where possible, else on the web."""
        places = []
        for entry in article.meta.related:
            target = self._by_address.get(entry.address.rstrip("/"))
            if href := target.name if target else chapters.web_address(entry.address):
                places.append(chapters.NavEntry(entry.title, href))
            else:
                message = f"the related article {entry.title!r} has no usable address: {entry.address!r}"
                self.findings.append(make_finding("epub-link-dead", article.source, entry.line, message))
        return tuple(places)

    # ---- pictures, style sheets and fonts

    def place(self, picture: Picture) -> Placed | None:
        """Return address and size of a picture in the book; None for a broken picture."""
        rendition = self.job.pictures.get(chapters.book_need(picture))
        if rendition is None:
            return None
        name = f"pictures/{hashlib.sha256(rendition.data).hexdigest()[:16]}{rendition.suffix}"
        self.pictures[name] = rendition
        return Placed(name, rendition.width_px, rendition.height_px, is_drawing=rendition.suffix == ".png")

    @property
    def sheet_names(self) -> tuple[str, ...]:
        return STYLE_SHEETS if self.job.options.typeface == "embedded" else STYLE_SHEETS[1:]

    def styles(self, roots: Iterable[etree._Element]) -> tuple[tuple[ManifestItem, ...], tuple[ManifestItem, ...]]:
        """Return the style sheets and the fonts that they load."""
        font_styles, characters = _fonts_needed(roots)
        texts = {name: self.job.styles.text(f"epub/{name}") for name in STYLE_SHEETS[1:]}
        fonts: tuple[ManifestItem, ...] = ()
        if "fonts.css" in self.sheet_names:
            texts["fonts.css"] = self.job.styles.render("epub/fonts.css.j2", cuts=font_styles, family=FONT_FAMILY)
            fonts = tuple(
                ManifestItem(f"font-{style}", f"fonts/{style}.ttf", "font/ttf", subset_font(style, characters))
                for style in font_styles
            )
        for name, sheet in texts.items():
            _check_style_sheet(name, sheet, {font.name for font in fonts})
        sheets = tuple(
            ManifestItem(name.replace(".", "-"), name, "text/css", texts[name].encode()) for name in self.sheet_names
        )
        return sheets, fonts

    def cover(self) -> bytes:
        """Return the cover, with the first picture of the book; photographs before drawings."""
        front = self.edition.front
        shown = (image.picture for article in (front, *self.edition.articles) for image in images(article))
        made = [made for picture in shown if (made := self.job.pictures.get(chapters.book_need(picture)))]
        picture = next((each for each in made if each.media_type == "image/jpeg"), made[0] if made else None)
        kind = f"epub_kicker_{front.meta.kind}"
        cover = Cover(
            front.title,
            self.words[kind if kind in self.words.entries else "epub_kicker"],
            self.job.publisher.name,
            front.language,
            self.job.options.cover_colour,
            picture.data if picture else b"",
            is_photo=picture is not None and picture.media_type == "image/jpeg",
            logo=find_logo(self.job.publisher.logo, self.job.styles),
        )
        return draw_cover(cover, self.job.styles)

    def picture_items(self) -> tuple[ManifestItem, ...]:
        return (
            ManifestItem("cover-image", COVER_FILE, "image/jpeg", self.cover(), ("cover-image",)),
            *(
                ManifestItem(f"picture-{number}", name, rendition.media_type, rendition.data)
                for number, (name, rendition) in enumerate(self.pictures.items(), 1)
            ),
        )


def _fonts_needed(pages: Iterable[etree._Element]) -> tuple[list[FontStyle], set[str]]:
    """Return the font styles and characters that the pages use; regular and bold are always included."""
    styles: set[FontStyle] = {"regular", "bold"}
    characters: set[str] = set()
    for page in pages:
        characters.update(*map(str, page.itertext()))
        for italic in page.iter(*ITALIC_TAGS):
            is_bold = any(outer.tag in BOLD_TAGS for outer in italic.iterancestors()) or any(italic.iter(*BOLD_TAGS))
            styles.add("bold-italic" if is_bold else "italic")
    return [style for style in FONT_STYLES if style in styles], characters


def _check_style_sheet(name: str, sheet: str, files: Collection[str]) -> None:
    """Refuse CSS that older readers do not support, and files that are not in the book.

    The style sheet may be a project's own.
    """
    source = f"styles/epub/{name}.j2" if name == "fonts.css" else f"styles/epub/{name}"
    for line, what in unsafe_css(sheet):
        raise StyleError(
            f"{what}, which older readers do not support",
            source=source,
            line=line,
            hint="plain CSS only; media and container queries belong in dark.css and wide.css",
        )
    for line, address in files_in_css(sheet):
        if address not in files and not address.lower().startswith("data:"):
            hint = "style sheets may load the book's own fonts, and small pictures as data: addresses"
            raise StyleError(f"{address!r} is not a file of the book", source=source, line=line, hint=hint)


def _toc_depth(places: tuple[chapters.NavEntry, ...]) -> int:
    return 1 + max((_toc_depth(place.below) for place in places), default=0) if places else 0
