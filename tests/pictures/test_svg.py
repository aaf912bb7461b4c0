"""Drawings: drawn exactly into their box, rewritten where the renderer needs it, and what is lost is named."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from pipeline.errors import SourceError
from pipeline.pictures.svg import lost_parts, rasterise_svg

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def svg(inside: str, size: str = 'viewBox="0 0 100 50"') -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>{inside}</svg>'
    ).encode()


def drawn(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(rasterise_svg(data))) as image:
        return image.convert("RGB")


def colour(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at a place, given as shares of width and height."""
    found = image.getpixel((min(int(x * image.width), image.width - 1), min(int(y * image.height), image.height - 1)))
    assert isinstance(found, tuple)
    return found


def has_ink(image: Image.Image, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    part = image.crop((left * image.width, top * image.height, right * image.width, bottom * image.height))
    return min(part.convert("L").tobytes()) < 128


@pytest.mark.slow
@pytest.mark.parametrize(
    "size",
    [
        'width="24" height="12"',
        'viewBox="0 0 24 12"',
        'width="4000" height="2000"',
        'viewBox="-500 -250 1000 500"',
        'width="100%" height="100%" viewBox="0 0 4000 2000"',
    ],
)
def test_a_drawing_fills_its_box_to_the_edges(size: str) -> None:
    image = drawn(svg('<rect x="-9999" y="-9999" width="19999" height="19999" fill="#00f"/>', size))

    corners = [(x, y) for x in (0.002, 0.998) for y in (0.004, 0.996)]
    assert [colour(image, *corner) for corner in corners] == [BLUE] * 4


def png(tone: tuple[int, int, int]) -> str:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), tone).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


REWRITTEN: dict[str, str] = {
    "a shape in a link": '<a href="https://x.example/"><rect width="50" height="50" fill="red"/></a>',
    "a variable": '<style>:root{--c:red}.a{fill:var(--c)}</style><rect class="a" width="50" height="50"/>',
    "a variable in an attribute": '<g style="--c: red"><rect fill="var(--c)" width="50" height="50"/></g>',
    "a variable of a variable": "<style>:root{--a:var(--b);--b:red}rect{fill:var(--a)}</style>"
    '<rect width="50" height="50"/>',
    "a fallback": '<rect style="fill:var(--c, rgb(255, 0, 0))" width="50" height="50"/>',
    "a light and a dark colour": '<rect style="fill:light-dark(rgb(255, 0, 0), #000)" width="50" height="50"/>',
    "a style for screens": '<style>@media screen{rect{fill:red}}</style><rect width="50" height="50"/>',
    "no style for dark screens": "<style>rect{fill:red}@media (prefers-color-scheme:dark){rect{fill:#000}}</style>"
    '<rect width="50" height="50"/>',
    "a picture": f'<image width="50" height="50" href="data:image/png;base64,{png(RED)}"/>',
    "a picture by xlink": f'<image width="50" height="50" xlink:href="data:image/png;base64,{png(RED)}"/>',
    "a switch": '<switch><g requiredFeatures="x"><rect width="50" height="50" fill="red"/></g>'
    '<rect width="100" height="50" fill="#000"/></switch>',
    "a nested drawing without a size": '<svg viewBox="0 0 2 1"><rect width="1" height="1" fill="red"/></svg>',
    "a symbol without a size": '<symbol id="s" viewBox="0 0 2 1"><rect width="1" height="1" fill="red"/></symbol>'
    '<use href="#s"/>',
    "a masked circle": '<mask id="m"><rect width="50" height="50" fill="#fff"/></mask>'
    '<circle cx="50" cy="25" r="300" fill="red" mask="url(#m)"/>',
    "comments and metadata": "<!-- x --><title>Titel</title><metadata>Ord</metadata>"
    '<rect width="50" height="50" fill="red"/>',
}


