"""Handout pages of any variant as PNG, and the positions of findings on them."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image

from pipeline.config import override_formats
from pipeline.engine.output_dir import STATE
from pipeline.findings import SEVERITIES, Finding
from pipeline.preview.preview_state import BuildResult, PreviewState
from pipeline.preview.publish_queue import PreviewBuild
from pipeline.printing.published_handouts import HANDOUT_FORMAT, STANDARD_VARIANT, variant_path

PAGE_WIDTH_PX = 1100
"""Width of a page image, sharp on a screen with two device pixels per CSS pixel."""
_WORDS = 5
_LEAST_WORDS = 3
_PICTURE = re.compile(r"!\[[^\]]*\]\(|<img\b", re.IGNORECASE)
_IMAGE_OBJECT = 3  # FPDF_PAGEOBJ_IMAGE
_BESIDE = 0.04
"""Share of the page height by which a picture beside a text may begin above it."""
_NEAR = 12
"""Lines to search before and after a finding for printed text, such as beyond a picture."""
# PDFium is not thread-safe.
_PDFIUM_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class VariantPreview:
    pdf: Path | None
    digest: str
    pages: tuple[PageSize, ...]
    build: BuildResult
    """Of a variant for the preview only; until it is done, the pages, if any, are those of the last build."""


def preview_variant(state: PreviewState, id_: str, variant: str) -> VariantPreview:
    """Return the handout of an article in a variant."""
    wanted = variant_build(state, id_, variant)
    build = state.last_build(wanted) if wanted else BuildResult("")
    pdf = find_variant_pdf(state, id_, variant)
    with suppress(OSError):
        if pdf:
            digest = hashlib.sha256(pdf.read_bytes()).hexdigest()[:16]
            return VariantPreview(pdf, digest, page_sizes(pdf), build)
    return VariantPreview(None, "", (), build)


def variant_build(state: PreviewState, id_: str, variant: str) -> PreviewBuild | None:
    """Return the build of a variant for the preview only; None where the project publishes it itself."""
    if variant == STANDARD_VARIANT or not state.has_source(id_) or state.digest(variant_path(id_, variant)):
        return None
    # What changes the article changes its standard handout; a style may change a variant alone.
    stamp = f"{state.digest(variant_path(id_, STANDARD_VARIANT))}:{state.style_version}"
    config = override_formats(state.config, {HANDOUT_FORMAT: {"variants": [variant]}})
    return PreviewBuild(id_, state.outputs.home / _variant_folder(variant), stamp, config)


def find_variant_pdf(state: PreviewState, id_: str, variant: str) -> Path | None:
    path = variant_path(id_, variant)
    if state.digest(path):
        return state.published_file(path)
    is_built = variant != STANDARD_VARIANT and state.item(id_) is not None
    return state.file_below(f"{_variant_folder(variant)}/{path}") if is_built else None


def _variant_folder(variant: str) -> str:
    return f"{STATE}/variants/{variant}"


@dataclass(frozen=True, slots=True)
class PageSize:
    """Size of a page in points."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PagePosition:
    page: int
    top: float
    """Share of the page height: 0 at the top, 1 at the bottom."""


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    number: int
    finding: Finding
    excerpt: str
    """The line of the source; empty where the finding concerns the whole file."""
    position: PagePosition | None


@contextmanager
def _open_pdf(pdf: Path) -> Iterator[Any]:
    import pypdfium2

    data = pdf.read_bytes()
    with _PDFIUM_LOCK, pypdfium2.PdfDocument(data) as document:
        yield document


@lru_cache(maxsize=48)
def page_png(pdf: Path, number: int, digest: str) -> bytes | None:  # noqa: ARG001  # part of the cache's key
    """Return a page, from 1, as PNG; None where there is no such page. The pages of a few articles are cached.

    Args:
        digest: Digest of the file, as part of the cache key.

    Raises:
        FileNotFoundError: The file is gone.
    """
    with _open_pdf(pdf) as document:
        if not 1 <= number <= len(document):
            return None
        page = document[number - 1]
        picture: Image.Image = page.render(scale=PAGE_WIDTH_PX / page.get_width()).to_pil()
    png = io.BytesIO()
    # Low compression is fast, and the PNG stays on this machine.
    picture.convert("RGB").save(png, "PNG", compress_level=1)
    return png.getvalue()


def page_sizes(pdf: Path) -> tuple[PageSize, ...]:
    """Return the size of every page.

    Raises:
        FileNotFoundError: The file is gone.
    """
    with _open_pdf(pdf) as document:
        return tuple(PageSize(*page.get_size()) for page in document)


