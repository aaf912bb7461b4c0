"""`publish init`, `new`, `doctor`, `schema`, `completion`, `clean`, `cluster`, `preview`: projects and this machine."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from pipeline.commands.shared_options import find_project, jobs_option, load_project, outputs_option, project_option
from pipeline.errors import ConfigError
from pipeline.trusted_paths import outputs_folder


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--open", "is_opened", is_flag=True, help="Open the browser.")
@project_option
@outputs_option("Where to publish.")
@jobs_option
def preview(port: int, is_opened: bool, project: Path | None, outputs: Path | None, jobs: int | None) -> None:  # noqa: FBT001  # click's flags
    """Show handout, EPUB and mail of every article in the browser, updated on every save.

    The server answers to this machine only. Ctrl-C ends it.
    """
    if missing := [name for name in ("starlette", "uvicorn", "watchfiles") if find_spec(name) is None]:
        raise ConfigError(
            f"the preview needs {', '.join(missing)}, which is not installed",
            hint='pip install "clinic-publish[preview]"',
        )
    from pipeline.config import OutputSettings
    from pipeline.engine.executor import cores
    from pipeline.preview.server import run_preview_server

    settings = load_project(project)
    # A preview is not a release, and has its own folder.
    usual = settings.folder / ("outputs/.publish/preview" if settings.outputs.releases else "outputs")
    settings = replace(settings, outputs=OutputSettings())
    home = Path(outputs_folder(settings.folder, outputs or usual))
    run_preview_server(settings, home, port, jobs or cores(), is_opened=is_opened)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Create a project in FOLDER: a sample article, a style to change, a CI workflow."""
    from pipeline.scaffold import create_project

    for name in create_project(folder):
        click.echo(f"created {name}")
    click.echo(f"\nNext: fill in [publisher] in {folder / 'publish.toml'}, then `publish all --project {folder}`.")


@click.command()
@click.argument("title")
@project_option
def new(title: str, project: Path | None) -> None:
    """Create an article called TITLE."""
    from pipeline.scaffold import create_article

    click.echo(f"created {create_article(title, load_project(project))}")


@click.command()
@project_option
def doctor(project: Path | None) -> int:
    """Show what is missing on this machine, and for the languages of a project."""
    from pipeline import terminal
    from pipeline.config import FILE_NAME
    from pipeline.doctor import check_dialect, check_languages, check_requirements

    found = check_requirements()
    if project or any((folder / FILE_NAME).is_file() for folder in (Path.cwd(), *Path.cwd().parents)):
        config = load_project(project)
        found += (*check_languages(config), check_dialect(config))
    terminal.show_requirements(found)
    return int(any(part.is_needed and not part.is_found for part in found))


@click.command()
@click.argument("which", type=click.Choice(["config", "front-matter", "both"]), default="both")
def schema(which: str) -> None:
    """Print the JSON Schema of publish.toml, of front matter, or both."""
    import json

    from pipeline.schema import config_schema, front_matter_schema

    documents = {"config": config_schema(), "front-matter": front_matter_schema()}
    click.echo(json.dumps(documents.get(which, documents), ensure_ascii=False, indent=2))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL: `publish completion bash >> ~/.bashrc`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(click.get_current_context().find_root().command, {}, "publish", "_PUBLISH_COMPLETE").source())


@click.command()
@project_option
@outputs_option("Folder of the cache.")
def clean(project: Path | None, outputs: Path | None) -> None:
    """Empty the cache of read sources, resized pictures, spelling and rendered files; published files stay."""
    from pipeline.engine.cache import Cache
    from pipeline.engine.output_dir import OutputDir

    folder = outputs or find_project(project) / "outputs"
    opened, freed = OutputDir(Path(outputs_folder(folder.parent, folder))), 0
    if opened.state.is_dir():
        with opened.lock(5.0):
            freed = Cache(opened.cache_path, is_owner=True).clear()
    click.echo(f"emptied the cache of {folder}: {freed / 1_000_000:.1f} MB")


@click.command()
@click.option("--workers", type=click.IntRange(1), help="Processes. [one per core]")
@click.option("--memory", "memory_mb", type=click.IntRange(200), default=1000, show_default=True, help="MB for each.")
def cluster(workers: int | None, memory_mb: int) -> None:
    """Start a Dask cluster on this machine for trials, and print the command for it; Ctrl-C ends it.

    Only this user can reach it: its certificates lie in a private folder.
    """
    import signal

    from pipeline.engine.cluster import started
    from pipeline.engine.executor import default_jobs

    with started(workers or default_jobs(), memory_mb) as (address, folder):
        click.echo(f"DASK_CONFIG={folder} publish all --cluster {address}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
