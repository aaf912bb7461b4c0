"""The run of `publish check`: reads and lints all articles, writes no output; `--fix` repairs sources."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.build import prepare
from pipeline.config import Config
from pipeline.engine.executor import Executor
from pipeline.errors import ConfigError, SourceError
from pipeline.files import replace_whole
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.lint.file_validation import find_published_files, validate_file
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.reading.editions import suggest_id
from pipeline.reading.repairs import fix_source
from pipeline.reading.source_files import find_roots, find_sources, read_inside
from pipeline.report import Report
from pipeline.run.run_context import Progress, Request
from pipeline.run.source_set import SourceSet


@dataclass(frozen=True, slots=True)
class LintResult:
    findings: tuple[Finding, ...]
    """With the severities of their rules, on all that was asked for."""
    report: Report
    """With the severities of the project, without the findings of its baseline."""
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
    unjudged = {source for task in run.plan.tasks for source in task.edition_plan.sources} & set(sources)
    if unjudged:
        message = f"{len(unjudged)} of {len(sources)} sources were not judged for print, e-book and mail"
        findings = (*findings, make_finding("pages-unjudged", config.file.name, 0, message))
    wanted = sort_findings(
        f for f in findings if not request.articles or f.source in sources or f.code == "pages-unjudged"
    )
    listings = tuple(meta for meta in run.sources.metas if meta.source in sources)
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


@dataclass(frozen=True, slots=True)
class SourceFix:
    path: Path
    source: str
    """From the project folder."""
    before: bytes
    after: bytes

    @property
    def diff(self) -> tuple[str, ...]:
        one, other = (data.decode("utf-8").splitlines() for data in (self.before, self.after))
        return tuple(difflib.unified_diff(one, other, self.source, self.source, n=1, lineterm=""))


def find_fixes(config: Config, articles: tuple[str, ...]) -> tuple[SourceFix, ...]:
    """Return the sources with unambiguous repairs.

    Args:
        articles: Ids; empty: all. Unreadable sources are skipped, since reading reports them.

    Raises:
        ConfigError: The source folders are invalid.
    """
    roots = find_roots(config)
    found: list[SourceFix] = []
    for source in find_sources(config, roots).sources:
        if articles and source.id not in articles:
            continue
        path = roots.project / source.path
        try:
            before = read_inside(path, roots, config.limits.source_bytes)
            after = fix_source(before, source.path, config.sources)
        except SourceError:
            continue
        if after != before:
            found.append(SourceFix(path.resolve(), source.path, before, after))
    return tuple(found)


def apply_fix(fix: SourceFix) -> None:
    """Replace a source atomically, with the same permissions.

    Raises:
        ConfigError: The source has changed meanwhile, or its folder cannot be written.
    """
    try:
        if fix.path.read_bytes() != fix.before:
            raise ConfigError(f"{fix.source} has changed meanwhile", hint="run the command again")
        replace_whole(fix.path, fix.after)
    except OSError as error:
        raise ConfigError(f"{fix.source} cannot be written: {error.strerror}") from error
