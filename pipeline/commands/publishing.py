"""`publish all`, and a command for each installed format."""

from __future__ import annotations

import sys
import time
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

CERTIFIABLE = "epub"
_ALLOW = "Publish PDF files that break a rule too, without their claims."


@click.command("all")
@run_options
@click.option("--only", multiple=True, metavar="FORMAT", help="Only this format; may be repeated.")
@click.option("--cluster", metavar="ADDRESS", help="Write on a Dask cluster: tls://scheduler:8786.")
@click.option("--store", metavar="URL", help="What the cluster's machines share: a folder, s3://… [in the outputs]")
@click.option("--variant", multiple=True, help="Where a format has variants, make this one; may be repeated.")
@click.option("--allow-nonconforming", is_flag=True, help=_ALLOW)
def publish_all(only: tuple[str, ...], **chosen: Any) -> int:
    """Publish every article and edition in every format."""
    known = list(writers.installed_writers())
    if wrong := [name for name in only if name not in known]:
        raise click.BadParameter(f"{', '.join(wrong)} is no format; there is {', '.join(known)}", param_hint="--only")
    return _publish(tuple(dict.fromkeys(only)) or tuple(known), (), **chosen)


def format_command(name: str) -> click.Command:
    try:
        summary = writers.load_writer(name).summary
    except Exception as error:  # noqa: BLE001  # a stranger's writer: the others must still work
        summary = f"cannot be loaded: {error}"

    @click.command(name, help=f"{summary}\n\nARTICLE is an id (blog/soevn) or the path of a source; without: all.")
    @click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
    @click.option("--select", metavar="TAG", help="Bind all articles with a tag on the spot: tag:ryg, kind:exercise.")
    @run_options
    def command(articles: tuple[str, ...], **chosen: Any) -> int:
        return _publish((name,), articles, **chosen)

    if name == CERTIFIABLE:
        told = "Have EPUBCheck and Ace judge the books, and keep their word in certificates/."
        command.params.append(click.Option(["--certify"], is_flag=True, help=told))
    if has_option(name, "allow_nonconforming"):
        command.params.append(click.Option(["--allow-nonconforming"], is_flag=True, help=_ALLOW))
    if variants := variants_of(name):
        told = "Make this variant instead of those in publish.toml; may be repeated."
        command.params.append(click.Option(["--variant"], multiple=True, type=click.Choice(variants), help=told))
    return command


def _publish(
    formats: tuple[str, ...],
    articles: tuple[str, ...],
    *,
    project: Path | None,
    outputs: Path | None,
    jobs: int | None,
    strict: bool,
    force: bool,
    verify: bool,
    explain: bool,
    profile: bool,
    report: Path | None,
    verbose: bool,
    select: str | None = None,
    cluster: str | None = None,
    store: str | None = None,
    certify: bool = False,
    variant: tuple[str, ...] = (),
    allow_nonconforming: bool = False,
) -> int:
    from pipeline.engine.executor import default_jobs

    began_ns = time.time_ns()
    if select and articles:
        raise click.UsageError("name articles, or select them: not both")
    varied = {name: {"variants": list(variant)} for name in formats if variant and variants_of(name)}
    if variant and not varied:
        raise click.UsageError(f"{', '.join(formats)} has no variants")
    lenient = {name for name in formats if allow_nonconforming and has_option(name, "allow_nonconforming")}
    overrides = {
        name: {**varied.get(name, {}), **({"allow_nonconforming": True} if name in lenient else {})}
        for name in (*varied, *lenient)
    }
    settings = load_project(project)
    with _executor(settings, jobs or default_jobs(), outputs, cluster, store) as executor:
        if is_work_likely(sys.argv[1:]):
            executor.begin(formats)

        from pipeline import build, terminal
        from pipeline.run.selection import selection_of

        request = build.Request(
            formats,
            as_ids(articles, settings, Path.cwd()),
            selection_of(select) if select else None,
            outputs,
            is_forced=force,
            is_verified=verify,
            today=review_date(),
            overrides=overrides,
        )
        if report:
            terminal.check_report_path(report)
        with terminal.run_progress() as progress:
            run = build.certify if certify else build.publish
            result = run(settings, request, progress, executor)
    folder = build.published_dir(settings, request.outputs)
    if report:
        terminal.save_report(result, report)
    terminal.show_report(result, folder, is_verbose=verbose)
    if explain:
        terminal.show_reasons(result)
    if profile:
        terminal.show_timings(result)
    code = result.exit_code(is_strict=strict)
    if result.is_noop and not (report or verify or explain or profile):
        _keep_answer(
            settings,
            folder.resolve(),
            result,
            (terminal.no_op_text(result, folder, is_verbose=verbose), code),
            began_ns,
        )
    return code


def _executor(settings: Config, jobs: int, outputs: Path | None, cluster: str | None, store: str | None) -> Executor:
    """Return who does the work: processes here, or a Dask cluster that renders."""
    from pipeline.engine.executor import Executor

    memory_mb = settings.limits.memory_mb
    if not cluster:
        return Executor(jobs, memory_mb)
    from pipeline.engine.cluster import Cluster, check_address
    from pipeline.engine.output_dir import STATE

    if not store and not cluster.startswith("tcp://"):
        raise click.UsageError("--cluster on other machines needs --store: what all of them reach")
    check_address(cluster)
    url = store or str((outputs or settings.folder / "outputs").resolve() / STATE / "store")
    return Cluster(cluster, url, settings.folder.resolve(), (jobs, memory_mb))


def _keep_answer(settings: Config, outputs: Path, result: Report, said: tuple[str, int], began_ns: int) -> None:
    """Let the next run of this command end at once where nothing has changed."""
    from pipeline import noop

    own, others = noop.published_files(result, outputs), noop.input_files(settings, outputs)
    noop.keep_answer(sys.argv[1:], own, others, said, began_ns)
