"""THE MAIN FLOW: find sources, read them, resolve editions, render what has changed, commit, report."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import writers
from pipeline.config import Config, override_formats
from pipeline.engine.cache import Cache
from pipeline.engine.executor import Executor
from pipeline.engine.output_dir import OutputDir, defer_sigint
from pipeline.engine.rendering_task import RenderContext
from pipeline.findings import Finding, sort_findings
from pipeline.lint.cross_article import ArticleSummary, check_project
from pipeline.lint.severity_policy import load_severity_policy
from pipeline.model import ArticleMeta
from pipeline.reading.editions import resolve_editions
from pipeline.report import Report
from pipeline.run.manifest import ManifestEntry, load_manifest
from pipeline.run.planning import Plan, plan_run, render_context
from pipeline.run.recorder import Recorder, save_unbegun
from pipeline.run.renderer import render_tasks
from pipeline.run.run_context import Progress, Request, RunContext
from pipeline.run.selection import filter_by
from pipeline.run.source_set import SourceReader, SourceSet
from pipeline.run.surroundings import check_surroundings
from pipeline.timing import collect_timings
from pipeline.trusted_paths import outputs_folder
from pipeline.validation.certificate import Certificates
from pipeline.validation.certifying import certify_books, find_validators


def publish(config: Config, request: Request, progress: Progress, executor: Executor | None = None) -> Report:
    """Publish articles and editions, save their files, and return the report.

    Args:
        executor: Executor of several runs; None: processes of this run.

    Raises:
        ConfigError: The configuration or the command is invalid, or another run holds the outputs.
    """
    if executor is None:
        with Executor(request.jobs, config.limits.memory_mb) as own:
            return publish(config, request, progress, own)
    started = time.monotonic()
    config = override_formats(config, request.overrides)
    outputs = outputs_of(config, request.outputs)
    with outputs.lock(request.wait_s), closing(Cache(outputs.cache_path, is_owner=True)) as cache:
        before = load_manifest(outputs)
        run = RunContext(config, request, executor, cache, outputs, before, progress)
        try:
            prepared = _prepare(run)
        except KeyboardInterrupt:
            report = save_unbegun(run)
        else:
            report = _carry_out(run, prepared, started)
        finally:
            executor.abandon()  # no one would remove the files that workers of an interrupted run stage now
        outputs.release()
    return replace(report, seconds=time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run after planning, before any file is written."""

    sources: SourceSet
    plan: Plan
    refused: tuple[ArticleMeta, ...]
    """Articles and editions that could not be resolved."""
    findings: tuple[Finding, ...]
    """Findings on all articles together and of this day, which no run keeps."""
    reader: SourceReader
    context: RenderContext


def prepare(config: Config, request: Request, progress: Progress, executor: Executor) -> PreparedRun:
    """Return what a run would do, without doing it.

    Raises:
        ConfigError: As for `publish`.
    """
    outputs = outputs_of(config, request.outputs)
    home, published = OutputDir(outputs.home), OutputDir(outputs.published_folder())
    with home.lock(request.wait_s), closing(Cache(home.cache_path, is_owner=True)) as cache:
        before = load_manifest(published)
        run = RunContext(config, request, executor, cache, published, before, progress, is_rendering=False)
        return _prepare(run)


def _prepare(run: RunContext) -> PreparedRun:
    """Read the sources, resolve the editions, and plan what to render."""
    request, asked = run.request, run.request.articles
    reader = SourceReader(run)
    sources = reader.load()
    context = render_context(run, reader.roots)
    if request.selection:
        sources, asked = filter_by(request.selection, sources, reader, run), (request.selection.id,)
    editions = resolve_editions(sources.metas, sources.ids, writers.installed_writers())
    plan = plan_run(run, context, editions.edition_plans, asked)
    summaries = (each.summary for each in sources.records)
    articles = (ArticleSummary(each.meta, each.lint_summary) for each in summaries if each.meta)
    of_all = check_project(articles, run.config, request.today, is_whole=request.is_whole)
    findings = (*editions.findings, *of_all, *check_surroundings(run))
    return PreparedRun(sources, plan, editions.refused, findings, reader, context)


def _carry_out(run: RunContext, prepared: PreparedRun, started: float) -> Report:
    """Render what the plan asks for, commit it edition by edition, and return the report."""
    sources, plan = prepared.sources, prepared.plan
    recorder = Recorder(run, plan, load_severity_policy(run.config))
    recorder.refuse(prepared.refused, () if run.request.selection else sources.refused)
    is_interrupted = False
    try:
        for task, results in render_tasks(run, prepared.context, plan.tasks, prepared.reader.article):
            with defer_sigint():
                recorder.save(task, results)
    except KeyboardInterrupt:
        is_interrupted = True
    with defer_sigint():
        seconds = time.monotonic() - started
        report = recorder.close(sources, prepared.findings, seconds, is_interrupted=is_interrupted)
    is_noop = sources.is_unchanged and not plan.tasks
    return replace(report, is_noop=is_noop, phases=collect_timings(), reasons=plan.reasons)


def outputs_of(config: Config, folder: Path | None) -> OutputDir:
    """Return the outputs of a project, or those in another folder."""
    return OutputDir(Path(outputs_folder(config.folder, folder)), config.outputs.releases)


def published_dir(config: Config, folder: Path | None) -> Path:
    """Return the folder of the published files, with the links in its path."""
    return OutputDir(folder or config.folder / "outputs", config.outputs.releases).published_dir


def current_editions(config: Config, request: Request, progress: Progress) -> tuple[ManifestEntry, ...]:
    """Return the published editions that publishing now would not change.

    Raises:
        ConfigError: As for `publish`.
    """
    with Executor(request.jobs, config.limits.memory_mb) as executor:
        return prepare(config, replace(request, is_verified=True), progress, executor).plan.current


def current_ids(config: Config, request: Request, progress: Progress, executor: Executor) -> frozenset[str]:
    """Return the ids of the editions that publishing now would not change in any format.

    Raises:
        ConfigError: As for `publish`.
    """
    plan = prepare(config, request, progress, executor).plan
    return frozenset(entry.result.id for entry in plan.current) - {task.edition_plan.id for task in plan.tasks}


def certify(config: Config, request: Request, progress: Progress, executor: Executor | None = None) -> Report:
    """Publish e-books, check them with EPUBCheck and Ace, and publish anew those that may claim conformance.

    Raises:
        ConfigError: As for `publish`; or a validator is missing, and nothing is done.
    """
    find_validators()
    first = publish(config, request, progress, executor)
    if first.is_interrupted:
        return first
    outputs = outputs_of(config, request.outputs).published_dir
    refusals = certify_books(first, outputs, Certificates.of(config), progress, is_forced=request.is_forced)
    second = publish(config, replace(request, is_forced=False), progress, executor)
    findings = sort_findings((*second.findings, *refusals))
    return replace(second, findings=findings, seconds=first.seconds + second.seconds)
