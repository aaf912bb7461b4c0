"""The handouts to print: published where they are not up to date, then found among the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.build import Request, outputs_of, publish
from pipeline.config import Config, format_options
from pipeline.report import EditionResult, Report
from pipeline.run.source_set import Progress
from pipeline.writers import load_writer

HANDOUT_FORMAT = "handout"
STANDARD_VARIANT = "standard"
_FAILURE_REASONS = {
    "failed": "it could not be published",
    "stale": "it could not be published anew, and the file of the earlier run is out of date",
}


@dataclass(frozen=True, slots=True)
class PrintableHandout:
    """A published handout."""

    title: str
    path: Path


@dataclass(frozen=True, slots=True)
class SkippedHandout:
    """An article without a handout to print."""

    id: str
    why: str
    is_failed: bool
    """It should have one."""


@dataclass(frozen=True, slots=True)
class PrintBatch:
    """What there is to print, and what there is not."""

    handouts: tuple[PrintableHandout, ...]
    left_out: tuple[SkippedHandout, ...]
    report: Report
    """Of the run that published them."""

    @property
    def is_failed(self) -> bool:
        """There is less to print than was asked for, or nothing at all."""
        return not self.handouts or any(each.is_failed for each in self.left_out)


def publish_for_printing(config: Config, request: Request, variant: str, progress: Progress) -> PrintBatch:
    """Publish what is asked for, and return its files.

    Unchanged work is not done again. Where nothing is named, every article is meant, each once: an edition holds the
    same texts again, so it is printed only by name.

    Raises:
        ConfigError: The configuration or the command cannot be meant, or another run holds the outputs.
    """
    report = publish(config, replace(request, overrides=_with_variant(config, variant)), progress)
    outputs = outputs_of(config, request.outputs).published_dir
    found = [_find_handout(entry, variant, outputs) for entry in _requested_entries(report, request.articles)]
    return PrintBatch(
        tuple(each for each in found if isinstance(each, PrintableHandout)),
        tuple(each for each in found if isinstance(each, SkippedHandout)),
        report,
    )


def _with_variant(config: Config, variant: str) -> Mapping[str, Mapping[str, object]]:
    """Return the variants of `publish.toml` with this one, so that no other's files go; nothing where it is there."""
    chosen = format_options(config, HANDOUT_FORMAT, load_writer(HANDOUT_FORMAT).Options).variants
    return {} if variant in chosen else {HANDOUT_FORMAT: {"variants": [*chosen, variant]}}


def _requested_entries(report: Report, ids: tuple[str, ...]) -> Iterator[EditionResult]:
    """Yield the entries that are asked for, in the order in which they were named."""
    entries = {entry.id: entry for entry in report.entries if entry.format == HANDOUT_FORMAT}
    if ids:
        yield from (entries[id_] for id_ in ids if id_ in entries)
        return
    yield from (entry for entry in entries.values() if len(entry.sources) == 1 and entry.status != "skipped")


def _find_handout(entry: EditionResult, variant: str, outputs: Path) -> PrintableHandout | SkippedHandout:
    if entry.status in _FAILURE_REASONS:
        return SkippedHandout(entry.id, _FAILURE_REASONS[entry.status], is_failed=True)
    if entry.status == "skipped":
        return SkippedHandout(entry.id, "its front matter names other formats only", is_failed=True)
    name = (
        f"{HANDOUT_FORMAT}/{entry.id}.pdf"
        if variant == STANDARD_VARIANT
        else f"{HANDOUT_FORMAT}/{entry.id}.{variant}.pdf"
    )
    for saved in entry.artifacts:
        if saved.path == name:
            return PrintableHandout(entry.title, outputs / saved.path)
    return SkippedHandout(entry.id, f"the variant {variant} does not apply to it", is_failed=False)
