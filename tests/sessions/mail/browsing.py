"""A real browser: axe-core, overflow, size of buttons and pictures of every mail, in every dress it may be given.

Outlook for Windows draws mails with Word and is not among them: it is judged by caniemail's data alone.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.rendering.fonts import FONT_FAMILY, font_data
from tests.sessions import layout
from tests.sessions.mail.accepting import Remark
from tests.sessions.mail.projects import Mail

if TYPE_CHECKING:
    from PIL import Image
    from playwright.sync_api import Page

HERE = Path(__file__).parent
GOLDENS = HERE / "goldens"
WIDTHS_PX = (*layout.WIDTHS_PX, 640)
HEIGHT_PX = 900
FINGER_PX = 44
TILE_PX = 8
TONE_TOLERANCE = 40
"""How far the mean tone of any tile may lie from its golden's, of 255: another release of Chromium smooths letters a
little differently, which a tile evens out; a moved line, a lost picture or another colour is far above it."""
COLOURS = 24
Dress = Literal["light", "dark", "outlook.com", "outlook.com-own", "without-pictures"]
DRESSES: tuple[Dress, ...] = ("light", "dark", "without-pictures", "outlook.com", "outlook.com-own")
"""In this order one load of a page serves for all: each undoes nothing but what the next needs undone."""
GOLDEN: tuple[tuple[str, int, Dress], ...] = (
    ("samples:blog/soevn-og-smerter", 320, "light"),
    ("samples:blog/soevn-og-smerter", 640, "dark"),
    ("samples:oevelser/baekkenloeft", 320, "outlook.com"),
    ("samples:blog/ondt-i-laenden", 320, "without-pictures"),
    ("samples:editions/smerter-og-soevn", 640, "light"),
)

# Outlook.com turns each colour written inline to one as far from the dark ground #333 as it was from white, marks the
# element with what it had, and knows no `prefers-color-scheme`. The formula is that of Microsoft's roosterjs
# (getDarkColor). `own`: its colours win over the mail's own rules for `[data-ogsc]` and `[data-ogsb]`.
_OUTLOOK = """own => {
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const gamma = v => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  const f = t => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116;
  const g = t => t ** 3 > 216 / 24389 ? t ** 3 : (116 * t - 16) * 27 / 24389;
  const dark = colour => {
    const [r, g_, b] = colour.match(/\\d+/g).slice(0, 3).map(Number).map(linear);
    const x = f((0.4124 * r + 0.3576 * g_ + 0.1805 * b) / 0.9505);
    const y = f(0.2126 * r + 0.7152 * g_ + 0.0722 * b);
    const z = f((0.0193 * r + 0.1192 * g_ + 0.9505 * b) / 1.089);
    const l = 116 * y - 16, base = 21.25;
    const turned = (l - 100) * ((100 - base) / -100) + base;
    const fy = (turned + 16) / 116;
    const [X, Y, Z] = [0.9505 * g(fy + x - y), g(fy), 1.089 * g(fy - y + z)];
    return 'rgb(' + [3.2406 * X - 1.5372 * Y - 0.4986 * Z, -0.9689 * X + 1.8758 * Y + 0.0415 * Z,
      0.0557 * X - 0.204 * Y + 1.057 * Z].map(v => Math.round(Math.min(255, Math.max(0, gamma(v))))).join(',') + ')';
  };
  const important = own ? 'important' : '';
  const root = document.documentElement;
  root.style.backgroundColor = '#333';
  root.setAttribute('data-ogsc', ''); root.setAttribute('data-ogsb', '');
  for (const element of document.querySelectorAll('[style]')) {
    if (element === root) continue;
    for (const [name, mark] of [['color', 'data-ogsc'], ['background-color', 'data-ogsb']]) {
      const colour = element.getAttribute(mark) || element.style.getPropertyValue(name);
      if (!colour || !colour.startsWith('rgb')) continue;
      element.setAttribute(mark, colour);
      element.style.setProperty(name, dark(colour), important);
    }
  }
}"""
_PICTURES_OFF = (
    "() => Promise.all([...document.images].map(image => new Promise(done => {"
    " image.dataset.src = image.src; image.onerror = done; image.src = 'about:invalid'; })))"
)
_PICTURES_ON = (
    "() => Promise.all([...document.images].map(image => { image.src = image.dataset.src; return image.decode(); }))"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser says of a mail in one dress and width."""

    dress: Dress
    width_px: int
    remarks: tuple[Remark, ...]


