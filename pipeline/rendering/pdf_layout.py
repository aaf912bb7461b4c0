"""HTML to a tagged PDF by WeasyPrint, which may load only what it is given; its log lines are returned."""

from __future__ import annotations

import atexit
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from xml.etree.ElementTree import Element

import pipeline.rendering.weasyprint_import  # noqa: F401  # before WeasyPrint

# isort: split
import pydyf  # type: ignore[import-untyped]  # WeasyPrint's own writer of PDF
import weasyprint
from weasyprint.css.counters import CounterStyle
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from pipeline.errors import StyleError
from pipeline.rendering import columns, line_ends
from pipeline.rendering.fonts import FONT_STYLES, font_data
from pipeline.timing import timed_phase

columns.install_columns()
line_ends.install_line_ends()
ELEMENT_PREFIX = "part:"
"""Prefix of the annotation name that links a group of WeasyPrint's structure tree to its HTML element."""
READ_BEFORE = "data-read-before"
"""Attribute of an element that is printed later than it is read: the id of the element that it is read before."""
_NO_TARGET = (0.0, 0.0, 0.0, 0.0)
_PDF_VARIANT = "pdf/a-2a"
_MM_PER_PX = 25.4 / 96
_EXPECTED_LOG_TEXT = "has no required alt description"
"""A log line to ignore: decorative pictures become artifacts when the structure tree is rebuilt."""


