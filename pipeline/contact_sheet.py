"""A proof: all pages of an article's handout, in every variant, on one contact sheet."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.build import Request, publish
from pipeline.config import Config, OutputSettings
from pipeline.engine.output_dir import OutputDir
from pipeline.rendering.pdf_raster import draw_contact_sheet
from pipeline.report import EditionResult, Report
from pipeline.run.source_set import Progress

HANDOUT_FORMAT = "handout"
PROOFS_FOLDER = "proofs"
"""Below the outputs."""


def make_contact_sheet(
    config: Config, request: Request, variants: tuple[str, ...], output: Path | None, progress: Progress
) -> tuple[Report, Path | None]:
    """Print an article in variants, aside from what is published, and save all pages as one PNG.

    Args:
        request: Names one article; its outputs are where the proof goes when no other place is named.
        output: The file to write; None: `proofs/<id>.png` below the outputs.

    Returns:
        The report of the printing, and the file; None where nothing could be printed.
    """
    overrides = {HANDOUT_FORMAT: {"variants": list(variants)}}
    with tempfile.TemporaryDirectory(prefix="publish-proof-") as folder:
        aside = Path(folder)
        aside_only = replace(config, outputs=OutputSettings())
        report = publish(
            aside_only, replace(request, formats=(HANDOUT_FORMAT,), outputs=aside, overrides=overrides), progress
        )
        entry = next((each for each in report.entries if each.id in request.articles), None)
        rows = _printed_files(entry, aside) if entry else []
    if entry is None or not rows:
        return report, None
    sheet = draw_contact_sheet(rows)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(sheet)
        return report, output
    outputs = OutputDir((request.outputs or config.folder / "outputs").resolve())
    name = f"{PROOFS_FOLDER}/{entry.id}.png"
    with outputs.lock(request.wait_s):
        outputs.move([(outputs.stage(name, sheet), name)])
    return report, outputs.folder / name


def _printed_files(entry: EditionResult, folder: Path) -> list[tuple[str, bytes]]:
    """Return the printed files of an entry, each with its name."""
    return [
        (saved.path.rpartition("/")[2], (folder / saved.path).read_bytes()) for saved in entry.artifacts if saved.pages
    ]
