"""`publish print`, `print-pack` and `proof`: print handouts, or show all their variants."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline import terminal
from pipeline.build import published_dir
from pipeline.commands.shared_options import (
    as_ids,
    jobs_option,
    load_project,
    outputs_option,
    project_option,
    variants_of,
)
from pipeline.config import Config
from pipeline.engine.executor import default_jobs
from pipeline.files import save_whole
from pipeline.printing import cups
from pipeline.printing.published_handouts import (
    HANDOUT_FORMAT,
    PrintBatch,
    make_contact_sheet,
    make_print_pack,
    publish_for_printing,
)
from pipeline.run.run_context import Request


def _paper_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("articles", nargs=-1, metavar="[ARTICLE]..."),
            click.option(
                "--copies", type=click.IntRange(1, 1000), default=20, show_default=True, help="Of each handout."
            ),
            click.option("--variant", default="standard", show_default=True, help="large-print, a5, booklet …"),
            project_option,
            outputs_option("Folder of published files."),
            jobs_option,
        )
    ):
        command = option(command)
    return command


@click.command("print-pack")
@_paper_options
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default="print-pack.pdf", show_default=True)
def print_pack(articles: tuple[str, ...], copies: int, output: Path, **chosen: Any) -> int:
    """Make one PDF for the copier: a cover with the list of handouts, then all copies of each handout.

    Each copy begins on a new sheet. ARTICLE is an id or the path of a source; without: every article.
    """
    settings, batch = _publish_for_printing(articles, **chosen)
    if batch.handouts:
        save_whole(output, make_print_pack(batch.handouts, copies, settings))
        inside = "1 handout" if len(batch.handouts) == 1 else f"{len(batch.handouts)} handouts"
        click.echo(f"{output}: {inside}, {copies} copies of each")
    return int(batch.is_failed)


@click.command("print")
@_paper_options
@click.option("--printer", default="", metavar="NAME", help="A printer that --list shows. [the default one]")
@click.option("--greyscale", is_flag=True, help="Print without colour.")
@click.option("--dry-run", is_flag=True, help="Show what would be printed, and print nothing.")
@click.option("--list", "is_list", is_flag=True, help="List the printers of this machine.")
def print_(
    articles: tuple[str, ...], copies: int, printer: str, greyscale: bool, dry_run: bool, is_list: bool, **chosen: Any  # noqa: FBT001  # click's flags
) -> int:  # fmt: skip
    """Print handouts through CUPS, on both sides: COPIES of each.

    ARTICLE is an id or the path of a source; without: every article.
    """
    if is_list:
        for known in cups.list_printers():
            click.echo(f"{known.name} (default)" if known.is_default else known.name)
        return 0
    chosen_printer = cups.choose_printer(printer)  # before publishing, which can take minutes
    _, batch = _publish_for_printing(articles, **chosen)
    jobs = [cups.make_print_job(handout, copies, is_greyscale=greyscale) for handout in batch.handouts]
    if not articles and not dry_run and sys.stdin.isatty():
        sheets = sum(each.sheets for each in jobs)
        click.confirm(f"Print {len(jobs)} handouts, {sheets} sheets, on {chosen_printer.name}?", abort=True)
    for job in jobs:
        name = "would print" if dry_run else cups.submit_job(job, chosen_printer)
        click.echo(f"{name}: {job} on {chosen_printer.name}")
    return int(batch.is_failed)


def _publish_for_printing(
    articles: tuple[str, ...], *, variant: str, project: Path | None, outputs: Path | None, jobs: int | None
) -> tuple[Config, PrintBatch]:
    """Publish the requested handouts, and print the articles that have none."""
    if variant not in (known := variants_of(HANDOUT_FORMAT)):
        raise click.BadParameter(f"{variant} is not a variant; there is {', '.join(known)}", param_hint="--variant")
    settings = load_project(project)
    ids = as_ids(articles, settings, Path.cwd())
    request = Request(formats=(HANDOUT_FORMAT,), articles=ids, outputs=outputs, jobs=jobs or default_jobs())
    with terminal.run_progress() as progress:
        batch = publish_for_printing(settings, request, variant, progress)
    if batch.report.is_interrupted:
        raise click.Abort
    if batch.is_failed:
        terminal.show_report(batch.report, published_dir(settings, outputs), is_verbose=False)
    for each in batch.left_out:
        click.echo(f"left out: {each.id}: {each.why}", err=True)
    return settings, batch


@click.command()
@click.argument("article")
@click.option("--variant", multiple=True, help="Show this variant only; may be repeated. [all]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[PROJECT/outputs/proofs/ARTICLE.png]")
@project_option
@outputs_option("Folder of the proof.")
def proof(
    article: str, variant: tuple[str, ...], output: Path | None, project: Path | None, outputs: Path | None
) -> int:
    """Save all pages of ARTICLE's handout, in every variant, as one picture."""
    settings = load_project(project)
    request = Request((), as_ids((article,), settings, Path.cwd()), outputs=outputs)
    with terminal.run_progress() as progress:
        report, path = make_contact_sheet(settings, request, variant or variants_of(HANDOUT_FORMAT), output, progress)
    if path is None:
        terminal.show_report(report, published_dir(settings, outputs), is_verbose=True)
        return 1
    click.echo(f"saved {path}")
    return report.exit_code(is_strict=False)
