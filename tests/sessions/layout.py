"""What a reader sees of a page on a phone and a tablet: overflow, text upon text, axe-core, contrast of all letters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS_PX = (320, 390, 820)
_AXE = """off => {
  const options = axe._audit.checks['color-contrast'].options;  // large letters need 4.5:1 as well
  axe.configure({checks: [{id: 'color-contrast', options: {...options, largeTextPt: 999, boldTextPt: 999}}]});
  const rules = Object.fromEntries(off.map(rule => [rule, {enabled: false}]));
  return axe.run(document, {resultTypes: ['violations'], elementRef: false, rules})
    .then(result => JSON.stringify(result.violations));
}"""
# Lines of one run of text may touch; two runs may share the leading between them, and nothing of their letters.
_OVERLAPS = """() => {
  const isHidden = node => {
    for (let element = node.parentElement; element; element = element.parentElement) {
      const style = getComputedStyle(element), box = element.getBoundingClientRect();
      if (style.visibility === 'hidden' || style.overflow !== 'visible' && Math.min(box.width, box.height) <= 2)
        return true;
    }
  };
  const boxes = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!node.data.trim() || isHidden(node)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width > 1 && box.height > 1) boxes.push({box, node});
  }
  boxes.sort((one, other) => one.box.top - other.box.top);
  const found = [];
  boxes.forEach((one, at) => {
    for (const other of boxes.slice(at + 1)) {
      if (other.box.top >= one.box.bottom) break;
      if (one.node === other.node) continue;
      const high = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      if (wide > 2 && high > 0.45 * Math.min(one.box.height, other.box.height))
        found.push(`${one.node.data.trim().slice(0, 40)} | ${other.node.data.trim().slice(0, 40)}`);
    }
  });
  return found;
}"""


def overflow(page: Page) -> Iterator[str]:
    """Yield how much wider than the screen a page is."""
    if (wider_px := page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")) > 0:
        yield f"{wider_px} px too wide"


def overlaps(page: Page) -> Iterator[str]:
    """Yield every two pieces of text that lie upon each other."""
    yield from (f"text upon text: {pair}" for pair in page.evaluate(_OVERLAPS))


def violations(page: Page, off: Iterable[str] = ()) -> Iterator[str]:
    """Yield each violation of axe's rules, which the page must have loaded, and contrast below 4.5:1 at any size.

    Args:
        off: Rules to leave out.
    """
    found: list[dict[str, Any]] = json.loads(page.evaluate(_AXE, list(off)))
    yield from (f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"])
