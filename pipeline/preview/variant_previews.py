"""A handout in any variant: those that the project publishes as they stand, the others printed aside when looked at."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import override_formats
from pipeline.preview import page_images
from pipeline.preview.preview_state import BuildResult, PreviewState
from pipeline.preview.publish_queue import PreviewBuild
from pipeline.writers.handout.variants import STANDARD_VARIANT

HANDOUT_FORMAT = "handout"
VARIANTS_FOLDER = "variants"
"""Below the hidden state of the outputs."""


@dataclass(frozen=True, slots=True)
class VariantPreview:
    """A handout in a variant."""

    pdf: Path | None
    digest: str
    pages: tuple[page_images.PageSize, ...]
    why_not: str = ""
    """Why there is none, where there is none."""
    is_coming: bool = False
    """It is being printed; what is shown, if anything, is what was printed last."""


def preview_variant(desk: PreviewState, id_: str, variant: str) -> VariantPreview:
    """Return the handout of an article in a variant; one that the project does not publish is printed meanwhile."""
    why_not, is_coming = "", False
    if (
        variant != STANDARD_VARIANT
        and desk.artifact(f"{HANDOUT_FORMAT}/{id_}.{variant}.pdf") is None
        and desk.has_source(id_)
    ):
        aside = _variant_build(desk, id_, variant)
        printed = desk.printed(aside)
        is_coming = printed is None or printed.stamp != aside.stamp
        why_not = _refusal_message(printed) if printed else ""
    pdf = find_variant_pdf(desk, id_, variant)
    with suppress(OSError):
        if pdf:
            digest = hashlib.sha256(pdf.read_bytes()).hexdigest()[:16]
            return VariantPreview(pdf, digest, page_images.page_sizes(pdf), why_not, is_coming)
    return VariantPreview(None, "", (), why_not, is_coming)


def find_variant_pdf(desk: PreviewState, id_: str, variant: str) -> Path | None:
    """Return where the handout of a variant lies; None where there is none."""
    name = f"{HANDOUT_FORMAT}/{id_}.pdf" if variant == STANDARD_VARIANT else f"{HANDOUT_FORMAT}/{id_}.{variant}.pdf"
    if path := desk.artifact(name):
        return path if path.is_file() else None
    if desk.item(id_) is None:
        return None
    path = _variant_folder(desk, variant) / name
    return path if variant != STANDARD_VARIANT and path.is_file() else None


def _variant_build(desk: PreviewState, id_: str, variant: str) -> PreviewBuild:
    # What changes an article changes its standard handout too; what it is drawn with may change a variant alone.
    stamp = f"{desk.digest(f'{HANDOUT_FORMAT}/{id_}.pdf')}:{desk.style_version}"
    config = override_formats(desk.config, {HANDOUT_FORMAT: {"variants": [variant]}})
    return PreviewBuild(id_, _variant_folder(desk, variant), stamp, config)


def _refusal_message(printed: BuildResult) -> str:
    if printed.error:
        return str(printed.error)
    refusals = (each for each in printed.findings if each.code == "handout-variant" or each.severity == "error")
    return next((each.message for each in refusals), "")


def _variant_folder(desk: PreviewState, variant: str) -> Path:
    return desk.outputs.state / VARIANTS_FOLDER / variant
