"""Shards joined: the outputs that several machines have made become the outputs of one project."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.findings import Finding, in_order
from pipeline.rendering.styles import find_styles
from pipeline.report import Entry, Listing, Report, from_json, to_json
from pipeline.running import catalogue
from pipeline.running.ledger import REPORT
from pipeline.running.record import NAME, Record, Remembered, load, to_bytes
from pipeline.running.saving import STATE, Outputs
from pipeline.running.shelf import INDEX, shelf_page

Own = dict[tuple[str, str], tuple[Entry, Remembered, Path]]


def merge(config: Config, folders: Sequence[Path], outputs: Outputs, wait_s: float) -> Report:
    """Join the outputs of shards into one folder, with one record, one report and one shelf.

    Of an edition that several hold, as from a cache, the one counts that its shard made or looked at.

    Args:
        folders: The outputs folder of each shard.

    Raises:
        ConfigError: A folder is no outputs folder, or another run holds the outputs.
    """
    own: Own = {}
    findings: set[Finding] = set()
    sources: dict[str, tuple[Finding, ...]] = {}
    listings: dict[str, Listing] = {}
    for folder in folders:
        record, report = load(folder / STATE), _report_of(folder)
        findings |= set(report.findings)
        sources |= record.sources
        listings |= record.listings
        for entry in report.entries:
            key = (entry.id, entry.format)
            _check(folder, entry)
            if key in record.entries and (key not in own or own[key][0].status == "skipped"):
                own[key] = (entry, record.entries[key], folder)
    with outputs.held(wait_s):
        remembered = _take(own, outputs)
        record = Record(remembered, sources, listings)
        entries = tuple(own[key][0] for key in sorted(own))
        report = Report(entries, in_order(findings), (), tuple(listings[id_] for id_ in sorted(listings)))
        page = shelf_page(report, config.publisher, find_styles(config.folder))
        # Every shard has read all sources, so one's catalogue is as good as another's.
        known = folders[0] / STATE / catalogue.NAME
        staged = [(INDEX, page), (REPORT, to_json(report)), (f"{STATE}/{NAME}", to_bytes(record))]
        if known.is_file():
            staged.append((f"{STATE}/{catalogue.NAME}", known.read_bytes()))
        moves = [(outputs.stage(f"merged/{number}", data), path) for number, (path, data) in enumerate(staged)]
        outputs.move(moves)
        outputs.release()
    return report


def _take(own: Own, outputs: Outputs) -> dict[tuple[str, str], Remembered]:
    """Copy every file to its place, and return what is remembered of it there."""
    moves: dict[str, str] = {}
    for entry, _, folder in own.values():
        for saved in entry.artifacts:
            if saved.path in moves or folder.resolve() == outputs.folder:
                continue  # a picture that several newsletters share
            name = f"shards/{len(moves)}"
            staged = outputs.staging / name
            staged.parent.mkdir(exist_ok=True)
            shutil.copyfile(folder / saved.path, staged)
            moves[saved.path] = name
    outputs.move((name, path) for path, name in moves.items())
    return {
        key: replace(kept, times_ns=tuple((outputs.folder / saved.path).stat().st_mtime_ns for saved in kept.artifacts))
        for key, (_, kept, _) in own.items()
    }


def _check(folder: Path, entry: Entry) -> None:
    """Make sure that a shard's files lie in it: it comes from another machine."""
    for saved in entry.artifacts:
        path = PurePosixPath(saved.path)
        if path.is_absolute() or ".." in path.parts or not (folder / path).is_file():
            raise ConfigError(f"{folder} lists a file {saved.path!r} that is not there", hint="make that shard anew")


def _report_of(folder: Path) -> Report:
    try:
        return from_json((folder / REPORT).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder} holds no report of a run", hint="name the outputs folder of each shard") from error
