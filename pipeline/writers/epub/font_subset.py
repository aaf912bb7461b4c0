"""The book's typeface: the cuts its pages use, with the characters its pages use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.rendering.fonts import FontStyle, font_data

if TYPE_CHECKING:
    from lxml import etree

XHTML_NS = "{http://www.w3.org/1999/xhtml}"
ITALIC_TAGS = tuple(XHTML_NS + tag for tag in ("em", "i", "cite"))
BOLD_TAGS = tuple(XHTML_NS + tag for tag in ("strong", "b", "th", "dt", "h1", "h2", "h3", "h4"))


def fonts_needed(pages: Iterable[etree._Element]) -> tuple[tuple[FontStyle, ...], frozenset[str]]:
    """Return what of the typeface the pages need; headings are bold, so two cuts are always there."""
    cuts: set[FontStyle] = {"regular", "bold"}
    characters: set[str] = set()
    for page in pages:
        characters.update(*map(str, page.itertext()))
        for slanted in page.iter(*ITALIC_TAGS):
            is_bold = any(outer.tag in BOLD_TAGS for outer in slanted.iterancestors()) or any(slanted.iter(*BOLD_TAGS))
            cuts.add("bold-italic" if is_bold else "italic")
    order: tuple[FontStyle, ...] = ("regular", "bold", "italic", "bold-italic")
    return tuple(cut for cut in order if cut in cuts), frozenset(characters)


def subset_font(cut: FontStyle, characters: frozenset[str]) -> bytes:
    """Return a cut as TrueType with just these characters; those it has not are left to the reader's own fonts."""
    import uharfbuzz as hb

    wish = hb.SubsetInput()
    # Readers add hyphens of their own, and some list numbers are in no page's text.
    wish.unicode_set.update(map(ord, characters | set("0123456789.-‐•◦▪ ")))
    made = hb.subset(hb.Face(hb.Blob(font_data(cut))), wish)
    return bytes(made.blob.data)
