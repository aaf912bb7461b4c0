"""SVG files: size, sanitising, rasterising."""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import SourceError
from pipeline.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from lxml.etree import _Element

SVG = "{http://www.w3.org/2000/svg}"
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_RESAVE_HINT = "save it anew in the drawing program"
_MAX_DRAWN_ELEMENTS = 12_000
"""Elements drawn, those of `<use>` each time: so many take ten seconds of processor time."""
_MAX_SELECTOR_MATCHES = 4_000_000
"""Elements times CSS selectors, which are all matched with each other: so many take seven seconds."""
_MAX_BYTES = 10_000_000
RASTER_WIDTH_PX = 2000
"""Width of a rasterised drawing: somewhat more than the largest picture that a format asks for."""
_MAX_RATIO = 50
"""Ratio of the sides: a longer drawing cannot be read on a page."""
_MAX_LENGTH_PX = 100_000
_DEFAULT_SIZE_PX = (300, 150)  # CSS 2.2, 10.3.2: a replaced element without any size


def svg_size(data: bytes) -> tuple[int, int]:
    """Return width and height in CSS pixels, from the attributes or the viewBox.

    Raises:
        SourceError: Not well-formed, not SVG, or with a size that is not a number or too large for a page.
    """
    root = _parse(data)
    width, height = _length_px(root.get("width")), _length_px(root.get("height"))
    box = [_parse_number(part) for part in re.findall(r"[^\s,]*\d[^\s,]*", root.get("viewBox") or "")]
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        ratio = box[3] / box[2]
        width = width or (height / ratio if height else box[2])
        height = height or width * ratio
    width, height = width or _DEFAULT_SIZE_PX[0], height or _DEFAULT_SIZE_PX[1]
    if max(width, height) > _MAX_RATIO * min(width, height):
        raise SourceError(
            f"{width:g} by {height:g}: one side is more than {_MAX_RATIO} times as long as the other",
            hint="correct width, height and viewBox of the <svg>",
        )
    if max(width, height) > _MAX_LENGTH_PX:
        raise SourceError(f"{width:g} by {height:g} pixels, at most {_MAX_LENGTH_PX:,} a side", hint="make it smaller")
    return round(width) or 1, round(height) or 1


def sanitise_svg(data: bytes) -> bytes:
    """Return the drawing without scripts, foreign content, animation, and external references.

    Raises:
        SourceError: Not well-formed, not SVG, or too many elements to draw.
    """
    from lxml import etree

    root, _ = _rewritten(data)
    return bytes(etree.tostring(root))


def lost_parts(data: bytes) -> tuple[str, ...]:
    """Return the parts of a drawing that are not shown.

    Raises:
        SourceError: As `sanitise_svg`.
    """
    return _rewritten(data)[1]


def _rewritten(data: bytes) -> tuple[_Element, tuple[str, ...]]:
    from lxml import etree

    from pipeline.pictures.svg_rewriting import SvgRewriter  # late: few articles have drawings

    root = _parse(data)
    drawn = _count_drawn(root)
    if drawn > _MAX_DRAWN_ELEMENTS:
        raise SourceError(f"more than {_MAX_DRAWN_ELEMENTS:,} shapes", hint="simplify the drawing, or save it as PNG")
    styles = ("".join(element.itertext()) for element in root.iter(f"{SVG}style"))
    if (selectors := sum(style.count("{") + style.count(",") for style in styles)) * drawn > _MAX_SELECTOR_MATCHES:
        raise SourceError(f"{selectors:,} selectors of style for {drawn:,} shapes", hint="save it as plain SVG, or PNG")
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, etree.Entity, with_tail=False)
    try:
        return root, SvgRewriter(root).rewrite()
    except (TypeError, ValueError, RecursionError) as error:  # a control character, or brackets without end
        raise SourceError(f"SVG with a style that cannot be read: {error}", hint=_RESAVE_HINT) from error


