"""The run of `publish check`: reads and lints all articles, and writes no output."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.build import prepare
from pipeline.config import Config
from pipeline.engine.executor import Executor
from pipeline.errors import ConfigError
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.lint.file_validation import find_published_files, validate_file
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.reading.editions import suggest_id
from pipeline.report import Report
from pipeline.run.context import Progress, Request
from pipeline.run.source_set import SourceSet


@dataclass(frozen=True, slots=True)
class LintResult:
    findings: tuple[Finding, ...]
    """As the table of findings weighs them, on all that was asked for."""
    report: Report
    """As the project weighs them: its baseline and its own severities."""
    sources: tuple[str, ...]


def lint_articles(config: Config, request: Request, scale: SeverityPolicy, progress: Progress) -> LintResult:
    """Read all articles and return what is found on those that were asked for.

    What the writers found is in the cache: it is repeated for what has not changed since it was published.

    Raises:
        ConfigError: The configuration or the command cannot be meant, or another run holds the outputs.
    """
    started = time.monotonic()
    with Executor(request.jobs, config.limits.memory_mb) as executor:
        # All of them, since only then it shows which lead nowhere, or are led to by none.
        run = prepare(config, replace(request, articles=()), progress, executor)
    findings = (
        *run.sources.findings,
        *(finding for record in run.sources.records for finding in record.summary.findings),
        *(finding for each in run.plan.current for finding in each.findings),
        *run.findings,
    )
    sources = _requested_sources(run.sources, request.articles)
    unjudged = {source for task in run.plan.tasks for source in task.binding.sources} & set(sources)
    if unjudged:
        message = f"{len(unjudged)} of {len(sources)} sources were not judged for print, e-book and mail"
        findings = (*findings, make_finding("pages-unjudged", config.file.name, 0, message))
    wanted = sort_findings(
        f for f in findings if not request.articles or f.source in sources or f.code == "pages-unjudged"
    )
    listings = tuple(card for card in run.sources.metas if card.source in sources)
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


def _requested_sources(library: SourceSet, articles: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sources that were asked for.

    Raises:
        ConfigError: An id that no source has.
    """
    by_id = {source.id: source.path for source in (*library.found.sources, *library.found.id_conflicts)}
    if unknown := [id_ for id_ in articles if id_ not in by_id]:
        hint = suggest_id(unknown[0], by_id) or "give its id: its path below the source folder, without suffix"
        raise ConfigError(f"there is no article {', '.join(map(repr, unknown))}", hint=hint)
    return tuple(sorted(by_id[id_] for id_ in articles)) if articles else tuple(sorted(by_id.values()))
