"""The run of `publish check`: reads and lints all articles, and writes no output."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline import writers
from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.lint.file_validation import find_published_files, validate_file
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.publish import Request, shown_in
from pipeline.reading.editions import resolve_editions, suggest_id
from pipeline.report import Report
from pipeline.running.library import Library, Progress, ReadingRoom, read_library
from pipeline.running.making import open_shop
from pipeline.running.plan import Rebuild, plan
from pipeline.running.record import load as load_record
from pipeline.running.saving import STATE, Outputs
from pipeline.running.spool import open_spool
from pipeline.running.together import check_library
from pipeline.running.wordbook import open_book
from pipeline.running.workers import Workers


@dataclass(frozen=True, slots=True)
class LintResult:
    """What the editor's desk found."""

    findings: tuple[Finding, ...]
    """As the table of findings weighs them, on all that was asked for."""
    report: Report
    """As the project weighs them: its baseline and its own severities."""
    sources: tuple[str, ...]
    """All that was checked."""


def lint_articles(config: Config, request: Request, scale: SeverityPolicy, progress: Progress) -> LintResult:
    """Read all articles and return what is found on those that were asked for.

    What the writers found stands in the record of the last run: it is repeated for what has not changed since.

    Raises:
        ConfigError: The configuration or the command cannot be meant, or another run holds the outputs.
    """
    started = time.monotonic()
    outputs = Outputs((request.outputs or config.folder / "outputs").resolve())
    shown = shown_in(config, request.outputs)  # where releases are kept, the last of them
    with outputs.held(request.wait_s), Workers(request.jobs, config.limits.memory_mb) as workers:
        spool = open_spool(outputs)
        # All of them, since only then it shows which lead nowhere, or are led to by none.
        library = read_library(
            ReadingRoom(config, workers, spool, progress, (), open_book(outputs.state)), outputs.state, ()
        )
        shop = open_shop(config, request.formats, Outputs(shown), spool)
        bound = resolve_editions(library.metas, library.ids, writers.installed_writers())
        work = plan(bound.edition_plans, request.formats, (), config, shop, load_record(shown / STATE), Rebuild())
    findings = (
        *library.findings,
        *(finding for item in library.reads for finding in item.findings),
        *bound.findings,
        *(finding for entry in work.unchanged for finding in entry.findings),
        *check_library(library, config, request.today, is_whole=True),
    )
    sources = _requested_sources(library, request.articles)
    unjudged = {source for order in work.orders for source in order.binding.sources} & set(sources)
    if unjudged:
        message = f"{len(unjudged)} of {len(sources)} sources were not judged for print, e-book and mail"
        findings = (*findings, make_finding("pages-unjudged", config.file.name, 0, message))
    wanted = sort_findings(
        f for f in findings if not request.articles or f.source in sources or f.code == "pages-unjudged"
    )
    listings = tuple(item.meta for item in library.reads if item.meta and item.meta.source in sources)
    report = Report((), scale.apply(wanted), listings=listings, seconds=time.monotonic() - started)
    return LintResult(wanted, report, sources)


def lint_files(paths: Iterable[Path], scale: SeverityPolicy, progress: Progress) -> LintResult:
    """Return what is found on finished files.

    Raises:
        ConfigError: There is none.
    """
    files = find_published_files(paths)
    findings: list[Finding] = []
    for number, path in enumerate(files, 1):
        findings += validate_file(path, path.as_posix())
        progress("judge", number, len(files))
    ordered = sort_findings(findings)
    return LintResult(ordered, Report((), scale.apply(ordered)), tuple(path.as_posix() for path in files))


def _requested_sources(library: Library, articles: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sources that were asked for.

    Raises:
        ConfigError: An id that no source has.
    """
    by_id = {source.id: source.path for source in (*library.sources, *library.id_conflicts)}
    if unknown := [id_ for id_ in articles if id_ not in by_id]:
        hint = suggest_id(unknown[0], by_id) or "give its id: its path below the source folder, without suffix"
        raise ConfigError(f"there is no article {', '.join(map(repr, unknown))}", hint=hint)
    return tuple(sorted(by_id[id_] for id_ in articles)) if articles else tuple(sorted(by_id.values()))
