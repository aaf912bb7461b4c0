"""THE MAIN FLOW: find sources, read them, resolve editions, render what has changed, commit, report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from pipeline import writers
from pipeline.config import Config, override_formats
from pipeline.engine.executor import Executor
from pipeline.engine.output_dir import STATE, OutputDir, defer_sigint, open_cache
from pipeline.findings import Finding, sort_findings
from pipeline.lint.cross_article import ArticleSummary, check_project
from pipeline.lint.severity_policy import load_severity_policy
from pipeline.model import ArticleMeta
from pipeline.reading.editions import resolve_editions
from pipeline.report import Report
from pipeline.run.manifest import Manifest, load_manifest, report_of
from pipeline.run.planning import Current, Plan, Planner, render_context
from pipeline.run.recorder import Recorder, save_unbegun
from pipeline.run.renderer import Renderer
from pipeline.run.selection import Selection, filter_by
from pipeline.run.source_set import Progress, RunContext, SourceReader, SourceSet
from pipeline.timing import collect_timings, sum_timings
from pipeline.validation.certificate import Certificates
from pipeline.validation.certifying import certify_books, find_validators


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    formats: tuple[str, ...]
    articles: tuple[str, ...] = ()
    """Ids of articles or editions; empty for all but drafts and unlisted ones."""
    selection: Selection | None = None
    """Articles to bind on the spot, instead of `articles`."""
    outputs: Path | None = None
    """Default: `outputs` in the project folder."""
    jobs: int = 1
    is_forced: bool = False
    is_verified: bool = False
    """Files that stand are read and compared, not only looked at."""
    wait_s: float = 5.0
    """How long to wait for another run to end."""
    today: date | None = None
    """The day that reviews are judged by; None: they are not judged."""
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Options of formats that take the place of those in `publish.toml`, for this run."""

    @property
    def is_whole(self) -> bool:
        """Every article is asked for, so what is not met is gone."""
        return not (self.articles or self.selection)


