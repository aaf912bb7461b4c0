"""Command line options that several commands share, and functions that read them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import click

from pipeline import writers

if TYPE_CHECKING:
    from pipeline.config import Config


project_option = click.option(
    "--project", type=click.Path(path_type=Path), help="Folder of publish.toml. [here, or above]"
)
jobs_option = click.option("--jobs", type=click.IntRange(1), help="Worker processes. [one per core]")


def outputs_option(meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--outputs", type=click.Path(path_type=Path), help=f"{meaning} [PROJECT/outputs]")


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            project_option,
            outputs_option("Where to write."),
            jobs_option,
            click.option("--strict", is_flag=True, help="Exit with 1 where a warning exists."),
            click.option("--force", is_flag=True, help="Rebuild everything, changed or not."),
            click.option(
                "--verify",
                is_flag=True,
                help="Compare published files with their checksums, and rebuild the changed ones.",
            ),
            click.option("--explain", is_flag=True, help="Print for each file why it was rebuilt or not."),
            click.option("--profile", is_flag=True, help="Print the time of each phase."),
            click.option("--report", type=click.Path(path_type=Path), help="Write the report here as well."),
            click.option("--verbose", "-v", is_flag=True, help="Show every warning and note."),
        )
    ):
        command = option(command)
    return command


def variants_of(name: str) -> tuple[str, ...]:
    """Return the variants that a format's options allow; most formats have none."""
    allowed = _option_types(name).get("variants")
    return get_args(get_args(allowed)[0]) if allowed else ()


def has_option(name: str, option: str) -> bool:
    return option in _option_types(name)


def _option_types(name: str) -> dict[str, Any]:
    try:
        return get_type_hints(writers.load_writer(name).Options)
    except Exception:  # noqa: BLE001  # a third-party writer: its own command reports the error
        return {}


def load_project(given: Path | None) -> Config:
    """Return the configuration of a project.

    Args:
        given: Its folder; None: the nearest folder with a `publish.toml` at or above the current one.

    Raises:
        ConfigError: There is no project, or its `publish.toml` is wrong.
    """
    from pipeline.config import load_config

    return load_config(find_project(given), writers.installed_writers())


def find_project(given: Path | None) -> Path:
    """Return the folder of a project.

    Raises:
        ConfigError: There is no `publish.toml` at or above the current folder.
    """
    from pipeline.config import FILE_NAME, project_folder

    if given is None:
        return project_folder(Path.cwd())
    if not (given / FILE_NAME).is_file():
        raise click.BadParameter(f"there is no {FILE_NAME} in {given}", param_hint="--project")
    return given.resolve()


def as_ids(names: tuple[str, ...], config: Config, here: Path) -> tuple[str, ...]:
    """Return the ids of articles that were typed as ids or paths, once each; what is no path is left as an id.

    Args:
        here: The folder that relative paths start from.
    """
    if not names:
        return ()
    from pipeline.reading.source_files import find_roots, find_sources, source_id

    sources = find_sources(config, find_roots(config)).sources
    by_path = {(config.folder / source.path).resolve(): source.id for source in sources}
    ids = {source.id for source in sources}
    chosen: list[str] = []
    for name in names:
        in_project = by_path.get((config.folder / name).resolve())
        if name in ids:
            chosen.append(name)
        else:
            as_id = source_id(Path(f"{name}.md"))
            chosen.append(by_path.get((here / name).resolve()) or in_project or (as_id if as_id in ids else name))
    return tuple(dict.fromkeys(chosen))


def review_date() -> date:
    """Return the date for review checks: today, or `SOURCE_DATE_EPOCH` for reproducible builds."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    return (datetime.fromtimestamp(int(stated), UTC) if stated.isdecimal() else datetime.now(UTC).astimezone()).date()
