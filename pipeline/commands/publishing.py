"""`publish all`, and a command for each installed format."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import writers
from pipeline.commands.shared_options import has_option, load_project, review_date, run_options, variants_of
from pipeline.running.stamp import tells_of_work

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.publish import Request
    from pipeline.report import Report
    from pipeline.running.library import Progress
    from pipeline.running.workers import Workers

CERTIFIABLE = "epub"
_ALLOW_HELP = "Publish PDF files that violate PDF/A or PDF/UA too, without declaring conformance."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of the publishing commands, each under the name that click gives it."""

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
@click.option("--store", metavar="URL", help="What the cluster's machines share: a folder, s3://… [in the outputs]")
@click.option("--variant", multiple=True, help="Where a format has variants, make this one; may be repeated.")
@click.option("--allow-nonconforming", is_flag=True, help=_ALLOW_HELP)
def publish_all(only: tuple[str, ...], **chosen: Any) -> int:
    """Publish every article and edition in every format."""
    known = list(writers.installed_writers())
    if wrong := [name for name in only if name not in known]:
        raise click.BadParameter(f"{', '.join(wrong)} is no format; there is {', '.join(known)}", param_hint="--only")
    return _publish(tuple(dict.fromkeys(only)) or tuple(known), (), RunOptions(**chosen))


def format_command(name: str) -> click.Command:
    """Return the command of one format, with the options that its writer takes."""
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

    if name == CERTIFIABLE:
        help_ = "Check the books with EPUBCheck and Ace, and save the certificates in certificates/."
        command.params.append(click.Option(["--certify"], is_flag=True, help=help_))
    if has_option(name, "allow_nonconforming"):
        command.params.append(click.Option(["--allow-nonconforming"], is_flag=True, help=_ALLOW_HELP))
    if variants := variants_of(name):
        help_ = "Make this variant instead of those in publish.toml; may be repeated."
        command.params.append(click.Option(["--variant"], multiple=True, type=click.Choice(variants), help=help_))
    return command


def _publish(formats: tuple[str, ...], articles: tuple[str, ...], options: RunOptions) -> int:
    from pipeline.running.workers import Workers, default_jobs

    began_ns = time.time_ns()
    if options.select and articles:
        raise click.UsageError("name articles, or select them: not both")
    overrides = _format_overrides(formats, options)
    settings = load_project(options.project)
    jobs = options.jobs or default_jobs()
    with Workers(jobs, settings.limits.memory_mb) as workers:
        if not options.cluster and tells_of_work(sys.argv[1:]):
            workers.begin(formats)  # before the imports below: they take as long as the start of a process

        from pipeline import publish, terminal
        from pipeline.running.ids import as_ids
        from pipeline.running.selecting import selection_of

        request = publish.Request(
            formats,
            as_ids(articles, settings, Path.cwd()),
            selection_of(options.select) if options.select else None,
            options.outputs,
            jobs,
            options.force,
            options.verify,
            today=review_date(),
            overrides=overrides,
        )
        if options.report:
            terminal.check_report_path(options.report)
        with terminal.run_progress() as progress:
            if options.cluster:
                result = _publish_on_cluster(settings, request, options, progress, workers)
            else:
                run = publish.certify if options.certify else publish.publish
                result = run(settings, request, progress, workers)
    folder = publish.shown_in(settings, request.outputs)
    _show_result(result, folder, options)
    code = result.exit_code(is_strict=options.strict)
    if result.is_noop and not (options.report or options.verify or options.explain or options.profile):
        text = terminal.no_op_text(result, folder, is_verbose=options.verbose)
        _save_no_op(settings, folder.resolve(), result, (text, code), began_ns)
    return code


def _format_overrides(formats: tuple[str, ...], options: RunOptions) -> dict[str, dict[str, object]]:
    """Return the options of formats that the command line sets, by format."""
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
    from pipeline.report import report_to_json
    from pipeline.running.saving import replace_whole

    if options.report:
        replace_whole(options.report, report_to_json(result))
    terminal.show_report(result, folder, is_verbose=options.verbose)
    if options.explain:
        terminal.show_reasons(result)
    if options.profile:
        terminal.show_timings(result)


def _publish_on_cluster(
    settings: Config, request: Request, options: RunOptions, progress: Progress, local: Workers
) -> Report:
    """Publish with local workers that read, and a Dask cluster that writes."""
    from pipeline.publish import publish
    from pipeline.running.cluster import Cluster, check_address
    from pipeline.running.saving import STATE

    address = options.cluster or ""
    if not options.store and not address.startswith("tcp://"):
        raise click.UsageError("--cluster on other machines needs --store: what all of them reach")
    check_address(address)
    url = options.store or str((request.outputs or settings.folder / "outputs").resolve() / STATE / "store")
    with Cluster(address, url, settings.folder.resolve(), local) as remote:
        return publish(settings, request, progress, remote)


def _save_no_op(settings: Config, outputs: Path, result: Report, answer: tuple[str, int], began_ns: int) -> None:
    """Save output and exit code for the next run of this command, which repeats them if no input has changed."""
    from pipeline.running import depending, stamp

    own, others = depending.published_files(result, outputs), depending.sources_of_change(settings, outputs)
    stamp.leave(sys.argv[1:], own, others, answer, began_ns)
