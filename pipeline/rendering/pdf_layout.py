"""HTML to a tagged PDF by WeasyPrint, closed off: it sees what it is given, and tells what it had to say."""

from __future__ import annotations

import atexit
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from pipeline.errors import StyleError
from pipeline.rendering.fonts import FONT_STYLES, font_data
from pipeline.timing import timed_phase

if TYPE_CHECKING:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

ELEMENT_PREFIX = "part:"
"""Begins the name of an annotation that ties a group of WeasyPrint's structure tree to the element it was made of."""
_NO_TARGET = (0.0, 0.0, 0.0, 0.0)
_PDF_VARIANT = "pdf/a-2a"
_MM_PER_PX = 25.4 / 96
_EXPECTED_LOG_LINES = ("has no required alt description",)
"""Log lines that mean no fault: pictures that only decorate become artifacts when the tree is built anew."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that a document may load."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A document laid out on pages, not drawn yet."""

    document: weasyprint.Document
    root: Element
    """The HTML as WeasyPrint read it."""
    messages: tuple[str, ...]
    """What WeasyPrint logged, save what means no fault."""

    @property
    def pages(self) -> int:
        return len(self.document.pages)

    @property
    def page_of(self) -> Mapping[str, int]:
        """The page, from 1, on which each id stands first."""
        found: dict[str, int] = {}
        for number, page in enumerate(self.document.pages, 1):
            for anchor in page.anchors:
                found.setdefault(anchor, number)
        return found

    def top_mm(self, name: str) -> float:
        """Return how far below the top edge of its page the element with an id begins."""
        page = self.document.pages[self.page_of[name] - 1]
        return float(page.anchors[name][1]) * _MM_PER_PX

    def bottom_mm(self, page: int) -> float:
        """Return how far below the top edge the lowest line or picture of a page ends; pages count from 1."""
        bottoms = (box.position_y + box.height for box in _inked_boxes(self.document.pages[page - 1]))
        return float(max(bottoms, default=0.0)) * _MM_PER_PX


@timed_phase("layout")
def lay_out(html: str, css: str, resources: Mapping[str, Resource]) -> Layout:
    """Lay a document out on pages.

    Args:
        html: A whole document, without style.
        css: The style sheet; one that is used again is not parsed again. It may load `font:regular` and other cuts.
        resources: All that the HTML may load, by address.

    Raises:
        StyleError: Something else is loaded: the message names it.
    """
    import weasyprint
    from weasyprint.urls import FatalURLFetchingError

    with _collected_logs() as messages:
        try:
            source = weasyprint.HTML(string=html, url_fetcher=_resource_fetcher(resources))
            sheet, remarks = _style_sheet(css)
            document = source.render(font_config=_font_configuration(), stylesheets=[sheet], pdf_variant=_PDF_VARIANT)
        except FatalURLFetchingError as error:
            raise StyleError(f"{error} is loaded, but nothing outside the style folder may be") from error
    return Layout(document, source.etree_element, tuple(dict.fromkeys((*remarks, *messages))))


def insert_boxes(layout: Layout, other: Layout, name: str, below: str) -> None:
    """Set what another document of one page holds into this one, as if it stood before the element with an id there.

    Nothing is laid out anew: there must be room below that element, and nothing on its page but it.

    Args:
        other: Laid out in the same style; it is used up.
        name: The id, in this document.
        below: The id of the element, in the other, whose children are meant.
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
        # From the top of the page: the space above the first of them counts.
        box.translate(mark.position_x - origin.content_box_x(), mark.position_y - origin.content_box_y())
    parent.children = [*parent.children[:place], *whole.children, *parent.children[place:]]
    around, at = next(
        (element, at) for element in layout.root.iter() for at, child in enumerate(element) if child.get("id") == name
    )
    around[at:at] = list(whole.element)
    # Its links, anchors and bookmarks are gathered when a page is made.
    layout.document.pages[number] = type(page)(page._page_box)


@timed_phase("write")
def draw_pdf(layout: Layout) -> tuple[bytes, tuple[str, ...]]:
    """Return the document as a tagged PDF, and what WeasyPrint logged.

    It is PDF/A-2a by WeasyPrint's word only, and its annotations are named for `conforming.tags`. A layout can be
    drawn once.
    """
    document = layout.document
    names = _link_boxes_to_elements(document, layout.root)
    with _collected_logs() as messages, warnings.catch_warnings():
        # WeasyPrint 70 leaves the file of its colour profile to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        data: bytes = document.write_pdf(
            finisher=lambda _, __: _describe_links(document, names), pdf_variant=_PDF_VARIANT
        )
    return data, tuple(dict.fromkeys(messages))


@cache
def supported_characters() -> frozenset[str]:
    """Return every character that all cuts of the font have."""
    import uharfbuzz as hb

    return frozenset.intersection(*(frozenset(map(chr, hb.Face(font_data(cut)).unicodes)) for cut in FONT_STYLES))


# ---- closed off


def _resource_fetcher(resources: Mapping[str, Resource]) -> URLFetcher:
    """Return a fetcher that knows these addresses only, and stops the printing at any other."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            resource = resources.get(url)
            if resource is None:
                raise FatalURLFetchingError(url)
            return URLFetcherResponse(url, resource.data, {"Content-Type": resource.media_type})

    return ClosedFetcher()


