"""What someone without a mouse, without a script, with paper or with a shared drive gets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2

from tests.sessions.preview.desks import Desk, say
from tests.sessions.preview.views import watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_MOST_STEPS = 400
_FOCUSED = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const label = document.getElementById(at.getAttribute("aria-labelledby")) ?? at.labels?.[0] ?? at;
  const name = at.getAttribute("aria-label") || at.title || label.innerText || at.querySelector("img")?.alt || "";
  const isRinged = style.outlineStyle !== "none" || at.tagName === "IFRAME";
  const isSeen = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return { tag: at.tagName, name: name.trim(), isSeen, isRinged };
}
"""


def walk(browser: Browser, addresses: dict[str, str]) -> Iterator[str]:
    """Go through pages by Tab alone; yield what has no name, cannot be seen, or holds the focus fast."""
    steps = 0
    for name, address in addresses.items():
        page = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
        page.goto(address)
        page.wait_for_timeout(500)
        page.keyboard.press("Tab")
        if (first := page.evaluate("document.activeElement.className")) != "skip":
            yield f"{name}: the first stop is no way past the navigation: {first!r}"
        for _ in range(_MOST_STEPS):
            at = page.evaluate(_FOCUSED)
            if at is None:
                break
            steps += 1
            if not at["name"] or not at["isSeen"] or not at["isRinged"]:
                yield f"{name}: by keyboard: {at}"
            page.keyboard.press("Tab")
        else:
            yield f"{name}: Tab never leaves the page"
        page.context.close()
    say(f"by Tab alone through {len(addresses)} pages: {steps} stops, each named, in sight, with a ring around it")


def choose_by_keyboard(browser: Browser, desk: Desk, id_: str) -> Iterator[str]:
    """Yield what cannot be chosen on a proof without a mouse."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{desk.address}/proof/{id_}")
    page.wait_for_timeout(500)
    for group, choice in (("device", "tablet"), ("mail", "dark"), ("part", "text")):
        page.focus(f'.choices a[href*="{group}={choice}"]')
        page.keyboard.press("Enter")
        page.wait_for_function("wanted => location.search.includes(wanted)", arg=f"{group}={choice}")
        page.wait_for_timeout(700)
        if page.evaluate("document.activeElement.getAttribute('aria-current')") != "true":
            yield f"after choosing {choice} the focus is lost"
    page.context.close()
    say("device, colours and part of the mail were chosen by Enter, and the focus stayed")


def print_style(browser: Browser, addresses: dict[str, str], shots: Path) -> Iterator[str]:
    """Print pages of the desk from the browser; yield those that print controls or nothing."""
    for name, address in addresses.items():
        page = browser.new_page()
        page.goto(address)
        page.wait_for_timeout(700)
        data = page.pdf(prefer_css_page_size=True)
        document = pypdfium2.PdfDocument(data)
        text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
        document[0].render(scale=1.3).to_pil().save(shots / f"printed-{name}.png")
        say(f"printed from the browser: {name}: {len(document)} sheets")
        nav = page.inner_text(".bar nav a >> nth=1") if page.query_selector(".bar nav a") else ""
        if len(text) < 200 or (nav and nav in text):
            yield f"{name} prints its controls, or nothing: {text[:200]!r}"
        page.close()


def open_from_disk(browser: Browser, index: Path, least: int) -> Iterator[str]:
    """Open the shelf from disk, with scripts and without; yield errors, requests to outside, and what is not there."""
    for has_script in (True, False):
        page = browser.new_context(java_script_enabled=has_script, viewport={"width": 1280, "height": 900}).new_page()
        faults = watch(page)
        page.goto(index.as_uri())
        page.wait_for_timeout(500)
        titles = page.locator(".item h2").count()
        tops = page.locator("main").bounding_box()
        finder = page.locator("form.finder").is_visible()
        yield from (f"index.html from disk: {fault}" for fault in faults)
        if titles < least or not tops or finder != has_script:
            yield f"index.html from disk shows {titles} of {least}; its form is seen: {finder}; scripts: {has_script}"
        if has_script:
            page.fill("#find-q", "findes ikke")
            if page.locator(".item:visible").count() or not page.locator("p.none").is_visible():
                yield "index.html from disk is not narrowed"
        page.context.close()
    kilobytes = index.stat().st_size // 1000
    say(f"index.html was opened from disk, with scripts and without: {titles} entries, {kilobytes} kB")


def same_chapter(browser: Browser, desk: Desk, id_: str) -> Iterator[str]:
    """Yield where a chapter on the desk says something else than the book's own XHTML."""
    page = browser.new_page()
    page.goto(f"{desk.address}/proof/{id_}")
    frame = page.frame_locator(".book iframe")
    frame.locator("body").wait_for()
    address = page.get_attribute(".book iframe", "src") or ""
    name = address.partition("/~/")[2].partition("?")[0]
    shown = frame.locator("body").inner_text()
    with zipfile.ZipFile(io.BytesIO((desk.folder / f"outputs/epub/{id_}.epub").read_bytes())) as book:
        other = browser.new_page()
        served = other.request.get(f"{desk.address}{address}").body()
        if _bare(served) != _bare(book.read(name)):
            yield f"the desk serves another {name} than the book holds"
        if not shown.strip():
            yield f"{name} is empty on the desk"
        other.close()
    page.close()
    say(f"the chapter in the frame is {name} of the book but for its colour scheme ({len(shown)} letters)")


def _bare(chapter: bytes) -> bytes:
    """Return a chapter without what the desk changes: which colour scheme holds."""
    return b"".join(line for line in chapter.splitlines() if b"color-scheme" not in line)
