"""Handouts in any variant: published files, and variants that are built for the preview only."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import override_formats
from pipeline.preview import page_images
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.publish_queue import PreviewBuild
from pipeline.printing.published_handouts import HANDOUT_FORMAT, STANDARD_VARIANT, variant_path


@dataclass(frozen=True, slots=True)
class VariantPreview:
    pdf: Path | None
    digest: str
    pages: tuple[page_images.PageSize, ...]
    why_not: str = ""
    is_coming: bool = False
    """A build is queued or running; the pages, if any, are those of the last build."""


def preview_variant(state: PreviewState, id_: str, variant: str) -> VariantPreview:
    """Return the handout of an article in a variant; queue a build where the project does not publish the variant."""
    why_not, is_coming = "", False
    if variant != STANDARD_VARIANT and state.has_source(id_) and not state.digest(variant_path(id_, variant)):
        # What changes the article changes its standard handout; a style may change a variant alone.
        stamp = f"{state.digest(variant_path(id_, STANDARD_VARIANT))}:{state.style_version}"
        config = override_formats(state.config, {HANDOUT_FORMAT: {"variants": [variant]}})
        last = state.last_build(PreviewBuild(id_, _variant_folder(state, variant), stamp, config))
        is_coming = last is None or last.stamp != stamp
        why_not = last.refusal if last else ""
    pdf = find_variant_pdf(state, id_, variant)
    with suppress(OSError):
        if pdf:
            digest = hashlib.sha256(pdf.read_bytes()).hexdigest()[:16]
            return VariantPreview(pdf, digest, page_images.page_sizes(pdf), why_not, is_coming)
    return VariantPreview(None, "", (), why_not, is_coming)


def find_variant_pdf(state: PreviewState, id_: str, variant: str) -> Path | None:
    path = variant_path(id_, variant)
    if state.digest(path):
        return state.published_file(path)
    built = _variant_folder(state, variant) / path
    return built if variant != STANDARD_VARIANT and state.item(id_) is not None and built.is_file() else None


def _variant_folder(state: PreviewState, variant: str) -> Path:
    return state.outputs.state / "variants" / variant