@pytest.mark.slow
@pytest.mark.parametrize("inside", REWRITTEN.values(), ids=REWRITTEN)
def test_what_the_renderer_needs_otherwise_is_rewritten(inside: str) -> None:
    """Each drawing is red on its left half, as in a browser."""
    data = svg(inside)

    image = drawn(data)

    assert lost_parts(data) == ()
    assert [colour(image, x, 0.5) for x in (0.02, 0.48, 0.52, 0.98)] == [RED, RED, WHITE, WHITE]


TEXTS: dict[str, str] = {
    "in a link": '<a href="https://x.example/"><text x="5" y="40" font-size="40">Mm</text></a>',
    "with a link within": '<text x="5" y="40" font-size="40"><a href="https://x.example/">Mm</a></text>',
    "in a font of many words": '<text x="5" y="40" style="font: italic bold 40px/1.2 Arial, sans-serif">Mm</text>',
    "beside HTML with the same words": "<switch><foreignObject><p>Mm</p></foreignObject>"
    '<text x="5" y="40" font-size="40">Mm</text></switch>',
}


@pytest.mark.slow
@pytest.mark.parametrize("inside", TEXTS.values(), ids=TEXTS)
def test_text_is_drawn(inside: str) -> None:
    data = svg(inside)

    image = drawn(data)

    assert lost_parts(data) == ()
    assert has_ink(image, (0.05, 0.3, 0.4, 0.85))


ARROW = '<marker id="m" viewBox="0 0 10 10" refX="0" refY="5" markerWidth="10" markerHeight="10" orient="{}">'
ARROW += '<path d="M0 0L10 5L0 10z"/></marker>'


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape",
    [
        '<path d="M50 25C80 25 90 30 95 45"',
        '<path d="m50,25c30,0 40,5 45,20"',
        '<path d="M50 25Q80 25 95 45"',
        '<path d="M50 25S80 25 95 45"',
        '<path d="M50 25H95"',
        '<polyline points="50,25 95,25"',
        '<line x1="50" y1="25" x2="95" y2="25"',
    ],
)
def test_an_arrow_at_the_start_of_a_line_points_along_it_or_back(shape: str) -> None:
    ends = ' fill="none" stroke="#000" marker-start="url(#m)"/>'

    back = drawn(svg(ARROW.format("auto-start-reverse") + shape + ends))
    along = drawn(svg(ARROW.format("auto") + shape + ends))

    # The foot of the arrow, 10 units wide, stands at x = 50; its tip lies 10 units away.
    before, after = (0.46, 0.42, 0.49, 0.45), (0.51, 0.42, 0.54, 0.45)
    assert (has_ink(back, before), has_ink(back, after)) == (True, False)
    assert (has_ink(along, before), has_ink(along, after)) == (False, True)


