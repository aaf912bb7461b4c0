"""`publish init`, `new`, `doctor`, `schema` and `completion`: set up a project and this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline.commands.shared_options import load_project, project_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Begin a new project in FOLDER: a sample article, a look to change, a CI workflow."""
    from pipeline.scaffold import create_project

    made = create_project(folder)
    for name in made:
        click.echo(f"made {name}")
    click.echo(f"\nNext: fill in [publisher] in {folder / 'publish.toml'}, then `publish all --project {folder}`.")
    return 0


@click.command()
@click.argument("title")
@project_option
def new(title: str, project: Path | None) -> int:
    """Begin a new article called TITLE."""
    from pipeline.scaffold import create_article

    path = create_article(title, load_project(project))
    click.echo(f"made {path}")
    return 0


@click.command()
@project_option
def doctor(project: Path | None) -> int:
    """Show every part that is needed or wished for, and what a project lacks for its languages."""
    from pipeline import doctor as parts
    from pipeline import terminal
    from pipeline.config import FILE_NAME

    found = parts.check_requirements()
    if project or any((folder / FILE_NAME).is_file() for folder in (Path.cwd(), *Path.cwd().parents)):
        found += tuple(parts.examine_languages(load_project(project)))
    terminal.show_requirements(found)
    return int(any(part.is_needed and not part.is_found for part in found))


@click.command()
@click.argument("which", type=click.Choice(["config", "front-matter", "both"]), default="both")
def schema(which: str) -> int:
    """Print the JSON Schema of publish.toml, of front matter, or both."""
    import json

    from pipeline import schema as forms

    documents: dict[str, Callable[[], dict[str, Any]]] = {
        "config": forms.config_schema,
        "front-matter": forms.front_matter_schema,
    }
    document = {name: form() for name, form in documents.items()} if which == "both" else documents[which]()
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what SHELL needs to complete commands: `publish completion bash >> ~/.bashrc`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(click.get_current_context().find_root().command, {}, "publish", "_PUBLISH_COMPLETE").source())
    return 0