def browse(mails: tuple[Mail, ...], axe: Path, chromium: str, shots: Path) -> Iterator[Seen]:
    """Yield what the browser finds in every mail, dress and width; screenshots of all go to a folder."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        context = browser.new_context(offline=True, reduced_motion="reduce")
        context.add_init_script(path=axe)
        page = context.new_page()
        for mail in mails:
            page.goto(mail.html.as_uri())
            page.add_style_tag(content=font_face())
            for dress in DRESSES:
                put_on(page, dress)
                for width_px in WIDTHS_PX:
                    page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
                    shot = shots / f"{file_name(mail.name, width_px, dress)}.jpg"
                    page.screenshot(path=shot, full_page=True, type="jpeg", quality=70)
                    yield Seen(dress, width_px, (*judge_page(page, mail, f"{dress} {width_px} px"),))
                    if (mail.name, width_px, dress) in GOLDEN:
                        golden = page.screenshot(clip={"x": 0, "y": 0, "width": width_px, "height": HEIGHT_PX})
                        (shots / f"{file_name(mail.name, width_px, dress)}.png").write_bytes(reduced(golden))
        browser.close()


def put_on(page: Page, dress: Dress) -> None:
    """Show a page as a client would; the dresses come in the order of `DRESSES`."""
    page.emulate_media(color_scheme="dark" if dress == "dark" else "light")
    if dress == "without-pictures":
        page.evaluate(_PICTURES_OFF)
    elif dress == "outlook.com":
        page.evaluate(_PICTURES_ON)
        page.evaluate(_OUTLOOK, False)
    elif dress == "outlook.com-own":
        page.evaluate(_OUTLOOK, True)


def judge_page(page: Page, mail: Mail, where: str) -> Iterator[Remark]:
    """Yield violations of axe's rules, horizontal overflow, text upon text, and buttons too small for a finger."""
    yield from (Remark("axe", mail.name, f"{fault} ({where})") for fault in layout.violations(page))
    unfit = (*layout.overflow(page), *layout.overlaps(page))
    yield from (Remark("overflow", mail.name, f"{fault} ({where})") for fault in unfit)
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.button a')].map(link => link.getBoundingClientRect().height)"
    )
    for height in heights:
        if height < FINGER_PX:
            yield Remark("overflow", mail.name, f"a button of {height} px, expected {FINGER_PX} ({where})")


def font_face() -> str:
    """Return the font that the mail names first, so that pictures of it are the same on every machine."""
    cuts = (("regular", 400), ("bold", 700))
    return "\n".join(
        f"@font-face {{ font-family: '{FONT_FAMILY}'; font-weight: {weight}; "
        f"src: url(data:font/ttf;base64,{base64.b64encode(font_data(cut)).decode()}); }}"
        for cut, weight in cuts
    )


def file_name(mail: str, width_px: int, dress: Dress) -> str:
    """Return a name for a picture of a mail."""
    return f"{mail.replace(':', '-').replace('/', '-')}-{width_px}-{dress}"


# ---- goldens


def reduced(png: bytes) -> bytes:
    """Return a screenshot in few colours, small enough to be kept."""
    from PIL import Image

    data = io.BytesIO()
    opened(png).quantize(COLOURS, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def opened(png: bytes) -> Image.Image:
    """Return a picture in plain colours."""
    from PIL import Image

    return Image.open(io.BytesIO(png)).convert("RGB")


def compare(shots: Path, *, is_update: bool) -> tuple[Mapping[str, int], tuple[Remark, ...]]:
    """Return how far each picture's worst tile lies from its golden, in tones, and a remark for each too far off."""
    distances: dict[str, int] = {}
    remarks = []
    for mail, width_px, dress in GOLDEN:
        name = f"{file_name(mail, width_px, dress)}.png"
        if is_update:
            (GOLDENS / name).write_bytes((shots / name).read_bytes())
        if not (GOLDENS / name).is_file():
            remarks.append(Remark("golden", mail, f"{name} has no golden: --update writes it"))
            continue
        distances[name] = distance(opened((GOLDENS / name).read_bytes()), opened((shots / name).read_bytes()))
        if distances[name] > TONE_TOLERANCE:
            remarks.append(Remark("golden", mail, f"{name}: a tile is {distances[name]} tones from its golden"))
    return distances, tuple(remarks)


def distance(one: Image.Image, other: Image.Image) -> int:
    """Return how many tones the worst tile of two pictures differs; 255 where they are not of one size."""
    from PIL import ImageChops

    if one.size != other.size:
        return 255
    difference = ImageChops.difference(one.reduce(TILE_PX), other.reduce(TILE_PX))
    return max(difference.tobytes())