@dataclass(frozen=True, slots=True)
class Resource:
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A document laid out on pages, not drawn yet."""

    document: weasyprint.Document
    root: Element
    """The HTML as WeasyPrint read it."""
    messages: tuple[str, ...]
    """What WeasyPrint logged, expected lines left out."""

    @property
    def pages(self) -> int:
        return len(self.document.pages)

    @property
    def page_of(self) -> Mapping[str, int]:
        """The first page, from 1, on which each id occurs."""
        found: dict[str, int] = {}
        for number, page in enumerate(self.document.pages, 1):
            for anchor in page.anchors:
                found.setdefault(anchor, number)
        return found

    def top_mm(self, name: str) -> float:
        """Return the distance of the element with an id from the top edge of its page."""
        page = self.document.pages[self.page_of[name] - 1]
        return float(page.anchors[name][1]) * _MM_PER_PX

    def bottom_mm(self, page: int) -> float:
        """Return the distance of the lower end of the lowest line or picture from the top edge; pages count from 1."""
        bottoms = (
            box.position_y + box.height
            for box in _all_boxes(self.document.pages[page - 1])
            if isinstance(box, boxes.LineBox | boxes.ReplacedBox)
        )
        return float(max(bottoms, default=0.0)) * _MM_PER_PX

    def pictures_mm(self, least_width_mm: float) -> float:
        """Return the height of all pictures together that are at least so wide."""
        pictures = (
            box for page in self.document.pages for box in _all_boxes(page) if isinstance(box, boxes.ReplacedBox)
        )
        return sum(float(box.height) * _MM_PER_PX for box in pictures if box.width * _MM_PER_PX >= least_width_mm)


@timed_phase("layout")
def lay_out(html: str, css: str, resources: Mapping[str, Resource]) -> Layout:
    """Lay a document out on pages.

    Args:
        html: A whole document, without style.
        css: The style sheet, cached after parsing. It may load `font:regular` and the other font styles.
        resources: All that the HTML may load, by address.

    Raises:
        StyleError: Something else is loaded: the message names it.
    """
    with _collected_logs() as messages:
        try:
            source = weasyprint.HTML(string=html, url_fetcher=_ResourceFetcher(resources))
            sheet, counters, css_messages = _style_sheet(css)
            document = source.render(
                font_config=_font_configuration(),
                counter_style=counters,
                cache=_decoded_pictures(frozenset(resources.items())),
                stylesheets=[sheet],
                pdf_variant=_PDF_VARIANT,
                presentational_hints=True,  # the number that a list starts with
            )
        except FatalURLFetchingError as error:
            raise StyleError(f"{error} is loaded, but nothing outside the style folder may be") from error
    return Layout(document, source.etree_element, tuple(dict.fromkeys((*css_messages, *messages))))


def insert_boxes(layout: Layout, other: Layout, name: str, below: str) -> None:
    """Insert the boxes of another one-page document before the element with an id, without a new layout.

    There must be room below that element, and nothing else on its page.

    Args:
        other: Laid out in the same style; it cannot be used again.
        name: The id, in this document.
        below: The id of the element in the other document whose children are inserted.
    """
    number = layout.page_of[name] - 1
    page = layout.document.pages[number]
    parent, place = next(
        (box, at)
        for box in _all_boxes(page)
        for at, child in enumerate(box.all_children())
        if child.element is not None and child.element.get("id") == name
    )
    whole = next(box for box in _element_boxes(other.document.pages[0]) if box.element.get("id") == below)
    mark, origin = parent.children[place], other.document.pages[0]._page_box
    for box in whole.children:
        # Measured from the top of the page, so that the margin above the first box counts.
        box.translate(mark.position_x - origin.content_box_x(), mark.position_y - origin.content_box_y())
    parent.children = [*parent.children[:place], *whole.children, *parent.children[place:]]
    around, at = next(
        (element, at) for element in layout.root.iter() for at, child in enumerate(element) if child.get("id") == name
    )
    around[at:at] = list(whole.element)
    # A new page object collects links, anchors and bookmarks again.
    layout.document.pages[number] = type(page)(page._page_box)


def restore_reading_order(layout: Layout) -> None:
    """Return elements that are printed later than they are read to their places: tags follow the reading order."""
    parents = {child: parent for parent in layout.root.iter() for child in parent}
    by_id = {child.get("id"): child for child in parents}
    for element in [child for child in parents if child.get(READ_BEFORE)]:
        follower = by_id.get(element.attrib.pop(READ_BEFORE))
        if follower is not None:
            parents[element].remove(element)
            around = parents[element] = parents[follower]
            around.insert(list(around).index(follower), element)


@timed_phase("write")
def draw_pdf(layout: Layout) -> tuple[bytes, tuple[str, ...]]:
    """Return the document as a tagged PDF, and what WeasyPrint logged.

    The PDF/A-2a claim is WeasyPrint's and unchecked; annotations are named for `validation.pdf_tags`. A layout can be
    drawn once.
    """
    document = layout.document
    _link_boxes_to_elements(document)
    names = {id(element): f"{ELEMENT_PREFIX}{number}" for number, element in enumerate(layout.root.iter())}
    with _collected_logs() as messages, warnings.catch_warnings():
        # WeasyPrint 70 leaves the file of its colour profile to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        data: bytes = document.write_pdf(
            finisher=lambda _, __: _describe_links(document, names), pdf_variant=_PDF_VARIANT
        )
    return data, tuple(dict.fromkeys(messages))


# ---- isolation from network, file system and terminal


class _ResourceFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves the given resources; any other address ends the rendering."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        super().__init__()
        self.resources = resources

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        resource = self.resources.get(url)
        if resource is None:
            raise FatalURLFetchingError(url)
        return URLFetcherResponse(url, resource.data, {"Content-Type": resource.media_type})


@cache
def _font_configuration() -> FontConfiguration:
    """Return the one font configuration of the process: creating one reads all fonts of the machine."""
    # At interpreter exit its destructor would call functions that no longer exist: the caches are cleared before.
    atexit.register(_font_configuration.cache_clear)
    atexit.register(_style_sheet.cache_clear)
    atexit.register(_decoded_pictures.cache_clear)
    return FontConfiguration()


@lru_cache(maxsize=1)
def _decoded_pictures(_: frozenset[tuple[str, Resource]]) -> dict[str, Any]:
    """Return what WeasyPrint keeps of the pictures of an article, which is laid out several times."""
    return {}


@lru_cache(maxsize=8)
def _style_sheet(css: str) -> tuple[weasyprint.CSS, CounterStyle, tuple[str, ...]]:
    """Return the parsed style sheet, its `@counter-style` rules, and what WeasyPrint logged while parsing it."""
    fonts = {f"font:{style}": Resource(font_data(style), "font/ttf") for style in FONT_STYLES}
    with _collected_logs() as messages:
        counters = CounterStyle()
        fetcher = _ResourceFetcher(fonts)
        sheet = weasyprint.CSS(
            string=css, font_config=_font_configuration(), counter_style=counters, url_fetcher=fetcher
        )
    return sheet, counters, tuple(messages)


@contextmanager
def _collected_logs() -> Iterator[list[str]]:
    """Collect what WeasyPrint and fontTools log, instead of printing it."""
    collector = _LogCollector()
    loggers = [logging.getLogger(name) for name in ("weasyprint", "fontTools")]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(collector)
        logger.propagate = False
    try:
        yield collector.lines
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(collector)
            logger.propagate = propagate


class _LogCollector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if _EXPECTED_LOG_TEXT not in record.getMessage():
            self.lines.append(record.getMessage())


# ---- annotations that link WeasyPrint's structure tree to the HTML


def _link_boxes_to_elements(document: weasyprint.Document) -> None:
    """Make every box of an element a link, since WeasyPrint ties only links to its structure groups.

    Of real links only those of `<a>` stay: WeasyPrint adds one for every box within a link as well. The boxes of a page
    have no public interface in WeasyPrint.
    """
    for page in document.pages:
        page.links[:] = [link for link in page.links if link[3].element_tag == "a"]
        linked = {id(link[3]) for link in page.links}
        page.links += [
            ("external", ELEMENT_PREFIX, _NO_TARGET, box) for box in _element_boxes(page) if id(box) not in linked
        ]


def _element_boxes(page: weasyprint.Page) -> Iterator[Any]:
    """Yield the boxes of elements on a page, without page margins and generated content."""
    return (
        box
        for box in _all_boxes(page)
        if box.element is not None
        and box.element_tag == box.element.tag
        and not isinstance(box, boxes.TextBox | boxes.LineBox)
    )


def _all_boxes(page: weasyprint.Page) -> Iterator[Any]:
    """Yield every box of a page except margin boxes, in document order."""
    waiting = [page._page_box]  # see _link_boxes_to_elements
    while waiting:
        box = waiting.pop()
        if not isinstance(box, boxes.MarginBox):
            yield box
            waiting += reversed(list(box.all_children()))


def _describe_links(document: weasyprint.Document, names: Mapping[int, str]) -> None:
    """Name every annotation, and give each link its text as description (PDF/UA-1, 7.18.5)."""
    for page in document.pages:
        for _, _, _, box in page.links:
            if box.link_annotation is None:  # its target does not exist
                continue
            box.link_annotation["NM"] = pydyf.String(names[id(box.element)])
            name = " ".join(_accessible_text(box.element).split())
            if box.element.tag == "a" and name:  # otherwise WeasyPrint's own description stays: the address
                box.link_annotation["Contents"] = pydyf.String(name)


def _accessible_text(element: Element) -> str:
    """Return the text of an element, with the text alternatives of its pictures."""
    below = "".join(_accessible_text(child) + (child.tail or "") for child in element)
    return element.get("alt", "") + (element.text or "") + below