def find_phrases(
    pdf: Path, phrases: Sequence[Sequence[str]], shares: Sequence[float] = ()
) -> tuple[PagePosition | None, ...]:
    """Return the position of each phrase; None where it is not printed.

    Args:
        phrases: Consecutive words; spaces and punctuation between them may differ.
        shares: Where each stands in the source, 0 at the beginning, 1 at the end: of several places the nearest is
            taken, and without shares the first.
    """
    found: list[list[PagePosition]] = [[] for _ in phrases]
    with _open_pdf(pdf) as document:
        pages = len(document)
        for number, page in enumerate(document, 1):
            height, text_page = page.get_height(), page.get_textpage()
            text = text_page.get_text_range()
            for words, positions in zip(phrases, found, strict=True):
                for match in re.finditer(r"\W+".join(map(re.escape, words)), text) if words else ():
                    top = text_page.get_charbox(match.start())[3]
                    positions.append(PagePosition(number, min(1.0, max(0.0, 1 - top / height))))

    def distance(position: PagePosition, share: float) -> float:
        return abs((position.page - 1 + position.top) / pages - share)

    return tuple(
        min(positions, key=lambda position: distance(position, share), default=None)
        for positions, share in zip(found, shares or [0.0] * len(found), strict=True)
    )


def place_findings(findings: Iterable[Finding], source: str, pdf: Path | None) -> tuple[PlacedFinding, ...]:
    """Return findings with their positions, by severity, then by line.

    Args:
        source: The text of the source file.
        pdf: The handout, if there is one.
    """
    ordered = sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.line, finding.code))
    lines = source.splitlines()
    positions: Sequence[PagePosition | None] = [None] * len(ordered)
    if pdf is not None:
        shares = [finding.line / max(1, len(lines)) for finding in ordered]
        found = find_phrases(pdf, [_phrase(_around(lines, finding.line)) for finding in ordered], shares)
        positions = [
            _picture_position(pdf, lines, finding.line) or position
            for finding, position in zip(ordered, found, strict=True)
        ]
    return tuple(
        PlacedFinding(number, finding, _excerpt(lines, finding.line), position)
        for number, (finding, position) in enumerate(zip(ordered, positions, strict=True), 1)
    )


def _picture_position(pdf: Path, lines: Sequence[str], line: int) -> PagePosition | None:
    """Return the position of the picture on a line: the first one printed between the words before and behind it."""
    if not 0 < line <= len(lines) or not _PICTURE.search(lines[line - 1]):
        return None
    before, after = lines[max(0, line - 1 - _NEAR) : line - 1][::-1], lines[line : line + _NEAR]
    start, end = find_phrases(pdf, [_phrase(before), _phrase(after)], [line / len(lines)] * 2)
    with _open_pdf(pdf) as document:
        for number, page in enumerate(document, 1):
            height = page.get_height()
            tops = sorted(1 - picture.get_bounds()[3] / height for picture in page.get_objects([_IMAGE_OBJECT]))
            for position in (PagePosition(number, min(1.0, max(0.0, top))) for top in tops):
                is_below = start is None or (position.page, position.top) >= (start.page, start.top - _BESIDE)
                is_above = end is None or (position.page, position.top) <= (end.page, end.top + _BESIDE)
                if (start or end) and is_below and is_above:
                    return position
    return None


def _excerpt(lines: Sequence[str], line: int) -> str:
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return text if len(text) <= 160 else text[:159] + "…"


def _around(lines: Sequence[str], line: int) -> list[str]:
    """Return a line, those after it, and those before it, from the nearest on; none for no line."""
    if not 0 < line <= len(lines):
        return []
    return [*lines[line - 1 : line + _NEAR], *lines[max(0, line - 1 - _NEAR) : line - 1][::-1]]


def _phrase(lines: Iterable[str]) -> tuple[str, ...]:
    """Return a few consecutive words of the first line that has some."""
    for line in lines:
        # Remove the markup of links and lists, and alternative texts, which are not printed.
        bare = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|\[\^[^\]]*\]|^\s*[-*>#\d.]+\s", " ", line)
        runs = re.findall(r"[^\W\d_]+(?: [^\W\d_]+)+", bare)
        longest: list[str] = max((run.split() for run in runs), key=len, default=[])
        if len(longest) >= _LEAST_WORDS and not re.match(r"[\w-]+:", line):
            return tuple(longest[:_WORDS])
    return ()
