"""Books opened by readers that no one here wrote, in a browser that reaches nothing but them."""

from __future__ import annotations

import io
import mimetypes
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree

from pipeline.validation.certifying import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HERE = Path(__file__).parent
SITE = "http://reader.test/"
SIZES = {"phone": (390, 844), "tablet": (820, 1180)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
XHTML = "{http://www.w3.org/1999/xhtml}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
DC = "{http://purl.org/dc/elements/1.1/}"
OPF = "{http://www.idpf.org/2007/opf}"
_TIMEOUT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Lists:
    """How many places a book offers to go to."""

    toc: int
    landmarks: int
    pages: int


@dataclass(slots=True)
class Visit:
    """What happened while a reader had a book open."""

    items: int = 0
    """Of its spine; each was reached and shown."""
    lists: Lists = field(default_factory=lambda: Lists(0, 0, 0))
    faults: list[str] = field(default_factory=list)


def lists_of(book: bytes) -> Lists:
    """Return what the book itself lists."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        nav = etree.fromstring(container.read("EPUB/nav.xhtml"))
    counts = {part.get(EPUB_TYPE): len(list(part.iter(f"{XHTML}a"))) for part in nav.iter(f"{XHTML}nav")}
    return Lists(counts["toc"], counts["landmarks"], counts.get("page-list", 0))


def spine_of(book: bytes) -> int:
    """Return how many items the reading order has."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        return len(list(etree.fromstring(container.read("EPUB/content.opf")).iter(f"{OPF}itemref")))


@contextmanager
def browser() -> Iterator[Browser]:
    """Open the browser of this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            yield opened
        finally:
            opened.close()


def read_with_foliate(
    opened: Browser, book: bytes, npm: Path, size: str, scheme: Literal["light", "dark"], shots: Path
) -> Visit:
    """Open a book in foliate-js, go to every item of its spine, and keep a picture of each of the first."""
    visit = Visit()
    with _page(opened, book, npm, visit, size, scheme) as page:
        page.add_script_tag(url="foliate.js", type="module")
        page.wait_for_function("window.isReady")
        visit.items = page.evaluate("openBook()")
        for index in range(visit.items):
            seen: dict[str, Any] = page.evaluate("index => showItem(index)", index)
            visit.faults += _faults_of(seen, scheme)
            if index < 8 or index >= visit.items - 3:
                page.screenshot(path=shots / f"{size}-{scheme}-{index:03}.png")
        visit.lists = Lists(**page.evaluate("listed()"))
    return visit


def read_with_epubjs(opened: Browser, book: bytes, npm: Path) -> Visit:
    """Open a book in epub.js, load every item of its spine, and ask for its lists."""
    visit = Visit()
    with _page(opened, book, npm, visit, "phone", "light") as page:
        for script in ("npm/jszip/dist/jszip.min.js", "npm/epubjs/dist/epub.min.js", "epubjs.js"):
            page.add_script_tag(url=script)
        page.wait_for_function("window.isReady")
        found: dict[str, int] = page.evaluate("listed()")
        visit.items = found.pop("reached")
        visit.lists = Lists(**found)
    return visit


def has_calibre() -> bool:
    """Tell whether Calibre is installed."""
    return bool(shutil.which("ebook-meta") and shutil.which("ebook-convert"))


def read_with_calibre(book: bytes, folder: Path) -> tuple[str, ...]:
    """Return where Calibre says otherwise than a book: title, language, series, cover, or a heading that is lost."""
    path, cover, text = folder / "calibre.epub", folder / "cover.png", folder / "calibre.txt"
    path.write_bytes(book)
    said = _calibre("ebook-meta", path, f"--get-cover={cover}")
    _calibre("ebook-convert", path, text, "--txt-output-formatting=plain")
    shown = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    shown = {label.strip(): value.strip() for label, value in shown.items()}
    faults = [
        f"{label} is {shown.get(label, '')!r}, expected {value!r}"
        for label, value in _expected_of(book).items()
        if not shown.get(label, "").startswith(value)
    ]
    if not cover.is_file() or not cover.read_bytes().startswith(b"\x89PNG"):
        faults.append("found no cover")
    words = " ".join(text.read_text("utf-8").split())
    faults += [f"lost the heading {heading!r}" for heading in _headings_of(book) if heading not in words]
    return tuple(faults)


def _calibre(command: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [command, *map(str, arguments)], capture_output=True, text=True, timeout=1200, check=False,
        env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command} left with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def _expected_of(book: bytes) -> dict[str, str]:
    """Return what Calibre should show of a book, by its labels."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        package = etree.fromstring(container.read("EPUB/content.opf"))
    metas = {meta.get("property"): meta.text or "" for meta in package.iter(f"{OPF}meta")}
    expected = {name.capitalize(): package.findtext(f".//{DC}{name}") or "" for name in ("title", "publisher")}
    if metas.get("collection-type") == "series":
        position = metas.get("group-position", "1")
        expected["Series"] = f"{metas['belongs-to-collection']} #{position}"
    return {label: " ".join(value.split()) for label, value in expected.items() if value}


def _headings_of(book: bytes) -> tuple[str, ...]:
    """Return the heading of each page of the text."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        pages = [container.read(name) for name in container.namelist() if "/chapter-" in name or "/part-" in name]
    headings = (etree.fromstring(page).find(f".//{XHTML}h1") for page in pages)
    return tuple(" ".join("".join(heading.itertext()).split()) for heading in headings if heading is not None)


def _faults_of(seen: dict[str, Any], scheme: str) -> Iterator[str]:
    name = seen["id"]
    if not seen["letters"] and not seen["pictures"]:
        yield f"{name}: nothing is to be seen"
    if seen["brokenPictures"]:
        yield f"{name}: {seen['brokenPictures']} pictures are not shown"
    if seen["widePictures"]:
        yield f"{name}: {seen['widePictures']} pictures are wider than the screen"
    is_light_ink = _lightness(seen["ink"]) > 0.5
    if is_light_ink != (scheme == "dark"):
        yield f"{name}: the ink is {seen['ink']} where it is {scheme}"


def _lightness(colour: str) -> float:
    numbers = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3 / 255


@contextmanager
def _page(
    opened: Browser, book: bytes, npm: Path, visit: Visit, size: str, scheme: Literal["light", "dark"]
) -> Iterator[Page]:
    """Open the empty reader; whatever goes wrong in it, or is asked for from outside, becomes a fault."""
    width, height = SIZES[size]
    context = opened.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=1, color_scheme=scheme, has_touch=True
    )
    context.set_default_timeout(_TIMEOUT_MS)
    page = context.new_page()
    page.on("console", lambda line: visit.faults.append(f"console: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda error: visit.faults.append(f"error: {error}"))
    context.route("**/*", lambda route: _answer(route, book, npm, visit))
    page.goto(f"{SITE}reader.html")
    try:
        yield page
    finally:
        context.close()


def _answer(route: Route, book: bytes, npm: Path, visit: Visit) -> None:
    address = route.request.url
    if not address.startswith(SITE):
        if not address.startswith(("blob:", "data:", "about:")):
            visit.faults.append(f"asked for {address}")
            route.abort()
        else:
            route.continue_()
        return
    name = address.removeprefix(SITE)
    if name == "book.epub":
        route.fulfill(body=book, content_type="application/epub+zip")
        return
    path = npm / "node_modules" / name.removeprefix("npm/") if name.startswith("npm/") else HERE / name
    if path.is_file():
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
        route.fulfill(body=path.read_bytes(), content_type=f"{kind}; charset=utf-8")
    else:
        visit.faults.append(f"asked for {name}, which is nowhere")
        route.fulfill(status=404)
