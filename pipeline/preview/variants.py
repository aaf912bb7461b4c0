"""A handout in any variant: those that the project publishes as they stand, the others printed aside when looked at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import override
from pipeline.errors import PublishError
from pipeline.findings import Finding
from pipeline.preview import pages
from pipeline.preview.desk import Desk
from pipeline.publish import Request, publish
from pipeline.writers.handout.variants import STANDARD

FORMAT = "handout"
FOLDER = "variants"
"""Below the hidden state of the outputs."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A handout in a variant."""

    variant: str
    pdf: Path | None
    digest: str
    pages: tuple[pages.Size, ...]
    why_not: str = ""
    """Why there is none."""


def sheet(desk: Desk, id_: str, variant: str) -> Sheet:
    """Return the handout of an article in a variant, printed where the project does not publish that one."""
    pdf = find(desk, id_, variant)
    why_not = ""
    if not _is_published(desk, id_, variant) and variant != STANDARD and desk.has_source(id_):
        pdf, why_not = _print(desk, id_, variant)
    try:
        sizes = pages.sizes(pdf) if pdf else ()
    except OSError:
        return Sheet(variant, None, "", (), why_not)
    return Sheet(variant, pdf, _digest(pdf), sizes, why_not)


def find(desk: Desk, id_: str, variant: str) -> Path | None:
    """Return where the handout of a variant lies; None where there is none."""
    name = f"{FORMAT}/{id_}.pdf" if variant == STANDARD else f"{FORMAT}/{id_}.{variant}.pdf"
    if path := desk.artifact(name):
        return path if path.is_file() else None
    if desk.item(id_) is None:
        return None
    aside = _aside(desk, variant) / name
    return aside if variant != STANDARD and aside.is_file() else None


def _is_published(desk: Desk, id_: str, variant: str) -> bool:
    return desk.artifact(f"{FORMAT}/{id_}.{variant}.pdf") is not None


def _print(desk: Desk, id_: str, variant: str) -> tuple[Path | None, str]:
    config = override(desk.config, {FORMAT: {"variants": [variant]}})
    request = Request((FORMAT,), (id_,), outputs=_aside(desk, variant))
    try:
        report = publish(config, request, lambda _step, _done, _of: None)
    except PublishError as error:
        return None, str(error)
    findings: tuple[Finding, ...] = report.findings
    why_not = next((each.message for each in findings if each.code == "handout-variant"), "")
    return find(desk, id_, variant), why_not


def _aside(desk: Desk, variant: str) -> Path:
    return desk.outputs.state / FOLDER / variant


def _digest(pdf: Path | None) -> str:
    return hashlib.sha256(pdf.read_bytes()).hexdigest()[:16] if pdf else ""
