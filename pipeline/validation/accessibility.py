"""Accessibility metadata of an EPUB, derived from the content of its finished pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

XHTML_NS = "{http://www.w3.org/1999/xhtml}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
HEADINGS = tuple(f"{XHTML_NS}h{level}" for level in range(1, 7))
ACTIVE_ELEMENTS = tuple(
    XHTML_NS + tag for tag in ("audio", "video", "script", "iframe", "object", "embed", "canvas", "form")
)
FIXED_SIZE = re.compile(r"font-size\s*:\s*[\d.]+(px|pt|cm|mm|in)|user-select|!important", re.IGNORECASE)
ANIMATION = re.compile(r"@keyframes|animation|transition", re.IGNORECASE)
UNDESCRIBED = "data-undescribed"
"""On a picture whose empty text alternative was not written by an author: it may not be decorative."""
REQUIRED_FEATURES = ("displayTransformability", "readingOrder", "structuralNavigation", "tableOfContents")
"""Features that conformance requires."""


@dataclass(frozen=True, slots=True)
class AccessibilityCounts:
    described: int = 0
    """Pictures with a text alternative, without the cover, whose text is repeated in the book."""
    undescribed: int = 0
    """Pictures without a text alternative, or with an empty one that no author wrote."""
    headings: int = 0
    skipped_levels: int = 0
    """Headings more than one level below the previous one."""
    contents: int = 0
    """Entries of the table of contents."""
    listed_pages: int = 0
    page_marks: int = 0
    roles: int = 0
    moving: int = 0
    """Audio, video, scripts, and animations in style sheets."""
    fixed_sizes: int = 0
    """Style rules that a reader's settings cannot change."""


def count_accessibility(pages: Iterable[etree._Element], sheets: Iterable[str]) -> AccessibilityCounts:
    """Count what the pages of a book contain.

    Args:
        pages: The roots of all XHTML files, navigation included.
        sheets: The texts of the style sheets.
    """
    pages, sheets = tuple(pages), tuple(sheets)
    elements = [element for page in pages for element in page.iter("*")]
    images = [element for element in elements if element.tag == f"{XHTML_NS}img"]
    undescribed = [image for image in images if image.get("alt") is None or image.get(UNDESCRIBED) is not None]
    described = (
        image.get("alt", "").strip() and image.get("role") != "doc-cover" and image.get(UNDESCRIBED) is None
        for image in images
    )
    levels = [[int(str(heading.tag)[-1]) for heading in page.iter(*HEADINGS)] for page in pages]
    roles = [element.get("role") for element in elements]
    navs = [element for element in elements if element.tag == f"{XHTML_NS}nav"]
    links = Counter(nav.get(EPUB_TYPE) for nav in navs for _ in nav.iter(f"{XHTML_NS}a"))
    return AccessibilityCounts(
        described=sum(map(bool, described)),
        undescribed=len(undescribed),
        headings=sum(map(len, levels)),
        skipped_levels=sum(level > before + 1 for page in levels for before, level in pairwise((0, *page))),
        contents=links["toc"],
        listed_pages=links["page-list"],
        page_marks=roles.count("doc-pagebreak"),
        roles=len(list(filter(None, roles))),
        moving=sum(element.tag in ACTIVE_ELEMENTS for element in elements)
        + sum(len(ANIMATION.findall(sheet)) for sheet in sheets),
        fixed_sizes=sum(len(FIXED_SIZE.findall(sheet)) for sheet in sheets),
    )


def accessibility_claims(counted: AccessibilityCounts) -> tuple[tuple[str, str], ...]:
    """Return the accessibility properties that the counts support, with their values.

    Source: EPUB Accessibility 1.1, section 2; vocabulary of schema.org's accessibility properties.
    """
    is_textual = not counted.undescribed
    is_visual = bool(counted.described or counted.undescribed)
    features = {
        "ARIA": counted.roles > 0,
        "alternativeText": counted.described > 0 and is_textual,
        "displayTransformability": not counted.fixed_sizes,
        "pageBreakMarkers": counted.page_marks > 0,
        "pageNavigation": counted.listed_pages > 0,
        "readingOrder": not counted.moving,
        "structuralNavigation": counted.headings > 0 and not counted.skipped_levels,
        "tableOfContents": counted.contents > 0,
    }
    return (
        *(("schema:accessMode", mode) for mode in ["textual"] + ["visual"] * is_visual),
        *(("schema:accessModeSufficient", mode) for mode in ["textual"] * is_textual + ["textual,visual"] * is_visual),
        *(("schema:accessibilityFeature", name) for name, is_true in features.items() if is_true),
        ("schema:accessibilityHazard", "unknown" if counted.moving else "none"),
    )


def supports_conformance(counted: AccessibilityCounts) -> bool:
    """Tell whether no automatic check contradicts WCAG 2.2, level AA; the rest is left to human review."""
    return {
        ("schema:accessModeSufficient", "textual"),
        ("schema:accessibilityHazard", "none"),
        *(("schema:accessibilityFeature", name) for name in REQUIRED_FEATURES),
    } <= set(accessibility_claims(counted))
