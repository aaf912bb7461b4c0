"""Compares every published file of a project with its articles, by format and variant."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from pipeline.config import load_config
from pipeline.model import Article, Edition, Header, Metadata, References, walk
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.rendering.imposition import PAGES_PER_BOOKLET_SHEET
from pipeline.rendering.paper_sizes import measure_pages
from pipeline.rendering.programme import as_programme
from pipeline.writers import installed_writers
from tests.oracle import comparing, letters, pages, paper
from tests.oracle.comparing import Compared, Difference
from tests.oracle.facts import Facts, Words, squeezed
from tests.oracle.levels import compare_levels
from tests.oracle.model import facts_of

CARDS = ("exercise-card", "exercise-card-a6")
EXCERPTS = ("short", *CARDS)
NAMED = {"epub-link-dead": "epub", "handout-sign": "handout", "newsletter-shortened": "newsletter"}
"""Findings that name what a file holds otherwise than its article, with their format."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was compared in one file."""

    source: str
    path: str
    kind: str
    """Format and variant: `handout a5`, `newsletter text`."""
    compared: Compared
    named: frozenset[int]
    """Lines that a finding names: something of them is left out or replaced; 0: anything of the article."""

    def is_named(self, difference: Difference) -> bool:
        return difference.line in self.named or 0 in self.named


def articles_of(project: Path) -> dict[str, Article]:
    """Return the articles of a project by source."""
    config = load_config(project, installed_writers())
    roots = find_roots(config)
    read = read_articles(list(find_sources(config, roots).sources), config, roots, {})
    return {result.article.source: result.article for result in read if result.article is not None}


def compare_project(project: Path, outputs: Path) -> Iterator[Result]:
    """Yield a result for each published file of each article and edition."""
    articles = articles_of(project)
    report = json.loads((outputs / "report.json").read_text("utf-8"))
    for entry in report["editions"]:
        bound = _as_shown([articles[source] for source in entry["sources"] if source in articles])
        files = {artifact["path"]: outputs / artifact["path"] for artifact in entry["artifacts"]}
        named = [each for each in report["findings"] if NAMED.get(each["code"]) == entry["format"]]
        for path, file in files.items():
            for kind, article, compared in _compare_file(entry, bound, file):
                lines = frozenset(int(each["line"]) for each in named if each["source"] == article.source)
                yield Result(article.source, path, kind, compared, lines)


def _as_shown(bound: list[Article]) -> list[Article]:
    """Return the articles of an edition; a programme shows steps, cautions, and the doses that it sets."""
    if len(bound) < 2 or not bound[0].meta.is_programme:
        return bound
    return [bound[0], *as_programme(Edition(bound[0], tuple(bound[1:]))).edition.articles]


def _compare_file(entry: dict[str, Any], bound: list[Article], file: Path) -> Iterator[tuple[str, Article, Compared]]:
    """Yield format and variant, article, and what was compared of it in a file; pictures have no text."""
    data, more = file.read_bytes(), "" if len(bound) == 1 else " bound"
    match entry["format"], file.suffix:
        case "epub", ".epub":
            yield from ((f"epub{more}", *each) for each in compare_book(pages.read_book(data), bound))
        case "newsletter", ".html":
            yield from ((f"newsletter html{more}", *each) for each in compare_mail(data, bound))
        case "newsletter", ".txt":
            yield f"newsletter text{more}", bound[0], compare_letter(bound[0], data.decode(), is_alone=not more)
        case "newsletter", ".eml":
            message = message_from_bytes(data, policy=SMTP)
            html, plain = (_part(message, kind) for kind in ("html", "plain"))
            yield from ((f"message html{more}", *each) for each in compare_mail(html.encode(), bound))
            yield f"message text{more}", bound[0], compare_letter(bound[0], plain, is_alone=not more)
        case "handout", ".pdf":
            name = entry["id"].rpartition("/")[2]
            variant = file.stem.removeprefix(name).removeprefix(".") or "standard"
            if variant == "booklet":
                yield f"handout booklet{more}", bound[0], compare_booklet(data, file.with_name(f"{name}.a5.pdf"))
            elif variant not in ("cards-2up", "cards-4up"):  # it holds the pages of the cards, which are compared
                sheets = compare_sheet(paper.read_handout(data), bound, variant)
                yield from ((f"handout {variant}{more}", *each) for each in sheets)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _by_title(bound: list[Article], chapters: tuple[pages.Chapter, ...]) -> Iterator[tuple[Article, pages.Chapter]]:
    by_title = {chapter.title: chapter for chapter in reversed(chapters)}
    for article in bound:
        if chapter := by_title.get(squeezed(article.title)):
            yield article, chapter


# ---- one format each


def compare_mail(data: bytes, bound: list[Article]) -> Iterator[tuple[Article, Compared]]:
    """Yield what was compared of each article of a newsletter; all but the front of an edition may be teasers."""
    for article, chapter in _by_title(bound, pages.read_mail(data)):
        compared = compare_page(article, chapter.facts, "mail", is_whole=article is bound[0])
        yield article, _together(compared, compare_levels(article, chapter.boxes, "mail"))


def compare_page(article: Article, found: Facts, medium: str, *, is_whole: bool = True) -> Compared:
    expected = facts_of(article, medium)
    return comparing.compare_whole(expected, found) if is_whole else comparing.compare_excerpt(expected, found)


