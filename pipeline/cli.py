"""The command `publish`: parse, call one function, show the report, exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import click

from pipeline import __version__, writers
from pipeline.errors import PublishError

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.printing.handouts import Batch

EXIT_WRONG = 2
EXIT_BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again later
CERTIFIABLE = "epub"
RESERVED = (
    "all",
    "check",
    "completion",
    "doctor",
    "init",
    "new",
    "preview",
    "print",
    "print-pack",
    "proof",
    "schema",
    "send",
)


class Commands(click.Group):
    """The fixed commands, and one for each installed format."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return `all`, the formats, then the rest."""
        formats = [name for name in writers.registered() if name not in RESERVED]
        return ["all", *formats, *sorted(set(self.commands) - {"all"})]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a fixed command, or that of a format."""
        fixed = super().get_command(ctx, cmd_name)
        return fixed or (_format_command(cmd_name) if cmd_name in writers.registered() else None)


def main() -> None:
    """Run the command."""
    try:
        code = commands.main(standalone_mode=False, prog_name="publish")
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = EXIT_WRONG
    except PublishError as error:
        click.echo(f"error: {error}", err=True)
        code = EXIT_BUSY if error.code == "project-busy" else EXIT_WRONG
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # `publish … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code or 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publish")
def commands() -> None:
    """Publish Markdown articles as printed handouts, e-books and newsletters.

    Exit codes: 0 all published; 1 something failed (or, with --strict, a warning exists); 2 the command or
    publish.toml is wrong; 75 another run holds the project; 130 interrupted.
    """


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every publishing command has."""
    for option in reversed(
        (
            click.option("--project", type=click.Path(path_type=Path), help="Folder of publish.toml. [here, or above]"),
            click.option("--outputs", type=click.Path(path_type=Path), help="Where to write. [PROJECT/outputs]"),
            click.option("--jobs", type=click.IntRange(1), help="Worker processes. [one per core]"),
            click.option("--strict", is_flag=True, help="Exit with 1 where a warning exists."),
            click.option("--force", is_flag=True, help="Make everything anew, changed or not."),
            click.option("--report", type=click.Path(path_type=Path), help="Write the report here as well."),
            click.option("--verbose", "-v", is_flag=True, help="Show every warning and note."),
        )
    ):
        command = option(command)
    return command


@commands.command("all")
@_run_options
@click.option("--only", multiple=True, metavar="FORMAT", help="Only this format; may be repeated.")
@click.option("--variant", multiple=True, help="Where a format has variants, make this one; may be repeated.")
def publish_all(only: tuple[str, ...], **chosen: Any) -> int:
    """Publish every article and edition in every format."""
    known = list(writers.registered())
    if wrong := [name for name in only if name not in known]:
        raise click.BadParameter(f"{', '.join(wrong)} is no format; there is {', '.join(known)}", param_hint="--only")
    return _publish(tuple(dict.fromkeys(only)) or tuple(known), (), **chosen)


def _format_command(name: str) -> click.Command:
    try:
        summary = writers.load(name).summary
    except Exception as error:  # noqa: BLE001  # a stranger's writer: the others must still work
        summary = f"cannot be loaded: {error}"

    @click.command(name, help=f"{summary}\n\nARTICLE is an id (blog/soevn) or the path of a source; without: all.")
    @click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
    @click.option("--select", metavar="TAG", help="Bind all articles with a tag on the spot: tag:ryg, kind:exercise.")
    @_run_options
    def command(articles: tuple[str, ...], **chosen: Any) -> int:
        return _publish((name,), articles, **chosen)

    if name == CERTIFIABLE:
        told = "Have EPUBCheck and Ace judge the books, and keep their word in certificates/."
        command.params.append(click.Option(["--certify"], is_flag=True, help=told))
    if variants := _variants(name):
        told = "Make this variant instead of those in publish.toml; may be repeated."
        command.params.append(click.Option(["--variant"], multiple=True, type=click.Choice(variants), help=told))
    return command


def _variants(name: str) -> tuple[str, ...]:
    """Return the variants that a format can be written in: those that its options allow; most have none."""
    try:
        allowed = get_type_hints(writers.load(name).Options).get("variants")
    except Exception:  # noqa: BLE001  # a stranger's writer: its own command says why
        return ()
    return get_args(get_args(allowed)[0]) if allowed else ()