@cache
def _font_configuration() -> FontConfiguration:
    """Return the one font configuration of the process: each new one reads all fonts of the machine."""
    from weasyprint.text.fonts import FontConfiguration

    # Left to the interpreter's end, its destructor would call functions that are gone already.
    atexit.register(_clear_caches)
    return FontConfiguration()


def _clear_caches() -> None:
    _style_sheet.cache_clear()
    _font_configuration.cache_clear()


@lru_cache(maxsize=8)
def _style_sheet(css: str) -> tuple[weasyprint.CSS, tuple[str, ...]]:
    """Return the parsed style sheet and what was logged of it, which every document with it is told again."""
    import weasyprint

    fonts = {f"font:{cut}": Resource(font_data(cut), "font/ttf") for cut in FONT_STYLES}
    with _collected_logs() as messages:
        sheet = weasyprint.CSS(string=css, font_config=_font_configuration(), url_fetcher=_resource_fetcher(fonts))
    return sheet, tuple(messages)


@contextmanager
def _collected_logs() -> Iterator[list[str]]:
    """Collect what WeasyPrint and fontTools log, instead of letting it reach the terminal."""
    collector = _LogCollector(logging.WARNING)
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
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if not any(words in line for words in _EXPECTED_LOG_LINES):
            self.lines.append(line)


# ---- names: what ties WeasyPrint's structure tree to the HTML


def _link_boxes_to_elements(document: weasyprint.Document, root: Element) -> Mapping[int, str]:
    """Make every box of an element a link, since links are all that WeasyPrint ties to its groups.

    Of real links only those of `<a>` stay: WeasyPrint adds one for every box within a link as well. The boxes of a
    page are not public in WeasyPrint, and there is no other way to them.

    Returns:
        The name of each element, by identity.
    """
    for page in document.pages:
        page.links[:] = [link for link in page.links if link[3].element_tag == "a"]
        linked = {id(link[3]) for link in page.links}
        page.links += [
            ("external", ELEMENT_PREFIX, _NO_TARGET, box) for box in _element_boxes(page) if id(box) not in linked
        ]
    return {id(element): f"{ELEMENT_PREFIX}{number}" for number, element in enumerate(root.iter())}


def _element_boxes(page: weasyprint.Page) -> Iterator[Any]:
    """Yield the boxes of elements on a page, without those of its margins and of generated content."""
    from weasyprint.formatting_structure import boxes

    for box in _all_boxes(page):
        if (
            box.element is not None
            and box.element_tag == box.element.tag
            and not isinstance(box, boxes.TextBox | boxes.LineBox)
        ):
            yield box


def _inked_boxes(page: weasyprint.Page) -> Iterator[Any]:
    """Yield the boxes of lines and pictures on a page, without those of its margins."""
    from weasyprint.formatting_structure import boxes

    return (box for box in _all_boxes(page) if isinstance(box, boxes.LineBox | boxes.ReplacedBox))


def _all_boxes(page: weasyprint.Page) -> Iterator[Any]:
    """Yield every box on a page but those of its margins, in the order of the document."""
    from weasyprint.formatting_structure import boxes

    waiting = [page._page_box]  # see _name_boxes
    while waiting:
        box = waiting.pop()
        if not isinstance(box, boxes.MarginBox):
            yield box
            waiting += reversed(list(box.all_children()))


def _describe_links(document: weasyprint.Document, names: Mapping[int, str]) -> None:
    """Name every annotation, and say of each link what it is called (PDF/UA-1, 7.18.5)."""
    import pydyf  # type: ignore[import-untyped]  # WeasyPrint's own writer of PDF

    for page in document.pages:
        for _, _, _, box in page.links:
            if box.link_annotation is None:  # it leads to an id that is nowhere
                continue
            box.link_annotation["NM"] = pydyf.String(names[id(box.element)])
            name = " ".join(_accessible_text(box.element).split())
            if box.element.tag == "a" and name:  # otherwise WeasyPrint's own stays: the address
                box.link_annotation["Contents"] = pydyf.String(name)


def _accessible_text(element: Element) -> str:
    """Return the words of an element, with those that stand for its pictures."""
    below = "".join(_accessible_text(child) + (child.tail or "") for child in element)
    return element.get("alt", "") + (element.text or "") + below