def rasterise_svg(data: bytes) -> bytes:
    """Return the drawing as a PNG on white, wide enough for print.

    Raises:
        SourceError: The drawing cannot be rendered.
    """
    import base64

    import pypdfium2
    import weasyprint

    width, height = svg_size(data)
    source = base64.b64encode(sanitise_svg(data)).decode("ascii")
    page = (
        f"<style>@page{{size:{width}px {height}px;margin:0}}body{{margin:0}}"
        f"img{{display:block;width:{width}px;height:{height}px}}</style>"
        f'<img src="data:image/svg+xml;base64,{source}">'
    )
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    try:
        with _logged_errors() as errors:
            pdf = weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf()
        if errors:  # WeasyPrint stops amid a drawing and only logs it
            raise ValueError("a value in it is none of SVG")
        document = pypdfium2.PdfDocument(pdf)
        # Within the limit of pixels for pictures; two less, since both sides are rounded up in rendering.
        raster_px = min(RASTER_WIDTH_PX, math.isqrt(DEFAULT_LIMITS.picture_pixels * width // height) - 2)
        # 0.75: WeasyPrint's CSS pixel is three quarters of the PDF's point
        scale = raster_px / width / 0.75
        image = document[0].render(scale=scale, fill_color=(255, 255, 255, 255)).to_pil()
        document.close()
    except (weasyprint.urls.FatalURLFetchingError, OSError, ValueError, RecursionError) as error:
        raise SourceError(f"cannot be drawn: {error}", hint="save it as plain SVG, or as PNG") from error
    pixels = io.BytesIO()
    image.convert("RGB").save(pixels, "PNG")
    return pixels.getvalue()


@contextmanager
def _logged_errors() -> Iterator[list[logging.LogRecord]]:
    """Collect the errors that WeasyPrint logs, instead of printing them."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.append  # type: ignore[method-assign, assignment]  # a class of its own would only do this
    logger = logging.getLogger("weasyprint")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _parse(data: bytes) -> _Element:
    from lxml import etree

    if len(data) > _MAX_BYTES:
        raise SourceError(f"{len(data):,} bytes of SVG, at most {_MAX_BYTES:,}", hint="simplify it, or save it as PNG")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"SVG that is not well-formed: {error}", hint=_RESAVE_HINT) from error
    if root.tag != f"{SVG}svg":
        raise SourceError(f"XML, but not SVG: its root is {root.tag}", hint=_RESAVE_HINT)
    if root.getroottree().docinfo.internalDTD is not None and b"<!ENTITY" in data:
        raise SourceError("SVG with entities of its own", hint="save it as plain SVG")
    return root


def _count_drawn(root: _Element) -> int:
    """Return the number of elements drawn; an element that references itself exceeds any limit."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    counts: dict[_Element, int] = {}

    def count(element: _Element) -> int:
        if element not in counts:
            counts[element] = _MAX_DRAWN_ELEMENTS + 1  # until it is counted: a cycle of <use> ends here
            target = next((element.get(name, "")[1:] for name in HREFS if element.get(name)), "")
            used = by_id.get(target) if element.tag == f"{SVG}use" else None
            counts[element] = 1 + sum(map(count, element)) + (count(used) if used is not None else 0)
        return counts[element]

    try:
        return count(root)
    except RecursionError:
        return _MAX_DRAWN_ELEMENTS + 1


def _length_px(length: str | None) -> float:
    match = re.fullmatch(r"\s*([-+.\deE]*\d[\d.]*)\s*(px|pt|mm|cm|in)?\s*", length or "")
    if not match:
        return 0
    per_unit = {"pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
    return max(0.0, _parse_number(match[1]) * per_unit.get(match[2] or "px", 1))


def _parse_number(written: str) -> float:
    try:
        number = float(written.removesuffix("px"))
    except ValueError as error:
        raise SourceError(f"{written!r} is no number, in the size of the <svg>", hint=_RESAVE_HINT) from error
    if not math.isfinite(number):
        raise SourceError(f"{written!r} is no size", hint=_RESAVE_HINT)
    return number