LOST: dict[str, tuple[str, str]] = {
    "HTML": ('<foreignObject width="9" height="9"><p>Start her</p></foreignObject>', "<foreignObject>: 'Start her'"),
    "HTML with other words beside it": (
        "<switch><foreignObject><p>Start her</p></foreignObject><text>Start…</text></switch>",
        "<foreignObject>: 'Start her'",
    ),
    "another language": (
        '<switch><text systemLanguage="da">Hej</text><text>Hello</text></switch>',
        "<text>: 'Hej'",
    ),
    "text on a curve": (
        '<path id="p" d="M0 9H90"/><text><textPath href="#p">Bue</textPath></text>',
        "text along a line <textPath>: 'Bue'",
    ),
    "a shadow": (
        '<filter id="f"><feDropShadow dx="4"/></filter><rect width="9" height="9" filter="url(#f)"/>',
        "effects <filter>: 'feDropShadow'",
    ),
    "a shadow by CSS": ('<rect style="filter:drop-shadow(1px 1px 2px #000)"/>', "the style filter: drop-shadow"),
    "movement": ('<rect><animate attributeName="x" to="9"/></rect>', "movement <animate>"),
    "a script": ("<script>draw()</script>", "what a script draws <script>"),
    "flowed text": ('<flowRoot id="f12"><flowPara>Ord</flowPara></flowRoot>', "an element <flowRoot>: 'Ord'"),
    "a file beside it": ('<image href="ryg.png" width="9" height="9"/>', "a picture <image>: 'ryg.png'"),
    "a picture that is cut off": (
        '<image href="data:image/png;base64,iVBORw0KGgo=" width="9" height="9"/>',
        "a picture <image>",
    ),
    "shapes of another file": ('<use href="andre.svg#x"/>', "a file outside the drawing: 'andre.svg#x'"),
    "a colour of another file": ('<rect fill="url(andre.svg#x)"/>', "a file outside the drawing"),
    "a style sheet of the web": ("<style>@import url(x.css);rect{fill:red}</style><rect/>", "a style @import"),
    "a font of its own": (
        "<style>@font-face{font-family:X;src:url(data:font/woff2;base64,AA)}</style><text>Ord</text>",
        "a style @font-face",
    ),
    "a style for narrow screens": ("<style>@media (max-width:9px){rect{fill:red}}</style>", "(max-width:9px)"),
    "a selector of the future": ("<style>rect:::x{fill:red}</style>", "a style: 'fill:red'"),
    "a variable of two values": (
        "<style>.a{--c:red}.b{--c:blue}rect{fill:var(--c)}</style><rect/>",
        "a style: 'var(--c)'",
    ),
    "a colour that is none": ('<rect fill="color-mix(in srgb, red, blue)"/>', "the colour color-mix"),
    "text with an outline behind it": ('<text style="paint-order:stroke">Ord</text>', "the style paint-order: stroke"),
    "raised text": ('<text>m<tspan baseline-shift="super">2</tspan></text>', "the style baseline-shift: super"),
    "text from top to bottom": ('<text writing-mode="tb">Ord</text>', "the style writing-mode: tb"),
    "a clipping by the box of a shape": (
        '<clipPath id="c" clipPathUnits="objectBoundingBox"><circle r="1"/></clipPath><g clip-path="url(#c)"/>',
        "an element <clipPath>",
    ),
}


@pytest.mark.parametrize(("inside", "part"), LOST.values(), ids=LOST)
def test_a_part_that_is_not_shown_is_named(inside: str, part: str) -> None:
    lost = lost_parts(svg(inside))

    assert len(lost) == 1
    assert part in lost[0]


@pytest.mark.slow
def test_one_bad_rule_takes_no_other_with_it() -> None:
    bad = "@import 'x.css'; text:::x{fill:red} .a{fill:url(https://x.example/#a)} rect{fill:#00f}"

    image = drawn(svg(f'<style>{bad}</style><rect width="100" height="50"/>'))

    assert colour(image, 0.5, 0.5) == BLUE


def test_neutral_values_of_drawing_programs_are_no_loss() -> None:
    neutral = "mix-blend-mode:normal;paint-order:normal;writing-mode:lr-tb;text-decoration:none;vector-effect:none"
    unused = '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter>'

    assert (
        lost_parts(svg(f'{unused}<text style="{neutral};baseline-shift:baseline" fill="currentColor">x</text>')) == ()
    )


@pytest.mark.parametrize("style", ['text{font-family:"\\1"}', f"rect{{fill:{'(' * 5000}}}"])
def test_a_style_that_cannot_be_read_is_refused(style: str) -> None:
    with pytest.raises(SourceError, match="a style that cannot be read"):
        lost_parts(svg(f"<style>{style}</style><rect/>"))


def test_variables_that_multiply_are_no_bomb() -> None:
    rules = ";".join(f"--v{n}:{' '.join([f'var(--v{n + 1})'] * 9)}" for n in range(20))

    assert lost_parts(svg(f"<style>:root{{{rules}}}rect{{stroke-dasharray:var(--v0)}}</style><rect/>"))


@pytest.mark.slow
def test_a_drawing_that_stops_half_way_is_refused() -> None:
    """WeasyPrint only logs it and leaves out what follows."""
    data = svg('<rect width="50" height="50"/><rect opacity="halv" x="50" width="50" height="50"/>')

    with pytest.raises(SourceError, match="cannot be drawn"):
        rasterise_svg(data)
