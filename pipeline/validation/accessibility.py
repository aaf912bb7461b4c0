"""Accessibility metadata of an EPUB, derived from the content of its finished pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
    sheets = tuple(sheets)
    counts = dict.fromkeys(AccessibilityCounts.__dataclass_fields__, 0)
    counts["moving"] = sum(len(ANIMATION.findall(sheet)) for sheet in sheets)
    counts["fixed_sizes"] = sum(len(FIXED_SIZE.findall(sheet)) for sheet in sheets)
    for page in pages:
        _count_pictures(page, counts)
        _count_headings(page, counts)
        for element in page.iter("*"):
            role = element.get("role", "")
            counts["roles"] += bool(role)
            counts["page_marks"] += role == "doc-pagebreak"
            counts["moving"] += element.tag in ACTIVE_ELEMENTS
        for nav in page.iter(f"{XHTML_NS}nav"):
            links = len(list(nav.iter(f"{XHTML_NS}a")))
            counts["contents"] += links if nav.get(EPUB_TYPE) == "toc" else 0
            counts["listed_pages"] += links if nav.get(EPUB_TYPE) == "page-list" else 0
    return AccessibilityCounts(**counts)


def _count_pictures(page: etree._Element, counts: dict[str, int]) -> None:
    for image in page.iter(f"{XHTML_NS}img"):
        alternative = image.get("alt")
        if alternative is None or image.get(UNDESCRIBED) is not None:
            counts["undescribed"] += 1
        elif alternative.strip() and image.get("role") != "doc-cover":
            counts["described"] += 1


def _count_headings(page: etree._Element, counts: dict[str, int]) -> None:
    before = 0
    for heading in page.iter(*HEADINGS):
        level = int(str(heading.tag)[-1])
        counts["headings"] += 1
        counts["skipped_levels"] += level > before + 1
        before = level


def accessibility_claims(counted: AccessibilityCounts) -> tuple[tuple[str, str], ...]:
    """Return the accessibility properties that the counts support, with their values.

    Source: EPUB Accessibility 1.1, section 2; vocabulary of schema.org's accessibility properties.
    """
    is_textual = not counted.undescribed
    is_visual = bool(counted.described or counted.undescribed)
    modes = ["textual"] + ["visual"] * is_visual
    sufficient = ["textual"] * is_textual + ["textual,visual"] * is_visual
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
        *(("schema:accessMode", mode) for mode in modes),
        *(("schema:accessModeSufficient", mode) for mode in sufficient),
        *(("schema:accessibilityFeature", name) for name, is_true in features.items() if is_true),
        ("schema:accessibilityHazard", "unknown" if counted.moving else "none"),
    )


def supports_conformance(counted: AccessibilityCounts) -> bool:
    """Tell whether no automatic check contradicts WCAG 2.2, level AA; the rest is left to human review."""
    true = set(accessibility_claims(counted))
    return {
        ("schema:accessModeSufficient", "textual"),
        ("schema:accessibilityHazard", "none"),
        *(("schema:accessibilityFeature", name) for name in REQUIRED_FEATURES),
    } <= true
