"""`publish init`, `new`, `doctor`, `schema` and `completion`: set up a project and this machine."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.shared_options import load_project, project_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Create a project in FOLDER: a sample article, a style to change, a CI workflow."""
    from pipeline.scaffold import create_project

    for name in create_project(folder):
        click.echo(f"created {name}")
    click.echo(f"\nNext: fill in [publisher] in {folder / 'publish.toml'}, then `publish all --project {folder}`.")
    return 0


@click.command()
@click.argument("title")
@project_option
def new(title: str, project: Path | None) -> int:
    """Create an article called TITLE."""
    from pipeline.scaffold import create_article

    click.echo(f"created {create_article(title, load_project(project))}")
    return 0


@click.command()
@project_option
def doctor(project: Path | None) -> int:
    """Show what is missing on this machine, and for the languages of a project."""
    from pipeline import terminal
    from pipeline.config import FILE_NAME
    from pipeline.doctor import check_languages, check_requirements

    found = check_requirements()
    if project or any((folder / FILE_NAME).is_file() for folder in (Path.cwd(), *Path.cwd().parents)):
        found += tuple(check_languages(load_project(project)))
    terminal.show_requirements(found)
    return int(any(part.is_needed and not part.is_found for part in found))


@click.command()
@click.argument("which", type=click.Choice(["config", "front-matter", "both"]), default="both")
def schema(which: str) -> int:
    """Print the JSON Schema of publish.toml, of front matter, or both."""
    import json

    from pipeline.schema import config_schema, front_matter_schema

    documents = {"config": config_schema(), "front-matter": front_matter_schema()}
    click.echo(json.dumps(documents if which == "both" else documents[which], ensure_ascii=False, indent=2))
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script for SHELL: `publish completion bash >> ~/.bashrc`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(click.get_current_context().find_root().command, {}, "publish", "_PUBLISH_COMPLETE").source())
    return 0