def _publish(
    formats: tuple[str, ...],
    articles: tuple[str, ...],
    *,
    project: Path | None,
    outputs: Path | None,
    jobs: int | None,
    strict: bool,
    force: bool,
    report: Path | None,
    verbose: bool,
    select: str | None = None,
    certify: bool = False,
    variant: tuple[str, ...] = (),
) -> int:
    from pipeline import config, publish, terminal
    from pipeline.running.ids import as_ids
    from pipeline.running.selecting import selection_of
    from pipeline.running.workers import cores

    if select and articles:
        raise click.UsageError("name articles, or select them: not both")
    overrides = {name: {"variants": list(variant)} for name in formats if variant and _variants(name)}
    if variant and not overrides:
        raise click.UsageError(f"{', '.join(formats)} has no variants")
    settings = config.load(_project(project), writers.registered())
    request = publish.Request(
        formats,
        as_ids(articles, settings, Path.cwd()),
        selection_of(select) if select else None,
        outputs,
        jobs or cores(),
        force,
        overrides=overrides,
    )
    if report:
        terminal.check_report(report)
    run = publish.certify if certify else publish.publish
    with terminal.progress() as progress:
        result = run(settings, request, progress)
    folder = request.outputs or settings.folder / "outputs"
    if report:
        terminal.save_report(result, report)
    terminal.show(result, folder, is_verbose=verbose)
    return result.exit_code(is_strict=strict)


