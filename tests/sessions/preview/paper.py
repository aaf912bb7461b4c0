"""Printing from the browser, through a CUPS of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2

from tests.sessions.preview.desks import running, say
from tests.sessions.preview.views import visit
from tests.sessions.printing import server as cups

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COPIES = 2


def print_from_browser(browser: Browser, project: Path, id_: str, folder: Path, shots: Path) -> Iterator[str]:
    """Print a handout as someone at the desk does, and yield what came out wrong.

    Args:
        folder: For the CUPS: made, and left to the caller.
    """
    if why := cups.missing():
        say(f"printing from the browser: skipped: {why}")
        return
    with cups.running(folder) as server:
        if list(server.printed.glob("*.pdf")):
            say(f"printing from the browser: skipped: {server.printed} is in use by someone else's prints")
            return
        cups.add_printer(server)
        try:
            with running(project, server.environment) as desk:
                page = visit(browser, desk).new_context(viewport={"width": 1280, "height": 900}).new_page()
                page.set_default_timeout(120_000)  # the desk prints before it answers
                page.goto(f"{desk.address}/proof/{id_}")
                page.click('.acts a[href^="/print"]')
                page.fill("#copies", str(COPIES))
                page.check("#greyscale")
                page.screenshot(path=shots / "printer.png", full_page=True)
                page.click('button[value="printer"]')
                page.wait_for_selector(".message")
                told = page.inner_text(".message")
                page.context.close()
            paper = server.wait_for_paper(1)[-1]
            job, sides = server.logged()[-1], len(pypdfium2.PdfDocument(paper))
        finally:
            for path in server.printed.glob("*.pdf"):
                path.unlink()
    pages = len(pypdfium2.PdfDocument(project / f"outputs/handout/{id_}.pdf"))
    say(f"printed from the browser: “{told}”; CUPS saw {job}; {sides} sides came out")
    if sides != (pages + pages % 2) * COPIES:
        yield f"{sides} sides came out of the printer, of {COPIES} copies of {pages} pages"
    if job["sides"] != "two-sided-long-edge" or job["colour"] != "monochrome" or job["printer"] not in told:
        yield f"the desk said “{told}”, and CUPS saw {job}"
