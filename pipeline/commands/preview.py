"""`publish preview`: start the preview server on this machine."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from pipeline.commands.shared_options import jobs_option, load_project, outputs_option, project_option
from pipeline.errors import ConfigError

REQUIRED_PACKAGES = ("starlette", "uvicorn", "watchfiles")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--open", "is_opened", is_flag=True, help="Open the browser.")
@project_option
@outputs_option("Where to publish.")
@jobs_option
def preview(port: int, is_opened: bool, project: Path | None, outputs: Path | None, jobs: int | None) -> int:  # noqa: FBT001  # click's flags
    """Show handout, EPUB and mail of every article in the browser, updated on every save.

    The server answers to this machine only. Ctrl-C ends it.
    """
    if missing := [name for name in REQUIRED_PACKAGES if find_spec(name) is None]:
        raise ConfigError(
            f"the preview needs {', '.join(missing)}, which is not installed",
            hint='pip install "clinic-publish[preview]"',
        )
    from pipeline import config
    from pipeline.engine.executor import cores
    from pipeline.preview.server import run_preview_server

    settings = load_project(project)
    # A preview is not a release, and has its own folder.
    usual = settings.folder / ("outputs/.publish/preview" if settings.outputs.releases else "outputs")
    settings = replace(settings, outputs=config.OutputSettings())
    run_preview_server(settings, (outputs or usual).resolve(), port, jobs or cores(), is_opened=is_opened)
    return 0