def _paper_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the commands that put handouts on paper."""
    for option in reversed(
        (
            click.argument("articles", nargs=-1, metavar="[ARTICLE]..."),
            click.option(
                "--copies", type=click.IntRange(1, 1000), default=20, show_default=True, help="Of each handout."
            ),
            click.option("--variant", default="standard", show_default=True, help="large-print, a5, booklet …"),
            click.option("--project", type=click.Path(path_type=Path), help="Folder of publish.toml. [here, or above]"),
            click.option("--outputs", type=click.Path(path_type=Path), help="Where handouts lie. [PROJECT/outputs]"),
            click.option("--jobs", type=click.IntRange(1), help="Worker processes. [one per core]"),
        )
    ):
        command = option(command)
    return command


@commands.command("print-pack")
@_paper_options
@click.option("--marks", is_flag=True, help="Crop marks and 3 mm for bleed, for a print shop.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default="print-pack.pdf", show_default=True)
def print_pack(articles: tuple[str, ...], copies: int, marks: bool, output: Path, **chosen: Any) -> int:  # noqa: FBT001  # click's flags
    """Make one file for the copier: a cover that lists what is inside, then all copies of each handout.

    Each copy begins on the front of a sheet. ARTICLE is an id or the path of a source; without: every article.
    """
    from pipeline.printing.pack import pack, save

    settings, batch = _ready(articles, **chosen)
    if batch.handouts:
        save(pack(batch.handouts, copies, settings, with_marks=marks), output)
        inside = "1 handout" if len(batch.handouts) == 1 else f"{len(batch.handouts)} handouts"
        click.echo(f"{output}: {inside}, {copies} copies of each")
    return int(batch.is_failed)


@commands.command("print")
@_paper_options
@click.option("--printer", default="", metavar="NAME", help="A printer that --list shows. [the default one]")
@click.option("--greyscale", is_flag=True, help="Print without colour.")
@click.option("--dry-run", is_flag=True, help="Say what would be printed, and print nothing.")
@click.option("--list", "is_list", is_flag=True, help="List the printers of this machine.")
def print_(
    articles: tuple[str, ...], copies: int, printer: str, greyscale: bool, dry_run: bool, is_list: bool, **chosen: Any  # noqa: FBT001  # click's flags
) -> int:  # fmt: skip
    """Print handouts through CUPS, on both sides: COPIES of each.

    ARTICLE is an id or the path of a source; without: every article.
    """
    from pipeline.printing import cups
    from pipeline.printing.orders import order

    if is_list:
        for known in cups.printers():
            click.echo(f"{known.name} (default)" if known.is_default else known.name)
        return 0
    chosen_printer = cups.choose(printer)  # before anything is published: that may take minutes
    _, batch = _ready(articles, **chosen)
    orders = [order(handout, copies, is_greyscale=greyscale) for handout in batch.handouts]
    if not articles and not dry_run and sys.stdin.isatty():
        sheets = sum(each.sheets for each in orders)
        click.confirm(f"Print {len(orders)} handouts, {sheets} sheets, on {chosen_printer.name}?", abort=True)
    for each in orders:
        work = "would print" if dry_run else cups.send(each.job, chosen_printer)
        click.echo(f"{work}: {each} on {chosen_printer.name}")
    return int(batch.is_failed)


def _ready(
    articles: tuple[str, ...], *, variant: str, project: Path | None, outputs: Path | None, jobs: int | None
) -> tuple[Config, Batch]:
    """Publish the handouts that are asked for, and say of which there is none."""
    from pipeline import config, terminal
    from pipeline.printing.handouts import FORMAT, ready
    from pipeline.publish import Request
    from pipeline.running.ids import as_ids
    from pipeline.running.workers import cores

    if variant not in (known := _variants(FORMAT)):
        raise click.BadParameter(f"{variant} is no variant; there is {', '.join(known)}", param_hint="--variant")
    settings = config.load(_project(project), writers.registered())
    ids = as_ids(articles, settings, Path.cwd())
    request = Request(formats=(FORMAT,), articles=ids, outputs=outputs, jobs=jobs or cores())
    with terminal.progress() as progress:
        batch = ready(settings, request, variant, progress)
    if batch.report.is_interrupted:
        raise click.Abort
    if batch.is_failed:
        terminal.show(batch.report, outputs or settings.folder / "outputs", is_verbose=False)
    for each in batch.left_out:
        click.echo(f"left out: {each.id}: {each.why}", err=True)
    return settings, batch


@commands.command()
@click.argument("article")
@click.option("--variant", multiple=True, help="Show this variant only; may be repeated. [all]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[PROJECT/outputs/proofs/ARTICLE.png]")
@click.option("--project", type=click.Path(path_type=Path), help="Folder of publish.toml. [here, or above]")
@click.option("--outputs", type=click.Path(path_type=Path), help="Where the proof goes. [PROJECT/outputs]")
def proof(
    article: str, variant: tuple[str, ...], output: Path | None, project: Path | None, outputs: Path | None
) -> int:
    """Show all pages of ARTICLE's handout, in every variant that suits it, in one picture."""
    from pipeline import config, proofing, terminal
    from pipeline.publish import Request
    from pipeline.running.ids import as_ids

    settings = config.load(_project(project), writers.registered())
    request = Request((), as_ids((article,), settings, Path.cwd()), outputs=outputs)
    variants = variant or _variants(proofing.FORMAT)
    with terminal.progress() as progress:
        report, path = proofing.proof(settings, request, variants, output, progress)
    if path is None:
        terminal.show(report, outputs or settings.folder / "outputs", is_verbose=True)
        return 1
    click.echo(f"made {path}")
    return report.exit_code(is_strict=False)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Begin a new project in FOLDER: a sample article, a look to change, a CI workflow."""
    from pipeline.starting import start_project

    made = start_project(folder)
    for name in made:
        click.echo(f"made {name}")
    click.echo(f"\nNext: fill in [publisher] in {folder / 'publish.toml'}, then `publish all --project {folder}`.")
    return 0


@commands.command()
@click.argument("title")
@click.option("--project", type=click.Path(path_type=Path), help="Folder of publish.toml. [here, or above]")
def new(title: str, project: Path | None) -> int:
    """Begin a new article called TITLE."""
    from pipeline import config
    from pipeline.starting import start_article

    path = start_article(title, config.load(_project(project), writers.registered()))
    click.echo(f"made {path}")
    return 0


@commands.command()
def doctor() -> int:
    """Show every part that is needed or wished for, and the line that mends a missing one."""
    from pipeline import doctor as parts
    from pipeline import terminal

    found = parts.examine()
    terminal.show_parts(found)
    return int(any(part.is_needed and not part.is_found for part in found))


@commands.command()
@click.argument("which", type=click.Choice(["config", "front-matter", "both"]), default="both")
def schema(which: str) -> int:
    """Print the JSON Schema of publish.toml, of front matter, or both."""
    import json

    from pipeline import schema as forms

    documents: dict[str, Callable[[], dict[str, Any]]] = {
        "config": forms.of_config,
        "front-matter": forms.of_front_matter,
    }
    document = {name: form() for name, form in documents.items()} if which == "both" else documents[which]()
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    return 0


@commands.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what SHELL needs to complete commands: `publish completion bash >> ~/.bashrc`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(commands, {}, "publish", "_PUBLISH_COMPLETE").source())
    return 0


def _project(given: Path | None) -> Path:
    from pipeline.config import FILE_NAME, project_folder

    if given is None:
        return project_folder(Path.cwd())
    if not (given / FILE_NAME).is_file():
        raise click.BadParameter(f"there is no {FILE_NAME} in {given}", param_hint="--project")
    return given.resolve()


if __name__ == "__main__":
    main()