def publish(config: Config, request: Request, progress: Progress, executor: Executor | None = None) -> Report:
    """Publish articles and editions, save what was written, and return the report.

    Args:
        executor: Who does the work, and stays for further runs; None: processes of this run alone.

    Raises:
        ConfigError: The configuration or the command cannot be meant, or another run holds the outputs.
    """
    if executor is None:
        with Executor(request.jobs, config.limits.memory_mb) as own:
            return publish(config, request, progress, own)
    started = time.monotonic()
    config = override_formats(config, request.overrides)
    outputs = outputs_of(config, request.outputs)
    with outputs.lock(request.wait_s), open_cache(outputs) as cache:
        run = RunContext(config, executor, cache, progress, request.formats)
        before = load_manifest(outputs.folder / STATE)
        scale = load_severity_policy(config)
        try:
            work = _prepare(run, request, outputs, before)
        except KeyboardInterrupt:
            report = save_unbegun(outputs, report_of(before, cache), request.formats)
        else:
            is_partial = bool(request.overrides)
            recorder = Recorder(work.renderer, before, scale, is_partial=is_partial)
            report = _carry_out(work, recorder, request)
        outputs.release()
    return replace(report, seconds=time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run after planning, before any write."""

    sources: SourceSet
    plan: Plan
    refused: tuple[ArticleMeta, ...]
    """Articles that could not be bound."""
    passing: tuple[Finding, ...]
    """On all sources together, and of this day: none of it is kept for other runs."""
    renderer: Renderer
    started: float


def prepared(config: Config, request: Request, progress: Progress, executor: Executor) -> Prepared:
    """Return what a run would do, without doing it.

    Raises:
        ConfigError: As for `publish`.
    """
    outputs = outputs_of(config, request.outputs)
    home, published = OutputDir(outputs.home), OutputDir(outputs.published_dir)
    with home.lock(request.wait_s), open_cache(home) as cache:
        run = RunContext(config, executor, cache, progress, request.formats, is_rendering=False)
        return _prepare(run, request, published, load_manifest(published.folder / STATE))


def _prepare(run: RunContext, request: Request, outputs: OutputDir, before: Manifest) -> Prepared:
    """Read the sources, resolve the editions, and plan what is to be rendered."""
    started, config, asked = time.monotonic(), run.config, request.articles
    reader = SourceReader(run)
    sources = reader.load(asked, before.sources.values())
    context = render_context(run, reader.roots, outputs)
    if request.selection:
        sources, selected = filter_by(request.selection, sources, reader, run)
        asked = (selected,)
    editions = resolve_editions(sources.metas, sources.ids, writers.installed_writers())
    planner = Planner(run, context, outputs, before, request.is_forced, request.is_verified)
    plan = planner.plan(editions.edition_plans, asked)
    articles = (ArticleSummary(each.meta, each.lint_summary) for each in sources.summaries if each.meta)
    passing = (*editions.findings, *check_project(articles, config, request.today, is_whole=request.is_whole))
    renderer = Renderer(run, reader, context, outputs, plan)
    return Prepared(sources, plan, editions.refused, passing, renderer, started)


def _carry_out(work: Prepared, recorder: Recorder, request: Request) -> Report:
    """Render what the plan asks for, commit it edition by edition, and return the report."""
    sources, executor = work.sources, work.renderer.run.executor
    recorder.refuse(work.refused, () if request.selection else sources.refused, request.formats)
    is_interrupted = False
    try:
        for task, results in work.renderer.results(is_forced=request.is_forced):
            with defer_sigint():
                recorder.save(task, results)
    except KeyboardInterrupt:
        is_interrupted = True
    seconds = time.monotonic() - work.started
    with defer_sigint():
        report = recorder.close(
            sources, work.passing, seconds, is_whole=request.is_whole, is_interrupted=is_interrupted
        )
    phases = sum_timings(executor.timings(), collect_timings())
    is_idle = sources.is_unchanged and not work.plan.tasks
    return replace(report, is_noop=is_idle, phases=phases, reasons=work.plan.reasons)


def outputs_of(config: Config, folder: Path | None) -> OutputDir:
    """Return the outputs of a project, or those in another folder."""
    return OutputDir((folder or config.folder / "outputs").resolve(), config.outputs.releases)


def published_dir(config: Config, folder: Path | None) -> Path:
    """Return where readers find what is published, as a person would name it."""
    return OutputDir(folder or config.folder / "outputs", config.outputs.releases).published_dir


def current_editions(config: Config, request: Request, progress: Progress) -> tuple[Current, ...]:
    """Return what is published and current of what is asked for: publishing it now would change no byte.

    Raises:
        ConfigError: As for `publish`.
    """
    with Executor(request.jobs, config.limits.memory_mb) as executor:
        return prepared(config, replace(request, is_verified=True), progress, executor).plan.current


def current_ids(config: Config, request: Request, progress: Progress, executor: Executor) -> frozenset[str]:
    """Return the ids of what is asked for that publishing now would leave as it is, in every format.

    Raises:
        ConfigError: As for `publish`.
    """
    plan = prepared(config, request, progress, executor).plan
    return frozenset(each.entry.id for each in plan.current) - {task.binding.id for task in plan.tasks}


def certify(config: Config, request: Request, progress: Progress, executor: Executor | None = None) -> Report:
    """Publish e-books, have EPUBCheck and Ace look at them, and publish anew those that may now say so.

    Raises:
        ConfigError: As for `publish`; or a judge is missing, and then nothing is done.
    """
    find_validators()
    first = publish(config, request, progress, executor)
    if first.is_interrupted:
        return first
    outputs = outputs_of(config, request.outputs).published_dir
    refusals = certify_books(first, outputs, Certificates.of(config), progress, is_forced=request.is_forced)
    second = publish(config, replace(request, is_forced=False), progress, executor)
    return replace(
        second, findings=sort_findings((*second.findings, *refusals)), seconds=first.seconds + second.seconds
    )
