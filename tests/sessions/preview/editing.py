"""What an edit does to a page that is open: how soon it shows, what an error leaves, how an edition is made."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sessions.preview.desks import Desk, publish, say

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HANDOUT_RATIO, NEWSLETTER_RATIO = 0.5, 0.2
_PATIENCE_MS = 180_000
_MAIL = ".mail iframe:not(.waiting)"
_MAIL_IS_NEW = f"old => {{ const f = document.querySelector('{_MAIL}'); return f && f.getAttribute('src') !== old }}"
_PAGE = ".pages img"
_PAGE_IS_NEW = (
    f"old => {{ const i = document.querySelector('{_PAGE}');"
    " return i && i.getAttribute('src') !== old && i.complete && i.naturalWidth }"
)


def measure(browser: Browser, desk: Desk, id_: str, source: Path, rounds: int) -> Iterator[str]:
    """Print how soon a save shows, against a cold `publish handout` of the same article; yield what is too slow.

    Each round measures all three in turn, so that whatever else the machine does weighs on all alike.
    """
    text = source.read_text("utf-8")
    page = open_proof(browser, desk, id_)
    seen: dict[str, list[float]] = {"newsletter": [], "handout": [], "cold": []}
    for number in range(rounds + 1):
        mail, paper = page.get_attribute(_MAIL, "src"), page.get_attribute(_PAGE, "src")
        started = time.monotonic()
        source.write_text(f"{text}\n\nEn ny sætning, den {number}.\n", "utf-8")
        page.wait_for_function(_MAIL_IS_NEW, arg=mail, timeout=_PATIENCE_MS)
        newsletter_s = time.monotonic() - started
        page.wait_for_function(_PAGE_IS_NEW, arg=paper, timeout=_PATIENCE_MS)
        handout_s = time.monotonic() - started
        wait_for_rest(page)
        started = time.monotonic()
        publish(desk.folder, "handout", id_, "--outputs", str(desk.folder.parent / f"cold-{number}"))
        cold_s = time.monotonic() - started
        if number:  # the first round finds its workers cold
            for name, seconds in (("newsletter", newsletter_s), ("handout", handout_s), ("cold", cold_s)):
                seen[name].append(seconds)
    source.write_text(text, "utf-8")
    page.context.close()
    cold = statistics.median(seen["cold"])
    say(f"cold `publish handout {id_}`: {cold:.2f} s (median of {rounds})")
    for name, limit in (("newsletter", NEWSLETTER_RATIO), ("handout", HANDOUT_RATIO)):
        ratio = statistics.median(quick / slow for quick, slow in zip(seen[name], seen["cold"], strict=True))
        say(f"save to {name} on screen: {statistics.median(seen[name]):.2f} s, {ratio:.2f} x (at most {limit})")
        if ratio > limit:
            yield f"{name} {ratio:.2f} x, at most {limit}"


def break_and_mend(browser: Browser, desk: Desk, id_: str, source: Path, shots: Path) -> Iterator[str]:
    """Yield what is wrong with how an error is shown, and goes."""
    text = source.read_text("utf-8")
    page = open_proof(browser, desk, id_)
    page.mouse.wheel(0, 600)
    page.wait_for_timeout(500)
    paper, scrolled = page.get_attribute(_PAGE, "src"), page.evaluate("scrollY")
    source.write_text(text.replace("---", "---\ntitle: [", 1), "utf-8")
    page.wait_for_selector("[data-part=errors] .alarm", timeout=_PATIENCE_MS)
    page.screenshot(path=shots / "broken.png", full_page=True)
    if page.get_attribute(_PAGE, "src") != paper:
        yield "the last good proof did not stay"
    alarm = page.inner_text("[data-part=errors] .alarm")
    say(f"broken front matter is shown: {alarm.splitlines()[0][:100]}")
    if f"{source.name}:" not in alarm:
        yield f"the error does not name its line: {alarm}"
    source.write_text(text, "utf-8")
    page.wait_for_selector("[data-part=errors] .alarm", state="detached", timeout=_PATIENCE_MS)
    if not scrolled or abs(page.evaluate("scrollY") - scrolled) > 300:
        yield f"the page was scrolled to {scrolled}, and now to {page.evaluate('scrollY')}"
    say("repaired: the error is gone")
    page.context.close()


def keep_place(browser: Browser, desk: Desk, id_: str, source: Path) -> Iterator[str]:
    """Yield where an update moved the page or the mail in its frame."""
    text = source.read_text("utf-8")
    page = open_proof(browser, desk, id_)
    page.mouse.wheel(0, 500)
    page.evaluate(f"document.querySelector('{_MAIL}').contentWindow.scrollTo(0, 240)")
    page.wait_for_timeout(500)
    before, mail = page.evaluate("scrollY"), page.get_attribute(_MAIL, "src")
    source.write_text(f"{text}\n\nEt sted at blive.\n", "utf-8")
    page.wait_for_function(_MAIL_IS_NEW, arg=mail, timeout=_PATIENCE_MS)
    page.wait_for_timeout(300)
    after, inner = page.evaluate("scrollY"), page.evaluate(f"document.querySelector('{_MAIL}').contentWindow.scrollY")
    say(f"scrolled to {before}, after the update to {after}; the mail to 240, and to {inner}")
    if not before or abs(after - before) > 2 or inner != 240:
        yield "an update moved what someone was reading"
    wait_for_rest(page)
    source.write_text(text, "utf-8")
    page.context.close()


def compose(browser: Browser, desk: Desk, shots: Path) -> Iterator[str]:
    """Yield what goes wrong where an edition is put together by keyboard alone, saved, and published."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{desk.address}/compose")
    page.focus("#title")
    page.keyboard.type("Tre gode råd")
    boxes = page.locator("#all input")
    names = [boxes.nth(at).get_attribute("value") for at in range(3)]
    for name in names:
        page.focus(f'#all input[value="{name}"]')
        page.keyboard.press("Space")
    page.focus(f'#chosen li[data-id="{names[2]}"] button')
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Enter")
    order = page.evaluate("[...document.querySelectorAll('#chosen li')].map(item => item.dataset.id)")
    if order != [names[2], names[0], names[1]]:
        yield f"by keyboard the order became {order}"
    page.screenshot(path=shots / "composed.png", full_page=True)
    last = page.locator("#chosen li").nth(2)
    box = last.bounding_box()
    # Below its middle: above it, what is dragged goes before it.
    page.locator("#chosen li").nth(0).drag_to(last, target_position={"x": 40, "y": box["height"] - 4} if box else None)
    dragged = page.evaluate("[...document.querySelectorAll('#chosen li')].map(item => item.dataset.id)")
    if dragged != [names[0], names[1], names[2]]:
        yield f"by drag the order became {dragged}"
    page.click("form.composer button.main")
    page.wait_for_selector(".difference")
    page.screenshot(path=shots / "difference.png", full_page=True)
    page.click(".difference button.main")
    page.wait_for_url("**/proof/**")
    page.wait_for_selector(_PAGE, timeout=_PATIENCE_MS)
    say(f"an edition of {len(dragged)} articles was saved and published: {page.url.partition('/proof/')[2]}")
    page.context.close()


def open_proof(browser: Browser, desk: Desk, id_: str) -> Page:
    """Return the open page of an article, once it is up to date."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{desk.address}/proof/{id_}")
    wait_for_rest(page)
    return page


def wait_for_rest(page: Page) -> None:
    """Wait until the desk says that all is up to date, and the page has taken it over."""
    fresh = "() => document.getElementById('state').textContent === document.body.dataset.fresh"
    page.wait_for_function(fresh, timeout=_PATIENCE_MS)
    page.wait_for_timeout(400)
