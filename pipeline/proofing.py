"""A proof: all pages of an article's handout, in every variant, on one contact sheet."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.config import Config, Placing
from pipeline.publish import Request, publish
from pipeline.rendering.pdf_raster import draw_contact_sheet
from pipeline.report import Entry, Report
from pipeline.running.library import Progress
from pipeline.running.saving import Outputs

FORMAT = "handout"
FOLDER = "proofs"
"""Below the outputs."""


def proof(
    config: Config, request: Request, variants: tuple[str, ...], output: Path | None, progress: Progress
) -> tuple[Report, Path | None]:
    """Print an article in variants, aside from what is published, and save all pages as one PNG.

    Args:
        request: Names one article; its outputs are where the proof goes when no other place is named.
        output: The file to write; None: `proofs/<id>.png` below the outputs.

    Returns:
        The report of the printing, and the file; None where nothing could be printed.
    """
    overrides = {FORMAT: {"variants": list(variants)}}
    with tempfile.TemporaryDirectory(prefix="publish-proof-") as folder:
        aside = Path(folder)
        aside_only = replace(config, outputs=Placing())
        report = publish(aside_only, replace(request, formats=(FORMAT,), outputs=aside, overrides=overrides), progress)
        entry = next((each for each in report.entries if each.id in request.articles), None)
        rows = _pages(entry, aside) if entry else []
    if entry is None or not rows:
        return report, None
    sheet = draw_contact_sheet(rows)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(sheet)
        return report, output
    outputs = Outputs((request.outputs or config.folder / "outputs").resolve())
    name = f"{FOLDER}/{entry.id}.png"
    with outputs.held(request.wait_s):
        outputs.move([(outputs.stage(name, sheet), name)])
    return report, outputs.folder / name


def _pages(entry: Entry, folder: Path) -> list[tuple[str, bytes]]:
    """Return the printed files of an entry, each with its name."""
    return [
        (saved.path.rpartition("/")[2], (folder / saved.path).read_bytes()) for saved in entry.artifacts if saved.pages
    ]