def compare_book(book: pages.Book, bound: list[Article]) -> Iterator[tuple[Article, Compared]]:
    """Yield what was compared of each chapter of a book, and of its table of contents."""
    texts = [article for article in bound if article.blocks or len(bound) == 1]
    for article, chapter in zip(texts, book.chapters, strict=True):
        expected = facts_of(article, "book")
        found = chapter.facts
        if article is bound[0] and len(bound) > 1:  # its title and lead stand on a page of their own
            expected = _without_opening(article, expected)
        compared = comparing.compare_whole(expected, found)
        bookmarks = comparing.compare_titles("bookmarks", _listed(article, expected.headings, bound), book.contents)
        yield article, _together(compared, bookmarks, compare_levels(article, chapter.boxes, "book"))


def _listed(article: Article, headings: list[Words], bound: list[Article]) -> list[Words]:
    """Return what the contents of a book list of a chapter: its title and its sections, in parts the title alone."""
    has_part = any(article.id in part.articles for part in bound[0].meta.parts)
    found = (node for node in walk(article.blocks) if isinstance(node, Header | References))
    sections = {node.line for node in found if not has_part and getattr(node, "level", 2) == 2}
    return [heading for heading in headings if heading.line in sections or heading.text == squeezed(article.title)]


def _without_opening(article: Article, facts: Facts) -> Facts:
    opening = sum(map(bool, (article.title, article.lead)))
    facts.headings = facts.headings[1:]
    facts.blocks = facts.blocks[opening:]
    return facts


def compare_letter(article: Article, plain: str, *, is_alone: bool = True) -> Compared:
    expected = facts_of(article, "mail")
    letter = letters.read_letter(plain)
    found = letters.facts_in(letter, expected)
    if not is_alone:  # the footnotes of all articles stand at its end
        found.notes = {number: note for number, note in found.notes.items() if number in expected.notes}
        return comparing.compare_excerpt(expected, found)
    compared = comparing.compare_whole(expected, found, ())
    return _together(compared, comparing.printed_addresses(expected.with_notes_named(), found.with_notes_named().text))


def _cards(bound: list[Article], sheet: paper.Sheet) -> Iterator[tuple[Article, Facts]]:
    """Yield each article with its card; the front of a programme has none.

    Raises:
        ValueError: A card belongs to no article, or there are other cards than articles.
    """
    yield from zip(bound[1:] if len(bound) > 1 else bound, sheet.articles, strict=True)


def compare_sheet(sheet: paper.Sheet, bound: list[Article], variant: str) -> Iterator[tuple[Article, Compared]]:
    """Yield what was compared of each article of a handout, of its bookmarks, and of its references at the end."""
    for article, found in _cards(bound, sheet) if variant in CARDS else zip(bound, sheet.articles, strict=True):
        if variant in EXCERPTS:
            levels = compare_levels(article, sheet.sections, "print")
            has_order = variant not in CARDS
            excerpt = comparing.compare_excerpt(facts_of(article, "print"), found, has_order=has_order)
            yield article, _together(excerpt, levels)
            continue
        related = {entry.address for entry in article.meta.related} | {other.address for other in bound}
        sources = tuple(block for block in article.blocks if isinstance(block, References))
        moved = sources if len(bound) > 1 else ()
        stays = replace(article, blocks=tuple(block for block in article.blocks if block not in moved))
        expected = facts_of(stays, "print")
        compared = comparing.compare_whole(expected, found, ())
        headings = comparing.compare_titles("headings", expected.headings, [each.text for each in found.headings])
        bookmarks = comparing.compare_titles("bookmarks", expected.headings, sheet.bookmarks)
        printed = comparing.printed_addresses(expected.with_notes_named(), found.with_notes_named().text, related)
        at_end = _moved_sources(article, moved, sheet.sources.get(article.title), related) if moved else Compared()
        levels = compare_levels(article, sheet.sections, "print")
        yield article, _together(compared, headings, bookmarks, printed, at_end, levels)


def _moved_sources(article: Article, moved: tuple[References, ...], found: Facts | None, known: set[str]) -> Compared:
    """Compare the references of a chapter, whose heading at the end is its title, with what stands there."""
    listed = tuple(block for each in moved for block in each.blocks)
    expected = facts_of(replace(article, meta=Metadata(title=article.title), blocks=listed), "print")
    found = found or Facts()
    compared = comparing.compare_whole(expected, found, ())
    return _together(compared, comparing.printed_addresses(expected, found.with_notes_named().text, known))


def compare_booklet(data: bytes, leaflet: Path) -> Compared:
    """Compare a booklet with the leaflet whose pages it imposes; a back cover that is none of them is left out."""
    compared = Compared()
    compared.counts["pages' words"] += 1
    pages = leaflet.read_bytes()
    has_cover = measure_pages(pages).count % PAGES_PER_BOOKLET_SHEET > 0
    words = paper.page_words(data) - (paper.back_cover_words(data) if has_cover else Counter())
    if words != paper.page_words(pages):
        compared.differences.append(Difference(0, f"its words are not those of {leaflet.name}"))
    return compared


def _together(*compared: Compared) -> Compared:
    whole = Compared()
    for each in compared:
        whole.counts.update(each.counts)
        whole.differences += each.differences
    return whole
