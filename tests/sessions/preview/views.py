"""Every view in light and dark, narrow and wide: axe-core, overflow, errors of the console, requests to outside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pipeline.validation.certifying import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

    from tests.sessions.preview.desks import Desk

WIDTHS_PX = (320, 640, 1280)
"""640: a window of 1280 at 200 % zoom."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AXE = (
    "() => axe.run(document, {resultTypes: ['violations'], elementRef: false,"
    " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    ".then(result => JSON.stringify(result.violations))"
)
_MEANT = ("violates the following Content Security Policy directive: \"img-src 'none'\"", "status of 404")
"""What the console says of pictures that are switched off, and of an address that leads nowhere."""


def launch(playwright: Playwright, *more: str) -> Browser:
    """Open Debian's Chromium, with more flags or without."""
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", *more]
    return playwright.chromium.launch(executable_path=find_browser(), args=flags)


class Visitor:
    """A browser in which the printed address of a desk was opened: all its contexts hold the cookie."""

    def __init__(self, browser: Browser, desk: Desk) -> None:
        name, _, value = desk.cookie.partition("=")
        cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1}
        cookies = [{**cookie, "httpOnly": True, "secure": False, "sameSite": "Strict"}]
        self._state: Any = {"cookies": cookies, "origins": []}
        self._browser = browser

    def new_context(self, **options: Any) -> BrowserContext:
        return self._browser.new_context(storage_state=self._state, **options)

    def new_page(self, **options: Any) -> Page:
        return self._browser.new_page(storage_state=self._state, **options)

    def close(self) -> None:
        self._browser.close()


def visit(browser: Browser, desk: Desk) -> Browser:
    """Return the browser with the cookie of a desk in all its contexts."""
    return cast("Browser", Visitor(browser, desk))


def judge(browser: Browser, addresses: Mapping[str, str], axe: Path, shots: Path) -> Iterator[str]:
    """Yield every fault of pages, and keep a picture of each in each dress.

    Args:
        addresses: By a name for each.
    """
    for scheme in SCHEMES:
        for width in WIDTHS_PX:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
            )
            context.add_init_script(path=axe)
            for name, address in addresses.items():
                page = context.new_page()
                faults = watch(page)
                page.goto(address)
                page.wait_for_timeout(700)
                page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
                yield from (f"{name} {width} {scheme}: {fault}" for fault in (*faults, *_faults(page)))
                page.close()
            context.close()


def watch(page: Page) -> list[str]:
    """Return a list that fills with errors of the console and requests to outside."""
    faults: list[str] = []

    def heard(message: Any) -> None:
        if message.type in ("error", "warning") and not any(meant in message.text for meant in _MEANT):
            faults.append(f"console: {message.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file:", "data:")):
            faults.append(f"asks for {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("request", asked)
    return faults


def _faults(page: Page) -> Iterator[str]:
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "is wider than the window"
    for violation in json.loads(page.evaluate(_AXE)):
        where = "; ".join(node["html"][:120] for node in violation["nodes"][:2])
        yield f"axe {violation['id']}: {violation['help']} ({len(violation['nodes'])} times): {where}"
