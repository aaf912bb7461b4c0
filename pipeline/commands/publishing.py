"""`publish all`, and a command for each installed format."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import writers
from pipeline.commands.shared_options import as_ids, has_option, load_project, review_date, run_options, variants_of
from pipeline.noop import is_work_likely

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.engine.executor import Executor
    from pipeline.report import Report

_ALLOW_HELP = "Publish PDF files that violate PDF/A or PDF/UA too, without declaring conformance."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    project: Path | None
    outputs: Path | None
    jobs: int | None
    strict: bool
    force: bool
    verify: bool
    explain: bool
    profile: bool
    report: Path | None
    verbose: bool
    select: str | None = None
    cluster: str | None = None
    store: str | None = None
    certify: bool = False
    variant: tuple[str, ...] = ()
    allow_nonconforming: bool = False


@click.command("all")
@run_options
@click.option("--only", multiple=True, metavar="FORMAT", help="Only this format; may be repeated.")
@click.option("--cluster", metavar="ADDRESS", help="Write on a Dask cluster: tls://scheduler:8786.")
@click.option("--store", metavar="URL", help="What the cluster's machines share: a folder, s3://… [a private folder]")
@click.option("--variant", multiple=True, help="Where a format has variants, make this one; may be repeated.")
@click.option("--allow-nonconforming", is_flag=True, help=_ALLOW_HELP)
def publish_all(only: tuple[str, ...], **chosen: Any) -> int:
    """Publish every article and edition in every format."""
    known = list(writers.installed_writers())
    if wrong := [name for name in only if name not in known]:
        raise click.BadParameter(f"{', '.join(wrong)} is no format; there is {', '.join(known)}", param_hint="--only")
    return _publish(tuple(dict.fromkeys(only)) or tuple(known), (), RunOptions(**chosen))


def format_command(name: str) -> click.Command:
    try:
        summary = writers.load_writer(name).summary
    except Exception as error:  # noqa: BLE001  # a third-party writer: the other formats must still work
        summary = f"cannot be loaded: {error}"

    @click.command(name, help=f"{summary}\n\nARTICLE is an id (blog/soevn) or the path of a source; without: all.")
    @click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
    @click.option(
        "--select", metavar="TAG", help="Publish all articles with a tag as one edition: tag:ryg, kind:exercise."
    )
    @run_options
    def command(articles: tuple[str, ...], **chosen: Any) -> int:
        return _publish((name,), articles, RunOptions(**chosen))

    if name == "epub":
        help_ = "Check the books with EPUBCheck and Ace, and save the certificates in certificates/."
        command.params.append(click.Option(["--certify"], is_flag=True, help=help_))
    if has_option(name, "allow_nonconforming"):
        command.params.append(click.Option(["--allow-nonconforming"], is_flag=True, help=_ALLOW_HELP))
    if variants := variants_of(name):
        help_ = "Make this variant instead of those in publish.toml; may be repeated."
        command.params.append(click.Option(["--variant"], multiple=True, type=click.Choice(variants), help=help_))
    return command


def _publish(formats: tuple[str, ...], articles: tuple[str, ...], options: RunOptions) -> int:
    began_ns = time.time_ns()
    if options.select and articles:
        raise click.UsageError("name articles, or select them: not both")
    overrides = _format_overrides(formats, options)
    settings = load_project(options.project)
    with _executor(settings, options) as executor:
        if is_work_likely(sys.argv[1:]):
            executor.begin(formats)  # before the imports below: they take as long as the start of a process

        from pipeline import build, terminal
        from pipeline.run.run_context import Request
        from pipeline.run.selection import selection_of

        request = Request(
            formats,
            as_ids(articles, settings, Path.cwd()),
            selection_of(options.select) if options.select else None,
            options.outputs,
            is_forced=options.force,
            is_verified=options.verify,
            today=review_date(),
            overrides=overrides,
        )
        if options.report:
            terminal.check_report_path(options.report)
        with terminal.run_progress() as progress:
            result = (build.certify if options.certify else build.publish)(settings, request, progress, executor)
    folder = build.published_dir(settings, request.outputs)
    _show_result(result, folder, options)
    code = result.exit_code(is_strict=options.strict)
    if result.is_noop and not (options.report or options.verify or options.explain or options.profile):
        from pipeline import noop

        text = terminal.no_op_text(result, folder, is_verbose=options.verbose)
        own, others = noop.published_files(result, folder.resolve()), noop.input_files(settings, folder.resolve())
        noop.keep_answer(sys.argv[1:], own, others, (text, code), began_ns)  # for the next run of this command
    return code


def _format_overrides(formats: tuple[str, ...], options: RunOptions) -> dict[str, dict[str, object]]:
    overrides: dict[str, dict[str, object]] = {name: {} for name in formats}
    for name in formats:
        if options.variant and variants_of(name):
            overrides[name]["variants"] = list(options.variant)
        if options.allow_nonconforming and has_option(name, "allow_nonconforming"):
            overrides[name]["allow_nonconforming"] = True
    if options.variant and not any("variants" in values for values in overrides.values()):
        raise click.UsageError(f"{', '.join(formats)} has no variants")
    return {name: values for name, values in overrides.items() if values}


def _show_result(result: Report, folder: Path, options: RunOptions) -> None:
    from pipeline import terminal
    from pipeline.files import save_whole
    from pipeline.report import report_to_json

    if options.report:
        save_whole(options.report, report_to_json(result))
    terminal.show_report(result, folder, is_verbose=options.verbose)
    if options.explain:
        terminal.show_reasons(result)
    if options.profile:
        terminal.show_timings(result)


def _executor(settings: Config, options: RunOptions) -> Executor:
    from pipeline.engine.executor import Executor, default_jobs

    jobs, memory_mb = options.jobs or default_jobs(), settings.limits.memory_mb
    if not options.cluster:
        return Executor(jobs, memory_mb)
    from pipeline.engine.cluster import Cluster, is_on_this_machine

    if not is_on_this_machine(options.cluster) and not options.store:
        raise click.UsageError("--cluster on other machines needs --store: what all of them reach")
    return Cluster(options.cluster, options.store, settings.folder.resolve(), (jobs, memory_mb))
