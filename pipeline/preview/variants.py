"""A handout in any variant: those that the project publishes as they stand, the others printed aside when looked at."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import override
from pipeline.preview import pages
from pipeline.preview.desk import Desk, Printed
from pipeline.preview.queue import Aside
from pipeline.writers.handout.variants import STANDARD_VARIANT

FORMAT = "handout"
FOLDER = "variants"
"""Below the hidden state of the outputs."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A handout in a variant."""

    pdf: Path | None
    digest: str
    pages: tuple[pages.Size, ...]
    why_not: str = ""
    """Why there is none, where there is none."""
    is_coming: bool = False
    """It is being printed; what is shown, if anything, is what was printed last."""


def sheet(desk: Desk, id_: str, variant: str) -> Sheet:
    """Return the handout of an article in a variant; one that the project does not publish is printed meanwhile."""
    why_not, is_coming = "", False
    if variant != STANDARD_VARIANT and desk.artifact(f"{FORMAT}/{id_}.{variant}.pdf") is None and desk.has_source(id_):
        aside = _aside(desk, id_, variant)
        printed = desk.printed(aside)
        is_coming = printed is None or printed.stamp != aside.stamp
        why_not = _why_not(printed) if printed else ""
    pdf = find(desk, id_, variant)
    with suppress(OSError):
        if pdf:
            digest = hashlib.sha256(pdf.read_bytes()).hexdigest()[:16]
            return Sheet(pdf, digest, pages.sizes(pdf), why_not, is_coming)
    return Sheet(None, "", (), why_not, is_coming)


def find(desk: Desk, id_: str, variant: str) -> Path | None:
    """Return where the handout of a variant lies; None where there is none."""
    name = f"{FORMAT}/{id_}.pdf" if variant == STANDARD_VARIANT else f"{FORMAT}/{id_}.{variant}.pdf"
    if path := desk.artifact(name):
        return path if path.is_file() else None
    if desk.item(id_) is None:
        return None
    path = _folder(desk, variant) / name
    return path if variant != STANDARD_VARIANT and path.is_file() else None


def _aside(desk: Desk, id_: str, variant: str) -> Aside:
    # What changes an article changes its standard handout too; what it is drawn with may change a variant alone.
    stamp = f"{desk.digest(f'{FORMAT}/{id_}.pdf')}:{desk.drawn}"
    config = override(desk.config, {FORMAT: {"variants": [variant]}})
    return Aside(id_, _folder(desk, variant), stamp, config)


def _why_not(printed: Printed) -> str:
    if printed.error:
        return str(printed.error)
    refusals = (each for each in printed.findings if each.code == "handout-variant" or each.severity == "error")
    return next((each.message for each in refusals), "")


def _folder(desk: Desk, variant: str) -> Path:
    return desk.outputs.state / FOLDER / variant
